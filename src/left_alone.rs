//! Names that are left alone, in the inbox, among the classifiers and among the screening lists alike:
//! what a writer has not finished, and what editors, systems and sync programs leave behind.

use std::ffi::OsStr;
use std::path::Path;

/// Endings, after the last dot, in any case.
pub(crate) const ENDINGS: &[&str] = &[
    "tmp",
    "part",
    "partial",
    "filepart",
    "crdownload",
    "crswap",
    "temp",
    "download",
    "opdownload",
    "aria2",
    "!ut",
    "lock",
    "swp",
    "swo",
    "swx",
    "bak",
    "old",
    "orig",
    "rej",
    "save",
];

/// Beginnings. `.` covers `.DS_Store`, `._x`, `.#x`, `.x.swp`; `~` covers `~$x`.
pub(crate) const BEGINNINGS: &[&str] = &[".", "~"];

/// Whole names, in any case.
pub(crate) const NAMES: &[&str] = &[
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "lost+found",
    "@eadir",
    "@recycle",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "system volume information",
    "__macosx",
];

/// What a sync program writes into the name of a copy that conflicts with another, in any case; a
/// day follows at once.
pub(crate) const CONFLICTS: &[&str] = &["conflicted copy ", ".sync-conflict-", "_conflict-"];

/// Whether a file or folder of this name is left alone.
pub(crate) fn is_left_alone(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let small = name.to_ascii_lowercase();
    let between_hashes = name.len() > 2 && name.starts_with('#') && name.ends_with('#');
    BEGINNINGS.iter().any(|b| name.starts_with(b))
        || name.ends_with('~')
        || between_hashes
        || NAMES.contains(&small.as_str())
        || small
            .rsplit_once('.')
            .is_some_and(|(_, ending)| ENDINGS.contains(&ending))
        || is_conflict_copy(&small)
}

/// The names in a folder, not below it, that are left alone; none where it cannot be read.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|e| e.file_name())
        .filter(|name| is_left_alone(name))
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Whether the name is that of `x (Name's conflicted copy 2024-01-01).json`,
/// `x.sync-conflict-20240101-120000-ABCDEFG.json` or `x_conflict-20240101-120000.json`.
fn is_conflict_copy(small: &str) -> bool {
    CONFLICTS.iter().any(|mark| {
        small.match_indices(mark).any(|(at, _)| {
            let after = small.get(at + mark.len()..).unwrap_or_default();
            let day = after.bytes().filter(|b| *b != b'-');
            let before = small.get(..at).unwrap_or_default();
            let in_its_place = mark.starts_with(['.', '_']) || before.contains('(');
            in_its_place && day.take(8).filter(u8::is_ascii_digit).count() == 8
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_documented_names_are_these() {
        let page = include_str!("../docs/OPERATIONS.md");
        let (_, section) = page
            .split_once("## Names that are left alone\n")
            .expect("the section");
        let (list, _) = section.split_once("\nEndings,").expect("its end");
        let documented: BTreeSet<&str> = list
            .lines()
            .filter_map(|line| line.strip_prefix("- ")?.split(": ").next())
            .flat_map(|names| names.split('`').skip(1).step_by(2))
            .filter(|name| !name.contains("DATE"))
            .collect();
        let known: BTreeSet<String> = (BEGINNINGS.iter().map(|b| format!("{b}*")))
            .chain(ENDINGS.iter().map(|e| format!("*.{e}")))
            .chain(NAMES.iter().map(|n| n.replace('\r', "\\r")))
            .chain(["*~".into(), "#*#".into()])
            .collect();
        assert_eq!(documented, known.iter().map(String::as_str).collect());
        for mark in CONFLICTS {
            assert!(list.contains(&format!("{mark}DATE")), "{mark}");
        }
    }

    const LEFTOVERS: &[&str] = &[
        ".x.json",
        "~x.json",
        "x.json.tmp",
        "x.PART",
        "a.partial",
        "a.filepart",
        "a.crdownload",
        "x.json~",
        "#x.json#",
        "x.json.bak",
        "x.crswap",
        "~$x.json",
        ".#x.json",
        "._x.json",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        ".x.json.swp",
        "x (conflicted copy 2024-01-01).json",
        "x (Anna's conflicted copy 2024-01-01).json",
        "x (conflicted copy 2024-01-01 120000).json",
        "x.sync-conflict-20240101-120000-ABCDEFG.json",
        "x_conflict-20240101-120000.json",
        "x.json.orig",
        "x.json.rej",
        "x.json.old",
        "x.json.save",
        "x.json.lock",
        "x.json.download",
        "x.json.!ut",
        "x.TEMP",
        "Icon\r",
        "lost+found",
        "@eaDir",
        "#recycle",
        "$RECYCLE.BIN",
        "System Volume Information",
        "__MACOSX",
    ];

    const ORDINARY: &[&str] = &[
        "x.json",
        "x",
        "tmp",
        "part.json",
        "x.tmp.json",
        "#1.json",
        "bak",
        "X.JSON",
        "conflicted copy.json",
        "conflicted copy 2024-01-01.json",
        "x (conflicted copy of anna).json",
        "x.sync-conflict.json",
        "x.sync-conflict-12.json",
        "x (2024-01-01).json",
        "Icon",
        "icon.json",
        "lost+found.json",
        "x - Copy.json",
        "x (1).json",
        "x_conflict-anna.json",
        "old.json",
    ];

    #[test]
    fn leftovers_are_left_alone_and_ordinary_names_are_not() {
        for name in LEFTOVERS {
            assert!(is_left_alone(OsStr::new(name)), "{name}");
        }
        for name in ORDINARY {
            assert!(!is_left_alone(OsStr::new(name)), "{name}");
        }
    }
}
