//! `query`: anybody's SQL over the history.

use crate::config::Home;
use crate::history;
use crate::trouble::Result;

use super::output::{Format, Printer};

/// Arguments of `query`.
#[derive(clap::Args)]
pub struct Args {
    /// One SQL statement that reads
    // It may begin with a remark, and a remark with two hyphens.
    #[arg(allow_hyphen_values = true)]
    sql: String,

    /// How rows are written [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

/// Asks the history.
pub fn query(home: &Home, args: &Args) -> Result<u8> {
    let mut conn = super::history_of(home)?;
    let mut printer = Printer::new(Format::or_default(args.format));
    history::ask(&mut conn, &args.sql, &mut printer)?;
    printer.end()?;
    Ok(0)
}
