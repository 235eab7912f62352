//! The drop folder: which files are complete, and who has them.
//!
//! In: `watch-dir`. Out: the files that are complete, a claim on one that nobody else has, what is
//! held and why, and every file moved to where it belongs. A scan of the folder is the truth; events
//! only bring it forward. It may not read what is in a file: `ingest` does.

mod claim;
mod deferral;
mod in_work;
mod place;
mod settle;
mod wake;
mod walk;

pub use claim::{Claim, Taken, Unsynced, WORKLIST, claim};
pub use deferral::{Deferral, HeldCounts, SHOWN};
pub use in_work::{InWork, Unfit, claims_in_work};
pub use place::{ReservedNames, archive_source, make_beside, response_name, with_suffix};
pub use settle::{Candidate, Inbox, Scan};
pub use wake::Wake;
