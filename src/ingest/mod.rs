//! The pipeline, the one place that sees every stage.
//!
//! In: claimed files. Out: their rows in the history, their responses in the outbox, and the files
//! themselves in the archive. A file is judged in parallel, recorded in one transaction, answered and
//! put away; after a crash, recovery takes the same steps from where they stopped. It may not know
//! who runs it: neither `daemon` nor a command.

mod again;
mod back;
mod classifier_files;
mod decision;
mod evaluating;
mod events;
mod guard;
mod judge_file;
mod lifecycle;
mod lists;
mod progress;
pub mod publish;
mod put_away;
mod ready;
mod record_file;
mod rescreen;
mod screening;
mod standing;
mod timings;
mod worklist;

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::classifier::{ClassifierSet, write_files, write_shipped};
use crate::config::{Config, Home, RepeatedRequest, Roots};
use crate::disk;
use crate::evaluate::MATRICES;
use crate::fault;
use crate::history::{EventFile, History, Published, Written};
use crate::intake::{Claim, Deferral, ReservedNames, Unsynced};
use crate::trouble::{Kind, Result, Trouble};

pub use again::{Again, DoneAgain};
use back::Stuck;
use classifier_files::{
    Active, Fingerprint, activate, active, fingerprint, look_cut, settled, stood_for,
};
pub use classifier_files::{of_history, of_home as classifiers_of, to_check_with};
pub use decision::{Decision, DecisionFile};
pub use evaluating::Matrices;
use guard::Guard;
pub use judge_file::{FileFacts, FileJudge, JudgeError, Make, Rules, Source, position_in};
use lifecycle::Recorded;
pub use lists::read as lists_of;
pub use progress::{Progress, Silent};
pub use ready::outcome;
use record_file::{NotRecorded, OneFile, is_small};
pub use rescreen::Rescreened;
use rescreen::Rescreens;
pub use screening::unscreened;
pub use screening::{UsedList, best_score};
use standing::Standing;
use timings::Stopwatch;
pub use timings::Timings;
use worklist::Worklists;

/// A group is committed once it has this many files, so that nobody waits long for an answer.
const GROUP_FILES: usize = 50;

/// A group is committed once its files are this large together.
const GROUP_BYTES: u64 = 8 << 20;

/// A file that goes back to the inbox, and why.
type Deferred = (Claim, Deferral);

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
    /// Files of events that are out, but not marked in the history yet.
    events_out: Vec<EventFile>,
    /// Put back into the inbox, and not reported yet.
    returned: Vec<(PathBuf, Claim, Deferral)>,
    /// Taken, and to be taken up again after others that they gave way to.
    aside: Vec<Claim>,
    /// A commit failed, and may still become durable.
    commit_failed: bool,
    /// By claim: what cannot leave the work folder.
    stuck: HashMap<String, Stuck>,
    guard: Guard,
    worklists: Worklists,
    rescreens: Rescreens,
    timings: Timings,
}

/// Gives a new home the shipped matrix. One that an earlier kycdrop made, or that its owner emptied, stays
/// without a matrix.
fn make_matrices(home: &Home) -> Result<()> {
    let risk = home.risk();
    let cut_short = risk.with_extension("part").exists();
    if cut_short || !(risk.exists() || home.database().exists()) {
        write_files(&risk, MATRICES).map_err(|e| Trouble::io("making", &risk, &e))?;
    }
    Ok(())
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
        make_matrices(&home)?;
        let mut history =
            History::open_waiting(&home.database(), config.cache_mib, config.lock_wait)?;
        let mut standing = Standing::new(config.settle, config.settle_timeout);
        let mut fingerprint = match wrote {
            true => fingerprint(&home),
            false => settled(&home, &config),
        };
        let stood = stood_for(&home, &fingerprint);
        let before = match stood < config.settle_timeout {
            true => active(&mut history, &home, &fingerprint)?,
            false => None,
        };
        let active = match before {
            Some(before) if look_cut(&before.set, &home) => {
                let now = Instant::now();
                standing.hold(fingerprint, now.checked_sub(stood).unwrap_or(now));
                fingerprint = Fingerprint::default();
                before
            }
            before => {
                let lists = before.map(|before| before.lists).unwrap_or_default();
                activate(&mut history, &home, &fingerprint, &lists)?
            }
        };
        // What an earlier process wrote and could not sync is made durable before anything is answered.
        history.checkpoint();
        let pool = thread_pool(config.threads)?;
        let guard = Guard::new(&home)?;
        let worklists = Worklists::new(&config);
        Ok(Engine {
            set_id: active.set_id,
            rules: Rules::of(active, &config),
            roots: home.roots(),
            home,
            config,
            history,
            pool,
            fingerprint,
            standing,
            unmarked: Vec::new(),
            events_out: Vec::new(),
            returned: Vec::new(),
            aside: Vec::new(),
            commit_failed: false,
            stuck: HashMap::new(),
            guard,
            worklists,
            rescreens: Rescreens::default(),
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

    /// The screening lists in use.
    pub fn lists(&self) -> Vec<Arc<UsedList>> {
        self.rules.lists.all()
    }

    /// How each screening list of the home stands, as it was read last.
    pub fn list_standings(&self) -> Vec<crate::lists::Standing> {
        let read = self.rules.lists.read.iter();
        read.map(|read| read.list.standing()).collect()
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
        match activate(&mut self.history, &self.home, &files, &self.rules.lists) {
            Ok(active) => {
                self.set_id = active.set_id;
                self.rules = Rules::of(active, &self.config);
            }
            Err(e) if e.kind == Kind::Setup => {
                tracing::error!(
                    "{e}\n  keeping the previous classifiers and risk matrices until this is fixed"
                );
            }
            Err(e) => return Err(e),
        }
        self.fingerprint = files;
        self.standing.forget();
        Ok(None)
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
    ) -> Result<Vec<Written>> {
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
    pub fn resume(&mut self, progress: &mut dyn Progress) -> Result<Vec<Written>> {
        let claims = std::mem::take(&mut self.aside);
        self.process(claims, progress)
    }

    /// Processes claims in groups that start with this many files and grow to [`GROUP_FILES`].
    fn process_in_groups(
        &mut self,
        claims: Vec<Claim>,
        mut files: usize,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Written>> {
        let mut answered = Vec::new();
        let mut waiting = VecDeque::from(claims);
        // So many of those that wait are to be the only one of their transaction.
        let mut alone = 0;
        while !waiting.is_empty() {
            let most = if alone > 0 { 1 } else { files };
            match self.one_group(&mut waiting, most, progress) {
                Ok(mut of_group) => answered.append(&mut of_group),
                Err(NotRecorded::NeedsOwnTransaction) => {
                    alone = files.min(waiting.len());
                    continue;
                }
                Err(NotRecorded::GaveWay) => {
                    self.aside.extend(waiting);
                    break;
                }
                Err(NotRecorded::Failed(e)) => return Err(e),
                // Files are deferred one by one.
                Err(NotRecorded::Deferred(_)) => return Err(Trouble::defect("a deferred group")),
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
    ) -> Result<Vec<Written>, NotRecorded> {
        let (done, back) = self.commit_group(waiting, most, progress)?;
        waiting.drain(..done.len() + back.len());
        for (claim, why) in back {
            self.give_back(&claim, why)?;
        }
        let answered = self.advance(done)?;
        self.note_answers(&answered)?;
        let mut stopwatch = Stopwatch::start();
        self.history.trim();
        stopwatch.lap(&mut self.timings.trimming);
        Ok(answered)
    }

    /// Records the first of the waiting files and commits them. Returns them, and those that go back.
    /// After an error nothing is recorded, and all wait again.
    fn commit_group(
        &mut self,
        waiting: &mut VecDeque<Claim>,
        most: usize,
        progress: &mut dyn Progress,
    ) -> Result<(Vec<Recorded>, Vec<Deferred>), NotRecorded> {
        let (mut done, mut back) = (Vec::new(), Vec::new());
        let mut names = ReservedNames::default();
        let mut bytes = 0;
        let mut stopwatch = Stopwatch::start();
        let packing = self.history.packing();
        let group = self.history.group()?;
        for claim in waiting.iter().take(most) {
            let first = done.is_empty();
            if bytes >= GROUP_BYTES || !(first || is_small(claim)) {
                break;
            }
            let work = OneFile {
                claim,
                first,
                rules: &self.rules,
                set_id: self.set_id,
                pool: &self.pool,
                outbox: &self.roots.outbox,
                packing: &packing,
                waits: !self.config.settle_timeout.is_zero(),
            };
            match work.record(&group, &mut names, progress) {
                Ok((recorded, size)) => {
                    bytes += size;
                    done.push(recorded);
                }
                Err(NotRecorded::Deferred(why)) => back.push((claim.clone(), why)),
                Err(why) => return Err(why),
            }
        }
        stopwatch.lap(&mut self.timings.judging);
        // A group of nothing but files that go back has nothing to make durable.
        if done.is_empty() {
            return Ok((done, back));
        }
        let synced = disk::side_by_side(&done, |file: &Recorded| {
            file.claim
                .sync()
                .map_err(|why| Box::new((file.claim.clone(), why)))
        });
        if let Err(failed) = synced {
            let (claim, why) = *failed;
            drop(group);
            return Err(self.unsynced(&claim, why, waiting)?);
        }
        stopwatch.lap(&mut self.timings.syncing);
        step("commit.before")?;
        self.guard.check()?;
        self.commit_failed = true;
        group.commit()?;
        self.commit_failed = false;
        step("commit.after")?;
        stopwatch.lap(&mut self.timings.committing);
        Ok((done, back))
    }

    /// One of a group could not be made durable: it goes back, and the others wait again, each for a
    /// transaction of its own.
    fn unsynced(
        &mut self,
        claim: &Claim,
        why: Unsynced,
        waiting: &mut VecDeque<Claim>,
    ) -> Result<NotRecorded> {
        match why {
            Unsynced::Ours(e) => Err(e),
            Unsynced::Source(why) => {
                waiting.retain(|other| other.id != claim.id);
                self.give_back(claim, why)?;
                Ok(NotRecorded::NeedsOwnTransaction)
            }
        }
    }

    /// Called when there is nothing to do for a while: marks what was published, keeps the WAL small.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn on_idle(&mut self) -> Result<()> {
        if !(self.unmarked.is_empty() && self.events_out.is_empty()) {
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

/// What [`Engine`] shares with `check`: the rules, from the configuration and a set.
impl Rules {
    /// The rules of a configuration and of what is active.
    fn of(active: Active, config: &Config) -> Rules {
        Rules {
            matrices: Arc::new(active.matrices),
            lists: Arc::new(active.lists),
            ..Rules::new(active.set, config)
        }
    }

    /// The rules of a configuration and a set of classifiers; they evaluate nothing.
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
            accepts_repeats: config.repeated_request == RepeatedRequest::Accept,
            matrices: Arc::default(),
            lists: Arc::default(),
        }
    }
}
