//! What is wrong with us, as opposed to a file or a customer: a full disk, a locked or damaged
//! database, a missing permission, a configuration that makes no sense. Each says what to do, and
//! ends the process with its own exit code where the process has to end.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The kinds of trouble, by exit code (sysexits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was to be read cannot be read as what it should be.
    Input = 65,
    /// A defect of kycdrop itself.
    Internal = 70,
    /// Reading or writing failed.
    Io = 74,
    /// It may go away: locked, full, already running, no memory or threads to be had.
    Busy = 75,
    /// No permission.
    Permission = 77,
    /// Configuration, classifiers or database.
    Setup = 78,
}

/// What is behind a trouble, as far as one is distinguished from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Another process holds a lock on the database: these, where the system shows them.
    Locked(Vec<String>),
    /// No space is left, or a quota is used up.
    NoSpace,
    /// The system gives no memory, no thread or no open file.
    NoResources,
    /// A file would exceed a limit of the system.
    FileTooLarge,
    /// No permission for a file or folder.
    NoPermission,
    /// The database, or a file beside it, cannot be opened or written.
    DatabaseAccess,
    /// Reading or writing the database failed.
    DatabaseIo,
    /// The database is damaged.
    Damage,
    /// These classifier files cannot be loaded.
    Classifiers(Vec<String>),
    /// Something else failed at this path.
    At(PathBuf, io::ErrorKind),
    /// Everything else.
    Other,
}

/// What to do about a damaged database.
const DAMAGED: &str = "move kycdrop.db away, restore a backup, and start again; kycdrop never replaces it with a new one";

/// Trouble of our own, with what to do about it.
#[derive(Debug)]
pub struct Trouble {
    /// The kind, which decides the exit code and whether waiting may help.
    pub kind: Kind,
    /// What is wrong, in one line.
    pub what: String,
    /// What a person can do; empty when there is nothing better than the message.
    pub remedy: String,
    /// What is behind it.
    pub cause: Cause,
}

/// The result of whatever can run into trouble.
pub type Result<T, E = Trouble> = std::result::Result<T, E>;

/// What to do where a write fails with EFBIG.
const FILE_SIZE: &str =
    "a file may exceed the size limit of the system (`ulimit -f`, LimitFSIZE): raise the limit";

/// What to do where the system gives no thread, no memory, or no open file.
pub(crate) const LIMITS: &str = "wait until the machine has more resources, or raise the limits of processes, \
     memory and open files (`ulimit -u`, `ulimit -v`, `ulimit -n`; TasksMax, MemoryMax, LimitNOFILE)";

impl Trouble {
    /// Trouble of this kind.
    pub fn new(kind: Kind, what: impl Into<String>, remedy: impl Into<String>) -> Trouble {
        Trouble {
            kind,
            what: what.into(),
            remedy: remedy.into(),
            cause: Cause::Other,
        }
    }

    /// The trouble with what is behind it.
    pub(crate) fn because(self, cause: Cause) -> Trouble {
        Trouble { cause, ..self }
    }

    /// An I/O error at a path.
    pub fn io(doing: &str, path: &Path, e: &io::Error) -> Trouble {
        let what = format!("{doing} {}: {e}", path.display());
        match e.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Trouble::new(
                Kind::Permission,
                what,
                "let the user that runs kycdrop write there",
            )
            .because(Cause::NoPermission),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::new(
                Kind::Busy,
                what,
                "free some disk space; nothing was lost, and work is resumed where it stopped",
            )
            .because(Cause::NoSpace),
            io::ErrorKind::FileTooLarge => {
                Trouble::new(Kind::Io, what, FILE_SIZE).because(Cause::FileTooLarge)
            }
            _ if is_limit(e) => Trouble::new(Kind::Busy, what, LIMITS).because(Cause::NoResources),
            _ => Trouble::new(Kind::Io, what, "").because(Cause::At(path.to_path_buf(), e.kind())),
        }
    }

    /// The system gives no thread for something that needs one.
    pub fn limit(doing: &str, e: &dyn fmt::Display) -> Trouble {
        Trouble::new(Kind::Busy, format!("{doing}: {e}"), LIMITS).because(Cause::NoResources)
    }

    /// Trouble with a damaged database. `what` names the place.
    pub fn damage(what: impl Into<String>) -> Trouble {
        Trouble::new(Kind::Setup, what, DAMAGED).because(Cause::Damage)
    }

    /// A defect in kycdrop itself, at a place in its source.
    pub(crate) fn defect(place: impl fmt::Display) -> Trouble {
        let what = format!("a defect in kycdrop at {place}");
        Trouble::new(Kind::Internal, what, "please report it")
    }

    /// Whether the database is damaged.
    pub fn is_damage(&self) -> bool {
        self.cause == Cause::Damage
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

/// Whether an error says that the system has no more memory or open files to give.
pub(crate) fn is_limit(e: &io::Error) -> bool {
    use rustix::io::Errno;
    e.kind() == io::ErrorKind::OutOfMemory || crate::disk::is_any(e, &[Errno::MFILE, Errno::NFILE])
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
        use rusqlite::{ErrorCode as C, ffi};
        let code = e.sqlite_error_code();
        let what = format!("the database: {e}");
        match code {
            // The last one: the locks of the database could not be taken again and again.
            Some(C::DatabaseBusy | C::DatabaseLocked | C::FileLockingProtocolFailed) => {
                Trouble::new(
                    Kind::Busy,
                    what,
                    "another process holds a lock on kycdrop.db; find it with `fuser kycdrop.db`, and stop it or wait",
                )
                .because(Cause::Locked(Vec::new()))
            }
            Some(C::DiskFull) => Trouble::new(
                Kind::Busy,
                what,
                "free some disk space; nothing was lost, and work is resumed where it stopped",
            )
            .because(Cause::NoSpace),
            Some(C::PermissionDenied | C::ReadOnly | C::CannotOpen) => Trouble::new(
                Kind::Permission,
                what,
                "kycdrop.db and its folder must be writable for the user that runs kycdrop, the disk must have room, and the process may open more files (`ulimit -n`)",
            )
            .because(Cause::DatabaseAccess),
            Some(C::DatabaseCorrupt | C::NotADatabase) => Trouble::damage(what),
            // Nothing of another type, and no text that is not UTF-8, was ever written; payloads unpack; a
            // row that may be missing is asked for as optional.
            None if matches!(
                e,
                rusqlite::Error::Utf8Error(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::QueryReturnedNoRows
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::UserFunctionError(..)
            ) =>
            {
                Trouble::damage(what)
            }
            Some(C::OutOfMemory) => {
                Trouble::new(Kind::Busy, what, LIMITS).because(Cause::NoResources)
            }
            // What is mapped is memory, though SQLite calls it input and output.
            _ if matches!(
                e.sqlite_error().map(|e| e.extended_code),
                Some(ffi::SQLITE_IOERR_NOMEM | ffi::SQLITE_IOERR_SHMMAP)
            ) =>
            {
                Trouble::new(Kind::Busy, what, LIMITS).because(Cause::NoResources)
            }
            Some(C::SystemIoFailure) => {
                Trouble::new(Kind::Io, what, format!("check the disk; {FILE_SIZE}"))
                    .because(Cause::DatabaseIo)
            }
            _ => Trouble::new(Kind::Internal, what, ""),
        }
    }
}
/// Why something could not be written from what the history has.
#[derive(Debug)]
pub enum WriteError {
    /// The history could not be read.
    Trouble(Trouble),
    /// The place that it goes to could not be written.
    Io(io::Error),
}

impl WriteError {
    /// The trouble; `path` is the place that it was written to.
    pub fn at(self, path: &Path) -> Trouble {
        match self {
            WriteError::Trouble(e) => e,
            WriteError::Io(e) => Trouble::io("writing", path, &e),
        }
    }
}

impl From<Trouble> for WriteError {
    fn from(e: Trouble) -> WriteError {
        WriteError::Trouble(e)
    }
}

impl From<io::Error> for WriteError {
    fn from(e: io::Error) -> WriteError {
        WriteError::Io(e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_type_and_a_missing_row_are_damage() {
        let conn = rusqlite::Connection::open_in_memory().expect("a database");
        let typed = conn.query_row("SELECT 1", [], |r| Ok(r.get_ref(0)?.as_str()?.to_owned()));
        let missing = conn.query_row("SELECT 1 WHERE 0", [], |r| r.get::<_, i64>(0));
        for e in [typed.map(drop), missing.map(drop)] {
            assert!(Trouble::from(e.expect_err("an error")).is_damage());
        }
    }
}
