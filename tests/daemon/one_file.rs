//! An error that belongs to one file holds that file alone, at whatever step: it is named once, counted,
//! tried again, and the others are answered.

#![cfg(all(target_os = "linux", debug_assertions))]

use crate::common;
use crate::faults;

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Output};

use common::{Office, cannot_run, needs};
use faults::{
    Daemon, assert_all_answered_once, assert_each_answered_once, batch_of, bound_by_permissions,
    drop_whole, give_to, is_root, set_mode, wait_for,
};
use serde_json::Value;

pub(crate) const CUSTOMERS: usize = 3;

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn status(office: &Office) -> Value {
    let output = office.run(&["status", "--format", "json"]);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

pub(crate) fn drop_good(office: &Office, name: &str) {
    let file = format!("batch-customers/{name}.json");
    drop_whole(office, &file, batch_of(name, CUSTOMERS));
}

/// `once` leaves `held` files where they are, answers the good ones, and ends with `code`.
fn assert_held(office: &Office, output: &Output, held: &[&str], code: i32, why: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for name in held {
        let named = said.lines().filter(|l| l.contains(name) && l.contains(why));
        assert_eq!(named.count(), 1, "{name}: {said}");
        assert!(office.at("watch-dir/inbox").join(name).exists(), "{name}");
    }
    assert_eq!(office.answers(), ["batch-customers/good.response.json"]);
    let status = status(office);
    assert_eq!(status["held"]["files"], held.len(), "{status}");
    let doctor = office.run(&["doctor", "--quick"]);
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(
        doctor.contains(&format!("{} not taken: ", held.len())),
        "{doctor}"
    );
}

/// The user that a command of [`bound_by_permissions`] runs as, where the tests run as root.
pub(crate) fn user_of(command: &Command) -> u32 {
    match command.get_program() == "setpriv" {
        true => 0,
        false => faults::NOBODY,
    }
}

/// Another one.
pub(crate) fn stranger_to(command: &Command) -> u32 {
    faults::NOBODY - user_of(command)
}

/// A daemon whom permissions stop, and its log.
pub(crate) struct Bound(Child, PathBuf);

impl Bound {
    pub(crate) fn start(office: &Office, mut command: Command) -> Bound {
        let log = office.at("log");
        command.stderr(File::create(&log).expect("a log"));
        let daemon = Bound(command.spawn().expect("it starts"), log);
        wait_for("it watches", || daemon.log().contains("kycdrop watches"));
        daemon
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.1).expect("a log")
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Only root can make what is another user's.
pub(crate) fn root(case: &str) -> bool {
    if !is_root() {
        cannot_run(
            case,
            &format!("{}: to make another user's files", needs::ROOT),
        );
    }
    is_root()
}

/// An office with a good file, and `once` by a user who is bound by permissions, beside whom there can
/// be another one.
fn beside_a_stranger(case: &str) -> Option<(Office, Command)> {
    if !root(case) {
        return None;
    }
    let office = Office::new();
    office.once();
    drop_good(&office, "good");
    let command = bound_by_permissions(&office, case, &["once"])?;
    Some((office, command))
}

#[test]
fn a_folder_that_another_user_copied_into_the_inbox_stops_nobody() {
    let case = "one_file::a_folder_that_another_user_copied_into_the_inbox_stops_nobody";
    let Some((office, mut command)) = beside_a_stranger(case) else {
        return;
    };
    // As `cp -r` of somebody else leaves it with umask 022.
    office.drop("copied/one.json", "{}");
    office.drop("copied/two.json", "{}");
    set_mode(&office.at("watch-dir/inbox/copied"), 0o755);
    for name in ["one", "two"] {
        set_mode(
            &office.at(format!("watch-dir/inbox/copied/{name}.json")),
            0o644,
        );
    }
    give_to(&office.at("watch-dir/inbox/copied"), stranger_to(&command));
    let output = command.output().expect("it runs");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(77), "{said}");
    assert_eq!(
        said.matches("may not be moved out of its folder").count(),
        2,
        "{said}"
    );
    assert_eq!(office.answers().len(), 1, "{said}");
    assert_eq!(office.files("watch-dir/work").len(), 0, "{said}");
    // Once the right is given, they are answered for what they are.
    set_mode(&office.at("watch-dir/inbox/copied"), 0o777);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(office.files("watch-dir/outbox/copied").len(), 2);
}

#[test]
fn a_strangers_file_in_a_sticky_folder_stops_nobody() {
    let case = "one_file::a_strangers_file_in_a_sticky_folder_stops_nobody";
    let Some((office, mut command)) = beside_a_stranger(case) else {
        return;
    };
    let folder = office.at("watch-dir/inbox/customer");
    office.drop("customer/strange.json", "{}");
    set_mode(&folder.join("strange.json"), 0o644);
    give_to(&folder, stranger_to(&command));
    set_mode(&folder, 0o1777);
    let output = command.output().expect("it runs");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(77), "{said}");
    assert!(
        said.contains("may not be moved out of its folder"),
        "{said}"
    );
    assert_eq!(office.answers().len(), 1, "{said}");
    set_mode(&folder, 0o777);
    assert!(command.status().expect("it runs").success());
    assert_eq!(office.answers().len(), 2);
}

/// An immutable file, and one that another is mounted over.
#[test]
fn a_file_that_nobody_can_move_stops_nobody() {
    let case = "one_file::a_file_that_nobody_can_move_stops_nobody";
    if !root(case) {
        return;
    }
    // What is mounted over a file: a device, and the file itself.
    for (make, undo, need) in [
        ("chattr +i FILE", "chattr -i FILE", needs::CHATTR),
        ("mount --bind /dev/null FILE", "umount FILE", needs::MOUNT),
        ("mount --bind FILE FILE", "umount FILE", needs::MOUNT),
    ] {
        let office = Office::new();
        office.once();
        drop_good(&office, "good");
        office.drop("customer/fixed.json", "{}");
        let file = office.at("watch-dir/inbox/customer/fixed.json");
        let run = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let mut command = Command::new(words[0]);
            for word in &words[1..] {
                match *word {
                    "FILE" => command.arg(&file),
                    word => command.arg(word),
                };
            }
            command.output().is_ok_and(|o| o.status.success())
        };
        if !run(make) {
            cannot_run(case, &format!("{need}: {make}"));
            continue;
        }
        let output = office.run(&["once"]);
        let status = status(&office);
        assert!(run(undo), "{undo}");
        let said = said(&output);
        // A device is never taken, which is no error. A rename that leaves a mount may be refused as one
        // to another file system.
        let code = match make.contains("/dev/null") {
            true => 0,
            false if said.contains("another file system") => 74,
            false => 77,
        };
        assert_eq!(output.status.code(), Some(code), "{make}: {said}");
        assert!(said.contains("customer/fixed.json"), "{make}: {said}");
        assert_eq!(status["held"]["files"], 1, "{make}: {status}");
        assert_eq!(office.answers().len(), 1, "{said}");
        assert_eq!(office.files("watch-dir/work").len(), 0, "{said}");
        office.once();
        assert_eq!(office.answers().len(), 2);
    }
}

#[test]
fn another_file_system_below_the_inbox_stops_nobody() {
    let case = "one_file::another_file_system_below_the_inbox_stops_nobody";
    for folder in ["usb", "customer"] {
        let office = Office::new();
        office.once();
        drop_good(&office, "good");
        let mounted = office.at("watch-dir/inbox").join(folder);
        std::fs::create_dir_all(&mounted).expect("a folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "tmpfs"])
            .arg(&mounted)
            .output();
        if !mount.is_ok_and(|o| o.status.success()) {
            cannot_run(case, &format!("{}: a tmpfs in the inbox", needs::MOUNT));
            return;
        }
        std::fs::write(mounted.join("x.json"), "{}").expect("written");
        let output = office.run(&["once"]);
        let status = status(&office);
        let undone = Command::new("umount").arg(&mounted).status();
        assert!(undone.expect("umount").success());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(74), "{said}");
        assert!(said.contains("is on another file system"), "{said}");
        assert_eq!(status["held"]["files"], 1, "{status}");
        assert_eq!(office.answers().len(), 1, "{said}");
    }
}

/// Each way in which a file can refuse to be taken, and what `once` ends with.
#[test]
fn whatever_a_file_refuses_it_is_held_alone() {
    for (fault, code, why) in [
        ("claim.take@1=EPERM", 77, "may not be moved"),
        ("claim.take@1=EACCES", 77, "may not be moved"),
        ("claim.take@1=EBUSY", 77, "may not be moved"),
        ("claim.take@1=EXDEV", 74, "another file system"),
        ("claim.take@1=EIO", 74, "could not be read"),
        ("source.open@1=EAGAIN", 75, "another program"),
        ("source.open@1=EACCES", 77, "may not be read"),
        ("source.open@1=EPERM", 77, "may not be read"),
        ("source.open@1=EIO", 74, "could not be read"),
        ("source.read@1=EACCES", 74, "could not be read"),
        ("source.read@1=EINVAL", 74, "could not be read"),
        ("source.sync@1=EIO", 74, "could not be read"),
    ] {
        let office = Office::new();
        // Small files are synced side by side, in no order: a large one comes first and alone.
        let customers = match fault.starts_with("source.sync") {
            true => 3000,
            false => CUSTOMERS,
        };
        office.drop("batch-customers/bad.json", batch_of("bad", customers));
        let bad = office.at("watch-dir/inbox/batch-customers/bad.json");
        let old = std::time::SystemTime::UNIX_EPOCH;
        let file = std::fs::File::options().append(true).open(&bad);
        file.expect("opened").set_modified(old).expect("the oldest");
        drop_good(&office, "good");
        let output = office
            .command(&["once"])
            .env("KYCDROP_FAULT", fault)
            .output()
            .expect("it runs");
        println!("{fault}");
        assert_held(&office, &output, &["batch-customers/bad.json"], code, why);
        assert_eq!(office.files("watch-dir/work").len(), 0, "{fault}");
        office.once();
        let names = ["bad", "good"].map(str::to_owned);
        assert_each_answered_once(&office, &names, |name| match name {
            "bad" => customers,
            _ => CUSTOMERS,
        });
    }
}

/// What any file would meet pauses the work, and nothing is lost.
#[test]
fn what_any_file_would_meet_is_not_held_against_one() {
    for (fault, code) in [
        ("claim.take=ENOSPC", 75),
        ("claim.take=EMFILE", 75),
        ("source.open=EMFILE", 75),
        ("source.read=EMFILE", 75),
        ("source.read=ENOSPC", 75),
        ("source.sync=EROFS", 77),
        ("back.before=ENOSPC,source.open=EIO", 75),
    ] {
        let office = Office::new();
        drop_good(&office, "a");
        drop_good(&office, "b");
        let mut command = office.command(&["once"]);
        let output = command.env("KYCDROP_FAULT", fault).output();
        let output = output.expect("it runs");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{fault}: {said}");
        assert!(!said.contains(" answered: "), "{fault}: {said}");
        assert!(!said.contains("stays here"), "{fault}: {said}");
        office.once();
        assert_all_answered_once(&office, &["a", "b"].map(str::to_owned), CUSTOMERS);
    }
}

/// The daemon goes on, tries again by itself, and names it once.
#[test]
fn a_daemon_tries_again_what_was_kept_by_another_program() {
    let office = Office::configured("retry = \"20ms\"\nscan_interval = \"20ms\"\n");
    let leased = office.write("leased", "");
    let mut daemon = Daemon::start(
        &office,
        &[
            ("KYCDROP_FAULT", "source.open=EAGAIN"),
            ("KYCDROP_FAULT_WHILE", leased.to_str().expect("text")),
        ],
    );
    daemon.wait_for_log("kycdrop watches");
    drop_good(&office, "f0");
    daemon.wait_for_log("in use by another program");
    wait_for("it is counted", || status(&office)["held"]["files"] == 1);
    std::thread::sleep(std::time::Duration::from_millis(200));
    std::fs::remove_file(&leased).expect("let go");
    wait_for("its answer", || {
        office.files("watch-dir/archive").len() == 1 && office.files("watch-dir/work").is_empty()
    });
    wait_for("it is not counted", || {
        status(&office)["held"]["files"] == 0
    });
    assert!(daemon.stop().success(), "{}", daemon.log());
    let log = daemon.log();
    assert_eq!(log.matches("in use by another program").count(), 1, "{log}");
    assert!(!log.contains("paused: "), "{log}");
    assert_all_answered_once(&office, &["f0".to_owned()], CUSTOMERS);
}

/// What cannot be listed or looked at is not what is not there.
#[test]
fn an_error_of_looking_is_not_an_empty_inbox() {
    let names: Vec<String> = (0..5).map(|i| format!("f{i}")).collect();
    for (error, code) in [("EIO", 74), ("EACCES", 77)] {
        for fault in ["inbox.list", "inbox.look"] {
            let office = Office::new();
            office.once();
            for name in &names {
                drop_good(&office, name);
            }
            let output = office
                .command(&["once"])
                .env("KYCDROP_FAULT", format!("{fault}={error}"))
                .output()
                .expect("it runs");
            let said = said(&output);
            assert_eq!(output.status.code(), Some(code), "{fault}={error}: {said}");
            assert_eq!(office.files("watch-dir/inbox").len(), 5, "{said}");
            office.once();
            assert_all_answered_once(&office, &names, CUSTOMERS);
        }
    }
}

/// Nothing but an event brings the daemon to look again.
const LONG: &str = "scan_interval = \"1h\"\n";

#[test]
fn a_folder_that_may_not_be_read_keeps_no_events_away() {
    let case = "one_file::a_folder_that_may_not_be_read_keeps_no_events_away";
    let office = Office::configured(LONG);
    office.once();
    let closed = office.at("watch-dir/inbox/customer/closed");
    std::fs::create_dir(&closed).expect("a folder");
    let Some(command) = bound_by_permissions(&office, case, &["run"]) else {
        return;
    };
    let user = user_of(&command);
    set_mode(&closed, 0o000);
    let daemon = Bound::start(&office, command);
    for name in ["f0", "f1", "f2"] {
        let file = format!("batch-customers/{name}.json");
        let whole = office.at(format!("{name}.json"));
        std::fs::write(&whole, batch_of(name, CUSTOMERS)).expect("written");
        give_to(&whole, user);
        std::fs::rename(&whole, office.at("watch-dir/inbox").join(&file)).expect("dropped");
        let answer = format!("watch-dir/outbox/batch-customers/{name}.response.json");
        wait_for("an answer", || office.at(&answer).exists());
    }
    set_mode(&closed, 0o700);
    let log = daemon.log();
    assert!(!log.contains("no file system events"), "{log}");
    assert_eq!(log.matches("may not be read").count(), 1, "{log}");
}

/// A link may lead to the root of all: what is behind it is not watched.
#[test]
fn what_is_behind_a_link_is_not_watched() {
    let office = Office::configured(LONG);
    office.once();
    for i in 0..50 {
        std::fs::create_dir_all(office.at(format!("outside/{i}"))).expect("folders");
    }
    let link = office.at("watch-dir/inbox/customer/link");
    std::os::unix::fs::symlink(office.at("outside"), link).expect("a link");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let infos = std::fs::read_dir(format!("/proc/{}/fdinfo", daemon.id())).expect("fdinfo");
    let texts = infos
        .flatten()
        .filter_map(|e| std::fs::read_to_string(e.path()).ok());
    let watches: usize = texts.map(|text| text.matches("inotify wd:").count()).sum();
    // The inbox and the folders in it.
    assert_eq!(watches, 6);
    assert!(daemon.stop().success());
}
