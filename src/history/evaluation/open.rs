//! The evaluations that wait, for reading.

use rusqlite::Connection;

use crate::evaluate::Reason;
use crate::trouble::Result;

/// An evaluation that is neither decided nor replaced by a later one.
#[derive(Clone, Debug)]
pub struct OpenEvaluation {
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

/// Gives every evaluation that waits, the oldest first.
///
/// # Errors
/// When the history cannot be read, or `take` fails.
pub fn open_evaluations(
    conn: &Connection,
    mut take: impl FnMut(OpenEvaluation) -> Result<()>,
) -> Result<()> {
    let mut select = conn.prepare(
        "SELECT e.communication_number, a.customer_ext_id, a.business_unit, a.name, e.evaluated_at,
                e.why_not, CAST(e.score AS REAL), e.level, json_extract(e.account, '$.reasons')
         FROM open_evaluation o
         JOIN evaluation e ON e.evaluation_id = o.evaluation_id
         JOIN assessment a ON a.assessment_id = e.assessment_id
         ORDER BY o.evaluation_id",
    )?;
    let mut rows = select.query([])?;
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
        take(OpenEvaluation {
            communication_number: row.get(0)?,
            customer_ext_id: row.get(1)?,
            business_unit: row.get(2)?,
            name: row.get(3)?,
            since: row.get(4)?,
            rating,
        })?;
    }
    Ok(())
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
