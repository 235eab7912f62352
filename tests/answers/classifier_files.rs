//! Classifier files that cannot be loaded: refused by file, line and remedy, with nothing loaded.

use crate::common;

use common::{Office, person};
use serde_json::json;

/// What is written to a file, and where and why it must be refused.
struct Bad {
    file: &'static str,
    text: &'static [u8],
    /// `file:line: message`, or its beginning.
    says: &'static str,
    remedy: &'static str,
}

const fn bad(
    file: &'static str,
    text: &'static str,
    says: &'static str,
    remedy: &'static str,
) -> Bad {
    Bad {
        file,
        text: text.as_bytes(),
        says,
        remedy,
    }
}

const BAD: &[Bad] = &[
    bad(
        "added.toml",
        "title = \"T\"\n[values]\nA = \"a\"\nB = b\n",
        "added.toml:4: ",
        "fix the line",
    ),
    bad(
        "added.toml",
        "title = \"T\"\ntitel = \"T\"\n[values]\nA = \"a\"\n",
        "added.toml:2: unknown key titel",
        "title, [values] and [bind]",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[values]\nA = \"a\"\nB = { name = \"b\", retird = true }\n",
        "added.toml:4: unknown key retird in the value B",
        "name, retired and attributes",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[bind]\nfield = [\"Address.city\"]\n[values]\nA = \"a\"\n",
        "added.toml:3: unknown key field below [bind]",
        "fields and additional_values",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[values]\nA = \"a\"\nB = \"b\"\nA = \"again\"\n",
        "added.toml:5: ",
        "may appear only once",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[bind]\nfields = [\n  \"Address.city\",\n  \"Customer.nationalcode\",\n]\n[values]\nA = \"a\"\n",
        "added.toml:5: there is no field Customer.nationalcode to bind",
        "did you mean Customer.nationalCode?",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[bind]\nfields = [\"Customer.birthDate\"]\n[values]\nA = \"a\"\n",
        "added.toml:3: Customer.birthDate is not a String field and cannot be bound",
        "only fields of the type String",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[bind]\nfields = [\"Contact.contactType\"]\n[values]\nA = \"a\"\n",
        "added.toml:3: Contact.contactType is not a String field",
        "only fields of the type String",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[bind]\nadditional_values = \"tax_office\"\n[values]\nA = \"a\"\n",
        "added.toml:3: additional_values is not an array",
        "additional_values = [\"...\"]",
    ),
    bad(
        "riskManagementCategory.toml",
        "title = \"T\"\n[values]\nIND = \"i\"\nODD = { name = \"o\", attributes = { kind = \"regulr\" } }\n",
        "riskManagementCategory.toml:4: kind of the category ODD",
        "regular, lead, simplified",
    ),
    bad(
        "riskManagementCategory.toml",
        "title = \"T\"\n[values]\nODD = { name = \"o\", attributes = { entity_type = \"PERSON\" } }\n",
        "riskManagementCategory.toml:3: entity_type of the category ODD",
        "INDIVIDUAL, ORGANIZATION",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[values]\nA = { name = \"a\", retired = \"2024-01-01\" }\n",
        "added.toml:3: retired of A is not true, false or a date",
        "retired = 2025-01-31",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[values]\nA = { name = \"a\", retired = 2024-01-01T10:00:00Z }\n",
        "added.toml:3: retired of A is not true, false or a date",
        "retired = 2025-01-31",
    ),
    Bad {
        file: "added.toml",
        text: b"title = \"T\"\n[values]\nA = \"a\"\nB = \"\xe9t\xe9\"\n",
        says: "added.toml:4: is not UTF-8",
        remedy: "save the file as UTF-8",
    },
    bad(
        "added.toml",
        "[values]\nA = \"a\"\n",
        "added.toml:1: title is missing",
        "add title = ",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[values]\n\"\" = \"a\"\n",
        "added.toml:3: a code is blank",
        "compared exactly",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[values]\n\" A\" = \"a\"\n",
        "added.toml:3: a code is blank or has white space around it",
        "compared exactly",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[values]\nA = \" \"\n",
        "added.toml:3: A has no name",
        "give it a name",
    ),
    bad(
        "added.toml",
        "title = \"T\"\n[values]\nA = 7\n",
        "added.toml:3: the value of A is neither a name nor a table",
        "write CODE = ",
    ),
    bad(
        "added.toml",
        "title = \"T\"\nvalues = \"none\"\n",
        "added.toml:2: values is not a table",
        "[values]",
    ),
    bad(
        "tax office.toml",
        "title = \"T\"\n[values]\n",
        "tax office.toml:1: the file's name is not a valid classifier name",
        "letters, digits, - and _",
    ),
];

/// Runs `once`, which must refuse the classifiers, and returns what it said.
fn refused(office: &Office) -> String {
    let output = office.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(output.stdout.is_empty());
    said
}

/// Everything of the history that classifiers write.
fn loaded(office: &Office) -> Vec<serde_json::Map<String, serde_json::Value>> {
    office.rows(
        "SELECT (SELECT count(*) FROM classifier_set) AS sets,
                (SELECT count(*) FROM classifier_load) AS loads,
                (SELECT count(*) FROM classifier_version) AS versions,
                (SELECT count(*) FROM v_classifier_value) AS known,
                (SELECT count(*) FROM v_classifier_value WHERE retired_at IS NULL) AS in_use",
    )
}

#[test]
fn a_bad_file_is_refused_with_its_line_and_nothing_is_loaded() {
    let office = Office::new();
    office.once();
    let sound = loaded(&office);
    let dropped = json!({"customers": [person("1")]}).to_string();
    office.drop("x.json", &dropped);
    let category = "classifiers/riskManagementCategory.toml";
    let shipped = std::fs::read(office.at(category)).unwrap();
    for case in BAD {
        let path = office.write(format!("classifiers/{}", case.file), case.text);
        let said = refused(&office);
        let shown = String::from_utf8_lossy(case.text);
        assert!(
            said.contains(case.says),
            "{} in\n{said}\nfor\n{shown}",
            case.says
        );
        let told = said.split(case.says).nth(1).unwrap_or_default();
        assert!(told.contains(case.remedy), "{} in\n{said}", case.remedy);
        assert_eq!(loaded(&office), sound, "{shown}");
        std::fs::remove_file(path).unwrap();
        office.write(category, &shipped);
    }
    assert_eq!(office.files("watch-dir/inbox"), ["x.json"]);
    assert!(office.files("watch-dir/work").is_empty());
    assert_eq!(office.value("SELECT count(*) FROM v_batch"), 0);
    office.once();
    assert_eq!(
        office.response("batch-customers/x")["results"][0]["resultType"],
        "REQUEST_ACCEPTED"
    );
}

#[test]
fn a_home_that_begins_with_a_bad_file_has_no_values_at_all() {
    let office = Office::new();
    office.once();
    for begun in ["kycdrop.db", "kycdrop.lock"] {
        std::fs::remove_file(office.at(begun)).unwrap();
    }
    office.write("classifiers/added.toml", "title = \"T\"\n[values]\nA\n");
    let said = refused(&office);
    assert!(said.contains("added.toml:3: "), "{said}");
    assert_eq!(office.value("SELECT count(*) FROM v_classifier_set"), 0);
    assert_eq!(office.value("SELECT count(*) FROM v_classifier_value"), 0);
}

#[test]
fn every_problem_of_every_file_is_reported_at_once() {
    let office = Office::new();
    office.once();
    office.write(
        "classifiers/one.toml",
        "title = \"T\"\nx = 1\ny = 2\n[values]\n",
    );
    office.write("classifiers/two.toml", "[values]\nA = \"\"\n");
    std::fs::remove_file(office.at("classifiers/region.toml")).unwrap();
    let said = refused(&office);
    for place in [
        "one.toml:2: ",
        "one.toml:3: ",
        "two.toml:1: ",
        "two.toml:2: ",
        "region.toml: ",
    ] {
        assert!(said.contains(place), "{place} in\n{said}");
    }
}

#[test]
fn a_missing_classifier_of_the_contract_is_refused_by_name() {
    let office = Office::new();
    office.once();
    std::fs::remove_file(office.at("classifiers/currency.toml")).unwrap();
    let said = refused(&office);
    assert!(
        said.contains("currency.toml: this classifier of the contract is missing"),
        "{said}"
    );
    assert!(said.contains("restore the file"), "{said}");
    assert!(
        !office.at("classifiers/currency.toml").exists(),
        "nobody's own set is filled up"
    );
}

#[test]
fn check_and_run_refuse_bad_files_too() {
    let office = Office::new();
    office.once();
    office.write("classifiers/added.toml", "title = \"T\"\n[values]\nA\n");
    office.write("x.json", json!({"customers": [person("1")]}).to_string());
    for args in [&["check", "x.json"][..], &["run"]] {
        let output = office
            .command(args)
            .current_dir(office.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{args:?}: {said}");
        assert!(said.contains("added.toml:3: "), "{said}");
    }
}

#[test]
fn leftovers_beside_classifiers_are_left_alone() {
    let office = Office::new();
    office.once();
    for name in ["._region.toml", ".#region.toml", "~$region.toml"] {
        office.write(format!("classifiers/{name}"), b"\0\x05\x16\x07");
    }
    let results = office.batch("x", &[person("1")]);
    assert_eq!(results[0]["resultType"], "REQUEST_ACCEPTED");
}

#[test]
fn a_leftover_is_not_taken_for_an_institutions_own_set() {
    let office = Office::new();
    office.write("classifiers/._region.toml", b"\0\x05\x16\x07");
    let results = office.batch("x", &[person("1")]);
    assert_eq!(results[0]["resultType"], "REQUEST_ACCEPTED");
    assert!(office.at("classifiers/region.toml").exists());
}

/// A copy that a person made is no leftover: it may be what they wanted to be active.
#[test]
fn copies_and_capital_endings_are_named_as_what_they_are() {
    for (name, says) in [
        ("region - Copy.toml", "not a valid classifier name"),
        ("region (1).toml", "not a valid classifier name"),
        ("region.TOML", "the ending is not `.toml`"),
        ("Extra.Toml", "the ending is not `.toml`"),
    ] {
        let office = Office::new();
        office.once();
        let region = std::fs::read(office.at("classifiers/region.toml")).expect("a classifier");
        office.write(format!("classifiers/{name}"), region);
        let output = office.run(&["once"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains(name) && said.contains(says), "{said}");
        assert!(said.contains("move "), "{said}");
    }
}

#[test]
fn leftovers_are_counted_where_people_look() {
    let office = Office::configured("metrics_file = \"kycdrop.prom\"\n");
    office.once();
    office.write("classifiers/region (conflicted copy 2024-01-01).toml", "x");
    office.write("watch-dir/inbox/batch-customers/x.json.bak", "{}");
    office.write("watch-dir/inbox/Thumbs.db", "{}");
    office.once();
    assert!(office.files("watch-dir/archive").is_empty());
    let output = office.run(&["status"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("left alone 2 in the inbox, 1 in classifiers"),
        "{text}"
    );
    let output = office.run(&["status", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        json["left_alone"],
        serde_json::json!({"inbox": 2, "classifiers": 1})
    );
    let output = office.run(&["doctor"]);
    let text = String::from_utf8_lossy(&output.stdout);
    for part in [
        "left alone",
        "3: ",
        "x.json.bak",
        "Thumbs.db",
        "region (conflicted",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let figures = std::fs::read_to_string(office.at("kycdrop.prom")).expect("figures");
    assert!(figures.contains("kycdrop_left_alone 3\n"), "{figures}");
}

#[test]
fn a_clock_that_steps_back_changes_no_order_of_sets() {
    let office = Office::new();
    office.batch("1", &[person("1")]);
    office.write(
        "classifiers/mine.toml",
        "title = \"Mine\"\n[values]\nA = \"a\"\n",
    );
    office.batch("2", &[person("2")]);
    let database = office.database();
    let sets: Vec<String> = ["1", "2"]
        .iter()
        .map(|batch| {
            let sql = format!("SELECT classifier_set FROM v_batch WHERE batch_id = {batch}");
            office.value(&sql).as_str().expect("a hash")[..12].to_owned()
        })
        .collect();
    // The later ones an hour before the earlier.
    for (table, column, id) in [
        ("classifier_set", "loaded_at", "set_id"),
        ("classifier_load", "loaded_at", "load_id"),
        ("batch", "received_at", "batch_id"),
    ] {
        let sql =
            format!("UPDATE {table} SET {column} = '2024-05-01T1' || (9 - {id}) || ':00:00.000Z'");
        assert_eq!(database.execute(&sql, []).expect(&sql), 2);
    }
    let output = office.run(&["query", "--saved", "classifier-sets", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(rows[0]["classifier_set"], sets[1].as_str(), "{rows}");
    assert_eq!(rows[1]["classifier_set"], sets[0].as_str(), "{rows}");
    let day = "2024-05-01";
    let output = office.run(&["report", "--from", day, "--to", day, "--output", "-"]);
    let page = String::from_utf8_lossy(&output.stdout);
    let place = |set: &String| page.find(set.as_str()).expect("the set in the report");
    assert!(place(&sets[0]) < place(&sets[1]), "in the order of batches");
}
