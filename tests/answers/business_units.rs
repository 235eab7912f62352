//! Business units: the one classifier that ships without a value, and is checked from its first value
//! on.

use crate::classifiers::findings;
use crate::common;

use common::{Office, codes, person, with};
use serde_json::{Value, json};

#[test]
fn business_units_are_checked_from_the_first_value_on() {
    let office = Office::new();
    let of = |id: &str, unit: Value| with(person(id), json!({"businessUnit": unit}));
    let result = office.batch("any", &[of("1", json!("anything")), person("2")]);
    assert_eq!(
        (&result[0]["resultType"], &result[1]["resultType"]),
        (&json!("REQUEST_ACCEPTED"), &json!("REQUEST_ACCEPTED"))
    );
    office.edit(
        "classifiers/businessUnit.toml",
        "[values]\n",
        "[values]\nvilnius = \"Vilnius\"\n",
    );
    let result = office.batch(
        "some",
        &[
            of("3", json!("vilnius")),
            of("4", json!("anything")),
            of("5", json!("Vilnius")),
            person("6"),
        ],
    );
    let errors: Vec<_> = result.iter().map(|r| r.get("errorCode").cloned()).collect();
    assert_eq!(
        errors,
        [None, Some("BU02".into()), Some("BU02".into()), None]
    );
    assert_eq!(
        result[1]["errorDescription"],
        "BusinessUnit not found in Amlyze"
    );
}

#[test]
fn an_emptied_business_unit_classifier_still_refuses_every_unit() {
    let file = "classifiers/businessUnit.toml";
    let unit = |id: &str, unit: &str| with(person(id), json!({"businessUnit": unit}));
    let vilnius = "[values]\nvilnius = \"Vilnius\"\n";
    for emptied in [
        // Retired, retired on a day that has passed, removed.
        "[values]\nvilnius = { name = \"Vilnius\", retired = true }\n",
        "[values]\nvilnius = { name = \"Vilnius\", retired = 2020-01-31 }\n",
        "[values]\n",
    ] {
        let office = Office::new();
        office.once();
        office.edit(file, "[values]\n", vilnius);
        let result = office.batch("a", &[unit("1", "vilnius"), unit("2", "nonsense")]);
        assert_eq!(result[0]["resultType"], "REQUEST_ACCEPTED");
        assert_eq!(result[1]["errorCode"], "BU02");
        office.edit(file, vilnius, emptied);
        let result = office.batch(
            "b",
            &[unit("3", "vilnius"), unit("4", "nonsense"), person("5")],
        );
        assert_eq!(result[0]["errorCode"], "BU02", "{emptied}");
        assert_eq!(result[1]["errorCode"], "BU02", "{emptied}");
        assert_eq!(result[2]["resultType"], "REQUEST_ACCEPTED", "{emptied}");
        // `check` answers what dropping would.
        let body = json!({"customers": [unit("6", "nonsense")]}).to_string();
        let path = office.write("x.json", body);
        let output = office.run(&["check", path.to_str().expect("a path")]);
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(answer["results"][0]["errorCode"], "BU02", "{emptied}");
    }
    // A unit that is retired before any was ever in use counts as one.
    let office = Office::new();
    office.once();
    office.edit(
        file,
        "[values]\n",
        "[values]\nold = { name = \"Old\", retired = true }\n",
    );
    let result = office.batch("a", &[unit("1", "nonsense")]);
    assert_eq!(result[0]["errorCode"], "BU02");
}

#[test]
fn several_organizations_need_a_business_unit() {
    let office = Office::configured("multi_organization = true\n");
    let given = with(person("1"), json!({"businessUnit": "vilnius"}));
    let blank = with(person("2"), json!({"businessUnit": " "}));
    let result = office.batch("x", &[given, blank, person("3")]);
    assert_eq!(result[0]["resultType"], "REQUEST_ACCEPTED");
    assert_eq!(result[0]["businessUnit"], "vilnius");
    for r in &result[1..] {
        assert_eq!(r["errorCode"], "BU01");
        assert_eq!(r["errorDescription"], "BusinessUnit is mandatory");
        assert!(r.get("businessUnit").is_none());
    }
    assert_eq!(codes(&findings(&office)), ["BU01", "BU01"]);
}
