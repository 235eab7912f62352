//! The customers of a batch by what was found in them, a page at a time. A step through a batch of a million
//! customers costs no more than one through a small batch: it ends after so many that were looked at, and
//! says from where to go on.

use std::time::Instant;

use rusqlite::{Connection, params};

use crate::text::folded;
use crate::trouble::Result;

use super::batch::{Batch, Judged, judged};
use super::place::Places;

/// So many customers are looked at in one step, at most.
const LOOKED_AT: u64 = 20_000;

/// Whose customers are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Every customer.
    All,
    /// The rejected ones.
    Rejected,
    /// Those with a warning. Of one that repeats through the file, the first with it.
    Warned,
}

/// What is wanted of a batch. Empty texts ask for nothing.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'f> {
    /// Whose customers.
    pub show: Show,
    /// The code of a finding, for [`Show::Rejected`].
    pub code: &'f str,
    /// The code must be the answer, which is the first finding.
    pub answered: bool,
    /// A part of the path of the same finding.
    pub field: &'f str,
    /// A part of a name, an id, a number or a finding, whatever its capitals and diacritics.
    pub text: &'f str,
}

/// A step through the customers of a batch.
#[derive(Debug)]
pub struct Filtered {
    /// In the order of the file.
    pub customers: Vec<Judged>,
    /// The position at which the next step begins; None at the end.
    pub next: Option<u64>,
    /// The step ended before it had as many as were asked for.
    pub cut_short: bool,
}

/// The customers of a batch that a filter lets through, from a position on: `most` of them at most, and as
/// many as are found until `until`.
///
/// # Errors
/// When the database cannot be read.
pub fn filtered(
    conn: &Connection,
    batch: &Batch,
    filter: &Filter<'_>,
    (from, most): (u64, usize),
    until: Instant,
) -> Result<Filtered> {
    let text = folded(filter.text.trim());
    let wanted = match text.is_empty() {
        true => most as u64 + 1,
        false => LOOKED_AT,
    };
    let (positions, end) = candidates(conn, batch, filter, from, wanted)?;
    let mut found = Filtered {
        customers: Vec::new(),
        next: end,
        cut_short: end.is_some(),
    };
    for position in positions {
        let is_over = position > from && Instant::now() > until;
        if is_over {
            found.next = Some(position);
            found.cut_short = true;
            break;
        }
        let Some(judged) = judged(conn, batch.batch_id, position)? else {
            continue;
        };
        if !text.is_empty() && !has_text(&judged, &text) {
            continue;
        }
        if found.customers.len() == most {
            found.next = Some(position);
            found.cut_short = false;
            break;
        }
        found.customers.push(judged);
    }
    Ok(found)
}

/// The positions that may be wanted, and where to go on where these are not all.
fn candidates(
    conn: &Connection,
    batch: &Batch,
    filter: &Filter<'_>,
    from: u64,
    wanted: u64,
) -> Result<(Vec<u64>, Option<u64>)> {
    let from = from.min(i64::MAX as u64);
    match filter.show {
        // Each position has a customer.
        Show::All => {
            let to = from.saturating_add(wanted);
            let end = (to < batch.customers).then_some(to);
            Ok(((from..to.min(batch.customers)).collect(), end))
        }
        Show::Warned => {
            let positions = positions(
                conn,
                "SELECT DISTINCT p.value FROM v_warning, json_each(positions) p
                 WHERE batch_id = ?1 AND p.value >= ?2 ORDER BY 1 LIMIT ?3",
                params![batch.batch_id, from, wanted],
            )?;
            let is_full = positions.len() as u64 == wanted;
            let end = positions.last().map(|last| last + 1);
            Ok((positions, end.filter(|_| is_full)))
        }
        Show::Rejected => {
            let found = positions(
                conn,
                "SELECT r.position
                 FROM (SELECT position, coalesce(findings_at, position) AS place FROM rejection
                       WHERE batch_id = ?1 AND position >= ?2 ORDER BY position LIMIT ?4) r
                 WHERE ?5 = '' AND ?7 = '' OR EXISTS (
                   SELECT 1 FROM finding_row f JOIN finding_text t ON t.text_id = f.text_id
                   WHERE f.batch_id = ?1 AND f.position = r.place
                     AND (?5 = '' OR t.code = ?5 COLLATE NOCASE) AND (NOT ?6 OR f.no = 1)
                     AND instr(lower(f.path), lower(?7)))
                 LIMIT ?3",
                params![
                    batch.batch_id,
                    from,
                    wanted,
                    LOOKED_AT,
                    filter.code.trim(),
                    filter.answered,
                    filter.field.trim(),
                ],
            )?;
            let last = match found.len() as u64 == wanted {
                true => found.last().copied(),
                false => last_looked_at(conn, batch.batch_id, from)?,
            };
            Ok((found, last.map(|last| last + 1)))
        }
    }
}

/// The last rejected customer that a step from here looks at; None where it comes to the end.
fn last_looked_at(conn: &Connection, batch_id: i64, from: u64) -> Result<Option<u64>> {
    let last = positions(
        conn,
        "SELECT position FROM rejection WHERE batch_id = ?1 AND position >= ?2
         ORDER BY position LIMIT 2 OFFSET ?3",
        params![batch_id, from, LOOKED_AT - 1],
    )?;
    Ok(match last.as_slice() {
        [last, _] => Some(*last),
        _ => None,
    })
}

fn positions(conn: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<u64>> {
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(values, |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a customer, or what was found in it, has this text, which is folded.
fn has_text(judged: &Judged, text: &str) -> bool {
    let has = |of: &str| folded(of).contains(text);
    let known = [
        &judged.customer_ext_id,
        &judged.communication_number,
        &judged.business_unit,
    ];
    let payload = judged.payload.as_deref();
    known.into_iter().flatten().any(|known| has(known))
        || payload.is_some_and(|payload| Places::of(payload).name().is_some_and(|n| has(&n)))
        || (judged.findings.iter()).any(|f| has(&f.code) || has(&f.description) || has(&f.path))
        || judged.warnings.iter().any(|w| has(&w.kind) || has(&w.path))
}
