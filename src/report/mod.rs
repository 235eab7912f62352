//! A report on a period or a batch as one self-contained HTML page with charts.
//!
//! In: a connection to the history, and a period or a batch. Out: [`Figures`], and the page made of
//! them. It reads the sums of the history, and the texts of findings where they show no value: no
//! value of a customer may be on the page.

mod charts;
mod figures;
mod names;
mod page;
mod period;
mod queries;
mod time;

pub use figures::{About, Figures, of_batch, of_period};
pub use page::{Letterhead, is_report, render};
pub(crate) use page::{To, content};
pub(crate) use period::{day, month, period};
pub(crate) use queries::Of;
