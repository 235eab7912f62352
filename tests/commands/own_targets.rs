//! What kycdrop writes at a user's name: never through a link, never onto a file of the home, never
//! onto what it did not make, and whole or not at all.

use crate::common;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::daemon::{Daemon, eventually};
use common::{Office, person};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An office with a history, and an answer that nobody has read.
fn office() -> Office {
    let office = Office::new();
    let output = office.run(&["classifiers", "list"]);
    assert!(output.status.success(), "{}", said(&output));
    office.batch("one", &[person("one")]);
    office.write(
        "kycdrop.queries.toml",
        "[mine]\nsql = \"SELECT 7 AS mine\"\n",
    );
    office.write("classifiers/mine.toml.txt", "not a classifier");
    office
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// Runs a command that writes to this place. It must end, whatever lies there.
fn write_to(office: &Office, command: &str, path: &Path) -> Output {
    let args: &[&str] = match command {
        "report" => &["report", "--output"],
        "demo" => &["demo", "--customers", "2", "--output"],
        other => &[other],
    };
    let mut run = Command::new("timeout");
    let command = office.command(args);
    run.arg("60")
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => run.env(name, value),
            None => run.env_remove(name),
        };
    }
    run.arg(path).stdin(Stdio::null());
    run.output().expect("timeout runs")
}

const COMMANDS: [&str; 4] = ["report", "demo", "backup", "snapshot"];

type Content = BTreeMap<String, Vec<u8>>;

fn content_of(office: &Office) -> Content {
    let files = office.files("").into_iter();
    // Readers make an empty WAL and its index, and remove them.
    let files = files.filter(|f| !f.ends_with("-shm") && !f.ends_with("-wal"));
    files
        .map(|f| (f.clone(), std::fs::read(office.at(&f)).expect("a file")))
        .collect()
}

fn assert_unchanged(office: &Office, before: &Content, about: &str) {
    let now = content_of(office);
    let names: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let changed: Vec<_> = names
        .into_iter()
        .filter(|name| before.get(*name) != now.get(*name))
        .collect();
    assert!(changed.is_empty(), "{about}: {changed:?}");
}

#[test]
fn nothing_of_the_home_is_ever_written_over() {
    let office = office();
    // Beside the home, so that a file of the home can have a second name there.
    let beside = office.path().parent().expect("a folder");
    let elsewhere = tempfile::tempdir_in(beside).expect("a folder");
    let to_home = elsewhere.path().join("home");
    symlink(office.path(), &to_home).expect("a link");
    let hard = elsewhere.path().join("hard.db");
    std::fs::hard_link(office.at("kycdrop.db"), &hard).expect("a second name");
    let inbox = office.at("watch-dir/inbox/batch-customers");
    let around = inbox.join("../../../kycdrop.db");
    let mut places: Vec<PathBuf> = [
        "kycdrop.db",
        "kycdrop.db-wal",
        "kycdrop.db-journal",
        "KYCDROP.db",
        "kycdrop.lock",
        "kycdrop.state",
        "kycdrop.toml",
        "kycdrop.queries.toml",
        "classifiers/country.toml",
        "classifiers/new.toml",
        "watch-dir/outbox/batch-customers/one.response.json",
        "watch-dir/outbox/batch-customers/new.json",
        "watch-dir/new",
        "watch-dir",
    ]
    .iter()
    .map(|p| office.at(p))
    .collect();
    places.extend(["kycdrop.db", "kycdrop.toml", "watch-dir/archive/x"].map(|p| to_home.join(p)));
    places.extend([hard, around]);
    let before = content_of(&office);
    for place in &places {
        for command in COMMANDS {
            let output = write_to(&office, command, place);
            let code = output.status.code();
            assert_eq!(code, Some(65), "{command} {place:?}: {}", said(&output));
            assert!(said(&output).contains(text(place)), "{}", said(&output));
            assert_unchanged(&office, &before, &format!("{command} {place:?}"));
        }
    }
    // The one exception is what is dropped; and only by `demo`.
    let dropped = inbox.join("demo.json");
    assert_eq!(
        write_to(&office, "report", &dropped).status.code(),
        Some(65)
    );
    assert!(write_to(&office, "demo", &dropped).status.success());
    assert_eq!(
        office.files("watch-dir/inbox"),
        ["batch-customers/demo.json"]
    );
    let output = office.run(&["export", text(&office.at("watch-dir/out")), "--branch", "b"]);
    assert_eq!(output.status.code(), Some(65), "{}", said(&output));
}

#[test]
fn links_pipes_devices_and_the_files_of_others_are_refused() {
    let office = office();
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    symlink(office.at("kycdrop.db"), at("to-database")).expect("a link");
    symlink(at("nothing"), at("dangling")).expect("a link");
    std::fs::write(at("page.html"), "<!DOCTYPE html><html>mine</html>").expect("a file");
    let made = Command::new("mkfifo")
        .arg(at("pipe"))
        .status()
        .expect("mkfifo");
    assert!(made.success());
    std::fs::create_dir(at("folder")).expect("a folder");
    let before = content_of(&office);
    for name in [
        "to-database",
        "dangling",
        "pipe",
        "folder",
        "page.html",
        "/dev/full",
    ] {
        for command in COMMANDS {
            let place = at(name);
            let output = write_to(&office, command, &place);
            // Only a report may take the place of anything at all.
            let of_home = name == "to-database";
            let code = if of_home || command == "report" {
                65
            } else {
                74
            };
            let about = format!("{command} {name}: {}", said(&output));
            assert_eq!(output.status.code(), Some(code), "{about}");
            assert!(said(&output).contains(text(&place)), "{about}");
        }
    }
    assert_unchanged(&office, &before, "links and others");
    assert!(!at("nothing").exists());
    let page = std::fs::read(at("page.html")).expect("a file");
    assert_eq!(page, b"<!DOCTYPE html><html>mine</html>");
    let entries = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(entries, 5, "nothing is left beside them");
}

#[test]
fn manual_pages_take_the_place_of_manual_pages_only() {
    let office = office();
    let folder = tempfile::tempdir().expect("a folder");
    let run = |dir: &Path| office.run(&["man", text(dir)]);
    for _ in 0..2 {
        let output = run(folder.path());
        assert!(output.status.success(), "{}", said(&output));
    }
    let page = folder.path().join("kycdrop-query.1");
    let notes = folder.path().join("notes");
    std::fs::write(&notes, "mine").expect("a file");
    for kind in ["link", "pipe", "mine"] {
        std::fs::remove_file(&page).expect("removed");
        match kind {
            "link" => symlink(&notes, &page).expect("a link"),
            "pipe" => {
                let made = Command::new("mkfifo").arg(&page).status().expect("mkfifo");
                assert!(made.success());
            }
            text => std::fs::write(&page, text).expect("a file"),
        }
        let output = common::daemon::ends(office.command(&["man"]).arg(folder.path()));
        assert_eq!(output.status.code(), Some(65), "{kind}: {}", said(&output));
        assert!(
            said(&output).contains("kycdrop-query.1"),
            "{}",
            said(&output)
        );
        assert_eq!(std::fs::read(&notes).expect("a file"), b"mine", "{kind}");
    }
    let before = content_of(&office);
    for dir in ["classifiers", "watch-dir/outbox/man"] {
        let output = run(&office.at(dir));
        assert_eq!(output.status.code(), Some(65), "{dir}: {}", said(&output));
    }
    assert_unchanged(&office, &before, "man");
}

#[test]
fn a_report_takes_the_place_of_a_report_with_its_rights() {
    use std::os::unix::fs::PermissionsExt;
    let office = office();
    let place = office.at("report.html");
    assert!(write_to(&office, "report", &place).status.success());
    std::fs::set_permissions(&place, PermissionsExt::from_mode(0o644)).expect("a mode");
    office.batch("two", &[person("two")]);
    let first = std::fs::read(&place).expect("a report");
    let output = write_to(&office, "report", &place);
    assert!(output.status.success(), "{}", said(&output));
    assert_ne!(first, std::fs::read(&place).expect("a report"));
    let mode = place.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let empty = office.write("empty.html", "");
    assert!(write_to(&office, "report", &empty).status.success());
}

#[test]
fn what_has_no_room_leaves_the_old_file() {
    let office = office();
    let place = office.at("report.html");
    assert!(write_to(&office, "report", &place).status.success());
    let first = std::fs::read(&place).expect("a report");
    // No file may grow beyond a block, and the signal that says so is ignored: writing fails.
    let command = office.command(&["report", "--output", text(&place)]);
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .expect("sh runs");
    assert!(!output.status.success(), "{}", said(&output));
    assert_eq!(first, std::fs::read(&place).expect("a report"));
    assert!(!office.files("").iter().any(|f| f.contains("scratch")));
}

#[test]
fn a_name_of_the_user_never_collides_with_a_scratch_name() {
    let office = office();
    for name in ["x.packed", ".x.part", "x", "content", &"long".repeat(60)] {
        for command in ["snapshot", "backup", "demo"] {
            let place = office.at(name);
            let output = write_to(&office, command, &place);
            assert!(
                output.status.success(),
                "{command} {name}: {}",
                said(&output)
            );
            std::fs::remove_file(&place).expect("a file");
        }
    }
}

#[test]
fn figures_never_take_the_place_of_another_file() {
    for place in [
        "kycdrop.db",
        "kycdrop.toml",
        "watch-dir/outbox/figures.prom",
        "notes.txt",
        "link.prom",
        "pipe.prom",
    ] {
        let office = Office::configured(&format!("metrics_file = \"{place}\"\n"));
        office.write("notes.txt", "mine");
        symlink(office.at("notes.txt"), office.at("link.prom")).expect("a link");
        let pipe = office.at("pipe.prom");
        assert!(
            Command::new("mkfifo")
                .arg(pipe)
                .status()
                .expect("mkfifo")
                .success()
        );
        for command in ["once", "doctor"] {
            let output = office.run(&[command]);
            assert_eq!(output.status.code(), Some(78), "{place}: {}", said(&output));
            let all = said(&output) + &String::from_utf8_lossy(&output.stdout);
            assert!(all.contains("metrics_file"), "{all}");
            assert!(all.contains(place), "{all}");
        }
        let notes = std::fs::read(office.at("notes.txt")).expect("a file");
        assert_eq!(notes, b"mine");
    }
    // Its own file it replaces, also one of an earlier process.
    let office = Office::configured("metrics_file = \"kycdrop.prom\"\n");
    for _ in 0..2 {
        let daemon = Daemon::start(&office);
        eventually("figures", || {
            office.at("kycdrop.prom").exists().then_some(())
        });
        daemon.stop();
    }
    // Nor does it take the place of what is put there while it works.
    let daemon = Daemon::start(&office);
    let mut n = 0;
    eventually("a warning", || {
        // Again and again: the daemon may be about to put its own there.
        let beside = office.write("mine", "mine");
        std::fs::rename(beside, office.at("kycdrop.prom")).expect("renamed");
        n += 1;
        office.drop(format!("batch-customers/x{n}.json"), "{\"customers\":[]}");
        std::thread::sleep(std::time::Duration::from_millis(200));
        daemon.log().contains("metrics_file").then_some(())
    });
    daemon.stop();
    let kept = std::fs::read(office.at("kycdrop.prom")).expect("a file");
    assert_eq!(kept, b"mine");
}

#[test]
fn what_a_killed_command_left_is_named_and_cleared() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    for outside in [false, true] {
        let office = office();
        let folder = match outside {
            false => office.path(),
            true => elsewhere.path(),
        };
        let mut demo = office
            .command(&["demo", "--customers", "100000000", "--output"])
            .arg(folder.join("big.json"))
            .stderr(Stdio::null())
            .spawn()
            .expect("demo starts");
        let hidden = |folder: &Path| {
            let entries = std::fs::read_dir(folder).expect("a folder").flatten();
            let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
            names
                .filter(|n| n.starts_with(".kycdrop"))
                .collect::<Vec<_>>()
        };
        let scratch = || hidden(folder).into_iter().find(|n| n.contains("scratch"));
        let doctor = || String::from_utf8_lossy(&office.run(&["doctor"]).stdout).into_owned();
        eventually("content", || {
            folder
                .join(scratch()?)
                .join("content")
                .exists()
                .then_some(())
        });
        // As long as its process lives it is nobody else's.
        let output = write_to(&office, "backup", &office.at("first.db"));
        assert!(output.status.success(), "{}", said(&output));
        let left = scratch().expect("still there");
        assert!(!doctor().contains(&left));
        demo.kill().expect("killed");
        demo.wait().expect("ended");
        assert!(doctor().contains(&left), "{}", doctor());
        // Wherever the next one writes.
        let output = write_to(&office, "backup", &office.at("second.db"));
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(scratch(), None);
        assert!(!doctor().contains(&left), "{}", doctor());
        assert_eq!(hidden(office.path()), Vec::<String>::new());
    }
}

#[test]
fn damaged_saved_queries_break_only_themselves() {
    let office = office();
    let damaged = "[mine]\nsql = \"SELECT 7\n";
    let file = office.write("kycdrop.queries.toml", damaged);
    for args in [
        &["query", "--saved", "top-errors"][..],
        &["query", "--list"],
    ] {
        let output = office.run(args);
        assert!(output.status.success(), "{}", said(&output));
        assert!(
            said(&output).contains("kycdrop.queries.toml"),
            "{}",
            said(&output)
        );
        assert!(said(&output).contains("line 2"), "{}", said(&output));
    }
    let output = office.run(&["query", "SELECT 1"]);
    assert!(
        output.status.success() && said(&output).is_empty(),
        "{}",
        said(&output)
    );
    for args in [
        &["query", "--saved", "mine"][..],
        &["query", "--save", "new", "SELECT 1"],
    ] {
        let output = office.run(args);
        assert_eq!(output.status.code(), Some(78), "{}", said(&output));
    }
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), damaged);
    std::fs::remove_file(&file).expect("removed");
    assert!(
        Command::new("mkfifo")
            .arg(&file)
            .status()
            .expect("mkfifo")
            .success()
    );
    assert!(
        office
            .run(&["query", "--saved", "top-errors"])
            .status
            .success()
    );
    let output = office.run(&["query", "--save", "new", "SELECT 1"]);
    assert_eq!(output.status.code(), Some(78), "{}", said(&output));
}

#[test]
fn ten_saves_at_once_lose_none() {
    let office = office();
    let comment = "# keep me\n[mine]\nsql = \"SELECT 7\"";
    for first in [Some(comment), None] {
        let file = office.at("kycdrop.queries.toml");
        match first {
            Some(text) => std::fs::write(&file, text).expect("written"),
            None => std::fs::remove_file(&file).expect("removed"),
        }
        let saves: Vec<_> = (0..10)
            .map(|n| {
                let name = format!("q{n}");
                let mut save = office.command(&["query", "--save", &name, "SELECT 1"]);
                save.stdout(Stdio::null()).spawn().expect("starts")
            })
            .collect();
        for mut save in saves {
            assert!(save.wait().expect("ends").success());
        }
        let kept = std::fs::read_to_string(&file).expect("a file");
        assert!(kept.starts_with(first.unwrap_or_default()), "{kept}");
        let parsed: toml::Table = kept.parse().expect("sound");
        assert_eq!(parsed.len(), 10 + usize::from(first.is_some()), "{kept}");
    }
}
