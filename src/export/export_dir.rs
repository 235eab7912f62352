//! The folder of an export as one branch writes to it: temporary files, files in their places,
//! manifests, and the lock that keeps a second writer out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::disk;
use crate::fault;
use crate::regular_file;
use crate::trouble::{Kind, Result, Trouble};

use super::manifest::{self, FileEntry, Manifest, PENDING};
use super::table::ExportTable;
use crate::branch::Branch;

/// The folder of an export, held by the one process that writes this branch.
pub(super) struct ExportDir {
    dir: PathBuf,
    branch: Branch,
    /// Where the manifests of the branch lie.
    folder: PathBuf,
    /// Released when the process ends, however it ends.
    _lock: File,
}

impl ExportDir {
    /// Creates the folders that are missing, and takes the lock of the branch.
    ///
    /// # Errors
    /// When another process holds the lock, or a folder cannot be created.
    pub(super) fn lock(dir: &Path, branch: &Branch) -> Result<ExportDir> {
        fs::create_dir_all(dir).map_err(|e| Trouble::io("making", dir, &e))?;
        let folder = manifest::folder(dir, branch);
        make_durably(dir, &folder)?;
        let path = folder.join(".lock");
        let lock = regular_file::open_or_create(&path)?;
        if let Err(fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(Trouble::new(
                Kind::Busy,
                format!(
                    "another process is exporting the branch {branch} to {}",
                    dir.display()
                ),
                "wait for it, or stop it",
            ));
        }
        // Some network shares have no locks. There, a rename that overwrites nothing and --verify
        // detect the worst that two writers can do.
        Ok(ExportDir {
            dir: dir.to_owned(),
            branch: branch.clone(),
            folder,
            _lock: lock,
        })
    }

    /// The folder of the export, shared by the branches.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The branch that is locked.
    pub(super) fn branch(&self) -> &Branch {
        &self.branch
    }

    /// The manifest of a run that was interrupted after its commit.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn pending(&self) -> Result<Option<Manifest>> {
        let path = self.folder.join(PENDING);
        match path.symlink_metadata() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => Manifest::read(&path).map(Some),
        }
    }

    /// The newest manifest of the branch.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn newest(&self) -> Result<Option<Manifest>> {
        match manifest::runs(&self.folder)?.last() {
            Some(run) => Manifest::read(&self.folder.join(manifest::run_name(*run))).map(Some),
            None => Ok(None),
        }
    }

    fn parts(&self) -> PathBuf {
        self.folder.join(".parts")
    }

    fn part_path(&self, table: &ExportTable, day: &str) -> PathBuf {
        self.parts().join(format!("{}.{day}.part", table.name))
    }

    /// The path of the temporary file of a day: on the same file system as its final place, and
    /// outside every folder that readers read.
    ///
    /// # Errors
    /// When its folder cannot be created.
    pub(super) fn part_for(&self, table: &ExportTable, day: &str) -> Result<PathBuf> {
        make_durably(&self.dir, &self.parts())?;
        Ok(self.part_path(table, day))
    }

    /// Removes the temporary files.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub(super) fn clear_parts(&self) -> Result<()> {
        let parts = self.parts();
        match fs::remove_dir_all(&parts) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(Trouble::io("removing", &parts, &e))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a folder that holds a file that no manifest lists, with batches after `exported`: their
    /// rows would appear twice. A file of the same name is fine: it is replaced.
    ///
    /// # Errors
    /// When there is such a file, or the folder cannot be read.
    pub(super) fn refuse_unlisted(
        &self,
        table: &ExportTable,
        day: &str,
        range: (i64, i64),
        exported: i64,
    ) -> Result<()> {
        let ours = manifest::file_path(table, &self.branch, day, range);
        let ours = self.dir.join(ours);
        let folder = ours.parent().unwrap_or(&self.dir);
        let to_error = |e: io::Error| Trouble::io("reading", folder, &e);
        let entries = match fs::read_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(to_error)?,
        };
        for entry in entries {
            let path = entry.map_err(to_error)?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            let batches = manifest::range_of(name, "parquet");
            if path != ours && batches.is_some_and(|(_, last)| last > exported) {
                return Err(Trouble::new(
                    Kind::Input,
                    format!("no manifest lists the file {}", path.display()),
                    format!(
                        "restore the manifests of {} from a copy; if they are lost, move every folder {0} away, and export again from the start",
                        self.branch.folder()
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Writes the pending manifest of a run, durably: the commit.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write_pending(&self, run: &Manifest) -> Result<()> {
        let text = run.text()?;
        let path = self.folder.join(PENDING);
        let beside = self.folder.join(".pending.part");
        let write = || {
            let mut file = regular_file::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fault::point("export.pending")?;
            fs::rename(&beside, &path)?;
            disk::sync_folder(&self.folder)?;
            fault::point("export.counts")
        };
        write().map_err(|e| Trouble::io("writing", &path, &e))
    }

    /// Whether a file of a run is in its place and has the size and hash that the run recorded.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn is_in_place(&self, entry: &FileEntry) -> Result<bool> {
        is_intact(&self.dir.join(&entry.path), entry)
    }

    /// Whether the temporary file has the size and hash that the run recorded.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn part_is_intact(&self, table: &ExportTable, entry: &FileEntry) -> Result<bool> {
        is_intact(&self.part_path(table, &entry.date), entry)
    }

    /// Renames the temporary file of a run into its place, unless it is there already.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub(super) fn move_into_place(&self, table: &ExportTable, entry: &FileEntry) -> Result<()> {
        let target = self.dir.join(&entry.path);
        if self.is_in_place(entry)? {
            return Ok(());
        }
        let folder = target.parent().unwrap_or(&self.dir);
        make_durably(&self.dir, folder)?;
        let part = self.part_path(table, &entry.date);
        let rename = || {
            fault::point("export.put")?;
            match disk::rename_new(&part, &target) {
                // No manifest lists the file that is there, and it differs from the one of this run.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => fs::rename(&part, &target),
                done => done,
            }?;
            disk::sync_folder(folder)
        };
        rename().map_err(|e| Trouble::io("writing", &target, &e))
    }

    /// Renames the pending manifest of a run to its manifest, once all files are in their places.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub(super) fn commit(&self, run: &Manifest) -> Result<()> {
        let path = self.folder.join(run.name());
        let rename = || {
            fault::point("export.commit")?;
            disk::rename_new(&self.folder.join(PENDING), &path)?;
            disk::sync_folder(&self.folder)?;
            fault::point("export.done")
        };
        rename().map_err(|e| Trouble::io("writing", &path, &e))
    }
}

/// The first batch of the first range and the last of the last one. None without ranges.
pub(super) fn span(ranges: &[(i64, i64)]) -> Option<(i64, i64)> {
    Some((ranges.first()?.0, ranges.last()?.1))
}

/// Whether a file is there and has the size and the hash of its entry.
pub(super) fn is_intact(path: &Path, entry: &FileEntry) -> Result<bool> {
    match fs::metadata(path) {
        Err(e) if is_not_found(&e) => return Ok(false),
        Err(e) => return Err(Trouble::io("reading", path, &e)),
        Ok(metadata) if !metadata.is_file() || metadata.len() != entry.bytes => return Ok(false),
        Ok(_) => {}
    }
    Ok(sha256(path)? == entry.sha256)
}

/// Whether an error means that the file does not exist.
pub(super) fn is_not_found(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn sha256(path: &Path) -> Result<String> {
    let hash = || {
        let mut file = regular_file::open(path, OpenOptions::new().read(true))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok(crate::hex(&hash.finalize()));
            }
            hash.update(buffer.get(..read).unwrap_or_default());
        }
    };
    hash().map_err(|e| Trouble::io("reading", path, &e))
}

/// Creates a folder below `root` and those between, each durably.
fn make_durably(root: &Path, folder: &Path) -> Result<()> {
    let Ok(below) = folder.strip_prefix(root) else {
        return Ok(());
    };
    let mut at = root.to_owned();
    for part in below.iter() {
        let above = at.clone();
        at.push(part);
        let made = match fs::create_dir(&at) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(e),
            Ok(()) => disk::sync_folder(&above),
        };
        made.map_err(|e| Trouble::io("making", &at, &e))?;
    }
    Ok(())
}
