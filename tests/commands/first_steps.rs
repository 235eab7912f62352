//! The first steps: `init`, `doctor`, completions, manual pages.

use crate::asking;
use crate::common;

use asking::{a_life, masked};
use common::Office;
use kycdrop::catalog::Classifier;
use serde_json::Value;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A home in a folder that is not there yet.
fn new_home() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let home = dir.path().join("office");
    (dir, home)
}

fn kycdrop(home: &std::path::Path, args: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kycdrop"));
    Office::new().set_clock(&mut command);
    command
        .env("KYCDROP_HOME", home)
        .args(args)
        .output()
        .expect("the command runs")
}

#[test]
fn a_new_home_is_whole_and_is_never_overwritten() {
    let (_dir, home) = new_home();
    let made = kycdrop(&home, &["init"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stderr).contains("Next: kycdrop doctor"));
    let doctor = kycdrop(&home, &["doctor"]);
    assert!(doctor.status.success(), "{}", text(&doctor.stdout));
    let again = kycdrop(&home, &["init"]);
    assert_eq!(again.status.code(), Some(78));
    assert!(
        text(&again.stderr).contains("nothing was changed"),
        "{}",
        text(&again.stderr)
    );
    assert!(
        kycdrop(&home, &["once"]).status.success(),
        "its configuration is understood"
    );

    // Classifiers that are there stay as they are.
    let (_dir, home) = new_home();
    std::fs::create_dir_all(home.join("classifiers")).expect("a folder");
    std::fs::write(
        home.join("classifiers/own.toml"),
        "title = \"Own\"\n[values]\n",
    )
    .expect("a file");
    assert!(kycdrop(&home, &["init"]).status.success());
    assert_eq!(
        std::fs::read_dir(home.join("classifiers"))
            .expect("a folder")
            .count(),
        1
    );
}

#[test]
fn the_doctor_finds_a_sound_home_sound() {
    let office = a_life();
    let output = office.run(&["doctor"]);
    let told = masked(&text(&output.stdout), &office);
    let lines: Vec<&str> = told
        .lines()
        .filter(|l| !l.contains(" disk ") && !l.contains(" events "))
        .collect();
    assert_eq!(lines[0], "ok    home           HOME");
    assert_eq!(lines[1], "ok    configuration  kycdrop.toml is valid");
    assert_eq!(
        lines[2],
        "ok    folders        present, writable, on one file system"
    );
    let sound = format!("{} files, no problems", Classifier::ALL.len());
    assert!(
        told.contains(&sound) && told.contains("read completely, sound"),
        "{told}"
    );
    assert!(
        !office
            .files("watch-dir")
            .iter()
            .any(|f| f.contains("kycdrop-doctor"))
    );
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let office = a_life();
    office.write("kycdrop.toml", "settel = \"1s\"\n");
    office.write("classifiers/country.toml", "title = \n");
    std::fs::remove_dir_all(office.at("watch-dir/outbox")).expect("removed");
    let output = office.run(&["doctor", "--format", "json"]);
    assert_eq!(output.status.code(), Some(78));
    let lines: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let state = |what: &str| {
        let line = lines.iter().find(|l| l["what"] == what).expect(what);
        assert!(
            line["state"] == "ok" || line["remedy"].as_str().is_some_and(|r| r.len() > 10),
            "{line}"
        );
        line["state"].as_str().expect("a state").to_owned()
    };
    assert_eq!(state("configuration"), "fail");
    assert_eq!(state("classifiers"), "fail");
    assert_eq!(state("folders"), "warn");
    assert_eq!(state("database"), "ok");
}

#[test]
fn the_doctor_looks_at_the_risk_matrices() {
    let office = Office::new();
    office.once();
    let line = || {
        let told = office.run(&["doctor", "--format", "json"]);
        let lines: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
        let mut lines = lines.as_array().expect("lines").iter();
        lines
            .find(|l| l["what"] == "risk matrices")
            .expect("a line")
            .clone()
    };
    let sound = line();
    assert_eq!(sound["state"], "ok");
    let found = sound["found"].as_str().expect("text");
    assert!(
        found.contains("example.toml (Example of a branch; an example"),
        "{found}"
    );
    office.edit("risk/example.toml", "\"IND_PK\", ", "");
    let without = line();
    assert_eq!(without["state"], "warn");
    let found = without["found"].as_str().expect("text");
    assert!(found.ends_with("none is for IND_PK"), "{found}");
    office.edit("risk/example.toml", "owner = ", "ownr = ");
    let wrong = line();
    assert_eq!(wrong["state"], "fail");
    assert_eq!(
        wrong["remedy"],
        "`kycdrop risk check` shows each with its line"
    );
}

#[test]
fn the_doctor_finds_a_damaged_database() {
    let office = Office::new();
    office.once();
    office.write("kycdrop.db", [b'x'; 8192]);
    let output = office.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(
        text(&output.stdout).contains("fail  database"),
        "{}",
        text(&output.stdout)
    );
    let nowhere = kycdrop(&office.at("nowhere"), &["doctor"]);
    assert_eq!(nowhere.status.code(), Some(78));
    assert!(text(&nowhere.stdout).contains("kycdrop init"));
    assert!(!office.at("nowhere").exists(), "the doctor makes nothing");
}

#[test]
fn the_doctor_warns_of_data_that_others_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let case = "first_steps::the_doctor_warns_of_data_that_others_may_read";
    let Some(office) = Office::in_the_open(case) else {
        return;
    };
    office.once();
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(office.at("kycdrop.db"), open).expect("set");
    let told = text(&office.run(&["doctor"]).stdout);
    assert!(
        told.contains("warn  permissions") && told.contains("chmod -R o-rwx"),
        "{told}"
    );
}

#[test]
fn completions_and_manual_know_every_command() {
    let office = Office::new();
    let whole = kycdrop::cli::grammar();
    let commands: Vec<&str> = whole
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .map(|c| c.get_name())
        .collect();
    assert!(commands.contains(&"once") && commands.len() > 10);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let told = text(&office.run(&["completions", shell]).stdout);
        for command in &commands {
            assert!(told.contains(command), "{shell}: {command}");
        }
    }
    let dir = office.at("man");
    assert!(
        office
            .run(&["man", dir.to_str().expect("a path")])
            .status
            .success()
    );
    for command in &commands {
        let page =
            std::fs::read_to_string(dir.join(format!("kycdrop-{command}.1"))).expect(command);
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
    }
}

#[test]
fn the_configuration_of_a_new_home_shows_every_setting_with_its_default() {
    use kycdrop::config::Config;
    let (_dir, home) = new_home();
    assert!(kycdrop(&home, &["init"]).status.success());
    let shipped = std::fs::read_to_string(home.join("kycdrop.toml")).expect("kycdrop.toml");
    let settings: Vec<&str> = shipped
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| toml::from_str::<Config>(line).is_ok())
        .collect();
    let lines = |config: &Config| -> Vec<String> {
        let shown = format!("{config:#?}");
        let top = |l: &&str| l.starts_with("    ") && !l.starts_with("     ");
        shown.lines().filter(top).map(str::to_owned).collect()
    };
    let default = lines(&Config::default());
    let names = default.iter().filter_map(|l| l.trim().split_once(": "));
    for (name, _) in names.clone() {
        let shown = settings
            .iter()
            .any(|l| l.starts_with(&format!("{name} = ")));
        assert!(shown, "{name} is not in the shipped kycdrop.toml");
    }
    // Two have no default: their lines are examples.
    let defaults: Vec<&str> = settings
        .into_iter()
        .filter(|l| !l.starts_with("metrics_file") && !l.starts_with("branch"))
        .collect();
    let read: Config = toml::from_str(&defaults.join("\n")).expect("a configuration");
    assert_eq!(lines(&read), default);
}
