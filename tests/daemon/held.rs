//! What is in the inbox and cannot be taken: it is named once, never all of it at once, and an error
//! while the inbox is looked at is never "nothing there".

use crate::common;

use common::daemon::{Daemon, eventually};
use common::{Office, person};
use serde_json::json;

fn link(office: &Office, name: &str) {
    let path = office.at(format!("watch-dir/inbox/batch-customers/{name}.json"));
    std::os::unix::fs::symlink("/nowhere", path).expect("a link");
}

fn drop_file(office: &Office, name: &str) {
    let body = json!({"customers": [person(name)]}).to_string();
    let hidden = office.write("watch-dir/inbox/batch-customers/.part", body);
    let path = office.at(format!("watch-dir/inbox/batch-customers/{name}.json"));
    std::fs::rename(hidden, path).expect("dropped");
}

#[test]
fn a_thousand_links_are_counted_and_twenty_of_them_named() {
    let office = Office::new();
    office.once();
    for i in 0..1000 {
        link(&office, &format!("l{i}"));
    }
    let daemon = Daemon::start(&office);
    for name in ["a", "b", "c"] {
        drop_file(&office, name);
        let answer = office.at(format!(
            "watch-dir/outbox/batch-customers/{name}.response.json"
        ));
        eventually("an answer", || answer.exists().then_some(()));
    }
    // One more is named by itself.
    link(&office, "late");
    drop_file(&office, "d");
    eventually("its name", || {
        daemon.log().contains("late.json").then_some(())
    });
    let log = daemon.log();
    daemon.stop();
    assert_eq!(log.matches("is not a regular file").count(), 21, "{log}");
    assert_eq!(
        log.matches("980 more held in the inbox").count(),
        1,
        "{log}"
    );
    assert!(log.len() < 10_000, "{}", log.len());
}

#[test]
#[cfg(debug_assertions)]
fn an_error_while_the_inbox_is_looked_at_is_reported() {
    for (error, code) in [("EIO", 74), ("EACCES", 77)] {
        let office = Office::new();
        office.once();
        for i in 0..5 {
            drop_file(&office, &format!("f{i}"));
        }
        let mut command = office.command(&["once"]);
        command.env("KYCDROP_FAULT", format!("inbox.look={error}"));
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains("could not be read and stay there"), "{said}");
        assert!(said.contains("inbox/batch-customers"), "{said}");
        office.once();
        assert_eq!(office.answers().len(), 5);
    }
}
