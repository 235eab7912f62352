//! What screening found, as an evaluation takes it, and the flags that it decides.

use serde::Deserialize;

pub use crate::catalog::ScreeningProcess as Process;
use crate::catalog::words;

words! {
    /// What came of screening one subject in one process.
    pub enum Outcome {
        /// Nobody was found, or somebody else.
        Clear = "CLEAR",
        /// A match that a person confirmed.
        Confirmed = "CONFIRMED",
        /// A match that nobody has judged yet.
        Waiting = "WAITING",
        /// It could not be done, for want of a list: not the same as clear.
        Unscreened = "UNSCREENED",
    }
}

/// The outcome of one process for the customer or one related entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screened {
    /// The position of the related entity in its list, from 0; None: the customer.
    pub related: Option<u32>,
    /// What was screened for.
    pub process: Process,
    /// What came of it.
    pub outcome: Outcome,
}

/// The flags about one subject: the word of a matrix, the field in which it is declared, and the
/// process that decides it too.
pub(super) const FLAGS: [(&str, &str, Process); 8] = [
    ("sanctioned", "Customer.isSanctioned", Process::Sanctions),
    ("pep", "Customer.isPEP", Process::Pep),
    (
        "adverse_media",
        "Customer.isInAdverseMedia",
        Process::AdverseMedia,
    ),
    (
        "internal_list",
        "Customer.isInInternalList",
        Process::InternalList,
    ),
    (
        "related.sanctioned",
        "Customer.listRelatedEntity[].isSanctioned",
        Process::Sanctions,
    ),
    (
        "related.pep",
        "Customer.listRelatedEntity[].isPEP",
        Process::Pep,
    ),
    (
        "related.adverse_media",
        "Customer.listRelatedEntity[].isInAdverseMedia",
        Process::AdverseMedia,
    ),
    (
        "related.internal_list",
        "Customer.listRelatedEntity[].isInInternalList",
        Process::InternalList,
    ),
];

/// The flags about any subject: whether an outcome is there.
pub(super) const ANY: [(&str, Outcome); 2] = [
    ("any.waiting", Outcome::Waiting),
    ("any.unscreened", Outcome::Unscreened),
];
