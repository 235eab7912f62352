//! Classifier files to rows: which set judged what, and every value there ever was.
//!
//! Each file's content is kept once, and each combination of contents is a set. The registry of
//! values keeps every value, so that an auditor can read years later which were valid.

use hashbrown::HashSet;
use rusqlite::{Connection, OptionalExtension, params};

use crate::classifier::{ClassifierFile, ValueRow, set_hash};
use crate::trouble::Result;

/// The classifiers of a set, as they were when it was written.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn files_of(conn: &Connection, set_id: i64) -> Result<Vec<ClassifierFile>> {
    let mut versions = conn.prepare(
        "SELECT v.version_id, v.classifier, v.title, v.bind_fields, v.bind_values, v.hash
         FROM classifier_set_member m JOIN classifier_version v USING (version_id)
         WHERE m.set_id = ?1 ORDER BY v.classifier",
    )?;
    let mut values = conn.prepare(
        "SELECT x.code, x.name, x.attributes, x.retired, c.retired_at
         FROM classifier_version_value x LEFT JOIN classifier_value c
           ON x.retired AND c.classifier = ?2 AND c.code = x.code AND length(c.retired_at) = 10
         WHERE x.version_id = ?1 ORDER BY x.code",
    )?;
    let list = |json: String| serde_json::from_str(&json).unwrap_or_default();
    let mut files = Vec::new();
    let mut rows = versions.query([set_id])?;
    while let Some(row) = rows.next()? {
        let version: i64 = row.get(0)?;
        let name: String = row.get(1)?;
        let values = values.query_map(params![version, name], |r| {
            Ok(ValueRow {
                code: r.get(0)?,
                name: r.get(1)?,
                attributes: serde_json::from_str(&r.get::<_, String>(2)?).unwrap_or_default(),
                retired: r.get(3)?,
                retired_on: r.get(4)?,
            })
        })?;
        let mut file = ClassifierFile {
            name,
            title: row.get(2)?,
            values: values.collect::<rusqlite::Result<_>>()?,
            bind_fields: list(row.get(3)?),
            bind_values: list(row.get(4)?),
        };
        // The registry has the day that a value was given last: of this set it was another one, or none.
        if file.hash() != row.get::<_, String>(5)? {
            file.values.iter_mut().for_each(|v| v.retired_on = None);
        }
        files.push(file);
    }
    Ok(files)
}

/// The names of all classifiers that ever had a value in this history.
///
/// # Errors
/// When the database cannot be read.
pub fn classifiers_with_values(conn: &Connection) -> Result<Vec<String>> {
    let mut select = conn.prepare("SELECT DISTINCT classifier FROM classifier_value")?;
    let names = select.query_map([], |r| r.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// The set that is active in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSet {
    /// Its row in `classifier_set`.
    pub set_id: i64,
    /// Its hash, in hexadecimal.
    pub hash: String,
    /// Whether it replaced another set, or is the first one.
    pub changed: bool,
}

/// Writes the files to the history as the active set, in one transaction. If that set is active
/// already, nothing is written. `now` is a moment as the history keeps it.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn activate(
    conn: &mut Connection,
    files: &[ClassifierFile],
    now: &str,
) -> Result<ActiveSet> {
    let set_hash = set_hash(files);
    let active: Option<(i64, String)> = conn
        .query_row(
            "SELECT s.set_id, s.hash FROM classifier_load l JOIN classifier_set s USING (set_id)
             ORDER BY l.load_id DESC LIMIT 1",
            [],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .optional()?;
    if let Some((set_id, hash)) = active
        && hash == set_hash
    {
        return Ok(ActiveSet {
            set_id,
            hash,
            changed: false,
        });
    }

    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let known: Option<i64> = tx
        .query_row(
            "SELECT set_id FROM classifier_set WHERE hash = ?1",
            [&set_hash],
            |r| r.get(0),
        )
        .optional()?;
    let set_id = match known {
        Some(id) => id,
        None => insert_set(&tx, files, &set_hash, now)?,
    };
    tx.execute(
        "INSERT INTO classifier_load (set_id, loaded_at) VALUES (?1, ?2)",
        params![set_id, now],
    )?;
    register(&tx, files, now)?;
    tx.commit()?;
    Ok(ActiveSet {
        set_id,
        hash: set_hash,
        changed: true,
    })
}

fn insert_set(conn: &Connection, files: &[ClassifierFile], hash: &str, now: &str) -> Result<i64> {
    conn.execute(
        "INSERT INTO classifier_set (hash, loaded_at) VALUES (?1, ?2)",
        params![hash, now],
    )?;
    let id = conn.last_insert_rowid();
    for file in files {
        let version = version_of(conn, file, &file.hash())?;
        conn.execute(
            "INSERT INTO classifier_set_member (set_id, version_id) VALUES (?1, ?2)",
            params![id, version],
        )?;
    }
    Ok(id)
}

fn version_of(conn: &Connection, file: &ClassifierFile, hash: &str) -> Result<i64> {
    let known = conn
        .query_row(
            "SELECT version_id FROM classifier_version WHERE classifier = ?1 AND hash = ?2",
            params![file.name, hash],
            |r| r.get(0),
        )
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let list = |items: &[String]| serde_json::Value::from(items).to_string();
    conn.execute(
        "INSERT INTO classifier_version (classifier, title, hash, bind_fields, bind_values)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            file.name,
            file.title,
            hash,
            list(&file.bind_fields),
            list(&file.bind_values)
        ],
    )?;
    let id = conn.last_insert_rowid();
    let mut insert = conn.prepare(
        "INSERT INTO classifier_version_value (version_id, code, name, attributes, retired)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for v in &file.values {
        let attributes = serde_json::Value::Object(v.attributes.clone()).to_string();
        insert.execute(params![id, v.code, v.name, attributes, v.retired])?;
    }
    Ok(id)
}

/// Brings the registry of values up to date; values that are no longer in a file are retired.
fn register(conn: &Connection, files: &[ClassifierFile], now: &str) -> Result<()> {
    let mut upsert = conn.prepare(
        "INSERT INTO classifier_value (classifier, code, name, attributes, retired_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (classifier, code) DO UPDATE SET name = excluded.name,
           attributes = excluded.attributes,
           retired_at = CASE WHEN ?6 THEN excluded.retired_at
                             WHEN excluded.retired_at IS NULL THEN NULL
                             ELSE coalesce(retired_at, excluded.retired_at) END",
    )?;
    let mut there = HashSet::new();
    for file in files {
        for v in &file.values {
            let attributes = serde_json::Value::Object(v.attributes.clone()).to_string();
            let retired_at = match (&v.retired_on, v.retired) {
                (_, false) => None,
                (Some(day), true) => Some(day.as_str()),
                (None, true) => Some(now),
            };
            upsert.execute(params![
                file.name,
                v.code,
                v.name,
                attributes,
                retired_at,
                v.retired_on.is_some()
            ])?;
            there.insert((file.name.as_str(), v.code.as_str()));
        }
    }
    let mut gone = Vec::new();
    let mut current =
        conn.prepare("SELECT classifier, code FROM classifier_value WHERE retired_at IS NULL")?;
    let mut rows = current.query([])?;
    while let Some(row) = rows.next()? {
        let (classifier, code): (String, String) = (row.get(0)?, row.get(1)?);
        if !there.contains(&(classifier.as_str(), code.as_str())) {
            gone.push((classifier, code));
        }
    }
    for (classifier, code) in gone {
        conn.execute(
            "UPDATE classifier_value SET retired_at = ?3 WHERE classifier = ?1 AND code = ?2",
            params![classifier, code, now],
        )?;
    }
    Ok(())
}
