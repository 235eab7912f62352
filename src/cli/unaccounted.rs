//! Answered files that the history does not know: a backup was put in the place of a newer history,
//! or a new one was begun beside a full archive.

use std::path::Path;

use rusqlite::Connection;

use crate::config::Home;
use crate::trouble::Result;

/// No more files than these are counted: a start must not wait for a large archive.
const MAX_FILES: u64 = 100_000;

/// How many files lie in the archive that no batch of the history accounts for, as far as the days
/// since its newest batch show: each answered file has a batch of the day on which it was taken.
///
/// # Errors
/// When the history cannot be read.
pub fn files(home: &Home, conn: &Connection) -> Result<u64> {
    let newest: String = conn.query_row(
        "SELECT coalesce(max(substr(received_at, 1, 10)), '') FROM batch",
        [],
        |r| r.get(0),
    )?;
    let known: u64 = conn.query_row(
        "SELECT count(*) FROM batch WHERE received_at >= ?1",
        [&newest],
        |r| r.get(0),
    )?;
    let mut there = 0;
    for root in [home.archive(), home.failed()] {
        for day in std::fs::read_dir(root).into_iter().flatten().flatten() {
            if *day.file_name().to_string_lossy() >= *newest {
                count(&day.path(), &mut there);
            }
        }
    }
    Ok(there.saturating_sub(known))
}

fn count(folder: &Path, files: &mut u64) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if *files >= MAX_FILES {
            return;
        }
        match entry.file_type() {
            Ok(t) if t.is_dir() => count(&entry.path(), files),
            Ok(_) => *files += 1,
            Err(_) => {}
        }
    }
}

/// What to say about so many files; None where there are none.
pub fn warning(files: u64) -> Option<String> {
    (files > 0).then(|| {
        format!(
            "{files} answered files in the archive are not in the history: a backup may have been put in its place, or a new history begun; drop them again to have them in it"
        )
    })
}
