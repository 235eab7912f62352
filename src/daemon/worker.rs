//! The work of a home, turn by turn: look at the inbox, take what is complete, have it answered, and
//! keep everything around it as it should be.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::catalog::inbox_folders;
use crate::config::{Config, Home};
use crate::disk;
use crate::history::{self, Written};
use crate::ingest::{Engine, Progress};
use crate::intake::{Candidate, Claim, Deferral, HeldCounts, Inbox, Scan, Taken, Wake, claim};
use crate::regular_file;
use crate::text::printable;
use crate::trouble::{Cause, Result, Trouble};

use super::bar::Bar;
use super::exposed;
use super::give_way::{GiveWay, Patience, overtakes};
use super::held::{self, Naming};
use super::idle_check::IdleCheck;
use super::lock::HomeLock;
use super::metrics::Metrics;
use super::service::Service;
use super::state::{ListState, StatusFile};
use super::unaccounted;

/// Files taken at a time. What is taken while a signal to end comes is still answered, so that
/// large files are taken one by one.
const TAKEN_AT_ONCE: usize = 50;

/// How long a folder of the inbox is missing before it is made again.
const REMADE_AFTER: Duration = Duration::from_millis(500);

/// Files are taken together as long as they are this small together.
const BYTES_AT_ONCE: u64 = 1 << 20;

/// A home at work.
pub(super) struct Worker {
    pub(super) engine: Engine,
    inbox: Inbox,
    pub(super) bar: Bar,
    patience: Patience,
    status_file: StatusFile,
    metrics: Metrics,
    check: IdleCheck,
    /// Something may lie in the work folder.
    recover_first: bool,
    /// Nothing waits and nothing settles.
    idle: bool,
    /// Standing customers are compared with what changed in the lists while it is idle.
    rescreens: bool,
    naming: Naming,
    /// What is in the inbox and is not taken.
    pub(super) counts: HeldCounts,
    /// Since when a folder of the inbox is missing.
    missing_since: Option<Instant>,
    pub(super) files: u64,
    pub(super) accepted: u64,
    pub(super) repeated: u64,
    pub(super) rejected: u64,
}

impl Worker {
    pub(super) fn open(home: Home, config: Config, lock: &mut HomeLock) -> Result<Worker> {
        let mut metrics = Metrics::new(&home, &config)?;
        let inbox = Inbox::new(home.inbox(), config.settle, config.settle_timeout);
        let by_whom = |e| say_who_locks(&home, e);
        regular_file::refuse_others(&home.state_file())?;
        let all_checked = lock.check_history().map_err(by_whom).inspect_err(|e| {
            if e.is_damage() {
                metrics.write(true, false, None);
            }
        })?;
        let overtake_after = config.overtake_after;
        let engine = Engine::open(home.clone(), config).map_err(by_whom)?;
        lock.begun()?;
        // Only now: a start that was refused did not die, and says nothing of one that did.
        let mut status_file = StatusFile::new(&home);
        status_file.lists(list_states(&engine));
        if all_checked {
            status_file.checked();
        }
        exposed::warn(&home);
        let files =
            unaccounted::files(&home, engine.history().connection(), unaccounted::AT_START)?;
        if let Some(warning) = unaccounted::warning(files) {
            tracing::warn!("{warning}");
        }
        metrics.screening(&engine, true);
        let bar = Bar::new(Service::from_environment());
        Ok(Worker {
            engine,
            check: IdleCheck::new(&home),
            inbox,
            bar,
            patience: Patience::new(overtake_after),
            status_file,
            metrics,
            recover_first: true,
            idle: false,
            rescreens: false,
            naming: Naming::default(),
            counts: HeldCounts::default(),
            missing_since: None,
            files: 0,
            accepted: 0,
            repeated: 0,
            rejected: 0,
        })
    }

    /// The daemon's life: until a signal, or trouble that does not pass.
    pub(super) fn go_on(&mut self, wake: &mut Wake, service: &Service) -> Result<()> {
        self.rescreens = self.engine.config.rescreen_when_idle;
        while !wake.stopping() {
            service.alive();
            let before = self.files;
            let wait = match self.turn(wake) {
                Ok(wait) => {
                    if self.status_file.resumed(self.files > before) {
                        tracing::info!("resumed");
                        service.status("watching the inbox");
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
            let paused = self.status_file.is_paused();
            let now = paused || self.files > before;
            let last_success = self.status_file.last_success();
            self.metrics.screening(&self.engine, false);
            self.metrics.write(now, paused, last_success);
            wake.wait(wait.min(service.longest_silence()));
        }
        Ok(())
    }

    /// Has the whole history checked once a day. A damaged one ends the work as it ends a start.
    fn check_when_idle(&mut self, wake: &Wake) -> Result<()> {
        let idle = self.idle && !self.status_file.is_paused();
        match self.check.look(idle, self.status_file.checked_at(), wake) {
            None => {}
            Some(Ok(())) => {
                self.status_file.checked();
                tracing::debug!("the whole history was checked");
            }
            Some(Err(e)) if e.is_damage() => return Err(e),
            Some(Err(e)) => tracing::warn!("the history could not be checked: {e}"),
        }
        Ok(())
    }

    /// Logs why work is paused, once for each reason.
    fn pause(&mut self, e: Trouble, service: &Service) {
        self.recover_first = true;
        let e = say_who_locks(&self.engine.home, e);
        if self.status_file.paused(&e) {
            let retry = humantime::format_duration(self.engine.config.retry);
            tracing::error!("paused: {e}\n  retrying every {retry}");
            service.status(&format!("paused: {}", e.what));
        }
    }

    pub(super) fn until_idle(&mut self, wake: &mut Wake) -> Result<()> {
        while !wake.stopping() {
            let before = self.files;
            let home = self.engine.home.clone();
            let wait = self.turn(wake).map_err(|e| say_who_locks(&home, e))?;
            self.status_file.resumed(self.files > before);
            if self.idle {
                break;
            }
            wake.wait(wait);
        }
        Ok(())
    }

    /// Has one file of the inbox answered, and nothing else that lies there.
    pub(super) fn answer_one(&mut self, file: &Path) -> Result<()> {
        self.engine.check_footing()?;
        let answered = self.engine.recover(&mut self.bar)?;
        self.count(&answered);
        let path = self.engine.home.inbox().join(file);
        let looked =
            disk::if_there(fs::symlink_metadata(&path).and_then(|m| Ok((m.len(), m.modified()?))));
        let Some((bytes, modified)) = looked.map_err(|e| Trouble::io("looking at", &path, &e))?
        else {
            return Ok(());
        };
        let candidate = Candidate {
            path,
            relative: file.to_owned(),
            bytes,
            modified,
            overdue: true,
        };
        let (claims, _) = self.take(&[candidate])?;
        let answered = self.engine.process(claims, &mut self.bar)?;
        self.count(&answered);
        self.status_file.resumed(!answered.is_empty());
        Ok(())
    }

    /// Puts everything away. After trouble that does not pass the next start looks closer.
    pub(super) fn end(mut self, lock: HomeLock, done: Result<()>) -> Result<()> {
        let done = done.and_then(|()| self.engine.on_idle());
        if let Err(e) = &done
            && e.is_damage()
        {
            self.status_file.damaged(e);
        }
        self.metrics
            .write(true, false, self.status_file.last_success());
        // Whoever closes the database last empties the WAL.
        drop(self.check);
        drop(self.engine);
        let lasting = done.as_ref().err().filter(|e| !e.may_pass());
        self.status_file.ended(lasting);
        if lasting.is_none() {
            lock.release();
        }
        done
    }

    /// One look at the inbox and everything that follows from it. Returns how long to wait for the
    /// next.
    fn turn(&mut self, wake: &mut Wake) -> Result<Duration> {
        // Folders must not be made anew where a mount went away.
        self.engine.check_footing()?;
        let classifiers_due = self.engine.reload_classifiers()?;
        // Somebody may have renamed or removed the inbox, or an endpoint's folder: it is made again,
        // and that one is watched.
        let gone = self.folders_are_gone();
        if gone {
            // It may be gone with the whole home, since the last look.
            self.engine.check_footing()?;
            self.engine.roots.make()?;
        }
        let remade = wake.watch_again() || gone;
        if remade {
            // Another folder may bring other files that were in work.
            self.recover_first = true;
        }
        let now = Instant::now();
        if self.recover_first || self.engine.stuck_until().is_some_and(|due| due <= now) {
            self.work_on(wake, |engine, progress| engine.recover(progress))?;
            self.recover_first = false;
        }
        let scan = self.scan(wake, remade)?;
        self.check.set_busy(!scan.settled.is_empty());
        let mut taken = false;
        for candidates in groups(&scan.settled) {
            if wake.stopping() {
                break;
            }
            self.engine.reload_classifiers()?;
            let (claims, held) = self.take(candidates)?;
            // Files that were held are named after the next look.
            taken |= held || !claims.is_empty();
            self.work_on(wake, |engine, progress| engine.process(claims, progress))?;
        }
        self.idle = !taken && scan.settling == 0;
        if taken {
            return Ok(Duration::ZERO);
        }
        if self.rescreens && self.idle && self.rescreen_some()? {
            return Ok(Duration::ZERO);
        }
        self.engine.on_idle()?;
        let longest = self.engine.config.scan_interval;
        let remade = self.missing_since.map(|since| since + REMADE_AFTER);
        let next = scan
            .next
            .into_iter()
            .chain(classifiers_due)
            .chain(remade)
            .chain(self.engine.stuck_until())
            .min();
        let until_next = next.map(|next| next.saturating_duration_since(Instant::now()));
        Ok(until_next.map_or(longest, |next| next.min(longest)))
    }

    /// Compares some standing customers with what changed in the lists. Returns whether there are more.
    fn rescreen_some(&mut self) -> Result<bool> {
        let Some(done) = self.engine.rescreen_step(true)? else {
            return Ok(false);
        };
        self.metrics.screening(&self.engine, done.matches > 0);
        if done.ended {
            tracing::info!(
                changed = done.changed,
                customers = done.customers,
                matches = done.matches,
                "standing customers were compared with what changed in the lists"
            );
        }
        Ok(!done.ended)
    }

    /// Works on claimed files to their end; one that takes long gives way to small ones that wait.
    fn work_on(
        &mut self,
        wake: &Wake,
        work: impl FnOnce(&mut Engine, &mut dyn Progress) -> Result<Vec<Written>>,
    ) -> Result<()> {
        self.patience.renew();
        let mut work = Some(work);
        loop {
            let mut progress = GiveWay {
                bar: &mut self.bar,
                inbox: &mut self.inbox,
                wake,
                patience: &mut self.patience,
            };
            let answered = match work.take() {
                Some(work) => work(&mut self.engine, &mut progress)?,
                None => self.engine.resume(&mut progress)?,
            };
            self.count(&answered);
            if self.engine.aside().is_empty() {
                return Ok(());
            }
            self.patience.doubled();
            let mut others = self.scan(wake, false)?.settled;
            others.retain(overtakes);
            tracing::debug!(files = others.len(), "a large file gives way");
            for candidates in groups(&others) {
                if wake.stopping() {
                    break;
                }
                let (claims, _) = self.take(candidates)?;
                let answered = self.engine.process(claims, &mut self.bar)?;
                self.count(&answered);
            }
        }
    }

    /// Whether folders are to be made again: the inbox is gone, or a folder of it or another one of
    /// `watch-dir` has been for a moment.
    /// Whoever removes all of it must not find folders that came back meanwhile.
    fn folders_are_gone(&mut self) -> bool {
        let inbox = self.engine.home.inbox();
        let of_inbox = inbox_folders().map(|name| inbox.join(name));
        let home = &self.engine.home;
        let others = [home.work(), home.outbox(), home.archive(), home.failed()];
        // Something else in the place of a folder is named with what is not taken, or pauses work.
        let missing = |folder: PathBuf| folder.symlink_metadata().is_err();
        if !of_inbox.chain(others).any(missing) {
            self.missing_since = None;
            return false;
        }
        let since = *self.missing_since.get_or_insert_with(Instant::now);
        !inbox.exists() || since.elapsed() >= REMADE_AFTER
    }

    fn scan(&mut self, wake: &Wake, everything: bool) -> Result<Scan> {
        let folder = self.engine.home.inbox();
        let (changed, lost) = self.patience.changed(wake);
        let scan = self
            .inbox
            .look(Instant::now(), &changed, lost || everything)
            .map_err(|e| Trouble::io("reading", &folder, &e))?;
        let (ready, settling) = (scan.settled.len(), scan.settling);
        tracing::trace!(ready, settling, "looked at the inbox");
        self.inbox.remove_emptied(&scan);
        self.naming.name(&scan);
        self.counts = scan.counts;
        self.metrics.look(&scan, self.engine.stuck().count());
        self.status_file
            .holds(held::summary(&self.inbox, &scan, &self.engine));
        self.status_file.lists(list_states(&self.engine));
        Ok(scan)
    }

    /// Takes files. Returns those that were taken, and whether any is held instead.
    fn take(&mut self, candidates: &[Candidate]) -> Result<(Vec<Claim>, bool)> {
        let roots = &self.engine.roots;
        let (mut claims, mut held) = (Vec::new(), false);
        for candidate in candidates {
            match claim(&roots.inbox, &roots.work, candidate)? {
                Taken::Claimed(claim) => {
                    let file = claim.relative.to_string_lossy();
                    let file = printable(&file);
                    tracing::debug!(%file, bytes = candidate.bytes, "taken");
                    claims.push(claim);
                }
                Taken::Gone => {}
                Taken::Held(why) => {
                    let looked = (candidate.bytes, candidate.modified);
                    self.inbox.hold(candidate.path.clone(), looked, why);
                    held = true;
                }
            }
        }
        Ok((claims, held))
    }

    /// Counts what was answered, and keeps what went back from being taken again at once.
    fn count(&mut self, answered: &[Written]) {
        for batch in answered {
            self.files += 1;
            self.accepted += batch.accepted;
            self.repeated += batch.repeated;
            self.rejected += batch.rejected;
        }
        self.metrics.count(self.engine.history(), answered);
        self.metrics.screening(&self.engine, !answered.is_empty());
        for (path, claim, why) in self.engine.returned() {
            if why != Deferral::Changed
                && let Some(looked) = claim.looked
            {
                self.inbox.hold(path, looked, why);
            }
        }
    }
}

fn list_states(engine: &Engine) -> Vec<ListState> {
    let standings = engine.list_standings().into_iter();
    let state = standings.map(|list| ListState {
        list: list.list,
        date: list.date.map(|date| date.to_string()),
        entries: list.entries,
        refused: list.refused,
    });
    state.collect()
}

/// The files that are taken at a time, in order.
fn groups(mut candidates: &[Candidate]) -> impl Iterator<Item = &[Candidate]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let small = candidates.iter().take(TAKEN_AT_ONCE).take_while(|c| {
            bytes += c.bytes;
            bytes <= BYTES_AT_ONCE
        });
        let (group, later) = candidates.split_at_checked(small.count().max(1))?;
        candidates = later;
        Some(group)
    })
}

/// Trouble of a locked database names the process that holds the lock, where the system shows it.
fn say_who_locks(home: &Home, mut e: Trouble) -> Trouble {
    if let Cause::Locked(by) = &mut e.cause {
        *by = history::holders(&home.database());
    }
    if let Cause::Locked(holders) = &e.cause
        && !holders.is_empty()
    {
        e.remedy = format!(
            "kycdrop.db is locked by process {}: stop it, or wait for it",
            holders.join(", ")
        );
    }
    e
}
