//! JSON lines: FollowTheMoney, whole or nested, and Senzing. Of an entity only what is compared is read.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::screening::{Quality, Subject};

use super::description::{Description, Format};
use super::entries::{Entries, subject};
use super::refusal::Fault;
use super::source::{Lines, Source};

/// An entity of FollowTheMoney.
#[derive(Deserialize)]
struct Ftm<'j> {
    #[serde(borrow, default)]
    id: Cow<'j, str>,
    #[serde(borrow, default)]
    schema: Cow<'j, str>,
    target: Option<bool>,
    #[serde(borrow, default)]
    last_seen: Option<Cow<'j, str>>,
    #[serde(default)]
    properties: Properties,
    /// Of a file of changes.
    op: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Properties {
    name: Vec<String>,
    alias: Vec<String>,
    previous_name: Vec<String>,
    weak_alias: Vec<String>,
    birth_date: Vec<String>,
    country: Vec<String>,
    nationality: Vec<String>,
    citizenship: Vec<String>,
    jurisdiction: Vec<String>,
    topics: Vec<String>,
    program: Vec<String>,
}

/// An entity of Senzing.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Senzing {
    record_id: String,
    /// Null: neither a person nor an organisation.
    #[serde(default = "not_said")]
    record_type: Option<String>,
    #[serde(default)]
    names: Vec<Name>,
    #[serde(default)]
    risks: Vec<Risk>,
    #[serde(default)]
    dates: Vec<Dates>,
    #[serde(default)]
    countries: Vec<HashMap<String, Value>>,
}

fn not_said() -> Option<String> {
    Some(String::new())
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
struct Name {
    name_type: String,
    name_full: String,
    name_org: String,
    name_first: String,
    name_middle: String,
    name_last: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Risk {
    #[serde(default)]
    topic: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
struct Dates {
    date_of_birth: String,
}

/// Reads one file.
pub(super) fn read(
    description: &Description,
    source: Source<'_>,
    entries: &mut Entries,
) -> Result<(), Fault> {
    let mut lines = Lines::new(source);
    while let Some((line, json)) = lines.next()? {
        match description.format {
            Format::Senzing => senzing(description, line, parsed(line, json)?, entries)?,
            _ => ftm(description, line, parsed(line, json)?, entries)?,
        }
    }
    Ok(())
}

fn parsed<'j, T: Deserialize<'j>>(line: u64, json: &'j [u8]) -> Result<T, Fault> {
    serde_json::from_slice(json).map_err(|e| {
        let what = match e.is_eof() {
            true => "the JSON ends too early: each line is one entity, and this one is cut off"
                .to_owned(),
            false => format!("is not an entity in JSON: {e}"),
        };
        Fault::at(line, what)
    })
}

/// Whether any of an entry's topics is one that the description asks for: the same, or one below it
/// where it ends in `.*`.
fn is_asked_for<'t>(description: &Description, mut topics: impl Iterator<Item = &'t str>) -> bool {
    topics.any(|topic| {
        description
            .topics
            .iter()
            .any(|asked| match asked.strip_suffix(".*") {
                Some(above) => topic
                    .strip_prefix(above)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
                None => topic == asked,
            })
    })
}

fn ftm(
    description: &Description,
    line: u64,
    read: Ftm<'_>,
    entries: &mut Entries,
) -> Result<(), Fault> {
    if read.op.is_some() {
        return Err(Fault::at(
            line,
            "has the changes of a list, not the list: use entities.ftm.json or targets.nested.json",
        ));
    }
    if read.id.is_empty() || read.schema.is_empty() {
        return Err(Fault::at(line, "is no entity: it has no id or no schema"));
    }
    read.last_seen.iter().for_each(|seen| entries.dated(seen));
    let all = &read.properties;
    let wanted = match description.topics.is_empty() {
        true => read.target != Some(false),
        false => is_asked_for(description, all.topics.iter().map(String::as_str)),
    };
    let names = [&all.name, &all.alias, &all.previous_name, &all.weak_alias];
    let Some(subject) =
        subject(&read.schema).filter(|_| wanted && names.iter().any(|n| !n.is_empty()))
    else {
        entries.left_out += 1;
        return Ok(());
    };
    let mut entry = entries.entry(line, &read.id, subject)?;
    let qualities = [
        Quality::Primary,
        Quality::Alias,
        Quality::Alias,
        Quality::Weak,
    ];
    for (names, quality) in names.into_iter().zip(qualities) {
        names
            .iter()
            .try_for_each(|name| entry.name(name, quality))?;
    }
    all.birth_date
        .iter()
        .try_for_each(|date| entry.born(date))?;
    for countries in [
        &all.nationality,
        &all.citizenship,
        &all.country,
        &all.jurisdiction,
    ] {
        countries
            .iter()
            .for_each(|country| entry.countries(country));
    }
    all.topics
        .iter()
        .chain(&all.program)
        .for_each(|why| entry.remark(why));
    Ok(())
}

fn senzing(
    description: &Description,
    line: u64,
    read: Senzing,
    entries: &mut Entries,
) -> Result<(), Fault> {
    let topics = || read.risks.iter().map(|risk| risk.topic.as_str());
    let wanted = description.topics.is_empty() || is_asked_for(description, topics());
    let kind: Option<Subject> = read.record_type.as_deref().and_then(subject);
    let Some(subject) = kind.filter(|_| wanted) else {
        entries.left_out += 1;
        return Ok(());
    };
    let mut entry = entries.entry(line, &read.record_id, subject)?;
    for name in &read.names {
        let quality = match name.name_type.as_str() {
            "PRIMARY" | "" => Quality::Primary,
            kind if ["WEAK", "LOW", "NICK"]
                .iter()
                .any(|weak| kind.contains(weak)) =>
            {
                Quality::Weak
            }
            _ => Quality::Alias,
        };
        let parts = [&name.name_first, &name.name_middle, &name.name_last].map(String::as_str);
        for text in [&name.name_full, &name.name_org, &parts.join(" ")] {
            entry.name(text, quality)?;
        }
    }
    read.dates
        .iter()
        .try_for_each(|date| entry.born(&date.date_of_birth))?;
    let countries = read.countries.iter().flat_map(HashMap::values);
    countries
        .filter_map(Value::as_str)
        .for_each(|country| entry.countries(country));
    topics().for_each(|topic| entry.remark(topic));
    Ok(())
}
