//! Explaining what the history recorded, or what `check` found: a finding with the value, its place in the file, what is
//! allowed there, what was probably meant, and how to fix it; a rule with what is known of it here.
//!
//! In: a connection that reads, what somebody asks for (a batch, a customer, a code, a text), and the archived file while it is there. Out: values
//! that the command line shows as text or JSON. It writes nothing, and changes no answer.

mod advice;
mod archived;
mod lookup;
mod wording;
mod worklist;

pub(crate) use advice::{
    ExplainedCustomer, ExplainedFinding, ExplainedRule, ExplainedWarning, Explainer, explain_rules,
    plain,
};
pub(crate) use archived::{file_of, places};
pub(crate) use lookup::{Asked, Meaning, WhatKind, look_up, near};
pub(crate) use worklist::{Worklist, cell};
