//! One TOML file to one classifier, with every problem named by file, line and remedy.
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
use std::path::Path;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::catalog::{self, Classifier};
use crate::clock;
use crate::left_alone;

use crate::position::Position;

use super::problem::{Problem, Refused};

/// A file larger than this is no classifier.
const LARGEST: u64 = 64 << 20;

/// One value of a classifier, as its file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueRow {
    pub code: String,
    pub name: String,
    /// A JSON object, keys sorted.
    pub attributes: Map<String, Value>,
    /// Not to be used any more, as of today (UTC).
    pub retired: bool,
    /// The first day without the value, where the file gives it (`yyyy-MM-dd`).
    pub retired_on: Option<String>,
}

/// One classifier as its file gives it; sound, as far as one file can be by itself.
#[derive(Clone, Debug)]
pub struct ClassifierFile {
    pub name: String,
    pub title: String,
    /// By code.
    pub values: Vec<ValueRow>,
    /// Paths of text fields that it is bound to, as `Object.field`.
    pub bind_fields: Vec<String>,
    /// Codes of additional values that it is bound to.
    pub bind_values: Vec<String>,
}

impl ClassifierFile {
    /// A hash of what the file says, whatever its comments and layout.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        let mut add = |text: &str| {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        add(&self.name);
        add(&self.title);
        add(&self.bind_fields.join("\n"));
        add(&self.bind_values.join("\n"));
        for v in &self.values {
            add(&v.code);
            add(&v.name);
            add(&Value::Object(v.attributes.clone()).to_string());
            add(if v.retired { "retired" } else { "" });
            add(v.retired_on.as_deref().unwrap_or(""));
        }
        crate::hex(&hasher.finalize())
    }
}

/// Reads every `*.toml` of the folder, in the order of their names.
///
/// # Errors
/// [`Refused`] with every problem of every file: what is no sound classifier, and which of the
/// nineteen is missing.
pub fn read_folder(folder: &Path) -> Result<Vec<ClassifierFile>, Refused> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) => {
            return Err(Refused(vec![Problem {
                file: folder.display().to_string(),
                line: None,
                message: format!("the folder cannot be read: {e}"),
                remedy: "make it readable, or give another home with --home".into(),
            }]));
        }
    };
    let mut paths: Vec<_> = entries
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .filter(|p| !p.file_name().is_some_and(left_alone::is_left_alone))
        .collect();
    paths.sort();
    for path in paths {
        match read_file(&path) {
            Ok(file) => files.push(file),
            Err(mut found) => problems.append(&mut found),
        }
    }
    for classifier in Classifier::ALL {
        let name = format!("{}.toml", classifier.name());
        let there = folder.join(&name).exists();
        if !there {
            problems.push(Problem {
                file: name,
                line: None,
                message: "this classifier of the contract is missing".into(),
                remedy: "put the file back; the shipped one can be had from an empty home: `kycdrop once --home EMPTY_FOLDER` writes all nineteen".into(),
            });
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(Refused(problems))
    }
}

fn read_file(path: &Path) -> Result<ClassifierFile, Vec<Problem>> {
    let file = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let whole = |message: String, remedy: &str| {
        vec![Problem {
            file: file.clone(),
            line: None,
            message,
            remedy: remedy.into(),
        }]
    };
    match std::fs::metadata(path) {
        Ok(m) if !m.is_file() => {
            return Err(whole(
                "is no regular file".into(),
                "only regular files are read here",
            ));
        }
        Ok(m) if m.len() > LARGEST => {
            return Err(whole(
                format!("is larger than {LARGEST} bytes"),
                "split it into several classifiers",
            ));
        }
        _ => {}
    }
    match std::fs::read(path) {
        Err(e) => Err(whole(format!("cannot be read: {e}"), "make it readable")),
        Ok(bytes) => match String::from_utf8(bytes) {
            Err(e) => {
                let at = Position::of(e.as_bytes(), e.utf8_error().valid_up_to());
                let mut found = whole("is not UTF-8".into(), "save the file as UTF-8");
                found[0].line = Some(at.line);
                Err(found)
            }
            Ok(text) => parse_file(&file, &text),
        },
    }
}

/// Reads one classifier from the text of its file, named `name.toml`.
///
/// # Errors
/// Every problem found, each with its line.
pub fn parse_file(file: &str, text: &str) -> Result<ClassifierFile, Vec<Problem>> {
    let mut reader = Reader {
        file,
        text,
        problems: Vec::new(),
    };
    let read = reader.read();
    if reader.problems.is_empty() {
        Ok(read)
    } else {
        Err(reader.problems)
    }
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    problems: Vec<Problem>,
}

type Entry<'i, 't> = (
    &'i Spanned<std::borrow::Cow<'t, str>>,
    &'i Spanned<DeValue<'t>>,
);

impl<'t> Reader<'t> {
    fn problem(&mut self, at: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: Some(Position::of(self.text.as_bytes(), at.start).line),
            message: message.into(),
            remedy: remedy.into(),
        });
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
                "the file's name is no name for a classifier",
                "use letters, digits, - and _ only",
            );
        }
        let table = match DeTable::parse(self.text) {
            Ok(table) => table,
            Err(e) => {
                let remedy = if e.message().contains("duplicate key") {
                    "a code or a key may stand once only: remove one of the two"
                } else {
                    "mend the line; `CODE = \"name\"` is the form of a value"
                };
                self.problem(e.span().unwrap_or(0..0), e.message(), remedy);
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
                "add title = \"...\" in front of [values]",
            );
        }
        match values {
            Some(entries) => self.values(entries, &mut out),
            None => self.problem(
                0..0,
                "[values] is missing",
                "add [values], even when no value is to follow",
            ),
        }
        out
    }

    fn string(&mut self, value: &Spanned<DeValue<'t>>, what: &str) -> Option<String> {
        match value.get_ref().as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.problem(
                    value.span(),
                    format!("{what} is no text"),
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
                    format!("{what} is no table"),
                    format!("write [{what}] on a line of its own"),
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
                                    format!("{path} holds no text and cannot be bound")
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
                    "its keys are fields and additional_values, each a list of texts",
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
                format!("{what} is no list"),
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
                    "a code is blank, or has white space around it",
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
                                    format!("attribute {} is no text, whole number or boolean", key.get_ref()),
                                    "write it as text, in quotation marks",
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
                    "the keys of a value are name, retired and attributes; anything of your own goes into attributes",
                ),
            }
        }
    }

    fn retired(&mut self, value: &Spanned<DeValue<'t>>, row: &mut ValueRow) {
        match value.get_ref() {
            DeValue::Boolean(retired) => row.retired = *retired,
            DeValue::Datetime(when) if when.date.is_some() && when.time.is_none() => {
                let day = when.to_string();
                // A day to come retires the value then: the set is loaded anew with each day, and
                // gets another hash.
                row.retired = *day <= *clock::day(&clock::now());
                row.retired_on = Some(day);
            }
            _ => self.problem(
                value.span(),
                format!("retired of {} is neither true, false nor a day", row.code),
                "write retired = true, or the first day without the value: retired = 2025-01-31",
            ),
        }
    }

    /// The attributes of a risk management category decide where it may be given.
    fn category(&mut self, at: Range<usize>, row: &mut ValueRow) {
        let allowed: [(&str, &[&str]); 2] = [
            ("entity_type", &["INDIVIDUAL", "ORGANIZATION"]),
            ("kind", &["regular", "lead", "simplified"]),
        ];
        for (name, values) in allowed {
            let sound = match row.attributes.get(name) {
                None => true,
                Some(given) => given.as_str().is_some_and(|g| values.contains(&g)),
            };
            if !sound {
                self.problem(
                    at.clone(),
                    format!("{name} of the category {} is none of its values", row.code),
                    format!("write one of {}, or leave it out", values.join(", ")),
                );
            }
        }
        row.attributes
            .entry("kind")
            .or_insert_with(|| Value::from("regular"));
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
    match catalog::nearest(path, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}? All fields stand in docs/FIELDS.md"),
        None => "write Object.field, as in docs/FIELDS.md: Customer.nationalCode".into(),
    }
}
