//! The lock of a home, and what the last process that held it wrote into it: whether it ended
//! cleanly, and whether there is a history here. Both are asked before the history is opened.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::config::Home;
use crate::disk::{self, with_ending};
use crate::fault;
use crate::history;
use crate::history::check::{self, Depth};
use crate::regular_file;
use crate::trouble::{Kind, Result, Trouble};

use super::state::State;

/// The most bytes that are read of the lock file.
const MAX_BYTES: u64 = 4096;

/// How long to wait for a lock that somebody may only be looking at.
const MOMENT: Duration = Duration::from_millis(500);

/// The home belongs to one process at a time. The lock goes with the process, however it ends.
pub(crate) struct HomeLock {
    file: File,
    /// The home, `watch-dir` and what files are taken from and into, locked as well: the lock file may
    /// be removed, and two homes may have one of these folders by a link or a mount.
    _folders: Vec<File>,
    home: Home,
    /// Whether whoever held it last put the history away properly.
    ended_cleanly: bool,
    /// Whether there was a history.
    had_history: bool,
}

impl HomeLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// When another process has it, or it cannot be made.
    pub(crate) fn take(home: &Home) -> Result<HomeLock> {
        let path = home.lock_file();
        let file = regular_file::open_or_create(&path)?;
        lock_in_a_moment(&file).map_err(|e| match e.kind() {
            ErrorKind::WouldBlock => Trouble::new(
                Kind::Busy,
                format!("another kycdrop is running on {}", home.root.display()),
                "wait for it, or stop it; `kycdrop status` works meanwhile",
            ),
            _ => Trouble::io("locking", &path, &e),
        })?;
        let mut text = String::new();
        let _ = (&file).take(MAX_BYTES).read_to_string(&mut text);
        let folders = [
            home.root.clone(),
            home.watch_dir(),
            home.inbox(),
            home.work(),
        ];
        let folders = folders.iter().map(|folder| lock_folder(folder));
        Ok(HomeLock {
            _folders: folders
                .collect::<Result<Vec<_>>>()?
                .into_iter()
                .flatten()
                .collect(),
            ended_cleanly: text.contains("ended = true\n"),
            had_history: text.contains(HAD_HISTORY),
            file,
            home: home.clone(),
        })
    }

    /// Looks at the history before it is opened: one that is gone is never made anew silently, and
    /// one that was not put away properly, or was damaged, is read from end to end. Returns whether
    /// everything was checked.
    ///
    /// # Errors
    /// When the history is gone or damaged.
    pub(crate) fn check_history(&mut self) -> Result<bool> {
        let path = self.home.database();
        let bytes = size_of(&path)?;
        lost(&self.home, self.had_history)?;
        if bytes == 0 {
            return Ok(false);
        }
        refuse_more_names(&path)?;
        let damaged = State::reports_damage(&self.home);
        let depth = match self.ended_cleanly {
            _ if damaged => Depth::All,
            false => Depth::Structure,
            true => Depth::Start,
        };
        let depth = depth.or_all_of_a_small_one(bytes);
        if depth > Depth::Start && bytes > check::SMALL {
            tracing::warn!(
                "the last run did not shut down cleanly, or found damage: checking the whole history, which takes a while"
            );
        }
        let checked = check::file(&path, depth);
        if let Err(damage) = checked.as_ref()
            && damage.is_damage()
        {
            State::note_damage(&self.home, damage);
        }
        checked.map(|()| depth == Depth::All)
    }

    /// Notes that work begins: until [`HomeLock::release`], any end is an unclean one.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn begun(&mut self) -> Result<()> {
        self.had_history = true;
        self.write(false)
    }

    /// Notes a clean end. The history must be closed by now.
    pub(crate) fn release(mut self) {
        // If it fails, the next start checks the history without need.
        let _ = self.write(true);
    }

    fn write(&mut self, ended: bool) -> Result<()> {
        let text = format!("ended = {ended}\nhistory = {}\n", self.had_history);
        let path = self.home.lock_file();
        let mut write = || {
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(text.as_bytes())?;
            self.file.set_len(text.len() as u64)?;
            self.file.sync_all()?;
            fault::point("lock.written")
        };
        write().map_err(|e| Trouble::io("writing", &path, &e))
    }
}

/// Refuses a home whose history is gone although there was one.
///
/// # Errors
/// When it is gone.
pub(crate) fn refuse_lost_history(home: &Home) -> Result<()> {
    let bytes = regular_file::read(&home.lock_file(), MAX_BYTES).unwrap_or_default();
    lost(home, String::from_utf8_lossy(&bytes).contains(HAD_HISTORY))
}

/// Takes a lock. `status` holds it for a moment to see whether it is held: that is waited for.
fn lock_in_a_moment(file: &File) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) if begun.elapsed() < MOMENT => {
                thread::sleep(Duration::from_millis(5));
            }
            done => return Ok(done?),
        }
    }
}

/// The line of the lock file that says that there is a history.
const HAD_HISTORY: &str = "history = true\n";

fn lost(home: &Home, had_history: bool) -> Result<()> {
    let path = home.database();
    history::refuse_other_files(&path)?;
    let wal = with_ending(&path, "-wal");
    if size_of(&path)? > 0 || (!had_history && size_of(&wal)? == 0) {
        return Ok(());
    }
    Err(Trouble::new(
        Kind::Setup,
        format!("{} is missing, and there was a history", path.display()),
        format!(
            "restore it or a backup; to start a new history on purpose, stop kycdrop and remove {} too",
            home.lock_file().display()
        ),
    ))
}

/// Refuses a database that another home may have as well, by another name of the same file: each would
/// keep a WAL of its own, and overwrite what the other moves out of it.
fn refuse_more_names(path: &Path) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|e| Trouble::io("looking at", path, &e))?;
    let names = metadata.nlink();
    if names <= 1 {
        return Ok(());
    }
    Err(Trouble::new(
        Kind::Setup,
        format!("{} has {names} names (hard links)", path.display()),
        "end every kycdrop that has it under another name, then make it a file of its own: `cp kycdrop.db new.db`, and `mv new.db kycdrop.db`",
    ))
}

/// How large a file is; 0 where there is none.
fn size_of(path: &Path) -> Result<u64> {
    let looked = disk::if_there(fs::metadata(path));
    let looked = looked.map_err(|e| Trouble::io("looking at", path, &e))?;
    Ok(looked.map_or(0, |m| m.len()))
}

/// Locks a folder of the home.
fn lock_folder(folder: &Path) -> Result<Option<File>> {
    disk::lock_folder(folder).map_err(|e| match e.kind() {
        ErrorKind::WouldBlock => Trouble::new(
            Kind::Busy,
            format!("another kycdrop is running on {}", folder.display()),
            "stop it; two homes cannot share a watch-dir, inbox or work folder, not even through a link or a mount",
        ),
        _ => Trouble::io("locking", folder, &e),
    })
}

/// Whether some process works on the home.
pub(crate) fn is_held(home: &Home) -> bool {
    match regular_file::open(&home.lock_file(), OpenOptions::new().write(true)) {
        Ok(file) => matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)),
        // Somebody may have removed it while that process works on.
        Err(_) => disk::lock_folder(&home.root).is_err_and(|e| e.kind() == ErrorKind::WouldBlock),
    }
}
