//! Names for codes: those of the history for countries and offices, those of people for the rest.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::trouble::Result;

/// Placeholders of a description that stand for nothing that a customer said. One with a choice
/// (`{A|B}`) is one too.
const OF_CATALOGUE: [&str; 6] = ["i", "j", "Field", "path", "classifier", "max_chars"];

/// The names of countries and offices, by classifier and code.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(HashMap<(String, String), String>);

impl Names {
    /// The names in this set; in the set where a value was last, for one that is not in it.
    pub(super) fn of_set(conn: &Connection, set_id: Option<i64>) -> Result<Names> {
        let mut select = conn.prepare(
            "SELECT c.classifier, c.code, coalesce(s.name, c.name) FROM classifier_value c
             LEFT JOIN (SELECT v.classifier, x.code, x.name FROM classifier_set_member m
                        JOIN classifier_version v USING (version_id)
                        JOIN classifier_version_value x USING (version_id)
                        WHERE m.set_id = ?1) s USING (classifier, code)
             WHERE c.classifier IN ('country', 'businessUnit')",
        )?;
        let names = select.query_map([set_id], |r| Ok(((r.get(0)?, r.get(1)?), r.get(2)?)))?;
        Ok(Names(names.collect::<rusqlite::Result<_>>()?))
    }

    fn of(&self, classifier: &str, code: &str) -> String {
        match self.0.get(&(classifier.to_owned(), code.to_owned())) {
            Some(name) if name != code => format!("{name} ({code})"),
            _ => code.to_owned(),
        }
    }

    pub(super) fn country(&self, code: &str) -> String {
        self.of("country", code)
    }

    pub(super) fn office(&self, code: &str) -> String {
        self.of("businessUnit", code)
    }

    pub(super) fn risk_level(&self, code: &str) -> String {
        let mut letters = code.chars();
        match letters.next() {
            Some(first) => format!("{first}{}", letters.as_str().to_lowercase()),
            None => String::new(),
        }
    }

    pub(super) fn request(&self, code: &str) -> String {
        let name = match code {
            "evaluation" => "Risk evaluation",
            "SANCTIONS" => "Screening for sanctions",
            "PEP" => "Screening for politically exposed persons",
            "ADVERSE_MEDIA" => "Screening for adverse media",
            "INTERNAL_LIST" => "Screening against the internal list",
            other => other,
        };
        name.to_owned()
    }

    /// Where code and text of a rule come from, if that is to be said.
    pub(super) fn origin(name: &str) -> &'static str {
        match name {
            "text published" => "the code is kycdrop's",
            "ours" => "code and text are kycdrop's",
            _ => "",
        }
    }

    pub(super) fn status(&self, code: &str) -> String {
        let name = match code {
            "200" => "Validated",
            "400" => "Not readable, or its only customer rejected",
            "404" => "In a folder of no endpoint",
            "500" => "Failed by a defect of kycdrop",
            _ => return code.to_owned(),
        };
        format!("{name} ({code})")
    }
}

/// What to show of a finding: the description as it was answered, or that of the rule with an
/// ellipsis for each placeholder where the answer would show what a customer said.
pub(super) fn described(of_rule: &str, answered: Option<&str>) -> String {
    let mut general = String::new();
    let mut of_catalogue = true;
    let mut rest = of_rule;
    while let Some((before, (placeholder, after))) = rest
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        of_catalogue &= placeholder.contains('|') || OF_CATALOGUE.contains(&placeholder);
        general += before;
        general.push('…');
        rest = after;
    }
    general += rest;
    match answered {
        Some(answered) if of_catalogue && !of_rule.is_empty() => answered.to_owned(),
        _ => general,
    }
}
