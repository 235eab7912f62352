//! `run`: answers what is dropped while it runs, ends when it is told to, and takes up what a
//! killed one left.

use crate::common;

use std::fmt::Write;
use std::path::PathBuf;

use common::daemon::{Daemon, eventually};
use common::{Office, company, person, with};
use rustix::process::Signal;
use serde_json::{Value, json};

fn batch(ids: std::ops::Range<usize>) -> String {
    let mut text = String::from("{\"customers\":[");
    for i in ids.clone() {
        let comma = if i == ids.start { "" } else { ",\n" };
        let _ = write!(text, "{comma}{}", person(&i.to_string()));
    }
    text.push_str("]}");
    text
}

/// Drops a file as a good writer does: whole, by a rename.
fn put(office: &Office, relative: &str, bytes: impl AsRef<[u8]>) {
    let beside = office.write("watch-dir/inbox/.writing", bytes);
    let target = office.at("watch-dir/inbox").join(relative);
    std::fs::rename(beside, target).expect("a rename");
}

fn response(office: &Office, name: &str) -> PathBuf {
    office.at(format!("watch-dir/outbox/{name}.response.json"))
}

fn answered(office: &Office, name: &str) -> Value {
    let path = response(office, name);
    eventually(name, || path.exists().then_some(()));
    office.response(name)
}

/// The claimed files that lie in the work folder.
fn in_work(office: &Office) -> Vec<String> {
    let mut files = office.files("watch-dir/work");
    files.retain(|f| f.contains("/source/"));
    files
}

fn count(office: &Office, view: &str) -> u64 {
    let count = office.value(&format!("SELECT count(*) FROM {view}"));
    count.as_u64().expect("a count")
}

/// More files than are taken at once.
fn burst(office: &Office) {
    for i in 100..220 {
        put(
            office,
            &format!("batch-customers/burst-{i}.json"),
            batch(i..i + 1),
        );
    }
    for i in 100..220 {
        let name = format!("batch-customers/burst-{i}");
        assert_eq!(
            answered(office, &name)["results"][0]["communicationNumber"],
            format!("N-{i}")
        );
    }
}

#[test]
fn files_are_answered_while_it_runs_at_every_endpoint() {
    // Events alone bring these: the next look without one is an hour away.
    let office = Office::configured("scan_interval = \"1h\"\n");
    let daemon = Daemon::start(&office);
    let single = with(person("c"), json!({"sourceOfRiskLevel": "IMPORT"}));
    let simplified = with(
        company("s"),
        json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER"}),
    );
    put(&office, "root.json", batch(0..2));
    assert_eq!(
        answered(&office, "batch-customers/root")["results"][1]["resultType"],
        "REQUEST_ACCEPTED"
    );
    put(&office, "batch-customers/b.json", batch(2..3));
    assert_eq!(
        answered(&office, "batch-customers/b")["results"][0]["communicationNumber"],
        "N-2"
    );
    let other = batch(0..1).replace("Branch 7", "Branch 8");
    put(&office, "validate-batch-customers/v.json", other);
    assert_eq!(
        answered(&office, "validate-batch-customers/v")["results"][0]["errorCode"],
        "O005"
    );
    put(&office, "customer/c.json", single.to_string());
    assert_eq!(
        answered(&office, "customer/c"),
        json!({"resultType": "REQUEST_ACCEPTED"})
    );
    put(&office, "simplifiedcustomer/s.json", simplified.to_string());
    assert_eq!(
        answered(&office, "simplifiedcustomer/s"),
        json!({"resultType": "REQUEST_ACCEPTED"})
    );
    // A folder made while it runs.
    std::fs::create_dir_all(office.at("watch-dir/inbox/elsewhere")).unwrap();
    put(&office, "elsewhere/x.json", "{}");
    assert_eq!(answered(&office, "elsewhere/x")["status"], 404);
    burst(&office);
    let log = daemon.log();
    daemon.stop();
    assert_eq!(
        (count(&office, "v_batch"), count(&office, "v_assessment")),
        (126, 125)
    );
    assert_eq!(count(&office, "v_batch WHERE published_at IS NULL"), 0);
    assert!(in_work(&office).is_empty() && office.files("watch-dir/inbox").is_empty());
    for secret in ["Petrait", "N-2", "X-2", "Branch 7"] {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}

#[test]
fn the_scan_finds_what_no_event_reported() {
    let office = Office::configured("scan_interval = \"50ms\"\n");
    let daemon = Daemon::start(&office);
    // Whoever watched the old folder hears nothing of the new one.
    let inbox = office.at("watch-dir/inbox");
    std::fs::rename(&inbox, office.at("old-inbox")).unwrap();
    eventually("the inbox", || {
        inbox.join("customer").exists().then_some(())
    });
    put(&office, "batch-customers/a.json", batch(0..1));
    answered(&office, "batch-customers/a");
    std::fs::remove_dir_all(inbox.join("batch-customers")).unwrap();
    std::fs::create_dir(inbox.join("batch-customers")).unwrap();
    put(&office, "batch-customers/b.json", batch(1..2));
    answered(&office, "batch-customers/b");
    daemon.stop();
}

#[test]
fn what_lay_there_before_the_start_is_answered_the_oldest_first() {
    let office = Office::new();
    for (name, age) in [("young", 10), ("old", 30), ("middle", 20)] {
        let path = office.write(format!("watch-dir/inbox/{name}.json"), batch(0..1));
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        file.set_modified(then).unwrap();
    }
    let daemon = Daemon::start(&office);
    answered(&office, "batch-customers/young");
    daemon.stop();
    let order = office.rows("SELECT file_name FROM v_batch ORDER BY batch_id");
    let order: Vec<_> = order
        .iter()
        .map(|r| r["file_name"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["old.json", "middle.json", "young.json"]);
}

#[test]
fn unfinished_names_are_left_alone_until_they_are_renamed() {
    let office = Office::configured("scan_interval = \"50ms\"\n");
    let daemon = Daemon::start(&office);
    let names = [
        ".x1.json",
        "~x2.json",
        "x3.json.tmp",
        "x4.part",
        "x5.PARTIAL",
        "x6.filepart",
        "x7.crdownload",
    ];
    for (i, name) in names.iter().enumerate() {
        office.drop(format!("batch-customers/{name}"), batch(i..i + 1));
    }
    // Files that came later are answered, and those still lie there.
    for i in 50..53 {
        put(&office, &format!("late-{i}.json"), batch(i..i + 1));
        answered(&office, &format!("batch-customers/late-{i}"));
    }
    assert_eq!(office.files("watch-dir/inbox").len(), names.len());
    let folder = office.at("watch-dir/inbox/batch-customers");
    for (i, name) in names.iter().enumerate() {
        std::fs::rename(folder.join(name), folder.join(format!("done-{i}.json"))).unwrap();
        let response = answered(&office, &format!("batch-customers/done-{i}"));
        assert_eq!(
            response["results"][0]["communicationNumber"],
            format!("N-{i}")
        );
    }
    daemon.stop();
    assert_eq!(count(&office, "v_batch"), 3 + names.len() as u64);
}

/// Drops a large file, and waits until it is in work.
fn with_large_file_in_work(office: &Office, customers: usize) -> Daemon {
    put(office, "batch-customers/large.json", batch(0..customers));
    let daemon = Daemon::spawn(office);
    eventually("the claim", || (!in_work(office).is_empty()).then_some(()));
    daemon
}

fn large_file_is_answered_once(office: &Office, customers: usize) {
    assert_eq!(office.answers(), ["batch-customers/large.response.json"]);
    let results = office.response("batch-customers/large");
    let results = results["results"].as_array().unwrap();
    assert_eq!(results.len(), customers);
    assert!(
        results
            .iter()
            .all(|r| r["resultType"] == "REQUEST_ACCEPTED")
    );
    assert_eq!(count(office, "v_batch"), 1);
    assert_eq!(count(office, "v_assessment"), customers as u64);
    assert_eq!(
        count(office, "v_customer WHERE assessments = 1"),
        customers as u64
    );
    assert_eq!(office.files("watch-dir/archive").len(), 1);
    assert!(
        office.files("watch-dir/work").is_empty() && office.files("watch-dir/failed").is_empty()
    );
}

#[test]
fn a_signal_ends_it_after_the_file_in_hand() {
    const CUSTOMERS: usize = 5000;
    for signal in [Signal::TERM, Signal::INT] {
        // The signal comes while the first file is judged; should it once be late, it is tried again.
        let office = (0..5).find_map(|_| {
            let office = Office::new();
            office.once();
            let daemon = with_large_file_in_work(&office, CUSTOMERS);
            daemon.signal(signal);
            put(&office, "batch-customers/next.json", batch(0..1));
            assert_eq!(daemon.end().code(), Some(0), "{signal:?}");
            (office.files("watch-dir/inbox").len() == 1).then_some(office)
        });
        large_file_is_answered_once(&office.expect("a signal in time"), CUSTOMERS);
    }
}

#[test]
fn large_files_that_wait_are_not_taken_before_their_turn() {
    let office = Office::new();
    office.once();
    let files = ["a.json", "b.json", "c.json"];
    let ended_early = (0..5).any(|round| {
        for (i, name) in files.iter().enumerate() {
            let first = (round * 3 + i) * 5000;
            put(
                &office,
                &format!("batch-customers/{name}"),
                batch(first..first + 5000),
            );
        }
        let daemon = Daemon::spawn(&office);
        eventually("the claim", || (!in_work(&office).is_empty()).then_some(()));
        daemon.signal(Signal::TERM);
        assert_eq!(daemon.end().code(), Some(0));
        assert!(in_work(&office).is_empty(), "what was taken is answered");
        !office.files("watch-dir/inbox").is_empty()
    });
    assert!(
        ended_early,
        "it answered three large files after the signal"
    );
}

#[test]
fn a_signal_ends_it_when_there_is_nothing_to_do() {
    for signal in [Signal::TERM, Signal::INT] {
        let office = Office::configured("scan_interval = \"1h\"\n");
        let daemon = Daemon::start(&office);
        daemon.signal(signal);
        assert_eq!(daemon.end().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn a_file_that_a_killed_process_was_judging_is_answered_once_by_the_next() {
    const CUSTOMERS: usize = 10_000;
    // The kill comes right after the claim; should it once come too late, it is tried again.
    let office = (0..5)
        .find_map(|_| {
            let office = Office::new();
            office.once();
            let daemon = with_large_file_in_work(&office, CUSTOMERS);
            daemon.signal(Signal::KILL);
            assert_eq!(daemon.end().code(), None);
            let early = count(&office, "v_batch") == 0 && in_work(&office).len() == 1;
            early.then_some(office)
        })
        .expect("a kill in the middle of the work");
    assert_eq!(count(&office, "v_assessment"), 0);
    assert!(office.answers().is_empty());
    let status: Value =
        serde_json::from_slice(&office.run(&["status", "--format", "json"]).stdout).unwrap();
    assert_eq!(status["in_work"], json!(["batch-customers/large.json"]));
    assert_eq!(status["running"], false);

    let daemon = Daemon::spawn(&office);
    answered(&office, "batch-customers/large");
    daemon.stop();
    large_file_is_answered_once(&office, CUSTOMERS);
}

#[test]
fn however_often_it_is_killed_every_file_is_answered_once() {
    const FILES: usize = 150;
    let office = Office::new();
    office.once();
    for i in 0..FILES {
        put(
            &office,
            &format!("batch-customers/f{i}.json"),
            batch(2 * i..2 * i + 2),
        );
    }
    let answers = || office.answers().len();
    for upto in [1, 30, 60, 61, 110] {
        let daemon = Daemon::spawn(&office);
        eventually("answers", || (answers() >= upto).then_some(()));
        daemon.signal(Signal::KILL);
        assert_eq!(daemon.end().code(), None);
    }
    office.once();
    let mut expected: Vec<_> = (0..FILES)
        .map(|i| format!("batch-customers/f{i}.response.json"))
        .collect();
    expected.sort();
    assert_eq!(office.answers(), expected);
    for i in 0..FILES {
        let results = office.response(&format!("batch-customers/f{i}"));
        let types: Vec<_> = (0..2)
            .map(|k| results["results"][k]["resultType"].clone())
            .collect();
        assert_eq!(
            Value::from(types),
            json!(["REQUEST_ACCEPTED", "REQUEST_ACCEPTED"]),
            "f{i}"
        );
    }
    assert_eq!(count(&office, "v_batch"), FILES as u64);
    assert_eq!(
        count(
            &office,
            "v_batch WHERE published_at IS NULL OR repeated > 0"
        ),
        0
    );
    assert_eq!(count(&office, "v_assessment"), 2 * FILES as u64);
    assert_eq!(office.files("watch-dir/archive").len(), FILES);
    assert!(
        office.files("watch-dir/work").is_empty() && office.files("watch-dir/inbox").is_empty()
    );
}

#[test]
fn trouble_that_may_pass_pauses_the_work_and_loses_nothing() {
    let office = Office::configured("scan_interval = \"50ms\"\n");
    let mut daemon = Daemon::start(&office);
    // Somebody holds the database for longer than patience lasts.
    let other = office.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    put(&office, "batch-customers/a.json", batch(0..2));
    eventually("the pause", || {
        daemon.log().contains("paused: ").then_some(())
    });
    assert!(daemon.is_running() && !response(&office, "batch-customers/a").exists());
    other.execute_batch("ROLLBACK").unwrap();
    answered(&office, "batch-customers/a");
    put(&office, "batch-customers/b.json", batch(2..3));
    answered(&office, "batch-customers/b");
    daemon.stop();
    assert_eq!(
        (count(&office, "v_batch"), count(&office, "v_assessment")),
        (2, 3)
    );
}
