//! The matches that wait for a person, for reading.

use rusqlite::{Connection, Row};

use crate::trouble::Result;

/// A match of screening that nobody has decided.
#[derive(Clone, Debug)]
pub struct OpenMatch {
    /// The key of its row in `open_screening`.
    pub key: i64,
    /// The communicationNumber of the request.
    pub communication_number: String,
    /// customerExtId.
    pub customer_ext_id: String,
    /// businessUnit, where one was given.
    pub business_unit: Option<String>,
    /// The name that was screened.
    pub name: String,
    /// The process.
    pub process: String,
    /// The number of the related entity, from 1; None: the customer.
    pub related: Option<i64>,
    /// Since when it waits, UTC.
    pub since: String,
    /// The score of the best hit, 0.0 to 1.0.
    pub score: f64,
    /// Whom it may be: the best hit, and how many more there are.
    pub why: String,
}

/// Gives the matches that wait, the oldest first, from after this key on and for as long as `take` wants
/// more; None stands for a screening that waits for a list. The key that it ended at; None where there is
/// nothing after it.
///
/// # Errors
/// When the history cannot be read, or `take` fails.
pub fn open_matches(
    conn: &Connection,
    after: i64,
    mut take: impl FnMut(Option<OpenMatch>) -> Result<bool>,
) -> Result<Option<i64>> {
    let mut select = conn.prepare(
        "SELECT r.communication_number, a.customer_ext_id, a.business_unit, r.name, r.process,
                r.related + 1, r.screened_at, h.score / 1000.0, h.name, l.name, h.entity_id,
                (SELECT count(*) FROM screening_hit x WHERE x.result_id = r.result_id),
                o.result_id
         FROM open_screening o
         JOIN screening_result r ON r.result_id = o.result_id
         JOIN assessment a ON a.assessment_id = r.assessment_id
         LEFT JOIN screening_hit h ON h.result_id = r.result_id AND h.no = 1
         LEFT JOIN screening_list l ON l.list_id = h.list_id
         WHERE o.result_id > ?1
         ORDER BY o.result_id",
    )?;
    let mut rows = select.query([after])?;
    while let Some(r) = rows.next()? {
        let is_match = r.get::<_, Option<String>>(8)?.is_some();
        let more = take(is_match.then(|| open_match(r)).transpose()?)?;
        if !more {
            return Ok(Some(r.get(12)?));
        }
    }
    Ok(None)
}

/// How many screenings wait for a list, and whether there may be more: only the `most` oldest that are open
/// are looked at.
///
/// # Errors
/// When the history cannot be read.
pub fn waiting_for_list(conn: &Connection, most: u32) -> Result<(u64, bool)> {
    let mut select = conn.prepare_cached(
        "SELECT count(*) FILTER (WHERE matched = 0), count(*) >= ?1
         FROM (SELECT result_id FROM open_screening ORDER BY result_id LIMIT ?1)
         JOIN screening_result USING (result_id)",
    )?;
    Ok(select.query_row([most], |r| Ok((r.get(0)?, r.get(1)?)))?)
}

fn open_match(r: &Row<'_>) -> rusqlite::Result<OpenMatch> {
    let (entity, list, id): (String, String, String) = (r.get(8)?, r.get(9)?, r.get(10)?);
    let more = match r.get::<_, u64>(11)? {
        0 | 1 => String::new(),
        hits => format!(", and {} more", hits - 1),
    };
    Ok(OpenMatch {
        key: r.get(12)?,
        communication_number: r.get(0)?,
        customer_ext_id: r.get(1)?,
        business_unit: r.get(2)?,
        name: r.get(3)?,
        process: r.get(4)?,
        related: r.get(5)?,
        since: r.get(6)?,
        score: r.get(7)?,
        why: format!("{entity} ({id} of the list {list}){more}"),
    })
}
