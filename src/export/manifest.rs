//! The manifests: one JSON file per run and branch that lists what the run exported. It is written once
//! and never changed. The newest one of a branch decides where the next run begins.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::clock::is_day;
use crate::regular_file;
use crate::trouble::{Kind, Result, Trouble};

use super::table::{ExportColumn, ExportTable};
use crate::branch::Branch;

/// The folder of the manifests. Readers skip names that begin with `_`.
pub(super) const FOLDER: &str = "_manifest";

/// The file name of the manifest of a run whose files may not all be in their places yet.
pub(super) const PENDING: &str = ".pending";

/// The version of the manifest format that this kycdrop writes and reads.
const FORMAT: u32 = 1;

/// What one run exported of one branch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// The version that wrote the files.
    pub kycdrop: String,
    /// The identity of the history: see [`crate::history::identity`].
    pub history: String,
    /// The branch that the export was made for.
    pub branch: Branch,
    /// When it ran, in UTC as in the history.
    pub exported_at: String,
    /// Whether the files have the column `payload`.
    pub payload: bool,
    /// The first batch of the run.
    pub first_batch: i64,
    /// The last batch of the run; all between are in it.
    pub last_batch: i64,
    /// Hash of the last batch's file: it shows whether the history still is the exported one.
    pub last_batch_sha256: String,
    /// When the last batch was received, for the same purpose.
    pub last_batch_received_at: String,
    /// The files, ordered by day and table.
    pub files: Vec<FileEntry>,
}

/// A file of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileEntry {
    /// Relative to the folder of the export, with `/`.
    pub path: String,
    /// The view that its rows are from.
    pub view: String,
    /// The UTC day on which its batches were received (`yyyy-MM-dd`).
    pub date: String,
    /// The first batch of that day in this run.
    pub first_batch: i64,
    /// The last batch of that day in this run.
    pub last_batch: i64,
    /// How many rows it has; never 0.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
    /// Its columns, in the order of the view.
    pub columns: Vec<ExportColumn>,
}

/// The most bytes that are read of a manifest.
const MAX_BYTES: u64 = 256 << 20;

impl Manifest {
    /// A manifest without files.
    pub fn new(history: String, branch: Branch, payload: bool, last: LastBatch) -> Manifest {
        Manifest {
            format: FORMAT,
            kycdrop: env!("CARGO_PKG_VERSION").to_owned(),
            history,
            branch,
            exported_at: crate::clock::now(),
            payload,
            first_batch: 0,
            last_batch: last.batch_id,
            last_batch_sha256: last.sha256,
            last_batch_received_at: last.received_at,
            files: Vec::new(),
        }
    }

    /// Its file name.
    pub fn name(&self) -> String {
        name(self.first_batch, self.last_batch, "json")
    }

    /// Reads a manifest. Every path in it has been checked: it is the one that follows from the view,
    /// the day and the batches of its file.
    ///
    /// # Errors
    /// When it cannot be read, is not a valid manifest, or was written by a newer kycdrop.
    pub fn read(path: &Path) -> Result<Manifest> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let bytes = regular_file::read(path, MAX_BYTES)
            .map_err(|e| regular_file::trouble("reading", path, &e))?;
        let invalid = |why: &dyn std::fmt::Display| {
            Trouble::new(
                Kind::Input,
                format!("{} is not a valid kycdrop manifest: {why}", path.display()),
                "restore it from a copy; nothing else records what was exported",
            )
        };
        let form: Form = serde_json::from_slice(&bytes).map_err(|e| invalid(&e))?;
        if form.format > FORMAT {
            return Err(Trouble::new(
                Kind::Setup,
                format!("{} was written by a newer kycdrop", path.display()),
                "use that one, or a newer one",
            ));
        }
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| invalid(&e))?;
        for entry in &manifest.files {
            let table = entry.table().ok_or_else(|| invalid(&"unknown view"))?;
            let range = (entry.first_batch, entry.last_batch);
            if !is_day(&entry.date)
                || entry.path != file_path(table, &manifest.branch, &entry.date, range)
            {
                return Err(invalid(&"unexpected path of a file"));
            }
        }
        Ok(manifest)
    }

    /// Its JSON text.
    ///
    /// # Errors
    /// Only by a defect of kycdrop.
    pub fn text(&self) -> Result<String> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|e| Trouble::new(Kind::Internal, e.to_string(), ""))
    }
}

impl FileEntry {
    /// The table that its view belongs to. None if this kycdrop does not export the view.
    pub fn table(&self) -> Option<&'static ExportTable> {
        ExportTable::named(self.view.strip_prefix("v_")?)
    }
}

/// The last batch of a run, as the history has it.
#[derive(Debug, PartialEq)]
pub struct LastBatch {
    pub batch_id: i64,
    pub sha256: String,
    pub received_at: String,
}

/// The folder of the manifests of a branch.
pub(super) fn folder(dir: &Path, branch: &Branch) -> PathBuf {
    dir.join(FOLDER).join(branch.folder())
}

/// The path of a file, relative to the folder of the export.
pub(super) fn file_path(
    table: &ExportTable,
    branch: &Branch,
    date: &str,
    range: (i64, i64),
) -> String {
    let name = name(range.0, range.1, "parquet");
    format!("{}/{}/date={date}/{name}", table.name, branch.folder())
}

fn name(first: i64, last: i64, ending: &str) -> String {
    format!("batches-{first:06}-{last:06}.{ending}")
}

/// The first and last batch that a file name states; None for any other name.
pub(super) fn range_of(name: &str, ending: &str) -> Option<(i64, i64)> {
    let range = name.strip_prefix("batches-")?.strip_suffix(ending)?;
    let (first, last) = range.strip_suffix('.')?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// The first and last batch of every manifest of a branch, in order.
///
/// # Errors
/// When the folder cannot be read; a missing one has no manifests.
pub(super) fn runs(folder: &Path) -> Result<Vec<(i64, i64)>> {
    let to_error = |e: io::Error| Trouble::io("reading", folder, &e);
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(to_error)?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let name = entry.map_err(to_error)?.file_name();
        runs.extend(name.to_str().and_then(|name| range_of(name, "json")));
    }
    runs.sort_unstable();
    Ok(runs)
}

/// The name of the manifest of these batches.
pub(super) fn run_name(run: (i64, i64)) -> String {
    name(run.0, run.1, "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_show_their_batches_and_sort_by_them() {
        for range in [(1, 42), (999_999, 1_000_000), (7, 7)] {
            assert_eq!(
                range_of(&name(range.0, range.1, "json"), "json"),
                Some(range)
            );
        }
        for other in [
            "batches-1.json",
            "x.json",
            "batches-1-2.parquet",
            ".batches-1-2.json",
        ] {
            assert_eq!(range_of(other, "json"), None, "{other}");
        }
        assert!(is_day("2026-11-21"));
        for no_day in ["", "2026-11-2", "2026/11/21", "../../../x", "2026-11-21T"] {
            assert!(!is_day(no_day), "{no_day}");
        }
    }
}
