//! What is found in a file, as it is handed to who asked.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::catalog::Endpoint;
use crate::explain::{ExplainedFinding, shown_name};
use crate::position::Position;
use crate::trouble::{Kind, Trouble};
use crate::validate::{Judged, TextPool};

/// Takes what was found.
///
/// A file counts as a whole or not at all, and that is not known before its last byte. So what is
/// written of its customers goes to a part of the file's own, which [`Checker::file`] returns, empty where
/// the file has a fault. A report that keeps them itself drops them then.
///
/// [`Checker::file`]: super::Checker::file
pub(crate) trait Report {
    /// Whether it shows findings; else customers come without theirs.
    fn shows_findings(&self) -> bool {
        true
    }

    /// Adds the next customer of a file to the file's part.
    fn customer(
        &mut self,
        part: &mut dyn Write,
        file: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()>;
}

/// A file that was checked, or is being checked.
pub(crate) struct Checked {
    pub name: String,
    pub endpoint: Endpoint,
    /// Customers; of them repeated ones are accepted too.
    pub accepted: u64,
    pub repeated: u64,
    pub rejected: u64,
    pub elapsed_ms: u64,
    /// A batch was given where one customer is wanted, and was rejected as such.
    pub is_batch: bool,
    pub fault: Option<Fault>,
}

impl Checked {
    /// The place of a finding as compilers write it.
    pub(crate) fn place(&self, at: Position) -> String {
        format!("{}:{}:{}", self.name, at.line, at.column)
    }
}

/// Why none of a file's customers count.
pub(crate) enum Fault {
    NotARequest {
        what: String,
        offset: u64,
        position: Option<Position>,
    },
    /// It is more than the configuration allows.
    TooMuch(String),
    Unreadable(Trouble),
}

impl Fault {
    /// What is wrong, without the place.
    pub(crate) fn message(&self) -> String {
        match self {
            Fault::NotARequest {
                what,
                position: Some(_),
                ..
            } => format!("not a request: {what}"),
            Fault::NotARequest { what, offset, .. } => {
                format!("not a request: byte {offset}: {what}")
            }
            Fault::TooMuch(what) => format!("not a request: {what}"),
            Fault::Unreadable(trouble) => trouble.what.clone(),
        }
    }

    /// The message with the place in front of it.
    pub(crate) fn in_file(&self, file: &Checked) -> String {
        let message = self.message();
        match self {
            // It names the path.
            Fault::Unreadable(_) => message,
            _ => match self.position() {
                Some(at) => format!("{}: {message}", file.place(at)),
                None => format!("{}: {message}", file.name),
            },
        }
    }

    /// Where it is wrong.
    pub(crate) fn position(&self) -> Option<Position> {
        match self {
            Fault::NotARequest { position, .. } => *position,
            Fault::TooMuch(_) | Fault::Unreadable(_) => None,
        }
    }

    /// The status that it would be answered with, or empty.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Fault::Unreadable(_) => "",
            _ => "400",
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Fault::Unreadable(trouble) => trouble.exit_code(),
            _ => Kind::Input as u8,
        }
    }
}

/// A customer of a file.
pub(crate) struct Customer<'c> {
    /// Its number in the file, from 1.
    pub number: u64,
    pub judged: &'c Judged,
    pub texts: &'c TextPool,
    /// First and last name, or the title, of one with findings.
    pub name: Option<&'c str>,
    /// Its findings, placed in the file.
    pub findings: &'c [ExplainedFinding],
}

impl<'c> Customer<'c> {
    pub(crate) fn ext_id(&self) -> Option<Cow<'c, str>> {
        let text = self.texts.get(self.judged.summary.customer_ext_id);
        text.map(shown_name)
    }

    pub(crate) fn business_unit(&self) -> Option<Cow<'c, str>> {
        let text = self.texts.get(self.judged.summary.business_unit);
        text.map(shown_name)
    }

    pub(crate) fn communication_number(&self) -> Option<Cow<'c, str>> {
        let text = self.texts.get(self.judged.summary.communication_number);
        text.map(shown_name)
    }

    pub(crate) fn name(&self) -> Option<Cow<'c, str>> {
        self.name.map(shown_name)
    }

    /// `customer 3, customerExtId X-3, communicationNumber N-3`.
    pub(crate) fn label(&self) -> String {
        let mut label = format!("customer {}", self.number);
        for (name, value) in [
            ("customerExtId", self.ext_id()),
            ("communicationNumber", self.communication_number()),
        ] {
            if let Some(value) = value {
                label += &format!(", {name} {value}");
            }
        }
        label
    }
}
