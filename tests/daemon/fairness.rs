//! A large file gives way to small ones that wait.

use crate::common;
use crate::faults;

use common::{Office, person, with};
use faults::{Daemon, wait_for};
use serde_json::json;

/// A batch of so many customers of four kilobytes, none of them sound.
fn large(customers: usize) -> String {
    let customer = json!({ "note": "x".repeat(4000) }).to_string();
    format!(
        "{{\"customers\":[{}]}}",
        vec![customer; customers].join(",")
    )
}

/// Too many for a file that is read and validated in one go, and for one that overtakes.
const LARGE: usize = 1_000;

/// An office where a small file hardly waits.
fn impatient(lines: &str) -> Office {
    Office::configured(&format!("overtake_after = \"1ms\"\n{lines}"))
}

fn small(id: &str) -> String {
    json!({ "customers": [person(id)] }).to_string()
}

/// The files in the order in which they were answered, and how many customers each has.
fn order(office: &Office) -> Vec<(String, u64)> {
    let rows = office.rows("SELECT file_name, customers FROM v_batch ORDER BY batch_id");
    rows.iter()
        .map(|row| {
            let name = row["file_name"].as_str().expect("a name");
            (name.to_owned(), row["customers"].as_u64().expect("a count"))
        })
        .collect()
}

#[test]
fn small_files_overtake_a_large_one() {
    let office = impatient("");
    office.drop("batch-customers/1.json", large(LARGE));
    office.drop("batch-customers/2.json", small("a"));
    office.drop("validate-batch-customers/3.json", small("b"));
    let one = with(person("c"), json!({ "sourceOfRiskLevel": "IMPORT" }));
    office.drop("customer/4.json", one.to_string());
    office.once();
    let [.., last] = &order(&office)[..] else {
        panic!("no answers");
    };
    assert_eq!(last, &("1.json".to_owned(), LARGE as u64));
    assert_eq!(order(&office).len(), 4);
    assert_eq!(office.value("SELECT sum(accepted) FROM v_batch"), 3);
    assert_eq!(office.value("SELECT rejected FROM total"), LARGE);
    assert_eq!(office.value("SELECT count(*) FROM v_rejection"), LARGE);
    assert!(office.files("watch-dir/work").is_empty());
    let answer = office.response("batch-customers/1");
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(LARGE));
}

/// Where order matters more, nothing overtakes.
#[test]
fn a_patient_office_answers_in_order() {
    let office = Office::configured("overtake_after = \"1d\"");
    office.drop("batch-customers/1.json", large(LARGE));
    office.drop("batch-customers/2.json", small("a"));
    office.once();
    let names: Vec<_> = order(&office).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["1.json", "2.json"]);
}

/// A large file does not overtake, nor does one that is not complete.
#[test]
fn only_small_and_complete_files_overtake() {
    let office = impatient("settle_timeout = \"10s\"");
    office.drop("batch-customers/1.json", large(LARGE));
    office.drop("batch-customers/2.json", large(LARGE));
    office.drop("batch-customers/3.json", "{\"customers\":[");
    office.once();
    let names: Vec<_> = order(&office).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["1.json", "2.json", "3.json"]);
}

/// A large file that a killed process had in hand gives way too, and so does one that gave way.
#[test]
fn a_large_file_of_an_earlier_run_gives_way() {
    let office = impatient("");
    office.drop("batch-customers/1.json", large(LARGE));
    let killed = office
        .command(&["once"])
        .env("KYCDROP_FAULT", "ingest.chunk@2=kill")
        .output()
        .expect("it runs");
    assert!(!killed.status.success(), "{killed:?}");
    office.drop("batch-customers/2.json", small("a"));
    office.once();
    let names: Vec<_> = order(&office).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["2.json", "1.json"]);
}

/// With files that come all the time the large one still ends.
#[test]
fn a_large_file_ends_although_others_keep_coming() {
    let office = impatient("");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    office.drop("batch-customers/large.json", large(LARGE));
    let mut dropped = 0;
    wait_for("the large file", || {
        dropped += 1;
        office.drop(
            format!("batch-customers/{dropped}.json"),
            small(&format!("n-{dropped}")),
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
        office
            .answers()
            .contains(&"batch-customers/large.response.json".to_owned())
    });
    wait_for("the small files", || {
        office.files("watch-dir/archive").len() == dropped + 1
    });
    assert!(daemon.stop().success(), "{}", daemon.log());
    assert_eq!(office.value("SELECT accepted FROM total"), dropped);
    assert_eq!(office.value("SELECT rejected FROM total"), LARGE);
}
