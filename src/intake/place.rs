//! Names for what is put down: responses that overwrite none that was not read, archived files
//! that overwrite nothing at all.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::clock;
use crate::fault;
use crate::folder::Folder;
use crate::trouble::{Result, Trouble};

use super::claim::Claim;

/// The longest name that file systems take, in bytes.
const LONGEST_NAME: usize = 255;

/// Names given to responses that are not published yet, so that no two files of one group get the
/// same.
#[derive(Default)]
pub struct NameBook(HashSet<PathBuf>);

/// A free name below the outbox for the response to a claim: `x.response.json`, or
/// `x.2.response.json` while that one was not read.
pub fn response_name(outbox: &Path, claim: &Claim, taken: &mut NameBook) -> PathBuf {
    let name = claim.file_name();
    let folder = claim.answer_folder();
    // Where it is not made yet, every name is free. What is in the way there is told of when the
    // response is put out.
    let there = Folder::open(outbox).and_then(|outbox| outbox.below(&folder));
    let mut number = 1u64;
    loop {
        let suffix = match number {
            1 => ".response.json".to_owned(),
            n => format!(".{n}.response.json"),
        };
        let answer = with_suffix(without_json(&name), &suffix);
        let free = there.as_ref().map_or(true, |there| !there.has(&answer));
        let relative = folder.join(answer);
        if free && taken.0.insert(relative.clone()) {
            return relative;
        }
        number += 1;
    }
}

/// Puts the source of a claim into a folder by day and endpoint. Where a name is taken, of the file
/// or of a folder on the way, a number comes in front of its ending.
///
/// # Errors
/// When it cannot be moved.
pub fn archive_source(root: &Path, claim: &Claim) -> Result<()> {
    let way = Path::new(clock::day(&claim.received_at)).join(claim.answer_folder());
    let open = || {
        let (folder, _) = Folder::open(root)?.make_beside(&way)?;
        Ok((claim.source_folder()?, folder))
    };
    let (from, to) = open().map_err(|e| Trouble::io("making", &root.join(&way), &e))?;
    let name = claim.file_name();
    let mut number = 1u64;
    loop {
        let target = match number {
            1 => name.clone(),
            n => numbered(&name, n),
        };
        let moved = fault::point("archive.before")
            .and_then(|()| from.rename_new(&name, &to, &target))
            .and_then(|()| fault::point("archive.after"));
        match moved {
            Ok(()) => return Ok(()),
            // After a power cut some file systems have a file under its old name and its new one.
            Err(e)
                if e.kind() == io::ErrorKind::AlreadyExists
                    && from.is_same_file(&name, &to, &target) =>
            {
                let removed = from.remove(&name);
                return removed.map_err(|e| Trouble::io("archiving", &claim.source(), &e));
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(e) => return Err(Trouble::io("archiving to", &to.path().join(target), &e)),
        }
    }
}

/// The longest ending that a number comes in front of; what is longer is part of the name.
const LONGEST_ENDING: usize = 32;

/// `x.json` and 2 are `x.2.json`.
pub(crate) fn numbered(name: &OsStr, number: u64) -> OsString {
    let path = Path::new(name);
    let ending = path.extension().and_then(OsStr::to_str);
    match (path.file_stem(), ending) {
        (Some(stem), Some(ending)) if ending.len() <= LONGEST_ENDING => {
            with_suffix(stem, &format!(".{number}.{ending}"))
        }
        _ => with_suffix(name, &format!(".{number}")),
    }
}

fn without_json(name: &OsStr) -> &OsStr {
    let path = Path::new(name);
    match (path.file_stem(), path.extension()) {
        (Some(stem), Some(ending)) if ending.eq_ignore_ascii_case("json") => stem,
        _ => name,
    }
}

/// The stem with a suffix behind it, shortened where the whole would be too long for a name.
fn with_suffix(stem: &OsStr, suffix: &str) -> OsString {
    if stem.len() + suffix.len() <= LONGEST_NAME {
        let mut name = stem.to_owned();
        name.push(suffix);
        return name;
    }
    let text = stem.to_string_lossy();
    let mut keep = LONGEST_NAME - suffix.len();
    while !text.is_char_boundary(keep) {
        keep -= 1;
    }
    OsString::from(format!("{}{suffix}", &text[..keep]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_stem_and_fit() {
        assert_eq!(without_json(OsStr::new("x.JSON")), "x");
        assert_eq!(without_json(OsStr::new("x.txt")), "x.txt");
        assert_eq!(numbered(OsStr::new("x.json"), 2), "x.2.json");
        assert_eq!(numbered(OsStr::new("x"), 3), "x.3");
        for long in [
            format!("a.{}", "x".repeat(253)),
            format!("{}.json", "x".repeat(250)),
        ] {
            let name = numbered(OsStr::new(&long), 12);
            assert!(name.len() <= 255 && name != OsStr::new(&long), "{name:?}");
        }
        let long = "ž".repeat(127);
        let name = with_suffix(OsStr::new(&long), ".response.json");
        assert!(name.len() <= 255 && name.to_str().unwrap().ends_with("ž.response.json"));
    }
}
