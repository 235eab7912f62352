//! What each command prints where a program reads: stdout, then stderr. Those whose answers have
//! snapshots elsewhere (`explain`, `history`, saved queries) are not repeated.

use crate::asking;
use crate::common;

use asking::{DEMO, MOMENT, a_life, at_once, masked, still, without_numbers};
use common::{Office, person};
use serde_json::json;

/// What a command printed, and how it ended if not well.
fn printed(office: &Office, args: &[&str]) -> String {
    let mut command = office.command(args);
    let output = command
        .current_dir(office.path())
        .output()
        .expect("it runs");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.stderr.is_empty() {
        text += "-- stderr\n";
        // The log begins with a moment that is another with each run.
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            let line = match line.split_once("Z  ") {
                Some((moment, rest)) if moment.len() == 26 => rest,
                _ => line,
            };
            let line = line.split(" ms=").next().unwrap_or(line);
            text = text + line + "\n";
        }
    }
    if !output.status.success() {
        text += &format!("-- ended with {:?}\n", output.status.code());
    }
    masked(&text, office)
}

/// The beginning of what is long.
fn begin(text: &str) -> String {
    let lines: Vec<&str> = text.lines().take(6).collect();
    format!("{}\n", lines.join("\n"))
}

#[test]
fn the_work() {
    let office = Office::on(MOMENT);
    insta::assert_snapshot!(printed(&office, &["once"]));
    office.drop(
        "batch-customers/a.json",
        json!({"customers": [person("1"), {}]}).to_string(),
    );
    office.drop("nowhere/b.json", "{}");
    insta::assert_snapshot!(printed(&office, &["once"]));
    office.write(
        "x.json",
        json!({"customers": [{"requester": "R"}]}).to_string(),
    );
    let checked = printed(&office, &["check", "x.json"]);
    insta::assert_snapshot!(at_once(&checked));
    insta::assert_snapshot!(printed(&still(office), &["status"]));
}

#[test]
fn rows() {
    let office = still(a_life());
    let sql = "SELECT batch_id, file_name, accepted, rejected FROM v_batch ORDER BY batch_id";
    for args in [
        &["pending"][..],
        &["pending", "--newest", "--format", "json"],
        &["query", sql],
        &["query", "--format", "json", "--limit", "2", sql],
        &["query", "--format", "table", sql],
        &["query", "--save", "files", sql],
        &["describe", "v_warning"],
        &["classifiers", "show", "legalForm"],
        &["classifiers", "compare", "now"],
        &["classifiers", "used-retired"],
    ] {
        insta::assert_snapshot!(begin(&printed(&office, args)));
    }
    for args in [
        &["query", "--list"][..],
        &["tables"],
        &["classifiers"],
        &["errors"],
        &["fields"],
        &["errors", "--format", "json"],
        &["fields", "--format", "markdown"],
    ] {
        insta::assert_snapshot!(begin(&printed(&office, args)));
    }
    insta::assert_snapshot!(
        printed(&office, &["classifiers", "check"])
            .lines()
            .last()
            .expect("a line")
    );
}

#[test]
fn files() {
    let office = still(a_life());
    for args in [
        &["report", "--output", "page.html"][..],
        &["export", "out", "--branch", "vilnius"],
        &["export", "out", "--verify"],
        &["backup", "backup.db"],
        &["snapshot", "snapshot.db"],
        &DEMO,
        &["man", "man"],
    ] {
        insta::assert_snapshot!(without_numbers(&printed(&office, args), "bytes"));
    }
    insta::assert_snapshot!(begin(&printed(&office, &["completions", "zsh"])));
}

#[test]
fn the_first_steps() {
    let office = Office::new();
    std::fs::remove_file(office.at("kycdrop.toml")).expect("removed");
    insta::assert_snapshot!(printed(&office, &["init"]));
    insta::assert_snapshot!(printed(&office, &["init"]));
    printed(&office, &["once"]);
    let told = printed(&office, &["doctor"]);
    // What the machine has is another on each.
    let lines: Vec<&str> = told
        .lines()
        .filter(|l| !l.contains(" disk ") && !l.contains(" events ") && !l.starts_with(' '))
        .collect();
    insta::assert_snapshot!(without_numbers(&lines.join("\n"), "KiB"));
}
