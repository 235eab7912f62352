//! How long people wait for an answer of a large history: every shipped query, a customer's life,
//! status, a report, opening it. No part of the tests: it makes a history of its own first, which
//! takes minutes at five million, and can be kept for the next time.
//!
//! ```sh
//! cargo bench --bench asking                                   # 200,000 assessments
//! KYCDROP_ASSESSMENTS=5000000 KYCDROP_KEEP=/var/tmp/asking cargo bench --bench asking
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use kycdrop::classifier::shipped_files;
use kycdrop::clock;
use kycdrop::config::{Config, Home};
use kycdrop::demo::{DemoOptions, write_batch};
use kycdrop::history::{
    Answer, Bounds, Cell, Dictionary, History, Params, ask, ask_sql, customer_key, last_batches,
    open_for_reading, pack, totals,
};
use kycdrop::ingest::Engine;
use kycdrop::report::{of_batch, of_period};
use kycdrop::trouble::Result;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, params};

type Failed = Box<dyn Error>;

/// Rows are counted and thrown away.
#[derive(Default)]
struct Count(u64);

impl Answer for Count {
    fn columns(&mut self, _: &[String]) -> Result<()> {
        Ok(())
    }

    fn row(&mut self, _: Vec<Cell>) -> Result<()> {
        self.0 += 1;
        Ok(())
    }
}

const MIGRATION: &str = include_str!("../src/history/migrations/0002_asking.sql");

/// Customers that the payloads are taken from.
const MADE_UP: u64 = 5000;

/// A home whose classifiers changed once, so that the history has two sets and a retired code.
fn new_home(home: &Home) -> std::result::Result<(), Failed> {
    drop(Engine::open(home.clone(), Config::default())?);
    let path = home.classifiers().join("legalForm.toml");
    let text = std::fs::read_to_string(&path)?;
    let retired = text.replace(
        "= \"General partnership\"",
        "= { name = \"General partnership\", retired = true }",
    );
    assert_ne!(text, retired, "the code that is retired here");
    std::fs::write(&path, retired)?;
    drop(Engine::open(home.clone(), Config::default())?);
    Ok(())
}

/// The made-up customers, with their payloads as the history keeps them.
fn payloads(conn: &Connection) -> std::result::Result<(), Failed> {
    let files = shipped_files("2026-01-01")?;
    let wanted = DemoOptions {
        customers: MADE_UP,
        errors: 0.0,
        seed: 1,
    };
    let mut batch = Vec::new();
    write_batch(wanted, &files, &mut batch)?;
    let batch: serde_json::Value = serde_json::from_slice(&batch)?;
    conn.execute_batch(
        "CREATE TEMP TABLE made_up (k INTEGER PRIMARY KEY, entity_type, country, payload)",
    )?;
    let mut insert = conn.prepare("INSERT INTO made_up VALUES (?1, ?2, ?3, ?4)")?;
    for (k, c) in batch["customers"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let country = c["citizenshipCountry"]
            .as_str()
            .or(c["registrationCountry"].as_str());
        let mut packed = Vec::new();
        let payload = c.to_string();
        insert.execute(params![
            k,
            c["entityType"].as_str(),
            country,
            pack(&Dictionary::shipped(), &payload, &mut packed)
        ])?;
    }
    Ok(())
}

/// The key by which the history finds a customer.
fn hashes(conn: &Connection) -> std::result::Result<(), Failed> {
    let key = customer_key(conn)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("hashed", 2, flags, move |context| {
        let unit: Option<String> = context.get(0)?;
        Ok(key(unit.as_deref(), &context.get::<String>(1)?))
    })?;
    Ok(())
}

/// A file a minute with five customers, but for the few whose hash another has, twenty offices; one in
/// five is an update, one in twenty is rejected, one in a thousand is to be evaluated and screened, one
/// file in a thousand is not a request.
fn fill(conn: &Connection, assessments: u64) -> std::result::Result<(), Failed> {
    payloads(conn)?;
    hashes(conn)?;
    fill_accepted(conn, assessments)?;
    fill_rejected(conn, assessments)?;
    fill_sums(conn, assessments)
}

fn fill_accepted(conn: &Connection, assessments: u64) -> std::result::Result<(), Failed> {
    let moment = |minutes: &str| {
        format!(
            "strftime('%Y-%m-%dT%H:%M:%fZ', unixepoch('now') - ({assessments} / 5 - ({minutes})) * 60, 'unixepoch')"
        )
    };
    let (received, assessed) = (moment("i"), moment("i / 5 + 1"));
    conn.execute_batch(&format!(
        "CREATE TEMP TABLE n (i INTEGER PRIMARY KEY, id INTEGER NOT NULL);
         WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT {assessments})
         INSERT INTO n SELECT i, iif(i % 5 = 0, abs(random()) % i / 5 * 5 + 1, i) FROM c;
         INSERT INTO batch (batch_id, claim, endpoint, file_name, sha256, bytes, status, customers,
           accepted, rejected, repeated, received_at, finished_at, elapsed_ms, set_id, rule_set_id,
           response_file, published_at, first_assessment_id, last_assessment_id)
         SELECT i, printf('c%09d', i), 'batch-customers', 'file-' || i || '.json',
           hex(randomblob(32)), 400000, 200, 6, 5, 1, 0, {received}, {received}, 9,
           1 + (i > {assessments} / 10), 1, 'batch-customers/file-' || i || '.response.json',
           {received}, (i - 1) * 5, min(i * 5 - 1, {assessments})
         FROM n WHERE i <= {assessments} / 5 + 1;
         UPDATE batch SET status = 400, error = 'line 1' WHERE batch_id % 1000 = 0;
         INSERT INTO assessment
         SELECT i, i / 5 + 1, i % 5, 'N-' || i, 'X-' || id, 'unit-' || (id % 20), 'Branch',
           iif(id < i, 'UPDATE', 'CREATE'), m.entity_type, 'Somebody ' || i,
           iif(i % 1000 = 7, NULL, CASE abs(random()) % 7 WHEN 0 THEN 'NONE' WHEN 1 THEN 'HIGH'
             WHEN 2 THEN 'EXTREME' WHEN 3 THEN 'MEDIUM' ELSE 'LOW' END),
           'ACTIVE', 'IND', 'regular', 'IMPORT', iif(i % 1000 = 7, 'PENDING', NULL), '2026-01-01',
           {assessed}, 0, m.payload, m.country
         FROM n JOIN made_up m ON m.k = id % {MADE_UP} ORDER BY i;
         INSERT INTO screening
         SELECT i, 'PEP', 'PENDING', {assessed} FROM n WHERE i % 1000 = 7;
         INSERT OR IGNORE INTO communication_number
         SELECT hashed(NULL, 'N-' || i) AS key, i FROM n ORDER BY key;
         CREATE TEMP TABLE who AS
         SELECT hashed('unit-' || (id % 20), 'X-' || id) AS key, max(i) AS newest, min(i) AS first,
           count(*) AS assessments
         FROM n GROUP BY id ORDER BY key;
         INSERT OR IGNORE INTO customer (key, assessment_id) SELECT key, newest FROM who;
         INSERT OR IGNORE INTO returning_customer (key, first_assessment_id, assessments)
         SELECT key, first, assessments FROM who WHERE assessments > 1;"
    ))?;
    Ok(())
}

fn fill_rejected(conn: &Connection, assessments: u64) -> std::result::Result<(), Failed> {
    conn.execute_batch(&format!(
        "INSERT INTO rejection
         SELECT i, i * 4 + 1, 5, 'R-' || i, 'Y-' || i, 'unit-' || (i % 20),
           '2026-11-01T00:00:00.000Z', 0, '{{}}', NULL FROM n WHERE i <= {assessments} / 20;
         INSERT INTO finding_text (text_id, rule, code, description)
         SELECT no, rule, code, description FROM rule WHERE no <= 60;
         CREATE TEMP VIEW finding AS SELECT * FROM v_finding;
         INSERT INTO finding_row
         SELECT i * 4 + 1, 5, 1, 1 + i % 60, 'list[' || (i % 9) || '].field' || char(97 + i % 20)
         FROM n WHERE i <= {assessments} / 20;
         INSERT INTO warning (batch_id, position, kind, path, detail)
         SELECT i * 20, 0, 'unknown-field', 'field' || (i % 30), '' FROM n WHERE i <= {assessments} / 100;"
    ))?;
    Ok(())
}

fn fill_sums(conn: &Connection, assessments: u64) -> std::result::Result<(), Failed> {
    conn.execute_batch(&format!(
        "INSERT INTO succession
         SELECT i, next FROM (SELECT i, lead(i) OVER (PARTITION BY id ORDER BY i) AS next FROM n)
         WHERE next IS NOT NULL ORDER BY i;
         INSERT INTO standing
         SELECT a.business_unit, a.kind, a.entity_type, coalesce(a.risk_level, ''),
           a.customer_status, coalesce(a.country, ''), count(*)
         FROM assessment a WHERE assessment_id NOT IN (SELECT assessment_id FROM succession)
         GROUP BY 1, 2, 3, 4, 5, 6;
         UPDATE total SET batches = (SELECT count(*) FROM batch), accepted = {assessments},
           rejected = (SELECT count(*) FROM rejection), assessments = {assessments},
           customers = (SELECT count(*) FROM customer),
           evaluations = (SELECT count(*) FROM screening),
           screenings = (SELECT count(*) FROM screening);"
    ))?;
    // The sums by day, by the words of the migration.
    for statement in MIGRATION.split(";\n") {
        let sql: Vec<&str> = statement.lines().filter(|l| !l.starts_with("--")).collect();
        let sql = sql.join("\n");
        if sql.trim().starts_with("INSERT INTO day_") {
            conn.execute_batch(&sql)?;
        }
    }
    Ok(())
}

/// A home with a history of this size: the one that was kept, or a new one.
fn home_of(dir: &Path, assessments: u64) -> std::result::Result<Home, Failed> {
    let home = Home::at(dir)?;
    if home.database().exists() {
        // It may be of an earlier version.
        drop(Engine::open(home.clone(), Config::default())?);
        return Ok(home);
    }
    std::fs::create_dir_all(dir)?;
    let begun = Instant::now();
    new_home(&home)?;
    let conn = History::open(&home.database(), 1024)?.into_connection();
    // What goes wrong here is begun anew.
    conn.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")?;
    fill(&conn, assessments)?;
    conn.execute_batch("COMMIT;")?;
    drop(conn);
    // The first start after a history came from elsewhere reads it through.
    command(&home, &["once"])?;
    println!("made in {:.0?}", begun.elapsed());
    Ok(home)
}

struct Timed {
    first: Duration,
    median: Duration,
    rows: u64,
}

fn timed(mut go: impl FnMut() -> Result<u64>) -> Result<Timed> {
    let mut times: Vec<Duration> = Vec::new();
    let mut rows = 0;
    for _ in 0..6 {
        let begun = Instant::now();
        rows = go()?;
        times.push(begun.elapsed());
    }
    let first = times.remove(0);
    times.sort();
    Ok(Timed {
        first,
        median: times[times.len() / 2],
        rows,
    })
}

/// The lines of the answer, and how many of them took longer than they may.
#[derive(Default)]
struct Page(u32);

impl Page {
    fn line(&mut self, name: &str, most: Option<u64>, times: &Timed) {
        let most = most.map(Duration::from_millis);
        let mark = match most {
            Some(most) if times.median > most => format!("  over {most:.0?}"),
            _ => String::new(),
        };
        self.0 += u32::from(!mark.is_empty());
        println!(
            "{name:<30} {:>9.1}ms {:>9.1}ms {:>8}{mark}",
            times.first.as_secs_f64() * 1e3,
            times.median.as_secs_f64() * 1e3,
            times.rows
        );
    }
}

/// The program itself, as a person calls it.
fn command(home: &Home, args: &[&str]) -> Result<u64> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kycdrop"));
    let output = command.arg("--home").arg(&home.root).args(args).output();
    let output = output.expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    Ok(output.stdout.iter().filter(|b| **b == b'\n').count() as u64)
}

fn open(home: &Home) -> Result<Connection> {
    open_for_reading(&home.database()).map(|conn| conn.expect("a history"))
}

fn shipped_queries(home: &Home, page: &mut Page) -> std::result::Result<(), Failed> {
    for (name, query) in ask::shipped_queries()? {
        let params = Params {
            given: match name.as_str() {
                "rejects" => [("batch".to_owned(), 1.into())].into(),
                _ => Default::default(),
            },
            optional: query.optional,
        };
        let times = timed(|| {
            let mut count = Count::default();
            ask_sql(
                &mut open(home)?,
                &query.sql,
                &params,
                Bounds::default(),
                &mut count,
            )?;
            Ok(count.0)
        })?;
        assert!(times.rows > 0, "{name} has nothing to tell");
        // A whole month is as long as it is.
        let most = (name != "rejects-of-month").then_some(200);
        page.line(&name, most, &times);
    }
    Ok(())
}

/// What an auditor asks of one file, and of files that were chosen by something else.
fn files(home: &Home, page: &mut Page) -> std::result::Result<(), Failed> {
    for (what, most, sql) in [
        (
            "a file by its number",
            Some(10),
            "SELECT * FROM v_assessment WHERE batch_id = 1234",
        ),
        (
            "files by a subquery",
            Some(200),
            "SELECT * FROM v_assessment WHERE batch_id IN
               (SELECT batch_id FROM v_batch WHERE file_name = 'file-1234.json')",
        ),
        (
            "files by a join",
            None,
            "SELECT a.* FROM v_batch b JOIN v_assessment a USING (batch_id)
             WHERE b.file_name = 'file-1234.json'",
        ),
    ] {
        let times = timed(|| {
            let mut count = Count::default();
            ask_sql(
                &mut open(home)?,
                sql,
                &Params::default(),
                Bounds::default(),
                &mut count,
            )?;
            Ok(count.0)
        })?;
        assert_eq!(times.rows, 5, "{what}");
        page.line(what, most, &times);
    }
    Ok(())
}

/// One that is there since the first day and one that was only ever rejected, in any office.
fn customers(home: &Home, page: &mut Page) -> std::result::Result<(), Failed> {
    for (what, id) in [("a customer", "X-1"), ("a rejected one", "Y-1234")] {
        let times = timed(|| {
            let lives = ask::lives(&open(home)?, id, None, ask::Part::ALL)?;
            Ok(lives.iter().map(|l| l.events.len() as u64).sum())
        })?;
        page.line(&format!("history of {what}"), Some(10), &times);
    }
    Ok(())
}

fn status_and_opening(home: &Home, page: &mut Page) -> std::result::Result<(), Failed> {
    let times = timed(|| {
        let conn = open(home)?;
        totals(&conn)?;
        Ok(last_batches(&conn, 10)?.len() as u64)
    })?;
    page.line("status", Some(10), &times);
    let times = timed(|| Engine::open(home.clone(), Config::default()).map(|_| 1))?;
    page.line("opening", Some(100), &times);
    Ok(())
}

/// The whole program: its start, its answer, its end.
fn program(home: &Home, page: &mut Page) -> std::result::Result<(), Failed> {
    let life = ["history", "X-1"];
    for (args, most) in [(&["status"][..], 10), (&life, 10), (&["once"], 100)] {
        let times = timed(|| command(home, args))?;
        page.line(&format!("kycdrop {}", args.join(" ")), Some(most), &times);
    }
    Ok(())
}

/// What reads more than a screen may take its time.
fn much(home: &Home, page: &mut Page, batches: i64) -> std::result::Result<(), Failed> {
    let today = clock::utc_now().date_naive();
    let everything = (NaiveDate::default(), today);
    let times = timed(|| of_period(&open(home)?, everything, today).map(|f| f.accepted))?;
    page.line("report of everything", None, &times);
    let batch = batches / 2;
    let times = timed(|| of_batch(&open(home)?, batch).map(|f| f.accepted))?;
    page.line("report of a batch", None, &times);
    let times = timed(|| {
        let mut rows = 0;
        ask::used_retired(&open(home)?, |_| {
            rows += 1;
            Ok(())
        })?;
        Ok(rows)
    })?;
    page.line("classifiers used-retired", None, &times);
    Ok(())
}

fn main() -> std::result::Result<(), Failed> {
    kycdrop::disk::keep_private();
    let wanted = std::env::var("KYCDROP_ASSESSMENTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let assessments = wanted.unwrap_or(200_000);
    let keep = std::env::var_os("KYCDROP_KEEP").map(PathBuf::from);
    let name = format!("kycdrop-asking-{}", std::process::id());
    let dir = keep.clone().unwrap_or(std::env::temp_dir().join(name));
    let home = home_of(&dir, assessments)?;

    let told = totals(&open(&home)?)?;
    println!(
        "{} assessments of {} customers in {} files, {} MiB",
        told.assessments,
        told.customers,
        told.batches,
        std::fs::metadata(home.database())?.len() >> 20
    );
    println!(
        "{:<30} {:>11} {:>11} {:>8}",
        "question", "first", "median", "rows"
    );
    let mut page = Page::default();
    shipped_queries(&home, &mut page)?;
    files(&home, &mut page)?;
    customers(&home, &mut page)?;
    status_and_opening(&home, &mut page)?;
    program(&home, &mut page)?;
    much(&home, &mut page, told.batches as i64)?;

    if keep.is_none() {
        std::fs::remove_dir_all(&dir)?;
    }
    println!("{} took longer than they may", page.0);
    Ok(())
}
