//! Validates customers by the rules of the catalogue, except those that need the history.
//!
//! In: the tree of one customer and the classifiers. Out: its findings and notes, and the columns that
//! the history keeps of it. It may not use a clock, a database or a file: the same customer gets the
//! same findings whichever thread validates it, and whatever customers are beside it.

mod finding;
mod interpret;
mod names;
mod summary;
mod view;
mod walk;

use std::ops::Range;

use finding::Arguments;
pub use finding::Finding;
pub use summary::{Summary, TextPool, TextRef};

use crate::catalog::{CUSTOMER, Endpoint, Walk, walk_rule};
use crate::classifier::ClassifierSet;
use crate::request::{Chunk, InvalidRequest, Node, Note, Tree};

/// What a customer is validated against.
#[derive(Clone, Copy)]
pub struct Judge<'s> {
    /// The endpoint that the file was dropped at.
    pub endpoint: Endpoint,
    /// The institution is several organizations, so that every customer must name its businessUnit.
    pub multi_organization: bool,
    /// The active classifiers.
    pub classifiers: &'s ClassifierSet,
}

/// What was found out about one customer.
#[derive(Debug)]
pub struct Judged {
    /// Its text in the chunk.
    pub payload: Range<u32>,
    /// What the history keeps beside the payload.
    pub summary: Summary,
    /// Every rule that holds, in the order in which they are looked for; none: valid so far.
    pub findings: Vec<Finding>,
    /// What does not reject the customer, but should be known.
    pub notes: Vec<Note>,
    /// How long it took, in whole milliseconds. Set by whoever holds the clock.
    pub elapsed_ms: u32,
}

/// The customers of a chunk, validated.
#[derive(Debug)]
pub struct JudgedChunk {
    /// The position of the first.
    pub first: u64,
    /// Where the data starts in the file, in bytes.
    pub offset: u64,
    /// The bytes of the file that the customers are in.
    pub data: Vec<u8>,
    /// The texts that the customers' columns refer to.
    pub texts: TextPool,
    /// The customers, in the order of the file.
    pub customers: Vec<Judged>,
}

impl JudgedChunk {
    /// The text of a customer, as it came.
    pub fn payload(&self, customer: &Judged) -> &str {
        let range = customer.payload.start as usize..customer.payload.end as usize;
        // It was read as text before it was validated.
        std::str::from_utf8(self.data.get(range).unwrap_or_default()).unwrap_or_default()
    }
}

impl Judge<'_> {
    /// Validates the customers of a chunk. The tree is scratch memory, emptied for each. `elapsed_ms`
    /// is called after each customer and returns how long it took.
    ///
    /// # Errors
    /// When one of them is not JSON, or not UTF-8: nothing of the file counts then. The offset is
    /// that in the file.
    pub fn judge_chunk(
        &self,
        chunk: Chunk,
        tree: &mut Tree,
        mut elapsed_ms: impl FnMut() -> u32,
    ) -> Result<JudgedChunk, InvalidRequest> {
        let mut texts = TextPool::default();
        let mut customers = Vec::with_capacity(chunk.elements.len());
        for (i, element) in chunk.elements.iter().enumerate() {
            let range = element.start as usize..element.end as usize;
            let bytes = chunk.data.get(range).unwrap_or_default();
            let start = chunk.offset + u64::from(element.start);
            let text = std::str::from_utf8(bytes)
                .map_err(|e| InvalidRequest::not_utf8(e.valid_up_to()).within(start))?;
            let is_object = tree
                .read(text, &CUSTOMER)
                .map_err(|fault| fault.within(start))?;
            let mut judged = if is_object {
                self.judge(text, tree, &mut texts)
            } else {
                self.not_an_object(chunk.first + i as u64)
            };
            judged.payload = element.clone();
            judged.elapsed_ms = elapsed_ms();
            customers.push(judged);
        }
        Ok(JudgedChunk {
            first: chunk.first,
            offset: chunk.offset,
            data: chunk.data,
            texts,
            customers,
        })
    }

    /// Validates the customer that the tree was read from.
    pub fn judge(&self, text: &str, tree: &mut Tree, texts: &mut TextPool) -> Judged {
        let notes = std::mem::take(&mut tree.notes);
        let root: Node<'_> = tree.root(text, &CUSTOMER);
        let mut run = interpret::Run::new(self, root, tree.marks(), notes);
        run.check();
        let summary = Summary::of(&root, texts, &run.customer);
        Judged {
            payload: 0..0,
            summary,
            findings: run.findings,
            notes: run.notes,
            elapsed_ms: 0,
        }
    }

    /// What the history keeps beside the payload of the customer that the tree was read from, whatever
    /// its findings.
    pub fn summary(&self, text: &str, tree: &Tree, texts: &mut TextPool) -> Summary {
        let root: Node<'_> = tree.root(text, &CUSTOMER);
        let run = interpret::Run::new(self, root, tree.marks(), Vec::new());
        Summary::of(&root, texts, &run.customer)
    }

    /// An element of `customers` that is not an object.
    fn not_an_object(&self, position: u64) -> Judged {
        let arguments = Arguments {
            type_name: "OBJECT",
            ..Arguments::default()
        };
        let path = format!("customers[{position}]");
        let finding = |row| Finding::new(row, path, &arguments);
        Judged {
            payload: 0..0,
            summary: Summary::default(),
            findings: walk_rule(Walk::BadType).map(finding).into_iter().collect(),
            notes: Vec::new(),
            elapsed_ms: 0,
        }
    }
}
