//! Which files of the inbox are complete: size and time of the last change stood still for the
//! settling time, and longer for those that turned out to end too early. What is remembered here only delays; forgetting it all (a restart) loses nothing.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::disk;
use crate::fault;
use crate::left_alone::is_left_alone;

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
    /// When the oldest complete or incomplete file was changed last.
    pub oldest: Option<SystemTime>,
    /// When the first of those may be.
    pub next: Option<Instant>,
    /// Only what changed was looked at: the lists below are of that alone, the counts of everything.
    pub partial: bool,
    pub held: HeldCounts,
    /// Things that lie there and are never taken: links, pipes, folders in the way.
    pub strange: Vec<PathBuf>,
    /// Files and folders that may not be read.
    pub unreadable: Vec<PathBuf>,
    /// Files that the disk or the share does not give, tried not long ago.
    pub broken: Vec<PathBuf>,
    /// How many names were left alone.
    pub left_alone: usize,
    /// The first few of them, in no order.
    pub left_alone_first: Vec<PathBuf>,
}

/// How much is in the inbox and is not taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldCounts {
    /// Links, pipes, folders in the way.
    pub strange: usize,
    /// What may not be read.
    pub unreadable: usize,
    /// What the disk or the share does not give.
    pub broken: usize,
}

impl Kept {
    fn counts(&self) -> HeldCounts {
        HeldCounts {
            strange: self.strange.len(),
            unreadable: self.unreadable.len(),
            broken: self.broken.len(),
        }
    }
}

impl Scan {
    /// Notes what could not be looked at. What vanished meanwhile is nothing to note.
    fn failed(&mut self, path: &Path, e: &std::io::Error) {
        match e.kind() {
            std::io::ErrorKind::NotFound => {}
            std::io::ErrorKind::PermissionDenied => self.unreadable.push(path.to_path_buf()),
            _ => self.broken.push(path.to_path_buf()),
        }
    }

    /// The files that are there and wait for no event: those that cannot be read are not.
    fn waiting(&self, there: &HashMap<PathBuf, Seen>) -> HashSet<PathBuf> {
        let named: HashSet<&PathBuf> = self.unreadable.iter().chain(&self.broken).collect();
        let waiting = there.keys().filter(|path| !named.contains(path));
        waiting.cloned().collect()
    }

    fn sort(&mut self) {
        self.settled
            .sort_by(|a, b| (a.modified, &a.relative).cmp(&(b.modified, &b.relative)));
    }
}

/// So many of the names that are left alone are kept.
const LEFT_ALONE_FIRST: usize = 5;

/// How deep folders below the inbox are looked into.
const DEEPEST: usize = 8;

/// How long until a file that could not be opened or read is tried again as it is.
const REFUSED_FOR: Duration = Duration::from_secs(30);

/// The inbox, and how its files looked the last time.
pub struct Inbox {
    folder: PathBuf,
    settle: Duration,
    settle_timeout: Duration,
    seen: HashMap<PathBuf, Seen>,
    held: HashMap<PathBuf, Held>,
    /// Files that are not complete, or were put back: looked at each time.
    waiting: HashSet<PathBuf>,
    /// What the last look at everything found that is not taken, and what came since.
    kept: Kept,
    /// When everything was looked at last, and how long that took.
    whole: Option<(Instant, Duration)>,
}

/// What is in the inbox and is not taken.
#[derive(Default)]
struct Kept {
    strange: HashSet<PathBuf>,
    unreadable: HashSet<PathBuf>,
    broken: HashSet<PathBuf>,
}

/// A look at everything that takes no longer than this is taken whenever something happens.
const CHEAP: Duration = Duration::from_millis(10);

/// One that takes longer comes only after so many times as long: it costs half a percent of a
/// processor. In between only what events name is looked at.
const REST: u32 = 200;

struct Seen {
    bytes: u64,
    modified: SystemTime,
    since: Instant,
}

/// Why a file is not taken although it stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It was read, and ends too early.
    Incomplete,
    /// It could not be opened.
    Refused,
    /// It could not be read.
    Unreadable,
}

struct Held {
    bytes: u64,
    modified: SystemTime,
    at: Instant,
    why: Hold,
}

impl Inbox {
    /// The inbox at this folder.
    pub fn new(folder: PathBuf, settle: Duration, settle_timeout: Duration) -> Inbox {
        Inbox {
            folder,
            settle,
            settle_timeout,
            seen: HashMap::new(),
            held: HashMap::new(),
            waiting: HashSet::new(),
            kept: Kept::default(),
            whole: None,
        }
    }

    /// Keeps a file that was put back from being taken at once again: until it changes, or, as it
    /// is, after a while. `looked` is its size and time when it was taken: what was written since
    /// then is a change.
    pub fn hold(&mut self, path: PathBuf, (bytes, modified): (u64, SystemTime), why: Hold) {
        let held = Held {
            bytes,
            modified,
            at: Instant::now(),
            why,
        };
        self.waiting.insert(path.clone());
        self.held.insert(path, held);
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
        let mut scan = Scan::default();
        let mut there = HashMap::new();
        let paths: Vec<PathBuf> = self.waiting.union(changed).cloned().collect();
        for path in &paths {
            self.seen_again(path, now, &mut scan, &mut there);
        }
        for path in paths.iter().filter(|path| !there.contains_key(*path)) {
            self.seen.remove(path);
            self.held.remove(path);
        }
        self.waiting = scan.waiting(&there);
        self.seen.extend(there);
        // What was found before counts until the next look at everything.
        for (found, kept) in [
            (&scan.strange, &mut self.kept.strange),
            (&scan.unreadable, &mut self.kept.unreadable),
            (&scan.broken, &mut self.kept.broken),
        ] {
            for path in &paths {
                kept.remove(path);
            }
            kept.extend(found.iter().cloned());
        }
        scan.partial = true;
        scan.held = self.kept.counts();
        scan.sort();
        Ok(scan)
    }

    /// Looks at one path of the inbox, or at everything below it. No folder on the way is a link.
    fn seen_again(
        &self,
        path: &Path,
        now: Instant,
        scan: &mut Scan,
        there: &mut HashMap<PathBuf, Seen>,
    ) {
        let Ok(relative) = path.strip_prefix(&self.folder) else {
            return;
        };
        let mut parts: Vec<&OsStr> = relative.iter().collect();
        let Some(name) = parts.pop() else { return };
        let mut folder = self.folder.clone();
        for (depth, part) in parts.iter().enumerate() {
            folder.push(part);
            let real = fs::symlink_metadata(&folder).is_ok_and(|m| m.is_dir());
            if !real || depth >= DEEPEST || is_left_alone(part) || is_json(part) {
                return;
            }
        }
        self.look_at_entry(path.to_path_buf(), name, parts.len(), now, scan, there);
    }

    /// Looks at everything in the inbox.
    ///
    /// # Errors
    /// When the inbox itself cannot be read.
    pub fn scan(&mut self, now: Instant) -> std::io::Result<Scan> {
        let mut scan = Scan::default();
        let mut there = HashMap::new();
        fs::read_dir(&self.folder)?;
        self.look_into(&self.folder, 0, now, &mut scan, &mut there);
        self.waiting = scan.waiting(&there);
        self.kept = Kept {
            strange: scan.strange.iter().cloned().collect(),
            unreadable: scan.unreadable.iter().cloned().collect(),
            broken: scan.broken.iter().cloned().collect(),
        };
        scan.held = self.kept.counts();
        self.held.retain(|path, held| {
            there
                .get(path)
                .is_some_and(|seen| (seen.bytes, seen.modified) == (held.bytes, held.modified))
        });
        self.seen = there;
        scan.sort();
        Ok(scan)
    }

    fn look_into(
        &self,
        folder: &Path,
        depth: usize,
        now: Instant,
        scan: &mut Scan,
        there: &mut HashMap<PathBuf, Seen>,
    ) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) => return scan.failed(folder, &e),
        };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    let (path, name) = (entry.path(), entry.file_name());
                    self.look_at_entry(path, &name, depth, now, scan, there);
                }
                // What comes after it is not known: the folder counts as one that is not read.
                Err(e) => return scan.failed(folder, &e),
            }
        }
    }

    fn look_at_entry(
        &self,
        path: PathBuf,
        name: &OsStr,
        depth: usize,
        now: Instant,
        scan: &mut Scan,
        there: &mut HashMap<PathBuf, Seen>,
    ) {
        if is_left_alone(name) {
            scan.left_alone += 1;
            if scan.left_alone_first.len() < LEFT_ALONE_FIRST {
                scan.left_alone_first.push(path);
            }
            return;
        }
        let looked = fault::point("inbox.look").and_then(|()| fs::symlink_metadata(&path));
        let metadata = match looked {
            Ok(metadata) => metadata,
            Err(e) => return scan.failed(&path, &e),
        };
        if metadata.is_dir() {
            if depth < DEEPEST && !is_json(name) {
                self.look_into(&path, depth + 1, now, scan, there);
            } else {
                scan.strange.push(path);
            }
        } else if !disk::is_plain(&metadata) {
            scan.strange.push(path);
        } else {
            self.look_at(path, &metadata, now, scan, there);
        }
    }

    fn look_at(
        &self,
        path: PathBuf,
        metadata: &fs::Metadata,
        now: Instant,
        scan: &mut Scan,
        there: &mut HashMap<PathBuf, Seen>,
    ) {
        let (bytes, modified) = (metadata.len(), modified(metadata));
        let since = match self.seen.get(&path) {
            Some(seen) if seen.bytes == bytes && seen.modified == modified => seen.since,
            _ => now,
        };
        let held = self
            .held
            .get(&path)
            .filter(|held| held.bytes == bytes && held.modified == modified);
        let due = match held {
            Some(held) if held.why != Hold::Incomplete => held.at + REFUSED_FOR,
            Some(_) => since + self.settle_timeout.max(self.settle),
            None => since + self.settle,
        };
        if due > now {
            match held.map(|held| held.why) {
                Some(Hold::Refused) => scan.unreadable.push(path.clone()),
                Some(Hold::Unreadable) => scan.broken.push(path.clone()),
                Some(Hold::Incomplete) | None => scan.settling += 1,
            }
            scan.next = Some(scan.next.map_or(due, |next| next.min(due)));
        } else if !disk::may_read(&path) {
            scan.unreadable.push(path.clone());
        } else {
            let relative = path.strip_prefix(&self.folder).unwrap_or(&path);
            scan.settled.push(Candidate {
                path: path.clone(),
                relative: relative.to_path_buf(),
                bytes,
                modified,
                overdue: held.is_some_and(|held| held.why == Hold::Incomplete),
            });
        }
        scan.oldest = Some(scan.oldest.map_or(modified, |oldest| oldest.min(modified)));
        let seen = Seen {
            bytes,
            modified,
            since,
        };
        there.insert(path, seen);
    }
}

fn modified(metadata: &fs::Metadata) -> SystemTime {
    metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Whether a folder has the name of a file.
fn is_json(name: &OsStr) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        inbox.hold(file.clone(), looked, Hold::Incomplete);
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
        inbox.hold(file, (taken.bytes, taken.modified), Hold::Incomplete);
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
                .strange
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
        assert_eq!(scan.strange, [at("folder-link")]);
        assert_eq!(scan.held.strange, 2, "the link still counts");
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
