//! `risk try`: a matrix tried on the standing customers of the history, and what would change.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rayon::prelude::*;
use rusqlite::Connection;
use serde::Serialize;

use crate::catalog::{CUSTOMER, RiskLevel};
use crate::classifier::ClassifierSet;
use crate::evaluate::{Case, Matrix, Verdict, matrix_for};
use crate::history::ask::{Rated, rated_after};
use crate::ingest::unscreened;
use crate::request::Tree;
use crate::text::visible;
use crate::trouble::Result;

/// So many customers are read at a time.
const AT_ONCE: u32 = 2000;

/// So many countries are listed, those with the most customers.
const COUNTRIES: usize = 20;

/// More of all customers than this at one level is a finding, in percent.
const MOST_AT_A_LEVEL: u64 = 60;

/// What a trial came to.
#[derive(Debug, Default)]
pub(super) struct Trial {
    /// Customers of the categories that the matrices are for.
    pub customers: u64,
    /// Of those: a person would have to decide.
    pub person: u64,
    /// From one level, or none so far, to another, and how many.
    moves: BTreeMap<(Option<RiskLevel>, RiskLevel), u64>,
    categories: BTreeMap<String, Levels>,
    countries: BTreeMap<String, Levels>,
}

/// How many have a level.
type Levels = BTreeMap<RiskLevel, u64>;

/// Evaluates every standing customer of the categories of the matrices.
pub(super) fn trial(
    conn: &Connection,
    matrices: &[Matrix],
    (set, day): (&ClassifierSet, &str),
) -> Result<Trial> {
    let (mut trial, mut last) = (Trial::default(), 0);
    loop {
        let customers = rated_after(conn, last, AT_ONCE)?;
        let Some(end) = customers.last() else {
            return Ok(trial);
        };
        last = end.assessment_id;
        let levels: Vec<Option<(RiskLevel, Verdict)>> = customers
            .par_iter()
            .map_init(Tree::new, |tree, customer| {
                let matrix = matrix_for(matrices, &customer.category, day).ok()?;
                // What was read once can be read again.
                tree.read(&customer.text, &CUSTOMER).ok()?;
                let root = tree.root(&customer.text, &CUSTOMER);
                let screened = unscreened(&root);
                let evaluation = matrix.evaluate(Case::of(root, set, &screened));
                Some((evaluation.level, evaluation.decision))
            })
            .collect();
        for (customer, level) in customers.iter().zip(levels) {
            if let Some(level) = level {
                trial.count(customer, level);
            }
        }
    }
}

/// The same as JSON.
#[derive(Serialize)]
pub(super) struct Page<'t> {
    customers: u64,
    person: u64,
    moves: Vec<Move>,
    categories: BTreeMap<&'t str, BTreeMap<&'static str, u64>>,
    countries: BTreeMap<&'t str, BTreeMap<&'static str, u64>>,
}

#[derive(Serialize)]
struct Move {
    /// Absent: no level so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    to: &'static str,
    customers: u64,
}

fn named(levels: &BTreeMap<String, Levels>) -> BTreeMap<&str, BTreeMap<&'static str, u64>> {
    let of = |levels: &Levels| levels.iter().map(|(level, n)| (level.name(), *n)).collect();
    levels
        .iter()
        .map(|(key, levels)| (key.as_str(), of(levels)))
        .collect()
}

impl Trial {
    /// Everything, for a program.
    pub(super) fn page(&self) -> Page<'_> {
        let moves = self.moves.iter().map(|((from, to), n)| Move {
            from: from.map(RiskLevel::name),
            to: to.name(),
            customers: *n,
        });
        Page {
            customers: self.customers,
            person: self.person,
            moves: moves.collect(),
            categories: named(&self.categories),
            countries: named(&self.countries),
        }
    }

    fn count(&mut self, customer: &Rated, (level, verdict): (RiskLevel, Verdict)) {
        let before = customer.level.as_deref().and_then(RiskLevel::from_name);
        self.customers += 1;
        self.person += u64::from(verdict == Verdict::Person);
        *self.moves.entry((before, level)).or_default() += 1;
        let country = customer.country.as_deref().unwrap_or("none");
        for (by, key) in [
            (&mut self.categories, customer.category.as_str()),
            (&mut self.countries, country),
        ] {
            let levels = by.entry(key.to_owned()).or_default();
            *levels.entry(level).or_default() += 1;
        }
    }

    /// How many would have each level.
    fn levels(&self) -> Levels {
        let mut all = Levels::new();
        for ((_, after), n) in &self.moves {
            *all.entry(*after).or_default() += n;
        }
        all
    }

    /// In words and tables.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{} customers; for {} of them a person would have to decide.",
            self.customers, self.person
        );
        if self.customers == 0 {
            return out;
        }
        self.moves_text(&mut out);
        let by =
            |out: &mut String, title: &str, rows: &mut dyn Iterator<Item = (&String, &Levels)>| {
                let _ = writeln!(out, "\n{title:<24}{}", header());
                for (name, levels) in rows {
                    let _ = writeln!(out, "{:<24}{}", visible(name), counts(levels));
                }
            };
        by(&mut out, "Category", &mut self.categories.iter());
        let mut countries: Vec<_> = self.countries.iter().collect();
        countries.sort_by_key(|(_, levels)| std::cmp::Reverse(levels.values().sum::<u64>()));
        by(
            &mut out,
            "Country",
            &mut countries.into_iter().take(COUNTRIES),
        );
        self.findings(&mut out);
        out
    }

    fn moves_text(&self, out: &mut String) {
        let mut moved = 0;
        let _ = writeln!(out, "\nMoves");
        for ((before, after), n) in &self.moves {
            if *before != Some(*after) {
                moved += n;
                let before = before.map_or("no level", RiskLevel::name);
                let _ = writeln!(out, "  {before:>8} -> {:<8} {n}", after.name());
            }
        }
        let _ = writeln!(out, "  unchanged            {}", self.customers - moved);
    }

    fn findings(&self, out: &mut String) {
        let levels = self.levels();
        for level in RATED {
            let n = levels.get(&level).copied().unwrap_or_default();
            let level = level.name();
            if n == 0 {
                let _ = writeln!(out, "\nNobody would be {level}: is that what you expect?");
            } else if n * 100 > self.customers * MOST_AT_A_LEVEL {
                let percent = n * 100 / self.customers;
                let _ = writeln!(
                    out,
                    "\n{percent} % would be {level}: a matrix that tells few apart is hard to defend."
                );
            }
        }
    }
}

/// The levels that an evaluation can have.
const RATED: [RiskLevel; 4] = [
    RiskLevel::Low,
    RiskLevel::Medium,
    RiskLevel::High,
    RiskLevel::Extreme,
];

fn header() -> String {
    RATED.iter().map(|l| format!("{:>10}", l.name())).collect()
}

fn counts(levels: &Levels) -> String {
    let of = |level| levels.get(level).copied().unwrap_or_default();
    RATED.iter().map(|l| format!("{:>10}", of(l))).collect()
}
