//! From the committed rows to a response in the outbox: built beside its place, synced, renamed,
//! the folder synced. It can be built again, byte for byte, for as long as the rows are there.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::catalog::{DECISIONS, Endpoint};
use crate::clock;
use crate::disk;
use crate::fault;
use crate::folder::{Gives, Root};
use crate::history::{History, Written};
use crate::intake::{Claim, ReservedNames, make_beside, response_name};
use crate::regular_file;
use crate::response::{self, Body, Outcome};
use crate::trouble::{Result, Trouble, WriteError};

use super::worklist;

/// Writes the body of a batch's response, from the rows of the history.
///
/// # Errors
/// When the history cannot be read, or `out` not written.
pub fn write_body<W: Write>(
    history: &History,
    batch: &Written,
    mut out: W,
) -> Result<(), WriteError> {
    if batch.path == DECISIONS {
        let body = response::decision_answer(batch.error.as_deref());
        return Ok(out.write_all(body.as_bytes())?);
    }
    let is_judged = batch.status == 200 || (batch.status == 400 && batch.customers > 0);
    let Some(endpoint) = Endpoint::from_name(&batch.path).filter(|_| is_judged) else {
        let timestamp = clock::api_form(&batch.received_at);
        let body = response::refusal(batch.status, &batch.path, &timestamp, batch.elapsed_ms);
        return Ok(out.write_all(body.as_bytes())?);
    };
    let mut body = Body::begin(endpoint, out)?;
    history.outcomes(batch.batch_id, |row| {
        let outcome = Outcome {
            communication_number: row.communication_number,
            customer_ext_id: row.customer_ext_id,
            business_unit: row.business_unit,
            error: row.error,
            elapsed_ms: row.elapsed_ms,
        };
        body.customer(&outcome, || -> Result<_, WriteError> {
            Ok(history.descriptions(batch.batch_id, row.position)?)
        })
    })?;
    body.end(batch.elapsed_ms)?;
    Ok(())
}

const BUFFER: usize = 64 << 10;

/// The response of a batch in the claim's folder, written while the batch is: the same bytes that
/// [`build`] makes of the rows. It must be durable before it is put out.
pub(super) struct Draft {
    body: Body<BufWriter<File>>,
    path: PathBuf,
}

impl Draft {
    pub(super) fn begin(claim: &Claim, endpoint: Endpoint) -> Result<Draft> {
        let path = claim.response();
        let begin = || {
            let out = BufWriter::with_capacity(BUFFER, regular_file::create(&path)?);
            Body::begin(endpoint, out)
        };
        let body = begin().map_err(|e| Trouble::io("making", &path, &e))?;
        Ok(Draft { body, path })
    }

    /// Adds the next result, in its JSON.
    pub(super) fn result(&mut self, json: &[u8]) -> Result<()> {
        let written = self.body.result(json);
        written.map_err(|e| Trouble::io("writing", &self.path, &e))
    }

    pub(super) fn end(self, elapsed_ms: u64) -> Result<()> {
        let Draft { body, path } = self;
        let end = || -> io::Result<()> {
            let mut out = body.end(elapsed_ms)?;
            fault::point("response.building")?;
            out.flush()?;
            fault::point("response.built")
        };
        end().map_err(|e| Trouble::io("writing", &path, &e))
    }
}

/// Builds the response in the claim's folder from the rows. It must be durable before it is put out.
pub(super) fn build(history: &History, claim: &Claim, batch: &Written) -> Result<()> {
    let path = claim.response();
    let write = || -> Result<(), WriteError> {
        let mut out = BufWriter::with_capacity(BUFFER, regular_file::create(&path)?);
        write_body(history, batch, &mut out)?;
        fault::point("response.building")?;
        out.flush()?;
        fault::point("response.built")?;
        Ok(())
    };
    write().map_err(|e| e.at(&path))
}

/// Whether the response lies in the outbox already, though it lies in the claim's folder too: after a
/// power cut some file systems have a file under its old name and its new one. Then it must neither
/// be built again, which would cut short what is read, nor be put out under a second name.
pub(super) fn is_out(history: &History, outbox: &Root, batch: &Written) -> Result<bool> {
    let path = Path::new(batch.response_file.as_deref().unwrap_or_default());
    let (Some(way), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(false);
    };
    let folder = outbox.open().and_then(|outbox| outbox.below(way));
    let Ok(file) = folder.and_then(|folder| folder.open_any_regular(name)) else {
        return Ok(false);
    };
    let mut same = Same(BufReader::with_capacity(BUFFER, file));
    match write_body(history, batch, &mut same) {
        Ok(()) => Ok(same.0.fill_buf().is_ok_and(<[u8]>::is_empty)),
        Err(WriteError::Trouble(e)) => Err(e),
        Err(WriteError::Io(_)) => Ok(false),
    }
}

/// Fails on bytes that differ from what follows in the file.
struct Same<R>(R);

impl<R: Read> Write for Same<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; bytes.len()];
        self.0.read_exact(&mut there)?;
        match there == bytes {
            true => Ok(bytes.len()),
            false => Err(io::Error::from(io::ErrorKind::InvalidData)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Moves a durable response into the outbox, after its worklist, under the name that the history has for it; its folder
/// is to be synced after that. Where somebody took that name meanwhile, or that of a folder on the
/// way, another is noted in the history first. Returns where it is, below the outbox; the inner error
/// is that of this answer's folder alone.
///
/// # Errors
/// When no answer can be put out, or the history cannot be written.
pub(super) fn put_out(
    history: &mut History,
    outbox: &Root,
    claim: &Claim,
    batch: &Written,
) -> Result<io::Result<PathBuf>> {
    let answer_folder = claim.answer_folder();
    let to_error =
        |e: io::Error| Trouble::io("publishing to", &outbox.path().join(&answer_folder), &e);
    let root = outbox.open().map_err(to_error)?;
    let its_own = |e: io::Error| match disk::concerns_all(&e) || root.gives() == Gives::Nothing {
        true => Err(to_error(e)),
        false => Ok(Err(e)),
    };
    let opened = make_beside(&root, &answer_folder).and_then(|to| Ok((claim.open()?, to)));
    let (from, (folder, way)) = match opened {
        Ok(opened) => opened,
        Err(e) => return its_own(e),
    };
    let mut noted = batch.response_file.clone().unwrap_or_default();
    let mut name = PathBuf::from(&noted);
    let mut names = ReservedNames::default();
    let is_taken = name.file_name().map_or(Ok(false), |file| folder.has(file));
    let is_there = match from.has(OsStr::new("response")) {
        Ok(true) if is_taken.unwrap_or(false) => {
            name = response_name(outbox, claim, &mut names);
            true
        }
        Ok(is_there) => is_there,
        Err(e) => return its_own(e),
    };
    let file = name.file_name().unwrap_or_default();
    if let Err(e) = worklist::put_out(&from, &folder, file, batch.batch_id) {
        return its_own(e);
    }
    if !is_there {
        return Ok(Ok(name));
    }
    loop {
        let file = name.file_name().unwrap_or_default();
        let answer = way.join(file);
        if noted != answer.to_string_lossy() {
            noted = answer.to_string_lossy().into_owned();
            history.rename_response(batch.batch_id, &noted)?;
        }
        let moved = fault::point("publish.before")
            .and_then(|()| from.rename_new(OsStr::new("response"), &folder, file));
        match moved {
            Ok(()) => {
                fault::point("publish.renamed").map_err(to_error)?;
                return Ok(Ok(answer));
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                name = response_name(outbox, claim, &mut names);
            }
            Err(e) => return its_own(e),
        }
    }
}
