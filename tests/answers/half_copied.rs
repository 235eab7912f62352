//! Classifier files that are still being copied: not activated before they settled.

use crate::common;

use std::time::{Duration, Instant};

use common::daemon::{Daemon, eventually};
use common::{Office, person};
use serde_json::json;

/// Cuts the file of the countries in front of Lithuania: what is left is valid.
fn cut_countries(office: &Office) -> String {
    let file = office.at("classifiers/country.toml");
    let whole = std::fs::read_to_string(&file).expect("the countries");
    let end = whole.find("\nLT = ").expect("Lithuania") + 1;
    std::fs::write(file, &whole[..end]).expect("written");
    whole
}

#[test]
fn a_start_does_not_activate_a_half_copied_classifier() {
    let office = Office::configured("settle_timeout = \"1h\"\n");
    office.batch("1", &[person("1")]);
    cut_countries(&office);
    office.drop(
        "batch-customers/2.json",
        json!({"customers": [person("2")]}).to_string(),
    );
    let output = office.run(&["once"]);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(log.matches("lost many values").count(), 1, "{log}");
    let answer = office.response("batch-customers/2");
    assert_eq!(
        answer["results"][0]["resultType"], "REQUEST_ACCEPTED",
        "{answer}"
    );
    // It stays so: this is what the institution wants.
    office.edit("kycdrop.toml", "\"1h\"", "\"0s\"");
    let results = office.batch("3", &[person("3")]);
    assert_ne!(results[0]["resultType"], "REQUEST_ACCEPTED");
}

#[test]
fn a_daemon_does_not_activate_a_half_copied_classifier() {
    let settings = "settle_timeout = \"1h\"\nscan_interval = \"20ms\"\n";
    let office = Office::configured(settings);
    let daemon = Daemon::start(&office);
    let whole = cut_countries(&office);
    eventually("the log", || {
        daemon.log().contains("lost many values").then_some(())
    });
    let answered = |name: &str, customer: serde_json::Value| {
        let file = format!("batch-customers/{name}.json");
        office.drop(&file, json!({"customers": [customer]}).to_string());
        let answer = format!("watch-dir/outbox/batch-customers/{name}.response.json");
        eventually("an answer", || office.at(&answer).exists().then_some(()));
        let answer = std::fs::read_to_string(office.at(&answer)).expect("an answer");
        answer.contains("REQUEST_ACCEPTED")
    };
    assert!(answered("cut", person("1")));
    // The rest arrives, with one country more.
    office.write("classifiers/country.toml", whole + "ZZ = \"Elsewhere\"\n");
    let mut tries = 0;
    eventually("the new country", || {
        tries += 1;
        let mut customer = person(&format!("new-{tries}"));
        customer["citizenshipCountry"] = json!("ZZ");
        answered(&format!("new-{tries}"), customer).then_some(())
    });
    assert_eq!(daemon.log().matches("lost many values").count(), 1);
    daemon.stop();
}

#[test]
fn check_does_not_use_a_half_copied_classifier() {
    let office = Office::configured("settle_timeout = \"1h\"\n");
    office.batch("1", &[person("1")]);
    let body = json!({"customers": [person("2")]}).to_string();
    let file = office.write("2.json", body);
    let file = file.to_str().expect("text");
    cut_countries(&office);
    let output = office.run(&["check", file]);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert_eq!(log.matches("lost many values").count(), 1, "{log}");
    // It stays so: this is what the institution wants.
    office.edit("kycdrop.toml", "\"1h\"", "\"0s\"");
    let output = office.run(&["check", file]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// What loses a few values settles like any change, before a start or `check` uses it.
#[test]
fn classifiers_settle_before_a_start_and_a_check() {
    const SETTLE: Duration = Duration::from_secs(4);
    let office = Office::new();
    office.batch("1", &[person("1")]);
    let settings = std::fs::read_to_string(office.at("kycdrop.toml")).expect("settings");
    office.write(
        "kycdrop.toml",
        settings.replace("settle = \"0s\"", "settle = \"4s\""),
    );
    let countries = office.at("classifiers/country.toml");
    let whole = std::fs::read_to_string(&countries).expect("the countries");
    let without = whole.lines().filter(|line| !line.starts_with("LT = "));
    let without = without.collect::<Vec<_>>().join("\n");
    let body = json!({"customers": [person("2")]}).to_string();
    let file = office.write("2.json", &body);
    for command in ["check", "once"] {
        // Where the machine stood still in between, it proves nothing and is done again.
        let output = eventually("a fast moment", || {
            office.write("classifiers/country.toml", &without);
            let written = Instant::now();
            let mut command = office.command(&[command]);
            if command.get_args().any(|arg| arg == "check") {
                command.arg(&file);
            }
            let child = command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .expect("it starts");
            std::thread::sleep(SETTLE / 8);
            office.write("classifiers/country.toml", &whole);
            let in_time = written.elapsed() < SETTLE / 2;
            let output = child.wait_with_output().expect("its output");
            in_time.then_some(output)
        });
        assert!(output.status.success(), "{command}: {output:?}");
    }
    let sets = office.value("SELECT count(*) FROM classifier_set");
    assert_eq!(sets, 1, "the set without Lithuania was never active");
}
