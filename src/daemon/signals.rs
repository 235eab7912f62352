//! Signals. SIGTERM, Ctrl-C and SIGHUP end `run` and `once` after the file in hand; what the system
//! sends a process that exceeds a limit becomes an error or an exit code; any other signal kills.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGABRT, SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

use crate::intake::Wake;
use crate::trouble::{Kind, Result, Trouble};

/// Something panicked: what aborts after it is a defect too.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Every abort that is not the end of a panic.
static ALWAYS: AtomicBool = AtomicBool::new(true);

/// Keeps the process to its exit codes where the system would kill it: a write beyond the limit of
/// the size of files (`ulimit -f`) fails, and an allocation that fails ends with 75.
pub(crate) fn keep_to_exit_codes() {
    // Where the system refuses a handler, it kills as before, and the next start recovers.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // Rust aborts when there is no memory, having said so, and when a panic meets a second one.
    let defect = i32::from(Kind::Internal as u8);
    let no_memory = i32::from(Kind::Busy as u8);
    let _ = flag::register_conditional_shutdown(SIGABRT, defect, &PANICKED);
    let _ = flag::register_conditional_shutdown(SIGABRT, no_memory, &ALWAYS);
}

/// The message of a panic may hold a customer's text: only its place is reported.
pub(crate) fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // A row that found no memory, which is caught.
        if crate::history::is_reading() {
            return;
        }
        let place = panic
            .location()
            .map(|l| format!("{}:{}", l.file(), l.line()))
            .unwrap_or_default();
        tracing::error!("a defect in kycdrop at {place}: please report it");
        // Only now: what cannot even be reported panicked for want of memory, as a thread does that
        // finds none for its stack.
        PANICKED.store(true, Ordering::Relaxed);
    }));
}

/// SIGTERM, Ctrl-C and a terminal that closes: stop after the current file.
///
/// # Errors
/// When the system gives no thread or no pipe for it.
pub(crate) fn wake_on(stop: &Arc<AtomicBool>, wake: &Wake) -> Result<()> {
    let (stop, sender) = (Arc::clone(stop), wake.sender());
    on_end(move || {
        stop.store(true, Ordering::Relaxed);
        let _ = sender.try_send(());
    })
}

/// Calls `end` at each SIGTERM, Ctrl-C, and when the terminal closes.
///
/// # Errors
/// When the system gives no thread or no pipe for it.
pub(crate) fn on_end(end: impl Fn() + Send + 'static) -> Result<()> {
    let mut ending = vec![SIGTERM, SIGINT];
    if !hangup_is_ignored() {
        ending.push(SIGHUP);
    }
    signal_hook::iterator::Signals::new(ending)
        .and_then(|mut signals| {
            let waiting = move || {
                for _ in signals.forever() {
                    end();
                }
            };
            std::thread::Builder::new().spawn(waiting)
        })
        .map_err(|e| Trouble::limit("waiting for signals", &e))?;
    Ok(())
}

/// Whether whoever started this process wants it to outlive the terminal (`nohup`).
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}
