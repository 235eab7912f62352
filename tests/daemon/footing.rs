//! What a running kycdrop stands on is moved, removed or replaced: nothing is answered that is in no
//! history, the process says what happened and ends with 78, and once things are put right every
//! file is answered once and every accepted customer is in the history.

use crate::common;

use std::path::{Path, PathBuf};

use common::daemon::{Daemon, eventually};
use common::{Office, person};
use serde_json::json;

pub(crate) fn drop_file(office: &Office, name: &str) {
    let body = json!({"customers": [person(name)]}).to_string();
    let hidden = office.write("watch-dir/inbox/batch-customers/.part", body);
    let path = office.at(format!("watch-dir/inbox/batch-customers/{name}.json"));
    std::fs::rename(hidden, path).expect("dropped");
}

pub(crate) fn answer(office: &Office, name: &str) -> PathBuf {
    office.at(format!(
        "watch-dir/outbox/batch-customers/{name}.response.json"
    ))
}

pub(crate) fn wait_for_answer(office: &Office, name: &str) {
    eventually("an answer", || answer(office, name).exists().then_some(()));
}

/// A daemon that has answered `one`.
pub(crate) fn working(office: &Office) -> Daemon {
    office.once();
    let daemon = Daemon::start(office);
    drop_file(office, "one");
    wait_for_answer(office, "one");
    eventually("the file to be put away", || {
        office.files("watch-dir/work").is_empty().then_some(())
    });
    daemon
}

/// Drops `two`, which must not be answered: the daemon ends with 78 and says why.
pub(crate) fn ends_with_78(office: &Office, daemon: Daemon, about: &str) {
    drop_file(office, "two");
    let log = office.at("daemon.log");
    let code = daemon.end().code();
    let said = std::fs::read_to_string(log).expect("a log");
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains(about), "{about}: {said}");
    assert!(!answer(office, "two").exists(), "{said}");
}

/// Makes `backup.db`, which has nothing of `after`: that is answered since. Returns its bytes.
pub(crate) fn backup_before_after(office: &Office) -> Vec<u8> {
    let backup = office.at("backup.db");
    let made = office.run(&["backup", backup.to_str().expect("text")]);
    assert!(made.status.success(), "{made:?}");
    drop_file(office, "after");
    wait_for_answer(office, "after");
    eventually("the file to be put away", || {
        office.files("watch-dir/work").is_empty().then_some(())
    });
    std::fs::read(backup).expect("a backup")
}

pub(crate) fn names(office: &Office) -> Vec<String> {
    office
        .rows("SELECT communication_number AS n FROM v_assessment ORDER BY 1")
        .iter()
        .map(|r| r["n"].as_str().expect("text").to_owned())
        .collect()
}

fn rename(office: &Office, from: &str, to: &str) {
    std::fs::rename(office.at(from), office.at(to)).expect("moved");
}

#[test]
fn a_database_that_was_moved_away_ends_the_work() {
    let office = Office::new();
    let daemon = working(&office);
    for ending in ["", "-wal", "-shm"] {
        rename(
            &office,
            &format!("kycdrop.db{ending}"),
            &format!("kept.db{ending}"),
        );
    }
    ends_with_78(&office, daemon, "kycdrop.db");
    // Every command that asks the history says that it is gone.
    for args in [
        &["once"][..],
        &["status"],
        &["doctor"],
        &["query", "SELECT 1"],
        &["history", "X-one"],
        &["pending"],
        &["explain", "1"],
        &["tables"],
        &["report", "--output", "-"],
        &["check", "x.json"],
    ] {
        office.write("x.json", "{}");
        let output = office.run(args);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert_ne!(output.status.code(), Some(0), "{args:?}: {said}");
        assert!(
            said.contains("is missing, and there was a history") && said.contains("or a backup"),
            "{args:?}: {said}"
        );
    }
    for ending in ["", "-wal", "-shm"] {
        rename(
            &office,
            &format!("kept.db{ending}"),
            &format!("kycdrop.db{ending}"),
        );
    }
    office.once();
    assert_eq!(names(&office), ["N-one", "N-two"]);
    assert!(answer(&office, "two").exists());
}

#[test]
fn a_backup_in_the_place_of_a_database_in_use_ends_the_work() {
    let office = Office::new();
    let daemon = working(&office);
    backup_before_after(&office);
    rename(&office, "backup.db", "kycdrop.db");
    ends_with_78(&office, daemon, "kycdrop.db was replaced");
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(office.at(format!("kycdrop.db{ending}")));
    }
    // The next start says that an answered file is missing, and so does doctor.
    let output = office.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("1 answered file in the archive is not in the history"),
        "{said}"
    );
    let doctor = office.run(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("1 answered file in the archive"), "{said}");
    assert_eq!(names(&office), ["N-one", "N-two"]);
}

#[test]
fn a_new_history_beside_a_full_archive_is_worth_a_warning() {
    let office = Office::new();
    for name in ["one", "two"] {
        drop_file(&office, name);
    }
    office.once();
    for name in ["kycdrop.db", "kycdrop.lock"] {
        std::fs::remove_file(office.at(name)).expect("removed");
    }
    let output = office.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("2 answered files in the archive are not in the history"),
        "{said}"
    );
}

#[test]
fn answered_files_of_earlier_days_are_accounted_for_too() {
    let office = Office::new();
    for endpoint in ["batch-customers", "customer"] {
        office.write(
            format!("watch-dir/archive/2020-02-02/{endpoint}/x.json"),
            "{}",
        );
    }
    office.write("watch-dir/failed/2020-02-02/customer/y.json", "{}");
    for not_counted in ["old/x.json", "2020-02-02/customer/.DS_Store"] {
        office.write(format!("watch-dir/archive/{not_counted}"), "{}");
    }
    // A newer day, whose files are all known, hides them not.
    for name in ["one", "two"] {
        drop_file(&office, name);
        office.once();
    }
    let warning = "3 answered files in the archive are not in the history";
    let said = |args: &[&str]| {
        let output = office.run(args);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert!(said(&["once"]).contains(warning), "{}", said(&["once"]));
    assert!(said(&["doctor"]).contains(warning), "{}", said(&["doctor"]));
    rename(&office, "watch-dir/archive/2020-02-02", "elsewhere");
    assert!(said(&["once"]).contains("1 answered file"));
}

#[test]
fn an_empty_watch_dir_is_not_worked_on() {
    let office = Office::new();
    drop_file(&office, "one");
    office.once();
    rename(&office, "watch-dir", "mounted");
    // As when its file system is not mounted.
    std::fs::create_dir(office.at("watch-dir")).expect("a folder");
    for command in ["once", "run", "doctor"] {
        let output = common::daemon::ends(&mut office.command(&[command]));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(78), "{command}: {said}");
        assert!(said.contains("may not be mounted"), "{command}: {said}");
    }
    std::fs::remove_dir(office.at("watch-dir")).expect("still empty");
    rename(&office, "mounted", "watch-dir");
    drop_file(&office, "two");
    office.once();
    assert_eq!(names(&office), ["N-one", "N-two"]);
    // On purpose.
    rename(&office, "watch-dir", "old");
    std::fs::create_dir_all(office.at("watch-dir/inbox")).expect("a folder");
    drop_file(&office, "three");
    office.once();
    assert_eq!(names(&office), ["N-one", "N-three", "N-two"]);
}

#[test]
fn who_only_looks_at_the_lock_keeps_nobody_out() {
    let office = Office::new();
    office.once();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // As `status` does, over and over: half of the time it has the lock.
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let file = std::fs::File::open(office.at("kycdrop.lock")).expect("the lock");
                if file.try_lock().is_ok() {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                drop(file);
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        let outputs: Vec<_> = (0..20).map(|_| office.run(&["once"])).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for output in outputs {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
        }
    });
}

#[test]
fn other_things_that_go_while_it_works_end_the_work() {
    for (path, aside) in [
        ("kycdrop.db-wal", "aside-wal"),
        ("kycdrop.db-shm", "aside-shm"),
        ("kycdrop.lock", "aside.lock"),
    ] {
        let office = Office::new();
        let daemon = working(&office);
        rename(&office, path, aside);
        ends_with_78(&office, daemon, path);
        rename(&office, aside, path);
        office.once();
        assert_eq!(names(&office), ["N-one", "N-two"], "{path}");
        assert!(answer(&office, "two").exists(), "{path}");
    }
}

#[test]
fn a_watch_dir_that_is_another_one_ends_the_work() {
    let office = Office::new();
    let daemon = working(&office);
    // As when a mount goes away: an empty folder is there instead.
    rename(&office, "watch-dir", "mounted");
    std::fs::create_dir_all(office.at("watch-dir/inbox/batch-customers")).expect("a folder");
    // It may look before the other folder is there.
    ends_with_78(&office, daemon, "watch-dir was ");
    assert!(office.answers().is_empty());
}

#[test]
fn a_home_that_was_moved_ends_the_work_and_goes_on_where_it_is() {
    let office = Office::configured("scan_interval = \"50ms\"\n");
    let daemon = working(&office);
    let beside = office.path().parent().expect("a folder");
    let elsewhere = tempfile::tempdir_in(beside).expect("a folder");
    let new = elsewhere.path().join("home");
    std::fs::rename(office.path(), &new).expect("moved");
    assert_eq!(daemon.end().code(), Some(78));
    let said = std::fs::read_to_string(new.join("daemon.log")).expect("a log");
    assert!(
        said.contains("was moved or removed while kycdrop was using it"),
        "{said}"
    );
    assert!(!office.path().exists(), "the old path grew again");
    std::fs::rename(&new, office.path()).expect("moved back");
    drop_file(&office, "two");
    office.once();
    assert_eq!(names(&office), ["N-one", "N-two"]);
}

#[test]
fn a_database_of_two_names_is_not_worked_on() {
    let office = Office::new();
    office.once();
    let other = tempfile::tempdir_in(office.path()).expect("another home");
    let name = other.path().join("kycdrop.db");
    std::fs::hard_link(office.at("kycdrop.db"), &name).expect("a second name");
    let output = office.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("has 2 names"), "{said}");
    std::fs::remove_file(name).expect("removed");
    office.once();
}

#[test]
fn a_second_daemon_is_kept_out_though_the_lock_file_was_removed() {
    let office = Office::new();
    let daemon = working(&office);
    // Else it may notice first, and end.
    daemon.signal(rustix::process::Signal::STOP);
    std::fs::remove_file(office.at("kycdrop.lock")).expect("removed");
    let second = office.run(&["once"]);
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(75), "{said}");
    assert!(said.contains("another kycdrop is running on"), "{said}");
    drop(daemon);
}

#[test]
fn two_homes_cannot_have_one_watch_dir() {
    let office = Office::new();
    let daemon = working(&office);
    for shared in ["watch-dir", "watch-dir/inbox", "watch-dir/work"] {
        let other = Office::new();
        let link = other.at(shared);
        std::fs::create_dir_all(link.parent().expect("a folder")).expect("folders");
        std::os::unix::fs::symlink(office.at(shared), link).expect("a link");
        let second = other.run(&["once"]);
        let said = String::from_utf8_lossy(&second.stderr);
        assert_eq!(second.status.code(), Some(75), "{shared}: {said}");
        assert!(
            said.contains("two homes cannot share a watch-dir"),
            "{shared}: {said}"
        );
    }
    drop(daemon);
}

#[test]
fn a_refused_start_did_not_die() {
    let office = Office::new();
    office.once();
    let home: &Path = office.path();
    std::fs::rename(home.join("kycdrop.db"), home.join("kept.db")).expect("moved");
    assert_eq!(office.run(&["once"]).status.code(), Some(78));
    std::fs::rename(home.join("kept.db"), home.join("kycdrop.db")).expect("moved back");
    let status = office.run(&["status", "--format", "json"]);
    let text = String::from_utf8_lossy(&status.stdout);
    assert_eq!(status.status.code(), Some(0), "{text}");
    assert!(text.contains("\"stopped\""), "{text}");
}
