//! Puts an answered file away, under a name that shows whether it was changed: a sender that still
//! has it open may have written to it after it was read.

use std::io;

use crate::config::Roots;
use crate::folder::Root;
use crate::hashing::hash_file;
use crate::history::{History, Written};
use crate::intake::{Claim, archive_source, with_suffix};
use crate::trouble::Result;

/// What the name of a file ends with that is not what was answered.
const CHANGED: &str = ".changed-after-answer";

/// Moves a file whose response is published out of the work folder. The inner error is that of this
/// file alone.
///
/// # Errors
/// When nothing can be put away, or the history cannot be read.
pub(super) fn put_away(
    history: &History,
    roots: &Roots,
    claim: &Claim,
    batch: &Written,
) -> Result<io::Result<()>> {
    if !claim.has_source()? {
        return Ok(Ok(()));
    }
    let root = root_of(roots, batch);
    if !was_changed(history, claim, batch)? {
        return archive_source(root, claim);
    }
    let mut aside = claim.clone();
    let name = with_suffix(&claim.file_name(), CHANGED);
    aside.relative = claim.folder_below_inbox().join(name);
    if let Err(e) = std::fs::rename(claim.source(), aside.source()) {
        return Ok(Err(e));
    }
    let file = claim.relative.to_string_lossy();
    tracing::warn!(
        batch = batch.batch_id,
        file = %crate::text::printable(&file),
        "was written to after it was read: it is archived as *{CHANGED}; the later changes were not answered: drop it again"
    );
    archive_source(root, &aside)
}

/// The folder that the file of a batch is put away in.
pub(super) fn root_of<'r>(roots: &'r Roots, batch: &Written) -> &'r Root {
    match batch.status {
        200 => &roots.archive,
        _ => &roots.failed,
    }
}

/// Whether the file is another than the one that was read. Where its size and time are those that it
/// was taken with, it is not read again.
fn was_changed(history: &History, claim: &Claim, batch: &Written) -> Result<bool> {
    let path = claim.source();
    let already_marked = claim.file_name().to_string_lossy().ends_with(CHANGED);
    let now = path.symlink_metadata().ok();
    let now = now.and_then(|m| Some((m.len(), m.modified().ok()?)));
    if already_marked || now.is_none() || claim.looked == now {
        return Ok(false);
    }
    let answered = history.sha256_of(batch.batch_id)?;
    // One that cannot be read any more is put away as it is.
    let found = hash_file(&path).ok();
    Ok(!answered.is_empty() && found.is_some_and(|found| found.sha256 != answered))
}
