//! The evaluations that wait, for reading.

use rusqlite::Connection;

use crate::evaluate::Reason;
use crate::trouble::Result;

/// An evaluation that is neither decided nor replaced by a later one.
#[derive(Clone, Debug)]
pub struct OpenEvaluation {
    /// The key of its row in `open_evaluation`.
    pub key: i64,
    /// The number under which its events are, and by which it is decided.
    pub communication_number: String,
    /// customerExtId.
    pub customer_ext_id: String,
    /// businessUnit, where one was given.
    pub business_unit: Option<String>,
    /// First and last name, or title.
    pub name: Option<String>,
    /// Since when it waits, UTC.
    pub since: String,
    /// What the matrix came to; else why there is none.
    pub rating: std::result::Result<OpenRating, String>,
}

/// What the matrix came to.
#[derive(Clone, Debug)]
pub struct OpenRating {
    /// 0.0 to 100.0.
    pub score: f64,
    /// The level that was computed.
    pub level: String,
    /// Why a person decides, each with the factor, the floor or the level that it is about.
    pub reasons: Vec<(Reason, String)>,
}

/// Gives the evaluations that wait, the oldest first, from after this key on and for as long as `take` wants
/// more. The key that it ended at; None where there is nothing after it.
///
/// # Errors
/// When the history cannot be read, or `take` fails.
pub fn open_evaluations(
    conn: &Connection,
    after: i64,
    mut take: impl FnMut(OpenEvaluation) -> Result<bool>,
) -> Result<Option<i64>> {
    let mut select = conn.prepare(
        "SELECT e.communication_number, a.customer_ext_id, a.business_unit, a.name, e.evaluated_at,
                e.why_not, CAST(e.score AS REAL), e.level, json_extract(e.account, '$.reasons'),
                o.evaluation_id
         FROM open_evaluation o
         JOIN evaluation e ON e.evaluation_id = o.evaluation_id
         JOIN assessment a ON a.assessment_id = e.assessment_id
         WHERE o.evaluation_id > ?1
         ORDER BY o.evaluation_id",
    )?;
    let mut rows = select.query([after])?;
    while let Some(row) = rows.next()? {
        let rating = match row.get(5)? {
            Some(why_not) => Err(why_not),
            None => Ok(OpenRating {
                score: row.get(6)?,
                level: row.get(7)?,
                // Written by us; a part that is damaged is missing rather than in the way.
                reasons: reasons(row.get(8)?),
            }),
        };
        let key = row.get(9)?;
        let more = take(OpenEvaluation {
            key,
            communication_number: row.get(0)?,
            customer_ext_id: row.get(1)?,
            business_unit: row.get(2)?,
            name: row.get(3)?,
            since: row.get(4)?,
            rating,
        })?;
        if !more {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// How many evaluations wait for a risk matrix, and whether there may be more: only the `most` oldest that are
/// open are looked at.
///
/// # Errors
/// When the history cannot be read.
pub fn waiting_for_matrix(conn: &Connection, most: u32) -> Result<(u64, bool)> {
    let mut select = conn.prepare_cached(
        "SELECT count(why_not), count(*) >= ?1
         FROM (SELECT evaluation_id FROM open_evaluation ORDER BY evaluation_id LIMIT ?1)
         JOIN evaluation USING (evaluation_id)",
    )?;
    Ok(select.query_row([most], |r| Ok((r.get(0)?, r.get(1)?)))?)
}

fn reasons(json: Option<String>) -> Vec<(Reason, String)> {
    json.and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default()
}

/// The communicationNumber of an evaluation that waits, if one is near enough to be what was meant.
///
/// # Errors
/// When the history cannot be read.
pub fn nearest_open(conn: &Connection, number: &str) -> Result<Option<String>> {
    let mut select = conn.prepare(
        "SELECT e.communication_number FROM open_evaluation o
         JOIN evaluation e ON e.evaluation_id = o.evaluation_id",
    )?;
    let numbers = select.query_map([], |row| row.get(0))?;
    let numbers = numbers.collect::<rusqlite::Result<Vec<String>>>()?;
    let near = crate::text::nearest(number, numbers.iter().map(String::as_str));
    Ok(near.map(str::to_owned))
}
