//! What is in the inbox and is not taken: named once in the log, a few at a time, and counted for
//! `status`, `doctor` and the end of `once`.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::Home;
use crate::ingest::Engine;
use crate::intake::{Deferral, HeldCounts, Inbox, SHOWN, Scan};
use crate::text::printable;
use crate::trouble::Trouble;

use super::state::{RunState, State};

/// Names of files that are not taken, logged after one look; of more only the number is.
const NAMED_AT_ONCE: usize = 20;

/// Names in the log what is held.
#[derive(Default)]
pub(crate) struct Naming {
    /// What was named already.
    reported: HashSet<PathBuf>,
}

impl Naming {
    /// Names what a look found, each once and so many at a time.
    pub(crate) fn name(&mut self, scan: &Scan) {
        let new = |(path, _): &&(PathBuf, Deferral)| !self.reported.contains(path);
        let mut news = scan.held.iter().filter(new);
        for (path, why) in news.by_ref().take(NAMED_AT_ONCE) {
            let path = path.to_string_lossy();
            tracing::warn!(path = %printable(&path), "{}", why.says());
        }
        let unnamed = news.count();
        if unnamed > 0 {
            tracing::warn!("{unnamed} more held in the inbox");
        }
        // What is tried again is not named again when that fails.
        let again = scan.settled.iter().map(|candidate| &candidate.path);
        let again = again.filter(|path| self.reported.contains(*path));
        let held: HashSet<PathBuf> = scan
            .held
            .iter()
            .map(|(path, _)| path)
            .chain(again)
            .cloned()
            .collect();
        match scan.partial {
            true => self.reported.extend(held),
            false => self.reported = held,
        }
    }
}

/// How much is held, and some of its names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub files: usize,
    /// Some of them, as paths below `watch-dir`.
    pub first: Vec<String>,
}

/// What a process holds now.
pub(crate) fn summary(inbox: &Inbox, scan: &Scan, engine: &Engine) -> Held {
    let stuck = engine.stuck().map(|stuck| &stuck.path);
    let first = stuck.chain(inbox.first_held());
    Held {
        files: scan.counts.total() + engine.stuck().count(),
        first: first
            .take(SHOWN)
            .map(|path| shown(&engine.home, path))
            .collect(),
    }
}

/// A path as it is shown: below `watch-dir`.
pub(crate) fn shown(home: &Home, path: &Path) -> String {
    let below = path.strip_prefix(home.watch_dir()).unwrap_or(path);
    below.to_string_lossy().into_owned()
}

/// What is held at a home: as the process that works on it says, else as far as that can be seen, or
/// was left by the last one.
pub(crate) fn of(home: &Home, scan: &Scan, running: bool, state: Option<&State>) -> Held {
    let live = state.filter(|state| running && state.state != RunState::Ended);
    if let Some(state) = live {
        return state.held.clone();
    }
    let seen = scan.held.iter().map(|(path, _)| shown(home, path));
    let mut names: BTreeSet<String> = seen.collect();
    let still_there = |name: &&String| home.watch_dir().join(name).symlink_metadata().is_ok();
    let left = state.iter().flat_map(|state| &state.held.first);
    names.extend(left.filter(still_there).cloned());
    Held {
        files: names.len(),
        first: names.into_iter().take(SHOWN).collect(),
    }
}

/// What a process that ends leaves behind and should not; None: nothing.
pub(crate) fn left_behind(counts: &HeldCounts, engine: &Engine) -> Option<Trouble> {
    let held = Deferral::FAULTS.iter().filter(|why| counts.of(**why) > 0);
    let mut left: Vec<String> = held
        .clone()
        .map(|why| format!("{} {}", counts.of(*why), why.left_behind()))
        .collect();
    let stuck = engine.stuck().count();
    if stuck > 0 {
        left.push(format!(
            "{stuck} could not be read, put back, answered in the outbox, or put away, and stay in watch-dir/work"
        ));
    }
    let first = held.clone().next().map(|why| (why.kind(), why.remedy()));
    let of_work = "the log names them and says why; let the user that runs kycdrop write in the folders of watch-dir";
    let of_stuck = engine.stuck().next().map(|stuck| (stuck.kind, of_work));
    let (kind, remedy) = first.or(of_stuck)?;
    Some(Trouble::new(kind, left.join("; "), remedy))
}
