//! The versions of the risk matrices.

use rusqlite::{Connection, OptionalExtension, params};

use crate::evaluate::Matrix;
use crate::trouble::Result;

/// Keeps matrices that are to be used from now on, each version once. Returns their rows, in order.
pub(in crate::history) fn activate(
    conn: &Connection,
    matrices: &[Matrix],
    now: &str,
) -> Result<Vec<i64>> {
    matrices
        .iter()
        .map(|m| match known(conn, m)? {
            Some(id) => Ok(id),
            None => insert(conn, m, now),
        })
        .collect()
}

/// The rows of all of them, in order, if each is known already: then nothing is to be written.
pub(in crate::history) fn all_known(
    conn: &Connection,
    matrices: &[Matrix],
) -> Result<Option<Vec<i64>>> {
    let rows = matrices.iter().map(|m| known(conn, m));
    let rows = rows.collect::<Result<Vec<Option<i64>>>>()?;
    Ok(rows.into_iter().collect())
}

fn known(conn: &Connection, m: &Matrix) -> Result<Option<i64>> {
    let mut select = conn.prepare_cached(
        "SELECT matrix_id FROM risk_matrix WHERE hash = ?1 AND file = ?2 AND classifiers = ?3",
    )?;
    let name = m.name();
    let version = params![name.hash, name.file, json(&name.classifiers)];
    let id = select.query_row(version, |r| r.get(0));
    Ok(id.optional()?)
}

fn insert(conn: &Connection, m: &Matrix, now: &str) -> Result<i64> {
    let name = m.name();
    conn.execute(
        "INSERT INTO risk_matrix (file, hash, classifiers, name, owner, valid_from, example,
           categories, text, loaded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            name.file,
            name.hash,
            json(&name.classifiers),
            name.name,
            name.owner,
            name.valid_from,
            m.example,
            json(&m.categories),
            m.text,
            now
        ],
    )?;
    Ok(conn.last_insert_rowid())
}

fn json<T: serde::Serialize>(value: &T) -> String {
    // Texts alone: nothing here can fail to be JSON.
    serde_json::to_string(value).unwrap_or_default()
}
