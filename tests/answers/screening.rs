//! Screening at the request: lists as files in, event files and rows out; decisions on matches, and what
//! they do to the evaluation.

use crate::common;

use common::{Office, company, person, with};
use serde_json::{Value, json};

const PROCESSES: [&str; 2] = ["SANCTIONS", "PEP"];

/// An office with one list for both processes.
fn office(entries: &str) -> Office {
    let office = Office::new();
    list(&office, entries);
    office
}

fn list(office: &Office, entries: &str) {
    office.write("lists/own.toml", "title = \"Ours\"\nprocess = [\"SANCTIONS\", \"PEP\"]\nformat = \"csv\"\nfile = \"own.csv\"\n");
    office.write(
        "lists/own.csv",
        format!("id,name,aliases,birth_date,country,reason\n{entries}"),
    );
}

/// A person who is not on the list unless it has the name.
fn asked(id: &str, more: Value) -> Value {
    let fields = json!({
        "initializeScreeningProcesses": PROCESSES, "firstName": "Jonas", "lastName": "Kalvaitis",
        "birthDate": "1970-02-03", "sourceOfRiskLevel": "IMPORT",
    });
    with(with(person(id), fields), more)
}

fn events(office: &Office, number: &str) -> Vec<Value> {
    let path = office.at(format!(
        "watch-dir/outbox/communications-events/{number}.json"
    ));
    let Ok(bytes) = std::fs::read(path) else {
        return Vec::new();
    };
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    body["events"].as_array().expect("events").clone()
}

/// The last words of the types, with what each says.
fn said(office: &Office, number: &str) -> Vec<(String, Value)> {
    let event = |e: &Value| {
        let kind = e["type"]
            .as_str()
            .expect("a type")
            .replace("app.amlyze.", "");
        (kind, e["data"].clone())
    };
    events(office, number).iter().map(event).collect()
}

fn decide(office: &Office, name: &str, number: &str, more: Value) -> Value {
    let mut decision = json!({"communicationNumber": number, "process": "PEP", "decision": "DISMISSED",
        "decidedBy": "Rasa", "comment": "born in another year"});
    let (Some(all), Some(more)) = (decision.as_object_mut(), more.as_object()) else {
        panic!("objects")
    };
    all.extend(more.clone());
    office.answer("decisions", name, &decision)
}

#[test]
fn nobody_found_is_completed_without_a_match() {
    let office = office("7,Somebody Else,,,,\n");
    office.answer("customer", "1", &asked("1", json!({})));
    let none = json!({"externalId": "X-1", "screeningMatch": false});
    assert_eq!(
        said(&office, "N-1"),
        [
            (
                "customer.screening.sanctions.completed".to_owned(),
                none.clone()
            ),
            ("customer.screening.pep.completed".to_owned(), none),
        ]
    );
    assert_eq!(
        office.value("SELECT count(*) FROM v_screening WHERE status = 'COMPLETED' AND matched = 0"),
        2
    );
    assert_eq!(office.value("SELECT count(*) FROM v_pending"), 0);
}

#[test]
fn a_match_waits_for_a_person_and_is_decided_once() {
    let office = office("7,Jonas Kalvaitis,,1970-02-03,,\n");
    office.answer("customer", "1", &asked("1", json!({})));
    let pending = json!({"externalId": "X-1"});
    assert_eq!(
        said(&office, "N-1"),
        [
            (
                "customer.screening.sanctions.pending".to_owned(),
                pending.clone()
            ),
            ("customer.screening.pep.pending".to_owned(), pending),
        ]
    );
    assert_eq!(
        Value::from(office.rows(
            "SELECT process, list, entity_id, entity_name, score FROM v_screening_hit ORDER BY 1"
        )),
        json!([
            {"process": "PEP", "list": "own", "entity_id": "7", "entity_name": "Jonas Kalvaitis", "score": 1.0},
            {"process": "SANCTIONS", "list": "own", "entity_id": "7", "entity_name": "Jonas Kalvaitis", "score": 1.0},
        ])
    );
    assert_eq!(
        decide(&office, "a", "N-1", json!({}))["resultType"],
        "REQUEST_ACCEPTED"
    );
    let confirmed = json!({"process": "SANCTIONS", "decision": "CONFIRMED"});
    assert_eq!(
        decide(&office, "b", "N-1", confirmed)["resultType"],
        "REQUEST_ACCEPTED"
    );
    assert_eq!(
        said(&office, "N-1")[2..],
        [
            (
                "customer.screening.pep.completed".to_owned(),
                json!({"externalId": "X-1", "screeningMatch": true, "pep": false})
            ),
            (
                "customer.screening.sanctions.completed".to_owned(),
                json!({"externalId": "X-1", "screeningMatch": true, "sanctioned": true})
            ),
        ]
    );
    let again = decide(&office, "c", "N-1", json!({"decision": "CONFIRMED"}));
    assert!(
        again["errorDescription"]
            .as_str()
            .expect("a reason")
            .starts_with("decided by Rasa at "),
        "{again}"
    );
    let conn = office.database();
    assert!(
        conn.execute("UPDATE screening_decision SET confirmed = 1", [])
            .is_err()
    );
    assert!(conn.execute("DELETE FROM screening_decision", []).is_err());
}

#[test]
fn a_dismissed_pair_is_not_asked_again_while_both_sides_stay() {
    let office = office("7,Jonas Kalvaitis,,,,\n");
    office.answer("customer", "1", &asked("1", json!({})));
    for (name, process) in [("a", "PEP"), ("b", "SANCTIONS")] {
        decide(&office, name, "N-1", json!({"process": process}));
    }
    let again = |number: &str, more| {
        let request = json!({"communicationNumber": number, "action": "UPDATE"});
        office.answer("customer", number, &with(asked("1", more), request));
    };
    again("N-2", json!({}));
    let no = json!({"externalId": "X-1", "screeningMatch": true, "pep": false});
    assert_eq!(
        said(&office, "N-2")[1],
        ("customer.screening.pep.completed".to_owned(), no)
    );
    // The customer is not what it was.
    again("N-3", json!({"birthDate": "1970-02-04"}));
    assert_eq!(said(&office, "N-3")[1].0, "customer.screening.pep.pending");
    // Neither is the entry.
    for (name, process) in [("c", "PEP"), ("d", "SANCTIONS")] {
        decide(&office, name, "N-3", json!({"process": process}));
    }
    list(&office, "7,Jonas Kalvaitis,Jonukas,,,\n");
    again("N-4", json!({"birthDate": "1970-02-04"}));
    assert_eq!(said(&office, "N-4")[1].0, "customer.screening.pep.pending");
    // Another customer of the same name is another pair.
    office.answer(
        "customer",
        "other",
        &asked("5", json!({"birthDate": "1970-02-04"})),
    );
    assert_eq!(said(&office, "N-5")[1].0, "customer.screening.pep.pending");
}

#[test]
fn related_entities_are_screened_and_decided_by_their_number() {
    let office = office("7,Jonas Kalvaitis,,,,\n");
    let related = json!([
        {"entityType": "INDIVIDUAL", "relationType": "DIRECTOR", "firstName": "Ona", "lastName": "Petraitytė"},
        {"entityType": "INDIVIDUAL", "relationType": "OWNER", "extId": "R-2", "firstName": "Jonas",
         "lastName": "Kalvaitis", "country": "LT", "birthDate": "1970-02-03"},
    ]);
    let fields = json!({"initializeScreeningProcesses": ["PEP"], "listRelatedEntity": related, "sourceOfRiskLevel": "IMPORT"});
    office.answer("customer", "1", &with(company("1"), fields));
    let all = events(&office, "N-1");
    let subjects: Vec<&str> = all.iter().filter_map(|e| e["subject"].as_str()).collect();
    assert_eq!(subjects, ["X-1", "X-1", "R-2"]);
    assert_eq!(
        all[1]["type"],
        "app.amlyze.related_entity.screening.pep.completed"
    );
    assert_eq!(
        all[2]["type"],
        "app.amlyze.related_entity.screening.pep.pending"
    );
    assert_eq!(
        all[2]["data"],
        json!({
            "customerExternalId": "X-1", "externalId": "R-2", "type": "INDIVIDUAL", "firstName": "Jonas",
            "lastName": "Kalvaitis", "birthDate": "1970-02-03", "relationCode": "OWNER", "countryCode": "LT",
        })
    );
    let none = decide(&office, "a", "N-1", json!({}));
    assert!(
        none["errorDescription"]
            .as_str()
            .expect("a reason")
            .contains("nothing is to be decided"),
        "{none}"
    );
    assert_eq!(
        decide(&office, "b", "N-1", json!({"relatedEntity": 2}))["resultType"],
        "REQUEST_ACCEPTED"
    );
    let unknown = decide(&office, "c", "N-1", json!({"relatedEntity": 3}));
    assert!(
        unknown["errorDescription"]
            .as_str()
            .expect("a reason")
            .contains("no screening"),
        "{unknown}"
    );
}

#[test]
fn a_process_without_a_usable_list_is_never_a_no() {
    let office = office("7,Somebody Else,,,,\n");
    let fields = json!({"initializeScreeningProcesses": ["ADVERSE_MEDIA", "PEP"]});
    office.write("lists/own.csv", "id,name\n7");
    office.answer("customer", "1", &asked("1", fields));
    assert_eq!(events(&office, "N-1"), Vec::<Value>::new());
    let why = office.rows("SELECT process, status, why_not FROM v_screening ORDER BY 1");
    assert_eq!(why[0]["why_not"], "there is no list for it");
    assert!(
        why[1]["why_not"]
            .as_str()
            .expect("a reason")
            .starts_with("list own: "),
        "{why:?}"
    );
    assert_eq!(
        office.value("SELECT count(*) FROM v_pending WHERE what = 'screening'"),
        2
    );
    let refused = decide(&office, "a", "N-1", json!({}));
    assert!(
        refused["errorDescription"]
            .as_str()
            .expect("a reason")
            .starts_with("it was not screened"),
        "{refused}"
    );
}

#[test]
fn a_match_raises_the_evaluation_until_it_is_dismissed() {
    let office = office("7,Jonas Kalvaitis,,,,\n");
    let evaluate =
        json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null});
    office.answer("customer", "1", &asked("1", evaluate));
    let kyc = |office: &Office| {
        let all = said(office, "N-1").into_iter();
        all.filter(|(kind, _)| kind.contains("kyc_scoring"))
            .collect::<Vec<_>>()
    };
    let pending = (
        "customer.riskmanagement.kyc_scoring.pending".to_owned(),
        json!({"initialRiskLevel": "EXTREME"}),
    );
    assert_eq!(kyc(&office), std::slice::from_ref(&pending));
    for (name, process) in [("a", "PEP"), ("b", "SANCTIONS")] {
        decide(&office, name, "N-1", json!({"process": process}));
    }
    // It is said once that a person decides; the level is that of now.
    assert_eq!(kyc(&office), [pending]);
    assert_ne!(
        office.value("SELECT initial_risk_level FROM v_evaluation WHERE state = 'PENDING'"),
        "EXTREME"
    );
    let accept = json!({"communicationNumber": "N-1", "decision": "ACCEPTED",
        "decisionGroundCode": "PERIODIC_REVIEW", "decidedBy": "Rasa"});
    assert_eq!(
        office.answer("decisions", "k", &accept)["resultType"],
        "REQUEST_ACCEPTED"
    );
    assert_eq!(kyc(&office).len(), 2);
    let doctor = office.run(&["doctor"]);
    assert!(doctor.status.success(), "{doctor:?}");
}

#[test]
fn a_customer_whose_match_is_dismissed_may_be_accepted_by_the_matrix() {
    let office = office("7,Jonas Kalvaitis,,,,\n");
    let approved = include_str!("../../risk/example.toml").replace("example = true\n", "");
    let approved = approved.replace("over = 40", "over = 99");
    office.write("risk/example.toml", approved);
    let evaluate =
        json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null});
    office.answer("customer", "1", &asked("1", evaluate));
    for (name, process) in [("a", "PEP"), ("b", "SANCTIONS")] {
        decide(&office, name, "N-1", json!({"process": process}));
    }
    let last = said(&office, "N-1").pop().expect("an event");
    assert_eq!(last.0, "customer.riskmanagement.kyc_scoring.completed");
    assert_eq!(last.1["decisionType"], "ACCEPTED");
    assert_eq!(last.1["initialRiskLevel"], last.1["finalRiskLevel"]);
    assert_eq!(office.value("SELECT count(*) FROM v_pending"), 0);
}

#[test]
fn standing_customers_are_screened_against_what_changed() {
    let office = office("7,Somebody Else,,,,\n");
    let fields = json!({"firstName": "Jonas", "lastName": "Kalvaitis"});
    office.batch("b", &[with(person("1"), fields), person("2")]);
    let rescreen = || assert!(office.run(&["rescreen"]).status.success());
    rescreen();
    assert_eq!(office.value("SELECT count(*) FROM v_screening_hit"), 0);
    list(&office, "7,Somebody Else,,,,\n8,Jonas Kalvaitis,,,,\n");
    rescreen();
    let number = office.value("SELECT communication_number FROM v_screening WHERE process = 'PEP'");
    assert_eq!(number, "rescreening-2-1");
    assert_eq!(
        said(&office, "rescreening-2-1")[1].0,
        "customer.screening.pep.pending"
    );
    decide(&office, "a", "rescreening-2-1", json!({}));
    // Nothing changed, and then another entry: what is known is not asked again.
    rescreen();
    list(
        &office,
        "7,Somebody Else,,,,\n8,Jonas Kalvaitis,,,,\n9,A Third,,,,\n",
    );
    rescreen();
    assert_eq!(office.value("SELECT count(*) FROM v_screening_hit"), 2);
    assert_eq!(
        office.value("SELECT group_concat(customers) FROM v_rescreening"),
        "2,2,2"
    );
}

#[test]
fn batches_are_not_screened() {
    let office = office("7,Jonas Kalvaitis,,,,\n");
    let one = with(
        person("1"),
        json!({"firstName": "Jonas", "lastName": "Kalvaitis", "initializeScreeningProcesses": ["PEP"]}),
    );
    office.batch("b", &[one]);
    assert_eq!(office.value("SELECT count(*) FROM v_screening"), 0);
}

#[test]
fn a_match_is_not_forgotten_by_an_update_that_is_not_screened() {
    let office = office("7,Jonas Kalvaitis,,,,\n");
    office.answer("customer", "1", &asked("1", json!({})));
    let update = |number: &str, more| {
        let request = json!({"communicationNumber": number, "action": "UPDATE"});
        with(with(asked("1", more), request), json!({}))
    };
    let unscreened = json!({"initializeScreeningProcesses": null});
    office.batch("b", &[update("N-2", unscreened)]);
    let open = "SELECT group_concat(communication_number || process || newest) FROM v_pending";
    assert_eq!(office.value(open), "N-1SANCTIONS0,N-1PEP0");
    // One that is screened for one of them takes its place there.
    office.answer(
        "customer",
        "3",
        &update("N-3", json!({"initializeScreeningProcesses": ["PEP"]})),
    );
    assert_eq!(office.value(open), "N-1SANCTIONS0,N-3PEP1");
    let late = decide(&office, "late", "N-1", json!({}));
    assert!(
        late["errorDescription"]
            .as_str()
            .expect("a reason")
            .contains("nothing is to be decided"),
        "{late}"
    );
    let decided = decide(&office, "sanctions", "N-1", json!({"process": "SANCTIONS"}));
    assert_eq!(decided["resultType"], "REQUEST_ACCEPTED");
}

#[test]
fn a_hit_counts_although_another_list_of_the_process_is_refused() {
    let office = office("7,Jonas Kalvaitis,,,,\n");
    office.write(
        "lists/other.toml",
        "title = \"Other\"\nprocess = \"PEP\"\nformat = \"csv\"\nfile = \"gone.csv\"\n",
    );
    office.answer("customer", "1", &asked("1", json!({})));
    office.answer(
        "customer",
        "2",
        &asked("2", json!({"firstName": "Ona", "lastName": "Petraitytė"})),
    );
    let pep = |number: &str| {
        let all = office.rows(&format!("SELECT status, matched, why_not FROM v_screening WHERE process = 'PEP' AND communication_number = '{number}'"));
        Value::from(all)
    };
    assert_eq!(
        pep("N-1"),
        json!([{"status": "PENDING", "matched": 1, "why_not": null}])
    );
    let none = pep("N-2");
    assert_eq!(
        (&none[0]["status"], &none[0]["matched"]),
        (&json!("PENDING"), &json!(0))
    );
    assert!(
        none[0]["why_not"]
            .as_str()
            .expect("a reason")
            .starts_with("list other: "),
        "{none}"
    );
}
