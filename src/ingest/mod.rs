//! The pipeline, the one place that sees every stage: claimed files are judged in parallel,
//! recorded in one transaction, answered and put away.

mod back;
mod finish;
mod guard;
mod judge_file;
mod progress;
pub mod publish;
mod put_away;
mod ready;
mod record_file;
mod spent;
mod standing;

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::catalog::Endpoint;
use crate::classifier::{ClassifierSet, lost_many, read_folder, write_shipped};
use crate::clock;
use crate::config::{Config, Home, Roots};
use crate::disk;
use crate::fault;
use crate::history::{History, Published, Written, classifiers_with_values};
use crate::intake::{Claim, NameBook, claims_in_work};
use crate::left_alone::is_left_alone;
use crate::trouble::{Kind, Result, Trouble};

use back::Stuck;
use guard::Guard;
pub use judge_file::{FileFacts, FileHash, Rules, Source, Stop, each_chunk, position_in};
pub use progress::{Progress, Silent};
pub use ready::outcome;
pub use record_file::NotYet;
use record_file::{OneFile, Recorded, is_small};
use spent::Lap;
pub use spent::Spent;
use standing::Standing;

/// A group is committed once it has this many files, so that nobody waits long for an answer.
const GROUP_FILES: usize = 50;

/// A group is committed once its files are this large together.
const GROUP_BYTES: u64 = 8 << 20;

/// Everything that work needs: the history, the classifiers in force, the threads.
pub struct Engine {
    pub home: Home,
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
    /// Put back into the inbox, and not told of yet.
    returned: Vec<(PathBuf, Claim, NotYet)>,
    /// By claim: what cannot leave the work folder.
    stuck: HashMap<String, Stuck>,
    guard: Guard,
    spent: Spent,
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
        let mut history =
            History::open_waiting(&home.database(), config.cache_mib, config.lock_wait)?;
        let mut standing = Standing::new(config.settle, config.settle_timeout);
        let mut fingerprint = fingerprint(&home);
        let stood = stood_for(&home, &fingerprint);
        let active = match stood < config.settle_timeout {
            true => active_classifiers(&history)?,
            false => None,
        };
        let (set, set_id) = match active.filter(|(set, _)| look_cut(set, &home)) {
            Some(active) => {
                let now = Instant::now();
                standing.hold(fingerprint, now.checked_sub(stood).unwrap_or(now));
                fingerprint = Fingerprint::default();
                active
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
            stuck: HashMap::new(),
            guard,
            spent: Spent::default(),
        })
    }

    /// Where the time went so far.
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// Looks whether the home, `watch-dir`, the lock and the database are still the ones that this
    /// began with.
    ///
    /// # Errors
    /// When one was moved, removed or replaced: this ends the process.
    pub fn check_footing(&mut self) -> Result<()> {
        self.guard.check()
    }

    /// The classifiers in force.
    pub fn classifiers(&self) -> &ClassifierSet {
        &self.rules.classifiers
    }

    /// The history.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Takes up a change of the classifier files once they stood still, if the whole set is sound;
    /// otherwise says what is wrong, once, and the set in force stays in force. Returns when a change
    /// that does not stand still for long enough is due.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn take_up_classifiers(&mut self) -> Result<Option<Instant>> {
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
        let mut again = Vec::new();
        let mut answered = Vec::new();
        let claims = claims_in_work(&self.home.work())?;
        let ids: HashSet<&String> = claims.iter().map(|claim| &claim.id).collect();
        self.stuck.retain(|id, _| ids.contains(id));
        for mut claim in claims {
            if self.is_tried_later(&claim) {
                continue;
            }
            claim.overdue = self.is_overdue(&claim);
            match self.history.batch_of_claim(&claim.id)? {
                Some(batch) => answered.append(&mut self.end_again(claim, batch)?),
                None if claim.has_source()? => again.push(claim),
                // Taken back, or its file was lost with the claim half made.
                None => {
                    let _ = std::fs::remove_file(claim.response());
                    claim.forget();
                }
            }
        }
        // One first, then more at a time: where starts are cut short again and again, each still gets
        // a little further, and does not begin the same large group anew.
        answered.append(&mut self.process_in_groups(again, 1, progress)?);
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
        self.process_in_groups(claims, GROUP_FILES, progress)
    }

    /// The same in groups that begin with this many files and grow to [`GROUP_FILES`].
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
                Some(mut of_group) => answered.append(&mut of_group),
                None => {
                    alone = files.min(waiting.len());
                    continue;
                }
            }
            alone = alone.saturating_sub(1);
            files = (files * 2).min(GROUP_FILES);
        }
        Ok(answered)
    }

    /// Takes up to so many files into one transaction and ends them. None: one of them wants a
    /// transaction of its own, and all wait again.
    fn one_group(
        &mut self,
        waiting: &mut VecDeque<Claim>,
        most: usize,
        progress: &mut dyn Progress,
    ) -> Result<Option<Vec<Answered>>> {
        let mut done = Vec::new();
        let mut back = Vec::new();
        let mut taken = Vec::new();
        let mut names = NameBook::default();
        let mut bytes = 0;
        let mut lap = Lap::begin();
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
                Recorded::Alone => {
                    drop(group);
                    taken.into_iter().rev().for_each(|c| waiting.push_front(c));
                    return Ok(None);
                }
            }
        }
        lap.ends(&mut self.spent.judging);
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
            lap.ends(&mut self.spent.syncing);
            step("commit.before")?;
            self.guard.check()?;
            group.commit()?;
            step("commit.after")?;
            lap.ends(&mut self.spent.committing);
        }
        for (claim, why) in back {
            self.give_back(&claim, why)?;
        }
        let answered = self.end(done)?;
        let mut lap = Lap::begin();
        self.history.trim();
        lap.ends(&mut self.spent.trimming);
        Ok(Some(answered))
    }

    /// Called when there is nothing to do for a while: marks what was published, keeps the WAL small.
    ///
    /// # Errors
    /// When the history cannot be written.
    pub fn rest(&mut self) -> Result<()> {
        if !self.unmarked.is_empty() {
            self.mark()?;
        }
        // A reader may have kept an earlier one from emptying it.
        let wal = self.home.root.join("kycdrop.db-wal");
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

/// What tells whether a classifier file was changed, without reading it; and the day, since a value
/// may be retired on one.
fn fingerprint(home: &Home) -> Fingerprint {
    let mut files: Vec<_> = std::fs::read_dir(home.classifiers())
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .filter(|p| !p.file_name().is_some_and(is_left_alone))
        .map(|p| {
            let metadata = p.metadata().ok();
            let bytes = metadata.as_ref().map_or(0, std::fs::Metadata::len);
            (p, bytes, metadata.and_then(|m| m.modified().ok()))
        })
        .collect();
    files.sort();
    (clock::today(), files)
}

/// How long the classifier files and their folder have not been changed, by their times.
fn stood_for(home: &Home, (_, files): &Fingerprint) -> Duration {
    let folder = std::fs::metadata(home.classifiers()).and_then(|m| m.modified());
    let times = files.iter().filter_map(|(_, _, modified)| *modified);
    let last = times.chain(folder.ok()).max();
    last.and_then(|last| SystemTime::now().duration_since(last).ok())
        .unwrap_or_default()
}

/// Whether the classifier files hold so much less than the set that they may still be being copied;
/// says so. Files that are not sound hold nothing.
fn look_cut(set: &ClassifierSet, home: &Home) -> bool {
    let Ok(files) = read_folder(&home.classifiers(), &clock::today()) else {
        return false;
    };
    let Some(classifier) = lost_many(set, &files) else {
        return false;
    };
    tracing::warn!(
        classifier,
        "the classifier files lost many values at once: activated once they stood still for settle_timeout"
    );
    true
}

/// The set that the history has as active, and its row; None in a history without one.
fn active_classifiers(history: &History) -> Result<Option<(ClassifierSet, i64)>> {
    let Some((set_id, files)) = history.active_classifiers()? else {
        return Ok(None);
    };
    let mut set = ClassifierSet::from_files(&files).map_err(|_| {
        Trouble::new(
            Kind::Setup,
            format!("the classifier set {set_id} in the database is incomplete"),
            "restore the database from a backup",
        )
    })?;
    set.note_had_values(&classifiers_with_values(history.connection())?);
    Ok(Some((set, set_id)))
}

/// Reads the classifier files and makes them the active set of the history. Returns the set and its
/// row.
fn activate(history: &mut History, home: &Home) -> Result<(ClassifierSet, i64)> {
    let files = read_folder(&home.classifiers(), &clock::today())?;
    let mut set = ClassifierSet::from_files(&files)?;
    let active = history.activate_classifiers(&files)?;
    set.note_had_values(&classifiers_with_values(history.connection())?);
    if active.changed {
        tracing::info!(set = %&active.hash[..12], "classifiers activated");
    }
    Ok((set, active.set_id))
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
