//! The pipeline, the one place that sees every stage.
//!
//! In: claimed files. Out: their rows in the history, their responses in the outbox, and the files
//! themselves in the archive. A file is judged in parallel, recorded in one transaction, answered and
//! put away; after a crash, recovery takes the same steps from where they stopped. It may not know
//! who runs it: neither `daemon` nor a command.

mod back;
mod classifier_files;
mod finish;
mod guard;
mod judge_file;
mod progress;
pub mod publish;
mod put_away;
mod ready;
mod record_file;
mod standing;
mod timings;

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::catalog::Endpoint;
use crate::classifier::{ClassifierSet, write_shipped};
use crate::clock;
use crate::config::{Config, Home, Roots};
use crate::disk;
use crate::fault;
use crate::history::{History, Published, Written};
use crate::intake::{Claim, ReservedNames};
use crate::trouble::{Kind, Result, Trouble};

use back::Stuck;
use classifier_files::{Fingerprint, activate, active, fingerprint, look_cut, settled, stood_for};
pub use classifier_files::{of_home as classifiers_of, to_check_with};
use guard::Guard;
pub use judge_file::{FileFacts, FileHash, JudgeError, Rules, Source, each_chunk, position_in};
pub use progress::{Progress, Silent};
pub use ready::outcome;
pub use record_file::NotYet;
use record_file::{OneFile, Recorded, is_small};
use standing::Standing;
use timings::Stopwatch;
pub use timings::Timings;

/// A group is committed once it has this many files, so that nobody waits long for an answer.
const GROUP_FILES: usize = 50;

/// A group is committed once its files are this large together.
const GROUP_BYTES: u64 = 8 << 20;

/// Everything that work needs: the history, the active classifiers, the threads.
pub struct Engine {
    /// The home that it works on.
    pub home: Home,
    /// The configuration, as it was read at the start.
    pub config: Config,
    /// The folders of the home that files move between.
    pub roots: Roots,
    history: History,
    rules: Rules,
    /// The row of the classifiers in `rules`.
    set_id: i64,
    pool: rayon::ThreadPool,
    /// How the classifier folder looked when it was last read.
    fingerprint: Fingerprint,
    /// Classifier files that changed since then, and are not taken up yet.
    standing: Standing<Fingerprint>,
    /// Published, but not marked in the history yet.
    unmarked: Vec<Published>,
    /// Put back into the inbox, and not reported yet.
    returned: Vec<(PathBuf, Claim, NotYet)>,
    /// Taken, and to be taken up again after others that they gave way to.
    aside: Vec<Claim>,
    /// By claim: what cannot leave the work folder.
    stuck: HashMap<String, Stuck>,
    guard: Guard,
    timings: Timings,
}

/// What came of the first files of those that wait.
enum Grouped {
    Answered(Vec<Answered>),
    /// Nothing: one of them wants a transaction of its own. All wait again.
    Alone,
    /// Nothing: the first one gives way to others. All wait again.
    GaveWay,
}

/// A file that was answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What the history has of it.
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
        let mut history =
            History::open_waiting(&home.database(), config.cache_mib, config.lock_wait)?;
        let mut standing = Standing::new(config.settle, config.settle_timeout);
        let mut fingerprint = match wrote {
            true => fingerprint(&home),
            false => settled(&home, &config),
        };
        let stood = stood_for(&home, &fingerprint);
        let before = match stood < config.settle_timeout {
            true => active(history.connection())?,
            false => None,
        };
        let (set, set_id) = match before.filter(|(set, _)| look_cut(set, &home)) {
            Some(before) => {
                let now = Instant::now();
                standing.hold(fingerprint, now.checked_sub(stood).unwrap_or(now));
                fingerprint = Fingerprint::default();
                before
            }
            None => activate(&mut history, &home)?,
        };
        let pool = thread_pool(config.threads)?;
        let guard = Guard::new(&home)?;
        Ok(Engine {
            rules: Rules::new(set, &config),
            set_id,
            roots: home.roots(),
            home,
            config,
            history,
            pool,
            fingerprint,
            standing,
            unmarked: Vec::new(),
            returned: Vec::new(),
            aside: Vec::new(),
            stuck: HashMap::new(),
            guard,
            timings: Timings::default(),
        })
    }

    /// Where the time went so far.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// Checks that the home, `watch-dir`, the lock and the database are still the ones that this
    /// started with.
    ///
    /// # Errors
    /// When one was moved, removed, replaced or overwritten: this ends the process.
    pub fn check_footing(&mut self) -> Result<()> {
        self.guard.check()?;
        self.history.check_unchanged()
    }

    /// The active classifiers.
    pub fn classifiers(&self) -> &ClassifierSet {
        &self.rules.classifiers
    }

    /// The history.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Activates changed classifier files once they have settled, if the whole set is valid; otherwise
    /// logs the problems once and keeps the previous set. Returns when a change that has not settled
    /// is due.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn reload_classifiers(&mut self) -> Result<Option<Instant>> {
        let files = fingerprint(&self.home);
        if files == self.fingerprint {
            self.standing.forget();
            return Ok(None);
        }
        let now = Instant::now();
        let (set, home) = (&self.rules.classifiers, &self.home);
        let due = self
            .standing
            .due(files.clone(), now, || look_cut(set, home));
        if due > now {
            return Ok(Some(due));
        }
        match activate(&mut self.history, &self.home) {
            Ok((set, set_id)) => {
                self.rules = Rules::new(set, &self.config);
                self.set_id = set_id;
            }
            Err(e) if e.kind == Kind::Setup => {
                tracing::error!("{e}\n  keeping the previous classifiers until this is fixed");
            }
            Err(e) => return Err(e),
        }
        self.fingerprint = files;
        self.standing.forget();
        Ok(None)
    }

    /// Ends what an earlier process began: every claim that lies in the work folder is either in the
    /// history (its response is published and the file put away) or not (it is judged now).
    ///
    /// # Errors
    /// When something of ours fails; what was not ended stays where it is.
    pub fn recover(&mut self, progress: &mut dyn Progress) -> Result<Vec<Answered>> {
        step("recover.before")?;
        self.aside.clear();
        let mut again = Vec::new();
        let mut answered = Vec::new();
        for mut claim in self.in_work()? {
            if self.is_tried_later(&claim) {
                continue;
            }
            claim.overdue = self.is_overdue(&claim);
            match self.history.batch_of_claim(&claim.id)? {
                Some(batch) if !self.is_ended(&claim, &batch)? => {
                    answered.append(&mut self.end_again(claim, batch)?);
                }
                None if claim.has_source()? => again.push(claim),
                // Put away, taken back, or its file was lost with the claim half made.
                _ => self.clear_away(&claim),
            }
        }
        // One first, then more at a time: where starts are cut short again and again, each still gets
        // a little further, and does not begin the same large group anew.
        answered.append(&mut self.process_in_groups(again, 1, progress)?);
        for (claim, batch) in self.history.unmarked()? {
            let ours = self.stuck.contains_key(&claim)
                || self.unmarked.iter().any(|p| p.batch_id == batch.batch_id);
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
        self.process_in_groups(claims, GROUP_FILES, progress)
    }

    /// The files that gave way to others, and those after them.
    pub fn aside(&self) -> &[Claim] {
        &self.aside
    }

    /// Takes up the files that gave way, from their beginnings.
    ///
    /// # Errors
    /// As of [`Engine::process`].
    pub fn resume(&mut self, progress: &mut dyn Progress) -> Result<Vec<Answered>> {
        let claims = std::mem::take(&mut self.aside);
        self.process(claims, progress)
    }

    /// Processes claims in groups that start with this many files and grow to [`GROUP_FILES`].
    fn process_in_groups(
        &mut self,
        claims: Vec<Claim>,
        mut files: usize,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Answered>> {
        let mut answered = Vec::new();
        let mut waiting = VecDeque::from(claims);
        // So many of those that wait are to be the only one of their transaction.
        let mut alone = 0;
        while !waiting.is_empty() {
            let most = if alone > 0 { 1 } else { files };
            match self.one_group(&mut waiting, most, progress)? {
                Grouped::Answered(mut of_group) => answered.append(&mut of_group),
                Grouped::Alone => {
                    alone = files.min(waiting.len());
                    continue;
                }
                Grouped::GaveWay => {
                    self.aside.extend(waiting);
                    break;
                }
            }
            alone = alone.saturating_sub(1);
            files = (files * 2).min(GROUP_FILES);
        }
        Ok(answered)
    }

    /// Takes up to so many files into one transaction and ends them.
    fn one_group(
        &mut self,
        waiting: &mut VecDeque<Claim>,
        most: usize,
        progress: &mut dyn Progress,
    ) -> Result<Grouped> {
        let mut done = Vec::new();
        let mut back = Vec::new();
        let mut taken = Vec::new();
        let mut names = ReservedNames::default();
        let mut bytes = 0;
        let mut stopwatch = Stopwatch::start();
        let packing = self.history.packing();
        let group = self.history.group()?;
        while taken.len() < most && bytes < GROUP_BYTES {
            let first = done.is_empty();
            let Some(claim) = waiting.pop_front_if(|claim| first || is_small(claim)) else {
                break;
            };
            let work = OneFile {
                claim: &claim,
                first,
                rules: &self.rules,
                set_id: self.set_id,
                pool: &self.pool,
                outbox: &self.roots.outbox,
                packing: &packing,
                waits: !self.config.settle_timeout.is_zero(),
            };
            taken.push(claim.clone());
            match work.record(&group, &mut names, progress)? {
                Recorded::Written(newly, size) => {
                    bytes += size;
                    done.push((claim, *newly));
                }
                Recorded::NotYet(why) => back.push((claim, why)),
                recorded @ (Recorded::Alone | Recorded::GaveWay) => {
                    drop(group);
                    taken.into_iter().rev().for_each(|c| waiting.push_front(c));
                    return Ok(match recorded {
                        Recorded::GaveWay => Grouped::GaveWay,
                        _ => Grouped::Alone,
                    });
                }
            }
        }
        stopwatch.lap(&mut self.timings.judging);
        // A group of nothing but files that go back has nothing to make durable.
        if done.is_empty() {
            drop(group);
        } else {
            let synced = disk::side_by_side(&done, |(claim, _)| {
                claim.sync().map_err(|e| (claim.id.clone(), e))
            });
            if let Err(failed) = synced {
                drop(group);
                return self.unsynced(failed, taken, waiting);
            }
            stopwatch.lap(&mut self.timings.syncing);
            step("commit.before")?;
            self.guard.check()?;
            group.commit()?;
            step("commit.after")?;
            stopwatch.lap(&mut self.timings.committing);
        }
        for (claim, why) in back {
            self.give_back(&claim, why)?;
        }
        let answered = self.end(done)?;
        let mut stopwatch = Stopwatch::start();
        self.history.trim();
        stopwatch.lap(&mut self.timings.trimming);
        Ok(Grouped::Answered(answered))
    }

    /// Called when there is nothing to do for a while: marks what was published, keeps the WAL small.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn on_idle(&mut self) -> Result<()> {
        if !self.unmarked.is_empty() {
            self.mark()?;
        }
        // A reader may have kept an earlier one from emptying it.
        let wal = disk::with_ending(&self.home.database(), "-wal");
        if std::fs::metadata(wal).is_ok_and(|m| m.len() > 0) {
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
        .map_err(|e| Trouble::limit("starting the threads that validate", &e))
}

/// Reaches a fault point that stands for no path.
fn step(name: &'static str) -> Result<()> {
    fault::point(name).map_err(|e| Trouble::io("writing", Path::new("kycdrop.db"), &e))
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
                list_items: config.max_list_items,
                ..Default::default()
            },
            max_file_bytes: config.max_file_bytes,
            max_customers: config.max_customers,
        }
    }
}
