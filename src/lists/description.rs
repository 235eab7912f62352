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
use std::fmt;
use std::marker::PhantomData;
use std::path::{Component, Path};

use chrono::NaiveDate;
use serde::de::value::StrDeserializer;
use serde::de::{self, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::value::Datetime;

use crate::catalog::ScreeningProcess;
use crate::position::Position;
use crate::text::did_you_mean;

use super::table::Role;

/// The form of a list's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Format {
    /// `targets.simple.csv` of OpenSanctions.
    #[serde(rename = "opensanctions-simple")]
    OpensanctionsSimple,
    /// FollowTheMoney in JSON lines: `entities.ftm.json` and `targets.nested.json` of OpenSanctions.
    #[serde(rename = "ftm")]
    Ftm,
    /// Senzing in JSON lines.
    #[serde(rename = "senzing")]
    Senzing,
    /// `sdn.csv` and `alt.csv` of OFAC, or those of its consolidated list.
    #[serde(rename = "ofac")]
    Ofac,
    /// The consolidated list of the United Nations, in XML.
    #[serde(rename = "un")]
    Un,
    /// The consolidated financial sanctions of the European Union, in CSV.
    #[serde(rename = "eu")]
    Eu,
    /// A table of the institution's own.
    #[serde(rename = "csv")]
    Csv,
}

/// What a description says, checked.
#[derive(Clone, Debug)]
pub struct Description {
    /// The title for people.
    pub title: String,
    /// The processes that the list is screened for.
    pub processes: Vec<ScreeningProcess>,
    /// The form of its files.
    pub format: Format,
    /// The paths of its files from the folder of the lists.
    pub files: Vec<String>,
    /// The score from which on a hit is shown to a person, from 0 to 1; None: that of the settings.
    pub threshold: Option<f64>,
    /// How many days old the list may be.
    pub max_age_days: Option<u32>,
    /// The day that the list is from, where its files give none.
    pub date: Option<NaiveDate>,
    /// Fewer entries are refused; without it, a fifth less than before.
    pub min_entries: Option<u64>,
    /// Only entries of these topics; empty: of all.
    pub(super) topics: Vec<String>,
    /// The columns of an own table by what they have, if they are named.
    pub(super) columns: Option<Vec<(Role, String)>>,
    separator: Option<u8>,
}

/// The keys of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    title: Spanned<String>,
    process: Spanned<Several<Process>>,
    format: Format,
    file: Spanned<Several<String>>,
    threshold: Option<Spanned<f64>>,
    max_age_days: Option<Spanned<u32>>,
    date: Option<Spanned<Datetime>>,
    min_entries: Option<u64>,
    topics: Option<Spanned<Several<String>>>,
    columns: Option<Spanned<BTreeMap<Role, Several<String>>>>,
    separator: Option<Spanned<String>>,
}

impl Description {
    /// Reads the text of a description.
    ///
    /// # Errors
    /// What is wrong first, with its line and how it is to be.
    pub fn parse(text: &str) -> Result<Description, String> {
        let keys: Keys = toml::from_str(text).map_err(|e| Position::of_toml(text, &e))?;
        keys.check().map_err(|(at, what)| {
            let position = Position::of(text.as_bytes(), at);
            format!("{position}: {what}")
        })
    }

    /// What is between the columns of its tables.
    pub(super) fn separator(&self) -> u8 {
        let of_format = if self.format == Format::Eu {
            b';'
        } else {
            b','
        };
        self.separator.unwrap_or(of_format)
    }
}

impl Keys {
    /// The offset of what is wrong, and what.
    fn check(self) -> Result<Description, (usize, String)> {
        fn wrong<T, R>(at: &Spanned<T>, what: impl Into<String>) -> Result<R, (usize, String)> {
            Err((at.span().start, what.into()))
        }
        if self.title.get_ref().trim().is_empty() {
            return wrong(&self.title, "title is blank: name the list for people");
        }
        if self.process.get_ref().0.is_empty() {
            return wrong(&self.process, "process is empty: name one at least");
        }
        let files = &self.file.get_ref().0;
        if let Some(file) = files.iter().find(|file| !is_below(file)) {
            return wrong(
                &self.file,
                format!(
                    "file {file:?} does not lie in the folder of the lists: name it from there, without .."
                ),
            );
        }
        match (self.format, files.len()) {
            (_, 0) => return wrong(&self.file, "file is empty: name the file of the data"),
            (Format::Ofac, 1) => {
                return wrong(
                    &self.file,
                    "an OFAC list has its other names in a file of their own: write file = [\"sdn.csv\", \"alt.csv\"]",
                );
            }
            _ => {}
        }
        if let Some(threshold) = &self.threshold
            && !(0.0..=1.0).contains(threshold.get_ref())
        {
            return wrong(threshold, "threshold is not between 0 and 1");
        }
        if let Some(topics) = &self.topics
            && !matches!(self.format, Format::Ftm | Format::Senzing)
        {
            return wrong(
                topics,
                "topics are those of the formats ftm and senzing: leave them out here",
            );
        }
        let table = self.format == Format::Csv;
        if let Some(columns) = self.columns.as_ref().filter(|_| !table) {
            return wrong(
                columns,
                "columns are those of the format csv: leave them out here",
            );
        }
        if let Some(columns) = &self.columns
            && !columns.get_ref().contains_key(&Role::Name)
        {
            return wrong(columns, "columns says no name: write name = \"...\"");
        }
        let separator = match self
            .separator
            .as_ref()
            .map(|one| (one, one.get_ref().as_bytes()))
        {
            None => None,
            Some((one, _)) if !table => {
                return wrong(
                    one,
                    "separator is that of the format csv: leave it out here",
                );
            }
            Some((_, [byte @ (b',' | b';' | b'\t' | b'|')])) => Some(*byte),
            Some((one, _)) => {
                return wrong(
                    one,
                    "separator is not one of \",\", \";\", \"\\t\" and \"|\"",
                );
            }
        };
        let date = match &self.date {
            None => None,
            Some(date) => match date.get_ref().to_string().parse() {
                Ok(day) => Some(day),
                Err(_) => return wrong(date, "date is not a day: write date = 2026-01-31"),
            },
        };
        let topics = self.topics.map(|topics| topics.into_inner().0);
        Ok(Description {
            title: self.title.into_inner(),
            processes: self
                .process
                .into_inner()
                .0
                .into_iter()
                .map(|p| p.0)
                .collect(),
            format: self.format,
            files: self.file.into_inner().0,
            threshold: self.threshold.map(Spanned::into_inner),
            max_age_days: self.max_age_days.map(Spanned::into_inner),
            date,
            min_entries: self.min_entries,
            topics: topics.unwrap_or_default(),
            columns: self.columns.map(|columns| {
                let of_role = |(role, names): (Role, Several<String>)| {
                    names.0.into_iter().map(move |name| (role, name))
                };
                columns.into_inner().into_iter().flat_map(of_role).collect()
            }),
            separator,
        })
    }
}

fn is_below(file: &str) -> bool {
    let path = Path::new(file);
    let mut parts = path.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[derive(Clone, Copy)]
struct Process(ScreeningProcess);

impl<'de> Deserialize<'de> for Process {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Process, D::Error> {
        let word = String::deserialize(from)?;
        ScreeningProcess::from_name(&word)
            .map(Process)
            .ok_or_else(|| {
                let hint = did_you_mean(&word, ScreeningProcess::NAMES.iter().copied());
                let hint = hint.unwrap_or_else(|| {
                    format!("write one of {}", ScreeningProcess::NAMES.join(", "))
                });
                de::Error::custom(format!("there is no process {word}: {hint}"))
            })
    }
}

/// One value, or a list of them.
struct Several<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Several<T>, D::Error> {
        struct OneOrMore<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMore<T> {
            type Value = Several<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E: de::Error>(self, one: &str) -> Result<Several<T>, E> {
                let one: StrDeserializer<'_, E> = one.into_deserializer();
                Ok(Several(vec![T::deserialize(one)?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Several<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element()? {
                    all.push(one);
                }
                Ok(Several(all))
            }
        }
        from.deserialize_any(OneOrMore(PhantomData))
    }
}
