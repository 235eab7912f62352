//! `risk check` and `risk explain`: matrices are tried, and an evaluation is told in words.

use crate::asking;
use crate::common;

use asking::{printed, refused};
use common::Office;
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../../risk/example.toml");

fn request(more: &Value) -> String {
    let mut request = json!({
        "communicationNumber": "N-1", "requester": "Branch 7", "sourceOfRiskLevel": "EVALUATE",
        "riskManagementCategory": "IND", "entityType": "INDIVIDUAL", "customerExtId": "I-1",
        "applicationDate": "2026-03-01", "firstName": "Ona", "lastName": "Petraitė",
        "citizenshipCountry": "LT", "isPEP": true,
    });
    let (Some(all), Some(more)) = (request.as_object_mut(), more.as_object()) else {
        panic!("objects")
    };
    all.extend(more.clone());
    request.to_string()
}

/// An office with the shipped matrix in place.
fn office() -> Office {
    let office = Office::new();
    office.write("risk/example.toml", EXAMPLE);
    office
}

#[test]
fn a_new_home_has_an_example_that_nobody_approved() {
    let office = Office::new();
    std::fs::remove_file(office.at("kycdrop.toml")).expect("an empty folder");
    let made = office.run(&["init"]);
    assert!(made.status.success());
    assert_eq!(office.files("risk"), ["example.toml"]);
    office.write("request.json", request(&json!({})));
    let file = office.at("request.json").display().to_string();
    let said = printed(&office, &["risk", "explain", &file]);
    assert!(
        said.contains("the matrix is an example that nobody approved"),
        "{said}"
    );
    // The line that README and the matrix tell to remove.
    office.edit("risk/example.toml", "example = true\n", "");
    let said = printed(&office, &["risk", "explain", &file]);
    assert!(!said.contains("nobody approved"), "{said}");
}

#[test]
fn an_evaluation_is_told_in_words_and_as_json() {
    let office = office();
    let file = office.write(
        "request.json",
        request(&json!({"listCountryOfActivity": [{"country": "LV"}, {"country": "EE"}]})),
    );
    let file = file.display().to_string();
    insta::assert_snapshot!(printed(&office, &["risk", "explain", &file]));
    let json = printed(&office, &["risk", "explain", &file, "--format", "json"]);
    let account: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(account["level"], "HIGH");
    assert_eq!(account["floors"][0]["id"], "pep");
    assert_eq!(account["floors"][0]["values"][0]["path"], "isPEP");
}

#[test]
fn what_is_missing_or_not_rated_is_always_told() {
    let office = office();
    office.edit(
        "risk/example.toml",
        "unknown = 15          # a country that the classifier does not rate\n",
        "",
    );
    let file = office.write("request.json", request(&json!({"isPEP": false})));
    let file = file.display().to_string();
    let all = printed(&office, &["risk", "explain", &file]);
    for told in [
        "    country.citizenship: no points\n      citizenshipCountry = LT, not rated\n",
        "  - the classifier does not rate a value of country.citizenship\n",
        "    customer.pep: 0 points\n      isPEP = false: 0\n",
        "\nNot for this customer: customer.fined,",
    ] {
        assert!(all.contains(told), "{told}: {all}");
    }
    let show = "[explain]\nshow = \"applied\"\n\n[decision]";
    office.edit("risk/example.toml", "[decision]", show);
    let applied = printed(&office, &["risk", "explain", &file]);
    assert!(
        applied.contains("citizenshipCountry = LT, not rated"),
        "{applied}"
    );
    assert!(
        applied.contains("\nNo data for: activity.business,"),
        "{applied}"
    );
    assert!(
        !applied.contains("customer.pep: 0") && !applied.contains("Not for this"),
        "{applied}"
    );
}

#[test]
fn a_customer_of_a_batch_is_chosen_by_its_number() {
    let office = office();
    let batch = format!(
        "{{\"customers\":[{},{}]}}",
        request(&json!({})),
        request(&json!({"isPEP": false}))
    );
    let file = office.write("batch.json", batch).display().to_string();
    let level = |number: &str| {
        let text = printed(&office, &["risk", "explain", &file, "--customer", number]);
        text.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        (level("1"), level("2")),
        ("The level is HIGH.".into(), "The level is LOW.".into())
    );
    let (code, said) = refused(&office, &["risk", "explain", &file, "--customer", "3"]);
    assert_eq!(code, Some(65));
    assert!(
        said.contains("there is no customer 3: the file has 2 customers"),
        "{said}"
    );
    let file = office.write("no.json", "{").display().to_string();
    assert_eq!(refused(&office, &["risk", "explain", &file]).0, Some(65));
}

#[test]
fn without_a_matrix_for_the_category_there_is_no_evaluation() {
    let office = office();
    office.edit("risk/example.toml", "\"IND\", ", "");
    let file = office
        .write("request.json", request(&json!({})))
        .display()
        .to_string();
    let (code, said) = refused(&office, &["risk", "explain", &file]);
    assert_eq!(code, Some(78));
    assert!(
        said.contains("no risk matrix is for the category IND"),
        "{said}"
    );
    office.write(
        "risk/example.toml",
        EXAMPLE.replace("2026-01-01", "2999-01-01"),
    );
    let matrix = office.at("risk/example.toml").display().to_string();
    printed(&office, &["risk", "explain", &file, "--matrix", &matrix]);
    let (code, said) = refused(&office, &["risk", "explain", &file]);
    assert_eq!(code, Some(78));
    assert!(
        said.contains("example.toml is valid from 2999-01-01"),
        "{said}"
    );
}

#[test]
fn matrices_are_checked_before_they_are_put_in_place() {
    let office = office();
    let said = printed(&office, &["risk", "check"]);
    assert!(said.contains("MEDIUM   from  25.0; 24.9 is LOW"), "{said}");
    office.write(
        "new/own.toml",
        EXAMPLE.replace("\"Customer.birthCountry\"", "\"Customer.birthCuntry\""),
    );
    let new = office.at("new/own.toml").display().to_string();
    let (code, said) = refused(&office, &["risk", "check", &new]);
    assert_eq!(code, Some(65));
    assert!(
        said.contains("own.toml:61: Customer has no field birthCuntry\n"),
        "{said}"
    );
    assert!(said.contains("did you mean birthCountry?"), "{said}");
    // A second matrix for the same categories.
    office.write("risk/other.toml", EXAMPLE);
    let (code, said) = refused(&office, &["risk", "check"]);
    assert_eq!(code, Some(65));
    assert!(
        said.contains("other.toml: example.toml is also for the category IND"),
        "{said}"
    );
}

#[test]
fn what_changes_nothing_is_a_finding() {
    let office = office();
    office.edit(
        "risk/example.toml",
        "flag = \"adverse_media\"\npoints = 75",
        "flag = \"adverse_media\"\npoints = 0",
    );
    let output = office.run(&["risk", "check"]);
    assert_eq!(output.status.code(), Some(65));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("the factor customer.adverse_media never changes a level"),
        "{said}"
    );
}

#[test]
fn golden_profiles_come_out_as_expected() {
    let office = office();
    let customer: Value = serde_json::from_str(&request(&json!({}))).expect("JSON");
    let profile = |level: &str| {
        json!({"level": level, "floors": ["pep"], "decision": "PERSON", "customer": customer})
            .to_string()
    };
    office.write("risk/profiles/pep.json", profile("HIGH"));
    let cleared = "level = \"LOW\"\n[[screening]]\nprocess = \"PEP\"\noutcome = \"CLEAR\"\n[customer]\n\
                   riskManagementCategory = \"IND\"\nentityType = \"INDIVIDUAL\"\ncitizenshipCountry = \"LT\"\n\
                   applicationDate = 2026-03-01\nisPEP = true\n";
    office.write("risk/profiles/cleared.toml", cleared);
    let output = office.run(&["risk", "check"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("2 golden profiles: no findings"));
    office.write("risk/profiles/pep.json", profile("LOW"));
    office.write("risk/profiles/broken.json", "{\"level\": \"LOW\"}");
    let output = office.run(&["risk", "check"]);
    assert_eq!(output.status.code(), Some(65));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("profiles/pep.json: expected level LOW, and it is HIGH"),
        "{said}"
    );
    assert!(
        said.contains("profiles/broken.json: missing field `customer`"),
        "{said}"
    );
}

#[test]
fn a_home_without_matrices_works_as_before() {
    let office = Office::new();
    office.once();
    std::fs::remove_dir_all(office.at("risk")).expect("a folder that a new home has");
    let file = office
        .write("request.json", request(&json!({})))
        .display()
        .to_string();
    let output = office.run(&["risk", "explain", &file]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("the home has no folder risk"));
}
