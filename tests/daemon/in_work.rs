//! A folder of the work folder that cannot be read, or holds what kycdrop never puts there, stops nobody: it
//! is named once with its path, counted and tried again, the others are answered, and so is its own file
//! once that is put right.

#![cfg(all(target_os = "linux", debug_assertions))]

use crate::common;
use crate::faults;
use crate::one_file;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use common::Office;
use faults::{assert_all_answered_once, bound_by_permissions, give_to, set_mode, wait_for};
use one_file::{Bound, CUSTOMERS, drop_good, said, status, user_of};

/// What is done to the folder of a claim, and undone. `beside` is a place outside of the work folder.
struct Harm {
    does: fn(claim: &Path, beside: &Path),
    undoes: fn(claim: &Path, beside: &Path),
    code: i32,
}

const HARMS: [Harm; 8] = [
    Harm {
        does: |claim, _| set_mode(claim, 0o000),
        undoes: |claim, _| set_mode(claim, 0o700),
        code: 77,
    },
    Harm {
        does: |claim, _| set_mode(claim, 0o500),
        undoes: |claim, _| set_mode(claim, 0o700),
        code: 77,
    },
    Harm {
        does: |claim, _| set_mode(&claim.join("source"), 0o000),
        undoes: |claim, _| set_mode(&claim.join("source"), 0o700),
        code: 77,
    },
    Harm {
        does: |claim, beside| {
            fs::rename(claim.join("response"), beside).expect("moved");
            fs::create_dir(claim.join("response")).expect("a folder");
        },
        undoes: |claim, beside| {
            fs::remove_dir(claim.join("response")).expect("removed");
            fs::rename(beside, claim.join("response")).expect("moved back");
        },
        code: 74,
    },
    Harm {
        does: |claim, _| fs::write(claim.join("source/another"), "{}").expect("a file"),
        undoes: |claim, _| fs::remove_file(claim.join("source/another")).expect("removed"),
        code: 74,
    },
    Harm {
        does: |claim, beside| {
            fs::rename(claim.join("source"), beside).expect("moved");
            symlink(beside, claim.join("source")).expect("a link");
        },
        undoes: |claim, beside| {
            fs::remove_file(claim.join("source")).expect("removed");
            fs::rename(beside, claim.join("source")).expect("moved back");
        },
        code: 74,
    },
    Harm {
        does: |claim, beside| {
            fs::rename(claim, beside).expect("moved");
            symlink(beside, claim).expect("a link");
        },
        undoes: |claim, beside| {
            fs::remove_file(claim).expect("removed");
            fs::rename(beside, claim).expect("moved back");
        },
        code: 74,
    },
    Harm {
        does: |claim, beside| {
            fs::rename(claim, beside).expect("moved");
            fs::write(claim, "no folder").expect("a file");
        },
        undoes: |claim, beside| {
            fs::remove_file(claim).expect("removed");
            fs::rename(beside, claim).expect("moved back");
        },
        code: 74,
    },
];

/// The folders in work, the oldest first.
fn claims(office: &Office) -> Vec<PathBuf> {
    let work = fs::read_dir(office.at("watch-dir/work")).expect("work");
    let mut claims: Vec<_> = work.map(|e| e.expect("an entry").path()).collect();
    claims.sort();
    claims
}

/// An office whose `once` was killed at a step with `f0` and `f1` in work, with a good file beside them.
fn interrupted(step: &str) -> Office {
    let office = Office::configured("retry = \"20ms\"\nscan_interval = \"20ms\"\n");
    for name in ["f0", "f1"] {
        drop_good(&office, name);
    }
    let mut killed = office.command(&["once"]);
    killed.env("KYCDROP_FAULT", format!("{step}=kill"));
    assert!(!killed.status().expect("it runs").success(), "{step}");
    assert_eq!(claims(&office).len(), 2, "{step}");
    drop_good(&office, "good");
    office
}

fn all() -> Vec<String> {
    ["f0", "f1", "good"].map(str::to_owned).into()
}

const NAMED: &str = "keeps a file that was taken from being finished";

#[test]
fn once_answers_the_others_beside_a_claim_that_cannot_be_worked_on() {
    let case = "in_work::once_answers_the_others_beside_a_claim_that_cannot_be_worked_on";
    for step in ["commit.before", "commit.after"] {
        for (n, harm) in HARMS.iter().enumerate() {
            let office = interrupted(step);
            let Some(mut command) = bound_by_permissions(&office, case, &["once"]) else {
                return;
            };
            let (claim, beside) = (claims(&office).remove(0), office.at("beside"));
            (harm.does)(&claim, &beside);
            let output = command.output().expect("it runs");
            let log = said(&output);
            assert_eq!(output.status.code(), Some(harm.code), "{step} {n}: {log}");
            let path = claim.to_str().expect("text");
            let named = log
                .lines()
                .filter(|l| l.contains(NAMED) && l.contains(path));
            assert_eq!(named.count(), 1, "{step} {n}: {log}");
            assert_eq!(office.answers().len(), 2, "{step} {n}: {log}");
            let status = status(&office);
            assert_eq!(status["held"]["files"], 1, "{step} {n}: {status}");
            assert_eq!(
                status["in_work"].as_array().map(Vec::len),
                Some(1),
                "{step} {n}: {status}"
            );
            (harm.undoes)(&claim, &beside);
            let output = command.output().expect("it runs");
            assert!(output.status.success(), "{step} {n}: {output:?}");
            assert_all_answered_once(&office, &all(), CUSTOMERS);
        }
    }
}

#[test]
fn a_daemon_tries_again_a_claim_that_cannot_be_worked_on() {
    let case = "in_work::a_daemon_tries_again_a_claim_that_cannot_be_worked_on";
    for step in ["commit.before", "commit.after"] {
        let office = interrupted(step);
        let Some(command) = bound_by_permissions(&office, case, &["run"]) else {
            return;
        };
        give_to(office.path(), user_of(&command));
        let claim = claims(&office).remove(0);
        set_mode(&claim, 0o000);
        let daemon = Bound::start(&office, command);
        wait_for("the others", || {
            office.files("watch-dir/archive").len() == 2
        });
        wait_for("it is counted", || status(&office)["held"]["files"] == 1);
        assert_eq!(status(&office)["health"], "healthy", "{}", daemon.log());
        set_mode(&claim, 0o700);
        wait_for("everything is ended", || {
            office.files("watch-dir/archive").len() == 3 && claims(&office).is_empty()
        });
        wait_for("nothing is held", || status(&office)["held"]["files"] == 0);
        let log = daemon.log();
        assert_eq!(log.matches(NAMED).count(), 1, "{log}");
        assert!(!log.contains("work pauses"), "{log}");
        drop(daemon);
        assert_all_answered_once(&office, &all(), CUSTOMERS);
    }
}

/// What is not a claim stays, and so does what somebody put beside a file that is finished.
#[test]
fn what_kycdrop_did_not_put_into_work_stays_and_stops_nobody() {
    let office = interrupted("commit.before");
    let stray = ["notes.txt", "a folder/notes.txt"].map(|n| format!("watch-dir/work/{n}"));
    for path in &stray {
        office.write(path, "text");
    }
    let notes = claims(&office).remove(0).join("notes.txt");
    fs::write(&notes, "text").expect("a file");
    // The file itself is finished, its folder stays.
    office.once();
    assert_eq!(office.files("watch-dir/archive").len(), 3);
    // The next start says so, once.
    let output = office.run(&["once"]);
    let log = said(&output);
    assert_eq!(output.status.code(), Some(74), "{log}");
    assert_eq!(log.matches("is left of a file").count(), 1, "{log}");
    assert!(!log.contains("answered batch"), "{log}");
    fs::remove_file(&notes).expect("removed");
    office.once();
    assert_eq!(office.files("watch-dir/work").len(), stray.len());
    assert_eq!(office.value("SELECT count(*) FROM batch"), 3);
    assert_eq!(office.answers().len(), 3);
    for path in &stray {
        assert!(office.at(path).exists(), "{path}");
        fs::remove_file(office.at(path)).expect("removed");
    }
}

/// A folder of another user's in the place of a claim's.
#[test]
fn a_claim_of_another_user_stops_nobody() {
    let case = "in_work::a_claim_of_another_user_stops_nobody";
    if !one_file::root(case) {
        return;
    }
    let office = interrupted("commit.before");
    let Some(mut command) = bound_by_permissions(&office, case, &["once"]) else {
        return;
    };
    let claim = claims(&office).remove(0);
    set_mode(&claim, 0o755);
    std::os::unix::fs::chown(&claim, Some(one_file::stranger_to(&command)), None).expect("given");
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(77), "{}", said(&output));
    assert_eq!(said(&output).matches(NAMED).count(), 1);
    assert_eq!(office.answers().len(), 2);
    std::os::unix::fs::chown(&claim, Some(user_of(&command)), None).expect("given back");
    assert!(command.status().expect("it runs").success());
    assert_all_answered_once(&office, &all(), CUSTOMERS);
}
