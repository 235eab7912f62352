//! The life of one customer, as the history tells it: a lead becomes a customer, is assessed again,
//! its risk is raised, it is closed; and an occasional customer becomes a regular one.

use crate::common;

use common::{Office, person, with};
use serde_json::{Value, json};

const ACCEPTED: &str = r#"{"resultType":"REQUEST_ACCEPTED"}"#;

fn step(office: &Office, endpoint: &str, number: &str, fields: Value) -> Value {
    let mut body = with(person("life"), fields);
    body["communicationNumber"] = json!(number);
    office.answer(endpoint, number, &body)
}

fn accepted() -> Value {
    serde_json::from_str(ACCEPTED).expect("JSON")
}

/// The assessments, in their order. A map of serde_json is sorted by name: action, number, status,
/// endpoint, evaluation, kind, level, category, source.
fn shown(office: &Office) -> Vec<String> {
    office
        .rows(
            "SELECT communication_number, endpoint, action, kind, risk_management_category,
                    source_of_risk_level, evaluation, risk_level, customer_status
             FROM v_assessment ORDER BY assessment_id",
        )
        .iter()
        .map(|row| {
            let cells = row.values().map(|v| v.as_str().unwrap_or("-"));
            cells.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// A lead that is evaluated, becomes a customer of low risk, then of high risk, and is closed.
fn live(office: &Office, lead: &Value) {
    assert_eq!(step(office, "customer", "1-lead", lead.clone()), accepted());

    let evaluate = json!({
        "action": "UPDATE", "sourceOfRiskLevel": "EVALUATE", "riskLevel": null,
        "customerStatus": null
    });
    assert_eq!(step(office, "customer", "2-evaluate", evaluate), accepted());

    let import = json!({"action": "UPDATE", "sourceOfRiskLevel": "IMPORT", "riskLevel": "LOW"});
    assert_eq!(step(office, "customer", "3-low", import), accepted());

    let raised = json!({"action": "UPDATE", "riskLevel": "HIGH"});
    let results = office.batch(
        "raise",
        &[with(
            person("life"),
            with(raised, json!({"communicationNumber": "4-high"})),
        )],
    );
    assert_eq!(results[0]["resultType"], "REQUEST_ACCEPTED");

    let closed = json!({
        "action": "UPDATE", "sourceOfRiskLevel": "IMPORT", "riskLevel": "HIGH",
        "customerStatus": "CLOSED", "closingDate": "2026-10-01"
    });
    assert_eq!(step(office, "customer", "5-closed", closed), accepted());
}

#[test]
fn a_lead_becomes_a_customer_and_the_history_shows_it() {
    let office = Office::new();
    let lead = json!({
        "riskManagementCategory": "LEAD_IND", "sourceOfRiskLevel": "EVALUATE", "riskLevel": null,
        "customerStatus": null, "initializeScreeningProcesses": ["SANCTIONS", "PEP"]
    });
    live(&office, &lead);

    // There is no way back.
    let back = with(lead, json!({"action": "UPDATE"}));
    assert_eq!(
        step(&office, "customer", "6-back", back),
        json!({
            "resultType": "REQUEST_REJECTED", "errorCode": "C009",
            "errorDescription": "Cannot demote existing customer to Lead riskManagementCategory"
        })
    );

    assert_eq!(
        shown(&office),
        [
            "CREATE 1-lead PENDING customer SUPERSEDED lead - LEAD_IND EVALUATE",
            "UPDATE 2-evaluate - customer SUPERSEDED regular - IND EVALUATE",
            "UPDATE 3-low ACTIVE customer - regular LOW IND IMPORT",
            "UPDATE 4-high ACTIVE batch-customers - regular HIGH IND IMPORT",
            "UPDATE 5-closed CLOSED customer - regular HIGH IND IMPORT",
        ]
    );
    let now = office.rows("SELECT * FROM v_customer");
    assert_eq!(now.len(), 1);
    let now = Value::Object(now[0].clone());
    assert_eq!(now["kind"], "regular");
    assert_eq!(now["customer_status"], "CLOSED");
    assert_eq!(now["risk_level"], "HIGH");
    assert_eq!(now["assessments"], 5);
    assert_eq!(now["assessment_id"], 5);
    assert_eq!(
        office.rows("SELECT process, status FROM v_screening ORDER BY 1"),
        [
            json!({"process": "PEP", "status": "PENDING"}),
            json!({"process": "SANCTIONS", "status": "PENDING"}),
        ]
        .map(|v| v.as_object().expect("an object").clone())
    );
}

#[test]
fn an_occasional_customer_becomes_regular_and_never_the_other_way() {
    let office = Office::new();
    let occasional = json!({
        "communicationNumber": "S-1", "requester": "Branch 7",
        "riskManagementCategory": "OCCASIONAL_CUSTOMER", "entityType": "INDIVIDUAL",
        "customerExtId": "X-life", "firstName": "Ona", "lastName": "Petraitė"
    });
    assert_eq!(
        office.answer("simplifiedcustomer", "one", &occasional),
        accepted()
    );
    assert_eq!(office.value("SELECT kind FROM v_customer"), "simplified");
    assert_eq!(office.value("SELECT risk_level FROM v_customer"), "NONE");

    let regular = json!({"action": "UPDATE", "sourceOfRiskLevel": "IMPORT"});
    assert_eq!(step(&office, "customer", "S-2", regular), accepted());
    assert_eq!(office.value("SELECT kind FROM v_customer"), "regular");

    let down = with(
        occasional,
        json!({"action": "UPDATE", "communicationNumber": "S-3"}),
    );
    assert_eq!(
        office.answer("simplifiedcustomer", "two", &down),
        json!({"errors": ["Given customer exists as regular customer"]})
    );
    assert_eq!(office.value("SELECT count(*) FROM v_assessment"), 2);
    assert_eq!(office.value("SELECT error_code FROM v_rejection"), "SC01");
}

#[test]
fn a_clock_that_steps_back_changes_no_order() {
    let office = Office::new();
    let one = |number: &str, fields: Value| {
        with(
            with(person("back"), fields),
            json!({ "communicationNumber": number }),
        )
    };
    office.batch("1", &[one("1", json!({ "riskLevel": "NO SUCH LEVEL" }))]);
    office.batch("2", &[one("2", json!({}))]);
    office.batch("3", &[one("3", json!({ "action": "UPDATE" }))]);
    // Each batch came an hour before the one that it followed.
    let history = office.database();
    for (table, column) in [("batch", "received_at"), ("assessment", "assessed_at")] {
        let sql = format!(
            "UPDATE {table} SET {column} = '2024-05-01T1' || (9 - batch_id) || ':00:00.000Z'"
        );
        assert!(history.execute(&sql, []).expect(&sql) >= 2);
    }
    let output = office.run(&["history", "X-back", "--format", "json"]);
    let lives: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let events = lives[0]["events"].as_array().expect("events");
    let batches: Vec<_> = events.iter().map(|e| e["batch_id"].as_i64()).collect();
    assert_eq!(batches, [Some(1), Some(2), Some(3)], "{lives}");
    assert_eq!(events[1]["action"], "CREATE");
}
