//! Taking a file: a rename into a folder of its own below `work`, whose name is the claim's and
//! stands in the batch row. What is found there at start-up was taken and not ended.
//!
//! ```text
//! work/20261120T164950237Z-4711-0/source/batch-customers/x.json
//! work/20261120T164950237Z-4711-0/response       made before the commit, gone once published
//! ```

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{NaiveDateTime, Utc};

use crate::catalog::Endpoint;
use crate::clock;
use crate::disk;
use crate::history::NewBatch;
use crate::trouble::{Result, Trouble};

use super::settle::Candidate;

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
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Takes a file out of the inbox. None when it is not there any more, or turned out to be no
/// regular file: then it stays where it is.
///
/// # Errors
/// When the work folder cannot be written.
pub fn claim(work: &Path, candidate: &Candidate) -> Result<Option<Claim>> {
    let now = Utc::now();
    let id = format!(
        "{}-{}-{}",
        now.format(TIME_FORMAT),
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed)
    );
    let claim = Claim {
        folder: work.join(&id),
        id,
        relative: candidate.relative.clone(),
        received_at: clock::text(now),
    };
    let source = claim.source();
    if let Some(parent) = source.parent() {
        disk::make_folder(parent).map_err(|e| Trouble::io("making", parent, &e))?;
    }
    match disk::rename_new(&candidate.path, &source) {
        Ok(()) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            claim.forget();
            return Ok(None);
        }
        Err(e) => {
            claim.forget();
            return Err(Trouble::io("taking", &candidate.path, &e));
        }
    }
    // A link may have been put there after the look that found a file.
    let plain = fs::symlink_metadata(&source).is_ok_and(|m| disk::is_plain(&m));
    if !plain {
        tracing::warn!(
            file = %crate::text::printable(&candidate.relative.to_string_lossy()),
            "is no regular file and is left alone"
        );
        disk::rename_new(&source, &candidate.path)
            .map_err(|e| Trouble::io("putting back", &candidate.path, &e))?;
        claim.forget();
        return Ok(None);
    }
    Ok(Some(claim))
}

/// The claims that lie in `work`, in the order in which they were taken: files whose work was
/// interrupted.
///
/// # Errors
/// When the work folder cannot be read.
pub fn claims_in_work(work: &Path) -> Result<Vec<Claim>> {
    let entries = fs::read_dir(work).map_err(|e| Trouble::io("reading", work, &e))?;
    let mut claims: Vec<Claim> = entries
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.to_owned();
            let (time, _) = id.split_once('-')?;
            let time = NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%S%3fZ").ok()?;
            let folder = entry.path();
            let source = folder.join("source");
            let relative = only_file(&source)
                .and_then(|f| f.strip_prefix(&source).map(Path::to_path_buf).ok())
                .unwrap_or_default();
            Some(Claim {
                received_at: clock::text(time.and_utc()),
                id,
                folder,
                relative,
            })
        })
        .collect();
    claims.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(claims)
}

/// The one file below a claim's source folder.
fn only_file(folder: &Path) -> Option<PathBuf> {
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if fs::symlink_metadata(&path).ok()?.is_dir() {
            if let Some(found) = only_file(&path) {
                return Some(found);
            }
        } else {
            return Some(path);
        }
    }
    None
}

impl Claim {
    /// The file itself.
    pub fn source(&self) -> PathBuf {
        self.folder.join("source").join(&self.relative)
    }

    /// Whether the file is still here: not archived yet.
    pub fn has_source(&self) -> bool {
        !self.relative.as_os_str().is_empty() && self.source().exists()
    }

    /// Where its response is made. It lies there from before the commit until it is published, so
    /// that its absence tells a published response from a lost one.
    pub fn response(&self) -> PathBuf {
        self.folder.join("response")
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

    /// The endpoint that its folder names; None where that is no endpoint.
    pub fn endpoint(&self) -> Option<Endpoint> {
        let folder = self.folder_below_inbox();
        if folder.as_os_str().is_empty() {
            return Some(Endpoint::BatchCustomers);
        }
        folder.to_str().and_then(Endpoint::from_name)
    }

    /// The endpoint's name, or the path that was asked for.
    pub fn asked_for(&self) -> String {
        match self.endpoint() {
            Some(endpoint) => endpoint.name().to_owned(),
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

    /// Where its response goes, below the outbox.
    pub fn answer_folder(&self) -> PathBuf {
        match self.endpoint() {
            Some(endpoint) => PathBuf::from(endpoint.name()),
            None => self.folder_below_inbox().to_path_buf(),
        }
    }

    /// What the history is told of it before it is judged.
    pub fn new_batch(&self) -> NewBatch {
        NewBatch {
            claim: self.id.clone(),
            endpoint: self.endpoint(),
            path: self.asked_for(),
            file_name: self.file_name().to_string_lossy().into_owned(),
            received_at: self.received_at.clone(),
        }
    }

    /// Makes the empty response that stands for "not yet published", durably.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn reserve_response(&self) -> Result<()> {
        let path = self.response();
        fs::File::create(&path).map_err(|e| Trouble::io("making", &path, &e))?;
        disk::sync_folder(&self.folder).map_err(|e| Trouble::io("syncing", &self.folder, &e))
    }

    /// Removes the claim's folder once nothing is left in it. What is left stays.
    pub fn forget(&self) {
        let mut folder = self.source();
        while folder.pop() && folder.starts_with(&self.folder) {
            if fs::remove_dir(&folder).is_err() {
                break;
            }
        }
    }
}
