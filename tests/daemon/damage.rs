//! Damage of the history's file: what is found, when, and what is said. Nothing is answered on a
//! history that was found damaged, and nothing that is said of it has a customer's data.

use crate::common;
use crate::faults;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use common::{Office, company, person, with};
use faults::{Daemon, Dice, batch_of, drop_whole, wait_for};
use kycdrop::history::{check, open_for_reading};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::json;

/// What a customer says in these tests, and nothing of kycdrop may say.
const SECRET: &str = "Zyzzyva";

/// An office with something in every table.
fn worked_office() -> Office {
    let office = Office::new();
    let long = with(person("0"), json!({ "lastName": SECRET, "businessUnit": "North" }));
    let batch = json!({ "customers": [
        long, company("1"), with(person("2"), json!({ "riskLevel": "NO SUCH" })),
        with(person("3"), json!({ "customerExtId": "X-9", "unknownField": 1 })),
        with(person("4"), json!({ "riskLevel": "HIGH" })),
        with(company("5"), json!({ "legalForm": "none", "title": null })),
    ]});
    office.drop("batch-customers/a.json", batch.to_string());
    office.once();
    let update = json!({ "customers": [
        with(person("0"), json!({ "communicationNumber": "N-0b", "action": "UPDATE",
            "lastName": SECRET, "businessUnit": "North", "riskLevel": "MEDIUM" })),
        with(company("1"), json!({ "communicationNumber": "N-1b", "action": "UPDATE" })),
        person("4"),
    ]});
    office.drop("batch-customers/b.json", update.to_string());
    // The same again, and what is only validated, broken, or for nobody.
    office.drop("batch-customers/c.json", update.to_string());
    office.drop("validate-batch-customers/d.json", batch.to_string());
    office.drop("batch-customers/e.json", "{\"customers\": [}");
    office.drop("nowhere/f.json", "{}");
    let single = with(person("6"), json!({ "action": "CREATE", "sourceOfRiskLevel": "EVALUATE",
        "riskLevel": null, "initializeScreeningProcesses": ["PEP", "SANCTIONS"] }));
    office.drop("customer/g.json", single.to_string());
    for i in 0..3 {
        office.drop(format!("batch-customers/h{i}.json"), batch_of(&format!("h{i}"), 40));
    }
    office.once();
    office
}

/// Makes the history larger than what every start checks as a whole, with rows that are newer than
/// those that it had: what is damaged in these is found by a whole check only.
fn grow(office: &Office) {
    office.drop("batch-customers/newer.json", batch_of("newer", 1500));
    office.once();
    let ballast = "INSERT INTO setting VALUES ('ballast', zeroblob(9000000))";
    office.database().execute_batch(ballast).expect("ballast");
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Replaces a text in the pages of a table or an index, once, by another of its length.
fn flip(office: &Office, object: &str, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let path = office.at("kycdrop.db");
    let (pages, page_size) = pages_of(&office.database(), object);
    let mut bytes = std::fs::read(&path).expect("a database");
    let place = pages.iter().find_map(|page| {
        let begin = (page - 1) * page_size;
        let found = find(&bytes[begin..begin + page_size], from.as_bytes())?;
        Some(begin + found)
    });
    let place = place.unwrap_or_else(|| panic!("{from} in {object}"));
    bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    std::fs::write(path, bytes).expect("written");
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|w| w == part)
}

/// The pages of a table or an index: its root, and what an interior root leads to. Small ones only.
fn pages_of(conn: &Connection, object: &str) -> (Vec<usize>, usize) {
    let number = |sql: &str| -> usize { conn.query_row(sql, [], |r| r.get(0)).expect(sql) };
    let root = number(&format!("SELECT rootpage FROM sqlite_schema WHERE name = '{object}'"));
    let size = number("PRAGMA page_size");
    let bytes = std::fs::read(conn.path().expect("a path")).expect("a database");
    let page = |n: usize| &bytes[(n - 1) * size..n * size];
    let be32 = |b: &[u8]| u32::from_be_bytes(b[..4].try_into().expect("four")) as usize;
    let mut pages = vec![root];
    let mut next = 0;
    while next < pages.len() {
        let p = page(pages[next]);
        next += 1;
        if matches!(p[0], 2 | 5) {
            let cells = usize::from(u16::from_be_bytes([p[3], p[4]]));
            for i in 0..cells {
                let at = usize::from(u16::from_be_bytes([p[12 + 2 * i], p[13 + 2 * i]]));
                pages.push(be32(&p[at..]));
            }
            pages.push(be32(&p[8..]));
        }
    }
    (pages, size)
}

/// Nothing is answered, everybody says so, and the file stays as it is.
fn assert_refused(office: &Office, what: &str, place: &str) {
    let before = std::fs::read(office.at("kycdrop.db")).expect("a database");
    let answers = office.files("watch-dir/outbox");
    office.drop("batch-customers/later.json", batch_of("later", 3));
    for command in [&["once"][..], &["run"], &["doctor"], &["status"], &["backup", "copy.db"]] {
        let copy = office.at("copy.db");
        let args: Vec<&str> = (command.iter())
            .map(|arg| match *arg {
                "copy.db" => copy.to_str().expect("text"),
                arg => arg,
            })
            .collect();
        let output = office.run(&args);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(78), "{what}: {command:?}: {said}");
        assert!(said.contains("backup"), "{what}: {command:?}: {said}");
        assert!(said.contains(place), "{what}: {command:?}: {said}");
        for secret in [SECRET, "Petrait", "X-h0"] {
            assert!(!said.contains(secret), "{what}: {command:?}: {said}");
        }
        assert!(!copy.exists(), "{what}");
    }
    let json = said(&office.run(&["status", "--format", "json"]));
    assert!(json.contains("\"health\": \"damaged\""), "{what}: {json}");
    assert_eq!(office.files("watch-dir/outbox"), answers, "{what}");
    assert_eq!(office.files("watch-dir/inbox").len(), 1, "{what}");
    let after = std::fs::read(office.at("kycdrop.db")).expect("a database");
    assert!(after == before, "{what}: it was changed");
}

#[test]
fn a_small_history_is_checked_as_a_whole_by_every_start() {
    let cases = [
        ("an id in the table", "assessment", "X-h1-7", "X-h1-y", "table assessment, batch "),
        ("an office", "assessment", "North", "Narth", "business_unit"),
        ("a name", "assessment", SECRET, "Zyzzyvb", "table assessment"),
        ("an id in a rejection", "rejection", "X-h0-1", "X-h0-3", "rejection"),
        ("an index", "rejection_customer", "X-h0-1", "X-h0-3", "rejection_customer"),
        ("an acknowledgement", "acknowledgement", "N-1b", "N-1c", "table acknowledgement"),
        ("a description", "column_description", "Its size in bytes", "Its size in bites", "column_description"),
        ("a rule", "rule", "CREATE", "CREATX", "table rule"),
        ("the schema", "sqlite_schema", "CREATE VIEW v_batch", "CREATE VIEW v_bitch", "v_batch"),
        ("a column of the schema", "sqlite_schema", "elapsed_ms  ", "elapsed_mz  ", "schema"),
        ("a process", "screening", "SANCTIONS", "SANCTIUNS", "table screening"),
    ];
    for (what, object, from, to, place) in cases {
        let office = worked_office();
        match object {
            "sqlite_schema" => flip_anywhere(&office, from, to),
            _ => flip(&office, object, from, to),
        }
        assert_refused(&office, what, place);
    }
}

/// Replaces a text that is anywhere in the file, once.
fn flip_anywhere(office: &Office, from: &str, to: &str) {
    let path = office.at("kycdrop.db");
    let mut bytes = std::fs::read(&path).expect("a database");
    let place = find(&bytes, from.as_bytes()).expect("the text");
    bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    std::fs::write(path, bytes).expect("written");
}
