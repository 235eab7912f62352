//! Renders a period or a batch as one self-contained HTML page with charts.
//!
//! In: a connection to the history, and a period or a batch. Out: [`Figures`], and the page made of
//! them. It may read only the sums of the history: no value of a customer may be on the page.

mod charts;
mod figures;
mod page;

pub use figures::{About, Bar, Figures, Reason, Step, of_batch, of_period};
pub use page::{is_report, render};
