//! Evaluations of the history: shown by `explain` and `history`, tried with another matrix by `risk try`
//! and done again by `risk reevaluate`.

use crate::asking;
use crate::common;

use asking::{printed, refused};
use common::{Office, person, with};
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../../risk/example.toml");

/// The shipped matrix as if it had been approved.
fn approved() -> String {
    EXAMPLE.replace("example = true\n", "")
}

fn asked(id: &str, more: Value) -> Value {
    let fields =
        json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null});
    with(with(person(id), fields), more)
}

/// An office with a customer who is HIGH by a floor, one of whom little is known, and an imported one.
fn office() -> Office {
    let office = Office::new();
    office.write("risk/retail.toml", EXAMPLE);
    office.answer("customer", "1", &asked("1", json!({"isPEP": true})));
    office.answer("customer", "2", &asked("2", json!({})));
    office.answer(
        "customer",
        "3",
        &with(person("3"), json!({"sourceOfRiskLevel": "IMPORT"})),
    );
    office
}

fn decide(office: &Office, name: &str, number: &str) -> Value {
    office.answer("decisions", name, &json!({
        "communicationNumber": number, "decision": "ACCEPTED", "decisionGroundCode": "PERIODIC_REVIEW",
        "decidedBy": "Rasa", "comment": "visited",
    }))
}

#[test]
fn explain_says_why_a_customer_is_high_and_who_decided() {
    let office = office();
    assert_eq!(
        decide(&office, "d", "N-1")["resultType"],
        "REQUEST_ACCEPTED"
    );
    let said = printed(&office, &["explain", "N-1"]);
    for part in [
        "The level is HIGH.",
        "The floor pep makes it at least HIGH.",
        "isPEP = true",
        "ACCEPTED with HIGH by Rasa at ",
        "ground PERIODIC_REVIEW",
        "\"visited\"",
        "By the matrix ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let short = printed(&office, &["history", "X-1"]);
    assert!(short.contains("risk HIGH (EVALUATE)"), "{short}");
    assert!(short.contains("floors pep"), "{short}");
    let json = printed(&office, &["explain", "N-1", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let evaluation = &json["customers"][0]["evaluations"][0];
    assert_eq!(evaluation["account"]["floors"][0]["id"], "pep");
    assert_eq!(evaluation["decision"]["decided_by"], "Rasa");
}

#[test]
fn a_request_without_a_matrix_says_so() {
    let office = Office::new();
    office.write("risk/retail.toml", approved().replace("\"IND\", ", ""));
    office.answer("customer", "1", &asked("1", json!({})));
    let said = printed(&office, &["explain", "N-1"]);
    assert!(
        said.contains("not evaluated: no risk matrix is for the category IND"),
        "{said}"
    );
    assert!(
        office
            .files("watch-dir/outbox")
            .iter()
            .all(|f| !f.contains("events"))
    );
}

#[test]
fn a_matrix_is_tried_on_the_history_without_changing_it() {
    let office = office();
    let before = office.value("SELECT group_concat(state || level_of_score) FROM v_evaluation");
    // A person who is politically exposed is not HIGH by this one.
    let other = approved().replace("at_least = \"HIGH\"", "at_least = \"MEDIUM\"");
    let file = office.write("other.toml", other).display().to_string();
    let said = printed(&office, &["risk", "try", &file]);
    for part in ["3 customers;", "HIGH -> MEDIUM   1", "IND ", "LT "] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let json = printed(&office, &["risk", "try", &file, "--format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let moved: u64 = json["moves"]
        .as_array()
        .expect("moves")
        .iter()
        .map(|m| m["customers"].as_u64().expect("a count"))
        .sum();
    assert_eq!(moved, 3);
    assert_eq!(
        office.value("SELECT group_concat(state || level_of_score) FROM v_evaluation"),
        before
    );
    let broken = office
        .write("broken.toml", "format = 1\n")
        .display()
        .to_string();
    let (code, why) = refused(&office, &["risk", "try", &broken]);
    assert_eq!(code, Some(78));
    assert!(why.contains("broken.toml"), "{why}");
}

#[test]
fn standing_customers_are_evaluated_again_by_a_new_matrix() {
    let office = office();
    decide(&office, "d", "N-1");
    printed(&office, &["risk", "reevaluate"]);
    let states = "SELECT group_concat(communication_number || ' ' || state, ', ')
                  FROM (SELECT * FROM v_evaluation ORDER BY evaluation_id)";
    assert_eq!(
        office.value(states),
        "N-1 COMPLETED, N-2 PENDING",
        "no matrix has changed"
    );
    office.write("risk/retail.toml", approved());
    printed(&office, &["risk", "reevaluate"]);
    assert_eq!(
        office.value(states),
        "N-1 COMPLETED, N-2 SUPERSEDED, reevaluation-3 PENDING, reevaluation-4 PENDING"
    );
    // What was decided stays until the new one is.
    assert_eq!(
        office.value("SELECT risk_level FROM v_customer WHERE customer_ext_id = 'X-1'"),
        "HIGH"
    );
    assert!(printed(&office, &["explain", "reevaluation-3"]).contains("X-1"));
    let events = office.at("watch-dir/outbox/communications-events/reevaluation-3.json");
    let events: Value =
        serde_json::from_slice(&std::fs::read(events).expect("events")).expect("JSON");
    assert_eq!(events["events"][0]["source"], "reevaluation-3");
    let late = decide(&office, "late", "N-2");
    assert!(
        late["errorDescription"]
            .as_str()
            .expect("a reason")
            .contains("reevaluation-4"),
        "{late}"
    );
    assert_eq!(
        decide(&office, "again", "reevaluation-3")["resultType"],
        "REQUEST_ACCEPTED"
    );
    let doctor = office.run(&["doctor"]);
    assert!(doctor.status.success(), "{doctor:?}");
}

#[test]
fn who_had_no_matrix_is_evaluated_under_the_number_of_the_request() {
    let office = Office::new();
    std::fs::create_dir_all(office.at("risk")).expect("a folder");
    office.answer("customer", "1", &asked("1", json!({})));
    assert_eq!(office.value("SELECT state FROM v_evaluation"), "PENDING");
    office.write("risk/retail.toml", approved());
    printed(&office, &["risk", "reevaluate", "--unrated"]);
    let events = office.at("watch-dir/outbox/communications-events/N-1.json");
    let events: Value =
        serde_json::from_slice(&std::fs::read(events).expect("events")).expect("JSON");
    assert_eq!(events["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        office.value("SELECT count(*) FROM v_pending WHERE what = 'evaluation'"),
        1
    );
}

#[test]
fn a_customer_whom_a_person_rejected_is_not_evaluated_again() {
    let office = office();
    let no = json!({"communicationNumber": "N-2", "decision": "REJECTED",
        "decisionGroundCode": "OTHER", "decidedBy": "Rasa"});
    office.answer("decisions", "no", &no);
    office.write("risk/retail.toml", approved());
    printed(&office, &["risk", "reevaluate"]);
    assert_eq!(
        office.value("SELECT count(*) FROM v_evaluation WHERE customer_ext_id = 'X-2'"),
        1
    );
}
