//! Taking a file: a rename into a folder of its own below `work`, whose name is the claim's and
//! stands in the batch row. What is found there at start-up was taken and not ended.
//!
//! ```text
//! work/20261120T164950237Z-000000-9f3a1c07/source/batch-customers/x.json
//! work/20261120T164950237Z-000000-9f3a1c07/response    made before the commit, gone once published
//! work/20261120T164950237Z-000000-9f3a1c07/worklist/…  made after the commit, published before that
//! ```

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::catalog::{DECISIONS, Endpoint};
use crate::clock;
use crate::disk;
use crate::fault;
use crate::folder::{Folder, Root};
use crate::history::NewBatch;
use crate::regular_file;
use crate::trouble::{Result, Trouble};

use super::deferral::Deferral;
use super::settle::Candidate;

/// The name of the folder of a complete worklist.
pub const WORKLIST: &str = "worklist";

const TIME_FORMAT: &str = "%Y%m%dT%H%M%S%3fZ";

/// A file that was taken.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The name of its folder in `work`.
    pub id: String,
    folder: PathBuf,
    /// The file's path below the inbox.
    pub relative: PathBuf,
    /// When it was taken, UTC.
    pub received_at: String,
    /// It was incomplete for so long that it is answered as it is.
    pub overdue: bool,
    /// Size and time of its last change when it was looked at in the inbox; None when it was found in
    /// the work folder.
    pub looked: Option<(u64, SystemTime)>,
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// What came of taking a file.
pub enum Taken {
    /// It is in the work folder now.
    Claimed(Claim),
    /// It is not there any more.
    Gone,
    /// It cannot be taken, for a reason that is its own.
    Held(Deferral),
}

impl Taken {
    /// The claim, if it was taken.
    pub fn claimed(self) -> Option<Claim> {
        match self {
            Taken::Claimed(claim) => Some(claim),
            Taken::Gone | Taken::Held(_) => None,
        }
    }
}

/// What could not be made durable.
pub enum Unsynced {
    /// The file that was dropped, for a reason that is its own.
    Source(Deferral),
    /// Something of ours.
    Ours(Trouble),
}

/// Takes a file out of the inbox. What was put in its place after the look that found a file (a
/// link, a pipe) is taken as well, and goes back before anybody opens it.
///
/// # Errors
/// When the work folder cannot be written, or the error would meet any file.
pub fn claim(inbox: &Root, work: &Root, candidate: &Candidate) -> Result<Taken> {
    let now = clock::utc_now();
    let id = new_id(&now);
    let claim = Claim {
        folder: work.path().join(&id),
        id,
        relative: candidate.relative.clone(),
        received_at: clock::text(now),
        overdue: candidate.overdue,
        looked: Some((candidate.bytes, candidate.modified)),
    };
    let made = fault::point("claim.before")
        .and_then(|()| claim.make_source_folder(work))
        .and_then(|to| fault::point("claim.folder").map(|()| to));
    let to = made.map_err(|e| {
        claim.forget();
        Trouble::io("making", &claim.folder, &e)
    })?;
    if let Err(e) = claim.take_from(inbox, &to) {
        claim.forget();
        // A link may have been put in the place of a folder of the inbox.
        if e.kind() == io::ErrorKind::NotFound || disk::is_no_folder(&e) {
            return Ok(Taken::Gone);
        }
        if disk::concerns_all(&e) {
            return Err(Trouble::io("taking", &candidate.path, &e));
        }
        return Ok(Taken::Held(Deferral::of_move(&e)));
    }
    fault::point("claim.renamed").map_err(|e| Trouble::io("taking", &candidate.path, &e))?;
    Ok(Taken::Claimed(claim))
}

/// A name for a claim: its time first, so that names sort as they were taken; the rest makes it
/// unique even where the clock was set back and the process has the number of an earlier one.
fn new_id(now: &DateTime<Utc>) -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let random = RandomState::new().build_hasher().finish() as u32;
    format!(
        "{}-{:06}-{random:08x}",
        now.format(TIME_FORMAT),
        COUNTER.fetch_add(1, Ordering::Relaxed) % 1_000_000,
    )
}

impl Claim {
    /// The claim of a folder that lies in `work`, with the path of its file below `source`; empty where
    /// there is none. None for a name that is no claim's.
    pub(super) fn found(folder: PathBuf, relative: PathBuf) -> Option<Claim> {
        let id = folder.file_name()?.to_str()?.to_owned();
        let (time, _) = id.split_once('-')?;
        let time = NaiveDateTime::parse_from_str(time, TIME_FORMAT).ok()?;
        Some(Claim {
            id,
            folder,
            relative,
            received_at: clock::text(time.and_utc()),
            overdue: false,
            looked: None,
        })
    }

    fn make_source_folder(&self, work: &Root) -> io::Result<Folder> {
        let way = Path::new(&self.id).join("source");
        work.open()?.make(&way.join(self.folder_below_inbox()))
    }

    fn take_from(&self, inbox: &Root, to: &Folder) -> io::Result<()> {
        let name = self.file_name();
        let from = inbox.open()?.below(self.folder_below_inbox())?;
        fault::point("claim.take")?;
        from.rename_new(&name, to, &name)
    }

    /// Its folder in `work`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens its folder in `work`.
    ///
    /// # Errors
    /// When it is not there, or may not be entered.
    pub fn open(&self) -> io::Result<Folder> {
        Folder::open(&self.folder)
    }

    /// Opens the folder that its file is in.
    pub(super) fn source_folder(&self) -> io::Result<Folder> {
        let way = Path::new("source").join(self.folder_below_inbox());
        self.open()?.below(&way)
    }

    /// The file itself.
    pub fn source(&self) -> PathBuf {
        self.folder.join("source").join(&self.relative)
    }

    /// Whether the file is still here: not archived yet.
    ///
    /// # Errors
    /// When that cannot be determined.
    pub fn has_source(&self) -> Result<bool> {
        Ok(!self.relative.as_os_str().is_empty() && is_there(&self.source())?)
    }

    /// Whether its response is still here: not published yet.
    ///
    /// # Errors
    /// When that cannot be determined.
    pub fn has_response(&self) -> Result<bool> {
        is_there(&self.response())
    }

    /// Where its response is made. It lies there from before the commit until it is published, so
    /// that its absence distinguishes a published response from a lost one.
    pub fn response(&self) -> PathBuf {
        self.folder.join("response")
    }

    /// Whether its worklist is complete, and not all of it is published.
    ///
    /// # Errors
    /// When that cannot be determined.
    pub fn has_worklist(&self) -> Result<bool> {
        is_there(&self.worklist())
    }

    /// The folder of its worklist once that is complete: its files are only moved from then on.
    pub fn worklist(&self) -> PathBuf {
        self.folder.join(WORKLIST)
    }

    /// The file's name as it was dropped.
    pub fn file_name(&self) -> OsString {
        self.relative
            .file_name()
            .map(OsString::from)
            .unwrap_or_default()
    }

    /// The folders between the inbox and the file.
    pub fn folder_below_inbox(&self) -> &Path {
        self.relative.parent().unwrap_or(Path::new(""))
    }

    /// The endpoint that its folder of the inbox names, however deep it lies below that; None where
    /// that is no endpoint.
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self.folder_below_inbox().iter().next() {
            None => Some(Endpoint::BatchCustomers),
            Some(first) => first.to_str().and_then(Endpoint::from_name),
        }
    }

    /// Whether it is a decision of a person: its folder of the inbox is that of decisions.
    pub fn is_decision(&self) -> bool {
        let first = self.folder_below_inbox().iter().next();
        first.and_then(OsStr::to_str).is_some_and(is_decisions)
    }

    /// The name of the folder of the inbox that it belongs into; None where its own is none.
    fn inbox_folder(&self) -> Option<&'static str> {
        let endpoint = self.endpoint().map(Endpoint::name);
        endpoint.or(self.is_decision().then_some(DECISIONS))
    }

    /// The endpoint that its folder was probably meant to name, where it names none.
    pub fn meant(&self) -> Option<Endpoint> {
        let first = self.folder_below_inbox().iter().next()?;
        Endpoint::meant_by(&first.to_string_lossy())
    }

    /// The endpoint's name, or the path that was asked for.
    pub fn asked_for(&self) -> String {
        match self.inbox_folder() {
            Some(name) => name.to_owned(),
            None => {
                let parts: Vec<_> = self
                    .folder_below_inbox()
                    .iter()
                    .map(|part| part.to_string_lossy())
                    .collect();
                parts.join("/")
            }
        }
    }

    /// Where its response goes, below the outbox: folders below that of an endpoint are there again.
    pub fn answer_folder(&self) -> PathBuf {
        let folder = self.folder_below_inbox();
        match self.inbox_folder() {
            Some(name) => Path::new(name).join(folder.iter().skip(1).collect::<PathBuf>()),
            None => folder.to_path_buf(),
        }
    }

    /// What the history records of it before it is judged.
    pub fn new_batch(&self) -> NewBatch {
        NewBatch {
            claim: self.id.clone(),
            endpoint: self.endpoint(),
            path: self.asked_for(),
            file_name: self.file_name().to_string_lossy().into_owned(),
            received_at: self.received_at.clone(),
        }
    }

    /// Makes the empty response that stands for "not yet published", unless it is there already. It
    /// stays once [`Claim::sync`] was called.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn reserve_response(&self, written: bool) -> Result<()> {
        let path = self.response();
        fault::point("reserve.before")
            .and_then(|()| match written {
                true => Ok(()),
                false => regular_file::create(&path).map(drop),
            })
            .map_err(|e| Trouble::io("making", &path, &e))
    }

    /// Makes the file and the response durable, under the names that they have here: nothing of this
    /// may be lost once the batch is committed, or the file would lie in the inbox again.
    ///
    /// # Errors
    /// When they cannot be synced.
    pub fn sync(&self) -> std::result::Result<(), Unsynced> {
        let ours = |path: &Path, e| Unsynced::Ours(Trouble::io("syncing", path, &e));
        let path = self.source();
        // With the file goes the rename that brought it here. The sync of a folder above it would do
        // where a file system has one log for everything, but not where it logs file by file (btrfs).
        disk::sync_dropped(&path).map_err(|e| match Deferral::of_read(&e) {
            Some(why) => Unsynced::Source(why),
            None => ours(&path, e),
        })?;
        let path = self.response();
        disk::sync_file(&path).map_err(|e| ours(&path, e))?;
        disk::sync_folder(&self.folder)
            .and_then(|()| fault::point("reserve.after"))
            .map_err(|e| ours(&self.folder, e))
    }

    /// Puts the file back into the inbox, under its own name or, where that was taken meanwhile,
    /// under one with a number. Returns its path below the inbox.
    ///
    /// # Errors
    /// When it cannot be moved: it stays here.
    pub fn give_back(&self, inbox: &Root) -> io::Result<PathBuf> {
        let name = self.file_name();
        let from = self.source_folder()?;
        let to = inbox.open()?.make(self.folder_below_inbox())?;
        let mut back = name.clone();
        let mut number = 1u64;
        loop {
            let moved = fault::point("back.before")
                .and_then(|()| from.rename_new(&name, &to, &back))
                .and_then(|()| fault::point("back.after"));
            match moved {
                Ok(()) => break,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    number += 1;
                    back = super::place::numbered(&name, number);
                }
                Err(e) => return Err(e),
            }
        }
        let _ = fs::remove_file(self.response());
        self.forget();
        Ok(self.folder_below_inbox().join(back))
    }

    /// Removes the claim's folder once nothing is left in it but empty folders. What is left stays.
    pub fn forget(&self) {
        let _ = self.remove();
    }

    /// Removes the claim's folder as [`Claim::forget`] does, and reports why if it stays.
    ///
    /// # Errors
    /// When it stays.
    pub fn remove(&self) -> io::Result<()> {
        disk::if_there(remove_empty(&self.folder)).map(drop)
    }
}

/// Whether a folder of the inbox has the name of that of decisions, in whatever case of its letters.
pub(super) fn is_decisions(name: &str) -> bool {
    name.eq_ignore_ascii_case(DECISIONS)
}

fn is_there(path: &Path) -> Result<bool> {
    disk::is_there(path).map_err(|e| Trouble::io("looking at", path, &e))
}

fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            let _ = remove_empty(&entry.path());
        }
    }
    fs::remove_dir(folder)
}
