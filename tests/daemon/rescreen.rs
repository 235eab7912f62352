//! Killed while it screens: at a request with a match, and while standing customers are compared with lists
//! that changed. Every match is there once, and so are its events.

#![cfg(all(unix, debug_assertions))]

use crate::common;

use std::os::unix::process::ExitStatusExt;

use common::{MATRIX, Office, person, with};
use kycdrop::fault::{RESCREEN_STEPS, STEPS};
use serde_json::{Value, json};

/// Lists with a customer of [`named`].
fn list(office: &Office, entries: &str) {
    office.write("lists/own.toml", "title = \"Ours\"\nprocess = [\"SANCTIONS\", \"PEP\"]\nformat = \"csv\"\nfile = \"own.csv\"\n");
    office.write(
        "lists/own.csv",
        format!("id,name\n1,Somebody Else\n{entries}"),
    );
}

const NEW: &str = "7,Jonas Kalvaitis\n";

fn named(id: &str) -> Value {
    with(
        person(id),
        json!({"firstName": "Jonas", "lastName": "Kalvaitis"}),
    )
}

fn killed(office: &Office, command: &str, fault: &str) {
    let mut command = office.command(&[command]);
    let output = command
        .env("KYCDROP_FAULT", fault)
        .output()
        .expect("it runs");
    assert_eq!(output.status.signal(), Some(9), "{fault}: {output:?}");
}

/// The types of the events in each file, by its name.
fn event_files(office: &Office) -> Vec<(String, Vec<String>)> {
    let mut files = office.files("watch-dir/outbox/communications-events");
    files.sort();
    let types = |name: &String| {
        let path = office.at(format!("watch-dir/outbox/communications-events/{name}"));
        let body: Value =
            serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON");
        let events = body["events"].as_array().expect("events").iter();
        let types = events.filter_map(|e| e["type"].as_str()).map(str::to_owned);
        (name.clone(), types.collect())
    };
    files.iter().map(types).collect()
}

fn assert_sound(office: &Office) {
    let doctor = office.run(&["doctor"]);
    assert!(doctor.status.success(), "{doctor:?}");
    assert_eq!(
        office.value("SELECT screenings FROM total"),
        office.value("SELECT count(*) FROM open_screening")
    );
}

#[test]
fn a_request_with_a_match_is_screened_once_whenever_it_is_killed() {
    for fault in STEPS.iter().filter(|s| !s.starts_with("worklist")) {
        let office = Office::new();
        office.write("risk/example.toml", MATRIX);
        list(&office, NEW);
        let fields = json!({
            "initializeScreeningProcesses": ["SANCTIONS"], "sourceOfRiskLevel": "EVALUATE",
            "riskLevel": null, "customerStatus": null,
        });
        office.drop("customer/1.json", with(named("1"), fields).to_string());
        let mut command = office.command(&["once"]);
        let output = command
            .env("KYCDROP_FAULT", format!("{fault}=kill"))
            .output();
        let reached = output.expect("it runs").status.signal() == Some(9);
        // A single customer is one small file.
        assert!(reached || fault.starts_with("reserve"), "{fault}");
        office.once();
        assert_eq!(
            office.value("SELECT count(*) FROM v_screening_hit"),
            1,
            "{fault}"
        );
        let types = [
            "app.amlyze.customer.screening.sanctions.pending",
            "app.amlyze.customer.riskmanagement.kyc_scoring.pending",
        ];
        let expected = [("N-1.json".to_owned(), types.map(str::to_owned).to_vec())];
        assert_eq!(event_files(&office), expected, "{fault}");
        assert_sound(&office);
    }
}

#[test]
fn a_killed_rescreening_goes_on_and_finds_every_new_match_once() {
    let events = ["events.written", "events.renamed"];
    let nth = events.map(|step| format!("{step}@3"));
    let steps = RESCREEN_STEPS
        .iter()
        .chain(&events)
        .map(|s| (*s).to_owned());
    for step in steps.chain(nth) {
        let office = Office::new();
        list(&office, "");
        office.batch("b", &[named("1"), person("2"), named("3"), named("4")]);
        list(&office, NEW);
        killed(&office, "rescreen", &format!("{step}=kill"));
        let again = office.run(&["rescreen"]);
        assert!(again.status.success(), "{step}: {again:?}");
        assert_eq!(
            office.value("SELECT group_concat(communication_number, ' ') FROM v_screening WHERE process = 'PEP'"),
            "rescreening-1-1 rescreening-1-3 rescreening-1-4",
            "{step}"
        );
        assert_eq!(
            office.value("SELECT count(*) FROM v_screening_hit"),
            6,
            "{step}"
        );
        let files = event_files(&office);
        assert_eq!(files.len(), 3, "{step}: {files:?}");
        for (name, types) in files {
            let pending =
                ["sanctions", "pep"].map(|p| format!("app.amlyze.customer.screening.{p}.pending"));
            assert_eq!(types, pending, "{step}: {name}");
        }
        assert_eq!(
            office.value(
                "SELECT group_concat(customers || ' ' || (ended_at IS NOT NULL)) FROM v_rescreening"
            ),
            "4 1",
            "{step}"
        );
        assert_sound(&office);
    }
}

#[test]
fn a_rescreening_goes_on_where_it_was_killed() {
    // More than are recorded in one transaction.
    let office = Office::new();
    list(&office, "");
    let all: Vec<Value> = (0..2100)
        .map(|i| match i {
            3 | 2050 => named(&i.to_string()),
            _ => person(&i.to_string()),
        })
        .collect();
    office.batch("b", &all);
    list(&office, NEW);
    killed(&office, "rescreen", "rescreen.recorded=kill");
    assert_eq!(office.value("SELECT customers FROM rescreening"), 2000);
    assert!(office.run(&["rescreen"]).status.success());
    assert_eq!(
        office.value("SELECT group_concat(customers || ' ' || matches) FROM v_rescreening"),
        "2100 4"
    );
    assert_eq!(event_files(&office).len(), 2);
    assert_sound(&office);
}
