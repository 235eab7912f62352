//! What people ask of the history beyond SQL: which batch or customer is meant, what was found in a
//! customer, and a customer's history.
//! Everything here reads, on a connection of its own, and never blocks the writer.

mod batch;
mod classifiers;
mod codes;
mod evaluations;
mod files;
mod filtered;
mod find;
mod life;
mod place;
mod rated;
mod saved;
mod screenings;
mod sets;
mod views;

pub use batch::{
    Batch, FindingRow, Judged, Reason, State, WarningRow, batch, judged, reasons, rejected,
    speaking, warnings,
};
pub use classifiers::{Difference, UsedRetired, compare, find_set, used_retired};
pub use codes::{Code, Codes, nearest, set_in_force};
pub use evaluations::{DecisionRow, EvaluationRow, assessment_at, evaluations};
pub use files::{
    LAST, batch_answered_since, batches_named, batches_of_bytes, has_batch, has_size, newest_batch,
};
pub use filtered::{Filter, Filtered, Show, filtered};
pub use find::{Found, Hit, Search, recent_words};
pub use life::{Assessment, Change, Event, Life, Part, Rejection, lives};
pub use place::{Leaf, Places, Spot, leaves, spot};
pub use rated::{Rated, rated_after};
pub use saved::{Saved, save_query, saved_queries, shipped_queries};
pub use screenings::{HitRow, MatchDecision, ScreeningRow, screenings};
pub use sets::{
    ActiveTime, COUNTED_FILES, ClassifierLine, ClassifierValue, active_set, active_times,
    classifiers_of_set, values_of_set,
};
pub use views::{View, views};

/// How SQLite means to answer a statement, a line a step.
#[cfg(test)]
fn plan(conn: &rusqlite::Connection, sql: &str) -> String {
    let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = explain.raw_query();
    let steps = steps.mapped(|r| r.get::<_, String>(3));
    steps.map(|step| step.unwrap() + "\n").collect()
}
