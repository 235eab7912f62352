//! `history` shows what happened to a customer. The snapshots are its real output.

use crate::asking;
use crate::common;

use asking::{a_life, printed, refused};
use common::{Office, person, with};
use serde_json::{Value, json};

#[test]
fn a_life_from_lead_to_closed() {
    insta::assert_snapshot!(printed(&a_life(), &["history", "I-4711"]));
}

#[test]
fn one_office_alone() {
    let office = a_life();
    let told = printed(
        &office,
        &["history", "I-4711", "--business-unit", "vilnius"],
    );
    assert!(
        told.starts_with("I-4711  businessUnit vilnius  regular\n"),
        "{told}"
    );
    assert!(!told.contains("LEAD_IND"), "{told}");
}

#[test]
fn programs_get_the_same_as_json() {
    let told = printed(&a_life(), &["history", "I-4711", "--format", "json"]);
    let lives: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(lives.as_array().map(Vec::len), Some(2));
    let events = lives[0]["events"].as_array().expect("events");
    let kinds: Vec<&str> = events.iter().filter_map(|e| e["event"].as_str()).collect();
    assert_eq!(
        kinds,
        [
            "assessment",
            "assessment",
            "rejection",
            "rejection",
            "assessment",
            "assessment"
        ]
    );
    let changes = events[4]["changes"].as_array().expect("changes");
    let raised = json!({"path": "riskLevel", "before": "\"LOW\"", "after": "\"HIGH\""});
    assert!(changes.contains(&raised), "{changes:?}");
    assert_eq!(events[0]["screenings"][0]["status"], "PENDING");
}

#[test]
fn somebody_who_was_only_ever_rejected() {
    let office = Office::new();
    office.batch(
        "a",
        &[with(
            person("7"),
            json!({"entityType": null, "businessUnit": "klaipeda"}),
        )],
    );
    let told = printed(&office, &["history", "X-7"]);
    assert!(
        told.starts_with("X-7  businessUnit klaipeda  no customer\n"),
        "{told}"
    );
    assert!(told.contains("`kycdrop explain 1 --customer 1`"), "{told}");
}

#[test]
fn nobody() {
    let (code, said) = refused(&a_life(), &["history", "i-4711"]);
    assert_eq!(code, Some(65));
    assert!(said.contains("compared exactly"), "{said}");
    assert!(said.contains("did you mean I-4711?"), "{said}");
}

#[test]
fn a_customer_is_found_by_a_part_of_the_name() {
    let office = a_life();
    let by_id = printed(
        &office,
        &["history", "I-4711", "--business-unit", "vilnius"],
    );
    assert_eq!(printed(&office, &["history", "PAVYZD"]), by_id);
    let ona = printed(&office, &["history", "petraite", "ona"]);
    assert!(ona.starts_with("I-4711  regular\n"), "{ona}");
    assert!(!ona.contains("vilnius  regular"), "{ona}");
    let (code, said) = refused(&office, &["history", " "]);
    assert!(
        code == Some(65) && said.contains("CUSTOMER is empty"),
        "{said}"
    );
    let (_, said) = refused(&office, &["history", "I-4711\u{a0}"]);
    assert!(
        said.contains("a no-break space (U+00A0) as character 7; did you mean I-4711?"),
        "{said}"
    );
    let (code, said) = refused(&office, &["history", "pavyzd", "--business-unit", "kaunas"]);
    assert_eq!(code, Some(65), "{said}");
}

#[test]
fn a_change_that_nobody_sees_is_named() {
    let office = Office::new();
    office.batch("1", &[person("1")]);
    let changed =
        json!({"action": "UPDATE", "communicationNumber": "N-2", "nationalCode": "1\u{2011}2"});
    office.batch("2", &[with(person("1"), changed)]);
    let out = printed(&office, &["history", "X-1"]);
    assert!(
        out.contains("(with a no-break hyphen (U+2011, looks like -) as character 2)"),
        "{out}"
    );
}

#[test]
fn several_customers_of_a_name_are_listed_and_near_names_where_there_is_none() {
    let office = Office::new();
    let of = |id: &str, last: &str| {
        let fields = json!({"lastName": last, "businessUnit": "kaunas"});
        with(person(id), fields)
    };
    let rejected = with(
        person("3"),
        json!({"lastName": "Jonaitytė", "riskLevel": "low"}),
    );
    office.batch(
        "a",
        &[of("1", "Jonaitė"), of("2", "Kazlauskienė"), rejected],
    );
    let listed = printed(&office, &["history", "jonait"]);
    assert!(listed.starts_with("2 customers\n"), "{listed}");
    for command in [
        "`kycdrop history X-1 --business-unit kaunas`",
        "`kycdrop history X-3`",
    ] {
        assert!(listed.contains(command), "{listed}");
    }
    let told: Value = serde_json::from_str(&printed(
        &office,
        &["history", "jonait", "--format", "json"],
    ))
    .expect("JSON");
    assert_eq!(told["found"][0]["name"], "Ona Jonaitytė");
    let (code, said) = refused(&office, &["history", "Kazlauskeinė"]);
    assert_eq!(code, Some(65));
    assert!(said.contains("did you mean Kazlauskienė?"), "{said}");
}
