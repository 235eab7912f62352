//! The sums that the writer keeps are those that the rows themselves come to, and a history of the
//! first version gets the same sums when it is migrated.

use crate::common;

use std::path::Path;

use common::{Office, company, person, with};
use rusqlite::Connection;
use serde_json::{Value, json};

const SUMS: &[&str] = &[
    "day_file",
    "day_volume",
    "day_finding",
    "standing",
    "succession",
];

/// Every kind of thing that is counted: offices, updates, repetitions, rejections, broken files.
fn busy_office() -> Office {
    let office = Office::new();
    let vilnius = |c| with(c, json!({"businessUnit": "vilnius"}));
    let batch = [
        person("1"),
        vilnius(person("2")),
        vilnius(company("3")),
        with(
            company("4"),
            json!({"registrationCountry": "DE", "riskLevel": "HIGH"}),
        ),
        with(
            person("5"),
            json!({"citizenshipCountry": "XX", "lastName": " ", "listAddress":
            [{"country": "LT"}, {"country": "Lietuva"}, {"country": "nowhere"}]}),
        ),
        vilnius(with(person("6"), json!({"entityType": "ROBOT"}))),
    ];
    office.batch("a", &batch);
    office.batch("b", &batch);
    office.batch("c", &updates());
    office.answer(
        "validate-batch-customers",
        "d",
        &json!({"customers": [person("20"), {}]}),
    );
    office.answer(
        "simplifiedcustomer",
        "e",
        &json!({
        "communicationNumber": "S-1", "requester": "R", "entityType": "INDIVIDUAL",
        "riskManagementCategory": "OCCASIONAL_CUSTOMER", "customerExtId": "S-1",
        "firstName": "Jonas", "lastName": "Jonaitis"}),
    );
    let evaluate =
        json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null});
    office.answer("customer", "f", &with(person("30"), evaluate));
    office.drop("batch-customers/broken.json", "{\"customers\":[{}, ");
    office.drop("somewhere/x.json", "{}");
    office.once();
    office
}

fn updates() -> [Value; 4] {
    let update = |c, n: &str, more| {
        with(
            with(c, json!({"action": "UPDATE", "communicationNumber": n})),
            more,
        )
    };
    [
        update(
            person("1"),
            "U-1",
            json!({"riskLevel": "EXTREME", "citizenshipCountry": "EE"}),
        ),
        update(
            person("1"),
            "U-2",
            json!({"riskLevel": "HIGH", "citizenshipCountry": "LV"}),
        ),
        update(
            with(company("3"), json!({"businessUnit": "vilnius"})),
            "U-3",
            json!({"customerStatus": "CLOSED", "closingDate": "2026-01-01"}),
        ),
        update(person("9"), "U-4", json!({})),
    ]
}

fn dump(conn: &Connection, table: &str) -> Vec<String> {
    let mut select = conn
        .prepare(&format!("SELECT * FROM {table}"))
        .expect(table);
    let columns = select.column_count();
    let rows = select.query_map([], |row| {
        let cells: Result<Vec<String>, _> = (0..columns)
            .map(|i| row.get_ref(i).map(|v| format!("{v:?}")))
            .collect();
        Ok(cells?.join(" "))
    });
    let mut rows: Vec<String> = rows.expect(table).map(|r| r.expect(table)).collect();
    rows.sort();
    rows
}

/// Copies the history into one of the first version.
fn copy_as_version_1(office: &Office, old: &Path) {
    // A snapshot has its payloads as text, as the first version had.
    let new = office.at("text.db");
    let path = new.to_string_lossy();
    assert!(office.run(&["snapshot", &path]).status.success());
    let conn = Connection::open(old).expect("a database");
    conn.execute_batch(include_str!(
        "../../src/history/migrations/0001_history.sql"
    ))
    .expect("version 1");
    conn.execute_batch("PRAGMA application_id = 0x6b796301; PRAGMA user_version = 1; DELETE FROM total; DELETE FROM column_description;")
        .expect("marks");
    conn.execute("ATTACH ?1 AS new", [new.to_string_lossy()])
        .expect("attached");
    let tables: Vec<String> = conn
        .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
        .and_then(|mut s| s.query_map([], |r| r.get(0))?.collect())
        .expect("tables");
    for table in tables {
        let columns: Vec<String> = conn
            .prepare("SELECT name FROM pragma_table_info(?1, 'main')")
            .and_then(|mut s| s.query_map([&table], |r| r.get(0))?.collect())
            .expect("columns");
        let columns = columns.join(", ");
        // What the first version had in one table.
        let from = match table.as_str() {
            "customer" => {
                "(SELECT c.key, c.assessment_id, coalesce(r.assessments, 1) AS assessments,
                         coalesce(r.first_assessment_id, c.assessment_id) AS first_assessment_id
                  FROM new.customer c LEFT JOIN new.returning_customer r ON r.key = c.key)"
            }
            "finding" => "new.v_finding",
            _ => &format!("new.{table}"),
        };
        if table != "column_description" {
            conn.execute_batch(&format!(
                "INSERT INTO main.{table} ({columns}) SELECT {columns} FROM {from}"
            ))
            .expect(&table);
        }
    }
}

#[test]
fn a_migrated_history_has_the_sums_that_the_writer_keeps() {
    let office = busy_office();
    let old_home = tempfile::tempdir().expect("a folder");
    let old = old_home.path().join("kycdrop.db");
    copy_as_version_1(&office, &old);
    drop(kycdrop::history::History::open(&old, 16).expect("migrated"));

    let (old, new) = (Connection::open(old).expect("old"), office.database());
    for table in SUMS
        .iter()
        .chain(&["customer", "returning_customer", "v_customer"])
    {
        let kept = dump(&new, table);
        assert!(!kept.is_empty(), "{table} is empty");
        // A customer who went away from a standing leaves a row of none.
        let none = |rows: Vec<String>| -> Vec<String> {
            rows.into_iter()
                .filter(|r| *table != "standing" || !r.ends_with("Integer(0)"))
                .collect()
        };
        assert_eq!(none(dump(&old, table)), none(kept), "{table}");
    }
    // Batches know where their assessments are.
    let found = "SELECT b.batch_id, a.position, a.communication_number FROM batch b
                 JOIN v_assessment a ON a.batch_id = b.batch_id AND b.batch_id > 0";
    let count = |conn: &Connection, sql: &str| -> u64 {
        conn.query_row(&format!("SELECT count(*) FROM ({sql})"), [], |r| r.get(0))
            .expect(sql)
    };
    assert_eq!(count(&old, found), count(&new, "SELECT 1 FROM assessment"));
}

#[test]
fn the_sums_are_those_of_the_rows() {
    let office = busy_office();
    let same = |sums: &str, rows: &str| assert_eq!(office.rows(sums), office.rows(rows), "{sums}");
    same(
        "SELECT sum(accepted) a, sum(rejected) r FROM v_volume",
        "SELECT accepted a, rejected r FROM total",
    );
    same(
        "SELECT country, risk_level, sum(customers) n FROM v_standing GROUP BY 1, 2 ORDER BY 1, 2",
        "SELECT country, risk_level, count(*) n FROM v_customer GROUP BY 1, 2 ORDER BY 1, 2",
    );
    same(
        "SELECT code, sum(answers) n FROM v_reason GROUP BY 1 HAVING n > 0 ORDER BY 1",
        "SELECT error_code code, count(*) n FROM v_rejection GROUP BY 1 ORDER BY 1",
    );
    same(
        "SELECT sum(files) n, sum(bytes) b FROM v_file_volume",
        "SELECT count(*) n, sum(bytes) b FROM v_batch",
    );
    assert_eq!(
        office.value("SELECT json_group_array(field) FROM (SELECT DISTINCT field FROM v_reason WHERE field LIKE 'listA%')"),
        Value::from("[\"listAddress[].country\"]")
    );
}

#[test]
fn an_office_whose_name_is_too_long_to_be_one_is_shortened_in_the_sums() {
    let office = Office::new();
    let long = json!({"businessUnit": "u".repeat(100_000), "requester": null});
    office.batch("a", &[with(person("1"), long)]);
    let longest =
        |table: &str| office.value(&format!("SELECT max(length(business_unit)) FROM {table}"));
    assert_eq!(longest("day_finding"), 257, "256 characters and …");
    assert_eq!(longest("day_volume"), 257);
    assert_eq!(longest("rejection"), 100_000);
}

#[test]
fn the_newest_assessment_is_the_one_that_nothing_follows() {
    let office = busy_office();
    assert_eq!(
        office.rows(
            "SELECT assessment_id FROM v_assessment WHERE next_assessment_id IS NULL ORDER BY 1"
        ),
        office.rows("SELECT assessment_id FROM v_customer ORDER BY 1")
    );
    assert_eq!(
        office.rows("SELECT customer_ext_id c, risk_level r FROM v_high_risk ORDER BY 1"),
        office.rows("SELECT customer_ext_id c, risk_level r FROM v_customer WHERE risk_level IN ('HIGH', 'EXTREME') ORDER BY 1")
    );
}

#[test]
fn every_column_of_every_view_is_described_and_nothing_else() {
    let office = busy_office();
    let described =
        office.rows("SELECT view_name v, column_name c FROM column_description ORDER BY 1, 2");
    let there = office.rows(
        "SELECT m.name v, c.name c FROM sqlite_schema m, pragma_table_info(m.name) c
         WHERE m.type = 'view' ORDER BY 1, 2",
    );
    assert_eq!(described, there);
    assert_eq!(
        office.rows("SELECT view_name v FROM view_description ORDER BY 1"),
        office.rows("SELECT name v FROM sqlite_schema WHERE type = 'view' ORDER BY 1")
    );
}
