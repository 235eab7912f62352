//! Requests that ask for a risk level: what the matrix makes of them, as events and as rows.

use crate::common;

use common::{MATRIX, Office, asked, decision, person, with};
use serde_json::{Value, json};

/// An office with this matrix.
pub(crate) fn office_with(matrix: &str) -> Office {
    let office = Office::on("2026-11-21T09:30:00Z");
    office.write("risk/test.toml", matrix);
    office
}

/// A matrix that has accepted customers wait for their approval date.
pub(crate) fn waiting() -> String {
    MATRIX.replace("_approval_date = false", "_approval_date = true")
}

/// The request of a customer that there is already.
pub(crate) fn update(number: &str, customer: Value) -> Value {
    with(
        customer,
        json!({"communicationNumber": number, "action": "UPDATE"}),
    )
}

/// A person with a risk level from elsewhere.
pub(crate) fn imported(id: &str) -> Value {
    with(person(id), json!({"sourceOfRiskLevel": "IMPORT"}))
}

/// Sends a request to the endpoint `customer`, which must accept it.
pub(crate) fn send(office: &Office, request: &Value) {
    let number = request["communicationNumber"].as_str().expect("a number");
    let answer = office.answer("customer", number, request);
    assert_eq!(answer["resultType"], "REQUEST_ACCEPTED", "{answer}");
}

/// Sends a decision, and returns why it is refused.
pub(crate) fn decide(office: &Office, name: &str, decision: &Value) -> Option<String> {
    let answer = office.answer("decisions", name, decision);
    let accepted = answer["resultType"] == "REQUEST_ACCEPTED";
    assert_eq!(
        accepted,
        answer.get("errorDescription").is_none(),
        "{answer}"
    );
    answer["errorDescription"].as_str().map(str::to_owned)
}

/// The events in a file: of each the last words of its type, and its data.
pub(crate) fn events(office: &Office, number: &str) -> Vec<(String, Value)> {
    let path = office.at(format!(
        "watch-dir/outbox/communications-events/{number}.json"
    ));
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    let list = body["events"].as_array().expect("events");
    let told = list.iter().map(|event| {
        assert_eq!(event["source"], number);
        let kind = event["type"].as_str().expect("a type");
        let kind = kind.replace("riskmanagement.kyc_scoring.", "");
        (kind.replace("app.amlyze.", ""), event["data"].clone())
    });
    told.collect()
}

pub(crate) fn event_files(office: &Office) -> Vec<String> {
    office.files("watch-dir/outbox/communications-events")
}

fn pending(level: &str) -> (String, Value) {
    (
        "customer.pending".into(),
        json!({"initialRiskLevel": level}),
    )
}

/// An event of a decided customer, with more members.
fn decided(kind: &str, level: &str, decision: &str, more: Value) -> (String, Value) {
    let data =
        json!({"initialRiskLevel": level, "finalRiskLevel": level, "decisionType": decision});
    (kind.into(), with(data, more))
}

const DATE: &str = "2026-03-01T00:00:00.000Z";
const DONE: &str = "customer.completed";
const WAITS: &str = "customer.waiting_for_approval_date";

#[test]
fn the_matrix_decides() {
    let office = office_with(MATRIX);
    send(
        &office,
        &with(asked("1", "LT"), json!({"approvalDate": "2026-03-01"})),
    );
    let dated = json!({ "approvedAt": DATE });
    assert_eq!(
        events(&office, "N-1"),
        [decided(DONE, "LOW", "ACCEPTED", dated)]
    );
    // Approved for the first time already.
    send(&office, &update("N-2", asked("1", "LV")));
    assert_eq!(
        events(&office, "N-2"),
        [decided(DONE, "MEDIUM", "ACCEPTED", json!({}))]
    );
    send(&office, &asked("3", "PL"));
    assert_eq!(
        events(&office, "N-3"),
        [decided(DONE, "EXTREME", "REJECTED", json!({}))]
    );
    // Without a date of its own: when it was decided.
    send(&office, &asked("4", "LV"));
    let at = office.value("SELECT decided_at FROM v_decision WHERE communication_number = 'N-4'");
    let now = json!({ "approvedAt": at });
    assert_eq!(
        events(&office, "N-4"),
        [decided(DONE, "MEDIUM", "ACCEPTED", now)]
    );
    let rows = office.rows(
        "SELECT customer_ext_id AS id, risk_level AS level, evaluation FROM v_customer ORDER BY 1",
    );
    assert_eq!(
        Value::from(rows),
        json!([
            {"id": "X-1", "level": "MEDIUM", "evaluation": "COMPLETED"},
            {"id": "X-3", "level": "EXTREME", "evaluation": "COMPLETED"},
            {"id": "X-4", "level": "MEDIUM", "evaluation": "COMPLETED"}
        ])
    );
    assert_eq!(
        office.value("SELECT customer_ext_id FROM v_high_risk"),
        "X-3"
    );
    let standing = office.rows(
        "SELECT risk_level AS level, sum(customers) AS n FROM v_standing GROUP BY 1 HAVING n <> 0 ORDER BY 1",
    );
    let wanted = json!([{"level": "EXTREME", "n": 1}, {"level": "MEDIUM", "n": 2}]);
    assert_eq!(Value::from(standing), wanted);
    assert_eq!(office.value("SELECT count(*) FROM v_pending"), 0);
    assert_eq!(office.value("SELECT evaluations FROM total"), 0);
}

#[test]
fn the_envelope_of_an_event() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    let path = office.at("watch-dir/outbox/communications-events/N-1.json");
    let body: Value = serde_json::from_slice(&std::fs::read(path).expect("events")).expect("JSON");
    let row = &office.rows("SELECT id, time FROM v_event")[0];
    assert_eq!(
        body,
        json!({"events": [{
            "type": "app.amlyze.customer.riskmanagement.kyc_scoring.pending",
            "source": "N-1", "subject": "X-1", "data": {"initialRiskLevel": "HIGH"},
            "specversion": "1.0", "id": row["id"], "time": row["time"],
            "datacontenttype": "application/json"
        }]})
    );
}

#[test]
fn leads_stay_leads() {
    let office = office_with(&waiting());
    let lead = |id, country, more| {
        let fields = json!({"riskManagementCategory": "LEAD_IND", "customerExtId": id});
        with(with(asked(id, country), fields), more)
    };
    send(&office, &lead("1", "LT", json!({})));
    send(
        &office,
        &lead("2", "EE", json!({"approvalDate": "2026-03-01"})),
    );
    assert_eq!(decide(&office, "d", &decision("N-2", "ACCEPTED")), None);
    let kind = "lead.completed";
    assert_eq!(
        events(&office, "N-1"),
        [decided(kind, "LOW", "ACCEPTED", json!({}))]
    );
    let ground = json!({"decisionGroundCode": "RISK_ACCEPTED"});
    let pending = ("lead.pending".into(), json!({"initialRiskLevel": "HIGH"}));
    assert_eq!(
        events(&office, "N-2"),
        [pending, decided(kind, "HIGH", "ACCEPTED", ground)]
    );
    let statuses = office.rows("SELECT DISTINCT customer_status AS s FROM v_customer");
    assert_eq!(Value::from(statuses), json!([{"s": "PENDING"}]));
    // What was accepted was a lead: the customer that it becomes is approved for the first time.
    office.write("risk/test.toml", MATRIX);
    let customer = json!({"customerExtId": "1", "approvalDate": "2026-03-01"});
    send(&office, &update("N-3", with(asked("3", "LV"), customer)));
    let dated = json!({ "approvedAt": DATE });
    assert_eq!(
        events(&office, "N-3"),
        [decided(DONE, "MEDIUM", "ACCEPTED", dated)]
    );
}

#[test]
fn the_approval_date_comes_with_a_later_request() {
    for batch in [false, true] {
        let office = office_with(&waiting());
        send(&office, &asked("1", "LT"));
        let waits = decided(WAITS, "LOW", "ACCEPTED", json!({}));
        assert_eq!(events(&office, "N-1"), std::slice::from_ref(&waits));
        let state = "SELECT state FROM v_evaluation WHERE communication_number = 'N-1'";
        assert_eq!(office.value(state), "WAITING_FOR_APPROVAL_DATE");
        // It stands with its level meanwhile.
        assert_eq!(office.value("SELECT risk_level FROM v_customer"), "LOW");
        let later =
            |number, date| update(number, with(imported("1"), json!({ "approvalDate": date })));
        office.batch("without", &[later("N-2", Value::Null)]);
        assert_eq!(events(&office, "N-1").len(), 1);
        let with_date = later("N-3", json!("2026-03-01"));
        match batch {
            true => drop(office.batch("with", &[with_date])),
            false => send(&office, &with_date),
        }
        let done = decided(DONE, "LOW", "ACCEPTED", json!({ "approvedAt": DATE }));
        assert_eq!(events(&office, "N-1"), [waits, done]);
        assert_eq!(office.value(state), "COMPLETED");
        assert_eq!(event_files(&office), ["N-1.json"]);
        // Another date changes nothing.
        office.batch("again", &[later("N-4", json!("2026-03-02"))]);
        assert_eq!(events(&office, "N-1").len(), 2);
    }
    // One that brings its date waits for nothing, and neither does one that is rejected.
    let office = office_with(&waiting());
    send(
        &office,
        &with(asked("1", "LT"), json!({"approvalDate": "2026-03-01"})),
    );
    send(&office, &asked("2", "PL"));
    let dated = json!({ "approvedAt": DATE });
    assert_eq!(
        events(&office, "N-1"),
        [decided(DONE, "LOW", "ACCEPTED", dated)]
    );
    assert_eq!(
        events(&office, "N-2"),
        [decided(DONE, "EXTREME", "REJECTED", json!({}))]
    );
}

#[test]
fn without_a_matrix_it_is_pending_with_the_reason() {
    let office = office_with(&MATRIX.replace("2020-01-01", "2026-11-22"));
    let mut office = office;
    send(&office, &asked("1", "LT"));
    let company = with(
        common::company("2"),
        json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null,
        "customerStatus": null}),
    );
    send(&office, &company);
    let why = office.rows("SELECT communication_number AS n, why FROM v_pending ORDER BY 1");
    assert_eq!(
        Value::from(why),
        json!([
            {"n": "N-1", "why": "the risk matrix test.toml is valid from 2026-11-22"},
            {"n": "N-2", "why": "no risk matrix is for the category ORG"}
        ])
    );
    assert!(event_files(&office).is_empty());
    assert_eq!(office.value("SELECT evaluations FROM total"), 2);
    let refused = decide(&office, "d", &decision("N-1", "ACCEPTED")).expect("refused");
    assert!(refused.contains("valid from 2026-11-22"), "{refused}");
    // On the next day it is used.
    office.move_to("2026-11-22T00:00:10Z");
    send(&office, &asked("3", "LT"));
    assert_eq!(events(&office, "N-3").len(), 1);
}

#[test]
fn what_screening_is_asked_for_goes_to_a_person() {
    let office = office_with(MATRIX);
    let screened = json!({"initializeScreeningProcesses": ["PEP"]});
    // Not even an EXTREME is rejected by itself then.
    send(&office, &with(asked("1", "PL"), screened));
    assert_eq!(events(&office, "N-1"), [pending("EXTREME")]);
    let account = office.value("SELECT account FROM v_evaluation");
    let account: Value = serde_json::from_str(account.as_str().expect("text")).expect("JSON");
    assert_eq!(account["decision"], "PERSON");
    let reasons = account["reasons"].to_string();
    assert!(reasons.contains("unscreened"), "{reasons}");
}

#[test]
fn what_is_not_to_be_evaluated_is_not() {
    let office = office_with(MATRIX);
    office.batch("imported", &[person("1")]);
    send(&office, &imported("2"));
    let batch = json!({"customers": [asked("3", "LT")]});
    office.answer("validate-batch-customers", "validated", &batch);
    let checked = office.write("c.json", asked("4", "LT").to_string());
    office.run(&[
        "check",
        "--endpoint",
        "customer",
        checked.to_str().expect("text"),
    ]);
    let simplified = json!({"communicationNumber": "S-1", "requester": "R", "entityType": "INDIVIDUAL",
        "riskManagementCategory": "OCCASIONAL_CUSTOMER", "customerExtId": "S-1",
        "sourceOfRiskLevel": "EVALUATE", "firstName": "Jonas", "lastName": "Jonaitis"});
    office.answer("simplifiedcustomer", "s", &simplified);
    let rejected = with(asked("5", "LT"), json!({"lastName": ""}));
    assert_eq!(
        office.answer("customer", "r", &rejected)["resultType"],
        "REQUEST_REJECTED"
    );
    assert_eq!(office.value("SELECT count(*) FROM v_evaluation"), 0);
    assert!(event_files(&office).is_empty());
    // Sent again, it is the same request, and was evaluated.
    send(&office, &asked("6", "EE"));
    office.answer("customer", "again", &asked("6", "EE"));
    assert_eq!(office.value("SELECT count(*) FROM v_evaluation"), 1);
    assert_eq!(events(&office, "N-6"), [pending("HIGH")]);
}

#[test]
fn a_changed_matrix_is_used_by_the_next_and_kept() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    office.edit("risk/test.toml", "EE = 60", "EE = 20");
    send(&office, &asked("2", "EE"));
    let levels = office.rows(
        "SELECT initial_risk_level AS level, length(m.text) > 100 AS kept FROM v_evaluation e
         JOIN v_risk_matrix m ON m.hash = e.matrix_hash ORDER BY evaluation_id",
    );
    assert_eq!(
        Value::from(levels),
        json!([{"level": "HIGH", "kept": 1}, {"level": "LOW", "kept": 1}])
    );
    assert_eq!(events(&office, "N-1"), [pending("HIGH")]);
    // The first one again is no other version.
    office.edit("risk/test.toml", "EE = 20", "EE = 60");
    send(&office, &asked("3", "EE"));
    assert_eq!(office.value("SELECT count(*) FROM v_risk_matrix"), 2);
    let version = "SELECT DISTINCT matrix_hash FROM v_evaluation WHERE initial_risk_level = 'HIGH'";
    assert_eq!(office.rows(version).len(), 1);
}

#[test]
fn two_matrices_for_a_category_are_refused_at_a_start() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "LT"));
    office.write("risk/other.toml", MATRIX);
    office.drop("customer/2.json", asked("2", "LT").to_string());
    let output = office.run(&["once"]);
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for told in ["other.toml", "test.toml", "the category IND"] {
        assert!(said.contains(told), "{said}");
    }
    std::fs::remove_file(office.at("risk/other.toml")).expect("removed");
    office.once();
    assert_eq!(events(&office, "N-2").len(), 1);
}

#[test]
fn the_factors_of_an_evaluation_are_rows() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    let rows = office.rows(
        "SELECT part, id, grouping, weight, state, points, share, field, value FROM v_evaluation_factor",
    );
    assert_eq!(
        Value::from(rows),
        json!([{"part": "factor", "id": "country", "grouping": "country", "weight": 10, "state": "points",
            "points": 60, "share": 60.0, "field": "citizenshipCountry", "value": "EE"}])
    );
}
