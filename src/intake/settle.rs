//! Which files of the inbox are complete: size and time of the last change stood still for the
//! settling time. What is remembered here only delays; forgetting it all (a restart) loses nothing.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::disk;

/// A file in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub path: PathBuf,
    /// Its path below the inbox.
    pub relative: PathBuf,
    pub bytes: u64,
    pub modified: SystemTime,
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
}

/// Names that a writer gives to what is not finished.
const UNFINISHED: &[&str] = &["tmp", "part", "partial", "filepart", "crdownload"];

/// How deep folders below the inbox are looked into.
const DEEPEST: usize = 8;

/// The inbox, and how its files looked the last time.
pub struct Inbox {
    folder: PathBuf,
    settle: Duration,
    seen: HashMap<PathBuf, Seen>,
}

struct Seen {
    bytes: u64,
    modified: SystemTime,
    since: Instant,
}

impl Inbox {
    /// The inbox at this folder.
    pub fn new(folder: PathBuf, settle: Duration) -> Inbox {
        Inbox {
            folder,
            settle,
            seen: HashMap::new(),
        }
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
        // A folder that vanishes while it is looked at is looked at next time.
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if is_unfinished(&entry.file_name()) {
                continue;
            }
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            if metadata.is_dir() {
                if depth < DEEPEST {
                    self.look_into(&path, depth + 1, now, scan, there);
                } else {
                    scan.strange.push(path);
                }
                continue;
            }
            if !disk::is_plain(&metadata) {
                scan.strange.push(path);
                continue;
            }
            let (bytes, modified) = (
                metadata.len(),
                metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            );
            let since = match self.seen.get(&path) {
                Some(seen) if seen.bytes == bytes && seen.modified == modified => seen.since,
                _ => now,
            };
            let due = since + self.settle;
            if due <= now {
                let relative = path
                    .strip_prefix(&self.folder)
                    .unwrap_or(&path)
                    .to_path_buf();
                scan.settled.push(Candidate {
                    path: path.clone(),
                    relative,
                    bytes,
                    modified,
                });
            } else {
                scan.settling += 1;
                scan.next = Some(scan.next.map_or(due, |next| next.min(due)));
            }
            there.insert(
                path,
                Seen {
                    bytes,
                    modified,
                    since,
                },
            );
        }
    }
}

/// Whether a name says that its writer is not done, or that it is nobody's business.
fn is_unfinished(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    if name.starts_with(['.', '~']) {
        return true;
    }
    match name.rsplit_once('.') {
        Some((_, ending)) => UNFINISHED.contains(&ending.to_ascii_lowercase().as_str()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_once_it_stood_still() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        fs::write(&file, "{").unwrap();
        let mut inbox = Inbox::new(folder.path().to_path_buf(), Duration::from_secs(1));
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
    fn unfinished_names_are_left_alone() {
        for name in [
            ".x.json",
            "~x.json",
            "x.json.tmp",
            "x.PART",
            "a.partial",
            "a.filepart",
            "a.crdownload",
        ] {
            assert!(is_unfinished(OsStr::new(name)), "{name}");
        }
        for name in ["x.json", "x", "tmp", "part.json", "x.tmp.json"] {
            assert!(!is_unfinished(OsStr::new(name)), "{name}");
        }
    }
}
