//! The places of customers in the file that they came in, while it is in the archive: the history
//! keeps each customer's text, not its place.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::catalog::Endpoint;
use crate::config::Home;
use crate::disk;
use crate::hashing::hash_file;
use crate::position::{Position, Positions};
use crate::request::{Body, Limits, Splitter};
use crate::trouble::Result;

/// The archived file of a batch: the one with the same bytes. None where somebody took it away.
///
/// # Errors
/// When the history cannot be read.
pub(crate) fn file_of(home: &Home, conn: &Connection, batch_id: i64) -> Result<Option<PathBuf>> {
    let sql = "SELECT status, substr(received_at, 1, 10), endpoint, bytes, sha256
               FROM v_batch WHERE batch_id = ?1";
    let (status, day, folder, bytes, sha256): (u16, String, String, u64, String) =
        conn.query_row(sql, [batch_id], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
        })?;
    let root = match status {
        200 => home.archive(),
        _ => home.failed(),
    };
    let entries = std::fs::read_dir(root.join(day).join(folder));
    let found = entries.into_iter().flatten().flatten().find(|entry| {
        let same_size = entry.metadata().is_ok_and(|m| m.len() == bytes);
        same_size && hash_file(&entry.path()).is_ok_and(|found| found.sha256 == sha256)
    });
    Ok(found.map(|entry| entry.path()))
}

/// Where the customers at these positions, in rising order, begin in a file. Those that cannot be
/// found are left out, and so are all after them.
pub(crate) fn places(path: &Path, endpoint: &str, positions: &[u64]) -> Vec<(u64, Position)> {
    let mut places = Vec::new();
    let (Some(endpoint), Ok(file), Ok(again)) = (
        Endpoint::from_name(endpoint),
        disk::open_regular(path),
        disk::open_regular(path),
    ) else {
        return places;
    };
    let body = match endpoint.is_batch() {
        true => Body::List,
        false => Body::Single,
    };
    let mut splitter = Splitter::new(file, body, Limits::default());
    let mut file_positions = Positions::new(again);
    let mut wanted = positions.iter().copied().peekable();
    while let Ok(Some(chunk)) = splitter.next_chunk() {
        while let Some(position) = wanted.peek().copied() {
            let i = position.saturating_sub(chunk.first) as usize;
            let Some(element) = chunk.elements.get(i) else {
                break;
            };
            let offset = chunk.offset + u64::from(element.start);
            let Ok(begins) = file_positions.of(offset) else {
                return places;
            };
            places.push((position, begins));
            wanted.next();
        }
        if wanted.peek().is_none() {
            break;
        }
    }
    places
}
