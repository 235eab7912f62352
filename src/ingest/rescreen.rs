//! Screening standing customers again, against what changed in the lists.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::catalog::{CUSTOMER, ScreeningProcess};
use crate::history::{Customer, Entries, Rescreening, Screening};
use crate::lists::folds;
use crate::request::Tree;
use crate::screening::{Entity, Folds, Index, Screener};
use crate::trouble::Result;

use super::screening::{UsedList, UsedLists, meets};
use super::{Engine, step};

/// So many customers at most are compared and recorded together.
const AT_ONCE: u32 = 2000;

/// A step beside other work begins with so many customers, and has fewer or more so that it takes this long.
const GENTLY: u32 = 50;
const GENTLE_STEP: Duration = Duration::from_millis(100);

/// Of a large list, so many entries that did not change are compared with beside those that did: what is
/// rare is counted on them, as on the whole list.
const OTHERS: usize = 20_000;

/// Who is found with a score this much below the threshold is compared with the whole lists.
const MARGIN: f32 = 0.15;

/// What came of a run so far.
#[derive(Clone, Debug, Default)]
pub struct Rescreened {
    /// Entries that are new or not what they were.
    pub changed: u64,
    /// Customers that were compared.
    pub customers: u64,
    /// Subjects and processes with a new match.
    pub matches: u64,
    /// All customers were compared.
    pub ended: bool,
}

/// How far standing customers are compared with the lists in use.
#[derive(Default)]
pub(super) enum Rescreens {
    /// Whether a list changed is to be looked at.
    #[default]
    ToLook,
    /// A run is under way.
    Running(Box<Run>),
    /// All were compared with these versions of the lists.
    Done(String),
}

/// A run over the standing customers.
pub(super) struct Run {
    lists: Arc<UsedLists>,
    versions: String,
    changed: Vec<Changed>,
    /// Its row, with what came of it.
    row: Rescreening,
    /// The customers of the next step beside other work.
    gently: u32,
}

/// The entries of a list that are new or not what they were.
struct Changed {
    list: Arc<UsedList>,
    ids: HashSet<String>,
    /// They and some others of a large list; None: the list itself.
    part: Option<Index>,
}

impl Engine {
    /// Screens all standing customers against what changed in the lists since that was done last. It goes on
    /// where it was interrupted. Each new match gets an event under a number of its own.
    ///
    /// # Errors
    /// When the history cannot be read or written, or events cannot be put out.
    pub fn rescreen(&mut self) -> Result<Rescreened> {
        self.publish_events()?;
        loop {
            match self.rescreen_step(false)? {
                None => return Ok(Rescreened::default()),
                Some(done) if done.ended => return Ok(done),
                Some(_) => {}
            }
        }
    }

    /// The processes that standing customers cannot be screened for, each with why.
    pub fn unscreened(&self) -> Vec<(ScreeningProcess, String)> {
        self.rules.lists.missing()
    }

    /// The next step of what [`Engine::rescreen`] does, a short one if `gently`. None: nothing changed in the
    /// lists since all customers were compared.
    ///
    /// # Errors
    /// As of [`Engine::rescreen`]; the next step goes on where this one began.
    pub fn rescreen_step(&mut self, gently: bool) -> Result<Option<Rescreened>> {
        let versions = self.rules.lists.versions();
        let run = match std::mem::take(&mut self.rescreens) {
            Rescreens::Running(run) if run.versions == versions => Some(run),
            Rescreens::Done(done) if done == versions => None,
            _ => self.begin_rescreening(&versions)?.map(Box::new),
        };
        let Some(mut run) = run else {
            self.rescreens = Rescreens::Done(versions);
            return Ok(None);
        };
        let ended = self.compare_some(&mut run, gently)?;
        let done = Rescreened {
            changed: run.changed.iter().map(|c| c.ids.len() as u64).sum(),
            customers: run.row.customers,
            matches: run.row.matches,
            ended,
        };
        self.rescreens = match ended {
            true => Rescreens::Done(versions),
            false => Rescreens::Running(run),
        };
        Ok(Some(done))
    }

    fn begin_rescreening(&mut self, versions: &str) -> Result<Option<Run>> {
        // Those of a run that was killed before they were out.
        self.publish_events()?;
        let lists = self.rules.lists.clone();
        let mut changed = Vec::new();
        for list in lists.all() {
            let before = self.history.compared_entries(&list.name)?;
            let mut now = entries(&list);
            now.retain(|id, hash| before.get(id) != Some(hash));
            if !now.is_empty() {
                let ids = now.into_keys().collect();
                changed.push(Changed::of(list, ids, &folds(&self.home.lists())?));
            }
        }
        if changed.is_empty() {
            return Ok(None);
        }
        let row = self.history.begin_rescreening(versions)?;
        step("rescreen.begun")?;
        Ok(Some(Run {
            lists,
            versions: versions.to_owned(),
            changed,
            row,
            gently: GENTLY,
        }))
    }

    /// Compares the next customers and records what was found. Returns whether all were compared before.
    fn compare_some(&mut self, run: &mut Run, gently: bool) -> Result<bool> {
        let begun = Instant::now();
        let most = if gently { run.gently } else { AT_ONCE };
        let customers = self.history.customers_after(run.row.last, most)?;
        if customers.is_empty() {
            step("rescreen.compared")?;
            let all = run.lists.all();
            let now: Vec<_> = all.iter().map(|l| (l.name.clone(), entries(l))).collect();
            self.history.end_rescreening(&run.row, &now)?;
            step("rescreen.ended")?;
            return Ok(true);
        }
        let share = customers.len().div_ceil(self.pool.current_num_threads());
        let found: Vec<(Customer, Vec<Screening>)> = self.pool.install(|| {
            let scratch = || (Tree::new(), run.screeners());
            let compared = customers.into_par_iter().with_min_len(share);
            compared
                .map_init(scratch, |(tree, screeners), customer| {
                    let screenings = run.compare(tree, screeners, &customer);
                    (customer, screenings)
                })
                .collect()
        });
        self.history.record_rescreening(&mut run.row, &found)?;
        step("rescreen.recorded")?;
        self.publish_events()?;
        self.note_answers(&[])?;
        let next = match begun.elapsed() > GENTLE_STEP {
            true => run.gently / 2,
            false => run.gently * 2,
        };
        run.gently = next.clamp(GENTLY, AT_ONCE);
        Ok(false)
    }
}

impl Changed {
    fn of(list: Arc<UsedList>, ids: HashSet<String>, folds: &Folds) -> Changed {
        let all = list.index.entities();
        let others = all - ids.len().min(all);
        // With nearly all of them the list itself is as fast.
        let part = (others > OTHERS).then(|| {
            let (mut part, mut seen) = (Vec::with_capacity(ids.len() + OTHERS), 0);
            for entity in (0..all).filter_map(|i| list.index.entity(i)) {
                let changed = ids.contains(&*entity.id);
                // Every so many of the others, evenly over the list.
                let taken = !changed && (seen + 1) * OTHERS / others > seen * OTHERS / others;
                seen += usize::from(!changed);
                if changed || taken {
                    part.push(entity.clone());
                }
            }
            Index::build(part, folds)
        });
        Changed { list, ids, part }
    }

    fn index(&self) -> &Index {
        self.part.as_ref().unwrap_or(&self.list.index)
    }
}

impl Run {
    fn screeners(&self) -> Vec<Screener<'_>> {
        self.changed.iter().map(|c| c.index().screener()).collect()
    }

    /// The screenings of a customer that have a hit among the entries that changed.
    fn compare(
        &self,
        tree: &mut Tree,
        screeners: &mut [Screener<'_>],
        customer: &Customer,
    ) -> Vec<Screening> {
        // What was read once can be read again.
        if tree.read(&customer.text, &CUSTOMER) != Ok(true) {
            return Vec::new();
        }
        let root = tree.root(&customer.text, &CUSTOMER);
        let mut changed = self.changed.iter().zip(screeners);
        let found = changed.any(|(changed, screener)| {
            let is_new = |at| {
                let entity = changed.index().entity(at);
                entity.is_some_and(|e| changed.ids.contains(&*e.id))
            };
            meets(&root, screener, changed.list.threshold - MARGIN, is_new)
        });
        if !found {
            return Vec::new();
        }
        let processes = self.lists.processes();
        let mut all = self.lists.screen_for(&processes, &root, customer.lead);
        all.retain_mut(|screening| match &mut screening.found {
            Ok(hits) => {
                hits.retain(|hit| self.is_new(hit.list_id, &hit.entity_id));
                !hits.is_empty()
            }
            Err(_) => false,
        });
        all
    }

    fn is_new(&self, list: i64, entity: &str) -> bool {
        let mut of_list = self.changed.iter().filter(|c| c.list.id == list);
        of_list.any(|c| c.ids.contains(entity))
    }
}

fn entries(list: &Arc<UsedList>) -> Entries {
    let entities = (0..list.index.entities()).filter_map(|i| list.index.entity(i));
    entities.map(|e| (e.id.to_string(), hash(e))).collect()
}

/// The same as long as the entry is.
fn hash(entity: &Entity) -> i64 {
    let names: Vec<&str> = entity.names.iter().map(|n| &*n.text).collect();
    let all = json!([names, entity.birth_dates, entity.countries]).to_string();
    let digest = Sha256::digest(all.as_bytes());
    let bytes = digest.first_chunk::<8>().copied().unwrap_or_default();
    i64::from_le_bytes(bytes)
}
