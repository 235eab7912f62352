//! Which files of the inbox are complete: size and time of the last change stood still for the
//! settling time, and longer for those that turned out to end too early. What is remembered here only delays; forgetting it all (a restart) loses nothing.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::disk;
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
    /// When the first of those may be.
    pub next: Option<Instant>,
    /// Things that lie there and are never taken: links, pipes, folders in the way.
    pub strange: Vec<PathBuf>,
    /// Files and folders that may not be read.
    pub unreadable: Vec<PathBuf>,
    /// Files that the disk or the share does not give, tried not long ago.
    pub broken: Vec<PathBuf>,
}

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
}

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
        self.held.insert(path, held);
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
        self.held.retain(|path, held| {
            there
                .get(path)
                .is_some_and(|seen| (seen.bytes, seen.modified) == (held.bytes, held.modified))
        });
        self.seen = there;
        scan.settled
            .sort_by(|a, b| (a.modified, &a.relative).cmp(&(b.modified, &b.relative)));
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
            Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
                scan.unreadable.push(folder.to_path_buf());
                return;
            }
            // A folder that vanishes while it is looked at is looked at next time.
            Err(_) => return,
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if is_left_alone(&name) {
                continue;
            }
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            if metadata.is_dir() {
                if depth < DEEPEST && !is_json(&name) {
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
}
