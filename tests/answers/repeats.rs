//! What comes again: the same content, which is answered as before wherever and however it is written,
//! and another content under a used number, which is not.

use crate::answers::{ACCEPTED, assessments, body, counts, customers};
use crate::common;

use common::{Office, answered_codes, codes, company, person, with};
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
    // White space makes no other request.
    office.drop("batch-customers/fifth.json", format!("{text}\n"));
    office.once();
    assert_eq!(counts(&office), [200, 3, 3, 0, 3]);
}

/// The same request as somebody else would write it.
fn rewritten(customer: &Value) -> String {
    let mut members: Vec<String> = (customer.as_object().expect("an object").iter())
        .map(|(key, value)| format!("\t{} :\r\n {value}", escaped(key)))
        .collect();
    members.reverse();
    format!("{{{}\n}}", members.join(" ,"))
}

/// A text in JSON with each of its letters escaped.
fn escaped(text: &str) -> String {
    let letters = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
    format!("\"{}\"", letters.collect::<String>())
}

#[test]
fn the_same_content_is_a_repeat_in_any_file_at_any_place_however_it_is_written() {
    let office = Office::new();
    let list = json!([{"turnoverType": "FORMER_TURNOVER", "turnoverRange": "ANNUAL", "from": 0, "to": 1000}]);
    let first = with(
        person("1"),
        json!({"listDeclaredTurnover": list, "unknownField": [1.50, {"b": null}]}),
    );
    let second = company("2");
    office.batch("first", &[first.clone(), second.clone(), person("3")]);
    assert_eq!(counts(&office), [200, 3, 3, 0, 0]);
    // Another order, one customer more, one number written in another way.
    let text = rewritten(&first)
        .replace("1000", "1.0e3")
        .replace("1.5", "1.500");
    let body = format!(
        "{{\"customers\":[{},{},{}]}}",
        rewritten(&second),
        person("4"),
        text
    );
    let path = office.write("again.json", &body);
    let checked = office.run(&["check", path.to_str().expect("text")]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    office.drop("validate-batch-customers/again.json", &body);
    office.once();
    assert_eq!(counts(&office), [200, 3, 3, 0, 2]);
    office.drop("batch-customers/again.json", &body);
    office.once();
    assert_eq!(counts(&office), [200, 3, 3, 0, 2]);
    assert_eq!(assessments(&office), 4);
    assert_eq!(
        office.value("SELECT assessments FROM v_customer WHERE customer_ext_id = 'X-1'"),
        1
    );
}

#[test]
fn any_other_content_under_a_used_number_is_rejected() {
    let office = Office::new();
    let first = with(person("1"), json!({"shoes": [1, 2, "large"]})).to_string();
    let first = first.replace("\"large\"", "12345678901234567890123");
    office.drop(
        "batch-customers/first.json",
        format!("{{\"customers\":[{first}]}}"),
    );
    office.once();
    assert_eq!(counts(&office), [200, 1, 1, 0, 0]);
    for (what, other) in [
        (
            "a digit of a large number",
            first.replace("890123", "890124"),
        ),
        ("the order of a list", first.replace("[1,2,", "[2,1,")),
        (
            "a field of null",
            first.replacen('{', "{\"title\":null,", 1),
        ),
        (
            "white space in a text",
            first.replace("\"Ona\"", "\"Ona \""),
        ),
        (
            "text in the place of a number",
            first.replace("[1,", "[\"1\","),
        ),
    ] {
        assert_ne!(other, first, "{what}");
        for endpoint in ["validate-batch-customers", "batch-customers"] {
            let body = format!("{{\"customers\":[{other}]}}");
            office.drop(format!("{endpoint}/other.json"), body);
            office.once();
            assert_eq!(counts(&office), [200, 1, 0, 1, 0], "{what} at {endpoint}");
        }
    }
    assert_eq!(assessments(&office), 1);
}

/// In one file, where nothing is committed yet: the second is the same as the first.
#[test]
fn the_same_content_twice_in_one_file_is_saved_once() {
    let office = Office::new();
    let one = person("1");
    let other = with(one.clone(), json!({"firstName": "Another"}));
    // Small enough for one chunk, and large enough for several.
    for between in [0, 3000] {
        let id = |i: usize| person(&format!("{between}-{i}"));
        let between: Vec<String> = (0..between).map(|i| id(i).to_string()).collect();
        let twice = with(
            one.clone(),
            json!({"communicationNumber": format!("T-{}", between.len()), "customerExtId": format!("T-{}", between.len())}),
        );
        let different = with(twice.clone(), json!({"firstName": other["firstName"]}));
        let mut all = vec![twice.to_string()];
        all.extend(between.iter().cloned());
        // One that was packed with what was learned from those before it.
        let late = between.len().checked_sub(100).map(id);
        all.extend(late.as_ref().map(rewritten));
        all.extend([rewritten(&twice), different.to_string()]);
        let body = format!("{{\"customers\":[{}]}}", all.join(","));
        let n = all.len() as i64;
        for (endpoint, repeated) in [
            ("validate-batch-customers", 0),
            ("batch-customers", 1 + i64::from(late.is_some())),
            ("batch-customers", n - 1),
        ] {
            office.drop(format!("{endpoint}/twice.json"), &body);
            office.once();
            assert_eq!(counts(&office), [200, n, n - 1, 1, repeated], "{endpoint}");
        }
    }
    assert_eq!(assessments(&office), 1 + 3001);
}

#[test]
fn with_repeats_rejected_a_used_number_is_used() {
    let office = Office::configured("repeated_request = \"reject\"\n");
    let text = customers(&[person("1"), person("1")]);
    let path = office.write("x.json", &text);
    for (accepted, code) in [(1, 1), (0, 1)] {
        let checked = office.run(&["check", path.to_str().expect("text")]);
        assert_eq!(checked.status.code(), Some(code), "{checked:?}");
        for endpoint in ["validate-batch-customers", "batch-customers"] {
            office.drop(format!("{endpoint}/x.json"), &text);
            office.once();
            assert_eq!(
                counts(&office),
                [200, 2, accepted, 2 - accepted, 0],
                "{endpoint}"
            );
        }
    }
    assert_eq!(
        codes(&office.rows("SELECT code FROM v_finding WHERE no = 1 ORDER BY batch_id, position")),
        ["O005"; 6]
    );
    let single = with(person("9"), json!({"sourceOfRiskLevel": "IMPORT"})).to_string();
    for status in [200, 400] {
        office.drop("customer/s.json", &single);
        office.once();
        assert_eq!(counts(&office)[0], status);
    }
    let wrong = Office::new();
    wrong.write("kycdrop.toml", "repeated_request = \"ignore\"\n");
    let output = wrong.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(
        said.contains("line 1") && said.contains("accept") && said.contains("reject"),
        "{said}"
    );
}

#[test]
fn what_was_accepted_stays_so_when_the_same_bytes_come_after_a_classifier_changed() {
    let office = Office::new();
    let text = customers(&[company("1"), person("2")]);
    let other = text.replace("\"requester\":\"", "\"requester\":\"another ");
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
    // Another content is another request, validated by the classifiers of now.
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
fn the_same_content_at_another_endpoint_is_another_request() {
    let office = Office::new();
    let text = customers(&[person("1")]);
    let codes = |name: &str| answered_codes(&office.response(name));
    for (endpoint, expected) in [("batch-customers", ""), ("validate-batch-customers", "")] {
        office.drop(format!("{endpoint}/x.json"), &text);
        office.once();
        assert_eq!(codes(&format!("{endpoint}/x")), [expected]);
    }
    // At first the second takes the number; the next time the first is free of errors.
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

/// Wherever the accepted are counted, repeats are shown too.
#[test]
fn repeats_are_counted_apart() {
    let office = Office::configured("metrics_file = \"figures.prom\"\n");
    office.batch("first", &[person("1"), person("2")]);
    let text = customers(&[person("2"), person("3"), person("1"), json!({})]);
    office.drop("batch-customers/second.json", text);
    let once = office.run(&["once"]);
    let said = String::from_utf8_lossy(&once.stderr).into_owned();
    assert!(
        said.contains("3 customers accepted (2 repeated), 1 rejected"),
        "{said}"
    );
    assert!(said.contains("repeated=2"), "{said}");
    let figures = std::fs::read_to_string(office.at("figures.prom")).expect("figures");
    assert!(
        figures.contains("kycdrop_customers_repeated_total 2\n"),
        "{figures}"
    );
    let shown = |args: &[&str]| {
        let output = office.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let status = shown(&["status"]);
    assert!(
        status.contains("3 accepted (2 repeated), 1 rejected"),
        "{status}"
    );
    assert!(status.contains("2 accepted, 0 rejected"), "{status}");
    let explained = shown(&["explain", "2"]);
    assert!(
        explained.contains("3 accepted (2 repeated), 1 rejected"),
        "{explained}"
    );
    for about in [&["--batch", "2"][..], &[]] {
        let page = shown(&[&["report", "--output", "-"], about].concat());
        let tile = "<span class=\"value\">2</span><span class=\"label\">repeated</span>";
        assert!(page.contains(tile), "{about:?}: {page}");
    }
    let first = shown(&["report", "--output", "-", "--batch", "1"]);
    assert!(!first.contains("repeated"), "{first}");
}
