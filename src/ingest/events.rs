//! The files of events in the outbox: each is replaced whole, so that a reader sees the list of before
//! or the new one.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;

use crate::disk;
use crate::fault;
use crate::folder::Gives;
use crate::history::EventFile;
use crate::intake::make_beside;
use crate::regular_file;
use crate::response::EVENTS_FOLDER;
use crate::trouble::{Result, Trouble};

use super::{Engine, GROUP_FILES};

/// The name in `work` under which a file of events is written.
const MAKING: &str = "events.making";

impl Engine {
    /// Writes the files of events that do not have all of their events. They are out before the answers,
    /// so that whoever finds an answer finds them too. What cannot be written is tried again with the
    /// next answer.
    ///
    /// # Errors
    /// When the history cannot be read, or nothing can be written.
    pub(super) fn publish_events(&mut self) -> Result<()> {
        loop {
            // Those that are out and not marked yet are in the way of the others.
            let most = self.events_out.len() + GROUP_FILES;
            let waiting = self.history.unpublished_events(most as u32)?;
            let all = waiting.len() < most;
            let is_out = |file: &EventFile| {
                let same =
                    |out: &EventFile| out.file_id == file.file_id && out.events == file.events;
                self.events_out.iter().any(same)
            };
            let new: Vec<EventFile> = waiting.into_iter().filter(|f| !is_out(f)).collect();
            if new.is_empty() {
                return Ok(());
            }
            let written = self.write_events(&new);
            if let Err(e) = written {
                let folder = self.roots.outbox.path().join(EVENTS_FOLDER);
                let trouble = Trouble::io("writing", &folder, &e);
                if disk::concerns_all(&e) {
                    return Err(trouble);
                }
                tracing::warn!("{trouble}\n  events are written with the next answer");
                return Ok(());
            }
            self.events_out.extend(new);
            if self.events_out.len() >= GROUP_FILES {
                self.mark()?;
            }
            if all {
                return Ok(());
            }
        }
    }

    fn write_events(&self, files: &[EventFile]) -> io::Result<()> {
        let (folder, _) = make_beside(&self.roots.outbox.open()?, Path::new(EVENTS_FOLDER))?;
        if folder.gives() == Gives::Nothing {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        let work = self.roots.work.open()?;
        let making = self.roots.work.path().join(MAKING);
        for file in files {
            let mut out = regular_file::create(&making)?;
            out.write_all(file.body.as_bytes())?;
            out.sync_all()?;
            fault::point("events.written")?;
            work.rename_over(OsStr::new(MAKING), &folder, OsStr::new(&file.name))?;
            fault::point("events.renamed")?;
        }
        folder.sync()
    }
}
