//! Killed while it screens: at a request with a match, and while standing customers are compared with lists
//! that changed. Every match is there once, and so are its events. And what a daemon does by itself when lists
//! change.

#![cfg(all(unix, debug_assertions))]

use crate::{common, faults};

use std::os::unix::process::ExitStatusExt;

use common::daemon::{Daemon, eventually};
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

/// A home whose daemon compares customers when it is idle, with so many of them: the first and the last are
/// on the list once that is [`NEW`].
fn idle_office(customers: usize) -> Office {
    let office = Office::configured("rescreen_when_idle = true\nscan_interval = \"10ms\"\n");
    list(&office, "");
    let last = customers - 1;
    let all: Vec<Value> = (0..customers)
        .map(|i| match i {
            i if i == 0 || i == last => named(&i.to_string()),
            _ => person(&i.to_string()),
        })
        .collect();
    office.batch("b", &all);
    office
}

fn wait_for_runs(office: &Office, ended: u64) {
    eventually("the end of a run", || {
        let runs = office.value("SELECT count(*) FROM v_rescreening WHERE ended_at IS NOT NULL");
        (runs == ended).then_some(())
    });
}

/// Drops a file and waits for its answer.
fn answered(office: &Office, name: &str) {
    office.drop(format!("customer/{name}.json"), "{}");
    let answer = office.at(format!("watch-dir/outbox/customer/{name}.response.json"));
    eventually("an answer", || answer.exists().then_some(()));
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

#[test]
fn of_a_large_list_what_changed_is_found_as_at_a_request() {
    let office = Office::new();
    let word = |i: usize| ["la", "me", "ti", "ro", "ka", "su", "vi", "no"][i % 8];
    let others: String = (0..21_000)
        .map(|i| {
            let name: String = (0..5).map(|n| word(i >> (3 * n))).collect();
            format!("{},Jonas {name}\n", i + 100)
        })
        .collect();
    list(&office, &others);
    let customers: Vec<Value> = ["Jonas Kalvaytis", "Jonas Petrauskas"]
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let (first, last) = name.split_once(' ').expect("two names");
            with(
                person(&i.to_string()),
                json!({"firstName": first, "lastName": last}),
            )
        })
        .collect();
    office.batch("b", &customers);
    assert!(office.run(&["rescreen"]).status.success());
    list(&office, &format!("{NEW}{others}"));
    assert!(office.run(&["rescreen"]).status.success());
    assert_eq!(
        office.value("SELECT group_concat(customers || ' ' || matches, ', ') FROM v_rescreening"),
        "2 0, 2 2"
    );
    let screen = office.run(&["screen", "Jonas Kalvaytis", "--format", "csv"]);
    let screen = String::from_utf8_lossy(&screen.stdout);
    let score = office.value("SELECT DISTINCT score FROM v_screening_hit WHERE entity_id = '7'");
    assert!(
        screen.contains(&format!(",7,{score:.3}")),
        "{score} {screen}"
    );
}

#[test]
fn an_idle_daemon_compares_customers_with_what_changes_in_the_lists() {
    let office = idle_office(3);
    let daemon = Daemon::start(&office);
    wait_for_runs(&office, 1);
    list(&office, NEW);
    wait_for_runs(&office, 2);
    assert_eq!(
        office.value("SELECT group_concat(customers || ' ' || matches, ', ') FROM v_rescreening"),
        "3 0, 3 4"
    );
    assert_eq!(event_files(&office).len(), 2);
    // A version with the same entries is no reason to compare anybody.
    list(&office, "7,Jonas Kalvaitis\n\n");
    eventually("the list", || {
        (office.value("SELECT count(*) FROM screening_list") == 3).then_some(())
    });
    answered(&office, "2");
    let log = daemon.log();
    daemon.stop();
    assert_eq!(office.value("SELECT count(*) FROM v_rescreening"), 2);
    assert!(log.contains("customers=3 matches=4"), "{log}");
    assert!(!log.contains("Kalvaitis"), "{log}");
    assert_sound(&office);
}

#[test]
fn an_idle_daemon_goes_on_with_a_run_where_it_was_killed() {
    let office = idle_office(60);
    assert!(office.run(&["rescreen"]).status.success());
    list(&office, NEW);
    killed(&office, "run", "rescreen.recorded=kill");
    let so_far = office.value("SELECT customers FROM rescreening WHERE ended_at IS NULL");
    assert_eq!(so_far, 50);
    let daemon = Daemon::start(&office);
    wait_for_runs(&office, 2);
    daemon.stop();
    assert_eq!(
        office.value("SELECT group_concat(DISTINCT communication_number) FROM v_screening"),
        "rescreening-2-1,rescreening-2-60"
    );
    assert_eq!(office.value("SELECT max(customers) FROM v_rescreening"), 60);
    assert_eq!(event_files(&office).len(), 2);
    assert_sound(&office);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_comes_before_the_rest_of_a_run() {
    let office = idle_office(200);
    let mut command = office.command(&["run"]);
    command.env(
        "KYCDROP_FAULT",
        "rescreen.recorded@1=stop,rescreen.compared=kill",
    );
    let mut daemon = command.spawn().expect("it starts");
    assert!(faults::stopped(&mut daemon));
    faults::drop_whole(&office, "customer/1.json", "{}");
    faults::go_on(&daemon);
    let ended = daemon.wait().expect("its end");
    assert_eq!(ended.signal(), Some(9));
    assert!(
        office
            .at("watch-dir/outbox/customer/1.response.json")
            .exists()
    );
    assert_eq!(
        office.value("SELECT ended_at FROM rescreening"),
        Value::Null
    );
}

#[test]
fn a_list_is_read_again_when_its_own_files_change() {
    let office = Office::new();
    list(&office, NEW);
    let read = |name: &str| {
        let rows = office.rows("SELECT name, count(*) AS n FROM screening_list GROUP BY name");
        rows.iter()
            .find(|row| row["name"] == name)
            .map(|row| row["n"].clone())
    };
    let daemon = Daemon::start(&office);
    // Another content that only a reader would notice.
    let path = office.at("lists/own.csv");
    let modified = path.metadata().and_then(|m| m.modified()).expect("a time");
    let text = std::fs::read_to_string(&path).expect("a list");
    std::fs::write(&path, text.replace("Kalvaitis", "Xalvaitis")).expect("written in place");
    let file = std::fs::File::options().write(true).open(&path);
    file.and_then(|file| file.set_modified(modified))
        .expect("a time");
    office.write(
        "lists/two.toml",
        "title = \"Two\"\nprocess = \"PEP\"\nformat = \"csv\"\nfile = \"deep/two.csv\"\n",
    );
    office.write("lists/deep/two.csv", "id,name\n1,Somebody\n");
    eventually("the second list", || read("two"));
    assert_eq!(read("own"), Some(json!(1)));
    // One in a folder below is noticed as well.
    office.write("lists/deep/two.csv", "id,name\n1,Nobody\n");
    eventually("the second list", || {
        (read("two") == Some(json!(2))).then_some(())
    });
    list(&office, "8,Ona Kalvaitienė\n");
    eventually("the first list", || {
        (read("own") == Some(json!(2))).then_some(())
    });
    daemon.stop();
}

#[test]
fn a_list_becomes_too_old_at_midnight() {
    let office = Office::on("2028-02-29T23:59:57Z");
    list(&office, NEW);
    let more = "max_age_days = 4\ndate = 2028-02-25\n";
    office.edit("lists/own.toml", "file =", &format!("{more}file ="));
    let daemon = Daemon::start(&office);
    eventually("a refusal", || {
        daemon
            .log()
            .contains("screening list refused")
            .then_some(())
    });
    daemon.stop();
    let status = office.run(&["status"]);
    let said = String::from_utf8_lossy(&status.stdout);
    assert!(said.contains("own: refused: "), "{said}");
}

#[test]
fn a_daemon_compares_nobody_unless_it_is_told_to() {
    let office = Office::new();
    list(&office, "");
    office.batch("b", &[named("1")]);
    let daemon = Daemon::start(&office);
    list(&office, NEW);
    // The second is dropped once the daemon had nothing to do.
    answered(&office, "1");
    answered(&office, "2");
    daemon.stop();
    assert_eq!(office.value("SELECT count(*) FROM v_rescreening"), 0);
}
