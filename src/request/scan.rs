//! A file as its bytes come: where the next JSON value begins and ends. Whatever is looked at stays in
//! the buffer until it is forgotten, and no value grows larger or deeper than the limits.

use std::io::Read;
use std::ops::Range;

use super::invalid::InvalidRequest;
use super::split::{Element, Limits, SplitError};

/// How much is asked of the file at a time.
pub(super) const READ: u64 = 256 << 10;

/// Reads a file, and stands at a byte of it.
pub(super) struct Scan<R> {
    pub file: R,
    pub limits: Limits,
    pub buf: Vec<u8>,
    /// The next byte to look at.
    pub pos: usize,
    /// Where `buf` starts in the file.
    pub offset: u64,
    end_of_file: bool,
    /// Where the value starts in `buf` whose end was not found yet.
    pub begun: Option<usize>,
}

impl<R: Read> Scan<R> {
    pub(super) fn new(file: R, limits: Limits) -> Scan<R> {
        Scan {
            file,
            limits,
            buf: Vec::new(),
            pos: 0,
            offset: 0,
            end_of_file: false,
            begun: None,
        }
    }

    /// From the next byte to the end of the JSON value that starts there.
    pub(super) fn extent(&mut self, outer_depth: u32) -> Result<Element, SplitError> {
        let start = self.pos;
        self.begun = Some(start);
        let mut depth = outer_depth;
        loop {
            let Some(byte) = self.byte()? else {
                return Err(self.truncated());
            };
            match byte {
                b'"' => {
                    self.pos += 1;
                    self.skip_string(start)?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    if depth > self.limits.depth {
                        return Err(
                            self.wrong(&format!("nested deeper than {} levels", self.limits.depth))
                        );
                    }
                    self.pos += 1;
                }
                b'}' | b']' if depth > outer_depth => {
                    depth -= 1;
                    self.pos += 1;
                }
                _ if depth == outer_depth => self.skip_bare(start)?,
                _ => self.skip_between(),
            }
            self.bound(start)?;
            if depth == outer_depth {
                if self.pos == start {
                    return Err(self.unexpected("a value"));
                }
                self.begun = None;
                return Ok(start as u32..self.pos as u32);
            }
        }
    }

    /// To behind the quotation mark that ends a string.
    fn skip_string(&mut self, start: usize) -> Result<(), SplitError> {
        loop {
            let rest = self.rest();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(at) => {
                    let quote = rest.get(at) == Some(&b'"');
                    self.pos += at + 1;
                    if quote {
                        return Ok(());
                    }
                    if self.pos == self.buf.len() {
                        // More is read here too: a text of nothing but escapes never comes below.
                        self.bound(start)?;
                    }
                    if self.byte()?.is_none() {
                        return Err(self.truncated());
                    }
                    self.pos += 1;
                }
                None => {
                    self.pos = self.buf.len();
                    self.bound(start)?;
                    if !self.fill()? {
                        return Err(self.truncated());
                    }
                }
            }
        }
    }

    /// To the end of a number, true, false, null, or whatever is in its place. Where the file ends,
    /// nobody knows whether it is whole; and the outermost object is not.
    fn skip_bare(&mut self, start: usize) -> Result<(), SplitError> {
        while let Some(byte) = self.byte()? {
            if matches!(
                byte,
                b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r'
            ) {
                return Ok(());
            }
            self.pos += 1;
            self.bound(start)?;
        }
        Err(self.truncated())
    }

    /// Over what neither opens nor closes anything, as far as it is in the buffer.
    fn skip_between(&mut self) {
        let rest = self.rest();
        let opens_or_closes = |b: &u8| matches!(b, b'"' | b'{' | b'[' | b'}' | b']');
        self.pos += rest.iter().position(opens_or_closes).unwrap_or(rest.len());
    }

    /// What is in the buffer and was not looked at yet.
    pub(super) fn rest(&self) -> &[u8] {
        self.buf.get(self.pos..).unwrap_or_default()
    }

    /// The bytes of a value that is still in the buffer.
    pub(super) fn part(&self, at: &Range<u32>) -> &[u8] {
        let range = at.start as usize..at.end as usize;
        self.buf.get(range).unwrap_or_default()
    }

    #[inline]
    fn bound(&self, start: usize) -> Result<(), SplitError> {
        match self.pos - start > self.limits.customer_bytes {
            true => Err(self.too_large(start)),
            false => Ok(()),
        }
    }

    #[cold]
    fn too_large(&self, start: usize) -> SplitError {
        let most = self.limits.customer_bytes;
        let message = format!("a value is larger than {most} bytes (max_customer_bytes)");
        self.wrong_at(start, &message)
    }

    /// The next byte, read from the file if need be.
    fn byte(&mut self) -> Result<Option<u8>, SplitError> {
        loop {
            if let Some(byte) = self.buf.get(self.pos) {
                return Ok(Some(*byte));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// The next byte that is no white space.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, SplitError> {
        let start = self.pos;
        while let Some(byte) = self.byte()? {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(Some(byte));
            }
            self.pos += 1;
            self.bound(start)?;
        }
        Ok(None)
    }

    pub(super) fn fill(&mut self) -> Result<bool, SplitError> {
        if self.end_of_file {
            return Ok(false);
        }
        let before = self.buf.len();
        self.file.by_ref().take(READ).read_to_end(&mut self.buf)?;
        self.end_of_file = self.buf.len() == before;
        Ok(!self.end_of_file)
    }

    /// Drops what has been looked at.
    pub(super) fn forget(&mut self) {
        self.buf.drain(..self.pos);
        self.offset += self.pos as u64;
        self.pos = 0;
    }

    pub(super) fn wrong(&self, message: &str) -> SplitError {
        self.wrong_at(self.pos, message)
    }

    pub(super) fn wrong_at(&self, pos: usize, message: &str) -> SplitError {
        SplitError::Invalid(InvalidRequest::wrong(self.offset + pos as u64, message))
    }

    pub(super) fn ends_early(&self, message: &str) -> SplitError {
        SplitError::Invalid(InvalidRequest::ends_early(
            self.offset + self.pos as u64,
            message,
        ))
    }

    pub(super) fn unexpected(&self, wanted: &str) -> SplitError {
        if self.pos == self.buf.len() && self.end_of_file {
            return self.truncated();
        }
        self.wrong(&format!("{wanted} was expected here"))
    }

    pub(super) fn truncated(&self) -> SplitError {
        self.ends_early("the file ends in the middle of the request")
    }
}
