//! `classifiers`: the institution's tables of codes, listed, shown, checked and compared.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::classifier::{ClassifierFile, read_folder};
use crate::clock;
use crate::config::Home;
use crate::history::{Answer, Cell, ask, classifiers_of_set};
use crate::ingest::{classifiers_of, of_history};
use crate::trouble::{Kind, Result, Trouble};

use super::output::{Format, Printer};
use crate::talk::note;
use crate::text::counted;

/// Arguments of `classifiers`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kycdrop classifiers                             list them
  kycdrop classifiers show country                every code with its name
  kycdrop classifiers check ~/new-classifiers     before installing them; exits with 78 on a problem
  kycdrop classifiers compare 3f2a now            what changed; `kycdrop query --saved classifier-sets` lists the hashes
  kycdrop classifiers compare 2026-09-30 now      what changed since that day
  kycdrop classifiers show country --at 2026-09-30
  kycdrop classifiers export 2026-09-30 ~/then    the files again, as they validated on that day
  kycdrop classifiers used-retired                who still has retired codes")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, global = true, value_name = "FORMAT")]
    format: Option<Format>,
}

#[derive(Subcommand)]
enum Command {
    /// List the classifiers of the home [default]
    List,
    /// Show every value of a classifier
    Show {
        /// Name of the classifier, as its file has it
        name: String,
        /// As a set of the history had it: its hash, or the day on which it was active
        #[arg(long, value_name = "SET|DAY")]
        at: Option<String>,
    },
    /// Write a set of the history to a new folder, a TOML file for each classifier
    Export {
        /// The first characters of the set's hash, a day on which it was active, or now
        #[arg(value_name = "SET|DAY")]
        set: String,
        /// The folder to make
        dir: PathBuf,
    },
    /// Read a folder of classifiers and report every problem
    Check {
        /// The folder [default: that of the home]
        dir: Option<PathBuf>,
    },
    /// Show what changed between two classifier sets of the history
    Compare {
        /// The first characters of the earlier set's hash, or a day on which it was active
        set1: String,
        /// The same of the later set, or now
        #[arg(default_value = "now")]
        set2: String,
    },
    /// List customers with retired codes in their newest data; takes some seconds per million customers
    UsedRetired,
}

/// Lists, shows, checks or compares.
pub(super) fn classifiers(home: &Home, args: &Args) -> Result<u8> {
    let mut printer = Printer::new(Format::or_default(args.format));
    match args.command.as_ref().unwrap_or(&Command::List) {
        Command::List => list(&classifiers_of(home)?, &mut printer)?,
        Command::Show { name, at } => {
            let files = match at {
                Some(set) => of_history(&super::history_of(home)?, set)?.1,
                None => classifiers_of(home)?,
            };
            show(&files, name, &mut printer)?;
        }
        Command::Export { set, dir } => return export(home, set, dir),
        Command::Check { dir } => {
            let folder = dir.clone().unwrap_or_else(|| home.classifiers());
            let files = read_folder(&folder, &clock::today())?;
            list(&files, &mut printer)?;
            let number = counted(files.len() as u64, "classifier", "classifiers");
            note!("{number} in {}: no problems", folder.display());
        }
        Command::Compare { set1, set2 } => compare(home, set1, set2, &mut printer)?,
        Command::UsedRetired => used_retired(home, &mut printer)?,
    }
    printer.end()?;
    Ok(0)
}

fn head(printer: &mut Printer, columns: &[&str]) -> Result<()> {
    printer.columns(&columns.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
}

fn text(text: impl Into<String>) -> Cell {
    match text.into() {
        text if text.is_empty() => Cell::Null,
        text => Cell::Text(text),
    }
}

fn list(files: &[ClassifierFile], printer: &mut Printer) -> Result<()> {
    head(
        printer,
        &["classifier", "title", "values", "retired", "bound_to"],
    )?;
    for f in files {
        let retired = f.values.iter().filter(|v| v.retired).count();
        let values = f
            .bind_values
            .iter()
            .map(|v| format!("additional value {v}"));
        let bound: Vec<String> = f.bind_fields.iter().cloned().chain(values).collect();
        printer.row(vec![
            text(&f.name),
            text(&f.title),
            Cell::Integer((f.values.len() - retired) as i64),
            Cell::Integer(retired as i64),
            text(bound.join(", ")),
        ])?;
    }
    Ok(())
}

fn show(files: &[ClassifierFile], name: &str, printer: &mut Printer) -> Result<()> {
    let Some(file) = files.iter().find(|f| f.name == name) else {
        let known = files.iter().map(|f| f.name.as_str());
        return Err(super::not_known("classifier", name, known, "classifiers"));
    };
    head(printer, &["code", "name", "attributes", "retired"])?;
    for v in &file.values {
        let attributes = match v.attributes.is_empty() {
            true => String::new(),
            false => serde_json::Value::Object(v.attributes.clone()).to_string(),
        };
        let retired = match (&v.retired_on, v.retired) {
            (Some(day), _) => day.clone(),
            (None, true) => "yes".into(),
            (None, false) => String::new(),
        };
        printer.row(vec![
            text(&v.code),
            text(&v.name),
            text(attributes),
            text(retired),
        ])?;
    }
    Ok(())
}

fn compare(home: &Home, set1: &str, set2: &str, printer: &mut Printer) -> Result<()> {
    let conn = super::history_of(home)?;
    let (_, before) = ask::find_set(&conn, set1)?;
    let (_, after) = ask::find_set(&conn, set2)?;
    head(
        printer,
        &["classifier", "code", "change", "before", "after"],
    )?;
    for d in ask::compare(&conn, &before, &after)? {
        let cell = |t: Option<String>| t.map_or(Cell::Null, Cell::Text);
        printer.row(vec![
            text(d.classifier),
            text(d.code),
            text(d.change),
            cell(d.before),
            cell(d.after),
        ])?;
    }
    Ok(())
}

/// Writes the files of a set of the history. Where the day of a retired value changed later, they only say
/// that it is retired: it was when the set was made.
fn export(home: &Home, set: &str, dir: &Path) -> Result<u8> {
    let conn = super::history_of(home)?;
    let (id, hash) = ask::find_set(&conn, set)?;
    let files = classifiers_of_set(&conn, id)?;
    std::fs::create_dir(dir).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => Trouble::new(
            Kind::Input,
            format!("{} is there already", dir.display()),
            "give the name of a new folder",
        ),
        _ => Trouble::io("making", dir, &e),
    })?;
    for file in &files {
        let rules = Rules {
            home: Some(home),
            into_inbox: false,
            existing: Existing::Refuse,
            refusal: Kind::Input,
        };
        let text = format!("# Of the set {hash}.\n{}", file.to_toml());
        let path = dir.join(format!("{}.toml", file.name));
        AtomicFile::create(&path, rules)?.write(text.as_bytes())?;
    }
    let number = counted(files.len() as u64, "classifier", "classifiers");
    note!(
        "{number} of the set {} in {}",
        hash.get(..12).unwrap_or(&hash),
        dir.display()
    );
    Ok(0)
}

fn used_retired(home: &Home, printer: &mut Printer) -> Result<()> {
    let conn = super::history_of(home)?;
    let columns = [
        "business_unit",
        "customer_ext_id",
        "classifier",
        "code",
        "path",
        "retired_at",
        "assessed_at",
    ];
    head(printer, &columns)?;
    ask::used_retired(&conn, |u| {
        printer.row(vec![
            text(u.business_unit.unwrap_or_default()),
            text(u.customer_ext_id),
            text(u.classifier),
            text(u.code),
            text(u.path),
            text(u.retired_at),
            text(u.assessed_at),
        ])
    })
}
