//! Explaining what the history recorded, or what `check` found: a finding with the value, its place in the file, what is
//! allowed there, what was probably meant, and how to fix it; a rule with what is known of it here.
//!
//! In: a connection that reads, a batch or a code, and the archived file while it is there. Out: values
//! that the command line shows as text or JSON. It writes nothing, and changes no answer.

mod advice;
mod archived;

pub(crate) use advice::{
    ExplainedCustomer, ExplainedFinding, ExplainedRule, ExplainedWarning, Explainer, explain_rules,
};
pub(crate) use archived::{file_of, places};
