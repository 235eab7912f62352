//! The end of a command that takes longer than it may, whatever it is doing: SQLite within a single
//! function, a table that is laid out, a reader that does not read.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::trouble::{Result, Trouble};

use crate::talk::say;

/// How much later than the work's own look at the clock the process ends.
const GRACE: Duration = Duration::from_millis(300);

/// Ends the process with trouble unless it is dropped in time.
pub(super) struct Deadline {
    _dropped: Sender<()>,
}

impl Deadline {
    /// Begins to count.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(time: Duration, trouble: fn() -> Trouble) -> Result<Deadline> {
        let (sender, receiver) = channel();
        let watch = move || {
            if receiver.recv_timeout(time.saturating_add(GRACE)) == Err(RecvTimeoutError::Timeout) {
                end(&trouble());
            }
        };
        thread::Builder::new()
            .spawn(watch)
            .map_err(|e| Trouble::limit("watching the time", &e))?;
        Ok(Deadline { _dropped: sender })
    }
}

/// Ends the process. What it reads is not changed by that, and what it wrote is cut short anyway.
fn end(trouble: &Trouble) {
    say!("kycdrop: {trouble}");
    std::process::exit(i32::from(trouble.exit_code()));
}
