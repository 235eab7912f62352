//! A daemon for a test: started on an office, watched with patience, and ended with it.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses the part of the daemon that it needs"
)]

use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::Office;

/// How long a test waits for what must come. Only a failure waits this long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Looks again and again until there is something.
///
/// # Panics
/// When it does not come in time.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a command without input, which must end by itself.
///
/// # Panics
/// When it does not end in time; it is killed then.
pub fn ends(command: &mut Command) -> Output {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let pid = Pid::from_child(&child);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(child.wait_with_output());
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(output) => output.expect("its output"),
        Err(_) => {
            let _ = kill_process(pid, Signal::KILL);
            panic!("{command:?} did not end");
        }
    }
}

/// A running `kycdrop run`. It is killed when the test ends, whatever way.
pub struct Daemon {
    child: Child,
    log: std::path::PathBuf,
}

impl Daemon {
    /// Starts the daemon and waits until it watching the inbox.
    pub fn start(office: &Office) -> Daemon {
        let daemon = Daemon::spawn(office);
        eventually("the daemon", || {
            daemon.log().contains("kycdrop watches").then_some(())
        });
        daemon
    }

    /// Starts the daemon and does not wait. What it says goes to a file of the home.
    pub fn spawn(office: &Office) -> Daemon {
        let log = office.at("daemon.log");
        let file = std::fs::File::create(&log).expect("a log");
        let child = office
            .command(&["run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("the daemon starts");
        Daemon { child, log }
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Sends a signal to it.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id() as i32).expect("a process");
        kill_process(pid, signal).expect("a signal is sent");
    }

    /// Waits for its end.
    pub fn end(mut self) -> ExitStatus {
        eventually("the end of the daemon", || {
            self.child.try_wait().expect("a process")
        })
    }

    /// Tells it to end, and waits until it did.
    pub fn stop(self) {
        self.signal(Signal::TERM);
        let log = self.log.clone();
        let status = self.end();
        let said = std::fs::read_to_string(log).unwrap_or_default();
        assert_eq!(status.code(), Some(0), "{said}");
    }

    /// Whether it is still there.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a process").is_none()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
