//! Where customers stand in the file that they came in, as long as it is in the archive: the history
//! keeps each customer's text, not its place.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;

use crate::catalog::Endpoint;
use crate::config::Home;
use crate::disk;
use crate::ingest::FileHash;
use crate::request::{Body, Limits, Splitter};
use crate::trouble::Result;

/// A place in a file, from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    /// The place of what stands there in a text that begins here.
    pub fn of(self, line: usize, column: usize) -> Place {
        Place {
            line: self.line + line - 1,
            column: match line {
                1 => self.column + column - 1,
                _ => column,
            },
        }
    }
}

/// The archived file of a batch: the one with the same bytes. None where somebody took it away.
///
/// # Errors
/// When the history cannot be read.
pub(super) fn file_of(home: &Home, conn: &Connection, batch_id: i64) -> Result<Option<PathBuf>> {
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
        let hash = || FileHash::new(&entry.path()).read_whole();
        same_size && hash().is_ok_and(|facts| facts.sha256 == sha256)
    });
    Ok(found.map(|entry| entry.path()))
}

/// Where the customers at these positions, in rising order, begin in a file. Those that cannot be
/// found are left out, and so are all after them.
pub(super) fn places(path: &Path, endpoint: &str, positions: &[u64]) -> Vec<(u64, Place)> {
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
    let mut walk = Walk::begin(again);
    let mut wanted = positions.iter().copied().peekable();
    while let Ok(Some(chunk)) = splitter.next_chunk() {
        while let Some(position) = wanted.peek().copied() {
            let i = position.saturating_sub(chunk.first) as usize;
            let Some(element) = chunk.elements.get(i) else {
                break;
            };
            let Some(place) = walk.to(chunk.offset + u64::from(element.start)) else {
                return places;
            };
            places.push((position, place));
            wanted.next();
        }
        if wanted.peek().is_none() {
            break;
        }
    }
    places
}

/// Counts lines and columns on the way through a file.
struct Walk {
    bytes: std::io::Bytes<BufReader<File>>,
    at: u64,
    place: Place,
}

impl Walk {
    fn begin(file: File) -> Walk {
        Walk {
            bytes: BufReader::new(file).bytes(),
            at: 0,
            place: Place { line: 1, column: 1 },
        }
    }

    fn to(&mut self, offset: u64) -> Option<Place> {
        while self.at < offset {
            let byte = self.bytes.next()?.ok()?;
            self.at += 1;
            match byte {
                b'\n' => {
                    self.place = Place {
                        line: self.place.line + 1,
                        column: 1,
                    }
                }
                // The bytes of a character after its first.
                0x80..=0xBF => {}
                _ => self.place.column += 1,
            }
        }
        Some(self.place)
    }
}
