//! The end of recorded files: their responses are published, they are put away, and that is noted.

use std::collections::BTreeSet;
use std::path::Path;

use crate::clock;
use crate::disk;
use crate::history::{Published, Written};
use crate::intake::Claim;
use crate::trouble::{Result, Trouble};

use super::record_file::NewlyWritten;
use super::timings::Stopwatch;
use super::{Answered, Engine, GROUP_FILES, back, publish, step};

impl Engine {
    /// Publishes the responses of recorded files, unless that was done, and puts the files away.
    pub(super) fn end(&mut self, done: Vec<(Claim, NewlyWritten)>) -> Result<Vec<Answered>> {
        if !done.is_empty() {
            self.check_footing()?;
        }
        let mut stopwatch = Stopwatch::start();
        let mut built = Vec::new();
        for (claim, newly) in &done {
            if newly.answered || !claim.has_response()? {
                continue;
            }
            if publish::is_out(&self.history, &self.roots.outbox, &newly.batch)? {
                let path = claim.response();
                std::fs::remove_file(&path).map_err(|e| Trouble::io("removing", &path, &e))?;
            } else {
                publish::build(&self.history, claim, &newly.batch)?;
                built.push(claim.response());
            }
        }
        disk::side_by_side(&built, |path| {
            disk::sync_file(path).map_err(|e| Trouble::io("syncing", path, &e))
        })?;
        let mut named = Vec::new();
        let mut folders = BTreeSet::new();
        for (claim, NewlyWritten { batch, .. }) in done {
            let mut response_file = batch.response_file.clone().unwrap_or_default();
            if claim.has_response()? {
                let outbox = &self.roots.outbox;
                match publish::put_out(&mut self.history, outbox, &claim, &batch)? {
                    Ok(out) => {
                        response_file = out.to_string_lossy().into_owned();
                        folders.extend(out.parent().map(Path::to_path_buf));
                    }
                    Err(e) => {
                        let to = outbox.path().join(claim.answer_folder());
                        self.stick(&claim, &to, &e, back::NO_ANSWER);
                        continue;
                    }
                }
            }
            named.push((
                claim,
                Answered {
                    batch,
                    response_file,
                },
            ));
        }
        for folder in folders {
            let outbox = &self.roots.outbox;
            let synced = outbox
                .open()
                .and_then(|outbox| outbox.below(&folder)?.sync());
            synced.map_err(|e| Trouble::io("syncing", &outbox.path().join(&folder), &e))?;
        }
        stopwatch.lap(&mut self.timings.publishing);
        // Should it have gone meanwhile, the next start finds the files in work.
        if !named.is_empty() {
            self.check_footing()?;
        }
        for (claim, answered) in &named {
            step("publish.after")?;
            self.put_away(claim, &answered.batch)?;
        }
        disk::side_by_side(&named, |(claim, _)| {
            step("forget.before")?;
            claim.forget();
            step("forget.after")
        })?;
        stopwatch.lap(&mut self.timings.putting_away);
        let answered: Vec<_> = named.into_iter().map(|(_, answered)| answered).collect();
        for one in &answered {
            self.unmarked.push(Published {
                batch_id: one.batch.batch_id,
                response_file: one.response_file.clone(),
                at: clock::now(),
            });
            log_answer(&one.batch);
        }
        if self.unmarked.len() >= GROUP_FILES {
            self.mark()?;
        }
        Ok(answered)
    }

    /// Marks what was published. Done when there is nothing else to do: a response does not wait for
    /// it, and a start finds out without it.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn mark(&mut self) -> Result<()> {
        let mut stopwatch = Stopwatch::start();
        step("mark.before")?;
        self.history.mark_published(&self.unmarked)?;
        stopwatch.lap(&mut self.timings.marking);
        self.unmarked.clear();
        step("mark.after")
    }
}

/// Says that a file was answered.
fn log_answer(batch: &Written) {
    tracing::info!(
        batch = batch.batch_id,
        endpoint = %crate::text::printable(&batch.path),
        file = %crate::text::printable(&batch.file_name),
        status = batch.status,
        customers = batch.customers,
        accepted = batch.accepted,
        rejected = batch.rejected,
        ms = batch.elapsed_ms,
        "answered"
    );
    if let Some(error) = &batch.error {
        tracing::warn!(batch = batch.batch_id, "{}", crate::text::printable(error));
    }
}
