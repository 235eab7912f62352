//! Queries with a name: those that ship with kycdrop, and those that people keep in their home.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::trouble::{Kind, Result, Trouble};

const SHIPPED: &str = include_str!("queries.toml");

/// A query that somebody saved.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// What it answers.
    #[serde(default)]
    pub title: String,
    pub sql: String,
    /// Whether it came with kycdrop.
    #[serde(skip)]
    pub shipped: bool,
}

/// Every saved query by its name: the shipped ones, and those of this file, if there is one.
///
/// # Errors
/// When the file cannot be read, or is no such file.
pub fn saved_queries(file: &Path) -> Result<BTreeMap<String, Saved>> {
    let mut all = shipped_queries()?;
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(all),
        Err(e) => return Err(Trouble::io("reading", file, &e)),
    };
    let own: BTreeMap<String, Saved> = toml::from_str(&text).map_err(|e| {
        Trouble::new(
            Kind::Setup,
            format!("{}: {}", file.display(), e.to_string().trim_end()),
            "each query is a table: [name] with sql = \"...\" and, if wanted, title = \"...\"",
        )
    })?;
    all.extend(own);
    Ok(all)
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
    if saved_queries(file)?.contains_key(name) {
        return Err(Trouble::new(
            Kind::Input,
            format!("there is a query {name} already"),
            format!("choose another name, or change it in {}", file.display()),
        ));
    }
    let query = Saved {
        title: String::new(),
        sql: sql.to_owned(),
        shipped: false,
    };
    let text = toml::to_string(&BTreeMap::from([(name, query)]))
        .map_err(|e| Trouble::new(Kind::Internal, e.to_string(), ""))?;
    let wrong = |e: std::io::Error| Trouble::io("writing", file, &e);
    let mut out = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .map_err(wrong)?;
    let gap = if out.metadata().map_err(wrong)?.len() > 0 {
        "\n"
    } else {
        ""
    };
    out.write_all(format!("{gap}{text}").as_bytes())
        .map_err(wrong)
}
