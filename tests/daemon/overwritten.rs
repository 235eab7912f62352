//! The files of a history in use are overwritten in place or cut: SQLite does not notice, and kycdrop
//! answers nothing more. What other programs write with SQLite does not end the work.

use std::process::Stdio;

use crate::common;
use crate::footing;

use common::Office;
use common::daemon::eventually;
use footing::{
    answer, backup_before_after, drop_file, ends_with_78, names, wait_for_answer, working,
};

/// The WAL of a home once everything in it was moved into the database.
fn wait_for_an_empty_wal(office: &Office) {
    let bytes = || std::fs::metadata(office.at("kycdrop.db-wal")).map_or(0, |m| m.len());
    eventually("an empty WAL", || (bytes() == 0).then_some(()));
}

/// Writes to a file without making another one of it, as `cp` does.
fn overwrite(office: &Office, name: &str, content: &[u8]) {
    std::fs::write(office.at(name), content).expect("overwritten");
}

#[test]
fn a_backup_copied_over_a_database_in_use_ends_the_work() {
    let office = Office::new();
    let daemon = working(&office);
    let backup = backup_before_after(&office);
    wait_for_an_empty_wal(&office);
    overwrite(&office, "kycdrop.db", &backup);
    ends_with_78(&office, daemon, "kycdrop.db was overwritten or cut");
    let kept = std::fs::read(office.at("kycdrop.db")).expect("the copy");
    assert!(kept == backup, "the end wrote into the copy");
    let status = office.run(&["status", "--format", "json"]);
    let text = String::from_utf8_lossy(&status.stdout);
    assert_eq!(status.status.code(), Some(78), "{text}");
    assert!(
        text.contains("\"failed\"") && text.contains("was overwritten or cut"),
        "{text}"
    );
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(office.at(format!("kycdrop.db{ending}")));
    }
    let output = office.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("1 answered file in the archive is not in the history"),
        "{said}"
    );
    assert_eq!(names(&office), ["N-one", "N-two"]);
    assert_eq!(office.run(&["status"]).status.code(), Some(0));
}

#[test]
fn a_database_or_wal_that_is_cut_or_overwritten_while_a_reader_looks_ends_the_work() {
    let before = |office: &Office, name: &str| std::fs::read(office.at(name)).expect("bytes");
    type Change<'c> = &'c dyn Fn(&Office);
    let changes: [(&str, Change<'_>); 6] = [
        ("the database of another home", &|office| {
            let other = Office::new();
            other.once();
            let bytes = before(&other, "kycdrop.db");
            overwrite(office, "kycdrop.db", &bytes);
        }),
        ("an empty database", &|office| {
            overwrite(office, "kycdrop.db", b"")
        }),
        ("half a database", &|office| {
            let bytes = before(office, "kycdrop.db");
            overwrite(office, "kycdrop.db", &bytes[..bytes.len() / 2]);
        }),
        ("an empty WAL", &|office| {
            overwrite(office, "kycdrop.db-wal", b"")
        }),
        ("half a WAL", &|office| {
            let bytes = before(office, "kycdrop.db-wal");
            overwrite(office, "kycdrop.db-wal", &bytes[..bytes.len() / 2]);
        }),
        ("zeros", &|office| {
            let bytes = before(office, "kycdrop.db-wal").len();
            overwrite(office, "kycdrop.db-wal", &vec![0; bytes]);
        }),
    ];
    for (what, change) in changes {
        println!("{what}");
        let office = Office::new();
        let daemon = working(&office);
        // The WAL is not emptied while somebody reads.
        let reader = rusqlite::Connection::open(office.at("kycdrop.db")).expect("a reader");
        let begin = "BEGIN; SELECT count(*) FROM batch";
        reader.execute_batch(begin).expect("a transaction");
        drop_file(&office, "after");
        wait_for_answer(&office, "after");
        eventually("the response to be marked", || {
            let marked = "SELECT count(*) FROM batch WHERE published_at IS NULL";
            (office.value(marked) == 0).then_some(())
        });
        change(&office);
        // It does not answer from what is left.
        std::mem::forget(reader);
        ends_with_78(
            &office,
            daemon,
            "was overwritten or cut while kycdrop was using it",
        );
    }
}

/// Between a write and kycdrop's look at what the write left.
#[test]
#[cfg(all(target_os = "linux", debug_assertions))]
fn what_is_overwritten_while_kycdrop_writes_ends_the_work() {
    use crate::faults::{go_on, stopped};

    for name in ["kycdrop.db", "kycdrop.db-wal"] {
        let office = Office::new();
        working(&office).stop();
        // The first write activates the classifiers, the second one is the batch.
        drop_file(&office, "after");
        let mut command = office.command(&["once"]);
        let command = command.env("KYCDROP_FAULT", "history.note@2=stop");
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        assert!(stopped(&mut child), "the step is reached");
        let bytes = std::fs::read(office.at(name)).expect("bytes");
        overwrite(&office, name, &bytes[..bytes.len() / 2]);
        drop_file(&office, "two");
        go_on(&child);
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{name}: {said}");
        assert!(said.contains("was overwritten or cut"), "{name}: {said}");
        assert!(!answer(&office, "two").exists(), "{name}: {said}");
    }
}

/// The index of the WAL is memory that is shared through a file: what is cut off it is gone at once.
#[test]
fn an_index_of_the_wal_that_is_cut_ends_the_process_and_loses_nothing() {
    let office = Office::new();
    let daemon = working(&office);
    overwrite(&office, "kycdrop.db-shm", b"");
    drop_file(&office, "two");
    let status = daemon.end();
    assert!(!status.success(), "{status}");
    office.once();
    assert_eq!(names(&office), ["N-one", "N-two"]);
    assert!(answer(&office, "two").exists());
}

/// What others may do with SQLite while kycdrop works.
#[test]
fn what_another_program_writes_with_sqlite_does_not_end_the_work() {
    let office = Office::new();
    let daemon = working(&office);
    let officer = rusqlite::Connection::open(office.at("kycdrop.db")).expect("open");
    let view = "CREATE VIEW of_the_officer AS SELECT * FROM v_rejection";
    officer.execute_batch(view).expect("a view");
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    // One of kycdrop's own may be under way.
    eventually("a checkpoint", || {
        let busy: i64 = (officer.query_row(checkpoint, [], |r| r.get(0))).expect("a checkpoint");
        (busy == 0).then_some(())
    });
    drop_file(&office, "two");
    wait_for_answer(&office, "two");
    officer.execute_batch("VACUUM").expect("a vacuum");
    drop_file(&office, "three");
    wait_for_answer(&office, "three");
    let log = office.at("daemon.log");
    daemon.stop();
    let said = std::fs::read_to_string(log).expect("a log");
    assert!(said.contains("was written by another program"), "{said}");
    assert_eq!(names(&office), ["N-one", "N-three", "N-two"]);
}
