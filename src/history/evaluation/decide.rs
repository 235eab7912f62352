//! A person's decision on an evaluation.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, params};

use crate::catalog::RiskLevel;
use crate::clock;
use crate::trouble::Result;

use super::{DECIDED_LEVEL, Decided, Evaluations};

/// A decision to be recorded.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// The number under which the events of the evaluation are.
    pub communication_number: String,
    /// Accepted, or rejected.
    pub accepted: bool,
    /// The level; None: the one that was computed.
    pub level: Option<RiskLevel>,
    /// The ground, a code of the classifier decisionGround.
    pub ground: String,
    /// Who decides.
    pub by: String,
    /// What that person says about it.
    pub comment: Option<String>,
}

/// Why a decision is not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionRefused {
    /// No evaluation has the communicationNumber.
    Unknown,
    /// It was decided at this moment, by this person or, without one, by the matrix.
    Decided(String, Option<String>),
    /// The request with this communicationNumber took its place.
    Superseded(String),
    /// No matrix has rated it, for this reason.
    NotRated(String),
}

impl fmt::Display for DecisionRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecisionRefused::Unknown => write!(
                f,
                "no evaluation has this communicationNumber; `kycdrop decisions` lists what waits for a decision"
            ),
            DecisionRefused::Decided(at, Some(by)) => {
                write!(f, "decided by {by} at {at}; a decision is never changed")
            }
            DecisionRefused::Decided(at, None) => {
                write!(
                    f,
                    "decided by the risk matrix at {at}; a decision is never changed"
                )
            }
            DecisionRefused::Superseded(by) => write!(
                f,
                "the later request {by} of the customer took its place: nothing is to be decided here"
            ),
            DecisionRefused::NotRated(why) => write!(
                f,
                "no risk matrix has rated it ({why}); `kycdrop risk reevaluate` does once there is a matrix"
            ),
        }
    }
}

/// The evaluation that a decision is about, if it can be decided.
struct Open {
    evaluation_id: i64,
    assessment_id: i64,
    level: RiskLevel,
}

impl Evaluations<'_> {
    /// Records a decision with its events, unless it is refused. `batch_id` is the file that it came in.
    pub(in crate::history) fn decide(
        &mut self,
        decision: &NewDecision,
        batch_id: i64,
    ) -> Result<std::result::Result<(), DecisionRefused>> {
        let open = match open(self.conn, &decision.communication_number)? {
            Ok(open) => open,
            Err(refused) => return Ok(Err(refused)),
        };
        let before = level_of(self.conn, open.assessment_id)?;
        let decided = Decided {
            accepted: decision.accepted,
            level: decision.level.unwrap_or(open.level),
            by: Some(decision),
            batch_id: Some(batch_id),
        };
        self.write_decision(open.evaluation_id, &decided, &clock::now())?;
        stands_anew(
            self.conn,
            open.assessment_id,
            before.as_deref(),
            decided.level,
        )?;
        Ok(Ok(()))
    }
}

/// Why a decision on the evaluation with this number would be refused now; None where it would not.
///
/// # Errors
/// When the history cannot be read.
pub fn refusal(conn: &Connection, number: &str) -> Result<Option<DecisionRefused>> {
    Ok(open(conn, number)?.err())
}

/// A decision of a person, as it was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// ACCEPTED or REJECTED.
    pub decision: String,
    /// The level that was computed.
    pub initial: String,
    /// The level that was decided.
    pub level: String,
    /// Who decided.
    pub by: String,
    /// When, UTC.
    pub at: String,
    /// It is completed by the request that brings an approvalDate.
    pub waits_for_approval_date: bool,
}

/// The decision that came in the file of this name.
///
/// # Errors
/// When the history cannot be read; where it has none.
pub fn recorded(conn: &Connection, number: &str, file_name: &str) -> Result<Recorded> {
    let mut select = conn.prepare(
        "SELECT d.decision, e.level, d.level, d.decided_by, d.decided_at, w.evaluation_id IS NOT NULL
         FROM evaluation e
         JOIN decision d USING (evaluation_id)
         JOIN batch b ON b.batch_id = d.batch_id
         LEFT JOIN approval_wait w USING (evaluation_id)
         WHERE e.communication_number = ?1 AND b.file_name = ?2",
    )?;
    Ok(select.query_row([number, file_name], |r| {
        Ok(Recorded {
            decision: r.get(0)?,
            initial: r.get(1)?,
            level: r.get(2)?,
            by: r.get(3)?,
            at: r.get(4)?,
            waits_for_approval_date: r.get(5)?,
        })
    })?)
}

fn open(conn: &Connection, number: &str) -> Result<std::result::Result<Open, DecisionRefused>> {
    let mut select = conn.prepare_cached(
        "SELECT e.evaluation_id, e.assessment_id, e.level, e.why_not, d.decided_at, d.decided_by,
                o.evaluation_id IS NOT NULL
         FROM evaluation e
         LEFT JOIN decision d USING (evaluation_id)
         LEFT JOIN open_evaluation o USING (evaluation_id)
         WHERE e.communication_number = ?1 ORDER BY e.evaluation_id DESC LIMIT 1",
    )?;
    let mut rows = select.query([number])?;
    let Some(row) = rows.next()? else {
        return Ok(Err(DecisionRefused::Unknown));
    };
    let assessment_id = row.get(1)?;
    if let Some(at) = row.get(4)? {
        return Ok(Err(DecisionRefused::Decided(at, row.get(5)?)));
    }
    if !row.get::<_, bool>(6)? {
        return Ok(Err(DecisionRefused::Superseded(later(
            conn,
            assessment_id,
        )?)));
    }
    let level: Option<String> = row.get(2)?;
    let Some(level) = level.as_deref().and_then(RiskLevel::from_name) else {
        let why: Option<String> = row.get(3)?;
        return Ok(Err(DecisionRefused::NotRated(why.unwrap_or_default())));
    };
    Ok(Ok(Open {
        evaluation_id: row.get(0)?,
        assessment_id,
        level,
    }))
}

/// The number of what took the place of an assessment's evaluation: the next request, or the newest
/// evaluation of the same one.
fn later(conn: &Connection, assessment_id: i64) -> Result<String> {
    let mut select = conn.prepare_cached(
        "SELECT coalesce(
           (SELECT a.communication_number FROM succession s
            JOIN assessment a ON a.assessment_id = s.next_assessment_id
            WHERE s.assessment_id = ?1),
           (SELECT communication_number FROM evaluation WHERE assessment_id = ?1
            ORDER BY evaluation_id DESC LIMIT 1), '')",
    )?;
    Ok(select.query_row([assessment_id], |r| r.get(0))?)
}

/// The level that an assessment has now.
pub(super) fn level_of(conn: &Connection, assessment_id: i64) -> Result<Option<String>> {
    let sql = format!(
        "SELECT coalesce(a.risk_level, {DECIDED_LEVEL}) FROM assessment a WHERE a.assessment_id = ?1"
    );
    let level = conn
        .prepare_cached(&sql)?
        .query_row([assessment_id], |r| r.get(0));
    Ok(level.optional()?.flatten())
}

/// Moves a customer to another level in the sums, if the assessment is its newest.
pub(super) fn stands_anew(
    conn: &Connection,
    assessment_id: i64,
    before: Option<&str>,
    after: RiskLevel,
) -> Result<()> {
    for (level, customers) in [(before.unwrap_or_default(), -1), (after.name(), 1)] {
        conn.prepare_cached(
            "INSERT INTO standing
             SELECT coalesce(business_unit, ''), kind, entity_type, ?2, coalesce(customer_status, ''),
                    coalesce(country, ''), ?3
             FROM assessment a WHERE assessment_id = ?1
               AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id)
             ON CONFLICT DO UPDATE SET customers = customers + excluded.customers",
        )?
        .execute(params![assessment_id, level, customers])?;
    }
    Ok(())
}
