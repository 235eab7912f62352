//! What the tests of trouble share: a daemon as a child process, waiting for something with a
//! deadline, and what must hold of a home after whatever happened to it.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses the part of this that it needs"
)]

use std::fmt::Debug;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{MATRIX, Office, WORKLIST, asked, cannot_run, decision, needs, person};

/// How long anything may take before a test gives up. Generous: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until the answer is yes.
pub fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Numbers that look random, from a seed that is printed.
pub struct Dice(u64);

impl Dice {
    /// From the seed that an environment variable gives, or a new one.
    pub fn of(variable: &str) -> Dice {
        let seed = std::env::var(variable)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| u64::from(std::process::id()) << 20 | 0x5eed);
        println!("{variable}={seed}");
        Dice(seed)
    }

    /// From this seed.
    pub fn with_seed(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// A running `kycdrop run`; killed with the test.
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts the daemon of an office with these environment variables.
    pub fn start(office: &Office, env: &[(&str, &str)]) -> Daemon {
        Daemon::start_with(office, &["run"], env)
    }

    /// Starts any command of an office in the background.
    pub fn start_with(office: &Office, args: &[&str], env: &[(&str, &str)]) -> Daemon {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let log = office.at(format!("stderr-{n}.log"));
        let mut command = office.command(args);
        command.envs(env.iter().copied());
        Daemon::of_command(command, log)
    }

    /// Starts a command in the background, with its stderr in this file.
    pub fn of_command(mut command: std::process::Command, log: PathBuf) -> Daemon {
        let file = std::fs::File::create(&log).expect("a log file");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        let child = command.spawn().expect("the command starts");
        Daemon { child, log }
    }

    /// Everything that it said so far.
    pub fn log(&self) -> String {
        let mut text = Vec::new();
        std::fs::File::open(&self.log)
            .and_then(|mut f| f.read_to_end(&mut text))
            .expect("the log");
        String::from_utf8_lossy(&text).into_owned()
    }

    pub fn log_file(&self) -> &std::path::Path {
        &self.log
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the log holds a text.
    pub fn wait_for_log(&mut self, text: &str) {
        let begun = Instant::now();
        while !self.log().contains(text) {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "ended with {ended:?}: {}", self.log());
            assert!(begun.elapsed() < PATIENCE, "no `{text}` in: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGKILL, and until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and until it has ended by itself.
    pub fn stop(&mut self) -> ExitStatus {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = Pid::from_raw(self.child.id() as i32).expect("a process id");
        kill_process(pid, Signal::TERM).expect("a signal to our own child");
        self.ended()
    }

    /// Until it has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.log());
        }
        self.kill();
    }
}

/// Waits until a process was stopped by a fault point, or has ended; returns whether it was stopped.
#[cfg(target_os = "linux")]
pub fn stopped(child: &mut Child) -> bool {
    let stat = format!("/proc/{}/stat", child.id());
    let begun = Instant::now();
    loop {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        // The state comes after the name, which is in parentheses.
        let state = text.rsplit_once(") ").and_then(|(_, s)| s.chars().next());
        if state == Some('T') {
            return true;
        }
        assert!(begun.elapsed() < PATIENCE, "neither stopped nor ended");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Lets a stopped process continue.
pub fn go_on(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = Pid::from_raw(child.id() as i32).expect("a process id");
    kill_process(pid, Signal::CONT).expect("a signal to our own child");
}

/// Drops a file so that a running daemon sees it whole or not at all: under a name that is left
/// alone, then renamed.
pub fn drop_whole(office: &Office, relative: &str, bytes: impl AsRef<[u8]>) {
    let target = office.at("watch-dir/inbox").join(relative);
    let folder = target.parent().expect("a folder");
    std::fs::create_dir_all(folder).expect("folders");
    let name = target.file_name().expect("a name").to_string_lossy();
    let hidden = folder.join(format!(".{name}"));
    std::fs::write(&hidden, bytes).expect("a written file");
    std::fs::rename(hidden, target).expect("renamed into place");
}

/// A batch of `count` sound customers, named after the file, the second one rejected.
pub fn batch_of(name: &str, count: usize) -> String {
    let customers: Vec<Value> = (0..count)
        .map(|i| {
            let mut one = person(&format!("{name}-{i}"));
            if i == 1 {
                one["riskLevel"] = json!("NO SUCH LEVEL");
            }
            one
        })
        .collect();
    json!({ "customers": customers }).to_string()
}

/// Drops two requests that are evaluated, one by a person, whose decision comes with them. A home that was
/// started has an example of a matrix, which gives way.
pub fn drop_evaluated(office: &Office) {
    office.write("risk/example.toml", MATRIX);
    for (name, country) in [("e0", "EE"), ("e1", "LT")] {
        let request = asked(name, country).to_string();
        office.drop(format!("customer/{name}.json"), request);
    }
    let decision = decision("N-e0", "ACCEPTED").to_string();
    office.drop("decisions/e0.json", decision);
}

/// What there is once the files of [`drop_evaluated`] are answered, below the outbox and the archive.
pub const EVALUATED_ANSWERS: [&str; 5] = [
    "communications-events/N-e0.json",
    "communications-events/N-e1.json",
    "customer/e0.response.json",
    "customer/e1.response.json",
    "decisions/e0.response.json",
];
pub const EVALUATED_SOURCES: [&str; 3] =
    ["customer/e0.json", "customer/e1.json", "decisions/e0.json"];

/// Whether the files of [`drop_evaluated`] were dropped.
fn has_evaluated(office: &Office) -> bool {
    std::fs::read_to_string(office.at("risk/example.toml")).is_ok_and(|text| text == MATRIX)
}

/// Each event is there once, and what is in the files is what the history has.
fn assert_evaluated(office: &Office) {
    for (number, states) in [
        ("N-e0", &["pending", "completed"][..]),
        ("N-e1", &["completed"]),
    ] {
        let path = office.at(format!(
            "watch-dir/outbox/communications-events/{number}.json"
        ));
        let bytes = std::fs::read(path).expect("events");
        let body: Value = serde_json::from_slice(&bytes).expect("events are JSON");
        let events = body["events"].as_array().expect("events");
        let found: Vec<&str> = (events.iter())
            .map(|e| {
                e["type"]
                    .as_str()
                    .and_then(|t| t.rsplit('.').next())
                    .expect("a type")
            })
            .collect();
        assert_eq!(found, states, "{number}");
        let sql = format!(
            "SELECT id, time FROM v_event WHERE communication_number = '{number}' AND published"
        );
        let rows = office.rows(&sql);
        assert_eq!(rows.len(), events.len(), "{number}");
        for (row, event) in rows.iter().zip(events) {
            assert_eq!((&row["id"], &row["time"]), (&event["id"], &event["time"]));
        }
    }
    let answer = office.response("decisions/e0");
    assert_eq!(answer["resultType"], "REQUEST_ACCEPTED", "{answer}");
    assert_eq!(
        office.value("SELECT count(*) FROM v_evaluation WHERE state = 'COMPLETED'"),
        2
    );
    assert_eq!(office.value("SELECT count(*) FROM v_decision"), 2);
    assert_eq!(office.value("SELECT evaluations FROM total"), 0);
}

/// The worklist of a batch of [`batch_of`] has the second customer, and nothing else.
fn assert_worklist(office: &Office, name: &str) {
    let read = |end| {
        let path = office.at(format!("watch-dir/outbox/batch-customers/{name}{end}"));
        std::fs::read_to_string(path).expect("a file of the worklist")
    };
    let [csv, json, rejected] = WORKLIST.map(read);
    assert_eq!(csv.lines().count(), 2, "{name}: {csv}");
    let json: Value = serde_json::from_str(&json).expect("findings.json is JSON");
    let id = json!(format!("X-{name}-1"));
    let findings = json["findings"].as_array().expect("findings");
    assert_eq!((findings.len(), &findings[0]["customerExtId"]), (1, &id));
    let rejected: Value = serde_json::from_str(&rejected).expect("rejected.json is JSON");
    let customers = rejected["customers"].as_array().expect("customers");
    assert_eq!((customers.len(), &customers[0]["customerExtId"]), (1, &id));
}

/// What must hold once every file of `names` (batches of [`batch_of`] `count` customers) was dropped
/// at `batch-customers`, whatever happened meanwhile: each answered once, completely, its accepted
/// customers in the history once, itself put away once, and nothing left anywhere else.
pub fn assert_all_answered_once(office: &Office, names: &[String], count: usize) {
    assert_each_answered_once(office, names, |_| count);
}

/// The same where each file has its own number of customers.
pub fn assert_each_answered_once(
    office: &Office,
    names: &[String],
    count_of: impl Fn(&str) -> usize,
) {
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let expected = |suffix: &str| {
        sorted(
            names
                .iter()
                .map(|n| format!("batch-customers/{n}{suffix}"))
                .collect(),
        )
    };
    let (answers_more, sources_more) = match has_evaluated(office) {
        true => (&EVALUATED_ANSWERS[..], &EVALUATED_SOURCES[..]),
        false => (&[][..], &[][..]),
    };
    let with = |mut names: Vec<String>, more: &[&str]| {
        names.extend(more.iter().map(|name| (*name).to_owned()));
        sorted(names)
    };
    let mut answers = expected(".response.json");
    for name in names.iter().filter(|name| count_of(name) > 1) {
        answers.extend(WORKLIST.map(|end| format!("batch-customers/{name}{end}")));
    }
    same(
        "outbox",
        office.files("watch-dir/outbox"),
        with(answers, answers_more),
    );
    same("inbox", office.files("watch-dir/inbox"), Vec::new());
    same("failed", office.files("watch-dir/failed"), Vec::new());
    let in_work: Vec<_> = std::fs::read_dir(office.at("watch-dir/work"))
        .expect("work")
        .map(|e| e.expect("an entry").file_name())
        .collect();
    same("work", in_work, Vec::new());
    let archived: Vec<String> = office
        .files("watch-dir/archive")
        .iter()
        .map(|f| f.split_once('/').expect("a day").1.to_owned())
        .collect();
    same(
        "archive",
        sorted(archived),
        with(expected(".json"), sources_more),
    );
    for name in names {
        assert_answered(office, name, count_of(name));
        if count_of(name) > 1 {
            assert_worklist(office, name);
        }
    }
    if has_evaluated(office) {
        assert_evaluated(office);
    }
    let files = names.len() + sources_more.len();
    // A decision is no customer.
    let evaluated = sources_more.len().saturating_sub(1);
    let of_batches = names.iter().map(|name| count_of(name));
    let of_batches: usize = of_batches.map(|count| count - usize::from(count > 1)).sum();
    let accepted = of_batches + evaluated;
    let number = |sql: &str| office.value(sql).as_u64().expect("a number") as usize;
    assert_eq!(number("SELECT count(*) FROM batch"), files, "batches");
    assert_eq!(number("SELECT count(*) FROM assessment"), accepted);
    let distinct = "SELECT count(DISTINCT communication_number) FROM assessment";
    assert_eq!(number(distinct), accepted);
    assert_eq!(number("SELECT batches FROM total"), files);
    assert_eq!(number("SELECT accepted FROM total"), accepted);
    assert_eq!(office.value("PRAGMA integrity_check"), "ok");
}

/// The answer has `count` results, of which the second alone rejects.
fn assert_answered(office: &Office, name: &str, count: usize) {
    let response = office.response(&format!("batch-customers/{name}"));
    let results = response["results"].as_array().expect("results");
    assert_eq!(results.len(), count, "{name}");
    for (i, result) in results.iter().enumerate() {
        let rejected = i == 1;
        let wanted = ["REQUEST_ACCEPTED", "REQUEST_REJECTED"][usize::from(rejected)];
        assert_eq!(result["resultType"], wanted, "{name} {i}: {result}");
        assert_eq!(result["communicationNumber"], format!("N-{name}-{i}"));
    }
}

fn same<T: PartialEq + Debug>(what: &str, found: Vec<T>, expected: Vec<T>) {
    assert_eq!(found, expected, "{what}");
}

/// The user that tests run commands as when they run as root themselves, whom no permission stops.
pub const NOBODY: u32 = 65534;

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A command of the office whom permissions stop: as root without its rights, or as another
/// user, where the tests run as root. None, which is counted, where neither can be had.
pub fn bound_by_permissions(
    office: &Office,
    case: &str,
    args: &[&str],
) -> Option<std::process::Command> {
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    let command = office.command(args);
    if !is_root() {
        return Some(command);
    }
    // Root without its rights is still the owner, so that private folders above are no obstacle.
    let without_rights = |args: &[&str]| {
        let plain = office.command(args);
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-all", "--inh-caps=-all"]);
        command.arg(plain.get_program()).args(plain.get_args());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    };
    let runs = |mut probe: Command| probe.output().is_ok_and(|o| o.status.success());
    if runs(without_rights(&["--version"])) {
        return Some(without_rights(args));
    }
    let as_nobody = |mut command: Command| {
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
        command
    };
    let mut enters = Command::new("test");
    enters.arg("-w").arg(office.path());
    give_to(office.path(), NOBODY);
    if runs(as_nobody(office.command(&["--version"]))) && runs(as_nobody(enters)) {
        return Some(as_nobody(command));
    }
    let reason = "setpriv does not work, and nobody reaches the command or the temporary folder";
    cannot_run(case, &format!("{}: {reason}", needs::ANOTHER_USER));
    None
}

/// Gives a folder and everything in it to a user.
pub fn give_to(path: &std::path::Path, user: u32) {
    let _ = std::os::unix::fs::lchown(path, Some(user), Some(user));
    if path.symlink_metadata().is_ok_and(|m| m.is_dir()) {
        for entry in std::fs::read_dir(path).expect("a folder") {
            give_to(&entry.expect("an entry").path(), user);
        }
    }
}

/// Sets the mode of a path.
pub fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}
