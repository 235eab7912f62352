//! `query` within its limits: time and memory hold whatever a single value takes, and whoever reads the
//! answer.

use crate::common;
use crate::terminal;

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::daemon::{ends, eventually};
use common::{Office, person, with};
use serde_json::json;

fn office() -> Office {
    let office = Office::new();
    office.batch("a", &[person("1")]);
    office
}

/// Asks with no more address space than this, in MiB: what takes more memory is aborted.
fn ask_within(office: &Office, mib: u32, args: &[&str]) -> Output {
    let command = office.command(args);
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            &format!("ulimit -v {} && exec \"$@\"", mib * 1024),
            "sh",
        ])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    ends(&mut shell)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// So many rows of a number.
fn numbers(rows: u64) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {rows}) SELECT i FROM n"
    )
}

const TEXT: &str = "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'";

#[test]
fn memory_holds_whatever_a_value_takes() {
    let office = office();
    let n = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000)";
    let many = vec!["hex(randomblob(3750000))"; 20].join(", ");
    let zeros = vec!["zeroblob(7500000)"; 20].join(", ");
    for sql in [
        "SELECT zeroblob(2000000000)",
        "SELECT zeroblob(900000000)",
        "SELECT replace(hex(zeroblob(60000000)), '0', 'xxxxxxxx')",
        "SELECT printf('%2000000000d', 1)",
        "SELECT length(printf('%.*c', 900000000, 'x'))",
        &format!("{n} SELECT group_concat({TEXT}) FROM n a, n b"),
        &format!("{n} SELECT json_group_array({TEXT}) FROM n a, n b"),
        &format!("{n} SELECT json_group_object(a.i, {TEXT}) FROM n a, n b"),
        "WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM n) SELECT s FROM n",
        "WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM n) SELECT length(s) FROM n",
        // Each value is allowed, all of them are not.
        &format!("SELECT {many}"),
        &format!("SELECT {zeros}"),
    ] {
        for format in ["csv", "json", "table"] {
            let args = ["query", "--memory", "128", "--format", format, sql];
            assert_too_much(
                &ask_within(&office, 400, &args),
                &format!("{format} {sql:.80}"),
            );
        }
    }
    let zeros = vec!["zeroblob(60000000)"; 20].join(", ");
    let by_default = ask_within(&office, 1500, &["query", &format!("SELECT {zeros}")]);
    assert_too_much(&by_default, "without --memory");
}

fn assert_too_much(output: &Output, about: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(75), "{about}: {said}");
    assert!(
        said.contains("raise the limit with --memory"),
        "{about}: {said}"
    );
    assert!(!said.contains("defect"), "{about}: {said}");
}

#[test]
fn a_table_that_would_take_too_much_memory_is_refused() {
    let office = office();
    let args = [
        "query",
        "--format",
        "table",
        "--memory",
        "64",
        &numbers(1_000_000),
    ];
    let output = ask_within(&office, 1500, &args);
    assert_eq!(output.status.code(), Some(75), "{}", said(&output));
    assert!(said(&output).contains("--format csv"), "{}", said(&output));
    assert!(output.stdout.is_empty());
    // As rows they take none.
    let args = [
        "query",
        "--format",
        "csv",
        "--memory",
        "64",
        &numbers(1_000_000),
    ];
    let output = ask_within(&office, 1500, &args);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        output.stdout.iter().filter(|b| **b == b'\n').count(),
        1_000_001
    );
}

#[test]
fn more_memory_is_to_be_had() {
    let office = office();
    // What customers are by default is far below.
    let large = with(person("2"), json!({"comment": "x".repeat(10 << 20)}));
    office.batch("b", &[large]);
    let payload = "SELECT payload FROM v_assessment WHERE communication_number = 'N-2'";
    let output = ends(&mut office.command(&["query", payload]));
    assert!(output.status.success(), "{}", said(&output));
    assert!(output.stdout.len() > 10 << 20);
    let sql = "SELECT length(zeroblob(100000000)) AS n";
    let refused = ends(&mut office.command(&["query", sql]));
    assert_eq!(refused.status.code(), Some(75), "{}", said(&refused));
    for memory in ["2048", "0"] {
        let output = ends(&mut office.command(&["query", "--memory", memory, sql]));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "n\n100000000\n");
    }
    let least = "SELECT customer_ext_id AS id FROM v_customer ORDER BY id";
    let output = ends(&mut office.command(&["query", "--memory", "32", least]));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "id\nX-1\nX-2\n");
    let output = ends(&mut office.command(&["query", "--memory", "1", least]));
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn time_holds_whatever_a_value_takes() {
    let office = office();
    let set: String = ('\u{4e00}'..'\u{5000}').collect();
    let trim = format!("SELECT length(trim(printf('%.*c', 60000000, 'a'), '{set}a'))");
    let sort = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)
                SELECT length(s) FROM (SELECT hex(randomblob(20000000)) AS s FROM n ORDER BY s)";
    let words = "SELECT replace(hex(zeroblob(10000000)), '00', 'ab ') AS words";
    for (format, sql) in [("csv", &*trim), ("csv", sort), ("table", words)] {
        let args = ["query", "--timeout", "500ms", "--format", format, sql];
        let output = ends(&mut office.command(&args));
        let about = format!("{sql:.80}: {}", said(&output));
        assert_eq!(output.status.code(), Some(75), "{about}");
        assert!(
            said(&output).contains("lift the limit with --timeout 0"),
            "{about}"
        );
    }
}

#[test]
fn time_holds_though_nobody_reads_the_answer() {
    let office = office();
    for both in [false, true] {
        for format in ["csv", "json"] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            let mut command = office.command(&["query", "--timeout", "500ms", "--format", format]);
            command.arg(numbers(10_000_000)).stdin(Stdio::null());
            let stderr = match both {
                true => writer.try_clone().expect("a pipe").into(),
                false => Stdio::null(),
            };
            let mut child = command
                .stdout(writer)
                .stderr(stderr)
                .spawn()
                .expect("starts");
            let status = eventually("the end", || child.try_wait().expect("a process"));
            assert_eq!(status.code(), Some(75), "{format} {both}");
            drop(reader);
        }
    }
}

#[test]
fn whoever_reads_in_a_pager_takes_as_long_as_it_takes() {
    let office = office();
    let slow = office.write("slow-pager", "#!/bin/sh\nsleep 3\nexec cat\n");
    std::fs::set_permissions(&slow, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .expect("a mode");
    let slow = slow.to_str().expect("text");
    let args = [
        "query",
        "--timeout",
        "1s",
        "SELECT 'read' || 'able' AS text",
    ];
    let shown = terminal::start(&office, 80, &args, &[("PAGER", slow)]).end();
    assert!(shown.status.success(), "{}", shown.text);
    assert!(shown.text.contains("readable"), "{}", shown.text);
}

#[test]
fn what_ends_in_time_is_not_cut() {
    let office = office();
    let args = [
        "query",
        "--timeout",
        "1h",
        "--memory",
        "64",
        "SELECT 1 AS one",
    ];
    let output = ends(&mut office.command(&args));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "one\n1\n");
    let endless = Duration::MAX.as_secs().to_string() + "s";
    let output = ends(&mut office.command(&["query", "--timeout", &endless, "SELECT 1 AS one"]));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "one\n1\n",
        "{}",
        said(&output)
    );
}
