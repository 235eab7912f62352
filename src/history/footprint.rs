//! Whether anybody else wrote to the files of the history. One that is overwritten in place (`cp
//! backup kycdrop.db`, a `truncate`) keeps its inode, and SQLite, which trusts its memory of the file,
//! does not notice. So kycdrop remembers how the database and its WAL looked after each write of its
//! own. Where they look different before the next, another connection reads them anew: somebody may
//! have moved the WAL into the database, or added a view, and nothing is lost by that.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::disk::{self, FileId};
use crate::trouble::{Kind, Result, Trouble};

use super::check::{self, Depth};

/// What a WAL begins with; the last bit gives the byte order of its checksums.
const WAL_MAGIC: u32 = 0x377f_0682;

/// What precedes each page in a WAL, in bytes.
const FRAME_HEAD: u64 = 24;

/// How the files looked after the last write of this process.
pub(super) struct Footprint {
    database: PathBuf,
    wal: PathBuf,
    /// Of the history that was opened.
    identity: String,
    /// The newest batch that was committed.
    newest: i64,
    /// What a page takes in the WAL.
    frame: u64,
    /// The least length of the WAL, by what is committed.
    wal_bytes: u64,
    seen: [Look; 2],
}

/// What distinguishes the file from another one at its path, its length, and the time of its last change; None
/// where there is no file.
type Look = Option<(FileId, u64, Option<SystemTime>)>;

impl Footprint {
    /// Of a history that was just opened. None of one in memory, and of one on a network share, where
    /// the time of a write may change after it.
    ///
    /// # Errors
    /// When the files cannot be looked at.
    pub(super) fn of(conn: &Connection) -> Result<Option<Footprint>> {
        let path = conn.path().filter(|path| !path.is_empty());
        let Some(database) = path.map(PathBuf::from) else {
            return Ok(None);
        };
        let folder = database.parent().unwrap_or(Path::new("/"));
        if disk::network_share(folder).is_some() {
            return Ok(None);
        }
        let wal = disk::with_ending(&database, "-wal");
        Ok(Some(Footprint {
            seen: [look(&database)?, look(&wal)?],
            identity: super::identity(conn)?,
            newest: newest(conn)?,
            frame: FRAME_HEAD
                + conn.pragma_query_value(None, "page_size", |r| r.get::<_, u64>(0))?,
            wal_bytes: 0,
            database,
            wal,
        }))
    }

    /// Looks whether the files are as this process left them, or were written by somebody else and
    /// still hold everything that was committed.
    ///
    /// # Errors
    /// When they do not. The connection then writes nothing more, not when it is closed either.
    pub(super) fn check(&mut self, conn: &Connection) -> Result<()> {
        let now = [look(&self.database)?, look(&self.wal)?];
        if now == self.seen {
            return Ok(());
        }
        self.same_files(conn, &now)?;
        let sound = self.read_anew();
        // Another file may have come meanwhile, and may have been read.
        self.same_files(conn, &[look(&self.database)?, look(&self.wal)?])?;
        match sound {
            Ok(true) => {
                tracing::warn!(
                    path = %self.database.display(),
                    "was written by another program; it was checked, and is sound"
                );
                self.seen = now;
                // Whoever wrote may have emptied the WAL.
                self.wal_bytes = 0;
                Ok(())
            }
            Err(e) if e.kind == Kind::Busy => Err(e),
            Ok(false) | Err(_) => Err(lost(conn, &self.database, OVERWRITTEN)),
        }
    }

    /// Whether the files are the ones that are open. A WAL comes with the first transaction.
    fn same_files(&self, conn: &Connection, now: &[Look; 2]) -> Result<()> {
        for (path, (seen, now)) in [&self.database, &self.wal]
            .iter()
            .zip(self.seen.iter().zip(now))
        {
            match (seen, now) {
                (Some(seen), Some(now)) if seen.0 != now.0 => {
                    return Err(lost(conn, path, "was replaced"));
                }
                (Some(_), None) => return Err(lost(conn, path, GONE)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the files hold this history to its newest batch, as another connection reads them.
    fn read_anew(&self) -> Result<bool> {
        let bytes = fs::metadata(&self.database).map_or(0, |m| m.len());
        // SQLite would remove the WAL of an empty database.
        if bytes == 0 {
            return Ok(false);
        }
        let Some(conn) = super::open_for_reading(&self.database)? else {
            return Ok(false);
        };
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        check::to_depth(&conn, Depth::Structure.or_all_of_a_small_one(bytes))?;
        Ok(super::identity(&conn)? == self.identity && newest(&conn)? >= self.newest)
    }

    /// Notes how the files look after a write of this process. Where they look as no such write leaves
    /// them, somebody else wrote meanwhile: the next check reads them anew.
    fn note(&mut self, what: Change) {
        let [Ok(database), Ok(wal)] = [&self.database, &self.wal].map(|path| look(path)) else {
            return;
        };
        let [database_before, wal_before] = self.seen;
        let ours = match what {
            Change::Transaction => {
                database == database_before && self.wal_has(self.wal_bytes).unwrap_or(false)
            }
            Change::Database => true,
            Change::EmptyWal => {
                database == database_before && (wal == wal_before || bytes_of(wal) == 0)
            }
        };
        if ours {
            if bytes_of(wal) == 0 {
                self.wal_bytes = 0;
            }
            self.seen = [database, wal];
        }
    }

    /// Whether the WAL is so long at least, and begins as one: it does not where it was cut, also if
    /// something was written behind the cut.
    ///
    /// # Errors
    /// When it cannot be looked at.
    fn wal_has(&self, expected: u64) -> Result<bool> {
        let bytes = bytes_of(look(&self.wal)?);
        Ok(bytes >= expected && (bytes == 0 || self.wal_has_head()?))
    }

    /// What ends the work where the WAL has not what it should.
    fn lost_wal(&self, conn: &Connection) -> Trouble {
        let is_gone = look(&self.wal).is_ok_and(|wal| wal.is_none());
        lost(conn, &self.wal, if is_gone { GONE } else { OVERWRITTEN })
    }

    fn wal_has_head(&self) -> Result<bool> {
        let mut head = [0; 4];
        let read = File::open(&self.wal).and_then(|mut wal| wal.read_exact(&mut head));
        match read {
            Ok(()) => Ok(u32::from_be_bytes(head) & !1 == WAL_MAGIC),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(e) => Err(Trouble::io("reading", &self.wal, &e)),
        }
    }
}

const OVERWRITTEN: &str = "was overwritten or cut";
const GONE: &str = "was moved or removed";

/// What ends the work. The connection writes nothing more then, not when it is closed either.
fn lost(conn: &Connection, path: &Path, what: &str) -> Trouble {
    let done = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    if let Err(e) = done {
        return e.into();
    }
    Trouble::new(
        Kind::Setup,
        format!("{} {what} while kycdrop was using it", path.display()),
        "nothing more is answered. Restore what was there, or a backup of kycdrop.db without its -wal and -shm, and start again: answered files that are not in the backup are counted then",
    )
}

/// What a write of this process changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Adds to the WAL.
    Transaction,
    /// Moves pages from the WAL into the database.
    Database,
    /// Empties the WAL, where everything in it was moved.
    EmptyWal,
}

/// Writes of this process that are going on. Their end, whatever it is, is noted.
pub(super) struct Writing<'f> {
    footprint: &'f mut Option<Footprint>,
    what: Change,
}

impl<'f> Writing<'f> {
    /// Begins to write.
    ///
    /// # Errors
    /// As [`Footprint::check`].
    pub(super) fn begin(
        footprint: &'f mut Option<Footprint>,
        conn: &Connection,
        what: Change,
    ) -> Result<Writing<'f>> {
        if let Some(footprint) = footprint {
            footprint.check(conn)?;
        }
        Ok(Writing { footprint, what })
    }

    /// Commits a transaction that wrote batches. It must have begun before this did: nobody else empties
    /// the WAL then.
    ///
    /// # Errors
    /// When it cannot be committed, or was written to a WAL that somebody else cut.
    pub(super) fn commit(self, conn: &Connection, tx: rusqlite::Transaction<'_>) -> Result<()> {
        let Some(footprint) = self.footprint.as_mut() else {
            return Ok(tx.commit()?);
        };
        if !footprint.wal_has(bytes_of(footprint.seen[1]))? {
            return Err(footprint.lost_wal(conn));
        }
        let newest = newest(conn)?;
        tx.commit()?;
        footprint.newest = newest;
        self.end(conn)
    }

    /// Called when a transaction was committed.
    ///
    /// # Errors
    /// When it was written to a WAL that somebody else cut.
    pub(super) fn end(self, conn: &Connection) -> Result<()> {
        let Some(footprint) = self.footprint.as_mut() else {
            return Ok(());
        };
        let frames = frames_in_wal(conn)?;
        footprint.wal_bytes = frames * footprint.frame;
        if footprint.wal_has(footprint.wal_bytes)? {
            return Ok(());
        }
        // Unless somebody emptied it between the two looks.
        match frames_in_wal(conn)? == frames {
            true => Err(footprint.lost_wal(conn)),
            false => Ok(()),
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Some(footprint) = self.footprint {
            // A test changes the files here: what it changes is not taken for our own write.
            if self.what == Change::Transaction {
                let _ = crate::fault::point("history.note");
            }
            footprint.note(self.what);
        }
    }
}

fn look(path: &Path) -> Result<Look> {
    let looked = disk::if_there(fs::metadata(path));
    let looked = looked.map_err(|e| Trouble::io("looking at", path, &e))?;
    Ok(looked.map(|m| (disk::id_of(&m), m.len(), m.modified().ok())))
}

fn bytes_of(look: Look) -> u64 {
    look.map_or(0, |(_, bytes, _)| bytes)
}

fn frames_in_wal(conn: &Connection) -> Result<u64> {
    let (frames, _) = wal_frames(conn)?;
    Ok(u64::try_from(frames).unwrap_or(0))
}

/// How many frames are in the WAL, and how many of them were moved into the database, as SQLite counts
/// them; -1 where somebody keeps it from counting.
pub(super) fn wal_frames(conn: &Connection) -> Result<(i64, i64)> {
    let mut noop = conn.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
    Ok(noop.query_row([], |r| Ok((r.get(1)?, r.get(2)?)))?)
}

fn newest(conn: &Connection) -> Result<i64> {
    let mut select = conn.prepare_cached("SELECT coalesce(max(batch_id), 0) FROM batch")?;
    Ok(select.query_row([], |r| r.get(0))?)
}
