//! Sets of classifiers: when each was active, and the values of one.

use rusqlite::{Connection, OptionalExtension, params};

use crate::text::folded;
use crate::trouble::Result;

/// A classifier of a set.
#[derive(Clone, Debug)]
pub struct ClassifierLine {
    /// Its name, as its file has it.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// How many values may be given.
    pub values: u64,
    /// How many values may not be given any more.
    pub retired: u64,
    /// The fields and additional values that it is bound to besides its own.
    pub bound: Vec<String>,
}

/// A value of a classifier.
#[derive(Clone, Debug)]
pub struct ClassifierValue {
    /// The name of the classifier.
    pub classifier: String,
    /// The code that a request gives.
    pub code: String,
    /// The name for people.
    pub name: String,
    /// A JSON object.
    pub attributes: String,
    /// Whether it may not be given any more.
    pub retired: bool,
    /// Since when not: a day, or a moment in UTC.
    pub retired_at: Option<String>,
}

/// A time during which a set was active.
#[derive(Clone, Debug)]
pub struct ActiveTime {
    /// The key of its row; a later time has a greater one.
    pub load_id: i64,
    /// The hash of the set.
    pub hash: String,
    /// Since when, UTC.
    pub since: String,
    /// Until when, UTC; None for the set that is active.
    pub until: Option<String>,
    /// The hash of the set before it.
    pub before: Option<String>,
    /// Files that it validated, of the newest [`COUNTED_FILES`].
    pub files: u64,
}

/// How many files are looked at to count those of each set.
pub const COUNTED_FILES: u64 = 100_000;

/// The classifiers of a set, by name.
///
/// # Errors
/// When the database cannot be read.
pub fn classifiers_of_set(conn: &Connection, set_id: i64) -> Result<Vec<ClassifierLine>> {
    let mut select = conn.prepare(
        "SELECT v.classifier, v.title, v.bind_fields, v.bind_values, count(x.code), coalesce(sum(x.retired), 0)
         FROM classifier_set_member m
         JOIN classifier_version v ON v.version_id = m.version_id
         LEFT JOIN classifier_version_value x ON x.version_id = v.version_id
         WHERE m.set_id = ?1 GROUP BY v.version_id ORDER BY v.classifier",
    )?;
    let list = |json: String| serde_json::from_str::<Vec<String>>(&json).unwrap_or_default();
    let rows = select.query_map([set_id], |r| {
        let (all, retired): (u64, u64) = (r.get(4)?, r.get(5)?);
        let values = list(r.get(3)?).into_iter();
        let mut bound = list(r.get(2)?);
        bound.extend(values.map(|code| format!("additional value {code}")));
        Ok(ClassifierLine {
            name: r.get(0)?,
            title: r.get(1)?,
            values: all.saturating_sub(retired),
            retired,
            bound,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Values of a set by classifier and code: those of one classifier, or with `None` of all, whose code or
/// name has these words in it, whatever the capitals and diacritics. At most `most`, from behind the
/// classifier and code in `after`.
///
/// # Errors
/// When the database cannot be read.
pub fn values_of_set(
    conn: &Connection,
    set_id: i64,
    classifier: Option<&str>,
    words: &str,
    (after, most): ((&str, &str), usize),
) -> Result<Vec<ClassifierValue>> {
    let mut select = conn.prepare(
        "SELECT v.classifier, x.code, x.name, x.attributes, x.retired, k.retired_at
         FROM classifier_set_member m
         JOIN classifier_version v ON v.version_id = m.version_id
         JOIN classifier_version_value x ON x.version_id = v.version_id
         LEFT JOIN classifier_value k ON k.classifier = v.classifier AND k.code = x.code
         WHERE m.set_id = ?1 AND (?2 IS NULL OR v.classifier = ?2) AND (v.classifier, x.code) > (?3, ?4)
         ORDER BY v.classifier, x.code",
    )?;
    let words = folded(words).into_owned();
    let mut found = Vec::new();
    let mut rows = select.query(params![set_id, classifier, after.0, after.1])?;
    while let Some(row) = rows.next()? {
        let value = ClassifierValue {
            classifier: row.get(0)?,
            code: row.get(1)?,
            name: row.get(2)?,
            attributes: row.get(3)?,
            retired: row.get(4)?,
            retired_at: row.get(5)?,
        };
        if folded(&value.code).contains(&words) || folded(&value.name).contains(&words) {
            found.push(value);
            if found.len() == most {
                break;
            }
        }
    }
    Ok(found)
}

/// When sets were active, the newest first: at most `most` times, from before the one with the key
/// `before`.
///
/// # Errors
/// When the database cannot be read.
pub fn active_times(
    conn: &Connection,
    before: Option<i64>,
    most: usize,
) -> Result<Vec<ActiveTime>> {
    let mut select = conn.prepare(
        "WITH counted AS MATERIALIZED (
           SELECT set_id, count(*) AS files
           FROM (SELECT set_id FROM batch ORDER BY received_at DESC LIMIT ?3) GROUP BY 1)
         SELECT l.load_id, s.hash, l.loaded_at,
                (SELECT n.loaded_at FROM classifier_load n WHERE n.load_id > l.load_id
                 ORDER BY n.load_id LIMIT 1),
                (SELECT p.hash FROM classifier_load o JOIN classifier_set p ON p.set_id = o.set_id
                 WHERE o.load_id < l.load_id ORDER BY o.load_id DESC LIMIT 1),
                coalesce((SELECT files FROM counted c WHERE c.set_id = l.set_id), 0)
         FROM classifier_load l JOIN classifier_set s ON s.set_id = l.set_id
         WHERE ?1 IS NULL OR l.load_id < ?1 ORDER BY l.load_id DESC LIMIT ?2",
    )?;
    let rows = select.query_map(params![before, most, COUNTED_FILES], |r| {
        Ok(ActiveTime {
            load_id: r.get(0)?,
            hash: r.get(1)?,
            since: r.get(2)?,
            until: r.get(3)?,
            before: r.get(4)?,
            files: r.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The set that is active, and since when.
///
/// # Errors
/// When the database cannot be read.
pub fn active_set(conn: &Connection) -> Result<Option<(i64, String)>> {
    let newest = "SELECT set_id, loaded_at FROM classifier_load ORDER BY load_id DESC LIMIT 1";
    Ok(conn
        .query_row(newest, [], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?)
}
