//! Fault points: named steps at which a test kills the process or has a system call fail. They are
//! there in debug builds alone; in a release build every function here is empty and costs nothing.
//!
//! `KYCDROP_FAULT=step=what` sets them, several with commas between. `what` is `kill` (as SIGKILL
//! would), `panic`, `stop` (as SIGSTOP would, so that a test can change something at that moment), an
//! error (`ENOSPC`, `EACCES`, `EROFS`, `EIO`, `EPERM`, `EXDEV`, `EAGAIN`, `EBUSY`, `EMFILE`, `EINVAL`,
//! `ENOTSUP`) or `on` for switches; `step@3` means the third time that the step is reached, otherwise
//! it is every time. With `KYCDROP_FAULT_WHILE=path` they hold for as long as
//! that file exists.

use std::io;

/// The steps on the way of a file, in order. Each may be killed at and may fail.
pub const STEPS: &[&str] = &[
    "claim.before",
    "claim.folder",
    "claim.renamed",
    "ingest.chunk",
    "reserve.before",
    "reserve.after",
    "commit.before",
    "commit.after",
    "response.building",
    "response.built",
    "worklist.building",
    "worklist.built",
    "worklist.complete",
    "worklist.before",
    "worklist.renamed",
    "events.written",
    "events.renamed",
    "publish.before",
    "publish.renamed",
    "publish.after",
    "archive.before",
    "archive.after",
    "forget.before",
    "forget.after",
    "mark.before",
    "mark.after",
];

/// The steps of an export, in order.
pub const EXPORT_STEPS: &[&str] = &[
    "export.part",
    "export.pending",
    "export.counts",
    "export.put",
    "export.commit",
    "export.done",
];

/// The steps of a rescreening, in order; events are put out between them.
pub const RESCREEN_STEPS: &[&str] = &[
    "rescreen.begun",
    "rescreen.recorded",
    "rescreen.compared",
    "rescreen.ended",
];

/// The steps of other ways: a file that goes back to the inbox, a home that is made, a start.
pub const OTHER_STEPS: &[&str] = &[
    "back.before",
    "back.after",
    "recover.before",
    "shipped.file",
    "shipped.move",
    "lock.written",
    "state.write",
    "folder.sync",
    "source.open",
    "source.read",
    "source.sync",
    "claim.take",
    "history.note",
    "inbox.list",
    "inbox.look",
];

/// Reaches a step.
///
/// # Errors
/// When a test wants it to fail.
#[inline(always)]
pub fn point(step: &'static str) -> io::Result<()> {
    #[cfg(debug_assertions)]
    return on::point(step);
    #[cfg(not(debug_assertions))]
    {
        let _ = step;
        Ok(())
    }
}

/// Whether a test turned a switch on.
#[inline(always)]
pub fn is_on(switch: &'static str) -> bool {
    #[cfg(debug_assertions)]
    return on::planned(switch).is_some();
    #[cfg(not(debug_assertions))]
    {
        let _ = switch;
        false
    }
}

/// Lets a database grow no further while a test wants it to be full.
#[inline(always)]
pub fn squeeze(conn: &rusqlite::Connection) {
    #[cfg(debug_assertions)]
    on::squeeze(conn);
    #[cfg(not(debug_assertions))]
    let _ = conn;
}

#[cfg(debug_assertions)]
mod on {
    use std::collections::HashMap;
    use std::io;
    use std::sync::{LazyLock, Mutex};

    use rustix::process::{Signal, getpid, kill_process};

    struct Plan {
        step: String,
        /// The time at which it happens; None: every time.
        nth: Option<u64>,
        what: String,
    }

    static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
        let text = std::env::var("KYCDROP_FAULT").unwrap_or_default();
        text.split(',')
            .filter_map(|part| part.split_once('='))
            .map(|(step, what)| {
                let (step, nth) = match step.split_once('@') {
                    Some((step, nth)) => (step, nth.parse().ok()),
                    None => (step, None),
                };
                Plan {
                    step: step.to_owned(),
                    nth,
                    what: what.to_owned(),
                }
            })
            .collect()
    });

    static REACHED: LazyLock<Mutex<HashMap<&'static str, u64>>> = LazyLock::new(Mutex::default);

    pub(super) fn planned(step: &'static str) -> Option<&'static str> {
        if PLANS.is_empty() {
            return None;
        }
        let plan = PLANS.iter().find(|p| p.step == step)?;
        let reached = match REACHED.lock() {
            Ok(mut reached) => {
                let count = reached.entry(step).or_default();
                *count += 1;
                *count
            }
            Err(_) => 0,
        };
        let now = plan.nth.is_none_or(|nth| nth == reached);
        (now && still_wanted()).then_some(plan.what.as_str())
    }

    fn still_wanted() -> bool {
        match std::env::var_os("KYCDROP_FAULT_WHILE") {
            Some(path) => std::path::Path::new(&path).exists(),
            None => true,
        }
    }

    #[expect(clippy::panic, reason = "a test asks for it")]
    fn wanted_panic() -> ! {
        panic!("a test wants it")
    }

    pub(super) fn point(step: &'static str) -> io::Result<()> {
        let Some(what) = planned(step) else {
            return Ok(());
        };
        match what {
            "kill" => {
                let _ = kill_process(getpid(), Signal::KILL);
                std::process::abort()
            }
            "panic" => wanted_panic(),
            // Until a SIGCONT.
            "stop" => Ok(kill_process(getpid(), Signal::STOP)?),
            error => error_of(error).map_or(Ok(()), |e| Err(e.into())),
        }
    }

    fn error_of(name: &str) -> Option<rustix::io::Errno> {
        use rustix::io::Errno;
        Some(match name {
            "ENOSPC" => Errno::NOSPC,
            "EACCES" => Errno::ACCESS,
            "EROFS" => Errno::ROFS,
            "EIO" => Errno::IO,
            "EPERM" => Errno::PERM,
            "EXDEV" => Errno::XDEV,
            "EAGAIN" => Errno::AGAIN,
            "EBUSY" => Errno::BUSY,
            "EMFILE" => Errno::MFILE,
            "EINVAL" => Errno::INVAL,
            "ENOTSUP" => Errno::NOTSUP,
            _ => return None,
        })
    }

    pub(super) fn squeeze(conn: &rusqlite::Connection) {
        if PLANS.iter().all(|p| p.step != "database.full") {
            return;
        }
        let most: i64 = match planned("database.full") {
            Some(_) => 1,
            None => 4_294_967_294,
        };
        // Fewer pages than there are means: no more than there are.
        let _ = conn.pragma_update(None, "max_page_count", most);
    }
}
