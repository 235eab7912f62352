//! What is wrong with classifier files, told so that somebody can mend it.

use std::fmt;

/// What is wrong with a classifier file, where, and what to do about it.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The file's name in the classifier folder.
    pub file: String,
    /// Counted from 1; none when the file as a whole is meant.
    pub line: Option<u64>,
    pub message: String,
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = crate::text::printable(&self.file);
        let message = crate::text::printable(&self.message);
        match self.line {
            Some(line) => write!(f, "{file}:{line}: {message}")?,
            None => write!(f, "{file}: {message}")?,
        }
        write!(f, "\n    {}", crate::text::printable(&self.remedy))
    }
}

/// The classifier files that cannot be loaded. Nothing of the folder is loaded then.
#[derive(Debug)]
pub struct Refused(pub Vec<Problem>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the classifiers cannot be loaded")?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}
