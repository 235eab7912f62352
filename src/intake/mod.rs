//! The drop folder: which files are complete, taking one so that nobody else has it, and putting
//! what is done where it belongs. A scan of the folder is the truth; events only bring it forward.

mod claim;
mod place;
mod settle;
mod wake;

pub use claim::{Claim, claim, claims_in_work};
pub use place::{NameBook, archive_source, response_name};
pub use settle::{Candidate, Hold, Inbox, Scan};
pub use wake::Wake;
