//! The check of the whole history while nothing else is to be done, once a day, on a thread and a
//! connection of its own: a file that arrives does not wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::clock;
use crate::config::Home;
use crate::history::check;
use crate::intake::Wake;
use crate::trouble::Result;

/// A pass begins when the last one is as old as this.
const CHECK_INTERVAL: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// A pass that could not be made is tried again after this.
const RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The passes of one daemon. Dropped, it ends the one that is under way.
pub(super) struct IdleCheck {
    home: Home,
    pass: Option<JoinHandle<Result<()>>>,
    /// Files are being worked on.
    busy: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    failed: Option<Instant>,
}

impl IdleCheck {
    /// None was made yet.
    pub(super) fn new(home: &Home) -> IdleCheck {
        IdleCheck {
            home: home.clone(),
            pass: None,
            busy: Arc::default(),
            stop: Arc::default(),
            failed: None,
        }
    }

    /// Says whether files are being worked on, which comes first.
    pub(super) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Begins a pass if one is due and nothing else is to be done. Returns the result of one that has
    /// ended.
    pub(super) fn look(
        &mut self,
        idle: bool,
        last: Option<&str>,
        wake: &Wake,
    ) -> Option<Result<()>> {
        if let Some(pass) = self.pass.take_if(|pass| pass.is_finished()) {
            let done = pass.join();
            self.failed = (!matches!(done, Ok(Ok(())))).then(Instant::now);
            return done.ok();
        }
        let due = self.failed.is_none_or(|at| at.elapsed() >= RETRY_AFTER) && is_due(last);
        if idle && due && self.pass.is_none() {
            self.begin(wake);
        }
        None
    }

    fn begin(&mut self, wake: &Wake) {
        let (database, sender) = (self.home.database(), wake.sender());
        let (busy, stop) = (Arc::clone(&self.busy), Arc::clone(&self.stop));
        let pass = std::thread::Builder::new().name("check".into());
        let pass = pass.spawn(move || {
            let done = check::gently(&database, busy, stop);
            let _ = sender.try_send(());
            done
        });
        self.failed = pass.is_err().then(Instant::now);
        self.pass = pass.ok();
    }
}

/// Whether the last pass is a day old, or lies in the future of a clock that was set back.
fn is_due(last: Option<&str>) -> bool {
    let age = last
        .and_then(clock::parse)
        .map(|last| clock::utc_now() - last);
    age.is_none_or(|age| age >= CHECK_INTERVAL || age < chrono::TimeDelta::zero())
}

impl Drop for IdleCheck {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(pass) = self.pass.take() {
            let _ = pass.join();
        }
    }
}
