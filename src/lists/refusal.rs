//! Why a list is not used, and what to do about it. The text is made where it is shown.

use std::fmt;
use std::io;

use chrono::NaiveDate;

use crate::trouble;

/// Why a list is not used. Its processes are without a complete list then: nobody has "no match".
#[derive(Debug)]
pub enum Refusal {
    /// The description is not sound: what is wrong, with its place.
    Description(String),
    /// The file is not there.
    Missing {
        /// Its name in the folder.
        file: String,
    },
    /// The file cannot be read.
    Unread {
        /// Its name in the folder.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// The file is not what its format says, or not all of it.
    Broken {
        /// Its name in the folder.
        file: String,
        /// Counted from 1; none when the file as a whole is meant.
        line: Option<u64>,
        /// What is wrong.
        what: String,
    },
    /// No entry is in it.
    Empty,
    /// It has far fewer entries than before, or fewer than its description allows.
    Shrunk {
        /// The least that it may have.
        least: u64,
        /// What it has.
        now: u64,
    },
    /// It is older than its description allows.
    TooOld {
        /// The day that it is from.
        date: NaiveDate,
        /// How old it is today.
        age_days: u32,
        /// How old it may be.
        max_age_days: u32,
    },
    /// It says that it is from a day that is still to come, so its age is not known.
    FromTheFuture {
        /// That day.
        date: NaiveDate,
    },
}

impl Refusal {
    /// What a person can do.
    pub fn remedy(&self) -> String {
        match self {
            Refusal::Description(_) => "docs/LISTS.md has every key of a description".into(),
            Refusal::Missing { .. } => {
                "put the file beside its description, or correct the name there".into()
            }
            Refusal::Unread { error, .. } if trouble::is_limit(error) => {
                trouble::LIMITS.into()
            }
            Refusal::Unread { .. } => {
                "it must be a regular file that the user that runs kycdrop can read".into()
            }
            Refusal::Broken { .. } => {
                "copy the file again, whole; if it is as it was published, correct `format` in its description".into()
            }
            Refusal::Empty => {
                "copy the file again; if the description selects entries (topics, columns), correct it".into()
            }
            Refusal::Shrunk { now, .. } => format!(
                "copy the file again, whole; if the list is meant to be so short, write min_entries = {now} into its description"
            ),
            Refusal::TooOld { .. } => "put the newest issue of the list into the folder".into(),
            Refusal::FromTheFuture { .. } => {
                "correct `date` in the description, or the clock of this machine".into()
            }
        }
    }

    /// Nothing is wrong with the list: the system had no open file or no memory to give.
    pub fn may_pass(&self) -> bool {
        matches!(self, Refusal::Unread { error, .. } if trouble::is_limit(error))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Description(what) => f.write_str(what),
            Refusal::Missing { file } => write!(f, "{file} is missing"),
            Refusal::Unread { file, error } if error.kind() == io::ErrorKind::InvalidInput => {
                write!(f, "{file} is {error}, not a regular file")
            }
            Refusal::Unread { file, error } => write!(f, "{file} cannot be read: {error}"),
            Refusal::Broken { file, line, what } => match line {
                Some(line) => write!(f, "{file}:{line}: {what}"),
                None => write!(f, "{file}: {what}"),
            },
            Refusal::Empty => f.write_str("no person or organisation is in it"),
            Refusal::Shrunk { least, now } => write!(
                f,
                "it has {now} entries and should have at least {least}: it may be cut off"
            ),
            Refusal::TooOld {
                date,
                age_days,
                max_age_days,
            } => write!(
                f,
                "it is from {date}, {age_days} days old; max_age_days = {max_age_days}"
            ),
            Refusal::FromTheFuture { date } => write!(f, "it is from {date}, after today"),
        }
    }
}

/// What a reader of a format finds wrong; the file's name is added where the file is opened.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Broken { line: Option<u64>, what: String },
}

impl Fault {
    pub(super) fn at(line: u64, what: impl Into<String>) -> Fault {
        Fault::Broken {
            line: Some(line),
            what: what.into(),
        }
    }

    pub(super) fn whole(what: impl Into<String>) -> Fault {
        Fault::Broken {
            line: None,
            what: what.into(),
        }
    }

    pub(super) fn of_file(self, file: &str) -> Refusal {
        let file = file.to_owned();
        match self {
            Fault::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                Refusal::Missing { file }
            }
            Fault::Io(error) => Refusal::Unread { file, error },
            Fault::Broken { line, what } => Refusal::Broken {
                file,
                line: line.filter(|line| *line > 0),
                what,
            },
        }
    }
}

impl From<io::Error> for Fault {
    /// The reader's own limits come as errors of the input that say so.
    fn from(e: io::Error) -> Fault {
        match e.kind() {
            io::ErrorKind::InvalidData => Fault::whole(e.to_string()),
            _ => Fault::Io(e),
        }
    }
}
