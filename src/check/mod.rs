//! Validates files without saving or moving anything.
//!
//! In: a file, an endpoint, the classifiers and a history to read. Out: its customers with their findings,
//! explained and placed in the file, to a [`Report`], and what the answer would count. It may not write
//! to the home, to stdout or to stderr, and decides nothing about a customer that `validate` and `history` do
//! not.

mod input;
mod judging;
mod report;

pub(crate) use input::{Listed, cannot_read, endpoint_of};
pub(crate) use judging::Checker;
pub(crate) use report::{Checked, Customer, Fault, Report};
