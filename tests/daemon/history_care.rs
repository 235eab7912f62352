//! Trouble with the database: locked, damaged, gone; and the copies that help then. A history is
//! never made anew over what was there.

use crate::common;
use crate::faults;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Output;

use common::Office;
use faults::{
    Daemon, assert_all_answered_once, batch_of, bound_by_permissions, drop_whole, set_mode,
    wait_for,
};
use kycdrop::history::History;
use rusqlite::Connection;

fn worked_office() -> Office {
    let office = Office::configured("lock_wait = \"100ms\"\nretry = \"20ms\"\n");
    office.drop("batch-customers/f0.json", batch_of("f0", 4));
    office.once();
    office
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("a file").permissions().mode() & 0o777
}

#[test]
fn a_locked_database_is_waited_for_and_then_reported_with_its_owner() {
    let office = worked_office();
    office.drop("batch-customers/f1.json", batch_of("f1", 4));
    let other = office.database();
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let output = office.run(&["once"]);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    if cfg!(target_os = "linux") {
        let who = format!("locked by process {} (", std::process::id());
        assert!(said(&output).contains(&who), "{}", said(&output));
    }
    other.execute_batch("ROLLBACK").expect("unlocked");
    office.once();
    assert_all_answered_once(&office, &["f0".into(), "f1".into()], 4);
}

#[test]
fn a_daemon_waits_for_whoever_locks_the_database() {
    let office = worked_office();
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let other = office.database();
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    drop_whole(&office, "batch-customers/f1.json", batch_of("f1", 4));
    daemon.wait_for_log("paused: ");
    assert!(daemon.log().contains("locked"), "{}", daemon.log());
    other.execute_batch("ROLLBACK").expect("unlocked");
    daemon.wait_for_log("INFO resumed");
    wait_for("the answer", || {
        office.files("watch-dir/archive").len() == 2
    });
    assert!(daemon.stop().success());
    assert_all_answered_once(&office, &["f0".into(), "f1".into()], 4);
}

/// Damages the history of an office, and sees that the next start says so and touches nothing.
fn damaged(what: &str, damage: impl FnOnce(&Path)) {
    let office = worked_office();
    let database = office.at("kycdrop.db");
    damage(&database);
    let before = std::fs::read(&database).ok();
    office.drop("batch-customers/f1.json", batch_of("f1", 4));
    for command in ["once", "run"] {
        let output = office.run(&[command]);
        assert_eq!(output.status.code(), Some(78), "{what}: {output:?}");
        assert!(
            said(&output).contains("backup"),
            "{what}: {}",
            said(&output)
        );
    }
    assert!(
        std::fs::read(&database).ok() == before,
        "{what}: it was changed"
    );
    assert_eq!(
        office.files("watch-dir/inbox"),
        ["batch-customers/f1.json"],
        "{what}"
    );
    assert_eq!(office.answers().len(), 1, "{what}");
}

#[test]
fn a_damaged_database_ends_with_78_and_stays_as_it_is() {
    let write_at = |path: &Path, at: usize, len: usize| {
        let mut bytes = std::fs::read(path).expect("a database");
        bytes[at..at + len].fill(0xa5);
        std::fs::write(path, bytes).expect("written");
    };
    damaged("garbage in the header", |path| write_at(path, 0, 100));
    damaged("a page of garbage", |path| write_at(path, 8 * 4096, 4096));
    damaged("the root of the schema", |path| write_at(path, 100, 60));
    damaged("cut in half", |path| {
        let bytes = std::fs::read(path).expect("a database");
        std::fs::write(path, &bytes[..bytes.len() / 2]).expect("written");
    });
    damaged("cut off within a page", |path| {
        let bytes = std::fs::read(path).expect("a database");
        std::fs::write(path, &bytes[..bytes.len() - 5000]).expect("written");
    });
    damaged("empty", |path| std::fs::write(path, "").expect("written"));
    damaged("something else", |path| {
        std::fs::write(path, "Dear administrator,\n".repeat(1000)).expect("written");
    });
    damaged("gone", |path| std::fs::remove_file(path).expect("removed"));
}

#[test]
fn a_new_history_is_begun_on_purpose_only() {
    let office = worked_office();
    std::fs::remove_file(office.at("kycdrop.db")).expect("removed");
    assert_eq!(office.run(&["once"]).status.code(), Some(78));
    std::fs::remove_file(office.at("kycdrop.lock")).expect("removed");
    office.once();
    assert_eq!(office.value("SELECT count(*) FROM batch"), 0);
}

#[test]
#[cfg(debug_assertions)]
fn a_large_history_is_checked_after_an_unclean_end_only() {
    let office = worked_office();
    let ballast = "INSERT INTO setting VALUES ('ballast', zeroblob(9000000))";
    office.database().execute_batch(ballast).expect("ballast");
    let checks = "checking the whole history";
    assert!(!said(&office.run(&["once"])).contains(checks));
    office.drop("batch-customers/f1.json", batch_of("f1", 4));
    let killed = office
        .command(&["once"])
        .env("KYCDROP_FAULT", "commit.after=kill")
        .status()
        .expect("it runs");
    assert!(!killed.success());
    assert!(said(&office.run(&["once"])).contains(checks));
    assert!(!said(&office.run(&["once"])).contains(checks));
    assert_all_answered_once(&office, &["f0".into(), "f1".into()], 4);
}

#[test]
fn a_backup_is_made_while_files_arrive_and_can_take_the_place_of_the_original() {
    let office = Office::new();
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    for i in 0..20 {
        let file = format!("batch-customers/f{i}.json");
        drop_whole(&office, &file, batch_of(&format!("f{i}"), 30));
    }
    wait_for("some answers", || office.answers().len() > 3);
    let backup = office.at("copy.db");
    let output = office.run(&["backup", backup.to_str().expect("text")]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(mode(&backup), 0o600);
    {
        let copy = Connection::open(&backup).expect("a database");
        let number = |sql: &str| copy.query_row(sql, [], |r| r.get::<_, i64>(0)).expect(sql);
        let files = number("SELECT count(*) FROM batch");
        assert!(files > 3);
        assert_eq!(number("SELECT count(*) FROM assessment"), files * 29);
    }
    wait_for("all answers", || {
        office.files("watch-dir/archive").len() == 20
    });
    assert!(daemon.stop().success());

    // The original is lost; the backup is put in its place, and work goes on.
    std::fs::rename(&backup, office.at("kycdrop.db")).expect("restored");
    office.drop("batch-customers/later.json", batch_of("later", 4));
    office.once();
    assert_eq!(
        office.response("batch-customers/later")["results"][0]["resultType"],
        "REQUEST_ACCEPTED"
    );
}

#[test]
fn copies_overwrite_nothing_and_leave_nothing_half_done() {
    let office = worked_office();
    for command in ["backup", "snapshot"] {
        let there = office.write("there.db", "precious");
        let output = office.run(&[command, there.to_str().expect("text")]);
        assert_eq!(output.status.code(), Some(74), "{output:?}");
        assert!(
            said(&output).contains("already exists"),
            "{}",
            said(&output)
        );
        assert_eq!(std::fs::read(&there).expect("a file"), b"precious");

        std::os::unix::fs::symlink(office.at("elsewhere.db"), office.at("link.db"))
            .expect("a link");
        let output = office.run(&[command, office.at("link.db").to_str().expect("text")]);
        assert_eq!(output.status.code(), Some(74), "{output:?}");
        assert!(!office.at("elsewhere.db").exists());
        std::fs::remove_file(office.at("link.db")).expect("removed");

        let nowhere = office.at("no/such/folder/x.db");
        let output = office.run(&[command, nowhere.to_str().expect("text")]);
        assert_eq!(output.status.code(), Some(74), "{output:?}");
    }
    let left: Vec<_> = std::fs::read_dir(office.path())
        .expect("the home")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let empty = Office::new();
    let output = empty.run(&["backup", empty.at("x.db").to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(78), "there is nothing to copy");
}

#[test]
fn a_damaged_database_is_not_backed_up_as_if_it_were_sound() {
    let office = worked_office();
    let database = office.at("kycdrop.db");
    let mut bytes = std::fs::read(&database).expect("a database");
    let page = 12 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    std::fs::write(&database, bytes).expect("written");
    let copy = office.at("copy.db");
    let output = office.run(&["backup", copy.to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert!(!copy.exists());
}

#[test]
fn a_snapshot_is_read_where_its_folder_may_not_be_written() {
    let office = worked_office();
    let analysts = Office::new();
    let snapshot = analysts.at("kycdrop.db");
    let output = office.run(&["snapshot", snapshot.to_str().expect("text")]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(mode(&snapshot), 0o600);
    let header = std::fs::read(&snapshot).expect("a file");
    assert_eq!(header[18..20], [1, 1], "no WAL");

    let sql = "SELECT count(*) AS n FROM v_assessment";
    let Some(mut query) = bound_by_permissions(
        &analysts,
        "history_care::a_snapshot_is_read_where_its_folder_may_not_be_written",
        &["query", "--format", "csv", sql],
    ) else {
        return;
    };
    set_mode(&snapshot, 0o400);
    set_mode(analysts.path(), 0o500);
    let output = query.output().expect("it runs");
    set_mode(analysts.path(), 0o700);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "n\n3\n",
        "{output:?}"
    );
    assert_eq!(
        analysts.files("").len(),
        2,
        "kycdrop.toml and the snapshot alone"
    );
}

#[test]
fn the_wal_is_empty_while_nothing_is_to_be_done() {
    let office = Office::configured("scan_interval = \"20ms\"\n");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let wal = office.at("kycdrop.db-wal");
    let size = || wal.metadata().map_or(0, |m| m.size());
    // A reader in the middle of something keeps the WAL from being emptied.
    let reader = office.database();
    wait_for("the tables", || {
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM batch")
            .is_ok()
    });
    drop_whole(&office, "batch-customers/f0.json", batch_of("f0", 500));
    wait_for("the answer", || {
        office.files("watch-dir/archive").len() == 1
    });
    assert!(size() > 0, "the reader still needs it");
    reader.execute_batch("ROLLBACK").expect("done reading");
    wait_for("an empty WAL", || size() == 0);
    assert!(daemon.stop().success());
}

/// Between two looks of the guard, the history itself notices, and touches neither file.
#[test]
fn a_database_that_was_replaced_is_neither_trusted_nor_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let open = |name: &str| History::open(&at(name), 32).unwrap();
    drop(open("other.db"));
    let mut history = open("kycdrop.db");
    let create = "CREATE TABLE much (x)";
    history.connection().execute_batch(create).unwrap();
    let other = std::fs::read(at("other.db")).unwrap();
    let wal = std::fs::read(at("kycdrop.db-wal")).unwrap();
    assert!(!wal.is_empty());
    std::fs::rename(at("other.db"), at("kycdrop.db")).unwrap();
    let refused = history.check_unchanged().unwrap_err().to_string();
    assert!(refused.contains("kycdrop.db was replaced"), "{refused}");
    assert!(history.group().is_err());
    history.checkpoint();
    drop(history);
    assert!(std::fs::read(at("kycdrop.db")).unwrap() == other);
    assert!(std::fs::read(at("kycdrop.db-wal")).unwrap() == wal);
}

#[test]
fn the_wal_is_moved_into_the_database_once_it_is_large_and_answers_are_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&folder.path().join("kycdrop.db"), 32).unwrap();
    let not_moved = |history: &History| {
        (history.connection())
            .query_row("PRAGMA wal_checkpoint(NOOP)", [], |r| {
                Ok(r.get::<_, i64>(1)? - r.get::<_, i64>(2)?)
            })
            .unwrap()
    };
    history.checkpoint();
    let create = "CREATE TABLE much (x)";
    history.connection().execute_batch(create).unwrap();
    let mut some = |bytes: i64| {
        let insert = "INSERT INTO much VALUES (randomblob(?1))";
        history.connection().execute(insert, [bytes]).unwrap();
        let before = not_moved(&history);
        history.trim();
        (before, not_moved(&history))
    };
    let (before, after) = some(1 << 20);
    assert_eq!(before, after);
    assert!(before > 100);
    let (before, after) = some(9 << 20);
    assert!(before > 1100);
    assert_eq!(after, 0);
}
