//! Figures for Prometheus, as a text file that its node exporter picks up (`metrics_file`). Counters
//! count from the start of the process, as Prometheus expects them to.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::atomic_file::{self, AtomicFile, Existing, Readers, Rules};
use crate::clock;
use crate::config::{Config, Home};
use crate::disk;
use crate::history::{History, Written, totals};
use crate::ingest::{Engine, UsedList};
use crate::intake::{Deferral, Scan};
use crate::left_alone;

use crate::disk::with_ending;
use crate::trouble::{Kind, Result};

use super::state::State;

/// No more often than this, unless something important changed.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// The figures of this process.
pub(crate) struct Metrics {
    file: Option<PathBuf>,
    home: Home,
    files: u64,
    accepted: u64,
    repeated: u64,
    rejected: BTreeMap<String, u64>,
    /// What the last look at the inbox found: files that wait, the last change of the oldest, and
    /// what cannot be taken.
    waiting: usize,
    oldest: Option<SystemTime>,
    held: usize,
    left_alone: usize,
    lists: Vec<Arc<UsedList>>,
    matches: u64,
    written: Option<Instant>,
    reported: bool,
}

impl Metrics {
    /// Figures as the configuration wants them.
    ///
    /// # Errors
    /// When the file must not be written where the configuration says.
    pub(crate) fn new(home: &Home, config: &Config) -> Result<Metrics> {
        check(home, config)?;
        Ok(Metrics {
            file: file(home, config),
            home: home.clone(),
            files: 0,
            accepted: 0,
            repeated: 0,
            rejected: BTreeMap::new(),
            waiting: 0,
            oldest: None,
            held: 0,
            left_alone: 0,
            lists: Vec::new(),
            matches: 0,
            written: None,
            reported: false,
        })
    }

    /// Notes the screening lists in use and, if anything was answered, the matches that wait.
    pub(crate) fn screening(&mut self, engine: &Engine, answered: bool) {
        if self.file.is_none() {
            return;
        }
        self.lists = engine.lists();
        if answered {
            let totals = totals(engine.history().connection());
            self.matches = totals.map_or(self.matches, |t| t.matches_pending);
        }
    }

    /// Counts what was answered.
    pub(crate) fn count(&mut self, history: &History, answered: &[Written]) {
        if self.file.is_none() {
            return;
        }
        self.waiting = self.waiting.saturating_sub(answered.len());
        if self.waiting == 0 {
            self.oldest = None;
        }
        for batch in answered {
            self.files += 1;
            self.accepted += batch.accepted;
            self.repeated += batch.repeated;
            if batch.rejected > 0 {
                let codes = history.rejections_by_code(batch.batch_id);
                for (code, count) in codes.unwrap_or_default() {
                    *self.rejected.entry(code).or_default() += count;
                }
            }
        }
    }

    /// Notes what a look at the inbox found, and how many files cannot leave the work folder.
    pub(crate) fn look(&mut self, scan: &Scan, stuck: usize) {
        self.waiting = scan.settled.len() + scan.settling + scan.counts.of(Deferral::Denied);
        if !scan.partial {
            self.left_alone = scan.left_alone;
        }
        self.oldest = scan.oldest;
        self.held = scan.counts.total() + stuck;
    }

    /// Writes the file, if it is time; `now` whatever the time.
    pub(crate) fn write(&mut self, now: bool, paused: bool, last_success: Option<&str>) {
        let Some(file) = &self.file else { return };
        if !now && self.written.is_some_and(|w| w.elapsed() < WRITE_INTERVAL) {
            return;
        }
        self.written = Some(Instant::now());
        let text = self.text(paused, last_success);
        match replace(&self.home, file, text.as_bytes()) {
            Ok(()) => self.reported = false,
            Err(e) => {
                if !std::mem::replace(&mut self.reported, true) {
                    tracing::warn!("metrics_file: {e}");
                }
            }
        }
    }

    fn text(&self, paused: bool, last_success: Option<&str>) -> String {
        let mut out = Text::default();
        let oldest = self.oldest.map_or(0, |modified| {
            let age = SystemTime::now().duration_since(modified);
            age.map_or(0, |age| age.as_secs())
        });
        out.gauge("backlog_files", "Files waiting in the inbox.", self.waiting);
        out.gauge(
            "held_files",
            "Entries that cannot be taken from the inbox (links, pipes, files that cannot be read or moved) or cannot leave the work folder.",
            self.held,
        );
        out.gauge(
            "backlog_oldest_seconds",
            "Age of the oldest waiting file.",
            oldest,
        );
        out.gauge(
            "left_alone",
            "Names that are left alone, in the inbox and in classifiers.",
            self.left_alone + left_alone::names_in(&self.home.classifiers()).len(),
        );
        out.gauge("paused", "1 while work is paused.", u8::from(paused));
        out.gauge(
            "history_damaged",
            "1 if a check found the history damaged: nothing is answered then.",
            u8::from(State::reports_damage(&self.home)),
        );
        out.counter("files_total", "Files answered since the start.", self.files);
        out.counter(
            "customers_accepted_total",
            "Customers accepted since the start.",
            self.accepted,
        );
        out.counter(
            "customers_repeated_total",
            "Of the accepted customers: repeats, of which nothing was saved.",
            self.repeated,
        );
        self.rejected_text(&mut out);
        self.screening_text(&mut out);
        let wal = with_ending(&self.home.database(), "-wal");
        let wal = fs::metadata(wal).map_or(0, |m| m.len());
        out.gauge("wal_bytes", "Size of the database's write-ahead log.", wal);
        if let Some(free) = disk::free_bytes(&self.home.root) {
            out.gauge("free_bytes", "Free disk space at the home.", free);
        }
        let seconds = last_success
            .and_then(clock::parse)
            .map_or(0, |moment| moment.timestamp());
        out.gauge(
            "last_success_timestamp_seconds",
            "Time of the last answer; 0: never.",
            seconds,
        );
        out.0
    }

    fn screening_text(&self, out: &mut Text) {
        out.gauge(
            "matches_waiting",
            "Matches of screening that wait for a person.",
            self.matches,
        );
        let today = clock::utc_now().date_naive();
        self.list_figure(
            out,
            "list_age_days",
            "Age of a screening list in use.",
            |list| (today - list.date).num_days(),
        );
        self.list_figure(
            out,
            "list_entries",
            "Entries of a screening list in use.",
            |list| list.index.entities() as i64,
        );
    }

    fn list_figure(
        &self,
        out: &mut Text,
        name: &str,
        help: &str,
        figure: impl Fn(&UsedList) -> i64,
    ) {
        if !self.lists.is_empty() {
            out.head(name, help, "gauge");
        }
        for list in &self.lists {
            let (of, value) = (label(&list.name), figure(list));
            out.line(format_args!("kycdrop_{name}{{list=\"{of}\"}} {value}"));
        }
    }

    fn rejected_text(&self, out: &mut Text) {
        out.head(
            "customers_rejected_total",
            "Customers rejected since the start, by code of the first error.",
            "counter",
        );
        for (code, count) in &self.rejected {
            let code = label(code);
            out.line(format_args!(
                "kycdrop_customers_rejected_total{{code=\"{code}\"}} {count}"
            ));
        }
    }
}

fn file(home: &Home, config: &Config) -> Option<PathBuf> {
    config.metrics_file.as_ref().map(|f| home.root.join(f))
}

/// Checks that the file may be written where the configuration says.
///
/// # Errors
/// When it may not; a folder that is not there, or not to be entered now, is none.
pub(crate) fn check(home: &Home, config: &Config) -> Result<()> {
    let Some(file) = file(home, config) else {
        return Ok(());
    };
    match atomic_file::allowed(&file, rules(home)) {
        Err(mut e) if e.kind == Kind::Setup => {
            e.what = format!("{}: metrics_file: {}", home.config_file().display(), e.what);
            Err(e)
        }
        _ => Ok(()),
    }
}

fn rules(home: &Home) -> Rules<'_> {
    Rules {
        home: Some(home),
        into_inbox: false,
        existing: Existing::ReplaceIf(|beginning| beginning.starts_with(b"# HELP kycdrop_")),
        refusal: Kind::Setup,
    }
}

fn replace(home: &Home, path: &Path, content: &[u8]) -> Result<()> {
    let file = AtomicFile::create(path, rules(home))?;
    file.write_for(content, Readers::All)
}

/// A value of a label, as the format wants it.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP kycdrop_{name} {help}"));
        self.line(format_args!("# TYPE kycdrop_{name} {kind}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, help, "gauge");
        self.line(format_args!("kycdrop_{name} {value}"));
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(format_args!("kycdrop_{name} {value}"));
    }
}
