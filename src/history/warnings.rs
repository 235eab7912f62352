//! What rejects no customer of a file but should be known: one row for each kind and path, with a
//! count and the first places, however often it repeats. Places in lists are one path: a field that
//! is in `listAddress[0]` and in `listAddress[1]` repeats, as `listAddress[].city`.

use std::hash::{Hash, Hasher};

use hashbrown::{Equivalent, HashMap};
use rusqlite::{Connection, params};

use crate::request::{Note, NoteKind};
use crate::trouble::Result;

/// The most places of a warning that are kept.
const MAX_POSITIONS: usize = 20;

/// The most warnings of a file that are kept, each of its own kind and path. A file with more was
/// made to have them.
const MAX_WARNINGS: usize = 1000;

/// The warnings of one file while it is recorded.
#[derive(Default)]
pub(super) struct Warnings {
    rows: Vec<Row>,
    by_key: HashMap<Key, usize>,
    /// What is beyond [`MAX_WARNINGS`].
    more: Option<Row>,
}

struct Row {
    kind: NoteKind,
    path: Box<str>,
    detail: String,
    count: u64,
    /// Of the first customers; empty when the file itself is meant.
    positions: Vec<u64>,
    /// Of the newest customer: one that has it twice counts once.
    last: Option<u64>,
}

/// Kind and path of a row.
#[derive(PartialEq, Eq)]
struct Key(NoteKind, Box<str>);

/// A [`Key`] that is looked for, by a path with its places in lists.
struct Wanted<'n>(NoteKind, &'n str);

/// The parts of a path that are not places in lists: `listAddress[`, `].city`.
fn without_places(path: &str) -> impl Iterator<Item = &str> {
    let inside = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    path.split_inclusive('[')
        .flat_map(|part| part.split_inclusive(']'))
        .map(move |part| match part.strip_suffix(']') {
            Some(place) if inside(&place) => "]",
            _ => part,
        })
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Wanted(self.0, &self.1).hash(state);
    }
}

impl Hash for Wanted<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0 as u8).hash(state);
        without_places(self.1).for_each(|part| state.write(part.as_bytes()));
    }
}

impl Equivalent<Key> for Wanted<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0 && without_places(self.1).eq(without_places(&key.1))
    }
}

impl Row {
    fn new(kind: NoteKind, path: &str, detail: String) -> Row {
        Row {
            kind,
            path: path.into(),
            detail,
            count: 0,
            positions: Vec::new(),
            last: None,
        }
    }

    fn count(&mut self, position: Option<u64>) {
        if self.count > 0 && self.last == position {
            return;
        }
        self.last = position;
        self.count += 1;
        if let Some(position) = position
            && self.positions.len() < MAX_POSITIONS
        {
            self.positions.push(position);
        }
    }

    fn write(&self, conn: &Connection, batch_id: i64) -> Result<()> {
        let positions = (self.positions.len() > 1)
            .then(|| serde_json::Value::from(self.positions.as_slice()).to_string());
        conn.prepare_cached(
            "INSERT INTO warning (batch_id, position, kind, path, detail, count, positions)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            batch_id,
            self.positions.first(),
            self.kind.name(),
            self.path,
            self.detail,
            self.count,
            positions
        ])?;
        Ok(())
    }
}

impl Warnings {
    /// Whether there is a warning of this kind and path.
    pub(super) fn has(&self, kind: NoteKind, path: &str) -> bool {
        self.by_key.contains_key(&Wanted(kind, path))
    }

    /// Counts a warning of the customer at a position, or, without one, of the file itself.
    /// Positions rise.
    #[expect(
        clippy::indexing_slicing,
        reason = "`by_key` and `newest` are places of rows, which are never removed"
    )]
    pub(super) fn add(&mut self, position: Option<u64>, note: &Note) {
        let row = match self.by_key.get(&Wanted(note.kind, &note.path)) {
            Some(index) => {
                let row = &mut self.rows[*index];
                if *row.path != *note.path {
                    row.path = without_places(&note.path).collect();
                }
                row
            }
            None if self.rows.len() < MAX_WARNINGS => {
                let key = Key(note.kind, note.path.as_str().into());
                self.by_key.insert(key, self.rows.len());
                self.rows
                    .push(Row::new(note.kind, &note.path, note.detail()));
                let newest = self.rows.len() - 1;
                &mut self.rows[newest]
            }
            None => self.more.get_or_insert_with(|| {
                let detail = format!(
                    "these customers have more warnings; the first {MAX_WARNINGS} kinds and paths of a file are listed"
                );
                Row::new(NoteKind::MoreWarnings, "", detail)
            }),
        };
        row.count(position);
    }

    /// Writes a row for each, in the order in which they came first.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn write(&self, conn: &Connection, batch_id: i64) -> Result<()> {
        let mut rows = self.rows.iter().chain(&self.more);
        rows.try_for_each(|row| row.write(conn, batch_id))
    }
}
