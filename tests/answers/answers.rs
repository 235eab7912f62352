//! What stands in a response, to the byte, for requests that are answered; where files end up.

use crate::common;

use common::{Office, person, with};
use serde_json::{Value, json};

/// The response with every measured time as 0, since only those differ from run to run.
pub(crate) fn body(office: &Office, name: &str) -> String {
    let text = String::from_utf8(office.response_bytes(name)).expect("UTF-8");
    const KEY: &str = "\"timeElapsedMs\":";
    let mut parts = text.split(KEY);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(KEY);
        out.push('0');
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// The counts of the newest batch: status, customers, accepted, rejected, repeated.
pub(crate) fn counts(office: &Office) -> [i64; 5] {
    let rows = office.rows(
        "SELECT status, customers, accepted, rejected, repeated FROM v_batch
         ORDER BY batch_id DESC LIMIT 1",
    );
    ["status", "customers", "accepted", "rejected", "repeated"]
        .map(|n| rows[0][n].as_i64().unwrap())
}

pub(crate) fn assessments(office: &Office) -> i64 {
    office
        .value("SELECT count(*) FROM v_assessment")
        .as_i64()
        .unwrap()
}

pub(crate) fn customers(list: &[Value]) -> String {
    json!({"customers": list}).to_string()
}

pub(crate) const ACCEPTED: &str = "{\"resultType\":\"REQUEST_ACCEPTED\"}\n";

#[test]
fn a_batch_is_answered_in_order_and_absent_values_are_left_out() {
    let office = Office::new();
    let unit = with(person("1"), json!({"businessUnit": "vilnius"}));
    let twice = with(
        person("2"),
        json!({"communicationNumber": "N-1", "businessUnit": "kaunas"}),
    );
    let null = json!({"communicationNumber": null, "customerExtId": " ", "requester": "Ž\"\u{1}"});
    let text = format!(
        "{{\"customers\":[{unit},{twice},{null},17,{}]}}",
        person("5")
    );
    office.drop("batch-customers/x.json", text);
    office.once();
    assert_eq!(
        body(&office, "batch-customers/x"),
        "{\"results\":[\n\
         {\"resultType\":\"REQUEST_ACCEPTED\",\"communicationNumber\":\"N-1\",\"customerExtId\":\"X-1\",\"businessUnit\":\"vilnius\",\"timeElapsedMs\":0},\n\
         {\"resultType\":\"REQUEST_REJECTED\",\"communicationNumber\":\"N-1\",\"customerExtId\":\"X-2\",\"businessUnit\":\"kaunas\",\"errorCode\":\"O005\",\"errorDescription\":\"CommunicationNumber already used in amlyze\",\"timeElapsedMs\":0},\n\
         {\"resultType\":\"REQUEST_REJECTED\",\"errorCode\":\"C001\",\"errorDescription\":\"CommunicationNumber is mandatory\",\"timeElapsedMs\":0},\n\
         {\"resultType\":\"REQUEST_REJECTED\",\"errorCode\":\"TYP01\",\"errorDescription\":\"Bad value for OBJECT. Field: customers[3]\",\"timeElapsedMs\":0},\n\
         {\"resultType\":\"REQUEST_ACCEPTED\",\"communicationNumber\":\"N-5\",\"customerExtId\":\"X-5\",\"timeElapsedMs\":0}\n\
         ],\"timeElapsedMs\":0}\n"
    );
    assert_eq!(counts(&office), [200, 5, 2, 3, 0]);
}

#[test]
fn an_empty_list_is_a_batch() {
    let office = Office::new();
    for (name, text) in [
        ("bare", "{\"customers\":[]}"),
        ("spaced", " \r\n\t{ \"customers\" : [ ] } \n"),
        ("escaped", "{\"\\u0063ustomers\":[]}"),
        ("marked", "\u{feff}{\"customers\":[]}"),
    ] {
        office.drop(format!("batch-customers/{name}.json"), text);
        office.once();
        let name = format!("batch-customers/{name}");
        assert_eq!(
            body(&office, &name),
            "{\"results\":[],\"timeElapsedMs\":0}\n"
        );
        assert_eq!(counts(&office), [200, 0, 0, 0, 0]);
    }
}

#[test]
fn keys_beside_customers_change_nothing_but_are_reported() {
    let office = Office::new();
    let text = format!(
        "{{\"custmers\":[1],\"customers\":[{}],\"b\":null}}",
        person("1")
    );
    office.drop("batch-customers/x.json", text);
    office.once();
    assert_eq!(counts(&office), [200, 1, 1, 0, 0]);
    assert_eq!(
        Value::from(office.rows("SELECT position, kind, path FROM v_warning ORDER BY path")),
        json!([
            {"position": null, "kind": "unknown-field", "path": "b"},
            {"position": null, "kind": "unknown-field", "path": "custmers"}
        ])
    );
}

#[test]
fn a_single_customer_is_answered_by_one_object() {
    let office = Office::new();
    let import = |id: &str| with(person(id), json!({"sourceOfRiskLevel": "IMPORT"}));
    office.drop("customer/good.json", import("1").to_string());
    office.once();
    assert_eq!(body(&office, "customer/good"), ACCEPTED);
    // Its number is taken, by a request of other bytes.
    let bad = with(import("1"), json!({"requester": "Branch 8"}));
    office.drop("customer/bad.json", bad.to_string());
    office.once();
    assert_eq!(
        body(&office, "customer/bad"),
        "{\"resultType\":\"REQUEST_REJECTED\",\"errorCode\":\"O001\",\"errorDescription\":\"CommunicationNumber already used in amlyze\"}\n"
    );
    assert_eq!(counts(&office), [400, 1, 0, 1, 0]);
    // A list of customers is no customer: none of its mandatory fields is there.
    office.drop("customer/list.json", customers(&[import("3")]));
    office.once();
    assert_eq!(office.response("customer/list")["errorCode"], "C001");
}

#[test]
fn a_simplified_customer_is_answered_by_every_error_in_order() {
    let office = Office::new();
    let text = json!({
        "riskManagementCategory": "IND", "entityType": "INDIVIDUAL", "customerExtId": "X",
        "title": "T", "listAddress": [{}]
    });
    office.drop("simplifiedcustomer/x.json", text.to_string());
    office.once();
    assert_eq!(
        body(&office, "simplifiedcustomer/x"),
        "{\"errors\":[\"CommunicationNumber is mandatory\",\
         \"Requester is mandatory\",\
         \"Given RiskManagementCategory not supported for Customer\",\
         \"Field not allowed for INDIVIDUAL. Field: Title\",\
         \"For INDIVIDUAL type customer FirstName is mandatory\",\
         \"For INDIVIDUAL type customer LastName is mandatory\",\
         \"Problem with Address (index: 0 ). Country is mandatory and can't be empty\"]}\n"
    );
    let good = json!({
        "communicationNumber": "N", "requester": "R", "riskManagementCategory": "OCCASIONAL_CUSTOMER",
        "entityType": "INDIVIDUAL", "customerExtId": "X", "firstName": "A", "lastName": "B"
    });
    office.drop("simplifiedcustomer/y.json", good.to_string());
    office.once();
    assert_eq!(body(&office, "simplifiedcustomer/y"), ACCEPTED);
    let again = with(good, json!({"requester": "Q"}));
    office.drop("simplifiedcustomer/z.json", again.to_string());
    office.once();
    assert_eq!(
        body(&office, "simplifiedcustomer/z"),
        "{\"errors\":[\"CommunicationNumber already used in amlyze\",\"Customer already exists\"]}\n"
    );
}

#[test]
fn the_root_of_the_inbox_is_the_batch_endpoint() {
    let office = Office::new();
    office.drop("x.json", customers(&[person("1")]));
    office.once();
    assert_eq!(counts(&office), [200, 1, 1, 0, 0]);
    assert_eq!(office.answers(), ["batch-customers/x.response.json"]);
    // So the same bytes there and in the folder of the endpoint are the same request.
    office.drop("batch-customers/x.json", customers(&[person("1")]));
    office.once();
    assert_eq!(counts(&office), [200, 1, 1, 0, 1]);
}

/// The files of a folder with a folder for each day, without it. The day is that on which the file was
/// taken; midnight may pass meanwhile.
fn without_day(office: &Office, folder: &str) -> Vec<String> {
    let files = office.files(folder);
    let parts = files.iter().map(|f| f.split_once('/').expect("a day"));
    let days: Vec<_> = parts.clone().map(|(day, _)| day.to_owned()).collect();
    for day in days {
        let known = "SELECT count(*) FROM v_batch WHERE substr(received_at, 1, 10) = ";
        assert_ne!(office.value(&format!("{known}'{day}'")), 0, "{day}");
    }
    let mut names: Vec<_> = parts.map(|(_, name)| name.to_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_unread_response_is_never_overwritten_and_files_are_put_away_by_day() {
    let office = Office::new();
    for (name, text) in [
        ("batch-customers/x.json", customers(&[person("1")])),
        ("batch-customers/x.json", customers(&[person("2")])),
        ("batch-customers/x.json", "no request".into()),
        ("batch-customers/x.json", "none either".into()),
        ("customer/x.json", "{}".into()),
        ("elsewhere/x.json", "{}".into()),
        ("batch-customers/no ending", customers(&[])),
    ] {
        office.drop(name, text);
        office.once();
    }
    let response = |n: &str| office.response(&format!("batch-customers/{n}"));
    assert_eq!(response("x")["results"][0]["communicationNumber"], "N-1");
    assert_eq!(response("x~2")["results"][0]["communicationNumber"], "N-2");
    assert_eq!(
        (&response("x~3")["status"], &response("x~4")["status"]),
        (&json!(400), &json!(400))
    );
    assert_eq!(
        office.answers(),
        [
            "batch-customers/no ending~1.response.json",
            "batch-customers/x.response.json",
            "batch-customers/x~2.response.json",
            "batch-customers/x~3.response.json",
            "batch-customers/x~4.response.json",
            "customer/x.response.json",
            "elsewhere/x.response.json"
        ]
    );
    assert_eq!(
        without_day(&office, "watch-dir/archive"),
        [
            "batch-customers/no ending",
            "batch-customers/x.2.json",
            "batch-customers/x.json"
        ]
    );
    assert_eq!(
        without_day(&office, "watch-dir/failed"),
        [
            "batch-customers/x.2.json",
            "batch-customers/x.json",
            "customer/x.json",
            "elsewhere/x.json"
        ]
    );
    assert_eq!(office.files("watch-dir/inbox"), [] as [&str; 0]);
    assert_eq!(office.files("watch-dir/work"), [] as [&str; 0]);
    // Once it was read and taken away, the name is free again.
    std::fs::remove_file(office.at("watch-dir/outbox/batch-customers/x.response.json")).unwrap();
    office.drop("x.json", customers(&[person("3")]));
    office.once();
    assert_eq!(response("x")["results"][0]["communicationNumber"], "N-3");
    let named = office.rows("SELECT response_file FROM v_batch ORDER BY batch_id DESC LIMIT 1");
    assert_eq!(named[0]["response_file"], "batch-customers/x.response.json");
}

#[test]
fn validation_saves_nothing_and_sees_the_history() {
    let office = Office::new();
    office.batch("before", &[person("1")]);
    let other = |id: &str| with(person(id), json!({"requester": "Branch 8"}));
    let list = [
        other("1"),
        with(person("1"), json!({"communicationNumber": "N-9"})),
        with(
            person("1"),
            json!({"communicationNumber": "N-8", "action": "UPDATE"}),
        ),
        person("2"),
        other("2"),
    ];
    for name in ["once", "twice"] {
        let response = office.answer(
            "validate-batch-customers",
            name,
            &json!({"customers": list}),
        );
        let codes: Vec<_> = (0..5)
            .map(|i| response["results"][i]["errorCode"].clone())
            .collect();
        assert_eq!(
            Value::from(codes),
            json!(["O005", "C003", null, null, "O005"])
        );
        assert_eq!(counts(&office), [200, 5, 2, 3, 0]);
    }
    assert_eq!(assessments(&office), 1);
    assert_eq!(office.value("SELECT count(*) FROM v_customer"), 1);
    let rejected = office.rows("SELECT error_code, endpoint FROM v_rejection WHERE batch_id = 2");
    assert_eq!(rejected.len(), 3);
    assert!(
        rejected
            .iter()
            .all(|r| r["endpoint"] == "validate-batch-customers")
    );
    // What was only validated is still free.
    let after = office.batch("after", &[person("2")]);
    assert_eq!(after[0]["resultType"], "REQUEST_ACCEPTED");
}

#[test]
fn no_two_files_have_an_answers_name_in_common() {
    let office = Office::new();
    // Nobody reads an answer meanwhile. Their senders wait for these.
    let mut answers = Vec::new();
    for (name, answer) in [
        ("x.json", Some("x.response.json")),
        ("x.json", Some("x~2.response.json")),
        ("x.2.json", Some("x.2.response.json")),
        ("x", Some("x~1.response.json")),
        ("x.JSON", Some("x.JSON~1.response.json")),
        ("x.response.json", Some("x.response.response.json")),
        ("x.2.response.json", Some("x.2.response.response.json")),
        // Named like one of the answers above: a hash tells it apart.
        ("x~2.json", None),
        ("x~1.json", None),
        ("x~1", None),
    ] {
        let id = format!("{}", answers.len());
        let body = json!({"customers": [person(&id)]}).to_string();
        office.drop(format!("batch-customers/{name}"), body);
        office.once();
        let file = office.value("SELECT response_file FROM v_batch ORDER BY batch_id DESC LIMIT 1");
        let file = file.as_str().expect("a name").to_owned();
        let expected = answer.map(|answer| format!("batch-customers/{answer}"));
        assert!(expected.is_none_or(|e| e == file), "{name}: {file}");
        answers.push((file, id));
    }
    for (file, id) in answers {
        let text = std::fs::read_to_string(office.at("watch-dir/outbox").join(&file)).expect(&file);
        assert!(text.contains(&format!("\"N-{id}\"")), "{file}: {text}");
    }
}
