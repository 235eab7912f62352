//! `pending`: the evaluations that wait for a person or a risk matrix, and the screenings that wait for a
//! person or a list.

use crate::config::Home;
use crate::history::{self, Bounds, Params};
use crate::trouble::Result;

use super::output::{Format, Printer};

/// Arguments of `pending`.
#[derive(clap::Args)]
#[command(after_help = "\
`why` says what it waits for. A screening of a customer that was updated since
has newest = 0: the update was not screened, so the match still waits. `kycdrop
decisions` has what a person decides, with score and reasons.

Example:
  kycdrop pending --newest --format csv > pending.csv")]
pub(super) struct Args {
    /// Leave out what a later assessment replaced
    #[arg(long)]
    newest: bool,

    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

/// Lists them, the oldest first.
pub(super) fn pending(home: &Home, args: &Args) -> Result<u8> {
    let mut conn = super::history_of(home)?;
    let only = if args.newest { "WHERE newest = 1" } else { "" };
    let sql = format!("SELECT * FROM v_pending {only} ORDER BY assessment_id, process");
    let mut printer = Printer::new(Format::or_default(args.format));
    history::ask_sql(
        &mut conn,
        &sql,
        &Params::default(),
        Bounds::default(),
        &mut printer,
    )?;
    printer.end()?;
    Ok(0)
}
