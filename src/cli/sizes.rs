//! How much lies in a folder, counted for a limited time.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::HumanBytes;

use crate::disk;
use crate::text::counted;

/// How long a folder is counted.
pub(super) const MOMENT: Duration = Duration::from_secs(3);

/// The files of a folder and the folders in it.
#[derive(Default)]
pub(super) struct Size {
    files: u64,
    bytes: u64,
    /// There is more: the time was over, or a folder cannot be read.
    is_cut: bool,
}

impl Size {
    /// Counts the files below a folder until this moment. A folder that is missing has none. Links are
    /// not followed.
    pub(super) fn of(folder: &Path, until: Instant) -> Size {
        let mut size = Size::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = disk::if_there(fs::read_dir(folder)) else {
                size.is_cut = true;
                continue;
            };
            for entry in entries.into_iter().flatten().flatten() {
                if Instant::now() >= until {
                    size.is_cut = true;
                    return size;
                }
                match entry.metadata() {
                    Ok(found) if found.is_dir() => folders.push(entry.path()),
                    Ok(found) => {
                        size.files += 1;
                        size.bytes += found.len();
                    }
                    Err(_) => {}
                }
            }
        }
        size
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.is_cut { "more than " } else { "" };
        let files = counted(self.files, "file", "files");
        write!(f, "{more}{files}, {}", HumanBytes(self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_cut_says_more_than() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("day")).expect("a folder");
        fs::write(dir.path().join("day/x"), [0; 2048]).expect("a file");
        let later = Instant::now() + Duration::from_secs(600);
        assert_eq!(Size::of(dir.path(), later).to_string(), "1 file, 2.00 KiB");
        let cut = Size::of(dir.path(), Instant::now()).to_string();
        assert_eq!(cut, "more than 0 files, 0 B");
        let unreadable = Size::of(&dir.path().join("x".repeat(300)), later).to_string();
        assert_eq!(unreadable, "more than 0 files, 0 B");
        let none = Size::of(&dir.path().join("none"), later).to_string();
        assert_eq!(none, "0 files, 0 B");
    }
}
