//! What the system refuses a process: a stderr that takes nothing, sizes of files, threads, memory,
//! open files. Every end has a documented exit code, no file is lost and none is answered twice.

#![cfg(target_os = "linux")]

use crate::common;
use crate::faults;
use crate::signals::send;

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use common::{Office, cannot_run, needs};
use faults::{
    Daemon, assert_all_answered_once, assert_each_answered_once, batch_of, drop_whole, give_to,
    is_root, wait_for,
};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

pub(crate) const CUSTOMERS: usize = 4;
pub(crate) const QUICK: &str = "retry = \"20ms\"\nscan_interval = \"20ms\"\n";

/// A pipe that takes no byte more for as long as nobody reads it, and how many it has.
fn full_pipe() -> (PipeReader, PipeWriter, usize) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let flags = fcntl_getfl(&writer).expect("flags");
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).expect("non-blocking");
    // The smallest pieces last, so that not a byte is left.
    let mut bytes = 0;
    for piece in [4096, 1] {
        while let Ok(n) = writer.write(&vec![b'.'; piece]) {
            bytes += n;
        }
    }
    fcntl_setfl(&writer, flags).expect("blocking");
    (reader, writer, bytes)
}

/// What cannot be written to, and what is to be kept for as long as it shall be so.
fn silences() -> Vec<(&'static str, Stdio, Option<PipeReader>)> {
    let device = std::fs::File::create("/dev/full").expect("the device");
    let (_, no_reader) = std::io::pipe().expect("a pipe");
    let (reader, full, _) = full_pipe();
    let (other_reader, other_full, _) = full_pipe();
    let flags = fcntl_getfl(&other_full).expect("flags");
    fcntl_setfl(&other_full, flags | OFlags::NONBLOCK).expect("non-blocking");
    vec![
        ("a full disk", device.into(), None),
        ("no reader", no_reader.into(), None),
        ("a reader that does not read", full.into(), Some(reader)),
        ("an error of it", other_full.into(), Some(other_reader)),
    ]
}

pub(crate) fn answers(office: &Office) -> usize {
    office.files("watch-dir/archive").len()
}

#[test]
fn whatever_happens_to_stderr_the_work_goes_on() {
    for command in ["once", "run"] {
        for (how, stderr, _reader) in silences() {
            let office = Office::configured(QUICK);
            office.drop("batch-customers/a.json", batch_of("a", CUSTOMERS));
            // It is named in the log.
            let link = office.at("watch-dir/inbox/batch-customers/link");
            std::os::unix::fs::symlink("/", &link).expect("a link");
            let mut child = office
                .command(&[command])
                .stdout(Stdio::null())
                .stderr(stderr)
                .spawn()
                .expect("it starts");
            if command == "run" {
                wait_for(how, || answers(&office) == 1);
                drop_whole(&office, "batch-customers/b.json", batch_of("b", CUSTOMERS));
                wait_for(how, || answers(&office) == 2);
                send(&child, Signal::TERM);
            }
            wait_for(how, || child.try_wait().expect("a child").is_some());
            let ended = child.wait().expect("a child");
            assert_eq!(ended.code(), Some(0), "{command}, {how}: {ended:?}");
            std::fs::remove_file(link).expect("removed");
            let names = ["a", "b"].map(str::to_owned);
            let names = &names[..if command == "run" { 2 } else { 1 }];
            assert_all_answered_once(&office, names, CUSTOMERS);
        }
    }
}

#[test]
fn an_error_ends_with_its_code_whatever_happens_to_stderr() {
    for (args, code) in [
        (&["query", "SELECT 1"][..], 78),
        (&["no-such-command"][..], 2),
        (&["once"][..], 78),
    ] {
        for (how, stderr, _reader) in silences() {
            let office = Office::configured("no_such_setting = 1\n");
            let mut command = office.command(args);
            let mut child = command.stderr(stderr).spawn().expect("it starts");
            wait_for(how, || child.try_wait().expect("a child").is_some());
            let ended = child.wait().expect("a child");
            assert_eq!(ended.code(), Some(code), "{args:?}, {how}: {ended:?}");
        }
    }
}

/// Lines that nobody read are counted, and the number is told to who reads again.
#[test]
fn lines_that_nobody_reads_are_lost_and_counted() {
    let office = Office::configured(QUICK);
    let (mut reader, full, bytes) = full_pipe();
    let mut command = office.command(&["run"]);
    let mut child = command.stderr(full).spawn().expect("it starts");
    // The writer's end is the daemon's alone.
    drop(command);
    for (n, name) in [(1, "a"), (2, "b")] {
        let file = format!("batch-customers/{name}.json");
        drop_whole(&office, &file, batch_of(name, CUSTOMERS));
        wait_for("an answer", || answers(&office) == n);
    }

    let said = Arc::new(Mutex::new(Vec::new()));
    let said_to = Arc::clone(&said);
    let reading = std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut piece) {
            said_to.lock().expect("text").extend_from_slice(&piece[..n]);
        }
    });
    let has = |text: &str| {
        let said = said.lock().expect("text");
        String::from_utf8_lossy(&said).contains(text)
    };
    wait_for("room in the pipe", || {
        said.lock().expect("text").len() >= bytes
    });
    drop_whole(&office, "batch-customers/c.json", batch_of("c", CUSTOMERS));
    wait_for("the next line", || has("file=c.json"));
    assert!(has("lines before this one could not be written"));
    assert!(!has("file=a.json"));
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("a child").code(), Some(0));
    reading.join().expect("the reader");
}

#[test]
fn what_is_data_says_that_it_could_not_be_written() {
    let office = Office::new();
    office.drop("batch-customers/a.json", batch_of("a", CUSTOMERS));
    office.once();
    let file = office.write("x.json", batch_of("x", CUSTOMERS));
    let file = file.to_str().expect("text");
    let mut commands: Vec<Vec<&str>> = [
        "--help",
        "--version",
        "status",
        "doctor",
        "tables",
        "classifiers",
        "errors",
        "fields",
        "completions bash",
        "describe v_batch",
        "history X-a-0",
        "explain C011",
        "pending",
        "query --list",
        "query --format table SELECT/1",
        "query --format json SELECT/1",
        "query --format csv SELECT/1",
        "demo --customers 3 --errors 0 --output -",
        "report --output -",
        "export out --branch b",
    ]
    .iter()
    .map(|line| line.split(' ').collect())
    .collect();
    commands.push(vec!["check", file]);
    for args in commands {
        let sql = args.iter().map(|arg| arg.replace('/', " "));
        let args: Vec<String> = match args[0] {
            "query" => sql.collect(),
            _ => args.iter().map(|arg| (*arg).to_owned()).collect(),
        };
        let ended = |stdout: Stdio| {
            let mut command = office.command(&[]);
            let command = command.current_dir(office.path()).args(&args);
            command.stdout(stdout).output().expect("it runs")
        };
        let full = std::fs::File::create("/dev/full").expect("the device");
        let output = ended(full.into());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(74), "{args:?}: {said}");
        assert!(said.contains("writing stdout: No space left"), "{said}");
        let _ = std::fs::remove_dir_all(office.at("out"));

        // As with any other tool, a reader who has seen enough is no trouble.
        let (_, no_reader) = std::io::pipe().expect("a pipe");
        let output = ended(no_reader.into());
        let said = String::from_utf8_lossy(&output.stderr);
        let fine = matches!(output.status.code(), Some(0 | 1));
        assert!(fine && !said.contains("stdout"), "{args:?}: {output:?}");
        let _ = std::fs::remove_dir_all(office.at("out"));
    }
}

/// A command by a user who has no other process, where the tests run as root, whom a limit of
/// processes does not bind.
fn as_lonely_user(office: &Office, program: &OsStr) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let user = lonely_user(office);
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={user}"), format!("--regid={user}")]);
    command.arg("--clear-groups").arg(program);
    command
}

fn lonely_user(office: &Office) -> u32 {
    let mut hasher = DefaultHasher::new();
    office.path().hash(&mut hasher);
    100_000 + (hasher.finish() % 1_000_000_000) as u32
}

/// A command under limits of `prlimit`, which is [`as_lonely_user`] for a limit of processes. None,
/// which is counted, where that cannot be had.
fn under_limit(office: &Office, case: &str, limit: &str, args: &[&str]) -> Option<Command> {
    let plain = office.command(args);
    let mut limited = Command::new(plain.get_program());
    if limit.starts_with("--nproc") && is_root() {
        // The user need not reach where the binary lies.
        let copy = office.at("kycdrop.copy");
        std::fs::copy(plain.get_program(), &copy).expect("a copy");
        give_to(office.path(), lonely_user(office));
        limited = as_lonely_user(office, copy.as_os_str());
    }
    let mut command = Command::new("prlimit");
    command.arg(limit).arg(limited.get_program());
    command.args(limited.get_args()).args(plain.get_args());
    office.set_clock(&mut command);
    command
        .env_remove("KYCDROP_HOME")
        .env_remove("RUST_BACKTRACE");
    let tools = Command::new("prlimit")
        .args(["--nproc", "setpriv", "--version"])
        .output();
    if !tools.is_ok_and(|o| o.status.success()) {
        let reason = format!("{}: prlimit and setpriv are not there", needs::ANOTHER_USER);
        cannot_run(case, &reason);
        return None;
    }
    Some(command)
}

/// Ends with 0 or one of the codes, and is not killed.
fn assert_documented(limit: &str, output: &Output, codes: &[i32]) -> i32 {
    let code = output.status.code().unwrap_or_else(|| {
        panic!("{limit}: {:?}: {output:?}", output.status.signal());
    });
    assert!(code == 0 || codes.contains(&code), "{limit}: {output:?}");
    code
}

/// A large file and several small ones, which take every way that a file can go.
pub(crate) fn drop_some(office: &Office) -> Vec<String> {
    let names: Vec<String> = (0..6).map(|i| format!("f{i}")).collect();
    for name in &names {
        let file = format!("batch-customers/{name}.json");
        office.drop(file, batch_of(name, count_of(name)));
    }
    names
}

pub(crate) fn count_of(name: &str) -> usize {
    if name == "f2" { 1000 } else { CUSTOMERS }
}

/// Runs `once` under each limit: it answers everything or ends with one of the codes; without a limit
/// the next `once` answers what was not. Returns the codes that it ended with.
fn once_under(case: &str, limits: &[String], codes: &[i32]) -> Vec<i32> {
    let mut ended = Vec::new();
    for limit in limits {
        let Some(office) = Office::in_the_open(case) else {
            return Vec::new();
        };
        // As many threads on every machine.
        office.edit(
            "kycdrop.toml",
            "settle = \"0s\"",
            "threads = 2\nsettle = \"0s\"",
        );
        let names = drop_some(&office);
        let Some(mut command) = under_limit(&office, case, limit, &["once"]) else {
            return Vec::new();
        };
        let output = command.output().expect("it runs");
        ended.push(assert_documented(limit, &output, codes));
        office.once();
        assert_each_answered_once(&office, &names, count_of);
    }
    ended
}

#[test]
fn threads_that_cannot_be_made_are_done_without_or_end_with_75() {
    let case = "limits::threads_that_cannot_be_made_are_done_without_or_end_with_75";
    let limits: Vec<_> = (1..=8).map(|n| format!("--nproc={n}")).collect();
    let ended = once_under(case, &limits, &[75]);
    // Who is not root has other processes, which count too.
    if let (Some(first), Some(last)) = (ended.first(), ended.last()) {
        assert_eq!(*first, 75, "{ended:?}");
        assert!(!is_root() || *last == 0, "{ended:?}");
    }
}

/// A daemon that runs is left without threads: for events of the file system, for large files, for
/// files that wait for the disk together.
#[test]
fn a_daemon_without_threads_works_on() {
    let case = "limits::a_daemon_without_threads_works_on";
    let Some(office) = Office::in_the_open(case) else {
        return;
    };
    let quick = format!("settle = \"0s\"\n{QUICK}");
    office.edit("kycdrop.toml", "settle = \"0s\"\n", &quick);
    let Some(mut command) = under_limit(&office, case, "--nproc=500:", &["run"]) else {
        return;
    };
    let log = std::fs::File::create(office.at("log")).expect("a log");
    let mut child = command.stderr(log).spawn().expect("it starts");
    let log = || std::fs::read_to_string(office.at("log")).expect("the log");
    wait_for("the daemon", || log().contains("kycdrop watches"));
    let mut limit = as_lonely_user(&office, "prlimit".as_ref());
    let pid = child.id().to_string();
    let limited = limit.args(["--nproc=1:", "--pid", &pid]).status();
    assert!(limited.is_ok_and(|status| status.success()), "a limit");

    let inbox = office.at("watch-dir/inbox");
    std::fs::rename(&inbox, office.at("inbox.old")).expect("renamed");
    wait_for("a warning", || log().contains("no file system events here"));
    wait_for("the inbox", || inbox.join("batch-customers").exists());
    let names = drop_some(&office);
    wait_for("the answers", || answers(&office) == names.len());
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("a child").code(), Some(0), "{}", log());
    assert_each_answered_once(&office, &names, count_of);
}

#[test]
fn without_open_files_it_ends_with_a_documented_code() {
    let case = "limits::without_open_files_it_ends_with_a_documented_code";
    // With fewer the loader of the system finds no library.
    let limits: Vec<_> = (5..=24).map(|n| format!("--nofile={n}")).collect();
    let ended = once_under(case, &limits, &[74, 75, 77]);
    assert!(ended.is_empty() || ended[0] != 0, "{ended:?}");
}

#[test]
fn without_memory_it_ends_with_75() {
    let case = "limits::without_memory_it_ends_with_75";
    let limit = |mib: u64| format!("--as={}", mib << 20);
    let office = Office::new();
    // What the system's loader needs is not ours.
    let starts = |mib: &u64| {
        let version = under_limit(&office, case, &limit(*mib), &["--version"]);
        version.is_none_or(|mut c| c.output().is_ok_and(|o| o.status.success()))
    };
    let least = (8..4096).step_by(2).find(starts).expect("enough memory");
    let limits: Vec<_> = (0..20).map(|n| limit(least + 1 + n * 2)).collect();
    let ended = once_under(case, &limits, &[75]);
    assert!(ended.is_empty() || ended[0] == 75, "{ended:?}");
}

#[test]
fn a_limit_of_the_size_of_files_is_an_error_of_writing() {
    let case = "limits::a_limit_of_the_size_of_files_is_an_error_of_writing";
    let limits = [0, 1, 4, 20, 60, 100, 250, 500, 700, 1000];
    let limits = limits.map(|kib| format!("--fsize={}", kib << 10));
    let ended = once_under(case, &limits, &[74]);
    assert!(ended.is_empty() || ended[0] == 74, "{ended:?}");
}

/// Sets what a process's files may have at most, in bytes.
fn limit_files(daemon: &Daemon, most: Option<u64>) {
    let pid = Pid::from_raw(daemon.id() as i32);
    let limit = Rlimit {
        current: most,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, limit).expect("a limit");
}

#[test]
fn a_limit_of_the_size_of_files_pauses_the_daemon() {
    let office = Office::configured(QUICK);
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    limit_files(&daemon, Some(50_000));
    drop_whole(
        &office,
        "batch-customers/large.json",
        batch_of("large", 3000),
    );
    daemon.wait_for_log("paused: ");
    assert!(daemon.log().contains("ulimit -f"), "{}", daemon.log());
    assert_eq!(office.answers().len(), 0);
    let status = office.run(&["status"]);
    assert_eq!(status.status.code(), Some(75), "{status:?}");

    limit_files(&daemon, None);
    daemon.wait_for_log("INFO resumed");
    wait_for("the answer", || answers(&office) == 1);
    assert!(daemon.stop().success(), "{}", daemon.log());
    assert_all_answered_once(&office, &["large".into()], 3000);
}
