//! `demo`: writes a batch to try everything with, and says how it will be answered.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::classifier::ClassifierFile;
use crate::config::Home;
use crate::demo::{DemoOptions, DemoSummary, write_batch};
use crate::ingest::classifiers_of;
use crate::trouble::{Kind, Result};

use crate::talk::note;
use crate::text::counted;

/// Arguments of `demo`.
#[derive(clap::Args)]
#[command(after_help = "\
Equal arguments make equal files, byte for byte. The codes are those of the
home's classifiers, or of the shipped ones if the home has none. The expected
answers go to stderr.

Example, everything in two minutes:
  kycdrop init
  kycdrop demo --customers 1000 --errors 5 --output watch-dir/inbox/batch-customers/demo.json
  kycdrop once
  kycdrop explain demo.json
  kycdrop query --saved top-errors
  kycdrop report --output report.html")]
pub(super) struct Args {
    /// How many customers
    #[arg(long, value_name = "N", default_value_t = 100)]
    customers: u64,

    /// The percentage of customers with an error
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0, value_parser = percent)]
    errors: f64,

    /// Seed of the random numbers
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,

    /// The file to write; it must not exist; - writes to stdout
    #[arg(long, value_name = "FILE")]
    pub(super) output: PathBuf,
}

fn percent(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|p| (0.0..=100.0).contains(p))
        .ok_or_else(|| "give a number from 0 to 100".into())
}

/// Writes the batch.
pub(super) fn demo(home: &Home, args: &Args) -> Result<u8> {
    let files = classifiers_of(home)?;
    let wanted = DemoOptions {
        customers: args.customers,
        errors: args.errors,
        seed: args.seed,
    };
    let made = if args.output == Path::new("-") {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let done =
            write_batch(wanted, &files, &mut out).and_then(|made| out.flush().map(|()| made));
        match done {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(0),
            done => done.map_err(|e| super::stdout_trouble(&e))?,
        }
    } else {
        to_file(home, &args.output, wanted, &files)?
    };
    let customers = counted(args.customers, "customer", "customers");
    note!("{customers}: {} without errors", made.sound);
    for (code, customers) in &made.wrong {
        note!("{customers:>8} x {code}");
    }
    Ok(0)
}

/// Writes a temporary file first, so that a daemon only ever sees the whole file.
fn to_file(
    home: &Home,
    path: &Path,
    wanted: DemoOptions,
    files: &[ClassifierFile],
) -> Result<DemoSummary> {
    let rules = Rules {
        home: Some(home),
        into_inbox: true,
        existing: Existing::Refuse,
        refusal: Kind::Input,
    };
    let file = AtomicFile::create(path, rules)?;
    let write = || {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(file.content())?);
        let made = write_batch(wanted, files, &mut out)?;
        out.flush()?;
        Ok(made)
    };
    let made = write().map_err(|e: std::io::Error| file.to_error(&e))?;
    file.finish()?;
    Ok(made)
}
