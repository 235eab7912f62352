//! Files that cannot leave the work folder: one that cannot go back to the inbox, one whose answer
//! cannot be put out, or one that was answered and cannot be put away. They stay there, stop nobody,
//! and are tried again.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::disk;
use crate::history::Written;
use crate::intake::{Claim, Deferral, InWork, Unfit, claims_in_work};
use crate::text::printable;
use crate::trouble::{Kind, Result, Trouble};

use super::{Engine, put_away};

/// The longest wait between two tries.
const MAX_RETRY: Duration = Duration::from_secs(300);

/// So many are named in the log until one of them can leave; of more that is said once.
const MAX_NAMED: usize = 20;

/// What is said of a file that cannot go back.
const NOT_BACK: &str = "could not be put back into the inbox and stays here until it can: let the user that runs kycdrop write in its original folder; the folder must not be replaced by a link or a file";

/// What is said of one whose answer cannot be put out.
pub(super) const NO_ANSWER: &str = "was recorded, but its answer could not be put into its folder of the outbox and waits here until it can: let the user that runs kycdrop write in that folder";

/// What is said of one that cannot be put away.
const NOT_AWAY: &str = "was answered, but could not be put away and stays here until it can: let the user that runs kycdrop write in its folder below archive or failed; the file must not be immutable";

/// What is said of a folder there that cannot be worked on as it is.
const UNFIT: &str = "keeps a file that was taken from being finished, and stays here until it can be: give the user that runs kycdrop the right to read and write in this folder, and move away what is not the one file below `source` or the file `response`";

/// What is said of one whose file is finished, and that cannot be removed.
const LEFT_OVER: &str = "is left of a file that is finished or went back, and cannot be removed: move it out of the work folder";

/// A file that cannot leave the work folder.
pub struct Stuck {
    /// Where it is.
    pub path: PathBuf,
    /// How a process that leaves it there ends.
    pub kind: Kind,
    since: Instant,
    due: Instant,
    tries: u32,
    /// Its folder could not be worked on: of its file nothing is known.
    unfit: bool,
}

impl Engine {
    /// The claims that lie in the work folder and can be finished. The others are stuck.
    pub(super) fn in_work(&mut self) -> Result<Vec<Claim>> {
        let InWork { claims, unfit } = claims_in_work(&self.home.work())?;
        let ids = claims.iter().map(|claim| (&claim.id, false));
        let ids = ids.chain(unfit.iter().map(|unfit| (&unfit.claim.id, true)));
        let ids: HashMap<&String, bool> = ids.collect();
        // What can be worked on again begins anew.
        let stays = |id: &String, stuck: &Stuck| match ids.get(id) {
            Some(unfit) => *unfit || !stuck.unfit,
            None => false,
        };
        self.stuck.retain(|id, stuck| stays(id, stuck));
        for Unfit { claim, path, error } in unfit {
            if !self.is_tried_later(&claim) {
                self.stay(&claim, &path, &error, UNFIT);
                self.stuck.entry(claim.id).and_modify(|s| s.unfit = true);
            }
        }
        Ok(claims)
    }

    /// Removes the folder of a claim that has nothing left to do.
    pub(super) fn clear_away(&mut self, claim: &Claim) {
        let _ = std::fs::remove_file(claim.response());
        match claim.remove() {
            Ok(()) => drop(self.stuck.remove(&claim.id)),
            Err(e) => self.stay(claim, claim.folder(), &e, LEFT_OVER),
        }
    }

    /// Puts a file back into the inbox, from where it is taken again.
    pub(super) fn give_back(&mut self, claim: &Claim, why: Deferral) -> Result<()> {
        let file = claim.relative.to_string_lossy();
        let file = printable(&file);
        match claim.give_back(&self.roots.inbox) {
            Ok(back) => {
                match why {
                    Deferral::Incomplete => tracing::info!(%file, "{}", why.says()),
                    Deferral::Changed => tracing::warn!(%file, "{}", why.says()),
                    _ => tracing::debug!(%file, "could not be read"),
                }
                self.stuck.remove(&claim.id);
                let path = self.roots.inbox.path().join(back);
                self.returned.push((path, claim.clone(), why));
            }
            Err(_) if !claim.has_source()? => {
                tracing::warn!(%file, claim = claim.id, "is no longer in the work folder");
                self.stuck.remove(&claim.id);
                claim.forget();
            }
            Err(e) if disk::concerns_all(&e) => {
                let path = self.roots.inbox.path().join(&claim.relative);
                return Err(Trouble::io("putting back", &path, &e));
            }
            Err(e) => {
                let to = self.roots.inbox.path().join(claim.folder_below_inbox());
                self.stick(claim, &to, &e, NOT_BACK);
            }
        }
        Ok(())
    }

    /// Puts an answered file away. Returns whether that could be done.
    pub(super) fn put_away(&mut self, claim: &Claim, batch: &Written) -> Result<bool> {
        match put_away::put_away(&self.history, &self.roots, claim, batch)? {
            Ok(()) => {
                self.stuck.remove(&claim.id);
                Ok(true)
            }
            Err(e) => {
                let to = put_away::root_of(&self.roots, batch).path().to_path_buf();
                self.stick(claim, &to, &e, NOT_AWAY);
                Ok(false)
            }
        }
    }

    /// Notes a file that stays in the work folder and is to go elsewhere, and says so once.
    pub(super) fn stick(&mut self, claim: &Claim, to: &Path, e: &io::Error, says: &str) {
        let (file, to) = (claim.source(), to.to_string_lossy());
        let why = io::Error::new(e.kind(), format!("{}: {e}", printable(&to)));
        self.stay(claim, &file, &why, says);
    }

    /// Notes what stays in the work folder, and says so once.
    fn stay(&mut self, claim: &Claim, path: &Path, e: &io::Error, says: &str) {
        let now = Instant::now();
        if !self.stuck.contains_key(&claim.id) {
            let path = path.to_string_lossy();
            let path = printable(&path);
            match self.stuck.len().cmp(&MAX_NAMED) {
                Ordering::Less => tracing::warn!(%path, reason = %e, "{says}"),
                Ordering::Equal => tracing::warn!(
                    "more files cannot leave the work folder: `kycdrop status` counts them"
                ),
                Ordering::Greater => {}
            }
        }
        let stuck = self.stuck.entry(claim.id.clone()).or_insert(Stuck {
            path: path.to_path_buf(),
            kind: Kind::Io,
            since: now,
            due: now,
            tries: 0,
            unfit: false,
        });
        stuck.kind = match e.kind() {
            io::ErrorKind::PermissionDenied => Kind::Permission,
            _ => Kind::Io,
        };
        let wait = self.config.retry.saturating_mul(1 << stuck.tries.min(16));
        stuck.due = now + wait.min(MAX_RETRY);
        stuck.tries += 1;
    }

    /// The files that cannot leave the work folder.
    pub fn stuck(&self) -> impl Iterator<Item = &Stuck> {
        self.stuck.values()
    }

    /// When the first of them is to be tried again: [`Engine::recover`] does that.
    pub fn stuck_until(&self) -> Option<Instant> {
        self.stuck.values().map(|stuck| stuck.due).min()
    }

    /// Whether a claim is one of those, and not due yet.
    pub(super) fn is_tried_later(&self, claim: &Claim) -> bool {
        let stuck = self.stuck.get(&claim.id);
        stuck.is_some_and(|stuck| stuck.due > Instant::now())
    }

    /// Whether a claim could not be put back for so long that its file is answered as it is.
    pub(super) fn is_overdue(&self, claim: &Claim) -> bool {
        let timeout = self.config.settle_timeout;
        let stuck = self.stuck.get(&claim.id);
        stuck.is_some_and(|stuck| stuck.since.elapsed() >= timeout)
    }

    /// The files that went back to the inbox since this was asked last.
    pub fn returned(&mut self) -> Vec<(PathBuf, Claim, Deferral)> {
        std::mem::take(&mut self.returned)
    }
}
