//! Trains the dictionary that payloads are packed with, on customers that were made up: those of
//! `kycdrop demo`, their fields in many orders, with and without white space.
//!
//! `cargo run --release --example dictionary` writes `src/history/payload.dict`. A new dictionary
//! wants a new `SHIPPED_VERSION` in `src/history/dictionary.rs`.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use kycdrop::classifier::shipped_files;
use kycdrop::demo::{DemoOptions, write_batch};
use serde_json::{Map, Value};

/// Larger ones hardly pack better, and this stays in a processor's cache.
const BYTES: usize = 32 << 10;

/// Every program writes the fields in an order of its own.
const ORDERS: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let classifiers = shipped_files("2026-01-01")?;
    let wanted = DemoOptions {
        customers: 6000,
        errors: 5.0,
        seed: 1,
    };
    let mut batch = Vec::new();
    write_batch(wanted, &classifiers, &mut batch)?;
    let batch: Value = serde_json::from_slice(&batch)?;
    let customers = batch["customers"].as_array().into_iter().flatten();
    let samples: Vec<String> = customers
        .filter_map(Value::as_object)
        .enumerate()
        .map(|(i, customer)| written(customer, i % ORDERS, i % 8 == 7))
        .collect();
    let dictionary = zstd::dict::from_samples(&samples, BYTES)?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/history/payload.dict");
    std::fs::write(file, &dictionary)?;
    println!("{} samples, {} bytes", samples.len(), dictionary.len());
    Ok(())
}

/// A customer as one of many programs writes it.
fn written(customer: &Map<String, Value>, order: usize, indented: bool) -> String {
    let place = |name: &String| {
        let mut hasher = DefaultHasher::new();
        (order, name).hash(&mut hasher);
        hasher.finish()
    };
    let mut fields: Vec<_> = customer.iter().collect();
    fields.sort_by_key(|(name, _)| place(name));
    let fields: Vec<String> = fields
        .into_iter()
        .map(|(name, value)| match indented {
            true => format!("\n  \"{name}\": {value:#}"),
            false => format!("\"{name}\":{value}"),
        })
        .collect();
    match indented {
        true => format!("{{{}\n}}", fields.join(",")),
        false => format!("{{{}}}", fields.join(",")),
    }
}
