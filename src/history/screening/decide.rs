//! A person's decision on a match.

use std::fmt;

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use crate::catalog::ScreeningProcess;
use crate::clock;
use crate::response::{ScreeningState, screening_event};
use crate::trouble::Result;

use super::{Screenings, Whose};

/// A decision to be recorded.
#[derive(Clone, Debug)]
pub struct NewScreeningDecision {
    /// The communicationNumber of the request.
    pub communication_number: String,
    /// What was screened for.
    pub process: ScreeningProcess,
    /// The position of the related entity in its list, from 0; None: the customer.
    pub related: Option<u32>,
    /// The subject is the one on the list.
    pub confirmed: bool,
    /// Who decides.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Why a decision is not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScreeningRefused {
    /// No screening is of this request, process and subject.
    Unknown,
    /// It was decided at this moment, by this person or since the pair had been dismissed before.
    Decided(String, Option<String>),
    /// There is nothing to decide: no match, or a later request took its place.
    Nothing,
    /// It could not be done, for this reason.
    NotScreened(String),
}

impl fmt::Display for ScreeningRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScreeningRefused::Unknown => f.write_str(
                "no screening is of this request, process and related entity; `kycdrop pending` lists what waits",
            ),
            ScreeningRefused::Decided(at, Some(by)) => {
                write!(f, "decided by {by} at {at}; a decision is never changed")
            }
            ScreeningRefused::Decided(at, None) => {
                write!(f, "dismissed at {at}, as the same match was before")
            }
            ScreeningRefused::Nothing => f.write_str(
                "nothing is to be decided: there is no match, or a later request took its place",
            ),
            ScreeningRefused::NotScreened(why) => write!(f, "it was not screened: {why}"),
        }
    }
}

impl Screenings<'_> {
    /// Records a decision with its event, unless it is refused. Returns the assessment.
    pub(in crate::history) fn decide(
        &mut self,
        decision: &NewScreeningDecision,
        batch_id: i64,
    ) -> Result<std::result::Result<i64, ScreeningRefused>> {
        let number = &decision.communication_number;
        let open = match open(self.conn, number, decision.process, decision.related)? {
            Ok(open) => open,
            Err(refused) => return Ok(Err(refused)),
        };
        let Open {
            result_id,
            assessment_id,
            kind,
            ext_id,
            subject,
        } = open;
        let now = clock::now();
        self.statement(
            "INSERT INTO screening_decision (result_id, confirmed, decided_by, reason, decided_at,
               batch_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            result_id,
            decision.confirmed,
            decision.by,
            decision.reason,
            now,
            batch_id
        ])?;
        self.opened -= self
            .statement("DELETE FROM open_screening WHERE result_id = ?1")?
            .execute([result_id])? as i64;
        let state = ScreeningState::Completed(Some(decision.confirmed));
        let (kind, data) = screening_event(&kind, decision.process, state, &subject);
        let whose = Whose {
            assessment_id,
            number,
            ext_id: &ext_id,
            business_unit: None,
        };
        self.events.add(&whose, (&kind, &data), &now)?;
        Ok(Ok(assessment_id))
    }
}

/// The screening that a decision is about, if it can be decided.
struct Open {
    result_id: i64,
    assessment_id: i64,
    kind: String,
    ext_id: String,
    subject: Map<String, Value>,
}

/// Why a decision on the match of this request and process would be refused now; None where it would not.
/// `related` is the position of the related entity, from 0; None: the customer.
///
/// # Errors
/// When the history cannot be read.
pub fn refusal(
    conn: &Connection,
    number: &str,
    process: ScreeningProcess,
    related: Option<u32>,
) -> Result<Option<ScreeningRefused>> {
    Ok(open(conn, number, process, related)?.err())
}

fn open(
    conn: &Connection,
    number: &str,
    process: ScreeningProcess,
    related: Option<u32>,
) -> Result<std::result::Result<Open, ScreeningRefused>> {
    let mut select = conn.prepare_cached(
        "SELECT r.result_id, r.assessment_id, r.why_not, d.decided_at, d.decided_by,
                o.result_id IS NOT NULL, r.kind, r.ext_id, r.subject
         FROM screening_result r
         LEFT JOIN screening_decision d USING (result_id)
         LEFT JOIN open_screening o USING (result_id)
         WHERE r.communication_number = ?1 AND r.process = ?2 AND r.related IS ?3
         ORDER BY r.result_id DESC LIMIT 1",
    )?;
    let mut rows = select.query(params![number, process.name(), related])?;
    let Some(row) = rows.next()? else {
        return Ok(Err(ScreeningRefused::Unknown));
    };
    if let Some(at) = row.get(3)? {
        return Ok(Err(ScreeningRefused::Decided(at, row.get(4)?)));
    }
    if !row.get::<_, bool>(5)? {
        return Ok(Err(ScreeningRefused::Nothing));
    }
    if let Some(why) = row.get(2)? {
        return Ok(Err(ScreeningRefused::NotScreened(why)));
    }
    let subject: String = row.get(8)?;
    Ok(Ok(Open {
        result_id: row.get(0)?,
        assessment_id: row.get(1)?,
        kind: row.get(6)?,
        ext_id: row.get(7)?,
        subject: serde_json::from_str(&subject).unwrap_or_default(),
    }))
}
