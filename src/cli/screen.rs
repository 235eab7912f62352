//! `screen`: names compared with the lists, one on the command line or those of a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::clock;
use crate::config::Home;
use crate::lists;
use crate::screening::{Entity, Hit, Index, Options, Query, Screener, Subject};
use crate::talk::note;
use crate::text::{counted, visible};
use crate::trouble::{Kind, Result, Trouble};

use super::output::TextFormat;
use super::screen_calibrate;
use super::screen_rows::{Format, Output};
use super::screening_page::short_version;

/// Arguments of `screen`.
#[derive(clap::Args)]
#[command(after_help = "\
FILE is CSV, or TSV if its first line has a tab. Its columns are found by their
header: query_id, and name, or first and last; if it has them, schema (Person,
Organization), dob and country. The output is in the order of the file.
docs/SCREENING.md says what is compared and what a score means.

Examples:
  kycdrop screen \"Jonas Petraitis\"
  kycdrop screen --schema Organization \"UAB Baltic Trade\" --lists ~/new-lists
  kycdrop screen --file customers.csv --min-score 0.8 > hits.csv
  kycdrop screen --calibrate")]
pub(super) struct Args {
    /// The name to look for
    #[arg(required_unless_present_any = ["file", "calibrate"], conflicts_with = "file")]
    name: Option<String>,

    /// Screen the names of a file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// How many of 1,000 standing customers have a hit, by score and list: text or json
    #[arg(long, conflicts_with_all = ["name", "file", "min_score", "best"])]
    calibrate: bool,

    /// What NAME is: Person, Organization, or anything else for either
    #[arg(
        long,
        value_name = "KIND",
        default_value = "Person",
        conflicts_with = "file"
    )]
    schema: String,

    /// The date of birth of NAME: YYYY, YYYY-MM or YYYY-MM-DD
    #[arg(long, value_name = "DATE", conflicts_with = "file")]
    dob: Option<String>,

    /// The country of NAME, in two letters
    #[arg(long, value_name = "CODE", conflicts_with = "file")]
    country: Option<String>,

    /// The folder of lists [default: lists in the home]
    #[arg(long, value_name = "DIR")]
    lists: Option<PathBuf>,

    /// The least score of a hit, 0 to 1
    #[arg(long, value_name = "SCORE", default_value_t = lists::THRESHOLD as f32, value_parser = score)]
    min_score: f32,

    /// The most hits of a name, the best ones
    #[arg(long, value_name = "N", default_value_t = 10)]
    best: usize,

    /// The output format [default: text for NAME on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

fn score(text: &str) -> Result<f32, String> {
    let score = text.parse().ok().filter(|s| (0.0..=1.0).contains(s));
    score.ok_or_else(|| "give a number from 0 to 1".into())
}

/// Lists with their index.
pub(super) struct Loaded {
    pub(super) index: Index,
    /// Each list, and its first entity.
    pub(super) lists: Vec<(UsedList, usize)>,
}

/// Which list it is, and which issue of it.
pub(super) struct UsedList {
    pub(super) name: String,
    /// The day that it is from.
    pub(super) date: String,
    /// A hash over its description and its files.
    pub(super) version: String,
}

impl UsedList {
    /// What is compared with it, for people.
    pub(super) fn says(&self) -> String {
        let name = visible(&self.name);
        format!(
            "{name} of {}, version {}",
            self.date,
            short_version(&self.version)
        )
    }
}

/// Whom to look for, as read.
pub(super) struct Asked {
    pub(super) id: String,
    name: String,
    subject: Subject,
    birth_date: String,
    countries: Vec<String>,
}

/// Screens the name, or the file.
pub(super) fn screen(home: &Home, args: &Args) -> Result<u8> {
    let folder = args
        .lists
        .clone()
        .unwrap_or_else(|| home.root.join("lists"));
    if args.calibrate {
        let format = match args.format {
            None | Some(Format::Text) => TextFormat::Text,
            Some(Format::Json) => TextFormat::Json,
            Some(Format::Csv | Format::Tsv) => {
                let what = "the formats of --calibrate are text and json";
                return Err(Trouble::new(Kind::Input, what, "give one of them"));
            }
        };
        screen_calibrate::calibrate(&super::history_of(home)?, &folder, format)?;
        return Ok(0);
    }
    let loaded = load(&folder)?;
    let options = Options {
        threshold: args.min_score,
        best: args.best,
    };
    let format = args.format.unwrap_or(
        match args.name.is_some() && std::io::stdout().is_terminal() {
            true => Format::Text,
            false => Format::Csv,
        },
    );
    let mut out = Output::new(format, &loaded);
    out.begin()?;
    if let Some(name) = &args.name {
        let asked = Asked {
            id: "1".to_owned(),
            name: name.clone(),
            subject: subject(&args.schema),
            birth_date: args.dob.clone().unwrap_or_default(),
            countries: countries(args.country.as_deref().unwrap_or_default()),
        };
        let hits = look_for(&mut loaded.index.screener(), &asked, &options);
        out.hits(&asked, &hits)?;
        if hits.is_empty() {
            note!(
                "no match at {} or above in {}",
                args.min_score,
                counted(loaded.index.names() as u64, "name", "names")
            );
        }
    } else if let Some(file) = &args.file {
        screen_file(file, &loaded, &options, &mut out)?;
    }
    out.end()?;
    Ok(0)
}

/// The lists of a folder in one index.
fn load(folder: &Path) -> Result<Loaded> {
    let (mut entities, mut lists) = (Vec::new(), Vec::new());
    for (list, content) in usable(folder)? {
        note!("compared with {}", list.says());
        lists.push((list, entities.len()));
        entities.extend(content);
    }
    Ok(Loaded {
        index: Index::build(entities, &lists::folds(folder)?),
        lists,
    })
}

/// The lists of a folder as their descriptions say, each with its entities. Where there is no description,
/// every `*.csv` is read in the columns of OpenSanctions' `targets.simple.csv`.
///
/// # Errors
/// When one is refused, or there is none.
pub(super) fn usable(folder: &Path) -> Result<Vec<(UsedList, Vec<Entity>)>> {
    let no_list = || {
        let what = format!("there is no list in {}", folder.display());
        let fix = "put one there, or give the folder with --lists; docs/LISTS.md has the formats";
        Trouble::new(Kind::Setup, what, fix)
    };
    if !folder.is_dir() {
        return Err(no_list());
    }
    let today = clock::utc_now().date_naive();
    let mut found = lists::read_folder(folder, today, &BTreeMap::new())?;
    if found.all.is_empty() {
        found = lists::read_undescribed(folder, today)?;
    }
    if let Some((list, refusal)) = found.refused().next() {
        let what = format!("the list {} is refused: {refusal}", list.name);
        return Err(Trouble::new(Kind::Setup, what, refusal.remedy()));
    }
    let all: Vec<_> = found
        .all
        .into_iter()
        .filter_map(|list| {
            let content = list.content.ok()?;
            let used = UsedList {
                name: list.name,
                date: content.date.to_string(),
                version: content.version,
            };
            Some((used, content.entities))
        })
        .collect();
    if all.iter().all(|(_, entities)| entities.is_empty()) {
        return Err(no_list());
    }
    Ok(all)
}

fn unread(file: &Path, e: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(Kind::Input, format!("reading {}: {e}", file.display()), "")
}

/// The places of columns by their names in the header.
fn columns(
    file: &Path,
    header: &csv::StringRecord,
    needed: &[&str],
) -> Result<impl Fn(&csv::StringRecord, &str) -> String> {
    let header: Vec<String> = header
        .iter()
        .map(|h| h.trim_start_matches('\u{feff}').trim().to_lowercase())
        .collect();
    if let Some(column) = needed.iter().find(|n| !header.iter().any(|h| h == *n)) {
        return Err(unread(
            file,
            &format!("its first line has no column {column}"),
        ));
    }
    Ok(move |record: &csv::StringRecord, column: &str| {
        let at = header.iter().position(|h| h == column);
        at.and_then(|at| record.get(at))
            .unwrap_or_default()
            .trim()
            .to_owned()
    })
}

fn subject(schema: &str) -> Subject {
    match schema.to_lowercase().as_str() {
        "person" | "individual" => Subject::Person,
        "organization" | "company" => Subject::Organization,
        _ => Subject::Unknown,
    }
}

fn countries(text: &str) -> Vec<String> {
    let codes = text
        .split([';', ' '])
        .map(str::trim)
        .filter(|c| !c.is_empty());
    codes.map(str::to_uppercase).collect()
}

fn look_for(screener: &mut Screener<'_>, asked: &Asked, options: &Options) -> Vec<Hit> {
    let countries: Vec<&str> = asked.countries.iter().map(String::as_str).collect();
    let query = Query {
        name: &asked.name,
        subject: asked.subject,
        birth_date: Some(asked.birth_date.as_str()).filter(|b| !b.is_empty()),
        countries: &countries,
    };
    screener.screen(&query, options)
}

/// Names that are read, screened and written together.
const TOGETHER: usize = 4096;

fn screen_file(
    file: &Path,
    loaded: &Loaded,
    options: &Options,
    out: &mut Output<'_>,
) -> Result<()> {
    let mut reader = BufReader::new(File::open(file).map_err(|e| unread(file, &e))?);
    let start = reader.fill_buf().map_err(|e| unread(file, &e))?;
    let tabs = start
        .iter()
        .take_while(|b| **b != b'\n')
        .any(|b| *b == b'\t');
    let mut builder = csv::ReaderBuilder::new();
    builder
        .delimiter(if tabs { b'\t' } else { b',' })
        .quoting(!tabs);
    let mut reader = builder.from_reader(reader);
    let header = reader.headers().map_err(|e| unread(file, &e))?.clone();
    let of = columns(file, &header, &["query_id"])?;
    let mut screeners: Vec<_> = (0..rayon::current_num_threads())
        .map(|_| loaded.index.screener())
        .collect();
    let share = TOGETHER.div_ceil(screeners.len().max(1));
    loop {
        let asked = some(file, &mut reader, &of)?;
        if asked.is_empty() {
            return Ok(());
        }
        let parts = asked.par_chunks(share).zip(screeners.par_iter_mut());
        let found: Vec<Vec<Vec<Hit>>> = parts
            .map(|(asked, screener)| {
                asked
                    .iter()
                    .map(|a| look_for(screener, a, options))
                    .collect()
            })
            .collect();
        for (asked, hits) in asked.iter().zip(found.iter().flatten()) {
            out.hits(asked, hits)?;
        }
    }
}

/// The next names of the file.
fn some(
    file: &Path,
    reader: &mut csv::Reader<impl Read>,
    of: &impl Fn(&csv::StringRecord, &str) -> String,
) -> Result<Vec<Asked>> {
    let records = reader.records().take(TOGETHER);
    let asked = records.map(|record| {
        let record = record.map_err(|e| unread(file, &e))?;
        let whole = of(&record, "name");
        Ok(Asked {
            id: of(&record, "query_id"),
            name: match whole.is_empty() {
                true => format!("{} {}", of(&record, "first"), of(&record, "last")),
                false => whole,
            },
            subject: subject(&of(&record, "schema")),
            birth_date: of(&record, "dob"),
            countries: countries(&of(&record, "country")),
        })
    });
    asked.collect()
}
