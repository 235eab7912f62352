//! What brings the next scan forward: events of the file system, a signal to end, time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// Waits for something to do.
pub struct Wake {
    events: Receiver<()>,
    sender: Sender<()>,
    stop: Arc<AtomicBool>,
    watcher: Option<RecommendedWatcher>,
    watched: Vec<PathBuf>,
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
            watched: Vec::new(),
        }
    }

    /// Has events of a folder and everything below it wake the scan. Without events (a network
    /// share, no watches left) the timer alone does; that is said once and is no error.
    pub fn watch(&mut self, folder: &Path) {
        self.watched.push(folder.to_path_buf());
        let sender = self.sender.clone();
        let watcher = match &mut self.watcher {
            Some(watcher) => Ok(watcher),
            None => notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // Reading a file is an event too; it must not wake the reader.
                if !event.is_ok_and(|e| e.kind.is_access()) {
                    let _ = sender.try_send(());
                }
            })
            .map(|w| self.watcher.insert(w)),
        };
        let done = watcher.and_then(|w| w.watch(folder, RecursiveMode::Recursive));
        if let Err(e) = done {
            tracing::warn!(
                folder = %folder.display(),
                reason = %e,
                "no file system events here; the folder is looked at every scan_interval"
            );
        }
    }

    /// Watches the folders anew: one that was removed and made again would stay silent otherwise.
    pub fn watch_again(&mut self) {
        self.watcher = None;
        for folder in std::mem::take(&mut self.watched) {
            self.watch(&folder);
        }
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
