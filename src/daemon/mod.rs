//! The process that works on a home: `run` until it is stopped, `once` until the inbox is empty.
//!
//! In: a home, its configuration, and signals. Out: every file answered by `ingest`, and around that
//! the lock, the state file, the metrics, and what the service manager wants to know. For who stands
//! beside that process: its history to read, an overview of the home, and files put into its inbox. It may
//! not validate, record or answer anything itself, and may not use what only reads the history: `export`,
//! `report` and `explain`.

mod bar;
mod desk_process;
mod exposed;
mod give_way;
pub(crate) mod held;
mod idle_check;
pub(crate) mod lock;
pub(crate) mod metrics;
pub(crate) mod overview;
pub(crate) mod reading;
mod service;
pub(crate) mod signals;
pub(crate) mod state;
pub(crate) mod submit;
pub(crate) mod unaccounted;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::catalog::ScreeningProcess;
use crate::config::{Config, Home};
use crate::intake::Wake;
use crate::talk::note;
use crate::text::{counted, of_them_repeated};
use crate::trouble::Result;

use crate::ingest::{Again, DoneAgain, Rescreened};

use desk_process::DeskProcess;
use lock::HomeLock;
use worker::Worker;

/// Makes a home ready for work: what wakes the worker, the lock, and the worker. `watching`: events of the file system wake the worker.
fn begin(home: Home, config: Config, watching: bool) -> Result<(Wake, HomeLock, Worker)> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut wake = Wake::new(Arc::clone(&stop));
    signals::wake_on(&stop, &wake)?;
    unaccounted::refuse_empty_watch_dir(&home)?;
    home.make_folders()?;
    let mut lock = HomeLock::take(&home)?;
    if watching {
        // Watch first, then look: what comes in between wakes the next look.
        wake.watch(&home.inbox());
    }
    let worker = Worker::open(home, config, &mut lock)?;
    Ok((wake, lock, worker))
}

/// The daemon.
///
/// # Errors
/// Trouble that does not pass, or that keeps it from beginning.
pub(crate) fn run(home: Home, config: Config) -> Result<u8> {
    let with_desk = config.desk;
    let (mut wake, lock, mut worker) = begin(home, config, true)?;
    let home = worker.engine.home.clone();
    note!(
        "kycdrop watches {}\n  drop a batch file into {}\n  answers appear in {}",
        home.inbox().display(),
        home.inbox().join("batch-customers").display(),
        home.outbox().display()
    );
    let desk = with_desk.then(|| DeskProcess::open(home.clone()));
    let desk = desk.transpose()?;
    let service = worker.bar.service.clone();
    service.ready();
    service.status("watching the inbox");
    let done = worker.go_on(&mut wake, &service);
    service.stopping();
    drop(desk);
    worker.end(lock, done)?;
    tracing::info!("ended");
    Ok(0)
}

/// What is in the inbox now, then the end.
///
/// # Errors
/// Any trouble, and what stays in the inbox and should not.
pub(crate) fn once(home: Home, config: Config) -> Result<u8> {
    let (mut wake, lock, mut worker) = begin(home, config, false)?;
    let done = worker.until_idle(&mut wake);
    let (files, accepted, rejected) = (worker.files, worker.accepted, worker.rejected);
    let repeated = of_them_repeated(worker.repeated);
    let left = held::left_behind(&worker.counts, &worker.engine);
    worker.end(lock, done)?;
    note!(
        "{} answered: {} accepted{repeated}, {rejected} rejected",
        counted(files, "file", "files"),
        counted(accepted, "customer", "customers")
    );
    left.map_or(Ok(0), Err)
}

/// Evaluates standing customers again, as the only process that works on the home.
///
/// # Errors
/// Any trouble; what was done until then stays done.
pub(crate) fn evaluate_again(home: Home, config: Config, which: Again) -> Result<DoneAgain> {
    let (_, lock, mut worker) = begin(home, config, false)?;
    let mut again = DoneAgain::default();
    let done = worker.engine.evaluate_again(which);
    let done = done.map(|done| again = done);
    worker.end(lock, done)?;
    Ok(again)
}

/// Answers one file of the inbox, a path below it, then ends; the others stay. What an earlier process
/// had taken is finished first.
///
/// # Errors
/// Any trouble; [`Kind::Busy`](crate::trouble::Kind::Busy) when another process works on the home.
pub(crate) fn answer_one(home: Home, config: Config, file: &Path) -> Result<()> {
    let (_wake, lock, mut worker) = begin(home, config, false)?;
    let done = worker.answer_one(file);
    worker.end(lock, done)
}

/// Screens standing customers again, as the only process that works on the home. Returns what came of it, and
/// the processes that they could not be screened for, each with why.
///
/// # Errors
/// Any trouble; what was done until then stays done.
pub(crate) fn rescreen(
    home: Home,
    config: Config,
) -> Result<(Rescreened, Vec<(ScreeningProcess, String)>)> {
    let (_, lock, mut worker) = begin(home, config, false)?;
    let mut rescreened = Rescreened::default();
    let unscreened = worker.engine.unscreened();
    let done = worker.engine.rescreen();
    let done = done.map(|done| rescreened = done);
    worker.end(lock, done)?;
    Ok((rescreened, unscreened))
}
