//! Why a file is put off: it stays in the inbox or goes back there. What is said of it, and how the
//! process ends for it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::trouble::Kind;

/// Why a file is not taken although it stands still, or not answered although it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deferral {
    /// Somebody wrote to it while it was read: it is taken again as soon as it stands still.
    Changed,
    /// It was read, and ends too early.
    Incomplete,
    /// It is not a regular file with one name.
    Strange,
    /// It is a folder, deeper below the inbox than is looked.
    Deep,
    /// The disk or the share does not give it.
    Broken,
    /// It is on another file system than the rest of `watch-dir`.
    Elsewhere,
    /// It may not be read.
    Denied,
    /// It may not be moved out of its folder.
    Immovable,
    /// Another program keeps it from being opened.
    InUse,
}

impl Deferral {
    /// Those that a process should not leave behind, the worst first.
    pub const FAULTS: [Deferral; 5] = [
        Deferral::Broken,
        Deferral::Elsewhere,
        Deferral::Denied,
        Deferral::Immovable,
        Deferral::InUse,
    ];

    /// Of an error that looking at it, or listing it, gave.
    pub fn of_look(e: &io::Error) -> Deferral {
        match e.kind() {
            io::ErrorKind::PermissionDenied => Deferral::Denied,
            _ => Deferral::Broken,
        }
    }

    /// Of an error that moving it out of its folder gave.
    pub fn of_move(e: &io::Error) -> Deferral {
        match e.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ResourceBusy => Deferral::Immovable,
            io::ErrorKind::CrossesDevices => Deferral::Elsewhere,
            _ => Deferral::Broken,
        }
    }

    /// Of an error that opening, reading or syncing it gave; None for one that any file would meet.
    pub fn of_read(e: &io::Error) -> Option<Deferral> {
        if disk::concerns_all(e) {
            return None;
        }
        Some(match e.kind() {
            _ if disk::is_not_ours(e) => Deferral::Strange,
            io::ErrorKind::PermissionDenied => Deferral::Denied,
            // A lease of another program, or a program that runs.
            io::ErrorKind::WouldBlock
            | io::ErrorKind::ExecutableFileBusy
            | io::ErrorKind::ResourceBusy => Deferral::InUse,
            _ => Deferral::Broken,
        })
    }

    /// What is said of it, after its name.
    pub fn says(self) -> &'static str {
        match self {
            Deferral::Changed => "was changed while it was read",
            Deferral::Incomplete => {
                "ends too early; waiting until it changes, or for settle_timeout"
            }
            Deferral::Strange => {
                "is not a regular file with one name: it is not read, and stays here"
            }
            Deferral::Deep => {
                "is a folder that lies too deep below the inbox: it is not looked into, and stays here; move its files further up"
            }
            Deferral::Broken => {
                "could not be read and stays here: check its disk or network share, or drop it again"
            }
            Deferral::Elsewhere => {
                "is on another file system than the inbox and stays here: files are taken by renaming, so drop it on the file system of watch-dir"
            }
            Deferral::Denied => {
                "may not be read and stays here: let the user that runs kycdrop read it"
            }
            Deferral::Immovable => {
                "may not be moved out of its folder and stays here: let the user that runs kycdrop write in that folder; the file must not be immutable or a mount point, nor owned by another user in a sticky folder"
            }
            Deferral::InUse => {
                "is in use by another program, which has a lease on it, and stays here until that program releases it"
            }
        }
    }

    /// What is said of those that a process leaves behind, after their number.
    pub fn left_behind(self) -> &'static str {
        match self {
            Deferral::Elsewhere => "in the inbox are on another file system and stay there",
            Deferral::Immovable => "in the inbox may not be moved and stay there",
            Deferral::InUse => "in the inbox are in use by other programs and stay there",
            _ => "in the inbox could not be read and stay there",
        }
    }

    /// What a person can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Deferral::Elsewhere => "drop them on the file system of watch-dir",
            Deferral::Denied => "let the user that runs kycdrop read them",
            Deferral::Immovable => {
                "let the user that runs kycdrop write in their folders; `kycdrop once` names them"
            }
            Deferral::InUse => "stop the programs that use them, or try again later",
            _ => "check their disk or network share, or drop them again",
        }
    }

    /// How a process that leaves such a file behind ends.
    pub fn kind(self) -> Kind {
        match self {
            Deferral::Denied | Deferral::Immovable => Kind::Permission,
            Deferral::InUse => Kind::Busy,
            _ => Kind::Io,
        }
    }
}

/// How much is in the inbox and is not taken, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldCounts([usize; 9]);

impl HeldCounts {
    /// How much is held for this reason.
    #[expect(clippy::indexing_slicing, reason = "there is a count for each reason")]
    pub fn of(&self, why: Deferral) -> usize {
        self.0[why as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "there is a count for each reason")]
    fn of_mut(&mut self, why: Deferral) -> &mut usize {
        &mut self.0[why as usize]
    }

    /// How much is held at all.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }
}

/// What is in the inbox and is not taken.
#[derive(Debug, Default)]
pub(super) struct Kept {
    why: HashMap<PathBuf, Deferral>,
    counts: HeldCounts,
    first: Vec<PathBuf>,
}

/// So many of the names that are held are kept for `status`.
pub const SHOWN: usize = 10;

impl Kept {
    pub(super) fn of(held: &[(PathBuf, Deferral)]) -> Kept {
        let mut kept = Kept::default();
        for (path, why) in held {
            kept.insert(path, *why);
        }
        kept
    }

    pub(super) fn insert(&mut self, path: &Path, why: Deferral) {
        self.remove(path);
        self.why.insert(path.to_path_buf(), why);
        *self.counts.of_mut(why) += 1;
        if self.first.len() < SHOWN {
            self.first.push(path.to_path_buf());
        }
    }

    pub(super) fn remove(&mut self, path: &Path) {
        if let Some(why) = self.why.remove(path) {
            *self.counts.of_mut(why) -= 1;
            self.first.retain(|first| first != path);
        }
    }

    pub(super) fn counts(&self) -> HeldCounts {
        self.counts
    }

    /// Some of their paths.
    pub(super) fn first(&self) -> &[PathBuf] {
        &self.first
    }
}
