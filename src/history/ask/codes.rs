//! The codes of classifiers as a set of the history has them, and which of them somebody may have
//! meant.

use std::collections::HashMap;
use std::fmt;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::classifier::ClassifierFile;
use crate::trouble::Result;

/// One code of a classifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Code {
    /// The code that a request gives.
    pub code: String,
    /// The name for people.
    pub name: String,
    /// Whether it may not be given any more.
    #[serde(skip)]
    pub retired: bool,
}

impl fmt::Display for Code {
    /// For people: `LT (Lithuania)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => f.write_str(&self.code),
            name => write!(f, "{} ({name})", self.code),
        }
    }
}

/// The codes of one set of classifiers, the retired ones too.
pub struct Codes(HashMap<String, Vec<Code>>);

/// The active set.
///
/// # Errors
/// When the database cannot be read.
pub fn set_in_force(conn: &Connection) -> Result<Option<i64>> {
    let newest = "SELECT set_id FROM classifier_load ORDER BY load_id DESC LIMIT 1";
    Ok(conn.query_row(newest, [], |r| r.get(0)).optional()?)
}

impl Codes {
    /// Reads the codes of a set.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn of(conn: &Connection, set_id: i64) -> Result<Codes> {
        let mut select = conn.prepare_cached(
            "SELECT v.classifier, x.code, x.name, x.retired
             FROM classifier_set_member m
             JOIN classifier_version v ON v.version_id = m.version_id
             JOIN classifier_version_value x ON x.version_id = v.version_id
             WHERE m.set_id = ?1 ORDER BY x.code",
        )?;
        let mut codes: HashMap<String, Vec<Code>> = HashMap::new();
        let mut rows = select.query([set_id])?;
        while let Some(row) = rows.next()? {
            codes.entry(row.get(0)?).or_default().push(Code {
                code: row.get(1)?,
                name: row.get(2)?,
                retired: row.get(3)?,
            });
        }
        Ok(Codes(codes))
    }

    /// The codes of these files.
    pub fn of_files(files: &[ClassifierFile]) -> Codes {
        let codes = |file: &ClassifierFile| {
            let codes = file.values.iter().map(|value| Code {
                code: value.code.clone(),
                name: value.name.clone(),
                retired: value.retired,
            });
            (file.name.clone(), codes.collect())
        };
        Codes(files.iter().map(codes).collect())
    }

    /// Those of a classifier, in order; none where the set lacks it.
    pub fn of_classifier(&self, name: &str) -> &[Code] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The codes that somebody may have meant: the one of this name, the nearest, the one whose name is
/// nearest; none twice, and only what may be given.
pub fn nearest(codes: &[Code], given: &str) -> Vec<Code> {
    // Every code of two letters is near every other.
    const MIN_CHARS: usize = 3;
    let given = crate::invisible::as_it_looks(given);
    let given = given.trim();
    let usable = || codes.iter().filter(|c| !c.retired);
    let of_name = usable().find(|c| c.name.eq_ignore_ascii_case(given));
    let of_case = usable().find(|c| c.code.eq_ignore_ascii_case(given));
    let by_code = (given.chars().count() >= MIN_CHARS)
        .then(|| crate::text::nearest(given, usable().map(|c| c.code.as_str())))
        .flatten()
        .and_then(|code| usable().find(|c| c.code == code));
    let by_name = crate::text::nearest(given, usable().map(|c| c.name.as_str()))
        .and_then(|name| usable().find(|c| c.name == name));
    let mut found: Vec<Code> = Vec::new();
    for code in [of_name, of_case, by_code, by_name].into_iter().flatten() {
        if !found.contains(code) {
            found.push(code.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_that_was_meant() {
        let code = |code: &str, name: &str, retired| Code {
            code: code.into(),
            name: name.into(),
            retired,
        };
        let codes = [
            code("AX", "Åland Islands", false),
            code("LT", "Lithuania", false),
            code("LU", "Luxembourg", false),
            code("SU", "Soviet Union", true),
        ];
        let meant = |given| {
            let found = nearest(&codes, given);
            found
                .into_iter()
                .map(|c| c.code)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(meant("Lithuania"), "LT");
        assert_eq!(meant("lituania"), "LT");
        assert_eq!(meant("LTU"), "LT");
        assert_eq!(meant("lt"), "LT");
        assert_eq!(meant("XX"), "", "nobody knows");
        assert_eq!(meant("Soviet Union"), "", "retired");
    }
}
