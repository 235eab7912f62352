//! Checks an export: every file against the hash in its manifest, the manifests for gaps and overlaps,
//! and the folders for files that readers would read although no manifest lists them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::trouble::{Kind, Result, Trouble};

use super::export_dir::{is_intact, is_not_found};
use super::manifest::{self, FOLDER, Manifest, PENDING};
use super::table::TABLES;
use crate::branch::Branch;

/// A difference between an export and its manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// In what way they differ.
    pub kind: DiscrepancyKind,
    /// Relative to the folder of the export.
    pub path: String,
    /// An explanation for people; may be empty.
    pub detail: String,
}

/// In what way an export differs from its manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscrepancyKind {
    /// A manifest lists the file, or a gap shows that there was one.
    Missing,
    /// The file is there, and has other content.
    Changed,
    /// No manifest lists the file, and readers would read it.
    Unlisted,
    /// Another manifest lists some of its batches too: their rows appear twice.
    Doubled,
}

impl DiscrepancyKind {
    /// The word that is printed.
    pub fn name(self) -> &'static str {
        match self {
            DiscrepancyKind::Missing => "missing",
            DiscrepancyKind::Changed => "changed",
            DiscrepancyKind::Unlisted => "unlisted",
            DiscrepancyKind::Doubled => "doubled",
        }
    }
}

/// How much was checked, and what was found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Branches with a manifest.
    pub branches: u64,
    /// Files that the manifests list.
    pub files: u64,
    /// Rows that the manifests list.
    pub rows: u64,
    /// Bytes that the manifests list.
    pub bytes: u64,
    /// Discrepancies that were handed over.
    pub problems: u64,
    /// Branches with an interrupted run, which their next export completes.
    pub pending: Vec<Branch>,
}

/// Checks every branch of an export, or `only` one, and calls `each` for every discrepancy.
///
/// # Errors
/// When the folder has no manifests, a file cannot be read, or `each` fails.
pub fn verify(
    dir: &Path,
    only: Option<&Branch>,
    each: &mut dyn FnMut(&Discrepancy) -> Result<()>,
) -> Result<Verified> {
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
            "give the same folder as to `kycdrop export`",
        ));
    }
    let mut check = Check {
        dir,
        each,
        found: Verified::default(),
    };
    if only.is_none() {
        check.folders(&branches)?;
    }
    for branch in &branches {
        let listed = check.listed(branch)?;
        check.unlisted(branch, &listed)?;
    }
    check.found.branches = branches.len() as u64;
    Ok(check.found)
}

/// A check of an export, and what it found so far.
struct Check<'c> {
    dir: &'c Path,
    each: &'c mut dyn FnMut(&Discrepancy) -> Result<()>,
    found: Verified,
}

impl Check<'_> {
    fn report(&mut self, kind: DiscrepancyKind, path: &Path, detail: &str) -> Result<()> {
        self.found.problems += 1;
        (self.each)(&Discrepancy {
            kind,
            path: slashes(self.dir, path),
            detail: detail.to_owned(),
        })
    }

    /// Reports the folders of branches without a manifest.
    fn folders(&mut self, branches: &BTreeSet<Branch>) -> Result<()> {
        for table in TABLES {
            for folder in entries(&self.dir.join(table.name))? {
                let known = branch_of(&folder).is_some_and(|b| branches.contains(&b));
                if !known && !is_hidden(&folder) {
                    self.report(
                        DiscrepancyKind::Unlisted,
                        &folder,
                        "no manifest of this branch",
                    )?;
                }
            }
        }
        Ok(())
    }

    /// Checks the files that the manifests of a branch list, and returns them all.
    fn listed(&mut self, branch: &Branch) -> Result<BTreeSet<PathBuf>> {
        let mut listed = BTreeSet::new();
        for manifest in self.manifests(branch)? {
            for entry in &manifest.files {
                let path = self.dir.join(&entry.path);
                self.found.files += 1;
                self.found.rows += entry.rows;
                self.found.bytes += entry.bytes;
                if !is_intact(&path, entry)? {
                    let kind = match path.symlink_metadata() {
                        Ok(_) => DiscrepancyKind::Changed,
                        Err(_) => DiscrepancyKind::Missing,
                    };
                    self.report(kind, &path, "")?;
                }
                listed.insert(path);
            }
        }
        // The files of a pending run may be in their places or not yet.
        let path = manifest::folder(self.dir, branch).join(PENDING);
        if path.symlink_metadata().is_ok() {
            let run = Manifest::read(&path)?;
            listed.extend(run.files.iter().map(|f| self.dir.join(&f.path)));
            self.found.pending.push(branch.clone());
        }
        Ok(listed)
    }

    /// Reports the files in the folders of a branch that are not listed.
    fn unlisted(&mut self, branch: &Branch, listed: &BTreeSet<PathBuf>) -> Result<()> {
        for table in TABLES {
            for day in entries(&self.dir.join(table.name).join(branch.folder()))? {
                let files = if day.is_dir() {
                    entries(&day)?
                } else {
                    vec![day]
                };
                for file in files {
                    if !listed.contains(&file) && !is_hidden(&file) {
                        self.report(
                            DiscrepancyKind::Unlisted,
                            &file,
                            "no manifest lists this file",
                        )?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The manifests of a branch that can be read. Each must begin where the one before it ended.
    fn manifests(&mut self, branch: &Branch) -> Result<Vec<Manifest>> {
        let folder = manifest::folder(self.dir, branch);
        let mut all: Vec<Manifest> = Vec::new();
        let mut next = 1;
        for run in manifest::runs(&folder)? {
            let path = folder.join(manifest::run_name(run));
            if run.0 > next {
                let lost = folder.join(manifest::run_name((next, run.0 - 1)));
                self.report(
                    DiscrepancyKind::Missing,
                    &lost,
                    "one or more manifests of these batches",
                )?;
            }
            if run.0 < next {
                self.report(
                    DiscrepancyKind::Doubled,
                    &path,
                    "an earlier manifest lists some of its batches too",
                )?;
            }
            next = next.max(run.1 + 1);
            match Manifest::read(&path) {
                Err(e) if e.kind == Kind::Input => {
                    self.report(DiscrepancyKind::Changed, &path, &e.what)?
                }
                Err(e) => return Err(e),
                Ok(m) if (m.first_batch, m.last_batch) != run || m.branch != *branch => {
                    self.report(
                        DiscrepancyKind::Changed,
                        &path,
                        "its content does not match its name",
                    )?;
                }
                Ok(m) if all.first().is_some_and(|first| first.history != m.history) => {
                    self.report(
                        DiscrepancyKind::Changed,
                        &path,
                        "it belongs to another history than the first manifest",
                    )?;
                }
                Ok(m) => all.push(m),
            }
        }
        Ok(all)
    }
}

fn branches_of(dir: &Path) -> Result<BTreeSet<Branch>> {
    let folders = entries(&dir.join(FOLDER))?;
    Ok(folders.iter().filter_map(|f| branch_of(f)).collect())
}

fn branch_of(folder: &Path) -> Option<Branch> {
    Branch::of_folder(folder.file_name()?.to_str()?)
}

/// The paths in a folder, sorted; none if the folder is missing.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> io::Result<Vec<PathBuf>> {
        let mut paths = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    match read() {
        Err(e) if is_not_found(&e) => Ok(Vec::new()),
        read => read.map_err(|e| Trouble::io("reading", folder, &e)),
    }
}

/// Whether readers skip the file because of its name.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(b".") || name.starts_with(b"_")
}

fn slashes(dir: &Path, path: &Path) -> String {
    let below = path.strip_prefix(dir).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|p| p.to_string_lossy()).collect();
    parts.join("/")
}
