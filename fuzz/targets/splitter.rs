//! Any bytes as a file: it is cut into the same customers however it is read and however much is
//! handed on at a time, or it is no request either way.

#![no_main]

use std::io::Read;

use kycdrop::request::{Body, InvalidRequest, Limits, SplitError, Splitter};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;

/// A file that ends for now after so many bytes, and goes on: each look at it brings a few only.
struct Pieces<'b> {
    rest: &'b [u8],
    size: usize,
    given: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.size {
            self.given = 0;
            return Ok(0);
        }
        let n = self.rest.len().min(buf.len()).min(self.size - self.given);
        buf[..n].copy_from_slice(&self.rest[..n]);
        self.rest = &self.rest[n..];
        self.given += n;
        Ok(n)
    }
}

/// The customers that were handed on, and where and why it went wrong.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    customers: Vec<Vec<u8>>,
    other_keys: Vec<String>,
    wrong: Option<InvalidRequest>,
}

fn cut(bytes: &[u8], size: usize, body: Body, limits: Limits) -> Cut {
    let pieces = Pieces {
        rest: bytes,
        size,
        given: 0,
    };
    let mut splitter = Splitter::new(pieces, body, limits);
    let mut customers = Vec::new();
    let wrong = loop {
        match splitter.next_chunk() {
            Ok(None) => break None,
            Ok(Some(chunk)) => {
                assert_eq!(chunk.first, customers.len() as u64);
                assert!(!chunk.elements.is_empty());
                for e in &chunk.elements {
                    let text = &chunk.data[e.start as usize..e.end as usize];
                    let at = chunk.offset as usize + e.start as usize;
                    assert_eq!(text, &bytes[at..at + text.len()], "not where it says");
                    customers.push(text.to_vec());
                }
            }
            Err(SplitError::Invalid(fault)) => break Some(fault),
            Err(SplitError::Io(e)) => panic!("{e}"),
        }
    };
    if let Some(fault) = &wrong {
        assert!(fault.offset <= bytes.len() as u64, "{fault:?}");
    }
    Cut {
        customers,
        other_keys: splitter.other_keys,
        wrong,
    }
}

const TINY: Limits = Limits {
    customer_bytes: 16 << 20,
    depth: 64,
    list_items: 100_000,
    chunk_bytes: 1,
    chunk_customers: 1,
};

const NARROW: Limits = Limits {
    customer_bytes: 24,
    depth: 4,
    list_items: 100_000,
    chunk_bytes: 40,
    chunk_customers: 3,
};

fuzz_target!(|bytes: &[u8]| {
    for body in [Body::List, Body::Single] {
        let whole = cut(bytes, bytes.len() + 1, body, Limits::default());
        for size in [1, 5] {
            assert_eq!(cut(bytes, size, body, Limits::default()), whole);
        }
        let tiny = cut(bytes, bytes.len() + 1, body, TINY);
        assert_eq!(cut(bytes, 3, body, TINY), tiny);
        assert_eq!(tiny.wrong.is_some(), whole.wrong.is_some());
        // Small chunks hand on what large ones still hold back when the fault comes.
        assert!(tiny.customers.starts_with(&whole.customers));
        if whole.wrong.is_none() {
            assert_eq!(tiny, whole);
        }
        let narrow = cut(bytes, bytes.len() + 1, body, NARROW);
        assert_eq!(cut(bytes, 2, body, NARROW), narrow);
        match &narrow.wrong {
            None => assert_eq!(narrow, whole),
            Some(_) => assert!(tiny.customers.starts_with(&narrow.customers)),
        }
        agrees(bytes, body, &whole);
    }
});

/// What serde_json says of the same bytes.
fn agrees(bytes: &[u8], body: Body, cut: &Cut) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_json = |b: &[u8]| {
        std::str::from_utf8(b).is_ok_and(|t| serde_json::from_str::<IgnoredAny>(t).is_ok())
    };
    let taken = cut.wrong.is_none() && cut.customers.iter().all(|c| is_json(c));
    assert!(!taken || is_json(bytes), "taken, but no JSON");
    let Ok(Value::Object(object)) = serde_json::from_slice(bytes) else {
        return;
    };
    let customers = object.get("customers").and_then(Value::as_array);
    let text = String::from_utf8_lossy(bytes);
    let deep = text.matches(['[', '{']).count() >= 64;
    let twice = text.contains('\\') || text.matches("\"customers\"").count() > 1;
    match body {
        Body::Single if !deep => {
            assert!(taken);
            assert_eq!(cut.customers.len(), 1);
        }
        Body::List if !deep && !twice => {
            assert_eq!(taken, customers.is_some());
            assert!(!taken || Some(cut.customers.len()) == customers.map(Vec::len));
        }
        _ => {}
    }
}
