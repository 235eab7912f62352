//! `check`: validate files without saving or moving anything.

mod csv;
mod document;
mod input;
mod json;
mod junit;
mod response;
mod sarif;
mod text;

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::catalog::Endpoint;
use crate::check::Checker;
use crate::config::Home;
use crate::history::History;
use crate::ingest::{of_history, to_check_with};
use crate::request::Form;
use crate::talk::{note, say};
use crate::text::{counted, of_them_repeated, visible};
use crate::trouble::Result;

use document::{Document, Out, Totals};

/// Arguments of `check`.
#[derive(clap::Args)]
#[command(after_help = "\
The history is checked too: the answer is the one that dropping the files in
this order would get now. A file in a folder that is named after an endpoint is
validated for it, others for batch-customers.

In a pipeline:
  kycdrop check requests/                                  every finding with its place
  kycdrop check --explain batch.json                       with what is allowed and how to fix it
  kycdrop check --format sarif requests/ > kycdrop.sarif   for code scanning
  kycdrop check --format junit requests/ > kycdrop.xml     for test reports

Exit codes: 0 all accepted, 1 something was rejected, 65 a file is not a
request.")]
pub(super) struct Args {
    /// Files, and folders with files named .json; - reads stdin
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(super) files: Vec<PathBuf>,

    /// The endpoint to validate for, whatever the folder
    #[arg(long, value_parser = super::endpoint)]
    endpoint: Option<Endpoint>,

    /// How the result is written; default: response for one file, text for several or a folder
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Validate with the classifiers of the history that have this hash, or were active on this day
    #[arg(long, value_name = "SET|DAY")]
    with: Option<String>,

    /// Say what is allowed and how to fix it; without --format, this writes text
    #[arg(long)]
    explain: bool,
}

/// How `check` writes what it found.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The response that each file would get.
    Response,
    /// For people: every finding with its file, line and column.
    Text,
    /// Every finding, for programs.
    Json,
    /// A row for each finding, for spreadsheets.
    Csv,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports.
    Junit,
}

impl Args {
    /// The document that was asked for. `separator` is what is between the columns of CSV.
    fn document(&self, separator: u8) -> Box<dyn Document> {
        let one_file = matches!(self.files.as_slice(), [file] if !file.is_dir());
        let default = match one_file && !self.explain {
            true => Format::Response,
            false => Format::Text,
        };
        match self.format.unwrap_or(default) {
            Format::Response => Box::new(response::Responses::default()),
            Format::Text => Box::new(text::Text::new(self.explain)),
            Format::Json => Box::new(json::Json::default()),
            Format::Csv => Box::new(csv::Rows::new(separator)),
            Format::Sarif => Box::new(sarif::Sarif::default()),
            Format::Junit => Box::new(junit::Suites::default()),
        }
    }
}

/// Validates the files.
pub(super) fn check(home: Home, args: &Args) -> Result<u8> {
    let config = super::config_of(&home)?;
    let existing = super::history_if_any(&home)?;
    let classifiers = match &args.with {
        Some(set) => of_history(&super::history_of(&home)?, set)?,
        None => to_check_with(&home, &config, existing.as_ref())?,
    };
    say_if_no_home(&home);
    let empty;
    let conn = match &existing {
        Some(conn) => conn,
        None => {
            empty = History::in_memory()?;
            empty.connection()
        }
    };
    let (files, others) = input::list(&args.files);
    let mut checker = Checker::with(classifiers, &config, conn)?;
    let mut document = args.document(config.csv_separator.byte());
    let mut totals = Totals::default();
    let several = files.len() > 1;
    let to_stdout = |done: std::io::Result<()>| done.map_err(|e| super::stdout_trouble(&e));
    let mut out = Out::to_stdout();
    to_stdout(document.begin(&mut out))?;
    for mut file in files {
        let endpoint = args
            .endpoint
            .or(file.endpoint)
            .unwrap_or(Endpoint::BatchCustomers);
        let (checked, mut part) = checker.file(&mut file, endpoint, &mut *document)?;
        totals.add(&checked);
        to_stdout(document.file(&mut out, &checked, &mut part))?;
        if checked.is_batch {
            say!("{}: {}", visible(&checked.name), Form::Batch);
        }
        to_stdout(out.flush())?;
    }
    to_stdout(document.end(&mut out, &totals).and_then(|()| out.flush()))?;
    if others > 0 {
        let files = counted(others, "file", "files");
        note!("{files} in the folders skipped: only regular files named .json are checked");
    }
    say_totals(&totals, several);
    Ok(totals.exit_code)
}

/// Nothing shows that the classifiers are not those of the institution, but this.
fn say_if_no_home(home: &Home) {
    let parts = [home.config_file(), home.classifiers(), home.database()];
    if !parts.iter().any(|part| part.exists()) {
        say!(
            "{} is not a home of kycdrop: checked with the shipped classifiers and without a history. \
             Give a home with --home or KYCDROP_HOME; `kycdrop init` makes one.",
            home.root.display()
        );
    }
}

fn say_totals(totals: &Totals, several: bool) {
    let repeated = of_them_repeated(totals.repeated);
    let customers = format!(
        "{} accepted{repeated}, {} rejected",
        totals.accepted, totals.rejected
    );
    let faults = match totals.faults {
        0 => String::new(),
        1 => "; 1 file is not a request".into(),
        n => format!("; {n} files are not requests"),
    };
    match several {
        true => note!(
            "{}: {customers}{faults}",
            counted(totals.files, "file", "files")
        ),
        false if totals.faults > 0 => {}
        false => note!("{customers}"),
    }
}
