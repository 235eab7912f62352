//! The state of the process that works on a home, in `kycdrop.state`, for `status` and for outside
//! monitoring: one small JSON file, replaced as a whole.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::config::Home;
use crate::fault;
use crate::regular_file;
use crate::trouble::{Cause, Kind, Trouble};

use super::held::Held;

/// The most bytes that are read of it.
const MAX_BYTES: u64 = 64 << 10;

/// What the process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RunState {
    Working,
    /// Waiting to retry after trouble that may pass.
    Paused,
    /// Shut down.
    Ended,
}

/// How a screening list stood when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListState {
    /// Its name.
    pub list: String,
    /// The day that it is from; None of one that is refused, as in the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// Why it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The content of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub state: RunState,
    /// Since when, UTC.
    pub since: String,
    pub pid: u32,
    /// Why work is paused, or the error that ended it, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When a file was answered last, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<String>,
    /// What is in the inbox and is not taken.
    #[serde(default)]
    pub held: Held,
    /// The screening lists, as they were read last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListState>,
    /// When the whole history was checked last and was sound, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<String>,
    /// What is damaged in the history, and where; until a start finds it sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

impl State {
    /// Reads the state file of a home, if there is one.
    pub(crate) fn of(home: &Home) -> Option<State> {
        serde_json::from_slice(&regular_file::read(&home.state_file(), MAX_BYTES).ok()?).ok()
    }

    /// Whether the history of a home was found damaged, and no start found it sound since.
    pub(crate) fn reports_damage(home: &Home) -> bool {
        State::of(home).is_some_and(|state| state.damage.is_some())
    }

    /// Notes for a start that was refused that the history is damaged; nothing else changes.
    pub(crate) fn note_damage(home: &Home, damage: &Trouble) {
        let mut status_file = StatusFile::of(home, RunState::Ended);
        if let Some(before) = State::of(home) {
            status_file.now = before;
        }
        status_file.damaged(damage);
    }
}

/// Writes the file when something changes.
pub(crate) struct StatusFile {
    home: Home,
    now: State,
    /// What work is paused for.
    paused_for: Option<(Kind, Cause)>,
    written: bool,
}

impl StatusFile {
    /// Starts as working.
    pub(crate) fn new(home: &Home) -> StatusFile {
        let mut status_file = StatusFile::of(home, RunState::Working);
        status_file.write();
        status_file
    }

    fn of(home: &Home, state: RunState) -> StatusFile {
        let before = State::of(home);
        let (last_success, checked_at, lists) = match before {
            Some(b) => (b.last_success, b.checked_at, b.lists),
            None => Default::default(),
        };
        StatusFile {
            home: home.clone(),
            now: State {
                state,
                since: clock::now(),
                pid: std::process::id(),
                reason: None,
                last_success,
                held: Held::default(),
                lists,
                checked_at,
                damage: None,
            },
            paused_for: None,
            written: false,
        }
    }

    /// Whether work is paused.
    pub(crate) fn is_paused(&self) -> bool {
        self.now.state == RunState::Paused
    }

    /// When a file was answered last.
    pub(crate) fn last_success(&self) -> Option<&str> {
        self.now.last_success.as_deref()
    }

    /// Notes what is held in the inbox. Written when work is resumed or ends.
    pub(crate) fn holds(&mut self, held: Held) {
        if self.now.held != held {
            self.now.held = held;
            self.written = false;
        }
    }

    /// Notes how the screening lists stand. Written with the next change of state.
    pub(crate) fn lists(&mut self, lists: Vec<ListState>) {
        if self.now.lists != lists {
            self.now.lists = lists;
            self.written = false;
        }
    }

    /// When the whole history was checked last.
    pub(crate) fn checked_at(&self) -> Option<&str> {
        self.now.checked_at.as_deref()
    }

    /// The whole history was checked, and is sound.
    pub(crate) fn checked(&mut self) {
        self.now.checked_at = Some(clock::now());
        self.write();
    }

    /// The history is damaged.
    pub(crate) fn damaged(&mut self, damage: &Trouble) {
        self.now.damage = Some(damage.what.clone());
        self.write();
    }

    /// Work was done, or resumed. Returns whether it was paused before.
    pub(crate) fn resumed(&mut self, answered: bool) -> bool {
        let paused = self.now.state != RunState::Working;
        if paused {
            self.turn(RunState::Working, None);
        }
        if answered {
            self.now.last_success = Some(clock::now());
            self.written = false;
        }
        if !self.written {
            self.write();
        }
        paused
    }

    /// Work is paused. Returns whether that, or the reason, is new.
    pub(crate) fn paused(&mut self, trouble: &Trouble) -> bool {
        // A full disk, for instance, is one trouble whichever file is written.
        let paused_for = (trouble.kind, trouble.cause.clone());
        let new = self.paused_for.as_ref() != Some(&paused_for);
        if new {
            self.turn(RunState::Paused, Some(trouble.to_string()));
            self.paused_for = Some(paused_for);
            self.write();
        }
        new
    }

    /// The process shuts down; with an error, if that is why.
    pub(crate) fn ended(&mut self, trouble: Option<&Trouble>) {
        self.turn(RunState::Ended, trouble.map(Trouble::to_string));
        self.write();
    }

    fn turn(&mut self, state: RunState, reason: Option<String>) {
        self.now.state = state;
        self.now.since = clock::now();
        self.now.reason = reason;
        self.paused_for = None;
        self.written = false;
    }

    fn write(&mut self) {
        let path = self.home.state_file();
        let text = serde_json::to_string(&self.now).unwrap_or_default() + "\n";
        let done = replace(&path, text.as_bytes()).or_else(|_| {
            // A full disk has no room for a second file; this one has its block already.
            regular_file::create(&path).and_then(|mut file| file.write_all(text.as_bytes()))
        });
        self.written = done.is_ok();
    }
}

/// Replaces a file as a whole: whoever reads it finds the old or the new content. Not made durable:
/// after a crash it is out of date anyway.
///
/// # Errors
/// When it cannot be written.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    fault::point("state.write")?;
    let beside = crate::disk::with_ending(path, ".part");
    let written = regular_file::create(&beside).and_then(|mut file| file.write_all(content));
    let done = written.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done
}
