//! Classifiers in the history: what changed between two sets, and whose data still have codes that
//! may not be given any more.

use std::collections::{HashMap, HashSet};

use memchr::memmem::Finder;
use rusqlite::{Connection, params};

use crate::catalog::{
    ADDITIONAL_VALUE, Classifier, FieldIndex, ObjectId, additional_value, field_of_path,
};
use crate::classifier::Bindings;
use crate::trouble::{Kind, Result, Trouble};

use super::place::{Leaf, leaves};

/// A value that is not in two sets alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name of the classifier.
    pub classifier: String,
    /// The code of the value.
    pub code: String,
    /// added, gone, retired, in use again, renamed, other attributes.
    pub change: &'static str,
    /// What changed as it was in the first set: the name, or the attributes as JSON. None where the value was not there.
    pub before: Option<String>,
    /// What changed as it is in the second set. None where the value is not there.
    pub after: Option<String>,
}

/// The row of a set and its whole hash. It is given by the first characters of its hash, as `now`, which is
/// the active one, or as a day: the one that was active at the end of that day, UTC.
///
/// # Errors
/// When there is no such set, or more than one.
pub fn find_set(conn: &Connection, given: &str) -> Result<(i64, String)> {
    let sql = if given == "now" {
        "SELECT s.set_id, s.hash FROM classifier_load l JOIN classifier_set s USING (set_id)
         WHERE ?1 = ?1 ORDER BY l.load_id DESC LIMIT 1"
    } else if is_day(given) {
        // A clock that stepped back may have given a later load an earlier moment.
        "SELECT s.set_id, s.hash FROM classifier_load l JOIN classifier_set s USING (set_id)
         WHERE substr(l.loaded_at, 1, 10) <= ?1 ORDER BY l.load_id DESC LIMIT 1"
    } else {
        "SELECT set_id, hash FROM classifier_set WHERE substr(hash, 1, length(?1)) = ?1 LIMIT 2"
    };
    let found: Vec<(i64, String)> = conn
        .prepare(sql)?
        .query_map([given], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let lists = "`kycdrop query --saved classifier-sets` lists the sets; now is the active one";
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] if is_day(given) => Err(Trouble::new(
            Kind::Input,
            format!("no set of classifiers was active on {given}"),
            lists,
        )),
        [] => Err(Trouble::new(
            Kind::Input,
            format!("no set of classifiers begins with {given}"),
            lists,
        )),
        _ => Err(Trouble::new(
            Kind::Input,
            format!("more than one set of classifiers begins with {given}"),
            "give more of its hash",
        )),
    }
}

/// Whether it is a day, as `2026-10-31`.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok()
}

/// What changed from one set to another, by classifier and code.
///
/// # Errors
/// When the database cannot be read.
pub fn compare(conn: &Connection, before: &str, after: &str) -> Result<Vec<Difference>> {
    let mut select = conn.prepare(
        "WITH a AS (SELECT classifier, code, name, attributes, retired FROM v_classifier_set
                    WHERE classifier_set = ?1 AND code IS NOT NULL),
              b AS (SELECT classifier, code, name, attributes, retired FROM v_classifier_set
                    WHERE classifier_set = ?2 AND code IS NOT NULL)
         SELECT coalesce(a.classifier, b.classifier), coalesce(a.code, b.code), a.name, b.name,
                a.attributes, b.attributes, a.retired, b.retired
         FROM a FULL JOIN b ON b.classifier = a.classifier AND b.code = a.code
         WHERE (a.name, a.attributes, a.retired) IS NOT (b.name, b.attributes, b.retired)
         ORDER BY 1, 2",
    )?;
    let mut found = Vec::new();
    let mut rows = select.query(params![before, after])?;
    while let Some(row) = rows.next()? {
        let names: (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
        let attributes: (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
        let retired: (Option<bool>, Option<bool>) = (row.get(6)?, row.get(7)?);
        let mut push = |change, before, after| -> Result<()> {
            found.push(Difference {
                classifier: row.get(0)?,
                code: row.get(1)?,
                change,
                before,
                after,
            });
            Ok(())
        };
        match retired {
            (None, _) => push("added", None, names.1)?,
            (_, None) => push("gone", names.0, None)?,
            (Some(was), Some(is)) => {
                if was != is {
                    let change = if is { "retired" } else { "in use again" };
                    push(change, names.0.clone(), names.1.clone())?;
                }
                if names.0 != names.1 {
                    push("renamed", names.0, names.1)?;
                }
                if attributes.0 != attributes.1 {
                    push("other attributes", attributes.0, attributes.1)?;
                }
            }
        }
    }
    Ok(found)
}

/// A customer whose newest data have a code that may not be given any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedRetired {
    /// The office of the customer.
    pub business_unit: Option<String>,
    /// The customer.
    pub customer_ext_id: String,
    /// The classifier that the code belongs to.
    pub classifier: String,
    /// The code that may not be given any more.
    pub code: String,
    /// Where the customer has it.
    pub path: String,
    /// When it was retired or removed, UTC.
    pub retired_at: String,
    /// When the customer was assessed last, UTC.
    pub assessed_at: String,
}

/// Hands every use of a retired code in the newest assessments to `each`, the oldest assessment
/// first. Reads every customer, which takes its time.
///
/// # Errors
/// When the database cannot be read, or `each` fails.
pub fn used_retired(
    conn: &Connection,
    mut each: impl FnMut(UsedRetired) -> Result<()>,
) -> Result<()> {
    let retired = Retired::read(conn)?;
    if retired.codes.is_empty() {
        return Ok(());
    }
    let mut select = conn.prepare(
        "SELECT a.business_unit, a.customer_ext_id, a.assessed_at, payload_text(a.payload)
         FROM assessment a
         WHERE NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id)
         ORDER BY a.assessment_id",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let payload = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        if !retired.may_be_in(payload) {
            continue;
        }
        let leaves = leaves(payload);
        for leaf in &leaves {
            let code = &*leaf.text();
            let Some((object, f)) = field_of_path(&leaf.path) else {
                continue;
            };
            let mut found = retired.at(object.id, f, object.field(f).classifier, code);
            if object.id == ADDITIONAL_VALUE.id && f == AV_VALUE {
                found.extend(retired.in_additional_value(&leaves, leaf, code));
            }
            for (classifier, at) in found {
                each(UsedRetired {
                    business_unit: row.get(0)?,
                    customer_ext_id: row.get(1)?,
                    classifier: classifier.to_owned(),
                    code: code.to_owned(),
                    path: leaf.path.clone(),
                    retired_at: at.to_owned(),
                    assessed_at: row.get(2)?,
                })?;
            }
        }
    }
    Ok(())
}

const AV_VALUE: FieldIndex = additional_value("value");

/// The codes that may not be given any more, and where their classifiers are asked for.
struct Retired {
    /// By classifier and code: since when.
    codes: HashMap<String, HashMap<String, String>>,
    finders: Vec<Finder<'static>>,
    bindings: Bindings<String>,
    /// A region may be a country as well.
    countries: HashSet<String>,
}

impl Retired {
    fn read(conn: &Connection) -> Result<Retired> {
        let mut retired = Retired {
            codes: HashMap::new(),
            finders: Vec::new(),
            bindings: Bindings::default(),
            countries: HashSet::new(),
        };
        let mut select =
            conn.prepare("SELECT classifier, code, retired_at FROM classifier_value")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (classifier, code): (String, String) = (row.get(0)?, row.get(1)?);
            match row.get::<_, Option<String>>(2)? {
                Some(at) => {
                    retired
                        .finders
                        .push(Finder::new(code.as_bytes()).into_owned());
                    retired
                        .codes
                        .entry(classifier)
                        .or_default()
                        .insert(code, at);
                }
                None if classifier == Classifier::Country.name() => {
                    retired.countries.insert(code);
                }
                None => {}
            }
        }
        if let Some(set) = super::set_in_force(conn)? {
            let mut select = conn.prepare(
                "SELECT v.classifier, v.bind_fields, v.bind_values FROM classifier_set_member m
                 JOIN classifier_version v USING (version_id) WHERE m.set_id = ?1",
            )?;
            let mut rows = select.query([set])?;
            while let Some(row) = rows.next()? {
                let (name, fields, values): (String, String, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                let list =
                    |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap_or_default();
                retired.bindings.bind(&name, &list(&fields), &list(&values));
            }
        }
        Ok(retired)
    }

    /// Whether it is worth taking the payload apart.
    fn may_be_in(&self, payload: &str) -> bool {
        // A code may be written with escapes.
        payload.contains('\\')
            || self
                .finders
                .iter()
                .any(|f| f.find(payload.as_bytes()).is_some())
    }

    fn at<'r>(
        &'r self,
        object: ObjectId,
        f: FieldIndex,
        own: Option<Classifier>,
        code: &str,
    ) -> Vec<(&'r str, &'r str)> {
        let bound = self.bindings.to_field(object, f).iter();
        let also_country = own == Some(Classifier::Region) && self.countries.contains(code);
        own.filter(|_| !also_country)
            .map(Classifier::name)
            .into_iter()
            .chain(bound.map(String::as_str))
            .filter_map(|classifier| self.since(classifier, code))
            .collect()
    }

    /// The name of the classifier, and since when its code is retired.
    fn since<'r>(&'r self, classifier: &str, code: &str) -> Option<(&'r str, &'r str)> {
        let (name, codes) = self.codes.get_key_value(classifier)?;
        Some((name.as_str(), codes.get(code)?.as_str()))
    }

    /// Uses in an additional value, whose classifier is found by the code beside the value.
    fn in_additional_value<'r>(
        &'r self,
        leaves: &[Leaf<'_>],
        value: &Leaf<'_>,
        code: &str,
    ) -> Vec<(&'r str, &'r str)> {
        let beside = value.path.rsplit_once('.').map_or("", |(item, _)| item);
        let its_code = leaves
            .iter()
            .find(|l| l.path.strip_prefix(beside) == Some(".code"))
            .map(Leaf::text);
        let bound = its_code.map(|code| self.bindings.to_additional_value(&code));
        bound
            .into_iter()
            .flatten()
            .filter_map(|classifier| self.since(classifier, code))
            .collect()
    }
}
