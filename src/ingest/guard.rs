//! The files and folders that a running kycdrop stands on: the open database, its WAL and the index of
//! that, the lock, the home and `watch-dir` must still be the ones at their paths. Otherwise what is committed would
//! be in no history that anybody finds, and answers would go where nobody looks.

use std::path::{Path, PathBuf};

use crate::config::Home;
use crate::disk::{self, FileId};
use crate::trouble::{Kind, Result, Trouble};

/// What is looked at before each commit and each answer.
pub(super) struct Guard {
    watched: Vec<Watched>,
}

struct Watched {
    path: PathBuf,
    /// What it was when it was looked at first; None while it was not there yet, as a WAL before
    /// the first transaction and a lock that nobody holds.
    id: Option<FileId>,
}

impl Guard {
    /// Notes what is at the paths of a home. The database must be open.
    ///
    /// # Errors
    /// When one of them cannot be looked at.
    pub(super) fn new(home: &Home) -> Result<Guard> {
        let database = home.database();
        let paths = [
            home.root.clone(),
            home.watch_dir(),
            home.lock_file(),
            disk::with_ending(&database, "-wal"),
            // Another process would make a new one, and neither would see the other's locks.
            disk::with_ending(&database, "-shm"),
            database,
        ];
        let watched = paths.into_iter().map(|path| {
            let id = look(&path)?;
            Ok(Watched { path, id })
        });
        Ok(Guard {
            watched: watched.collect::<Result<_>>()?,
        })
    }

    /// Checks that everything is still there and unchanged.
    ///
    /// # Errors
    /// When something was moved, removed or replaced: this ends the process. Or when something cannot
    /// be looked at, which may pass.
    pub(super) fn check(&mut self) -> Result<()> {
        for watched in &mut self.watched {
            let now = look(&watched.path)?;
            match watched.id {
                None => watched.id = now,
                Some(_) if now == watched.id => {}
                Some(_) => return Err(gone(&watched.path, now.is_some())),
            }
        }
        Ok(())
    }
}

fn look(path: &Path) -> Result<Option<FileId>> {
    disk::look_for_id(path).map_err(|e| Trouble::io("looking at", path, &e))
}

fn gone(path: &Path, replaced: bool) -> Trouble {
    let what = match replaced {
        true => "was replaced",
        false => "was moved or removed",
    };
    Trouble::new(
        Kind::Setup,
        format!("{} {what} while kycdrop was using it", path.display()),
        "nothing more is answered. Restore what was there, or a backup of kycdrop.db without its -wal and -shm (a missing -shm alone is recreated), and start again: this finishes the files in work",
    )
}
