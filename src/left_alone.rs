//! Names that are left alone, in the inbox and among the classifiers alike: what a writer has not
//! finished, and what editors, systems and sync programs leave behind.

use std::ffi::OsStr;

/// Endings, after the last dot, in any case.
pub const ENDINGS: &[&str] = &[
    "tmp",
    "part",
    "partial",
    "filepart",
    "crdownload",
    "crswap",
    "swp",
    "bak",
];

/// Beginnings. `.` covers `.DS_Store`, `._x`, `.#x`, `.x.swp`; `~` covers `~$x`.
pub const BEGINNINGS: &[&str] = &[".", "~"];

/// Whole names, in any case.
pub const NAMES: &[&str] = &["thumbs.db", "ehthumbs.db", "desktop.ini"];

/// Whether a file or folder of this name is left alone.
pub fn is_left_alone(name: &OsStr) -> bool {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_left_alone_and_ordinary_names_are_not() {
        for name in [
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
        ] {
            assert!(is_left_alone(OsStr::new(name)), "{name}");
        }
        for name in [
            "x.json",
            "x",
            "tmp",
            "part.json",
            "x.tmp.json",
            "#1.json",
            "bak",
            "X.JSON",
        ] {
            assert!(!is_left_alone(OsStr::new(name)), "{name}");
        }
    }
}
