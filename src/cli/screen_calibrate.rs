//! `screen --calibrate`: how many of the institution's own customers would be hits, by threshold.

use std::fmt::Write as _;
use std::path::Path;

use rayon::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::catalog::CUSTOMER;
use crate::history::ask::{Rated, rated_after};
use crate::ingest::best_score;
use crate::lists;
use crate::request::Tree;
use crate::screening::{Index, Screener};
use crate::text::{counted, visible};
use crate::trouble::Result;

use super::output::{self, TextFormat};
use super::screen::{UsedList, usable};

/// So many customers are read at a time.
const AT_ONCE: u32 = 2000;

/// In hundredths: from the first to the last by the step.
const THRESHOLDS: [u16; 8] = [60, 65, 70, 75, 80, 85, 90, 95];

/// Customers by threshold, with a hit at or above it.
type Hits = [u64; THRESHOLDS.len()];

/// What threads keep from one customer to the next.
type Worker<'l> = (Tree, Vec<Screener<'l>>);

/// Screens every standing customer and shows the figures.
pub(super) fn calibrate(conn: &Connection, folder: &Path, format: TextFormat) -> Result<()> {
    let folds = lists::folds(folder)?;
    let lists: Vec<(UsedList, Index)> = usable(folder)?
        .into_iter()
        .map(|(list, entities)| (list, Index::build(entities, &folds)))
        .collect();
    let threads = rayon::current_num_threads().max(1);
    let worker = || -> Worker<'_> {
        let screeners = lists.iter().map(|(_, index)| index.screener());
        (Tree::new(), screeners.collect())
    };
    let mut workers: Vec<Worker<'_>> = (0..threads).map(|_| worker()).collect();
    let mut found = Calibrated {
        customers: 0,
        any: Hits::default(),
        lists: lists.iter().map(|_| Hits::default()).collect(),
    };
    let mut last = 0;
    loop {
        let customers = rated_after(conn, last, AT_ONCE)?;
        let Some(end) = customers.last() else { break };
        last = end.assessment_id;
        let share = customers.len().div_ceil(threads);
        let parts = customers.par_chunks(share).zip(workers.par_iter_mut());
        let scores: Vec<Vec<Vec<u16>>> = parts
            .map(|(customers, worker)| customers.iter().map(|c| scores(c, worker)).collect())
            .collect();
        for customer in scores.iter().flatten() {
            found.count(customer);
        }
    }
    let lists: Vec<&UsedList> = lists.iter().map(|(list, _)| list).collect();
    let text = match format {
        TextFormat::Json => output::json(&found.json(&lists))?,
        TextFormat::Text => found.text(&lists),
    };
    output::print(&text, format)
}

/// The best score of a customer and its related entities in each list, in thousandths.
fn scores(customer: &Rated, (tree, screeners): &mut Worker<'_>) -> Vec<u16> {
    // What was read once can be read again.
    if tree.read(&customer.text, &CUSTOMER) != Ok(true) {
        return Vec::new();
    }
    let root = tree.root(&customer.text, &CUSTOMER);
    let least = f32::from(THRESHOLDS[0]) / 100.0;
    let of_list = screeners
        .iter_mut()
        .map(|list| best_score(&root, list, least));
    of_list.collect()
}

struct Calibrated {
    customers: u64,
    /// In any of the lists.
    any: Hits,
    lists: Vec<Hits>,
}

impl Calibrated {
    fn count(&mut self, scores: &[u16]) {
        self.customers += 1;
        add(&mut self.any, scores.iter().copied().max().unwrap_or(0));
        for (hits, score) in self.lists.iter_mut().zip(scores) {
            add(hits, *score);
        }
    }

    fn per_thousand(&self, hits: u64) -> f64 {
        hits as f64 * 1000.0 / self.customers.max(1) as f64
    }

    fn json(&self, lists: &[&UsedList]) -> Value {
        let rows = |hits: &Hits| {
            let row = |(t, n): (&u16, &u64)| {
                json!({"min_score": f64::from(*t) / 100.0, "customers": n,
                    "per_thousand": self.per_thousand(*n)})
            };
            THRESHOLDS.iter().zip(hits).map(row).collect::<Vec<_>>()
        };
        let lists = lists.iter().zip(&self.lists);
        let lists = lists.map(|(list, hits)| {
            json!({"list": list.name, "date": list.date, "version": list.version, "hits": rows(hits)})
        });
        json!({"customers": self.customers, "hits": rows(&self.any),
            "lists": lists.collect::<Vec<_>>()})
    }

    fn text(&self, lists: &[&UsedList]) -> String {
        let mut out = counted(self.customers, "standing customer", "standing customers");
        out += "; of 1,000, so many have a hit at or above a score:\n\n";
        let names: Vec<_> = lists.iter().map(|list| visible(&list.name)).collect();
        let width = names.iter().map(|n| n.chars().count()).max();
        let width = width.unwrap_or(0).max("any list".len());
        let _ = write!(out, "{:width$}", "");
        for threshold in THRESHOLDS {
            let _ = write!(out, "  {:>6}", format!("0.{threshold}"));
        }
        out.push('\n');
        let any = std::iter::once(("any list", &self.any));
        for (name, hits) in any.chain(names.iter().map(|n| &**n).zip(&self.lists)) {
            let _ = write!(out, "{name:width$}");
            for n in hits {
                let _ = write!(out, "  {:>6.1}", self.per_thousand(*n));
            }
            out.push('\n');
        }
        out.push('\n');
        for list in lists {
            let _ = writeln!(out, "compared with {}", list.says());
        }
        out
    }
}

/// Counts a customer at every threshold that its score reaches.
fn add(hits: &mut Hits, score: u16) {
    for (hits, threshold) in hits.iter_mut().zip(THRESHOLDS) {
        *hits += u64::from(score >= threshold * 10);
    }
}
