//! Folders of the inbox: those below an endpoint's folder, those in another case, and those that are
//! no endpoint.

use crate::common;

use std::fs::File;
use std::time::{Duration, SystemTime};

use common::{Office, person};
use serde_json::json;

fn batch(number: &str) -> String {
    json!({ "customers": [person(number)] }).to_string()
}

#[test]
fn a_folder_in_an_endpoints_folder_is_taken_file_by_file() {
    let office = Office::new();
    let mut rejected = person("2");
    rejected["riskLevel"] = json!("NO");
    let rejected = format!("{{\"customers\":[\n{rejected}]}}");
    office.drop("batch-customers/2026-11/x.json", batch("1"));
    office.drop("batch-customers/2026-12/x.json", rejected);
    office.drop("batch-customers/2026-11/y.json", "no JSON");
    office.drop("customer/a/b/c/d/e/f/z.json", person("3").to_string());
    office.drop("simplified-customer/customer/v.json", "{}");
    office.drop("customer/a/b/c/d/e/f/g/too-deep/z.json", "{}");
    let log = office.run(&["once"]).stderr;
    let log = String::from_utf8_lossy(&log).into_owned();
    assert!(
        log.contains("g/too-deep") && log.contains("too deep below the inbox"),
        "{log}"
    );
    let result = |name: &str| office.response(name)["results"][0]["resultType"].clone();
    assert_eq!(result("batch-customers/2026-11/x"), "REQUEST_ACCEPTED");
    assert_eq!(result("batch-customers/2026-12/x"), "REQUEST_REJECTED");
    let refused = office.response("batch-customers/2026-11/y");
    assert_eq!(refused["path"], "/amlyze-ws-rest/batch-customers");
    assert_eq!(
        office.response("customer/a/b/c/d/e/f/z")["errorCode"],
        "C008"
    );
    assert!(office.response("simplifiedcustomer/customer/v")["errors"].is_array());
    let below = |root: &str| -> Vec<String> {
        let files = office.files(root).into_iter();
        files
            .map(|f| f.split_once('/').expect("a day").1.to_owned())
            .collect()
    };
    assert_eq!(
        below("watch-dir/archive"),
        [
            "batch-customers/2026-11/x.json",
            "batch-customers/2026-12/x.json"
        ]
    );
    assert_eq!(
        below("watch-dir/failed"),
        [
            "batch-customers/2026-11/y.json",
            "customer/a/b/c/d/e/f/z.json",
            "simplifiedcustomer/customer/v.json",
        ]
    );
    let rows = office
        .rows("SELECT endpoint, file_name FROM v_batch WHERE response_file LIKE '%/2026-11/x.%'");
    assert_eq!(
        json!(rows),
        json!([{"endpoint": "batch-customers", "file_name": "x.json"}])
    );
    // Each is found by the folder that it came in, with its place in the archived file.
    for (name, expected) in [
        ("2026-11/x.json", "1 accepted"),
        ("batch-customers/2026-12/x.json", "at line 2, column "),
        ("2026-12/x.response.json", " of the file"),
    ] {
        let shown = office.run(&["explain", name]);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(shown.contains(expected), "{name}: {shown}");
    }
}

#[test]
fn a_dropped_folder_is_removed_once_it_has_been_empty_for_a_while() {
    let office = Office::new();
    office.drop("batch-customers/2026/11/x.json", batch("1"));
    office.drop("odd/x.json", batch("2"));
    office.drop("customer/kept/.hidden", "");
    office.once();
    let inbox = |name: &str| office.at("watch-dir/inbox").join(name);
    let all = [
        "batch-customers/2026/11",
        "odd",
        "customer/kept",
        "customer",
    ];
    assert!(
        all.iter().all(|name| inbox(name).is_dir()),
        "somebody may go on with them"
    );
    let age = |name: &str| {
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        let folder = File::open(inbox(name)).expect("a folder");
        folder.set_modified(hour_ago).expect("an older folder");
    };
    all.iter().for_each(|name| age(name));
    office.once();
    assert_eq!(
        all.map(|name| inbox(name).is_dir()),
        [false, true, true, true]
    );
    // The one above it is empty only now.
    assert!(inbox("batch-customers/2026").is_dir());
    age("batch-customers/2026");
    // Who only looks removes nothing.
    assert!(office.run(&["status"]).status.success());
    assert!(inbox("batch-customers/2026").is_dir());
    office.once();
    assert!(!inbox("batch-customers/2026").exists());
}

#[test]
fn the_case_of_an_endpoints_folder_is_ignored() {
    let office = Office::new();
    office.drop("Batch-Customers/a.json", batch("1"));
    office.drop("BATCH-CUSTOMERS/2026/a.json", batch("2"));
    office.drop("Simplified-Customer/b.json", "{}");
    office.drop("CUSTOMER/c.json", "{}");
    office.once();
    for answer in ["a", "2026/a"] {
        let body = office.response(&format!("batch-customers/{answer}"));
        assert_eq!(body["results"][0]["resultType"], "REQUEST_ACCEPTED");
    }
    assert!(office.response("simplifiedcustomer/b")["errors"].is_array());
    assert_eq!(
        office.response("customer/c")["resultType"],
        "REQUEST_REJECTED"
    );
    let found =
        office.value("SELECT group_concat(DISTINCT endpoint) FROM v_batch WHERE status <> 404");
    assert_eq!(found.as_str().map(|all| all.split(',').count()), Some(3));
}

#[test]
fn a_folder_that_is_no_endpoint_gets_a_suggestion() {
    let office = Office::new();
    for (folder, meant) in [
        ("customers", Some("customer")),
        ("Costumer", Some("customer")),
        ("batch_customers", Some("batch-customers")),
        ("Batch Customers", Some("batch-customers")),
        ("batchcustomers/2026", Some("batch-customers")),
        ("batch", Some("batch-customers")),
        ("validate", Some("validate-batch-customers")),
        ("validate_batch_customer", Some("validate-batch-customers")),
        ("simplified_customers", Some("simplifiedcustomer")),
        ("simplified", Some("simplifiedcustomer")),
        ("\u{441}ustomer", Some("customer")),
        ("2026-11", None),
        ("in", None),
    ] {
        office.drop(format!("{folder}/x.json"), "{}");
        let log = office.run(&["once"]).stderr;
        let row = office.rows("SELECT status, error FROM v_batch ORDER BY batch_id DESC LIMIT 1");
        let error = row[0]["error"].as_str().expect(folder);
        assert_eq!(row[0]["status"], 404, "{folder}");
        let told = error.split_once("did you mean ").map(|(_, told)| told);
        assert_eq!(told, meant.map(|m| format!("{m}?")).as_deref(), "{folder}");
        for shown in [
            log,
            office.run(&["explain", "x.json"]).stdout,
            office.run(&["status"]).stdout,
        ] {
            let shown = String::from_utf8_lossy(&shown);
            assert!(shown.contains(error), "{folder}: {shown}");
        }
    }
}
