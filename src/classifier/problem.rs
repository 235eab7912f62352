//! What is wrong with classifier files, and how to fix it.

use std::fmt;
use std::io;
use std::ops::Range;

use crate::catalog::Classifier;
use crate::position::Position;
use crate::text::visible;
use crate::trouble::{self, Cause, Kind, Trouble};

/// What is wrong with a classifier file, where, and what to do about it.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The file's name in the classifier folder.
    pub file: String,
    /// Counted from 1; none when the file as a whole is meant.
    pub line: Option<u64>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// Nothing is wrong with the file: the system had no open file or no memory to give.
    pub passing: bool,
}

impl Problem {
    /// Something in the text of a file.
    pub(crate) fn in_text(
        (file, text): (&str, &str),
        at: &Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem {
            file: file.into(),
            line: Some(Position::of(text.as_bytes(), at.start).line),
            message: message.into(),
            remedy: remedy.into(),
            passing: false,
        }
    }

    /// A file or folder that cannot be read.
    pub(crate) fn unread(file: String, what: &str, e: &io::Error, remedy: &str) -> Problem {
        let passing = trouble::is_limit(e);
        let remedy = if passing { trouble::LIMITS } else { remedy };
        Problem {
            file,
            line: None,
            message: format!("{what}cannot be read: {e}"),
            remedy: remedy.into(),
            passing,
        }
    }

    /// A classifier of the contract that no file defines.
    pub(super) fn missing(classifier: Classifier) -> Problem {
        Problem {
            file: format!("{}.toml", classifier.name()),
            line: None,
            message: "this classifier of the contract is missing".into(),
            remedy: "restore the file; `kycdrop init --home EMPTY_FOLDER` writes the shipped ones"
                .into(),
            passing: false,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = visible(&self.file);
        let message = visible(&self.message);
        match self.line {
            Some(line) => write!(f, "{file}:{line}: {message}")?,
            None => write!(f, "{file}: {message}")?,
        }
        write!(f, "\n    {}", visible(&self.remedy))
    }
}

/// The classifier files that cannot be loaded. Nothing of the folder is loaded then.
#[derive(Debug)]
pub struct Refused(pub Vec<Problem>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told("the classifiers", &self.0).to_string())
    }
}

impl std::error::Error for Refused {}

impl From<Refused> for Trouble {
    fn from(e: Refused) -> Trouble {
        let files = e.0.iter().map(|problem| problem.file.clone()).collect();
        told("the classifiers", &e.0).because(Cause::Classifiers(files))
    }
}

/// That these files of the institution cannot be loaded, with every problem.
pub(crate) fn told(what: &str, problems: &[Problem]) -> Trouble {
    let kind = match problems.iter().all(|problem| problem.passing) {
        true => Kind::Busy,
        false => Kind::Setup,
    };
    let all: String = problems.iter().map(|p| format!("\n  {p}")).collect();
    Trouble::new(kind, format!("{what} cannot be loaded{all}"), "")
}
