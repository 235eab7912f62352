//! Why something in the inbox is not taken, what is said of it, and how the process ends for it.

use std::io;

use rustix::io::Errno;

use crate::disk;
use crate::trouble::Kind;

/// Why something is not taken although it stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// It was read, and ends too early.
    Incomplete,
    /// It is no regular file with one name.
    Strange,
    /// It may not be read.
    Denied,
    /// It may not be moved out of its folder.
    Immovable,
    /// It lies on another file system than the rest of `watch-dir`.
    Elsewhere,
    /// Another program keeps it from being opened.
    InUse,
    /// The disk or the share does not give it.
    Broken,
}

impl Hold {
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

    /// Of an error that opening or reading it gave; None for one that is not its own.
    pub fn of_read(e: &io::Error) -> Option<Hold> {
        let is = |known: &[Errno]| {
            known
                .iter()
                .any(|known| e.raw_os_error() == Some(known.raw_os_error()))
        };
        if disk::is_of_all(e) {
            return None;
        }
        Some(match e.kind() {
            _ if disk::is_not_ours(e) => Hold::Strange,
            io::ErrorKind::PermissionDenied => Hold::Denied,
            // A lease of another program (EAGAIN), or a program that runs.
            _ if is(&[Errno::AGAIN, Errno::TXTBSY, Errno::BUSY]) => Hold::InUse,
            _ => Hold::Broken,
        })
    }

    /// What is said of it, behind its name.
    pub fn says(self) -> &'static str {
        match self {
            Hold::Incomplete => "ends too early and waits until it changes",
            Hold::Strange => "is no regular file with one name: it is never read, and stays here",
            Hold::Denied => {
                "may not be read and stays here: give the user that runs kycdrop the right to read it"
            }
            Hold::Immovable => {
                "may not be moved out of its folder and stays here: give the user that runs kycdrop the right to write in that folder; a file there must be neither immutable nor a mount point nor, where the folder is sticky, somebody else's"
            }
            Hold::Elsewhere => {
                "lies on another file system than the inbox and stays here: files are moved by renaming, so drop it on the file system of watch-dir"
            }
            Hold::InUse => {
                "is kept by another program (a lease or a lock) and stays here until that lets go of it"
            }
            Hold::Broken => {
                "could not be read and stays here: look at the disk or the share that it lies on, or drop it again"
            }
        }
    }

    /// How a process that leaves such a file behind ends; None: it does not matter.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Hold::Incomplete | Hold::Strange => None,
            Hold::Denied | Hold::Immovable => Some(Kind::Permission),
            Hold::InUse => Some(Kind::Busy),
            Hold::Elsewhere | Hold::Broken => Some(Kind::Io),
        }
    }
}
