//! `report`: a period or a batch as one page of HTML.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::branch::Branch;
use crate::clock;
use crate::config::{Config, Home};
use crate::explain::{Asked, Meaning, WhatKind, look_up};
use crate::report::{
    About, Figures, Letterhead, day, is_report, month, of_batch, of_period, period, render,
};
use crate::trouble::{Kind, Result, Trouble};

use crate::talk::{note, say};

/// Arguments of `report`.
#[derive(clap::Args)]
#[command(after_help = "\
The default period is this month. Days are in UTC. The page is one file without
other parts, prints well, and shows no value that a customer gave. Its title
has `institution` and `branch` of kycdrop.toml.

Examples:
  kycdrop report --output october.html --month 2026-10
  kycdrop report --output quarter.html --from 2026-07-01 --to 2026-09-30
  kycdrop report --output demo.html --batch demo.json")]
pub(super) struct Args {
    /// The file to write; an earlier report is replaced; - writes to stdout
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// The first day [default: the first of the month that --to is in]
    #[arg(long, value_name = "DAY", value_parser = day, conflicts_with = "batch")]
    from: Option<NaiveDate>,

    /// The last day [default: today]
    #[arg(long, value_name = "DAY", value_parser = day, conflicts_with = "batch")]
    to: Option<NaiveDate>,

    /// A month, such as 2026-10; this month ends today
    #[arg(long, value_name = "MONTH", value_parser = month, conflicts_with_all = ["from", "to", "batch"])]
    month: Option<NaiveDate>,

    /// A batch: `last`, its number, file name or response name
    #[arg(long, value_name = "BATCH")]
    pub(super) batch: Option<String>,
}

/// Writes the page.
pub(super) fn report(home: &Home, args: &Args) -> Result<u8> {
    let config = Config::of(home)?;
    let figures = match &args.batch {
        Some(word) => {
            let conn = super::history_of(home)?;
            let asked = Asked {
                text: word,
                path: Path::new(word),
                kinds: &WhatKind::OF_BATCH,
                until: None,
            };
            match look_up(Some(&conn), &asked)?.meaning {
                Some(Meaning::Batch { id, .. }) => of_batch(&conn, id)?,
                _ => {
                    return Err(Trouble::new(
                        Kind::Input,
                        format!("there is no batch {word}"),
                        "`kycdrop status` lists the last batches",
                    ));
                }
            }
        }
        None => {
            let today = clock::utc_now().date_naive();
            let (from, to) = period(args.from, args.to, args.month, today)?;
            match super::history_if_any(home)? {
                Some(conn) => of_period(&conn, (from, to), today)?,
                None => {
                    say!("there is no history at {} yet", home.database().display());
                    Figures::none(About::Period { from, to })
                }
            }
        }
    };
    let head = Letterhead {
        institution: Some(config.institution.trim()).filter(|name| !name.is_empty()),
        branch: config.branch.as_ref().map(Branch::as_str),
        made: &clock::now(),
    };
    let page = render(&figures, head);
    if args.output == Path::new("-") {
        super::stdout_result(std::io::stdout().lock().write_all(page.as_bytes()))?;
    } else {
        let rules = Rules {
            home: Some(home),
            into_inbox: false,
            existing: Existing::ReplaceIf(is_report),
            refusal: Kind::Input,
        };
        AtomicFile::create(&args.output, rules)?.write(page.as_bytes())?;
        note!("wrote {}", args.output.display());
    }
    Ok(0)
}
