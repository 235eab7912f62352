//! Answered files and the history that do not belong together: a backup was put in the place of a
//! newer history, a new one was begun beside a full archive, or `watch-dir` is an empty mount point.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::clock;
use crate::config::Home;
use crate::history;
use crate::left_alone::is_left_alone;
use crate::text::counted;
use crate::trouble::{Kind, Result, Trouble};

/// A start counts no more files than these: it must not wait for a large archive.
pub(crate) const AT_START: u64 = 20_000;

/// How many files lie in the archive that no batch of the history accounts for: each answered file has
/// a batch of the day on which it was taken. Looks at the newest days first, and at about `most` files.
///
/// # Errors
/// When the history cannot be read.
pub(crate) fn files(home: &Home, conn: &Connection, most: u64) -> Result<u64> {
    let mut days: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for root in [home.archive(), home.failed()] {
        for day in std::fs::read_dir(root).into_iter().flatten().flatten() {
            let name = day.file_name().to_string_lossy().into_owned();
            // Whoever tidies up may make folders of another kind.
            if clock::is_day(&name) {
                days.entry(name).or_default().push(day.path());
            }
        }
    }
    let mut select =
        conn.prepare("SELECT coalesce(sum(files), 0) FROM v_file_volume WHERE day = ?1")?;
    let (mut seen, mut unaccounted) = (0, 0);
    for (day, folders) in days.iter().rev() {
        let before = seen;
        folders.iter().for_each(|f| count(f, &mut seen, most));
        let known: u64 = select.query_row([day], |r| r.get(0))?;
        unaccounted += (seen - before).saturating_sub(known);
        if seen >= most {
            break;
        }
    }
    Ok(unaccounted)
}

fn count(folder: &Path, files: &mut u64, most: u64) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if *files >= most {
            return;
        }
        match entry.file_type() {
            Ok(t) if t.is_dir() => count(&entry.path(), files, most),
            Ok(_) if !is_left_alone(&entry.file_name()) => *files += 1,
            _ => {}
        }
    }
}

/// What to say about so many files; None where there are none.
pub(crate) fn warning(files: u64) -> Option<String> {
    (files > 0).then(|| {
        format!(
            "{} not in the history, which may have been replaced by a backup or a new one: drop what is missing again to record it, or move it elsewhere",
            counted(files, "answered file in the archive is", "answered files in the archive are")
        )
    })
}

/// Refuses a home whose `watch-dir` is there and has none of its folders although files were answered
/// from it: its file system may not be mounted, and answers would go where nobody looks. Where there is
/// no `watch-dir` at all, nothing can be mounted: a history was brought to a new home.
///
/// # Errors
/// When that is so.
pub(crate) fn refuse_empty_watch_dir(home: &Home) -> Result<()> {
    let folders = [
        home.inbox(),
        home.work(),
        home.outbox(),
        home.archive(),
        home.failed(),
    ];
    let empty = home.watch_dir().exists() && !folders.iter().any(|folder| folder.exists());
    if !empty || !history::has_batches(&home.database()) {
        return Ok(());
    }
    Err(Trouble::new(
        Kind::Setup,
        format!(
            "{} is empty, and files were answered from it: its file system may not be mounted",
            home.watch_dir().display()
        ),
        format!(
            "mount it and start again; to start with an empty one on purpose, create the folder {}",
            home.inbox().display()
        ),
    ))
}
