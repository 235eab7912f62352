//! Explaining what the history recorded, or what `check` found: a finding with the value, its place in
//! the file, what is allowed there, what was probably meant, and how to fix it; a rule with what is
//! known of it here. And the worklist of a batch.
//!
//! In: a connection that reads, what somebody asks for (a batch, a customer, a code, a text), and the
//! archived file while it is there. Out: values that the command line shows as text or JSON, and the
//! bytes of the worklist. It changes no answer.

mod advice;
mod archived;
mod batch;
mod lookup;
mod wording;
mod worklist;

pub(crate) use advice::{
    ExplainedFinding, ExplainedRule, ExplainedWarning, Explainer, explain_rules, plain, shown_name,
};
pub(crate) use archived::begins_of;
pub(crate) use batch::{ExplainedBatch, Placed, fix_of, no_customer};
pub(crate) use lookup::{Asked, Meaning, WhatKind, look_up, near};
pub(crate) use worklist::{COLUMNS, Worklist, csv_row};
