//! A period or a batch on one page of HTML that needs nothing beside it: for those who are told and
//! do not ask. Figures come from the sums; no value of a customer is on it.

mod charts;
mod figures;
mod page;

pub use figures::{About, Bar, Figures, Reason, Step, of_batch, of_period};
pub use page::{is_report, render};
