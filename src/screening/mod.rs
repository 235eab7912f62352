//! Screening: a name against the names of lists, with the reasons.
//!
//! In: the entries of lists, a table of folds, and whom to look for. Out: hits, each of which says which
//! words met and what they weighed. Pure: no clock, no SQL, no files.

mod align;
mod birth;
mod compare;
#[expect(missing_docs, reason = "the names say it")]
mod entity;
mod folds;
mod index;
mod keys;
mod making;
mod screen;
mod units;
mod words;

pub use birth::Born;
pub use entity::{Entity, ListedName, Quality, Subject};
pub use folds::{Folds, FoldsError};
pub use index::Index;
pub use screen::{Hit, Met, Options, Query, Screener};

#[cfg(test)]
mod tests;
