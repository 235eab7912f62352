//! Where the home is looked for, what makes one, and how much is said.

use std::path::Path;
use std::process::{Command, Output};

use crate::asking;
use crate::common;
use crate::terminal;

use asking::{a_life, a_wrong_batch};
use common::{Office, person};
use serde_json::json;

/// Runs a command in a folder, with no home given.
fn in_folder(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kycdrop"));
    command.env_remove("KYCDROP_HOME").env_remove("KYCDROP_LOG");
    Office::new().set_clock(&mut command);
    let command = command.args(args).current_dir(folder);
    command.output().expect("the command runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder that is no home: it has something else in it.
fn a_folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("letter.txt"), "").expect("a file");
    dir
}

fn is_empty_but_for_the_letter(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("a folder").count() == 1
}

#[test]
fn the_home_is_looked_for_upwards() {
    let office = a_life();
    let root = office.path().canonicalize().expect("a path");
    for below in [
        "",
        "watch-dir",
        "watch-dir/outbox/batch-customers",
        "classifiers",
    ] {
        let output = in_folder(&office.at(below), &["status"]);
        let home = format!("home       {}\n", root.display());
        assert!(stdout(&output).starts_with(&home), "{below}: {output:?}");
        let counted = in_folder(
            &office.at(below),
            &["query", "SELECT count(*) AS n FROM v_batch"],
        );
        assert!(counted.status.success(), "{below}: {}", stderr(&counted));
    }
    // Each of these makes a home of its own.
    for mark in ["kycdrop.toml", "kycdrop.db"] {
        let inner = office.at(format!("with-{mark}"));
        std::fs::create_dir_all(inner.join("below")).expect("folders");
        std::fs::write(inner.join(mark), "").expect("a file");
        let home = stdout(&in_folder(&inner.join("below"), &["doctor", "--quick"]));
        assert!(home.contains(&format!("with-{mark}")), "{home}");
    }
}

#[test]
fn a_path_to_a_file_finds_its_home() {
    let (office, other) = (a_wrong_batch(), a_folder());
    let response = office.files("watch-dir/outbox").remove(0);
    let response = office.at("watch-dir/outbox").join(response);
    let name = response.file_name().expect("a name").to_string_lossy();
    let dropped = name.replace(".response", "");
    // The file itself was moved since.
    let dropped = office.at("watch-dir/inbox/batch-customers").join(dropped);
    for file in [response.clone(), dropped] {
        let file = file.to_str().expect("text");
        let output = in_folder(other.path(), &["explain", file]);
        assert!(stdout(&output).starts_with("batch "), "{output:?}");
        assert!(stderr(&output).contains("the home is"), "{output:?}");
        let quiet = in_folder(other.path(), &["-q", "explain", file]);
        assert_eq!(stderr(&quiet), "");
        let here = in_folder(office.path(), &["explain", file]);
        assert_eq!(
            (stdout(&here), stderr(&here)),
            (stdout(&output), String::new())
        );
        let output = in_folder(other.path(), &["report", "--output", "-", "--batch", file]);
        assert!(output.status.success(), "{output:?}");
    }
    // The classifiers are those of the home that the file lies in.
    office.edit("classifiers/country.toml", "LT = \"Lithuania\"", "# LT");
    let file = office.write(
        "watch-dir/inbox/batch-customers/.new.json",
        json!({"customers": [person("new")]}).to_string(),
    );
    let output = in_folder(other.path(), &["check", file.to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    // A home that is given is the one.
    let another = Office::new();
    another.once();
    let output = another.run(&["explain", response.to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(65));
    assert!(
        stderr(&output).contains("lies in another home"),
        "{output:?}"
    );
}

#[test]
fn a_folder_that_everybody_can_write_to_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("own")).expect("a folder");
    std::fs::write(dir.path().join("kycdrop.toml"), "").expect("a file");
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(dir.path(), open).expect("a mode");
    let output = in_folder(&dir.path().join("own"), &["status"]);
    assert_eq!(output.status.code(), Some(78), "{output:?}");
}

#[test]
fn status_without_a_home_says_so() {
    let folder = a_folder();
    let empty = tempfile::tempdir().expect("a folder");
    for dir in [folder.path(), empty.path()] {
        for args in [
            &["status"][..],
            &["status", "--format", "json"],
            &["query", "SELECT 1"],
        ] {
            let output = in_folder(dir, args);
            assert_eq!(output.status.code(), Some(78), "{output:?}");
            assert_eq!(stdout(&output), "");
            let said = stderr(&output);
            assert!(said.contains("is not a home of kycdrop"), "{said}");
            assert!(
                said.contains("--home") && said.contains("kycdrop init"),
                "{said}"
            );
        }
    }
    let output = in_folder(folder.path(), &["doctor"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(stdout(&output).starts_with("fail  home"), "{output:?}");
    assert!(is_empty_but_for_the_letter(folder.path()));
}

#[test]
fn work_makes_a_home_in_an_empty_folder_or_when_asked_to() {
    let empty = tempfile::tempdir().expect("a folder");
    std::fs::write(empty.path().join(".profile"), "").expect("a file");
    assert!(in_folder(empty.path(), &["once"]).status.success());
    assert!(empty.path().join("kycdrop.db").exists());

    let folder = a_folder();
    for command in ["once", "run"] {
        let output = in_folder(folder.path(), &[command]);
        assert_eq!(output.status.code(), Some(78), "{output:?}");
        assert!(stderr(&output).contains("--init"), "{output:?}");
        assert!(is_empty_but_for_the_letter(folder.path()));
    }
    assert!(
        in_folder(folder.path(), &["once", "--init"])
            .status
            .success()
    );
    assert!(
        in_folder(folder.path(), &["once", "--init"])
            .status
            .success()
    );
    assert!(in_folder(folder.path(), &["once"]).status.success());

    // As a clone of the repository has it.
    let clone = a_folder();
    for own in ["classifiers", "watch-dir"] {
        std::fs::create_dir(clone.path().join(own)).expect("a folder");
    }
    assert!(in_folder(clone.path(), &["once"]).status.success());
}

#[test]
fn a_typo_in_home_makes_no_second_history() {
    let dir = tempfile::tempdir().expect("a folder");
    assert!(
        in_folder(dir.path(), &["--home", "office", "init"])
            .status
            .success()
    );
    assert!(
        in_folder(dir.path(), &["--home", "office", "once"])
            .status
            .success()
    );
    for args in [
        &["once"][..],
        &["run"],
        &["status"],
        &["check", "x.json"],
        &["query", "SELECT 1"],
    ] {
        let args = [&["--home", "ofice"], args].concat();
        let output = in_folder(dir.path(), &args);
        assert_eq!(output.status.code(), Some(78), "{args:?} {output:?}");
        let meant = format!("Did you mean {}?", dir.path().join("office").display());
        assert!(stderr(&output).contains(&meant), "{args:?} {output:?}");
        assert!(!dir.path().join("ofice").exists());
    }
    // A folder in the home is not the home, and no place for another one.
    for below in ["office/watch-dir", "office/watch-dir/inbox", "office/new"] {
        for args in [
            &["once"][..],
            &["once", "--init"],
            &["init"],
            &["status"],
            &["check", "x.json"],
        ] {
            let args = [&["--home", below], args].concat();
            let output = in_folder(dir.path(), &args);
            assert_eq!(output.status.code(), Some(78), "{args:?} {output:?}");
            assert!(
                stderr(&output).to_lowercase().contains("did you mean"),
                "{args:?} {output:?}"
            );
        }
    }
    assert!(!dir.path().join("office/new").exists());
    let file = in_folder(dir.path(), &["--home", "office/kycdrop.toml", "status"]);
    assert!(stderr(&file).contains("did you mean --home"), "{file:?}");
    let new = in_folder(dir.path(), &["--home", "second", "once", "--init"]);
    assert!(new.status.success(), "{new:?}");
}

#[test]
fn a_path_with_dots_leads_where_the_system_says() {
    let dir = tempfile::tempdir().expect("a folder");
    let made = in_folder(dir.path(), &["--home", "office", "init"]);
    assert!(made.status.success(), "{made:?}");
    for args in [
        &["--home", "../second", "init"][..],
        &["--home", "../third", "once", "--init"],
        &["--home", "watch-dir/../../second/", "status"],
    ] {
        let output = in_folder(&dir.path().join("office"), args);
        assert!(output.status.success(), "{args:?} {output:?}");
        let said = stdout(&output) + &stderr(&output);
        assert!(!said.contains(".."), "{args:?} {output:?}");
    }
    let inside = in_folder(dir.path(), &["--home", "second/../office/new", "init"]);
    assert_eq!(inside.status.code(), Some(78), "{inside:?}");
}

#[test]
fn a_person_at_a_terminal_is_asked() {
    let office = Office::new();
    std::fs::rename(office.at("kycdrop.toml"), office.at("letter.txt")).expect("renamed");
    let ask = |answer: &str| {
        let mut session = terminal::start(&office, 200, &["once"], &[]);
        session.wait_for("[y/N]");
        session.press(answer);
        session.end().status.code()
    };
    assert_eq!(ask("\r"), Some(78));
    assert!(!office.at("watch-dir").exists());
    assert_eq!(ask("y\r"), Some(0));
    assert!(office.at("kycdrop.db").exists());
}

#[test]
fn the_doctor_shows_how_much_there_is() {
    let office = a_life();
    let shown = stdout(&office.run(&["doctor"]));
    let line = |what: &str| {
        let line = shown
            .lines()
            .find(|l| l.split_whitespace().nth(1) == Some(what));
        line.unwrap_or_else(|| panic!("{what}: {shown}"))
    };
    assert!(line("database").contains("iB and a WAL of "), "{shown}");
    for (what, folder) in [
        ("archive", "archive"),
        ("outbox", "outbox"),
        ("failed", "failed"),
    ] {
        let files = office.files(&format!("watch-dir/{folder}"));
        let number = match files.len() {
            1 => "1 file, ".to_owned(),
            n => format!("{n} files, "),
        };
        assert!(line(what).contains(&number), "{what}: {number}: {shown}");
    }
}

#[test]
fn how_much_is_said_is_chosen() {
    let office = Office::new();
    office.once();
    let said = |args: &[&str], variable: Option<&str>| {
        let mut command = office.command(args);
        if let Some(filter) = variable {
            command.env("KYCDROP_LOG", filter);
        }
        stderr(&command.output().expect("it runs"))
    };
    office.drop("batch-customers/1.json", r#"{"customers": []}"#);
    let quiet = said(&["once", "--quiet"], Some("trace"));
    assert_eq!(quiet, "");
    office.drop("batch-customers/2.json", r#"{"customers": []}"#);
    assert!(said(&["once"], None).contains(" INFO "));
    let settings = std::fs::read_to_string(office.at("kycdrop.toml")).expect("settings");
    office.write("kycdrop.toml", settings + "log = \"error\"\n");
    office.drop("batch-customers/3.json", r#"{"customers": []}"#);
    assert!(!said(&["once"], None).contains(" INFO "));
    office.drop("batch-customers/4.json", r#"{"customers": []}"#);
    assert!(
        said(&["once"], Some("info")).contains(" INFO "),
        "the variable before the setting"
    );
    office.drop("batch-customers/5.json", r#"{"customers": []}"#);
    assert!(
        said(&["once", "-v"], Some("error")).contains(" INFO "),
        "-v before the variable"
    );
    office.drop("batch-customers/7.json", r#"{"customers": []}"#);
    let typo = said(&["once"], Some("inof"));
    assert!(
        typo.contains("KYCDROP_LOG") && typo.contains("did you mean info?"),
        "{typo}"
    );
    assert!(
        !typo.contains(" INFO "),
        "the setting instead of the typo: {typo}"
    );
    office.drop("batch-customers/6.json", r#"{"customers": []}"#);
    let more = said(&["once", "-v"], None);
    assert!(
        more.contains(" DEBUG ") && more.contains("taken file=batch-customers/6.json"),
        "{more}"
    );
    assert!(said(&["once", "-vv"], None).contains(" TRACE "));
    // What is wrong is said in any case.
    let wrong = office.run(&["-q", "query", "SELECT nothing"]);
    assert_eq!(wrong.status.code(), Some(65));
    assert!(stderr(&wrong).contains("the SQL"), "{wrong:?}");
    assert_eq!(office.run(&["-q", "-v", "status"]).status.code(), Some(2));
}
