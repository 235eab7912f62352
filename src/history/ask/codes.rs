//! The codes of classifiers as a set of the history has them, and which of them somebody may have
//! meant.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension, params};
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

/// The codes of one set of classifiers: of the history, read as they are asked for, or of files.
pub struct Codes<'c> {
    /// None where all are there already.
    of_history: Option<(&'c Connection, i64)>,
    read: HashMap<String, Rc<Vec<Code>>>,
}

/// The active set.
///
/// # Errors
/// When the database cannot be read.
pub fn set_in_force(conn: &Connection) -> Result<Option<i64>> {
    let newest = "SELECT set_id FROM classifier_load ORDER BY load_id DESC LIMIT 1";
    Ok(conn.query_row(newest, [], |r| r.get(0)).optional()?)
}

impl<'c> Codes<'c> {
    /// The codes of this set.
    pub fn of(conn: &'c Connection, set_id: i64) -> Codes<'c> {
        Codes {
            of_history: Some((conn, set_id)),
            read: HashMap::new(),
        }
    }

    /// The codes of these files.
    pub fn of_files(files: &[ClassifierFile]) -> Codes<'c> {
        let codes = |file: &ClassifierFile| {
            let code = file.values.iter().map(|value| Code {
                code: value.code.clone(),
                name: value.name.clone(),
                retired: value.retired,
            });
            (file.name.clone(), Rc::new(code.collect()))
        };
        Codes {
            of_history: None,
            read: files.iter().map(codes).collect(),
        }
    }

    /// Every code of a classifier, the retired ones too; none where the set lacks it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all(&mut self, classifier: &str) -> Result<Rc<Vec<Code>>> {
        if let Some(codes) = self.read.get(classifier) {
            return Ok(Rc::clone(codes));
        }
        let Some((conn, set_id)) = self.of_history else {
            return Ok(Rc::default());
        };
        let mut select = conn.prepare_cached(
            "SELECT x.code, x.name, x.retired
             FROM classifier_set_member m
             JOIN classifier_version v ON v.version_id = m.version_id
             JOIN classifier_version_value x ON x.version_id = v.version_id
             WHERE m.set_id = ?1 AND v.classifier = ?2 ORDER BY x.code",
        )?;
        let rows = select.query_map(params![set_id, classifier], |r| {
            Ok(Code {
                code: r.get(0)?,
                name: r.get(1)?,
                retired: r.get(2)?,
            })
        })?;
        let codes = Rc::new(rows.collect::<Result<Vec<_>, _>>()?);
        self.read.insert(classifier.to_owned(), Rc::clone(&codes));
        Ok(codes)
    }
}

/// The codes that somebody may have meant: the one of this name, the nearest, the one whose name is
/// nearest; none twice, and only what may be given.
pub fn nearest(codes: &[Code], given: &str) -> Vec<Code> {
    // Every code of two letters is near every other.
    const MIN_CHARS: usize = 3;
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
