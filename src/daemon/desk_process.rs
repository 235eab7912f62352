//! The desk of `run`, as a process of its own: whatever happens to it, files are answered as before.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::config::Home;
use crate::trouble::{Result, Trouble};

/// How often to look whether it still runs.
const LOOK: Duration = Duration::from_secs(1);

/// How long after its end it is opened again.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// How long its end is waited for.
const END: Duration = Duration::from_secs(4);

/// Keeps the desk open, until this is dropped.
pub(super) struct DeskProcess {
    end: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl DeskProcess {
    /// Opens it. What keeps it from opening is logged, by itself or here.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn open(home: Home) -> Result<DeskProcess> {
        let (end, ended) = mpsc::channel();
        let keeper = thread::Builder::new().spawn(move || keep_open(&home, &ended));
        Ok(DeskProcess {
            end: Some(end),
            keeper: Some(keeper.map_err(|e| Trouble::limit("starting the desk", &e))?),
        })
    }
}

impl Drop for DeskProcess {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

fn keep_open(home: &Home, ended: &Receiver<()>) {
    let waits = |time| ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    loop {
        match start(home) {
            Ok(mut desk) => {
                while matches!(desk.try_wait(), Ok(None)) {
                    if !waits(LOOK) {
                        return finish(&mut desk);
                    }
                }
                let status = desk.wait().map(|status| status.to_string());
                tracing::warn!(
                    "the desk ended ({}); it is opened again",
                    status.unwrap_or_default()
                );
            }
            Err(e) => tracing::warn!("the desk was not opened: {e}"),
        }
        if !waits(AGAIN_AFTER) {
            return;
        }
    }
}

/// It ends when its stdin does, which this process holds: so it never outlives it.
fn start(home: &Home) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg("--home")
        .arg(&home.root)
        .args(["desk", "--of-daemon"])
        .stdin(Stdio::piped())
        .spawn()
}

fn finish(desk: &mut Child) {
    drop(desk.stdin.take());
    let begun = Instant::now();
    while matches!(desk.try_wait(), Ok(None)) {
        if begun.elapsed() > END {
            let _ = desk.kill();
        }
        thread::sleep(Duration::from_millis(10));
    }
}
