//! A hostile writer: a folder on the way of a file is renamed away, and a link to somewhere else put in
//! its place, at every step of every move. Nothing is ever put, made or taken behind the link, and
//! once the folder is back every file is answered once.

#![cfg(all(target_os = "linux", debug_assertions))]

use crate::common;
use crate::faults;

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::{MATRIX, Office, asked};
use faults::{batch_of, go_on, stopped};
use kycdrop::fault::STEPS;

/// A folder outside with everything that a link could lead to.
fn outside(office: &Office) -> PathBuf {
    let outside = office.at("outside");
    let day = day(office);
    for below in ["batch-customers", "b", "a/b", &day] {
        std::fs::create_dir_all(outside.join(below).join("batch-customers")).expect("folders");
        std::fs::create_dir_all(outside.join(below).join("a/b")).expect("folders");
    }
    outside
}

/// Puts files of the same name where a link would lead, and returns what is outside then.
fn decoys(outside: &Path, name: &str) -> BTreeSet<String> {
    for below in ["", "batch-customers", "a/b", "b"] {
        std::fs::write(outside.join(below).join(format!("{name}.json")), "{}").expect("written");
    }
    everything(outside)
}

/// Every file and folder below a folder.
fn everything(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            found.insert(path.to_string_lossy().into_owned());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

fn day(office: &Office) -> String {
    let days = std::fs::read_dir(office.at("watch-dir/archive")).expect("archive");
    let day = days.flatten().next().expect("a day");
    day.file_name().to_string_lossy().into_owned()
}

/// An office where every folder was used once.
fn used_office() -> Office {
    let office = Office::configured("settle_timeout = \"200ms\"\n");
    office.write("risk/example.toml", MATRIX);
    office.drop("batch-customers/w.json", batch_of("w", 2));
    office.drop("customer/w.json", asked("w-E", "LT").to_string());
    office.drop("a/b/w.json", "{}");
    office.once();
    for folder in ["outbox", "archive", "failed"] {
        for file in office.files(&format!("watch-dir/{folder}")) {
            std::fs::remove_file(office.at("watch-dir").join(folder).join(file)).expect("removed");
        }
    }
    std::fs::create_dir_all(office.at("watch-dir/inbox/a/b")).expect("folders");
    office
}

/// Stops `once` at a step, puts a link in the place of a folder, lets it go on, and puts the folder
/// back. Returns whether the step was reached.
fn swap_at(office: &Office, faults: &str, folder: &Path, outside: &Path) -> bool {
    let child = office
        .command(&["once"])
        .env("KYCDROP_FAULT", faults)
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.expect("it starts");
    let reached = stopped(&mut child);
    if reached {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let aside = folder.with_file_name(format!(".{name}.aside"));
        std::fs::rename(folder, &aside).expect("renamed away");
        symlink(outside, folder).expect("a link");
        go_on(&child);
        let code = child.wait().expect("it ends").code();
        assert!(matches!(code, Some(0 | 74 | 75 | 77)), "{faults}: {code:?}");
        std::fs::remove_file(folder).expect("the link is still there");
        std::fs::rename(&aside, folder).expect("renamed back");
    }
    reached
}

fn assert_answered_once(office: &Office, name: &str, when: &str) {
    let with_name = |folder: &str| {
        let files = office.files(&format!("watch-dir/{folder}"));
        files.into_iter().filter(|f| f.contains(name)).count()
    };
    let answers = office.answers().into_iter().filter(|f| f.contains(name));
    assert_eq!(answers.count(), 1, "{when}: outbox");
    assert_eq!(with_name("archive") + with_name("failed"), 1, "{when}");
    assert_eq!(office.files("watch-dir/inbox").len(), 0, "{when}: inbox");
    assert_eq!(office.files("watch-dir/work").len(), 0, "{when}: work");
    let rows = format!("SELECT count(*) FROM batch WHERE file_name LIKE '{name}%'");
    assert_eq!(office.value(&rows), 1, "{when}");
}

#[test]
fn a_link_in_the_place_of_any_folder_is_followed_at_no_step() {
    let folders = |day: &str| {
        [
            "inbox".to_owned(),
            "inbox/batch-customers".to_owned(),
            "work".to_owned(),
            "outbox".to_owned(),
            "outbox/batch-customers".to_owned(),
            "outbox/communications-events".to_owned(),
            "archive".to_owned(),
            format!("archive/{day}"),
            format!("archive/{day}/batch-customers"),
        ]
    };
    for step in STEPS.iter().chain(&["claim.take"]) {
        let office = used_office();
        let outside = outside(&office);
        for (n, folder) in folders(&day(&office)).into_iter().enumerate() {
            let name = format!("f{n}");
            let when = format!("{step}, {folder}");
            office.drop(format!("batch-customers/{name}.json"), batch_of(&name, 2));
            if step.starts_with("events") {
                let request = asked(&format!("E-{n}"), "LT").to_string();
                office.drop(format!("customer/evaluated-{n}.json"), request);
            }
            let folder = office.at("watch-dir").join(&folder);
            let before = decoys(&outside, &name);
            let reached = swap_at(&office, &format!("{step}@1=stop"), &folder, &outside);
            assert!(reached, "{when}");
            assert_eq!(everything(&outside), before, "{when}");
            office.once();
            assert_answered_once(&office, &name, &when);
        }
        let answers = office.answers().into_iter();
        let events = answers.filter(|f| f.starts_with("communications-events/E-"));
        let published = office.value(
            "SELECT count(*) FROM v_event WHERE published AND communication_number LIKE 'E-%'",
        );
        assert_eq!(published, events.count(), "{step}");
    }
}

#[test]
fn a_link_in_the_place_of_a_deep_folder_is_not_followed_back_into_the_inbox() {
    let office = used_office();
    let outside = outside(&office);
    let mut tried = 0;
    for step in ["source.open", "back.before", "back.after"] {
        for folder in ["inbox", "inbox/a", "inbox/a/b", "inbox/batch-customers"] {
            let way = match folder {
                "inbox/batch-customers" => "batch-customers",
                _ => "a/b",
            };
            let name = format!("g{tried}");
            let when = format!("{step}, {folder}");
            office.drop(format!("{way}/{name}.json"), batch_of(&name, 2));
            // A file that cannot be opened goes back.
            let faults = match step {
                "source.open" => "source.open@1=stop,source.read=EIO".to_owned(),
                step => format!("source.open@1=EIO,{step}@1=stop"),
            };
            let folder = office.at("watch-dir").join(folder);
            let before = decoys(&outside, &name);
            assert!(swap_at(&office, &faults, &folder, &outside), "{when}");
            assert_eq!(everything(&outside), before, "{when}");
            office.once();
            assert_answered_once(&office, &name, &when);
            tried += 1;
        }
    }
}

/// The inbox of an endpoint is a link from the beginning: the others are served.
#[test]
fn an_endpoint_whose_folder_is_a_link_stops_no_other() {
    let office = used_office();
    let outside = outside(&office);
    let folder = office.at("watch-dir/inbox/customer");
    std::fs::remove_dir(&folder).expect("removed");
    symlink(&outside, &folder).expect("a link");
    std::fs::write(outside.join("secret.json"), "{}").expect("written");
    office.drop("batch-customers/x.json", batch_of("x", 2));
    let output = office.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("is not a regular file") && said.contains("customer"));
    assert_eq!(office.files("outside"), ["secret.json"]);
    assert_eq!(office.answers(), ["batch-customers/x.response.json"]);
}
