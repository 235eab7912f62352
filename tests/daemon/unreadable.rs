//! A file that the disk or the share does not give (an input/output error) waits and is named; the
//! others are answered meanwhile, and it is answered once when it can be read.

#![cfg(all(unix, debug_assertions))]

use crate::common;
use crate::faults;

use std::process::Output;

use common::Office;
use faults::{Daemon, assert_each_answered_once, batch_of, drop_whole, wait_for};

const CUSTOMERS: usize = 4;

/// Small ones, and one that goes the parallel way.
fn customers_of(name: &str) -> usize {
    if name == "large" { 1000 } else { CUSTOMERS }
}

fn drop_all(office: &Office, names: &[String]) {
    for name in names {
        let file = format!("batch-customers/{name}.json");
        drop_whole(office, &file, batch_of(name, customers_of(name)));
    }
}

fn once_failing(office: &Office, fault: &str) -> Output {
    let mut command = office.command(&["once"]);
    command.env("KYCDROP_FAULT", fault);
    command.output().expect("it runs")
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let names = ["f0", "f1", "f2"].map(str::to_owned);
    let office = Office::new();
    drop_all(&office, &names);
    let output = once_failing(&office, "source.read@1=EIO");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(74), "{said}");
    let named = "WARN could not be read and stays here";
    assert_eq!(said.matches(named).count(), 1, "{said}");
    assert!(said.contains("f0.json"), "{said}");
    assert_eq!(office.files("watch-dir/inbox"), ["batch-customers/f0.json"]);
    assert_eq!(office.answers().len(), 2, "{said}");
    assert_eq!(office.value("SELECT count(*) FROM batch"), 2);

    office.once();
    assert_each_answered_once(&office, &names, customers_of);
}

/// A large file is made durable while it is read: a disk that does neither says so twice.
#[test]
fn a_large_file_that_can_be_neither_read_nor_synced_does_not_stop_the_others() {
    let names = ["large", "small"].map(str::to_owned);
    let office = Office::new();
    drop_all(&office, &names);
    let output = once_failing(&office, "source.read@1=EIO,source.sync@1=EIO");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(74), "{said}");
    assert!(
        said.contains("WARN could not be read and stays here"),
        "{said}"
    );
    assert_eq!(
        office.files("watch-dir/inbox"),
        ["batch-customers/large.json"]
    );
    assert_eq!(office.answers().len(), 1, "{said}");

    office.once();
    assert_each_answered_once(&office, &names, customers_of);
}

/// Nothing is answered that the disk may have lost.
#[test]
fn a_large_file_that_cannot_be_synced_is_not_answered() {
    let names = ["large"].map(str::to_owned);
    let office = Office::new();
    drop_all(&office, &names);
    let output = once_failing(&office, "source.sync@1=EIO");
    assert!(!output.status.success());
    assert!(office.answers().is_empty());
    assert_eq!(office.value("SELECT count(*) FROM batch"), 0);

    office.once();
    assert_each_answered_once(&office, &names, customers_of);
}

/// The first read of the first file or a later one, of one that shares a transaction, of one that is
/// read again to be told from another.
#[test]
fn wherever_the_reading_fails_nothing_is_half_done() {
    let names = ["f0", "f1", "large", "f2"].map(str::to_owned);
    let (mut failed, mut read) = (0, 1);
    loop {
        let office = Office::new();
        drop_all(&office, &names);
        // The same bytes as a file before it: that one's hash is asked for, and this file read again.
        drop_whole(&office, "batch-customers/g.json", batch_of("f0", CUSTOMERS));
        let output = once_failing(&office, &format!("source.read@{read}=EIO"));
        let left = office.files("watch-dir/inbox");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(office.answers().len(), 5 - left.len());
        assert_eq!(office.files("watch-dir/work").len(), 0, "{said}");
        if left.is_empty() {
            // A read that fails while nothing hangs on it, or there were no more reads.
            assert!(output.status.success(), "{read}: {said}");
            break;
        }
        assert_eq!(left.len(), 1, "{read}: {said}");
        assert_eq!(output.status.code(), Some(74), "{read}: {said}");
        failed += 1;
        office.once();
        let count = "SELECT count(*) FROM assessment";
        assert_eq!(office.value(count), 3 * (CUSTOMERS - 1) + 999, "{read}");
        assert_eq!(office.answers().len(), 5, "{read}");
        read += 1;
    }
    assert!(failed >= 10, "{failed} reads failed");
}

#[test]
fn a_daemon_takes_it_when_it_can_be_read() {
    let office = Office::configured("scan_interval = \"20ms\"\n");
    let names = ["f0", "f1"].map(str::to_owned);
    let bad = office.write("bad", "");
    let mut daemon = Daemon::start(
        &office,
        &[
            ("KYCDROP_FAULT", "source.read=EIO"),
            ("KYCDROP_FAULT_WHILE", bad.to_str().expect("text")),
        ],
    );
    daemon.wait_for_log("kycdrop watches");
    drop_all(&office, &names[..1]);
    daemon.wait_for_log("could not be read and stays here");
    std::fs::remove_file(&bad).expect("it can be read again");
    drop_all(&office, &names[1..]);
    wait_for("the other one's answer", || office.answers().len() == 1);
    assert!(!daemon.log().contains("paused: "), "{}", daemon.log());
    // It is taken as soon as it changes.
    drop_all(&office, &names[..1]);
    wait_for("both answers", || {
        office.files("watch-dir/archive").len() == 2 && office.files("watch-dir/work").is_empty()
    });
    assert!(daemon.stop().success(), "{}", daemon.log());
    assert_each_answered_once(&office, &names, customers_of);
}
