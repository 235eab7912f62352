//! Screening as rows: what was found for each subject and process of a request, and what a person decided
//! about it. The one writer adds them in the transaction of the request or of the decision.

mod again;
mod decide;
mod lists;
mod open;

use rusqlite::{CachedStatement, Connection, params};
use serde_json::{Map, Value};

use crate::catalog::ScreeningProcess;
use crate::evaluate::{Outcome, Screened};
use crate::response::{ScreeningState, screening_event};
use crate::trouble::Result;

use super::evaluation::{Events, Whose};

pub use again::{Customer, Entries, Rescreening};
pub(super) use again::{begin, compared, customers_after, end, record as record_rescreening};
pub use decide::{NewScreeningDecision, ScreeningRefused, refusal};
pub use lists::{ListVersion, entries_before};
pub(super) use lists::{activate, all_known};
pub use open::{OpenMatch, open_matches, waiting_for_list};

/// The screening of one subject in one process, ready to be written.
#[derive(Clone, Debug)]
pub struct Screening {
    /// What it is screened for.
    pub process: ScreeningProcess,
    /// The position of the related entity in its list, from 0; None: the customer.
    pub related: Option<u32>,
    /// Whom its events are about: customer, lead or related_entity.
    pub kind: &'static str,
    /// The external id that its events have.
    pub ext_id: String,
    /// The name that was screened.
    pub name: String,
    /// The members of its events that say who it is.
    pub subject: Map<String, Value>,
    /// The rows of the lists that it was compared with.
    pub lists: Vec<i64>,
    /// The hits, the best first, or why it could not be done.
    pub found: std::result::Result<Vec<ScreeningHit>, String>,
}

impl Screening {
    /// What it is worth for an evaluation if it has no hit; None if it has one: whether that was dismissed
    /// before is for the history to say.
    pub fn without_hits(&self) -> Option<Screened> {
        match &self.found {
            Err(_) => Some(self.worth(Outcome::Unscreened)),
            Ok(hits) if hits.is_empty() => Some(self.worth(Outcome::Clear)),
            Ok(_) => None,
        }
    }

    fn worth(&self, outcome: Outcome) -> Screened {
        Screened {
            related: self.related,
            process: self.process,
            outcome,
        }
    }
}

/// An entry of a list that a subject may be.
#[derive(Clone, Debug)]
pub struct ScreeningHit {
    /// The row of the list.
    pub list_id: i64,
    /// The identifier that the list gives.
    pub entity_id: String,
    /// The name that met.
    pub name: String,
    /// In thousandths.
    pub score: u16,
    /// The same for the same subject and the same entry.
    pub pair: String,
    /// Which words met with what weight, and what birth date and country did, as JSON.
    pub details: String,
}

/// Writes screenings, as part of the transaction at hand.
pub(super) struct Screenings<'c> {
    conn: &'c Connection,
    /// Some screening is open: later requests may concern it.
    any: bool,
    /// How many more are open than before.
    pub opened: i64,
    events: Events<'c>,
}

impl<'c> Screenings<'c> {
    pub(super) fn begin(conn: &'c Connection) -> Result<Screenings<'c>> {
        let any = "SELECT EXISTS (SELECT 1 FROM open_screening)";
        Ok(Screenings {
            conn,
            any: conn.prepare_cached(any)?.query_row([], |r| r.get(0))?,
            opened: 0,
            events: Events { conn },
        })
    }

    fn statement(&self, sql: &str) -> Result<CachedStatement<'c>> {
        Ok(self.conn.prepare_cached(sql)?)
    }

    /// What a screening is worth for an evaluation.
    pub(super) fn outcome(&self, screening: &Screening) -> Result<Screened> {
        if let Some(screened) = screening.without_hits() {
            return Ok(screened);
        }
        let hits = screening.found.as_deref().unwrap_or_default();
        Ok(screening.worth(match self.are_dismissed(hits)? {
            true => Outcome::Clear,
            false => Outcome::Waiting,
        }))
    }

    /// Whether a person dismissed each of these pairs before.
    fn are_dismissed(&self, hits: &[ScreeningHit]) -> Result<bool> {
        let mut dismissed = self.statement(
            "SELECT EXISTS (SELECT 1 FROM screening_hit h JOIN screening_decision d USING (result_id)
                            WHERE h.pair = ?1 AND d.confirmed = 0)
                AND NOT EXISTS (SELECT 1 FROM screening_hit h JOIN screening_decision d USING (result_id)
                                WHERE h.pair = ?1 AND d.confirmed = 1)",
        )?;
        for hit in hits {
            if !dismissed.query_row([&hit.pair], |r| r.get(0))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes a screening with its event.
    pub(super) fn record(
        &mut self,
        whose: &Whose<'_>,
        screening: &Screening,
        now: &str,
    ) -> Result<()> {
        let id = self.insert(whose, screening, now)?;
        let waits = match &screening.found {
            Err(_) => true,
            Ok(hits) => !hits.is_empty() && !self.are_dismissed(hits)?,
        };
        if waits {
            self.any = true;
            self.opened += 1;
            self.statement("INSERT INTO open_screening VALUES (?1)")?
                .execute([id])?;
        }
        let state = match (&screening.found, waits) {
            // Nothing is said of what could not be done.
            (Err(_), _) => return Ok(()),
            (Ok(_), true) => ScreeningState::Pending,
            (Ok(hits), false) => {
                if !hits.is_empty() {
                    let reason = "each of these pairs was dismissed before";
                    self.statement(
                        "INSERT INTO screening_decision (result_id, confirmed, reason, decided_at)
                         VALUES (?1, 0, ?2, ?3)",
                    )?
                    .execute(params![id, reason, now])?;
                }
                ScreeningState::Completed((!hits.is_empty()).then_some(false))
            }
        };
        let (kind, data) =
            screening_event(screening.kind, screening.process, state, &screening.subject);
        let about = Whose {
            ext_id: &screening.ext_id,
            ..*whose
        };
        self.events.add(&about, (&kind, &data), now)
    }

    /// Writes the row of a screening and those of its hits.
    fn insert(&self, whose: &Whose<'_>, screening: &Screening, now: &str) -> Result<i64> {
        let hits = screening.found.as_deref().unwrap_or_default();
        let lists = Value::from(screening.lists.clone()).to_string();
        let subject = Value::Object(screening.subject.clone()).to_string();
        self.statement(
            "INSERT INTO screening_result (assessment_id, process, related, communication_number,
               screened_at, why_not, lists, matched, kind, ext_id, name, subject)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            whose.assessment_id,
            screening.process.name(),
            screening.related,
            whose.number,
            now,
            screening.found.as_ref().err(),
            lists,
            !hits.is_empty(),
            screening.kind,
            screening.ext_id,
            screening.name,
            subject
        ])?;
        let id = self.conn.last_insert_rowid();
        for (no, hit) in (1..).zip(hits) {
            self.hit(id, no, hit)?;
        }
        Ok(id)
    }

    fn hit(&self, result_id: i64, no: u32, hit: &ScreeningHit) -> Result<()> {
        self.statement("INSERT INTO screening_hit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                result_id,
                no,
                hit.list_id,
                hit.entity_id,
                hit.name,
                hit.score,
                hit.pair,
                hit.details
            ])?;
        Ok(())
    }

    /// A later request of the customer is screened for these processes: what is open of earlier ones is
    /// superseded. What it is not screened for stays open, since a match is never forgotten.
    pub(super) fn replaced(&mut self, whose: &Whose<'_>, by: &[Screening]) -> Result<()> {
        if !self.any {
            return Ok(());
        }
        let mut processes: Vec<&str> = by.iter().map(|s| s.process.name()).collect();
        processes.dedup();
        for process in processes {
            let closed = self
                .statement(
                    "DELETE FROM open_screening WHERE result_id IN
                       (SELECT o.result_id FROM open_screening o
                        JOIN screening_result r ON r.result_id = o.result_id
                        JOIN assessment a ON a.assessment_id = r.assessment_id
                        WHERE r.process = ?1 AND a.customer_ext_id = ?2
                          AND a.business_unit IS ?3 AND a.assessment_id < ?4)",
                )?
                .execute(params![
                    process,
                    whose.ext_id,
                    whose.business_unit,
                    whose.assessment_id
                ])?;
            self.opened -= closed as i64;
        }
        Ok(())
    }
}

/// Adds to the number of open screenings.
pub(super) fn count_open(conn: &Connection, opened: i64) -> Result<()> {
    if opened != 0 {
        conn.prepare_cached("UPDATE total SET screenings = screenings + ?1")?
            .execute([opened])?;
    }
    Ok(())
}

/// What the screenings of an assessment are worth for an evaluation by now.
pub(super) fn outcomes(conn: &Connection, assessment_id: i64) -> Result<Vec<Screened>> {
    let mut select = conn.prepare_cached(
        "SELECT r.related, r.process, r.why_not IS NOT NULL, r.matched, d.confirmed
         FROM screening_result r LEFT JOIN screening_decision d USING (result_id)
         WHERE r.assessment_id = ?1 ORDER BY r.result_id",
    )?;
    let rows = select.query_map([assessment_id], |r| {
        let outcome = match (r.get(2)?, r.get(3)?, r.get::<_, Option<bool>>(4)?) {
            (true, ..) => Outcome::Unscreened,
            (_, false, _) | (.., Some(false)) => Outcome::Clear,
            (.., Some(true)) => Outcome::Confirmed,
            (.., None) => Outcome::Waiting,
        };
        let process: String = r.get(1)?;
        let related = r.get(0)?;
        Ok(
            ScreeningProcess::from_name(&process).map(|process| Screened {
                related,
                process,
                outcome,
            }),
        )
    })?;
    let all: Vec<Option<Screened>> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(all.into_iter().flatten().collect())
}
