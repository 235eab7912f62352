//! What is said on stderr: the log and messages for people. Whatever happens to stderr (its reader is
//! gone or does not read, its disk is full), work continues: lines are lost then, and counted.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a line waits for a reader that does not read. The lines after it wait no more, until there
/// is room again.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// What a pipe that has room takes at once, whoever else writes to it (PIPE_BUF).
const MAX_WRITE_BYTES: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// Lines that were lost since the last one that was written.
static LOST: Mutex<u64> = Mutex::new(0);

/// Says a line to people, as `eprintln!` does, which panics when it cannot.
macro_rules! say {
    ($($line:tt)*) => { $crate::talk::put(&format!("{}\n", format_args!($($line)*))) };
}
pub(crate) use say;

/// Says a line that `--quiet` leaves out: what was done, and where. Errors and warnings use [`say`].
macro_rules! note {
    ($($line:tt)*) => {
        if !$crate::talk::is_quiet() {
            $crate::talk::say!($($line)*)
        }
    };
}
pub(crate) use note;

/// Whether notes are left out.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Leaves notes out from now on.
pub(super) fn keep_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether notes are left out.
pub(super) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Writes lines to stderr, or loses them.
pub(super) fn put(lines: &str) {
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    let reported = match *lost {
        0 => Some(()),
        // Whoever did not read is not waited for a second time.
        n => write(
            &format!("kycdrop: {n} lines before this one could not be written\n"),
            Duration::ZERO,
        ),
    };
    let timeout = if *lost == 0 {
        WRITE_TIMEOUT
    } else {
        Duration::ZERO
    };
    match reported.and_then(|()| write(lines, timeout)) {
        Some(()) => *lost = 0,
        None => *lost += 1,
    }
}

/// Whether a line would be written at once.
pub(super) fn is_ready() -> bool {
    has_room(Duration::ZERO)
}

fn write(text: &str, timeout: Duration) -> Option<()> {
    let mut out = std::io::stderr().lock();
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        if !has_room(timeout) {
            return None;
        }
        match out.write(rest.get(..MAX_WRITE_BYTES).unwrap_or(rest)) {
            Ok(0) => return None,
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(())
}

/// Whether stderr takes [`MAX_WRITE_BYTES`] without blocking; waits this long for it. What cannot be
/// waited for has room, and says itself what is wrong.
fn has_room(timeout: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stderr = std::io::stderr();
    let timeout = Timespec::try_from(timeout).unwrap_or_default();
    loop {
        let mut wanted = [PollFd::new(&stderr, PollFlags::OUT)];
        match poll(&mut wanted, Some(&timeout)) {
            Err(rustix::io::Errno::INTR) => {}
            waited => return waited != Ok(0),
        }
    }
}

/// Where the log is written to.
pub(super) struct Log;

impl Write for Log {
    fn write(&mut self, lines: &[u8]) -> std::io::Result<usize> {
        put(&String::from_utf8_lossy(lines));
        Ok(lines.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
