//! `status`: what waits, what is in work, what was answered, as text and as JSON.

use crate::commands::{stderr, stdout};
use crate::common;

use common::{Office, person, with};
use serde_json::{Value, json};

fn status(office: &Office, args: &[&str]) -> String {
    let output = office.run(&[&["status"][..], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

fn status_as_json(office: &Office) -> Value {
    serde_json::from_str(&status(office, &["--format", "json"])).unwrap()
}

/// An office with files that are answered, in work, and waiting.
fn office_at_work() -> Office {
    let office = Office::new();
    office.batch(
        "one",
        &[
            person("1"),
            with(person("1"), json!({"requester": "Branch 8"})),
        ],
    );
    let lead = with(
        person("2"),
        json!({
            "riskManagementCategory": "LEAD_IND", "sourceOfRiskLevel": "EVALUATE",
            "riskLevel": null, "customerStatus": null, "initializeScreeningProcesses": ["PEP", "SANCTIONS"]
        }),
    );
    office.answer("customer", "lead", &lead);
    office.drop("two.json", "no request");
    office.once();
    office.drop("batch-customers/waits.json", "12345");
    office.drop("later\u{1b}[31m.json", "678");
    office.drop("unfinished.json.part", "9");
    office.write(
        "watch-dir/work/20261120T164950237Z-4711-0/source/batch-customers/begun.json",
        "{}",
    );
    office
}

#[test]
fn status_of_an_empty_home_makes_nothing() {
    let office = Office::new();
    let empty = status_as_json(&office);
    assert_eq!(
        (
            &empty["running"],
            &empty["waiting"],
            &empty["in_work"],
            &empty["last_batches"]
        ),
        (
            &json!(false),
            &json!({"files": 0, "bytes": 0, "first": []}),
            &json!([]),
            &json!([])
        )
    );
    assert_eq!(office.files(""), ["kycdrop.toml"], "status makes nothing");
}

#[test]
fn status_shows_what_waits_what_is_in_work_and_totals() {
    let office = office_at_work();
    let now = status_as_json(&office);
    assert_eq!(now["home"], office.path().to_str().unwrap());
    assert_eq!(
        (&now["waiting"]["files"], &now["waiting"]["bytes"]),
        (&json!(2), &json!(8))
    );
    assert_eq!(
        now["waiting"]["first"],
        json!(["batch-customers/waits.json", "later\u{1b}[31m.json"])
    );
    assert!(now["waiting"]["oldest_seconds"].is_u64());
    assert_eq!(now["in_work"], json!(["batch-customers/begun.json"]));
    assert_eq!(
        now["totals"],
        json!({
            "batches": 3, "accepted": 2, "rejected": 1, "assessments": 2, "customers": 2,
            "evaluations_pending": 1, "screenings_pending": 2, "matches_pending": 0
        })
    );
    let last: Vec<_> = now["last_batches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| {
            (
                b["file_name"].as_str().unwrap(),
                b["status"].as_u64().unwrap(),
                b.get("error").is_some(),
            )
        })
        .collect();
    assert_eq!(
        last,
        [
            ("two.json", 400, true),
            ("lead.json", 200, false),
            ("one.json", 200, false)
        ]
    );
    let text = status(&office, &["--last", "1"]);
    for line in [
        "daemon     not running",
        "waiting    2 files, 8 bytes",
        "           batch-customers/waits.json",
        "           later\\u{1b}[31m.json",
        "in work    1 file",
        "           batch-customers/begun.json",
        "history    3 files, 2 customers accepted, 1 rejected",
        "           2 assessments of 2 customers",
        "pending    1 evaluation, for a person or a risk matrix",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert!(
        text.contains("batch-customers/two.json") && !text.contains("customer/lead.json"),
        "{text}"
    );
}
