//! What the history says of itself: the last batches, and totals.

use rusqlite::Connection;
use serde::Serialize;

use crate::trouble::Result;

/// A batch in a line.
#[derive(Clone, Debug, Serialize)]
pub struct BatchLine {
    /// The key of its row in `batch`.
    pub batch_id: i64,
    /// The endpoint's name, or the path that was asked for.
    pub endpoint: String,
    /// The name that it had in the inbox.
    pub file_name: String,
    /// The HTTP status that the API would have answered.
    pub status: u16,
    /// How many customers it has.
    pub customers: u64,
    /// How many of them were accepted.
    pub accepted: u64,
    /// Of the accepted: repeats, of which nothing was saved.
    pub repeated: u64,
    /// How many of them were rejected.
    pub rejected: u64,
    /// When it was claimed, UTC.
    pub received_at: String,
    /// Milliseconds from the claim to the end of judging.
    pub elapsed_ms: u64,
    /// The path of its response below the outbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_file: Option<String>,
    /// Why the file as a whole was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Counts over the whole history.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Files that were answered.
    pub batches: u64,
    /// Customers that were accepted, at any endpoint.
    pub accepted: u64,
    /// Customers that were rejected, at any endpoint.
    pub rejected: u64,
    /// Accepted requests that were saved.
    pub assessments: u64,
    /// Different customers with an assessment.
    pub customers: u64,
    /// Evaluations that wait for a person or a risk matrix.
    pub evaluations_pending: u64,
    /// Screenings that wait for a person or a list.
    pub screenings_pending: u64,
    /// Of these: matches, which wait for a person.
    pub matches_pending: u64,
}

/// The newest batches, newest first.
pub fn last_batches(conn: &Connection, most: u32) -> Result<Vec<BatchLine>> {
    batches_before(conn, i64::MAX, most)
}

/// The newest of the batches with lower numbers, newest first.
pub fn batches_before(conn: &Connection, before: i64, most: u32) -> Result<Vec<BatchLine>> {
    let mut select = conn.prepare(
        "SELECT batch_id, endpoint, file_name, status, customers, accepted, rejected, received_at,
                elapsed_ms, response_file, error, repeated
         FROM batch WHERE batch_id < ?1 ORDER BY batch_id DESC LIMIT ?2",
    )?;
    let rows = select.query_map([before, most.into()], |r| {
        Ok(BatchLine {
            batch_id: r.get(0)?,
            endpoint: r.get(1)?,
            file_name: r.get(2)?,
            status: r.get(3)?,
            customers: r.get(4)?,
            accepted: r.get(5)?,
            rejected: r.get(6)?,
            received_at: r.get(7)?,
            elapsed_ms: r.get(8)?,
            response_file: r.get(9)?,
            error: r.get(10)?,
            repeated: r.get(11)?,
        })
    })?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// The matches that are open. There may be many screenings that wait for a list, and few hits.
const MATCHES: &str = "SELECT count(*) FROM screening_hit h
     CROSS JOIN open_screening o ON o.result_id = h.result_id WHERE h.no = 1";

/// Sums over the whole history.
pub fn totals(conn: &Connection) -> Result<Totals> {
    sums(conn, MATCHES)
}

/// Sums over the whole history, of which none is counted: matches only among the `most` oldest screenings that
/// are open.
pub fn totals_at_a_glance(conn: &Connection, most: u64) -> Result<Totals> {
    let matches = format!(
        "SELECT count(*) FROM (SELECT result_id FROM open_screening ORDER BY result_id LIMIT {most}) o
         CROSS JOIN screening_result r ON r.result_id = o.result_id WHERE r.matched"
    );
    sums(conn, &matches)
}

fn sums(conn: &Connection, matches: &str) -> Result<Totals> {
    let sql = format!(
        "SELECT batches, accepted, rejected, assessments, customers, evaluations, screenings, ({matches})
         FROM total"
    );
    Ok(conn.query_row(&sql, [], |r| {
        Ok(Totals {
            batches: r.get(0)?,
            accepted: r.get(1)?,
            rejected: r.get(2)?,
            assessments: r.get(3)?,
            customers: r.get(4)?,
            evaluations_pending: r.get(5)?,
            screenings_pending: r.get(6)?,
            matches_pending: r.get(7)?,
        })
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;

    #[test]
    fn a_glance_looks_for_matches_among_the_oldest_screenings_that_are_open() {
        let history = History::in_memory().unwrap();
        let conn = history.connection();
        // The first waits for a list, and the third is decided.
        conn.execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO screening_result
               SELECT value, 1, 'PEP', NULL, 'N-1', '', NULL, '[]', value > 1, 'customer', 'X-1', '', '{}'
               FROM json_each('[1, 2, 3, 4]');
             INSERT INTO screening_hit
               SELECT result_id, n.value, 1, 'E', '', 900, '', '{}'
               FROM screening_result, json_each('[1, 2]') n WHERE matched;
             INSERT INTO open_screening VALUES (1), (2), (4);",
        )
        .unwrap();
        assert_eq!(totals(conn).unwrap().matches_pending, 2);
        for (most, matches) in [(1, 0), (2, 1), (3, 2), (100, 2)] {
            let glance = totals_at_a_glance(conn, most).unwrap();
            assert_eq!(glance.matches_pending, matches);
        }
    }
}
