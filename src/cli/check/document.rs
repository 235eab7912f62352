//! What the formats of `check` have in common: what they are given, and where they write.

use std::io::{self, BufWriter, ErrorKind, Read, Stdout, Write};

use serde::Serialize;

use crate::check::{Checked, Report};
use crate::talk::say;
use crate::trouble::Trouble;

use super::super::multiline_visible;

/// Writes what was found, in one format. What it writes of a file's customers is put into the document at
/// the file's end.
pub(super) trait Document: Report {
    /// Begins the document.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Ends a file. The part is empty where the file has a fault.
    fn file(&mut self, out: &mut dyn Write, file: &Checked, part: &mut dyn Read) -> io::Result<()>;

    /// Ends the document.
    fn end(&mut self, _out: &mut dyn Write, _totals: &Totals) -> io::Result<()> {
        Ok(())
    }
}

/// Says what cannot be read where stdout has no place for it.
pub(super) fn say_unreadable(trouble: &Trouble) {
    say!("kycdrop: {}", multiline_visible(&trouble.to_string()));
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
