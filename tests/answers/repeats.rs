//! What comes again: the same bytes, which are answered as before, and the same numbers and customers in
//! other bytes, which are not.

use crate::answers::{ACCEPTED, assessments, body, counts, customers};
use crate::common;

use common::{Office, codes, company, person, with};
use serde_json::{Value, json};

#[test]
fn the_same_bytes_again_are_accepted_and_nothing_is_saved() {
    let office = Office::new();
    let update = with(person("2"), json!({"action": "UPDATE"}));
    let text = customers(&[person("1"), update, person("3")]);
    let again = |name: &str| {
        office.drop(format!("batch-customers/{name}.json"), &text);
        office.once();
        (counts(&office), assessments(&office))
    };
    assert_eq!(again("first"), ([200, 3, 2, 1, 0], 2));
    assert_eq!(again("second"), ([200, 3, 2, 1, 2], 2));
    assert_eq!(
        body(&office, "batch-customers/first"),
        body(&office, "batch-customers/second")
    );
    // What was rejected is judged anew: now the customer exists.
    let create = with(person("2"), json!({"communicationNumber": "N-20"}));
    office.batch("create", &[create]);
    assert_eq!(again("third"), ([200, 3, 3, 0, 2], 4));
    assert_eq!(again("fourth"), ([200, 3, 3, 0, 3], 4));
    let known = office.rows("SELECT customer_ext_id, assessments FROM v_customer ORDER BY 1");
    assert_eq!(
        Value::from(known),
        json!([
            {"customer_ext_id": "X-1", "assessments": 1},
            {"customer_ext_id": "X-2", "assessments": 2},
            {"customer_ext_id": "X-3", "assessments": 1}
        ])
    );
    // One byte more is another request.
    office.drop("batch-customers/fifth.json", format!("{text}\n"));
    office.once();
    assert_eq!(counts(&office), [200, 3, 0, 3, 0]);
}

#[test]
fn what_was_accepted_stays_so_when_the_same_bytes_come_after_a_classifier_changed() {
    let office = Office::new();
    let text = customers(&[company("1"), person("2")]);
    let other = format!("{text}\n");
    let drop = |name: &str, text: &str| {
        office.drop(format!("batch-customers/{name}.json"), text);
        office.once();
        (counts(&office), assessments(&office))
    };
    assert_eq!(drop("before", &text), ([200, 2, 2, 0, 0], 2));
    office.edit("classifiers/legalForm.toml", "\nLTD = ", "\nLTD_OLD = ");
    let path = office.write("again.json", &text);
    let check = office.run(&["check", path.to_str().expect("text")]);
    assert_eq!(check.status.code(), Some(0), "check says the same");
    assert_eq!(drop("after", &text), ([200, 2, 2, 0, 2], 2));
    assert_eq!(
        body(&office, "batch-customers/before"),
        body(&office, "batch-customers/after")
    );
    assert_eq!(office.value("SELECT count(*) FROM v_finding"), 0);
    // Other bytes are another request, judged by the classifiers of now.
    assert_eq!(drop("other", &other), ([200, 2, 0, 2, 0], 2));
    assert_eq!(
        codes(&office.rows("SELECT code FROM v_finding ORDER BY position, no")),
        ["C017.O04", "O005", "C003"]
    );
}

#[test]
fn the_same_single_request_again_is_accepted_and_nothing_is_saved() {
    let office = Office::new();
    let text = with(
        person("1"),
        json!({
            "sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null,
            "initializeScreeningProcesses": ["PEP"]
        }),
    )
    .to_string();
    for (name, repeated) in [("x", 0), ("y", 1)] {
        office.drop(format!("customer/{name}.json"), &text);
        office.once();
        assert_eq!(body(&office, &format!("customer/{name}")), ACCEPTED);
        assert_eq!(counts(&office), [200, 1, 1, 0, repeated]);
    }
    assert_eq!(assessments(&office), 1);
    assert_eq!(office.value("SELECT count(*) FROM v_screening"), 1);
}

#[test]
fn the_same_bytes_at_another_endpoint_or_place_are_another_request() {
    let office = Office::new();
    let text = customers(&[person("1")]);
    let codes = |name: &str| {
        let response = office.response(name);
        let results = response["results"].as_array().unwrap();
        results
            .iter()
            .map(|r| {
                r.get("errorCode")
                    .and_then(Value::as_str)
                    .unwrap_or("")
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    for (endpoint, expected) in [
        ("batch-customers", ""),
        ("validate-batch-customers", "O005"),
    ] {
        office.drop(format!("{endpoint}/x.json"), &text);
        office.once();
        assert_eq!(codes(&format!("{endpoint}/x")), [expected]);
    }
    // At first the second place takes the number; the next time the first place is free of errors.
    let update = with(
        person("5"),
        json!({"action": "UPDATE", "communicationNumber": "N-7"}),
    );
    let create = with(person("6"), json!({"communicationNumber": "N-7"}));
    let text = customers(&[update, create]);
    office.drop("batch-customers/a.json", &text);
    office.once();
    assert_eq!(codes("batch-customers/a"), ["C004", ""]);
    office.batch("create", &[person("5")]);
    office.drop("batch-customers/b.json", &text);
    office.once();
    assert_eq!(codes("batch-customers/b"), ["O005", ""]);
    // One customer as the body of a single request, and the same bytes for the simplified endpoint.
    let single = with(person("8"), json!({"sourceOfRiskLevel": "IMPORT"})).to_string();
    office.drop("customer/s.json", &single);
    office.once();
    office.drop("simplifiedcustomer/s.json", &single);
    office.once();
    assert_eq!(
        office.response("customer/s")["resultType"],
        "REQUEST_ACCEPTED"
    );
    assert!(office.response("simplifiedcustomer/s")["errors"].is_array());
}

#[test]
fn duplicates_within_one_batch_count_from_the_first_accepted_one() {
    let office = Office::new();
    let number = |id: &str, number: &str| with(person(id), json!({"communicationNumber": number}));
    let list = [
        with(number("1", "N"), json!({"requester": null})),
        number("2", "N"),
        number("3", "N"),
        number("2", "M"),
        with(number("2", "M"), json!({"action": "UPDATE"})),
        with(number("2", "N"), json!({"businessUnit": "kaunas"})),
        with(number("2", "O"), json!({"businessUnit": "kaunas"})),
    ];
    let expected = [
        Some("C005"),
        None,
        Some("O005"),
        Some("C003"),
        None,
        Some("O005"),
        None,
    ];
    for endpoint in ["validate-batch-customers", "batch-customers"] {
        let response = office.answer(endpoint, "x", &json!({"customers": list}));
        let codes: Vec<_> = response["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r.get("errorCode").and_then(Value::as_str))
            .collect();
        assert_eq!(codes, expected, "{endpoint}");
    }
    assert_eq!(assessments(&office), 3);
}
