//! Screening standing customers again, against what changed in the lists.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::catalog::{CUSTOMER, ScreeningProcess};
use crate::history::{Customer, Entries, Rescreening, Screening};
use crate::request::Tree;
use crate::screening::Entity;
use crate::trouble::Result;

use super::screening::{UsedList, UsedLists};
use super::{Engine, step};

/// So many customers are compared and recorded together.
const AT_ONCE: u32 = 2000;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Rescreened {
    /// Entries that are new or not what they were.
    pub changed: u64,
    /// Customers that were compared.
    pub customers: u64,
    /// Subjects and processes with a new match.
    pub matches: u64,
    /// Processes that cannot be screened, each with why.
    pub missing: Vec<(ScreeningProcess, String)>,
}

/// What changed in the lists since the last run.
struct Changed {
    /// By list: the identifiers of the entries.
    entries: HashMap<i64, HashSet<String>>,
    /// All entries of the lists as they are now.
    now: Vec<(String, Entries)>,
    processes: Vec<ScreeningProcess>,
}

impl Engine {
    /// Screens all standing customers against what changed in the lists since that was done last. It goes on
    /// where it was interrupted. Each new match gets an event under a number of its own.
    ///
    /// # Errors
    /// When the history cannot be read or written, or events cannot be put out.
    pub fn rescreen(&mut self) -> Result<Rescreened> {
        // Those of a run that was killed before they were out.
        self.publish_events()?;
        let lists = self.rules.lists.clone();
        let mut done = Rescreened {
            missing: lists.missing(),
            ..Rescreened::default()
        };
        let changed = self.changed(&lists)?;
        done.changed = changed.entries.values().map(|ids| ids.len() as u64).sum();
        if done.changed == 0 {
            return Ok(done);
        }
        let versions = lists.versions();
        let mut run = self.history.begin_rescreening(&versions)?;
        step("rescreen.begun")?;
        loop {
            let customers = self.history.customers_after(run.last, AT_ONCE)?;
            if customers.is_empty() {
                break;
            }
            let compare = |tree: &mut Tree, customer: Customer| {
                let screenings = compare(&lists, &changed, tree, &customer);
                (customer, screenings)
            };
            let found: Vec<(Customer, Vec<Screening>)> = self.pool.install(|| {
                customers
                    .into_par_iter()
                    .map_init(Tree::new, compare)
                    .collect()
            });
            self.history.record_rescreening(&mut run, &found)?;
            step("rescreen.recorded")?;
            self.publish_events()?;
        }
        step("rescreen.compared")?;
        self.history.end_rescreening(&run, &changed.now)?;
        step("rescreen.ended")?;
        let Rescreening {
            customers, matches, ..
        } = run;
        Ok(Rescreened {
            customers,
            matches,
            ..done
        })
    }

    fn changed(&self, lists: &UsedLists) -> Result<Changed> {
        let mut changed = Changed {
            entries: HashMap::new(),
            now: Vec::new(),
            processes: lists.processes(),
        };
        for list in lists.all() {
            let before = self.history.compared_entries(&list.name)?;
            let now = entries(&list);
            let is_new = |(id, hash): &(&String, &i64)| before.get(*id) != Some(*hash);
            let new: HashSet<String> = now
                .iter()
                .filter(is_new)
                .map(|(id, _)| id.clone())
                .collect();
            changed.entries.insert(list.id, new);
            changed.now.push((list.name.clone(), now));
        }
        Ok(changed)
    }
}

/// The screenings of a customer that have a hit among the entries that changed.
fn compare(
    lists: &UsedLists,
    changed: &Changed,
    tree: &mut Tree,
    customer: &Customer,
) -> Vec<Screening> {
    // What was read once can be read again.
    if tree.read(&customer.text, &CUSTOMER) != Ok(true) {
        return Vec::new();
    }
    let root = tree.root(&customer.text, &CUSTOMER);
    let mut all = lists.screen_for(&changed.processes, &root, customer.lead);
    all.retain_mut(|screening| match &mut screening.found {
        Ok(hits) => {
            let is_new = |id: &i64, entity: &String| {
                changed
                    .entries
                    .get(id)
                    .is_some_and(|ids| ids.contains(entity))
            };
            hits.retain(|hit| is_new(&hit.list_id, &hit.entity_id));
            !hits.is_empty()
        }
        Err(_) => false,
    });
    all
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
