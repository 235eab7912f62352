//! What rejects nobody but should be known: once for each file, kind and path, with a count, and
//! nothing where a field only says what holds anyway.

use crate::common;

use common::{Office, person, with};
use serde_json::{Value, json};

/// A customer with two unknown fields, one of them in a list.
fn careless(id: u64) -> Value {
    let address = json!([{"addressType": "RESIDENCE", "country": "LT", "City": "Vilnius"}]);
    let change = json!({"shoeSize": id, "listAddress": address});
    with(person(&id.to_string()), change)
}

fn drop_batch(office: &Office, name: &str, customers: &[Value]) {
    let body = json!({"customers": customers, "sentBy": "core"}).to_string();
    office.drop(format!("batch-customers/{name}.json"), body);
    office.once();
}

/// Paths of the warnings that explain shows for a customer of the newest batch.
fn explained(office: &Office, position: u64) -> Vec<String> {
    let batch = office
        .value("SELECT max(batch_id) FROM v_batch")
        .to_string();
    let number = (position + 1).to_string();
    let args = ["explain", &batch, "--customer", &number, "--format", "json"];
    let output = office.run(&args);
    assert!(output.status.success(), "{output:?}");
    let page: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let warnings = page["customers"][0]["warnings"].as_array().expect("a list");
    let path = |w: &Value| w["path"].as_str().expect("a path").to_owned();
    warnings.iter().map(path).collect()
}

#[test]
fn an_unknown_field_in_every_customer_is_one_row_with_its_count() {
    let office = Office::new();
    // Large enough for the parallel way.
    let customers: Vec<Value> = (0..2000)
        .map(|i| match i % 2 {
            0 => person(&i.to_string()),
            _ => careless(i),
        })
        .collect();
    drop_batch(&office, "x", &customers);
    let first: Vec<u64> = (0..20).map(|i| 2 * i + 1).collect();
    let first = Value::from(first).to_string();
    let row = |path: &str, detail: &str| {
        json!({"batch_id": 1, "position": 1, "kind": "unknown-field", "path": path, "detail": detail,
               "count": 1000, "positions": first})
    };
    assert_eq!(
        Value::from(
            office.rows("SELECT * FROM v_warning WHERE position IS NOT NULL ORDER BY path")
        ),
        json!([
            row("listAddress[0].City", "did you mean city?"),
            row("shoeSize", "")
        ])
    );
    let of_file = office.rows("SELECT count, positions FROM v_warning WHERE position IS NULL");
    assert_eq!(
        Value::from(of_file),
        json!([{"count": 1, "positions": null}])
    );
    // Every customer still has its own, also those behind the first places.
    assert_eq!(explained(&office, 1), ["listAddress[0].City", "shoeSize"]);
    assert_eq!(
        explained(&office, 1999),
        ["listAddress[0].City", "shoeSize"]
    );
    assert_eq!(explained(&office, 1998), [""; 0]);
    let page = office.run(&["explain", "1"]);
    let page = String::from_utf8(page.stdout).expect("text");
    assert!(
        page.contains("unknown-field  shoeSize  (1000 customers)"),
        "{page}"
    );
}

#[test]
fn what_holds_anyway_is_no_warning() {
    let office = Office::new();
    let source =
        |id: u64, value: Value| with(person(&id.to_string()), json!({"sourceOfRiskLevel": value}));
    let customers = [
        source(0, json!("IMPORT")),
        source(1, json!("EVALUATE")),
        source(2, json!("import")),
        source(3, json!(null)),
        source(4, json!(" ")),
        source(5, json!(["IMPORT"])),
    ];
    for endpoint in ["batch-customers", "validate-batch-customers"] {
        let body = json!({"customers": customers}).to_string();
        office.drop(format!("{endpoint}/x.json"), body);
        office.once();
        let rows = office.rows("SELECT kind, path, positions FROM v_warning WHERE batch_id = (SELECT max(batch_id) FROM v_batch)");
        assert_eq!(
            Value::from(rows),
            json!([{"kind": "ignored-field", "path": "sourceOfRiskLevel", "positions": "[1,2,5]"}]),
            "{endpoint}"
        );
    }
    let single = with(
        source(9, json!("IMPORT")),
        json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER"}),
    );
    office.answer("simplifiedcustomer", "y", &single);
    assert_eq!(office.value("SELECT count(*) FROM v_warning"), 2);
}

#[test]
fn a_file_with_countless_names_keeps_a_thousand_and_counts_the_rest() {
    let office = Office::new();
    let customers: Vec<Value> = (0..1500u64)
        .map(|i| with(person(&i.to_string()), json!({format!("field{i}"): 1})))
        .collect();
    drop_batch(&office, "x", &customers);
    // The key beside customers is one of the thousand, or of the rest.
    let rows = office.rows(
        "SELECT kind, count(*) AS n, sum(count) AS c FROM v_warning GROUP BY kind ORDER BY kind",
    );
    assert_eq!(
        Value::from(rows),
        json!([{"kind": "more-warnings", "n": 1, "c": 501}, {"kind": "unknown-field", "n": 1000, "c": 1000}])
    );
}

#[test]
fn what_was_taken_back_leaves_no_count() {
    let office = Office::new();
    // Broken behind two thousand customers: their rows are written and taken back.
    let customers: Vec<String> = (0..2000).map(|i| careless(i).to_string()).collect();
    let broken = format!("{{\"customers\":[{},nothing]}}", customers.join(","));
    office.drop("batch-customers/a.json", broken);
    drop_batch(&office, "b", &[careless(1), careless(2)]);
    assert_eq!(
        office.value("SELECT status FROM v_batch WHERE file_name = 'a.json'"),
        400
    );
    let rows = office.rows(
        "SELECT path, count, positions FROM v_warning WHERE position IS NOT NULL ORDER BY path",
    );
    assert_eq!(
        Value::from(rows),
        json!([
            {"path": "listAddress[0].City", "count": 2, "positions": "[0,1]"},
            {"path": "shoeSize", "count": 2, "positions": "[0,1]"}
        ])
    );
}

#[test]
fn a_field_in_many_places_of_a_list_is_one_path() {
    let office = Office::new();
    let sound = json!({"addressType": "RESIDENCE", "country": "LT"});
    let careless = with(sound.clone(), json!({"City": "Vilnius"}));
    // In each customer at another place, and in the last in two.
    let mut customers: Vec<Value> = (0..30usize)
        .map(|i| {
            let mut list = vec![sound.clone(); i];
            list.push(careless.clone());
            with(person(&i.to_string()), json!({"listAddress": list}))
        })
        .collect();
    customers.push(with(
        person("last"),
        json!({"listAddress": [careless, sound, careless]}),
    ));
    let body = json!({"customers": customers}).to_string();
    office.drop("batch-customers/x.json", body);
    office.once();
    let rows = office.rows("SELECT path, count FROM v_warning");
    assert_eq!(
        Value::from(rows),
        json!([{"path": "listAddress[].City", "count": 31}])
    );
    // Each customer has its own places, also behind the first twenty.
    assert_eq!(explained(&office, 3), ["listAddress[3].City"]);
    assert_eq!(explained(&office, 29), ["listAddress[29].City"]);
    assert_eq!(
        explained(&office, 30),
        ["listAddress[0].City", "listAddress[2].City"]
    );
}

#[test]
fn a_name_that_shows_nothing_is_a_warning_and_no_rejection() {
    let office = Office::new();
    let entity = |name: &str| json!({"entityType": "INDIVIDUAL", "relationType": "OWNER", "firstName": "Ona", "lastName": name});
    let hidden = with(
        person("1"),
        json!({
            "firstName": "\u{200b}",
            "lastName": "\u{a0}\u{2060} \u{ad}",
            "listRelatedEntity": [entity("Petrait\u{117}"), entity("\u{3164}")],
        }),
    );
    // What is seen, however little, is a name.
    let seen = with(
        person("2"),
        json!({"firstName": "\u{200b}O", "lastName": "\u{17d}"}),
    );
    let without = office.batch("x", &[hidden.clone(), seen]);
    assert!(
        without
            .iter()
            .all(|r| r["resultType"] == "REQUEST_ACCEPTED"),
        "{without:?}"
    );
    let rows = office.rows("SELECT kind, path, positions FROM v_warning ORDER BY path");
    let row = |path: &str| json!({"kind": "invisible-name", "path": path, "positions": "[0]"});
    assert_eq!(
        Value::from(rows),
        json!([
            row("firstName"),
            row("lastName"),
            row("listRelatedEntity[1].lastName")
        ])
    );
    let mut again = hidden;
    again["communicationNumber"] = json!("again");
    again["customerExtId"] = json!("again");
    office.batch("y", &[again]);
    assert_eq!(
        explained(&office, 0),
        ["firstName", "lastName", "listRelatedEntity[1].lastName"]
    );
    let shown = office.run(&["explain", "x.json"]).stdout;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    for expected in [
        "it contains a zero width space (U+200B) as character 1",
        "a no-break space (U+00A0) as character 1, a word joiner (U+2060) as character 2 and a soft hyphen (U+00AD)",
        "a person does not see this one",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}
