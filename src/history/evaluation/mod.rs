//! Evaluations, decisions and events as rows. The one writer adds them in the transaction of the request
//! or of the decision, so that an evaluation is there exactly once, with its request.
//!
//! An evaluation is open until somebody decides it, the matrix at once or a person later, or until a
//! later request or evaluation takes its place. What was decided is never changed.

mod again;
mod decide;
mod events;
mod matrices;
mod open;

use rusqlite::{CachedStatement, Connection, params};

use crate::catalog::RiskLevel;
use crate::evaluate::{Evaluation, Verdict};
use crate::response::{KycScoring, KycState};
use crate::trouble::Result;

pub use again::{Standing, standing_after};
pub(super) use again::{open_request, record_again};
pub use decide::{DecisionRefused, NewDecision, recorded, refusal};
pub use events::EventFile;
pub(super) use events::{Events, body, mark, unpublished};
pub(super) use matrices::{activate, all_known};
pub use open::{OpenEvaluation, OpenRating, nearest_open, open_evaluations, waiting_for_matrix};

/// The level that was decided of the assessment `a`, if one was: of its newest evaluation with a decision.
pub(super) const DECIDED_LEVEL: &str = "(SELECT d.level FROM evaluation e
     JOIN decision d ON d.evaluation_id = e.evaluation_id
     WHERE e.assessment_id = a.assessment_id ORDER BY e.evaluation_id DESC LIMIT 1)";

/// What an evaluation came to, ready to be written.
#[derive(Debug)]
pub struct Evaluated {
    /// None: why there is none.
    pub rating: std::result::Result<Rating, String>,
    /// The customer is a lead.
    pub lead: bool,
    /// The approvalDate of the request as a moment, if it has one.
    pub approval_date: Option<String>,
}

/// A rating by a matrix.
#[derive(Debug)]
pub struct Rating {
    /// The row of the matrix.
    pub matrix_id: i64,
    /// Everything that was taken and what it came to.
    pub evaluation: Evaluation,
    /// Whether the matrix has an accepted customer wait for its approval date.
    pub waits_for_approval: bool,
}

/// The customer of an evaluation.
#[derive(Clone, Copy)]
pub(super) struct Whose<'w> {
    pub assessment_id: i64,
    /// The number under which the events are.
    pub number: &'w str,
    pub ext_id: &'w str,
    pub business_unit: Option<&'w str>,
}

/// A decision on an evaluation that is open, or that the matrix decides at once.
struct Decided<'d> {
    accepted: bool,
    level: RiskLevel,
    /// None: by the matrix.
    by: Option<&'d NewDecision>,
    batch_id: Option<i64>,
}

/// Writes evaluations, as part of the transaction at hand.
pub(super) struct Evaluations<'c> {
    conn: &'c Connection,
    /// Some evaluation is open, or waits for an approval date: later requests may concern it.
    any: bool,
    /// How many more are open than before.
    pub opened: i64,
    events: events::Events<'c>,
}

impl<'c> Evaluations<'c> {
    pub(super) fn begin(conn: &'c Connection) -> Result<Evaluations<'c>> {
        let any = "SELECT EXISTS (SELECT 1 FROM open_evaluation)
                   OR EXISTS (SELECT 1 FROM approval_wait)";
        Ok(Evaluations {
            conn,
            any: conn.prepare_cached(any)?.query_row([], |r| r.get(0))?,
            opened: 0,
            events: events::Events { conn },
        })
    }

    fn statement(&self, sql: &str) -> Result<CachedStatement<'c>> {
        Ok(self.conn.prepare_cached(sql)?)
    }

    /// Writes an evaluation. Returns the level, if the matrix decided.
    pub(super) fn record(
        &mut self,
        whose: &Whose<'_>,
        evaluated: &Evaluated,
        now: &str,
    ) -> Result<Option<RiskLevel>> {
        let rating = evaluated.rating.as_ref();
        let done = rating.ok().map(|r| &r.evaluation);
        let waits = rating.is_ok_and(|r| r.waits_for_approval)
            && !evaluated.lead
            && evaluated.approval_date.is_none();
        // Texts and numbers: nothing in it can fail to be JSON.
        let account = done.map(|e| serde_json::to_string(e).unwrap_or_default());
        self.statement(
            "INSERT INTO evaluation (assessment_id, communication_number, evaluated_at, matrix_id,
               why_not, score, level_of_score, level, verdict, waits_for_approval,
               approval_date, account)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            whose.assessment_id,
            whose.number,
            now,
            rating.ok().map(|r| r.matrix_id),
            rating.err(),
            done.map(|e| e.score.as_str()),
            done.map(|e| e.level_of_score.name()),
            done.map(|e| e.level.name()),
            done.map(|e| e.decision.name()),
            waits,
            evaluated.approval_date,
            account
        ])?;
        let id = self.conn.last_insert_rowid();
        self.any = true;
        self.opened += 1;
        self.statement("INSERT INTO open_evaluation VALUES (?1)")?
            .execute([id])?;
        let Some(evaluation) = done else {
            return Ok(None);
        };
        let accepted = match evaluation.decision {
            Verdict::Person => {
                self.say_pending(whose, evaluated.lead, evaluation.level, now)?;
                return Ok(None);
            }
            Verdict::Accepted => true,
            Verdict::Rejected => false,
        };
        let decided = Decided {
            accepted,
            level: evaluation.level,
            by: None,
            batch_id: None,
        };
        self.write_decision(id, &decided, now)?;
        Ok(Some(evaluation.level))
    }

    /// Says once under a number that a person decides.
    fn say_pending(
        &mut self,
        whose: &Whose<'_>,
        lead: bool,
        level: RiskLevel,
        now: &str,
    ) -> Result<()> {
        if self.is_pending_already(whose.number)? {
            return Ok(());
        }
        let pending = KycScoring {
            lead,
            state: KycState::Pending,
            initial_risk_level: level.name(),
            final_risk_level: None,
            decision_type: None,
            decision_ground_code: None,
            approved_at: None,
        };
        let (kind, data) = (pending.kind(), pending.data());
        self.events.add(whose, (&kind, &data), now)
    }

    /// Whether it was said already that a person decides under this number.
    fn is_pending_already(&self, number: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM event_file f JOIN event e USING (file_id)
                   WHERE f.communication_number = ?1 AND e.type LIKE '%.kyc_scoring.pending')";
        Ok(self.statement(sql)?.query_row([number], |r| r.get(0))?)
    }

    /// A later request of the customer was accepted: what is open of the assessment that it replaces is
    /// superseded, and what waits for an approval date is completed if the request brings one.
    pub(super) fn replaced(
        &mut self,
        replaced: i64,
        by: i64,
        request: &str,
        now: &str,
    ) -> Result<()> {
        if !self.any {
            return Ok(());
        }
        self.supersede(replaced, i64::MAX)?;
        let waiting = self
            .statement("SELECT evaluation_id FROM approval_wait WHERE assessment_id = ?1")?
            .query_map([replaced], |r| r.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        if waiting.is_empty() {
            return Ok(());
        }
        let approval_date = approval_date_of(request);
        for id in waiting {
            match &approval_date {
                Some(date) => self.complete(id, Some(date), now)?,
                None => {
                    self.statement(
                        "UPDATE approval_wait SET assessment_id = ?2 WHERE evaluation_id = ?1",
                    )?
                    .execute([id, by])?;
                }
            }
        }
        Ok(())
    }

    /// Closes the open evaluations of an assessment that came before this one.
    pub(super) fn supersede(&mut self, assessment_id: i64, before: i64) -> Result<()> {
        let closed = self
            .statement(
                "DELETE FROM open_evaluation WHERE evaluation_id IN
                   (SELECT evaluation_id FROM evaluation
                    WHERE assessment_id = ?1 AND evaluation_id < ?2)",
            )?
            .execute([assessment_id, before])?;
        self.opened -= closed as i64;
        Ok(())
    }

    /// Closes an open evaluation by a decision, with its events.
    fn write_decision(&mut self, id: i64, decided: &Decided<'_>, now: &str) -> Result<()> {
        let by = decided.by;
        let decision = if decided.accepted {
            "ACCEPTED"
        } else {
            "REJECTED"
        };
        self.statement(
            "INSERT INTO decision (evaluation_id, decision, level, ground, decided_by, comment,
               decided_at, batch_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            id,
            decision,
            decided.level.name(),
            by.map(|d| d.ground.as_str()),
            by.map(|d| d.by.as_str()),
            by.and_then(|d| d.comment.as_deref()),
            now,
            decided.batch_id
        ])?;
        self.opened -= self
            .statement("DELETE FROM open_evaluation WHERE evaluation_id = ?1")?
            .execute([id])? as i64;
        let waits: bool = self
            .statement("SELECT waits_for_approval FROM evaluation WHERE evaluation_id = ?1")?
            .query_row([id], |r| r.get(0))?;
        if !(waits && decided.accepted) {
            return self.complete(id, None, now);
        }
        self.statement(
            "INSERT INTO approval_wait
             SELECT evaluation_id, assessment_id FROM evaluation WHERE evaluation_id = ?1",
        )?
        .execute([id])?;
        self.say(id, KycState::WaitingForApprovalDate, None, now)
    }

    /// Writes the last event of a decided evaluation. `approval_date` is the one that it waited for.
    fn complete(&mut self, id: i64, approval_date: Option<&str>, now: &str) -> Result<()> {
        self.statement("DELETE FROM approval_wait WHERE evaluation_id = ?1")?
            .execute([id])?;
        self.say(id, KycState::Completed, approval_date, now)
    }

    /// Writes an event of a decided evaluation.
    fn say(
        &mut self,
        id: i64,
        state: KycState,
        approval_date: Option<&str>,
        now: &str,
    ) -> Result<()> {
        let row = DecidedRow::of(self.conn, id)?;
        let approved = state == KycState::Completed
            && row.decision == "ACCEPTED"
            && !row.lead
            && !self.was_approved_before(id, &row)?;
        let approval_date = approval_date.or(row.approval_date.as_deref());
        let event = KycScoring {
            lead: row.lead,
            state,
            initial_risk_level: &row.initial,
            final_risk_level: Some(&row.level),
            decision_type: Some(&row.decision),
            decision_ground_code: row.ground.as_deref(),
            approved_at: approved.then(|| approval_date.unwrap_or(now)),
        };
        self.events
            .add(&row.whose(), (&event.kind(), &event.data()), now)
    }

    /// Whether an earlier evaluation of the customer was accepted and completed; not as a lead, which has
    /// no approval.
    fn was_approved_before(&self, id: i64, row: &DecidedRow) -> Result<bool> {
        let whose = row.whose();
        let first = super::rules::customer_of(self.conn, whose.business_unit, whose.ext_id)?;
        let first = first.map_or(row.assessment_id, |(first, _)| first);
        Ok(self
            .statement(
                "WITH RECURSIVE life(assessment_id) AS (
                   SELECT ?1 UNION ALL
                   SELECT s.next_assessment_id FROM life JOIN succession s USING (assessment_id))
                 SELECT EXISTS (
                   SELECT 1 FROM life
                   JOIN assessment a USING (assessment_id)
                   JOIN evaluation e USING (assessment_id)
                   JOIN decision d USING (evaluation_id)
                   WHERE d.decision = 'ACCEPTED' AND a.kind <> 'lead' AND e.evaluation_id <> ?2
                     AND NOT EXISTS (SELECT 1 FROM approval_wait w
                                     WHERE w.evaluation_id = e.evaluation_id))",
            )?
            .query_row([first, id], |r| r.get(0))?)
    }
}

/// A decided evaluation, as its events need it.
struct DecidedRow {
    assessment_id: i64,
    number: String,
    ext_id: String,
    business_unit: Option<String>,
    lead: bool,
    initial: String,
    level: String,
    decision: String,
    ground: Option<String>,
    approval_date: Option<String>,
}

impl DecidedRow {
    fn of(conn: &Connection, id: i64) -> Result<DecidedRow> {
        let mut select = conn.prepare_cached(
            "SELECT e.assessment_id, e.communication_number, a.customer_ext_id, a.business_unit,
                    a.kind = 'lead', e.level, d.level, d.decision, d.ground, e.approval_date
             FROM evaluation e JOIN decision d USING (evaluation_id)
             JOIN assessment a USING (assessment_id) WHERE e.evaluation_id = ?1",
        )?;
        Ok(select.query_row([id], |r| {
            Ok(DecidedRow {
                assessment_id: r.get(0)?,
                number: r.get(1)?,
                ext_id: r.get(2)?,
                business_unit: r.get(3)?,
                lead: r.get(4)?,
                initial: r.get(5)?,
                level: r.get(6)?,
                decision: r.get(7)?,
                ground: r.get(8)?,
                approval_date: r.get(9)?,
            })
        })?)
    }

    fn whose(&self) -> Whose<'_> {
        Whose {
            assessment_id: self.assessment_id,
            number: &self.number,
            ext_id: &self.ext_id,
            business_unit: self.business_unit.as_deref(),
        }
    }
}

/// The approvalDate of a request as a moment; None where it has none.
fn approval_date_of(request: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Request {
        approval_date: Option<String>,
    }
    let request: Request = serde_json::from_str(request).ok()?;
    as_moment(&request.approval_date?)
}

/// A day or a date-time of a request as a moment in UTC; a day begins at midnight.
pub fn as_moment(date: &str) -> Option<String> {
    crate::request::value::moment(date).map(|m| crate::clock::text(m.start()))
}

/// Adds to the number of open evaluations.
pub(super) fn count_open(conn: &Connection, opened: i64) -> Result<()> {
    if opened != 0 {
        conn.prepare_cached("UPDATE total SET evaluations = evaluations + ?1")?
            .execute([opened])?;
    }
    Ok(())
}
