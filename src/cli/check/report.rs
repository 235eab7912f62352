//! What the reports of `check` have in common: what they are given, and where they write.

use std::borrow::Cow;
use std::io::{self, BufWriter, ErrorKind, Read, Stdout, Write};

use serde::Serialize;

use crate::catalog::Endpoint;
use crate::explain::{ExplainedFinding, shown_name};
use crate::position::Position;
use crate::talk::say;
use crate::trouble::{Kind, Trouble};
use crate::validate::{Judged, TextPool};

use super::super::multiline_visible;

/// Writes what was found, in one format.
///
/// A file counts as a whole or not at all, and that is not known before its last byte. So what is
/// written of its customers goes to a part of the file's own, which is put into the report at the
/// file's end, or dropped.
pub(super) trait Report {
    /// Whether it shows findings; else customers come without theirs.
    fn shows_findings(&self) -> bool {
        true
    }

    /// Begins the report.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Adds the next customer of a file to the file's part.
    fn customer(
        &mut self,
        part: &mut dyn Write,
        file: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()>;

    /// Ends a file. The part is empty where the file has a fault.
    fn file(&mut self, out: &mut dyn Write, file: &Checked, part: &mut dyn Read) -> io::Result<()>;

    /// Ends the report.
    fn end(&mut self, _out: &mut dyn Write, _totals: &Totals) -> io::Result<()> {
        Ok(())
    }
}

/// A file that was checked, or is being checked.
pub(super) struct Checked {
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
    pub(super) fn place(&self, at: Position) -> String {
        format!("{}:{}:{}", self.name, at.line, at.column)
    }
}

/// Why none of a file's customers count.
pub(super) enum Fault {
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
    pub(super) fn message(&self) -> String {
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
    pub(super) fn in_file(&self, file: &Checked) -> String {
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
    pub(super) fn position(&self) -> Option<Position> {
        match self {
            Fault::NotARequest { position, .. } => *position,
            Fault::TooMuch(_) | Fault::Unreadable(_) => None,
        }
    }

    /// The status that it would be answered with, or empty.
    pub(super) fn status(&self) -> &'static str {
        match self {
            Fault::Unreadable(_) => "",
            _ => "400",
        }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Fault::Unreadable(trouble) => trouble.exit_code(),
            _ => Kind::Input as u8,
        }
    }
}

/// Says what cannot be read where stdout has no place for it.
pub(super) fn say_unreadable(trouble: &Trouble) {
    say!("kycdrop: {}", multiline_visible(&trouble.to_string()));
}

/// A customer of a file.
pub(super) struct Customer<'c> {
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
    pub(super) fn ext_id(&self) -> Option<Cow<'c, str>> {
        let text = self.texts.get(self.judged.summary.customer_ext_id);
        text.map(shown_name)
    }

    pub(super) fn business_unit(&self) -> Option<Cow<'c, str>> {
        let text = self.texts.get(self.judged.summary.business_unit);
        text.map(shown_name)
    }

    pub(super) fn communication_number(&self) -> Option<Cow<'c, str>> {
        let text = self.texts.get(self.judged.summary.communication_number);
        text.map(shown_name)
    }

    pub(super) fn name(&self) -> Option<Cow<'c, str>> {
        self.name.map(shown_name)
    }

    /// `customer 3, customerExtId X-3, communicationNumber N-3`.
    pub(super) fn label(&self) -> String {
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

/// The sums over all files.
#[derive(Default, Serialize)]
pub(super) struct Totals {
    pub files: u64,
    pub accepted: u64,
    pub repeated: u64,
    pub rejected: u64,
    /// Files that are not requests, or cannot be read.
    #[serde(rename = "not_requests")]
    pub faults: u64,
    #[serde(skip)]
    pub exit_code: u8,
}

impl Totals {
    pub(super) fn add(&mut self, file: &Checked) {
        self.files += 1;
        self.accepted += file.accepted;
        self.repeated += file.repeated;
        self.rejected += file.rejected;
        self.faults += u64::from(file.fault.is_some());
        let code = match &file.fault {
            Some(fault) => fault.exit_code(),
            None => u8::from(file.rejected > 0),
        };
        self.exit_code = self.exit_code.max(code);
    }
}

/// Puts a separator in front of every item but the first.
#[derive(Default)]
pub(super) struct Items(u64);

impl Items {
    pub(super) fn next(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.0 += 1;
        out.write_all(if self.0 > 1 { b",\n" } else { b"\n" })
    }
}

/// Standard output. A reader that went away misses the rest, but the exit code stays true.
pub(super) struct Out(BufWriter<Stdout>);

impl Out {
    pub(super) fn to_stdout() -> Out {
        Out(BufWriter::new(io::stdout()))
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            done => done,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }
}
