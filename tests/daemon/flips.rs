//! Flipped bits anywhere in the history's file: each is found, or changes nothing that is kept elsewhere
//! too.

use crate::damage::{SECRET, grow, worked_office};
use crate::faults;

use std::collections::BTreeMap;
use std::path::Path;

use faults::{Daemon, Dice};
use kycdrop::history::{check, open_for_reading};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;

/// Every row of every table, by table and column.
fn content(conn: &Connection) -> rusqlite::Result<BTreeMap<String, Vec<Cell>>> {
    let mut tables = conn.prepare(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let names: Vec<String> = tables
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    let mut all: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    for table in names {
        let mut select = conn.prepare(&format!("SELECT * FROM main.{table}"))?;
        let columns: Vec<String> = select
            .column_names()
            .map(|c| format!("{table}.{c}"))
            .collect();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            for (i, column) in columns.iter().enumerate() {
                let mut cell: Cell = row.get(i)?;
                if let (true, Cell::Blob(bytes)) = (column.ends_with(".payload"), &cell) {
                    let text = "SELECT payload_text(?1)";
                    cell = conn.query_row(text, [bytes], |r| r.get(0))?;
                }
                all.entry(column.clone()).or_default().push(cell);
            }
        }
    }
    Ok(all)
}

/// What kycdrop keeps once only, by the beginnings of tables and columns: what flips there is found by
/// nobody. docs/OPERATIONS.md lists it.
const KEPT_ONCE: [&str; 36] = [
    "acknowledgement.",
    "assessment.assessed_at",
    "assessment.elapsed_ms",
    "batch.elapsed_ms",
    "batch.endpoint",
    "batch.error",
    "batch.file_name",
    "batch.finished_at",
    "batch.first_assessment_id",
    "batch.last_assessment_id",
    "batch.published_at",
    "batch.response_file",
    "batch.rule_set_id",
    "batch.set_id",
    "classifier_",
    "communication_number.key",
    "customer.key",
    "day_",
    "decision.",
    "evaluation.",
    "event.",
    "event_file.",
    "finding_row.path",
    "payload_dictionary.",
    "rejection.elapsed_ms",
    "rejection.payload",
    "rejection.rejected_at",
    "rescreening.",
    "risk_matrix.",
    "rule_set.loaded_at",
    "rule_set.version",
    "screened_entity.",
    "screening_",
    "setting.value",
    "standing.",
    "warning.",
];

#[test]
fn forty_flips_are_found_whatever_they_hit() {
    let office = worked_office();
    let used = grow(&office);
    let database = office.at("kycdrop.db");
    let sound = std::fs::read(&database).expect("a database");
    for seed in [1, 2, 3, 5, 8] {
        let mut dice = Dice::with_seed(seed);
        let mut bytes = sound.clone();
        for _ in 0..40 {
            // The first pages are those of the schema: every start fails on them.
            let place = 65_536 + dice.throw(used - 65_536) as usize;
            bytes[place] ^= 1 << dice.throw(8);
        }
        std::fs::write(&database, &bytes).expect("written");
        let copy = office.at("copy.db");
        for command in [&["doctor"][..], &["backup", copy.to_str().expect("text")]] {
            let output = office.run(command);
            assert_eq!(
                output.status.code(),
                Some(78),
                "{seed}: {command:?}: {output:?}"
            );
        }
        let _ = std::fs::remove_file(office.at("kycdrop.state"));
        let mut daemon = Daemon::start(&office, &[]);
        assert_eq!(daemon.ended().code(), Some(78), "{seed}: {}", daemon.log());
        std::fs::write(&database, &sound).expect("put back");
    }
}

#[test]
fn a_flipped_byte_is_found_or_changes_nothing() {
    let office = worked_office();
    let path = office.at("kycdrop.db");
    let sound = std::fs::read(&path).expect("a database");
    let open = |path: &Path| open_for_reading(path).map(|conn| conn.expect("a history"));
    let conn = open(&path).expect("opened");
    check::everything(&conn).expect("sound");
    let before = content(&conn).expect("content");
    drop(conn);
    let flips: u64 = std::env::var("KYCDROP_FLIPS").map_or(100, |n| n.parse().expect("a number"));
    let mut dice = Dice::of("KYCDROP_FLIPS_SEED");
    let copy = office.at("copy.db");
    let (mut found, mut harmless) = (0, 0);
    let mut unfound: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..flips {
        let mut bytes = sound.clone();
        let place = dice.throw(bytes.len() as u64) as usize;
        bytes[place] ^= 1 << dice.throw(8);
        std::fs::write(&copy, &bytes).expect("written");
        let said = open(&copy).and_then(|conn| check::everything(&conn).map(|()| conn));
        match said {
            Err(e) => {
                assert_eq!(e.exit_code(), 78, "at {place}: {e}");
                assert!(!e.what.contains(SECRET), "at {place}: {e}");
                found += 1;
            }
            Ok(conn) => {
                let after = content(&conn).expect("what was found sound can be read");
                let changed: Vec<_> = (before.iter())
                    .filter(|(column, cells)| after.get(*column) != Some(cells))
                    .map(|(column, _)| column.clone())
                    .collect();
                match changed.is_empty() {
                    true => harmless += 1,
                    false => *unfound.entry(changed.join(" ")).or_default() += 1,
                }
            }
        }
    }
    println!("found {found}, harmless {harmless}, not found: {unfound:#?}");
    let once = |column: &str| KEPT_ONCE.iter().any(|kept| column.starts_with(kept));
    unfound.retain(|columns, _| !columns.split(' ').all(once));
    assert!(unfound.is_empty(), "{unfound:#?}");
}
