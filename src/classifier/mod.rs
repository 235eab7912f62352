//! Classifiers: the institution's tables of codes.
//!
//! In: TOML files, and the day they are read for. Out: one [`ClassifierFile`] per file, or every
//! problem of every file ([`Refused`]); and from all files together an immutable [`ClassifierSet`]
//! that the threads share. It may not use SQL or the clock: the history keeps the files as rows.

mod file;
mod losses;
mod parse;
mod problem;
mod set;
mod shipped;
mod write;

pub use file::{ClassifierFile, ValueRow, is_classifier_file, read_folder};
pub(crate) use file::{read_text, toml_files};
pub use losses::lost_many;
pub use parse::parse_file;
pub(crate) use problem::told;
pub use problem::{Problem, Refused};
pub use set::{Bindings, ClassifierSet, set_hash};
pub use shipped::{SHIPPED, shipped_files, write_files, write_shipped};
