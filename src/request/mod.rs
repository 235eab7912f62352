//! From bytes to customers: a file is cut into single customers as it is read, and each becomes a
//! tree that borrows from its text. Uses the catalogue for the names and types of fields.

mod invalid;
mod read;
mod scalar;
mod scan;
mod split;
mod tree;
pub mod value;

pub use invalid::{InvalidKind, InvalidRequest};
pub use split::{Body, Chunk, Element, Limits, SplitError, Splitter};

pub use tree::{Items, Kind, Marks, Node, Note, NoteDetail, NoteKind, Path, Slot, SlotId, Tree};
