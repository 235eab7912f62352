//! Every system call that can fail, failing: one run of `once` or `run` has one of its calls fail, one
//! time or from then on, and the next run without faults finishes the work as if nothing had been.
//!
//! strace makes the calls fail (`strace --inject`), so it must be there and allowed to trace. A few
//! seconds of an ordinary run are a sample. For more of it, for the cases whose names hold a text, or for
//! everything, a value of `KYCDROP_SWEEP`: `2000`, `first start: openat EIO 12`, `all` (CONTRIBUTING.md).
//!
//! The last word of a case is which of the calls of its thread fails (strace counts each thread by
//! itself); `12+` is that one and all after it. What comes before the program's own `main`, such as the
//! loading of libraries, is left out. The scenes that finish an earlier run count the calls on the files
//! of that run alone, so that the first calls of threads fail too.

#![cfg(all(target_os = "linux", debug_assertions))]

mod calls;
mod outcome;

use crate::common;
use crate::faults;

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use calls::{CALLS, Fault, faults_of};
use common::{Office, cannot_run, needs};
use faults::{Dice, PATIENCE, batch_of, drop_evaluated};
use outcome::Outcome;
use rustix::process::{Pid, Signal, kill_process};

/// How long an ordinary run takes about.
const SHORT: Duration = Duration::from_secs(8);

/// What a process may end with when the machine fails it: not a defect (70), least of all a panic.
const CODES: [i32; 5] = [0, 74, 75, 77, 78];

/// What is going on while a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    /// `once` in an empty home.
    FirstStart,
    /// `once` in a home with a history.
    NextStart,
    /// `once` after one that was killed before it committed.
    NotRecorded,
    /// `once` after one that was killed after it committed.
    NotPublished,
    /// `run` until the files are answered.
    Daemon,
}

const SCENES: [(Scene, &str); 5] = [
    (Scene::FirstStart, "first start"),
    (Scene::NextStart, "next start"),
    (Scene::NotRecorded, "not recorded"),
    (Scene::NotPublished, "not published"),
    (Scene::Daemon, "daemon"),
];

/// The files: a batch with a rejected customer, one that is not a request, one that is only validated, two
/// that are evaluated, and a decision.
fn drop_files(office: &Office) {
    office.drop("batch-customers/f0.json", batch_of("f0", 3));
    office.drop("batch-customers/f1.json", "[1, 2]");
    office.drop("validate-batch-customers/f2.json", batch_of("f2", 2));
    drop_evaluated(office);
}

const FILES: usize = 6;
/// Two of the answers are events.
const ANSWERS: usize = FILES + 2;

/// The home as it is when the run begins.
fn prepare(scene: Scene) -> Office {
    let office = Office::configured(
        "threads = 2\nlock_wait = \"100ms\"\nretry = \"50ms\"\nscan_interval = \"50ms\"\n",
    );
    if scene == Scene::NextStart {
        office.once();
    }
    drop_files(&office);
    let step = match scene {
        Scene::NotRecorded => "commit.before",
        Scene::NotPublished => "commit.after",
        _ => return office,
    };
    let mut killed = office.command(&["once"]);
    killed.env("KYCDROP_FAULT", format!("{step}=kill"));
    let status = killed.output().expect("it runs").status;
    assert_eq!(status.signal(), Some(9), "{step}");
    office
}

/// Every path below a folder, folders too.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_folder = path.is_dir();
        found.push(path.clone());
        if is_folder {
            walk(&path, found);
        }
    }
}

/// A home of its own with everything that another one has.
fn copy_of(template: &Office) -> Office {
    let office = Office::new();
    let mut paths = Vec::new();
    walk(template.path(), &mut paths);
    for path in paths {
        let to = office.at(path.strip_prefix(template.path()).expect("below"));
        match path.is_dir() {
            true => fs::create_dir(to).expect("a folder"),
            false => drop(fs::copy(path, to).expect("a copy")),
        }
    }
    office
}

/// The command of a scene under strace with these options. What is started is the command itself, with
/// strace beside it.
fn traced(office: &Office, scene: Scene, trace: &Path, options: &[String]) -> Command {
    let plain = office.command(&[if scene == Scene::Daemon {
        "run"
    } else {
        "once"
    }]);
    let mut command = Command::new("strace");
    command.args(["--daemonize", "--follow-forks", "--seccomp-bpf"]);
    command.args(options).arg("--output").arg(trace);
    if matches!(scene, Scene::NotRecorded | Scene::NotPublished) {
        let mut paths = Vec::new();
        walk(&office.at("watch-dir/work"), &mut paths);
        for path in paths {
            command.arg("--trace-path").arg(&path);
            if path.parent().is_some_and(|parent| parent.ends_with("work")) {
                command.arg("--trace-path").arg(path.join("response"));
            }
        }
    }
    command.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// A process that is killed with the test, and does not run for ever.
struct Watched {
    child: Child,
    said: PathBuf,
}

impl Watched {
    fn start(mut command: Command, said: PathBuf) -> Watched {
        let file = File::create(&said).expect("a file");
        let child = command.stderr(file).spawn().expect("it starts");
        Watched { child, said }
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.said).unwrap_or_default()).into_owned()
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// Looks again and again until it has ended, or the answer is yes, or the time is over.
    fn until(&mut self, patience: Duration, mut done: impl FnMut(&str) -> bool) -> bool {
        let begun = Instant::now();
        loop {
            if self.ended().is_some() || done(&self.said()) {
                return true;
            }
            if begun.elapsed() > patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether each file is answered and put away.
fn is_done(office: &Office) -> bool {
    let put_away = office.files("watch-dir/archive").len() + office.files("watch-dir/failed").len();
    office.answers().len() == ANSWERS && put_away == FILES
}

/// Runs a scene to its end. The error: it did not end, or did not get on after a fault that passed.
fn play(
    office: &Office,
    scene: Scene,
    command: Command,
    said: &Path,
    passes: bool,
) -> Result<(ExitStatus, String), String> {
    let mut process = Watched::start(command, said.to_path_buf());
    if scene == Scene::Daemon {
        // A fault that passes is got over, or its file is named and tried again later. One that stays is
        // watched for a moment.
        let patience = if passes {
            PATIENCE
        } else {
            Duration::from_secs(2)
        };
        let got_on = process.until(patience, |said| {
            is_done(office) || said.contains("stays here") || (!passes && said.contains("paused: "))
        });
        if passes && !got_on {
            return Err(format!("never got on: {}", process.said()));
        }
        let pid = Pid::from_raw(process.child.id() as i32).expect("a process");
        let _ = kill_process(pid, Signal::TERM);
    }
    process.until(PATIENCE, |_| false);
    match process.ended() {
        Some(status) => Ok((status, process.said())),
        None => Err(format!("does not end: {}", process.said())),
    }
}

/// What strace wrote, once it has ended, which is a little later than what it traces.
fn ended_trace(trace: &Path) -> String {
    let mut text = String::new();
    faults::wait_for("the end of strace", || {
        text = fs::read_to_string(trace).unwrap_or_default();
        let main = text.split(' ').next().unwrap_or_default();
        let mut of_main = text.lines().filter(|line| line.starts_with(main));
        of_main.any(|line| line.ends_with(" +++"))
    });
    text
}

/// Whether the fault met a call that no system lets fail like this: writing to an eventfd, and taking
/// back one lock.
fn met_what_does_not_fail(trace: &str, fault: &Fault) -> bool {
    let mut failed = trace
        .lines()
        .filter(|line| line.contains("(INJECTED)") || line.contains("<unfinished"));
    failed.any(|line| line.contains("[eventfd]") || (line.contains("F_UNLCK") && !fault.and_on))
}

/// A scene with what it makes of its files when nothing fails.
struct Stage {
    scene: Scene,
    name: &'static str,
    template: Office,
    wanted: Outcome,
    faults: Vec<Fault>,
}

impl Stage {
    fn new(scene: Scene, name: &'static str) -> Stage {
        let template = prepare(scene);
        let office = copy_of(&template);
        let beside = tempfile::tempdir().expect("a temporary folder");
        let trace = beside.path().join("trace");
        let calls: Vec<_> = CALLS.iter().map(|(call, _)| format!("?{call}")).collect();
        let options = [format!("--trace=umask,{}", calls.join(","))];
        let command = traced(&office, scene, &trace, &options);
        let (status, said) = play(&office, scene, command, &beside.path().join("said"), true)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(status.success(), "{name}: {status}: {said}");
        office.once();
        assert!(is_done(&office), "{name}");
        let text = ended_trace(&trace);
        Stage {
            scene,
            name,
            template,
            wanted: Outcome::of(&office),
            faults: faults_of(&text),
        }
    }

    /// Runs the scene with a fault, then without one. The error: what is wrong.
    fn bears(&self, fault: &Fault) -> Result<(), String> {
        let office = copy_of(&self.template);
        let beside = tempfile::tempdir().expect("a temporary folder");
        let trace = beside.path().join("trace");
        let options = [
            format!("--trace={}", fault.call),
            "--decode-fds=path".to_owned(),
            fault.option(),
        ];
        let command = traced(&office, self.scene, &trace, &options);
        let said = beside.path().join("said");
        let done = play(&office, self.scene, command, &said, !fault.and_on)
            .and_then(|(status, said)| self.finish(&office, fault, status, &said));
        let Err(why) = done else { return Ok(()) };
        let trace = ended_trace(&trace);
        let mut failed = trace.lines().filter(|line| line.contains("(INJECTED)"));
        let first = failed.next().unwrap_or("nothing failed");
        if met_what_does_not_fail(&trace, fault) {
            println!(
                "{}: does not fail like this: {first}",
                fault.name(self.name)
            );
            return Ok(());
        }
        Err(format!("{first}\n{why}"))
    }

    /// What must hold of the end of the first run, and after another one.
    fn finish(
        &self,
        office: &Office,
        fault: &Fault,
        status: ExitStatus,
        said: &str,
    ) -> Result<(), String> {
        let first = format!("ended with {status}: {said}");
        let Some(code) = status.code().filter(|code| CODES.contains(code)) else {
            return Err(first);
        };
        // stderr is written to as well.
        let may_be_silent = fault.call == "write" && fault.and_on;
        if code != 0 && said.trim().is_empty() && !may_be_silent {
            return Err(first);
        }
        if code == 0 && self.scene != Scene::Daemon && !is_done(office) {
            return Err(format!("did not do everything, and {first}"));
        }
        let second = office.run(&["once"]);
        let then = String::from_utf8_lossy(&second.stderr);
        let both = format!("{first}\nthen with {}: {then}", second.status);
        if !second.status.success() {
            return Err(both);
        }
        match catch_unwind(AssertUnwindSafe(|| Outcome::of(office))) {
            Ok(found) if found == self.wanted => Ok(()),
            Ok(found) => Err(format!("{both}\n{}", found.against(&self.wanted))),
            Err(_) => Err(format!("{both}\nwhat is there cannot be read")),
        }
    }
}

/// Whether there is a strace that may trace.
fn strace_works() -> bool {
    let mut probe = Command::new("strace");
    probe.args([
        "--daemonize",
        "--follow-forks",
        "--seccomp-bpf",
        "--output=/dev/null",
    ]);
    probe.args(["--trace=getpid", "--inject=getpid:error=EIO:when=1", "true"]);
    probe
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The cases that are in each sample: what an earlier run committed cannot be looked at, one time. Some
/// of them once put out an empty answer, or left a file where it was. And a disk whose syncs fail from
/// some moment on: a commit that failed once came back beside the one that took its place.
fn is_in_each_run(stage: &Stage, fault: &Fault) -> bool {
    let unseen = stage.scene == Scene::NotPublished
        && ["statx", "newfstatat", "getdents64"].contains(&fault.call)
        && !fault.and_on;
    let unsynced = stage.scene == Scene::Daemon && fault.call == "fsync" && fault.and_on;
    fault.how == "EIO" && (unseen || unsynced)
}

/// Puts them into an order that the dice give.
fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for i in (1..list.len()).rev() {
        list.swap(i, dice.throw(i as u64 + 1) as usize);
    }
}

/// The cases that are asked for: all, those with a text in their names, or a number of them that the dice
/// choose. Those of each run come first.
fn chosen<'s>(stages: &'s [Stage], asked: Option<&str>) -> Vec<(&'s Stage, &'s Fault)> {
    let mut cases: Vec<(&Stage, &Fault)> = stages
        .iter()
        .flat_map(|stage| stage.faults.iter().map(move |fault| (stage, fault)))
        .collect();
    println!("{} cases", cases.len());
    match asked {
        Some("all") => {}
        Some(text) if text.parse::<usize>().is_err() => {
            cases.retain(|(stage, fault)| fault.name(stage.name).contains(text));
        }
        number => {
            shuffle(&mut cases, &mut Dice::of("KYCDROP_SWEEP_SEED"));
            let number = number.and_then(|text| text.parse().ok());
            cases.sort_by_key(|(stage, fault)| !is_in_each_run(stage, fault));
            cases.truncate(number.unwrap_or(usize::MAX));
        }
    }
    cases
}

#[test]
fn a_system_call_that_fails_loses_and_doubles_nothing() {
    let case = "sweep::a_system_call_that_fails_loses_and_doubles_nothing";
    if !strace_works() {
        cannot_run(
            case,
            &format!("{}: it is not there, or may not trace", needs::STRACE),
        );
        return;
    }
    let asked = std::env::var("KYCDROP_SWEEP").ok();
    let stages: Vec<_> = SCENES.map(|(scene, name)| Stage::new(scene, name)).into();
    let cases = chosen(&stages, asked.as_deref());
    let threads = match asked {
        Some(_) => std::thread::available_parallelism().map_or(1, usize::from),
        None => 1,
    };
    assert!(!cases.is_empty(), "no case has {asked:?} in its name");
    let (next, wrong, begun) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some((stage, fault)) = cases.get(n) else {
                        break;
                    };
                    let over = asked.is_none() && begun.elapsed() > SHORT;
                    if over && !is_in_each_run(stage, fault) {
                        break;
                    }
                    if n > 0 && n % 1000 == 0 {
                        println!("{n} cases tried");
                    }
                    if let Err(why) = stage.bears(fault) {
                        let name = fault.name(stage.name);
                        println!("{name}: {why}\n");
                        wrong.lock().expect("a list").push(name);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("a list");
    assert!(
        wrong.is_empty(),
        "{} cases went wrong: {wrong:#?}",
        wrong.len()
    );
}
