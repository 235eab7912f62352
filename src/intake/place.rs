//! Names for what is put down: responses that overwrite none that was not read, archived files
//! that overwrite nothing at all.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::answer_name::RESPONSE_ENDING;
use crate::clock;
use crate::disk;
use crate::fault;
use crate::folder::{Folder, Gives, Root};
use crate::trouble::{Result, Trouble};

use super::claim::Claim;

/// The longest name that file systems take, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Names given to responses that are not published yet, so that no two files of one group get the
/// same.
#[derive(Default)]
pub struct ReservedNames(HashSet<PathBuf>);

/// A free name below the outbox for the response to a claim: `x.response.json`, or
/// `x~2.response.json` while that one was not read.
pub fn response_name(outbox: &Root, claim: &Claim, taken: &mut ReservedNames) -> PathBuf {
    let name = claim.file_name();
    let folder = claim.answer_folder();
    // Where it is not made yet, every name is free. What is in its way is dealt with when the response
    // is put out.
    let there = outbox.open().and_then(|outbox| outbox.below(&folder));
    let mut number = 1u64;
    loop {
        let answer = answer_name(&name, number);
        // Where that cannot be seen, putting it out finds out.
        let is_taken = |there: &Folder| there.has(OsStr::new(&answer)).unwrap_or(false);
        let free = there.as_ref().map_or(true, |there| !is_taken(there));
        let relative = folder.join(answer);
        if free && taken.0.insert(relative.clone()) {
            return relative;
        }
        number += 1;
    }
}

/// The name of the answer to a file of this name, and of the next answers while that is not read.
/// No two names ever have an answer's name in common, so that nobody reads what another waits for:
///
/// | file | first answer | second |
/// | --- | --- | --- |
/// | `x.json` | `x.response.json` | `x~2.response.json` |
/// | `x`, or any other that does not end in `.json` | `x~1.response.json` | `x~1~2.response.json` |
///
/// A name that could be taken for one with a number behind it, that is not UTF-8 or that is too long
/// is not whole in its answer's name: a hash of it is.
fn answer_name(name: &OsStr, number: u64) -> String {
    let text = name.to_string_lossy();
    let (stem, mut mark) = match text.strip_suffix(".json") {
        Some(stem) => (stem, String::new()),
        None => (&*text, "~1".to_owned()),
    };
    if number > 1 {
        mark += &format!("~{number}");
    }
    let end = format!("{mark}{RESPONSE_ENDING}");
    let whole = name.to_str().is_some() && !is_marked(stem);
    if whole && stem.len() + end.len() <= MAX_NAME_BYTES {
        return format!("{stem}{end}");
    }
    #[expect(clippy::indexing_slicing, reason = "a digest has 32 bytes")]
    let hash = crate::hex(&Sha256::digest(name.as_encoded_bytes())[..HASH_BYTES]);
    let keep = stem.floor_char_boundary(MAX_NAME_BYTES - end.len() - hash.len() - 1);
    format!("{}~{hash}{end}", stem.get(..keep).unwrap_or_default())
}

/// The bytes of a name's hash that are in an answer's name, as twice as many digits.
const HASH_BYTES: usize = 16;

/// Whether it ends like a name with a number or a hash behind it.
fn is_marked(stem: &str) -> bool {
    stem.rsplit_once('~').is_some_and(|(_, end)| {
        let number = !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit());
        let hash = end.len() == 2 * HASH_BYTES && end.bytes().all(|b| b.is_ascii_hexdigit());
        number || hash
    })
}

/// A folder below another one, made where it is missing. Where something else has the name of one of
/// the folders on the way (a file, a link), that one gets a name with a number: `sub.2`. Returns the
/// way that was taken, too.
///
/// # Errors
/// When it cannot be made.
pub fn make_beside(root: &Folder, relative: &Path) -> io::Result<(Folder, PathBuf)> {
    let (mut at, mut way) = (root.below(Path::new(""))?, PathBuf::new());
    for part in relative {
        let mut name = part.to_owned();
        let mut number = 1u64;
        at = loop {
            match at.make(Path::new(&name)) {
                Err(e) if disk::is_no_folder(&e) => {
                    number += 1;
                    name = numbered(part, number);
                }
                made => break made?,
            }
        };
        way.push(name);
    }
    Ok((at, way))
}

/// Puts the source of a claim into a folder by day and endpoint. Where a name is taken, that of the
/// file or of a folder on the way, a number comes in front of its ending. The inner error is that of
/// this file alone.
///
/// # Errors
/// When nothing can be put away: the folder of the day cannot be made, or the disk is full.
pub fn archive_source(root: &Root, claim: &Claim) -> Result<io::Result<()>> {
    let day = clock::day(&claim.received_at);
    let of_day = root.path().join(day);
    let to_error = |e: io::Error| Trouble::io("archiving to", &of_day, &e);
    let open = root.open().map_err(to_error)?;
    let (to, _) = make_beside(&open, Path::new(day)).map_err(to_error)?;
    match put_into(&to, claim) {
        Err(e) if disk::concerns_all(&e) || to.gives() == Gives::Nothing => Err(to_error(e)),
        put => Ok(put),
    }
}

fn put_into(of_day: &Folder, claim: &Claim) -> io::Result<()> {
    let (to, _) = make_beside(of_day, &claim.answer_folder())?;
    let from = claim.source_folder()?;
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
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                // After a power cut some file systems have a file under its old name and its new one.
                if from.is_same_file(&name, &to, &target) {
                    return from.remove(&name);
                }
                number += 1;
            }
            moved => return moved,
        }
    }
}

/// The longest ending that a number comes in front of; what is longer is part of the name.
const MAX_ENDING_BYTES: usize = 32;

/// `x.json` and 2 are `x.2.json`.
pub(super) fn numbered(name: &OsStr, number: u64) -> OsString {
    let path = Path::new(name);
    let ending = path.extension().and_then(OsStr::to_str);
    match (path.file_stem(), ending) {
        (Some(stem), Some(ending)) if ending.len() <= MAX_ENDING_BYTES => {
            with_suffix(stem, &format!(".{number}.{ending}"))
        }
        _ => with_suffix(name, &format!(".{number}")),
    }
}

/// The stem with a suffix behind it, shortened where the whole would be too long for a name.
pub fn with_suffix(stem: &OsStr, suffix: &str) -> OsString {
    if stem.len() + suffix.len() <= MAX_NAME_BYTES {
        let mut name = stem.to_owned();
        name.push(suffix);
        return name;
    }
    let text = stem.to_string_lossy();
    let keep = text.floor_char_boundary(MAX_NAME_BYTES - suffix.len());
    OsString::from(format!("{}{suffix}", text.get(..keep).unwrap_or_default()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_folder_whose_name_is_taken_gets_a_number() {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        std::fs::create_dir(at("outside")).unwrap();
        std::fs::create_dir(at("root")).unwrap();
        std::fs::write(at("root/file"), "").unwrap();
        std::os::unix::fs::symlink(at("outside"), at("root/link")).unwrap();
        let root = Folder::open(&at("root")).unwrap();
        for (way, made) in [("link/b", "link.2/b"), ("file", "file.2"), ("new", "new")] {
            assert_eq!(
                make_beside(&root, Path::new(way)).unwrap().1,
                Path::new(made)
            );
            assert!(at("root").join(made).is_dir());
        }
        assert_eq!(std::fs::read_dir(at("outside")).unwrap().count(), 0);
    }

    #[test]
    fn names_keep_their_stem_and_fit() {
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
        let name = with_suffix(OsStr::new(&long), ".2");
        assert!(name.len() <= 255 && name.to_str().is_some_and(|n| n.ends_with("ž.2")));
    }

    /// Names that look like answers, numbers and hashes of each other.
    fn name() -> impl Strategy<Value = Vec<u8>> {
        let hash = crate::hex(&Sha256::digest(b"x.json")[..HASH_BYTES]);
        let piece = prop_oneof![
            Just("x".to_owned()),
            Just("ž".repeat(60)),
            Just(".".to_owned()),
            Just(".json".to_owned()),
            Just(".JSON".to_owned()),
            Just(".response".to_owned()),
            Just(".response.json".to_owned()),
            Just("~2".to_owned()),
            Just("~1".to_owned()),
            Just(format!("~{hash}")),
        ];
        let pieces = prop::collection::vec(piece, 1..7);
        (pieces, prop::option::of(128u8..255)).prop_map(|(pieces, odd)| {
            let mut name = pieces.concat().into_bytes();
            name.truncate(MAX_NAME_BYTES);
            name.extend(odd);
            name.truncate(MAX_NAME_BYTES);
            name
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_two_names_have_an_answers_name_in_common(
            names in prop::collection::vec(name(), 100)
        ) {
            use std::os::unix::ffi::OsStrExt;
            let mut taken = HashMap::new();
            for of in names.iter().flat_map(|name| [1, 2, 12].map(|n| (name, n))) {
                let answer = answer_name(OsStr::from_bytes(of.0), of.1);
                prop_assert!(answer.len() <= MAX_NAME_BYTES);
                let first = *taken.entry(answer).or_insert(of);
                prop_assert_eq!(first, of, "have an answer's name in common");
            }
        }
    }
}
