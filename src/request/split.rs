//! A file of any size, cut into customers as it is read. Only the outermost object is understood
//! here; of everything inside `customers` no more than where it ends. Whether it is JSON shows when
//! it is read (in parallel), and until the last byte has been seen nothing is final.

use std::io::{self, Read};
use std::ops::Range;

use serde::de::IgnoredAny;

use super::invalid::InvalidRequest;

/// How much is asked of the file at a time.
const READ: u64 = 256 << 10;

/// What the body of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// `{"customers":[…]}`.
    List,
    /// One customer.
    Single,
}

/// What bounds the memory that a file can ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest customer, and the largest value beside `customers`, in bytes.
    pub customer_bytes: usize,
    /// The deepest nesting of objects and lists, the outermost object being 1.
    pub depth: u32,
    /// The most list items of one customer, in all its lists together: each may take a hundred
    /// times the memory of its text.
    pub list_items: u32,
    /// A chunk is handed on once it is this large, in bytes.
    pub chunk_bytes: usize,
    /// A chunk is handed on once it holds this many customers.
    pub chunk_customers: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            customer_bytes: 16 << 20,
            depth: 64,
            list_items: 100_000,
            chunk_bytes: 256 << 10,
            chunk_customers: 1024,
        }
    }
}

/// Where one element of `customers` stands in its chunk.
pub type Element = Range<u32>;

/// Some customers of a file, in order.
#[derive(Debug)]
pub struct Chunk {
    /// The position of the first customer, from 0.
    pub first: u64,
    /// Where the chunk's data starts in the file.
    pub offset: u64,
    /// The bytes of the file that the elements are in.
    pub data: Vec<u8>,
    /// Where each customer is in the data.
    pub elements: Vec<Element>,
}

/// Why a file could not be cut into customers.
#[derive(Debug)]
pub enum SplitError {
    /// The file could not be read: not its own fault.
    Io(io::Error),
    /// The file is not a request, or not yet; the offset counts from its start.
    Invalid(InvalidRequest),
}

impl From<io::Error> for SplitError {
    fn from(e: io::Error) -> SplitError {
        SplitError::Io(e)
    }
}

enum State {
    Start,
    /// Inside the outermost object; whether a comma must come first.
    Keys {
        more: bool,
    },
    /// Inside `customers`; whether a comma must come first.
    Customers {
        more: bool,
    },
    End,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Cuts a file into chunks of customers.
pub struct Splitter<R> {
    file: R,
    body: Body,
    limits: Limits,
    buf: Vec<u8>,
    /// The next byte to look at.
    pos: usize,
    /// Where `buf` starts in the file.
    offset: u64,
    end_of_file: bool,
    state: State,
    customers_seen: bool,
    count: u64,
    elements: Vec<Element>,
    /// Where the value that is being cut starts in `buf`.
    begun: Option<usize>,
    /// Keys beside `customers`, shortened.
    pub other_keys: Vec<String>,
}

impl<R: Read> Splitter<R> {
    /// A splitter over a file that is read from its start.
    pub fn new(file: R, body: Body, limits: Limits) -> Splitter<R> {
        Splitter {
            file,
            body,
            limits,
            buf: Vec::new(),
            pos: 0,
            offset: 0,
            end_of_file: false,
            state: State::Start,
            customers_seen: false,
            count: 0,
            elements: Vec::new(),
            begun: None,
            other_keys: Vec::new(),
        }
    }

    /// The file, once there is nothing more to cut.
    pub fn into_inner(self) -> R {
        self.file
    }

    /// The next customers; None after the last byte of a sound file.
    ///
    /// # Errors
    /// When the file is not a request, or cannot be read.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, SplitError> {
        self.cut().map_err(|e| match e {
            SplitError::Invalid(fault) => {
                SplitError::Invalid(self.earlier_fault(fault.offset).unwrap_or(fault))
            }
            SplitError::Io(_) => e,
        })
    }

    fn cut(&mut self) -> Result<Option<Chunk>, SplitError> {
        loop {
            match self.state {
                State::Start => self.start()?,
                State::Keys { more } => self.key(more)?,
                State::Customers { more } => {
                    self.customer(more)?;
                    let full = self.elements.len() >= self.limits.chunk_customers
                        || self.pos >= self.limits.chunk_bytes;
                    let ended = !matches!(self.state, State::Customers { .. });
                    if (full || ended) && !self.elements.is_empty() {
                        return Ok(Some(self.hand_on()));
                    }
                }
                State::End => {
                    if !self.elements.is_empty() {
                        return Ok(Some(self.hand_on()));
                    }
                    return match self.peek()? {
                        None => Ok(None),
                        Some(_) => {
                            Err(self.wrong("there is more text after the end of the request"))
                        }
                    };
                }
            }
        }
    }

    fn start(&mut self) -> Result<(), SplitError> {
        while self.buf.len() < 3 && self.fill()? {}
        if self.buf.starts_with(BYTE_ORDER_MARK) {
            self.pos = BYTE_ORDER_MARK.len();
        } else if !self.buf.is_empty() && BYTE_ORDER_MARK.starts_with(&self.buf) {
            self.pos = self.buf.len();
            return Err(self.truncated());
        } else if self.buf.starts_with(b"\xff\xfe") || self.buf.starts_with(b"\xfe\xff") {
            return Err(self.wrong("the file is UTF-16; it must be UTF-8"));
        }
        match self.peek()? {
            None => return Err(self.ends_early("the file is empty")),
            Some(b'{') => {}
            Some(_) => return Err(self.wrong("the request is not a JSON object")),
        }
        match self.body {
            Body::Single => {
                self.forget();
                let element = self.extent(0)?;
                self.elements.push(element);
                self.state = State::End;
            }
            Body::List => {
                self.pos += 1;
                self.state = State::Keys { more: false };
            }
        }
        Ok(())
    }

    /// One key of the outermost object with its value, or its end.
    fn key(&mut self, more: bool) -> Result<(), SplitError> {
        // Not for each of a million keys: what is left has to be moved.
        if self.pos as u64 > READ / 2 {
            self.forget();
        }
        match (self.peek()?, more) {
            (Some(b'}'), _) => {
                self.pos += 1;
                if !self.customers_seen {
                    return Err(
                        self.wrong("customers is absent: the request is {\"customers\":[…]}")
                    );
                }
                self.state = State::End;
                return Ok(());
            }
            (Some(b','), true) => {
                self.pos += 1;
                if self.peek()? != Some(b'"') {
                    return Err(self.unexpected("a key"));
                }
            }
            (Some(b'"'), false) => {}
            _ => return Err(self.unexpected(if more { "a comma or }" } else { "a key or }" })),
        }
        let at = self.extent(1)?;
        let key = key_text(self.part(&at))
            .ok_or_else(|| self.wrong_at(at.start as usize, "this key is not JSON text"))?;
        if self.peek()? != Some(b':') {
            return Err(self.unexpected("a colon"));
        }
        self.pos += 1;
        if key == "customers" {
            if self.customers_seen {
                return Err(self.wrong("customers appears twice"));
            }
            self.customers_seen = true;
            match self.peek()? {
                Some(b'[') => {}
                None => return Err(self.truncated()),
                Some(_) => return Err(self.wrong("customers is not an array")),
            }
            self.pos += 1;
            self.state = State::Customers { more: false };
            return Ok(());
        }
        if self.other_keys.len() < 100 {
            self.other_keys
                .push(crate::text::shortened(&key, 128).into_owned());
        }
        if self.peek()?.is_none() {
            return Err(self.unexpected("a value"));
        }
        let at = self.extent(1)?;
        InvalidRequest::check_whole(self.part(&at)).map_err(|fault| {
            SplitError::Invalid(fault.within(self.offset + u64::from(at.start)))
        })?;
        self.state = State::Keys { more: true };
        Ok(())
    }

    /// One element of `customers`, or the end of the list.
    fn customer(&mut self, more: bool) -> Result<(), SplitError> {
        let next = self.peek()?;
        match (next, more) {
            (Some(b']'), _) => {
                self.pos += 1;
                self.state = State::Keys { more: true };
                return Ok(());
            }
            (Some(b','), true) => {
                self.pos += 1;
                if matches!(self.peek()?, None | Some(b']' | b',')) {
                    return Err(self.unexpected("a customer"));
                }
            }
            (Some(_), false) => {}
            _ => return Err(self.unexpected("a comma or ]")),
        }
        let element = self.extent(2)?;
        self.elements.push(element);
        self.state = State::Customers { more: true };
        Ok(())
    }

    /// From the next byte to the end of the JSON value that starts there.
    fn extent(&mut self, outer_depth: u32) -> Result<Element, SplitError> {
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
            match memchr::memchr2(b'"', b'\\', self.rest()) {
                Some(at) => {
                    let quote = self.rest().get(at) == Some(&b'"');
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

    fn bound(&self, start: usize) -> Result<(), SplitError> {
        if self.pos - start > self.limits.customer_bytes {
            return Err(self.wrong_at(
                start,
                &format!(
                    "a value is larger than {} bytes (max_customer_bytes)",
                    self.limits.customer_bytes
                ),
            ));
        }
        Ok(())
    }

    /// What is in the buffer and was not looked at yet.
    fn rest(&self) -> &[u8] {
        self.buf.get(self.pos..).unwrap_or_default()
    }

    /// The bytes of a value that is still in the buffer.
    fn part(&self, at: &Range<u32>) -> &[u8] {
        let range = at.start as usize..at.end as usize;
        self.buf.get(range).unwrap_or_default()
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
    fn peek(&mut self) -> Result<Option<u8>, SplitError> {
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

    fn fill(&mut self) -> Result<bool, SplitError> {
        if self.end_of_file {
            return Ok(false);
        }
        let before = self.buf.len();
        self.file.by_ref().take(READ).read_to_end(&mut self.buf)?;
        self.end_of_file = self.buf.len() == before;
        Ok(!self.end_of_file)
    }

    /// Drops what has been looked at.
    fn forget(&mut self) {
        self.buf.drain(..self.pos);
        self.offset += self.pos as u64;
        self.pos = 0;
    }

    /// Hands on the customers found so far; what was read behind them stays here.
    fn hand_on(&mut self) -> Chunk {
        let mut rest = Vec::with_capacity(self.buf.len() - self.pos + READ as usize);
        rest.extend_from_slice(self.rest());
        let mut data = std::mem::replace(&mut self.buf, rest);
        data.truncate(self.pos);
        let chunk = Chunk {
            first: self.count,
            offset: self.offset,
            data,
            elements: std::mem::take(&mut self.elements),
        };
        self.count += chunk.elements.len() as u64;
        self.offset += self.pos as u64;
        self.pos = 0;
        chunk
    }

    /// A brace too few in one customer shows only at the end of the file, where the cutting fails.
    /// This is the fault that was not handed on yet and stands before `offset`, if there is one.
    fn earlier_fault(&self, offset: u64) -> Option<InvalidRequest> {
        let in_file = |start: usize, checked: Result<(), InvalidRequest>| {
            let fault = checked.err()?.within(self.offset + start as u64);
            (fault.offset < offset).then_some(fault)
        };
        let whole = self.elements.iter().find_map(|e| {
            let bytes = self.buf.get(e.start as usize..e.end as usize)?;
            in_file(e.start as usize, InvalidRequest::check_whole(bytes))
        });
        whole.or_else(|| {
            let start = self.begun?;
            let bytes = self.buf.get(start..self.pos)?;
            in_file(start, InvalidRequest::check_beginning(bytes))
        })
    }

    fn wrong(&self, message: &str) -> SplitError {
        self.wrong_at(self.pos, message)
    }

    fn wrong_at(&self, pos: usize, message: &str) -> SplitError {
        SplitError::Invalid(InvalidRequest::wrong(self.offset + pos as u64, message))
    }

    fn ends_early(&self, message: &str) -> SplitError {
        SplitError::Invalid(InvalidRequest::ends_early(
            self.offset + self.pos as u64,
            message,
        ))
    }

    fn unexpected(&self, wanted: &str) -> SplitError {
        if self.pos == self.buf.len() && self.end_of_file {
            return self.truncated();
        }
        self.wrong(&format!("{wanted} was expected here"))
    }

    fn truncated(&self) -> SplitError {
        self.ends_early("the file ends in the middle of the request")
    }
}

/// The text of a key. One with a lone surrogate is JSON, though no text: it is shown as it was
/// written.
fn key_text(raw: &[u8]) -> Option<String> {
    let raw = std::str::from_utf8(raw).ok()?;
    serde_json::from_str::<String>(raw).ok().or_else(|| {
        serde_json::from_str::<IgnoredAny>(raw).ok()?;
        Some(raw.trim_matches('"').to_owned())
    })
}
