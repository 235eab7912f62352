//! Tables with a header: `targets.simple.csv` of OpenSanctions, the CSV of the European Union, and an
//! institution's own. They differ in the names of their columns.

use csv::ByteRecord;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::screening::Quality;
use crate::text::{did_you_mean, shortened};

use super::description::{Description, Format};
use super::entries::{Entries, subject};
use super::refusal::Fault;
use super::source::{Rows, Source};

/// What a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// Several make one id.
    Id,
    Schema,
    /// Several make one name.
    Name,
    Aliases,
    WeakAliases,
    BirthDate,
    Country,
    Reason,
    /// What a name is made of where its own column is empty.
    #[serde(skip)]
    Part,
    /// The day that the list was made.
    #[serde(skip)]
    Made,
}

const SIMPLE: &[(Role, &str)] = &[
    (Role::Id, "id"),
    (Role::Schema, "schema"),
    (Role::Name, "name"),
    (Role::Aliases, "aliases"),
    (Role::BirthDate, "birth_date"),
    (Role::Country, "countries"),
    (Role::Reason, "sanctions"),
    (Role::Reason, "dataset"),
    (Role::Made, "last_seen"),
];

const EU: &[(Role, &str)] = &[
    (Role::Id, "Entity_LogicalId"),
    (Role::Schema, "Entity_SubjectType"),
    (Role::Schema, "Entity_SubjectType_ClassificationCode"),
    (Role::Name, "NameAlias_WholeName"),
    (Role::Part, "NameAlias_FirstName"),
    (Role::Part, "NameAlias_MiddleName"),
    (Role::Part, "NameAlias_LastName"),
    (Role::BirthDate, "BirthDate_BirthDate"),
    (Role::BirthDate, "BirthDate_Year"),
    (Role::Country, "Citizenship_CountryIso2Code"),
    (Role::Country, "Address_CountryIso2Code"),
    (Role::Reason, "Entity_Regulation_Programme"),
    (Role::Made, "fileGenerationDate"),
];

/// An own table whose description names no columns.
const OWN: &[(Role, &str)] = &[
    (Role::Id, "id"),
    (Role::Schema, "schema"),
    (Role::Name, "name"),
    (Role::Aliases, "aliases"),
    (Role::WeakAliases, "weak_aliases"),
    (Role::BirthDate, "birth_date"),
    (Role::Country, "country"),
    (Role::Reason, "reason"),
];

/// Reads one file.
pub(super) fn read(
    description: &Description,
    source: Source<'_>,
    entries: &mut Entries,
) -> Result<(), Fault> {
    let mut rows = Rows::new(source, description.separator());
    // The number of entries then tells whether an own table is whole.
    rows.may_end_openly = description.format == Format::Csv && description.min_entries.is_some();
    let Some((line, header)) = rows.next()? else {
        return Err(Fault::whole(
            "is empty: it has not even the names of its columns",
        ));
    };
    let places = places(description, &texts(line, header)?)?;
    while let Some((line, row)) = rows.next()? {
        let row = texts(line, row)?;
        if row.iter().any(|cell| !cell.is_empty()) {
            one(description.format, &places, (line, &row), entries)?;
        }
    }
    Ok(())
}

/// Where the columns are. Those of the id and the name must be there, and all that the description names.
fn places(description: &Description, header: &[&str]) -> Result<Vec<(Role, usize)>, Fault> {
    let must = |role| matches!(role, Role::Id | Role::Name);
    let columns: Vec<(Role, &str, bool)> = match (description.format, &description.columns) {
        (Format::Csv, Some(named)) => named
            .iter()
            .flat_map(|(role, names)| names.0.iter().map(|name| (*role, name.as_str(), true)))
            .collect(),
        // Rows of an own table need no id.
        (Format::Csv, None) => OWN
            .iter()
            .map(|(role, name)| (*role, *name, *role == Role::Name))
            .collect(),
        (Format::Eu, _) => EU
            .iter()
            .map(|(role, name)| (*role, *name, must(*role)))
            .collect(),
        _ => SIMPLE
            .iter()
            .map(|(role, name)| (*role, *name, must(*role)))
            .collect(),
    };
    let mut places = Vec::new();
    for (role, name, must) in columns {
        match header
            .iter()
            .position(|h| h.to_lowercase() == name.to_lowercase())
        {
            Some(at) => places.push((role, at)),
            None if must => {
                let hint = did_you_mean(name, header.iter().copied()).unwrap_or_else(|| {
                    format!("its columns are {}", shortened(&header.join(", "), 200))
                });
                return Err(Fault::at(1, format!("there is no column {name}: {hint}")));
            }
            None => {}
        }
    }
    Ok(places)
}

fn texts(line: u64, row: &ByteRecord) -> Result<Vec<&str>, Fault> {
    let not_text = |_| Fault::at(line, "is not UTF-8: save it as CSV in UTF-8");
    row.iter()
        .map(|cell| Ok(std::str::from_utf8(cell).map_err(not_text)?.trim()))
        .collect()
}

fn one(
    format: Format,
    places: &[(Role, usize)],
    (line, row): (u64, &[&str]),
    entries: &mut Entries,
) -> Result<(), Fault> {
    let cells = |role| -> Vec<&str> {
        let of_role = places.iter().filter(|(of, _)| *of == role);
        let cells = of_role.filter_map(|(_, at)| row.get(*at).copied());
        cells.filter(|cell| !cell.is_empty()).collect()
    };
    cells(Role::Made)
        .iter()
        .for_each(|moment| entries.dated(moment));
    let Some(subject) = subject(cells(Role::Schema).first().unwrap_or(&"")) else {
        entries.left_out += 1;
        return Ok(());
    };
    let id = match places.iter().any(|(role, _)| *role == Role::Id) {
        true => cells(Role::Id).join("-"),
        // The same row has the same id tomorrow.
        false => crate::hex(&Sha256::digest(row.join("\u{1f}")))
            .chars()
            .take(16)
            .collect(),
    };
    let mut entry = entries.entry(line, &id, subject)?;
    let name = Some(cells(Role::Name)).filter(|name| !name.is_empty());
    let is_first = entry.entity.names.is_empty();
    entry.name(
        &name.unwrap_or_else(|| cells(Role::Part)).join(" "),
        if is_first {
            Quality::Primary
        } else {
            Quality::Alias
        },
    )?;
    for (role, quality) in [
        (Role::Aliases, Quality::Alias),
        (Role::WeakAliases, Quality::Weak),
    ] {
        cells(role)
            .into_iter()
            .try_for_each(|names| entry.names(names, quality))?;
    }
    // In the table of the European Union other rows have it; of a published list one such row is no
    // reason to have none.
    if entry.entity.names.is_empty() && format == Format::Csv {
        return Err(Fault::at(line, "an entry has no name"));
    }
    cells(Role::BirthDate)
        .into_iter()
        .try_for_each(|date| entry.born(date))?;
    cells(Role::Country)
        .into_iter()
        .for_each(|country| entry.countries(country));
    cells(Role::Reason)
        .into_iter()
        .for_each(|reason| entry.remark(reason));
    Ok(())
}
