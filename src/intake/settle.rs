//! Which files of the inbox are complete: size and time of the last change stood still for the
//! settling time, and longer for those that turned out to end too early. What is remembered here only
//! delays; forgetting it all (a restart) loses nothing.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use crate::folder::Root;

use super::deferral::{Deferral, HeldCounts, Kept};
use super::walk::Walk;

/// A file in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its path.
    pub path: PathBuf,
    /// Its path below the inbox.
    pub relative: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// The time of its last change, by the clock of the file system.
    pub modified: SystemTime,
    /// It was found incomplete, and has not changed for the whole of `settle_timeout`.
    pub overdue: bool,
}

/// What a look at the inbox found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Complete files, the oldest first.
    pub settled: Vec<Candidate>,
    /// Files that are not complete yet.
    pub settling: usize,
    /// When the oldest complete or incomplete file was changed last.
    pub oldest: Option<SystemTime>,
    /// When the first of those may be.
    pub next: Option<Instant>,
    /// Only what changed was looked at: the lists below are of that alone, the counts of everything.
    pub partial: bool,
    /// How many are held, by reason.
    pub counts: HeldCounts,
    /// What is there and is not taken. Those that wait for their end are not among them.
    pub held: Vec<(PathBuf, Deferral)>,
    /// Folders below an endpoint's folder, by their path below the inbox, that have been empty for
    /// `settle_timeout`, and at least for a moment.
    pub emptied: Vec<PathBuf>,
    /// How many names were left alone.
    pub left_alone: usize,
    /// The first few of them, in no order.
    pub left_alone_first: Vec<PathBuf>,
}

impl Scan {
    /// The files that are there and wait for no event: those that are held are not.
    fn waiting(&self, there: &HashMap<PathBuf, Seen>) -> HashSet<PathBuf> {
        let held: HashSet<&PathBuf> = self.held.iter().map(|(path, _)| path).collect();
        let waiting = there.keys().filter(|path| !held.contains(path));
        waiting.cloned().collect()
    }

    fn sort(&mut self) {
        self.settled
            .sort_by(|a, b| (a.modified, &a.relative).cmp(&(b.modified, &b.relative)));
    }
}

/// How long until what could not be taken is tried again as it is: twice as long each time.
const AGAIN_FIRST: Duration = Duration::from_secs(1);
const AGAIN_LATEST: Duration = Duration::from_secs(30);

/// For each that is held this much more, so that very many of them cost little.
const AGAIN_EACH: Duration = Duration::from_millis(20);

/// The inbox, and how its files looked the last time.
pub struct Inbox {
    pub(super) folder: Root,
    pub(super) settle: Duration,
    pub(super) settle_timeout: Duration,
    pub(super) seen: HashMap<PathBuf, Seen>,
    pub(super) held: HashMap<PathBuf, Held>,
    /// Files that are not complete, or were put back: looked at each time.
    waiting: HashSet<PathBuf>,
    /// What the last look at everything found that is not taken, and what came since.
    kept: Kept,
    /// When everything was looked at last, and how long that took.
    whole: Option<(Instant, Duration)>,
}

/// A look at everything that takes no longer than this is taken whenever something happens.
const CHEAP: Duration = Duration::from_millis(10);

/// One that takes longer comes only after so many times as long: it costs half a percent of a
/// processor. In between only what events name is looked at.
const REST: u32 = 200;

/// How a file looked, and since when.
pub(super) struct Seen {
    pub bytes: u64,
    pub modified: SystemTime,
    pub since: Instant,
}

/// A file that is not taken although it does not change.
pub(super) struct Held {
    bytes: u64,
    modified: SystemTime,
    /// When it is tried again as it is; does not count for one that ends too early.
    pub again: Instant,
    tries: u32,
    pub why: Deferral,
}

impl Held {
    /// Whether the file is still as it was.
    pub(super) fn is_of(&self, bytes: u64, modified: SystemTime) -> bool {
        (self.bytes, self.modified) == (bytes, modified)
    }
}

impl Inbox {
    /// The inbox at this folder.
    pub fn new(folder: PathBuf, settle: Duration, settle_timeout: Duration) -> Inbox {
        Inbox {
            folder: Root::at(folder),
            settle,
            settle_timeout,
            seen: HashMap::new(),
            held: HashMap::new(),
            waiting: HashSet::new(),
            kept: Kept::default(),
            whole: None,
        }
    }

    /// Keeps a file that was put back, or could not be taken, from being taken at once again: until it
    /// changes, or, as it is, after a while. `looked` is its size and time when it was looked at: what
    /// was written since then is a change.
    pub fn hold(&mut self, path: PathBuf, (bytes, modified): (u64, SystemTime), why: Deferral) {
        let before = self.held.get(&path).filter(|h| h.is_of(bytes, modified));
        let tries = before.map_or(0, |before| before.tries + 1);
        let again = (AGAIN_FIRST * 2u32.pow(tries.min(5))).min(AGAIN_LATEST);
        let many = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        let held = Held {
            bytes,
            modified,
            again: Instant::now() + again.max(AGAIN_EACH * many),
            tries,
            why,
        };
        self.waiting.insert(path.clone());
        self.held.insert(path, held);
    }

    /// Some of what is held, for people.
    pub fn first_held(&self) -> &[PathBuf] {
        self.kept.first()
    }

    /// Looks at the inbox: at everything, unless that took long and not long ago; then at what
    /// `changed` names and at what is not complete yet. `everything`: events were lost.
    ///
    /// # Errors
    /// When the inbox itself cannot be read.
    pub fn look(
        &mut self,
        now: Instant,
        changed: &HashSet<PathBuf>,
        everything: bool,
    ) -> std::io::Result<Scan> {
        let rests = |(at, cost): (Instant, Duration)| cost > CHEAP && now < at + cost * REST;
        if everything || !self.whole.is_some_and(rests) {
            let begun = Instant::now();
            let scan = self.scan(now);
            self.whole = Some((now, begun.elapsed()));
            return scan;
        }
        let paths: Vec<PathBuf> = self.waiting.union(changed).cloned().collect();
        let mut walk = Walk::begin(self, now)?;
        for path in &paths {
            walk.path(path);
        }
        let Walk {
            mut scan, there, ..
        } = walk;
        for path in paths.iter().filter(|path| !there.contains_key(*path)) {
            self.seen.remove(path);
            self.held.remove(path);
        }
        self.waiting = scan.waiting(&there);
        self.seen.extend(there);
        // What was found before counts until the next look at everything.
        for path in &paths {
            self.kept.remove(path);
        }
        for (path, why) in &scan.held {
            self.kept.insert(path, *why);
        }
        scan.partial = true;
        scan.counts = self.kept.counts();
        scan.sort();
        Ok(scan)
    }

    /// Removes folders that a look found empty. One that is not empty any more stays.
    pub fn remove_emptied(&self, scan: &Scan) {
        for relative in &scan.emptied {
            let (Some(way), Some(name)) = (relative.parent(), relative.file_name()) else {
                continue;
            };
            let at = self.folder.open().and_then(|inbox| inbox.below(way));
            // Whatever keeps it there does no harm.
            let _ = at.and_then(|at| at.remove_folder(name));
        }
    }

    /// Looks at everything in the inbox.
    ///
    /// # Errors
    /// When the inbox itself cannot be read.
    pub fn scan(&mut self, now: Instant) -> std::io::Result<Scan> {
        let mut walk = Walk::begin(self, now)?;
        walk.everything()?;
        let Walk {
            mut scan, there, ..
        } = walk;
        self.waiting = scan.waiting(&there);
        self.kept = Kept::of(&scan.held);
        scan.counts = self.kept.counts();
        self.held.retain(|path, held| {
            let seen = there.get(path);
            seen.is_some_and(|seen| held.is_of(seen.bytes, seen.modified))
        });
        self.seen = there;
        scan.sort();
        Ok(scan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn a_file_is_taken_once_it_stood_still() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        fs::write(&file, "{").unwrap();
        let mut inbox = Inbox::new(
            folder.path().to_path_buf(),
            Duration::from_secs(1),
            Duration::from_secs(60),
        );
        let start = Instant::now();
        assert!(inbox.scan(start).unwrap().settled.is_empty());
        let later = start + Duration::from_millis(900);
        fs::write(&file, "{\"customers\":[").unwrap();
        assert!(inbox.scan(later).unwrap().settled.is_empty(), "it grew");
        let scan = inbox.scan(later + Duration::from_millis(999)).unwrap();
        assert_eq!((scan.settled.len(), scan.settling), (0, 1));
        assert_eq!(scan.next, Some(later + Duration::from_secs(1)));
        let scan = inbox.scan(later + Duration::from_secs(1)).unwrap();
        assert_eq!(scan.settled.len(), 1);
    }

    #[test]
    fn an_incomplete_file_waits_until_it_changes_or_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        fs::write(&file, "{").unwrap();
        let mut inbox = Inbox::new(
            folder.path().to_path_buf(),
            Duration::from_secs(1),
            Duration::from_secs(60),
        );
        let start = Instant::now();
        let second = Duration::from_secs(1);
        inbox.scan(start).unwrap();
        let taken = inbox.scan(start + second).unwrap().settled.remove(0);
        let looked = (taken.bytes, taken.modified);
        inbox.hold(file.clone(), looked, Deferral::Incomplete);
        let scan = inbox.scan(start + 2 * second).unwrap();
        assert_eq!((scan.settled.len(), scan.settling), (0, 1));
        assert_eq!(scan.next, Some(start + 60 * second));
        let scan = inbox.scan(start + 60 * second).unwrap();
        assert!(scan.settled[0].overdue);

        fs::write(&file, "{}").unwrap();
        inbox.scan(start + 61 * second).unwrap();
        let scan = inbox.scan(start + 62 * second).unwrap();
        assert!(!scan.settled[0].overdue, "it changed, so it is read anew");
    }

    #[test]
    fn a_file_that_grew_while_it_was_judged_is_not_held() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        fs::write(&file, "{").unwrap();
        let hour = Duration::from_secs(3600);
        let mut inbox = Inbox::new(folder.path().to_path_buf(), Duration::ZERO, hour);
        let taken = inbox.scan(Instant::now()).unwrap().settled.remove(0);
        fs::write(&file, "{}").unwrap();
        inbox.hold(file, (taken.bytes, taken.modified), Deferral::Incomplete);
        // The first look sees the change, the next one that it stood still.
        inbox.scan(Instant::now()).unwrap();
        assert_eq!(inbox.scan(Instant::now()).unwrap().settled.len(), 1);
    }

    #[test]
    fn while_everything_is_dear_only_what_events_name_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let settle = Duration::from_secs(1);
        let mut inbox = Inbox::new(folder.path().to_path_buf(), settle, settle);
        std::os::unix::fs::symlink("/nowhere", at("link.json")).unwrap();
        let start = Instant::now();
        assert_eq!(
            inbox
                .look(start, &HashSet::new(), false)
                .unwrap()
                .held
                .len(),
            1
        );
        // As if that had taken a second.
        inbox.whole = Some((start, Duration::from_secs(1)));
        fs::create_dir(at("sub")).unwrap();
        for name in ["named.json", "unnamed.json", "sub/below.json", ".left"] {
            fs::write(at(name), "{").unwrap();
        }
        std::os::unix::fs::symlink(at("sub"), at("folder-link")).unwrap();
        let changed = [
            "named.json",
            "sub",
            ".left",
            "folder-link",
            "folder-link/below.json",
            "gone",
        ];
        let changed: HashSet<PathBuf> = changed.iter().map(|name| at(name)).collect();
        let scan = inbox.look(start, &changed, false).unwrap();
        assert_eq!((scan.settled.len(), scan.settling), (0, 2));
        assert_eq!(scan.held, [(at("folder-link"), Deferral::Strange)]);
        assert_eq!(
            scan.counts.of(Deferral::Strange),
            2,
            "the link still counts"
        );
        // No event comes when they have settled.
        let later = start + settle;
        let scan = inbox.look(later, &HashSet::new(), false).unwrap();
        let mut settled: Vec<_> = scan.settled.iter().map(|c| c.relative.clone()).collect();
        settled.sort();
        assert_eq!(
            settled,
            [Path::new("named.json"), Path::new("sub/below.json")]
        );
        // The file that no event named is found by the next look at everything, at the latest when
        // it is due, and at once where events were lost.
        let mut found = |now, lost| {
            let scan = inbox.look(now, &HashSet::new(), lost).unwrap();
            scan.settling + scan.settled.len()
        };
        assert_eq!(found(later, false), 2);
        assert_eq!(found(start + REST * Duration::from_secs(1), false), 3);
        assert_eq!(found(later, true), 3);
    }
}
