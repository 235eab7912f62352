//! Where something is in a text: the one place that counts lines and columns.

use std::fmt;
use std::io::{self, BufReader, Read};

use serde::Serialize;

use crate::text::{did_you_mean, shortened};

/// A place in a text for a person. Lines end with `\n` and count from 1; columns count Unicode
/// characters, not bytes, from 1. A byte order mark at the beginning of a file has no column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
}

/// The most characters of a line that are shown with what is wrong with it.
const MAX_LINE: usize = 80;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Position {
    /// The beginning of a text.
    pub const START: Position = Position { line: 1, column: 1 };

    /// The place of the byte at `offset` in a text.
    pub fn of(text: &[u8], offset: usize) -> Position {
        let text = text.get(..offset).unwrap_or(text);
        Position::START.after(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
    }

    /// The place behind these bytes, which begin here.
    pub fn after(mut self, bytes: &[u8]) -> Position {
        for byte in bytes {
            self.pass(*byte);
        }
        self
    }

    /// What is wrong with a TOML text, without its place.
    pub(crate) fn toml_message(e: &toml::de::Error) -> String {
        plain(e.message().trim_end())
    }

    /// What is wrong with a TOML text, with its place and its line: `line 3, column 10: invalid type:
    /// integer ... (settle = 1)`. The TOML reader itself counts bytes in front of some characters.
    pub fn of_toml(text: &str, e: &toml::de::Error) -> String {
        let message = Position::toml_message(e);
        let Some(span) = e.span() else {
            return message;
        };
        let position = Position::of(text.as_bytes(), span.start);
        let index = usize::try_from(position.line - 1).unwrap_or(usize::MAX);
        let line = text.lines().nth(index).unwrap_or_default().trim();
        format!("{position}: {message} ({})", shortened(line, MAX_LINE))
    }

    /// The place of what is at `inner` in a text that begins here.
    pub fn of_inner(self, inner: Position) -> Position {
        Position {
            line: self.line + inner.line - 1,
            column: match inner.line {
                1 => self.column + inner.column - 1,
                _ => inner.column,
            },
        }
    }

    fn pass(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.line += 1;
                self.column = 1;
            }
            // The bytes of a character after its first.
            0x80..=0xBF => {}
            _ => self.column += 1,
        }
    }
}

/// A message of the TOML reader as a person expects it: a name that is not known comes with the one
/// that may have been meant instead of with all of them, and numbers have no names of Rust's types.
fn plain(message: &str) -> String {
    if message.starts_with("unknown ") {
        // unknown field `settel`, expected one of `settle`, `retry`
        let mut names = message.split('`').skip(1).step_by(2);
        let hint = names.next().and_then(|given| did_you_mean(given, names));
        if let (Some(hint), Some((unknown, _))) = (hint, message.split_once(", expected")) {
            return format!("{unknown}: {hint}");
        }
    }
    if message == "wanted string or table" {
        return "expected a string".to_owned();
    }
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let expected = match expected {
        "usize" | "u64" => "a whole number from 0 on",
        "u32" => "a whole number from 0 to 4294967295",
        "a sequence" => "a list such as [\"...\"]",
        "path string" => "a string",
        as_it_is => as_it_is,
    };
    format!("{}, expected {expected}", found.replace(" as i128", ""))
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Finds the places of rising offsets on one way through a file.
pub struct Positions<R> {
    bytes: io::Bytes<BufReader<R>>,
    offset: u64,
    at: Position,
    /// Whether everything so far was a byte order mark or the beginning of one.
    in_mark: bool,
}

impl<R: Read> Positions<R> {
    /// Begins at the start of the file.
    pub fn new(file: R) -> Positions<R> {
        Positions {
            bytes: BufReader::new(file).bytes(),
            offset: 0,
            at: Position::START,
            in_mark: true,
        }
    }

    /// The place of the byte at `offset`, which is not before the last one; that of the end where
    /// the file is shorter.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(&mut self, offset: u64) -> io::Result<Position> {
        while self.offset < offset {
            let Some(byte) = self.bytes.next() else { break };
            let byte = byte?;
            self.at.pass(byte);
            let mark = BYTE_ORDER_MARK.get(self.offset as usize);
            self.in_mark &= mark == Some(&byte);
            self.offset += 1;
            if self.in_mark && self.offset == BYTE_ORDER_MARK.len() as u64 {
                self.at = Position::START;
            }
        }
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_a_byte_order_mark_is_not() {
        let text = "\u{feff}{\"ą\":\r\n \"東京\u{feff}\": 1}";
        let of = |what: &str| text.find(what).expect(what);
        let at = |line, column| Position { line, column };
        let mut positions = Positions::new(text.as_bytes());
        for (offset, expected) in [
            (0, Position::START),
            (of("{"), Position::START),
            (of("ą"), at(1, 3)),
            (of(":\r"), at(1, 5)),
            (of(" \"東"), at(2, 1)),
            (of("京"), at(2, 4)),
            (of(": 1"), at(2, 7)),
            (text.len(), at(2, 11)),
        ] {
            assert_eq!(Position::of(text.as_bytes(), offset), expected, "{offset}");
            assert_eq!(positions.of(offset as u64).expect("bytes"), expected);
        }
        assert_eq!(at(3, 7).of_inner(at(1, 4)), at(3, 10));
        assert_eq!(at(3, 7).of_inner(at(2, 4)), at(4, 4));
    }
}
