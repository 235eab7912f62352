//! An office for a test: a home of its own, files dropped, answers and rows read back.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses the part of the office that it needs"
)]

pub mod daemon;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use serde_json::{Map, Value, json};

/// A home in a temporary folder, gone with the test.
pub struct Office {
    dir: tempfile::TempDir,
    /// By how much the office's clock is ahead of the machine's.
    ahead: TimeDelta,
}

/// What the files of a worklist end with.
pub const WORKLIST: [&str; 3] = [".findings.csv", ".findings.json", ".rejected.json"];

impl Office {
    /// A home with the shipped classifiers and no waiting for files to settle.
    pub fn new() -> Office {
        Office::configured("")
    }

    /// A home that everybody can enter, whatever the folder of temporary files. None, which is counted,
    /// where that folder does not exist.
    pub fn in_the_open(case: &str) -> Option<Office> {
        use std::os::unix::fs::PermissionsExt;
        let open = |folder: &Path| {
            let real = folder.canonicalize().unwrap_or_default();
            real.is_absolute()
                && real.ancestors().all(|above| {
                    let mode = above.metadata().map_or(0, |m| m.permissions().mode());
                    mode & 0o001 != 0
                })
        };
        let folders = [
            memory().unwrap_or_else(std::env::temp_dir),
            "/tmp".into(),
            "/var/tmp".into(),
            "/dev/shm".into(),
        ];
        let dirs = folders.into_iter().filter(|folder| open(folder));
        let Some(dir) = dirs.filter_map(|f| tempfile::tempdir_in(f).ok()).next() else {
            let reason = format!(
                "{}: no folder of temporary files is open",
                needs::OPEN_FOLDER
            );
            cannot_run(case, &reason);
            return None;
        };
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(dir.path(), mode).expect("a mode");
        Some(Office::in_folder(dir, ""))
    }

    /// The same with more lines in kycdrop.toml.
    pub fn configured(lines: &str) -> Office {
        Office::in_folder(tempdir().expect("a temporary folder"), lines)
    }

    fn in_folder(dir: tempfile::TempDir, lines: &str) -> Office {
        // A moment here is that at which each office begins, so that each crosses the midnight.
        let ahead = match std::env::var("KYCDROP_CLOCK") {
            Ok(text) => kycdrop::clock::difference(&text, Utc::now()).expect("KYCDROP_CLOCK"),
            Err(_) => TimeDelta::zero(),
        };
        let office = Office { dir, ahead };
        let mut settings = String::from("settle = \"0s\"\n");
        // A test that is about waiting says how long itself.
        if !lines.contains("settle_timeout") {
            settings.push_str("settle_timeout = \"0s\"\n");
        }
        office.write("kycdrop.toml", settings + lines);
        office
    }

    /// A home whose clock shows this moment now and runs on, whatever the machine's shows. For what
    /// shows a day, or asks for one ("this month").
    pub fn on(moment: &str) -> Office {
        let mut office = Office::new();
        office.move_to(moment);
        office
    }

    /// Sets the clock of the office to another moment.
    pub fn move_to(&mut self, moment: &str) {
        self.ahead = kycdrop::clock::difference(moment, Utc::now()).expect("a moment");
    }

    /// Gives a command the clock of the office.
    pub fn set_clock(&self, command: &mut Command) {
        match self.ahead.num_milliseconds() {
            0 => command.env_remove("KYCDROP_CLOCK"),
            ahead => command.env("KYCDROP_CLOCK", format!("{ahead:+}")),
        };
    }

    /// What the office's clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.ahead
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path below the home.
    pub fn at(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.path().join(relative)
    }

    /// Writes a file below the home, with the folders above it.
    pub fn write(&self, relative: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(relative);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(&path, bytes).expect("a written file");
        path
    }

    /// Drops a file into the inbox: `drop("batch-customers/x.json", …)`. It comes whole, by a rename:
    /// most offices wait for no file to settle, and would answer one that is still empty.
    pub fn drop(&self, relative: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let written = self.write(format!(".dropped-{n}"), bytes);
        let dropped = self.at("watch-dir/inbox").join(relative);
        std::fs::create_dir_all(dropped.parent().expect("a folder")).expect("folders");
        std::fs::rename(written, dropped).expect("a dropped file");
    }

    /// The command with this home.
    pub fn command(&self, args: &[&str]) -> Command {
        // Another build may be given, such as a released one for a long soak.
        let binary = std::env::var_os("KYCDROP_BIN");
        let mut command = Command::new(binary.unwrap_or(env!("CARGO_BIN_EXE_kycdrop").into()));
        command.arg("--home").arg(self.path()).args(args);
        command.env_remove("KYCDROP_HOME").env_remove("KYCDROP_LOG");
        self.set_clock(&mut command);
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the command runs")
    }

    /// Runs `once`, which must succeed.
    pub fn once(&self) {
        let output = self.run(&["once"]);
        assert!(
            output.status.success(),
            "once: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// The bytes of a response: `response("batch-customers/x")` reads `x.response.json` there.
    pub fn response_bytes(&self, name: &str) -> Vec<u8> {
        let path = self.at(format!("watch-dir/outbox/{name}.response.json"));
        std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// A response as JSON.
    pub fn response(&self, name: &str) -> Value {
        serde_json::from_slice(&self.response_bytes(name)).expect("a response is JSON")
    }

    /// Drops customers as one batch, runs `once`, and returns the results.
    pub fn batch(&self, name: &str, customers: &[Value]) -> Vec<Value> {
        self.answer("batch-customers", name, &json!({ "customers": customers }))["results"]
            .as_array()
            .expect("results")
            .clone()
    }

    /// Drops one body at an endpoint, runs `once`, and returns the response.
    pub fn answer(&self, endpoint: &str, name: &str, body: &Value) -> Value {
        self.drop(format!("{endpoint}/{name}.json"), body.to_string());
        self.once();
        self.response(&format!("{endpoint}/{name}"))
    }

    /// The history, as any SQL tool opens it.
    pub fn database(&self) -> Connection {
        Connection::open(self.at("kycdrop.db")).expect("a database")
    }

    /// Rows of a query over the history, each an object; payloads as text.
    pub fn rows(&self, sql: &str) -> Vec<Map<String, Value>> {
        let conn = kycdrop::history::open_for_reading(&self.at("kycdrop.db"));
        let conn = conn.expect("a database").expect("a history");
        let mut statement = conn.prepare(sql).expect(sql);
        let names: Vec<String> = statement.column_names().map(|n| n.to_string()).collect();
        let rows = statement.query_map([], |row| {
            let mut object = Map::new();
            for (i, name) in names.iter().enumerate() {
                let value = match row.get_ref(i)? {
                    rusqlite::types::ValueRef::Null => Value::Null,
                    rusqlite::types::ValueRef::Integer(n) => n.into(),
                    rusqlite::types::ValueRef::Real(x) => x.into(),
                    rusqlite::types::ValueRef::Text(t) => {
                        String::from_utf8_lossy(t).into_owned().into()
                    }
                    rusqlite::types::ValueRef::Blob(b) => b.to_vec().into(),
                };
                object.insert(name.clone(), value);
            }
            Ok(object)
        });
        rows.expect(sql).map(|r| r.expect(sql)).collect()
    }

    /// The one value of a query over the history.
    pub fn value(&self, sql: &str) -> Value {
        let rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows[0].values().next().expect("a column").clone()
    }

    /// Replaces a text that stands once in a file of the home.
    pub fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.at(relative)).expect(relative);
        assert_eq!(text.matches(from).count(), 1, "{from} in {relative}");
        self.write(relative, text.replacen(from, to, 1));
    }

    /// Every response in the outbox, sorted, without the worklists beside them.
    pub fn answers(&self) -> Vec<String> {
        let mut answers = self.files("watch-dir/outbox");
        answers.retain(|name| !WORKLIST.iter().any(|end| name.ends_with(end)));
        answers
    }

    /// Every file below a folder of the home, sorted, relative to it.
    pub fn files(&self, relative: &str) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    walk(&path, root, found);
                } else {
                    let below = path.strip_prefix(root).expect("below");
                    found.push(below.to_string_lossy().into_owned());
                }
            }
        }
        let root = self.at(relative);
        let mut found = Vec::new();
        walk(&root, &root, &mut found);
        found.sort();
        found
    }
}

/// A temporary folder for a home: in memory where that has room and may run scripts, because making the
/// files of many homes durable is most of what tests wait for. `TMPDIR` goes before.
fn tempdir() -> std::io::Result<tempfile::TempDir> {
    match memory().map(tempfile::tempdir_in) {
        Some(Ok(dir)) => Ok(dir),
        _ => tempfile::tempdir(),
    }
}

fn memory() -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    if std::env::var_os("TMPDIR").is_none() {
        use rustix::fs::{StatVfsMountFlags, statvfs};
        const MEMORY: &str = "/dev/shm";
        const ROOM: u64 = 1 << 30;
        let memory = statvfs(MEMORY).ok()?;
        let fits = memory.f_bavail.saturating_mul(memory.f_frsize) >= ROOM
            && !memory.f_flag.contains(StatVfsMountFlags::NOEXEC);
        return fits.then(|| MEMORY.into());
    }
    None
}

/// A risk matrix in which the citizenship alone decides: LT is LOW and LV MEDIUM, which are accepted, EE
/// is HIGH, which a person decides, and PL is EXTREME, which is rejected.
pub const MATRIX: &str = r#"
format = 1
name = "Of the tests"
owner = "A test"
valid_from = 2020-01-01
applies_to = ["IND", "LEAD_IND"]

[groups]
country = { weight = 10, combine = "max" }

[[factor]]
id = "country"
group = "country"
field = "Customer.citizenshipCountry"
values = { LT = 10, LV = 30, EE = 60, PL = 90 }

[[levels]]
level = "LOW"
from = 0.0
[[levels]]
level = "MEDIUM"
from = 25.0
[[levels]]
level = "HIGH"
from = 50.0
[[levels]]
level = "EXTREME"
from = 75.0

[decision]
human_from = "HIGH"
auto_reject_from = "EXTREME"
wait_for_approval_date = false
"#;

/// A person that is to be evaluated, a citizen of this country.
pub fn asked(id: &str, country: &str) -> Value {
    let fields = json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null,
        "citizenshipCountry": country});
    with(person(id), fields)
}

/// A file of a decision on the evaluation with this communicationNumber.
pub fn decision(number: &str, decision: &str) -> Value {
    json!({"communicationNumber": number, "decision": decision, "decisionGroundCode": "RISK_ACCEPTED",
        "decidedBy": "Jonas Jonaitis"})
}

/// A person with everything that is mandatory at the batch endpoints.
pub fn person(id: &str) -> Value {
    json!({
        "communicationNumber": format!("N-{id}"),
        "requester": "Branch 7",
        "riskManagementCategory": "IND",
        "riskLevel": "LOW",
        "customerStatus": "ACTIVE",
        "entityType": "INDIVIDUAL",
        "customerExtId": format!("X-{id}"),
        "applicationDate": "2024-04-10",
        "firstName": "Ona",
        "lastName": "Petraitė",
        "citizenshipCountry": "LT"
    })
}

/// A company with everything that is mandatory at the batch endpoints.
pub fn company(id: &str) -> Value {
    json!({
        "communicationNumber": format!("N-{id}"),
        "requester": "Branch 7",
        "riskManagementCategory": "ORG",
        "riskLevel": "MEDIUM",
        "customerStatus": "ACTIVE",
        "entityType": "ORGANIZATION",
        "customerExtId": format!("X-{id}"),
        "applicationDate": "2024-04-10",
        "title": "UAB Pavyzdys",
        "registrationCountry": "LT",
        "legalForm": "LTD"
    })
}

/// The same customer with some of its fields set; null removes one.
pub fn with(mut customer: Value, fields: Value) -> Value {
    let object = customer.as_object_mut().expect("an object");
    for (key, value) in fields.as_object().expect("an object") {
        if value.is_null() {
            object.remove(key);
        } else {
            object.insert(key.clone(), value.clone());
        }
    }
    customer
}

/// Says that a case, or a part of one, cannot run on this machine. The line comes even where the test
/// runner captures output, and is appended to the file that `KYCDROP_CANNOT_RUN` names, so that
/// `.ci/run` counts it and fails when the machine has what the case needs.
///
/// The reason begins with one of the words of [`needs`]; `.ci/run` knows how to look for each, and
/// takes any other as a failure.
pub fn cannot_run(case: &str, reason: &str) {
    use std::io::Write;
    let line = format!("CANNOT RUN: {case}: {reason}\n");
    // Not eprintln!, which the test runner keeps to itself.
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(path) = std::env::var_os("KYCDROP_CANNOT_RUN") {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path);
        file.and_then(|mut f| f.write_all(line.as_bytes()))
            .expect("the file of KYCDROP_CANNOT_RUN");
    }
}

/// What a case can need of a machine. `.ci/run` looks for each of them by the first word.
pub mod needs {
    /// To be root, for instance to make another user's file.
    pub const ROOT: &str = "root";
    /// Another user who can run the binary and enter the temporary folder, where tests run as root.
    pub const ANOTHER_USER: &str = "another-user";
    /// The right to mount a file system.
    pub const MOUNT: &str = "mount";
    /// The right to make a file immutable, and a file system that can.
    pub const CHATTR: &str = "chattr";
    /// The right to make a device.
    pub const MKNOD: &str = "mknod";
    /// The sqlite3 command.
    pub const SQLITE3: &str = "sqlite3";
    /// The strace command, and the right to trace.
    pub const STRACE: &str = "strace";
    /// The systemd-analyze command.
    pub const SYSTEMD_ANALYZE: &str = "systemd-analyze";
    /// A folder for temporary files that everybody can enter.
    pub const OPEN_FOLDER: &str = "open-folder";
    /// To be asked for by a variable: it takes long, or changes the machine.
    pub const ASKED_FOR: &str = "asked-for";
    /// Linux.
    pub const LINUX: &str = "linux";
}

/// The error codes of a batch's response, in order; empty for what was accepted.
pub fn answered_codes(response: &Value) -> Vec<String> {
    let code = |result: &Value| result["errorCode"].as_str().unwrap_or("").to_owned();
    let results = response["results"].as_array().expect("results");
    results.iter().map(code).collect()
}

/// The codes of findings, in their order.
pub fn codes(rows: &[Map<String, Value>]) -> Vec<String> {
    rows.iter()
        .map(|row| row["code"].as_str().expect("a code").to_owned())
        .collect()
}
