//! `report`: a period or a batch as one page of HTML.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};

use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::clock;
use crate::config::Home;
use crate::history::ask;
use crate::report::{is_report, of_batch, of_period, render};
use crate::trouble::{Kind, Result, Trouble};

use crate::talk::say;

/// Arguments of `report`.
#[derive(clap::Args)]
#[command(after_help = "\
The default period is this month. Days are in UTC. The page is one file without other parts,
prints well, and shows no value that a customer gave.

Examples:
  kycdrop report --output march.html --from 2026-03-01 --to 2026-03-31
  kycdrop report --output demo.html --batch demo.json")]
pub(super) struct Args {
    /// The file to write; an earlier report is replaced; - writes to stdout
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// The first day [default: the first of this month]
    #[arg(long, value_name = "DAY", conflicts_with = "batch")]
    from: Option<NaiveDate>,

    /// The last day [default: today]
    #[arg(long, value_name = "DAY", conflicts_with = "batch")]
    to: Option<NaiveDate>,

    /// A batch: `last`, its number, file name or response name
    #[arg(long, value_name = "BATCH")]
    batch: Option<String>,
}

/// Writes the page.
pub(super) fn report(home: &Home, args: &Args) -> Result<u8> {
    let conn = super::history_of(home)?;
    let figures = match &args.batch {
        Some(word) => {
            let id = ask::find_batch(&conn, word)?.ok_or_else(|| {
                Trouble::new(
                    Kind::Input,
                    format!("there is no batch {word}"),
                    "`kycdrop status` lists the last batches",
                )
            })?;
            of_batch(&conn, id)?
        }
        None => {
            let to = args.to.unwrap_or_else(|| clock::utc_now().date_naive());
            let from = args.from.unwrap_or_else(|| to.with_day(1).unwrap_or(to));
            if from > to {
                return Err(Trouble::new(
                    Kind::Input,
                    format!("the period ends on {to}, before it starts on {from}"),
                    "swap --from and --to",
                ));
            }
            of_period(&conn, &from.to_string(), &to.to_string())?
        }
    };
    let page = render(&figures, &clock::now());
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
        say!("wrote {}", args.output.display());
    }
    Ok(0)
}
