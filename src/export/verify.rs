//! Whether an export is as it was written: every file of every manifest with its hash, every
//! manifest in its row, and nothing beside them that a reader would read.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::trouble::{Kind, Result, Trouble};

use super::branch::Branch;
use super::manifest::{self, FOLDER, Manifest, PENDING};
use super::place::{is_nothing, is_whole};
use super::table::TABLES;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub what: What,
    /// Below the folder of the export.
    pub path: String,
    /// What else to know; may be empty.
    pub detail: String,
}

/// In what way it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Missing,
    Changed,
    /// No manifest has it, and readers would read it.
    Unlisted,
    /// Another manifest has batches of it too: their rows are there twice.
    Doubled,
}

impl What {
    pub fn name(self) -> &'static str {
        match self {
            What::Missing => "missing",
            What::Changed => "changed",
            What::Unlisted => "unlisted",
            What::Doubled => "doubled",
        }
    }
}

/// What was looked at.
#[derive(Debug, Default)]
pub struct Verified {
    pub branches: u64,
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
    pub problems: u64,
    /// Branches with a run that was interrupted and that their next export finishes.
    pub pending: Vec<Branch>,
}

/// Checks every branch of an export, or one, and hands over each problem as it is found.
///
/// # Errors
/// When the folder is no export, a file cannot be read, or `each` fails.
pub fn verify(
    dir: &Path,
    only: Option<&Branch>,
    each: &mut dyn FnMut(&Problem) -> Result<()>,
) -> Result<Verified> {
    let mut found = Verified::default();
    let mut tell = |what, path: &Path, detail: &str| {
        found.problems += 1;
        each(&Problem {
            what,
            path: slashes(dir, path),
            detail: detail.to_owned(),
        })
    };
    let mut branches = branches_of(dir)?;
    if let Some(only) = only {
        branches.retain(|b| b == only);
    }
    if branches.is_empty() {
        let of = only
            .map(|b| format!("of the branch {b} "))
            .unwrap_or_default();
        return Err(Trouble::new(
            Kind::Input,
            format!("{} has no manifest {of}in {FOLDER}", dir.display()),
            "give the folder that was given to `kycdrop export`",
        ));
    }
    for table in TABLES.iter().filter(|_| only.is_none()) {
        for folder in entries(&dir.join(table.name))? {
            let known = branch_of(&folder).is_some_and(|b| branches.contains(&b));
            if !known && !is_hidden(&folder) {
                tell(What::Unlisted, &folder, "no manifest has this branch")?;
            }
        }
    }
    let (mut files, mut rows, mut bytes, mut pending) = (0, 0, 0, Vec::new());
    for branch in &branches {
        let mut listed = BTreeSet::new();
        for manifest in manifests(dir, branch, &mut tell)? {
            for entry in &manifest.files {
                let path = dir.join(&entry.path);
                files += 1;
                rows += entry.rows;
                bytes += entry.bytes;
                if !is_whole(&path, entry)? {
                    let there = path.symlink_metadata().is_ok();
                    let what = if there { What::Changed } else { What::Missing };
                    tell(what, &path, "")?;
                }
                listed.insert(path);
            }
        }
        // Its files may be in their places or not yet.
        let path = manifest::folder(dir, branch).join(PENDING);
        if path.symlink_metadata().is_ok() {
            let run = Manifest::read(&path)?;
            listed.extend(run.files.iter().map(|f| dir.join(&f.path)));
            pending.push(branch.clone());
        }
        for table in TABLES {
            for day in entries(&dir.join(table.name).join(branch.folder()))? {
                let files = if day.is_dir() {
                    entries(&day)?
                } else {
                    vec![day]
                };
                for file in files {
                    if !listed.contains(&file) && !is_hidden(&file) {
                        tell(What::Unlisted, &file, "no manifest has this file")?;
                    }
                }
            }
        }
    }
    found.branches = branches.len() as u64;
    found.files = files;
    found.rows = rows;
    found.bytes = bytes;
    found.pending = pending;
    Ok(found)
}

/// The manifests of a branch that can be read; each must go on where the one before ended.
fn manifests(
    dir: &Path,
    branch: &Branch,
    tell: &mut dyn FnMut(What, &Path, &str) -> Result<()>,
) -> Result<Vec<Manifest>> {
    let folder = manifest::folder(dir, branch);
    let mut all: Vec<Manifest> = Vec::new();
    let mut next = 1;
    for run in manifest::runs(&folder)? {
        let path = folder.join(manifest::run_name(run));
        if run.0 > next {
            let lost = folder.join(manifest::run_name((next, run.0 - 1)));
            tell(
                What::Missing,
                &lost,
                "the manifest, or several, of these batches",
            )?;
        }
        if run.0 < next {
            tell(
                What::Doubled,
                &path,
                "a manifest before it has batches of it too",
            )?;
        }
        next = next.max(run.1 + 1);
        match Manifest::read(&path) {
            Err(e) if e.kind == Kind::Input => tell(What::Changed, &path, &e.what)?,
            Err(e) => return Err(e),
            Ok(m) if (m.first_batch, m.last_batch) != run || m.branch != *branch => {
                tell(What::Changed, &path, "it is the manifest of something else")?;
            }
            Ok(m) if all.first().is_some_and(|first| first.history != m.history) => {
                tell(
                    What::Changed,
                    &path,
                    "it is of another history than the first",
                )?;
            }
            Ok(m) => all.push(m),
        }
    }
    Ok(all)
}

fn branches_of(dir: &Path) -> Result<BTreeSet<Branch>> {
    let folders = entries(&dir.join(FOLDER))?;
    Ok(folders.iter().filter_map(|f| branch_of(f)).collect())
}

fn branch_of(folder: &Path) -> Option<Branch> {
    Branch::of_folder(folder.file_name()?.to_str()?)
}

/// What lies in a folder, sorted; nothing where there is no folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> io::Result<Vec<PathBuf>> {
        let mut paths = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    match read() {
        Err(e) if is_nothing(&e) => Ok(Vec::new()),
        read => read.map_err(|e| Trouble::io("reading", folder, &e)),
    }
}

/// Readers leave out names that begin so.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(b".") || name.starts_with(b"_")
}

fn slashes(dir: &Path, path: &Path) -> String {
    let below = path.strip_prefix(dir).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|p| p.to_string_lossy()).collect();
    parts.join("/")
}
