//! From bytes to customers: a file is cut into single customers as it is read, and each becomes a
//! tree that borrows from its text. Uses the catalogue for the names and types of fields.

mod read;
mod split;
mod tree;
pub mod value;

pub use read::NotJson;
pub use split::{Body, Chunk, EMPTY, Element, Limits, SplitError, Splitter, TRUNCATED};

pub use tree::{Items, Kind, Marks, Node, Note, NoteDetail, NoteKind, Path, Slot, Tree};
