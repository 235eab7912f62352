//! Signals and panics: each is a clean end, a documented exit code, or a kill that the next start
//! recovers from.

#![cfg(target_os = "linux")]

use crate::common;
use crate::faults;
use crate::limits;

use std::process::{Child, Command};

use common::{Office, cannot_run, needs};
use faults::{assert_all_answered_once, assert_each_answered_once, batch_of, drop_whole, wait_for};
use limits::{CUSTOMERS, QUICK, answers, count_of, drop_some};
use rustix::process::{Pid, Signal, kill_process};

/// Starts the daemon through a shell that does this first.
fn daemon_after(office: &Office, first: &str) -> Child {
    let plain = office.command(&["run"]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{first}; exec \"$@\""), "sh"]);
    command.arg(plain.get_program()).args(plain.get_args());
    command.env_remove("KYCDROP_HOME").env_remove("KYCDROP_LOG");
    office.set_clock(&mut command);
    let log = std::fs::File::create(office.at("log")).expect("a log");
    let child = command.stderr(log).spawn().expect("it starts");
    wait_for("the daemon", || {
        let log = std::fs::read_to_string(office.at("log")).unwrap_or_default();
        log.contains("kycdrop watches")
    });
    child
}

/// Sends a signal to a child.
pub(crate) fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id() as i32).expect("a process");
    kill_process(pid, signal).expect("a signal");
}

#[test]
fn a_terminal_that_goes_away_ends_it_cleanly() {
    let case = "signals::a_terminal_that_goes_away_ends_it_cleanly";
    let status = std::fs::read_to_string("/proc/self/status").expect("the process");
    let ignored = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.expect("signals").trim(), 16);
    if ignored.expect("a mask") & 1 != 0 {
        let reason = "to be started without nohup";
        return cannot_run(case, &format!("{}: {reason}", needs::ASKED_FOR));
    }
    let office = Office::configured(QUICK);
    let mut child = daemon_after(&office, ":");
    send(&child, Signal::HUP);
    assert_eq!(child.wait().expect("a child").code(), Some(0));
    office.drop("batch-customers/a.json", batch_of("a", CUSTOMERS));
    office.once();
    assert_all_answered_once(&office, &["a".into()], CUSTOMERS);
}

#[test]
fn what_shall_outlive_its_terminal_does() {
    let office = Office::configured(QUICK);
    // As nohup starts it.
    let mut child = daemon_after(&office, "trap '' HUP");
    send(&child, Signal::HUP);
    drop_whole(&office, "batch-customers/a.json", batch_of("a", CUSTOMERS));
    wait_for("an answer", || answers(&office) == 1);
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("a child").code(), Some(0));
    assert_all_answered_once(&office, &["a".into()], CUSTOMERS);
}

/// Signals that nobody catches kill, and the next start is that after a kill.
#[test]
fn any_other_signal_is_a_kill() {
    let abort = (Signal::ABORT, Some(75));
    for (signal, code) in [(Signal::USR1, None), (Signal::ALARM, None), abort] {
        let office = Office::configured(QUICK);
        let mut child = daemon_after(&office, ":");
        send(&child, signal);
        assert_eq!(child.wait().expect("a child").code(), code, "{signal:?}");
        office.drop("batch-customers/a.json", batch_of("a", CUSTOMERS));
        office.once();
        assert_all_answered_once(&office, &["a".into()], CUSTOMERS);
    }
}

/// Where kycdrop itself has a defect.
#[test]
#[cfg(debug_assertions)]
fn a_panic_ends_with_70_and_loses_nothing() {
    let office = Office::new();
    let names = drop_some(&office);
    for step in [
        "recover.before",
        "claim.renamed",
        "commit.before",
        "commit.after@3",
    ] {
        let mut command = office.command(&["once"]);
        command.env("KYCDROP_FAULT", format!("{step}=panic"));
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(70), "{step}: {said}");
        assert!(said.contains("a defect in kycdrop at"), "{step}: {said}");
    }
    office.once();
    assert_each_answered_once(&office, &names, count_of);
}

/// The beginning of a file must not pass for the whole of it.
#[test]
#[cfg(debug_assertions)]
fn a_panic_while_a_large_file_is_read_is_no_end_of_the_file() {
    let office = Office::new();
    office.drop("batch-customers/large.json", batch_of("large", 3000));
    let mut command = office.command(&["once"]);
    let output = command.env("KYCDROP_FAULT", "source.read@5=panic").output();
    let output = output.expect("it runs");
    let batch = office.rows("SELECT status, customers, accepted FROM v_batch");
    assert_eq!(batch.len(), 1, "{output:?}");
    assert_eq!(batch[0]["status"], 500, "{batch:?}");
    assert_eq!(office.value("SELECT count(*) FROM assessment"), 0);
    assert_eq!(office.files("watch-dir/failed").len(), 1);
}
