//! Which files of the inbox are complete: size and time of the last change stood still for the
//! settling time, and longer for those that turned out to end too early. Everything that lies there is
//! remembered, so that what cannot be taken costs nothing while nothing happens to it. What is
//! remembered here only delays; forgetting it all (a restart) loses nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::config::Config;
use crate::folder::{Folder, Look};

use super::hold::Hold;
use super::walk::{Listing, Pass};

/// A file in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub path: PathBuf,
    /// Its path below the inbox.
    pub relative: PathBuf,
    pub bytes: u64,
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
    /// When something is to be looked at again.
    pub next: Option<Instant>,
}

/// How long things take at the inbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// How long a file must stand still.
    pub settle: Duration,
    /// How long one that ends too early must stand still.
    pub settle_timeout: Duration,
    /// How long at most until everything is looked at again.
    pub scan_interval: Duration,
    /// How long until what could not be taken is tried again; longer each time.
    pub retry: Duration,
}

impl Pace {
    /// As the configuration has it.
    pub fn of(config: &Config) -> Pace {
        Pace {
            settle: config.settle,
            settle_timeout: config.settle_timeout,
            scan_interval: config.scan_interval,
            retry: config.retry,
        }
    }
}

/// The longest wait until what could not be taken is tried again, unless there is very much of it.
const LONGEST_RETRY: Duration = Duration::from_secs(300);

/// For each name that is held the next try of any of them comes this much later.
const RETRY_EACH: Duration = Duration::from_millis(5);

/// So many are tried again in a second.
const RETRIES_A_SECOND: u32 = 200;

/// The inbox, and what is known of everything in it.
pub struct Inbox {
    pub(super) folder: PathBuf,
    pub(super) pace: Pace,
    /// By the way from the inbox to the folder.
    pub(super) listings: HashMap<PathBuf, Listing>,
    pub(super) pass: Pass,
    /// When those that wait may be complete, and when those that are held are tried again. One whose
    /// entry has another time by now does not count.
    due: BinaryHeap<Reverse<(Instant, PathBuf)>>,
    retry: BinaryHeap<Reverse<(Instant, PathBuf)>>,
    /// Files that are or will be taken, the oldest first.
    pub(super) waiting: BTreeSet<(SystemTime, PathBuf)>,
    pub(super) held: BTreeMap<PathBuf, Hold>,
    ready: BTreeMap<PathBuf, Candidate>,
    news: Vec<(PathBuf, Hold)>,
    /// What was known of those that were taken since the last look: they may come back.
    taken: HashMap<PathBuf, Seen>,
    retries: (Option<Instant>, u32),
}

/// What is known of a name.
pub(super) struct Entry {
    /// The listing that had it last.
    pub listed: u64,
    pub is_folder: bool,
    pub seen: Seen,
}

#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// None: it could not be looked at.
    pub look: Option<Look>,
    /// Since when it stands still.
    since: Instant,
    /// When it is looked at again.
    due: Instant,
    /// Why it is not taken although it stands still.
    pub why: Option<Hold>,
    /// How many times it was tried again.
    tries: u32,
    /// It was told of that it is held.
    told: bool,
}

impl Seen {
    fn waits(&self) -> bool {
        matches!(self.why, None | Some(Hold::Incomplete))
    }

    /// Whether it is held, looks as it did, and is to be tried again later.
    pub fn is_held_until_later(&self, look: &Look, now: Instant) -> bool {
        self.look == Some(*look) && !self.waits() && self.due > now
    }

    pub fn new(look: Option<Look>, now: Instant) -> Seen {
        Seen {
            look,
            since: now,
            due: now,
            why: None,
            tries: 0,
            told: false,
        }
    }
}

/// A folder that is being looked at, and the way to it from the inbox.
pub(super) struct Place<'p> {
    pub folder: &'p Folder,
    pub way: &'p Path,
    pub now: Instant,
}

impl Inbox {
    /// The inbox at this folder.
    pub fn new(folder: PathBuf, pace: Pace) -> Inbox {
        Inbox {
            folder,
            pace,
            listings: HashMap::new(),
            pass: Pass::default(),
            due: BinaryHeap::new(),
            retry: BinaryHeap::new(),
            waiting: BTreeSet::new(),
            held: BTreeMap::new(),
            ready: BTreeMap::new(),
            news: Vec::new(),
            taken: HashMap::new(),
            retries: (None, 0),
        }
    }

    /// What waits to be taken, the oldest first: when it was changed last, and its path below the inbox.
    pub fn waiting(&self) -> &BTreeSet<(SystemTime, PathBuf)> {
        &self.waiting
    }

    /// What is not taken, by its path below the inbox.
    pub fn held(&self) -> &BTreeMap<PathBuf, Hold> {
        &self.held
    }

    /// What is held, and was not told of yet.
    pub fn news(&mut self) -> Vec<(PathBuf, Hold)> {
        std::mem::take(&mut self.news)
    }

    /// A file was taken out.
    pub fn taken(&mut self, relative: &Path) {
        if let Some((way, name)) = split(relative)
            && let Some(entry) = self.put(way, name, None)
        {
            self.taken.insert(relative.to_path_buf(), entry.seen);
        }
    }

    /// Keeps a file that was put back, or could not be taken, from being taken at once again: until it
    /// changes, or, as it is, after a while. `looked` is its size and time when it was looked at: what
    /// was written since then is a change.
    pub fn hold(&mut self, relative: &Path, looked: (u64, SystemTime), why: Hold) {
        let now = Instant::now();
        let Some((way, name)) = split(relative) else {
            return;
        };
        let there = Folder::open(&self.folder).and_then(|inbox| inbox.below(way));
        let Ok(folder) = there else { return };
        let at = Place {
            folder: &folder,
            way,
            now,
        };
        if let Some(before) = self.taken.remove(relative) {
            self.put_seen(&at, name, before);
        }
        match folder.look(name) {
            Ok(look) if look.is_plain() && (look.bytes, look.modified) == looked => {
                if why == Hold::Incomplete {
                    let mut seen = self.seen(way, name).unwrap_or(Seen::new(None, now));
                    seen.look = Some(look);
                    seen.why = Some(why);
                    seen.due = self.due_of(&seen);
                    self.put_seen(&at, name, seen);
                } else {
                    self.keep_out(&at, name, Some(look), why);
                }
            }
            // Something else lies there by now.
            _ => self.look(&at, name),
        }
    }

    /// Gathers what is complete now.
    pub(super) fn gather(&mut self, now: Instant) -> Scan {
        self.taken.clear();
        self.look_at_due(now);
        let ready = std::mem::take(&mut self.ready);
        let mut settled: Vec<Candidate> = ready.into_values().collect();
        settled.sort_by(|a, b| (a.modified, &a.relative).cmp(&(b.modified, &b.relative)));
        let next = [self.next_due(true), self.next_due(false)];
        let next = next.into_iter().flatten().min();
        // Those that are not taken now are looked at again.
        for candidate in &settled {
            let known = split(&candidate.relative).and_then(|(way, name)| self.seen(way, name));
            let due = known.map_or(now, |seen| seen.due);
            self.due.push(Reverse((due, candidate.relative.clone())));
        }
        Scan {
            settling: self.waiting.len() - settled.len(),
            settled,
            next: next.map(|next| match next <= now {
                true => now + Duration::from_secs(1),
                false => next,
            }),
        }
    }

    fn look_at_due(&mut self, now: Instant) {
        let mut paths = BTreeSet::new();
        while let Some(due) = self.next_due(true)
            && due <= now
            && let Some(Reverse((_, path))) = self.due.pop()
        {
            paths.insert(path);
        }
        while let Some(due) = self.next_due(false)
            && due <= now
            && self.may_retry(now)
            && let Some(Reverse((_, path))) = self.retry.pop()
        {
            paths.insert(path);
        }
        paths.retain(|path| !self.ready.contains_key(path));
        self.look_at_all(&paths, now);
    }

    /// The first time of the one or the other heap that still counts.
    fn next_due(&mut self, waits: bool) -> Option<Instant> {
        loop {
            let heap = if waits { &self.due } else { &self.retry };
            let Reverse((due, path)) = heap.peek()?;
            let counts = split(path)
                .and_then(|(way, name)| self.seen(way, name))
                .is_some_and(|seen| seen.due == *due && seen.waits() == waits);
            if counts {
                return Some(*due);
            }
            if waits {
                self.due.pop();
            } else {
                self.retry.pop();
            }
        }
    }

    fn may_retry(&mut self, now: Instant) -> bool {
        let (begun, count) = &mut self.retries;
        if begun.is_none_or(|begun| now.duration_since(begun) >= Duration::from_secs(1)) {
            (*begun, *count) = (Some(now), 0);
        }
        *count += 1;
        *count <= RETRIES_A_SECOND
    }

    /// Looks at a regular file with one name.
    pub(super) fn file(&mut self, at: &Place<'_>, name: &OsStr, look: Look) {
        let now = at.now;
        let before = self.seen(at.way, name);
        let mut seen = before.unwrap_or(Seen::new(None, now));
        let still = seen.look.is_some_and(|before| look.stands_still(&before));
        let same = seen.look == Some(look);
        if seen.is_held_until_later(&look, now) {
            return;
        }
        seen.look = Some(look);
        if !still {
            seen.since = now;
        }
        if !still || seen.why != Some(Hold::Incomplete) {
            seen.why = None;
        }
        if !same {
            seen.tries = 0;
        }
        seen.due = self.due_of(&seen);
        if seen.due > now {
            self.put_seen(at, name, seen);
        } else if look.device != self.pass.device {
            self.keep_out(at, name, Some(look), Hold::Elsewhere);
        } else if !at.folder.may_give(&look) {
            self.keep_out(at, name, Some(look), Hold::Immovable);
        } else if !at.folder.may_read(name) {
            self.keep_out(at, name, Some(look), Hold::Denied);
        } else {
            seen.due = now;
            self.put_seen(at, name, seen);
            let relative = at.way.join(name);
            let candidate = Candidate {
                path: self.folder.join(&relative),
                relative: relative.clone(),
                bytes: look.bytes,
                modified: look.modified,
                overdue: seen.why == Some(Hold::Incomplete),
            };
            self.ready.insert(relative, candidate);
        }
    }

    fn due_of(&self, seen: &Seen) -> Instant {
        let long = self.pace.settle_timeout.max(self.pace.settle);
        seen.since
            + match seen.why {
                Some(Hold::Incomplete) => long,
                _ => self.pace.settle,
            }
    }

    /// Notes that something is not taken.
    pub(super) fn keep_out(&mut self, at: &Place<'_>, name: &OsStr, look: Option<Look>, why: Hold) {
        let mut seen = self.seen(at.way, name).unwrap_or(Seen::new(look, at.now));
        let wait = self.pace.retry * 2u32.saturating_pow(seen.tries.min(16));
        let many = RETRY_EACH * u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        seen.due = at.now + wait.min(LONGEST_RETRY).max(many);
        seen.look = look;
        seen.why = Some(why);
        seen.tries += 1;
        if !std::mem::replace(&mut seen.told, true) {
            self.news.push((at.way.join(name), why));
        }
        self.put_seen(at, name, seen);
    }

    /// What is known of a name.
    pub(super) fn seen(&self, way: &Path, name: &OsStr) -> Option<Seen> {
        Some(self.listings.get(way)?.names.get(name)?.seen)
    }

    /// Has a name looked at as soon as possible.
    pub(super) fn try_now(&mut self, at: &Place<'_>, name: &OsStr) {
        if let Some(mut seen) = self.seen(at.way, name) {
            seen.due = at.now;
            self.put_seen(at, name, seen);
        }
    }

    fn put_seen(&mut self, at: &Place<'_>, name: &OsStr, seen: Seen) {
        let before = self.seen(at.way, name);
        if before.is_none_or(|b| (b.due, b.waits()) != (seen.due, seen.waits())) {
            let heap = match seen.waits() {
                true => &mut self.due,
                false => &mut self.retry,
            };
            heap.push(Reverse((seen.due, at.way.join(name))));
        }
        let entry = Entry {
            listed: 0,
            is_folder: seen.look.is_some_and(|look| look.is_folder()),
            seen,
        };
        self.put(at.way, name, Some(entry));
    }

    /// Notes what is known of a name, or that it is gone. Returns what was known before.
    pub(super) fn put(&mut self, way: &Path, name: &OsStr, new: Option<Entry>) -> Option<Entry> {
        let path = way.join(name);
        self.ready.remove(&path);
        let listing = self.listings.entry(way.to_path_buf()).or_default();
        let waiting = |entry: &Entry| match entry.seen.look {
            Some(look) if !entry.is_folder && entry.seen.waits() => Some(look.modified),
            _ => None,
        };
        let (now_waiting, now_held) = match &new {
            Some(entry) => (
                waiting(entry),
                entry.seen.why.filter(|_| !entry.seen.waits()),
            ),
            None => (None, None),
        };
        let before = match new {
            Some(mut entry) => {
                entry.listed = listing.generation;
                listing.names.insert(name.to_owned(), entry)
            }
            None => listing.names.remove(name),
        };
        if let Some(modified) = before.as_ref().and_then(waiting) {
            self.waiting.remove(&(modified, path.clone()));
        }
        if let Some(modified) = now_waiting {
            self.waiting.insert((modified, path.clone()));
        }
        match now_held {
            Some(why) => {
                self.held.insert(path, why);
            }
            None => {
                self.held.remove(&path);
            }
        }
        before
    }
}

/// A path below the inbox as the way to its folder, and its name.
pub(super) fn split(relative: &Path) -> Option<(&Path, &OsStr)> {
    Some((relative.parent()?, relative.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn inbox(folder: &Path, settle: Duration, settle_timeout: Duration) -> Inbox {
        let pace = Pace {
            settle,
            settle_timeout,
            ..Pace::default()
        };
        Inbox::new(folder.to_path_buf(), pace)
    }

    #[test]
    fn a_file_is_taken_once_it_stood_still() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        fs::write(&file, "{").unwrap();
        let mut inbox = inbox(
            folder.path(),
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
        let mut inbox = inbox(
            folder.path(),
            Duration::from_secs(1),
            Duration::from_secs(60),
        );
        let start = Instant::now();
        let second = Duration::from_secs(1);
        inbox.scan(start).unwrap();
        let taken = inbox.scan(start + second).unwrap().settled.remove(0);
        let looked = (taken.bytes, taken.modified);
        inbox.hold(Path::new("x.json"), looked, Hold::Incomplete);
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
        let mut inbox = inbox(folder.path(), Duration::ZERO, hour);
        let taken = inbox.scan(Instant::now()).unwrap().settled.remove(0);
        fs::write(&file, "{}").unwrap();
        inbox.hold(
            Path::new("x.json"),
            (taken.bytes, taken.modified),
            Hold::Incomplete,
        );
        // The first look sees the change, the next one that it stood still.
        inbox.scan(Instant::now()).unwrap();
        assert_eq!(inbox.scan(Instant::now()).unwrap().settled.len(), 1);
    }
}
