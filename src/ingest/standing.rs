//! When changed classifier files are taken up: once they stood still.

use std::time::{Duration, Instant};

/// How long changed files have stood still. `F` is compared to see whether they changed.
pub(super) struct Standing<F> {
    settle: Duration,
    /// For those that lost many values.
    settle_timeout: Duration,
    seen: Option<Seen<F>>,
}

struct Seen<F> {
    files: F,
    since: Instant,
    /// Whether they lost many values; None: not looked at yet.
    lost_many: Option<bool>,
}

impl<F: PartialEq> Standing<F> {
    pub(super) fn new(settle: Duration, settle_timeout: Duration) -> Standing<F> {
        Standing {
            settle,
            settle_timeout: settle_timeout.max(settle),
            seen: None,
        }
    }

    /// Files that are held back since this moment because they lost many values.
    pub(super) fn hold(&mut self, files: F, since: Instant) {
        self.seen = Some(Seen {
            files,
            since,
            lost_many: Some(true),
        });
    }

    /// Forgets the change: the files were taken up, or are as they were.
    pub(super) fn forget(&mut self) {
        self.seen = None;
    }

    /// When changed files are to be taken up: now or later. `lost_many` is asked once for each state
    /// that stood still for `settle`.
    pub(super) fn due(
        &mut self,
        files: F,
        now: Instant,
        lost_many: impl FnOnce() -> bool,
    ) -> Instant {
        let seen = self.seen.take().filter(|seen| seen.files == files);
        let mut seen = seen.unwrap_or(Seen {
            files,
            since: now,
            lost_many: None,
        });
        let settled = seen.since + self.settle;
        let longest = seen.since + self.settle_timeout;
        let due = if settled > now {
            settled
        } else if longest > now && *seen.lost_many.get_or_insert_with(lost_many) {
            longest
        } else {
            settled
        };
        self.seen = Some(seen);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn changed_files_are_due_once_they_stood_still() {
        let mut standing = Standing::new(SECOND, 60 * SECOND);
        let start = Instant::now();
        let not_asked = || -> bool { unreachable!("they still change") };
        assert_eq!(standing.due(1, start, not_asked), start + SECOND);
        let later = start + SECOND / 2;
        assert_eq!(standing.due(2, later, not_asked), later + SECOND);
        let now = later + SECOND;
        assert!(standing.due(2, now, || false) <= now);
    }

    #[test]
    fn files_that_lost_many_values_are_due_after_the_timeout() {
        let mut standing = Standing::new(SECOND, 60 * SECOND);
        let start = Instant::now();
        standing.due(1, start, || true);
        let now = start + SECOND;
        assert_eq!(standing.due(1, now, || true), start + 60 * SECOND);
        let asked_again = || -> bool { unreachable!("asked once") };
        assert!(standing.due(1, now + SECOND, asked_again) > now + SECOND);
        let now = start + 60 * SECOND;
        assert!(standing.due(1, now, asked_again) <= now);
        // The rest arrived: nothing is lost.
        standing.due(2, now, || false);
        assert!(standing.due(2, now + SECOND, || false) <= now + SECOND);
    }

    #[test]
    fn without_a_settling_time_nothing_waits() {
        let mut standing = Standing::new(Duration::ZERO, Duration::ZERO);
        let now = Instant::now();
        assert!(standing.due(1, now, || unreachable!("no time to wait")) <= now);
    }
}
