//! Shows people and the service manager the progress of a large file.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::fault;
use crate::ingest::Progress;

use super::service::Service;
use crate::talk;

/// A bar on a terminal, for files that take longer than a second.
#[derive(Default)]
pub(super) struct Bar {
    pub service: Service,
    bytes: u64,
    begun: Option<Instant>,
    bar: Option<ProgressBar>,
}

impl Bar {
    /// A bar that keeps a service manager patient as well.
    pub(super) fn new(service: Service) -> Bar {
        Bar {
            service,
            ..Bar::default()
        }
    }
}

impl Progress for Bar {
    fn begin(&mut self, bytes: u64) {
        self.service.alive();
        self.bytes = bytes;
        self.begun = Some(Instant::now());
    }

    fn advance(&mut self, bytes: u64) {
        self.service.alive();
        let slow = self
            .begun
            .is_some_and(|b| b.elapsed() > Duration::from_secs(1) || fault::is_on("bar"));
        if slow && self.bar.is_none() && std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(self.bytes);
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:40} {bytes} of {total_bytes} validated, {eta} left",
            ) {
                bar.set_style(style);
            }
            self.bar = Some(bar);
        }
        // Not while the terminal is held (Ctrl-S): the work would wait for it.
        if let Some(bar) = self.bar.as_ref().filter(|_| talk::is_ready()) {
            bar.set_position(bytes);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            if !talk::is_ready() {
                bar.set_draw_target(ProgressDrawTarget::hidden());
            }
            bar.finish_and_clear();
        }
    }
}
