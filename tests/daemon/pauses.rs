//! Disk full, read-only, no permission: nothing half done is visible, the daemon pauses with one
//! clear message and goes on by itself, `once` ends with 75 or 77, and afterwards every file is
//! answered once.

#![cfg(all(unix, debug_assertions))]

use crate::common;
use crate::faults;

use std::process::Command;

use common::{MATRIX, Office, cannot_run, needs};
use faults::{
    Daemon, EVALUATED_SOURCES, assert_all_answered_once, batch_of, bound_by_permissions,
    drop_evaluated, drop_whole, set_mode, wait_for,
};
use kycdrop::fault::STEPS;
use serde_json::Value;

const CUSTOMERS: usize = 4;
const QUICK: &str = "retry = \"20ms\"\nscan_interval = \"20ms\"\n";

fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("f{i}")).collect()
}

fn drop_all(office: &Office, names: &[String]) {
    for name in names {
        let file = format!("batch-customers/{name}.json");
        drop_whole(office, &file, batch_of(name, CUSTOMERS));
    }
}

/// Every answer that is there is a whole one, and no other file is.
fn assert_nothing_half_done(office: &Office, when: &str) {
    for file in office.answers() {
        let bytes = std::fs::read(office.at("watch-dir/outbox").join(&file)).expect("read");
        let whole: Result<Value, _> = serde_json::from_slice(&bytes);
        assert!(whole.is_ok(), "{when}: {file} is not whole");
    }
}

fn health(office: &Office) -> (String, Option<i32>) {
    let output = office.run(&["status", "--format", "json"]);
    let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let health = status["health"].as_str().expect("health").to_owned();
    (health, output.status.code())
}

#[test]
fn once_ends_with_75_or_77_wherever_the_disk_says_no() {
    for step in STEPS {
        for (error, code) in [("ENOSPC", 75), ("EACCES", 77), ("EROFS", 77)] {
            let office = Office::new();
            let names = names(2);
            drop_all(&office, &names);
            drop_evaluated(&office);
            let output = office
                .command(&["once"])
                .env("KYCDROP_FAULT", format!("{step}={error}"))
                .output()
                .expect("it runs");
            assert_eq!(output.status.code(), Some(code), "{step}: {output:?}");
            assert_nothing_half_done(&office, step);
            office.once();
            assert_all_answered_once(&office, &names, CUSTOMERS);
        }
    }
}

/// What differs once the figures were written again.
fn replaced(office: &Office) -> Option<(u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    let file = office.at("figures.prom").metadata().ok()?;
    Some((file.ino(), file.mtime(), file.mtime_nsec()))
}

/// Steps that are not reached again by the next try: what failed was done all the same.
const PASSED_BY: &[&str] = &[
    "claim.renamed",
    "commit.after",
    "worklist.complete",
    "worklist.renamed",
    "publish.renamed",
    "publish.after",
    "archive.after",
    "forget.after",
];

#[test]
fn the_daemon_pauses_with_one_message_and_goes_on_by_itself() {
    for step in STEPS {
        let office = Office::configured(&format!("{QUICK}metrics_file = \"figures.prom\"\n"));
        let names = names(2);
        let full = office.write("full", "");
        office.write("risk/example.toml", MATRIX);
        let mut daemon = Daemon::start(
            &office,
            &[
                ("KYCDROP_FAULT", &format!("{step}=ENOSPC")),
                ("KYCDROP_FAULT_WHILE", full.to_str().expect("text")),
            ],
        );
        daemon.wait_for_log("kycdrop watches");
        drop_all(&office, &names);
        drop_evaluated(&office);
        daemon.wait_for_log("paused: ");
        if !PASSED_BY.contains(step) {
            // The figures are replaced with each try: it has tried again, and said it once.
            for _ in 0..3 {
                let before = replaced(&office);
                wait_for("another try", || replaced(&office) != before);
            }
            let log = daemon.log();
            assert_eq!(log.matches("paused: ").count(), 1, "{step}: {log}");
            assert!(log.contains("free some disk space"), "{step}: {log}");
            assert_eq!(health(&office), ("paused".into(), Some(75)), "{step}");
        }
        assert_nothing_half_done(&office, step);

        std::fs::remove_file(&full).expect("room again");
        daemon.wait_for_log("INFO resumed");
        wait_for("all answers", || {
            office.files("watch-dir/archive").len() == 2 + EVALUATED_SOURCES.len()
                && office.files("watch-dir/work").is_empty()
        });
        assert_eq!(
            health(&office),
            ("healthy".into(), Some(0)),
            "{step}: {}",
            daemon.log()
        );
        assert!(daemon.stop().success(), "{step}: {}", daemon.log());
        assert_eq!(health(&office), ("stopped".into(), Some(0)), "{step}");
        assert_all_answered_once(&office, &names, CUSTOMERS);
    }
}

#[test]
fn a_database_that_may_not_grow_pauses_the_daemon() {
    let office = Office::configured(QUICK);
    let full = office.write("full", "");
    let mut daemon = Daemon::start(
        &office,
        &[
            ("KYCDROP_FAULT", "database.full=on"),
            ("KYCDROP_FAULT_WHILE", full.to_str().expect("text")),
        ],
    );
    daemon.wait_for_log("kycdrop watches");
    let name = "large".to_owned();
    drop_whole(&office, "batch-customers/large.json", batch_of(&name, 3000));
    daemon.wait_for_log("database or disk is full");
    assert_eq!(health(&office), ("paused".into(), Some(75)));
    assert_eq!(office.answers().len(), 0);
    assert_eq!(office.value("SELECT count(*) FROM batch"), 0);

    std::fs::remove_file(&full).expect("room again");
    daemon.wait_for_log("INFO resumed");
    assert!(daemon.stop().success());

    assert_all_answered_once(&office, &[name], 3000);
}

#[test]
fn once_with_a_database_that_may_not_grow_ends_with_75() {
    let office = Office::new();
    office.drop("batch-customers/large.json", batch_of("large", 3000));
    let output = office
        .command(&["once"])
        .env("KYCDROP_FAULT", "database.full=on")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    office.once();
    assert_all_answered_once(&office, &["large".into()], 3000);
}

/// A folder that nobody may write: the file stays taken, nothing is lost, and it goes on.
#[test]
fn an_outbox_that_may_not_be_written_pauses_and_goes_on() {
    for folder in ["outbox", "outbox/batch-customers", "archive"] {
        let office = Office::new();
        office.once();
        drop_all(&office, &names(1));
        let closed = office.at("watch-dir").join(folder);
        std::fs::create_dir_all(&closed).expect("the folder");
        let case = "pauses::an_outbox_that_may_not_be_written_pauses_and_goes_on";
        let Some(mut command) = bound_by_permissions(&office, case, &["once"]) else {
            return;
        };
        set_mode(&closed, 0o500);
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(77), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains(folder) && said.contains("kycdrop write"),
            "{said}"
        );
        // Where it concerns every file, no other is begun.
        let pauses = !said.contains(" answered: ");
        assert_eq!(pauses, !folder.contains('/'), "{said}");
        let answers = office.answers().len();
        assert_eq!(answers, usize::from(folder == "archive"), "{said}");

        set_mode(&closed, 0o700);
        assert!(command.status().expect("it runs").success());
        assert_all_answered_once(&office, &names(1), CUSTOMERS);
    }
}

#[test]
fn a_home_that_may_not_be_written_ends_with_77() {
    for folder in ["", "watch-dir/work", "watch-dir/inbox/batch-customers"] {
        let office = Office::new();
        office.once();
        drop_all(&office, &names(1));
        let Some(mut command) = bound_by_permissions(
            &office,
            "pauses::a_home_that_may_not_be_written_ends_with_77",
            &["once"],
        ) else {
            return;
        };
        set_mode(&office.at(folder), 0o500);
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(77), "{folder}: {output:?}");
        set_mode(&office.at(folder), 0o700);
        assert!(command.status().expect("it runs").success());
        assert_all_answered_once(&office, &names(1), CUSTOMERS);
    }
}

/// What lies in work and cannot be looked at is not taken for gone.
#[test]
fn a_file_in_work_that_cannot_be_looked_at_ends_with_77() {
    let case = "pauses::a_file_in_work_that_cannot_be_looked_at_ends_with_77";
    for step in ["commit.before", "commit.after"] {
        for below in ["", "source", "source/batch-customers"] {
            let office = Office::new();
            drop_all(&office, &names(2));
            let mut killed = office.command(&["once"]);
            killed.env("KYCDROP_FAULT", format!("{step}=kill"));
            assert!(!killed.status().expect("it runs").success(), "{step}");
            let Some(mut command) = bound_by_permissions(&office, case, &["once"]) else {
                return;
            };
            let mut claims = std::fs::read_dir(office.at("watch-dir/work")).expect("work");
            let claim = claims.next().expect("a claim").expect("a claim").path();
            set_mode(&claim.join(below), 0o000);
            let output = command.output().expect("it runs");
            assert_eq!(output.status.code(), Some(77), "{step} {below}: {output:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("watch-dir/work"), "{step} {below}: {said}");
            set_mode(&claim.join(below), 0o700);
            assert!(command.status().expect("it runs").success());
            assert_all_answered_once(&office, &names(2), CUSTOMERS);
        }
    }
}

/// A home that cannot be looked at for a while is not taken for one that was moved or removed.
#[test]
fn a_home_that_cannot_be_looked_at_pauses_and_goes_on() {
    let case = "pauses::a_home_that_cannot_be_looked_at_pauses_and_goes_on";
    let office = Office::configured(QUICK);
    let Some(command) = bound_by_permissions(&office, case, &["run"]) else {
        return;
    };
    // In a home that may not be entered the test could not read the log either.
    let beside = tempfile::tempdir().expect("a temporary folder");
    let mut daemon = Daemon::of_command(command, beside.path().join("said"));
    daemon.wait_for_log("kycdrop watches");
    set_mode(office.path(), 0o000);
    daemon.wait_for_log("paused: ");
    set_mode(office.path(), 0o700);
    drop_all(&office, &names(1));
    wait_for("the answer", || {
        office.files("watch-dir/archive").len() == 1
    });
    assert!(daemon.stop().success(), "{}", daemon.log());
    assert_all_answered_once(&office, &names(1), CUSTOMERS);
}

/// One file that may not be read does not stop the others.
#[test]
fn a_file_that_may_not_be_read_stays_and_is_reported() {
    let office = Office::new();
    drop_all(&office, &names(2));
    let Some(mut command) = bound_by_permissions(
        &office,
        "pauses::a_file_that_may_not_be_read_stays_and_is_reported",
        &["once"],
    ) else {
        return;
    };
    let file = office.at("watch-dir/inbox/batch-customers/f0.json");
    set_mode(&file, 0o000);
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(77), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        said.matches("may not be read and stays here").count(),
        1,
        "{said}"
    );
    assert_eq!(office.answers(), ["batch-customers/f1.response.json"]);
    assert_eq!(office.files("watch-dir/inbox"), ["batch-customers/f0.json"]);

    set_mode(&file, 0o600);
    assert!(command.status().expect("it runs").success());
    assert_all_answered_once(&office, &names(2), CUSTOMERS);
}

/// A file system of a test's own, of a few megabytes. Gone with the test.
struct SmallDisk<'o>(&'o Office);

impl<'o> SmallDisk<'o> {
    fn mount(office: &'o Office) -> Option<SmallDisk<'o>> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs"])
            .arg(office.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(SmallDisk(office)),
            other => {
                let case = "pauses::a_really_full_disk_pauses_and_goes_on_when_there_is_room";
                let reason = format!("{}: no file system can be mounted: {other:?}", needs::MOUNT);
                cannot_run(case, &reason);
                None
            }
        }
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[test]
fn a_really_full_disk_pauses_and_goes_on_when_there_is_room() {
    let office = Office::new();
    let Some(_disk) = SmallDisk::mount(&office) else {
        return;
    };
    office.write(
        "kycdrop.toml",
        format!("settle = \"0s\"\nsettle_timeout = \"0s\"\n{QUICK}"),
    );
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let names = names(3);
    drop_all(&office, &names);
    wait_for("the first answers", || {
        office.files("watch-dir/archive").len() == 3
    });

    // So many that they cannot fit into what the WAL, which is used again, has room for.
    let many = 8_000;
    let (ballast, large) = (office.at("ballast"), office.at("large.json"));
    std::fs::write(&large, batch_of("large", many)).expect("a large file");
    let free = rustix::fs::statvfs(office.path()).expect("statvfs");
    let room = free.f_bavail * free.f_frsize;
    std::fs::write(&ballast, vec![1; room as usize - 400_000]).expect("ballast");
    let inbox = office.at("watch-dir/inbox/batch-customers");
    std::fs::rename(&large, inbox.join("large.json")).expect("dropped");
    daemon.wait_for_log("paused: ");
    assert_eq!(
        health(&office),
        ("paused".into(), Some(75)),
        "{}",
        daemon.log()
    );
    assert_nothing_half_done(&office, "full");
    assert_eq!(office.answers().len(), 3);

    std::fs::remove_file(&ballast).expect("room again");
    daemon.wait_for_log("INFO resumed");
    wait_for("the answer", || {
        office.files("watch-dir/archive").len() == 4
    });
    assert!(daemon.stop().success(), "{}", daemon.log());
    assert_eq!(
        office.value("SELECT count(*) FROM assessment"),
        3 * (CUSTOMERS - 1) + many - 1
    );
    assert_eq!(office.files("watch-dir/work").len(), 0);
}

/// A share that cannot sync folders is no disk that fails to.
#[test]
fn a_share_that_cannot_sync_folders_is_worked_on() {
    for error in ["EINVAL", "ENOTSUP", "EIO"] {
        let office = Office::new();
        let names = names(2);
        drop_all(&office, &names);
        let output = office
            .command(&["once"])
            .env("KYCDROP_FAULT", format!("folder.sync={error}"))
            .output()
            .expect("it runs");
        let code = if error == "EIO" { 74 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{error}: {output:?}");
        assert_nothing_half_done(&office, error);
        if code > 0 {
            office.once();
        }
        assert_all_answered_once(&office, &names, CUSTOMERS);
    }
}
