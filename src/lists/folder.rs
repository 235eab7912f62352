//! The lists of a folder: each description with its data files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use crate::hashing::HashingReader;
use crate::left_alone::is_left_alone;
use crate::regular_file;
use crate::screening::Folds;
use crate::trouble::{Kind, Result as Outcome, Trouble};

use super::description::{Description, Format};
use super::entries::Entries;
use super::ofac::Ofac;
use super::refusal::{Fault, Refusal};
use super::source::Source;
use super::{Content, List, Lists, Previous, json, table, un};

/// The most bytes of a description.
const MAX_DESCRIPTION: u64 = 1 << 20;

/// Of a list that had fewer entries before, one that is gone is no sign of half a file.
const FEW: u64 = 10;

/// A data file to be read.
pub struct Opened<'r> {
    /// Its bytes.
    pub bytes: Box<dyn Read + 'r>,
    /// The day (UTC) on which it was written.
    pub written: NaiveDate,
}

/// Reads every list of a folder, for the day `today` (UTC). `before` has how many entries a list of a
/// name had when it was used last, where that is known.
///
/// # Errors
/// When the folder itself cannot be read. What is wrong with a list is in the list.
pub fn read_folder(
    folder: &Path,
    today: NaiveDate,
    before: &BTreeMap<String, Previous>,
) -> Outcome<Lists> {
    each_list(folder, |file| read_described(folder, file, today, before))
}

/// The lists of a folder, each as `read` gives it by the name of its description's file.
///
/// # Errors
/// As [`read_folder`].
pub fn each_list(folder: &Path, mut read: impl FnMut(&str) -> List) -> Outcome<Lists> {
    let trouble = |e: &io::Error| Trouble::io("reading", folder, e);
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(|e| trouble(&e))? {
        let entry = entry.map_err(|e| trouble(&e))?;
        let is_file = entry.path().is_file() || is_description(&entry.path());
        if is_file && !is_left_alone(&entry.file_name()) {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    let mut lists = Lists::default();
    let mut described = BTreeSet::new();
    for file in names.iter().filter(|name| is_description(Path::new(name))) {
        let list = read(file);
        described.insert(file.clone());
        described.extend(list.description.iter().flat_map(|d| d.files.clone()));
        lists.all.push(list);
    }
    // A description that is not sound may mention any of them.
    if lists.all.iter().all(|list| list.description.is_some()) {
        let is_no_data =
            |name: &String| name == FOLDS || name.to_ascii_lowercase().starts_with("readme");
        names.retain(|name| !described.contains(name) && !is_no_data(name));
        lists.undescribed = names.into_iter().collect();
    }
    Ok(lists)
}

/// What the institution knows of names, in the folder of the lists: not a list.
pub const FOLDS: &str = "folds.toml";

/// Reads every `*.csv` of a folder without descriptions, in the columns of OpenSanctions'
/// `targets.simple.csv`.
///
/// # Errors
/// As [`read_folder`].
pub fn read_undescribed(folder: &Path, today: NaiveDate) -> Outcome<Lists> {
    let mut lists = read_folder(folder, today, &BTreeMap::new())?;
    for file in std::mem::take(&mut lists.undescribed) {
        let Some(name) = file.strip_suffix(".csv") else {
            continue;
        };
        let description = format!(
            "title = {name:?}\nprocess = \"SANCTIONS\"\nformat = \"opensanctions-simple\"\nfile = {file:?}\n"
        );
        let open = |file: &str| open(&folder.join(file));
        lists
            .all
            .push(read_list(name, &description, today, None, open));
    }
    Ok(lists)
}

/// The folds of a folder of lists: the shipped ones, with what its `folds.toml` adds.
///
/// # Errors
/// When that file cannot be read, or is not of the form.
pub fn folds(folder: &Path) -> Outcome<Folds> {
    let own = folder.join("folds.toml");
    let text = match regular_file::read_text(&own, MAX_DESCRIPTION)? {
        None => return Ok(Folds::shipped()),
        Some(text) => text,
    };
    Folds::of_toml(&text).map_err(|e| {
        let what = format!("{}: {e}", own.display());
        Trouble::new(Kind::Setup, what, "docs/SCREENING.md has what it may hold")
    })
}

/// Whether a name in the folder is that of a description.
pub fn is_description(path: &Path) -> bool {
    let name = path.file_name();
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("toml"))
        && !name.is_some_and(|name| is_left_alone(name) || name == FOLDS)
}

/// Reads the list that is described by this file of the folder, as [`read_folder`] does.
pub fn read_described(
    folder: &Path,
    file: &str,
    today: NaiveDate,
    before: &BTreeMap<String, Previous>,
) -> List {
    let name = file
        .get(..file.len().saturating_sub(".toml".len()))
        .unwrap_or(file);
    let text = match regular_file::read(&folder.join(file), MAX_DESCRIPTION) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| Refusal::Description(format!("{file} is not UTF-8"))),
        Err(e) => Err(Fault::Io(e).of_file(file)),
    };
    match text {
        Err(refusal) => List {
            name: name.to_owned(),
            description: None,
            content: Err(refusal),
        },
        Ok(text) => read_list(name, &text, today, before.get(name), |file| {
            open(&folder.join(file))
        }),
    }
}

fn open(path: &Path) -> io::Result<Opened<'static>> {
    let file = regular_file::open(path, OpenOptions::new().read(true))?;
    let written: DateTime<Utc> = file
        .metadata()?
        .modified()
        .unwrap_or(SystemTime::UNIX_EPOCH)
        .into();
    Ok(Opened {
        bytes: Box::new(file),
        written: written.date_naive(),
    })
}

/// Reads one list from the text of its description, `name.toml`, and the files that `open` gives by
/// the names in it.
pub fn read_list<'r>(
    name: &str,
    text: &str,
    today: NaiveDate,
    before: Option<&Previous>,
    open: impl Fn(&str) -> io::Result<Opened<'r>>,
) -> List {
    let (description, content) = match Description::parse(text) {
        Err(what) => (
            None,
            Err(Refusal::Description(format!("{name}.toml: {what}"))),
        ),
        Ok(description) => {
            let read = read_files(&description, text, &open);
            let content = read.and_then(|read| accept(&description, read, today, before));
            (Some(description), content)
        }
    };
    List {
        name: name.to_owned(),
        description,
        content,
    }
}

/// What all files of a list say together.
struct Reading {
    entries: Entries,
    version: String,
    /// The day on which the oldest of the files was written.
    written: NaiveDate,
}

fn read_files<'r>(
    description: &Description,
    text: &str,
    open: &impl Fn(&str) -> io::Result<Opened<'r>>,
) -> Result<Reading, Refusal> {
    let mut version = Sha256::new();
    version.update(Sha256::digest(text.as_bytes()));
    let mut entries = Entries::default();
    let mut ofac = Ofac::default();
    let mut written = NaiveDate::MAX;
    for file in &description.files {
        let refuse = |fault: Fault| fault.of_file(file);
        let opened = open(file).map_err(|e| refuse(Fault::Io(e)))?;
        written = written.min(opened.written);
        let mut hashing = HashingReader::new(opened.bytes);
        let source = Source::new(&mut hashing).map_err(refuse)?;
        match description.format {
            Format::OpensanctionsSimple | Format::Eu | Format::Csv => {
                table::read(description, source, &mut entries)
            }
            Format::Ftm | Format::Senzing => json::read(description, source, &mut entries),
            Format::Ofac => ofac.read(source, &mut entries),
            Format::Un => un::read(source, &mut entries),
        }
        .map_err(refuse)?;
        version.update(hashing.end().sha256);
    }
    if let (Format::Ofac, Some(first)) = (description.format, description.files.first()) {
        ofac.end(&mut entries)
            .map_err(|fault| fault.of_file(first))?;
    }
    Ok(Reading {
        entries: entries.named(),
        version: crate::hex(&version.finalize()),
        written,
    })
}

/// Refuses what was read whole and is still not to be used.
fn accept(
    description: &Description,
    read: Reading,
    today: NaiveDate,
    before: Option<&Previous>,
) -> Result<Content, Refusal> {
    let now = read.entries.entities.len() as u64;
    let before = before
        .map(|before| before.entries)
        .filter(|before| *before >= FEW);
    let least = description
        .min_entries
        .or(before.map(|before| before.saturating_mul(4).div_ceil(5)));
    if let Some(least) = least.filter(|least| now < *least) {
        return Err(Refusal::Shrunk { least, now });
    }
    if now == 0 {
        return Err(Refusal::Empty);
    }
    // A clock that runs ahead elsewhere is no reason to refuse a file.
    let date = read
        .entries
        .date
        .or(description.date)
        .unwrap_or(read.written.min(today));
    let age_days = age(description, date, today)?;
    let entities = read.entries.entities;
    Ok(Content {
        version: read.version,
        date,
        age_days,
        entries: now,
        names: entities.iter().map(|e| e.names.len() as u64).sum(),
        left_out: read.entries.left_out,
        entities,
    })
}

/// The age in days of a list of this date, where that is allowed.
pub(super) fn age(
    description: &Description,
    date: NaiveDate,
    today: NaiveDate,
) -> Result<u32, Refusal> {
    if date.signed_duration_since(today).num_days() > 1 {
        return Err(Refusal::FromTheFuture { date });
    }
    let age_days = u32::try_from(today.signed_duration_since(date).num_days()).unwrap_or(0);
    match description.max_age_days.filter(|max| age_days > *max) {
        Some(max_age_days) => Err(Refusal::TooOld {
            date,
            age_days,
            max_age_days,
        }),
        None => Ok(age_days),
    }
}
