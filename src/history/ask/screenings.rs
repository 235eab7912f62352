//! The screenings of a customer, with what was found and what was decided on it.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::trouble::Result;

/// The screening of one subject in one process.
#[derive(Clone, Debug, Serialize)]
pub struct ScreeningRow {
    /// The name of the process.
    pub process: String,
    /// PENDING, COMPLETED or SUPERSEDED.
    pub status: String,
    /// The number under which its events are.
    pub communication_number: String,
    /// The number of the related entity, from 1; None: the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<i64>,
    /// The name that was screened.
    pub name: String,
    /// When, UTC.
    pub screened_at: String,
    /// Why it could not be done; None when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// The lists that it was compared with.
    pub lists: Vec<ComparedList>,
    /// Whom it may be, the best first.
    pub hits: Vec<HitRow>,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<MatchDecision>,
}

/// A version of a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ComparedList {
    /// Its name.
    pub list: String,
    /// A hash of its description and files.
    pub version: String,
    /// The day that it is from.
    pub date: String,
}

/// An entry of a list that a subject may be.
#[derive(Clone, Debug, Serialize)]
pub struct HitRow {
    /// The name of the list.
    pub list: String,
    /// Its version.
    pub version: String,
    /// The day that it is from.
    pub date: String,
    /// The identifier that the list gives.
    pub entity_id: String,
    /// The name that met.
    pub entity_name: String,
    /// 0.0 to 1.0.
    pub score: f64,
    /// Why.
    #[serde(flatten)]
    pub reasons: Reasons,
}

/// Which words met, and what birth date and country did, as they are stored. Figures are thousandths.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Reasons {
    /// The customer's word, the list's, how similar they are, and their share of the weight.
    pub met: Vec<(String, String, u16, u16)>,
    /// The score of the names alone.
    pub names: u16,
    /// Same, Near, Apart or Unknown.
    pub born: String,
    /// Both have countries, and none is common.
    #[serde(rename = "otherCountry")]
    pub other_country: bool,
}

/// What was decided on a match.
#[derive(Clone, Debug, Serialize)]
pub struct MatchDecision {
    /// The subject is the one on the list.
    pub confirmed: bool,
    /// Who; None when the same pairs had been dismissed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Why.
    pub reason: String,
    /// When, UTC.
    pub decided_at: String,
}

/// The screenings of an assessment, the oldest first, with those against lists that changed later.
///
/// # Errors
/// When the database cannot be read.
pub fn screenings(conn: &Connection, assessment_id: i64) -> Result<Vec<ScreeningRow>> {
    let mut select = conn.prepare_cached(
        "SELECT process, status, communication_number, related, screened_name, requested_at, why_not,
                lists, confirmed, decided_by, reason, decided_at
         FROM v_screening WHERE assessment_id = ?1
         ORDER BY requested_at, communication_number, process, related",
    )?;
    let rows = select.query_map([assessment_id], |r| {
        let decision = match r.get(8)? {
            Some(confirmed) => Some(MatchDecision {
                confirmed,
                decided_by: r.get(9)?,
                reason: r.get(10)?,
                decided_at: r.get(11)?,
            }),
            None => None,
        };
        Ok(ScreeningRow {
            process: r.get(0)?,
            status: r.get(1)?,
            communication_number: r.get(2)?,
            related: r.get(3)?,
            name: r.get(4)?,
            screened_at: r.get(5)?,
            why_not: r.get(6)?,
            lists: serde_json::from_str(&r.get::<_, String>(7)?).unwrap_or_default(),
            hits: Vec::new(),
            decision,
        })
    })?;
    let mut all: Vec<ScreeningRow> = rows.collect::<rusqlite::Result<_>>()?;
    for screening in &mut all {
        screening.hits = hits(conn, assessment_id, screening)?;
    }
    Ok(all)
}

fn hits(conn: &Connection, assessment_id: i64, of: &ScreeningRow) -> Result<Vec<HitRow>> {
    let mut select = conn.prepare_cached(
        "SELECT list, list_version, list_date, entity_id, entity_name, score, details
         FROM v_screening_hit
         WHERE assessment_id = ?1 AND communication_number = ?2 AND process = ?3 AND related IS ?4
         ORDER BY no",
    )?;
    let key = rusqlite::params![
        assessment_id,
        of.communication_number,
        of.process,
        of.related
    ];
    let rows = select.query_map(key, |r| {
        Ok(HitRow {
            list: r.get(0)?,
            version: r.get(1)?,
            date: r.get(2)?,
            entity_id: r.get(3)?,
            entity_name: r.get(4)?,
            score: r.get(5)?,
            reasons: serde_json::from_str(&r.get::<_, String>(6)?).unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
