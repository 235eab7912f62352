//! Customers of a file with the same findings share their rows, and nobody who asks notices.

use crate::common::{Office, person, with};
use serde_json::{Value, json};

/// The findings of one customer, as the views and `explain` show them.
fn shown(office: &Office, batch: &Value, position: usize) -> (Value, String) {
    let rows = office.rows(&format!(
        "SELECT f.no, f.rule, f.code, f.path, f.description FROM v_finding f
         WHERE f.batch_id = {batch} AND f.position = {position} ORDER BY f.no"
    ));
    let explained = office.run(&[
        "explain",
        &batch.to_string(),
        "--customer",
        &(position + 1).to_string(),
    ]);
    assert!(explained.status.success(), "{explained:?}");
    let text = String::from_utf8(explained.stdout).expect("text");
    (Value::from(rows), text)
}

#[test]
fn each_customer_has_its_findings() {
    let office = Office::new();
    let bad = |id: &str, field: &str| with(person(id), json!({ field: "NO SUCH" }));
    let customers = [
        bad("a", "riskLevel"),
        bad("b", "citizenshipCountry"),
        json!({}),
        bad("c", "riskLevel"),
        person("d"),
        json!({}),
        bad("e", "citizenshipCountry"),
    ];
    let together = office.batch("together.json", &customers);
    assert_eq!(
        office.value("SELECT count(*) FROM rejection WHERE findings_at IS NOT NULL"),
        3
    );
    let alone = Office::new();
    for (i, customer) in customers.iter().enumerate() {
        let answer = alone.batch(&format!("{i}.json"), std::slice::from_ref(customer));
        let code = |result: &Value| result["errorCode"].clone();
        assert_eq!(code(&together[i]), code(&answer[0]), "customer {i}");
        if together[i]["resultType"] == "REQUEST_ACCEPTED" {
            continue;
        }
        let batch = alone.value("SELECT max(batch_id) FROM v_batch");
        let (of_one, _) = shown(&alone, &batch, 0);
        let (of_many, text) = shown(&office, &json!(1), i);
        assert!(of_one.as_array().is_some_and(|rows| !rows.is_empty()));
        assert_eq!(of_one, of_many, "customer {i}");
        for finding in of_one.as_array().expect("rows") {
            let code = finding["code"].as_str().expect("a code");
            assert!(text.contains(code), "customer {i}: no {code} in {text}");
        }
    }
}

/// A file that turns out broken is taken back with its findings: the next ones have their own.
#[test]
fn nothing_is_shared_with_a_file_that_was_taken_back() {
    let office = Office::configured("settle_timeout = \"0s\"");
    let many = vec!["{}"; 50_000].join(",");
    office.drop(
        "batch-customers/1.json",
        format!("{{\"customers\":[{many},"),
    );
    office.drop("batch-customers/2.json", "{\"customers\":[{},{}]}");
    office.once();
    assert_eq!(
        office.value("SELECT status FROM v_batch WHERE file_name = '1.json'"),
        400
    );
    assert_eq!(
        office.value(
            "SELECT count(DISTINCT position) FROM v_finding JOIN v_batch USING (batch_id)
             WHERE file_name = '2.json'"
        ),
        2
    );
}

/// Nearly empty customers make nearly no rows.
#[test]
fn a_file_of_empty_customers_costs_little() {
    let office = Office::new();
    office.once();
    let size = || {
        std::fs::metadata(office.at("kycdrop.db"))
            .expect("a history")
            .len()
    };
    let before = size();
    let customers = 30_000;
    let many = vec!["{}"; customers].join(",");
    office.drop(
        "batch-customers/x.json",
        format!("{{\"customers\":[{many}]}}"),
    );
    office.once();
    assert_eq!(office.value("SELECT rejected FROM v_batch"), customers);
    let of_each = (size() - before) / customers as u64;
    assert!(of_each < 80, "{of_each} bytes for each empty customer");
    assert_eq!(
        office.value("SELECT count(*) FROM v_finding"),
        7 * customers
    );
}
