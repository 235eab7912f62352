//! Looking at the inbox: at single paths where something happened, and from time to time at everything.
//! A folder that did not change is not listed again, and a name that is known is not looked at for
//! being listed; looking at everything is done the less often the longer it takes. So a hundred
//! thousand names that are never taken cost next to nothing, and delay nobody.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::disk;
use crate::folder::{Folder, Look};
use crate::left_alone::is_left_alone;

use super::hold::Hold;
use super::settle::{Entry, Inbox, Place, Scan, Seen, split};
use super::wake::Changed;

/// How deep folders below the inbox are looked into.
const DEEPEST: usize = 8;

/// A pass is followed by so many times its duration without one.
const REST: u32 = 100;

/// The same when events were lost.
const SHORT_REST: u32 = 5;

/// How long after a pass the next one is due at the latest.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// A folder is listed again after this time though nothing says that it changed.
const LIST_AGAIN: Duration = Duration::from_secs(60);

/// A change may carry the same time as a listing that did not see it yet, as coarse as file systems
/// note the time.
const COARSE: Duration = Duration::from_secs(3);

/// While no more than so many files wait or are held, each pass looks at each of them.
const FEW: usize = 1000;

/// What is known of a folder.
#[derive(Default)]
pub(super) struct Listing {
    /// How the folder looked when it was listed; None: it is to be listed again.
    stamp: Option<Look>,
    at: Option<Instant>,
    /// Counts the listings.
    pub generation: u64,
    pub names: HashMap<OsString, Entry>,
}

/// The last look at everything.
#[derive(Default)]
pub(super) struct Pass {
    /// The file system of the inbox.
    pub device: u64,
    ended: Option<Instant>,
    took: Duration,
    /// Events were lost, or the inbox itself changed.
    hurried: bool,
}

impl Inbox {
    /// Looks at everything in the inbox.
    ///
    /// # Errors
    /// When the inbox itself cannot be read.
    pub fn scan(&mut self, now: Instant) -> io::Result<Scan> {
        self.look_at_everything(now)?;
        Ok(self.gather(now))
    }

    /// Looks where something happened, and at everything when it is time to.
    ///
    /// # Errors
    /// When the inbox itself cannot be read.
    pub fn follow(&mut self, now: Instant, changed: &Changed) -> io::Result<Scan> {
        if changed.everything || changed.paths.contains(&self.folder) {
            self.pass.hurried = true;
        }
        if self.next_pass(now) <= now {
            self.look_at_everything(now)?;
        } else {
            let below = |path: &PathBuf| Some(path.strip_prefix(&self.folder).ok()?.to_path_buf());
            let paths = changed.paths.iter().filter_map(below).collect();
            self.look_at_all(&paths, now);
        }
        let mut scan = self.gather(now);
        let pass = self.next_pass(now);
        scan.next = Some(scan.next.map_or(pass, |next| next.min(pass)));
        Ok(scan)
    }

    fn next_pass(&self, now: Instant) -> Instant {
        self.pass.next(self.pace.scan_interval).unwrap_or(now)
    }

    fn look_at_everything(&mut self, now: Instant) -> io::Result<()> {
        let begun = Instant::now();
        let root = Folder::open(&self.folder)?;
        self.pass.device = root.look_at_itself()?.device;
        let mut known = BTreeSet::new();
        if self.waiting.len() <= FEW {
            known.extend(self.waiting.iter().map(|(_, path)| path.clone()));
        }
        if self.held.len() <= FEW {
            known.extend(self.held.keys().cloned());
        }
        self.look_at_all(&known, now);
        let way = Path::new("");
        self.list(&Place {
            folder: &root,
            way,
            now,
        })?;
        self.pass.took = begun.elapsed();
        self.pass.ended = Some(now);
        self.pass.hurried = false;
        Ok(())
    }

    /// Lists a folder, unless it is as it was, and looks at what is new in it and into the folders
    /// below it.
    fn list(&mut self, at: &Place<'_>) -> io::Result<()> {
        let look = at.folder.look_at_itself()?;
        let listing = self.listings.entry(at.way.to_path_buf()).or_default();
        let fresh = |listed: Instant| at.now.saturating_duration_since(listed) < LIST_AGAIN;
        if listing.stamp == Some(look) && listing.at.is_some_and(fresh) {
            for name in listing.folders() {
                self.go_into(at, &name);
            }
            return Ok(());
        }
        let before = listing.stamp.replace(look);
        listing.at = Some(at.now);
        let (names, read) = listing.read(at.folder);
        let gone = match read {
            Ok(()) => listing.gone(),
            Err(_) => Vec::new(),
        };
        let racy = look.modified.elapsed().is_ok_and(|since| since < COARSE);
        if racy || read.is_err() {
            listing.stamp = None;
        }
        for name in gone {
            self.forget(at.way, &name);
        }
        if before.is_some_and(|before| !before.has_same_rights(&look)) {
            self.release(at);
        }
        for name in names {
            self.look(at, &name);
        }
        read
    }

    fn go_into(&mut self, at: &Place<'_>, name: &OsStr) {
        let way = at.way.join(name);
        let listed = at.folder.below(Path::new(name)).and_then(|folder| {
            self.list(&Place {
                folder: &folder,
                way: &way,
                now: at.now,
            })
        });
        match listed {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => self.forget(at.way, name),
            // Something else was put in its place this moment: it is looked at next time.
            Err(e) if disk::is_no_folder(&e) => self.list_again(at.way),
            Err(e) => {
                let look = self.seen(at.way, name).and_then(|seen| seen.look);
                self.keep_out(at, name, look, Hold::of_look(&e));
            }
        }
    }

    /// Looks at one name.
    pub(super) fn look(&mut self, at: &Place<'_>, name: &OsStr) {
        let look = match at.folder.look(name) {
            Ok(look) => look,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return self.forget(at.way, name),
            Err(e) => return self.keep_out(at, name, None, Hold::of_look(&e)),
        };
        let known = self.seen(at.way, name);
        if !look.is_folder() && known.is_some_and(|seen| seen.look.is_some_and(|l| l.is_folder())) {
            self.forget(at.way, name);
        }
        if look.is_folder() {
            self.folder(at, name, look, known);
        } else if look.is_plain() {
            self.file(at, name, look);
        } else {
            self.keep_out(at, name, Some(look), Hold::Strange);
        }
    }

    fn folder(&mut self, at: &Place<'_>, name: &OsStr, look: Look, known: Option<Seen>) {
        let depth = at.way.components().count();
        if depth >= DEEPEST || is_json(name) {
            return self.keep_out(at, name, Some(look), Hold::Strange);
        }
        if look.device != self.pass.device {
            return self.keep_out(at, name, Some(look), Hold::Elsewhere);
        }
        let mut seen = known.unwrap_or(Seen::new(None, at.now));
        if seen.is_held_until_later(&look, at.now) {
            return;
        }
        seen.look = Some(look);
        seen.why = None;
        let entry = Entry {
            listed: 0,
            is_folder: true,
            seen,
        };
        self.put(at.way, name, Some(entry));
        self.go_into(at, name);
    }

    /// Looks at paths below the inbox.
    pub(super) fn look_at_all(&mut self, paths: &BTreeSet<PathBuf>, now: Instant) {
        // Those of one folder come one after the other.
        let mut there: Option<(PathBuf, Folder)> = None;
        for path in paths {
            let Some((way, name)) = split(path) else {
                continue;
            };
            if is_left_alone(name) || is_out_of_reach(way) {
                continue;
            }
            if there.as_ref().is_none_or(|(open, _)| open != way) {
                let open = Folder::open(&self.folder).and_then(|inbox| inbox.below(way));
                there = match open {
                    Ok(folder) => Some((way.to_path_buf(), folder)),
                    // Whatever happened to the folder is told by the one above it.
                    Err(_) => {
                        self.look_at_all(&BTreeSet::from([way.to_path_buf()]), now);
                        None
                    }
                };
            }
            if let Some((_, folder)) = &there {
                self.look(&Place { folder, way, now }, name);
            }
        }
    }

    /// Forgets a name, and everything below it.
    fn forget(&mut self, way: &Path, name: &OsStr) {
        self.put(way, name, None);
        let path = way.join(name);
        if !self.listings.contains_key(&path) {
            return;
        }
        let below: Vec<PathBuf> = self
            .listings
            .keys()
            .filter(|way| way.starts_with(&path))
            .cloned()
            .collect();
        for way in below {
            let names = self.listings.get(&way).map(|l| l.names.keys().cloned());
            for name in names.into_iter().flatten().collect::<Vec<_>>() {
                self.put(&way, &name, None);
            }
            self.listings.remove(&way);
        }
    }

    /// A folder is to be listed by the next pass.
    fn list_again(&mut self, way: &Path) {
        if let Some(listing) = self.listings.get_mut(way) {
            listing.stamp = None;
        }
    }

    /// Has what a folder's rights kept from being taken tried again now.
    fn release(&mut self, at: &Place<'_>) {
        let Some(listing) = self.listings.get(at.way) else {
            return;
        };
        let rights = |why| matches!(why, Some(Hold::Denied | Hold::Immovable));
        let held = listing.names.iter().filter(|(_, e)| rights(e.seen.why));
        let held: Vec<OsString> = held.map(|(name, _)| name.clone()).collect();
        for name in held {
            self.try_now(at, &name);
        }
    }
}

impl Listing {
    /// Reads the names of the folder, and returns those that are to be looked at.
    fn read(&mut self, folder: &Folder) -> (Vec<OsString>, io::Result<()>) {
        self.generation += 1;
        let mut look_at = Vec::new();
        let mut read = || {
            for name in folder.names()? {
                let (name, inode) = name?;
                if is_left_alone(&name) {
                    continue;
                }
                match self.names.get_mut(&name) {
                    Some(known) => {
                        known.listed = self.generation;
                        let other = known.seen.look.is_none_or(|look| look.inode != inode);
                        if other || known.is_folder {
                            look_at.push(name);
                        }
                    }
                    None => look_at.push(name),
                }
            }
            Ok(())
        };
        let read = read();
        (look_at, read)
    }

    /// What was not there any more.
    fn gone(&self) -> Vec<OsString> {
        let gone = |entry: &Entry| entry.listed != self.generation;
        let names = self.names.iter().filter(|(_, entry)| gone(entry));
        names.map(|(name, _)| name.clone()).collect()
    }

    /// The folders in it that may be gone into.
    fn folders(&self) -> Vec<OsString> {
        let folders = self.names.iter();
        let folders = folders.filter(|(_, e)| e.is_folder && e.seen.why.is_none());
        folders.map(|(name, _)| name.clone()).collect()
    }
}

impl Pass {
    /// When the next one is due; None: at once.
    fn next(&self, interval: Duration) -> Option<Instant> {
        let rest = match self.hurried {
            true => (self.took * SHORT_REST).min(LONGEST_REST),
            false => (self.took * REST).min(LONGEST_REST).max(interval),
        };
        Some(self.ended? + rest)
    }
}

/// Whether nothing is taken from there: too deep, left alone, or with the name of a file.
fn is_out_of_reach(way: &Path) -> bool {
    way.components().count() > DEEPEST
        || way.iter().any(|part| is_left_alone(part) || is_json(part))
}

/// Whether a folder has the name of a file.
fn is_json(name: &OsStr) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"))
}
