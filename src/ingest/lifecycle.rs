//! The life of a claimed file, stage by stage. What was just recorded and what an earlier process left
//! in the work folder are carried to their end by the same [`Engine::advance`].

use std::collections::BTreeSet;
use std::path::Path;

use crate::catalog::DECISIONS;
use crate::clock;
use crate::disk;
use crate::history::{History, Published, Written};
use crate::intake::Claim;
use crate::text::printable;
use crate::trouble::{Result, Trouble};

use super::progress::Progress;
use super::timings::Stopwatch;
use super::{Engine, GROUP_FILES, back, publish, step, worklist};

/// How far a claimed file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The history does not have it: it is judged from its beginning.
    Claimed,
    /// The history has it. Its response is reserved: empty, or perhaps cut short.
    Committed,
    /// Its response is complete in the claim's folder.
    Built,
    /// Its response is in the outbox.
    Published,
    /// The file is in `archive` or `failed`.
    Archived,
    /// Nothing is left of it here, but perhaps the claim's folder.
    Forgotten,
}

impl Stage {
    /// The stage of a claim that lies in the work folder.
    fn found(claim: &Claim, batch: Option<&Written>, history: &History) -> Result<Stage> {
        Ok(match batch {
            None if claim.has_source()? => Stage::Claimed,
            // It went back, or was lost with the claim half made.
            None => Stage::Forgotten,
            Some(_) if claim.has_response()? => Stage::Committed,
            Some(_) if claim.has_source()? => Stage::Published,
            Some(batch) if history.is_marked(batch.batch_id)? => Stage::Forgotten,
            Some(_) => Stage::Archived,
        })
    }
}

/// A file that is in the history, at the latest once its group is committed.
pub(super) struct Recorded {
    pub claim: Claim,
    pub batch: Written,
    pub stage: Stage,
}

impl Engine {
    /// Ends what an earlier process began: every claim that lies in the work folder goes on from the
    /// stage that it is at.
    ///
    /// # Errors
    /// When something of ours fails; what was not ended stays where it is.
    pub fn recover(&mut self, progress: &mut dyn Progress) -> Result<Vec<Written>> {
        step("recover.before")?;
        self.aside.clear();
        if self.commit_failed {
            self.history.overwrite_failed_commit()?;
            self.commit_failed = false;
        }
        let mut again = Vec::new();
        let mut answered = Vec::new();
        for mut claim in self.in_work()? {
            if self.is_tried_later(&claim) {
                continue;
            }
            claim.overdue = self.is_overdue(&claim);
            let batch = self.history.batch_of_claim(&claim.id)?;
            match (Stage::found(&claim, batch.as_ref(), &self.history)?, batch) {
                (Stage::Claimed, _) => again.push(claim),
                (Stage::Forgotten, _) | (_, None) => self.clear_away(&claim),
                (stage, Some(batch)) => {
                    let is_ours = self.stuck.contains_key(&claim.id);
                    if !is_ours {
                        let batch = batch.batch_id;
                        tracing::info!(batch, "finishing a file from an earlier run");
                    }
                    let mut ended = self.advance(vec![Recorded {
                        claim,
                        batch,
                        stage,
                    }])?;
                    // This process answered it before, where only putting it away was left.
                    if !is_ours || stage == Stage::Committed {
                        self.note_answers(&ended)?;
                        answered.append(&mut ended);
                    }
                }
            }
        }
        // One first, then more at a time: where starts are cut short again and again, each still gets
        // a little further, and does not begin the same large group anew.
        answered.append(&mut self.process_in_groups(again, 1, progress)?);
        self.publish_events()?;
        for (claim, batch) in self.history.unmarked()? {
            let ours = self.stuck.contains_key(&claim)
                || self.unmarked.iter().any(|p| p.batch_id == batch.batch_id);
            // The claim is gone, so the file was answered and put away.
            if !ours && batch.response_file.is_some() {
                tracing::debug!(claim, "marking a response of an earlier run as published");
                self.unmarked.push(published(&batch));
            }
        }
        self.mark()?;
        Ok(answered)
    }

    /// Carries recorded files from their stages to the end of their lives, all of them a stage at a
    /// time, so that they wait for the disk together. Returns the answered ones: one whose answer
    /// cannot be put out stays at its stage.
    pub(super) fn advance(&mut self, mut files: Vec<Recorded>) -> Result<Vec<Written>> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        self.check_footing()?;
        let mut stopwatch = Stopwatch::start();
        self.build(&mut files)?;
        self.publish_events()?;
        self.publish(&mut files)?;
        stopwatch.lap(&mut self.timings.publishing);
        // Should it have gone meanwhile, the next start finds the files in work.
        self.check_footing()?;
        self.archive(&mut files)?;
        forget(&files)?;
        stopwatch.lap(&mut self.timings.putting_away);
        Ok(files.into_iter().map(|file| file.batch).collect())
    }

    /// From [`Stage::Committed`] to [`Stage::Built`].
    fn build(&mut self, files: &mut [Recorded]) -> Result<()> {
        let mut built = Vec::new();
        let mut with_worklist = Vec::new();
        for file in files.iter_mut().filter(|f| f.stage == Stage::Committed) {
            let response = file.claim.response();
            if !file.claim.has_response()? {
                continue;
            }
            if publish::is_out(&self.history, &self.roots.outbox, &file.batch)? {
                std::fs::remove_file(&response)
                    .map_err(|e| Trouble::io("removing", &response, &e))?;
                file.stage = Stage::Published;
            } else {
                publish::build(&self.history, &file.claim, &file.batch)?;
                file.stage = Stage::Built;
                built.push(response);
            }
        }
        for Recorded { claim, batch, .. } in files.iter().filter(|f| f.stage == Stage::Built) {
            let mut made = self
                .worklists
                .make(&self.history, &self.pool, claim, batch)?;
            if !made.is_empty() {
                with_worklist.push(claim);
            }
            built.append(&mut made);
        }
        disk::side_by_side(&built, |path| {
            disk::sync_file(path).map_err(|e| Trouble::io("syncing", path, &e))
        })?;
        with_worklist.into_iter().try_for_each(worklist::complete)
    }

    /// From [`Stage::Built`] to [`Stage::Published`].
    fn publish(&mut self, files: &mut Vec<Recorded>) -> Result<()> {
        let mut folders = BTreeSet::new();
        for mut file in std::mem::take(files) {
            // One that has neither any more is published.
            let has_worklist = file.batch.rejected > 0 && file.claim.has_worklist()?;
            if has_worklist || file.claim.has_response()? {
                let outbox = &self.roots.outbox;
                match publish::put_out(&mut self.history, outbox, &file.claim, &file.batch)? {
                    Ok(out) => {
                        file.batch.response_file = Some(out.to_string_lossy().into_owned());
                        folders.extend(out.parent().map(Path::to_path_buf));
                    }
                    Err(e) => {
                        let to = outbox.path().join(file.claim.answer_folder());
                        self.stick(&file.claim, &to, &e, back::NO_ANSWER);
                        continue;
                    }
                }
            }
            file.stage = file.stage.max(Stage::Published);
            files.push(file);
        }
        for folder in folders {
            let outbox = &self.roots.outbox;
            let synced = outbox
                .open()
                .and_then(|outbox| outbox.below(&folder)?.sync());
            synced.map_err(|e| Trouble::io("syncing", &outbox.path().join(&folder), &e))?;
        }
        Ok(())
    }

    /// From [`Stage::Published`] to [`Stage::Archived`], but for one that cannot be put away yet.
    fn archive(&mut self, files: &mut [Recorded]) -> Result<()> {
        for file in files.iter_mut().filter(|f| f.stage == Stage::Published) {
            step("publish.after")?;
            if self.put_away(&file.claim, &file.batch)? {
                file.stage = Stage::Archived;
            }
        }
        Ok(())
    }

    /// Logs what was answered, to be marked later.
    pub(super) fn note_answers(&mut self, answered: &[Written]) -> Result<()> {
        for batch in answered {
            self.unmarked.push(published(batch));
            log_answer(batch);
        }
        if self.unmarked.len().max(self.events_out.len()) >= GROUP_FILES {
            self.mark()?;
        }
        Ok(())
    }

    /// Marks what was published. Done when there is nothing else to do: a response does not wait for
    /// it, and a start finds out without it.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn mark(&mut self) -> Result<()> {
        let mut stopwatch = Stopwatch::start();
        step("mark.before")?;
        self.history
            .mark_published(&self.unmarked, &self.events_out)?;
        stopwatch.lap(&mut self.timings.marking);
        self.unmarked.clear();
        self.events_out.clear();
        step("mark.after")
    }
}

/// From [`Stage::Archived`] to [`Stage::Forgotten`].
fn forget(files: &[Recorded]) -> Result<()> {
    disk::side_by_side(files, |file| {
        if file.stage != Stage::Archived {
            return Ok(());
        }
        step("forget.before")?;
        file.claim.forget();
        step("forget.after")
    })
}

fn published(batch: &Written) -> Published {
    Published {
        batch_id: batch.batch_id,
        response_file: batch.response_file.clone().unwrap_or_default(),
        at: clock::now(),
    }
}

/// Says that a file was answered.
fn log_answer(batch: &Written) {
    tracing::info!(
        batch = batch.batch_id,
        endpoint = %printable(&batch.path),
        file = %printable(&batch.file_name),
        status = batch.status,
        customers = batch.customers,
        accepted = batch.accepted,
        repeated = batch.repeated,
        rejected = batch.rejected,
        ms = batch.elapsed_ms,
        "answered"
    );
    // What is wrong with a decision may name the customer, or who decided.
    if let Some(error) = batch.error.as_ref().filter(|_| batch.path != DECISIONS) {
        tracing::warn!(batch = batch.batch_id, "{}", printable(error));
    }
}
