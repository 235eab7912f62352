//! Classifier files to rows, and rows to the immutable set that judges.
//!
//! Each file's content is kept once, each combination of contents is a set, and the registry of
//! values remembers every value that ever was: an auditor can read years later what was in force.

use hashbrown::{HashMap, HashSet};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::catalog::Classifier;
use crate::trouble::{Kind, Result, Trouble};

use super::file::ClassifierFile;
use super::set::{Bindings, Category, CategoryKind, ClassifierSet, EntityType, Table};

/// A set that was written to the history.
#[derive(Debug)]
pub struct LoadedSet {
    pub set_id: i64,
    /// Whether another set was in force before.
    pub changed: bool,
}

/// Writes the files to the history as the set in force, in one transaction. Where that set is in
/// force already, nothing is written.
///
/// # Errors
/// When the database cannot be written.
pub fn store(conn: &mut Connection, files: &[ClassifierFile], now: &str) -> Result<LoadedSet> {
    let mut sorted: Vec<(&ClassifierFile, String)> = files.iter().map(|f| (f, f.hash())).collect();
    sorted.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    let mut hasher = Sha256::new();
    for (_, hash) in &sorted {
        hasher.update(hash.as_bytes());
    }
    let set_hash = crate::hex(&hasher.finalize());

    let in_force: Option<(i64, String)> = conn
        .query_row(
            "SELECT s.set_id, s.hash FROM classifier_load l JOIN classifier_set s USING (set_id)
             ORDER BY l.load_id DESC LIMIT 1",
            [],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .optional()?;
    if let Some((set_id, hash)) = in_force
        && hash == set_hash
    {
        return Ok(LoadedSet {
            set_id,
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
        None => {
            tx.execute(
                "INSERT INTO classifier_set (hash, loaded_at) VALUES (?1, ?2)",
                params![set_hash, now],
            )?;
            let id = tx.last_insert_rowid();
            for (file, hash) in &sorted {
                let version = version_of(&tx, file, hash)?;
                tx.execute(
                    "INSERT INTO classifier_set_member (set_id, version_id) VALUES (?1, ?2)",
                    params![id, version],
                )?;
            }
            id
        }
    };
    tx.execute(
        "INSERT INTO classifier_load (set_id, loaded_at) VALUES (?1, ?2)",
        params![set_id, now],
    )?;
    register(&tx, files, now)?;
    tx.commit()?;
    Ok(LoadedSet {
        set_id,
        changed: true,
    })
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

/// Brings the registry of values up to date; values that went are retired.
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

/// Reads a set back into memory.
///
/// # Errors
/// When the database cannot be read, or lacks a classifier of the contract.
pub fn load_set(conn: &Connection, set_id: i64) -> Result<ClassifierSet> {
    let hash = conn.query_row(
        "SELECT hash FROM classifier_set WHERE set_id = ?1",
        [set_id],
        |r| r.get(0),
    )?;
    let mut set = ClassifierSet {
        id: set_id,
        hash,
        tables: Classifier::ALL
            .iter()
            .map(|c| Table {
                name: c.name().into(),
                ..Table::default()
            })
            .collect(),
        categories: HashMap::new(),
        bindings: Bindings::default(),
    };
    let mut versions = conn.prepare(
        "SELECT v.version_id, v.classifier, v.bind_fields, v.bind_values
         FROM classifier_set_member m JOIN classifier_version v USING (version_id)
         WHERE m.set_id = ?1 ORDER BY v.classifier",
    )?;
    let mut values = conn.prepare(
        "SELECT code, attributes FROM classifier_version_value WHERE version_id = ?1 AND retired = 0",
    )?;
    let mut found = 0;
    let mut rows = versions.query([set_id])?;
    while let Some(row) = rows.next()? {
        let version: i64 = row.get(0)?;
        let name: String = row.get(1)?;
        let index = match set.tables.iter().position(|t| *t.name == *name) {
            Some(index) => {
                found += 1;
                index
            }
            None => {
                set.tables.push(Table {
                    name: name.as_str().into(),
                    ..Table::default()
                });
                set.tables.len() - 1
            }
        };
        let categories = index == Classifier::RiskManagementCategory as usize;
        let mut codes = values.query([version])?;
        while let Some(row) = codes.next()? {
            let code: String = row.get(0)?;
            if categories {
                let category = category_of(&row.get::<_, String>(1)?);
                set.categories.insert(code.as_str().into(), category);
            }
            set.tables[index].codes.insert(code.into());
        }
        let (fields, bound_values): (String, String) = (row.get(2)?, row.get(3)?);
        set.bindings.bind(&(index as u16), &fields, &bound_values);
    }
    if found != Classifier::ALL.len() {
        return Err(Trouble::new(
            Kind::Setup,
            format!("the classifier set {set_id} in the database is not whole"),
            "restore the database from a backup",
        ));
    }
    note_had_values(conn, &mut set)?;
    Ok(set)
}

/// Remembers in a set which classifiers ever had a value in this history.
///
/// # Errors
/// When the database cannot be read.
pub fn note_had_values(conn: &Connection, set: &mut ClassifierSet) -> Result<()> {
    let mut select = conn.prepare("SELECT DISTINCT classifier FROM classifier_value")?;
    let names: Vec<String> = select
        .query_map([], |r| r.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    set.note_had_values(names.iter().map(String::as_str));
    Ok(())
}

fn category_of(attributes: &str) -> Category {
    let attributes: serde_json::Value = serde_json::from_str(attributes).unwrap_or_default();
    let text = |name: &str| attributes.get(name).and_then(|v| v.as_str());
    Category {
        entity_type: text("entity_type").and_then(EntityType::from_name),
        kind: text("kind")
            .and_then(CategoryKind::from_name)
            .unwrap_or(CategoryKind::Regular),
    }
}
