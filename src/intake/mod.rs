//! The drop folder: which files are complete, taking one so that nobody else has it, and putting
//! what is done where it belongs. A scan of the folder is the truth; events only bring it forward.

mod claim;
mod deferral;
mod in_work;
mod place;
mod settle;
mod wake;
mod walk;

pub use claim::{Claim, Taken, Unsynced, claim};
pub use deferral::{Deferral, HeldCounts, SHOWN};
pub use in_work::{InWork, Unfit, claims_in_work};
pub use place::{ReservedNames, archive_source, make_beside, response_name, with_suffix};
pub use settle::{Candidate, Inbox, Scan};
pub use wake::Wake;
