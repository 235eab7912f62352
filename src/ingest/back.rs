//! Files that go back to the inbox unanswered. One that cannot go back stays in the work folder, holds up
//! nobody, and is tried again: put back, or answered once it is overdue.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::disk;
use crate::intake::{Claim, Unsynced};
use crate::text::printable;
use crate::trouble::{Kind, Result, Trouble};

use super::{Answered, Engine, NotYet};

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(300);

/// A file that could not be put back.
pub struct Stuck {
    /// Its path below the inbox.
    pub relative: PathBuf,
    /// How a process that leaves it there ends.
    pub kind: Kind,
    since: Instant,
    due: Instant,
    tries: u32,
}

impl Engine {
    /// Puts a file back into the inbox, from where it is taken again.
    pub(super) fn give_back(&mut self, claim: &Claim, why: NotYet) -> Result<()> {
        let file = claim.relative.to_string_lossy();
        let file = printable(&file);
        match claim.give_back(&self.home.inbox()) {
            Ok(path) => {
                match why {
                    NotYet::Incomplete => tracing::info!(
                        %file,
                        "ends too early; it waits until it changes, or for settle_timeout"
                    ),
                    NotYet::Changed => tracing::warn!(%file, "was changed while it was read"),
                    NotYet::Refused | NotYet::InUse => {
                        tracing::debug!(%file, "could not be opened")
                    }
                    NotYet::Unreadable => tracing::debug!(%file, "could not be read"),
                }
                self.stuck.remove(&claim.id);
                self.returned.push((path, claim.clone(), why));
                Ok(())
            }
            Err(e) if disk::is_of_all(&e) => {
                let path = self.home.inbox().join(&claim.relative);
                Err(Trouble::io("putting back", &path, &e))
            }
            Err(e) => {
                if !self.stuck.contains_key(&claim.id) {
                    tracing::warn!(
                        %file,
                        claim = claim.id,
                        reason = %e,
                        "could not be put back into the inbox and waits in watch-dir/work: give the user that runs kycdrop the right to write in its folder"
                    );
                }
                self.keep(claim, &e);
                Ok(())
            }
        }
    }

    fn keep(&mut self, claim: &Claim, e: &std::io::Error) {
        let now = Instant::now();
        let stuck = self.stuck.entry(claim.id.clone()).or_insert(Stuck {
            relative: claim.relative.clone(),
            kind: Kind::Io,
            since: now,
            due: now,
            tries: 0,
        });
        stuck.kind = match e.kind() {
            std::io::ErrorKind::PermissionDenied => Kind::Permission,
            _ => Kind::Io,
        };
        let wait = self.config.retry * 2u32.saturating_pow(stuck.tries.min(16));
        stuck.due = now + wait.min(LONGEST);
        stuck.tries += 1;
    }

    /// The files that could not be put back.
    pub fn stuck(&self) -> impl Iterator<Item = &Stuck> {
        self.stuck.values()
    }

    /// When the first of them is to be tried again: [`Engine::recover`] does that.
    pub fn stuck_until(&self) -> Option<Instant> {
        self.stuck.values().map(|stuck| stuck.due).min()
    }

    /// Whether a claim could not be put back for so long that its file is answered as it is.
    pub(super) fn is_overdue(&self, claim: &Claim) -> bool {
        let timeout = self.config.settle_timeout;
        let stuck = self.stuck.get(&claim.id);
        stuck.is_some_and(|stuck| stuck.since.elapsed() >= timeout)
    }

    /// The files that went back to the inbox since this was asked last, by their paths below it.
    pub fn returned(&mut self) -> Vec<(PathBuf, Claim, NotYet)> {
        std::mem::take(&mut self.returned)
    }

    /// One of a group could not be made durable: it goes back, and the others wait again, each for a
    /// transaction of its own.
    pub(super) fn unsynced(
        &mut self,
        id: &str,
        why: Unsynced,
        taken: Vec<Claim>,
        waiting: &mut VecDeque<Claim>,
    ) -> Result<Option<Vec<Answered>>> {
        let e = match why {
            Unsynced::Ours(e) => return Err(e),
            Unsynced::Source(e) => e,
        };
        for claim in taken.into_iter().rev() {
            match NotYet::of(&e).filter(|_| claim.id == id) {
                None if claim.id == id => {
                    return Err(Trouble::io("syncing", &claim.source(), &e));
                }
                None => waiting.push_front(claim),
                Some(why) => self.give_back(&claim, why)?,
            }
        }
        Ok(None)
    }
}
