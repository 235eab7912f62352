//! The worklist of a file with rejected customers, on its way into the outbox. It is out before the
//! response is, so that whoever finds the response finds the worklist as well.
//!
//! ```text
//! work/<claim>/worklist.making/findings.csv    while it is written
//! work/<claim>/worklist/findings.csv           complete and not published yet
//! ```

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::answer_name::{RESPONSE_ENDING, WorklistFile};
use crate::config::Config;
use crate::disk;
use crate::explain::{Explainer, Worklist};
use crate::fault;
use crate::folder::Folder;
use crate::history::ask::batch;
use crate::history::{History, Written};
use crate::intake::{Claim, WORKLIST, with_suffix};
use crate::regular_file;
use crate::trouble::{Result, Trouble};

/// The folder of one that is being written.
const MAKING: &str = "worklist.making";

/// Writes worklists. It keeps the classifiers of the last one.
pub(super) struct Worklists {
    files: Vec<WorklistFile>,
    separator: u8,
    explainer: Option<(Option<i64>, Explainer)>,
}

impl Worklists {
    pub(super) fn new(config: &Config) -> Worklists {
        let asked_for = |file: &WorklistFile| config.worklist.contains(file);
        Worklists {
            files: WorklistFile::ALL.into_iter().filter(asked_for).collect(),
            separator: config.csv_separator.byte(),
            explainer: None,
        }
    }

    /// Writes the worklist of a batch in the claim's folder, unless it is complete there or nothing was
    /// rejected. Returns the files, which must be durable before it is [`complete`].
    ///
    /// # Errors
    /// When the history cannot be read, or a file not written.
    pub(super) fn make(
        &mut self,
        history: &History,
        pool: &rayon::ThreadPool,
        claim: &Claim,
        written: &Written,
    ) -> Result<Vec<PathBuf>> {
        if self.files.is_empty() || written.rejected == 0 || claim.has_worklist()? {
            return Ok(Vec::new());
        }
        let folder = claim.folder().join(MAKING);
        let to_error = |e: io::Error| Trouble::io("writing", &folder, &e);
        // What an earlier process left may be cut short.
        disk::if_there(fs::remove_dir_all(&folder)).map_err(to_error)?;
        fs::create_dir_all(&folder).map_err(to_error)?;
        let paths = self.files.iter().map(|file| folder.join(file.name()));
        let paths: Vec<PathBuf> = paths.collect();
        let places: io::Result<Vec<File>> = paths.iter().map(|p| regular_file::create(p)).collect();
        let places = places.map_err(to_error)?.into_iter().map(BufWriter::new);
        let mut places: Vec<_> = self.files.iter().copied().zip(places).collect();

        let conn = history.connection();
        let batch = batch(conn, written.batch_id)?;
        let explainer = match self.explainer.take() {
            Some((set, explainer)) if set == batch.set_id => explainer,
            _ => Explainer::of_set(conn, batch.set_id)?,
        };
        let worklist = Worklist {
            batch: &batch,
            explainer: &explainer,
            pool,
            separator: self.separator,
            only: None,
        };
        worklist
            .write(conn, &mut places)
            .map_err(|e| e.at(&folder))?;
        self.explainer = Some((batch.set_id, explainer));
        fault::point("worklist.building").map_err(to_error)?;
        for (_, place) in &mut places {
            place.flush().map_err(to_error)?;
        }
        fault::point("worklist.built").map_err(to_error)?;
        Ok(paths)
    }
}

/// Notes that a worklist is complete and durable: from now on it is only moved.
pub(super) fn complete(claim: &Claim) -> Result<()> {
    let (from, to) = (claim.folder().join(MAKING), claim.worklist());
    fs::rename(&from, &to).map_err(|e| Trouble::io("renaming", &from, &e))?;
    fault::point("worklist.complete").map_err(|e| Trouble::io("renaming", &from, &e))
}

/// Moves a complete worklist into the folder that its response goes to, under the response's name:
/// beside `x.response.json` it is `x.findings.csv` and so on. Where one of these names is taken, by
/// the worklist of an earlier file whose response was fetched, all get the number of the batch:
/// `x~17.findings.csv`. What was moved before a crash decides, so that no half gets another name.
///
/// # Errors
/// When a file cannot be moved.
pub(super) fn put_out(
    claim: &Folder,
    to: &Folder,
    response: &OsStr,
    batch_id: i64,
) -> io::Result<()> {
    let from = match claim.below(Path::new(WORKLIST)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        from => from?,
    };
    let name = response.to_string_lossy();
    let stem = OsStr::new(name.strip_suffix(RESPONSE_ENDING).unwrap_or(&name));
    let numbered = with_suffix(stem, &format!("~{batch_id}"));
    let name = |stem: &OsStr, file: WorklistFile| with_suffix(stem, &format!(".{}", file.name()));
    let mut waiting = Vec::new();
    for file in WorklistFile::ALL {
        if from.has(OsStr::new(file.name()))? {
            waiting.push(file);
        }
    }
    // After a power cut some file systems have a file under its old name and its new one.
    let is_out =
        |file: WorklistFile, new: &OsStr| from.is_same_file(OsStr::new(file.name()), to, new);
    let mut takes_number = false;
    for file in WorklistFile::ALL {
        takes_number |= to.has(&name(&numbered, file))?;
    }
    for file in &waiting {
        let new = name(stem, *file);
        takes_number |= to.has(&new)? && !is_out(*file, &new);
    }
    let stem = if takes_number { &numbered } else { stem };
    for file in waiting {
        let (old, new) = (OsStr::new(file.name()), name(stem, file));
        let moved = fault::point("worklist.before").and_then(|()| from.rename_new(old, to, &new));
        match moved {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && is_out(file, &new) => {
                from.remove(old)?;
            }
            moved => moved?,
        }
        fault::point("worklist.renamed")?;
    }
    Ok(())
}
