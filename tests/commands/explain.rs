//! `explain` shows what was wrong, where, what is allowed and how to fix it. The snapshots are its
//! real output; `INSTA_UPDATE=always cargo test --test commands explain` brings them up to date.

use crate::asking;
use crate::common;

use asking::{a_wrong_batch, printed, refused};
use common::{Office, person, with};
use serde_json::{Value, json};

#[test]
fn a_batch_with_every_finding_of_every_customer() {
    let office = a_wrong_batch();
    insta::assert_snapshot!(printed(&office, &["explain", "wrong.json"]));
}

#[test]
fn a_batch_by_its_number_its_file_and_its_response() {
    let office = a_wrong_batch();
    let by_number = printed(&office, &["explain", "1"]);
    for name in [
        "wrong.json",
        "wrong.response.json",
        "batch-customers/wrong.response.json",
        "watch-dir/outbox/batch-customers/wrong.response.json",
    ] {
        assert_eq!(printed(&office, &["explain", name]), by_number, "{name}");
    }
    office.batch("other", &[person("9")]);
    office.batch("wrong2", &[person("1")]);
    office.drop(
        "batch-customers/wrong.json",
        json!({"customers": [person("8")]}).to_string(),
    );
    office.once();
    let newest = printed(&office, &["explain", "wrong.json"]);
    assert!(
        newest.starts_with("batch 4  batch-customers/wrong.json"),
        "{newest}"
    );
}

#[test]
fn one_customer_of_a_batch() {
    let office = a_wrong_batch();
    insta::assert_snapshot!(printed(&office, &["explain", "1", "--customer", "5"]));
    let sound = printed(&office, &["explain", "1", "--customer", "1"]);
    assert!(sound.ends_with("accepted\n  nothing to fix\n"), "{sound}");
    let (code, said) = refused(&office, &["explain", "1", "--customer", "7"]);
    assert_eq!(code, Some(65));
    assert!(
        said.contains("it has 6 customers; the first is 1"),
        "{said}"
    );
    let (code, said) = refused(&office, &["explain", "1", "--customer", "0"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("customers count from 1"), "{said}");
}

#[test]
fn a_bare_code_with_all_its_rules() {
    let office = a_wrong_batch();
    insta::assert_snapshot!(printed(&office, &["explain", "c007"]));
    insta::assert_snapshot!(printed(&office, &["explain", "C017.C016.RE06.Co1"]));
    let without = printed(&Office::new(), &["explain", "O005"]);
    assert!(
        without.contains("communicationNumber of its own"),
        "{without}"
    );
    assert!(!without.contains("here "), "{without}");
}

#[test]
fn programs_get_the_same_as_json() {
    let office = a_wrong_batch();
    let told: Value =
        serde_json::from_str(&printed(&office, &["explain", "1", "--format", "json"]))
            .expect("JSON");
    assert_eq!(told["batch"]["rejected"], 5);
    let findings = told["customers"][0]["findings"]
        .as_array()
        .expect("findings");
    let country = findings
        .iter()
        .find(|f| f["path"] == "listAddress[0].country")
        .expect("a finding");
    assert_eq!(country["value"], "\"LTU\"");
    assert_eq!(country["nearest"][0]["code"], "LT");
    assert_eq!(
        told["customers"][0]["warnings"][0]["detail"],
        "did you mean isSanctioned?"
    );
    let first = &told["customers"][0];
    assert_eq!(
        (&first["customer"], &first["position"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(first["name"], "Ona");
    let code: Value =
        serde_json::from_str(&printed(&office, &["explain", "C010", "--format", "json"]))
            .expect("JSON");
    assert_eq!(code[0]["rule"], "entity-type");
}

#[test]
fn a_file_that_is_no_request_and_a_folder_that_is_no_endpoint() {
    let office = Office::new();
    office.drop("batch-customers/broken.json", "{\"customers\":[\n{]");
    office.drop("invoices/x.json", "{}");
    office.once();
    insta::assert_snapshot!(printed(&office, &["explain", "broken.json"]));
    insta::assert_snapshot!(printed(&office, &["explain", "x.json"]));
}

#[test]
fn only_so_many_customers_unless_all_are_asked_for() {
    let office = Office::new();
    let wrong: Vec<Value> = (0..25)
        .map(|i| with(person(&i.to_string()), json!({"entityType": null})))
        .collect();
    office.batch("many", &wrong);
    let some = printed(&office, &["explain", "1"]);
    assert_eq!(some.matches("\ncustomer ").count(), 20);
    assert!(
        some.ends_with("There are more; `kycdrop explain 1 --limit 0` shows all.\n"),
        "{some}"
    );
    let all = printed(&office, &["explain", "1", "--limit", "0"]);
    assert_eq!(all.matches("\ncustomer ").count(), 25);
}

#[test]
fn a_code_that_was_added_since_is_reported() {
    let office = a_wrong_batch();
    let path = office.at("classifiers/legalForm.toml");
    let text = std::fs::read_to_string(&path).expect("a classifier");
    std::fs::write(&path, format!("{text}\nGMBH = \"GmbH\"\n")).expect("written");
    office.once();
    let told = printed(&office, &["explain", "1", "--customer", "3"]);
    assert!(
        told.contains("legalForm has this code by now: send the customer again as it is."),
        "{told}"
    );
}

#[test]
fn what_a_customer_says_cannot_steer_the_terminal() {
    let office = Office::new();
    office.batch(
        "esc",
        &[with(
            person("\u{1b}[2J"),
            json!({"citizenshipCountry": "\u{1b}[31m\u{202e}"}),
        )],
    );
    let told = printed(&office, &["explain", "1"]);
    assert!(
        !told.contains('\u{1b}') && !told.contains('\u{202e}'),
        "{told}"
    );
}

#[test]
fn a_place_is_that_in_the_file_and_in_the_customer_once_the_file_is_gone() {
    let office = Office::new();
    let wrong = with(
        person("2"),
        json!({"firstName": "Žydrūnė ėęš", "riskLevel": "Medium"}),
    );
    let file = format!(
        "{{\"note\": \"žąė\",\n \"customers\": [ {}\n ,\t{},\n{}]}}\n",
        person("1"),
        serde_json::to_string_pretty(&wrong).expect("JSON"),
        with(person("3"), json!({"riskLevel": "Low"})),
    );
    office.drop("batch-customers/x.json", &file);
    // The same name, size and day: the bytes tell which it was.
    office.drop("x.json", file.replace("Medium", "medium"));
    office.once();
    let batch =
        office.value("SELECT batch_id FROM v_finding WHERE description LIKE '%NONE%' LIMIT 1");
    let told = printed(&office, &["explain", &batch.to_string()]);
    let shown: Vec<_> = told
        .lines()
        .filter(|l| l.contains("riskLevel = "))
        .collect();
    assert_eq!(shown.len(), 2, "{told}");
    for line in &shown {
        let value = line
            .split(" = ")
            .nth(1)
            .and_then(|v| v.split(", at").next());
        let numbers: Vec<usize> = line
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|n| n.parse().ok())
            .collect();
        let text: String = file
            .lines()
            .nth(numbers[0] - 1)
            .expect("a line")
            .chars()
            .skip(numbers[1] - 1)
            .collect();
        let value = value.expect("a value").to_lowercase();
        assert!(text.to_lowercase().starts_with(&value), "{line}: {text}");
        assert!(line.ends_with("of the file"), "{line}");
    }
    std::fs::remove_dir_all(office.at("watch-dir/archive")).expect("taken away");
    let told = printed(&office, &["explain", &batch.to_string()]);
    assert!(told.contains("column 16 of the customer"), "{told}");
}

#[test]
fn a_customer_is_found_in_a_history_whose_numbers_have_no_gaps() {
    let office = Office::new();
    // The third, the fourth and the sixth of ten are rejected, and the first.
    let wrong = [0, 2, 3, 5];
    let customers: Vec<Value> = (0..10)
        .map(|i| match wrong.contains(&i) {
            true => with(person(&i.to_string()), json!({"riskLevel": "low"})),
            false => person(&i.to_string()),
        })
        .collect();
    office.batch("a", &customers);
    let all_are_found = || {
        for i in 0..10 {
            let args = [
                "explain",
                "1",
                "--customer",
                &(i + 1).to_string(),
                "--format",
                "json",
            ];
            let output = office.run(&args);
            assert!(output.status.success());
            let told: Value = serde_json::from_slice(&output.stdout).expect("json");
            let told = told.to_string();
            assert!(told.contains(&format!("\"X-{i}\"")), "{i}: {told}");
            let state = if wrong.contains(&i) {
                "rejected"
            } else {
                "accepted"
            };
            assert!(told.contains(&format!("\"{state}\"")), "{i}: {told}");
        }
    };
    all_are_found();
    // As versions before numbered them.
    let conn = office.database();
    conn.execute_batch(
        "PRAGMA foreign_keys = OFF;
         UPDATE assessment SET assessment_id =
           (SELECT count(*) FROM assessment a WHERE a.position <= assessment.position);
         UPDATE batch SET first_assessment_id = 1, last_assessment_id = 6;",
    )
    .expect("renumbered");
    drop(conn);
    all_are_found();
}

#[test]
fn what_nobody_sees_in_a_value_is_shown_and_named() {
    let office = Office::new();
    let cases = [
        (
            "LT\u{200b}",
            "\"LT\\u{200b}\"",
            "a zero width space (U+200B) as character 3",
        ),
        (
            "\u{a0}LT",
            "\"\\u{a0}LT\"",
            "a no-break space (U+00A0) as character 1",
        ),
        (
            "L\u{ad}T",
            "\"L\\u{ad}T\"",
            "a soft hyphen (U+00AD) as character 2",
        ),
        (
            "L\u{422}",
            "\"L\u{422}\"",
            "a Cyrillic letter (U+0422, looks like the Latin T) as character 2",
        ),
        (
            "\u{ff2c}T",
            "\"\u{ff2c}T\"",
            "a full-width letter (U+FF2C, looks like the Latin L)",
        ),
    ];
    let customers: Vec<Value> = (0..)
        .zip(&cases)
        .map(|(i, (country, ..))| {
            with(
                person(&format!("{i}")),
                json!({"citizenshipCountry": country}),
            )
        })
        .chain([
            with(
                person("day"),
                json!({"birthDate": "1990\u{2011}01\u{2011}02"}),
            ),
            with(person("risk"), json!({"riskLevel": "\u{41d}IGH"})),
            with(
                person("key"),
                json!({"citizenshipCountry": "XX", "isSanctioned\u{feff}": false}),
            ),
        ])
        .collect();
    office.batch("x", &customers);
    let shown = printed(&office, &["explain", "x.json"]);
    for (_, value, named) in cases {
        assert!(
            shown.contains(&format!("citizenshipCountry = {value}, at ")),
            "{value}: {shown}"
        );
        assert!(
            shown.contains(&format!(" The value contains {named}")),
            "{named}: {shown}"
        );
    }
    for expected in [
        "a no-break hyphen (U+2011, looks like -) as character 5 and a no-break hyphen",
        "a Cyrillic letter (U+041D, looks like the Latin H) as character 1",
        "isSanctioned\\u{feff}  did you mean isSanctioned?; it contains a zero width no-break space (U+FEFF) as character 13",
        "nearest  HIGH",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    // Each of them was meant for a code that is there.
    assert_eq!(shown.matches("nearest  LT").count(), cases.len(), "{shown}");
}

#[test]
fn the_files_beside_a_response_are_written_at_any_time() {
    let office = a_wrong_batch();
    let beside = |kind: &str| {
        let path = format!("watch-dir/outbox/batch-customers/wrong.{kind}");
        std::fs::read(office.at(path)).expect("beside the response")
    };
    let written = |args: &[&str]| {
        let output = office.run(args);
        assert!(output.status.success(), "{args:?}");
        output.stdout
    };
    let csv = written(&["explain", "wrong.json", "--format", "csv"]);
    assert_eq!(csv, beside("findings.csv"));
    let request = written(&["explain", "last", "--rejected"]);
    assert_eq!(request, beside("rejected.json"));
    let fix = office.at("fix.json");
    let told = office.run(&["explain", "1", "--rejected", &fix.to_string_lossy()]);
    assert!(told.status.success() && told.stdout.is_empty());
    assert_eq!(std::fs::read(&fix).expect("written"), request);
    let (code, said) = refused(
        &office,
        &["explain", "1", "--rejected", &fix.to_string_lossy()],
    );
    assert_eq!(code, Some(74), "{said}");

    let of_one = written(&["explain", "X-3", "--rejected"]);
    let of_one: Value = serde_json::from_slice(&of_one).expect("JSON");
    assert_eq!(of_one["customers"].as_array().map(Vec::len), Some(1));
    assert_eq!(of_one["customers"][0]["customerExtId"], "X-3");
    let of_one = written(&["explain", "1", "--customer", "3", "--format", "csv"]);
    let of_one = String::from_utf8(of_one).expect("text");
    assert!(
        of_one
            .lines()
            .skip(1)
            .all(|row| row.starts_with("3,UAB Pavyzdys,X-3,")),
        "{of_one}"
    );
    assert_eq!(of_one.lines().count(), 3, "{of_one}");
}

#[test]
fn where_nothing_was_rejected_there_is_no_request_to_fix() {
    let office = a_wrong_batch();
    let output = office.run(&["explain", "1", "--customer", "1", "--rejected"]);
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was rejected"));
    office.drop("batch-customers/broken.json", "{");
    office.once();
    for (args, why) in [
        (
            &["explain", "broken.json", "--rejected"][..],
            "was not validated",
        ),
        (
            &["explain", "1", "--customer", "7", "--format", "csv"],
            "no customer 7",
        ),
        (
            &["explain", "O005", "--format", "csv"],
            "an error has no customers",
        ),
        (&["explain", "N-1", "--rejected"], "several customers match"),
    ] {
        let (code, said) = refused(&office, args);
        assert_eq!(code, Some(65), "{said}");
        assert!(said.contains(why), "{args:?}: {said}");
    }
}
