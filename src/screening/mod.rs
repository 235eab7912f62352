//! Screening: names compared with the entries of lists.

#[expect(missing_docs, reason = "the names say it")]
mod entity;

pub use entity::{Entity, ListedName, Quality, Subject};
