//! What people ask of the history beyond SQL: why a customer was rejected, and how a customer's life
//! went. Everything here reads, and takes its time: nothing of it stands in the writer's way.

mod batch;
mod classifiers;
mod codes;
mod explained;
mod life;
mod place;
mod saved;

pub use batch::{
    Batch, FindingRow, Judged, Reason, State, WarningRow, batch, find_batch, judged, reasons,
    speaking, warnings,
};
pub use classifiers::{Difference, UsedRetired, compare, find_set, used_retired};
pub use codes::{Code, Codes, nearest, set_in_force};
pub use explained::{Customer, Explained, Explainer, RuleTold, Warned, rules_told};
pub use life::{Assessment, Change, Event, Life, Rejection, Screening, lives};
pub use place::{Leaf, Spot, leaves, spot};
pub use saved::{Saved, save_query, saved_queries, shipped_queries};
