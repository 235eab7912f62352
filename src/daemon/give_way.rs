//! A large file gives way to small ones that wait: it is taken back between two customers, they are
//! answered, and it begins anew with twice the patience. So it ends at the latest after twice the time
//! that it needs alone, whatever else comes.
//!
//! Requests to the API have no order among each other unless the sender waits for the answer; nor have
//! files of which one takes longer than `overtake_after`. All others are answered in the order of
//! their times.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::ingest::Progress;
use crate::intake::{Candidate, Inbox, Wake};

use super::bar::Bar;

/// The largest file that overtakes, in bytes.
const OVERTAKES: u64 = 1 << 20;

/// The time between two looks at the inbox while a large file is validated: at most this, at least so
/// many times what the last look took.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const LOOKS_REST: u32 = 20;

/// Whether a file may overtake a large one.
pub(super) fn overtakes(candidate: &Candidate) -> bool {
    candidate.bytes <= OVERTAKES
}

/// How long small files wait for a large one, and what is remembered of those that do.
pub(super) struct Patience {
    /// `overtake_after`.
    first: Duration,
    /// So long they wait now.
    now: Duration,
    /// Since when some wait.
    since: Option<Instant>,
    next_look: Option<Instant>,
    /// What events named, for the next turn of the daemon to look at.
    changed: HashSet<PathBuf>,
    lost: bool,
}

impl Patience {
    /// With this `overtake_after`.
    pub(super) fn new(overtake_after: Duration) -> Patience {
        Patience {
            first: overtake_after,
            now: overtake_after,
            since: None,
            next_look: None,
            changed: HashSet::new(),
            lost: false,
        }
    }

    /// Other files are taken up.
    pub(super) fn renew(&mut self) {
        self.now = self.first;
    }

    /// Those that waited are answered now; the next ones wait longer.
    pub(super) fn doubled(&mut self) {
        self.since = None;
        self.now = self.now.saturating_mul(2);
    }

    /// What events named since this was asked last, and whether some were lost.
    pub(super) fn changed(&mut self, wake: &Wake) -> (HashSet<PathBuf>, bool) {
        self.note(wake);
        let lost = std::mem::take(&mut self.lost);
        (std::mem::take(&mut self.changed), lost)
    }

    fn note(&mut self, wake: &Wake) {
        let (changed, lost) = wake.changed();
        self.changed.extend(changed);
        self.lost |= lost;
    }
}

/// Shows how far a large file is, and watches over it on behalf of those that wait.
pub(super) struct GiveWay<'w> {
    pub bar: &'w mut Bar,
    pub inbox: &'w mut Inbox,
    pub wake: &'w Wake,
    pub patience: &'w mut Patience,
}

impl GiveWay<'_> {
    fn others_wait(&mut self, now: Instant) -> bool {
        self.patience.note(self.wake);
        let (changed, lost) = (&self.patience.changed, self.patience.lost);
        let scan = self.inbox.look(now, changed, lost);
        let between = BETWEEN_LOOKS.min(self.patience.first);
        self.patience.next_look = Some(Instant::now() + between.max(now.elapsed() * LOOKS_REST));
        // Trouble with the inbox is for the next turn.
        scan.is_ok_and(|scan| scan.settled.iter().any(overtakes))
    }
}

impl Progress for GiveWay<'_> {
    fn begin(&mut self, bytes: u64) {
        self.bar.begin(bytes);
    }

    fn advance(&mut self, bytes: u64) {
        self.bar.advance(bytes);
    }

    fn end(&mut self) {
        self.bar.end();
    }

    fn gives_way(&mut self) -> bool {
        let now = Instant::now();
        let rests = self.patience.next_look.is_some_and(|next| now < next);
        if rests || self.wake.stopping() {
            return false;
        }
        if !self.others_wait(now) {
            self.patience.since = None;
            return false;
        }
        let since = *self.patience.since.get_or_insert(now);
        since.elapsed() >= self.patience.now
    }
}
