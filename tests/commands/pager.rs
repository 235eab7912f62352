//! Long answers on a terminal go through the pager; no pager, one that is left early and a pipe are
//! all well.

use crate::asking;
use crate::common;
use crate::terminal;

use asking::a_life;
use common::Office;
use std::os::unix::fs::PermissionsExt;
use terminal::start;

/// A pager that says that it was there, and with which options.
fn pager(office: &Office, name: &str, script: &str) -> String {
    let path = office.write(name, format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    path.to_str().expect("a path").to_owned()
}

const MANY: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 900) SELECT i FROM n";

#[test]
fn a_long_answer_goes_through_the_pager() {
    let office = a_life();
    let chosen = pager(&office, "pager", "echo \"paged $1 $LESS\"; cat");
    let with_option = format!("{chosen} --mine");
    for (variable, args, options) in [
        ("PAGER", &["query", MANY][..], "FRSX"),
        ("KYCDROP_PAGER", &["query", MANY], "FRSX"),
        ("PAGER", &["pending"], "FRSX"),
        ("PAGER", &["errors"], "FRSX"),
        ("PAGER", &["tables"], "FRSX"),
        ("PAGER", &["classifiers"], "FRSX"),
        // Lines of an account are folded, not cut.
        ("PAGER", &["explain", "3"], "FRX"),
        ("PAGER", &["history", "I-4711"], "FRX"),
    ] {
        let shown = start(&office, 80, args, &[(variable, &with_option)]).end();
        assert!(shown.status.success(), "{args:?}");
        let begin = format!("paged --mine {options}\n");
        assert!(shown.text.starts_with(&begin), "{args:?}: {}", shown.text);
        assert!(shown.text.lines().count() > 5, "{args:?}: {}", shown.text);
    }
    // It is split as a shell would.
    let folder = office.at("my tools");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::rename(&chosen, folder.join("pager")).expect("a move");
    let quoted = format!("'{}' '--my own'", folder.join("pager").display());
    let shown = start(&office, 80, &["query", MANY], &[("PAGER", &quoted)]).end();
    assert!(
        shown.text.starts_with("paged --my own FRSX\n"),
        "{}",
        shown.text
    );
    std::fs::rename(folder.join("pager"), &chosen).expect("a move");
    // Whoever has chosen options for less keeps them.
    let variables = [("PAGER", chosen.as_str()), ("LESS", "M")];
    let shown = start(&office, 80, &["query", MANY], &variables).end();
    assert!(shown.text.starts_with("paged  M\n"), "{}", shown.text);
    // kycdrop's own comes first.
    let variables = [("PAGER", chosen.as_str()), ("KYCDROP_PAGER", "cat")];
    let shown = start(&office, 80, &["query", MANY], &variables).end();
    assert!(!shown.text.contains("paged"), "{}", shown.text);
    // What programs read is never paged.
    let args = ["query", "--format", "csv", MANY];
    let shown = start(&office, 80, &args, &[("PAGER", &chosen)]).end();
    assert!(shown.text.starts_with("i\n1\n"), "{}", shown.text);
}

#[test]
fn a_pager_that_is_left_early_is_no_error() {
    let office = a_life();
    let chosen = pager(&office, "pager", "head -3");
    let long = MANY.replace("900", "200000");
    let args = ["query", "--limit", "0", &long];
    let shown = start(&office, 80, &args, &[("PAGER", &chosen)]).end();
    assert!(shown.status.success(), "{}", shown.text);
    assert_eq!(shown.text.lines().count(), 3, "{}", shown.text);
    // One that fails has shown what it could; the answer itself is well.
    let failing = pager(&office, "failing", "cat > /dev/null; exit 7");
    let shown = start(&office, 80, &args, &[("PAGER", &failing)]).end();
    assert!(shown.status.success(), "{}", shown.text);
}

#[test]
fn ctrl_c_is_the_pagers_own() {
    let office = a_life();
    // It waits for a key that never comes: what ends it is Ctrl-C.
    let script = "cat > /dev/null; trap 'echo interrupted; exit' INT; echo waits; sleep 100 & wait";
    let chosen = pager(&office, "pager", script);
    let mut session = start(&office, 80, &["query", MANY], &[("PAGER", &chosen)]);
    session.wait_for("waits");
    session.press("\u{3}");
    session.wait_for("interrupted");
    let shown = session.end();
    assert!(shown.status.success(), "{}", shown.text);
}

#[test]
fn a_pager_that_is_missing_is_no_error() {
    let office = a_life();
    for missing in ["no-such-pager --with options", "", "  ", "less '"] {
        let shown = start(&office, 80, &["query", MANY], &[("PAGER", missing)]).end();
        assert!(shown.status.success(), "{missing:?}: {}", shown.text);
        assert_eq!(shown.text.lines().count(), 902, "{missing:?}");
    }
}

#[test]
fn nothing_is_paged_in_a_pipe() {
    let office = a_life();
    let chosen = pager(&office, "pager", "echo paged; cat");
    for args in [
        &["query", "--format", "table", MANY][..],
        &["explain", "3"],
        &["history", "I-4711"],
        &["tables", "--format", "table"],
        &["errors", "--format", "table"],
        &["pending", "--format", "table"],
    ] {
        let mut command = office.command(args);
        let output = command.env("PAGER", &chosen).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{args:?}");
        assert!(
            text.lines().count() > 3 && !text.contains("paged"),
            "{args:?}: {text}"
        );
    }
}
