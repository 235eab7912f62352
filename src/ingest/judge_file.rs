//! One file to judged chunks, in order: a thread reads and cuts, the pool judges, the caller takes
//! the chunks back in the order of the file. What is on the way is bounded, so memory does not grow
//! with the file, and a small file goes through without any of this.

use std::cell::RefCell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use crate::catalog::Endpoint;
use crate::classifier::ClassifierSet;
use crate::disk;
use crate::fault;
use crate::hashing::{Hashed, HashingReader};
use crate::position::{Position, Positions};
use crate::request::{
    Body, Chunk, Form, InvalidKind, InvalidRequest, Limits, SplitError, Splitter, Tree, form_of,
};
use crate::trouble::{Result, Trouble};
use crate::validate::{Judge, JudgedChunk};

use super::evaluating::Matrices;
use super::progress::{Progress, Silent};
use super::screening::UsedLists;

/// Files up to this size are read and judged where they are: starting threads costs more.
pub(super) const SMALL: u64 = 256 << 10;

/// What customers are judged against, shared by the threads.
#[derive(Clone)]
pub struct Rules {
    /// The active classifiers.
    pub classifiers: Arc<ClassifierSet>,
    /// Whether the institution is several organizations, so that every customer must name its businessUnit.
    pub multi_organization: bool,
    /// The limits of one customer.
    pub limits: Limits,
    /// The largest file, in bytes.
    pub max_file_bytes: u64,
    /// The most customers of a file.
    pub max_customers: u64,
    /// Whether a request that comes again is accepted again; else its number is used.
    pub accepts_repeats: bool,
    /// What customers are evaluated with.
    pub matrices: Arc<Matrices>,
    /// What customers are screened with.
    pub lists: Arc<UsedLists>,
}

/// What is known of a file once it was read to its end.
#[derive(Clone, Debug, Default)]
pub struct FileFacts {
    /// Its length and hash.
    pub hashed: Hashed,
    /// Keys beside `customers`.
    pub other_keys: Vec<String>,
}

/// Why a file was not judged to its end.
#[derive(Debug)]
pub enum JudgeError {
    /// It is not a request, or not yet; the offset counts from its start.
    Invalid(InvalidRequest),
    /// It is more than the configuration allows.
    TooMuch(String),
    /// A defect of kycdrop, at this place of its source.
    Defect(String),
    /// Others wait, and it takes long.
    GaveWay,
    /// The file itself cannot be read.
    Unreadable(Trouble),
    /// Something of ours failed.
    Trouble(Trouble),
}

impl From<Trouble> for JudgeError {
    fn from(e: Trouble) -> JudgeError {
        JudgeError::Trouble(e)
    }
}

impl From<InvalidRequest> for JudgeError {
    fn from(e: InvalidRequest) -> JudgeError {
        JudgeError::Invalid(e)
    }
}

/// What is judged: a file, or bytes that somebody has read already.
#[derive(Clone, Copy)]
pub enum Source<'s> {
    /// A file that is read as it is judged.
    File(&'s Path),
    /// The content of a small file.
    Bytes(&'s [u8]),
}

/// What is made of a judged chunk, and of the tree of its last customer, by the thread that judged it.
pub type Make<T> = Arc<dyn Fn(JudgedChunk, &Tree) -> T + Send + Sync>;

/// The validation of one file, and what it needs.
pub struct FileJudge<'w, T> {
    /// The endpoint that the file was dropped at.
    pub endpoint: Endpoint,
    /// What its customers are judged against.
    pub rules: &'w Rules,
    /// The threads that judge a large file.
    pub pool: &'w rayon::ThreadPool,
    /// Hears how far it is, and says when it is to give way.
    pub progress: &'w mut dyn Progress,
    /// What is made of a judged chunk, by the thread that judged it.
    pub make: Make<T>,
    /// Gets what was made of each chunk, in order.
    pub take: &'w mut dyn FnMut(T) -> Result<()>,
}

impl<T: Send + 'static> FileJudge<'_, T> {
    /// Judges a file.
    ///
    /// # Errors
    /// [`JudgeError`]: then nothing that `take` got may count.
    pub fn judge(self, source: Source<'_>) -> Result<FileFacts, JudgeError> {
        let body = self.body();
        self.judge_or_wait(source).map_err(|stop| match stop {
            JudgeError::Invalid(fault) => JudgeError::Invalid(with_form(fault, source, body)),
            stop => stop,
        })
    }

    /// What the body of a request is at the endpoint.
    fn body(&self) -> Body {
        match self.endpoint.is_batch() {
            true => Body::List,
            false => Body::Single,
        }
    }

    fn judge_or_wait(mut self, source: Source<'_>) -> Result<FileFacts, JudgeError> {
        let fault = match self.over(source, u64::MAX) {
            Err(JudgeError::Invalid(fault)) => fault,
            done => return done,
        };
        let Some(zeros) = zeros_at_the_end(source)? else {
            return Err(JudgeError::Invalid(fault));
        };
        // Some writers set the size of a file first, and until the content comes it reads as zero
        // bytes.
        let mut before_them = FileJudge {
            endpoint: self.endpoint,
            rules: self.rules,
            pool: self.pool,
            progress: &mut Silent,
            make: Arc::new(|_, _| ()),
            take: &mut |()| Ok(()),
        };
        Err(match before_them.over(source, zeros) {
            // All of it may be there already, but whoever set the size may not be done.
            Ok(_) => JudgeError::Invalid(rest_is_zeros(zeros).of(Form::Ending(0))),
            Err(JudgeError::Invalid(InvalidRequest {
                kind: InvalidKind::EndsEarly,
                ..
            })) => JudgeError::Invalid(rest_is_zeros(zeros)),
            Err(JudgeError::Invalid(_) | JudgeError::TooMuch(_)) => JudgeError::Invalid(fault),
            Err(stop) => stop,
        })
    }

    /// Goes over the first `most` bytes of a source.
    fn over(&mut self, source: Source<'_>, most: u64) -> Result<FileFacts, JudgeError> {
        match source {
            Source::Bytes(bytes) => self.run(bytes, most.min(bytes.len() as u64), Path::new("-")),
            Source::File(path) => {
                let to_error = |e: io::Error| not_read("opening", path, &e);
                let file = disk::open_regular(path).map_err(to_error)?;
                let bytes = file.metadata().map_err(to_error)?.len();
                self.run(file, most.min(bytes), path)
            }
        }
    }

    fn run(
        &mut self,
        file: impl Read + Send,
        bytes: u64,
        path: &Path,
    ) -> Result<FileFacts, JudgeError> {
        if bytes > self.rules.max_file_bytes {
            let most = self.rules.max_file_bytes;
            return Err(JudgeError::TooMuch(format!(
                "the file has {bytes} bytes, more than {most} (max_file_bytes)"
            )));
        }
        // What is written to it while it is read does not make it larger than it was.
        let file = file.take(bytes);
        let splitter = Splitter::new(HashingReader::new(file), self.body(), self.rules.limits);
        self.progress.begin(bytes);
        let done = if bytes <= SMALL {
            self.inline(splitter, path)
        } else {
            self.in_parallel(splitter, path)
        };
        self.progress.end();
        done
    }

    fn inline<R: Read>(
        &mut self,
        mut splitter: Splitter<HashingReader<R>>,
        path: &Path,
    ) -> Result<FileFacts, JudgeError> {
        while let Some(chunk) = splitter.next_chunk().map_err(|e| split_error(path, e))? {
            let chunk = judge(chunk, self.endpoint, self.rules, &self.make)?;
            self.take_one(chunk.made)?;
        }
        Ok(facts(splitter))
    }

    fn take_one(&mut self, made: T) -> Result<(), JudgeError> {
        fault::point("ingest.chunk").map_err(|e| Trouble::io("reading", Path::new("it"), &e))?;
        Ok((self.take)(made)?)
    }

    fn in_parallel<R: Read + Send>(
        &mut self,
        mut splitter: Splitter<HashingReader<R>>,
        path: &Path,
    ) -> Result<FileFacts, JudgeError> {
        let (pool, endpoint, rules, make) =
            (self.pool, self.endpoint, self.rules, self.make.clone());
        // Enough that no thread waits for the writer to fetch, and no more.
        let ahead = pool.current_num_threads() * 2 + 2;
        let (queue, chunks) = sync_channel::<Receiver<Judged<T>>>(ahead);
        let read = &mut splitter;
        let reading = move || {
            while let Some(chunk) = read.next_chunk()? {
                let (done, judged) = sync_channel(1);
                let (rules, make) = (rules.clone(), make.clone());
                pool.spawn(move || {
                    let _ = done.send(judge(chunk, endpoint, &rules, &make));
                });
                // The writer has given up: it reports what stopped it.
                if queue.send(judged).is_err() {
                    break;
                }
            }
            Ok(())
        };
        let done = std::thread::scope(|scope| {
            let reader = std::thread::Builder::new().spawn_scoped(scope, reading);
            let reader = reader.ok()?;
            let stop = self.take_all(&chunks);
            drop(chunks);
            Some(match (stop, reader.join()) {
                (Err(stop), _) => Err(stop),
                (Ok(()), Ok(read)) => read.map_err(|e| split_error(path, e)),
                (Ok(()), Err(_)) => Err(JudgeError::Defect("the reading of the file".into())),
            })
        });
        match done {
            Some(done) => done.map(|()| facts(splitter)),
            // The system gives no thread.
            None => self.inline(splitter, path),
        }
    }

    /// Takes the judged chunks back in the order of the file.
    fn take_all(&mut self, chunks: &Receiver<Receiver<Judged<T>>>) -> Result<(), JudgeError> {
        let mut done_bytes = 0;
        for judged in chunks {
            let chunk = judged
                .recv()
                .unwrap_or_else(|_| Err(JudgeError::Defect("a judging thread".into())))?;
            done_bytes += chunk.bytes;
            self.take_one(chunk.made)?;
            self.progress.advance(done_bytes);
            if self.progress.gives_way() {
                return Err(JudgeError::GaveWay);
            }
        }
        Ok(())
    }
}

type Judged<T> = Result<Made<T>, JudgeError>;

struct Made<T> {
    made: T,
    /// The size of the chunk that it was made of.
    bytes: u64,
}

thread_local! {
    /// Scratch memory of a judging thread, used again for every customer.
    static TREE: RefCell<Tree> = RefCell::new(Tree::new());
}

/// Judges one chunk on this thread. A defect that panics costs the file its answer, not the daemon
/// its life.
fn judge<T>(chunk: Chunk, endpoint: Endpoint, rules: &Rules, make: &Make<T>) -> Judged<T> {
    let most = rules.max_customers;
    if chunk.first + chunk.elements.len() as u64 > most {
        return Err(JudgeError::TooMuch(format!(
            "the file has more than {most} customers (max_customers)"
        )));
    }
    let bytes = chunk.data.len() as u64;
    let judging = AssertUnwindSafe(|| {
        let judge = Judge {
            endpoint,
            multi_organization: rules.multi_organization,
            classifiers: &rules.classifiers,
        };
        TREE.with_borrow_mut(|tree| {
            tree.most_items = rules.limits.list_items;
            let mut last = Instant::now();
            let judged = judge.judge_chunk(chunk, tree, || {
                let now = Instant::now();
                let elapsed = now.duration_since(last).as_millis() as u32;
                last = now;
                elapsed
            });
            judged.map(|judged| make(judged, tree))
        })
    });
    match catch_unwind(judging) {
        Ok(made) => Ok(Made { made: made?, bytes }),
        // The panic hook has logged the place; the message may hold a customer's text.
        Err(_) => Err(JudgeError::Defect("the judging of a customer".into())),
    }
}

/// The fault with what the file is, as far as its bytes show that.
fn with_form(fault: InvalidRequest, source: Source<'_>, body: Body) -> InvalidRequest {
    let form = match source {
        Source::Bytes(bytes) => form_of(Cursor::new(bytes), &fault, body),
        Source::File(path) => disk::open_regular(path).and_then(|file| form_of(file, &fault, body)),
    };
    // Without it the fault is reported all the same.
    match form {
        Ok(Some(form)) => fault.of(form),
        _ => fault,
    }
}

fn rest_is_zeros(offset: u64) -> InvalidRequest {
    InvalidRequest::ends_early(offset, "the rest of the file is zero bytes")
}

fn split_error(path: &Path, e: SplitError) -> JudgeError {
    match e {
        SplitError::Io(e) => not_read("reading", path, &e),
        SplitError::Invalid(fault) => JudgeError::Invalid(fault),
    }
}

fn not_read(doing: &str, path: &Path, e: &io::Error) -> JudgeError {
    let trouble = Trouble::io(doing, path, e);
    match disk::concerns_all(e) {
        true => JudgeError::Trouble(trouble),
        false => JudgeError::Unreadable(trouble),
    }
}

fn facts<R: Read>(splitter: Splitter<HashingReader<R>>) -> FileFacts {
    let other_keys = splitter.other_keys.clone();
    FileFacts {
        hashed: splitter.into_inner().end(),
        other_keys,
    }
}

/// A place in a file for a person: `line 3, column 14 (byte 120)`.
pub(super) fn place_in(path: &Path, offset: u64) -> String {
    match disk::open_regular(path).and_then(|file| position_in(file, offset)) {
        Ok(position) => format!("{position} (byte {offset})"),
        Err(_) => format!("byte {offset}"),
    }
}

/// The place of a byte of a file.
///
/// # Errors
/// When the file cannot be read.
pub fn position_in(file: impl Read, offset: u64) -> io::Result<Position> {
    Positions::new(file).of(offset)
}

/// Where the zero bytes begin that a source ends with; None when it ends with something else.
fn zeros_at_the_end(source: Source<'_>) -> Result<Option<u64>, JudgeError> {
    let path = match source {
        Source::Bytes(bytes) => {
            let content = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
            return Ok((content < bytes.len()).then_some(content as u64));
        }
        Source::File(path) => path,
    };
    let look = || -> io::Result<Option<u64>> {
        let mut file = disk::open_regular(path)?;
        let bytes = file.metadata()?.len();
        let (mut end, mut block) = (bytes, vec![0; 64 << 10]);
        while end > 0 {
            let start = end.saturating_sub(block.len() as u64);
            #[expect(
                clippy::indexing_slicing,
                reason = "`start` is at most a block before `end`"
            )]
            let block = &mut block[..(end - start) as usize];
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(block)?;
            if let Some(at) = block.iter().rposition(|b| *b != 0) {
                end = start + at as u64 + 1;
                break;
            }
            end = start;
        }
        Ok((end < bytes).then_some(end))
    };
    match look() {
        // Somebody made it shorter meanwhile: it has changed, and is read anew.
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        looked => looked.map_err(|e| not_read("reading", path, &e)),
    }
}
