//! `classifiers`: listed, shown, checked, compared, and who still uses what went.

use crate::asking;
use crate::common;

use asking::{printed, refused};
use common::{Office, person, with};
use kycdrop::catalog::Classifier;
use serde_json::json;

fn edit(office: &Office, name: &str, from: &str, to: &str) {
    let path = office.at(format!("classifiers/{name}.toml"));
    let text = std::fs::read_to_string(&path).expect("a classifier");
    assert!(text.contains(from), "{name}: {from}");
    std::fs::write(&path, text.replacen(from, to, 1)).expect("written");
}

#[test]
fn listed_and_shown() {
    let office = Office::new();
    let list = printed(&office, &["classifiers"]);
    assert!(
        list.starts_with("classifier,title,values,retired,bound_to\naccountType,"),
        "{list}"
    );
    assert_eq!(
        list.lines().count(),
        1 + Classifier::ALL.len(),
        "the shipped ones, where the home has none"
    );
    insta::assert_snapshot!(printed(
        &office,
        &[
            "classifiers",
            "show",
            "riskManagementCategory",
            "--format",
            "table"
        ]
    ));
    let (code, said) = refused(&office, &["classifiers", "show", "Country"]);
    assert_eq!(code, Some(65));
    assert!(said.contains("did you mean country?"), "{said}");
}

#[test]
fn checked_before_they_are_put_in_place() {
    let office = Office::new();
    office.once();
    let output = office.run(&["classifiers", "check"]);
    assert!(output.status.success());
    let counted = format!("{} classifiers in ", Classifier::ALL.len());
    assert!(String::from_utf8_lossy(&output.stderr).contains(&counted));
    edit(&office, "legalForm", "LTD = ", "LTD = 7 #");
    let (code, said) = refused(&office, &["classifiers", "check"]);
    assert_eq!(code, Some(78));
    assert!(
        said.contains("legalForm.toml:6: the value of LTD"),
        "{said}"
    );
}

fn retire_billing(office: &Office) {
    edit(
        office,
        "addressType",
        "BILLING = \"",
        "BILLING = { retired = 2026-01-01, name = \"",
    );
    let path = office.at("classifiers/addressType.toml");
    let text = std::fs::read_to_string(&path).expect("text");
    let fixed: Vec<String> = text
        .lines()
        .map(|l| match l.starts_with("BILLING") {
            true => format!("{l} }}"),
            false => l.to_owned(),
        })
        .collect();
    std::fs::write(&path, fixed.join("\n")).expect("written");
}

#[test]
fn what_changed_from_then_to_now_and_whom_it_concerns() {
    let office = Office::new();
    let address = |kind: &str| json!({"listAddress": [{"country": "LT"}, {"country": "LT", "addressType": kind}]});
    office.batch(
        "a",
        &[
            with(person("1"), address("WAREHOUSE")),
            with(person("2"), address("BILLING")),
            with(person("3"), address("RESIDENCE")),
        ],
    );
    edit(&office, "addressType", "WAREHOUSE = ", "STORE = ");
    retire_billing(&office);
    edit(&office, "country", "LT = \"Lithuania\"", "LT = \"Lietuva\"");
    // The second customer is updated and uses what went no more.
    let update = json!({"action": "UPDATE", "communicationNumber": "U-1"});
    office.batch("b", &[with(with(person("2"), address("STORE")), update)]);

    let first = office.value("SELECT classifier_set FROM v_batch WHERE batch_id = 1");
    let first = &first.as_str().expect("a hash")[..10];
    let told = printed(&office, &["classifiers", "compare", first, "now"]);
    let changes: Vec<&str> = told
        .lines()
        .map(|l| l.rsplitn(3, ',').last().unwrap_or(l))
        .collect();
    assert_eq!(
        changes,
        [
            "classifier,code,change",
            "addressType,BILLING,retired",
            "addressType,STORE,added",
            "addressType,WAREHOUSE,gone",
            "country,LT,renamed",
        ]
    );
    assert!(
        told.contains("country,LT,renamed,Lithuania,Lietuva"),
        "{told}"
    );
    let used = printed(&office, &["classifiers", "used-retired"]);
    let used: Vec<&str> = used.lines().collect();
    assert_eq!(used.len(), 2, "{used:?}");
    assert!(
        used[1].starts_with(",X-1,addressType,WAREHOUSE,listAddress[1].addressType,"),
        "{used:?}"
    );

    let (code, _) = refused(&office, &["classifiers", "compare", "zzz"]);
    assert_eq!(code, Some(65));
    assert_eq!(
        printed(&office, &["classifiers", "compare", "now", "now"])
            .lines()
            .count(),
        1
    );
}

#[test]
fn a_retired_code_is_found_in_additional_values_too() {
    let office = Office::new();
    office.once();
    office.write(
        "classifiers/taxOffice.toml",
        "title = \"Tax offices\"\n[bind]\nadditional_values = [\"tax_office\"]\n[values]\nVNO = \"Vilnius\"\nKUN = \"Kaunas\"\n",
    );
    let value = |code: &str, value: &str| json!({"code": code, "description": "d", "datatype": "STRING", "value": value});
    let customers = [
        with(
            person("1"),
            json!({"listAdditionalValues": [value("other", "KUN"), value("tax_office", "KUN")]}),
        ),
        with(
            person("2"),
            json!({"listAdditionalValues": [value("tax_office", "VNO"), value("other", "KUN")]}),
        ),
    ];
    office.batch("a", &customers);
    assert_eq!(office.value("SELECT count(*) FROM v_assessment"), 2);
    edit(&office, "taxOffice", "KUN = \"Kaunas\"\n", "");
    office.once();
    let used = printed(&office, &["classifiers", "used-retired"]);
    let used: Vec<&str> = used.lines().skip(1).collect();
    assert_eq!(used.len(), 1, "{used:?}");
    assert!(
        used[0].starts_with(",X-1,taxOffice,KUN,listAdditionalValues[1].value,"),
        "{used:?}"
    );
}

#[test]
fn a_retired_code_is_found_where_validation_looks_for_it_and_nowhere_else() {
    let office = Office::new();
    office.once();
    office.write(
        "classifiers/taxOffice.toml",
        "title = \"Tax offices\"\n[bind]\nadditional_values = [\"tax_office\", \"7\"]\n[values]\n12 = \"Vilnius\"\n\"K/1\" = \"Kaunas\"\n",
    );
    let value = |code: serde_json::Value, value: serde_json::Value| json!({"listAdditionalValues": [{"code": code, "description": "d", "datatype": "STRING", "value": value}]});
    let customers = [
        // Not bound: codes are exact, in validation as in what is asked later.
        with(person("1"), value(json!(" tax_office "), json!("K/1"))),
        with(person("2"), value(json!(" tax_office "), json!("nonsense"))),
        // Bound: a number reads as its text.
        with(person("3"), value(json!(7), json!(12))),
        with(person("4"), value(json!(7), json!(13))),
        with(person("5"), value(json!("tax_office"), json!(" K/1"))),
        with(person("6"), value(json!("tax_office"), json!("K/1"))),
    ];
    // Some senders escape a slash: it is the same code.
    let body = json!({"customers": customers}).to_string();
    office.drop("batch-customers/a.json", body.replace("K/1", "K\\/1"));
    office.once();
    let answered: Vec<_> = office.response("batch-customers/a")["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|r| r["errorCode"].as_str().unwrap_or("").to_owned())
        .collect();
    assert_eq!(answered, ["", "", "", "CLS01", "CLS01", ""]);
    edit(
        &office,
        "taxOffice",
        "12 = \"Vilnius\"\n\"K/1\" = \"Kaunas\"\n",
        "",
    );
    office.once();
    let used = printed(&office, &["classifiers", "used-retired"]);
    let used: Vec<_> = used
        .lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .skip(1)
                .take(3)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(used, ["X-3 taxOffice 12", "X-6 taxOffice K/1"]);
}

/// An office whose classifiers changed: LTD was retired on the second day. Returns the office on the third.
fn changed_on_the_second_day() -> Office {
    let mut office = Office::on("2026-10-05T10:00:00Z");
    office.once();
    office.move_to("2026-10-06T10:00:00Z");
    edit(
        &office,
        "legalForm",
        "LTD = \"",
        "LTD = { retired = true, name = \"",
    );
    let path = office.at("classifiers/legalForm.toml");
    let text = std::fs::read_to_string(&path).expect("a classifier");
    let lines = text.lines().map(|line| match line.starts_with("LTD = {") {
        true => format!("{line} }}\n"),
        false => format!("{line}\n"),
    });
    std::fs::write(&path, lines.collect::<String>()).expect("written");
    office.once();
    office.move_to("2026-10-07T10:00:00Z");
    office
}

#[test]
fn as_they_were_on_a_day() {
    let office = changed_on_the_second_day();
    let retired = |at: &str| {
        let rows = printed(&office, &["classifiers", "show", "legalForm", "--at", at]);
        let row = rows
            .lines()
            .find(|l| l.starts_with("LTD,"))
            .expect("LTD")
            .to_owned();
        row.ends_with(",yes")
    };
    assert!(!retired("2026-10-05"));
    assert!(retired("2026-10-06"));
    assert!(retired("now"));
    let changed = printed(
        &office,
        &["classifiers", "compare", "2026-10-05", "2026-10-07"],
    );
    assert!(changed.contains("legalForm,LTD,retired"), "{changed}");
    let (code, said) = refused(
        &office,
        &["classifiers", "show", "legalForm", "--at", "2026-10-04"],
    );
    assert_eq!(code, Some(65));
    assert!(
        said.contains("no set of classifiers was active on 2026-10-04"),
        "{said}"
    );
}

#[test]
fn written_back_they_are_the_same_set() {
    let office = changed_on_the_second_day();
    let then = office.at("then");
    let dir = then.to_str().expect("a path");
    let output = office.run(&["classifiers", "export", "2026-10-05", dir]);
    assert!(output.status.success());
    // Put in place, they are the set of that day again.
    std::fs::remove_dir_all(office.at("classifiers")).expect("gone");
    std::fs::rename(&then, office.at("classifiers")).expect("moved");
    office.once();
    let same = printed(&office, &["classifiers", "compare", "2026-10-05", "now"]);
    assert_eq!(same.lines().count(), 1, "{same}");
    let loads = office.rows("SELECT DISTINCT set_id FROM classifier_load");
    assert_eq!(loads.len(), 2, "{loads:?}");
    let (code, said) = refused(
        &office,
        &[
            "classifiers",
            "export",
            "now",
            office.path().to_str().expect("a path"),
        ],
    );
    assert_eq!(code, Some(65));
    assert!(said.contains("is there already"), "{said}");
}

#[test]
fn a_file_is_checked_as_on_a_day() {
    let office = changed_on_the_second_day();
    let company = common::company("C-1");
    let file = office.write("x.json", json!({"customers": [company]}).to_string());
    let file = file.to_str().expect("a path");
    assert_eq!(office.run(&["check", file]).status.code(), Some(1));
    assert_eq!(
        office
            .run(&["check", "--with", "2026-10-05", file])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        office
            .run(&["check", "--with", "2026-10-06", file])
            .status
            .code(),
        Some(1)
    );
}
