//! `query`: anybody's SQL over the history, and queries that have a name.

use std::io::IsTerminal;
use std::time::Duration;

use crate::config::Home;
use crate::history::{Answer, Bounds, Cell, ask, ask_sql, too_slow};
use crate::trouble::{Result, Trouble};

use super::deadline::Deadline;
use super::output::{Format, Printer};
use crate::talk::say;

/// Rows that a person reads on a terminal unless more are asked for.
const MAX_ROWS: u64 = 1000;

/// How long a person waits at a terminal unless longer is asked for.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Memory that an answer may take unless more is asked for, in MiB.
const MAX_MEMORY_MIB: u64 = 1024;

/// With less, in MiB, SQLite may not even find a view.
const MIN_MEMORY_MIB: u64 = 32;

/// Arguments of `query`.
#[derive(clap::Args)]
#[command(after_help = "\
Queries are read-only. `kycdrop tables` lists the views, `kycdrop describe VIEW` shows what
their columns mean, docs/SQL.md has common questions with their SQL.

CSV is safe to open in a spreadsheet: text that one would take for a formula (it begins with = + - @ or
their full-width forms, also after spaces, or with a tab or line break) has an apostrophe before it.
Numbers stay numbers; --raw leaves all as it is.

An answer may take --memory, of which SQLite gets a quarter (more is sorted in files of TMPDIR) and a
single value a sixteenth. CSV and JSON are written row by row, a table is kept until its last row.

On a terminal a long answer goes through $KYCDROP_PAGER, $PAGER or less, and a table that is too wide
is printed row by row.

Examples:
  kycdrop query --saved top-errors
  kycdrop query \"SELECT error_code, count(*) FROM v_rejection GROUP BY 1 ORDER BY 2 DESC\"
  kycdrop query --format csv \"SELECT * FROM v_customer\" > customers.csv
  kycdrop query --save vilnius \"SELECT * FROM v_volume WHERE business_unit = 'vilnius'\"")]
pub(super) struct Args {
    /// One SQL statement that only reads
    // It may begin with a remark, and a remark with two hyphens.
    #[arg(allow_hyphen_values = true, required_unless_present_any = ["saved", "list"], conflicts_with_all = ["saved", "list"])]
    sql: Option<String>,

    /// Run the saved query with this name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["save", "list"])]
    saved: Option<String>,

    /// Run the SQL, then save it under this name in kycdrop.queries.toml
    #[arg(long, value_name = "NAME", requires = "sql")]
    save: Option<String>,

    /// List the saved queries
    #[arg(long)]
    list: bool,

    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Write CSV without apostrophes before what looks like a formula
    #[arg(long)]
    raw: bool,

    /// The most rows; 0: all [default: 1000 on a terminal, all elsewhere]
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// The most time, such as 5s or 2min; 0: no limit [default: 60s on a terminal]
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,

    /// The most memory, in MiB; 0: no limit
    #[arg(long, value_name = "MIB", default_value_t = MAX_MEMORY_MIB, value_parser = memory)]
    memory: u64,
}

pub(super) fn time(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    humantime::parse_duration(text).map_err(|e| format!("{e}; write a time as 5s or 2min"))
}

fn memory(text: &str) -> Result<u64, String> {
    let enough = |mib: &u64| *mib == 0 || *mib >= MIN_MEMORY_MIB;
    let mib = text.parse().ok().filter(enough);
    mib.ok_or_else(|| format!("give a number of MiB from {MIN_MEMORY_MIB} on, or 0"))
}

/// Asks the history.
pub(super) fn query(home: &Home, args: &Args) -> Result<u8> {
    let printer = Printer::new(Format::or_default(args.format)).raw(args.raw);
    if args.list {
        return list(home, printer);
    }
    let sql = match (&args.saved, &args.sql) {
        (Some(name), _) => saved(home, name)?,
        (None, sql) => sql.clone().unwrap_or_default(),
    };
    let mut conn = super::history_of(home)?;
    let terminal = std::io::stdout().is_terminal();
    let bounds = Bounds {
        rows: args
            .limit
            .or(terminal.then_some(MAX_ROWS))
            .filter(|rows| *rows > 0),
        time: args
            .timeout
            .or(terminal.then_some(TIMEOUT))
            .filter(|time| !time.is_zero()),
        memory: Some(args.memory.saturating_mul(1 << 20)).filter(|bytes| *bytes > 0),
    };
    let deadline = bounds.time.map(|time| Deadline::start(time, too_slow));
    let mut printer = printer.within(bounds.memory, deadline.transpose()?);
    let whole = ask_sql(&mut conn, &sql, bounds, &mut printer)?;
    printer.end()?;
    if !whole {
        say!(
            "only the first {} rows; --limit 0 shows all",
            bounds.rows.unwrap_or_default()
        );
    }
    if let Some(name) = &args.save {
        ask::save_query(&home.queries(), name, &sql)?;
        say!("saved: kycdrop query --saved {name}");
    }
    Ok(0)
}

fn saved(home: &Home, name: &str) -> Result<String> {
    let (mut all, damage) = ask::saved_queries(&home.queries())?;
    if let Some(found) = all.remove(name) {
        warn(damage.as_ref());
        return Ok(found.sql);
    }
    if let Some(damage) = damage {
        return Err(damage);
    }
    let known = all.keys().map(String::as_str);
    Err(super::not_known("query", name, known, "query --list"))
}

/// The queries that ship with kycdrop work without those of the home.
fn warn(damage: Option<&Trouble>) {
    if let Some(damage) = damage {
        let text = super::multiline_printable(&damage.to_string());
        say!("kycdrop: the saved queries of this home are left out: {text}");
    }
}

fn list(home: &Home, mut printer: Printer) -> Result<u8> {
    let (all, damage) = ask::saved_queries(&home.queries())?;
    warn(damage.as_ref());
    printer.columns(&["name", "answers", "from", "sql"].map(str::to_owned))?;
    for (name, query) in all {
        let from = if query.shipped {
            "kycdrop"
        } else {
            "this home"
        };
        let title = match query.title.as_str() {
            "" => Cell::Null,
            title => Cell::Text(title.to_owned()),
        };
        let sql = query.sql.split_whitespace().collect::<Vec<_>>().join(" ");
        printer.row(vec![
            Cell::Text(name),
            title,
            Cell::Text(from.into()),
            Cell::Text(sql),
        ])?;
    }
    printer.end()?;
    Ok(0)
}
