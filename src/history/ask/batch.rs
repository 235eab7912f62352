//! A batch and its customers as they were judged: what `explain` reads.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::catalog::field_of_path;
use crate::invisible::shows_nothing;
use crate::request::NoteKind;
use crate::trouble::{Result, Trouble};

use super::place::spot;

/// A file that was taken.
#[derive(Clone, Debug, Serialize)]
pub struct Batch {
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
    /// The path of its response below the outbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_file: Option<String>,
    /// Why the file as a whole was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The row of the classifier set that it was judged with.
    #[serde(skip)]
    pub set_id: Option<i64>,
}

/// What became of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Without findings.
    Accepted,
    /// With at least one finding.
    Rejected,
}

/// One customer of a batch.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its place in the batch, from 0.
    pub position: u64,
    /// Whether it was accepted.
    pub state: State,
    /// The communicationNumber; None where it is absent or no text.
    pub communication_number: Option<String>,
    /// The customerExtId; None where it is absent or no text.
    pub customer_ext_id: Option<String>,
    /// The businessUnit; None where it is absent or no text.
    pub business_unit: Option<String>,
    /// As it came; None for one that was accepted without being saved.
    pub payload: Option<String>,
    /// Its findings, in the order in which they are answered.
    pub findings: Arc<[FindingRow]>,
    /// Its warnings.
    pub warnings: Vec<WarningRow>,
}

/// One thing that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FindingRow {
    /// Its place among the customer's findings, from 1.
    pub no: u32,
    /// The unique key of the rule.
    pub rule: String,
    /// The code that was answered.
    pub code: String,
    /// The description that was answered.
    pub description: String,
    /// Where in the customer, such as `listAddress[0].country`.
    pub path: String,
}

/// One thing that should be known.
#[derive(Clone, Debug, Serialize)]
pub struct WarningRow {
    /// What it is about, such as `unknown-field`.
    pub kind: String,
    /// Where it was seen first.
    pub path: String,
    /// What else there is to say; may be empty.
    pub detail: String,
    /// How many customers of the file have it.
    pub count: u64,
}

/// How many customers of a batch were answered with a code.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// The code that was answered.
    pub code: String,
    /// The description of the code.
    pub description: String,
    /// How many customers of the batch have it as their first finding.
    pub customers: u64,
}

/// A batch by its number.
///
/// # Errors
/// When the database cannot be read, or has no such batch.
pub fn batch(conn: &Connection, batch_id: i64) -> Result<Batch> {
    Ok(conn.query_row(
        "SELECT batch_id, endpoint, file_name, status, customers, accepted, rejected, received_at,
                response_file, error, set_id, repeated
         FROM batch WHERE batch_id = ?1",
        [batch_id],
        |r| {
            Ok(Batch {
                batch_id: r.get(0)?,
                endpoint: r.get(1)?,
                file_name: r.get(2)?,
                status: r.get(3)?,
                customers: r.get(4)?,
                accepted: r.get(5)?,
                rejected: r.get(6)?,
                received_at: r.get(7)?,
                response_file: r.get(8)?,
                error: r.get(9)?,
                set_id: r.get(10)?,
                repeated: r.get(11)?,
            })
        },
    )?)
}

/// The answers of a batch by code, the most frequent first: of its first `most` rejected customers.
///
/// # Errors
/// When the database cannot be read.
pub fn reasons(conn: &Connection, batch_id: i64, most: u64) -> Result<Vec<Reason>> {
    let mut select = conn.prepare(
        "SELECT t.code, min(t.description), sum(a.customers)
         FROM (SELECT f.text_id, count(*) AS customers
               FROM (SELECT coalesce(findings_at, position) AS place FROM rejection
                     WHERE batch_id = ?1 ORDER BY position LIMIT ?2) r
               CROSS JOIN finding_row f ON f.batch_id = ?1 AND f.position = r.place AND f.no = 1
               GROUP BY f.text_id) a
         JOIN finding_text t ON t.text_id = a.text_id
         GROUP BY t.code ORDER BY 3 DESC, 1",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = select.query_map([batch_id, most], |r| {
        Ok(Reason {
            code: r.get(0)?,
            description: r.get(1)?,
            customers: r.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first customers of a batch that there is something to say of: rejected, or with a warning.
///
/// # Errors
/// When the database cannot be read.
pub fn speaking(conn: &Connection, batch_id: i64, most: u64) -> Result<Vec<u64>> {
    let mut select = conn.prepare(
        "SELECT position FROM rejection WHERE batch_id = ?1
         UNION
         SELECT p.value FROM v_warning, json_each(positions) p WHERE batch_id = ?1
         ORDER BY 1 LIMIT ?2",
    )?;
    let rows = select.query_map(params![batch_id, most], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Where a customer of a batch may be, and what it came to then.
const JUDGED: [(State, &str); 3] = [
    (
        State::Rejected,
        "SELECT communication_number, customer_ext_id, business_unit, payload_text(payload)
         FROM rejection WHERE batch_id = ?1 AND position = ?2",
    ),
    (
        State::Accepted,
        "SELECT k.communication_number, k.customer_ext_id, k.business_unit, payload_text(a.payload)
         FROM acknowledgement k LEFT JOIN assessment a ON a.assessment_id = k.assessment_id
         WHERE k.batch_id = ?1 AND k.position = ?2",
    ),
    // Last, because it is the one that is looked for and not known to be there: its number is the
    // first one of the batch and its position together, or in a history of before a smaller one.
    (
        State::Accepted,
        "SELECT a.communication_number, a.customer_ext_id, a.business_unit, payload_text(a.payload)
         FROM batch b
         CROSS JOIN assessment a ON a.assessment_id
           BETWEEN b.first_assessment_id AND min(b.last_assessment_id, b.first_assessment_id + ?2)
         WHERE b.batch_id = ?1 AND a.position = ?2
         ORDER BY a.assessment_id DESC LIMIT 1",
    ),
];

fn judged_as(
    conn: &Connection,
    sql: &str,
    state: State,
    batch_id: i64,
    position: u64,
) -> Result<Option<Judged>> {
    let found = conn
        .prepare_cached(sql)?
        .query_row(params![batch_id, position], |r| {
            Ok(Judged {
                position,
                state,
                communication_number: r.get(0)?,
                customer_ext_id: r.get(1)?,
                business_unit: r.get(2)?,
                payload: r.get(3)?,
                findings: Arc::default(),
                warnings: Vec::new(),
            })
        })
        .optional()?;
    Ok(found)
}

/// One customer of a batch; None where the batch has no such place.
///
/// # Errors
/// When the database cannot be read.
pub fn judged(conn: &Connection, batch_id: i64, position: u64) -> Result<Option<Judged>> {
    let found = JUDGED
        .iter()
        .find_map(|(state, sql)| judged_as(conn, sql, *state, batch_id, position).transpose())
        .transpose()?;
    let Some(mut judged) = found else {
        return Ok(None);
    };
    if judged.state == State::Rejected {
        judged.findings = findings_of(conn, batch_id, position)?;
    }
    let payload = judged.payload.as_deref().unwrap_or_default();
    judged.warnings = warnings_of(conn, batch_id, position, payload)?;
    Ok(Some(judged))
}

/// The findings of a rejected customer. From it to its findings: `v_finding` would be read through all those of
/// the batch.
fn findings_of(conn: &Connection, batch_id: i64, position: u64) -> Result<Arc<[FindingRow]>> {
    let mut select = conn.prepare_cached(
        "SELECT coalesce(findings_at, position) FROM rejection WHERE batch_id = ?1 AND position = ?2",
    )?;
    let at = select.query_row(params![batch_id, position], |r| r.get(0))?;
    findings_at(conn, batch_id, at)
}

/// Customers of a file with findings of their own that are remembered: others refer to them.
const REMEMBERED: usize = 4096;

/// Hands every rejected customer of a batch to `each`, or the one at this position, in their order and
/// without warnings.
///
/// # Errors
/// When the database cannot be read, or `each` fails.
pub fn rejected<E: From<Trouble>>(
    conn: &Connection,
    batch_id: i64,
    only: Option<u64>,
    mut each: impl FnMut(Judged) -> Result<(), E>,
) -> Result<(), E> {
    let to_error = |e: rusqlite::Error| E::from(Trouble::from(e));
    let mut select = conn
        .prepare_cached(
            "SELECT position, communication_number, customer_ext_id, business_unit,
                    payload_text(payload), coalesce(findings_at, position)
             FROM rejection WHERE batch_id = ?1 AND (?2 IS NULL OR position = ?2)
             ORDER BY position",
        )
        .map_err(to_error)?;
    let mut known: HashMap<u64, Arc<[FindingRow]>> = HashMap::new();
    let mut rows = select.query(params![batch_id, only]).map_err(to_error)?;
    while let Some(row) = rows.next().map_err(to_error)? {
        let read = || -> Result<Judged> {
            let at: u64 = row.get(5)?;
            let findings = match known.get(&at) {
                Some(findings) => Arc::clone(findings),
                None => findings_at(conn, batch_id, at)?,
            };
            Ok(Judged {
                position: row.get(0)?,
                state: State::Rejected,
                communication_number: row.get(1)?,
                customer_ext_id: row.get(2)?,
                business_unit: row.get(3)?,
                payload: row.get(4)?,
                findings,
                warnings: Vec::new(),
            })
        };
        let judged = read().map_err(E::from)?;
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let at = row.get(5).map_err(to_error)?;
        known.insert(at, Arc::clone(&judged.findings));
        each(judged)?;
    }
    Ok(())
}

/// Joined in this order: a join that SQLite orders may read all findings of the batch.
const FINDINGS_AT: &str = "SELECT f.no, t.rule, t.code, t.description, f.path
     FROM finding_row f CROSS JOIN finding_text t ON t.text_id = f.text_id
     WHERE f.batch_id = ?1 AND f.position = ?2 ORDER BY f.no";

/// The findings that are written at this customer.
fn findings_at(conn: &Connection, batch_id: i64, position: u64) -> Result<Arc<[FindingRow]>> {
    let mut select = conn.prepare_cached(FINDINGS_AT)?;
    let rows = select.query_map(params![batch_id, position], finding)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn finding(r: &rusqlite::Row<'_>) -> rusqlite::Result<FindingRow> {
    Ok(FindingRow {
        no: r.get(0)?,
        rule: r.get(1)?,
        code: r.get(2)?,
        description: r.get(3)?,
        path: r.get(4)?,
    })
}

/// The warnings about a file itself, and those that repeat through its customers.
///
/// # Errors
/// When the database cannot be read.
pub fn warnings(conn: &Connection, batch_id: i64) -> Result<Vec<WarningRow>> {
    let mut select = conn.prepare_cached(
        "SELECT kind, path, detail, count FROM warning
         WHERE batch_id = ?1 AND (position IS NULL OR count > 1) ORDER BY warning_id",
    )?;
    let rows = select.query_map([batch_id], warning)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn warning(r: &rusqlite::Row<'_>) -> rusqlite::Result<WarningRow> {
    Ok(WarningRow {
        kind: r.get(0)?,
        path: r.get(1)?,
        detail: r.get(2)?,
        count: r.get(3)?,
    })
}

/// The warnings of one customer. Of those that repeat only the first places are kept: for a later
/// customer they are those that its payload shows.
fn warnings_of(
    conn: &Connection,
    batch_id: i64,
    position: u64,
    payload: &str,
) -> Result<Vec<WarningRow>> {
    let mut select = conn.prepare_cached(
        "SELECT kind, path, detail, count, position = ?2 OR EXISTS (
           SELECT 1 FROM json_each(positions) WHERE value = ?2), coalesce(json_array_length(positions), 1)
         FROM warning WHERE warning_id IN (
           SELECT warning_id FROM warning WHERE batch_id = ?1 AND position = ?2
           UNION SELECT warning_id FROM warning
             WHERE batch_id = ?1 AND count > 1 AND position < ?2)
         ORDER BY warning_id",
    )?;
    let rows = select.query_map(params![batch_id, position], |r| {
        Ok((warning(r)?, r.get::<_, bool>(4)?, r.get::<_, u64>(5)?))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (warning, among_the_first, kept) = row?;
        let mut shown = Vec::new();
        if warning.path.contains("[]") || (!among_the_first && warning.count > kept) {
            each_place(payload, &warning.path, &mut |path| {
                let here = WarningRow {
                    path: path.to_owned(),
                    ..warning.clone()
                };
                if among_the_first || shows(payload, &here) {
                    shown.push(here);
                }
            });
        }
        if among_the_first && shown.is_empty() {
            shown.push(warning);
        }
        found.append(&mut shown);
    }
    Ok(found)
}

/// Calls `each` with every path of the payload that this one stands for: `listAddress[].city` for that
/// of each item that has the field.
fn each_place(payload: &str, path: &str, each: &mut dyn FnMut(&str)) {
    let Some((list, rest)) = path.split_once("[]") else {
        if spot(payload, path).value.is_some() {
            each(path);
        }
        return;
    };
    let items = spot(payload, list).value;
    let items = items.and_then(|list| serde_json::from_str::<Vec<&RawValue>>(list).ok());
    for i in 0..items.map_or(0, |items| items.len()) {
        each_place(payload, &format!("{list}[{i}]{rest}"), each);
    }
}

/// Whether the payload alone proves that its customer has this warning.
fn shows(payload: &str, warning: &WarningRow) -> bool {
    let Some(value) = spot(payload, &warning.path).value else {
        return false;
    };
    match NoteKind::from_name(&warning.kind) {
        Some(NoteKind::UnknownField) => true,
        Some(NoteKind::InvisibleName) => {
            serde_json::from_str::<String>(value).is_ok_and(|name| shows_nothing(&name))
        }
        Some(NoteKind::IgnoredField) => field_of_path(&warning.path).is_some_and(|(object, f)| {
            let held = object.field(f).holds_anyway;
            held.is_some_and(|held| value != "null" && value.trim_matches('"') != held)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::history::History;
    use crate::history::ask::plan;

    #[test]
    fn the_findings_of_a_customer_are_read_by_its_place() {
        let history = History::in_memory().unwrap();
        let plan = plan(history.connection(), super::FINDINGS_AT);
        assert!(
            plan.contains("SEARCH f USING PRIMARY KEY (batch_id=? AND position=?)"),
            "{plan}"
        );
    }
}
