//! What brings the next scan forward: events of the file system, a signal to end, time.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, Sender, bounded};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::disk::{self, FileId};
use crate::fault;

/// Waits for something to do.
pub struct Wake {
    events: Receiver<()>,
    sender: Sender<()>,
    stop: Arc<AtomicBool>,
    watcher: Option<RecommendedWatcher>,
    watched: Option<Watched>,
    /// What events named and nobody has looked at.
    changed: Arc<Mutex<Changed>>,
}

struct Watched {
    folder: PathBuf,
    identity: Identity,
}

/// Distinguishes a folder from another one of the same name. A file system may give the number of a
/// folder that went to the next one, so the time of its making belongs to it.
#[derive(PartialEq, Eq)]
struct Identity(Option<FileId>, Option<SystemTime>);

impl Identity {
    fn of(folder: &Path) -> Identity {
        let found = folder.metadata().ok();
        let made = found.as_ref().and_then(|m| m.created().ok());
        Identity(found.as_ref().map(disk::id_of), made)
    }
}

/// What events named.
#[derive(Default)]
struct Changed {
    paths: HashSet<PathBuf>,
    lost: bool,
}

/// No more paths than these are kept; with more, everything is looked at.
const MAX_CHANGED: usize = 10_000;

fn note(changed: &Mutex<Changed>, event: notify::Result<notify::Event>) {
    let mut changed = changed.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        Ok(event) if !event.need_rescan() && changed.paths.len() < MAX_CHANGED => {
            changed.paths.extend(event.paths);
        }
        _ => changed.lost = true,
    }
}

/// Watches a folder and everything below it, but for folders that may not be read: the watcher gives up
/// at the first of those.
fn watch_below(watcher: &mut RecommendedWatcher, folder: &Path) -> notify::Result<()> {
    let refused = |e: &notify::Error| match &e.kind {
        notify::ErrorKind::Io(e) => e.kind() == io::ErrorKind::PermissionDenied,
        _ => false,
    };
    match watcher.watch(folder, RecursiveMode::Recursive) {
        Err(e) if refused(&e) && fs::read_dir(folder).is_ok() => {}
        watched => return watched,
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            match watch_below(watcher, &entry.path()) {
                Err(e) if !refused(&e) => return Err(e),
                _ => {}
            }
        }
    }
    Ok(())
}

impl Wake {
    /// Something to wait on that ends when `stop` is set.
    pub fn new(stop: Arc<AtomicBool>) -> Wake {
        // One waiting event says as much as a thousand: look again.
        let (sender, events) = bounded(1);
        Wake {
            events,
            sender,
            stop,
            watcher: None,
            watched: None,
            changed: Arc::default(),
        }
    }

    /// Has events of a folder and everything below it wake the scan. Without events (a network
    /// share, no watches left) the timer alone does; that is said once and is no error.
    pub fn watch(&mut self, folder: &Path) {
        let identity = Identity::of(folder);
        if self
            .watched
            .as_ref()
            .is_some_and(|w| w.identity == identity)
        {
            return;
        }
        let first = self.watched.is_none();
        self.watched = Some(Watched {
            folder: folder.to_path_buf(),
            identity,
        });
        self.watcher = None;
        if let Some(kind) = disk::network_share(folder) {
            if first {
                tracing::info!(
                    folder = %folder.display(),
                    "lies on a network share ({kind}), which sends no events: scanning it every scan_interval"
                );
            }
            return;
        }
        let sender = self.sender.clone();
        let changed = Arc::clone(&self.changed);
        let deaf = fault::is_on("deaf");
        let hear = move |event: notify::Result<notify::Event>| {
            // Reading a file is an event too; it must not wake the reader.
            if !deaf && !event.as_ref().is_ok_and(|e| e.kind.is_access()) {
                note(&changed, event);
                let _ = sender.try_send(());
            }
        };
        // A link in the inbox may lead anywhere.
        let config = notify::Config::default().with_follow_symlinks(false);
        let done = RecommendedWatcher::new(hear, config).and_then(|mut w| {
            if let Err(e) = w.configure(config) {
                // It has no thread, and panics when asked to watch, or dropped.
                std::mem::forget(w);
                return Err(e);
            }
            watch_below(&mut w, folder)?;
            Ok(w)
        });
        match done {
            Ok(watcher) => {
                self.watcher = Some(watcher);
                if !first {
                    tracing::info!(folder = %folder.display(), "was recreated and is watched again");
                }
            }
            Err(e) => tracing::warn!(
                folder = %folder.display(),
                reason = %e,
                "no file system events here; scanning the folder every scan_interval"
            ),
        }
    }

    /// What events named since this was asked last, and whether some were lost: then everything is
    /// to be looked at.
    pub fn changed(&self) -> (HashSet<PathBuf>, bool) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut changed.lost) || self.watcher.is_none();
        (std::mem::take(&mut changed.paths), lost)
    }

    /// Watches the folder anew if it is not the one any more that was watched: a folder that was
    /// renamed and made again would stay silent otherwise. Returns whether it was another one.
    pub fn watch_again(&mut self) -> bool {
        let Some(watched) = &self.watched else {
            return false;
        };
        let folder = watched.folder.clone();
        if Identity::of(&folder) == watched.identity {
            return false;
        }
        self.watch(&folder);
        true
    }

    /// What wakes the waiter from another thread.
    pub fn sender(&self) -> Sender<()> {
        self.sender.clone()
    }

    /// Whether it is time to end.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits for an event, at most this long.
    pub fn wait(&self, most: Duration) {
        if !self.stopping() {
            let _ = self.events.recv_timeout(most);
        }
    }
}
