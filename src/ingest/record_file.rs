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

use crate::catalog::Endpoint;
use crate::disk;
use crate::fault;
use crate::folder::Root;
use crate::history::{Finish, Group, Packing, Recording, Told, Written};
use crate::intake::{Claim, Hold, ReservedNames, response_name};
use crate::request::{InvalidKind, Note, NoteDetail, NoteKind};
use crate::trouble::{Kind, Result, Trouble};

use super::judge_file::{self, FileFacts, FileHash, JudgeError, Rules, Source, each_chunk};
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

/// What came of a file.
pub(super) enum Recorded {
    /// Its batch, and how many bytes were judged.
    Written(Box<NewlyWritten>, u64),
    /// Nothing: it goes back.
    NotYet(NotYet),
    /// Nothing, and the transaction is to be taken back: its files want one each.
    Alone,
    /// Nothing: it gives way to others, and is taken up again.
    GaveWay,
}

/// A file that is in the history once its group is committed.
pub(super) struct NewlyWritten {
    pub batch: Written,
    /// Whether its response lies in the claim's folder, written to its end.
    pub answered: bool,
}

/// Whether a file may come after others in a transaction. One that cannot be examined is reported
/// when it is opened.
pub(super) fn is_small(claim: &Claim) -> bool {
    std::fs::metadata(claim.source()).is_ok_and(|m| m.len() <= judge_file::SMALL)
}

/// Why a file is not answered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotYet {
    /// Somebody wrote to it while it was read: it is taken again as soon as it does not change.
    Changed,
    /// It is held in the inbox.
    Held(Hold),
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
    pub(super) fn record(
        &self,
        group: &Group<'_>,
        names: &mut ReservedNames,
        progress: &mut dyn Progress,
    ) -> Result<Recorded> {
        let started = Instant::now();
        let path = self.claim.source();
        let (file, before) = match open(&path) {
            Ok(opened) => opened,
            Err(e) => return not_read(&e).ok_or_else(|| Trouble::io("opening", &path, &e)),
        };
        if !self.first && before.bytes > judge_file::SMALL {
            return Ok(Recorded::Alone);
        }

        let mut work = Work {
            recording: group.file(self.claim.new_batch())?,
            hash: FileHash::new(&path),
            draft: None,
            kept: Vec::new(),
        };
        let mut judging = || match self.claim.endpoint() {
            None => {
                let why = "the folder that the file was dropped in is not an endpoint";
                (work.hash.read_whole()).map(|facts| Ok((facts, failed(404, why))))
            }
            Some(endpoint) => self.judge(endpoint, &file, &mut work, progress),
        };
        let (ended, synced) = match before.bytes > judge_file::SMALL {
            true => while_syncing(&path, &mut judging),
            false => (judging(), Ok(())),
        };
        let ended = match ended {
            // Its rows may be half written by then; alone they are taken back.
            Err(_) if work.hash.unreadable && !self.first => return Ok(Recorded::Alone),
            Err(_) if work.hash.unreadable => Err(broken()),
            ended => ended?,
        };
        let looked = Look::at(&file).map_err(|e| Trouble::io("looking at", &path, &e))?;
        let changed = looked != before;
        let (facts, mut end) = match ended {
            Ok(ended) if !changed => ended,
            Ok(_) if !self.first => return Ok(Recorded::Alone),
            ended => {
                if self.first {
                    work.recording.undo()?;
                }
                let changed = Recorded::NotYet(NotYet::Changed);
                return Ok(ended.err().unwrap_or(changed));
            }
        };
        // The system reports a lost write only once: the sync before the commit would not see it.
        if let Err(e) = synced {
            work.recording.undo()?;
            return not_read(&e).ok_or_else(|| Trouble::io("syncing", &path, &e));
        }
        end.sha256 = facts.sha256;
        end.bytes = facts.bytes;
        end.elapsed_ms = started.elapsed().as_millis() as u64;
        let response = response_name(self.outbox, self.claim, names);
        end.response_file = Some(response.to_string_lossy().into_owned());
        let answered = match work.draft.take() {
            Some(draft) if end.status == 200 => {
                draft.end(end.elapsed_ms)?;
                true
            }
            _ => false,
        };
        self.claim.reserve_response(answered)?;
        let batch = work.recording.finish(end)?;
        let newly = NewlyWritten { batch, answered };
        Ok(Recorded::Written(Box::new(newly), facts.bytes))
    }

    /// Judges the file at an endpoint. The inner error: it cannot be answered now.
    fn judge(
        &self,
        endpoint: Endpoint,
        file: &File,
        work: &mut Work<'_>,
        progress: &mut dyn Progress,
    ) -> Result<std::result::Result<(FileFacts, Finish), Recorded>> {
        let path = self.claim.source();
        if endpoint.is_batch() {
            work.draft = Some(Draft::begin(self.claim)?);
        }
        let take = |chunk| match self.first {
            true => work.write(chunk),
            false => {
                work.kept.push(chunk);
                Ok(())
            }
        };
        let packing = self.packing.clone();
        let make = Arc::new(move |judged| ReadyChunk::of(judged, endpoint, &packing));
        let source = Source::File(&path);
        let (rules, pool) = (self.rules, self.pool);
        let judged = each_chunk(source, endpoint, rules, pool, progress, make, take);
        let stop = match judged {
            Ok(facts) => match self.judged(endpoint, work, &facts) {
                // Alone it can be taken back, and answered for what it is.
                Err(e) if e.kind == Kind::Internal && !self.first => {
                    return Ok(Err(Recorded::Alone));
                }
                end => {
                    let end = end?;
                    return Ok(match work.hash.agrees(&facts) {
                        true => Ok((facts, end)),
                        false if self.first => Err(Recorded::NotYet(NotYet::Changed)),
                        false => Err(Recorded::Alone),
                    });
                }
            },
            Err(stop) => stop,
        };
        let (facts, end) = match stop {
            JudgeError::Unreadable(e) => {
                tracing::debug!("{e}");
                return Ok(Err(broken()));
            }
            JudgeError::GaveWay => return Ok(Err(Recorded::GaveWay)),
            JudgeError::Trouble(e) if e.kind != Kind::Internal => return Err(e),
            JudgeError::Invalid(fault) => {
                let may_grow = self.waits && !self.claim.overdue;
                if may_grow && fault.kind == InvalidKind::EndsEarly {
                    return Ok(Err(Recorded::NotYet(NotYet::Held(Hold::Incomplete))));
                }
                let place = judge_file::place_in(&path, fault.offset);
                let error = format!("{place}: {}", fault.message);
                (work.hash.read_whole()?, failed(400, error))
            }
            JudgeError::TooMuch(message) => {
                // One that is too large is not read for its hash either.
                let bytes = file.metadata().map_or(0, |m| m.len());
                let facts = if bytes > self.rules.max_file_bytes {
                    FileFacts {
                        bytes,
                        ..FileFacts::default()
                    }
                } else {
                    work.hash.read_whole()?
                };
                (facts, failed(400, message))
            }
            JudgeError::Defect(place) => defect(work, &place)?,
            JudgeError::Trouble(e) => {
                tracing::error!("{e}");
                defect(work, "the writing of the history")?
            }
        };
        work.kept.clear();
        if self.first {
            work.recording.undo()?;
        }
        Ok(Ok((facts, end)))
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
        Ok(Finish {
            status: if rejected { 400 } else { 200 },
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

/// What comes of a file that gave this error; None for one that any file would meet.
fn not_read(e: &io::Error) -> Option<Recorded> {
    Hold::of_read(e).map(|why| Recorded::NotYet(NotYet::Held(why)))
}

fn broken() -> Recorded {
    Recorded::NotYet(NotYet::Held(Hold::Broken))
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
    hash: FileHash,
    /// The response of a batch, written along with its rows.
    draft: Option<Draft>,
    /// What is judged, and not written before the whole file is.
    kept: Vec<ReadyChunk>,
}

impl Work<'_> {
    fn write(&mut self, chunk: ReadyChunk) -> Result<()> {
        let ReadyChunk { packed, results } = chunk;
        let draft = &mut self.draft;
        let mut add_result = |recorded: Told<'_>| match draft {
            None => Ok(()),
            Some(draft) if recorded.changed => draft.made(&outcome(
                recorded.customer,
                recorded.facts,
                &recorded.customer.findings,
            )),
            Some(draft) => draft.result(results.get(recorded.i)),
        };
        self.recording
            .chunk(packed, &mut self.hash, &mut add_result)
    }
}

fn defect(work: &mut Work<'_>, place: &str) -> Result<(FileFacts, Finish)> {
    let error = format!("a defect in kycdrop at {place}: please report it");
    tracing::error!("{error}");
    Ok((work.hash.read_whole()?, failed(500, error)))
}

fn failed(status: u16, error: impl Into<String>) -> Finish {
    Finish {
        status,
        error: Some(error.into()),
        ..Finish::default()
    }
}
