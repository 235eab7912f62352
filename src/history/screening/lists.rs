//! The versions of the screening lists.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::trouble::Result;

/// A version of a list that is to be used from now on.
#[derive(Clone, Debug)]
pub struct ListVersion {
    /// The name of its description without `.toml`.
    pub name: String,
    /// A hash of its description and its files.
    pub version: String,
    /// The title for people.
    pub title: String,
    /// The day that it is from.
    pub date: String,
    /// The number of its entries.
    pub entries: u64,
    /// The number of their names.
    pub names: u64,
}

/// Keeps each version once. Returns their rows, in order.
pub(in crate::history) fn activate(
    conn: &Connection,
    lists: &[ListVersion],
    now: &str,
) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for list in lists {
        if let Some(id) = known(conn, list)? {
            ids.push(id);
            continue;
        }
        conn.execute(
            "INSERT INTO screening_list (name, version, title, date, entries, names, loaded_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                list.name,
                list.version,
                list.title,
                list.date,
                list.entries,
                list.names,
                now
            ],
        )?;
        ids.push(conn.last_insert_rowid());
    }
    Ok(ids)
}

/// The rows of all of them, in order, if each is known already: then nothing is to be written.
pub(in crate::history) fn all_known(
    conn: &Connection,
    lists: &[ListVersion],
) -> Result<Option<Vec<i64>>> {
    let rows = lists.iter().map(|list| known(conn, list));
    let rows = rows.collect::<Result<Vec<Option<i64>>>>()?;
    Ok(rows.into_iter().collect())
}

fn known(conn: &Connection, list: &ListVersion) -> Result<Option<i64>> {
    let mut select =
        conn.prepare_cached("SELECT list_id FROM screening_list WHERE name = ?1 AND version = ?2")?;
    let id = select.query_row(params![list.name, list.version], |r| r.get(0));
    Ok(id.optional()?)
}

/// How many entries each list had when it was used last.
///
/// # Errors
/// When the history cannot be read.
pub fn entries_before(conn: &Connection) -> Result<BTreeMap<String, u64>> {
    let mut select =
        conn.prepare_cached("SELECT name, entries FROM screening_list ORDER BY list_id")?;
    let rows = select.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
