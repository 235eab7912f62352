//! Damage of the history's file: what is found, when, and what is said. Nothing is answered on a
//! history that was found damaged, and nothing that is said of it has a customer's data.

use crate::common;
use crate::faults;

use std::path::Path;
use std::process::Output;

use common::{Office, company, person, with};
use faults::{Daemon, batch_of, drop_whole, wait_for};
use rusqlite::Connection;
use serde_json::json;

/// What a customer says in these tests, and nothing of kycdrop may say.
pub(crate) const SECRET: &str = "Zyzzyva";

/// An office with something in every table.
pub(crate) fn worked_office() -> Office {
    let office = Office::configured("metrics_file = \"metrics/kycdrop.prom\"\n");
    std::fs::create_dir(office.at("metrics")).expect("a folder");
    let long = with(
        person("0"),
        json!({ "lastName": SECRET, "businessUnit": "North" }),
    );
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
    let single = with(
        person("6"),
        json!({ "action": "CREATE", "sourceOfRiskLevel": "EVALUATE",
        "riskLevel": null, "initializeScreeningProcesses": ["PEP", "SANCTIONS"] }),
    );
    office.drop("customer/g.json", single.to_string());
    for i in 0..3 {
        office.drop(
            format!("batch-customers/h{i}.json"),
            batch_of(&format!("h{i}"), 40),
        );
    }
    office.once();
    office
}

/// Makes the history larger than what every start checks as a whole, with rows that are newer than
/// those that it had: what is damaged in these is found by a whole check only. Returns how many bytes
/// are not ballast.
pub(crate) fn grow(office: &Office) -> u64 {
    office.drop("batch-customers/newer.json", batch_of("newer", 1500));
    office.once();
    let used = std::fs::metadata(office.at("kycdrop.db"))
        .expect("a file")
        .len();
    let ballast = "INSERT INTO setting VALUES ('ballast', zeroblob(9000000))";
    office.database().execute_batch(ballast).expect("ballast");
    used
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Replaces a text in the pages of a table or an index, once, by another of its length.
fn flip(office: &Office, object: &str, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let path = office.at("kycdrop.db");
    let (leaves, page_size) = leaves_of(&office.database(), object);
    let mut bytes = std::fs::read(&path).expect("a database");
    let place = leaves.iter().find_map(|begin| {
        let page = &bytes[*begin..begin + page_size];
        Some(begin + find(page, from.as_bytes())?)
    });
    let place = place.unwrap_or_else(|| panic!("{from} in {object}"));
    bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    std::fs::write(path, bytes).expect("written");
}

/// The last one: before the rows of a page there may be old ones that nothing leads to.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|w| w == part)
}

/// Where the leaves of a table or an index begin in the file, and the size of a page.
fn leaves_of(conn: &Connection, object: &str) -> (Vec<usize>, usize) {
    let sql = "SELECT pgoffset, pgsize FROM dbstat WHERE name = ?1 AND pagetype = 'leaf'";
    let mut select = conn.prepare(sql).expect(sql);
    let rows = select.query_map([object], |r| Ok((r.get(0)?, r.get(1)?)));
    let leaves: Vec<(usize, usize)> = rows.expect(sql).map(|row| row.expect(sql)).collect();
    let size = leaves.first().unwrap_or_else(|| panic!("{object}")).1;
    (leaves.into_iter().map(|(begin, _)| begin).collect(), size)
}

/// Nothing is answered, everybody says so, and the file stays as it is. Afterwards the office is as it
/// was before the damage.
fn assert_refused(office: &Office, sound: &[u8], what: &str, place: &str) {
    let database = office.at("kycdrop.db");
    let before = std::fs::read(&database).expect("a database");
    assert!(before != sound, "{what}: nothing was damaged");
    let answers = office.answers();
    let copy = office.at("copy.db");
    let copy = copy.to_str().expect("text");
    office.drop("batch-customers/later.json", batch_of("later", 3));
    for command in [
        &["once"][..],
        &["run"],
        &["doctor"],
        &["status"],
        &["backup", copy],
    ] {
        let output = office.run(command);
        let said = said(&output);
        assert_eq!(
            output.status.code(),
            Some(78),
            "{what}: {command:?}: {said}"
        );
        assert!(said.contains("backup"), "{what}: {command:?}: {said}");
        assert!(said.contains(place), "{what}: {command:?}: {said}");
        for secret in [SECRET, "Petrait", "X-h0", "X-h1"] {
            assert!(!said.contains(secret), "{what}: {command:?}: {said}");
        }
    }
    assert!(!Path::new(copy).exists(), "{what}");
    let json = said(&office.run(&["status", "--format", "json"]));
    assert!(json.contains("\"health\": \"damaged\""), "{what}: {json}");
    let figures = || std::fs::read_to_string(office.at("metrics/kycdrop.prom")).expect("figures");
    assert!(figures().contains("kycdrop_history_damaged 1\n"), "{what}");
    assert_eq!(office.answers(), answers, "{what}");
    assert_eq!(office.files("watch-dir/inbox").len(), 1, "{what}");
    let after = std::fs::read(&database).expect("a database");
    assert!(after == before, "{what}: it was changed");

    std::fs::write(database, sound).expect("put back");
    std::fs::remove_file(office.at("watch-dir/inbox/batch-customers/later.json"))
        .expect("taken back");
    office.once();
    let json = said(&office.run(&["status", "--format", "json"]));
    assert!(json.contains("\"health\": \"stopped\""), "{what}: {json}");
    assert!(figures().contains("kycdrop_history_damaged 0\n"), "{what}");
}

/// What is flipped: its name, the table or index (none: anywhere), the text before and after, and where
/// it is said to be.
const TEXTS: [(&str, &str, &str, &str, &str); 10] = [
    (
        "an id",
        "assessment",
        "X-h1-7",
        "X-h1-y",
        "table assessment, batch ",
    ),
    (
        "an office",
        "assessment",
        "North",
        "Narth",
        "table assessment, batch 1, position 0",
    ),
    (
        "a number in a rejection",
        "rejection",
        "N-h0-1",
        "N-h0-3",
        "table rejection",
    ),
    (
        "an index",
        "rejection_customer",
        "X-h0-1",
        "X-h0-3",
        "rejection_customer",
    ),
    (
        "an acknowledgement",
        "acknowledgement",
        "N-1b",
        "N-1c",
        "table acknowledgement",
    ),
    (
        "a description",
        "column_description",
        "size in bytes",
        "size in bites",
        "column_description",
    ),
    ("a rule", "rule", "CREATE", "CREATX", "table rule"),
    (
        "a process",
        "screening",
        "SANCTIONS",
        "SANCTIUNS",
        "table screening",
    ),
    (
        "the schema",
        "",
        "CREATE VIEW v_batch",
        "CREATE VIEW v_bitch",
        "v_batch",
    ),
    (
        "a column",
        "",
        "elapsed_ms    INTEGER",
        "elapsed_mz    INTEGER",
        "the schema",
    ),
];

/// What SQL can change as well, numbers, keys and sums: its name, the statement, and where it is said to
/// be.
const STATEMENTS: [(&str, &str, &str); 9] = [
    (
        "a count",
        "UPDATE batch SET accepted = accepted + 1, customers = customers + 1 WHERE batch_id = 2",
        "table total",
    ),
    (
        "a position",
        "UPDATE assessment SET position = 3 WHERE position = 7",
        "table assessment, batch ",
    ),
    (
        "a key",
        "UPDATE communication_number SET key = key + 8 WHERE assessment_id = 2",
        "not found by its communicationNumber",
    ),
    (
        "a customer",
        "DELETE FROM customer WHERE assessment_id = 4",
        "customer",
    ),
    (
        "the key of the keys",
        "UPDATE setting SET value = zeroblob(16) WHERE name = 'hash_key'",
        "not found by its communicationNumber",
    ),
    (
        "a succession",
        "UPDATE succession SET next_assessment_id = 12",
        "table succession",
    ),
    (
        "a sum",
        "UPDATE standing SET customers = customers + 4",
        "standing",
    ),
    (
        "a finding",
        "UPDATE finding_row SET no = 4 WHERE no = 1",
        "finding_row",
    ),
    (
        "a classifier",
        "UPDATE classifier_value SET name = 'x' WHERE code = 'LT'",
        "classifier country",
    ),
];

#[test]
fn a_small_history_is_checked_as_a_whole_by_every_start() {
    let office = worked_office();
    let sound = std::fs::read(office.at("kycdrop.db")).expect("a database");
    for (what, object, from, to, place) in TEXTS {
        match object {
            "" => flip_anywhere(&office, from, to),
            _ => flip(&office, object, from, to),
        }
        assert_refused(&office, &sound, what, place);
    }
    for (what, sql, place) in STATEMENTS {
        office
            .database()
            .execute_batch(sql)
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        office
            .database()
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .expect("moved");
        assert_refused(&office, &sound, what, place);
    }
}

#[test]
fn a_large_history_is_checked_when_idle_and_where_a_start_needs_it() {
    let office = worked_office();
    grow(&office);
    let database = office.at("kycdrop.db");
    let sound = std::fs::read(&database).expect("a database");

    // What the next file needs is looked at by the start.
    flip(&office, "assessment", "X-newer-1490", "X-newer-149o");
    assert_refused(&office, &sound, "a new row", "table assessment, batch ");

    // What is older is not, but found when nothing else is to be done.
    flip(&office, "assessment", "X-h1-7", "X-h1-y");
    let flipped = std::fs::read(&database).expect("a database");
    assert!(office.run(&["doctor", "--quick"]).status.success());
    office.once();
    let place = "table assessment, batch ";
    let output = office.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert!(said(&output).contains(place), "{}", said(&output));
    // Otherwise the last pass was less than a day ago.
    std::fs::remove_file(office.at("kycdrop.state")).expect("removed");
    let mut daemon = Daemon::start(&office, &[]);
    assert_eq!(daemon.ended().code(), Some(78), "{}", daemon.log());
    assert!(daemon.log().contains(place), "{}", daemon.log());
    assert!(std::fs::read(&database).expect("a database") == flipped);
    assert_refused(&office, &sound, "an old row", place);
}

#[test]
fn a_sound_history_is_checked_once_a_day() {
    let office = worked_office();
    grow(&office);
    std::fs::remove_file(office.at("kycdrop.state")).expect("removed");
    let checked = || {
        let output = office.run(&["status", "--format", "json"]);
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        status["checked_at"].as_str().map(str::to_owned)
    };
    office.once();
    assert_eq!(checked(), None);
    let pass = |clock: &str| {
        let mut daemon = Daemon::start(
            &office,
            &[("KYCDROP_CLOCK", clock), ("KYCDROP_LOG", "debug")],
        );
        daemon.wait_for_log("the whole history was checked");
        assert!(daemon.stop().success());
        checked().expect("a moment")
    };
    let first = pass("+0");
    drop_whole(&office, "batch-customers/more.json", batch_of("more", 3));
    let mut daemon = Daemon::start(&office, &[]);
    wait_for("the answer", || office.files("watch-dir/inbox").is_empty());
    assert!(daemon.stop().success());
    assert_eq!(checked(), Some(first.clone()));
    if cfg!(debug_assertions) {
        assert!(pass("+90000000") > first);
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
