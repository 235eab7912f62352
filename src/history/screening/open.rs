//! The matches that wait for a person, for reading.

use rusqlite::Connection;

use crate::trouble::Result;

/// A match of screening that nobody has decided.
#[derive(Clone, Debug)]
pub struct OpenMatch {
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

/// Gives every match that waits, the oldest first.
///
/// # Errors
/// When the history cannot be read, or `take` fails.
pub fn open_matches(
    conn: &Connection,
    mut take: impl FnMut(OpenMatch) -> Result<()>,
) -> Result<()> {
    let mut select = conn.prepare(
        "SELECT r.communication_number, a.customer_ext_id, a.business_unit, r.name, r.process,
                r.related + 1, r.screened_at, h.score / 1000.0, h.name, l.name, h.entity_id,
                (SELECT count(*) FROM screening_hit x WHERE x.result_id = r.result_id)
         FROM open_screening o
         JOIN screening_result r ON r.result_id = o.result_id
         JOIN assessment a ON a.assessment_id = r.assessment_id
         JOIN screening_hit h ON h.result_id = r.result_id AND h.no = 1
         JOIN screening_list l ON l.list_id = h.list_id
         ORDER BY o.result_id",
    )?;
    let mut rows = select.query([])?;
    while let Some(r) = rows.next()? {
        let (entity, list, id): (String, String, String) = (r.get(8)?, r.get(9)?, r.get(10)?);
        let more = match r.get::<_, u64>(11)? {
            0 | 1 => String::new(),
            hits => format!(", and {} more", hits - 1),
        };
        take(OpenMatch {
            communication_number: r.get(0)?,
            customer_ext_id: r.get(1)?,
            business_unit: r.get(2)?,
            name: r.get(3)?,
            process: r.get(4)?,
            related: r.get(5)?,
            since: r.get(6)?,
            score: r.get(7)?,
            why: format!("{entity} ({id} of the list {list}){more}"),
        })?;
    }
    Ok(())
}
