//! Makes realistic batches of any size with known errors, for a first look, for trying a change of the
//! classifiers, and for measuring.
//!
//! In: the classifiers, and how many customers with which seed. Out: the JSON of a batch, and which
//! error codes it will be answered with; the same input gives the same bytes. It may not use the
//! clock, the history or the file system.

mod errors;
mod people;

use std::collections::BTreeMap;
use std::io::{self, Write};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value};

use crate::catalog::Classifier;
use crate::classifier::ClassifierFile;

pub use errors::ERRORS;

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// How many customers.
    pub customers: u64,
    /// The percentage of customers with an error, from 0 to 100.
    pub errors: f64,
    /// Another seed gives other customers.
    pub seed: u64,
}

/// What is in a batch that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoSummary {
    /// Customers without an error.
    pub sound: u64,
    /// Customers with an error, by the code that they will be rejected with.
    pub wrong: BTreeMap<&'static str, u64>,
}

/// Random numbers that are the same for the same seed, on every machine.
struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        // The tiny bias towards small numbers does no harm here.
        (self.0.next_u64() % n.max(1) as u64) as usize
    }

    fn percent(&mut self, percent: f64) -> bool {
        (self.0.next_u32() as f64) < percent / 100.0 * (f64::from(u32::MAX) + 1.0)
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        match from.is_empty() {
            true => None,
            false => from.get(self.below(from.len())),
        }
    }
}

/// The codes that are valid, by classifier.
struct ValidCodes(Vec<Vec<String>>);

impl ValidCodes {
    fn of(files: &[ClassifierFile]) -> ValidCodes {
        let codes = Classifier::ALL.map(|c| {
            let file = files.iter().find(|f| f.name == c.name());
            file.into_iter()
                .flat_map(|f| {
                    f.values
                        .iter()
                        .filter(|v| !v.retired)
                        .map(|v| v.code.clone())
                })
                .collect()
        });
        ValidCodes(codes.into())
    }

    /// Every code of the classifier.
    fn codes(&self, classifier: Classifier) -> &[String] {
        self.0.get(classifier as usize).map_or(&[], |codes| codes)
    }

    /// Any code of the classifier; None if it has no code.
    fn any(&self, dice: &mut Dice, classifier: Classifier) -> Option<Value> {
        dice.pick(self.codes(classifier))
            .map(|code| Value::from(code.as_str()))
    }
}

/// Writes a batch for `batch-customers` to `out`. With these classifiers all customers are valid, except
/// those with a known error.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_batch(
    wanted: DemoOptions,
    files: &[ClassifierFile],
    out: &mut impl Write,
) -> io::Result<DemoSummary> {
    let codes = ValidCodes::of(files);
    let categories = people::Categories::of(files);
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(wanted.seed));
    let mut made = DemoSummary::default();
    out.write_all(b"{\"customers\":[")?;
    for position in 0..wanted.customers {
        let id = format!("{:x}-{position}", wanted.seed);
        let mut customer = people::customer(&mut dice, &codes, &categories, &id);
        // The first has nobody before it whose number it could repeat.
        if wanted.errors > 0.0 && position > 0 && dice.percent(wanted.errors) {
            let error = loop {
                match dice.pick(ERRORS) {
                    Some(error) if (error.fits)(&customer) => break error,
                    _ => {}
                }
            };
            (error.make)(&mut customer);
            *made.wrong.entry(error.code).or_default() += 1;
        } else {
            made.sound += 1;
        }
        let comma: &[u8] = if position == 0 { b"\n" } else { b",\n" };
        out.write_all(comma)?;
        serde_json::to_writer(&mut *out, &Value::Object(customer))?;
    }
    out.write_all(b"\n]}\n")?;
    Ok(made)
}

/// One customer as it is built.
type Customer = Map<String, Value>;
