//! How long the shipped questions take on a large history. No part of the tests: it makes a history
//! of its own first, which takes minutes at five million.
//!
//! ```sh
//! cargo bench --bench asking                                   # 200,000 assessments
//! KYCDROP_ASSESSMENTS=5000000 cargo bench --bench asking
//! ```

use std::time::{Duration, Instant};

use kycdrop::history::{Answer, Bounds, Cell, History, ask, ask_sql, open_for_reading};
use kycdrop::trouble::Result;
use rusqlite::Connection;

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

/// A file a minute with five customers, twenty offices; one in five is an update, one in twenty is
/// rejected, one in a thousand is to be evaluated, one file in a thousand is no request.
fn fill(conn: &Connection, assessments: u64) -> rusqlite::Result<()> {
    conn.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         BEGIN;
         CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
         WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT {assessments})
         INSERT INTO n SELECT i FROM c;
         INSERT INTO batch (batch_id, claim, endpoint, file_name, sha256, bytes, status, customers,
           accepted, rejected, repeated, received_at, finished_at, elapsed_ms, response_file)
         SELECT i, 'c' || i, 'batch-customers', 'file-' || i || '.json', hex(randomblob(32)), 400000,
           200, 6, 5, 1, 0, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', -({assessments} / 5 - i) || ' minutes'),
           strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 9, 'batch-customers/file-' || i || '.response.json'
         FROM n WHERE i <= {assessments} / 5 + 1;
         UPDATE batch SET status = 400, error = 'line 1' WHERE batch_id % 1000 = 0;
         INSERT INTO assessment
         SELECT i, i / 5 + 1, i % 5, 'N-' || i, 'X-' || id, 'unit-' || (id % 20), 'Branch',
           iif(id < i, 'UPDATE', 'CREATE'), iif(id % 3 = 0, 'ORGANIZATION', 'INDIVIDUAL'),
           'Somebody ' || i, iif(i % 1000 = 7, NULL, substr('NONE  LOW   LOW   LOW   MEDIUMMEDIUMHIGH  EXTREME', (abs(random()) % 7) * 6 + 1, 6)),
           'ACTIVE', 'IND', 'regular', 'IMPORT', iif(i % 1000 = 7, 'PENDING', NULL), '2026-01-01',
           '2026-11-01T00:00:00.000Z', 0,
           '{{\"citizenshipCountry\":\"' || substr('LTLVEEPLDEFRITES', (id % 8) * 2 + 1, 2) || '\",\"registrationCountry\":\"LT\",\"pad\":\"' || hex(randomblob(150)) || '\"}}'
         FROM (SELECT i, iif(i % 5 = 0, abs(random()) % i / 5 * 5 + 1, i) AS id FROM n);
         UPDATE assessment SET risk_level = trim(risk_level) WHERE risk_level <> trim(risk_level);
         INSERT INTO customer (key, assessment_id, first_assessment_id, assessments)
         SELECT random(), max(assessment_id), min(assessment_id), count(*) FROM assessment
         GROUP BY business_unit, customer_ext_id;
         INSERT INTO rejection
         SELECT i, i * 4 + 1, 5, 'R-' || i, 'Y-' || i, 'unit-' || (i % 20),
           '2026-11-01T00:00:00.000Z', 0, '{{}}' FROM n WHERE i <= {assessments} / 20;
         INSERT INTO finding
         SELECT i * 4 + 1, 5, 1, 'rule-' || (i % 60), 'C' || (i % 60), 'wrong', 'list[' || (i % 9) || '].field' || char(97 + i % 20)
         FROM n WHERE i <= {assessments} / 20;
         INSERT INTO warning (batch_id, position, kind, path, detail)
         SELECT i * 20, 0, 'unknown-field', 'field' || (i % 30), '' FROM n WHERE i <= {assessments} / 100;
         UPDATE customer SET country = (SELECT payload ->> '$.citizenshipCountry' FROM assessment a WHERE a.assessment_id = customer.assessment_id);"
    ))?;
    // The sums, by the words of the migration.
    for statement in MIGRATION.split(";\n") {
        let sql: String = statement
            .lines()
            .filter(|l| !l.starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n");
        let sql = sql.trim();
        if [
            "INSERT INTO day_",
            "INSERT INTO standing",
            "INSERT INTO succession",
        ]
        .iter()
        .any(|s| sql.starts_with(s))
        {
            conn.execute_batch(sql)?;
        }
    }
    conn.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")
}

fn timed(mut go: impl FnMut() -> u64) -> (Duration, Duration, u64) {
    let mut times: Vec<Duration> = Vec::new();
    let mut rows = 0;
    for _ in 0..6 {
        let begun = Instant::now();
        rows = go();
        times.push(begun.elapsed());
    }
    let first = times.remove(0);
    times.sort();
    (first, times[times.len() / 2], rows)
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let wanted = std::env::var("KYCDROP_ASSESSMENTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let assessments = wanted.unwrap_or(200_000);
    let dir = std::env::temp_dir().join(format!("kycdrop-asking-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let path = dir.join("kycdrop.db");
    let mut history = History::open(&path, 256)?;
    let begun = Instant::now();
    fill(history.connection_mut(), assessments)?;
    drop(history);
    let size = std::fs::metadata(&path)?.len() >> 20;
    println!(
        "{assessments} assessments, {size} MiB, made in {:.0?}",
        begun.elapsed()
    );
    println!(
        "{:<24} {:>10} {:>10} {:>7}",
        "question", "first", "median", "rows"
    );
    let mut slow = 0;
    let mut line = |name: &str, (first, median, rows): (Duration, Duration, u64)| {
        let mark = if median > Duration::from_millis(200) {
            "  over 200 ms"
        } else {
            ""
        };
        slow += u32::from(!mark.is_empty());
        println!(
            "{name:<24} {:>8.1}ms {:>8.1}ms {rows:>7}{mark}",
            first.as_secs_f64() * 1e3,
            median.as_secs_f64() * 1e3
        );
    };
    for (name, query) in ask::shipped_queries()? {
        let times = timed(|| {
            let Ok(Some(mut conn)) = open_for_reading(&path) else {
                return 0;
            };
            let mut count = Count::default();
            ask_sql(&mut conn, &query.sql, Bounds::default(), &mut count).map_or(0, |_| count.0)
        });
        line(&name, times);
    }
    // The keys here are random, so that nobody is found: the rejections and every office are looked at.
    let times = timed(|| match open_for_reading(&path) {
        Ok(Some(conn)) => ask::lives(&conn, "Y-1234", None).map_or(0, |lives| lives.len() as u64),
        _ => 0,
    });
    line("history of a customer", times);
    std::fs::remove_dir_all(&dir)?;
    println!("{slow} over 200 ms");
    Ok(())
}
