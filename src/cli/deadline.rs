//! The end of a command that takes longer than it may, whatever it is doing: SQLite within a single
//! function, a table that is laid out, a reader that does not read.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::trouble::{Kind, Result, Trouble};

/// How much later than the work's own look at the clock the process ends.
const GRACE: Duration = Duration::from_millis(300);

/// How long to wait for whoever reads stderr, who may not read either.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Ends the process with trouble unless it is dropped in time.
pub struct Deadline {
    _dropped: Sender<()>,
}

impl Deadline {
    /// Begins to count.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(time: Duration, trouble: fn() -> Trouble) -> Result<Deadline> {
        let (sender, receiver) = channel();
        let watch = move || {
            if receiver.recv_timeout(time.saturating_add(GRACE)) == Err(RecvTimeoutError::Timeout) {
                end(&trouble());
            }
        };
        thread::Builder::new()
            .spawn(watch)
            .map_err(|e| Trouble::new(Kind::Busy, format!("no threads: {e}"), "try again later"))?;
        Ok(Deadline { _dropped: sender })
    }
}

/// Ends the process. What it reads is not changed by that, and what it wrote is cut short anyway.
fn end(trouble: &Trouble) {
    let (said, done) = channel::<()>();
    let text = format!("kycdrop: {trouble}\n");
    let _ = thread::Builder::new().spawn(move || {
        let _ = std::io::stderr().write_all(text.as_bytes());
        drop(said);
    });
    let _ = done.recv_timeout(LAST_WORDS);
    std::process::exit(i32::from(trouble.exit_code()));
}
