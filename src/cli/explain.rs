//! `explain`: the errors of a batch or of a customer, or what an error code means, and how to fix
//! them.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use rusqlite::Connection;

use crate::answer_name::WorklistFile;
use crate::catalog::RuleRow;
use crate::config::Home;
use crate::explain::{self, Asked, ExplainedBatch, Meaning, WhatKind};
use crate::history::ask;
use crate::talk::say;
use crate::text::visible;
use crate::trouble::{Kind, Result, Trouble};

use super::explain_data::Part;
use super::explain_page::{Page, batch_text, rules_text};
use super::found::{self, DEFAULT_TIMEOUT};
use super::output::{self, TextFormat, json};
use super::query;

/// Arguments of `explain`.
#[derive(clap::Args)]
#[command(after_help = "\
WHAT is looked for in this order, and the first that fits is explained; others
that fit are named, and --as skips to one:
  last                 the newest batch
  batch                a batch number
  code                 an error code, alone or before its description, or the name of a rule
  file                 the newest batch of a file: its name with or without .json, that of its
                       response or of a file beside it, with or without folders. A file at this
                       path is found by its bytes, whatever its name
  communicationNumber  the requests with it
  customerExtId        the customers with it, in every office. Without folders and ending, a
                       file name comes after these two
  text                 a description as answered, or at least three words of it; or the beginning of
                       codes, such as C016
  name                 part of a customer's name, in any order, without capitals or diacritics;
                       after that, one or two words of a description

Names, and communicationNumbers of rejected requests, are looked for from the
newest request on, for --timeout at most. Several customers are listed.

Examples:
  kycdrop explain last                       the newest batch
  kycdrop explain batch.json                 the newest batch of this name
  kycdrop explain last --format csv          every finding of it, for a spreadsheet
  kycdrop explain last --rejected fix.json   its rejected customers, as a request to fix and send
  kycdrop explain 17 --customer 3            the third customer of batch 17
  kycdrop explain petraite                   the newest request of a customer of this name
  kycdrop explain C016.I06                   what a code means, and how often it was answered here
  kycdrop explain CommunicationNumber already used

Customers count from 1, and so do lines and columns. The views, `position` in
JSON and the customers and indexes in paths and answered descriptions count
from 0, as in the API.")]
pub(super) struct Args {
    /// A batch, a file, a customer, or an error code or text
    #[arg(value_name = "WHAT", required = true)]
    pub(super) what: Vec<OsString>,

    /// What it is, where it could be several things
    #[arg(long = "as", value_name = "KIND", value_parser = kind)]
    kind: Option<WhatKind>,

    /// Only the customer with this number in the batch, from 1
    #[arg(long, value_name = "N", value_parser = number)]
    customer: Option<NonZeroU64>,

    /// How many customers of a batch to show; 0: all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u64,

    /// How long to look for a customer, such as 5s or 2min; 0: no limit
    #[arg(long, value_name = "TIME", default_value = DEFAULT_TIMEOUT, value_parser = query::time)]
    timeout: Duration,

    /// Write the rejected customers as a request to fix, to stdout or a new file
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", conflicts_with = "format")]
    rejected: Option<PathBuf>,

    /// The output format
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: ExplainFormat,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExplainFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// A row for each finding of all customers, as findings.csv has them.
    Csv,
}

/// More rules than this are listed, not explained.
const MAX_EXPLAINED_RULES: usize = 8;

fn number(text: &str) -> Result<NonZeroU64, String> {
    text.parse()
        .map_err(|_| "customers count from 1: give a whole number".into())
}

fn kind(name: &str) -> Result<WhatKind, String> {
    let known = WhatKind::ALL.into_iter().find(|kind| kind.name() == name);
    known.ok_or_else(|| {
        let all = WhatKind::ALL.map(WhatKind::name);
        format!("the kinds are {}", all.join(", "))
    })
}

impl Args {
    /// What is written instead of an account, and where to.
    fn data(&self) -> Option<(WorklistFile, &Path)> {
        match (&self.rejected, self.format) {
            (Some(path), _) => Some((WorklistFile::RejectedJson, path)),
            (None, ExplainFormat::Csv) => Some((WorklistFile::FindingsCsv, Path::new("-"))),
            (None, _) => None,
        }
    }

    fn text_format(&self) -> TextFormat {
        match self.format {
            ExplainFormat::Json => TextFormat::Json,
            ExplainFormat::Text | ExplainFormat::Csv => TextFormat::Text,
        }
    }
}

/// Explains.
pub(super) fn explain(home: &Home, args: &Args) -> Result<u8> {
    let conn = super::history_if_any(home)?;
    let what = args.what.join(OsStr::new(" "));
    let text = what.to_string_lossy();
    found::not_empty(&text, "WHAT")?;
    let kinds = match (args.kind, args.customer) {
        (Some(kind), Some(_)) if !WhatKind::OF_BATCH.contains(&kind) => {
            return Err(Trouble::new(
                Kind::Input,
                format!("--customer is for a batch, not for {}", kind.title()),
                "leave one of --customer and --as out",
            ));
        }
        (Some(kind), _) => vec![kind],
        (None, Some(_)) => WhatKind::OF_BATCH.to_vec(),
        (None, None) => WhatKind::ALL.to_vec(),
    };
    let asked = Asked {
        text: text.trim(),
        path: Path::new(&what),
        kinds: &kinds,
        until: found::until(args.timeout),
    };
    let lookup = explain::look_up(conn.as_ref(), &asked)?;
    match (lookup.meaning, &conn) {
        (Some(Meaning::Rules(rules)), _) => {
            refuse_data(args, "an error has no customers")?;
            let text = of_rules(conn.as_ref(), &rules, args.text_format())?;
            output::print(&text, args.text_format())?;
        }
        (Some(meaning), Some(conn)) => of_meaning(home, conn, &asked, meaning, args)?,
        // Without a history only rules are known.
        (_, None) => super::history_of(home).map(|_| ())?,
        (None, Some(conn)) => return Err(not_found(conn, &asked, lookup.cut_short)?),
    }
    for kind in lookup.also {
        say!(
            "this could also be {}: add --as {}",
            kind.title(),
            kind.name()
        );
    }
    if lookup.cut_short {
        found::say_cut_short();
    }
    Ok(0)
}

/// Shows a batch or customers.
fn of_meaning(
    home: &Home,
    conn: &Connection,
    asked: &Asked<'_>,
    meaning: Meaning,
    args: &Args,
) -> Result<()> {
    let (id, position) = match meaning {
        Meaning::Batch {
            id,
            earlier,
            changed_since,
        } => {
            say_about_batch(asked.text, id, &earlier, changed_since);
            (id, args.customer.map(|n| n.get() - 1))
        }
        Meaning::Customers(found) => match found.hits.as_slice() {
            [one] => {
                found::say_has_others(one);
                (one.batch_id, Some(one.position))
            }
            _ => {
                refuse_data(args, "several customers match")?;
                let text = found::list(&found, args.text_format(), |hit| {
                    format!(
                        "kycdrop explain {} --customer {}",
                        hit.batch_id, hit.customer
                    )
                })?;
                return output::print(&text, args.text_format());
            }
        },
        Meaning::Rules(_) => return Ok(()),
    };
    if let Some((kind, to)) = args.data() {
        let batch = ask::batch(conn, id)?;
        let only = position;
        return Part { batch, only }.write(home, conn, kind, to);
    }
    let explained = ExplainedBatch::of(home, conn, id, position, args.limit)?;
    let text = match args.text_format() {
        TextFormat::Json => json(&explained)?,
        TextFormat::Text => batch_text(&explained, position.is_some()),
    };
    output::print(&text, args.text_format())
}

/// Findings and requests are those of one batch or customer.
fn refuse_data(args: &Args, why: &str) -> Result<()> {
    match args.data() {
        None => Ok(()),
        Some(_) => Err(Trouble::new(
            Kind::Input,
            why,
            "--format csv and --rejected take one batch or customer: without them `kycdrop explain` shows what there is",
        )),
    }
}

/// What a person should know of a batch that was found by a name.
fn say_about_batch(what: &str, id: i64, earlier: &[i64], changed_since: bool) {
    const MOST: usize = 5;
    if !earlier.is_empty() {
        let ids: Vec<String> = earlier.iter().take(MOST).map(i64::to_string).collect();
        let rest = if earlier.len() > MOST { ", …" } else { "" };
        let batches = if earlier.len() == 1 {
            "batch"
        } else {
            "batches"
        };
        say!("earlier: {batches} {}{rest}", ids.join(", "));
    }
    if changed_since {
        say!(
            "{} is not as it was in batch {id}: `kycdrop check` validates it as it is now",
            visible(what)
        );
    }
}

/// The error for what was not found, with what is like it.
fn not_found(conn: &Connection, asked: &Asked<'_>, cut_short: bool) -> Result<Trouble> {
    let kinds: Vec<&str> = asked
        .kinds
        .iter()
        .filter(|k| **k != WhatKind::Last)
        .map(|k| k.title())
        .collect();
    let (last, others) = kinds.split_last().unwrap_or((&"", &[]));
    let kinds = match others {
        [] => (*last).to_owned(),
        _ => format!("{} or {last}", others.join(", ")),
    };
    let near = explain::near(conn, asked.text, asked.kinds.contains(&WhatKind::Code))?;
    let mut hint = found::near_text(asked.text, &near);
    if cut_short {
        found::say_cut_short();
    }
    if asked.path.is_file() {
        hint += "the file was not taken yet: `kycdrop check FILE` validates it, ";
    }
    Ok(Trouble::new(
        Kind::Input,
        format!("nothing is found for {}, which may be {kinds}", asked.text),
        format!("{hint}`kycdrop status` lists the last batches, `kycdrop errors` every code"),
    ))
}

fn of_rules(conn: Option<&Connection>, rules: &[&RuleRow], format: TextFormat) -> Result<String> {
    if format == TextFormat::Text && rules.len() > MAX_EXPLAINED_RULES {
        let mut page = Page(String::new());
        for row in rules {
            page.line(format!("{}  {}", row.code, row.text));
        }
        page.line("");
        page.line("`kycdrop explain CODE` explains each.");
        return Ok(page.0);
    }
    let explained = explain::explain_rules(conn, rules)?;
    match format {
        TextFormat::Json => json(&explained),
        TextFormat::Text => Ok(rules_text(&explained, conn.is_some())),
    }
}
