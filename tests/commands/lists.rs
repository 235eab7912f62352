//! `lists`: the screening lists of a folder, and what is wrong with them.

use crate::common;

use common::Office;
use serde_json::Value;

/// A home with the made-up lists of `examples/lists`.
fn office() -> Office {
    let office = Office::new();
    for file in [
        "sanctions.toml",
        "sanctions.csv",
        "internal.toml",
        "internal.csv",
    ] {
        let from = format!("{}/examples/lists/{file}", env!("CARGO_MANIFEST_DIR"));
        office.write(format!("lists/{file}"), std::fs::read(from).expect(file));
    }
    office
}

fn listed(office: &Office) -> (Option<i32>, Vec<Value>, String) {
    let output = office.run(&["lists", "--format", "json"]);
    let rows = serde_json::from_slice(&output.stdout).expect("JSON");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), rows, said)
}

#[test]
fn each_list_is_shown_with_its_size_and_version() {
    let office = office();
    let (code, rows, said) = listed(&office);
    assert_eq!(code, Some(0), "{said}");
    let of = |at: usize, key: &str| rows[at][key].clone();
    assert_eq!(
        (of(0, "list"), of(0, "entries")),
        ("internal".into(), 5.into())
    );
    assert_eq!(
        (of(1, "list"), of(1, "entries")),
        ("sanctions".into(), 200.into())
    );
    assert_eq!(of(1, "processes"), "SANCTIONS");
    assert_eq!(of(1, "state"), "usable");
    assert_eq!(of(1, "date"), "2025-01-01");
    assert!(said.contains("2 lists to be used in"), "{said}");
    let again = listed(&office).1;
    assert_eq!(rows, again);
    office.edit("lists/sanctions.csv", "example-001", "example-1");
    assert_ne!(rows[1]["version"], listed(&office).1[1]["version"]);
    let elsewhere = Office::new().run(&["lists", office.at("lists").to_str().expect("text")]);
    assert!(
        String::from_utf8_lossy(&elsewhere.stdout).contains("\nsanctions,SANCTIONS,usable,200,")
    );
}

#[test]
fn a_list_that_is_refused_is_said_with_its_fix() {
    let office = office();
    office.edit("lists/internal.toml", "process", "proces");
    let csv = office.at("lists/sanctions.csv");
    let bytes = std::fs::read(&csv).expect("a list");
    office.write("lists/sanctions.csv", &bytes[..bytes.len() / 2 - 7]);
    office.write("lists/forgotten.csv", "name\nOna\n");
    office.write("lists/README.txt", "what is here\n");
    office.write("lists/sanctions.csv.part", "half\n");
    let (code, rows, said) = listed(&office);
    assert_eq!(code, Some(78));
    assert!(
        rows.iter()
            .all(|row| row["state"] == "refused" && row["entries"].is_null())
    );
    assert!(said.contains("internal: internal.toml: line 3, column 1: unknown field `proces`: did you mean process?"), "{said}");
    assert!(
        said.contains("sanctions: sanctions.csv:92: has 3 columns instead of 15")
            && said.contains("copy the file again, whole"),
        "{said}"
    );
    assert!(!said.contains("no description mentions"), "{said}");
    assert!(
        !said.contains("README") && !said.contains(".part"),
        "{said}"
    );
    assert!(said.contains("0 lists to be used in"), "{said}");
    office.edit("lists/internal.toml", "proces", "process");
    office.write("lists/folds.toml", "");
    let said = listed(&office).2;
    let forgotten = said
        .lines()
        .filter(|l| l.contains("no description mentions"));
    let forgotten: Vec<_> = forgotten.collect();
    assert_eq!(forgotten.len(), 1, "{said}");
    assert!(forgotten[0].starts_with("forgotten.csv: "));
    std::fs::remove_file(&csv).expect("removed");
    assert!(
        listed(&office)
            .2
            .contains("sanctions: sanctions.csv is missing")
    );
    std::fs::create_dir(&csv).expect("a folder");
    assert!(
        listed(&office)
            .2
            .contains("sanctions.csv is a folder, not a regular file")
    );
}

#[test]
fn an_old_list_is_refused_on_the_day_that_it_is_too_old() {
    let list = |moment: &str| {
        let office = Office::on(moment);
        office.write("lists/own.toml", "title = \"Own\"\nprocess = \"INTERNAL_LIST\"\nformat = \"csv\"\nfile = \"own.csv\"\ndate = 2026-02-27\nmax_age_days = 2\n");
        office.write("lists/own.csv", "name\nOna\n");
        let (code, rows, _) = listed(&office);
        (
            code,
            rows[0]["age_days"].clone(),
            rows[0]["refused"].clone(),
        )
    };
    assert_eq!(
        list("2026-03-01T23:59:00Z"),
        (Some(0), 2.into(), Value::Null)
    );
    let (code, _, refused) = list("2026-03-02T00:00:01Z");
    assert_eq!(
        (code, refused),
        (
            Some(78),
            "it is from 2026-02-27, 3 days old; max_age_days = 2".into()
        )
    );
}

#[test]
fn a_home_without_lists_is_sound() {
    let office = Office::new();
    office.once();
    let output = office.run(&["lists"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("docs/LISTS.md says what belongs there")
    );
    let doctor = |office: &Office| {
        let output = office.run(&["doctor", "--quick"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said
            .lines()
            .find(|line| line.contains(" lists "))
            .map(str::to_owned);
        (output.status.code(), line)
    };
    assert_eq!(doctor(&office), (Some(0), None));
    let nowhere = office.run(&["lists", "nowhere"]);
    assert!(!nowhere.status.success() && nowhere.stdout.is_empty());
    let office = self::office();
    office.once();
    let (code, line) = doctor(&office);
    assert_eq!(code, Some(0));
    assert!(
        line.expect("a line")
            .contains("sanctions: 200 entries with ")
    );
    office.write("lists/forgotten.csv", "name\nOna\n");
    assert!(doctor(&office).1.expect("a line").starts_with("warn"));
    office.edit(
        "lists/sanctions.toml",
        "min_entries = 200",
        "min_entries = 201",
    );
    let (code, line) = doctor(&office);
    assert_eq!(code, Some(78));
    let line = line.expect("a line");
    assert!(
        line.starts_with("fail")
            && line.contains("sanctions refused: it has 200 entries and should have at least 201"),
        "{line}"
    );
}
