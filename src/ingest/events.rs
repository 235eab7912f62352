//! The files of events in the outbox: each is replaced whole, so that a reader sees the list of before
//! or the new one.

use std::ffi::{OsStr, OsString};
use std::fs::File;
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

/// The beginning of the names in `work` under which files of events are written.
const MAKING: &str = "events.making";

impl Engine {
    /// Writes the files of events that do not have all of their events. They are out before the answers,
    /// so that whoever finds an answer finds them too. One with something else in its place is tried again
    /// with the next answer.
    ///
    /// # Errors
    /// When the history cannot be read, or no file can be written.
    pub(super) fn publish_events(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let waiting = self.history.unpublished_events(after, GROUP_FILES as u32)?;
            let all = waiting.len() < GROUP_FILES;
            after = waiting.last().map_or(after, |file| file.file_id);
            // Those that are out are marked later.
            let new: Vec<EventFile> = waiting
                .into_iter()
                .filter(|file| !self.events_out.contains(file))
                .collect();
            if !new.is_empty() {
                self.write_events(new)?;
            }
            if all {
                return Ok(());
            }
        }
    }

    fn write_events(&mut self, files: Vec<EventFile>) -> Result<()> {
        let bodies = files.iter().map(|file| self.history.events_body(file));
        let bodies = bodies.collect::<Result<Vec<String>>>()?;
        let out = self.put_out_events(files, &bodies).map_err(|e| {
            let folder = self.roots.outbox.path().join(EVENTS_FOLDER);
            Trouble::io("writing", &folder, &e)
        })?;
        self.events_out.extend(out);
        Ok(())
    }

    /// Writes files, waiting for the disk once. Returns those that are out.
    fn put_out_events(
        &self,
        files: Vec<EventFile>,
        bodies: &[String],
    ) -> io::Result<Vec<EventFile>> {
        let (folder, way) = make_beside(&self.roots.outbox.open()?, Path::new(EVENTS_FOLDER))?;
        if folder.gives() == Gives::Nothing {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        let work = self.roots.work.open()?;
        let making = |i: usize| OsString::from(format!("{MAKING}.{i}"));
        let mut open = Vec::new();
        for (i, body) in bodies.iter().enumerate() {
            // After a power cut it may be another name of one that is out.
            if let Err(e) = work.remove(&making(i))
                && e.kind() != io::ErrorKind::NotFound
            {
                return Err(e);
            }
            let mut file = regular_file::create(&self.roots.work.path().join(making(i)))?;
            file.write_all(body.as_bytes())?;
            open.push(file);
        }
        disk::side_by_side(&open, File::sync_all)?;
        let mut out = Vec::new();
        for (i, file) in files.into_iter().enumerate() {
            fault::point("events.written")?;
            match work.rename_over(&making(i), &folder, OsStr::new(&file.name)) {
                Err(e) if disk::concerns_all(&e) => return Err(e),
                Err(e) => {
                    let place = self.roots.outbox.path().join(&way).join(&file.name);
                    let trouble = Trouble::io("writing", &place, &e);
                    tracing::warn!("{trouble}\n  it is written with the next answer");
                    work.remove(&making(i))?;
                }
                Ok(()) => out.push(file),
            }
            fault::point("events.renamed")?;
        }
        folder.sync()?;
        Ok(out)
    }
}
