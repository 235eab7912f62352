//! Cells of an answer as CSV, which programs read and spreadsheets open without calculating anything.

use std::borrow::Cow;
use std::io::Write;

use chrono::NaiveDate;

use crate::config::Separator;
use crate::history::Cell;
use crate::text::{spreadsheet_safe, spreadsheet_text};

/// How CSV is written; by default with commas, and safe for a spreadsheet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dialect {
    /// Text as it is, even where a spreadsheet would take it for a formula.
    pub(crate) raw: bool,
    /// As Excel reads it: in UTF-8 only with a byte order mark.
    pub(crate) excel: Option<Separator>,
}

impl Dialect {
    /// Writes records to `to`; the byte order mark is the caller's.
    pub(crate) fn writer<W: Write>(self, to: W) -> csv::Writer<W> {
        let mut builder = csv::WriterBuilder::new();
        if self.excel.is_some() {
            builder.terminator(csv::Terminator::CRLF);
        }
        if let Some(separator) = self.excel {
            builder.delimiter(separator.byte());
        }
        builder.from_writer(to)
    }

    /// A cell of an answer.
    pub(crate) fn cell(self, cell: &Cell) -> Cow<'_, str> {
        match cell {
            Cell::Text(text) => self.text(text),
            Cell::Real(x) => Cow::Owned(self.number(*x)),
            other => Cow::Owned(plain(other)),
        }
    }

    /// The cell of a text.
    pub(crate) fn text(self, text: &str) -> Cow<'_, str> {
        // A day, or a moment that begins with one, stays one: Excel can sort and filter it.
        let is_day = || {
            let (day, rest) = text.split_at_checked(10).unwrap_or_default();
            day.parse::<NaiveDate>().is_ok() && (rest.is_empty() || rest.starts_with('T'))
        };
        if self.raw {
            return Cow::Borrowed(text);
        }
        match spreadsheet_safe(text) {
            // An id that looks like a number or a day is text.
            Cow::Borrowed(_) if self.excel.is_some() && !is_day() => spreadsheet_text(text),
            safe => safe,
        }
    }

    fn number(self, x: f64) -> String {
        match self.excel {
            Some(Separator::Semicolon) => x.to_string().replace('.', ","),
            _ => x.to_string(),
        }
    }
}

/// A cell as text: nothing for NULL, hexadecimal digits for bytes.
pub(crate) fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(n) => n.to_string(),
        Cell::Real(x) => x.to_string(),
        Cell::Text(t) => t.clone(),
        Cell::Blob(b) => crate::hex(b),
    }
}

/// What went wrong below a writer of CSV.
pub(crate) fn csv_error(e: csv::Error) -> std::io::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => std::io::Error::other(format!("{other:?}")),
    }
}
