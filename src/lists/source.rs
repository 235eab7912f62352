//! The bytes of one data file, with what all formats have in common: a byte order mark, the longest
//! record, lines, and where rows of CSV end.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use csv::ByteRecord;

use super::refusal::Fault;

/// The longest record (a row, a line of JSON, an entry of XML), in bytes. More is not held in memory.
const MAX_RECORD: u64 = 16 << 20;

/// Ends some files, as it ended files of DOS: the whole file is there.
const END_MARK: u8 = 0x1a;

/// Is put behind the last byte of a table. A row that swallows it has a quotation mark that is not closed.
const BEHIND: &[u8] = b"\n\x1a\x1a\n";

/// The bytes of a file behind its byte order mark, so many of them at most before [`Source::renew`].
pub(super) struct Source<'r> {
    bytes: Box<dyn Read + 'r>,
    left: u64,
    last: u8,
}

impl<'r> Source<'r> {
    pub(super) fn new(mut file: impl Read + 'r) -> Result<Source<'r>, Fault> {
        let mut head = Vec::with_capacity(3);
        file.by_ref().take(3).read_to_end(&mut head)?;
        match head.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                return Err(Fault::whole("is UTF-16; save it as UTF-8"));
            }
            [b'P', b'K', 3, ..] | [0x1f, 0x8b, ..] => {
                return Err(Fault::whole("is packed (zip or gzip); unpack it"));
            }
            [0xef, 0xbb, 0xbf] => head.clear(),
            _ => {}
        }
        Ok(Source {
            bytes: Box::new(Cursor::new(head).chain(file)),
            left: MAX_RECORD,
            last: b'\n',
        })
    }

    /// A record ended.
    fn renew(&mut self) {
        self.left = MAX_RECORD;
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let what = format!("a record has more than {} MiB", MAX_RECORD >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let n = self.bytes.read(buf)?;
        self.left = self.left.saturating_sub(n as u64);
        if let Some(last) = buf.get(..n).and_then(<[u8]>::last) {
            self.last = *last;
        }
        Ok(n)
    }
}

/// The source behind a reader that holds some of its bytes.
pub(super) fn buffered(source: Source<'_>) -> BufReader<Source<'_>> {
    BufReader::with_capacity(64 << 10, source)
}

/// A record of this reader ended.
pub(super) fn renew(reader: &mut BufReader<Source<'_>>) {
    reader.get_mut().renew();
}

/// The lines of a file that are not blank.
pub(super) struct Lines<'r> {
    reader: BufReader<Source<'r>>,
    line: Vec<u8>,
    number: u64,
}

impl<'r> Lines<'r> {
    pub(super) fn new(source: Source<'r>) -> Lines<'r> {
        Lines {
            reader: buffered(source),
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next line with its number.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &[u8])>, Fault> {
        loop {
            self.line.clear();
            renew(&mut self.reader);
            if self.reader.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some((self.number, &self.line)))
    }
}

/// The rows of a table (CSV), the header among them. All have as many columns as the first.
pub(super) struct Rows<'r> {
    reader: csv::Reader<io::Chain<Source<'r>, &'static [u8]>>,
    row: ByteRecord,
    line: u64,
    pub(super) columns: usize,
    /// The last row may end without a line break.
    pub(super) may_end_openly: bool,
    /// The file's own mark of its end was read.
    pub(super) marked: bool,
}

impl<'r> Rows<'r> {
    pub(super) fn new(source: Source<'r>, separator: u8) -> Rows<'r> {
        let reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            // With CRLF as the end, rows would be counted one line too early. The CR stays in the last cell.
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(64 << 10)
            .from_reader(source.chain(BEHIND));
        Rows {
            reader,
            row: ByteRecord::new(),
            line: 1,
            columns: 0,
            may_end_openly: false,
            marked: false,
        }
    }

    /// The next row with its line.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &ByteRecord)>, Fault> {
        loop {
            self.reader.get_mut().get_mut().0.renew();
            let read = self.reader.read_byte_record(&mut self.row);
            let more = read.map_err(|e| match e.into_kind() {
                csv::ErrorKind::Io(e) => e.into(),
                e => Fault::whole(format!("{e:?}")),
            })?;
            let before = self.line;
            self.line = self.row.position().map_or(1, csv::Position::line);
            let line = self.line;
            if !more {
                return Err(Fault::at(
                    before,
                    "a quotation mark is not closed up to the end of the file",
                ));
            }
            match (self.row.len(), self.row.get(0).map(<[u8]>::trim_ascii)) {
                // A blank line.
                (1, Some([])) => {}
                (1, Some([END_MARK, END_MARK])) => return self.ends(line).map(|()| None),
                (1, Some([END_MARK])) if !self.marked => self.marked = true,
                _ if self.marked => {
                    return Err(Fault::at(line, "something is behind the mark of the end"));
                }
                _ => break,
            }
        }
        let (line, columns) = (self.line, self.row.len());
        if self.columns == 0 {
            self.columns = columns;
        }
        if columns != self.columns {
            let expected = self.columns;
            return Err(Fault::at(
                line,
                format!("has {columns} columns instead of {expected}"),
            ));
        }
        Ok(Some((line, &self.row)))
    }

    fn ends(&self, line: u64) -> Result<(), Fault> {
        match self.reader.get_ref().get_ref().0.last {
            b'\n' | END_MARK => Ok(()),
            _ if self.may_end_openly => Ok(()),
            _ => Err(Fault::at(
                line.saturating_sub(1),
                "the last line has no line break, so the file may be cut off; end it with one if it is whole",
            )),
        }
    }
}
