//! A batch of the history with its customers, explained.

use rusqlite::Connection;
use serde::Serialize;

use crate::config::Home;
use crate::history::ask::{self, Batch, EvaluationRow, Judged, Reason, ScreeningRow};
use crate::position::Position;
use crate::text::counted;
use crate::trouble::{Kind, Result, Trouble};

use super::advice::{ExplainedCustomer, Explainer};
use super::archived::{file_of, places};

/// A batch, explained.
#[derive(Serialize)]
pub(crate) struct ExplainedBatch {
    pub(crate) batch: Batch,
    /// How to fix a file that was not validated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
    /// How many customers were answered with each code.
    pub(crate) reasons: Vec<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<ask::WarningRow>,
    pub(crate) customers: Vec<Placed>,
    /// There are more customers than were asked for.
    pub(crate) more: bool,
}

/// A customer with its number and name, and where its text begins in the file while that lies in the
/// archive.
#[derive(Serialize)]
pub(crate) struct Placed {
    /// From 1.
    pub(crate) customer: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(flatten)]
    pub(crate) explained: ExplainedCustomer,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) begins: Option<Position>,
    /// Of a customer that was asked for alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) evaluations: Vec<EvaluationRow>,
    /// Likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) screenings: Vec<ScreeningRow>,
}

impl ExplainedBatch {
    /// A batch with the customers of which there is something to say, `limit` at most (0: all), or with the
    /// one at the position `alone`, whatever there is to say of it.
    ///
    /// # Errors
    /// When there is no such customer ([`Kind::Input`]), or the database cannot be read.
    pub(crate) fn of(
        home: &Home,
        conn: &Connection,
        id: i64,
        alone: Option<u64>,
        limit: u64,
    ) -> Result<ExplainedBatch> {
        let batch = ask::batch(conn, id)?;
        let (positions, more) = match alone {
            Some(position) => (vec![position], false),
            None => speaking(conn, id, limit)?,
        };
        // The archive is read from end to end for this.
        let file = match positions.is_empty() {
            true => None,
            false => file_of(home, conn, id)?,
        };
        let places = match &file {
            Some(file) => places(file, &batch.endpoint, &positions),
            None => Vec::new(),
        };
        let explainer = Explainer::new(conn, batch.set_id)?;
        let mut customers = Vec::new();
        for position in positions {
            let Some(judged) = ask::judged(conn, id, position)? else {
                return Err(no_customer(&batch, position));
            };
            let mut placed = Placed::of(&explainer, &judged);
            placed.begins = places.iter().find(|(p, _)| *p == position).map(|(_, p)| *p);
            if alone.is_some() {
                placed.add_ratings(conn, id)?;
            }
            customers.push(placed);
        }
        Ok(ExplainedBatch {
            fix: fix_of(&batch),
            reasons: ask::reasons(conn, id, u64::MAX)?,
            warnings: ask::warnings(conn, id)?,
            customers,
            more,
            batch,
        })
    }
}

impl Placed {
    /// A customer with what was found in it, and not yet its place in the file.
    pub(crate) fn of(explainer: &Explainer, judged: &Judged) -> Placed {
        Placed {
            customer: judged.position.saturating_add(1),
            name: judged
                .payload
                .as_deref()
                .and_then(|text| ask::Places::of(text).name()),
            explained: explainer.customer(judged),
            begins: None,
            evaluations: Vec::new(),
            screenings: Vec::new(),
        }
    }

    /// Adds how it was evaluated and screened, if it was saved.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn add_ratings(&mut self, conn: &Connection, batch_id: i64) -> Result<()> {
        if let Some(saved) = ask::assessment_at(conn, batch_id, self.explained.position)? {
            self.evaluations = ask::evaluations(conn, saved)?;
            self.screenings = ask::screenings(conn, saved)?;
        }
        Ok(())
    }
}

/// The customers of a batch of which there is something to say, `limit` at most (0: all), and whether
/// there are more.
fn speaking(conn: &Connection, batch: i64, limit: u64) -> Result<(Vec<u64>, bool)> {
    let most = if limit == 0 { i64::MAX as u64 } else { limit };
    let mut positions = ask::speaking(conn, batch, most.saturating_add(1).min(i64::MAX as u64))?;
    let more = positions.len() as u64 > most;
    positions.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok((positions, more))
}

/// How to fix a file that was not validated.
pub(crate) fn fix_of(batch: &Batch) -> Option<String> {
    if batch.set_id.is_some() {
        return None;
    }
    let fix = match batch.status {
        404 => {
            let names: Vec<&str> = crate::catalog::inbox_folders().collect();
            format!("Drop the file into one of these folders of the inbox: {}.", names.join(", "))
        }
        500 => "Nothing of the file was saved. Drop it again; if it fails again, report it.".into(),
        _ => "Nothing of the file was saved. Fix it at this place and drop it again; the original is below failed/.".into(),
    };
    Some(fix)
}

/// The error for a customer that a batch does not have.
pub(crate) fn no_customer(batch: &Batch, position: u64) -> Trouble {
    Trouble::new(
        Kind::Input,
        format!(
            "batch {} has no customer {}",
            batch.batch_id,
            position.saturating_add(1)
        ),
        format!(
            "it has {}; the first is 1",
            counted(batch.customers, "customer", "customers")
        ),
    )
}
