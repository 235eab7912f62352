//! Finding damage. SQLite's own `integrity_check` sees whether pages, rows and indexes hold together,
//! but a letter that flipped in a row is as good to it as another. So kycdrop compares what it keeps
//! twice: columns with payloads, keys with texts, counts and sums with rows, the schema with that of a
//! new history. What it says of damage has no customer's data in it.
//!
//! docs/OPERATIONS.md says what is checked when, and what cannot be found.

mod rows;
mod sums;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use sha2::{Digest, Sha256};

use crate::catalog;
use crate::clock;
use crate::trouble::{Result, Trouble};

use super::migrate;
use rows::Rows;

/// Databases up to this size, in bytes, are checked as a whole wherever any of it is: it takes a tenth
/// of a second.
pub const SMALL: u64 = 4 << 20;

/// So many of the newest rows are looked at by every start.
const NEWEST_ROWS: u64 = 1000;

/// The newest batches that every start looks at.
const NEWEST_BATCHES: u32 = 20;

/// Tables that stay small, and that a start relies on.
const SMALL_TABLES: [&str; 13] = [
    "setting",
    "classifier_set",
    "classifier_load",
    "classifier_version",
    "classifier_version_value",
    "classifier_set_member",
    "classifier_value",
    "rule_set",
    "rule",
    "total",
    "payload_dictionary",
    "view_description",
    "column_description",
];

/// The tables that describe the views and their columns.
const DESCRIPTIONS: [&str; 2] = ["view_description", "column_description"];

/// The [`fingerprint`] of a new history: what has it need not be compared with one.
const NEW_HISTORY: &str = "0c411b9d32ff407c7a923512546ebfb7708de091ec375c04b2a67e9605c1b68f";

/// What a schema has: types and names, such as `view v_batch`, with SQL or columns.
type Schema = BTreeMap<String, String>;

/// How a gentle check divides its time.
const WORK: Duration = Duration::from_millis(10);
const REST: Duration = Duration::from_millis(40);

/// Checks everything that can be checked.
///
/// # Errors
/// When it is damaged, with the place; or cannot be read.
pub fn everything(conn: &Connection) -> Result<()> {
    // Nothing is planned anew for every row.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    integrity(conn, None)?;
    let known = known_content(conn)?;
    readable(conn, &known)?;
    sums::small(conn)?;
    sums::all(conn)?;
    let mut rows = Rows::of(conn)?;
    let mut select = conn.prepare("SELECT min(batch_id) FROM batch WHERE batch_id > ?1")?;
    let mut last = i64::MIN;
    while let Some(batch) = select
        .query_row([last], |r| r.get(0))
        .map_err(at("table batch"))?
    {
        rows.batch(batch, None)?;
        last = batch;
    }
    Ok(())
}

/// Checks what a start and the next file read, in a time that does not grow with the history: the
/// schema, the small tables, and the newest rows.
///
/// # Errors
/// As [`everything`].
pub fn for_a_start(conn: &Connection) -> Result<()> {
    for table in SMALL_TABLES {
        integrity(conn, Some(table))?;
    }
    known_content(conn)?;
    sums::small(conn)?;
    let newest: Vec<(i64, u64)> = conn
        .prepare("SELECT batch_id, customers FROM batch ORDER BY batch_id DESC LIMIT ?1")?
        .query_map([NEWEST_BATCHES], |r| Ok((r.get(0)?, r.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(at("table batch"))?;
    let mut rows = Rows::of(conn)?;
    let mut left = NEWEST_ROWS;
    for (batch, customers) in newest {
        rows.batch(batch, (customers > left).then_some(left))?;
        left = left.saturating_sub(customers);
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// How much of a history is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// What a start reads: [`for_a_start`].
    Start,
    /// That, and by SQLite all of it: whether something was written by halves.
    Structure,
    /// [`everything`].
    All,
}

impl Depth {
    /// This depth for a database of so many bytes; a small one is checked as a whole.
    pub fn or_all_of_a_small_one(self, bytes: u64) -> Depth {
        if bytes <= SMALL { Depth::All } else { self }
    }
}

/// Checks a database file before it is opened for work; takes up what a killed process left in its
/// WAL. One of an older version is checked by SQLite alone.
///
/// # Errors
/// As [`everything`].
pub fn file(path: &Path, depth: Depth) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(super::BUSY_TIMEOUT)?;
    to_depth(&conn, depth)
}

/// Checks a database that is open.
///
/// # Errors
/// As [`everything`].
pub(super) fn to_depth(conn: &Connection, depth: Depth) -> Result<()> {
    let older = migrate::version(conn)? != migrate::NEWEST_VERSION;
    if older || depth == Depth::Structure {
        integrity(conn, None)?;
    }
    match depth {
        _ if older => Ok(()),
        Depth::All => everything(conn),
        _ => for_a_start(conn),
    }
}

/// Checks everything in the background of other work: a fifth of the time, and less while `busy`.
/// Ends early, with any result, once `stop` is set.
///
/// # Errors
/// As [`everything`].
pub fn gently(path: &Path, busy: Arc<AtomicBool>, stop: Arc<AtomicBool>) -> Result<()> {
    let Some(mut conn) = super::open_for_reading(path)? else {
        return Ok(());
    };
    let mut since = Instant::now();
    let rest = move || {
        if since.elapsed() >= WORK {
            std::thread::sleep(REST);
            if busy.load(Ordering::Relaxed) {
                // Not for longer: a reader keeps the WAL from being emptied.
                std::thread::sleep(REST * 5);
            }
            since = Instant::now();
        }
        stop.load(Ordering::Relaxed)
    };
    conn.progress_handler(1000, Some(rest))?;
    everything(&conn)
}

/// Trouble with a damaged history. `what` names the place.
fn damaged(what: impl Display) -> Trouble {
    Trouble::damage(format!("kycdrop.db is damaged: {what}"))
}

/// What cannot be read at this place is damaged, unless SQLite is kept from reading it.
fn at(place: impl Display) -> impl FnOnce(rusqlite::Error) -> Trouble {
    move |e| match e.sqlite_error_code() {
        None | Some(ErrorCode::Unknown | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damaged(format!("{place}: {e}"))
        }
        Some(_) => e.into(),
    }
}

/// SQLite's own check, of everything or of one table with its indexes.
///
/// # Errors
/// As [`everything`].
pub(super) fn integrity(conn: &Connection, table: Option<&str>) -> Result<()> {
    let pragma = format!("PRAGMA integrity_check({})", table.unwrap_or("1"));
    let found: String = conn
        .query_row(&pragma, [], |r| r.get(0))
        .map_err(at("the file"))?;
    if found == "ok" {
        return Ok(());
    }
    // "Tree 12 page 34 cell 5: ..." does not say which table that is.
    let root = found
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse::<i64>().ok());
    let table = root
        .filter(|_| found.starts_with("Tree "))
        .and_then(|root| {
            let select =
                "SELECT type || ' ' || name || ', ' FROM sqlite_schema WHERE rootpage = ?1";
            conn.query_row(select, [root], |r| r.get::<_, String>(0))
                .ok()
        });
    Err(damaged(format!("{}{found}", table.unwrap_or_default())))
}

/// Every text must be UTF-8, and every moment one. Those of assessments are looked at with their
/// payloads.
fn readable(conn: &Connection, known: &Schema) -> Result<()> {
    for name in known.keys() {
        let Some(table) = name.strip_prefix("table ").filter(|t| *t != "assessment") else {
            continue;
        };
        let mut select = conn.prepare(&format!("SELECT * FROM main.{table}"))?;
        let moment: Vec<bool> = select.column_names().map(|c| c.ends_with("_at")).collect();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next().map_err(at(name))? {
            for (i, moment) in moment.iter().enumerate() {
                let text = match row.get_ref(i)? {
                    ValueRef::Text(text) => std::str::from_utf8(text).ok(),
                    _ => continue,
                };
                if text.is_none_or(|text| *moment && !is_moment(text)) {
                    return Err(damaged(name));
                }
            }
        }
    }
    Ok(())
}

/// A moment as the history keeps it, or the day of a value that was retired on one.
fn is_moment(text: &str) -> bool {
    text.len() == 10 || clock::parse(text).is_some()
}

/// Compares what is the same in every history of this version: the schema, its descriptions, and the
/// dictionary that kycdrop comes with. An institution may have added views and indexes of its own.
/// Returns the schema of a new history.
fn known_content(conn: &Connection) -> Result<Schema> {
    let mut known = schema(conn).map_err(at("the schema"))?;
    let described = described(conn)?;
    // Making a new history takes longer than all else that a start checks.
    if fingerprint(&known, &described) != NEW_HISTORY {
        let mut new = Connection::open_in_memory()?;
        migrate::up(&mut new)?;
        let found = std::mem::replace(&mut known, schema(&new)?);
        let differs = |(name, sql): &(&String, &String)| found.get(*name) != Some(sql);
        if let Some((name, _)) = known.iter().find(differs) {
            return Err(damaged(format!("the schema: {name}")));
        }
        let new = self::described(&new)?;
        for ((table, new), found) in DESCRIPTIONS.iter().zip(new).zip(described) {
            if !new.is_subset(&found) {
                return Err(damaged(format!("table {table}")));
            }
        }
    }
    let place = "table payload_dictionary";
    if !super::dictionary::shipped_is_sound(conn).map_err(at(place))? {
        return Err(damaged(place));
    }
    rules(conn)?;
    Ok(known)
}

/// Rules must have the hash of their set.
fn rules(conn: &Connection) -> Result<()> {
    let mut sets = conn.prepare("SELECT rule_set_id, hash FROM rule_set")?;
    let mut rules = conn.prepare(
        "SELECT rule, code, endpoints, condition, description, origin FROM rule
         WHERE rule_set_id = ?1 ORDER BY no",
    )?;
    let mut rules_of = |set: i64| -> rusqlite::Result<Vec<[String; 6]>> {
        let row = |r: &rusqlite::Row<'_>| {
            Ok([
                r.get(0)?,
                r.get(1)?,
                r.get(2)?,
                r.get(3)?,
                r.get(4)?,
                r.get(5)?,
            ])
        };
        rules.query_map([set], row)?.collect()
    };
    let sets: Vec<(i64, String)> = sets
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(at("table rule_set"))?;
    for (set, hash) in sets {
        let place = format!("table rule, set {set}");
        if catalog::hash_of(&rules_of(set).map_err(at(&place))?) != hash {
            return Err(damaged(place));
        }
    }
    Ok(())
}

/// A hash of a schema and its descriptions.
fn fingerprint(schema: &Schema, described: &[BTreeSet<Vec<String>>]) -> String {
    crate::hex(&Sha256::digest(format!("{schema:?}{described:?}")))
}

/// Everything in a schema, without white space; of a table its columns, which may have come one by
/// one.
fn schema(conn: &Connection) -> rusqlite::Result<Schema> {
    let mut select = conn.prepare(
        "SELECT type || ' ' || name, CASE type WHEN 'table' THEN
           (SELECT group_concat(c.name || ' ' || c.type || c.\"notnull\" || c.pk, ', ' ORDER BY c.name)
            FROM pragma_table_info(s.name, 'main') c)
         ELSE coalesce(sql, '') END
         FROM main.sqlite_schema s",
    )?;
    let rows = select.query_map([], |r| Ok((r.get(0)?, r.get::<_, String>(1)?)))?;
    rows.map(|row| {
        row.map(|(name, sql)| (name, sql.split_whitespace().collect::<Vec<_>>().join(" ")))
    })
    .collect()
}

/// The rows of each table of [`DESCRIPTIONS`].
fn described(conn: &Connection) -> Result<Vec<BTreeSet<Vec<String>>>> {
    let rows = |table: &str| -> rusqlite::Result<BTreeSet<Vec<String>>> {
        let mut select = conn.prepare(&format!("SELECT * FROM main.{table}"))?;
        let columns = select.column_count();
        let rows = select.query_map([], |r| (0..columns).map(|i| r.get(i)).collect())?;
        rows.collect()
    };
    let rows = |table: &&str| rows(table).map_err(at(format!("table {table}")));
    DESCRIPTIONS.iter().map(rows).collect()
}

#[test]
fn a_new_history_is_known_by_its_fingerprint() {
    let mut new = Connection::open_in_memory().expect("a database");
    migrate::up(&mut new).expect("a history");
    let schema = schema(&new).expect("a schema");
    let found = fingerprint(&schema, &described(&new).expect("descriptions"));
    assert_eq!(found, NEW_HISTORY, "after a migration, change NEW_HISTORY");
}
