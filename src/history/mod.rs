//! The history: one SQLite file with everything that was ever judged.
//!
//! In: validated customers and what is known of their files. One connection writes them, in one
//! transaction a file (or a few files that waited together), and evaluates the rules that need the
//! history. Out: the outcomes, and rows for anybody who asks with SQL. It may not move a file of
//! `watch-dir`, and builds no response.

pub mod ask;
mod assessment;
mod batch;
mod care;
pub mod check;
mod classifiers;
mod decisions;
mod dictionary;
mod entry;
mod evaluation;
mod findings;
mod footprint;
mod keys;
mod migrate;
mod outcomes;
mod payload;
mod query;
mod reading;
mod record;
mod rules;
mod screening;
mod status;
mod tally;
mod transactions;
mod trial;
mod warnings;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, params};

use crate::catalog;
use crate::classifier::ClassifierFile;
use crate::clock;
use crate::trouble::{Kind, Result, Trouble};

pub(crate) use batch::OF_BATCH;
pub use batch::{Finish, NewBatch, Written};
pub use care::{backup, holders, refuse_other_files, snapshot};
pub use classifiers::{ActiveSet, classifiers_with_values};
pub use dictionary::{Dictionary, Packing};
pub use evaluation::{
    DecisionRefused, Evaluated, EventFile, NewDecision, OpenEvaluation, OpenRating, Rating,
    Standing, as_moment, nearest_open, open_evaluations, recorded as recorded_decision,
    refusal as refusal_of_decision, standing_after, waiting_for_matrix,
};
use footprint::{Change, Footprint, Writing};
pub use migrate::NEWEST_VERSION;
pub use outcomes::OutcomeRow;
pub use payload::{PackedChunk, Payload, pack};
pub use query::{Answer, Bounds, Cell, Params, ask as ask_sql, is_reading, parameters, too_slow};
pub use reading::{has_batches, open_for_reading};
pub use record::{Group, Recording};
pub use rules::{HistoryRules, Verdict};
pub use screening::{
    Customer, Entries, ListVersion, NewScreeningDecision, OpenMatch, Rescreening, Screening,
    ScreeningHit, ScreeningRefused, entries_before as list_entries_before, open_matches,
    refusal as refusal_of_screening_decision, waiting_for_list,
};
pub use status::{BatchLine, Totals, batches_before, last_batches, totals, totals_at_a_glance};
pub use trial::{Taken, Trial};

/// The first SQLite without the WAL reset bug.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long to wait for somebody else's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The history, open for writing. There is one such connection in a home.
pub struct History {
    conn: Connection,
    keys: keys::Keys,
    rule_set_id: i64,
    packing: Arc<Packing>,
    busy_timeout: Duration,
    /// The most memory for pages, and what is set, in MiB.
    cache_mib: u32,
    cache_now: u32,
    footprint: Option<Footprint>,
}

/// Memory for pages that any history gets, in MiB.
const MIN_CACHE_MIB: u32 = 24;

/// Pages in the WAL that are moved into the database as soon as nobody waits.
const MAX_WAL_PAGES: i64 = 1000;

/// What the keys of a customer take, with the gaps of a tree that is filled at random, in bytes.
const BYTES_OF_KEYS: u64 = 44;

impl History {
    /// Opens the history, makes it where there is none, and migrates it to this version. The files
    /// are made readable for their owner alone by the umask that the process sets first.
    ///
    /// # Errors
    /// When it is locked, damaged, of a newer version, or cannot be written.
    pub fn open(path: &Path, cache_mib: u32) -> Result<History> {
        History::open_waiting(path, cache_mib, BUSY_TIMEOUT)
    }

    /// Opens a history as [`History::open`] does, and waits this long for a lock of another process.
    ///
    /// # Errors
    /// As [`History::open`].
    pub fn open_waiting(path: &Path, cache_mib: u32, busy_timeout: Duration) -> Result<History> {
        refuse_other_files(path)?;
        care::make_file(path).map_err(|e| Trouble::io("making", path, &e))?;
        let conn = Connection::open(path)?;
        History::prepare(conn, cache_mib, busy_timeout)
    }

    /// A history in memory: for judging without one.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn in_memory() -> Result<History> {
        History::prepare(Connection::open_in_memory()?, 16, BUSY_TIMEOUT)
    }

    fn prepare(mut conn: Connection, cache_mib: u32, busy_timeout: Duration) -> Result<History> {
        check_sqlite()?;
        conn.busy_timeout(busy_timeout)?;
        conn.set_prepared_statement_cache_capacity(64);
        // For a new database only. Larger pages suit large files, smaller ones small files.
        conn.pragma_update(None, "page_size", 8192)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        // Nothing may be answered that a power cut could take back.
        conn.pragma_update(None, "synchronous", "FULL")?;
        // Not within a commit, which an answer waits for: see `History::trim`.
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        // References are declared for readers; the one writer sets every one of them itself.
        conn.pragma_update(None, "foreign_keys", false)?;
        // Plans do not depend on what is asked for, so nothing is planned anew for every customer.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        migrate::up(&mut conn)?;
        let packing = Arc::new(Packing::of(&conn)?);
        payload::show_text(&conn)?;
        let keys = keys::Keys::of(&conn)?;
        let rule_set_id = store_rules(&mut conn)?;
        Ok(History {
            footprint: Footprint::of(&conn)?,
            conn,
            keys,
            rule_set_id,
            packing,
            busy_timeout,
            cache_mib,
            cache_now: 0,
        })
    }

    /// Makes these classifiers the active set, in a transaction of its own. Batches that are recorded
    /// later refer to it.
    ///
    /// # Errors
    /// When the database cannot be written; the previous set then stays active.
    pub fn activate_classifiers(&mut self, files: &[ClassifierFile]) -> Result<ActiveSet> {
        let writing = Writing::begin(&mut self.footprint, &self.conn, Change::Transaction)?;
        let active = classifiers::activate(&mut self.conn, files, &clock::now())?;
        writing.end(&self.conn)?;
        Ok(active)
    }

    /// Begins a transaction for the next file, or the next few.
    ///
    /// # Errors
    /// When the database is locked.
    pub fn group(&mut self) -> Result<Group<'_>> {
        self.fit_cache()?;
        Group::begin(
            &mut self.conn,
            &mut self.footprint,
            self.keys,
            self.rule_set_id,
            &self.packing,
        )
    }

    /// Lets the cache grow with the history. Every new customer meets the keys at random, so they
    /// should all find place; nothing else is looked for again.
    fn fit_cache(&mut self) -> Result<()> {
        let customers: u64 = self
            .conn
            .prepare_cached("SELECT customers FROM total")?
            .query_row([], |r| r.get(0))?;
        let keys = u32::try_from((customers * BYTES_OF_KEYS) >> 20).unwrap_or(u32::MAX);
        let cache = MIN_CACHE_MIB.saturating_add(keys).min(self.cache_mib);
        if cache != self.cache_now {
            self.conn
                .pragma_update(None, "cache_size", -i64::from(cache) * 1024)?;
            self.cache_now = cache;
        }
        Ok(())
    }

    /// Looks whether the files of the history are as this process left them.
    ///
    /// # Errors
    /// When somebody else overwrote or cut them, and what was committed is not there any more.
    pub fn check_unchanged(&mut self) -> Result<()> {
        match &mut self.footprint {
            Some(footprint) => footprint.check(&self.conn),
            None => Ok(()),
        }
    }

    /// What payloads are to be packed with.
    pub fn packing(&self) -> Arc<Packing> {
        self.packing.clone()
    }

    /// The connection, for reading.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Gives up the history for its connection, which may then be used for anything.
    pub fn into_connection(self) -> Connection {
        self.conn
    }

    /// The batch that was made of a claimed file, if it was committed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn batch_of_claim(&self, claim: &str) -> Result<Option<Written>> {
        let sql = format!("{} WHERE claim = ?1", batch::SELECT_WRITTEN);
        Ok(self
            .conn
            .query_row(&sql, [claim], Written::from_row)
            .optional()?)
    }

    /// The hash of the bytes that were answered with this batch; empty where they were not read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn sha256_of(&self, batch_id: i64) -> Result<String> {
        let sql = "SELECT sha256 FROM batch WHERE batch_id = ?1";
        Ok(self.conn.query_row(sql, [batch_id], |r| r.get(0))?)
    }

    /// Makes sure that a transaction whose commit failed is not there. It may stand in the WAL as a whole,
    /// not synced, and the next process would find it. What is committed now takes its place.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn overwrite_failed_commit(&mut self) -> Result<()> {
        let writing = Writing::begin(&mut self.footprint, &self.conn, Change::Transaction)?;
        let same = "UPDATE setting SET value = value WHERE name = 'rule_set_in_force'";
        self.conn.execute(same, [])?;
        writing.end(&self.conn)
    }

    /// Marks responses and files of events as published. They are in the outbox before this; if it gets
    /// lost, the next start finds out from the work folder, and writes the events again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn mark_published(&mut self, published: &[Published], events: &[EventFile]) -> Result<()> {
        if published.is_empty() && events.is_empty() {
            return Ok(());
        }
        self.write(|conn| {
            for p in published {
                conn.prepare_cached(
                    "UPDATE batch SET response_file = ?2, published_at = ?3 WHERE batch_id = ?1",
                )?
                .execute(params![p.batch_id, p.response_file, p.at])?;
            }
            evaluation::mark(conn, events)
        })
    }

    /// Notes another name for a response that is about to be published.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn rename_response(&mut self, batch_id: i64, response_file: &str) -> Result<()> {
        let writing = Writing::begin(&mut self.footprint, &self.conn, Change::Transaction)?;
        self.conn.execute(
            "UPDATE batch SET response_file = ?2 WHERE batch_id = ?1",
            params![batch_id, response_file],
        )?;
        writing.end(&self.conn)
    }

    /// Whether the publication of a batch was marked.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn is_marked(&self, batch_id: i64) -> Result<bool> {
        let sql = "SELECT published_at IS NOT NULL FROM batch WHERE batch_id = ?1";
        Ok(self.conn.query_row(sql, [batch_id], |r| r.get(0))?)
    }

    /// Batches whose publication was not marked.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unmarked(&self) -> Result<Vec<(String, Written)>> {
        let sql = format!(
            "{} WHERE published_at IS NULL ORDER BY batch_id",
            batch::SELECT_WRITTEN
        );
        let mut select = self.conn.prepare(&sql)?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, String>("claim")?, Written::from_row(row)?))
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// The results of a batch in the order of its customers, from the committed rows.
    ///
    /// # Errors
    /// When the database cannot be read, or `each` fails.
    pub fn outcomes<E: From<Trouble>>(
        &self,
        batch_id: i64,
        each: impl FnMut(&OutcomeRow<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        outcomes::each(&self.conn, batch_id, each)
    }

    /// Every description of the findings of one customer, in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn descriptions(&self, batch_id: i64, position: u64) -> Result<Vec<String>> {
        outcomes::descriptions(&self.conn, batch_id, position)
    }

    /// Moves what stands in the WAL into the database, if it has become much and as far as no reader
    /// needs it. Called when the answers of a transaction are out.
    pub fn trim(&mut self) {
        let frames = footprint::wal_frames(&self.conn);
        if frames.is_ok_and(|(all, moved)| all - moved >= MAX_WAL_PAGES) {
            // What it cannot do now is done after another file, or at rest.
            self.pragma_checkpoint("PASSIVE", Change::Database);
        }
    }

    /// Moves what stands in the WAL into the database and empties it, as far as no reader needs it.
    pub fn checkpoint(&mut self) {
        // A reader may take its time; files do not wait for it.
        let _ = self.conn.busy_timeout(Duration::ZERO);
        self.pragma_checkpoint("PASSIVE", Change::Database);
        self.pragma_checkpoint("TRUNCATE", Change::EmptyWal);
        let _ = self.conn.busy_timeout(self.busy_timeout);
    }

    fn pragma_checkpoint(&mut self, mode: &str, change: Change) {
        // Nothing is moved into a file that somebody else wrote; the next check says so.
        if let Ok(_writing) = Writing::begin(&mut self.footprint, &self.conn, change) {
            let sql = format!("PRAGMA wal_checkpoint({mode})");
            let _ = self.conn.query_row(&sql, [], |_| Ok(()));
        }
    }

    /// How many customers of a batch were rejected, by the code that they were answered with.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rejections_by_code(&self, batch_id: i64) -> Result<Vec<(String, u64)>> {
        let mut select = self.conn.prepare_cached(
            "SELECT code, count(*) FROM v_finding WHERE batch_id = ?1 AND no = 1 GROUP BY code",
        )?;
        let rows = select.query_map([batch_id], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}

/// A response that was put into the outbox.
#[derive(Clone, Debug)]
pub struct Published {
    /// The batch that it answers.
    pub batch_id: i64,
    /// Below `outbox`.
    pub response_file: String,
    /// When, UTC.
    pub at: String,
}

/// The classifiers of a set of the history, as they were when it was activated.
///
/// # Errors
/// When the database cannot be read.
pub fn classifiers_of_set(conn: &Connection, set_id: i64) -> Result<Vec<ClassifierFile>> {
    classifiers::files_of(conn, set_id)
}

/// The row of the active set and its classifiers, as they were when it was activated; None in a
/// history without one. The days on which values retire are not in it.
///
/// # Errors
/// When the database cannot be read.
pub fn active_classifiers(conn: &Connection) -> Result<Option<(i64, Vec<ClassifierFile>)>> {
    let set = ask::set_in_force(conn)?;
    set.map(|id| Ok((id, classifiers::files_of(conn, id)?)))
        .transpose()
}

/// Which history this is: the same for as long as it is, in every copy of it, and no other's. It says
/// nothing about its content.
///
/// # Errors
/// When the database cannot be read.
pub fn identity(conn: &Connection) -> Result<String> {
    Ok(keys::Keys::of(conn)?.identity())
}

/// The key by which the history finds a customer of an office: for who fills one by other means.
///
/// # Errors
/// When the database cannot be read.
pub fn customer_key(conn: &Connection) -> Result<impl Fn(Option<&str>, &str) -> i64 + use<>> {
    let keys = keys::Keys::of(conn)?;
    Ok(move |business_unit: Option<&str>, ext_id: &str| keys.customer(business_unit, ext_id))
}

fn check_sqlite() -> Result<()> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Trouble::new(
            Kind::Setup,
            format!(
                "SQLite {} can damage a database in WAL mode",
                rusqlite::version()
            ),
            "build kycdrop with the SQLite that it brings (the feature `bundled`)",
        ));
    }
    Ok(())
}

/// Writes the catalogue's rules as the active set, where they are not that already.
fn store_rules(conn: &mut Connection) -> Result<i64> {
    let hash = catalog::rules_hash();
    let select = "SELECT rule_set_id FROM rule_set WHERE hash = ?1";
    let known: Option<i64> = conn.query_row(select, [hash], |r| r.get(0)).optional()?;
    let in_force: Option<i64> = conn
        .query_row(
            "SELECT value FROM setting WHERE name = 'rule_set_in_force'",
            [],
            |r| r.get(0),
        )
        .optional()?;
    if let Some(id) = known
        && in_force == known
    {
        return Ok(id);
    }
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let id = match known {
        Some(id) => id,
        None => {
            tx.execute(
                "INSERT INTO rule_set (hash, version, loaded_at) VALUES (?1, ?2, ?3)",
                params![hash, env!("CARGO_PKG_VERSION"), clock::now()],
            )?;
            let id = tx.last_insert_rowid();
            for r in catalog::rules() {
                tx.execute(
                    "INSERT INTO rule (rule_set_id, no, rule, code, condition, description, origin, endpoints)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        id, r.no, r.key, r.code, r.when, r.text, r.origin.name(), r.endpoints.to_string()
                    ],
                )?;
            }
            id
        }
    };
    tx.execute(
        "INSERT OR REPLACE INTO setting (name, value) VALUES ('rule_set_in_force', ?1)",
        [id],
    )?;
    tx.commit()?;
    Ok(id)
}
