//! Every file is taken, whole, whatever way it comes: cut short, growing, a thousand at once,
//! without events, into a folder that was made again, under any name.

use crate::common;
use crate::faults;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use common::{Office, person};
use faults::{Daemon, assert_all_answered_once, batch_of, drop_whole, wait_for};
use serde_json::json;

#[test]
fn a_file_that_was_cut_short_waits_until_it_is_whole() {
    let office = Office::configured("settle_timeout = \"1h\"\nscan_interval = \"20ms\"\n");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let whole = batch_of("f0", 4);
    let (first, rest) = whole.split_at(whole.len() / 2);
    drop_whole(&office, "batch-customers/f0.json", first);
    daemon.wait_for_log("ends too early");
    // It went back under its own name, nothing was answered, and others are served meanwhile.
    drop_whole(&office, "batch-customers/f1.json", batch_of("f1", 4));
    wait_for("the other answer", || {
        office.files("watch-dir/archive").len() == 1
    });
    let file = office.at("watch-dir/inbox/batch-customers/f0.json");
    wait_for("the file", || file.exists());
    let mut file = OpenOptions::new()
        .append(true)
        .open(file)
        .expect("the file");
    file.write_all(rest.as_bytes()).expect("the rest");
    drop(file);
    wait_for("the answer", || {
        office.files("watch-dir/archive").len() == 2
    });
    assert!(daemon.stop().success());
    assert_eq!(
        daemon.log().matches("ends too early").count(),
        1,
        "{}",
        daemon.log()
    );
    assert_all_answered_once(&office, &["f0".into(), "f1".into()], 4);
}

#[test]
fn a_folder_that_is_moved_in_is_taken_file_by_file() {
    let office = Office::configured("scan_interval = \"1h\"\n");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    for name in ["a", "b", "deep/er/c"] {
        office.write(format!("ready/2026-11/{name}.json"), batch_of(name, 2));
    }
    let dropped = office.at("watch-dir/inbox/batch-customers/2026-11");
    std::fs::rename(office.at("ready/2026-11"), &dropped).expect("a dropped folder");
    wait_for("the answers", || {
        office.files("watch-dir/archive").len() == 3
    });
    assert!(daemon.stop().success());
    let answers = ["a", "b", "deep/er/c"];
    let answer = |name| format!("batch-customers/2026-11/{name}.response.json");
    assert_eq!(office.answers(), answers.map(answer));
}

#[test]
fn a_file_that_stays_incomplete_is_answered_400_in_the_end() {
    let cases: &[(&str, &[u8])] = &[
        ("empty", b""),
        ("blank", b" \n\n"),
        ("open", b"{"),
        ("in-a-customer", b"{\"customers\":[{\"requester\":\"Bra"),
        ("one-brace-short", b"{\"customers\":[]"),
        // The size was set before the content came.
        ("hole", b"{\"customers\":[\0\0\0\0\0\0\0\0"),
    ];
    for (name, bytes) in cases {
        let office = Office::configured("settle_timeout = \"250ms\"\n");
        office.drop(format!("batch-customers/{name}.json"), bytes);
        office.drop("customer/single.json", "{\"requester\":");
        let output = office.run(&["once"]);
        assert!(output.status.success(), "{name}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.matches("ends too early").count(), 2, "{name}: {said}");
        let answer = office.response(&format!("batch-customers/{name}"));
        assert_eq!(answer["status"], 400, "{name}");
        assert_eq!(office.response("customer/single")["status"], 400);
        assert_eq!(office.value("SELECT count(*) FROM batch"), 2, "{name}");
        assert_eq!(office.files("watch-dir/failed").len(), 2, "{name}");
        assert_eq!(office.files("watch-dir/inbox").len(), 0, "{name}");
    }
}

#[test]
fn a_file_that_is_wrong_and_not_short_is_answered_at_once() {
    let office = Office::configured("settle_timeout = \"1h\"\n");
    let cases = [
        "{}",
        "[]",
        "{\"customers\":{}}",
        "{\"customers\":[}]}",
        "nonsense",
        "{\"customers\":[]} more",
    ];
    for (i, body) in cases.iter().enumerate() {
        office.drop(format!("batch-customers/x{i}.json"), body);
    }
    office.once();
    for i in 0..cases.len() {
        assert_eq!(
            office.response(&format!("batch-customers/x{i}"))["status"],
            400
        );
    }
}

#[test]
fn a_file_that_grows_slowly_is_answered_once_and_whole() {
    let office = Office::configured("settle_timeout = \"1h\"\nscan_interval = \"10ms\"\n");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let whole = batch_of("slow", 300);
    let path = office.at("watch-dir/inbox/batch-customers/slow.json");
    // A writer that keeps the file open and lets it stand still again and again, with no settling
    // time to speak of: it is taken too early at least once, and as often as the machine is fast.
    let mut file = std::fs::File::create(path).expect("the file");
    for part in whole.as_bytes().chunks(whole.len() / 20) {
        file.write_all(part).expect("a part");
        daemon.wait_for_log("ends too early");
        std::thread::sleep(Duration::from_millis(25));
    }
    drop(file);
    wait_for("the answer", || {
        office.files("watch-dir/archive").len() == 1
    });
    assert!(daemon.stop().success());
    assert_all_answered_once(&office, &["slow".into()], 300);
}

#[test]
fn a_thousand_files_at_once() {
    let office = Office::new();
    let names: Vec<String> = (0..1000).map(|i| format!("f{i}")).collect();
    for name in &names {
        office.drop(format!("batch-customers/{name}.json"), batch_of(name, 2));
    }
    office.once();
    assert_all_answered_once(&office, &names, 2);
}

#[test]
fn hundreds_of_files_into_a_running_daemon() {
    let office = Office::new();
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let names: Vec<String> = (0..300).map(|i| format!("f{i}")).collect();
    for name in &names {
        drop_whole(
            &office,
            &format!("batch-customers/{name}.json"),
            batch_of(name, 2),
        );
    }
    wait_for("every answer", || {
        office.files("watch-dir/archive").len() == 300
    });
    assert!(daemon.stop().success());
    assert_all_answered_once(&office, &names, 2);
}

#[test]
fn an_inbox_that_was_renamed_and_made_again_is_watched_again() {
    // With a timer that never comes, only events can wake it.
    let office = Office::configured("scan_interval = \"1h\"\n");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let mut names = Vec::new();
    for round in 0..3 {
        let name = format!("f{round}");
        std::fs::rename(
            office.at("watch-dir/inbox"),
            office.at(format!("inbox-{round}")),
        )
        .expect("renamed");
        wait_for("another inbox", || {
            office.at("watch-dir/inbox/customer").exists()
        });
        drop_whole(
            &office,
            &format!("batch-customers/{name}.json"),
            batch_of(&name, 2),
        );
        names.push(name);
        wait_for("an answer", || {
            office.files("watch-dir/archive").len() == round + 1
        });
    }
    // Gone and made again with nothing in it, by somebody else.
    std::fs::remove_dir_all(office.at("watch-dir/inbox")).expect("removed");
    drop_whole(&office, "batch-customers/last.json", batch_of("last", 2));
    names.push("last".into());
    wait_for("the last answer", || {
        office.files("watch-dir/archive").len() == 4
    });
    assert!(daemon.stop().success());
    assert_all_answered_once(&office, &names, 2);
}

#[test]
fn an_endpoint_folder_that_was_removed_is_made_again_and_watched() {
    // With a timer that never comes, only events can wake it.
    let office = Office::configured("scan_interval = \"1h\"\n");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let folder = office.at("watch-dir/inbox/batch-customers");
    let mut names = Vec::new();
    for round in 0..3 {
        if round % 2 == 0 {
            std::fs::remove_dir_all(&folder).expect("removed");
        } else {
            std::fs::rename(&folder, office.at("aside")).expect("renamed");
        }
        wait_for("the folder", || folder.exists());
        let name = format!("f{round}");
        drop_whole(
            &office,
            &format!("batch-customers/{name}.json"),
            batch_of(&name, 2),
        );
        names.push(name);
        wait_for("an answer", || {
            office.files("watch-dir/archive").len() == round + 1
        });
    }
    assert!(daemon.stop().success());
    assert_all_answered_once(&office, &names, 2);
}

#[test]
fn any_other_folder_of_watch_dir_that_was_removed_is_made_again() {
    let office = Office::configured("retry = \"200ms\"\nscan_interval = \"200ms\"\n");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    let folders = ["outbox", "archive", "failed", "work"];
    for folder in folders {
        std::fs::remove_dir_all(office.at(format!("watch-dir/{folder}"))).expect("removed");
        drop_whole(
            &office,
            &format!("batch-customers/{folder}.json"),
            batch_of(folder, 2),
        );
        wait_for("an answer", || {
            office
                .at(format!(
                    "watch-dir/outbox/batch-customers/{folder}.response.json"
                ))
                .exists()
        });
        wait_for("the folder", || {
            office.at(format!("watch-dir/{folder}")).exists()
        });
        wait_for("the file to be put away", || {
            office.files("watch-dir/work").is_empty()
        });
    }
    assert!(daemon.stop().success());
    assert_eq!(
        office.rows("SELECT count(*) AS n FROM v_assessment")[0]["n"],
        folders.len()
    );
}

#[test]
#[cfg(debug_assertions)]
fn lost_events_and_network_shares_leave_it_to_the_scan() {
    for (fault, said) in [
        ("deaf=on", "kycdrop watches"),
        ("share=on", "lies on a network share"),
    ] {
        let office = Office::configured("scan_interval = \"50ms\"\n");
        let mut daemon = Daemon::start(&office, &[("KYCDROP_FAULT", fault)]);
        daemon.wait_for_log("kycdrop watches");
        assert!(daemon.log().contains(said), "{}", daemon.log());
        for i in 0..3 {
            drop_whole(
                &office,
                &format!("batch-customers/f{i}.json"),
                batch_of(&format!("f{i}"), 2),
            );
            wait_for("an answer", || {
                office.files("watch-dir/archive").len() == i + 1
            });
        }
        assert!(daemon.stop().success());
        // The folder of temporary files may lie on one as well.
        let real = kycdrop::disk::network_share(&office.at("watch-dir/inbox")).is_some();
        assert_eq!(
            daemon.log().matches("network share").count(),
            usize::from(fault == "share=on" || real)
        );
    }
}

fn odd_names() -> Vec<Vec<u8>> {
    let long = "ž".repeat(125);
    vec![
        b"line\nbreak.json".to_vec(),
        b"tab\tand\r.json".to_vec(),
        b"\"quoted\" 'twice' `thrice`.json".to_vec(),
        b"$(touch x); rm -rf *.json".to_vec(),
        b"\x1b[31mred\x1b[0m.json".to_vec(),
        b"not \xff\xfe utf-8.json".to_vec(),
        b"not \xff\xfd utf-8.json".to_vec(),
        b"..json".to_vec()[1..].to_vec(),
        b"back\\slash.json".to_vec(),
        b"-rf.json".to_vec(),
        b"%s%n.json".to_vec(),
        "İstanbul ☃.json".as_bytes().to_vec(),
        "\u{202e}nosj.x.json".as_bytes().to_vec(),
        format!("{long}.json").into_bytes(),
        format!("{long}.txt").into_bytes(),
        vec![b'n'; 255],
        vec![0xff; 255],
        b"CASE.json".to_vec(),
        b"case.json".to_vec(),
        b"case.JSON".to_vec(),
        b"case".to_vec(),
        b"case.2.json".to_vec(),
        b"'; DROP TABLE batch; --.json".to_vec(),
    ]
}

#[test]
fn any_name_is_answered_under_a_name_of_its_own() {
    let office = Office::new();
    let names = odd_names();
    let inbox = office.at("watch-dir/inbox/batch-customers");
    std::fs::create_dir_all(&inbox).expect("the inbox");
    let mut visible = 0;
    for (i, name) in names.iter().enumerate() {
        let body = json!({ "customers": [person(&format!("n{i}"))] });
        std::fs::write(inbox.join(OsStr::from_bytes(name)), body.to_string()).expect("written");
        visible += usize::from(!name.starts_with(b"."));
    }
    let output = office.run(&["--log-format", "human", "once"]);
    assert!(output.status.success(), "{output:?}");
    let answers: BTreeSet<_> = std::fs::read_dir(office.at("watch-dir/outbox/batch-customers"))
        .expect("the outbox")
        .map(|e| e.expect("an entry"))
        .map(|e| {
            let body: serde_json::Value =
                serde_json::from_slice(&std::fs::read(e.path()).expect("read")).expect("JSON");
            assert_eq!(body["results"][0]["resultType"], "REQUEST_ACCEPTED");
            body["results"][0]["communicationNumber"].to_string()
        })
        .collect();
    assert_eq!(answers.len(), visible);
    assert!(
        office
            .at("watch-dir/outbox/batch-customers/case.2.response.json")
            .exists()
    );
    assert_eq!(office.files("watch-dir/archive").len(), visible);
    assert_eq!(office.value("SELECT count(*) FROM batch"), visible);
    assert_eq!(office.files("watch-dir/work").len(), 0);
    // A name breaks no line of the log and steers no terminal.
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        !log.contains('\x1b') && !log.contains('\u{202e}') && !log.contains('\r'),
        "{log}"
    );
    for line in log.lines() {
        assert!(
            line.starts_with("20") || line.contains(" answered: "),
            "{line:?}"
        );
    }
    let status = office.run(&["status", "--last", "100"]);
    assert!(!status.stdout.contains(&0x1b), "no terminal is steered");
}

#[test]
fn a_second_daemon_on_the_same_home_ends_with_75() {
    let office = Office::new();
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    for command in ["run", "once"] {
        let output = office.run(&[command]);
        assert_eq!(output.status.code(), Some(75), "{output:?}");
    }
    assert!(daemon.runs());
    daemon.kill();
    office.once();
}
