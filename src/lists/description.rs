//! The description of a list: the TOML file beside its data.
//!
//! ```toml
//! title = "Sanctions of the United Nations"
//! process = "SANCTIONS"
//! format = "un"
//! file = "consolidated.xml"
//! max_age_days = 14
//! ```

use std::collections::BTreeMap;
use std::path::{Component, Path};

use chrono::NaiveDate;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Value;
use toml::value::Datetime;

use crate::catalog::ScreeningProcess;
use crate::position::Position;
use crate::text::did_you_mean;

use super::table::Role;

/// The form of a list's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `targets.simple.csv` of OpenSanctions.
    OpensanctionsSimple,
    /// FollowTheMoney in JSON lines: `entities.ftm.json` and `targets.nested.json` of OpenSanctions.
    Ftm,
    /// Senzing in JSON lines.
    Senzing,
    /// `sdn.csv` and `alt.csv` of OFAC, or those of its consolidated list.
    Ofac,
    /// The consolidated list of the United Nations, in XML.
    Un,
    /// The consolidated financial sanctions of the European Union, in CSV.
    Eu,
    /// A table of the institution's own.
    Csv,
}

/// What a description says, checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The title for people.
    #[serde(deserialize_with = "title")]
    pub title: String,
    /// The processes that the list is screened for.
    #[serde(rename = "process", deserialize_with = "processes")]
    pub processes: Vec<ScreeningProcess>,
    /// The form of its files.
    pub format: Format,
    /// The paths of its files from the folder of the lists.
    #[serde(rename = "file", deserialize_with = "files")]
    pub files: Vec<String>,
    /// The score from which on a hit is shown to a person, from 0 to 1; None: that of the settings.
    #[serde(default, deserialize_with = "threshold")]
    pub threshold: Option<f64>,
    /// How many days old the list may be.
    pub max_age_days: Option<u32>,
    /// The day that the list is from, where its files give none.
    #[serde(default, deserialize_with = "date")]
    pub date: Option<NaiveDate>,
    /// Fewer entries are refused; without it, a fifth less than before.
    pub min_entries: Option<u64>,
    /// Only entries of these topics; empty: of all.
    #[serde(default, deserialize_with = "strings")]
    pub(super) topics: Vec<String>,
    /// The columns of an own table by what they have, if they are named.
    pub(super) columns: Option<BTreeMap<Role, Names>>,
    #[serde(default, deserialize_with = "separator")]
    separator: Option<u8>,
}

/// Names of columns.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Names(#[serde(deserialize_with = "strings")] pub(super) Vec<String>);

impl Description {
    /// Reads the text of a description.
    ///
    /// # Errors
    /// What is wrong first, with its line and how it is to be.
    pub fn parse(text: &str) -> Result<Description, String> {
        let read: Description = toml::from_str(text).map_err(|e| Position::of_toml(text, &e))?;
        let Some((key, what)) = read.misplaced() else {
            return Ok(read);
        };
        let begins = |line: &str| line.trim_start_matches([' ', '\t', '[']).starts_with(key);
        let line = text.lines().position(begins).unwrap_or(0) + 1;
        Err(format!("line {line}: {key} {what}"))
    }

    /// A key that does not go with the format, and why.
    fn misplaced(&self) -> Option<(&'static str, &'static str)> {
        let is_json = matches!(self.format, Format::Ftm | Format::Senzing);
        let is_csv = self.format == Format::Csv;
        let named = self.columns.as_ref();
        if self.format == Format::Ofac && self.files.len() < 2 {
            let what = "is one file: OFAC has other names in a second one; write file = [\"sdn.csv\", \"alt.csv\"]";
            Some(("file", what))
        } else if !self.topics.is_empty() && !is_json {
            Some((
                "topics",
                "is for the formats ftm and senzing: leave it out here",
            ))
        } else if named.is_some() && !is_csv {
            Some(("columns", "is for the format csv: leave it out here"))
        } else if self.separator.is_some() && !is_csv {
            Some(("separator", "is for the format csv: leave it out here"))
        } else if named.is_some_and(|named| !named.contains_key(&Role::Name)) {
            Some(("columns", "says no name: write name = \"...\" below it"))
        } else {
            None
        }
    }

    /// What is between the columns of its tables.
    pub(super) fn separator(&self) -> u8 {
        match self.format {
            Format::Eu => b';',
            _ => self.separator.unwrap_or(b','),
        }
    }
}

fn title<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match String::deserialize(from)? {
        blank if blank.trim().is_empty() => {
            Err(Error::custom("title is blank: name the list for people"))
        }
        title => Ok(title),
    }
}

/// A string, or a list of them.
fn strings<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let wrong = |other: Value| {
        let found = other.type_str();
        Error::custom(format!(
            "invalid type: {found}, expected a string or a list of strings"
        ))
    };
    let string = |value| match value {
        Value::String(text) => Ok(text),
        other => Err(wrong(other)),
    };
    let strings = match Value::deserialize(from)? {
        Value::Array(several) => several.into_iter().map(string).collect(),
        one => string(one).map(|one| vec![one]),
    };
    strings.and_then(|strings: Vec<String>| match strings.is_empty() {
        true => Err(Error::custom(
            "an empty list says nothing: leave the key out, or name something",
        )),
        false => Ok(strings),
    })
}

fn processes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ScreeningProcess>, D::Error> {
    let process = |word: &String| {
        ScreeningProcess::from_name(word).ok_or_else(|| {
            let hint = did_you_mean(word, ScreeningProcess::NAMES.iter().copied());
            let all = || format!("write one of {}", ScreeningProcess::NAMES.join(", "));
            Error::custom(format!(
                "there is no process {word}: {}",
                hint.unwrap_or_else(all)
            ))
        })
    };
    strings(from)?.iter().map(process).collect()
}

fn files<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let is_below = |file: &String| {
        let mut parts = Path::new(file).components().peekable();
        parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
    };
    let files = strings(from)?;
    match files.iter().find(|file| !is_below(file)) {
        None => Ok(files),
        Some(file) => Err(Error::custom(format!(
            "file {file:?} does not lie in the folder of the lists: name it from there, without .."
        ))),
    }
}

fn threshold<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    match f64::deserialize(from)? {
        score if (0.0..=1.0).contains(&score) => Ok(Some(score)),
        _ => Err(Error::custom("threshold is not between 0 and 1")),
    }
}

fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    let day = Datetime::deserialize(from)?.to_string().parse();
    day.map(Some)
        .map_err(|_| Error::custom("date is not a day: write date = 2026-01-31"))
}

fn separator<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    match String::deserialize(from)?.as_bytes() {
        [byte @ (b',' | b';' | b'\t' | b'|')] => Ok(Some(*byte)),
        _ => Err(Error::custom(
            "separator is not one of \",\", \";\", \"\\t\" and \"|\"",
        )),
    }
}
