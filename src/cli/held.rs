//! What lies in the inbox and is not taken: named once in the log, a bounded number of names, and counted
//! for `status`, `doctor` and the end of `once`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::config::Home;
use crate::ingest::Engine;
use crate::intake::{Hold, Inbox, Pace};
use crate::text::printable;
use crate::trouble::{Kind, Trouble};

use super::state::{Going, State};

/// So many names go to the log in [`PERIOD`]; more are counted.
const MOST_NAMES: usize = 20;

const PERIOD: Duration = Duration::from_secs(60);

/// Names what is held in the log.
#[derive(Default)]
pub struct Naming {
    begun: Option<Instant>,
    named: usize,
    /// Held, and neither named nor counted in the log yet.
    more: usize,
    /// Whether the count of those was told in this period.
    counted: bool,
}

impl Naming {
    /// Names these, or counts them.
    pub fn name(&mut self, news: Vec<(PathBuf, Hold)>) {
        if self.begun.is_none_or(|begun| begun.elapsed() > PERIOD) {
            (self.begun, self.named, self.counted) = (Some(Instant::now()), 0, false);
        }
        for (path, why) in news {
            if self.named < MOST_NAMES {
                self.named += 1;
                let path = path.to_string_lossy();
                tracing::warn!(path = %printable(&path), "{}", why.says());
            } else {
                self.more += 1;
            }
        }
        if !self.counted {
            self.end();
        }
    }

    /// Tells how many were not named.
    pub fn end(&mut self) {
        if self.more > 0 {
            let more = std::mem::take(&mut self.more);
            tracing::warn!("{more} more lie in the inbox and are not taken");
            self.counted = true;
        }
    }
}

/// How much is held, and some of its names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub files: usize,
    /// The first few, in order, as paths below the inbox.
    pub first: Vec<String>,
}

/// So many names are kept for `status`.
const SHOWN: usize = 10;

/// What a process holds now.
pub fn summary(inbox: &Inbox, engine: &Engine) -> Held {
    let names = inbox.held().keys();
    let mut stuck = engine.stuck().map(|stuck| &stuck.relative).peekable();
    let files = inbox.held().len() + engine.stuck().count();
    let first = match stuck.peek() {
        None => names.take(SHOWN).map(|path| shown(path)).collect(),
        Some(_) => stuck
            .chain(names)
            .take(SHOWN)
            .map(|path| shown(path))
            .collect(),
    };
    Held { files, first }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What is held in the inbox of a home, as far as that can be seen from outside or was told by the
/// process that works on it.
pub fn look(home: &Home) -> Held {
    let mut inbox = Inbox::new(home.inbox(), Pace::default());
    // What cannot be listed is told elsewhere.
    let _ = inbox.scan(Instant::now());
    of(home, &inbox, State::of(home).as_ref())
}

/// The same of an inbox that was looked at.
pub fn of(home: &Home, inbox: &Inbox, state: Option<&State>) -> Held {
    let mut names: BTreeSet<String> = inbox.held().keys().map(|path| shown(path)).collect();
    let mut files = names.len();
    if let Some(state) = state {
        let still_there = |name: &&String| home.inbox().join(name).symlink_metadata().is_ok();
        names.extend(state.held.first.iter().filter(still_there).cloned());
        files = names.len();
        if state.state != Going::Ended {
            files = files.max(state.held.files);
        }
    }
    Held {
        files,
        first: names.into_iter().take(SHOWN).collect(),
    }
}

/// What a process that ends leaves behind and should not; None: nothing.
pub fn left_behind(inbox: &Inbox, engine: &Engine) -> Option<Trouble> {
    let held = inbox.held().values().filter_map(|why| why.kind());
    let kinds: Vec<Kind> = held.chain(engine.stuck().map(|stuck| stuck.kind)).collect();
    let (kind, remedy) = [
        (
            Kind::Io,
            "look at the disk or the share that they lie on, or drop them again",
        ),
        (
            Kind::Permission,
            "give the user that runs kycdrop the right to read them, and to write in their folders",
        ),
        (Kind::Busy, "end what keeps them, or try again later"),
    ]
    .into_iter()
    .find(|(kind, _)| kinds.contains(kind))?;
    let count = kinds.iter().filter(|k| **k == kind).count();
    let what = format!("{count} in the inbox could not be taken and stay there");
    Some(Trouble::new(kind, what, remedy))
}
