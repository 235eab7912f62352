//! Rates how risky a customer is, by the institution's risk matrix.
//!
//! In: a matrix with the attributes of the classifiers' values, one customer, and what screening
//! found. Out: score, level, what each factor adds, the floors that hold, and whether a person must
//! decide. It may not use a clock, a database or a float: the same input gives the same bytes on any
//! machine. Matrices are TOML files that are read as classifiers are, whole or not at all.

mod compute;
mod folder;
mod form;
mod matrix;
mod parse;
mod parse_factor;
mod parse_path;
mod result;
mod screened;
mod take;
mod trial;
mod wording;

pub use folder::{MATRICES, NoMatrix, Refused, matrix_files, matrix_for, read_matrices};
pub use form::Show;
pub use matrix::{Matrix, MatrixName};
pub use parse::parse_matrix;
pub use result::{
    Evaluation, FactorAccount, FloorAccount, Reason, State, ValueAccount, Verdict, tenths,
};
pub use screened::{Outcome, Process, Screened};
pub use take::Case;
pub use trial::{Finding, self_test};

#[cfg(test)]
mod tests;
