//! The classifiers that ship with kycdrop, written out where a home has none yet.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::catalog::contract_classifiers;
use crate::disk;
use crate::fault;
use crate::regular_file;

use super::file::{ClassifierFile, is_classifier_file};
use super::parse::parse_file;
use super::problem::Refused;

macro_rules! shipped {
    ($($value:ident = $name:literal,)+) => {
        /// File name and text of every shipped classifier.
        pub const SHIPPED: &[(&str, &str)] = &[
            $((
                concat!($name, ".toml"),
                include_str!(concat!("../../classifiers/", $name, ".toml")),
            )),+
        ];
    };
}

contract_classifiers!(shipped);

/// The shipped classifiers by name, for the day `today` (`yyyy-MM-dd`, UTC).
///
/// # Errors
/// [`Refused`] when one of them cannot be read, which a test rules out.
pub fn shipped_files(today: &str) -> Result<Vec<ClassifierFile>, Refused> {
    let read = |(name, text): &(&str, &str)| parse_file(name, text, today).map_err(Refused);
    let mut files: Vec<ClassifierFile> = SHIPPED.iter().map(read).collect::<Result<_, _>>()?;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Writes the shipped classifiers into a folder that holds no classifier yet, as [`write_files`] does:
/// what is missing in a folder with even one is an error, since no customer should be validated
/// against values that the institution did not choose.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn write_shipped(folder: &Path) -> io::Result<bool> {
    write_files(folder, SHIPPED)
}

/// Writes shipped files, by name and text, into a folder that holds no TOML file yet. A folder with even
/// one is the institution's own and is left as it is.
///
/// They are written beside the folder and moved in once all are there, so that an interrupted start
/// leaves nothing that the next one would take for the institution's choice.
///
/// Returns whether it wrote them.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn write_files(folder: &Path, files: &[(&str, &str)]) -> io::Result<bool> {
    fs::create_dir_all(folder)?;
    let beside = folder.with_extension("part");
    let mut any = false;
    for entry in fs::read_dir(folder)? {
        any |= is_classifier_file(&entry?.path());
    }
    match (any, beside.exists()) {
        (true, false) => return Ok(false),
        // The moving was interrupted.
        (true, true) => {}
        (false, _) => {
            fs::create_dir_all(&beside)?;
            for (name, text) in files {
                fault::point("shipped.file")?;
                let mut file = regular_file::create(&beside.join(name))?;
                file.write_all(text.as_bytes())?;
                file.sync_all()?;
            }
            disk::sync_folder(&beside)?;
        }
    }
    for (name, _) in files {
        fault::point("shipped.move")?;
        match disk::rename_new(&beside.join(name), &folder.join(name)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    disk::sync_folder(folder)?;
    fs::remove_dir(&beside)?;
    Ok(true)
}
