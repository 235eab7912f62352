//! What is wrong with us, as opposed to a file or a customer: a full disk, a locked or damaged
//! database, a missing permission, a configuration that makes no sense. Each says what to do, and
//! ends the process with its own exit code where the process has to end.

use std::fmt;
use std::io;
use std::path::Path;

/// The kinds of trouble, by exit code (sysexits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was to be read cannot be read as what it should be.
    Input = 65,
    /// A defect of kycdrop itself.
    Internal = 70,
    /// Reading or writing failed.
    Io = 74,
    /// It may go away: locked, full, already running.
    Busy = 75,
    /// No permission.
    Permission = 77,
    /// Configuration, classifiers or database.
    Setup = 78,
}

/// What to do about a damaged database.
const DAMAGED: &str = "keep kycdrop.db as it is, put a backup in its place, and start again; kycdrop never makes a new one over it";

/// Trouble of our own, with what to do about it.
#[derive(Debug)]
pub struct Trouble {
    pub kind: Kind,
    pub what: String,
    /// What a person can do; empty when there is nothing better than the message.
    pub remedy: String,
}

/// The result of whatever can run into trouble.
pub type Result<T, E = Trouble> = std::result::Result<T, E>;

impl Trouble {
    /// Trouble of this kind.
    pub fn new(kind: Kind, what: impl Into<String>, remedy: impl Into<String>) -> Trouble {
        Trouble {
            kind,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// An I/O error at a path.
    pub fn io(doing: &str, path: &Path, e: &io::Error) -> Trouble {
        let what = format!("{doing} {}: {e}", path.display());
        match e.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Trouble::new(
                Kind::Permission,
                what,
                "give the user that runs kycdrop the right to write there",
            ),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::new(
                Kind::Busy,
                what,
                "make room on the disk; nothing was lost, and work goes on from where it stopped",
            ),
            _ => Trouble::new(Kind::Io, what, ""),
        }
    }

    /// Trouble with a damaged database. `what` names the place.
    pub fn damage(what: impl Into<String>) -> Trouble {
        Trouble::new(Kind::Setup, what, DAMAGED)
    }

    /// Whether the database is damaged.
    pub fn is_damage(&self) -> bool {
        self.remedy == DAMAGED
    }

    /// Whether waiting may help.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, Kind::Busy | Kind::Io | Kind::Permission)
    }

    /// The exit code for a process that ends with it.
    pub fn exit_code(&self) -> u8 {
        self.kind as u8
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

impl From<rusqlite::Error> for Trouble {
    fn from(e: rusqlite::Error) -> Trouble {
        use rusqlite::ErrorCode as C;
        let code = e.sqlite_error_code();
        let what = format!("the database: {e}");
        match code {
            Some(C::DatabaseBusy | C::DatabaseLocked) => Trouble::new(
                Kind::Busy,
                what,
                "another process holds a lock on kycdrop.db; look for one with `fuser kycdrop.db`, and end it or wait",
            ),
            Some(C::DiskFull) => Trouble::new(
                Kind::Busy,
                what,
                "make room on the disk; nothing was lost, and work goes on from where it stopped",
            ),
            Some(C::PermissionDenied | C::ReadOnly | C::CannotOpen) => Trouble::new(
                Kind::Permission,
                what,
                "kycdrop.db and its folder must be writable for the user that runs kycdrop, and the disk must have room",
            ),
            Some(C::DatabaseCorrupt | C::NotADatabase) => Trouble::damage(what),
            // Nothing of another type, and no text that is not UTF-8, was ever written; payloads unpack.
            None if matches!(
                e,
                rusqlite::Error::Utf8Error(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::UserFunctionError(..)
            ) =>
            {
                Trouble::damage(what)
            }
            Some(C::SystemIoFailure) => Trouble::new(Kind::Io, what, "look at the disk"),
            _ => Trouble::new(Kind::Internal, what, ""),
        }
    }
}
