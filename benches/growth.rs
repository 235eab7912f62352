//! Whether the rate holds while the history grows: batch after batch of customers with random
//! communicationNumbers, whom a bank counts (or has given random names too), into one home, each
//! through the whole way. Beside each that is shown another one goes into an empty home, in a process
//! of its own: the processor may be faster in one minute than in another, so the rate of the first
//! batch says little about the last. At the end, what a person waits for on such a history: a start,
//! the totals, a look-up.
//!
//! `cargo bench --bench growth -- --help` shows the sizes; at five million it takes minutes and some
//! gigabytes.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::Parser;
use kycdrop::config::{Config, Home};
use kycdrop::history::{ask, open_for_reading, totals};
use kycdrop::ingest::{Engine, Silent};

mod support;

use support::{Generator, Shape, claim_all, peak_kib};

#[derive(Parser)]
struct Args {
    /// Assessments at the end
    #[arg(long, default_value_t = 5_000_000)]
    assessments: u64,

    /// Customers in each batch
    #[arg(long, default_value_t = 200_000)]
    step: u64,

    /// Gives customers random names: a bank's are mostly numbered one after the other
    #[arg(long)]
    random_customers: bool,

    /// Memory for pages of the database, in MiB; that of the configuration by default
    #[arg(long)]
    cache: Option<u32>,

    #[arg(long, default_value_t = 7)]
    seed: u64,

    /// Where to work; a temporary folder by default
    #[arg(long)]
    dir: Option<PathBuf>,

    /// In a child process: one batch into the empty folder
    #[arg(long, hide = true)]
    child: bool,

    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// Assessments from time to time are shown, not each batch.
const LINES: u64 = 25;

fn main() {
    let args = Args::parse();
    if args.child {
        let dir = args.dir.as_deref().expect("a folder");
        println!("{}", into_an_empty_home(&args, dir));
        return;
    }
    let dir = temporary(&args);
    let home = Home::at(dir.path()).expect("a home");
    let mut config = Config::default();
    config.cache_mib = args.cache.unwrap_or(config.cache_mib);
    grow(&args, &home, &config);
    ask_about(&home, &config);
}

/// A folder to work in, which goes with the value.
fn temporary(args: &Args) -> tempfile::TempDir {
    let dir = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    };
    dir.expect("a temporary folder")
}

fn grow(args: &Args, home: &Home, config: &Config) {
    let mut engine = Engine::open(home.clone(), config.clone()).expect("an engine");
    let mut generator = generator(args);
    let batches = args.assessments.div_ceil(args.step);
    let shown = batches.div_ceil(LINES);
    println!(
        "cache {} MiB, {} customers a batch",
        config.cache_mib, args.step
    );
    println!(
        "{:>11} {:>8} {:>8} {:>8} {:>11} {:>5} {:>8} {:>7}",
        "assessments", "s", "cpu s", "empty s", "customers/s", "rate", "peak MiB", "db MiB"
    );
    for batch in 1..=batches {
        let (seconds, cpu) = one_batch(&mut engine, home, &mut generator, args.step);
        if batch % shown != 0 && batch != batches {
            continue;
        }
        let empty = beside(args);
        let rate = empty / seconds;
        let bytes = fs::metadata(home.database()).map_or(0, |m| m.len());
        println!(
            "{:11} {seconds:8.3} {cpu:8.3} {empty:8.3} {:11.0} {rate:5.2} {:8} {:7} {}",
            batch * args.step,
            args.step as f64 / seconds,
            peak_kib() >> 10,
            bytes >> 20,
            "#".repeat((rate * 40.0) as usize)
        );
    }
}

/// The seconds of a batch into an empty home, now.
fn beside(args: &Args) -> f64 {
    let dir = temporary(args);
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--child", "--step", &args.step.to_string(), "--dir"])
        .arg(dir.path())
        .args(args.random_customers.then_some("--random-customers"))
        .output()
        .expect("a child process");
    let said = String::from_utf8_lossy(&output.stdout);
    match said.trim().parse() {
        Ok(seconds) => seconds,
        Err(_) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
    }
}

fn into_an_empty_home(args: &Args, dir: &Path) -> f64 {
    let home = Home::at(dir).expect("a home");
    let mut engine = Engine::open(home.clone(), Config::default()).expect("an engine");
    one_batch(&mut engine, &home, &mut generator(args), args.step).0
}

fn generator(args: &Args) -> Generator {
    let mut generator = Generator::new(args.seed);
    generator.last_customer = (!args.random_customers).then_some(0);
    generator
}

/// Drops a batch and takes it the whole way. Making the file is not counted. Returns the seconds on
/// the clock, and those of all processors.
fn one_batch(
    engine: &mut Engine,
    home: &Home,
    generator: &mut Generator,
    customers: u64,
) -> (f64, f64) {
    let path = home.inbox().join("batch-customers/batch.json");
    let mut out = BufWriter::new(File::create(&path).expect("a file"));
    let written = generator.batch(Shape::Minimal, customers, &mut out);
    written.and_then(|()| out.flush()).expect("written");
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let claims = claim_all(home);
    let answered = engine.process(claims, &mut Silent).expect("answers");
    engine.on_idle().expect("idle");
    let spent = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    assert_eq!(answered.len(), 1);
    assert_eq!(answered[0].accepted, customers);
    for folder in [home.archive(), home.outbox()] {
        fs::remove_dir_all(folder).expect("what was answered is in the way on the disk");
    }
    spent
}

/// What this process has had of the processors, where the system shows it.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |i: usize| after_name.split_whitespace().nth(i)?.parse::<f64>().ok();
    // User and system time, in hundredths.
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

fn ask_about(home: &Home, config: &Config) {
    println!("\n{:34} {:>9} {:>9}", "ms", "median", "slowest");
    let show = |what: &str, of: &dyn Fn()| {
        let mut times: Vec<f64> = (0..9)
            .map(|_| {
                let started = Instant::now();
                of();
                started.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{what:34} {:9.2} {:9.2}", times[4], times[8]);
    };
    show("start (home, classifiers, history)", &|| {
        drop(Engine::open(home.clone(), config.clone()).expect("an engine"));
    });
    let database = home.database();
    show("the totals of status", &|| {
        let conn = reading(&database);
        totals(&conn).expect("totals");
    });
    let conn = reading(&database);
    let names: Vec<String> = (1..10)
        .map(|i| {
            let sql = "SELECT customer_ext_id FROM assessment
                       WHERE assessment_id >= (SELECT max(assessment_id) FROM assessment) * ?1 / 10
                       LIMIT 1";
            conn.query_row(sql, [i], |r| r.get(0)).expect("a customer")
        })
        .collect();
    let turn = std::cell::Cell::new(0);
    show("a customer by customerExtId", &|| {
        let name = &names[turn.replace(turn.get() + 1) % names.len()];
        let conn = reading(&database);
        let life = ask::lives(&conn, name, None, ask::Part::ALL).expect("a life");
        assert_eq!(life.len(), 1);
    });
}

fn reading(database: &Path) -> rusqlite::Connection {
    let conn = open_for_reading(database).expect("a database");
    conn.expect("a history")
}
