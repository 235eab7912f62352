//! `run` and `once`: the daemon, and the same work done one time.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::catalog::Endpoint;
use crate::config::{Config, Home};
use crate::history;
use crate::ingest::{Answered, Engine, NotYet};
use crate::intake::{Candidate, Claim, Hold, Inbox, Scan, Wake, claim};
use crate::trouble::{Kind, Result, Trouble};

use super::bar::Bar;
use super::exposed;
use super::idle_check::IdleCheck;
use super::lock::HomeLock;
use super::metrics::Metrics;
use super::service::Service;
use super::state::Teller;
use super::unaccounted;

/// Files taken at a time. What is taken while a signal to end comes is still answered, so that
/// large files are taken one by one.
const TAKEN_AT_ONCE: usize = 50;

/// How long a folder of the inbox is missing before it is made again.
const REMADE_AFTER: Duration = Duration::from_millis(500);

/// Names of files that are not taken, logged after one look; of more only the number is.
const NAMED_AT_ONCE: usize = 20;

/// Files are taken together as long as they are this small together.
const BYTES_AT_ONCE: u64 = 1 << 20;

/// The daemon.
pub fn run(home: Home) -> Result<u8> {
    let config = super::config_of(&home)?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut wake = Wake::new(Arc::clone(&stop));
    wake_on_signals(&stop, &wake)?;
    home.make_folders()?;
    let mut lock = HomeLock::take(&home)?;
    // Watch first, then look: what comes in between wakes the next look.
    wake.watch(&home.inbox());
    let mut worker = Worker::open(home, config, &mut lock)?;
    let home = worker.engine.home.clone();
    eprintln!(
        "kycdrop watches {}\n  drop a batch file into {}\n  answers come to {}",
        home.inbox().display(),
        home.inbox().join("batch-customers").display(),
        home.outbox().display()
    );
    let service = worker.bar.service.clone();
    service.ready();
    service.status("watches the inbox");
    let done = worker.go_on(&mut wake, &service);
    service.stopping();
    worker.end(lock, done)?;
    tracing::info!("ended");
    Ok(0)
}

/// What is in the inbox now, then the end.
pub fn once(home: Home) -> Result<u8> {
    let config = super::config_of(&home)?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut wake = Wake::new(Arc::clone(&stop));
    wake_on_signals(&stop, &wake)?;
    home.make_folders()?;
    let mut lock = HomeLock::take(&home)?;
    let mut worker = Worker::open(home, config, &mut lock)?;
    let done = worker.until_idle(&mut wake);
    let (files, accepted, rejected) = (worker.files, worker.accepted, worker.rejected);
    let (unreadable, broken) = (worker.unreadable, worker.broken);
    worker.end(lock, done)?;
    eprintln!("{files} files answered: {accepted} customers accepted, {rejected} rejected");
    if broken > 0 {
        return Err(Trouble::new(
            Kind::Io,
            format!("{broken} in the inbox could not be read and stay there"),
            "look at the disk or the share that they lie on, or drop them again",
        ));
    }
    if unreadable > 0 {
        return Err(Trouble::new(
            Kind::Permission,
            format!("{unreadable} in the inbox could not be read and stay there"),
            "give the user that runs kycdrop the right to read them",
        ));
    }
    Ok(0)
}

struct Worker {
    engine: Engine,
    inbox: Inbox,
    bar: Bar,
    teller: Teller,
    metrics: Metrics,
    check: IdleCheck,
    /// Something may lie in the work folder.
    recover_first: bool,
    /// Nothing waits and nothing settles.
    idle: bool,
    /// What is in the inbox and is not taken, and was named already.
    reported: HashSet<PathBuf>,
    /// Files and folders of the inbox that may not be read.
    unreadable: usize,
    /// Files of the inbox that the disk or the share does not give.
    broken: usize,
    /// Since when a folder of the inbox is missing.
    missing_since: Option<Instant>,
    files: u64,
    accepted: u64,
    rejected: u64,
}

impl Worker {
    fn open(home: Home, config: Config, lock: &mut HomeLock) -> Result<Worker> {
        let mut metrics = Metrics::new(&home, &config)?;
        let inbox = Inbox::new(home.inbox(), config.settle, config.settle_timeout);
        let by_whom = |e| say_who_locks(&home, e);
        let all_checked = lock.check_history().map_err(by_whom).inspect_err(|e| {
            if e.is_damage() {
                metrics.write(true, false, None);
            }
        })?;
        let engine = Engine::open(home.clone(), config).map_err(by_whom)?;
        lock.begun()?;
        // Only now: a start that was refused did not die, and says nothing of one that did.
        let mut teller = Teller::new(&home);
        if all_checked {
            teller.checked();
        }
        exposed::warn(&home);
        let files = unaccounted::files(&home, engine.history().connection())?;
        if let Some(warning) = unaccounted::warning(files) {
            tracing::warn!("{warning}");
        }
        let bar = Bar::new(Service::from_environment());
        Ok(Worker {
            engine,
            check: IdleCheck::new(&home),
            inbox,
            bar,
            teller,
            metrics,
            recover_first: true,
            idle: false,
            reported: HashSet::new(),
            unreadable: 0,
            broken: 0,
            missing_since: None,
            files: 0,
            accepted: 0,
            rejected: 0,
        })
    }

    /// The daemon's life: until a signal, or trouble that does not pass.
    fn go_on(&mut self, wake: &mut Wake, service: &Service) -> Result<()> {
        while !wake.stopping() {
            service.alive();
            let before = self.files;
            let wait = match self.turn(wake) {
                Ok(wait) => {
                    if self.teller.goes_on(self.files > before) {
                        tracing::info!("work goes on");
                        service.status("watches the inbox");
                    }
                    wait
                }
                Err(e) if e.may_pass() => {
                    self.pause(e, service);
                    self.engine.config.retry
                }
                Err(e) => return Err(e),
            };
            self.check_when_idle(wake)?;
            let paused = self.teller.reason().is_some();
            let now = paused || self.files > before;
            let last_success = self.teller.last_success();
            self.metrics.write(now, paused, last_success);
            wake.wait(wait.min(service.longest_silence()));
        }
        Ok(())
    }

    /// Has the whole history checked once a day. A damaged one ends the work as it ends a start.
    fn check_when_idle(&mut self, wake: &Wake) -> Result<()> {
        let idle = self.idle && self.teller.reason().is_none();
        match self.check.look(idle, self.teller.checked_at(), wake) {
            None => {}
            Some(Ok(())) => {
                self.teller.checked();
                tracing::debug!("the whole history was checked");
            }
            Some(Err(e)) if e.is_damage() => return Err(e),
            Some(Err(e)) => tracing::warn!("the history could not be checked: {e}"),
        }
        Ok(())
    }

    /// Says why work pauses, once for each reason.
    fn pause(&mut self, e: Trouble, service: &Service) {
        self.recover_first = true;
        let e = say_who_locks(&self.engine.home, e);
        if self.teller.pauses(&e) {
            let retry = humantime::format_duration(self.engine.config.retry);
            tracing::error!("work pauses: {e}\n  tried again every {retry}");
            service.status(&format!("paused: {}", e.what));
        }
    }

    fn until_idle(&mut self, wake: &mut Wake) -> Result<()> {
        while !wake.stopping() {
            let before = self.files;
            let home = self.engine.home.clone();
            let wait = self.turn(wake).map_err(|e| say_who_locks(&home, e))?;
            self.teller.goes_on(self.files > before);
            if self.idle {
                break;
            }
            wake.wait(wait);
        }
        Ok(())
    }

    /// Puts everything away. After trouble that does not pass the next start looks closer.
    fn end(mut self, lock: HomeLock, done: Result<()>) -> Result<()> {
        let done = done.and_then(|()| self.engine.rest());
        if let Err(e) = &done
            && e.is_damage()
        {
            self.teller.damaged(e);
        }
        self.metrics.write(true, false, self.teller.last_success());
        // Whoever closes the database last empties the WAL.
        drop(self.check);
        drop(self.engine);
        self.teller.ended();
        if done.as_ref().err().is_none_or(Trouble::may_pass) {
            lock.release();
        }
        done
    }

    /// One look at the inbox and everything that follows from it. Returns how long to wait for the
    /// next.
    fn turn(&mut self, wake: &mut Wake) -> Result<Duration> {
        // Folders must not be made anew where a mount went away.
        self.engine.check_footing()?;
        let classifiers_due = self.engine.take_up_classifiers()?;
        // Somebody may have renamed or removed the inbox, or an endpoint's folder: it is made again,
        // and that one is watched.
        let gone = self.inbox_is_gone();
        if gone {
            self.engine.home.make_folders()?;
        }
        let remade = wake.watch_again() || gone;
        if remade {
            // Another folder may bring other files that were in work.
            self.recover_first = true;
        }
        if self.recover_first {
            let answered = self.engine.recover(&mut self.bar)?;
            self.count(&answered);
            self.recover_first = false;
        }
        let scan = self.scan(wake, remade)?;
        self.check.set_busy(!scan.settled.is_empty());
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
        }
        self.idle = !taken && scan.settling == 0;
        if taken {
            return Ok(Duration::ZERO);
        }
        self.engine.rest()?;
        let longest = self.engine.config.scan_interval;
        let remade = self.missing_since.map(|since| since + REMADE_AFTER);
        let next = scan
            .next
            .into_iter()
            .chain(classifiers_due)
            .chain(remade)
            .min();
        let until_next = next.map(|next| next.saturating_duration_since(Instant::now()));
        Ok(until_next.map_or(longest, |next| next.min(longest)))
    }

    /// Whether the inbox is to be made again: it is gone, or a folder of it has been for a moment.
    /// Whoever removes all of it must not find folders that came back meanwhile.
    fn inbox_is_gone(&mut self) -> bool {
        let inbox = self.engine.home.inbox();
        let missing = Endpoint::ALL.iter().any(|e| !inbox.join(e.name()).exists());
        if !missing {
            self.missing_since = None;
            return false;
        }
        let since = *self.missing_since.get_or_insert_with(Instant::now);
        !inbox.exists() || since.elapsed() >= REMADE_AFTER
    }

    fn scan(&mut self, wake: &Wake, everything: bool) -> Result<Scan> {
        let folder = self.engine.home.inbox();
        let (changed, lost) = wake.changed();
        let scan = self
            .inbox
            .look(Instant::now(), &changed, lost || everything)
            .map_err(|e| Trouble::io("reading", &folder, &e))?;
        self.name_held(&scan);
        self.unreadable = scan.held.unreadable;
        self.broken = scan.held.broken;
        self.metrics.look(&scan);
        Ok(scan)
    }

    /// Names what is in the inbox and is not taken, each once and so many at a time.
    fn name_held(&mut self, scan: &Scan) {
        let lists = [
            (
                &scan.strange,
                "is not a regular file with one name: it is never read, and stays here",
            ),
            (
                &scan.unreadable,
                "may not be read and stays here: give the user that runs kycdrop the right to read it",
            ),
            (
                &scan.broken,
                "could not be read and stays here: look at the disk or the share that it lies on, or drop it again",
            ),
        ];
        let mut unnamed = 0;
        let mut named = 0;
        let mut held = HashSet::new();
        for (path, why) in lists
            .iter()
            .flat_map(|(list, why)| list.iter().map(move |path| (path, why)))
        {
            if !self.reported.contains(path) {
                if named < NAMED_AT_ONCE {
                    named += 1;
                    let path = path.to_string_lossy();
                    tracing::warn!(path = %crate::text::printable(&path), "{why}");
                } else {
                    unnamed += 1;
                }
            }
            held.insert(path.clone());
        }
        if unnamed > 0 {
            tracing::warn!("{unnamed} more in the inbox are not taken and stay there");
        }
        // What is tried again is not named again when that fails.
        let again = scan.settled.iter().map(|candidate| &candidate.path);
        held.extend(again.filter(|path| self.reported.contains(*path)).cloned());
        match scan.partial {
            true => self.reported.extend(held),
            false => self.reported = held,
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

    /// Counts what was answered, and keeps what went back from being taken again at once.
    fn count(&mut self, answered: &[Answered]) {
        for a in answered {
            self.files += 1;
            self.accepted += a.batch.accepted;
            self.rejected += a.batch.rejected;
        }
        self.metrics.count(self.engine.history(), answered);
        for (path, claim, why) in self.engine.returned() {
            let why = match why {
                NotYet::Incomplete => Hold::Incomplete,
                NotYet::Refused => Hold::Refused,
                NotYet::Unreadable => Hold::Unreadable,
                NotYet::Changed => continue,
            };
            if let Some(looked) = claim.looked {
                self.inbox.hold(path, looked, why);
            }
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

/// Trouble of a locked database names who holds the lock, where the system tells.
fn say_who_locks(home: &Home, mut e: Trouble) -> Trouble {
    let locked = e.kind == Kind::Busy && e.what.contains("locked");
    let holders = match locked {
        true => history::holders(&home.database()),
        false => Vec::new(),
    };
    if !holders.is_empty() {
        e.remedy = format!(
            "kycdrop.db is locked by process {}: end it, or wait for it",
            holders.join(", ")
        );
    }
    e
}

/// SIGTERM, Ctrl-C and a terminal that goes away: end after the file in hand.
fn wake_on_signals(stop: &Arc<AtomicBool>, wake: &Wake) -> Result<()> {
    let signals = signal_hook::iterator::Signals::new([
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGHUP,
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
