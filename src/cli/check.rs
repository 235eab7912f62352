//! `check`: validate a file without saving or moving anything.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::catalog::Endpoint;
use crate::clock;
use crate::config::{Config, Home};
use crate::history::{self, History, HistoryRules};
use crate::ingest::{
    FileJudge, JudgeError, Rules, Silent, Source, outcome, position_in, thread_pool, to_check_with,
};
use crate::position::Position;
use crate::request::{Form, Note, NoteKind};
use crate::response::{self, Body};
use crate::trouble::{Kind, Result, Trouble};
use crate::validate::JudgedChunk;

use crate::talk::{note, say};

/// The most bytes that are taken from a pipe.
const MAX_PIPED_BYTES: u64 = 1 << 30;

/// Arguments of `check`.
#[derive(clap::Args)]
#[command(after_help = "\
The history is checked too: the answer is the one that dropping the file would get now.
Exit codes: 0 all accepted, 1 something was rejected, 65 the file is not a request.")]
pub(super) struct Args {
    /// The file; - reads stdin
    pub(super) file: PathBuf,

    /// The endpoint to validate for
    #[arg(long, default_value = "batch-customers", value_parser = super::endpoint)]
    endpoint: Endpoint,
}

/// Validates the file.
pub(super) fn check(home: Home, args: &Args) -> Result<u8> {
    let config = super::config_of(&home)?;
    let existing = super::history_if_any(&home)?;
    let set = to_check_with(&home, &config, existing.as_ref())?;
    let rules = Rules::new(set, &config);
    let empty;
    let history_rules = match &existing {
        Some(conn) => history::trial_on(conn, args.endpoint)?,
        None => {
            empty = History::in_memory()?;
            empty.trial(args.endpoint)?
        }
    };
    let input = Input::of(&args.file)?;
    let source = match &input {
        Input::Bytes(read) => Source::Bytes(read),
        Input::File(path) => Source::File(path),
    };
    Judging {
        endpoint: args.endpoint,
        history_rules: history_rules.accepting_repeats(rules.accepts_repeats),
        started: Instant::now(),
        accepted: 0,
        rejected: 0,
        is_batch: false,
    }
    .go(source, &rules, &config)
}

struct Judging<'c> {
    endpoint: Endpoint,
    history_rules: HistoryRules<'c>,
    started: Instant,
    accepted: u64,
    rejected: u64,
    /// A batch was given where one customer is wanted, and was rejected as such.
    is_batch: bool,
}

impl Judging<'_> {
    fn go(mut self, source: Source<'_>, rules: &Rules, config: &Config) -> Result<u8> {
        let pool = thread_pool(config.threads)?;
        // A body is whole or not at all, and that is not known before the last byte: it is kept in
        // memory, which for a check by hand does no harm.
        let mut text = Vec::new();
        let endpoint = self.endpoint;
        let mut body = Body::begin(endpoint, &mut text).map_err(to_memory)?;
        let judge = FileJudge {
            endpoint,
            rules,
            pool: &pool,
            progress: &mut Silent,
            make: Arc::new(|chunk| chunk),
            take: &mut |chunk| self.chunk(chunk, &mut body),
        };
        let judged = judge.judge(source);
        let elapsed = self.started.elapsed().as_millis() as u64;
        body.end(elapsed).map_err(to_memory)?;
        let (text, code) = match judged {
            Ok(_) => {
                if self.is_batch {
                    say!("{}", Form::Batch);
                }
                (text, u8::from(self.rejected > 0))
            }
            Err(JudgeError::Trouble(e) | JudgeError::Unreadable(e)) => return Err(e),
            Err(JudgeError::GaveWay) => unreachable!("nobody else waits for a check"),
            Err(JudgeError::Defect(place)) => {
                return Err(Trouble::new(
                    Kind::Internal,
                    format!("a defect in kycdrop at {place}"),
                    "please report it",
                ));
            }
            Err(JudgeError::TooMuch(message)) => {
                say!("{message}");
                no_request(endpoint)
            }
            Err(JudgeError::Invalid(fault)) => {
                let message = fault.to_string();
                let message = crate::text::printable(&message);
                match position(source, fault.offset) {
                    Some(position) => say!("not a request: {position}: {message}"),
                    None => say!("not a request: byte {}: {message}", fault.offset),
                }
                no_request(endpoint)
            }
        };
        super::stdout_result(super::output::write_safely(&String::from_utf8_lossy(&text)))?;
        if code != Kind::Input as u8 {
            note!("{} accepted, {} rejected", self.accepted, self.rejected);
        }
        Ok(code)
    }

    fn chunk(&mut self, mut chunk: JudgedChunk, body: &mut Body<&mut Vec<u8>>) -> Result<()> {
        for mut customer in std::mem::take(&mut chunk.customers) {
            let text = chunk.payload(&customer);
            self.history_rules
                .decide(&mut customer, &chunk.texts, text)?;
            match customer.findings.is_empty() {
                true => self.accepted += 1,
                false => {
                    self.rejected += 1;
                    let is_list =
                        |n: &Note| n.kind == NoteKind::UnknownField && n.path == "customers";
                    self.is_batch |=
                        !self.endpoint.is_batch() && customer.notes.iter().any(is_list);
                }
            }
            let descriptions = || {
                let all = customer.findings.iter();
                Ok(all.map(|f| f.description.clone()).collect())
            };
            body.customer(&outcome(&customer, &chunk.texts), descriptions)
                .map_err(to_memory)?;
        }
        Ok(())
    }
}

/// The answer to a file that is not a request, and the exit code.
fn no_request(endpoint: Endpoint) -> (Vec<u8>, u8) {
    let now = clock::api_form(&clock::now());
    let body = response::refusal(400, endpoint.name(), &now, 0);
    (body.into_bytes(), Kind::Input as u8)
}

/// What is checked.
enum Input {
    /// What came through a pipe, which cannot be read twice.
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Input {
    /// What was named by hand and cannot be read is wrong input, and no failure of the disk. A pipe
    /// that is open already is read; one in a folder would wait for whoever writes to it.
    fn of(file: &Path) -> Result<Input> {
        if file == Path::new("-") {
            return Ok(Input::Bytes(read_pipe(std::io::stdin().lock(), file)?));
        }
        // `check <(unpack batch.json.gz)` gives such a name.
        let of_process = ["/dev/stdin", "/dev/fd", "/proc/self/fd"];
        if of_process.iter().any(|place| file.starts_with(place))
            && let Some(pipe) = open_pipe(file).map_err(|e| cannot_read(file, &e))?
        {
            return Ok(Input::Bytes(read_pipe(pipe, file)?));
        }
        let path = file.canonicalize().map_err(|e| cannot_read(file, &e))?;
        crate::disk::open_regular(&path).map_err(|e| cannot_read(file, &e))?;
        Ok(Input::File(path))
    }
}

fn cannot_read(file: &Path, e: &std::io::Error) -> Trouble {
    match e.kind() {
        std::io::ErrorKind::PermissionDenied => Trouble::io("opening", file, e),
        _ => Trouble::new(
            Kind::Input,
            format!("{} cannot be read: {e}", file.display()),
            "give the path of a regular file, or - for standard input",
        ),
    }
}

/// Opens what this process has open already, if that is a pipe.
fn open_pipe(path: &Path) -> std::io::Result<Option<File>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
        if !path.metadata()?.file_type().is_fifo() {
            return Ok(None);
        }
        // Its writer may be gone: opening must not wait for another, but reading for the rest.
        let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
        let pipe = File::options().read(true).custom_flags(flags).open(path)?;
        rustix::fs::fcntl_setfl(&pipe, rustix::fs::OFlags::empty())?;
        Ok(Some(pipe))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(None)
    }
}

/// Reads what comes through a pipe: all of it is kept in memory.
fn read_pipe(pipe: impl Read, name: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(MAX_PIPED_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Trouble::io("reading", name, &e))?;
    if bytes.len() as u64 > MAX_PIPED_BYTES {
        return Err(Trouble::new(
            Kind::Input,
            format!("more than {MAX_PIPED_BYTES} bytes from a pipe"),
            "write them to a file and give its path: files are not kept in memory",
        ));
    }
    Ok(bytes)
}

fn position(source: Source<'_>, offset: u64) -> Option<Position> {
    match source {
        Source::Bytes(bytes) => position_in(bytes, offset).ok(),
        Source::File(path) => {
            let file = crate::disk::open_regular(path).ok()?;
            position_in(file, offset).ok()
        }
    }
}

fn to_memory(e: std::io::Error) -> Trouble {
    Trouble::io("writing", Path::new("memory"), &e)
}
