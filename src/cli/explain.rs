//! `explain`: the errors of a batch or of a customer, or what an error code means, and how to fix
//! them.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use rusqlite::Connection;
use serde::Serialize;

use crate::answer_name::WorklistFile;
use crate::catalog::RuleRow;
use crate::config::Home;
use crate::explain::{self, Asked, ExplainedCustomer, Explainer, Meaning, WhatKind};
use crate::history::ask::{self, Batch, EvaluationRow, Reason, ScreeningRow};
use crate::position::Position;
use crate::talk::say;
use crate::text::visible;
use crate::trouble::{Kind, Result, Trouble};

use super::explain_data::{Part, no_customer};
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

/// A batch, explained.
#[derive(Serialize)]
pub(super) struct ExplainedBatch {
    pub(super) batch: Batch,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
    pub(super) reasons: Vec<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<ask::WarningRow>,
    pub(super) customers: Vec<Placed>,
    /// There are more customers than were asked for.
    pub(super) more: bool,
}

/// A customer with its number and name, and where its text begins in the file while that lies in the
/// archive.
#[derive(Serialize)]
pub(super) struct Placed {
    /// From 1.
    pub(super) customer: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(flatten)]
    pub(super) explained: ExplainedCustomer,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) begins: Option<Position>,
    /// Of a customer that was asked for alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) evaluations: Vec<EvaluationRow>,
    /// Likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) screenings: Vec<ScreeningRow>,
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
    let explained = batch(home, conn, id, position, args.limit)?;
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

fn batch(
    home: &Home,
    conn: &Connection,
    id: i64,
    alone: Option<u64>,
    limit: u64,
) -> Result<ExplainedBatch> {
    let batch = ask::batch(conn, id)?;
    let (positions, more) = match alone {
        Some(position) => (vec![position], false),
        None => speaking(conn, id, limit)?,
    };
    // The archive is read from end to end for this.
    let file = match positions.is_empty() {
        true => None,
        false => explain::file_of(home, conn, id)?,
    };
    let places = match &file {
        Some(file) => explain::places(file, &batch.endpoint, &positions),
        None => Vec::new(),
    };
    let explainer = Explainer::new(conn, batch.set_id)?;
    let mut customers = Vec::new();
    for position in positions {
        let Some(judged) = ask::judged(conn, id, position)? else {
            return Err(no_customer(&batch, position));
        };
        let saved = match alone {
            Some(_) => ask::assessment_at(conn, id, position)?,
            None => None,
        };
        let begins = places.iter().find(|(p, _)| *p == position).map(|(_, p)| *p);
        customers.push(Placed {
            customer: position.saturating_add(1),
            name: judged
                .payload
                .as_deref()
                .and_then(|text| ask::Places::of(text).name()),
            begins,
            evaluations: match saved {
                Some(assessment) => ask::evaluations(conn, assessment)?,
                None => Vec::new(),
            },
            screenings: match saved {
                Some(assessment) => ask::screenings(conn, assessment)?,
                None => Vec::new(),
            },
            explained: explainer.customer(&judged),
        });
    }
    Ok(ExplainedBatch {
        fix: fix_of(&batch),
        reasons: ask::reasons(conn, id)?,
        warnings: ask::warnings(conn, id)?,
        customers,
        more,
        batch,
    })
}

/// The customers of a batch of which there is something to say, `limit` at most (0: all), and whether
/// there are more.
fn speaking(conn: &Connection, batch: i64, limit: u64) -> Result<(Vec<u64>, bool)> {
    let most = if limit == 0 { i64::MAX as u64 } else { limit };
    let mut positions = ask::speaking(conn, batch, most.saturating_add(1).min(i64::MAX as u64))?;
    let more = positions.len() as u64 > most;
    positions.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok((positions, more))
}

/// How to fix a file that was not validated.
fn fix_of(batch: &Batch) -> Option<String> {
    if batch.set_id.is_some() {
        return None;
    }
    let fix = match batch.status {
        404 => {
            let names: Vec<&str> = crate::catalog::inbox_folders().collect();
            format!("Drop the file into one of these folders of the inbox: {}.", names.join(", "))
        }
        500 => "Nothing of the file was saved. Drop it again; if it fails again, report it.".into(),
        _ => "Nothing of the file was saved. Fix it at this place and drop it again; the original is below failed/.".into(),
    };
    Some(fix)
}
