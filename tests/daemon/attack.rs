//! Files made to harm: things that are no files and links swapped in, which are never read, and values
//! that would like to be SQL, a path or a terminal escape.

use crate::common;
use crate::faults;

use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Office, cannot_run, needs, person, with};
use faults::{Daemon, batch_of, drop_whole, wait_for};
use serde_json::{Value, json};

/// What nothing of the history may hold: it stands in a file that lies outside the inbox.
const SECRET: &str = "SECRET-OUTSIDE-THE-INBOX";

fn secret_batch() -> String {
    json!({ "customers": [with(person("secret"), json!({ "requester": SECRET }))] }).to_string()
}

fn assert_secret_kept(office: &Office) {
    for ending in ["", "-wal"] {
        let bytes = std::fs::read(office.at(format!("kycdrop.db{ending}"))).unwrap_or_default();
        let found = bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes());
        assert!(!found, "kycdrop.db{ending}");
    }
    for file in office.answers() {
        let bytes = std::fs::read(office.at("watch-dir/outbox").join(file)).expect("read");
        assert!(!String::from_utf8_lossy(&bytes).contains("N-secret"));
    }
}

#[test]
fn what_is_not_a_regular_file_is_never_read_and_reported_once() {
    let office = Office::configured("scan_interval = \"10ms\"\n");
    let secret = office.write("secret.json", secret_batch());
    let inbox = office.at("watch-dir/inbox/batch-customers");
    std::fs::create_dir_all(&inbox).expect("the inbox");
    let mut strange = Vec::new();
    let mut put = |name: &str| {
        strange.push(name.to_owned());
        inbox.join(name)
    };
    symlink(&secret, put("link.json")).expect("a link");
    symlink("no-such-file", put("dangling.json")).expect("a link");
    symlink(office.path(), put("folder-link")).expect("a link");
    symlink("loop.json", put("loop.json")).expect("a link");
    std::fs::hard_link(&secret, put("hard.json")).expect("a hard link");
    let fifo = put("fifo.json");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(put("socket.json")).expect("a socket");
    // The rest holds without a device.
    let made = Command::new("mknod")
        .arg(inbox.join("device.json"))
        .args(["c", "1", "5"])
        .output();
    if made.as_ref().is_ok_and(|o| o.status.success()) {
        put("device.json");
    } else {
        let reason = format!("{}: a device cannot be made: {made:?}", needs::MKNOD);
        cannot_run("attack::what_is_no_regular_file (a device)", &reason);
    }
    std::fs::create_dir(put("folder.json")).expect("a folder");
    std::fs::write(inbox.join("folder.json/inner.json"), secret_batch()).expect("written");

    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    for i in 0..5 {
        let name = format!("f{i}");
        drop_whole(
            &office,
            &format!("batch-customers/{name}.json"),
            batch_of(&name, 2),
        );
        wait_for("an answer", || {
            office.files("watch-dir/archive").len() == i + 1
        });
    }
    assert!(daemon.stop().success());
    let log = daemon.log();
    for name in &strange {
        let told = log
            .lines()
            .filter(|l| l.contains(name) && l.contains("is not a regular file"));
        assert_eq!(told.count(), 1, "{name}: {log}");
        assert!(inbox.join(name).symlink_metadata().is_ok(), "{name} stays");
    }
    assert_eq!(office.answers().len(), 5);
    assert_secret_kept(&office);
}

#[test]
#[cfg(debug_assertions)]
fn a_link_that_was_swapped_in_after_the_claim_goes_back_unread() {
    for kind in ["link", "hard link", "fifo", "folder"] {
        let office = Office::new();
        let secret = office.write("secret.json", secret_batch());
        office.drop("batch-customers/x.json", batch_of("x", 2));
        let killed = office
            .command(&["once"])
            .env("KYCDROP_FAULT", "claim.renamed=kill")
            .status()
            .expect("it runs");
        assert!(!killed.success());
        let work = office.files("watch-dir/work");
        let taken = office.at("watch-dir/work").join(&work[0]);
        std::fs::remove_file(&taken).expect("removed");
        match kind {
            "link" => symlink(&secret, &taken).expect("a link"),
            "hard link" => std::fs::hard_link(&secret, &taken).expect("a hard link"),
            "fifo" => {
                let made = Command::new("mkfifo").arg(&taken).status().expect("mkfifo");
                assert!(made.success());
            }
            _ => std::fs::create_dir(&taken).expect("a folder"),
        }
        office.drop("batch-customers/y.json", batch_of("y", 2));
        office.once();
        office.once();
        assert_secret_kept(&office);
        assert_eq!(
            office.answers(),
            ["batch-customers/y.response.json"],
            "{kind}"
        );
        assert_eq!(office.files("watch-dir/work").len(), 0, "{kind}");
        assert_eq!(office.value("SELECT count(*) FROM batch"), 1, "{kind}");
    }
}

/// Somebody swaps a file and a link to a secret as fast as he can while the daemon takes them.
#[test]
fn a_race_between_a_file_and_a_link_gives_nothing_away() {
    let office = Office::configured("scan_interval = \"10ms\"\n");
    let secret = office.write("secret.json", secret_batch());
    let outside = office.at("outside");
    std::fs::create_dir(&outside).expect("a folder");
    std::fs::write(outside.join("x.json"), secret_batch()).expect("written");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let inbox = office.at("watch-dir/inbox");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // The file itself, and the folder that it lies in.
        scope.spawn(|| {
            let (target, beside) = (inbox.join("customer/x.json"), inbox.join("customer/.x"));
            while !stop.load(Ordering::Relaxed) {
                let _ = std::fs::write(&beside, "{}");
                let _ = std::fs::rename(&beside, &target);
                let _ = symlink(&secret, &beside);
                let _ = std::fs::rename(&beside, &target);
            }
        });
        scope.spawn(|| {
            let (folder, aside) = (inbox.join("race"), inbox.join(".aside"));
            while !stop.load(Ordering::Relaxed) {
                let _ = std::fs::create_dir(&folder);
                let _ = std::fs::write(folder.join("x.json"), "{}");
                let _ = std::fs::rename(&folder, &aside);
                let _ = symlink(&outside, &folder);
                let _ = std::fs::remove_file(&folder);
                let _ = std::fs::rename(&aside, &folder);
            }
        });
        wait_for("enough races", || {
            assert!(daemon.runs(), "{}", daemon.log());
            let database = office.database();
            let count =
                database.query_row("SELECT count(*) FROM batch", [], |r| r.get::<_, i64>(0));
            count.is_ok_and(|n| n > 40)
        });
        stop.store(true, Ordering::Relaxed);
    });
    assert!(daemon.stop().success(), "{}", daemon.log());
    assert_eq!(
        std::fs::read(outside.join("x.json")).expect("stays"),
        secret_batch().as_bytes()
    );
    assert_eq!(
        std::fs::read(&secret).expect("stays"),
        secret_batch().as_bytes()
    );
    assert_secret_kept(&office);
}

/// Two customers for each text: one with it in every field that takes text, and one with it in the names
/// that answers carry.
fn saying(texts: &[&str]) -> Vec<Value> {
    let mut customers = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let mut one = person(&i.to_string());
        for field in one.as_object_mut().expect("an object").values_mut() {
            *field = json!(text);
        }
        customers.push(one);
        let named =
            json!({ "communicationNumber": text, "customerExtId": text, "requester": text });
        customers.push(with(person(&format!("n{i}")), named));
    }
    customers
}

#[test]
fn a_customers_text_is_never_sql_nor_a_path_nor_an_escape() {
    let office = Office::new();
    let nasty = [
        "'); DROP TABLE assessment; --",
        "\" OR 1=1 --",
        "../../../etc/passwd",
        "/etc/passwd\0.json",
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        "line\nbreak\r\n2026-01-01T00:00:00Z ERROR forged",
        "\u{202e}drow\u{2066}",
        "{{7*7}} ${jndi:ldap://x} %s%n",
    ];
    let customers = saying(&nasty);
    let output = {
        office.drop(
            "batch-customers/x.json",
            json!({ "customers": customers }).to_string(),
        );
        office
            .command(&["--log-format", "human", "once"])
            .env("KYCDROP_LOG", "trace")
            .output()
            .expect("it runs")
    };
    assert!(output.status.success(), "{output:?}");
    let log = String::from_utf8_lossy(&output.stderr);
    for text in [
        "DROP TABLE",
        "etc/passwd",
        "forged",
        "jndi",
        "drow",
        "\u{1b}",
    ] {
        assert!(!log.contains(text), "{text:?} in {log}");
    }
    let answer = office.response_bytes("batch-customers/x");
    assert!(
        !answer.contains(&0x1b) && !answer.contains(&0),
        "control characters are escaped"
    );
    assert_eq!(
        office.response("batch-customers/x")["results"]
            .as_array()
            .map(Vec::len),
        Some(16)
    );
    let judged = "SELECT (SELECT count(*) FROM assessment) + (SELECT count(*) FROM rejection)";
    assert_eq!(office.value(judged), 16);
    assert_eq!(office.value("PRAGMA integrity_check"), "ok");
    assert_eq!(office.answers().len(), 1);
    // CSV for a program is exact; on a terminal it is escaped as the table is.
    for format in ["table", "json"] {
        let sql = "SELECT customer_ext_id, error_description FROM v_rejection";
        let output = office.run(&["query", "--format", format, sql]);
        assert!(!output.stdout.contains(&0x1b), "{format}");
    }
}
