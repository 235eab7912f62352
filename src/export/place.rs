//! The folder of an export, as one branch writes to it: what is written aside, what is put into its
//! place, and the lock that keeps a second writer out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::disk;
use crate::fault;
use crate::trouble::{Kind, Result, Trouble};

use super::branch::Branch;
use super::manifest::{self, Entry, Manifest, PENDING};
use super::table::Table;

/// The folder of an export, held by the one process that writes this branch.
pub struct Place {
    dir: PathBuf,
    branch: Branch,
    /// Where the manifests of the branch lie.
    folder: PathBuf,
    /// Goes with the process, however it ends.
    _lock: File,
}

impl Place {
    /// Makes what is missing of the folder, and takes the lock of the branch.
    ///
    /// # Errors
    /// When another process has it, or something cannot be made.
    pub fn take(dir: &Path, branch: &Branch) -> Result<Place> {
        disk::make_folder(dir).map_err(|e| Trouble::io("making", dir, &e))?;
        let folder = manifest::folder(dir, branch);
        make_durably(dir, &folder)?;
        let path = folder.join(".lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|e| Trouble::io("opening", &path, &e))?;
        if let Err(fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(Trouble::new(
                Kind::Busy,
                format!(
                    "another export writes the branch {branch} to {}",
                    dir.display()
                ),
                "wait for it, or end it",
            ));
        }
        // Some shares know no locks. What two writers could do there at worst is told by a rename
        // that overwrites nothing, and by --verify.
        Ok(Place {
            dir: dir.to_owned(),
            branch: branch.clone(),
            folder,
            _lock: lock,
        })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// The manifest of a run that was interrupted when its files were already written.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn pending(&self) -> Result<Option<Manifest>> {
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
    pub fn newest(&self) -> Result<Option<Manifest>> {
        match manifest::runs(&self.folder)?.last() {
            Some(run) => Manifest::read(&self.folder.join(manifest::run_name(*run))).map(Some),
            None => Ok(None),
        }
    }

    fn parts(&self) -> PathBuf {
        self.folder.join(".parts")
    }

    fn part_path(&self, table: &Table, day: &str) -> PathBuf {
        self.parts().join(format!("{}.{day}.part", table.name))
    }

    /// Where the file of a day is written aside: on the file system of its place, and outside of
    /// every folder that is read.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn part(&self, table: &Table, day: &str) -> Result<PathBuf> {
        make_durably(&self.dir, &self.parts())?;
        Ok(self.part_path(table, day))
    }

    /// Removes what was written aside and never came to count.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn clear_parts(&self) -> Result<()> {
        let parts = self.parts();
        match fs::remove_dir_all(&parts) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(Trouble::io("removing", &parts, &e))
            }
            _ => Ok(()),
        }
    }

    /// Looks whether a folder that is about to get a file has one that no manifest knows, though its
    /// batches were not exported: they would be there twice. One of the same name is no stranger, it
    /// is replaced.
    ///
    /// # Errors
    /// When there is one, or the folder cannot be read.
    pub fn no_strangers(
        &self,
        table: &Table,
        day: &str,
        range: (i64, i64),
        exported: i64,
    ) -> Result<()> {
        let ours = manifest::file_path(table, &self.branch, day, range);
        let ours = self.dir.join(ours);
        let folder = ours.parent().unwrap_or(&self.dir);
        let wrong = |e: io::Error| Trouble::io("reading", folder, &e);
        let entries = match fs::read_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(wrong)?,
        };
        for entry in entries {
            let path = entry.map_err(wrong)?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            let batches = manifest::range_of(name, "parquet");
            if path != ours && batches.is_some_and(|(_, last)| last > exported) {
                return Err(Trouble::new(
                    Kind::Input,
                    format!("{} is there, and no manifest has it", path.display()),
                    format!(
                        "put the manifests of {} back from a copy; or, if they are lost, move every folder {0} away, and export again from the beginning",
                        self.branch.folder()
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Writes the manifest of a run that counts from now on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_pending(&self, run: &Manifest) -> Result<()> {
        let text = run.text()?;
        let path = self.folder.join(PENDING);
        let beside = self.folder.join(".pending.part");
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fault::point("export.pending")?;
            fs::rename(&beside, &path)?;
            disk::sync_folder(&self.folder)?;
            fault::point("export.counts")
        };
        write().map_err(|e| Trouble::io("writing", &path, &e))
    }

    /// Whether a file of a run is in its place, and is what the run wrote.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_there(&self, entry: &Entry) -> Result<bool> {
        is_whole(&self.dir.join(&entry.path), entry)
    }

    /// Whether what was written aside is what the run wrote.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn part_is_whole(&self, table: &Table, entry: &Entry) -> Result<bool> {
        is_whole(&self.part_path(table, &entry.date), entry)
    }

    /// Renames a file of a run into its place, unless it is there.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn put(&self, table: &Table, entry: &Entry) -> Result<()> {
        let target = self.dir.join(&entry.path);
        if self.is_there(entry)? {
            return Ok(());
        }
        let folder = target.parent().unwrap_or(&self.dir);
        make_durably(&self.dir, folder)?;
        let part = self.part_path(table, &entry.date);
        let rename = || {
            fault::point("export.put")?;
            match disk::rename_new(&part, &target) {
                // No manifest has what is there, and it is not what belongs there.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => fs::rename(&part, &target),
                done => done,
            }?;
            disk::sync_folder(folder)
        };
        rename().map_err(|e| Trouble::io("writing", &target, &e))
    }

    /// Makes the pending manifest of a run, whose files are in their places, its manifest.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn commit(&self, run: &Manifest) -> Result<()> {
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

/// The first and the last batch of all ranges.
pub fn whole(ranges: &[(i64, i64)]) -> Option<(i64, i64)> {
    Some((ranges.first()?.0, ranges.last()?.1))
}

/// Whether a file has the size and the hash that a run gave it.
pub(super) fn is_whole(path: &Path, entry: &Entry) -> Result<bool> {
    match fs::metadata(path) {
        Err(e) if is_nothing(&e) => return Ok(false),
        Err(e) => return Err(Trouble::io("reading", path, &e)),
        Ok(metadata) if !metadata.is_file() || metadata.len() != entry.bytes => return Ok(false),
        Ok(_) => {}
    }
    Ok(sha256(path)? == entry.sha256)
}

/// Whether an error says that there is no such file.
pub(super) fn is_nothing(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn sha256(path: &Path) -> Result<String> {
    let hash = || {
        let mut file = File::open(path)?;
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

/// Makes a folder below `root` and those between, each durable in the one above it.
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
