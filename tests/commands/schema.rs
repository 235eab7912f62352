//! `schema`: the schema of an endpoint, and what the home adds to it.

use crate::asking;
use crate::common;

use asking::{printed, refused};
use common::{Office, person, with};
use kycdrop::catalog::Endpoint;
use serde_json::{Value, json};

fn schema(office: &Office, args: &[&str]) -> Value {
    let args = [&["schema"], args].concat();
    serde_json::from_str(&printed(office, &args)).expect("JSON")
}

fn accepts(schema: &Value, request: &Value) -> bool {
    jsonschema::validator_for(schema)
        .expect("a schema")
        .is_valid(request)
}

#[test]
fn each_endpoint_has_a_schema_of_its_own_and_no_home_is_needed() {
    let office = Office::new();
    for endpoint in Endpoint::ALL {
        let schema = schema(&office, &[endpoint.name()]);
        assert_eq!(schema["$id"], format!("urn:kycdrop:schema:{endpoint}"));
        let customer = json!({"communicationNumber": "1"});
        assert!(!accepts(&schema, &json!({ "customers": [customer] })));
        assert_eq!(
            accepts(&schema, &json!({"customers": []})),
            endpoint.is_batch()
        );
    }
    let other_spelling = schema(&office, &["simplified-customer"]);
    assert_eq!(
        other_spelling["$id"],
        "urn:kycdrop:schema:simplifiedcustomer"
    );
    let (code, told) = refused(&office, &["schema", "customers"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("the endpoints are batch-customers"), "{told}");
    assert!(!office.at("classifiers").exists(), "nothing is created");
}

#[test]
fn a_reader_finds_the_head_first_and_the_parts_last() {
    let text = printed(&Office::new(), &["schema", "batch-customers"]);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    let head = [
        "\"$schema\"",
        "\"$id\"",
        "\"title\"",
        "\"customers\"",
        "\"x-notSaid\"",
    ];
    let places: Vec<_> = head.into_iter().chain(["\"$defs\""]).map(at).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(text.contains("\"$comment\": \"CommunicationNumber is mandatory\""));
    assert!(text.contains("\"x-errorCodePrefix\": \"Q004.\""));
}

#[test]
fn codes_are_those_of_the_home() {
    let office = Office::new();
    let request = |unit: &str| {
        let customer = with(person("1"), json!({ "businessUnit": unit }));
        json!({"customers": [customer]})
    };
    let output = office.run(&["schema", "batch-customers", "--codes"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("the shipped ones"), "{told}");

    office.once();
    office.edit(
        "classifiers/businessUnit.toml",
        "[values]",
        "[values]\nvilnius = \"V\"",
    );
    let without = schema(&office, &["batch-customers"]);
    let with_codes = schema(&office, &["batch-customers", "--codes"]);
    assert!(accepts(&without, &request("kaunas")));
    assert!(!accepts(&with_codes, &request("kaunas")));
    assert!(accepts(&with_codes, &request("vilnius")));
}

#[test]
fn an_institution_of_several_organizations_has_a_mandatory_business_unit() {
    let request = json!({"customers": [person("1")]});
    let one = schema(&Office::new(), &["batch-customers"]);
    let several = Office::configured("multi_organization = true\n");
    let several = schema(&several, &["batch-customers"]);
    assert!(accepts(&one, &request));
    assert!(!accepts(&several, &request));
}
