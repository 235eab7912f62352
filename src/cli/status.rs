//! `status`: waiting files, files in work, the last batches, totals. Reads files only, and asks no
//! process.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::NaiveDate;
use serde::Serialize;

use crate::clock;
use crate::config::Home;
use crate::daemon::overview::{Health, Overview};
use crate::daemon::state::{ListState, State};
use crate::lists::is_description;
use crate::text::{counted, of_them_repeated, visible};
use crate::trouble::{Kind, Result};

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
    #[serde(flatten)]
    overview: Overview,
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
    Ok(match status.overview.health {
        Health::Healthy | Health::Stopped => 0,
        Health::Paused | Health::Died => Kind::Busy as u8,
        Health::Failed | Health::Damaged => Kind::Setup as u8,
    })
}

fn look(home: &Home, last: u32) -> Result<Status> {
    let overview = Overview::of(home, last)?;
    let lists = match overview.damage.is_none() {
        true => {
            let read = State::of(home).map(|state| state.lists);
            let today = clock::utc_now().date_naive();
            ListLine::all(home, &read.unwrap_or_default(), today)
        }
        false => Vec::new(),
    };
    Ok(Status { overview, lists })
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
        lines.line("home", &visible(&self.overview.home));
        lines.line(
            "daemon",
            match self.overview.health {
                Health::Healthy => "running",
                Health::Paused => "running, paused",
                Health::Stopped => "not running",
                Health::Died => "not running; the last run did not shut down cleanly",
                Health::Failed => "not running; the last run ended with an error",
                Health::Damaged => "not running: the history is damaged",
            },
        );
        let because = self
            .overview
            .paused_because
            .iter()
            .chain(&self.overview.ended_because);
        lines.below(because.flat_map(|reason| reason.lines()).map(str::trim));
    }

    fn files_text(&self, lines: &mut Lines) {
        let w = &self.overview.waiting;
        let oldest = w.oldest_seconds.map(Duration::from_secs);
        let oldest =
            oldest.map(|age| format!(", the oldest for {}", humantime::format_duration(age)));
        let bytes = counted(w.bytes, "byte", "bytes");
        let waiting = format!("{}, {bytes}{}", files(w.files), oldest.unwrap_or_default());
        lines.line("waiting", &waiting);
        lines.names(&w.first);
        if self.overview.held.files > 0 {
            lines.line(
                "held",
                &format!("{}, not taken", files(self.overview.held.files)),
            );
        }
        lines.names(&self.overview.held.first);
        let l = &self.overview.left_alone;
        if l.inbox + l.classifiers > 0 {
            let text = format!("{} in the inbox, {} in classifiers", l.inbox, l.classifiers);
            lines.line("left alone", &text);
        }
        lines.line("in work", &files(self.overview.in_work.len()));
        lines.names(&self.overview.in_work);
    }

    fn history_text(&self, lines: &mut Lines) {
        if let Some(damage) = &self.overview.damage {
            lines.line("damage", &visible(damage));
            lines.below(["replace kycdrop.db with a backup and start again"]);
        }
        let t = &self.overview.totals;
        let batches = counted(t.batches, "file", "files");
        let accepted = counted(t.accepted, "customer", "customers");
        let text = format!("{batches}, {accepted} accepted, {} rejected", t.rejected);
        lines.line("history", &text);
        let assessments = counted(t.assessments, "assessment", "assessments");
        let customers = counted(t.customers, "customer", "customers");
        lines.line("", &format!("{assessments} of {customers}"));
        if let Some(checked_at) = &self.overview.checked_at {
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
        if !self.overview.last_batches.is_empty() {
            line("last".into());
        }
        for b in &self.overview.last_batches {
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
