//! Personal data stays in: files are private from their first byte whatever the umask, a warning
//! names what is not, and nothing of a customer reaches a log.

use crate::common;
use crate::faults;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Office, person, with};
use faults::{Daemon, drop_evaluated, drop_whole, set_mode, wait_for};
use kycdrop::catalog::{CUSTOMER, Object, Type};
use serde_json::{Map, Value, json};

/// The command under a umask that keeps nobody out.
fn careless(office: &Office, args: &[&str], env: &[(&str, &str)]) -> Output {
    let command = office.command(args);
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$@\"", "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.envs(env.iter().copied()).env_remove("KYCDROP_LOG");
    shell.output().expect("it runs")
}

/// Every path below a folder, with its mode.
fn modes(folder: &Path, found: &mut Vec<(PathBuf, u32)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let metadata = path.symlink_metadata().expect("metadata");
        found.push((path.clone(), metadata.permissions().mode() & 0o777));
        if metadata.is_dir() {
            modes(&path, found);
        }
    }
}

/// Everything that kycdrop made in a home has these modes.
fn assert_modes(office: &Office, file: u32, folder: u32, when: &str) {
    let mut found = Vec::new();
    modes(office.path(), &mut found);
    for (path, mode) in &found {
        let ours =
            path != &office.at("kycdrop.toml") && path.extension().is_none_or(|e| e != "log");
        let expected = if path.is_dir() { folder } else { file };
        assert!(
            !ours || *mode == expected,
            "{when}: {} is {mode:o}",
            path.display()
        );
    }
    assert!(found.len() > 20, "{when}: there is something to look at");
}

fn mixed_batch() -> String {
    json!({ "customers": [person("1"), with(person("2"), json!({"riskLevel": "?"}))] }).to_string()
}

#[test]
fn everything_is_private_whatever_the_umask() {
    let office = Office::new();
    assert!(careless(&office, &["once"], &[]).status.success());
    assert_modes(&office, 0o600, 0o700, "an empty home");
    for endpoint in ["batch-customers", "customer", "no-endpoint"] {
        office.drop(format!("{endpoint}/x.json"), mixed_batch());
    }
    set_mode(&office.at("watch-dir/inbox/no-endpoint"), 0o700);
    assert!(careless(&office, &["once"], &[]).status.success());
    assert_modes(&office, 0o600, 0o700, "after some files");
    let copy = office.at("copy.db");
    assert!(
        careless(&office, &["backup", copy.to_str().expect("text")], &[])
            .status
            .success()
    );
    std::fs::rename(&copy, office.at("first.db")).expect("renamed");
    assert!(
        careless(&office, &["snapshot", copy.to_str().expect("text")], &[])
            .status
            .success()
    );
    assert_modes(&office, 0o600, 0o700, "with copies");
}

#[test]
#[cfg(debug_assertions)]
fn everything_is_private_at_every_step() {
    for step in kycdrop::fault::STEPS {
        let office = Office::new();
        assert!(careless(&office, &["once"], &[]).status.success());
        drop_whole(&office, "batch-customers/x.json", mixed_batch());
        drop_evaluated(&office);
        for file in office.files("watch-dir/inbox") {
            set_mode(&office.at("watch-dir/inbox").join(file), 0o600);
        }
        set_mode(&office.at("risk"), 0o700);
        set_mode(&office.at("risk/example.toml"), 0o600);
        let fault = format!("{step}=kill");
        let killed = careless(&office, &["once"], &[("KYCDROP_FAULT", &fault)]);
        assert_eq!(killed.status.signal(), Some(9), "{fault}: {killed:?}");
        assert_modes(&office, 0o600, 0o700, step);
    }
}

#[test]
fn a_home_may_be_shared_with_a_group() {
    let office = Office::configured("share_with_group = true\n");
    assert!(careless(&office, &["once"], &[]).status.success());
    drop_whole(&office, "batch-customers/x.json", mixed_batch());
    set_mode(&office.at("watch-dir/inbox/batch-customers/x.json"), 0o664);
    assert!(careless(&office, &["once"], &[]).status.success());
    assert_modes(&office, 0o660, 0o770, "shared");
}

#[test]
fn what_others_can_read_is_named() {
    let Some(office) = Office::in_the_open("secrets::what_others_can_read_is_named") else {
        return;
    };
    office.once();
    let said = |office: &Office| {
        let output = office.run(&["once"]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let warning = "others can read customers' data here: ";
    assert!(!said(&office).contains(warning));
    set_mode(&office.at("kycdrop.db"), 0o604);
    set_mode(&office.at("watch-dir"), 0o755);
    set_mode(&office.at("watch-dir/archive"), 0o755);
    let log = said(&office);
    assert!(log.contains(warning), "{log}");
    assert!(log.contains("kycdrop.db, watch-dir/archive;"), "{log}");
    // A home that nobody else can enter keeps everything in it as well.
    set_mode(office.path(), 0o700);
    assert!(!said(&office).contains(warning));
}

/// A customer with a canary in every field of the catalogue.
fn canaries(object: &Object, canary: &str, depth: u32) -> Value {
    let mut fields = Map::new();
    for field in object.fields {
        let value = match field.ty {
            Type::Object(inner) if depth > 0 => canaries(inner, canary, depth - 1),
            Type::List(inner) if depth > 0 => json!([canaries(inner, canary, depth - 1)]),
            Type::Choices(_) => json!([canary]),
            _ => json!(canary),
        };
        fields.insert(field.name.to_owned(), value);
    }
    fields.insert(format!("unknown{canary}"), json!({ canary: canary }));
    Value::Object(fields)
}

const CANARY: &str = "CaNaRy7f3a";

/// Requests full of canaries, each with its endpoint.
fn bodies() -> Vec<(&'static str, String)> {
    let customer = canaries(&CUSTOMER, CANARY, 4);
    let batch =
        json!({ "customers": [customer, [CANARY], CANARY, person("fine")], CANARY: CANARY });
    vec![
        ("batch-customers", batch.to_string()),
        ("validate-batch-customers", batch.to_string()),
        ("customer", customer.to_string()),
        ("simplifiedcustomer", customer.to_string()),
        ("no-endpoint", batch.to_string()),
        // Broken in ways that parsers like to quote.
        (
            "batch-customers",
            format!("{{\"customers\":[{{\"x\":{CANARY}}}]}}"),
        ),
        (
            "batch-customers",
            format!("{{\"customers\":[{{\"{CANARY}\":\"\\q{CANARY}\"}}]}}"),
        ),
        (
            "batch-customers",
            format!("{{\"{CANARY}\" \"customers\":[]}}"),
        ),
        ("batch-customers", format!("{{\"customers\":\"{CANARY}\"}}")),
        (
            "batch-customers",
            format!("{{\"customers\":[{{\"requester\":\"{CANARY}"),
        ),
        ("batch-customers", format!("{{\"customers\":[]}} {CANARY}")),
        (
            "customer",
            format!("{{\"requester\": \"{CANARY}\"}} \"{CANARY}\""),
        ),
        ("customer", format!("\"{CANARY}\"")),
        ("customer", CANARY.to_owned()),
    ]
}

#[test]
fn a_canary_in_every_field_reaches_no_log() {
    let bodies = bodies();
    for format in ["human", "json"] {
        let office = Office::new();
        let mut logs = String::new();
        let mut daemon = Daemon::start_with(
            &office,
            &["--log-format", format, "run"],
            &[("KYCDROP_LOG", "trace")],
        );
        daemon.wait_for_log("kycdrop watches");
        for (i, (endpoint, body)) in bodies.iter().enumerate() {
            drop_whole(&office, &format!("{endpoint}/x{i}.json"), body);
            let file = office.write("check.json", body);
            let mut check = vec![
                "check",
                "--log-format",
                format,
                file.to_str().expect("text"),
            ];
            if *endpoint != "no-endpoint" {
                check.extend(["--endpoint", endpoint]);
            }
            let output = office
                .command(&check)
                .env("KYCDROP_LOG", "trace")
                .output()
                .expect("it runs");
            logs.push_str(&String::from_utf8_lossy(&output.stderr));
        }
        wait_for("every answer", || {
            office.files("watch-dir/archive").len() + office.files("watch-dir/failed").len()
                == bodies.len()
        });
        assert!(daemon.stop().success());
        logs.push_str(&daemon.log());
        let status = office.run(&["status"]);
        logs.push_str(&String::from_utf8_lossy(&status.stdout));
        for name in ["kycdrop.state", "kycdrop.lock"] {
            logs.push_str(&std::fs::read_to_string(office.at(name)).expect(name));
        }
        assert!(!logs.contains(CANARY), "{logs}");
        // The cases came through: it is in the history, where it belongs.
        let kept = format!("SELECT count(*) FROM v_rejection WHERE payload LIKE '%{CANARY}%'");
        assert!(office.value(&kept).as_u64() > Some(5));
    }
}
