//! Histories that earlier versions of kycdrop made, each with the same files: they open, say the
//! same, and continue as if they had been new.
//!
//! `tests/fixtures/histories` has one for each form that the schema ever had, made by the program of
//! that time (`once` with four files) and packed by `zstd -19`. Where a version grew while it was
//! new, it has several: 2a is version 2 as it was first. A new migration adds the form before it.

use crate::common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{Office, codes, person, with};
use serde_json::{Value, json};

/// The name of each fixture, such as `2a`, and an office with that history.
fn offices() -> Vec<(String, Office)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/histories");
    let mut found: Vec<(String, Office)> = std::fs::read_dir(folder)
        .expect("the fixtures")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let name = name.strip_prefix("version-").expect("a fixture");
            let name = name.strip_suffix(".db.zst").expect("a fixture").to_owned();
            let packed = std::fs::read(&path).expect("a fixture");
            let bytes = zstd::decode_all(&packed[..]).expect("a packed history");
            let office = Office::new();
            office.write("kycdrop.db", bytes);
            (name, office)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Name and SQL of everything in a schema, without white space; of a table its columns, which may
/// have come one by one.
fn schema(office: &Office) -> BTreeMap<String, String> {
    let conn = office.database();
    let mut select = conn
        .prepare(
            "SELECT type || ' ' || name, CASE type WHEN 'table' THEN
               (SELECT group_concat(c.name || ' ' || c.type || c.\"notnull\" || c.pk, ', ')
                FROM (SELECT * FROM pragma_table_info(s.name) ORDER BY name) c)
             ELSE coalesce(sql, '') END
             FROM sqlite_schema s",
        )
        .expect("a query");
    let rows = select.query_map([], |r| Ok((r.get(0)?, r.get::<_, String>(1)?)));
    rows.expect("rows")
        .map(|row| {
            let (name, sql) = row.expect("a row");
            (name, sql.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect()
}

#[test]
fn every_version_has_a_fixture() {
    let names: Vec<String> = offices().into_iter().map(|(name, _)| name).collect();
    for version in 1..kycdrop::history::NEWEST_VERSION {
        let digits = version.to_string();
        assert!(
            names
                .iter()
                .any(|name| name.trim_end_matches(char::is_alphabetic) == digits),
            "no history of version {version}: add one that this program made before the migration"
        );
    }
}

#[test]
fn a_migrated_history_has_the_schema_of_a_new_one() {
    let new = Office::new();
    new.once();
    let expected = schema(&new);
    assert!(expected.len() > 40);
    for (name, office) in offices() {
        office.once();
        assert_eq!(schema(&office), expected, "version {name}");
        let doctor = office.run(&["doctor"]);
        assert!(doctor.status.success(), "version {name}: {doctor:?}");
    }
}

/// Questions to a migrated history, and their answers.
fn expected(version: &str, office: &Office) -> [(&'static str, Value); 7] {
    [
        (
            "SELECT file_name, status, customers, accepted, rejected, error FROM v_batch ORDER BY batch_id",
            json!([
                {"file_name": "a.json", "status": 200, "customers": 3, "accepted": 2, "rejected": 1, "error": null},
                {"file_name": "b.json", "status": 200, "customers": 1, "accepted": 1, "rejected": 0, "error": null},
                {"file_name": "c.json", "status": 200, "customers": 2, "accepted": 1, "rejected": 1, "error": null},
                {"file_name": "d.json", "status": 400, "customers": 0, "accepted": 0, "rejected": 0,
                 "error": office.value("SELECT error FROM v_batch WHERE batch_id = 4")}
            ]),
        ),
        (
            "SELECT customer_ext_id AS id, name, risk_level, assessments, country, evaluation FROM v_customer ORDER BY 1",
            json!([
                {"id": "X-1", "name": "Ona Kazlauskienė", "risk_level": "LOW", "assessments": 2, "country": "EE", "evaluation": null},
                {"id": "X-3", "name": "Ona Petraitė", "risk_level": "LOW", "assessments": 1, "country": "LT", "evaluation": null},
                {"id": "X-4", "name": "Ona Petraitė", "risk_level": null, "assessments": 1, "country": "LT", "evaluation": "PENDING"}
            ]),
        ),
        (
            "SELECT position, error_code, json_extract(payload, '$.customerExtId') AS id FROM v_rejection ORDER BY batch_id, position",
            json!([
                {"position": 1, "error_code": "C016.I06", "id": "X-2"},
                {"position": 1, "error_code": "O005", "id": "X-1"}
            ]),
        ),
        (
            "SELECT position, kind, path, count, positions FROM v_warning ORDER BY position",
            // Versions before 7 kept a warning for each customer.
            match version.len() < 2 && version < "7" || version.ends_with(char::is_alphabetic) {
                true => json!([
                    {"position": 0, "kind": "unknown-field", "path": "shoeSize", "count": 1, "positions": "[0]"},
                    {"position": 2, "kind": "unknown-field", "path": "shoeSize", "count": 1, "positions": "[2]"}
                ]),
                false => json!([
                    {"position": 0, "kind": "unknown-field", "path": "shoeSize", "count": 2, "positions": "[0,2]"}
                ]),
            },
        ),
        (
            "SELECT sum(accepted) AS a, sum(rejected) AS r, sum(created) AS c FROM v_volume",
            json!([{"a": 4, "r": 2, "c": 3}]),
        ),
        (
            "SELECT what, process FROM v_pending ORDER BY 1, 2",
            json!([
                {"what": "evaluation", "process": null},
                {"what": "screening", "process": "PEP"},
                {"what": "screening", "process": "SANCTIONS"}
            ]),
        ),
        (
            "SELECT e.customer_ext_id AS id, e.state, e.initial_risk_level AS level, e.why_not, p.why
             FROM v_evaluation e JOIN v_pending p USING (communication_number) WHERE p.what = 'evaluation'",
            // Since version 11 it is evaluated.
            match version {
                "11" => json!([
                    {"id": "X-4", "state": "PENDING", "level": "MEDIUM", "why_not": null,
                     "why": "a person decides"}
                ]),
                _ => json!([
                    {"id": "X-4", "state": "PENDING", "level": null,
                     "why_not": "it was asked for before kycdrop evaluated",
                     "why": "it was asked for before kycdrop evaluated"}
                ]),
            },
        ),
    ]
}

#[test]
fn a_migrated_history_says_the_same() {
    for (name, office) in offices() {
        office.once();
        for (sql, rows) in expected(&name, &office) {
            assert_eq!(Value::from(office.rows(sql)), rows, "version {name}");
        }
        // Every view and every shipped command reads it.
        for view in office.rows("SELECT name FROM sqlite_schema WHERE type = 'view'") {
            let view = view["name"].as_str().expect("a name");
            office.rows(&format!("SELECT * FROM {view}"));
        }
        for args in [
            &["explain", "1", "--customer", "1"][..],
            &["history", "X-1"],
            &["status"],
            &["report", "--output", "-", "--batch", "1"],
        ] {
            let output = office.run(args);
            assert!(
                output.status.success(),
                "version {name}: {args:?} {output:?}"
            );
        }
    }
}

#[test]
fn a_migrated_history_goes_on() {
    for (name, office) in offices() {
        let update = with(
            person("6"),
            json!({"customerExtId": "X-3", "action": "UPDATE", "riskLevel": "HIGH"}),
        );
        let customers = [
            update,
            person("7"),
            // Used numbers, with other content; a customer that there is; one that there is not.
            with(person("3"), json!({"firstName": "Another"})),
            with(person("8"), json!({"customerExtId": "X-4"})),
            with(person("9"), json!({"action": "UPDATE"})),
        ];
        let answered: Vec<String> = office
            .batch("e", &customers)
            .iter()
            .map(|r| r["errorCode"].as_str().unwrap_or("").to_owned())
            .collect();
        assert_eq!(answered, ["", "", "O005", "C003", "C004"], "version {name}");
        let newest = office.rows("SELECT code FROM v_finding WHERE batch_id = 5 ORDER BY position");
        assert_eq!(
            codes(&newest),
            ["O005", "C003", "C003", "C004"],
            "version {name}"
        );
        assert_eq!(
            office.value("SELECT assessments FROM v_customer WHERE customer_ext_id = 'X-3'"),
            2,
            "version {name}"
        );
        assert_eq!(
            office.value("SELECT sum(created) FROM v_volume"),
            4,
            "version {name}"
        );
    }
}
