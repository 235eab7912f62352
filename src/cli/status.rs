//! `status`: waiting files, files in work, the last batches, totals. Reads files only, and asks no
//! process.

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime};

use chrono::NaiveDate;
use serde::Serialize;

use crate::clock;
use crate::config::Home;
use crate::history::{self, BatchLine, Totals};
use crate::intake::{Candidate, InWork, Inbox, claims_in_work};
use crate::left_alone;
use crate::lists::is_description;
use crate::text::{counted, of_them_repeated, visible};
use crate::trouble::{Kind, Result};

use crate::daemon::held::{self, Held};
use crate::daemon::lock;
use crate::daemon::state::{ListState, RunState, State};

use super::output::{self, TextFormat};

/// Arguments of `status`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The output format
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: TextFormat,

    /// How many of the last batches to show
    #[arg(long, default_value_t = 10, value_name = "N")]
    last: u32,
}

#[derive(Serialize)]
struct Status {
    home: String,
    /// Whether a process works on the home now.
    running: bool,
    health: Health,
    /// Why work is paused, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_because: Option<String>,
    /// Why the last process ended although nobody ended it, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_because: Option<String>,
    /// When a file was answered last, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<String>,
    /// When the whole history was checked last and was sound, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<String>,
    /// What is damaged in the history, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
    waiting: Waiting,
    /// What is in the inbox and is not taken.
    held: Held,
    left_alone: LeftAlone,
    /// Files that were taken and are not answered yet.
    in_work: Vec<String>,
    last_batches: Vec<BatchLine>,
    totals: Totals,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lists: Vec<ListLine>,
}

/// How a screening list stands.
#[derive(Serialize)]
struct ListLine {
    list: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_days: Option<u32>,
    /// Why it is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

impl ListLine {
    /// Every list that the home describes, as the process that worked on it last has read it.
    fn all(home: &Home, read: &[ListState], today: NaiveDate) -> Vec<ListLine> {
        let files = std::fs::read_dir(home.lists()).into_iter().flatten();
        let paths = files.flatten().map(|file| file.path());
        let mut described: Vec<String> = paths
            .filter(|path| is_description(path))
            .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
            .collect();
        described.sort_unstable();
        let line = |list: String| match read.iter().find(|read| read.list == list) {
            Some(read) => ListLine::of(read, today),
            None => ListLine {
                list,
                entries: None,
                age_days: None,
                refused: None,
            },
        };
        described.into_iter().map(line).collect()
    }

    fn of(list: &ListState, today: NaiveDate) -> ListLine {
        let date = list.date.as_ref().and_then(|date| date.parse().ok());
        let age_days = date.map(|date: NaiveDate| (today - date).num_days().max(0) as u32);
        ListLine {
            list: list.list.clone(),
            entries: list.entries,
            age_days,
            refused: list.refused.clone(),
        }
    }

    fn text(&self) -> String {
        let said = match (&self.refused, self.entries) {
            (Some(why), _) => format!("refused: {why}"),
            (None, None) => "not read yet".to_owned(),
            (None, Some(entries)) => format!(
                "{}, {} old",
                counted(entries, "entry", "entries"),
                counted(self.age_days.unwrap_or(0).into(), "day", "days")
            ),
        };
        format!("{}: {said}", self.list)
    }
}

/// The state of the process that works on the home.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    /// It works, or waits for work.
    Healthy,
    /// It waits to retry after an error.
    Paused,
    /// It was shut down, or none ever ran.
    Stopped,
    /// It ended by itself, after an error that does not pass.
    Failed,
    /// It did not shut down cleanly.
    Died,
    /// It ended, or did not start, because the history is damaged.
    Damaged,
}

impl Health {
    fn of(running: bool, state: Option<&State>) -> Health {
        if !running && state.is_some_and(|s| s.damage.is_some()) {
            return Health::Damaged;
        }
        match (running, state.map(|s| s.state)) {
            (true, Some(RunState::Paused)) => Health::Paused,
            (true, _) => Health::Healthy,
            (false, Some(RunState::Ended)) if state.is_some_and(|s| s.reason.is_some()) => {
                Health::Failed
            }
            (false, None | Some(RunState::Ended)) => Health::Stopped,
            (false, Some(_)) => Health::Died,
        }
    }
}

#[derive(Serialize)]
struct Waiting {
    files: usize,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_seconds: Option<u64>,
    /// The first few, the oldest first.
    first: Vec<String>,
}

impl Waiting {
    /// Of the files that are waiting, the oldest first.
    fn of(files: &[Candidate]) -> Waiting {
        let age = |c: &Candidate| SystemTime::now().duration_since(c.modified).ok();
        Waiting {
            files: files.len(),
            bytes: files.iter().map(|c| c.bytes).sum(),
            oldest_seconds: files.first().and_then(age).map(|age| age.as_secs()),
            first: files
                .iter()
                .take(5)
                .map(|c| c.relative.to_string_lossy().into_owned())
                .collect(),
        }
    }
}

/// How many names are left alone.
#[derive(Serialize)]
struct LeftAlone {
    inbox: usize,
    classifiers: usize,
}

/// Shows the status of a home.
pub(super) fn status(home: &Home, args: &Args) -> anyhow::Result<u8> {
    if !home.is_made()? {
        return Err(home.not_made().into());
    }
    let status = look(home, args.last)?;
    let text = match args.format {
        TextFormat::Json => output::json(&status)?,
        TextFormat::Text => status.text(),
    };
    super::stdout_result(output::write_safely(&text))?;
    Ok(match status.health {
        Health::Healthy | Health::Stopped => 0,
        Health::Paused | Health::Died => Kind::Busy as u8,
        Health::Failed | Health::Damaged => Kind::Setup as u8,
    })
}

fn look(home: &Home, last: u32) -> Result<Status> {
    let inbox = home.inbox();
    // With nothing to settle, everything that will be taken counts as waiting.
    let mut scan = Inbox::new(inbox, Duration::ZERO, Duration::ZERO)
        .scan(Instant::now())
        .unwrap_or_default();
    let (running, state) = (lock::is_held(home), State::of(home));
    let held = held::of(home, &scan, running, state.as_ref());
    scan.settled
        .retain(|c| !held.first.contains(&held::shown(home, &c.path)));
    let left_alone = LeftAlone {
        inbox: scan.left_alone,
        classifiers: left_alone::names_in(&home.classifiers()).len(),
    };
    let in_work = match home.work().exists() {
        true => claims_in_work(&home.work())?,
        false => InWork::default(),
    };
    let (running, state) = (lock::is_held(home), State::of(home));
    let health = Health::of(running, state.as_ref());
    let (reason, last_success, checked_at, damage, lists) = match state {
        Some(s) => (s.reason, s.last_success, s.checked_at, s.damage, s.lists),
        None => Default::default(),
    };
    let history = super::history_if_any(home).and_then(|conn| match conn {
        Some(conn) => Ok((history::last_batches(&conn, last)?, history::totals(&conn)?)),
        None => Ok(Default::default()),
    });
    let (last_batches, totals) = match history {
        // What is known of the damage says more.
        Err(_) if damage.is_some() => Default::default(),
        history => history?,
    };
    let lists = match damage.is_none() {
        true => ListLine::all(home, &lists, clock::utc_now().date_naive()),
        false => Vec::new(),
    };
    Ok(Status {
        home: home.root.display().to_string(),
        running,
        health,
        paused_because: reason.clone().filter(|_| health == Health::Paused),
        ended_because: reason.filter(|_| health == Health::Failed),
        last_success,
        checked_at,
        damage,
        waiting: Waiting::of(&scan.settled),
        held,
        left_alone,
        in_work: names_in_work(home, &in_work),
        last_batches,
        totals,
        lists,
    })
}

/// What is in work, by the names that the files had in the inbox; of those whose name is not known, by
/// their folders.
fn names_in_work(home: &Home, in_work: &InWork) -> Vec<String> {
    let unfit = in_work.unfit.iter().map(|unfit| unfit.claim.folder());
    let claims = in_work.claims.iter().map(|c| match c.relative.as_os_str() {
        none if none.is_empty() => held::shown(home, c.folder()),
        _ => c.relative.to_string_lossy().into_owned(),
    });
    let unfit = unfit.map(|folder| held::shown(home, folder));
    claims.chain(unfit).collect()
}

fn files(number: usize) -> String {
    counted(number as u64, "file", "files")
}

/// Lines of text with a label each; in names and messages from outside nothing stays unseen.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, label: &str, text: &str) {
        let _ = writeln!(self.0, "{label:<10} {text}");
    }

    /// Lines that belong to the one above.
    fn below<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        for text in texts {
            self.line("", &visible(text));
        }
    }

    fn names(&mut self, names: &[String]) {
        self.below(names.iter().map(String::as_str));
    }
}

impl Status {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        self.process_text(&mut lines);
        self.files_text(&mut lines);
        self.history_text(&mut lines);
        self.last_text(&mut lines);
        lines.0
    }

    fn process_text(&self, lines: &mut Lines) {
        lines.line("home", &visible(&self.home));
        lines.line(
            "daemon",
            match self.health {
                Health::Healthy => "running",
                Health::Paused => "running, paused",
                Health::Stopped => "not running",
                Health::Died => "not running; the last run did not shut down cleanly",
                Health::Failed => "not running; the last run ended with an error",
                Health::Damaged => "not running: the history is damaged",
            },
        );
        let because = self.paused_because.iter().chain(&self.ended_because);
        lines.below(because.flat_map(|reason| reason.lines()).map(str::trim));
    }

    fn files_text(&self, lines: &mut Lines) {
        let w = &self.waiting;
        let oldest = w.oldest_seconds.map(Duration::from_secs);
        let oldest =
            oldest.map(|age| format!(", the oldest for {}", humantime::format_duration(age)));
        let bytes = counted(w.bytes, "byte", "bytes");
        let waiting = format!("{}, {bytes}{}", files(w.files), oldest.unwrap_or_default());
        lines.line("waiting", &waiting);
        lines.names(&w.first);
        if self.held.files > 0 {
            lines.line("held", &format!("{}, not taken", files(self.held.files)));
        }
        lines.names(&self.held.first);
        let l = &self.left_alone;
        if l.inbox + l.classifiers > 0 {
            let text = format!("{} in the inbox, {} in classifiers", l.inbox, l.classifiers);
            lines.line("left alone", &text);
        }
        lines.line("in work", &files(self.in_work.len()));
        lines.names(&self.in_work);
    }

    fn history_text(&self, lines: &mut Lines) {
        if let Some(damage) = &self.damage {
            lines.line("damage", &visible(damage));
            lines.below(["replace kycdrop.db with a backup and start again"]);
        }
        let t = &self.totals;
        let batches = counted(t.batches, "file", "files");
        let accepted = counted(t.accepted, "customer", "customers");
        let text = format!("{batches}, {accepted} accepted, {} rejected", t.rejected);
        lines.line("history", &text);
        let assessments = counted(t.assessments, "assessment", "assessments");
        let customers = counted(t.customers, "customer", "customers");
        lines.line("", &format!("{assessments} of {customers}"));
        if let Some(checked_at) = &self.checked_at {
            lines.line("", &format!("last full check {checked_at}"));
        }
        let evaluations = counted(t.evaluations_pending, "evaluation", "evaluations");
        let screenings = counted(t.screenings_pending, "screening", "screenings");
        lines.line(
            "pending",
            &format!("{evaluations}, for a person or a risk matrix"),
        );
        let (matches, others) = (t.matches_pending, t.screenings_pending - t.matches_pending);
        let for_whom = format!("{screenings}, {matches} for a person, {others} for a list");
        lines.line("", &for_whom);
        let lists: Vec<String> = self.lists.iter().map(ListLine::text).collect();
        if let Some((first, others)) = lists.split_first() {
            lines.line("lists", &visible(first));
            lines.names(others);
        }
    }

    fn last_text(&self, lines: &mut Lines) {
        let mut line = |text: String| {
            let _ = writeln!(lines.0, "{text}");
        };
        if !self.last_batches.is_empty() {
            line("last".into());
        }
        for b in &self.last_batches {
            line(format!(
                "  {:>6}  {}  {}  {}/{}  {} accepted{}, {} rejected",
                b.batch_id,
                b.received_at,
                b.status,
                visible(&b.endpoint),
                visible(&b.file_name),
                b.accepted,
                of_them_repeated(b.repeated),
                b.rejected
            ));
            if let Some(error) = &b.error {
                line(format!("          {}", visible(error)));
            }
        }
    }
}
