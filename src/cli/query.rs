//! `query`: anybody's SQL over the history, and queries that have a name.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

use rusqlite::types::Value;

use crate::config::{Home, Separator, parse_size};
use crate::history::ask::Saved;
use crate::history::{self, Answer, Bounds, Cell, History, Params, ask, ask_sql, too_slow};
use crate::sheet::Dialect;
use crate::talk::{note, say};
use crate::text::counted;
use crate::trouble::{Kind, Result, Trouble};

use super::deadline::Deadline;
use super::output::{Format, Printer};

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
Queries are read-only. `kycdrop tables` lists the views, `kycdrop describe
VIEW` shows what their columns mean, docs/SQL.md has common questions with
their SQL.

CSV is safe to open in a spreadsheet: text that one would take for a formula
(it begins with = + - @ or their full-width forms, also after spaces, or with a
tab or line break) has an apostrophe before it. Numbers stay numbers; --raw
leaves all as it is. --excel writes the CSV that Excel opens with all letters
and digits: text that Excel would change (007, 12E5, 1-2, more than 15 digits)
is written as =\"007\"; days stay days. Where Windows has a decimal comma, as in
Lithuania, Excel expects --excel=semicolon; the setting csv_separator changes
the default.

:NAME in the SQL is a parameter. A VALUE of --param that is a plain number is
one for SQL too, anything else is text. Single quotes make it text too: --param
\"id='18'\".

An answer may take --memory, of which SQLite gets a quarter (more is sorted in
files of TMPDIR) and a single value a sixteenth. CSV and JSON are written row
by row, a table is kept until its last row.

On a terminal a long answer goes through $KYCDROP_PAGER, $PAGER or less, and a
table that is too wide is printed row by row.

Examples:
  kycdrop query --saved top-errors
  kycdrop query --saved rejects --param batch=18
  kycdrop query --saved rejects-of-month --param month=2026-10 --excel > october.csv
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

    /// The value of a parameter of the query; once for each
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = param, conflicts_with = "list")]
    params: Vec<(String, Value)>,

    /// Run the SQL, then save it under this name in kycdrop.queries.toml
    #[arg(long, value_name = "NAME", requires = "sql")]
    save: Option<String>,

    /// List the saved queries: names, parameters ([optional]) and what they answer
    #[arg(long)]
    list: bool,

    /// List them with their SQL and where they come from
    #[arg(long, requires = "list")]
    long: bool,

    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Write CSV for Excel: with a byte order mark, CRLF, and this separator [default: csv_separator]
    #[arg(long, value_name = "SEPARATOR", num_args = 0..=1, require_equals = true)]
    excel: Option<Option<Separator>>,

    /// Write CSV without apostrophes before what looks like a formula
    #[arg(long)]
    raw: bool,

    /// The most rows; 0: all [default: 1000 on a terminal, all elsewhere]
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// The most time, such as 5s or 2min; 0: no limit [default: 60s on a terminal]
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,

    /// The most memory, in MiB or with a unit such as 2GiB; 0: no limit
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
    let mib = text
        .parse()
        .or_else(|_| parse_size(text).map(|bytes| bytes >> 20));
    mib.ok().filter(enough).ok_or_else(|| {
        format!("give {MIN_MEMORY_MIB} MiB or more, as a number or with a unit, or 0")
    })
}

/// A parameter and its value.
fn param(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write NAME=VALUE, such as batch=18")?;
    let name = name.trim_start_matches([':', '@', '$']);
    if name.is_empty() {
        return Err("the name is missing: write NAME=VALUE, such as batch=18".to_owned());
    }
    Ok((name.to_owned(), Params::value(value)))
}

/// Asks the history.
pub(super) fn query(home: &Home, args: &Args) -> Result<u8> {
    let excel = match args.excel {
        None => None,
        Some(Some(separator)) => Some(separator),
        Some(None) => Some(super::config_of(home)?.csv_separator),
    };
    let printer = Printer::of(
        format(args)?,
        Dialect {
            raw: args.raw,
            excel,
        },
    );
    if args.list {
        return list(home, args.long, printer);
    }
    let (sql, optional) = match (&args.saved, &args.sql) {
        (Some(name), _) => {
            let saved = saved(home, name)?;
            (saved.sql, saved.optional)
        }
        (None, sql) => (sql.clone().unwrap_or_default(), Vec::new()),
    };
    let params = Params {
        given: given(&args.params)?,
        optional,
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
    let whole = ask_sql(&mut conn, &sql, &params, bounds, &mut printer)?;
    printer.end()?;
    if !whole {
        note!(
            "only the first {}; --limit 0 shows all",
            counted(bounds.rows.unwrap_or_default(), "row", "rows")
        );
    }
    if let Some(name) = &args.save {
        ask::save_query(&home.queries(), name, &sql)?;
        note!("saved: kycdrop query --saved {name}");
    }
    Ok(0)
}

/// The format that is asked for; `--excel` is CSV.
fn format(args: &Args) -> Result<Format> {
    match (args.excel, args.format) {
        (None, asked) => Ok(Format::or_default(asked)),
        (Some(_), None | Some(Format::Csv)) => Ok(Format::Csv),
        (Some(_), Some(_)) => Err(Trouble::new(
            Kind::Input,
            "--excel writes CSV, and --format asks for something else",
            "leave one of them out",
        )),
    }
}

fn given(params: &[(String, Value)]) -> Result<BTreeMap<String, Value>> {
    let mut given = BTreeMap::new();
    for (name, value) in params {
        if given.insert(name.clone(), value.clone()).is_some() {
            return Err(Trouble::new(
                Kind::Input,
                format!("the parameter {name} has two values"),
                "give it one",
            ));
        }
    }
    Ok(given)
}

fn saved(home: &Home, name: &str) -> Result<Saved> {
    let (mut all, damage) = ask::saved_queries(&home.queries())?;
    if let Some(found) = all.remove(name) {
        warn(damage.as_ref());
        return Ok(found);
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
        let text = super::multiline_visible(&damage.to_string());
        say!("kycdrop: the saved queries of this home are left out: {text}");
    }
}

fn list(home: &Home, long: bool, mut printer: Printer) -> Result<u8> {
    let (all, damage) = ask::saved_queries(&home.queries())?;
    warn(damage.as_ref());
    // The views are the same in every history.
    let mut conn = History::in_memory()?.into_connection();
    let columns: &[&str] = match long {
        true => &["name", "answers", "from", "sql", "parameters"],
        false => &["name", "parameters", "answers"],
    };
    printer.columns(&columns.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())?;
    for (name, query) in all {
        // What is wrong with the SQL is said when it is run.
        let parameters = history::parameters(&mut conn, &query.sql).unwrap_or_default();
        let shown = parameters.iter().map(|p| match query.optional.contains(p) {
            true => format!("[{p}]"),
            false => p.clone(),
        });
        let parameters = text(shown.collect::<Vec<_>>().join(" "));
        let name = Cell::Text(name);
        printer.row(match long {
            false => {
                let title = query.title.lines().next().unwrap_or_default();
                vec![name, parameters, text(title.to_owned())]
            }
            true => {
                let from = if query.shipped {
                    "kycdrop"
                } else {
                    "this home"
                };
                let sql = query.sql.split_whitespace().collect::<Vec<_>>().join(" ");
                vec![
                    name,
                    text(query.title),
                    text(from.into()),
                    text(sql),
                    parameters,
                ]
            }
        })?;
    }
    printer.end()?;
    Ok(0)
}

fn text(text: String) -> Cell {
    match text.is_empty() {
        true => Cell::Null,
        false => Cell::Text(text),
    }
}
