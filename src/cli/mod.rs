//! The commands, a file each.
//!
//! In: the arguments and the environment. Out: data on stdout, messages on stderr, and an exit code.
//! A command asks the rooms for values and shows them as text, a table or JSON. It may use every
//! room, and decides nothing about a customer; no room may use it.

mod backup;
mod check;
mod classifiers;
mod deadline;
mod decide;
mod decisions;
mod demo;
mod desk;
mod doctor;
mod doctor_tables;
mod evaluation_page;
mod explain;
mod explain_data;
mod explain_page;
mod export;
mod found;
mod history;
mod init;
mod layout;
mod lists;
mod output;
mod pager;
mod pending;
mod place;
mod query;
mod reference;
mod report;
mod rescreen;
mod risk;
mod risk_check;
mod risk_page;
mod risk_try;
mod schema;
mod screen;
mod screen_calibrate;
mod screen_rows;
mod screening_page;
mod shell;
mod sizes;
mod status;
mod tables;

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, CommandFactory, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::catalog::Endpoint;
use crate::config::{Config, Home, log_filter};
use crate::daemon::reading::{history_if_any, history_of};
use crate::daemon::{self, signals};
use crate::disk;
use crate::talk::{self, say};
use crate::text::printable;
use crate::trouble::{Kind, Result, Trouble};

/// The heading of the options that every command takes.
const EVERY: &str = "Options of every command";

/// Validate customers offline as the AMLYZE API would: drop a file, get its answer, keep the history.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "\
A first try, in an empty folder:
  kycdrop run                                      makes a home and watches its inbox
  cp batch.json watch-dir/inbox/batch-customers/   then wait a second or two
  cat watch-dir/outbox/batch-customers/batch.response.json
  kycdrop query \"SELECT * FROM v_rejection\"

Exit codes: 0 done (rejected customers are no failure), 1 with check when
something was rejected, 2 wrong arguments, 65 unreadable input, 70 a defect, 74
input or output failed, 75 locked, full, already running, or no memory or
threads to be had, 77 no permission, 78 configuration, classifiers or database."
)]
struct Args {
    /// The home: the folder with classifiers, watch-dir and kycdrop.db [default: that of the file that
    /// the command is about, or the nearest one from the current folder upwards]
    #[arg(long, global = true, env = "KYCDROP_HOME", value_name = "DIR", help_heading = EVERY)]
    home: Option<PathBuf>,

    /// Log more: debug, with -vv everything (before KYCDROP_LOG and the setting log)
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = EVERY)]
    verbose: u8,

    /// Say less: no notes on stderr, and only warnings and errors in the log
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = EVERY)]
    quiet: bool,

    /// How log lines on stderr are written
    #[arg(long, global = true, default_value = "human", value_name = "FORMAT", help_heading = EVERY)]
    log_format: LogFormat,

    #[command(subcommand)]
    command: Command,
}

/// Arguments of `run` and `once`.
#[derive(clap::Args)]
struct WorkArgs {
    /// Make a home of the folder if it is not one yet; in an empty folder this is not needed
    #[arg(long)]
    init: bool,
}

/// Every command with its arguments, as completions and manual pages are made from them.
pub fn grammar() -> clap::Command {
    Args::command()
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Make a home: a configuration with comments, the shipped classifiers, the folders
    Init,
    /// Check the installation, and say what to fix
    Doctor(doctor::Args),
    /// Watch the inbox and answer files until stopped
    #[command(after_help = "SIGTERM, Ctrl-C or SIGHUP stops it after the current file.")]
    Run(WorkArgs),
    /// Answer the files in the inbox, then exit
    #[command(after_help = "Waits for files that are still being written (setting: settle).")]
    Once(WorkArgs),
    /// Validate files without saving or moving anything; the result goes to stdout
    Check(check::Args),
    /// Show waiting files, files in work, the last batches and totals
    Status(status::Args),
    /// Open the desk: a page in the browser, on this machine alone
    Desk(desk::Args),
    /// Make a realistic batch with known errors
    Demo(demo::Args),
    /// Explain the errors of a batch or customer, or an error code or text, and how to fix them
    Explain(explain::Args),
    /// Show a customer's history: every assessment and rejection, and what changed
    History(history::Args),
    /// List evaluations and screenings that wait for a person, a risk matrix or a list
    Pending(pending::Args),
    /// List the evaluations and matches of screening that wait for a person, with the reasons
    Decisions(decisions::Args),
    /// Decide on an evaluation that waits for a person
    Decide(decide::Args),
    /// Query the history in SQL, read-only
    Query(query::Args),
    /// List the views that can be queried
    Tables(tables::TablesArgs),
    /// Describe the columns of a view
    Describe(tables::DescribeArgs),
    /// Write an HTML report with charts on a period or a batch
    Report(report::Args),
    /// List, show, check and compare the tables of codes
    Classifiers(classifiers::Args),
    /// Try the risk matrices, and explain the evaluation of a request
    Risk(risk::Args),
    /// Screen standing customers against what changed in the lists
    Rescreen(rescreen::Args),
    /// List the screening lists, and check them
    Lists(lists::Args),
    /// Compare a name, or the names of a file, with the screening lists
    Screen(screen::Args),
    /// Copy the history to a new file while it is in use, and check the copy
    #[command(after_help = "\
To restore it: stop the daemon, replace kycdrop.db with the file, remove
kycdrop.db-wal and kycdrop.db-shm if they exist, start again.")]
    Backup(backup::Args),
    /// Copy the history to a plain file for analysts, readable without write access
    Snapshot(backup::Args),
    /// Export what is new in the history as Parquet files, for a head office with many branches
    Export(export::Args),
    /// Print every rule of the catalogue
    Errors(reference::Args),
    /// Print every field of the catalogue
    Fields(reference::Args),
    /// Print the JSON Schema of an endpoint's requests
    Schema(schema::Args),
    /// Print shell completions
    Completions(shell::CompletionsArgs),
    /// Write the manual pages
    Man(shell::ManArgs),
}

/// Runs the command that the process was called with.
pub fn main() -> ExitCode {
    disk::keep_private();
    signals::keep_to_exit_codes();
    signals::quiet_panics();
    let done = match Args::try_parse() {
        Ok(args) => {
            // The panic hook has reported it.
            std::panic::catch_unwind(AssertUnwindSafe(|| command(&args)))
                .unwrap_or(Ok(Kind::Internal as u8))
        }
        Err(usage) => help_or_usage(&usage),
    };
    ExitCode::from(done.unwrap_or_else(|e| {
        say!("kycdrop: {}", multiline_visible(&format!("{e:#}")));
        let known = e.downcast_ref::<Trouble>().map(Trouble::exit_code);
        known.unwrap_or(Kind::Internal as u8)
    }))
}

/// The help and the version are data, what is wrong with the arguments is talk.
fn help_or_usage(text: &clap::Error) -> anyhow::Result<u8> {
    if !text.use_stderr() {
        stdout_result(text.print())?;
    } else if talk::is_ready() {
        let _ = text.print();
    }
    Ok(text.exit_code() as u8)
}

/// Trouble has its exit code; any other error is one that nobody thought of, and a defect.
fn command(args: &Args) -> anyhow::Result<u8> {
    if args.quiet {
        talk::keep_quiet();
    }
    let home = place::home_of(args)?;
    start_log(args, &home);
    Ok(match &args.command {
        Command::Run(a) => {
            place::to_work_in(&home, a.init)?;
            let config = config_of(&home)?;
            daemon::run(home, config)?
        }
        Command::Once(a) => {
            place::to_work_in(&home, a.init)?;
            let config = config_of(&home)?;
            daemon::once(home, config)?
        }
        Command::Check(a) => check::check(home, a)?,
        Command::Status(a) => status::status(&home, a)?,
        Command::Explain(a) => explain::explain(&home, a)?,
        Command::History(a) => history::history(&home, a)?,
        Command::Pending(a) => pending::pending(&home, a)?,
        Command::Decisions(a) => decisions::decisions(&home, a)?,
        Command::Decide(a) => decide::decide(&home, a)?,
        Command::Query(a) => query::query(&home, a)?,
        Command::Tables(a) => tables::tables(&home, a)?,
        Command::Describe(a) => tables::describe(&home, a)?,
        Command::Backup(a) => backup::backup(&home, a)?,
        Command::Snapshot(a) => backup::snapshot(&home, a)?,
        Command::Export(a) => export::export(&home, a)?,
        Command::Errors(a) => reference::errors(a)?,
        Command::Fields(a) => reference::fields(a)?,
        Command::Schema(a) => schema::schema(&home, a)?,
        Command::Init => init::init(&home)?,
        Command::Doctor(a) => doctor::doctor(&home, a)?,
        Command::Desk(a) => desk::desk(home, a)?,
        Command::Demo(a) => demo::demo(&home, a)?,
        Command::Classifiers(a) => classifiers::classifiers(&home, a)?,
        Command::Risk(a) => risk::risk(&home, a)?,
        Command::Rescreen(_) => rescreen::rescreen(&home)?,
        Command::Lists(a) => lists::lists(&home, a)?,
        Command::Screen(a) => screen::screen(&home, a)?,
        Command::Completions(a) => shell::completions(a)?,
        Command::Man(a) => shell::man(&home, a)?,
        Command::Report(a) => report::report(&home, a)?,
    })
}

/// Starts the log with the first filter that is there: that of -v or -q, of KYCDROP_LOG, of the setting.
fn start_log(args: &Args, home: &Home) {
    let variable = std::env::var("KYCDROP_LOG").ok().filter(|v| !v.is_empty());
    // It says itself what became of its one file.
    let is_quiet = args.quiet || matches!(args.command, Command::Decide(_));
    let wanted = match (is_quiet, args.verbose) {
        (_, 1) => Some("debug".to_owned()),
        (_, 2..) => Some("trace".to_owned()),
        (true, _) => variable.filter(|_| !args.quiet).or(Some("warn".to_owned())),
        _ => variable,
    };
    let wanted = wanted.and_then(|wanted| {
        let left_out = |e| say!("kycdrop: KYCDROP_LOG: {e}; it is left out");
        log_filter(&wanted).map_err(left_out).ok()
    });
    let filter = wanted.unwrap_or_else(|| {
        // What is wrong with the settings is for the command that needs them to say.
        let setting = Config::of(home).unwrap_or_default().log;
        log_filter(&setting).unwrap_or_else(|_| EnvFilter::new("info"))
    });
    let log = tracing_subscriber::fmt()
        .with_writer(|| talk::Log)
        .with_env_filter(filter)
        // It would go to stderr in another way, which panics when it cannot.
        .log_internal_errors(false)
        .with_target(false);
    match args.log_format {
        LogFormat::Json => log.json().init(),
        LogFormat::Human => log
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init(),
    }
    tracing::debug!(home = %printable(&home.root.display().to_string()), "working");
}

/// The text with nothing in it unseen, and with the line breaks that we put there ourselves.
fn multiline_visible(text: &str) -> String {
    text.split('\n')
        .map(crate::text::visible)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The configuration of a home; from here on files get the rights that it says.
fn config_of(home: &Home) -> Result<Config> {
    let config = Config::of(home)?;
    if config.share_with_group {
        disk::share_with_group();
    }
    Ok(config)
}

/// Ends the writing to stdout; a reader that went away is no error.
fn stdout_result(done: std::io::Result<()>) -> Result<()> {
    match done.and_then(|()| std::io::stdout().flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(stdout_trouble(&e)),
        _ => Ok(()),
    }
}

/// Whatever goes wrong with stdout is for who reads it: 74, also where its disk is full.
fn stdout_trouble(e: &std::io::Error) -> Trouble {
    Trouble::new(Kind::Io, format!("writing stdout: {e}"), "")
}

/// An endpoint of the command line, in any of its spellings.
fn endpoint(name: &str) -> Result<Endpoint, String> {
    Endpoint::from_name(name).ok_or_else(|| {
        let all: Vec<_> = Endpoint::ALL.iter().map(|e| e.name()).collect();
        format!("the endpoints are {}", all.join(", "))
    })
}

/// The error for a name of the command line that is not known. `list` is the command that lists the
/// known ones, without `kycdrop`.
fn not_known<'c>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'c str>,
    list: &str,
) -> Trouble {
    let hint = crate::text::did_you_mean(name, known);
    let hint = hint.map(|hint| hint + " ").unwrap_or_default();
    Trouble::new(
        Kind::Input,
        format!("there is no {what} {name}"),
        format!("{hint}`kycdrop {list}` lists them"),
    )
}
