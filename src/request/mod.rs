//! From bytes to customers.
//!
//! In: a reader, and limits. Out: chunks of single customers, cut while the file is read, and of each
//! customer a [`Tree`] that borrows from its text, with notes on fields that are not known or are
//! ignored. The catalogue gives the names and types of fields. It may not check a rule, and may not
//! use a clock, a database or a path: the reader is all that it knows of a file.

mod form;
mod invalid;
mod read;
mod same;
mod scalar;
mod scan;
mod sniff;
mod split;
mod tree;
pub mod value;

pub use form::Form;
pub use invalid::{InvalidKind, InvalidRequest};
pub use same::same_value;
pub use sniff::form_of;
pub use split::{Body, Chunk, Element, Limits, SplitError, Splitter};

pub use tree::{Items, Kind, Marks, Node, Note, NoteDetail, NoteKind, Path, Slot, SlotId, Tree};
