//! Why something in the inbox is not taken, what is said of it, and how the process ends for it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::trouble::Kind;

/// Why something is not taken although it does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It was read, and ends too early.
    Incomplete,
    /// It is not a regular file with one name.
    Strange,
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

impl Hold {
    /// Those that a process should not leave behind, the worst first.
    pub const FAULTS: [Hold; 5] = [
        Hold::Broken,
        Hold::Elsewhere,
        Hold::Denied,
        Hold::Immovable,
        Hold::InUse,
    ];

    /// Of an error that looking at it, or listing it, gave.
    pub fn of_look(e: &io::Error) -> Hold {
        match e.kind() {
            io::ErrorKind::PermissionDenied => Hold::Denied,
            _ => Hold::Broken,
        }
    }

    /// Of an error that moving it out of its folder gave.
    pub fn of_move(e: &io::Error) -> Hold {
        match e.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ResourceBusy => Hold::Immovable,
            io::ErrorKind::CrossesDevices => Hold::Elsewhere,
            _ => Hold::Broken,
        }
    }

    /// Of an error that opening, reading or syncing it gave; None for one that any file would meet.
    pub fn of_read(e: &io::Error) -> Option<Hold> {
        if disk::concerns_all(e) {
            return None;
        }
        Some(match e.kind() {
            _ if disk::is_not_ours(e) => Hold::Strange,
            io::ErrorKind::PermissionDenied => Hold::Denied,
            // A lease of another program, or a program that runs.
            io::ErrorKind::WouldBlock
            | io::ErrorKind::ExecutableFileBusy
            | io::ErrorKind::ResourceBusy => Hold::InUse,
            _ => Hold::Broken,
        })
    }

    /// What is said of it, after its name.
    pub fn says(self) -> &'static str {
        match self {
            Hold::Incomplete => "ends too early; waiting until it changes, or for settle_timeout",
            Hold::Strange => "is not a regular file with one name: it is not read, and stays here",
            Hold::Broken => {
                "could not be read and stays here: check its disk or network share, or drop it again"
            }
            Hold::Elsewhere => {
                "is on another file system than the inbox and stays here: files are taken by renaming, so drop it on the file system of watch-dir"
            }
            Hold::Denied => {
                "may not be read and stays here: let the user that runs kycdrop read it"
            }
            Hold::Immovable => {
                "may not be moved out of its folder and stays here: let the user that runs kycdrop write in that folder; the file must not be immutable or a mount point, nor owned by another user in a sticky folder"
            }
            Hold::InUse => {
                "is in use by another program, which has a lease on it, and stays here until that program releases it"
            }
        }
    }

    /// What is said of those that a process leaves behind, after their number.
    pub fn left_behind(self) -> &'static str {
        match self {
            Hold::Elsewhere => "in the inbox are on another file system and stay there",
            Hold::Immovable => "in the inbox may not be moved and stay there",
            Hold::InUse => "in the inbox are in use by other programs and stay there",
            _ => "in the inbox could not be read and stay there",
        }
    }

    /// What a person can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Hold::Elsewhere => "drop them on the file system of watch-dir",
            Hold::Denied => "let the user that runs kycdrop read them",
            Hold::Immovable => {
                "let the user that runs kycdrop write in their folders; `kycdrop once` names them"
            }
            Hold::InUse => "stop the programs that use them, or try again later",
            _ => "check their disk or network share, or drop them again",
        }
    }

    /// How a process that leaves such a file behind ends.
    pub fn kind(self) -> Kind {
        match self {
            Hold::Denied | Hold::Immovable => Kind::Permission,
            Hold::InUse => Kind::Busy,
            _ => Kind::Io,
        }
    }
}

/// How much is in the inbox and is not taken, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldCounts([usize; 7]);

impl HeldCounts {
    /// How much is held for this reason.
    #[expect(clippy::indexing_slicing, reason = "there is a count for each reason")]
    pub fn of(&self, why: Hold) -> usize {
        self.0[why as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "there is a count for each reason")]
    fn of_mut(&mut self, why: Hold) -> &mut usize {
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
    why: HashMap<PathBuf, Hold>,
    counts: HeldCounts,
    first: Vec<PathBuf>,
}

/// So many of the names that are held are kept for `status`.
pub const SHOWN: usize = 10;

impl Kept {
    pub(super) fn of(held: &[(PathBuf, Hold)]) -> Kept {
        let mut kept = Kept::default();
        for (path, why) in held {
            kept.insert(path, *why);
        }
        kept
    }

    pub(super) fn insert(&mut self, path: &Path, why: Hold) {
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
