//! What lies in the place of a file and is not one: a pipe, a socket, a device, a folder. Nothing waits
//! for it, whoever needs it names it, and whoever does not need it works.

use crate::common;

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};

use common::daemon::ends;
use common::{Office, person};
use serde_json::json;

fn all_of(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

fn fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().expect("mkfifo");
    assert!(made.success());
}

const KINDS: [&str; 6] = [
    "pipe",
    "socket",
    "folder",
    "/dev/zero",
    "/dev/full",
    "/dev/null",
];

/// Puts something of this kind into a place.
fn put(kind: &str, path: &Path) {
    let _ = std::fs::remove_file(path);
    match kind {
        "pipe" => fifo(path),
        // Its name stays when it is closed.
        "socket" => drop(UnixListener::bind(path).expect("a socket")),
        "folder" => std::fs::create_dir(path).expect("a folder"),
        device => symlink(device, path).expect("a link"),
    }
}

/// An office with a history, files to work on, and a query of its own.
fn office() -> Office {
    let office = Office::new();
    office.batch("one", &[person("one")]);
    office.write("kycdrop.queries.toml", "[mine]\nsql = \"SELECT 7\"\n");
    office.write("b.json", json!({"customers": [person("two")]}).to_string());
    office
}

const READERS: &[&[&str]] = &[
    &["check", "b.json"],
    &["status"],
    &["doctor", "--quick"],
    &["query", "SELECT 1"],
    &["query", "--saved", "mine"],
    &["query", "--save", "new", "SELECT 1"],
    &["history", "X-one"],
    &["pending"],
    &["tables"],
    &["explain", "one.json"],
    &["report", "--output", "out/page.html"],
    &["backup", "out/backup.db"],
    &["snapshot", "out/snapshot.db"],
    &["export", "out/export", "--branch", "b"],
    &["classifiers"],
    &["demo", "--output", "out/demo.json"],
];

/// A file of the home, which of the commands need it (by their first words), and whether `once` does.
const FILES: &[(&str, &[&str], bool)] = &[
    (
        "kycdrop.toml",
        &["check", "doctor", "report", "backup", "snapshot", "export"],
        true,
    ),
    (
        "kycdrop.queries.toml",
        &["doctor", "query --saved", "query --save"],
        false,
    ),
    ("kycdrop.lock", &["doctor"], true),
    ("kycdrop.state", &["doctor"], true),
    ("kycdrop.state.part", &[], false),
    ("kycdrop.db", &ALL_BUT_FILES, true),
    ("kycdrop.db-wal", &ALL_BUT_FILES, true),
    ("kycdrop.db-shm", &ALL_BUT_FILES, true),
    ("kycdrop.db-journal", &ALL_BUT_FILES, true),
    (
        "classifiers/country.toml",
        &["check", "doctor", "classifiers", "demo"],
        true,
    ),
];

const ALL_BUT_FILES: [&str; 12] = [
    "check", "status", "doctor", "query", "history", "pending", "tables", "explain", "report",
    "backup", "snapshot", "export",
];

#[test]
fn nothing_hangs_on_what_lies_in_the_place_of_a_file() {
    for (file, needed_by, once_needs) in FILES {
        let office = office();
        let path = office.at(file);
        let kept = office.at("kept");
        let _ = std::fs::rename(&path, &kept);
        for kind in KINDS {
            put(kind, &path);
            let run = |args: &[&str]| {
                let out = office.at("out");
                let _ = std::fs::remove_dir_all(&out);
                std::fs::create_dir(out).expect("a folder");
                let about = format!("{args:?} with {kind} as {file}");
                let output = ends(office.command(args).current_dir(office.path()));
                (
                    output.status.code(),
                    format!("{about}: {}", all_of(&output)),
                )
            };
            let named = Path::new(file)
                .file_name()
                .expect("a name")
                .to_string_lossy();
            // Every command meets a pipe, which most of them would wait for; the others are as the pipe.
            let readers = if kind == "pipe" {
                READERS
            } else {
                &READERS[..5]
            };
            for args in readers {
                let (code, said) = run(args);
                let needed = needed_by
                    .iter()
                    .any(|words| args.join(" ").starts_with(words));
                assert_eq!(code, Some(if needed { 78 } else { 0 }), "{said}");
                assert!(
                    !needed || args[0] == "doctor" || said.contains(&*named),
                    "{said}"
                );
            }
            let (code, said) = run(&["once"]);
            if *once_needs {
                assert_eq!(code, Some(78), "{said}");
                assert!(said.contains(&*named), "{said}");
            } else {
                assert_eq!(code, Some(0), "{said}");
            }
            let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path));
        }
        if kept.exists() {
            std::fs::rename(&kept, &path).expect("put back");
        }
        office.batch("two", &[person("two")]);
        assert_eq!(
            office.value("SELECT count(*) FROM v_assessment"),
            2,
            "{file}"
        );
    }
}

#[test]
fn a_home_that_is_not_a_folder_is_named() {
    let office = office();
    let home = office.at("home");
    fifo(&home);
    for args in [
        &["once"][..],
        &["status"],
        &["doctor"],
        &["query", "SELECT 1"],
        &["init"],
    ] {
        let output = ends(office.command(args).arg("--home").arg(&home));
        assert_eq!(
            output.status.code(),
            Some(78),
            "{args:?}: {}",
            all_of(&output)
        );
        assert!(
            all_of(&output).contains("home is not a folder"),
            "{}",
            all_of(&output)
        );
    }
}

#[test]
fn nothing_hangs_on_what_lies_in_an_export() {
    let office = office();
    let export = office.at("export");
    let args = |more: &'static str| {
        let export = export.to_str().expect("text");
        let mut args = vec!["export", export];
        args.extend(more.split(' '));
        ends(&mut office.command(&args))
    };
    let output = args("--branch b");
    assert!(output.status.success(), "{}", all_of(&output));
    let mut files = office.files("export");
    let folder = files[0].rsplit_once('/').expect("a folder").0.to_owned();
    assert!(folder.contains("_manifest"), "{folder}");
    for more in [".pending", ".pending.part"] {
        files.push(format!("{folder}/{more}"));
    }
    for file in files {
        let path = export.join(&file);
        let kept = office.at("kept");
        let _ = std::fs::rename(&path, &kept);
        fifo(&path);
        for more in ["--branch b", "--verify"] {
            let output = args(more);
            // A run that has nothing new to write looks at the manifests alone.
            let all = all_of(&output);
            assert!(
                matches!(output.status.code(), Some(0 | 65 | 74 | 78)),
                "{file} {more}: {all}"
            );
        }
        std::fs::remove_file(&path).expect("still the pipe");
        if kept.exists() {
            std::fs::rename(&kept, &path).expect("put back");
        }
    }
    assert!(args("--verify").status.success());
}

#[test]
fn what_is_too_large_is_not_read_to_its_end() {
    let office = office();
    for file in [
        "kycdrop.toml",
        "kycdrop.queries.toml",
        "classifiers/mine.toml",
    ] {
        // It has no blocks on the disk.
        let large = std::fs::File::create(office.at(file)).expect("a file");
        large.set_len(10 << 30).expect("a size");
        let output = ends(&mut office.command(&["doctor", "--quick"]));
        if file == "kycdrop.queries.toml" {
            let output = ends(&mut office.command(&["query", "--saved", "mine"]));
            assert_eq!(output.status.code(), Some(78), "{}", all_of(&output));
            assert!(
                all_of(&output).contains("has more than"),
                "{}",
                all_of(&output)
            );
        } else {
            assert_eq!(
                output.status.code(),
                Some(78),
                "{file}: {}",
                all_of(&output)
            );
            let output = ends(&mut office.command(&["once"]));
            assert_eq!(
                output.status.code(),
                Some(78),
                "{file}: {}",
                all_of(&output)
            );
            assert!(
                all_of(&output).contains("has more than"),
                "{}",
                all_of(&output)
            );
        }
        std::fs::remove_file(office.at(file)).expect("removed");
    }
}

/// Runs a line of shell; in it, `"$@"` is `kycdrop check`.
fn check_in_a_shell(office: &Office, line: &str) -> Output {
    let kycdrop = office.command(&["check"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", line, "sh"])
        .arg(kycdrop.get_program())
        .args(kycdrop.get_args());
    for (name, value) in kycdrop.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    ends(command.current_dir(office.path()))
}

#[test]
fn check_reads_the_pipes_of_a_shell_and_no_others() {
    let office = office();
    let file = office.at("b.json");
    let shell = |line: &str| check_in_a_shell(&office, line);
    symlink(&file, office.at("link.json")).expect("a link");
    for line in [
        "\"$@\" - < b.json",
        "cat b.json | \"$@\" -",
        "cat b.json | \"$@\" /dev/stdin",
        "\"$@\" /dev/stdin < b.json",
        // What `<(cat b.json)` makes, whose writer may be gone before it is read.
        "cat b.json | { exec 7<&0; \"$@\" /dev/fd/7; }",
        "\"$@\" link.json",
    ] {
        let output = shell(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", all_of(&output));
        assert!(
            all_of(&output).contains("1 accepted"),
            "{line}: {}",
            all_of(&output)
        );
    }
    for kind in KINDS {
        let path = office.at("odd");
        put(kind, &path);
        let output = ends(office.command(&["check"]).arg(&path));
        assert_eq!(
            output.status.code(),
            Some(65),
            "{kind}: {}",
            all_of(&output)
        );
        assert!(
            all_of(&output).contains("odd cannot be read"),
            "{}",
            all_of(&output)
        );
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path));
    }
    // What never ends is given up.
    let output = shell("\"$@\" - < /dev/zero");
    assert_eq!(output.status.code(), Some(65), "{}", all_of(&output));
    assert!(
        all_of(&output).contains("from a pipe"),
        "{}",
        all_of(&output)
    );
}
