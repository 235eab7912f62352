//! Why bytes are not a request.

use std::fmt;
use std::io::Read;

use serde::de::IgnoredAny;

use super::form::Form;

/// Bytes that are not a request, or not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRequest {
    /// Where it shows, in bytes from the start of what was read.
    pub offset: u64,
    /// Whether the file is broken, or only ends too early.
    pub kind: InvalidKind,
    /// What is wrong, without the place.
    pub message: String,
    /// What it is instead, where that is known: it says more than the message.
    pub form: Option<Form>,
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Some(form) => form.fmt(f),
            None => f.write_str(&self.message),
        }
    }
}

/// Whether more bytes could make a request of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidKind {
    /// They could: all there is, is the beginning of a request.
    EndsEarly,
    /// Whatever comes after them, they are wrong.
    Wrong,
}

impl InvalidRequest {
    /// A fault that stays one whatever follows.
    pub fn wrong(offset: u64, message: impl Into<String>) -> InvalidRequest {
        InvalidRequest {
            offset,
            kind: InvalidKind::Wrong,
            message: message.into(),
            form: None,
        }
    }

    /// The bytes end before the request does.
    pub fn ends_early(offset: u64, message: impl Into<String>) -> InvalidRequest {
        InvalidRequest {
            offset,
            kind: InvalidKind::EndsEarly,
            message: message.into(),
            form: None,
        }
    }

    /// Bytes that are not UTF-8 from `offset` on.
    pub(crate) fn not_utf8(offset: usize) -> InvalidRequest {
        InvalidRequest::wrong(offset as u64, "this is not UTF-8")
    }

    /// A text whose end is known, and which is not JSON.
    pub(super) fn not_json(text: &str, e: &serde_json::Error) -> InvalidRequest {
        let before: usize = text
            .split_inclusive('\n')
            .take(e.line().saturating_sub(1))
            .map(str::len)
            .sum();
        let message = e.to_string();
        let what = message.rsplit_once(" at line ").map(|(what, _)| what);
        // serde_json counts columns from 1; a line break is column 0 of the line behind it.
        let offset = (before + e.column()).saturating_sub(1).min(text.len());
        InvalidRequest::wrong(offset as u64, what.unwrap_or(&message))
    }

    /// The same, of a file that is known to be this.
    pub fn of(mut self, form: Form) -> InvalidRequest {
        self.form = Some(form);
        self
    }

    /// Moves the fault to where the bytes begin at `start` of something larger.
    pub(crate) fn within(mut self, start: u64) -> InvalidRequest {
        self.offset += start;
        self
    }

    /// Checks a whole JSON value.
    pub(super) fn check_whole(bytes: &[u8]) -> Result<(), InvalidRequest> {
        let text =
            std::str::from_utf8(bytes).map_err(|e| InvalidRequest::not_utf8(e.valid_up_to()))?;
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Ok(()),
            Err(e) => Err(InvalidRequest::not_json(text, &e)),
        }
    }

    /// Checks what may be only the beginning of a JSON value.
    pub(super) fn check_beginning(bytes: &[u8]) -> Result<(), InvalidRequest> {
        let (text, broken) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(e) => {
                let valid = bytes.get(..e.valid_up_to()).unwrap_or_default();
                // Without a length it is a character that is cut short by the end.
                let broken = e.error_len().is_some();
                (std::str::from_utf8(valid).unwrap_or_default(), broken)
            }
        };
        match serde_json::from_str::<IgnoredAny>(text) {
            Err(e) if !e.is_eof() && !ends_in_a_number(text) => {
                Err(InvalidRequest::not_json(text, &e))
            }
            _ if broken => Err(InvalidRequest::not_utf8(text.len())),
            _ => Ok(()),
        }
    }
}

/// Whether a text is wrong only because a number lacks its last digits. serde_json does
/// not distinguish a number that is cut short from one that is wrong.
fn ends_in_a_number(text: &str) -> bool {
    let cut = text.ends_with(['-', '+', '.', 'e', 'E']);
    cut && match serde_json::from_reader::<_, IgnoredAny>(text.as_bytes().chain(&b"0"[..])) {
        Ok(_) => true,
        Err(e) => e.is_eof(),
    }
}
