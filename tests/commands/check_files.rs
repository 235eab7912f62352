//! `check` of several files and folders: which files, in which order, for which endpoint, and that the
//! answers are those that dropping them in this order would get.

use std::process::Output;

use crate::common;

use common::{Office, company, person, with};
use serde_json::{Value, json};

/// Runs `check` in the home.
fn check(office: &Office, args: &[&str]) -> Output {
    let mut command = office.command(&["check"]);
    command.args(args).current_dir(office.path());
    command.output().expect("the command runs")
}

/// The files of a JSON report, with the exit code.
fn report(office: &Office, args: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output = check(office, &[&["--format", "json"], args].concat());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let files = report["files"].as_array().expect("files").clone();
    (output.status.code(), files)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `name endpoint`, in the order of the report.
fn names(files: &[Value]) -> Vec<String> {
    let text = |v: &Value| v.as_str().expect("text").to_owned();
    let line = |f: &Value| format!("{} {}", text(&f["file"]), text(&f["endpoint"]));
    files.iter().map(line).collect()
}

/// `customer code` of every finding of a file.
fn codes(file: &Value) -> Vec<String> {
    let findings = file["findings"].as_array().expect("findings");
    let line = |f: &Value| format!("{} {}", f["customer"], f["code"].as_str().expect("a code"));
    findings.iter().map(line).collect()
}

fn customers(customers: &[Value]) -> String {
    json!({ "customers": customers }).to_string()
}

#[test]
fn a_folder_stands_for_its_requests_in_order_and_each_folder_for_its_endpoint() {
    let office = Office::new();
    let one = customers(&[person("1")]);
    let evaluated = json!({"sourceOfRiskLevel": "IMPORT"});
    let single = |id: &str| with(person(id), evaluated.clone()).to_string();
    office.write("in/b.json", &one);
    office.write("in/a/z.JSON", customers(&[person("2")]));
    office.write("in/customer/c.json", single("3"));
    office.write("in/customer/people/d.json", single("4"));
    office.write(
        "in/validate-batch-customers/v.json",
        customers(&[person("5")]),
    );
    // What is left alone in the inbox, and what is not a request by its name.
    office.write("in/.git/x.json", "{");
    office.write("in/~b.json", "{");
    office.write("in/b.json.part", "{");
    office.write("in/README.md", "{");
    office.write("other.json", customers(&[person("6")]));
    std::os::unix::fs::symlink("/", office.at("in/everything")).expect("a link");

    let (code, files) = report(&office, &["other.json", "in"]);
    assert_eq!(
        names(&files),
        [
            "other.json batch-customers",
            "in/a/z.JSON batch-customers",
            "in/b.json batch-customers",
            "in/customer/c.json customer",
            "in/customer/people/d.json customer",
            "in/validate-batch-customers/v.json validate-batch-customers",
        ]
    );
    assert_eq!(code, Some(0), "{files:?}");
    let said = stderr(&check(&office, &["in", "other.json"]));
    assert!(said.contains("6 files: 6 accepted, 0 rejected"), "{said}");
    assert!(said.contains("skipped"), "{said}");

    // Named by hand, in a folder of this name; and told otherwise.
    assert_eq!(
        names(&report(&office, &["in/customer/c.json"]).1),
        ["in/customer/c.json customer"]
    );
    let (code, files) = report(&office, &["--endpoint", "batch-customers", "in/customer"]);
    assert_eq!(code, Some(65));
    assert_eq!(names(&files)[0], "in/customer/c.json batch-customers");
    assert!(files[0]["error"]["message"].is_string(), "{files:?}");
}

#[test]
fn the_answers_are_those_of_dropping_the_files_in_this_order() {
    let office = Office::new();
    office.batch("before", &[person("0")]);
    let changed = |id: &str| with(person(id), json!({"requester": "Branch 8"}));
    let again = |id: &str| with(person(id), json!({"communicationNumber": "M-1"}));
    let files = [
        ("1.json", customers(&[person("1"), changed("0")])),
        // The number of the file before, with the same content and with another; a customer that
        // exists since then.
        (
            "2.json",
            customers(&[person("1"), changed("1"), again("1")]),
        ),
        // What comes before the fault counts as little as what comes after it.
        ("3.json", format!("{{\"customers\":[{},\n{{]", person("3"))),
        ("4.json", customers(&[changed("3")])),
        // The kind of a customer that is new in the first file.
        (
            "5.json",
            customers(&[with(company("1"), json!({"communicationNumber": "M-2"}))]),
        ),
    ];
    for (name, text) in &files {
        office.write(name, text);
    }
    let named: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let (code, told) = report(&office, &named);
    assert_eq!(code, Some(65));
    assert!(codes(&told[0]).contains(&"2 O005".to_owned()), "{told:?}");
    assert_eq!(told[1]["repeated"], 1);
    assert!(codes(&told[1]).contains(&"2 O005".to_owned()), "{told:?}");
    assert_eq!(told[2]["accepted"], 0);
    assert_eq!(told[2]["error"]["line"], 2);
    assert!(codes(&told[3]).is_empty(), "{told:?}");

    // Dropped, each gets the answer that was foretold.
    for ((name, text), told) in files.iter().zip(&told) {
        office.drop(format!("batch-customers/{name}"), text);
        office.once();
        let response = office.response(&format!("batch-customers/{}", name.replace(".json", "")));
        let Some(results) = response["results"].as_array() else {
            assert!(told["error"].is_object(), "{name}: {response}");
            continue;
        };
        let answered: Vec<String> = (1..)
            .zip(results)
            .filter_map(|(n, r)| Some(format!("{n} {}", r["errorCode"].as_str()?)))
            .collect();
        let findings = told["findings"].as_array().expect("findings");
        let foretold: Vec<String> = findings
            .iter()
            .filter(|f| f["answered"] == true)
            .map(|f| format!("{} {}", f["customer"], f["code"].as_str().expect("a code")))
            .collect();
        assert_eq!(foretold, answered, "{name}");
    }
}

#[test]
fn a_file_that_only_validates_takes_nothing_and_another_endpoint_repeats_nothing() {
    let office = Office::new();
    office.write("validate-batch-customers/1.json", customers(&[person("1")]));
    let changed = with(person("1"), json!({"requester": "Branch 8"}));
    office.write("2.json", customers(&[changed]));
    let (code, files) = report(&office, &["validate-batch-customers", "2.json"]);
    assert_eq!((code, codes(&files[1]).len()), (Some(0), 0), "{files:?}");

    let single = with(person("2"), json!({"sourceOfRiskLevel": "IMPORT"}));
    office.write("3.json", customers(std::slice::from_ref(&single)));
    office.write("customer/4.json", single.to_string());
    let (code, files) = report(&office, &["3.json", "customer"]);
    assert_eq!(code, Some(1), "{files:?}");
    assert!(codes(&files[1]).contains(&"1 O001".to_owned()), "{files:?}");
}

#[test]
fn every_file_is_checked_and_the_worst_decides_the_exit_code() {
    let office = Office::new();
    let wrong = with(person("2"), json!({"entityType": null}));
    office.write("good.json", customers(&[person("1")]));
    office.write("wrong.json", customers(&[wrong]));
    office.write("broken.json", "{\"customers\":[\n {]");
    office.write("empty/.keep", "");
    let code = |args: &[&str]| check(&office, args).status.code();
    assert_eq!(code(&["good.json", "good.json"]), Some(0));
    assert_eq!(code(&["wrong.json", "good.json"]), Some(1));
    assert_eq!(code(&["broken.json", "wrong.json", "good.json"]), Some(65));
    assert_eq!(code(&["good.json", "nowhere.json"]), Some(65));
    assert_eq!(code(&["good.json", "empty"]), Some(65));
    for format in ["text", "json", "csv", "sarif", "junit"] {
        let args = [
            "broken.json",
            "nowhere.json",
            "wrong.json",
            "--format",
            format,
        ];
        let output = check(&office, &args);
        let all = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        for name in ["broken.json", "nowhere.json", "wrong.json", "C010"] {
            assert!(all.contains(name), "{format} {name}: {all}");
        }
        assert!(
            all.contains("3 files: 0 accepted, 1 rejected; 2 files are not requests"),
            "{all}"
        );
    }
}

#[test]
fn one_file_gets_its_response_and_several_get_their_responses_when_asked() {
    let office = Office::new();
    office.write("1.json", customers(&[person("1")]));
    office.write("customer/2.json", "[]");
    let output = check(
        &office,
        &["--format", "response", "1.json", "customer/2.json"],
    );
    let bodies: Vec<Value> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("JSON");
    assert_eq!(output.status.code(), Some(65));
    assert_eq!(bodies[0]["results"][0]["resultType"], "REQUEST_ACCEPTED");
    assert_eq!(bodies[1]["path"], "/amlyze-ws-rest/customer");
    assert_eq!(bodies.len(), 2);
}

#[test]
fn a_reader_that_goes_away_does_not_change_the_exit_code() {
    let office = Office::new();
    let wrong = |id: &str| with(person(id), json!({"entityType": null}));
    let many: Vec<Value> = (0..300).map(|i| wrong(&i.to_string())).collect();
    office.write("1.json", customers(&many));
    office.write("2.json", customers(&many));
    let mut command = office.command(&["check", "1.json", "2.json", "--format", "junit"]);
    command.current_dir(office.path());
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    let mut running = command.spawn().expect("the command runs");
    drop(running.stdout.take());
    assert_eq!(running.wait().expect("an end").code(), Some(1));
}

#[test]
fn without_a_home_it_says_so_once() {
    let office = Office::new();
    let elsewhere = tempfile::tempdir().expect("a folder");
    for id in ["1", "2"] {
        let path = elsewhere.path().join(format!("{id}.json"));
        std::fs::write(path, customers(&[person(id)])).expect("a file");
    }
    let run = |home: Option<&std::path::Path>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kycdrop"));
        if let Some(home) = home {
            command.arg("--home").arg(home);
        }
        command
            .args(["check", "1.json", "2.json"])
            .env_remove("KYCDROP_HOME")
            .current_dir(elsewhere.path());
        command.output().expect("the command runs")
    };
    let output = run(None);
    let said = stderr(&output);
    assert_eq!(said.matches("shipped classifiers").count(), 1, "{said}");
    assert!(
        said.contains("--home") && said.contains("kycdrop init"),
        "{said}"
    );
    assert!(output.stdout.is_empty(), "nothing to report");
    let said = stderr(&run(Some(office.path())));
    assert!(!said.contains("shipped"), "{said}");
    // A folder that is given and is no home is a mistake.
    let output = run(Some(elsewhere.path()));
    assert_eq!(output.status.code(), Some(78), "{output:?}");
}
