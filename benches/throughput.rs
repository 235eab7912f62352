//! Whole files through the whole way: claimed, judged, recorded, committed, answered, archived;
//! beside the floor under it, which is the bare insertion of the very same rows with prepared
//! statements into the same tables, with the same pragmas, in one transaction. Nothing that keeps
//! those rows can be faster than its floor. Payloads are packed by the threads that judge, so there
//! are two floors: the rows as they are, packed, and the same rows with their payloads as text, which
//! is the floor of whoever does not pack.
//!
//! `cargo bench --bench throughput -- --help` shows the sizes. Each measurement runs in a process of
//! its own, so that its peak of memory is its own.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Parser;
use kycdrop::config::{Config, Home};
use kycdrop::history::{History, open_for_reading};
use kycdrop::ingest::{Engine, Silent};
use rusqlite::types::Value;
use rusqlite::{Connection, Rows, Statement};

mod support;

use support::{Generator, Shape, claim_all, peak_kib};

#[derive(Parser, Clone)]
struct Args {
    /// Minimal customers in one file
    #[arg(long, default_value_t = 200_000)]
    customers: u64,

    /// Full customers in one file
    #[arg(long, default_value_t = 20_000)]
    full: u64,

    /// Small files
    #[arg(long, default_value_t = 2_000)]
    files: u64,

    /// Customers in each small file
    #[arg(long, default_value_t = 100)]
    per_file: u64,

    /// Customers of which all are rejected with ten findings, and as many of which none is
    #[arg(long, default_value_t = 50_000)]
    findings: u64,

    /// Of a hundred customers (but those with ten findings), so many are wrong
    #[arg(long, default_value_t = 2)]
    wrong: u64,

    #[arg(long, default_value_t = 7)]
    seed: u64,

    /// Measures everything so often and shows the medians
    #[arg(long, default_value_t = 1)]
    runs: usize,

    /// Only the cases whose name contains this
    #[arg(long, default_value = "")]
    only: String,

    /// Where to work; a temporary folder by default
    #[arg(long)]
    dir: Option<PathBuf>,

    /// Measures nothing: writes the first file of the first case here, for benches/peers/run
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,

    /// In a child process: what to measure
    #[arg(long, hide = true)]
    child: Option<String>,

    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is dropped into the inbox.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    shape: Shape,
    files: u64,
    per_file: u64,
    percent_wrong: u64,
    /// Whether the worklist of what is rejected is written too.
    worklist: bool,
}

impl Args {
    fn cases(&self) -> Vec<Case> {
        let case = |name, shape, files, per_file, percent_wrong| Case {
            name,
            shape,
            files,
            per_file,
            percent_wrong,
            worklist: true,
        };
        let without_worklist = |name, case| Case {
            name,
            worklist: false,
            ..case
        };
        let ten_findings = case("ten findings", Shape::TenFindings, 1, self.findings, 0);
        let one_finding = case("one finding", Shape::Minimal, 1, self.findings, 100);
        let all = [
            case("minimal", Shape::Minimal, 1, self.customers, self.wrong),
            case("full", Shape::Full, 1, self.full, self.wrong),
            case(
                "small files",
                Shape::Minimal,
                self.files,
                self.per_file,
                self.wrong,
            ),
            case("all accepted", Shape::Minimal, 1, self.findings, 0),
            ten_findings,
            without_worklist("ten findings, no worklist", ten_findings),
            one_finding,
            without_worklist("one finding, no worklist", one_finding),
            case(
                "import said",
                Shape::Importing,
                1,
                self.customers,
                self.wrong,
            ),
            case(
                "five unknown fields",
                Shape::UnknownFields,
                1,
                self.customers,
                self.wrong,
            ),
            case("customer", Shape::Rated, self.files, 1, 0),
            case("customer, evaluated", Shape::Evaluated, self.files, 1, 0),
        ];
        all.into_iter()
            .filter(|case| case.name.contains(&self.only))
            .collect()
    }
}

/// What a child process found.
#[derive(Clone, Copy)]
struct Measured {
    seconds: f64,
    bytes: u64,
    peak_kib: u64,
    /// Where the seconds went, in the order of [`STAGES`].
    stages: [f64; STAGES.len()],
}

/// What the seconds are spent on.
const STAGES: [&str; 8] = [
    "claiming",
    "judging, writing",
    "syncing",
    "committing",
    "publishing",
    "putting away",
    "marking",
    "emptying the WAL",
];

fn main() {
    let args = Args::parse();
    if let Some(path) = &args.write {
        let case = args.cases().into_iter().next().expect("a case");
        write(path, case, &mut generator(case, args.seed));
        return;
    }
    match &args.child {
        None => compare(&args),
        Some(what) => {
            let (what, name) = what.split_once(':').expect("what:case");
            let case = args.cases().into_iter().find(|c| c.name == name);
            let case = case.expect("a case");
            let dir = args.dir.as_deref().expect("a folder");
            let (seconds, bytes, stages) = match what {
                "ours" => ours(case, dir, args.seed),
                "floor" => (floor(dir, false), 0, Default::default()),
                _ => (floor(dir, true), 0, Default::default()),
            };
            let stages = stages.map(|s| s.to_string()).join(" ");
            println!("{seconds} {bytes} {} {stages}", peak_kib());
        }
    }
}

fn compare(args: &Args) {
    println!(
        "{:14} {:>9} {:>7} {:>8} {:>8} {:>8} {:>6} {:>6} {:>11} {:>8} {:>9}",
        "case",
        "customers",
        "MB",
        "packed s",
        "text s",
        "ours s",
        "/packed",
        "/text",
        "customers/s",
        "MB/s",
        "peak MiB"
    );
    for case in args.cases() {
        let mut runs = Vec::new();
        for _ in 0..args.runs {
            let dir = match &args.dir {
                Some(dir) => tempfile::tempdir_in(dir),
                None => tempfile::tempdir(),
            };
            let dir = dir.expect("a temporary folder");
            let ours = in_child(args, "ours", case, dir.path());
            let floor = in_child(args, "floor", case, dir.path());
            let text = in_child(args, "text", case, dir.path());
            runs.push((ours, floor, text));
        }
        let median = |of: &dyn Fn(&(Measured, Measured, Measured)) -> f64| {
            let mut all: Vec<f64> = runs.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        let customers = case.files * case.per_file;
        let seconds = median(&|(ours, ..)| ours.seconds);
        let megabytes = runs[0].0.bytes as f64 / 1e6;
        println!(
            "{:14} {customers:9} {megabytes:7.1} {:8.3} {:8.3} {seconds:8.3} {:7.2} {:6.2} {:11.0} {:8.1} {:9.0}",
            case.name,
            median(&|(_, floor, _)| floor.seconds),
            median(&|(_, _, text)| text.seconds),
            median(&|(ours, floor, _)| ours.seconds / floor.seconds),
            median(&|(ours, _, text)| ours.seconds / text.seconds),
            customers as f64 / seconds,
            megabytes / seconds,
            median(&|(ours, ..)| ours.peak_kib as f64 / 1024.0),
        );
        for (i, stage) in STAGES.iter().enumerate() {
            let of_it = median(&|(ours, ..)| ours.stages[i]);
            let micros = of_it * 1e6 / case.files as f64;
            println!("    {stage:18} {of_it:8.3} s {micros:11.0} µs a file");
        }
    }
}

fn in_child(args: &Args, what: &str, case: Case, dir: &Path) -> Measured {
    let this = std::env::current_exe().expect("this program");
    let number = |name: &str, value: u64| [format!("--{name}"), value.to_string()];
    let output = Command::new(this)
        .arg("--child")
        .arg(format!("{what}:{}", case.name))
        .arg("--dir")
        .arg(dir)
        .args(number("customers", args.customers))
        .args(number("full", args.full))
        .args(number("files", args.files))
        .args(number("per-file", args.per_file))
        .args(number("findings", args.findings))
        .args(number("wrong", args.wrong))
        .args(number("seed", args.seed))
        .output()
        .expect("a child process");
    let said = String::from_utf8_lossy(&output.stdout);
    let mut numbers = said.split_whitespace();
    let mut next = || numbers.next().unwrap_or_default();
    match (next().parse(), next().parse(), next().parse()) {
        (Ok(seconds), Ok(bytes), Ok(peak_kib)) => Measured {
            seconds,
            bytes,
            peak_kib,
            stages: std::array::from_fn(|_| next().parse().unwrap_or(0.0)),
        },
        _ => panic!("{}", String::from_utf8_lossy(&output.stderr)),
    }
}

fn generator(case: Case, seed: u64) -> Generator {
    let mut generator = Generator::new(seed);
    generator.percent_wrong = case.percent_wrong;
    generator
}

/// Writes the next file of a case.
fn write(path: &Path, case: Case, generator: &mut Generator) {
    let mut out = BufWriter::new(File::create(path).expect("a file"));
    let written = match case.shape.endpoint() {
        "customer" => generator.single(case.shape, &mut out),
        _ => generator.batch(case.shape, case.per_file, &mut out),
    };
    written.expect("written");
    out.flush().expect("written");
}

/// The whole way, from the inbox to the outbox and the archive. Making the files and opening the
/// home is not counted.
fn ours(case: Case, dir: &Path, seed: u64) -> (f64, u64, [f64; STAGES.len()]) {
    let home = Home::at(dir).expect("a home");
    let mut config = Config::default();
    if !case.worklist {
        config.worklist.clear();
    }
    let mut engine = Engine::open(home.clone(), config).expect("an engine");
    let mut generator = generator(case, seed);
    let mut bytes = 0;
    for number in 0..case.files {
        let path = home
            .inbox()
            .join(case.shape.endpoint())
            .join(format!("{number:06}.json"));
        write(&path, case, &mut generator);
        bytes += fs::metadata(&path).expect("a file").len();
    }

    let started = Instant::now();
    let claims = claim_all(&home);
    let claimed = started.elapsed();
    let answered = engine.process(claims, &mut Silent).expect("answers");
    let before_rest = (started.elapsed(), engine.timings().marking);
    engine.on_idle().expect("idle");
    let all = started.elapsed();
    let seconds = all.as_secs_f64();
    let timings = engine.timings();
    let stages = [
        claimed,
        timings.judging,
        timings.syncing,
        timings.committing,
        timings.publishing,
        timings.putting_away,
        timings.marking,
        timings.trimming + (all - before_rest.0).saturating_sub(timings.marking - before_rest.1),
    ];

    let customers = case.files * case.per_file;
    let rejected = match case.shape {
        Shape::TenFindings => customers,
        _ => generator.wrong_made,
    };
    let sum = |of: fn(&kycdrop::history::Written) -> u64| answered.iter().map(of).sum::<u64>();
    assert_eq!(answered.len() as u64, case.files);
    assert_eq!(sum(|a| a.accepted), customers - rejected);
    assert_eq!(sum(|a| a.rejected), rejected);
    (seconds, bytes, stages.map(|s| s.as_secs_f64()))
}

/// Rows are read from the finished database so many customers at a time, and only inserting them is
/// counted.
const CHUNK: i64 = 1024;

/// A table that a batch leaves rows in: a number that rises from customer to customer, and the
/// columns that its rows are ordered by.
type Filled = (&'static str, &'static str, &'static str);

/// Those of one group are filled side by side, as they were the first time.
const TABLES: &[&[Filled]] = &[
    &[("batch", "batch_id", "batch_id")],
    &[("finding_text", "text_id", "text_id")],
    &[
        ("assessment", "assessment_id", "assessment_id"),
        ("communication_number", "assessment_id", "assessment_id"),
        ("customer", "assessment_id", "assessment_id"),
        ("screening", "assessment_id", "assessment_id"),
    ],
    &[
        ("rejection", POSITION, "batch_id, position"),
        ("finding_row", POSITION, "batch_id, position, no"),
    ],
    &[("acknowledgement", POSITION, "batch_id, position")],
    &[("warning", "warning_id", "warning_id")],
];

const POSITION: &str = "batch_id * 100000000 + position";

/// Inserts the rows of the home's finished database into a new one, with payloads as they are or as
/// text.
fn floor(dir: &Path, text: bool) -> f64 {
    let source = open_for_reading(&dir.join("kycdrop.db")).expect("a finished database");
    let source = source.expect("a history");
    let cache_mib = Config::default().cache_mib;
    let name = if text { "text.db" } else { "floor.db" };
    let history = History::open(&dir.join(name), cache_mib).expect("a database");
    let mut counted = Counted(Duration::ZERO);
    let mut target = history.into_connection();
    let tx = counted.of(|| target.transaction()).expect("a transaction");
    for group in TABLES {
        let mut selects: Vec<Statement<'_>> = group
            .iter()
            .map(|(table, number, order)| {
                let columns = columns_of(&source, table, text);
                let sql = format!("SELECT {number}, {columns} FROM {table} ORDER BY {order}");
                source.prepare(&sql).expect("a query")
            })
            .collect();
        let inserts: Vec<Statement<'_>> = group
            .iter()
            .zip(&selects)
            .map(|((table, ..), select)| {
                let marks = vec!["?"; select.column_count() - 1].join(", ");
                let sql = format!("INSERT INTO {table} VALUES ({marks})");
                tx.prepare(&sql).expect("an insertion")
            })
            .collect();
        let mut tables: Vec<Table<'_, '_>> = selects
            .iter_mut()
            .zip(inserts)
            .map(|(select, insert)| Table::new(select, insert))
            .collect();
        while let Some(first) = tables.iter().filter_map(Table::key).min() {
            for table in &mut tables {
                let rows = table.rows_below(first + CHUNK);
                counted.of(|| insert(&mut table.insert, &rows));
            }
        }
    }
    counted.of(|| tx.commit()).expect("a commit");
    let emptied =
        counted.of(|| target.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    emptied.expect("an empty WAL");
    counted.0.as_secs_f64()
}

/// The columns of a table for a SELECT.
fn columns_of(conn: &Connection, table: &str, text: bool) -> String {
    let sql = "SELECT iif(?2 AND name = 'payload', 'payload_text(payload)', name)
               FROM pragma_table_info(?1)";
    let mut select = conn.prepare(sql).expect("a query");
    let columns = select.query_map((table, text), |r| r.get(0));
    let columns: Vec<String> = columns
        .and_then(Iterator::collect)
        .expect("the columns of a table");
    columns.join(", ")
}

/// A clock that runs only while it is asked to.
struct Counted(Duration);

impl Counted {
    fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        self.0 += started.elapsed();
        done
    }
}

/// A table of the finished database while it is read, and how its rows are inserted.
struct Table<'s, 'i> {
    rows: Rows<'s>,
    insert: Statement<'i>,
    ahead: Option<(i64, Vec<Value>)>,
}

impl<'s, 'i> Table<'s, 'i> {
    fn new(select: &'s mut Statement<'_>, insert: Statement<'i>) -> Table<'s, 'i> {
        let mut table = Table {
            rows: select.query([]).expect("rows"),
            insert,
            ahead: None,
        };
        table.step();
        table
    }

    fn step(&mut self) {
        self.ahead = self.rows.next().expect("a row").map(|row| {
            let columns = row.as_ref().column_count();
            let values = (1..columns).map(|i| row.get(i).expect("a value"));
            (row.get(0).expect("a number"), values.collect())
        });
    }

    fn key(&self) -> Option<i64> {
        self.ahead.as_ref().map(|(key, _)| *key)
    }

    fn rows_below(&mut self, end: i64) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        while self.key().is_some_and(|key| key < end) {
            rows.extend(self.ahead.take().map(|(_, values)| values));
            self.step();
        }
        rows
    }
}

fn insert(statement: &mut Statement<'_>, rows: &[Vec<Value>]) {
    for row in rows {
        for (i, value) in row.iter().enumerate() {
            statement
                .raw_bind_parameter(i + 1, value)
                .expect("a parameter");
        }
        statement.raw_execute().expect("an inserted row");
    }
}
