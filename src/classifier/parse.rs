//! The text of one TOML file to one classifier, with every problem named by line and fix.
//!
//! ```toml
//! title = "Countries (ISO 3166-1 alpha-2)"
//!
//! [bind]                                  # only for an added classifier
//! fields = ["Customer.nationalCode"]      # paths of docs/FIELDS.md
//! additional_values = ["tax_office"]      # codes in listAdditionalValues
//!
//! [values]
//! LT = "Lithuania"
//! OLD = { name = "Something old", retired = 2024-01-01 }
//! ORG = { name = "Organization", attributes = { entity_type = "ORGANIZATION", kind = "regular" } }
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::catalog::{self, CategoryKind, Classifier, EntityType};
use crate::text::did_you_mean;

use super::file::{ClassifierFile, ValueRow};
use super::problem::Problem;

/// Reads one classifier from the text of its file, named `name.toml`. A value is retired if its file
/// says so, or gives a day (`yyyy-MM-dd`) that is not after `today`.
///
/// # Errors
/// Every problem found, each with its line.
pub fn parse_file(file: &str, text: &str, today: &str) -> Result<ClassifierFile, Vec<Problem>> {
    let mut parser = Parser {
        file,
        text,
        today,
        problems: Vec::new(),
    };
    let read = parser.read();
    if parser.problems.is_empty() {
        Ok(read)
    } else {
        Err(parser.problems)
    }
}

struct Parser<'t> {
    file: &'t str,
    text: &'t str,
    today: &'t str,
    problems: Vec<Problem>,
}

type Entry<'i, 't> = (
    &'i Spanned<std::borrow::Cow<'t, str>>,
    &'i Spanned<DeValue<'t>>,
);

impl<'t> Parser<'t> {
    fn problem(&mut self, at: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        let text = (self.file, self.text);
        self.problems
            .push(Problem::in_text(text, &at, message, remedy));
    }

    fn read(&mut self) -> ClassifierFile {
        let mut out = ClassifierFile {
            name: self
                .file
                .strip_suffix(".toml")
                .unwrap_or(self.file)
                .to_owned(),
            title: String::new(),
            values: Vec::new(),
            bind_fields: Vec::new(),
            bind_values: Vec::new(),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if out.name.is_empty() || !out.name.chars().all(plain) {
            self.problem(
                0..0,
                "the file's name is not a valid classifier name",
                "use letters, digits, - and _ only; move a copy out of the folder",
            );
        }
        let table = match DeTable::parse(self.text) {
            Ok(table) => table,
            Err(e) => {
                self.not_toml(&e);
                return out;
            }
        };
        let mut values = None;
        for (key, value) in table.get_ref() {
            match key.get_ref().as_ref() {
                "title" => out.title = self.string(value, "title").unwrap_or_default(),
                "values" => values = self.table(value, "values"),
                "bind" => self.bind(value, &mut out),
                other => self.problem(
                    key.span(),
                    format!("unknown key {other}"),
                    "the keys of a classifier are title, [values] and [bind]; a code belongs below [values]",
                ),
            }
        }
        if out.title.trim().is_empty() {
            self.problem(
                0..0,
                "title is missing",
                "add title = \"...\" before [values]",
            );
        }
        match values {
            Some(entries) => self.values(entries, &mut out),
            None => self.problem(
                0..0,
                "[values] is missing",
                "add [values], even if it has no values",
            ),
        }
        out
    }

    fn not_toml(&mut self, e: &toml::de::Error) {
        let remedy = if e.message().contains("duplicate key") {
            "a code or a key may appear only once: remove one of the two"
        } else {
            "fix the line; `CODE = \"name\"` is the form of a value"
        };
        self.problem(e.span().unwrap_or(0..0), e.message(), remedy);
    }

    fn string(&mut self, value: &Spanned<DeValue<'t>>, what: &str) -> Option<String> {
        match value.get_ref().as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.problem(
                    value.span(),
                    format!("{what} is not a string"),
                    "write it in quotation marks",
                );
                None
            }
        }
    }

    fn table<'i>(
        &mut self,
        value: &'i Spanned<DeValue<'t>>,
        what: &str,
    ) -> Option<Vec<Entry<'i, 't>>> {
        match value.get_ref() {
            DeValue::Table(table) => {
                let mut entries: Vec<_> = table.iter().collect();
                entries.sort_by_key(|(k, _)| k.span().start);
                Some(entries)
            }
            _ => {
                self.problem(
                    value.span(),
                    format!("{what} is not a table"),
                    format!("write [{what}] on a separate line"),
                );
                None
            }
        }
    }

    fn bind(&mut self, value: &Spanned<DeValue<'t>>, out: &mut ClassifierFile) {
        for (key, value) in self.table(value, "bind").unwrap_or_default() {
            match key.get_ref().as_ref() {
                "fields" => {
                    for (path, at) in self.strings(value, "fields") {
                        if catalog::text_field(&path).is_some() {
                            out.bind_fields.push(path);
                        } else {
                            let known = catalog::field_at(&path).is_some();
                            self.problem(
                                at,
                                if known {
                                    format!("{path} is not a String field and cannot be bound")
                                } else {
                                    format!("there is no field {path} to bind")
                                },
                                field_remedy(&path, known),
                            );
                        }
                    }
                }
                "additional_values" => {
                    for (code, at) in self.strings(value, "additional_values") {
                        if code.trim().is_empty() {
                            self.problem(
                                at,
                                "the code of an additional value is blank",
                                "write its code",
                            );
                        } else {
                            out.bind_values.push(code);
                        }
                    }
                }
                other => self.problem(
                    key.span(),
                    format!("unknown key {other} below [bind]"),
                    "its keys are fields and additional_values, each an array of strings",
                ),
            }
        }
        for list in [&mut out.bind_fields, &mut out.bind_values] {
            list.sort();
            list.dedup();
        }
    }

    fn strings(&mut self, value: &Spanned<DeValue<'t>>, what: &str) -> Vec<(String, Range<usize>)> {
        let Some(array) = value.get_ref().as_array() else {
            self.problem(
                value.span(),
                format!("{what} is not an array"),
                format!("write {what} = [\"...\"]"),
            );
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|item| Some((self.string(item, what)?, item.span())))
            .collect()
    }

    fn values(&mut self, entries: Vec<Entry<'_, 't>>, out: &mut ClassifierFile) {
        let categories = out.name == Classifier::RiskManagementCategory.name();
        let mut rows = BTreeMap::new();
        for (key, value) in entries {
            let code = key.get_ref().to_string();
            if code.trim().is_empty() || code.trim() != code {
                self.problem(
                    key.span(),
                    "a code is blank or has white space around it",
                    "codes are compared exactly: write the code as requests give it",
                );
            }
            let mut row = ValueRow {
                code: code.clone(),
                name: String::new(),
                attributes: Map::new(),
                retired: false,
                retired_on: None,
            };
            match value.get_ref() {
                DeValue::String(name) => row.name = name.to_string(),
                DeValue::Table(_) => self.value(value, &mut row),
                _ => self.problem(
                    value.span(),
                    format!("the value of {code} is neither a name nor a table"),
                    "write CODE = \"name\", or CODE = { name = \"...\", retired = true }",
                ),
            }
            if row.name.trim().is_empty() {
                self.problem(key.span(), format!("{code} has no name"), "give it a name");
            }
            if categories {
                self.category(key.span(), &mut row);
            }
            rows.insert(code, row);
        }
        out.values = rows.into_values().collect();
    }

    fn value(&mut self, value: &Spanned<DeValue<'t>>, row: &mut ValueRow) {
        for (key, value) in self.table(value, "value").unwrap_or_default() {
            match key.get_ref().as_ref() {
                "name" => row.name = self.string(value, "name").unwrap_or_default(),
                "retired" => self.retired(value, row),
                "attributes" => {
                    for (key, value) in self.table(value, "attributes").unwrap_or_default() {
                        let attribute = match value.get_ref() {
                            DeValue::String(text) => Value::from(text.as_ref()),
                            DeValue::Boolean(b) => Value::from(*b),
                            DeValue::Integer(n) => match n.as_str().parse::<i64>() {
                                Ok(n) => Value::from(n),
                                Err(_) => Value::from(n.as_str()),
                            },
                            _ => {
                                self.problem(
                                    value.span(),
                                    format!("attribute {} is not a string, an integer or a boolean", key.get_ref()),
                                    "write it as a string, in quotation marks",
                                );
                                continue;
                            }
                        };
                        row.attributes.insert(key.get_ref().to_string(), attribute);
                    }
                }
                other => self.problem(
                    key.span(),
                    format!("unknown key {other} in the value {}", row.code),
                    "the keys of a value are name, retired and attributes; put your own data into attributes",
                ),
            }
        }
    }

    fn retired(&mut self, value: &Spanned<DeValue<'t>>, row: &mut ValueRow) {
        match value.get_ref() {
            DeValue::Boolean(retired) => row.retired = *retired,
            DeValue::Datetime(when) if when.date.is_some() && when.time.is_none() => {
                let day = when.to_string();
                // The files are read again each day, so a later day retires the value then, and the
                // set gets another hash.
                row.retired = *day <= *self.today;
                row.retired_on = Some(day);
            }
            _ => self.problem(
                value.span(),
                format!("retired of {} is not true, false or a date", row.code),
                "write retired = true, or the first day on which the value is no longer valid: retired = 2025-01-31",
            ),
        }
    }

    /// The attributes of a risk management category decide where it may be given.
    fn category(&mut self, at: Range<usize>, row: &mut ValueRow) {
        let allowed = [
            ("entity_type", EntityType::NAMES),
            ("kind", CategoryKind::NAMES),
        ];
        for (name, values) in allowed {
            let sound = match row.attributes.get(name) {
                None => true,
                Some(given) => given.as_str().is_some_and(|g| values.contains(&g)),
            };
            if !sound {
                self.problem(
                    at.clone(),
                    format!("{name} of the category {} is not a known value", row.code),
                    format!("write one of {}, or leave it out", values.join(", ")),
                );
            }
        }
        row.attributes
            .entry("kind")
            .or_insert_with(|| Value::from(CategoryKind::Regular.name()));
    }
}

fn field_remedy(path: &str, known: bool) -> String {
    if known {
        return "only fields of the type String can be bound: see docs/FIELDS.md".into();
    }
    let all: Vec<String> = catalog::OBJECTS
        .iter()
        .flat_map(|o| {
            o.fields
                .iter()
                .map(move |f| format!("{}.{}", o.name, f.name))
        })
        .collect();
    match did_you_mean(path, all.iter().map(String::as_str)) {
        Some(hint) => format!("{hint} All fields are listed in docs/FIELDS.md"),
        None => "write Object.field, as in docs/FIELDS.md: Customer.nationalCode".into(),
    }
}
