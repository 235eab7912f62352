//! Where the time goes: what a bench shows, and nothing decides anything by.

use std::time::{Duration, Instant};

/// The time that the work took so far, by what it was spent on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Reading, judging, and writing rows and results.
    pub judging: Duration,
    /// Waiting until responses and claims are durable.
    pub syncing: Duration,
    /// Committing.
    pub committing: Duration,
    /// Renaming responses into the outbox, and waiting for its folders.
    pub publishing: Duration,
    /// Archiving the files and removing their claims.
    pub putting_away: Duration,
    /// Noting what was published.
    pub marking: Duration,
    /// Moving what was committed from the WAL into the database, after the answers are out.
    pub trimming: Duration,
}

/// Adds up the time of one step after another.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub(super) fn lap(&mut self, on: &mut Duration) {
        let now = Instant::now();
        *on += now - self.0;
        self.0 = now;
    }
}
