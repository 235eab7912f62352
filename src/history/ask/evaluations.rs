//! The evaluations of a customer's risk level, with what was decided on them.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::evaluate::{Evaluation, MatrixName};
use crate::trouble::Result;

/// An evaluation, with its decision if there is one.
#[derive(Clone, Debug, Serialize)]
pub struct EvaluationRow {
    /// The number under which its events are.
    pub communication_number: String,
    /// When, UTC.
    pub evaluated_at: String,
    /// PENDING, WAITING_FOR_APPROVAL_DATE, COMPLETED or SUPERSEDED.
    pub state: String,
    /// Why it could not be evaluated; None when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// The level that was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_risk_level: Option<String>,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionRow>,
    /// The matrix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<MatrixName>,
    /// Everything that was taken and what it came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Evaluation>,
}

/// What was decided on an evaluation.
#[derive(Clone, Debug, Serialize)]
pub struct DecisionRow {
    /// ACCEPTED or REJECTED.
    pub decision: String,
    /// The level.
    pub final_risk_level: String,
    /// The ground, a code of the classifier decisionGround; None when the matrix decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_ground: Option<String>,
    /// Who; None when the matrix did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What that person said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When, UTC.
    pub decided_at: String,
}

/// The evaluations of an assessment, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub fn evaluations(conn: &Connection, assessment_id: i64) -> Result<Vec<EvaluationRow>> {
    let mut select = conn.prepare_cached(
        "SELECT v.communication_number, v.evaluated_at, v.state, v.why_not, v.initial_risk_level,
                d.decision, d.level, d.ground, d.decided_by, d.comment, d.decided_at,
                m.name, m.file, m.hash, m.owner, m.valid_from, m.classifiers, v.account
         FROM v_evaluation v
         JOIN evaluation e USING (evaluation_id)
         LEFT JOIN decision d USING (evaluation_id)
         LEFT JOIN risk_matrix m USING (matrix_id)
         WHERE v.assessment_id = ?1 ORDER BY v.evaluation_id",
    )?;
    let rows = select.query_map([assessment_id], |r| {
        let decision = match r.get(5)? {
            Some(decision) => Some(DecisionRow {
                decision,
                final_risk_level: r.get(6)?,
                decision_ground: r.get(7)?,
                decided_by: r.get(8)?,
                comment: r.get(9)?,
                decided_at: r.get(10)?,
            }),
            None => None,
        };
        let matrix = match r.get(11)? {
            Some(name) => Some(MatrixName {
                name,
                file: r.get(12)?,
                hash: r.get(13)?,
                owner: r.get(14)?,
                valid_from: r.get(15)?,
                classifiers: serde_json::from_str(&r.get::<_, String>(16)?).unwrap_or_default(),
            }),
            None => None,
        };
        let account: Option<String> = r.get(17)?;
        Ok(EvaluationRow {
            communication_number: r.get(0)?,
            evaluated_at: r.get(1)?,
            state: r.get(2)?,
            why_not: r.get(3)?,
            initial_risk_level: r.get(4)?,
            decision,
            matrix,
            account: account.and_then(|json| serde_json::from_str(&json).ok()),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The assessment of an evaluation or a screening that has this number of its own.
pub(super) fn assessment_of_number(conn: &Connection, number: &str) -> Result<Option<i64>> {
    let sql = "SELECT assessment_id FROM evaluation WHERE communication_number = ?1
               UNION ALL
               SELECT assessment_id FROM screening_result WHERE communication_number = ?1
               ORDER BY assessment_id DESC LIMIT 1";
    let mut select = conn.prepare_cached(sql)?;
    Ok(select.query_row([number], |r| r.get(0)).optional()?)
}

/// The assessment at a position of a batch; None where the customer was not saved.
///
/// # Errors
/// When the database cannot be read.
pub fn assessment_at(conn: &Connection, batch_id: i64, position: u64) -> Result<Option<i64>> {
    // They are in the order of their positions. Its number is the first one of the batch and its position
    // together, or in a history of before a smaller one.
    let mut select = conn.prepare_cached(
        "SELECT a.assessment_id, a.position
         FROM batch b
         CROSS JOIN assessment a ON a.assessment_id
           BETWEEN b.first_assessment_id AND min(b.last_assessment_id, b.first_assessment_id + ?2)
         WHERE b.batch_id = ?1
         ORDER BY a.assessment_id DESC",
    )?;
    let mut rows = select.query(rusqlite::params![batch_id, position])?;
    while let Some(row) = rows.next()? {
        let at: u64 = row.get(1)?;
        if at <= position {
            return Ok((at == position).then(|| row.get(0)).transpose()?);
        }
    }
    Ok(None)
}
