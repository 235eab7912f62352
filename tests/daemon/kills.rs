//! Killed at every step: `once` and `run` die as by SIGKILL at each fault point on the way of a
//! file, and whoever starts next leaves every file answered once and every assessment there once.

#![cfg(all(unix, debug_assertions))]

use crate::common;
use crate::faults;

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Output;

use common::{MATRIX, Office};
use faults::{
    Daemon, EVALUATED_ANSWERS, EVALUATED_SOURCES, assert_all_answered_once, batch_of,
    drop_evaluated, wait_for,
};
use kycdrop::catalog::Classifier;
use kycdrop::fault::STEPS;

const CUSTOMERS: usize = 4;

fn office_with(names: &[String]) -> Office {
    let office = Office::new();
    for name in names {
        office.drop(
            format!("batch-customers/{name}.json"),
            batch_of(name, CUSTOMERS),
        );
    }
    office
}

/// With evaluations and a decision among the files, so that each step is reached.
fn office_with_all(names: &[String]) -> Office {
    let office = office_with(names);
    drop_evaluated(&office);
    office
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("f{i}")).collect()
}

/// Runs `once` until the fault kills it.
fn killed_once(office: &Office, fault: &str) {
    let output = office
        .command(&["once"])
        .env("KYCDROP_FAULT", fault)
        .output()
        .expect("it runs");
    assert_eq!(output.status.signal(), Some(9), "{fault}: {output:?}");
}

#[test]
fn once_killed_at_each_step_is_finished_by_the_next_once() {
    for step in STEPS {
        let names = names(2);
        let office = office_with_all(&names);
        killed_once(&office, &format!("{step}=kill"));
        office.once();
        assert_all_answered_once(&office, &names, CUSTOMERS);
        println!("{step}: answered once");
    }
}

#[test]
fn killed_at_a_step_of_the_second_file_too() {
    for step in STEPS
        .iter()
        .filter(|s| !s.starts_with("mark") && !s.starts_with("commit"))
    {
        let names = names(3);
        let office = office_with_all(&names);
        killed_once(&office, &format!("{step}@2=kill"));
        office.once();
        assert_all_answered_once(&office, &names, CUSTOMERS);
    }
}

#[test]
fn killed_again_while_it_recovers() {
    for step in STEPS.iter().filter(|s| !s.starts_with("claim")) {
        let names = names(2);
        let office = office_with_all(&names);
        killed_once(&office, "commit.after=kill");
        // Whatever the first kill left, the second comes in the middle of mending it.
        let second = office
            .command(&["once"])
            .env(
                "KYCDROP_FAULT",
                format!("recover.before@2=kill,{step}=kill"),
            )
            .output()
            .expect("it runs");
        let reached = second.status.signal() == Some(9);
        let judges_again = ["ingest", "reserve", "commit"];
        assert_eq!(
            reached,
            !judges_again.iter().any(|s| step.starts_with(s)),
            "{step}: {second:?}"
        );
        office.once();
        assert_all_answered_once(&office, &names, CUSTOMERS);
    }
}

#[test]
fn a_killed_daemon_is_finished_by_the_next_daemon() {
    for step in STEPS {
        let names = names(2);
        let office = Office::configured("scan_interval = \"50ms\"\n");
        office.write("risk/example.toml", MATRIX);
        let mut first = Daemon::start(&office, &[("KYCDROP_FAULT", &format!("{step}=kill"))]);
        first.wait_for_log("kycdrop watches");
        for name in &names {
            office.drop(
                format!("batch-customers/.{name}"),
                batch_of(name, CUSTOMERS),
            );
            let at = office.at("watch-dir/inbox/batch-customers");
            std::fs::rename(at.join(format!(".{name}")), at.join(format!("{name}.json")))
                .expect("renamed into place");
        }
        drop_evaluated(&office);
        assert_eq!(first.ended().signal(), Some(9), "{step}: {}", first.log());
        let mut second = Daemon::start(&office, &[]);
        second.wait_for_log("kycdrop watches");
        wait_for(&format!("both answers after {step}"), || {
            office.answers().len() == 2 + EVALUATED_ANSWERS.len()
                && office.files("watch-dir/archive").len() == 2 + EVALUATED_SOURCES.len()
        });
        assert!(second.stop().success(), "{}", second.log());
        assert_all_answered_once(&office, &names, CUSTOMERS);
    }
}

#[test]
fn killed_while_a_file_goes_back_it_is_still_there() {
    for step in ["back.before", "back.after"] {
        let office = Office::configured("settle_timeout = \"300ms\"\n");
        office.drop("batch-customers/x.json", "{\"customers\":[");
        killed_once(&office, &format!("{step}=kill"));
        office.once();
        assert_eq!(
            office.response("batch-customers/x")["status"],
            400,
            "{step}"
        );
        assert_eq!(office.value("SELECT count(*) FROM batch"), 1, "{step}");
        assert_eq!(office.files("watch-dir/failed").len(), 1, "{step}");
        assert_eq!(office.files("watch-dir/work").len(), 0, "{step}");
    }
}

#[test]
fn the_same_bytes_dropped_while_the_first_copy_is_in_work() {
    for step in [
        "ingest.chunk",
        "commit.before",
        "commit.after",
        "publish.renamed",
    ] {
        let name = "f0".to_owned();
        let office = office_with(std::slice::from_ref(&name));
        killed_once(&office, &format!("{step}=kill"));
        // The first copy lies in work, the second comes under the same name.
        office.drop("batch-customers/f0.json", batch_of(&name, CUSTOMERS));
        office.once();
        let answers = office.answers();
        assert_eq!(
            answers,
            [
                "batch-customers/f0.response.json",
                "batch-customers/f0~2.response.json"
            ],
            "{step}"
        );
        for answer in ["f0", "f0~2"] {
            let response = office.response(&format!("batch-customers/{answer}"));
            let accepted = response["results"]
                .as_array()
                .expect("results")
                .iter()
                .filter(|r| r["resultType"] == "REQUEST_ACCEPTED")
                .count();
            assert_eq!(accepted, CUSTOMERS - 1, "{step}");
        }
        assert_eq!(
            office.value("SELECT count(*) FROM assessment"),
            CUSTOMERS - 1
        );
        assert_eq!(
            office.value("SELECT repeated FROM batch WHERE batch_id = 2"),
            CUSTOMERS - 1
        );
        assert_eq!(office.files("watch-dir/archive").len(), 2, "{step}");
        assert_eq!(office.files("watch-dir/work").len(), 0, "{step}");
    }
}

#[test]
fn a_home_whose_making_was_killed_is_made_whole() {
    for fault in [
        "shipped.file@1",
        "shipped.file@7",
        "shipped.move@1",
        "shipped.move@7",
    ] {
        let names = names(1);
        let office = office_with(&names);
        killed_once(&office, &format!("{fault}=kill"));
        office.once();
        let classifiers = office.files("classifiers");
        assert_eq!(classifiers.len(), Classifier::ALL.len(), "{fault}");
        assert_all_answered_once(&office, &names, CUSTOMERS);
    }
}

/// However soon each start is killed, it gets a little further.
#[test]
fn killed_again_and_again_it_still_gets_on() {
    let names = names(8);
    let office = office_with(&names);
    killed_once(&office, "commit.before=kill");
    for answered in 0..names.len() {
        assert_eq!(office.answers().len(), answered);
        if answered + 2 < names.len() {
            killed_once(&office, "ingest.chunk@3=kill");
        } else {
            office.once();
            break;
        }
    }
    assert_all_answered_once(&office, &names, CUSTOMERS);
}

/// After a power cut some file systems have a file under its old name and its new one.
#[test]
fn what_has_its_old_name_too_after_a_cut_is_put_out_and_away_once() {
    for step in ["worklist.renamed", "publish.renamed", "archive.after"] {
        let names = names(2);
        let office = office_with(&names);
        killed_once(&office, &format!("{step}=kill"));
        let work = office.at("watch-dir/work");
        let mut claims: Vec<_> = std::fs::read_dir(&work)
            .expect("work")
            .map(|e| e.expect("an entry").path())
            .collect();
        claims.sort();
        let (moved, old) = match step {
            "worklist.renamed" => (
                "watch-dir/outbox/batch-customers/f0.findings.csv",
                "worklist/findings.csv",
            ),
            "publish.renamed" => (
                "watch-dir/outbox/batch-customers/f0.response.json",
                "response",
            ),
            _ => ("watch-dir/archive", "source/batch-customers/f0.json"),
        };
        let moved = match office.files(moved).first() {
            Some(file) => office.at(moved).join(file),
            None => office.at(moved),
        };
        std::fs::hard_link(&moved, claims[0].join(old)).expect("the old name");
        let mut seen = std::fs::File::open(&moved).expect("what a reader has open");
        office.once();
        assert_all_answered_once(&office, &names, CUSTOMERS);
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut seen, &mut bytes).expect("read");
        assert!(bytes.len() > 100, "{step}: what was seen was cut short");
    }
}

#[test]
fn a_file_that_kills_every_process_can_be_moved_away() {
    let names = names(3);
    let office = office_with(&names);
    for _ in 0..3 {
        killed_once(&office, "ingest.chunk=kill");
    }
    let status = office.run(&["status"]);
    let said = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(said.contains("f0.json"), "{said}");
    let work = office.at("watch-dir/work");
    let folder = std::fs::read_dir(&work)
        .expect("work")
        .map(|e| e.expect("an entry").path())
        .find(|claim| claim.join("source/batch-customers/f0.json").exists())
        .expect("its folder");
    std::fs::rename(&folder, office.at("away")).expect("moved away");
    office.once();
    assert_all_answered_once(&office, &names[1..], CUSTOMERS);

    let file = office.at("away/source/batch-customers/f0.json");
    let inbox = office.at("watch-dir/inbox/batch-customers/f0.json");
    std::fs::rename(file, inbox).expect("dropped again");
    office.once();
    assert_all_answered_once(&office, &names, CUSTOMERS);
}

/// Runs `once` on a file that its sender writes to after it was read and recorded by one that was
/// killed.
fn written_to_after_it_was_read(office: &Office, file: &Path) -> Output {
    use std::io::Write;
    let open = std::fs::File::options().append(true).open(file);
    let mut sender = open.expect("open");
    killed_once(office, "commit.after=kill");
    sender.write_all(b" \n").expect("written");
    office.run(&["once"])
}

#[test]
fn a_file_that_was_written_to_after_it_was_read_is_put_away_under_another_name() {
    let names = names(1);
    let office = office_with(&names);
    let file = office.at("watch-dir/inbox/batch-customers/f0.json");
    let output = written_to_after_it_was_read(&office, &file);
    assert!(output.status.success());
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        log.matches("was written to after it was read").count(),
        1,
        "{log}"
    );
    let archive = office.files("watch-dir/archive");
    assert_eq!(archive.len(), 1, "{archive:?}");
    assert!(
        archive[0].ends_with("f0.json.changed-after-answer"),
        "{archive:?}"
    );
    assert_eq!(
        office.response("batch-customers/f0")["results"][0]["resultType"],
        "REQUEST_ACCEPTED"
    );
}

#[test]
fn a_changed_file_with_a_long_name_is_put_away_too() {
    // As long as a name may be: nothing can be put behind it.
    let names = ["x".repeat(250)];
    let office = office_with(&names);
    let file = office.at(format!("watch-dir/inbox/batch-customers/{}.json", names[0]));
    let output = written_to_after_it_was_read(&office, &file);
    assert!(output.status.success(), "{output:?}");
    let archive = office.files("watch-dir/archive");
    assert_eq!(archive.len(), 1, "{archive:?}");
    assert!(
        archive[0].ends_with("x.changed-after-answer"),
        "{archive:?}"
    );
    assert!(office.files("watch-dir/work").is_empty());
}
