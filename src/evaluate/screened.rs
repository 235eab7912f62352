//! What screening found, as an evaluation takes it, and the flags that it decides.

use crate::catalog::{FieldIndex, customer::customer, related_entity, words};

words! {
    /// What a customer is screened for, as a request names it.
    pub enum Process {
        /// Sanctions.
        Sanctions = "SANCTIONS",
        /// Politically exposed persons.
        Pep = "PEP",
        /// Adverse media.
        AdverseMedia = "ADVERSE_MEDIA",
        /// The institution's own list.
        InternalList = "INTERNAL_LIST",
    }
}

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screened {
    /// The position of the related entity in its list, from 0; None: the customer.
    pub related: Option<u32>,
    /// What was screened for.
    pub process: Process,
    /// What came of it.
    pub outcome: Outcome,
}

words! {
    /// What a matrix may ask of screening and declarations.
    pub enum Flag {
        /// The customer is sanctioned.
        Sanctioned = "sanctioned",
        /// The customer is politically exposed.
        Pep = "pep",
        /// The customer is in adverse media.
        AdverseMedia = "adverse_media",
        /// The customer is in the institution's own list.
        InternalList = "internal_list",
        /// A related entity is sanctioned.
        RelatedSanctioned = "related.sanctioned",
        /// A related entity is politically exposed.
        RelatedPep = "related.pep",
        /// A related entity is in adverse media.
        RelatedAdverseMedia = "related.adverse_media",
        /// A related entity is in the institution's own list.
        RelatedInternalList = "related.internal_list",
        /// A match of the customer or a related entity waits for a person.
        Waiting = "any.waiting",
        /// A process could not be done.
        Unscreened = "any.unscreened",
    }
}

impl Flag {
    /// The process that decides it, and whether it is about related entities; None for those about any.
    pub(super) fn about(self) -> Option<(Process, bool)> {
        Some(match self {
            Flag::Sanctioned => (Process::Sanctions, false),
            Flag::Pep => (Process::Pep, false),
            Flag::AdverseMedia => (Process::AdverseMedia, false),
            Flag::InternalList => (Process::InternalList, false),
            Flag::RelatedSanctioned => (Process::Sanctions, true),
            Flag::RelatedPep => (Process::Pep, true),
            Flag::RelatedAdverseMedia => (Process::AdverseMedia, true),
            Flag::RelatedInternalList => (Process::InternalList, true),
            Flag::Waiting | Flag::Unscreened => return None,
        })
    }
}

impl Process {
    /// The field in which a customer or a related entity declares it, by name and index.
    pub(super) fn declared(self, related: bool) -> (&'static str, FieldIndex) {
        macro_rules! both {
            ($name:literal) => {
                (
                    $name,
                    if related {
                        const { related_entity($name) }
                    } else {
                        const { customer($name) }
                    },
                )
            };
        }
        match self {
            Process::Sanctions => both!("isSanctioned"),
            Process::Pep => both!("isPEP"),
            Process::AdverseMedia => both!("isInAdverseMedia"),
            Process::InternalList => both!("isInInternalList"),
        }
    }
}
