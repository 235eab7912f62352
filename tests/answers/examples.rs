//! The ready requests of examples/requests: what their page says of each is what kycdrop answers.

use crate::common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::Office;
use kycdrop::catalog::{CUSTOMER, Endpoint, Endpoints, Object, Type};
use kycdrop::classifier::{ClassifierSet, shipped_files};
use serde_json::Value;

use crate::schemas::Asked;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/requests")
}

/// The files of an endpoint, by name, with their text.
fn requests(endpoint: Endpoint) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder().join(endpoint.name())).expect("examples");
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            (
                name.into_owned(),
                std::fs::read_to_string(&path).expect("text"),
            )
        })
        .collect();
    files.sort();
    files
}

/// The customers of a request.
fn customers(endpoint: Endpoint, text: &str) -> Vec<Value> {
    let body: Value = serde_json::from_str(text).expect("JSON");
    match endpoint.is_batch() {
        true => body["customers"].as_array().expect("customers").clone(),
        false => vec![body],
    }
}

/// What the page says is wrong with a file: position, code and path.
fn listed(file: &str) -> Vec<String> {
    let page = std::fs::read_to_string(folder().join("README.md")).expect("the page");
    let (_, wrong) = page.split_once("## What is wrong").expect("the section");
    let row = |line: &str| -> Option<String> {
        let cells: Vec<_> = line
            .split('|')
            .map(|c| c.trim().trim_matches('`'))
            .collect();
        (cells.get(1) == Some(&file)).then(|| cells[2..5].join(" "))
    };
    wrong.lines().filter_map(row).collect()
}

#[test]
fn each_ready_request_gets_the_answer_that_its_page_says() {
    // All in one home: each has numbers of its own.
    let office = Office::new();
    for endpoint in [
        Endpoint::ValidateBatchCustomers,
        Endpoint::BatchCustomers,
        Endpoint::Customer,
        Endpoint::SimplifiedCustomer,
    ] {
        for (name, text) in requests(endpoint) {
            office.drop(format!("{endpoint}/{name}"), &text);
            office.once();
            let newest = "batch_id = (SELECT max(batch_id) FROM v_batch)";
            let rows = office.rows(&format!(
                "SELECT position || ' ' || code || ' ' || path AS found FROM v_finding
                 WHERE {newest} ORDER BY position, no"
            ));
            let found: Vec<_> = rows.iter().map(|r| r["found"].as_str().unwrap()).collect();
            // A batch is validated for the endpoint that saves it.
            assert_eq!(
                found,
                listed(&format!("{}/{name}", endpoint.saving())),
                "{name}"
            );
            let warnings = office.rows(&format!("SELECT * FROM v_warning WHERE {newest}"));
            let with_errors = name == "with-errors.json";
            assert_eq!(found.is_empty(), !with_errors, "{endpoint}/{name}");
            assert!(with_errors || warnings.is_empty(), "{name}: {warnings:?}");
        }
    }
}

#[test]
fn ready_requests_stay_sound_and_say_what_their_schema_says() {
    // No code that they have is one that retires on a day that a shipped file names.
    let files = shipped_files("2999-12-31").expect("the shipped classifiers");
    let set = ClassifierSet::from_files(&files).expect("a set");
    for endpoint in Endpoint::ALL {
        let asked = Asked::at(endpoint, Some(&set));
        for (name, text) in requests(endpoint) {
            let rejected = |c: &Value| asked.rejects(&c.to_string());
            let rejected: Vec<_> = customers(endpoint, &text)
                .iter()
                .filter_map(rejected)
                .collect();
            assert_eq!(
                rejected.is_empty(),
                name != "with-errors.json",
                "{name}: {rejected:?}"
            );
        }
    }
}

#[test]
fn every_endpoint_has_ready_requests_of_both_kinds_with_every_field() {
    for endpoint in Endpoint::ALL {
        for kind in ["minimal", "full"] {
            let mut all = Vec::new();
            for (name, text) in requests(endpoint) {
                if name.contains(kind) {
                    all.extend(customers(endpoint, &text));
                }
            }
            let types: BTreeSet<_> = all.iter().map(|c| c["entityType"].as_str()).collect();
            assert_eq!(types.len(), 2, "{kind} at {endpoint}");
            if kind == "full" {
                let all: Vec<_> = all.iter().collect();
                assert_eq!(missing(&CUSTOMER, &all, endpoint), [""; 0], "at {endpoint}");
            }
        }
    }
}

/// The fields that none of the objects has, though a full one should.
fn missing(object: &Object, all: &[&Value], endpoint: Endpoint) -> Vec<&'static str> {
    let mut missing = Vec::new();
    for field in object.fields {
        let unfit = match field.name {
            // Each is the institution's own, or belongs to an end.
            "businessUnit" | "closingDate" => true,
            "sourceOfRiskLevel" => Endpoints::NOT_EVALUATING.has(endpoint),
            "initializeScreeningProcesses" => endpoint.is_batch(),
            _ => false,
        };
        let given: Vec<_> = all.iter().filter_map(|o| o.get(field.name)).collect();
        match field.ty {
            _ if unfit => {}
            _ if given.is_empty() => missing.push(field.name),
            Type::Object(inner) => missing.extend(self::missing(inner, &given, endpoint)),
            Type::List(inner) => {
                let items: Vec<_> = given
                    .iter()
                    .filter_map(|l| l.as_array())
                    .flatten()
                    .collect();
                missing.extend(self::missing(inner, &items, endpoint));
            }
            _ => {}
        }
    }
    missing
}

#[test]
fn a_minimal_request_needs_each_of_its_fields() {
    for endpoint in Endpoint::ALL {
        let asked = Asked::at(endpoint, None);
        let minimal = requests(endpoint)
            .into_iter()
            .filter(|(name, _)| name.contains("minimal"));
        for customer in minimal.flat_map(|(_, text)| customers(endpoint, &text)) {
            for field in customer.as_object().expect("an object").keys() {
                let mut without = customer.clone();
                without.as_object_mut().expect("an object").remove(field);
                let rejected = asked.rejects(&without.to_string());
                assert!(rejected.is_some(), "{field} is not mandatory at {endpoint}");
            }
        }
    }
}

#[test]
fn what_is_validated_first_is_what_is_sent() {
    let tried = requests(Endpoint::ValidateBatchCustomers);
    assert!(tried == requests(Endpoint::BatchCustomers));
}
