//! Comparing standing customers with what changed in the lists: what was compared, how far it is, and the
//! new matches.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock;
use crate::trouble::Result;

use super::{Screening, Screenings, Whose, count_open};

/// A standing customer, by its newest request.
#[derive(Debug)]
pub struct Customer {
    /// The row of that request.
    pub assessment_id: i64,
    /// The customer as it came.
    pub text: String,
    /// The customer is a lead.
    pub lead: bool,
    ext_id: String,
    business_unit: Option<String>,
}

/// A run over all standing customers, which goes on where it was interrupted.
#[derive(Clone, Debug)]
pub struct Rescreening {
    /// Its row.
    pub id: i64,
    /// The last request that was compared.
    pub last: i64,
    /// Customers that were compared so far.
    pub customers: u64,
    /// Subjects and processes with a new match so far.
    pub matches: u64,
}

/// The entries of a list, each by its identifier and with a hash of what it is.
pub type Entries = HashMap<String, i64>;

/// The entries of a list that all standing customers have been compared with.
pub(in crate::history) fn compared(conn: &Connection, list: &str) -> Result<Entries> {
    let mut select =
        conn.prepare_cached("SELECT entity_id, hash FROM screened_entity WHERE list = ?1")?;
    let rows = select.query_map([list], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Begins a run with these versions of the lists, or goes on with one that was interrupted.
pub(in crate::history) fn begin(conn: &Connection, lists: &str) -> Result<Rescreening> {
    let open = conn
        .query_row(
            "SELECT rescreening_id, last_assessment_id, customers, matches FROM rescreening
             WHERE ended_at IS NULL AND lists = ?1 ORDER BY rescreening_id DESC LIMIT 1",
            [lists],
            |r| {
                Ok(Rescreening {
                    id: r.get(0)?,
                    last: r.get(1)?,
                    customers: r.get(2)?,
                    matches: r.get(3)?,
                })
            },
        )
        .optional()?;
    if let Some(open) = open {
        return Ok(open);
    }
    // One with other versions begins anew.
    conn.execute("DELETE FROM rescreening WHERE ended_at IS NULL", [])?;
    conn.execute(
        "INSERT INTO rescreening (lists, begun_at, last_assessment_id, customers, matches)
         VALUES (?1, ?2, 0, 0, 0)",
        params![lists, clock::now()],
    )?;
    Ok(Rescreening {
        id: conn.last_insert_rowid(),
        last: 0,
        customers: 0,
        matches: 0,
    })
}

/// The next so many standing customers after this request; rejected and closed ones are left out.
pub(in crate::history) fn customers_after(
    conn: &Connection,
    after: i64,
    most: u32,
) -> Result<Vec<Customer>> {
    let mut select = conn.prepare_cached(
        "SELECT a.assessment_id, payload_text(a.payload), a.kind = 'lead', a.customer_ext_id,
                a.business_unit
         FROM assessment a
         WHERE a.assessment_id > ?1
           AND coalesce(a.customer_status, '') NOT IN ('REJECTED', 'CLOSED')
           AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id)
         ORDER BY a.assessment_id LIMIT ?2",
    )?;
    let rows = select.query_map(params![after, most], |r| {
        Ok(Customer {
            assessment_id: r.get(0)?,
            text: r.get(1)?,
            lead: r.get(2)?,
            ext_id: r.get(3)?,
            business_unit: r.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes the new matches of some customers, with events under numbers of their own, and how far the run
/// is. A pair that is known already, from the request or an earlier run, is not asked again.
pub(in crate::history) fn record(
    conn: &Connection,
    run: &mut Rescreening,
    found: &[(Customer, Vec<Screening>)],
) -> Result<()> {
    let mut screenings = Screenings::begin(conn)?;
    let now = clock::now();
    for (customer, all) in found {
        let number = format!("rescreening-{}-{}", run.id, customer.assessment_id);
        let whose = Whose {
            assessment_id: customer.assessment_id,
            number: &number,
            ext_id: &customer.ext_id,
            business_unit: customer.business_unit.as_deref(),
        };
        for screening in all {
            if screenings.has_new_hit(screening)? {
                screenings.record(&whose, screening, &now)?;
                run.matches += 1;
            }
        }
        run.customers += 1;
        run.last = customer.assessment_id;
    }
    count_open(conn, screenings.opened)?;
    conn.prepare_cached(
        "UPDATE rescreening SET last_assessment_id = ?2, customers = ?3, matches = ?4
         WHERE rescreening_id = ?1",
    )?
    .execute(params![run.id, run.last, run.customers, run.matches])?;
    Ok(())
}

/// Ends a run: all standing customers have been compared with these entries of the lists.
pub(in crate::history) fn end(
    conn: &Connection,
    run: &Rescreening,
    lists: &[(String, Entries)],
) -> Result<()> {
    let mut insert = conn.prepare_cached("INSERT INTO screened_entity VALUES (?1, ?2, ?3)")?;
    for (list, entries) in lists {
        conn.execute("DELETE FROM screened_entity WHERE list = ?1", [list])?;
        for (entity, hash) in entries {
            insert.execute(params![list, entity, hash])?;
        }
    }
    conn.execute(
        "UPDATE rescreening SET ended_at = ?2 WHERE rescreening_id = ?1",
        params![run.id, clock::now()],
    )?;
    Ok(())
}

impl Screenings<'_> {
    fn has_new_hit(&self, screening: &Screening) -> Result<bool> {
        let mut known =
            self.statement("SELECT EXISTS (SELECT 1 FROM screening_hit WHERE pair = ?1)")?;
        for hit in screening.found.as_deref().unwrap_or_default() {
            if !known.query_row([&hit.pair], |r| r.get::<_, bool>(0))? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
