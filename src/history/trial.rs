//! Customers that are tried and not saved: what is accepted counts in temporary tables, within a file
//! and, in a trial of several files, for the files after it.

use rusqlite::{Connection, OptionalExtension, params};

use crate::catalog::{CategoryKind, Endpoint};
use crate::trouble::Result;

use super::keys::Keys;
use super::rules::HistoryRules;

/// Files that are tried one after the other, as if they were dropped in this order. Nothing is written
/// to the history, and the connection may be one that only reads.
pub struct Trial<'c> {
    conn: &'c Connection,
    keys: Keys,
}

/// What a trial had taken at some point: the last rows of its two tables.
#[derive(Clone, Copy)]
pub struct Taken {
    numbers: i64,
    customers: i64,
}

impl<'c> Trial<'c> {
    /// Begins a trial; one connection has one at a time.
    ///
    /// # Errors
    /// When the database cannot be read, or the temporary tables cannot be made.
    pub fn on(conn: &'c Connection) -> Result<Trial<'c>> {
        begin(conn)?;
        let keys = Keys::of(conn)?;
        Ok(Trial { conn, keys })
    }

    /// The rules for the next file.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rules(&self, endpoint: Endpoint) -> Result<HistoryRules<'c>> {
        HistoryRules::trial(self.conn, self.keys, endpoint)
    }

    /// What is taken now.
    ///
    /// # Errors
    /// When the temporary tables cannot be read.
    pub fn taken(&self) -> Result<Taken> {
        let last = |table: &str| {
            let sql = format!("SELECT coalesce(max(rowid), 0) FROM temp.{table}");
            self.conn.prepare_cached(&sql)?.query_row([], |r| r.get(0))
        };
        Ok(Taken {
            numbers: last("trial_number")?,
            customers: last("trial_customer")?,
        })
    }

    /// Gives back what was taken since: the file saves nothing.
    ///
    /// # Errors
    /// When the temporary tables cannot be written.
    pub fn give_back(&self, since: Taken) -> Result<()> {
        for (table, last) in [
            ("trial_number", since.numbers),
            ("trial_customer", since.customers),
        ] {
            let sql = format!("DELETE FROM temp.{table} WHERE rowid > ?1");
            self.conn.prepare_cached(&sql)?.execute([last])?;
        }
        Ok(())
    }
}

/// A request that was accepted in this trial.
pub(super) struct Tried {
    /// The name of the endpoint that saves it.
    pub endpoint: String,
    /// As it came.
    pub text: String,
}

/// Makes the tables, and empties them. A customer has a row for each request, the last of which counts.
pub(super) fn begin(conn: &Connection) -> Result<()> {
    Ok(conn.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS trial_number (
           communication_number TEXT PRIMARY KEY, endpoint TEXT, text TEXT);
         CREATE TEMP TABLE IF NOT EXISTS trial_customer (
           customer_ext_id TEXT, business_unit TEXT, kind TEXT);
         CREATE INDEX IF NOT EXISTS temp.trial_customer_id
           ON trial_customer (customer_ext_id, business_unit);
         DELETE FROM temp.trial_number;
         DELETE FROM temp.trial_customer;",
    )?)
}

/// The request that took a number.
pub(super) fn earlier(conn: &Connection, number: &str) -> Result<Option<Tried>> {
    let sql = "SELECT endpoint, text FROM temp.trial_number WHERE communication_number = ?1";
    let tried = conn.prepare_cached(sql)?.query_row([number], |r| {
        Ok(Tried {
            endpoint: r.get(0)?,
            text: r.get(1)?,
        })
    });
    Ok(tried.optional()?)
}

/// What the last request made of a customer.
pub(super) fn kind(
    conn: &Connection,
    unit: Option<&str>,
    ext_id: &str,
) -> Result<Option<CategoryKind>> {
    let kind: Option<String> = conn
        .prepare_cached(
            "SELECT kind FROM temp.trial_customer
             WHERE customer_ext_id = ?1 AND business_unit = coalesce(?2, '')
             ORDER BY rowid DESC LIMIT 1",
        )?
        .query_row(params![ext_id, unit], |r| r.get(0))
        .optional()?;
    Ok(kind.as_deref().and_then(CategoryKind::from_name))
}

/// Takes the number of an accepted request, and notes what it makes of its customer.
pub(super) fn take(
    conn: &Connection,
    (number, unit, ext_id): (&str, Option<&str>, &str),
    kind: Option<CategoryKind>,
    tried: &Tried,
) -> Result<()> {
    conn.prepare_cached("INSERT INTO temp.trial_number VALUES (?1, ?2, ?3)")?
        .execute(params![number, tried.endpoint, tried.text])?;
    // An absent businessUnit is kept as blank text, which no given one can be.
    conn.prepare_cached("INSERT INTO temp.trial_customer VALUES (?1, coalesce(?2, ''), ?3)")?
        .execute(params![ext_id, unit, kind.map(CategoryKind::name)])?;
    Ok(())
}
