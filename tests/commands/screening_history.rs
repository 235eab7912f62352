//! Screening as it is asked about: `explain`, `history`, `status`, `screen --calibrate`.

use crate::asking;
use crate::common;

use asking::{printed, refused};
use common::{Office, person, with};
use serde_json::{Value, json};

/// An office with a list for two processes, and a customer who is on it.
fn office() -> Office {
    let office = Office::new();
    list(&office, "");
    let fields = json!({
        "initializeScreeningProcesses": ["SANCTIONS", "PEP", "ADVERSE_MEDIA"], "sourceOfRiskLevel": "IMPORT",
        "firstName": "Jonas", "lastName": "Kalvaitis", "birthDate": "1970-02-03",
    });
    office.answer("customer", "1", &with(person("1"), fields));
    office
}

fn list(office: &Office, more: &str) {
    office.write("lists/own.toml", "title = \"Ours\"\nprocess = [\"SANCTIONS\", \"PEP\"]\nformat = \"csv\"\nfile = \"own.csv\"\ndate = 2026-01-31\n");
    office.write(
        "lists/own.csv",
        format!("id,name,birth_date\n7,Jonas Kalvaitis,1970-02-03\n{more}"),
    );
}

fn dismiss(office: &Office) {
    let decision = json!({"communicationNumber": "N-1", "process": "PEP", "decision": "DISMISSED",
        "decidedBy": "Rasa", "comment": "another photograph"});
    let answer = office.answer("decisions", "d", &decision);
    assert_eq!(answer["resultType"], "REQUEST_ACCEPTED");
}

#[test]
fn explain_and_history_say_what_was_found_and_who_decided() {
    let office = office();
    dismiss(&office);
    let said = printed(&office, &["explain", "N-1"]);
    for part in [
        "screening PEP of Jonas Kalvaitis at ",
        "COMPLETED, a match",
        "  1.000  7  Jonas Kalvaitis  (list own of 2026-01-31, version ",
        "jonas = jonas: similarity 1.000, ",
        "the same date of birth",
        "dismissed by Rasa at ",
        "\"another photograph\"",
        "PENDING, a match waits for a decision",
        "PENDING, not screened: there is no list for it",
        "  compared with own of 2026-01-31, version ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let short = printed(&office, &["history", "X-1"]);
    assert!(
        short.contains("(list own of 2026-01-31, version "),
        "{short}"
    );
    assert!(
        short.contains("dismissed by Rasa at ") && !short.contains("similarity"),
        "{short}"
    );
    let json = printed(&office, &["explain", "N-1", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let pep = &json["customers"][0]["screenings"][1];
    assert_eq!(pep["process"], "PEP");
    assert_eq!(pep["decision"]["confirmed"], false);
    assert_eq!(pep["hits"][0]["entity_id"], "7");
    assert_eq!(pep["lists"][0]["list"], "own");
    assert_eq!(
        office.value("SELECT lists ->> '$[0].date' FROM v_screening WHERE process = 'PEP'"),
        "2026-01-31"
    );
}

#[test]
fn every_hit_and_every_screening_says_which_issue_of_the_lists_it_is_from() {
    let office = office();
    let version = office.value("SELECT version FROM screening_list");
    let version = version.as_str().expect("a version");
    let short = format!("own of 2026-01-31, version {}", &version[..12]);
    // As it is: `printed` puts made-up versions in place.
    let run = |args: &[&str]| {
        let output = office.run(args);
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (text(output.stdout), text(output.stderr))
    };
    let screen = |format| run(&["screen", "Jonas Kalvaitis", "--format", format]);
    let (csv, said) = screen("csv");
    assert!(csv.ends_with(&format!(",2026-01-31,{version}\n")), "{csv}");
    assert!(said.contains(&format!("compared with {short}\n")), "{said}");
    let (tsv, _) = screen("tsv");
    assert!(
        tsv.ends_with(&format!("\t2026-01-31\t{version}\n")),
        "{tsv}"
    );
    let json: Value = serde_json::from_str(&screen("json").0).expect("JSON");
    assert_eq!(json[0]["list_version"], version);
    assert_eq!(json[0]["list_date"], "2026-01-31");
    let (text, _) = screen("text");
    assert!(text.contains(&format!("(list {short})")), "{text}");
    // Where nothing was found too.
    let fields =
        json!({"initializeScreeningProcesses": ["SANCTIONS"], "sourceOfRiskLevel": "IMPORT"});
    office.answer("customer", "2", &with(person("2"), fields));
    for args in [["explain", "N-2"], ["history", "X-2"]] {
        let (said, _) = run(&args);
        assert!(
            said.contains("COMPLETED, no match") && said.contains(&short),
            "{said}"
        );
    }
    let (calibrated, _) = run(&["screen", "--calibrate"]);
    assert!(
        calibrated.contains(&format!("compared with {short}\n")),
        "{calibrated}"
    );
}

#[test]
fn a_match_with_a_list_that_changed_is_explained_by_its_number() {
    let office = Office::new();
    office.write(
        "lists/own.toml",
        "title = \"Ours\"\nprocess = \"PEP\"\nformat = \"csv\"\nfile = \"own.csv\"\n",
    );
    office.write("lists/own.csv", "id,name\n7,Jonas Kalvaitis\n");
    let fields = json!({"firstName": "Jonas", "lastName": "Kalvaitis"});
    office.batch("b", &[person("2"), with(person("1"), fields)]);
    printed(&office, &["rescreen"]);
    let said = printed(&office, &["explain", "rescreening-1-2"]);
    assert!(
        said.contains("X-1") && said.contains("screening PEP of Jonas Kalvaitis"),
        "{said}"
    );
    assert!(
        printed(&office, &["history", "X-1"]).contains("rescreening-1-2"),
        "the life has it"
    );
}

#[test]
fn status_tells_matches_from_screenings_without_a_list() {
    let office = office();
    let json = printed(&office, &["status", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["totals"]["screenings_pending"], 3);
    assert_eq!(json["totals"]["matches_pending"], 2);
    assert_eq!(json["lists"][0]["entries"], 1);
    assert!(json["lists"][0]["age_days"].is_u64(), "{json}");
    dismiss(&office);
    let text = printed(&office, &["status"]);
    for line in [
        "2 screenings, 1 for a person, 1 for a list",
        "lists      own: 1 entry, ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    // It says how the list was read, and reads none itself.
    office.write("lists/own.csv", "id,name\n7");
    office.write("lists/new.toml", "title = ");
    let text = printed(&office, &["status"]);
    for said in ["own: 1 entry, ", "new: not read yet"] {
        assert!(text.contains(said), "{text}");
    }
    office.once();
    let text = printed(&office, &["status"]);
    for said in ["own: refused: ", "new: refused: "] {
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_list_that_lost_entries_is_refused_by_every_command() {
    let office = Office::new();
    let entries = |n: usize| {
        (0..n)
            .map(|i| format!("{i},Somebody Nr{i},\n"))
            .collect::<String>()
    };
    list(&office, &entries(20));
    office.once();
    list(&office, &entries(3));
    for command in [&["lists"][..], &["doctor"]] {
        let output = office.run(command);
        assert_eq!(output.status.code(), Some(78), "{output:?}");
    }
    office.once();
    assert!(printed(&office, &["status"]).contains("own: refused: "));
}

#[test]
fn calibrate_counts_the_standing_customers_by_score_and_list() {
    let office = office();
    office.batch("others", &[person("2"), person("3"), person("4")]);
    office.write(
        "lists/none.toml",
        "title = \"None\"\nprocess = \"PEP\"\nformat = \"csv\"\nfile = \"none.csv\"\n",
    );
    office.write("lists/none.csv", "id,name\n1,Xqzvy Wwkrt\n");
    let before = office.value("SELECT count(*) FROM screening_list");
    let json = printed(&office, &["screen", "--calibrate", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["customers"], 4);
    let scores: Vec<f64> = json["hits"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|r| r["min_score"].as_f64())
        .collect();
    assert_eq!(scores, [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]);
    let last = |rows: &Value| {
        (
            rows[7]["customers"].clone(),
            rows[7]["per_thousand"].clone(),
        )
    };
    let one = (json!(1), json!(250.0));
    assert_eq!(last(&json["hits"]), one);
    assert_eq!(json["lists"][0]["list"], "none");
    assert_eq!(json["lists"][1]["date"], "2026-01-31");
    assert_eq!(json["lists"][1]["version"].as_str().map(str::len), Some(64));
    assert_eq!(last(&json["lists"][0]["hits"]), (json!(0), json!(0.0)));
    assert_eq!(last(&json["lists"][1]["hits"]), one);
    let text = printed(&office, &["screen", "--calibrate"]);
    assert!(text.starts_with("4 standing customers; "), "{text}");
    assert!(
        text.contains("any list") && text.contains(" 250.0"),
        "{text}"
    );
    assert_eq!(office.value("SELECT count(*) FROM screening_list"), before);
    let (code, _) = refused(&office, &["screen", "--calibrate", "--format", "csv"]);
    assert_eq!(code, Some(65));
    let both = office.run(&["screen", "Ona", "--calibrate"]);
    assert_eq!(both.status.code(), Some(2));
}
