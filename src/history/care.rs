//! Care of the database file: checking it from end to end, copying it while it is in use, and
//! naming who holds a lock on it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::atomic_file::AtomicFile;
use crate::disk;
use crate::regular_file;
use crate::trouble::{Kind, Result, Trouble};

use super::check;

/// Copies a history that may be in use to a new file, as it is at one moment, and checks the copy
/// from end to end. It can be put in the place of the original.
///
/// # Errors
/// When the file is there already, cannot be written, or turns out damaged.
pub fn backup(from: &Connection, copy: AtomicFile) -> Result<u64> {
    let content = copy.content();
    {
        let mut to = Connection::open(&content)?;
        // In one step, so that it is one moment; who writes meanwhile is not kept waiting.
        if Backup::new(from, &mut to)?.step(-1)? != StepResult::Done {
            return Err(Trouble::new(
                Kind::Busy,
                "the database is locked",
                "another process holds a lock on kycdrop.db; end it, or wait for it",
            ));
        }
    }
    check::file(&content, check::Depth::All)?;
    finish(copy)
}

/// Copies a history into a plain file for analysts: as small as can be, and without a WAL, so that
/// it can be read where its folder may not be written.
///
/// # Errors
/// When the file is there already, cannot be written, or turns out damaged.
pub fn snapshot(from: &Connection, copy: AtomicFile) -> Result<u64> {
    let text = |path: PathBuf| {
        path.into_os_string().into_string().map_err(|path| {
            Trouble::new(
                Kind::Io,
                format!(
                    "{} is not a name that SQLite takes",
                    Path::new(&path).display()
                ),
                "give a name in UTF-8",
            )
        })
    };
    // Twice: first as it is, then, with every payload as text, without the gaps that this leaves.
    let packed = text(copy.beside("packed"))?;
    from.execute("VACUUM INTO ?1", [&packed])?;
    {
        let to = Connection::open(&packed)?;
        // A copy that is cut short is made anew.
        to.pragma_update(None, "journal_mode", "OFF")?;
        to.pragma_update(None, "synchronous", false)?;
        super::payload::unpack_all(&to)?;
        to.execute("VACUUM INTO ?1", [text(copy.content())?])?;
    }
    check::integrity(&Connection::open(copy.content())?, None)?;
    finish(copy)
}

/// Puts a copy into its place; its size in bytes.
fn finish(copy: AtomicFile) -> Result<u64> {
    let bytes = fs::metadata(copy.content()).map_or(0, |m| m.len());
    copy.finish()?;
    Ok(bytes)
}

/// The processes that hold a lock for writing on a database, each as `4711 (sqlite3)`. Empty where
/// the system does not show them.
pub fn holders(database: &Path) -> Vec<String> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        let inodes: Vec<u64> = ["", "-shm", "-wal"]
            .iter()
            .filter_map(|ending| {
                let mut name = database.as_os_str().to_owned();
                name.push(ending);
                Some(fs::metadata(PathBuf::from(name)).ok()?.ino())
            })
            .collect();
        let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
        let mut found: Vec<String> = locks
            .lines()
            .filter_map(|line| {
                // 1: POSIX  ADVISORY  WRITE 4711 fe:00:131 120 120
                let words: Vec<&str> = line.split_whitespace().collect();
                let at = words.iter().position(|w| *w == "WRITE")?;
                let pid: u32 = words.get(at + 1)?.parse().ok()?;
                let inode: u64 = words.get(at + 2)?.rsplit(':').next()?.parse().ok()?;
                if pid == std::process::id() || !inodes.contains(&inode) {
                    return None;
                }
                let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                Some(format!("{pid} ({})", crate::text::printable(name.trim())))
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = database;
        Vec::new()
    }
}

/// Refuses what is not a regular file in the place of a database or of what SQLite keeps beside it:
/// to open it may take forever.
///
/// # Errors
/// When something else is there.
pub fn refuse_other_files(database: &Path) -> Result<()> {
    // SQLite keeps them beside the file that a link leads to.
    let real = database.canonicalize();
    let database = real.as_deref().unwrap_or(database);
    for ending in ["", "-wal", "-shm", "-journal"] {
        regular_file::refuse_others(&disk::with_ending(database, ending))?;
    }
    Ok(())
}

/// Makes an empty database file with the rights that the process gives to its own; SQLite's own
/// default would leave out a group that the home is shared with.
pub(super) fn make_file(path: &Path) -> io::Result<()> {
    match File::create_new(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done.map(drop),
    }
}
