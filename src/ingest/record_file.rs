//! One claimed file into the history: judged, its rows written, its response reserved. Nothing of it
//! is final until the group is committed. A file that cannot be judged as it is now is told apart
//! from one that is wrong: it goes back to the inbox.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Instant, SystemTime};

use crate::catalog::Endpoint;
use crate::config::Home;
use crate::disk;
use crate::history::{Finish, Group, Recording, Written};
use crate::intake::{Claim, NameBook, response_name};
use crate::request::{EMPTY, Note, NoteKind, TRUNCATED};
use crate::trouble::{Kind, Result, Trouble};

use super::judge_file::{self, FileFacts, FileHash, Rules, Source, Stop, each_chunk};
use super::progress::Progress;

/// One file on its way into the history.
pub(super) struct OneFile<'e> {
    pub claim: &'e Claim,
    pub rules: &'e Rules,
    pub pool: &'e rayon::ThreadPool,
    pub home: &'e Home,
    /// Whether a file that ends too early may wait.
    pub waits: bool,
}

/// What came of a file.
pub(super) enum Recorded {
    /// Its batch, and how many bytes were judged.
    Written(Box<Written>, u64),
    /// Nothing: it goes back.
    NotYet(NotYet),
}

/// Why a file is not answered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotYet {
    /// It ends before its request does.
    Incomplete,
    /// Somebody wrote to it while it was read.
    Changed,
    /// It may not be read, or is no regular file with one name.
    Refused,
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
    pub fn record(
        &self,
        group: &Group<'_>,
        names: &mut NameBook,
        progress: &mut dyn Progress,
    ) -> Result<Recorded> {
        let started = Instant::now();
        let path = self.claim.source();
        let wrong = |e: io::Error| Trouble::io("opening", &path, &e);
        let file = match disk::open_regular(&path) {
            Ok(file) => file,
            Err(e) if disk::is_not_ours(&e) || e.kind() == io::ErrorKind::PermissionDenied => {
                return Ok(Recorded::NotYet(NotYet::Refused));
            }
            Err(e) => return Err(wrong(e)),
        };
        disk::narrow(&file, &file.metadata().map_err(wrong)?);
        let before = Look::at(&file).map_err(wrong)?;

        let mut recording = group.file(self.claim.new_batch())?;
        let mut hash = FileHash::new(&path);
        let ended = match self.claim.endpoint() {
            None => Ok((
                hash.read_whole()?,
                failed(
                    404,
                    "the folder that the file was dropped in is no endpoint",
                ),
            )),
            Some(endpoint) => self.judge(endpoint, &file, &mut recording, &mut hash, progress)?,
        };
        let changed = Look::at(&file).map_err(wrong)? != before;
        let (facts, mut end) = match ended {
            Ok(ended) if !changed => ended,
            Ok(_) => {
                recording.abandon()?;
                return Ok(Recorded::NotYet(NotYet::Changed));
            }
            Err(why) => {
                recording.abandon()?;
                return Ok(Recorded::NotYet(why));
            }
        };
        end.sha256 = facts.sha256;
        end.bytes = facts.bytes;
        end.elapsed_ms = started.elapsed().as_millis() as u64;
        let response = response_name(&self.home.outbox(), self.claim, names);
        end.response_file = Some(response.to_string_lossy().into_owned());
        self.claim.reserve_response()?;
        let written = recording.finish(end)?;
        Ok(Recorded::Written(Box::new(written), facts.bytes))
    }

    /// Judges the file at an endpoint. The inner error: it goes back.
    fn judge(
        &self,
        endpoint: Endpoint,
        file: &File,
        recording: &mut Recording<'_>,
        hash: &mut FileHash,
        progress: &mut dyn Progress,
    ) -> Result<std::result::Result<(FileFacts, Finish), NotYet>> {
        let path = self.claim.source();
        let take = |chunk| recording.chunk(chunk, hash);
        let source = Source::File(&path);
        let stop = match each_chunk(source, endpoint, self.rules, self.pool, progress, take) {
            Ok(facts) => {
                if !hash.agrees(&facts) {
                    return Ok(Err(NotYet::Changed));
                }
                let end = self.judged(endpoint, recording, &facts)?;
                return Ok(Ok((facts, end)));
            }
            Err(stop) => stop,
        };
        let (facts, end) = match stop {
            Stop::Trouble(e) if e.kind != Kind::Internal => return Err(e),
            Stop::NotARequest { offset, message } => {
                let may_grow = self.waits && !self.claim.overdue;
                if may_grow && (is_cut_short(&message) || is_hole(file, offset)) {
                    return Ok(Err(NotYet::Incomplete));
                }
                recording.undo()?;
                let place = judge_file::place_in(&path, offset);
                (
                    hash.read_whole()?,
                    failed(400, format!("{place}: {message}")),
                )
            }
            Stop::TooMuch(message) => {
                recording.undo()?;
                // One that is too large is not read for its hash either.
                let bytes = file.metadata().map_or(0, |m| m.len());
                let facts = if bytes > self.rules.max_file_bytes {
                    FileFacts {
                        bytes,
                        ..FileFacts::default()
                    }
                } else {
                    hash.read_whole()?
                };
                (facts, failed(400, message))
            }
            Stop::Defect(place) => self.defect(recording, hash, &place)?,
            Stop::Trouble(e) => {
                tracing::error!("{e}");
                self.defect(recording, hash, "the writing of the history")?
            }
        };
        Ok(Ok((facts, end)))
    }

    fn judged(
        &self,
        endpoint: Endpoint,
        recording: &mut Recording<'_>,
        facts: &FileFacts,
    ) -> Result<Finish> {
        for key in &facts.other_keys {
            let note = Note {
                kind: NoteKind::UnknownField,
                path: key.clone(),
                detail: "the request itself has only customers".into(),
            };
            recording.warn(None, &note)?;
        }
        // A batch answers for each customer; a rejected single one is a 400.
        let rejected = !endpoint.is_batch() && recording.rejected() > 0;
        Ok(Finish {
            status: if rejected { 400 } else { 200 },
            set_id: Some(self.rules.classifiers.id()),
            ..Finish::default()
        })
    }

    fn defect(
        &self,
        recording: &mut Recording<'_>,
        hash: &mut FileHash,
        place: &str,
    ) -> Result<(FileFacts, Finish)> {
        recording.undo()?;
        let error = format!("a defect of kycdrop, at {place}: please report it");
        tracing::error!("{error}");
        Ok((hash.read_whole()?, failed(500, error)))
    }
}

/// Whether this is what is said of a file that may still grow.
fn is_cut_short(message: &str) -> bool {
    message == TRUNCATED || message == EMPTY
}

/// Whether a file goes on with NUL where it stopped being a request: some writers set the size
/// first, and the content comes later.
fn is_hole(mut file: &File, offset: u64) -> bool {
    let mut byte = [1];
    file.seek(SeekFrom::Start(offset)).is_ok() && file.read_exact(&mut byte).is_ok() && byte == [0]
}

fn failed(status: u16, error: impl Into<String>) -> Finish {
    Finish {
        status,
        error: Some(error.into()),
        ..Finish::default()
    }
}
