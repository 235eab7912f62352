//! The files of events: their names, what may be in their place, and that they come again the same.

use crate::common;
use crate::evaluations::{decide, event_files, office_with, send};

use common::{MATRIX, Office, asked, decision, with};
use serde_json::{Value, json};

const FOLDER: &str = "watch-dir/outbox/communications-events";

fn body(office: &Office, file: &str) -> Value {
    let bytes = std::fs::read(office.at(FOLDER).join(file)).expect(file);
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The sources of the events in a file.
fn sources(office: &Office, file: &str) -> Vec<Value> {
    let body = body(office, file);
    let events = body["events"].as_array().expect("events").iter();
    events.map(|event| event["source"].clone()).collect()
}

#[test]
fn any_number_has_a_file_of_its_own() {
    let office = office_with(MATRIX);
    let long = "ž".repeat(200);
    let numbers = [
        "a/b\\c",
        "..",
        ".hidden",
        "x.response",
        "x.findings",
        "Twin",
        "tWIN",
        "twin",
        "a b?*:<>|\"",
        "\u{1}",
        "%2F",
        "~",
        &long,
    ];
    for (i, number) in numbers.iter().enumerate() {
        let request = with(
            asked(&i.to_string(), "EE"),
            json!({ "communicationNumber": number }),
        );
        office.drop(format!("customer/{i}.json"), request.to_string());
    }
    office.once();
    let accepted = office.rows("SELECT communication_number AS n FROM v_assessment");
    assert!(accepted.len() >= 11, "{accepted:?}");
    let files = event_files(&office);
    assert_eq!(files.len(), accepted.len());
    for file in &files {
        let safe = |c: char| c.is_ascii_alphanumeric() || "-_.~%".contains(c);
        assert!(file.chars().all(safe) && !file.starts_with('.'), "{file}");
        assert!(file.len() <= 205 && file.ends_with(".json"), "{file}");
        assert!(!file.ends_with(".response.json"), "{file}");
        assert_eq!(sources(&office, file).len(), 1, "{file}");
    }
    // No two are one where the case of letters does not count.
    let mut lower: Vec<_> = files.iter().map(|f| f.to_lowercase()).collect();
    lower.sort();
    lower.dedup();
    assert_eq!(lower.len(), files.len());
    let of = |number: &str| {
        let found = files
            .iter()
            .filter(|f| sources(&office, f) == [json!(number)]);
        found.count()
    };
    for row in &accepted {
        assert_eq!(of(row["n"].as_str().expect("text")), 1, "{row:?}");
    }
    // Decided, each is written under the same name.
    for (i, row) in accepted.iter().enumerate() {
        let number = row["n"].as_str().expect("text");
        office.drop(
            format!("decisions/{i}.json"),
            decision(number, "ACCEPTED").to_string(),
        );
    }
    office.once();
    assert_eq!(event_files(&office), files);
    for file in &files {
        assert_eq!(sources(&office, file).len(), 2, "{file}");
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_holds_up_no_other() {
    let office = office_with(MATRIX);
    office.write(format!("{FOLDER}/N-1.json/x"), "in the way");
    office.drop("customer/1.json", asked("1", "EE").to_string());
    office.drop("customer/2.json", asked("2", "EE").to_string());
    let output = office.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && said.contains("N-1.json"),
        "{said}"
    );
    assert_eq!(
        office.response("customer/1")["resultType"],
        "REQUEST_ACCEPTED"
    );
    assert_eq!(sources(&office, "N-2.json"), ["N-2"]);
    assert_eq!(office.files("watch-dir/work").len(), 0);
    let unpublished = "SELECT communication_number FROM v_event WHERE NOT published";
    assert_eq!(office.value(unpublished), "N-1");
    // Once it is gone, the file comes.
    std::fs::remove_dir_all(office.at(FOLDER).join("N-1.json")).expect("removed");
    office.once();
    assert_eq!(sources(&office, "N-1.json"), ["N-1"]);
    assert!(office.rows(unpublished).is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_is_replaced_not_followed() {
    let office = office_with(MATRIX);
    let other = office.write("other.txt", "somebody's");
    office.write(format!("{FOLDER}/x.json"), "{}");
    std::os::unix::fs::symlink(&other, office.at(FOLDER).join("N-1.json")).expect("a link");
    send(&office, &asked("1", "EE"));
    assert_eq!(
        std::fs::read_to_string(other).expect("a file"),
        "somebody's"
    );
    assert_eq!(sources(&office, "N-1.json"), ["N-1"]);
}

#[cfg(unix)]
#[test]
fn what_lies_in_the_place_of_the_folder_is_left_alone() {
    let office = office_with(MATRIX);
    let elsewhere = office.at("elsewhere");
    std::fs::create_dir_all(office.at("watch-dir/outbox")).expect("an outbox");
    std::fs::create_dir(&elsewhere).expect("a folder");
    std::os::unix::fs::symlink(&elsewhere, office.at(FOLDER)).expect("a link");
    send(&office, &asked("1", "EE"));
    assert_eq!(office.files("elsewhere").len(), 0);
    let found = office.files("watch-dir/outbox");
    assert!(
        found.contains(&"communications-events.2/N-1.json".into()),
        "{found:?}"
    );
}

#[test]
fn a_file_that_was_taken_away_comes_whole_with_the_next_event() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    let first = body(&office, "N-1.json")["events"][0].clone();
    std::fs::remove_file(office.at(FOLDER).join("N-1.json")).expect("taken");
    office.once();
    assert!(event_files(&office).is_empty());
    assert_eq!(decide(&office, "d", &decision("N-1", "ACCEPTED")), None);
    assert_eq!(body(&office, "N-1.json")["events"][0], first);
    assert_eq!(sources(&office, "N-1.json").len(), 2);
}

#[test]
fn the_same_inbox_makes_the_same_files() {
    let replayed = || {
        let office = office_with(MATRIX);
        for (id, country) in [("1", "LT"), ("2", "EE"), ("3", "PL")] {
            let dated = json!({"approvalDate": "2026-03-01"});
            send(&office, &with(asked(id, country), dated));
        }
        assert_eq!(decide(&office, "d", &decision("N-2", "ACCEPTED")), None);
        let files = event_files(&office).into_iter().map(|name| {
            let text = std::fs::read_to_string(office.at(FOLDER).join(&name)).expect("events");
            // The clock runs on.
            let (mut bytes, mut rest) = (String::new(), text.as_str());
            while let Some((before, after)) = rest.split_once("\"time\":\"2026-11-21T") {
                bytes.push_str(before);
                rest = after.split_once('Z').expect("a moment").1;
            }
            (name, bytes + rest)
        });
        files.collect::<Vec<_>>()
    };
    let first = replayed();
    assert_eq!(first.len(), 3);
    assert_eq!(first, replayed());
}
