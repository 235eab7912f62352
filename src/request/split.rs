//! A file of any size, cut into customers as it is read. Only the outermost object is understood
//! here; of everything inside `customers` no more than where it ends. Whether it is JSON shows when
//! it is read (in parallel), and until the last byte has been seen nothing is final.

use std::io::{self, Read};
use std::ops::Range;

use serde::de::IgnoredAny;

use crate::catalog::{self, CUSTOMER};

use super::form::Form;
use super::invalid::InvalidRequest;
use super::scan::{READ, Scan};

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

impl SplitError {
    /// The same, of a file that is known to be this.
    fn of(self, form: Form) -> SplitError {
        match self {
            SplitError::Invalid(fault) => SplitError::Invalid(fault.of(form)),
            SplitError::Io(_) => self,
        }
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
    scan: Scan<R>,
    body: Body,
    state: State,
    customers_seen: bool,
    count: u64,
    elements: Vec<Element>,
    /// Keys beside `customers`, shortened.
    pub other_keys: Vec<String>,
}

impl<R: Read> Splitter<R> {
    /// A splitter over a file that is read from its start.
    pub fn new(file: R, body: Body, limits: Limits) -> Splitter<R> {
        Splitter {
            scan: Scan::new(file, limits),
            body,
            state: State::Start,
            customers_seen: false,
            count: 0,
            elements: Vec::new(),
            other_keys: Vec::new(),
        }
    }

    /// The file, once there is nothing more to cut.
    pub fn into_inner(self) -> R {
        self.scan.file
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
                    let full = self.elements.len() >= self.scan.limits.chunk_customers
                        || self.scan.pos >= self.scan.limits.chunk_bytes;
                    let ended = !matches!(self.state, State::Customers { .. });
                    if (full || ended) && !self.elements.is_empty() {
                        return Ok(Some(self.hand_on()));
                    }
                }
                State::End => {
                    if !self.elements.is_empty() {
                        return Ok(Some(self.hand_on()));
                    }
                    return match self.scan.peek()? {
                        None => Ok(None),
                        Some(next) => Err(self.more_text(next)),
                    };
                }
            }
        }
    }

    fn start(&mut self) -> Result<(), SplitError> {
        while self.scan.buf.len() < 3 && self.scan.fill()? {}
        if self.scan.buf.starts_with(BYTE_ORDER_MARK) {
            self.scan.pos = BYTE_ORDER_MARK.len();
        } else if !self.scan.buf.is_empty() && BYTE_ORDER_MARK.starts_with(&self.scan.buf) {
            self.scan.pos = self.scan.buf.len();
            return Err(self.scan.truncated());
        }
        match self.scan.peek()? {
            None => return Err(self.scan.ends_early("the file is empty")),
            Some(b'{') => {}
            Some(_) => return Err(self.scan.wrong("the request is not a JSON object")),
        }
        match self.body {
            Body::Single => {
                self.scan.forget();
                let element = self.scan.extent(0)?;
                self.elements.push(element);
                self.state = State::End;
            }
            Body::List => {
                self.scan.pos += 1;
                self.state = State::Keys { more: false };
            }
        }
        Ok(())
    }

    /// One key of the outermost object with its value, or its end.
    fn key(&mut self, more: bool) -> Result<(), SplitError> {
        // Not for each of a million keys: what is left has to be moved.
        if self.scan.pos as u64 > READ / 2 {
            self.scan.forget();
        }
        match (self.scan.peek()?, more) {
            (Some(b'}'), _) => {
                self.scan.pos += 1;
                if !self.customers_seen {
                    return Err(self.no_customers());
                }
                self.state = State::End;
                return Ok(());
            }
            (Some(b','), true) => {
                self.scan.pos += 1;
                if self.scan.peek()? != Some(b'"') {
                    return Err(self.scan.unexpected("a key"));
                }
            }
            (Some(b'"'), false) => {}
            _ => {
                return Err(self
                    .scan
                    .unexpected(if more { "a comma or }" } else { "a key or }" }));
            }
        }
        let at = self.scan.extent(1)?;
        let raw = self.scan.part(&at);
        let key = key_text(raw).ok_or_else(|| {
            self.scan
                .wrong_at(at.start as usize, "this key is not JSON text")
        })?;
        if self.scan.peek()? != Some(b':') {
            return Err(self.scan.unexpected("a colon"));
        }
        self.scan.pos += 1;
        if key == "customers" {
            return self.open_customers();
        }
        if self.other_keys.len() < 100 {
            self.other_keys
                .push(crate::text::shortened(&key, 128).into_owned());
        }
        self.pass_value()
    }

    /// What is wrong with text behind the request.
    fn more_text(&self, next: u8) -> SplitError {
        let message = "there is more text after the end of the request";
        match next {
            b'{' | b',' => self.scan.wrong(message).of(Form::JsonLines(self.body)),
            _ => self.scan.wrong(message),
        }
    }

    /// What is wrong with an object that has no customers.
    fn no_customers(&mut self) -> SplitError {
        let mut message = String::from("customers is absent: the request is {\"customers\":[…]}");
        let keys = self.other_keys.iter().map(String::as_str);
        if let Some(near) = crate::text::nearest("customers", keys) {
            message += &format!(", not {{\"{near}\":[…]}}");
        }
        let fault = self.scan.wrong(&message);
        let next = match self.scan.peek() {
            Ok(next) => next,
            Err(e) => return e,
        };
        let known = catalog::keys(&CUSTOMER);
        let is_customer = self.other_keys.iter().any(|key| known.get(key).is_some());
        let form = match next {
            Some(b'{' | b',') => Form::JsonLines(self.body),
            _ if is_customer => Form::OneCustomer,
            _ => return fault,
        };
        fault.of(form)
    }

    /// Into the list of customers.
    fn open_customers(&mut self) -> Result<(), SplitError> {
        if self.customers_seen {
            return Err(self.scan.wrong("customers appears twice"));
        }
        self.customers_seen = true;
        match self.scan.peek()? {
            Some(b'[') => {}
            None => return Err(self.scan.truncated()),
            Some(_) => {
                return Err(self
                    .scan
                    .wrong("customers is not an array: the request is {\"customers\":[…]}"));
            }
        }
        self.scan.pos += 1;
        self.state = State::Customers { more: false };
        Ok(())
    }

    /// Over the value of another key; it must be JSON.
    fn pass_value(&mut self) -> Result<(), SplitError> {
        if self.scan.peek()?.is_none() {
            return Err(self.scan.unexpected("a value"));
        }
        let at = self.scan.extent(1)?;
        InvalidRequest::check_whole(self.scan.part(&at)).map_err(|fault| {
            SplitError::Invalid(fault.within(self.scan.offset + u64::from(at.start)))
        })?;
        self.state = State::Keys { more: true };
        Ok(())
    }

    /// One element of `customers`, or the end of the list.
    fn customer(&mut self, more: bool) -> Result<(), SplitError> {
        let next = self.scan.peek()?;
        match (next, more) {
            (Some(b']'), _) => {
                self.scan.pos += 1;
                self.state = State::Keys { more: true };
                return Ok(());
            }
            (Some(b','), true) => {
                self.scan.pos += 1;
                if matches!(self.scan.peek()?, None | Some(b']' | b',')) {
                    return Err(self.scan.unexpected("a customer"));
                }
            }
            (Some(_), false) => {}
            _ => return Err(self.scan.unexpected("a comma or ]")),
        }
        let element = self.scan.extent(2)?;
        self.elements.push(element);
        self.state = State::Customers { more: true };
        Ok(())
    }

    /// Hands on the customers found so far; what was read behind them stays here.
    fn hand_on(&mut self) -> Chunk {
        let mut rest = Vec::with_capacity(self.scan.buf.len() - self.scan.pos + READ as usize);
        rest.extend_from_slice(self.scan.rest());
        let mut data = std::mem::replace(&mut self.scan.buf, rest);
        data.truncate(self.scan.pos);
        let chunk = Chunk {
            first: self.count,
            offset: self.scan.offset,
            data,
            elements: std::mem::take(&mut self.elements),
        };
        self.count += chunk.elements.len() as u64;
        self.scan.offset += self.scan.pos as u64;
        self.scan.pos = 0;
        chunk
    }

    /// A brace too few in one customer shows only at the end of the file, where the cutting fails.
    /// This is the fault that was not handed on yet and stands before `offset`, if there is one.
    fn earlier_fault(&self, offset: u64) -> Option<InvalidRequest> {
        let in_file = |start: usize, checked: Result<(), InvalidRequest>| {
            let fault = checked.err()?.within(self.scan.offset + start as u64);
            (fault.offset < offset).then_some(fault)
        };
        let whole = self.elements.iter().find_map(|e| {
            let bytes = self.scan.buf.get(e.start as usize..e.end as usize)?;
            in_file(e.start as usize, InvalidRequest::check_whole(bytes))
        });
        whole.or_else(|| {
            let start = self.scan.begun?;
            let bytes = self.scan.buf.get(start..self.scan.pos)?;
            in_file(start, InvalidRequest::check_beginning(bytes))
        })
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
