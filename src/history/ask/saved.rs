//! Queries with a name: those that ship with kycdrop, and those that people keep in their home.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic_file::{self, AtomicFile, Existing, Rules};
use crate::disk;
use crate::position::Position;
use crate::regular_file;
use crate::trouble::{Kind, Result, Trouble};

/// The most bytes of saved queries.
const MAX_FILE_BYTES: u64 = 16 << 20;

const SHIPPED: &str = include_str!("queries.toml");

/// A query that somebody saved.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// What it answers.
    #[serde(default)]
    pub title: String,
    /// Parameters of the SQL (`:month`) that need not be given, and are NULL then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional: Vec<String>,
    /// One statement that only reads.
    pub sql: String,
    /// Whether it came with kycdrop.
    #[serde(skip)]
    pub shipped: bool,
}

/// Every saved query by its name: the shipped ones, and those of this file, if there is one. When
/// that is damaged, the shipped ones alone, and what is wrong with it.
///
/// # Errors
/// Never: a test reads the shipped ones.
pub fn saved_queries(file: &Path) -> Result<(BTreeMap<String, Saved>, Option<Trouble>)> {
    let mut all = shipped_queries()?;
    match own_queries(file) {
        Ok(own) => {
            all.extend(own);
            Ok((all, None))
        }
        Err(e) => Ok((all, Some(e))),
    }
}

fn own_queries(file: &Path) -> Result<BTreeMap<String, Saved>> {
    let Some(text) = regular_file::read_text(file, MAX_FILE_BYTES)? else {
        return Ok(BTreeMap::new());
    };
    toml::from_str(&text).map_err(|e| {
        Trouble::new(
            Kind::Setup,
            format!("{}: {}", file.display(), Position::of_toml(&text, &e)),
            "each query is a table: [name] with sql = \"...\" and, if wanted, title = \"...\" and optional = [\"PARAMETER\"]",
        )
    })
}

/// The queries that ship with kycdrop.
///
/// # Errors
/// Never: a test reads them.
pub fn shipped_queries() -> Result<BTreeMap<String, Saved>> {
    let mut shipped: BTreeMap<String, Saved> = toml::from_str(SHIPPED)
        .map_err(|e| Trouble::new(Kind::Internal, format!("the shipped queries: {e}"), ""))?;
    for query in shipped.values_mut() {
        query.shipped = true;
    }
    Ok(shipped)
}

/// Adds a query to the file; what stands in it already stays as it is, comments too.
///
/// # Errors
/// When the name is taken or no name, or the file cannot be written.
pub fn save_query(file: &Path, name: &str, sql: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(Trouble::new(
            Kind::Input,
            format!("{name:?} cannot be the name of a query"),
            "use small letters, digits and hyphens, such as my-office",
        ));
    }
    // Others may save at the same moment: each reads what the one before it wrote.
    let _lock = lock(file)?;
    let (all, damage) = saved_queries(file)?;
    if let Some(damage) = damage {
        return Err(damage);
    }
    if let Some(taken) = all.get(name) {
        let fix = match taken.shipped {
            true => "choose another name: this query ships with kycdrop".to_owned(),
            false => format!("choose another name, or change it in {}", file.display()),
        };
        let what = format!("there is a query {name} already");
        return Err(Trouble::new(Kind::Input, what, fix));
    }
    let query = Saved {
        title: String::new(),
        optional: Vec::new(),
        sql: sql.to_owned(),
        shipped: false,
    };
    let added = toml::to_string(&BTreeMap::from([(name, query)]))
        .map_err(|e| Trouble::new(Kind::Internal, e.to_string(), ""))?;
    let mut text = regular_file::read_text(file, MAX_FILE_BYTES)?.unwrap_or_default();
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text.push_str(&added);
    AtomicFile::create(file, RULES)?.write(text.as_bytes())
}

/// A file of the home: it is known to hold queries before it is replaced.
const RULES: Rules<'_> = Rules {
    home: None,
    into_inbox: false,
    existing: Existing::ReplaceIf(|_| true),
    refusal: Kind::Setup,
};

/// Locks the file, which is made if need be. Who waited for another to save finds a new file in its
/// place, and locks that.
fn lock(file: &Path) -> Result<File> {
    loop {
        atomic_file::allowed(file, RULES)?;
        let open = || {
            let lock = regular_file::open(file, File::options().create(true).write(true))?;
            match lock.lock() {
                // Some shares know no locks.
                Err(e) if e.kind() != io::ErrorKind::Unsupported => Err(e),
                _ => Ok(lock),
            }
        };
        let lock = open().map_err(|e| regular_file::trouble("writing", file, &e))?;
        if disk::is_open_at(&lock, file) {
            return Ok(lock);
        }
    }
}
