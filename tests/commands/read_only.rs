//! `query` and what it is asked of: rows in every format, nothing that can be changed from there,
//! and a database that explains itself.

use crate::common;

use std::process::Output;

use common::{Office, person, with};
use serde_json::{Value, json};

fn query(office: &Office, format: &str, sql: &str) -> Output {
    office
        .command(&["query", "--format", format, sql])
        .current_dir(office.path())
        .output()
        .expect("it runs")
}

fn answer(office: &Office, format: &str, sql: &str) -> String {
    let output = query(office, format, sql);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{sql}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// An office where a bit of everything happened: every endpoint, accepted and rejected, repeated,
/// validated, no request, no endpoint, two sets of classifiers, warnings.
fn busy_office() -> Office {
    let office = Office::new();
    office.batch(
        "a",
        &[
            person("1"),
            with(person("1"), json!({"requester": "Branch 8"})),
            with(person("2"), json!({"extra": 1})),
        ],
    );
    office.batch(
        "a-again",
        &[
            person("1"),
            with(person("1"), json!({"requester": "Branch 8"})),
            with(person("2"), json!({"extra": 1})),
        ],
    );
    let update = with(
        person("1"),
        json!({"communicationNumber": "N-1b", "action": "UPDATE"}),
    );
    office.batch("update", &[update, json!(17)]);
    office.answer(
        "validate-batch-customers",
        "v",
        &json!({"customers": [person("1"), person("3")]}),
    );
    let evaluate = with(
        person("4"),
        json!({
            "sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null,
            "initializeScreeningProcesses": ["PEP", "SANCTIONS"]
        }),
    );
    office.answer("customer", "e", &evaluate);
    office.answer("customer", "bad", &json!({}));
    let simplified = with(
        person("5"),
        json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER"}),
    );
    office.answer("simplifiedcustomer", "s", &simplified);
    office.edit("classifiers/region.toml", "WORLDWIDE = \"Worldwide\"\n", "");
    office.drop("nowhere/x.json", "{}");
    office.drop("batch-customers/broken.json", "{\"customers\":[{},");
    office.drop("batch-customers/keys.json", "{\"customers\":[],\"more\":1}");
    office.once();
    office
}

#[test]
fn rows_come_as_a_table_as_json_and_as_csv() {
    let office = Office::new();
    office.batch(
        "x",
        &[with(person("1"), json!({"lastName": "O\"Hara, \u{9b}31m"}))],
    );
    let sql =
        "SELECT 1 AS number, 2.5 AS real, NULL AS none, name, x'00ff' AS bytes FROM v_customer";
    assert_eq!(
        answer(&office, "csv", sql),
        "number,real,none,name,bytes\n1,2.5,,\"Ona O\"\"Hara, \u{9b}31m\",00ff\n"
    );
    assert_eq!(
        answer(&office, "json", sql),
        "[\n{\"number\":1,\"real\":2.5,\"none\":null,\"name\":\"Ona O\\\"Hara, \u{9b}31m\",\"bytes\":\"00ff\"}\n]\n"
    );
    let table = answer(&office, "table", sql);
    for part in ["number", "none", "2.5", "O\"Hara, \\u{9b}31m", "00ff"] {
        assert!(table.contains(part), "{part} in\n{table}");
    }
    assert!(!table.contains('\u{9b}'), "nothing steers the terminal");
    let none = "SELECT code FROM v_finding WHERE 0";
    assert_eq!(answer(&office, "json", none), "[]\n");
    assert_eq!(answer(&office, "csv", none), "code\n");
    // Where no terminal is, a program reads.
    let output = office.run(&["query", "VALUES (1), (2)"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "column1\n1\n2\n");
}

#[test]
fn everything_that_reads_is_answered() {
    let office = busy_office();
    for sql in [
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n",
        "SELECT json_extract(payload, '$.lastName'), group_concat(name) FROM v_assessment GROUP BY 1",
        "EXPLAIN QUERY PLAN SELECT * FROM v_customer",
        "EXPLAIN SELECT 1",
        "PRAGMA table_info('v_batch')",
        "PRAGMA integrity_check",
        "PRAGMA journal_mode",
        "SELECT 1; -- a remark behind it",
        "SELECT date('now'), row_number() OVER (ORDER BY batch_id) FROM v_batch LIMIT 1;",
    ] {
        assert!(answer(&office, "csv", sql).lines().count() >= 2, "{sql}");
    }
}

/// What changes something, is no question, or is more than one.
const REFUSED: &[&str] = &[
    "INSERT INTO batch SELECT * FROM batch",
    "INSERT INTO setting VALUES ('x', 1)",
    "UPDATE assessment SET name = 'x'",
    "DELETE FROM assessment",
    "REPLACE INTO setting VALUES ('hash_key', x'00')",
    "WITH x AS (SELECT 1) DELETE FROM finding_row",
    "UPDATE assessment SET name = 'x' RETURNING name",
    "DROP TABLE assessment",
    "DROP VIEW v_batch",
    "ALTER TABLE batch RENAME TO butch",
    "ALTER TABLE batch ADD COLUMN more TEXT",
    "CREATE TABLE mine (x)",
    "CREATE TEMP TABLE mine (x)",
    "CREATE TEMP VIEW mine AS SELECT 1",
    "CREATE INDEX mine ON batch (bytes)",
    "CREATE TRIGGER mine AFTER INSERT ON batch BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE mine USING fts5(x)",
    "ATTACH 'other.db' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO 'copy.db'",
    "REINDEX",
    "ANALYZE",
    "BEGIN IMMEDIATE",
    "SAVEPOINT s",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA journal_mode(MEMORY)",
    "PRAGMA user_version = 7",
    "PRAGMA application_id = 7",
    "PRAGMA query_only = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA optimize",
    "PRAGMA incremental_vacuum",
    "PRAGMA temp_store_directory = '/tmp'",
    "SELECT load_extension('x')",
    "SELECT writefile('x', 'y')",
    "SELECT edit('x')",
    "EXPLAIN DELETE FROM assessment",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE assessment",
    "SELECT 1; ATTACH 'other.db' AS other",
    "SELECT * FROM nowhere",
    "SELEC 1",
    "",
    "-- what was the question?",
    "; SELECT 1; SELECT 2",
];

#[test]
fn nothing_can_be_changed_by_asking() {
    let office = busy_office();
    // A first question may leave what SQLite keeps beside the database.
    answer(&office, "csv", "SELECT count(*) FROM v_batch");
    let state = || {
        let database = std::fs::read(office.at("kycdrop.db")).unwrap();
        (database, office.files(""))
    };
    let before = state();
    for sql in REFUSED {
        let output = query(&office, "csv", sql);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{sql}: {said}");
        assert!(said.starts_with("kycdrop: "), "{sql}: {said}");
        assert!(said.lines().count() >= 2, "{sql} has no remedy: {said}");
        assert!(output.stdout.is_empty(), "{sql}");
        assert!(
            state() == before,
            "{sql} changed something: {:?}",
            office.files("")
        );
    }
    // And the history goes on.
    assert_eq!(
        office.batch("after", &[person("9")])[0]["resultType"],
        "REQUEST_ACCEPTED"
    );
}

#[test]
fn without_a_history_there_is_nothing_to_ask() {
    let office = Office::new();
    let output = query(&office, "csv", "SELECT 1");
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no history"));
    assert_eq!(office.files(""), ["kycdrop.toml"]);
    office.write(
        "kycdrop.db",
        "this is no database, however long it may be ".repeat(50),
    );
    let output = query(&office, "csv", "SELECT 1");
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn every_column_of_every_view_is_explained() {
    let office = busy_office();
    let columns =
        "SELECT m.name AS v, c.name AS c FROM sqlite_schema m, pragma_table_info(m.name) c
                   WHERE m.type = 'view'";
    let missing = office.rows(&format!(
        "{columns} EXCEPT SELECT view_name, column_name FROM column_description"
    ));
    assert!(missing.is_empty(), "not explained: {missing:?}");
    let stale = office.rows(&format!(
        "SELECT view_name AS v, column_name AS c FROM column_description EXCEPT {columns}"
    ));
    assert!(stale.is_empty(), "explained but not there: {stale:?}");
    assert_eq!(
        office.value("SELECT count(*) FROM column_description WHERE trim(description) = ''"),
        0
    );
    let views = office.rows("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name");
    let views: Vec<_> = views.iter().map(|v| v["name"].as_str().unwrap()).collect();
    // Those that other tools ask are promised for ever; there may be more.
    let promised = [
        "v_assessment",
        "v_batch",
        "v_classifier_set",
        "v_classifier_value",
        "v_customer",
        "v_finding",
        "v_rejection",
        "v_rule",
        "v_rule_set",
        "v_screening",
        "v_warning",
    ];
    for view in promised {
        assert!(views.contains(&view), "{view} is gone");
        let any = office.value(&format!("SELECT count(*) FROM {view}"));
        assert!(any.as_i64() > Some(0), "{view} is empty in a busy office");
    }
}

#[test]
fn the_database_is_sound_after_a_bit_of_everything() {
    let office = busy_office();
    let asked = |sql: &str| answer(&office, "csv", sql);
    assert_eq!(
        asked("PRAGMA foreign_key_check"),
        "table,rowid,parent,fkid\n"
    );
    assert_eq!(asked("PRAGMA integrity_check"), "integrity_check\nok\n");
    let loose = office.rows(
        "SELECT name FROM pragma_table_list
         WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND strict = 0",
    );
    assert!(loose.is_empty(), "not strict: {loose:?}");
    let stamps = "batch.received_at batch.finished_at batch.published_at assessment.assessed_at \
                  rejection.rejected_at screening.requested_at classifier_set.loaded_at \
                  classifier_load.loaded_at rule_set.loaded_at";
    for stamp in stamps.split_whitespace() {
        let (table, column) = stamp.split_once('.').unwrap();
        let odd = format!(
            "SELECT count(*) FROM {table} WHERE {column} NOT GLOB
             '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z'
             OR {column} IS NULL"
        );
        assert_eq!(office.value(&odd), 0, "{stamp}");
    }
}

#[test]
fn the_totals_are_the_sums_of_the_rows() {
    let office = busy_office();
    let sums = office.rows(
        "SELECT (SELECT count(*) FROM v_batch) AS batches,
                (SELECT sum(accepted) FROM v_batch) AS accepted,
                (SELECT sum(rejected) FROM v_batch) AS rejected,
                (SELECT count(*) FROM v_assessment) AS assessments,
                (SELECT count(*) FROM v_customer) AS customers,
                (SELECT count(*) FROM v_assessment WHERE evaluation = 'PENDING') AS evaluations,
                (SELECT count(*) FROM v_screening WHERE status = 'PENDING') AS screenings",
    );
    assert_eq!(office.rows("SELECT * FROM total"), sums);
    assert_eq!(
        Value::from(sums),
        json!([{
            "batches": 10, "accepted": 9, "rejected": 4, "assessments": 5, "customers": 4,
            "evaluations": 1, "screenings": 2
        }])
    );
    let every = office.value(
        "SELECT count(*) FROM v_batch WHERE customers <> accepted + rejected OR repeated > accepted
           OR (status = 200) <> (error IS NULL AND (rejected = 0 OR endpoint LIKE '%batch-customers'))",
    );
    assert_eq!(every, 0);
    // Each rejected customer has its findings, counted from 1, and the first is its answer.
    let odd = office.value(
        "SELECT count(*) FROM v_rejection r WHERE NOT EXISTS (SELECT 1 FROM v_finding f
           WHERE f.batch_id = r.batch_id AND f.position = r.position AND f.no = 1 AND f.code = r.error_code)",
    );
    assert_eq!(odd, 0);
    assert_eq!(office.value("SELECT count(*) FROM v_rejection"), 4);
}
