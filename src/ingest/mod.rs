//! The pipeline, the one place that sees every stage: claimed files are judged in parallel,
//! recorded in one transaction, answered and put away.

mod judge_file;
mod progress;
pub mod publish;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::catalog::Endpoint;
use crate::classifier::{ClassifierSet, write_shipped};
use crate::clock;
use crate::config::{Config, Home};
use crate::history::{Finish, Group, History, Published, Written};
use crate::intake::{Claim, NameBook, claims_in_work, response_name};
use crate::request::{Note, NoteKind};
use crate::trouble::{Kind, Result, Trouble};

pub use judge_file::{FileFacts, FileHash, Rules, Source, Stop, each_chunk, line_and_column};
pub use progress::{Progress, Silent};

/// A group is committed once it has this many files, so that nobody waits long for an answer.
const GROUP_FILES: usize = 50;

/// A group is committed once its files are this large together.
const GROUP_BYTES: u64 = 8 << 20;

/// Everything that work needs: the history, the classifiers in force, the threads.
pub struct Engine {
    pub home: Home,
    pub config: Config,
    history: History,
    rules: Rules,
    pool: rayon::ThreadPool,
    /// How the classifier folder looked when it was last read.
    fingerprint: Fingerprint,
    /// Published, but not marked in the history yet.
    unmarked: Vec<Published>,
}

type Fingerprint = (String, Vec<(PathBuf, u64, Option<SystemTime>)>);

/// A file that was answered.
#[derive(Clone, Debug)]
pub struct Answered {
    pub batch: Written,
    /// Below the outbox.
    pub response_file: String,
}

impl Engine {
    /// Opens a home: makes what is missing, loads the classifiers, opens the history.
    ///
    /// # Errors
    /// When any of it is not to be had; the trouble says which and what to do.
    pub fn open(home: Home, config: Config) -> Result<Engine> {
        home.make_folders()?;
        let folder = home.classifiers();
        let wrote = write_shipped(&folder).map_err(|e| Trouble::io("making", &folder, &e))?;
        if wrote {
            tracing::info!(folder = %folder.display(), "wrote the shipped classifiers");
        }
        let mut history = History::open(&home.database(), config.cache_mib)?;
        let fingerprint = fingerprint(&home);
        let (set, changed) = history.load_classifiers(&folder)?;
        if changed {
            tracing::info!(set = %&set.hash()[..12], "a set of classifiers came into force");
        }
        let pool = thread_pool(config.threads)?;
        Ok(Engine {
            rules: Rules::new(set, &config),
            home,
            config,
            history,
            pool,
            fingerprint,
            unmarked: Vec::new(),
        })
    }

    /// The classifiers in force.
    pub fn classifiers(&self) -> &ClassifierSet {
        &self.rules.classifiers
    }

    /// The history.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Takes up a change of the classifier files, if the whole set is sound; otherwise says what is
    /// wrong, once, and the set in force stays in force.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn take_up_classifiers(&mut self) -> Result<()> {
        let now = fingerprint(&self.home);
        if now == self.fingerprint {
            return Ok(());
        }
        match self.history.load_classifiers(&self.home.classifiers()) {
            Ok((set, changed)) => {
                if changed {
                    tracing::info!(set = %&set.hash()[..12], "a set of classifiers came into force");
                }
                self.rules = Rules::new(set, &self.config);
            }
            Err(e) if e.kind == Kind::Setup => {
                tracing::error!("{e}\n  the set of before stays in force until this is mended");
            }
            Err(e) => return Err(e),
        }
        self.fingerprint = now;
        Ok(())
    }

    /// Ends what an earlier process began: every claim that lies in the work folder is either in the
    /// history (its response is published and the file put away) or not (it is judged now).
    ///
    /// # Errors
    /// When something of ours fails; what was not ended stays where it is.
    pub fn recover(&mut self, progress: &mut dyn Progress) -> Result<Vec<Answered>> {
        let mut again = Vec::new();
        let mut answered = Vec::new();
        let claims = claims_in_work(&self.home.work())?;
        for claim in claims {
            match self.history.batch_of_claim(&claim.id)? {
                Some(batch) => {
                    tracing::info!(batch = batch.batch_id, "finishing a file of an earlier run");
                    answered.push(self.end(&claim, batch)?);
                }
                None if claim.has_source() => again.push(claim),
                // Taken back, or its file was lost with the claim half made.
                None => {
                    let _ = std::fs::remove_file(claim.response());
                    claim.forget();
                }
            }
        }
        answered.append(&mut self.process(again, progress)?);
        for (claim, batch) in self.history.unmarked()? {
            let ours = self.unmarked.iter().any(|p| p.batch_id == batch.batch_id);
            // The claim is gone, so the file was answered and put away.
            if !ours && let Some(response_file) = batch.response_file {
                tracing::debug!(claim, "marking a response of an earlier run as published");
                self.unmarked.push(Published {
                    batch_id: batch.batch_id,
                    response_file,
                    at: clock::now(),
                });
            }
        }
        self.mark()?;
        Ok(answered)
    }

    /// Judges, records and answers claimed files, in order, several small ones in a transaction.
    ///
    /// # Errors
    /// When something of ours fails; what was not ended stays claimed, and [`Engine::recover`] takes
    /// it up again.
    pub fn process(
        &mut self,
        claims: Vec<Claim>,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Answered>> {
        let mut answered = Vec::new();
        let mut claims = claims.into_iter().peekable();
        while claims.peek().is_some() {
            let mut done = Vec::new();
            let mut names = NameBook::default();
            let mut bytes = 0;
            let group = self.history.group()?;
            while done.len() < GROUP_FILES && bytes < GROUP_BYTES {
                let Some(claim) = claims.next() else { break };
                let work = OneFile {
                    claim: &claim,
                    rules: &self.rules,
                    pool: &self.pool,
                    home: &self.home,
                };
                let batch = work.record(&group, &mut names, progress)?;
                bytes += batch.bytes;
                done.push((claim, batch.written));
            }
            group.commit()?;
            for (claim, batch) in done {
                answered.push(self.end(&claim, batch)?);
            }
        }
        Ok(answered)
    }

    /// Publishes the response of a recorded file, unless that was done, and puts the file away.
    fn end(&mut self, claim: &Claim, batch: Written) -> Result<Answered> {
        let mut response_file = batch.response_file.clone().unwrap_or_default();
        if claim.response().exists() {
            publish::build(&self.history, claim, &batch)?;
            response_file = publish::put_out(&mut self.history, &self.home, claim, &batch)?;
        }
        if claim.has_source() {
            let root = match batch.status {
                200 => self.home.archive(),
                _ => self.home.failed(),
            };
            crate::intake::archive_source(&root, claim)?;
        }
        claim.forget();
        self.unmarked.push(Published {
            batch_id: batch.batch_id,
            response_file: response_file.clone(),
            at: clock::now(),
        });
        if self.unmarked.len() >= GROUP_FILES {
            self.mark()?;
        }
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
        Ok(Answered {
            batch,
            response_file,
        })
    }

    /// Marks what was published. Done when there is nothing else to do: a response does not wait for
    /// it, and a start finds out without it.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn mark(&mut self) -> Result<()> {
        self.history.mark_published(&self.unmarked)?;
        self.unmarked.clear();
        Ok(())
    }

    /// Called when there is nothing to do for a while: marks what was published, keeps the WAL small.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn rest(&mut self) -> Result<()> {
        if !self.unmarked.is_empty() {
            self.mark()?;
            self.history.checkpoint();
        }
        Ok(())
    }
}

/// The threads that judge.
///
/// # Errors
/// When the system gives no threads.
pub fn thread_pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("judge-{i}"))
        .build()
        .map_err(|e| Trouble::new(Kind::Busy, format!("no threads: {e}"), "try again later"))
}

/// What tells whether a classifier file was changed, without reading it; and the day, since a value
/// may be retired on one.
fn fingerprint(home: &Home) -> Fingerprint {
    let mut files: Vec<_> = std::fs::read_dir(home.classifiers())
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .map(|p| {
            let metadata = p.metadata().ok();
            let bytes = metadata.as_ref().map_or(0, std::fs::Metadata::len);
            (p, bytes, metadata.and_then(|m| m.modified().ok()))
        })
        .collect();
    files.sort();
    (clock::day(&clock::now()).to_owned(), files)
}

/// One file on its way into the history.
struct OneFile<'e> {
    claim: &'e Claim,
    rules: &'e Rules,
    pool: &'e rayon::ThreadPool,
    home: &'e Home,
}

struct Recorded {
    written: Written,
    bytes: u64,
}

impl OneFile<'_> {
    fn record(
        &self,
        group: &Group<'_>,
        names: &mut NameBook,
        progress: &mut dyn Progress,
    ) -> Result<Recorded> {
        let started = Instant::now();
        let mut recording = group.file(self.claim.new_batch())?;
        let path = self.claim.source();
        let mut hash = FileHash::new(&path);
        let (facts, mut end) = match self.claim.endpoint() {
            None => (
                hash.read_whole()?,
                Finish {
                    status: 404,
                    error: Some("the folder that the file was dropped in is no endpoint".into()),
                    ..Finish::default()
                },
            ),
            Some(endpoint) => {
                let source = Source::File(&path);
                let take = |chunk| recording.chunk(chunk, &mut hash);
                let judged = each_chunk(source, endpoint, self.rules, self.pool, progress, take);
                match judged {
                    Ok(facts) => {
                        hash.check(&facts)?;
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
                        let end = Finish {
                            status: if rejected { 400 } else { 200 },
                            set_id: Some(self.rules.classifiers.id()),
                            ..Finish::default()
                        };
                        (facts, end)
                    }
                    Err(Stop::Trouble(e)) => return Err(e),
                    Err(Stop::NotARequest { offset, message }) => {
                        recording.undo()?;
                        let place = judge_file::place_in(&path, offset);
                        let facts = hash.read_whole()?;
                        (facts, failed(400, format!("{place}: {message}")))
                    }
                    Err(Stop::Defect(place)) => {
                        recording.undo()?;
                        let error = format!("a defect of kycdrop, at {place}: please report it");
                        tracing::error!("{error}");
                        (hash.read_whole()?, failed(500, error))
                    }
                }
            }
        };
        end.sha256 = facts.sha256;
        end.bytes = facts.bytes;
        end.elapsed_ms = started.elapsed().as_millis() as u64;
        let response = response_name(&self.home.outbox(), self.claim, names);
        end.response_file = Some(response.to_string_lossy().into_owned());
        self.claim.reserve_response()?;
        let written = recording.finish(end)?;
        Ok(Recorded {
            written,
            bytes: facts.bytes,
        })
    }
}

fn failed(status: u16, error: String) -> Finish {
    Finish {
        status,
        error: Some(error),
        ..Finish::default()
    }
}

/// Whether the endpoint's body for what went wrong by our own fault is that of a batch.
pub(crate) fn is_batch_path(path: &str) -> bool {
    Endpoint::from_name(path).is_none_or(Endpoint::is_batch)
}

/// What [`Engine`] shares with `check`: the rules, from the configuration and a set.
impl Rules {
    /// The rules of a configuration and a set of classifiers.
    pub fn new(set: ClassifierSet, config: &Config) -> Rules {
        Rules {
            classifiers: Arc::new(set),
            multi_organization: config.multi_organization,
            limits: crate::request::Limits {
                customer_bytes: config.max_customer_bytes,
                ..Default::default()
            },
        }
    }
}
