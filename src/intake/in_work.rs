//! What lies in `work`: files whose work was interrupted, and folders of which that is not known, or
//! that hold what kycdrop never puts there. One of those stops no other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::disk;
use crate::trouble::{Result, Trouble};

use super::claim::Claim;

/// The claims that lie in `work`, in the order in which they were taken.
#[derive(Default)]
pub struct InWork {
    /// Those that can be finished.
    pub claims: Vec<Claim>,
    /// Those that cannot be worked on as they are.
    pub unfit: Vec<Unfit>,
}

/// A claim that cannot be worked on as it is.
pub struct Unfit {
    /// Its file is not known.
    pub claim: Claim,
    /// What is wrong is here.
    pub path: PathBuf,
    /// The error of the system.
    pub error: io::Error,
}

/// Looks at `work`. A name there that is not a claim's is left alone.
///
/// # Errors
/// When the work folder itself cannot be read, or the error would meet any folder.
pub fn claims_in_work(work: &Path) -> Result<InWork> {
    let unread = |path: &Path, e: &io::Error| Trouble::io("reading", path, e);
    let mut found = InWork::default();
    for entry in fs::read_dir(work).map_err(|e| unread(work, &e))? {
        let folder = entry.map_err(|e| unread(work, &e))?.path();
        let Some(nameless) = Claim::found(folder.clone(), PathBuf::new()) else {
            continue;
        };
        match look(&folder) {
            Ok(relative) => found.claims.extend(Claim::found(folder, relative)),
            Err((path, e)) if disk::concerns_all(&e) && e.kind() != io::ErrorKind::NotFound => {
                return Err(unread(&path, &e));
            }
            Err((path, error)) => found.unfit.push(Unfit {
                claim: nameless,
                path,
                error,
            }),
        }
    }
    found.claims.sort_by(|a, b| a.id.cmp(&b.id));
    found.unfit.sort_by(|a, b| a.claim.id.cmp(&b.claim.id));
    Ok(found)
}

/// The path of a claim's file below its `source`; empty where there is none. The error has its place.
fn look(folder: &Path) -> Result<PathBuf, (PathBuf, io::Error)> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        |e: io::Error| (path, e)
    };
    let kind = |path: &Path| disk::if_there(path.symlink_metadata()).map_err(at(path));
    if kind(folder)?.is_some_and(|m| !m.is_dir()) {
        return Err(at(folder)(strange("is not a folder")));
    }
    // Whatever ends a claim removes something from its folder.
    access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|e| at(folder)(e.into()))?;
    let (response, source) = (folder.join("response"), folder.join("source"));
    if kind(&response)?.is_some_and(|m| !m.is_file()) {
        return Err(at(&response)(strange("is not a regular file")));
    }
    match kind(&source)? {
        None => return Ok(PathBuf::new()),
        Some(m) if m.is_dir() => {}
        Some(_) => return Err(at(&source)(strange("is not a folder"))),
    }
    let mut files = Vec::new();
    files_below(&source, &mut files)?;
    let relative = |path: &PathBuf| path.strip_prefix(&source).map(Path::to_path_buf).ok();
    match files.as_slice() {
        [_, _, ..] => Err(at(&source)(strange("holds more than one file"))),
        files => Ok(files.first().and_then(relative).unwrap_or_default()),
    }
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Finds whatever is not a folder, two of them at most.
fn files_below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let at = |e| (folder.to_path_buf(), e);
    for entry in fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        match path.symlink_metadata() {
            Ok(m) if m.is_dir() => files_below(&path, found)?,
            Ok(_) => found.push(path),
            Err(e) => return Err((path, e)),
        }
        if found.len() > 1 {
            break;
        }
    }
    Ok(())
}
