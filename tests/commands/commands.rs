//! The command line: check, errors, fields; what each prints, and how it ends.

use crate::common;

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use common::daemon::Daemon;
use common::{Office, person, with};
use kycdrop::catalog::{OBJECTS, rules};
use serde_json::{Value, json};

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn customers(list: &[Value]) -> String {
    json!({"customers": list}).to_string()
}

/// Runs a command with something on its standard input.
fn piped(office: &Office, args: &[&str], input: &[u8]) -> Output {
    let mut command = office.command(args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input)
        .expect("written");
    child.wait_with_output().expect("it ends")
}

/// The answer of `check` as JSON, with its exit code.
fn checked(output: &Output) -> (Option<i32>, Value) {
    let text = stdout(output);
    let body =
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text:?} {}", stderr(output)));
    (output.status.code(), body)
}

/// Every file of the home with its bytes, but for those that SQLite keeps beside a database.
fn everything(office: &Office) -> Vec<(String, Vec<u8>)> {
    let names = office.files("").into_iter();
    names
        .filter(|n| !n.ends_with("-shm") && !n.ends_with("-wal"))
        .map(|n| (n.clone(), std::fs::read(office.at(n)).unwrap()))
        .collect()
}

#[test]
fn check_answers_as_a_drop_would_and_leaves_no_trace() {
    let office = Office::new();
    office.batch("before", &[person("1")]);
    let new = office.write("new.json", customers(&[person("2")]));
    let other = |id: &str| with(person(id), json!({"requester": "Branch 8"}));
    let mixed = [other("1"), person("3"), other("3")];
    let mixed_file = office.write("mixed.json", customers(&mixed));
    let broken = office.write("broken.json", "{\"customers\":[\n{\"a\" 1}]}");
    let before = everything(&office);

    let (code, body) = checked(&office.run(&["check", new.to_str().unwrap()]));
    assert_eq!(
        (code, &body["results"][0]["resultType"]),
        (Some(0), &json!("REQUEST_ACCEPTED"))
    );

    let output = office.run(&["check", mixed_file.to_str().unwrap()]);
    let (code, body) = checked(&output);
    assert_eq!(code, Some(1));
    let codes: Vec<_> = (0..3)
        .map(|i| body["results"][i]["errorCode"].clone())
        .collect();
    // Another content under a number of the history, or of the file, is not a repeat.
    assert_eq!(Value::from(codes), json!(["O005", null, "O005"]));
    assert!(
        stderr(&output).contains("1 accepted, 2 rejected"),
        "{}",
        stderr(&output)
    );

    let output = office.run(&["check", broken.to_str().unwrap()]);
    let (code, body) = checked(&output);
    assert_eq!(code, Some(65));
    assert_eq!(
        (&body["status"], &body["path"]),
        (&json!(400), &json!("/amlyze-ws-rest/batch-customers"))
    );
    assert!(
        stderr(&output).contains("line 2, column 6"),
        "{}",
        stderr(&output)
    );

    assert_eq!(everything(&office), before);
    // Dropped now, the answer is the one that was foretold.
    let results = office.batch("mixed", &mixed);
    assert_eq!(results[0]["errorCode"], "O005");
}

#[test]
fn check_of_a_file_that_was_dropped_says_what_dropping_it_again_would() {
    let office = Office::new();
    let text = customers(&[person("1")]);
    office.drop("x.json", &text);
    office.once();
    let file = office.write("x.json", &text);
    let (code, _) = checked(&office.run(&["check", file.to_str().unwrap()]));
    assert_eq!(code, Some(0));
    assert_eq!(
        checked(&piped(&office, &["check", "-"], text.as_bytes())).0,
        Some(0)
    );
    let validate = ["check", "-", "--endpoint", "validate-batch-customers"];
    let code = |text: &str| checked(&piped(&office, &validate, text.as_bytes())).0;
    assert_eq!(code(&text), Some(0));
    assert_eq!(code(&text.replace("Branch 7", "Branch 8")), Some(1));
}

/// What `check` says in a folder of standard input.
fn check_in(folder: &Path, endpoint: Option<&str>, input: &Value) -> (Option<i32>, Value) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kycdrop"));
    command
        .current_dir(folder)
        .env_remove("KYCDROP_HOME")
        .args(["check", "-"]);
    Office::new().set_clock(&mut command);
    command.args(endpoint.iter().flat_map(|e| ["--endpoint", e]));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.to_string().as_bytes())
        .unwrap();
    checked(&child.wait_with_output().unwrap())
}

#[test]
fn check_reads_standard_input_for_any_endpoint_in_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let check = |endpoint: Option<&str>, input: &Value| check_in(folder.path(), endpoint, input);
    let one = person("1");
    let accepted = json!({"resultType": "REQUEST_ACCEPTED"});
    assert_eq!(check(None, &json!({"customers": [one]})).0, Some(0));
    assert_eq!(
        check(Some("batch-customers"), &json!({"customers": [{}]})).0,
        Some(1)
    );
    let single = with(one.clone(), json!({"sourceOfRiskLevel": "IMPORT"}));
    assert_eq!(
        check(Some("customer"), &single),
        (Some(0), accepted.clone())
    );
    assert_eq!(
        check(Some("customer"), &one),
        (
            Some(1),
            json!({
                "resultType": "REQUEST_REJECTED", "errorCode": "C008",
                "errorDescription": "SourceOfRiskLevel is mandatory. Values: IMPORT, EVALUATE"
            })
        )
    );
    let simplified = with(
        one.clone(),
        json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER"}),
    );
    for spelling in [
        "simplifiedcustomer",
        "simplified-customer",
        "simplifiedCustomer",
    ] {
        assert_eq!(
            check(Some(spelling), &simplified),
            (Some(0), accepted.clone())
        );
    }
    let (code, body) = check(Some("simplifiedcustomer"), &json!({"requester": "R"}));
    assert_eq!(code, Some(1));
    assert_eq!(body["errors"][0], "CommunicationNumber is mandatory");
    let (code, body) = check(Some("customer"), &json!([one]));
    assert_eq!(
        (code, &body["path"]),
        (Some(65), &json!("/amlyze-ws-rest/customer"))
    );
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn check_knows_the_configuration_and_the_classifiers_of_its_home() {
    let office = Office::configured("multi_organization = true\n");
    let input = customers(&[person("1")]);
    let (_, body) = checked(&piped(&office, &["check", "-"], input.as_bytes()));
    assert_eq!(body["results"][0]["errorCode"], "BU01");
    office.once();
    office.edit(
        "classifiers/businessUnit.toml",
        "[values]\n",
        "[values]\nvilnius = \"Vilnius\"\n",
    );
    let input = customers(&[with(person("1"), json!({"businessUnit": "kaunas"}))]);
    let (_, body) = checked(&piped(&office, &["check", "-"], input.as_bytes()));
    assert_eq!(body["results"][0]["errorCode"], "BU02");
    // The changed set is not written to the history by a check.
    assert_eq!(
        office.value("SELECT count(DISTINCT classifier_set) FROM v_classifier_set"),
        1
    );
}

#[test]
fn a_file_that_cannot_be_read_ends_check_with_65() {
    let office = Office::new();
    for file in ["nowhere.json", "."] {
        let output = office
            .command(&["check", file])
            .current_dir(office.path())
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(65),
            "{file}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty());
        assert!(stderr(&output).contains(file), "{}", stderr(&output));
    }
}

#[test]
fn wrong_arguments_end_with_2() {
    let office = Office::new();
    for args in [
        &[][..],
        &["walk"],
        &["run", "--fast"],
        &["check"],
        &["check", "x.json", "--endpoint", "customers"],
        &["query"],
        &["query", "--format", "xml", "SELECT 1"],
        &["status", "--format", "csv"],
        &["errors", "--format", "yaml"],
        &["--log-format", "xml", "once"],
    ] {
        let output = office.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{args:?}"
        );
    }
    let unknown = office.run(&["check", "x.json", "--endpoint", "customers"]);
    assert!(
        stderr(&unknown).contains("simplifiedcustomer"),
        "{}",
        stderr(&unknown)
    );
    assert_eq!(office.files(""), ["kycdrop.toml"]);
}

#[test]
fn one_home_has_one_daemon() {
    let office = Office::new();
    let daemon = Daemon::start(&office);
    for command in ["run", "once"] {
        let output = office.run(&[command]);
        assert_eq!(
            output.status.code(),
            Some(75),
            "{command}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains("another kycdrop is running on"),
            "{}",
            stderr(&output)
        );
    }
    // What only looks may look.
    let now: Value =
        serde_json::from_str(&stdout(&office.run(&["status", "--format", "json"]))).unwrap();
    assert_eq!(now["running"], true);
    let output = office.run(&["query", "SELECT count(*) FROM v_batch"]);
    assert_eq!(stdout(&output), "count(*)\n0\n");
    assert_eq!(
        checked(&piped(&office, &["check", "-"], b"{\"customers\":[]}")).0,
        Some(0)
    );
    daemon.stop();
    office.once();
}

#[test]
fn a_configuration_that_makes_no_sense_ends_with_78_and_its_line() {
    let office = Office::new();
    for (text, line, says) in [
        ("settle = \"1s\"\n\nsetle = \"2s\"\n", Some(3), "setle"),
        ("settle = 1\n", Some(1), "settle"),
        (
            "\nsettle = \"soon\"\n",
            Some(2),
            "write a duration as \"1s\"",
        ),
        ("multi_organization = \"yes\"\n", Some(1), "boolean"),
        ("threads = 1\nthreads = 2\n", Some(2), "duplicate"),
        ("[inbox]\npath = \"x\"\n", Some(1), "inbox"),
        ("scan_interval = \"1ms\"\n", None, "scan_interval must be"),
        ("cache_mib = 0\n", None, "cache_mib must be"),
        (
            "settle_timeout = \"18446744073709551615s\"\n",
            None,
            "settle_timeout must be",
        ),
    ] {
        office.write("kycdrop.toml", text);
        for args in [&["run"][..], &["once"], &["check", "-"]] {
            let output = office.run(args);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(78), "{args:?} {text}: {said}");
            assert!(
                said.contains("kycdrop.toml") && said.contains(says),
                "{says} in {said}"
            );
            if let Some(line) = line {
                assert!(said.contains(&format!("line {line},")), "{line} in {said}");
            }
        }
    }
    assert_eq!(office.files(""), ["kycdrop.toml"]);
}

#[test]
fn the_catalogue_prints_in_every_format() {
    let office = Office::new();
    let page = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("docs")
            .join(name);
        std::fs::read_to_string(path).unwrap()
    };
    for (command, name, rows, first, last) in [
        (
            "errors",
            "ERRORS.md",
            rules().len(),
            "\"code\":\"C001\"",
            "\"code\":\"SC01\"",
        ),
        (
            "fields",
            "FIELDS.md",
            OBJECTS.iter().map(|object| object.fields.len()).sum(),
            "\"field\":\"communicationNumber\"",
            "\"field\":\"listAdditionalValues\"",
        ),
    ] {
        let print = |format: &str| {
            let output = office.run(&[command, "--format", format]);
            assert_eq!(output.status.code(), Some(0));
            assert!(output.stderr.is_empty());
            stdout(&output)
        };
        assert_eq!(print("markdown"), page(name));
        let text = print("json");
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(list.len(), rows, "{command}");
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].contains(first) && lines[lines.len() - 2].contains(last));
        let csv = print("csv");
        let columns: Vec<_> = csv.lines().next().unwrap().split(',').collect();
        assert_eq!(columns.len(), list[0].as_object().unwrap().len());
        assert!(
            columns.iter().all(|c| list[0].get(c).is_some()),
            "{columns:?}"
        );
        assert_eq!(csv.lines().count(), rows + 1);
        let table = print("table");
        assert!(columns.iter().all(|c| table.contains(c)) && table.lines().count() > rows);
        // Elsewhere than on a terminal, a program reads.
        assert_eq!(stdout(&office.run(&[command])), csv);
    }
}
