//! A look at the inbox: at everything in it, or at some paths. It goes from one open folder to the
//! next, so that no link is followed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::catalog::Endpoint;
use crate::disk;
use crate::folder::{Folder, Gives, Look};
use crate::left_alone::is_left_alone;

use super::claim::is_decisions;
use super::deferral::Deferral;
use super::settle::{Candidate, Inbox, Scan, Seen};

/// How deep folders below the inbox are looked into.
const DEEPEST: usize = 8;

/// So many of the names that are left alone are kept.
const LEFT_ALONE_FIRST: usize = 5;

/// So many of those that could not be taken are tried again after one look.
const AGAIN_AT_ONCE: usize = 50;

/// The others have their turn after this.
const AGAIN_PAUSE: Duration = Duration::from_secs(1);

/// A folder that was dropped is empty for this long at least before it is removed: somebody may be
/// about to fill it.
const EMPTY_FOR: Duration = Duration::from_secs(10);

/// A look that is going on, and what it found so far.
pub(super) struct Walk<'i> {
    inbox: &'i Inbox,
    now: Instant,
    root: Folder,
    /// The file system of the inbox.
    device: u64,
    /// How many that could not be taken are tried again.
    again: usize,
    pub scan: Scan,
    /// The regular files that are there.
    pub there: HashMap<PathBuf, Seen>,
}

/// A folder that is being looked into.
struct Place<'p> {
    folder: &'p Folder,
    /// How far below the inbox it is.
    depth: usize,
    gives: Gives,
}

impl<'p> Place<'p> {
    fn new(folder: &'p Folder, depth: usize) -> Place<'p> {
        Place {
            folder,
            depth,
            gives: folder.gives(),
        }
    }
}

impl<'i> Walk<'i> {
    /// Begins a look.
    ///
    /// # Errors
    /// When the inbox itself cannot be opened.
    pub(super) fn begin(inbox: &'i Inbox, now: Instant) -> io::Result<Walk<'i>> {
        let root = inbox.folder.open()?;
        Ok(Walk {
            inbox,
            now,
            device: root.look_at_itself()?.device,
            root,
            again: 0,
            scan: Scan::default(),
            there: HashMap::new(),
        })
    }

    /// Looks at everything in the inbox.
    ///
    /// # Errors
    /// When the inbox itself cannot be listed.
    pub(super) fn everything(&mut self) -> io::Result<()> {
        let root = self.root.below(Path::new(""))?;
        self.list(&Place::new(&root, 0)).map(drop)
    }

    /// Looks at one path of the inbox, and at everything below it.
    pub(super) fn path(&mut self, path: &Path) {
        let Ok(relative) = path.strip_prefix(self.inbox.folder.path()) else {
            return;
        };
        let (Some(way), Some(name)) = (relative.parent(), relative.file_name()) else {
            return;
        };
        let depth = way.iter().count();
        if depth > DEEPEST || way.iter().any(|part| is_left_alone(part) || is_json(part)) {
            return;
        }
        // What became of a folder on the way is found where that is looked at.
        if let Ok(folder) = self.root.below(way) {
            self.entry(&Place::new(&folder, depth), name);
        }
    }

    /// Looks at everything in a folder. Returns whether there is anything.
    fn list(&mut self, at: &Place<'_>) -> io::Result<bool> {
        let mut any = false;
        for name in at.folder.names()? {
            self.entry(at, &name?);
            any = true;
        }
        Ok(any)
    }

    fn entry(&mut self, at: &Place<'_>, name: &OsStr) {
        let path = at.folder.path().join(name);
        if is_left_alone(name) {
            self.scan.left_alone += 1;
            if self.scan.left_alone_first.len() < LEFT_ALONE_FIRST {
                self.scan.left_alone_first.push(path);
            }
            return;
        }
        match at.folder.look(name) {
            Err(e) => self.failed(path, &e),
            Ok(look) if look.is_folder() => self.folder(at, name, path, &look),
            Ok(look) if !look.is_plain() => self.hold(path, Deferral::Strange),
            Ok(look) => self.file(at, name, path, &look),
        }
    }

    fn folder(&mut self, at: &Place<'_>, name: &OsStr, path: PathBuf, look: &Look) {
        if is_json(name) {
            return self.hold(path, Deferral::Strange);
        }
        if at.depth >= DEEPEST {
            return self.hold(path, Deferral::Deep);
        }
        if look.device != self.device {
            return self.hold(path, Deferral::Elsewhere);
        }
        let listed = at
            .folder
            .below(Path::new(name))
            .and_then(|folder| self.list(&Place::new(&folder, at.depth + 1)));
        match listed {
            // A link was put in its place this moment.
            Err(e) if disk::is_no_folder(&e) => self.hold(path, Deferral::Strange),
            // What comes after an error is not known: the folder counts as one that is not read.
            Err(e) => self.failed(path, &e),
            Ok(true) => {}
            Ok(false) => self.empty(path, look),
        }
    }

    /// Notes a folder that was dropped into an endpoint's folder and has been empty for long enough: its
    /// sender will not put anything into it any more.
    fn empty(&mut self, path: PathBuf, look: &Look) {
        let relative = path.strip_prefix(self.inbox.folder.path());
        let Ok(relative) = relative.map(Path::to_path_buf) else {
            return;
        };
        let mut parts = relative.iter();
        let first = parts.next().and_then(OsStr::to_str);
        let is_ours =
            first.is_some_and(|name| Endpoint::from_name(name).is_some() || is_decisions(name));
        let is_inside = is_ours && parts.next().is_some();
        let age = look.modified.elapsed();
        let enough = self.inbox.settle_timeout.max(EMPTY_FOR);
        if is_inside && age.is_ok_and(|age| age >= enough) {
            self.scan.emptied.push(relative);
        }
    }

    fn file(&mut self, at: &Place<'_>, name: &OsStr, path: PathBuf, look: &Look) {
        let (inbox, now) = (self.inbox, self.now);
        let (bytes, modified) = (look.bytes, look.modified);
        let since = match inbox.seen.get(&path) {
            Some(seen) if seen.bytes == bytes && seen.modified == modified => seen.since,
            _ => now,
        };
        let held = inbox.held.get(&path);
        let held = held.filter(|held| held.is_of(bytes, modified));
        let (incomplete, failed) = match held {
            Some(held) if held.why == Deferral::Incomplete => (true, None),
            held => (false, held),
        };
        let due = since
            + match incomplete {
                true => inbox.settle_timeout.max(inbox.settle),
                false => inbox.settle,
            };
        if due > now {
            self.scan.settling += 1;
            self.next(due);
        } else if let Some(why) = self.refused(at, name, look) {
            self.hold(path.clone(), why);
        } else if let Some(failed) = failed.filter(|failed| failed.again > now) {
            self.hold(path.clone(), failed.why);
            self.next(failed.again);
        } else if let Some(failed) = failed.filter(|_| self.again >= AGAIN_AT_ONCE) {
            self.hold(path.clone(), failed.why);
            self.next(now + AGAIN_PAUSE);
        } else {
            self.again += usize::from(failed.is_some());
            let relative = path.strip_prefix(inbox.folder.path()).unwrap_or(&path);
            self.scan.settled.push(Candidate {
                relative: relative.to_path_buf(),
                path: path.clone(),
                bytes,
                modified,
                overdue: incomplete,
            });
        }
        self.waits_since(modified);
        let seen = Seen {
            bytes,
            modified,
            since,
        };
        self.there.insert(path, seen);
    }

    /// Why a file cannot be taken, as far as can be seen without trying it.
    fn refused(&self, at: &Place<'_>, name: &OsStr, look: &Look) -> Option<Deferral> {
        if look.device != self.device {
            Some(Deferral::Elsewhere)
        } else if !at.gives.gives(look) {
            Some(Deferral::Immovable)
        } else if !at.folder.may_read(name) {
            Some(Deferral::Denied)
        } else {
            None
        }
    }

    /// Notes what could not be looked at. What vanished meanwhile is nothing to note.
    fn failed(&mut self, path: PathBuf, e: &io::Error) {
        if e.kind() != io::ErrorKind::NotFound {
            self.hold(path, Deferral::of_look(e));
        }
    }

    fn hold(&mut self, path: PathBuf, why: Deferral) {
        self.scan.held.push((path, why));
    }

    fn next(&mut self, due: Instant) {
        let next = &mut self.scan.next;
        *next = Some(next.map_or(due, |next| next.min(due)));
    }

    fn waits_since(&mut self, modified: SystemTime) {
        let oldest = &mut self.scan.oldest;
        *oldest = Some(oldest.map_or(modified, |oldest| oldest.min(modified)));
    }
}

/// Whether a folder has the name of a file.
fn is_json(name: &OsStr) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"))
}
