//! The places of customers in the file that they came in, while it is in the archive: the history
//! keeps each customer's text, not its place.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::catalog::Endpoint;
use crate::config::Home;
use crate::disk;
use crate::hashing::hash_file;
use crate::history::ask::Batch;
use crate::position::{Position, Positions};
use crate::request::{Body, Limits, Splitter};
use crate::trouble::Result;

/// What the history says of the file of a batch.
struct Wanted {
    /// The folder that it was put into, or into one below it.
    folder: PathBuf,
    name: String,
    bytes: u64,
    sha256: String,
}

impl Wanted {
    fn of(home: &Home, conn: &Connection, batch_id: i64) -> Result<Wanted> {
        let sql = "SELECT status, substr(received_at, 1, 10), endpoint, file_name, bytes, sha256
                   FROM v_batch WHERE batch_id = ?1";
        Ok(conn.query_row(sql, [batch_id], |r| {
            let (day, endpoint): (String, String) = (r.get(1)?, r.get(2)?);
            let root = match r.get(0)? {
                200 => home.archive(),
                _ => home.failed(),
            };
            Ok(Wanted {
                folder: root.join(day).join(endpoint),
                name: r.get(3)?,
                bytes: r.get(4)?,
                sha256: r.get(5)?,
            })
        })?)
    }

    fn is(&self, path: &Path, metadata: &Metadata) -> bool {
        metadata.len() == self.bytes && hash_file(path).is_ok_and(|f| f.sha256 == self.sha256)
    }
}

/// The archived file of a batch: the one with the same bytes. None where somebody took it away.
///
/// # Errors
/// When the history cannot be read.
pub(crate) fn file_of(home: &Home, conn: &Connection, batch_id: i64) -> Result<Option<PathBuf>> {
    let wanted = Wanted::of(home, conn, batch_id)?;
    Ok(find(&wanted.folder, &|path, metadata| {
        wanted.is(path, metadata)
    }))
}

/// A larger file is not read for the places of a few customers.
const MAX_READ_FOR_PLACES: u64 = 4 << 20;

/// Where customers begin in the archived file of a batch, as [`places`] has them. None are found where that
/// would take long: in a large file, or one that is in the archive under another name.
///
/// # Errors
/// When the history cannot be read.
pub(crate) fn begins_of(
    home: &Home,
    conn: &Connection,
    batch: &Batch,
    positions: &[u64],
) -> Result<Vec<(u64, Position)>> {
    let wanted = Wanted::of(home, conn, batch.batch_id)?;
    let path = wanted.folder.join(&wanted.name);
    let is_found = wanted.bytes <= MAX_READ_FOR_PLACES
        && path.symlink_metadata().is_ok_and(|m| wanted.is(&path, &m));
    Ok(match is_found {
        true => places(&path, &batch.endpoint, positions),
        false => Vec::new(),
    })
}

/// The first file below a folder that is the wanted one.
fn find(folder: &Path, is: &dyn Fn(&Path, &Metadata) -> bool) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).find_map(|path| {
        let metadata = path.symlink_metadata().ok()?;
        match metadata.is_dir() {
            true => find(&path, is),
            false => is(&path, &metadata).then_some(path),
        }
    })
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
