//! Classifiers: the institution's tables of codes. TOML files are read whole or refused whole,
//! written to SQLite, and read back from there into immutable sets that every thread shares.

mod file;
mod losses;
mod problem;
mod set;
mod shipped;
mod store;

pub use file::{ClassifierFile, ValueRow, parse_file, read_folder};
pub use losses::lost_many;
pub use problem::{Problem, Refused};
pub use set::{Bindings, Category, CategoryKind, ClassifierSet, EntityType};
pub use shipped::{SHIPPED, write_shipped};
pub use store::{LoadedSet, load_set, note_had_values, store};
