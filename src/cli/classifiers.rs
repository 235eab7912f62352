//! `classifiers`: the institution's tables of codes, listed, shown, checked and compared.

use std::path::PathBuf;

use clap::Subcommand;

use crate::classifier::{ClassifierFile, read_folder};
use crate::clock;
use crate::config::Home;
use crate::history::{Answer, Cell, ask};
use crate::ingest::classifiers_of;
use crate::trouble::Result;

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
    },
    /// Read a folder of classifiers and report every problem
    Check {
        /// The folder [default: that of the home]
        dir: Option<PathBuf>,
    },
    /// Show what changed between two classifier sets of the history
    Compare {
        /// The first characters of the earlier set's hash
        set1: String,
        /// The first characters of the later set's hash, or now
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
        Command::Show { name } => show(&classifiers_of(home)?, name, &mut printer)?,
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
    let (before, after) = (ask::find_set(&conn, set1)?, ask::find_set(&conn, set2)?);
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
