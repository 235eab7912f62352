//! `run` and `once`: the daemon, and the same work done one time.

use std::fs::{File, OpenOptions};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::config::{Config, Home};
use crate::ingest::{Engine, NotYet, Progress};
use crate::intake::{Candidate, Claim, Hold, Inbox, Scan, Wake, claim};
use crate::trouble::{Kind, Result, Trouble};

/// How long the daemon waits before it tries again after trouble that may pass.
const RETRY: Duration = Duration::from_secs(5);

/// Files taken at a time. What is taken while a signal to end comes is still answered, so that
/// large files are taken one by one.
const TAKEN_AT_ONCE: usize = 50;

/// Files are taken together as long as they are this small together.
const BYTES_AT_ONCE: u64 = 1 << 20;

/// The daemon.
pub fn run(home: Home) -> Result<u8> {
    let config = super::config_of(&home)?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut wake = Wake::new(Arc::clone(&stop));
    wake_on_signals(&stop, &wake)?;
    home.make_folders()?;
    let _lock = lock(&home)?;
    // Watch first, then look: what comes in between wakes the next look.
    wake.watch(&home.inbox());
    let mut worker = Worker::open(home, config)?;
    eprintln!(
        "kycdrop watches {}\n  drop a batch file into {}\n  answers come to {}",
        worker.engine.home.inbox().display(),
        worker.engine.home.inbox().join("batch-customers").display(),
        worker.engine.home.outbox().display()
    );
    let mut paused = false;
    while !wake.stopping() {
        match worker.turn(&wake) {
            Ok(wait) => {
                if std::mem::take(&mut paused) {
                    tracing::info!("work goes on");
                }
                wake.wait(wait);
            }
            Err(e) if e.may_pass() => {
                if !std::mem::replace(&mut paused, true) {
                    tracing::error!("work pauses: {e}");
                }
                worker.recover_first = true;
                wake.wait(RETRY);
            }
            Err(e) => return Err(e),
        }
    }
    worker.engine.rest()?;
    tracing::info!("ended");
    Ok(0)
}

/// What is in the inbox now, then the end.
pub fn once(home: Home) -> Result<u8> {
    let config = super::config_of(&home)?;
    let stop = Arc::new(AtomicBool::new(false));
    let wake = Wake::new(Arc::clone(&stop));
    wake_on_signals(&stop, &wake)?;
    home.make_folders()?;
    let _lock = lock(&home)?;
    let mut worker = Worker::open(home, config)?;
    while !wake.stopping() {
        let wait = worker.turn(&wake)?;
        if worker.idle {
            break;
        }
        wake.wait(wait);
    }
    worker.engine.rest()?;
    eprintln!(
        "{} files answered: {} customers accepted, {} rejected",
        worker.files, worker.accepted, worker.rejected
    );
    Ok(0)
}

struct Worker {
    engine: Engine,
    inbox: Inbox,
    bar: Bar,
    /// Something may lie in the work folder.
    recover_first: bool,
    /// Nothing waits and nothing settles.
    idle: bool,
    /// Strange things in the inbox that were told of already.
    told: Vec<std::path::PathBuf>,
    files: u64,
    accepted: u64,
    rejected: u64,
}

impl Worker {
    fn open(home: Home, config: Config) -> Result<Worker> {
        let inbox = Inbox::new(home.inbox(), config.settle, config.settle_timeout);
        Ok(Worker {
            engine: Engine::open(home, config)?,
            inbox,
            bar: Bar::default(),
            recover_first: true,
            idle: false,
            told: Vec::new(),
            files: 0,
            accepted: 0,
            rejected: 0,
        })
    }

    /// One look at the inbox and everything that follows from it. Returns how long to wait for the
    /// next.
    fn turn(&mut self, wake: &Wake) -> Result<Duration> {
        self.engine.take_up_classifiers()?;
        if self.recover_first {
            let answered = self.engine.recover(&mut self.bar)?;
            self.count(&answered);
            self.hold_returned();
            self.recover_first = false;
        }
        let scan = self.scan()?;
        let mut taken = false;
        let mut rest = scan.settled.as_slice();
        while !rest.is_empty() && !wake.stopping() {
            self.engine.take_up_classifiers()?;
            let (candidates, later) = rest.split_at(at_once(rest));
            rest = later;
            let claims = self.take(candidates)?;
            taken |= !claims.is_empty();
            let answered = self.engine.process(claims, &mut self.bar)?;
            self.count(&answered);
            self.hold_returned();
        }
        self.idle = !taken && scan.settling == 0;
        if taken {
            return Ok(Duration::ZERO);
        }
        self.engine.rest()?;
        let longest = self.engine.config.scan_interval;
        let until_next = scan
            .next
            .map(|next| next.saturating_duration_since(Instant::now()));
        Ok(until_next.map_or(longest, |next| next.min(longest)))
    }

    fn scan(&mut self) -> Result<Scan> {
        let folder = self.engine.home.inbox();
        let scan = match self.inbox.scan(Instant::now()) {
            Ok(scan) => scan,
            // Somebody renamed the inbox: it is made again.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                self.engine.home.make_folders()?;
                Scan::default()
            }
            Err(e) => return Err(Trouble::io("reading", &folder, &e)),
        };
        for path in &scan.strange {
            if !self.told.contains(path) {
                tracing::warn!(
                    path = %crate::text::printable(&path.to_string_lossy()),
                    "is no regular file with one name: it is never read"
                );
                self.told.push(path.clone());
            }
        }
        self.told.retain(|path| scan.strange.contains(path));
        Ok(scan)
    }

    /// What went back to the inbox is not to be taken again at once.
    fn hold_returned(&mut self) {
        for (path, why) in self.engine.returned() {
            match why {
                NotYet::Incomplete => self.inbox.hold(path, Hold::Incomplete),
                NotYet::Refused => self.inbox.hold(path, Hold::Refused),
                NotYet::Changed => {}
            }
        }
    }

    fn take(&self, candidates: &[Candidate]) -> Result<Vec<Claim>> {
        let (inbox, work) = (self.engine.home.inbox(), self.engine.home.work());
        let mut claims = Vec::new();
        for candidate in candidates {
            claims.extend(claim(&inbox, &work, candidate)?);
        }
        Ok(claims)
    }

    fn count(&mut self, answered: &[crate::ingest::Answered]) {
        for a in answered {
            self.files += 1;
            self.accepted += a.batch.accepted;
            self.rejected += a.batch.rejected;
        }
    }
}

/// How many of these files are taken now: one at least.
fn at_once(candidates: &[Candidate]) -> usize {
    let mut bytes = 0;
    let small = candidates.iter().take(TAKEN_AT_ONCE).take_while(|c| {
        bytes += c.bytes;
        bytes <= BYTES_AT_ONCE
    });
    small.count().max(1)
}

/// SIGTERM and Ctrl-C: end after the file in hand.
fn wake_on_signals(stop: &Arc<AtomicBool>, wake: &Wake) -> Result<()> {
    let signals = signal_hook::iterator::Signals::new([
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGINT,
    ]);
    let mut signals =
        signals.map_err(|e| Trouble::new(Kind::Internal, format!("no signals: {e}"), ""))?;
    let (stop, sender) = (Arc::clone(stop), wake.sender());
    std::thread::spawn(move || {
        for _ in signals.forever() {
            stop.store(true, Ordering::Relaxed);
            let _ = sender.try_send(());
        }
    });
    Ok(())
}

/// The home belongs to one process at a time. The lock goes with the process, however it ends.
fn lock(home: &Home) -> Result<File> {
    let path = home.lock_file();
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| Trouble::io("opening", &path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Trouble::new(
            Kind::Busy,
            format!("another kycdrop works on {}", home.root.display()),
            "wait for it, or end it; `kycdrop status` may be used meanwhile",
        )),
        Err(std::fs::TryLockError::Error(e)) => Err(Trouble::io("locking", &path, &e)),
    }
}

/// A bar on a terminal, for files that take longer than a second.
#[derive(Default)]
struct Bar {
    bytes: u64,
    begun: Option<Instant>,
    bar: Option<ProgressBar>,
}

impl Progress for Bar {
    fn begin(&mut self, bytes: u64) {
        self.bytes = bytes;
        self.begun = Some(Instant::now());
    }

    fn advance(&mut self, bytes: u64) {
        let slow = self
            .begun
            .is_some_and(|b| b.elapsed() > Duration::from_secs(1));
        if slow && self.bar.is_none() && std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(self.bytes);
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:40} {bytes} of {total_bytes} judged, {eta} to go",
            ) {
                bar.set_style(style);
            }
            self.bar = Some(bar);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
