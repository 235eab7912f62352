//! What a home is doing: waiting files, files in work, the last batches, totals. Reads files only, and
//! asks no process.

use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;
use serde::Serialize;

use crate::config::Home;
use crate::history::{self, BatchLine, Totals};
use crate::intake::{Candidate, InWork, Inbox, claims_in_work};
use crate::left_alone;
use crate::trouble::Result;

use super::held::{self, Held};
use super::lock;
use super::reading::history_if_any;
use super::state::{RunState, State};

/// What a home is doing, as far as its files say; no process is asked.
#[derive(Serialize)]
pub(crate) struct Overview {
    /// Its path.
    pub(crate) home: String,
    /// Whether a process works on the home now.
    pub(crate) running: bool,
    /// How the process fares that works on it, or that did last.
    pub(crate) health: Health,
    /// Why work is paused, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) paused_because: Option<String>,
    /// Why the last process ended although nobody ended it, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_because: Option<String>,
    /// When a file was answered last, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_success: Option<String>,
    /// When the whole history was checked last and was sound, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checked_at: Option<String>,
    /// What is damaged in the history, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) damage: Option<String>,
    /// What will be taken from the inbox.
    pub(crate) waiting: Waiting,
    /// What is in the inbox and is not taken.
    pub(crate) held: Held,
    /// What is never taken, by its name.
    pub(crate) left_alone: LeftAlone,
    /// Files that were taken and are not answered yet.
    pub(crate) in_work: Vec<String>,
    /// The newest first, as many as were asked for.
    pub(crate) last_batches: Vec<BatchLine>,
    /// The sums of the history; zero where there is none, or it is damaged.
    pub(crate) totals: Totals,
}

/// Screenings that are open among which [`Overview::at_a_glance`] looks for matches.
pub(crate) const GLANCE: u64 = 10_000;

impl Overview {
    /// Looks at a home. `last`: how many of the last batches to name.
    ///
    /// # Errors
    /// When the folder `work` or a history that is not known to be damaged cannot be read.
    pub(crate) fn of(home: &Home, last: u32) -> Result<Overview> {
        Overview::with(home, last, history::totals)
    }

    /// The same for who looks every few seconds: matches are counted among the [`GLANCE`] oldest screenings.
    ///
    /// # Errors
    /// As [`Overview::of`].
    pub(crate) fn at_a_glance(home: &Home, last: u32) -> Result<Overview> {
        Overview::with(home, last, |conn| history::totals_at_a_glance(conn, GLANCE))
    }

    fn with(
        home: &Home,
        last: u32,
        totals: impl FnOnce(&Connection) -> Result<Totals>,
    ) -> Result<Overview> {
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
        let (reason, last_success, checked_at, damage) = match state {
            Some(s) => (s.reason, s.last_success, s.checked_at, s.damage),
            None => Default::default(),
        };
        let history = history_if_any(home).and_then(|conn| match conn {
            Some(conn) => Ok((history::last_batches(&conn, last)?, totals(&conn)?)),
            None => Ok(Default::default()),
        });
        let (last_batches, totals) = match history {
            // What is known of the damage says more.
            Err(_) if damage.is_some() => Default::default(),
            history => history?,
        };
        Ok(Overview {
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
        })
    }
}

/// The state of the process that works on the home.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
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

/// The files that wait to be taken.
#[derive(Serialize)]
pub(crate) struct Waiting {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    /// Since the oldest was last written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oldest_seconds: Option<u64>,
    /// The first few, the oldest first.
    pub(crate) first: Vec<String>,
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
pub(crate) struct LeftAlone {
    pub(crate) inbox: usize,
    pub(crate) classifiers: usize,
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
