//! Reading back what a batch came to, from the committed rows: what its response is built from.

use rusqlite::Connection;

use crate::trouble::{Result, Trouble};

use super::batch::OF_BATCH;

/// One result of a batch.
#[derive(Debug)]
pub struct OutcomeRow<'r> {
    /// The place in the batch, from 0.
    pub position: u64,
    /// The communicationNumber; None where it is absent or no text.
    pub communication_number: Option<&'r str>,
    /// The customerExtId; None where it is absent or no text.
    pub customer_ext_id: Option<&'r str>,
    /// The businessUnit; None where it is absent or no text.
    pub business_unit: Option<&'r str>,
    /// Code and description of the first finding of a rejected customer.
    pub error: Option<(&'r str, &'r str)>,
    /// Milliseconds from the claim of the file to the end of judging this customer.
    pub elapsed_ms: u64,
}

/// Calls `each` for every result of a batch, in the order of the customers.
pub(super) fn each<E: From<Trouble>>(
    conn: &Connection,
    batch_id: i64,
    mut each: impl FnMut(&OutcomeRow<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let sql = format!(
        "
        SELECT position, communication_number, customer_ext_id, business_unit,
               NULL, NULL, elapsed_ms
        FROM {OF_BATCH}
        UNION ALL
        SELECT position, communication_number, customer_ext_id, business_unit,
               NULL, NULL, elapsed_ms
        FROM acknowledgement WHERE batch_id = ?1
        UNION ALL
        SELECT r.position, r.communication_number, r.customer_ext_id, r.business_unit,
               f.code, f.description, r.elapsed_ms
        FROM rejection r
        JOIN v_finding f ON f.batch_id = r.batch_id AND f.position = r.position AND f.no = 1
        WHERE r.batch_id = ?1
        ORDER BY 1"
    );
    let trouble = |e: rusqlite::Error| E::from(Trouble::from(e));
    let mut select = conn.prepare_cached(&sql).map_err(trouble)?;
    let mut rows = select.query([batch_id]).map_err(trouble)?;
    while let Some(row) = rows.next().map_err(trouble)? {
        let text = |i: usize| -> std::result::Result<Option<&str>, E> {
            row.get_ref(i)
                .map_err(trouble)?
                .as_str_or_null()
                .map_err(|e| trouble(e.into()))
        };
        let code = text(4)?;
        let outcome = OutcomeRow {
            position: row.get(0).map_err(trouble)?,
            communication_number: text(1)?,
            customer_ext_id: text(2)?,
            business_unit: text(3)?,
            error: code.zip(text(5)?),
            elapsed_ms: row.get(6).map_err(trouble)?,
        };
        each(&outcome)?;
    }
    Ok(())
}

/// Every description of the findings of one customer, in order.
pub(super) fn descriptions(conn: &Connection, batch_id: i64, position: u64) -> Result<Vec<String>> {
    let mut select = conn.prepare_cached(
        "SELECT description FROM v_finding WHERE batch_id = ?1 AND position = ?2 ORDER BY no",
    )?;
    let rows = select.query_map((batch_id, position), |r| r.get(0))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}
