//! One claimed file into the history: judged, its rows written, its response reserved. Nothing of it
//! is final until the group is committed. A file that cannot be judged as it is now is distinguished
//! from one that is wrong: it goes back to the inbox.
//!
//! The first file of a transaction is written while it is read, whatever its size: should it turn
//! out broken, the whole transaction is taken back. The small ones after it are read to their end
//! before their first row is written.

use std::fs::File;
use std::io;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Instant, SystemTime};

use crate::catalog::{CUSTOMER, CategoryKind, Endpoint};
use crate::clock;
use crate::disk;
use crate::evaluate::Screened;
use crate::fault;
use crate::folder::Root;
use crate::hashing::{Hashed, hash_file};
use crate::history::{Evaluated, Finish, Group, PackedChunk, Packing, Recording, Screening};
use crate::intake::{Claim, Deferral, ReservedNames, response_name};
use crate::request::{Form, InvalidKind, Note, NoteDetail, NoteKind, Tree};
use crate::response::batch_result;
use crate::trouble::{Kind, Result, Trouble};

use super::decision::{self, Decision, NotADecision};
use super::evaluating::Evaluator;
use super::judge_file::{self, FileFacts, FileJudge, JudgeError, Make, Rules, Source};
use super::lifecycle::{Recorded, Stage};
use super::progress::Progress;
use super::publish::Draft;
use super::ready::{ReadyChunk, outcome};

/// One file on its way into the history.
pub(super) struct OneFile<'e> {
    pub claim: &'e Claim,
    /// Nothing else was written in its transaction.
    pub first: bool,
    pub rules: &'e Rules,
    /// The row of the classifiers in `rules`.
    pub set_id: i64,
    pub pool: &'e rayon::ThreadPool,
    pub outbox: &'e Root,
    pub packing: &'e Arc<Packing>,
    /// Whether a file that ends too early may wait.
    pub waits: bool,
}

/// Why nothing of a file was recorded.
pub(super) enum NotRecorded {
    /// It goes back.
    Deferred(Deferral),
    /// The transaction is to be taken back: its files want one each.
    NeedsOwnTransaction,
    /// It gives way to others, and is taken up again.
    GaveWay,
    /// Something of ours failed.
    Failed(Trouble),
}

impl From<Trouble> for NotRecorded {
    fn from(e: Trouble) -> NotRecorded {
        NotRecorded::Failed(e)
    }
}

/// Whether a file may come after others in a transaction. One that cannot be examined is reported
/// when it is opened.
pub(super) fn is_small(claim: &Claim) -> bool {
    std::fs::metadata(claim.source()).is_ok_and(|m| m.len() <= judge_file::SMALL)
}

/// How a file looked before it was read.
#[derive(PartialEq, Eq)]
struct Look {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Look {
    fn at(file: &File) -> io::Result<Look> {
        let metadata = file.metadata()?;
        Ok(Look {
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

impl OneFile<'_> {
    /// Records the file. Returns it with the number of its bytes.
    pub(super) fn record(
        &self,
        group: &Group<'_>,
        names: &mut ReservedNames,
        progress: &mut dyn Progress,
    ) -> Result<(Recorded, u64), NotRecorded> {
        let started = Instant::now();
        let path = self.claim.source();
        let (file, before) = open(&path).map_err(|e| not_read("opening", &path, &e))?;
        let is_large = before.bytes > judge_file::SMALL;
        if is_large && !self.first {
            return Err(NotRecorded::NeedsOwnTransaction);
        }
        let mut work = Work {
            recording: group.file(self.claim.new_batch(), self.rules.accepts_repeats)?,
            evaluator: self.evaluator(),
            evaluates: self.claim.endpoint().is_some_and(Endpoint::evaluates),
            draft: None,
            kept: Vec::new(),
        };
        let mut judging = || self.judge(&file, &mut work, progress);
        let (judged, synced) = match is_large {
            true => while_syncing(&path, &mut judging),
            false => (judging(), Ok(())),
        };
        let judged = judged.and_then(|judged| {
            let looked = Look::at(&file).map_err(|e| Trouble::io("looking at", &path, &e))?;
            if looked != before {
                return Err(self.put_off(Deferral::Changed));
            }
            // The system reports a lost write only once: the sync before the commit would not see it.
            synced.map_err(|e| not_read("syncing", &path, &e))?;
            Ok(judged)
        });
        let (hashed, mut end) = match judged {
            Ok(judged) => judged,
            Err(NotRecorded::Failed(e)) => return Err(e.into()),
            Err(why) => {
                if self.first {
                    work.recording.undo()?;
                }
                return Err(why);
            }
        };
        end.sha256 = hashed.sha256;
        end.bytes = hashed.bytes;
        end.elapsed_ms = started.elapsed().as_millis() as u64;
        let response = response_name(self.outbox, self.claim, names);
        end.response_file = Some(response.to_string_lossy().into_owned());
        Ok((self.finish(work, end)?, hashed.bytes))
    }

    /// Reserves the response and ends the file in the history.
    fn finish(&self, work: Work<'_>, end: Finish) -> Result<Recorded> {
        let stage = match work.draft {
            Some(draft) if end.status == 200 => {
                draft.end(end.elapsed_ms)?;
                Stage::Built
            }
            _ => Stage::Committed,
        };
        self.claim.reserve_response(stage == Stage::Built)?;
        Ok(Recorded {
            claim: self.claim.clone(),
            batch: work.recording.finish(end)?,
            stage,
        })
    }

    /// What becomes of a file that is to be put off when its rows may be half written: only the first
    /// of a transaction can be taken back.
    fn put_off(&self, why: Deferral) -> NotRecorded {
        match self.first {
            true => NotRecorded::Deferred(why),
            false => NotRecorded::NeedsOwnTransaction,
        }
    }

    /// Judges the file and writes its rows.
    fn judge(
        &self,
        file: &File,
        work: &mut Work<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(Hashed, Finish), NotRecorded> {
        if self.claim.is_decision() {
            return self.decide(file, work);
        }
        let Some(endpoint) = self.claim.endpoint() else {
            let mut why = "the folder that the file was dropped in is not an endpoint".to_owned();
            if let Some(meant) = self.claim.meant() {
                why += &format!(": did you mean {meant}?");
            }
            return Ok((self.read_whole()?, failed(404, why)));
        };
        if endpoint.is_batch() {
            work.draft = Some(Draft::begin(self.claim, endpoint)?);
        }
        let mut take = |chunk| match self.first {
            true => work.write(chunk),
            false => {
                work.kept.push(chunk);
                Ok(())
            }
        };
        let path = self.claim.source();
        let judge = FileJudge {
            endpoint,
            rules: self.rules,
            pool: self.pool,
            progress,
            make: self.make_ready(endpoint),
            take: &mut take,
        };
        let judged = judge.judge(Source::File(&path));
        let facts = match judged {
            Ok(facts) => facts,
            Err(stop) => {
                let answer = self.not_judged(stop, file)?;
                work.kept.clear();
                if self.first {
                    work.recording.undo()?;
                }
                return Ok(answer);
            }
        };
        let end = self
            .judged(endpoint, work, &facts)
            .map_err(|e| match e.kind {
                // Alone it can be taken back, and answered for what it is.
                Kind::Internal if !self.first => NotRecorded::NeedsOwnTransaction,
                _ => e.into(),
            })?;
        Ok((facts.hashed, end))
    }

    /// What the threads make of a chunk. A single request is screened and evaluated there too, except for
    /// one with a match: whether that was dismissed before is for the history to say.
    fn make_ready(&self, endpoint: Endpoint) -> Make<ReadyChunk> {
        let (packing, lists) = (self.packing.clone(), self.rules.lists.clone());
        let evaluator = self.evaluator();
        Arc::new(move |judged, tree| {
            let (mut screenings, mut evaluated) = (Vec::new(), None);
            if let Some(c) = judged.customers.first()
                && !endpoint.is_batch()
                && c.findings.is_empty()
            {
                let root = tree.root(judged.payload(c), &CUSTOMER);
                screenings = lists.screen(&root, c.summary.kind == Some(CategoryKind::Lead));
                let screened = screenings.iter().map(Screening::without_hits);
                if endpoint.evaluates()
                    && c.summary.is_evaluated()
                    && let Some(screened) = screened.collect::<Option<Vec<_>>>()
                {
                    evaluated = Some(evaluator.of(root, &screened));
                }
            }
            let mut ready = ReadyChunk::of(judged, endpoint, &packing);
            ready.packed.screenings = screenings;
            ready.packed.evaluated = evaluated;
            ready
        })
    }

    fn evaluator(&self) -> Evaluator {
        Evaluator {
            matrices: self.rules.matrices.clone(),
            classifiers: self.rules.classifiers.clone(),
            day: clock::day(&self.claim.received_at).to_owned(),
        }
    }

    /// Records the decision that the file is.
    fn decide(&self, file: &File, work: &mut Work<'_>) -> Result<(Hashed, Finish), NotRecorded> {
        let decided = match decision::read(file, &self.rules.classifiers) {
            Ok(Decision::Evaluation(decision)) => {
                work.recording.decide(&decision)?.map_err(|e| e.to_string())
            }
            Ok(Decision::Screening(decision)) => {
                match work.recording.decide_screening(&decision)? {
                    Ok(assessment) => {
                        work.evaluate_again(assessment)?;
                        Ok(())
                    }
                    Err(e) => Err(e.to_string()),
                }
            }
            Err(NotADecision::Incomplete) if self.waits && !self.claim.overdue => {
                return Err(self.put_off(Deferral::Incomplete));
            }
            Err(why) => Err(why.to_string()),
        };
        let (status, error) = match decided {
            Ok(()) => (200, None),
            Err(why) => (400, Some(why)),
        };
        let end = Finish {
            status,
            error,
            set_id: Some(self.set_id),
            ..Finish::default()
        };
        Ok((self.read_whole()?, end))
    }

    /// The length and hash of a file that was not judged to its end.
    fn read_whole(&self) -> Result<Hashed, NotRecorded> {
        let path = self.claim.source();
        hash_file(&path).map_err(|e| match disk::concerns_all(&e) {
            true => Trouble::io("reading", &path, &e).into(),
            false => self.put_off(Deferral::Broken),
        })
    }

    fn defect(&self, place: &str) -> Result<(Hashed, Finish), NotRecorded> {
        let error = format!("a defect in kycdrop at {place}: please report it");
        tracing::error!("{error}");
        Ok((self.read_whole()?, failed(500, error)))
    }

    /// What a file is answered that was not judged to its end.
    fn not_judged(&self, stop: JudgeError, file: &File) -> Result<(Hashed, Finish), NotRecorded> {
        Ok(match stop {
            JudgeError::Unreadable(e) => {
                tracing::debug!("{e}");
                return Err(NotRecorded::Deferred(Deferral::Broken));
            }
            JudgeError::GaveWay => return Err(NotRecorded::GaveWay),
            JudgeError::Trouble(e) if e.kind != Kind::Internal => return Err(e.into()),
            JudgeError::Invalid(fault) => {
                let may_grow = self.waits && !self.claim.overdue;
                if may_grow && fault.kind == InvalidKind::EndsEarly {
                    return Err(NotRecorded::Deferred(Deferral::Incomplete));
                }
                let place = judge_file::place_in(&self.claim.source(), fault.offset);
                let error = format!("{place}: {fault}");
                (self.read_whole()?, failed(400, error))
            }
            JudgeError::TooMuch(message) => {
                // One that is too large is not read for its hash either.
                let bytes = file.metadata().map_or(0, |m| m.len());
                let hashed = if bytes > self.rules.max_file_bytes {
                    Hashed {
                        bytes,
                        ..Hashed::default()
                    }
                } else {
                    self.read_whole()?
                };
                (hashed, failed(400, message))
            }
            JudgeError::Defect(place) => self.defect(&place)?,
            JudgeError::Trouble(e) => {
                tracing::error!("{e}");
                self.defect("the writing of the history")?
            }
        })
    }

    fn judged(&self, endpoint: Endpoint, work: &mut Work<'_>, facts: &FileFacts) -> Result<Finish> {
        for key in &facts.other_keys {
            let note = Note {
                kind: NoteKind::UnknownField,
                path: key.clone(),
                about: NoteDetail::Text("the request itself has only customers"),
            };
            work.recording.warn(&note);
        }
        for chunk in std::mem::take(&mut work.kept) {
            work.write(chunk)?;
        }
        // A batch answers for each customer; a rejected single one is a 400.
        let rejected = !endpoint.is_batch() && work.recording.rejected() > 0;
        let is_batch = rejected && work.recording.has_unknown_field("customers");
        Ok(Finish {
            status: if rejected { 400 } else { 200 },
            error: is_batch.then(|| Form::Batch.to_string()),
            set_id: Some(self.set_id),
            ..Finish::default()
        })
    }
}

/// Opens a file that was taken, and keeps others from reading it from now on.
fn open(path: &Path) -> io::Result<(File, Look)> {
    fault::point("source.open")?;
    let file = disk::open_regular(path)?;
    disk::narrow(&file, &file.metadata()?);
    let look = Look::at(&file)?;
    Ok((file, look))
}

/// What comes of a file that gave this error.
fn not_read(doing: &str, path: &Path, e: &io::Error) -> NotRecorded {
    match Deferral::of_read(e) {
        Some(why) => NotRecorded::Deferred(why),
        None => Trouble::io(doing, path, e).into(),
    }
}

/// Does this while a file is made durable beside it. What somebody has just dropped may not have
/// reached the disk yet, and with a large file that takes as long as a good part of its judging.
fn while_syncing<T>(path: &Path, work: impl FnOnce() -> T) -> (T, io::Result<()>) {
    thread::scope(|scope| {
        let sync = || disk::sync_dropped(path);
        let syncing = thread::Builder::new().spawn_scoped(scope, sync);
        let done = work();
        let synced = match syncing {
            Ok(syncing) => syncing.join().unwrap_or_else(|panic| resume_unwind(panic)),
            // The system gives no thread.
            Err(_) => sync(),
        };
        (done, synced)
    })
}

/// What a file has become so far.
struct Work<'g> {
    recording: Recording<'g>,
    evaluator: Evaluator,
    /// Whether its endpoint evaluates.
    evaluates: bool,
    /// The response of a batch, written along with its rows.
    draft: Option<Draft>,
    /// What is judged, and not written before the whole file is.
    kept: Vec<ReadyChunk>,
}

impl Work<'_> {
    /// The evaluation of the customer of a single request that asks for one and has a match, which is none
    /// if it was dismissed before.
    fn evaluated(&self, packed: &PackedChunk) -> Result<Option<Evaluated>> {
        let judged = &packed.judged;
        let Some(customer) = judged.customers.first() else {
            return Ok(None);
        };
        if !customer.summary.is_evaluated() || !customer.findings.is_empty() {
            return Ok(None);
        }
        let screened = self.recording.outcomes(&packed.screenings)?;
        Ok(self.of_text(judged.payload(customer), &screened))
    }

    fn of_text(&self, text: &str, screened: &[Screened]) -> Option<Evaluated> {
        let mut tree = Tree::new();
        // It was read before.
        tree.read(text, &CUSTOMER).ok()?;
        Some(self.evaluator.of(tree.root(text, &CUSTOMER), screened))
    }

    /// Evaluates an open request again, since its screening has been decided.
    fn evaluate_again(&mut self, assessment: i64) -> Result<()> {
        let Some((standing, screened)) = self.recording.open_request(assessment)? else {
            return Ok(());
        };
        match self.of_text(&standing.text, &screened) {
            Some(evaluated) if evaluated.rating.is_ok() => {
                self.recording.evaluate_again(&standing, &evaluated)
            }
            _ => Ok(()),
        }
    }

    fn write(&mut self, chunk: ReadyChunk) -> Result<()> {
        let ReadyChunk {
            mut packed,
            results,
        } = chunk;
        if self.evaluates && packed.evaluated.is_none() {
            packed.evaluated = self.evaluated(&packed)?;
        }
        let changed = self.recording.chunk(&mut packed)?;
        let Some(draft) = &mut self.draft else {
            return Ok(());
        };
        let mut changed = changed.into_iter().peekable();
        for (i, customer) in packed.judged.customers.iter().enumerate() {
            if changed.next_if_eq(&i).is_none() {
                draft.result(results.get(i))?;
                continue;
            }
            let mut json = Vec::new();
            batch_result(&mut json, &outcome(customer, &packed.judged.texts));
            draft.result(&json)?;
        }
        Ok(())
    }
}

fn failed(status: u16, error: impl Into<String>) -> Finish {
    Finish {
        status,
        error: Some(error.into()),
        ..Finish::default()
    }
}
