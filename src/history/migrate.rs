//! Numbered migrations over `user_version`. All that a database lacks are applied in one transaction:
//! it is at the newest version afterwards, or as it was.

use rusqlite::{Connection, TransactionBehavior};

use crate::trouble::{Kind, Result, Trouble};

/// Every migration; the first brings an empty database to version 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_history.sql"),
    include_str!("migrations/0002_asking.sql"),
    concat!(
        include_str!("migrations/0003_packed.sql"),
        include_str!("migrations/0003_shorter_keys.sql"),
        include_str!("migrations/0003_finding_texts.sql")
    ),
    include_str!("migrations/0004_found.sql"),
    include_str!("migrations/0005_learned.sql"),
    include_str!("migrations/0006_ranges.sql"),
    include_str!("migrations/0007_warnings.sql"),
    include_str!("migrations/0008_shared_findings.sql"),
    include_str!("migrations/0009_words.sql"),
    include_str!("migrations/0010_invisible_names.sql"),
    include_str!("migrations/0011_evaluations.sql"),
    include_str!("migrations/0012_screening.sql"),
];

/// Version 3 grew while it was new: a history that was made in those hours has its first part or the
/// first two. The table that each later part makes, and the part.
const LATER_PARTS_OF_3: [(&str, &str); 2] = [
    (
        "returning_customer",
        include_str!("migrations/0003_shorter_keys.sql"),
    ),
    (
        "finding_text",
        include_str!("migrations/0003_finding_texts.sql"),
    ),
];

/// The version that this kycdrop works with.
pub const NEWEST_VERSION: i64 = MIGRATIONS.len() as i64;

/// Marks the file as a history of kycdrop ("kyc" and 1), so that no other database is migrated.
const APPLICATION_ID: i64 = 0x6b79_6301;

/// The version of a database; 0 for an empty one.
///
/// # Errors
/// When it cannot be read.
pub(super) fn version(conn: &Connection) -> Result<i64> {
    Ok(conn.pragma_query_value(None, "user_version", |r| r.get(0))?)
}

/// Brings the database up to the newest version.
///
/// # Errors
/// When it belongs to something else, is newer than this kycdrop, or cannot be written.
pub(super) fn up(conn: &mut Connection) -> Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let application: i64 = tx.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let from = version(&tx)?;
    let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(Trouble::new(
            Kind::Setup,
            "kycdrop.db is a database of something else",
            "move it away, or give another home with --home",
        ));
    }
    if !(0..=NEWEST_VERSION).contains(&from) {
        return Err(Trouble::new(
            Kind::Setup,
            format!("kycdrop.db has version {from}, this kycdrop knows {NEWEST_VERSION}"),
            "use the kycdrop that wrote it, or a newer one",
        ));
    }
    if from == NEWEST_VERSION {
        return Ok(());
    }
    if from == 3 {
        for (table, sql) in LATER_PARTS_OF_3 {
            let there: bool = tx.query_row(
                "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
                [table],
                |r| r.get(0),
            )?;
            if !there {
                tx.execute_batch(sql)?;
            }
        }
    }
    for sql in MIGRATIONS.iter().skip(from as usize) {
        tx.execute_batch(sql)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", NEWEST_VERSION)?;
    tx.commit()?;
    Ok(())
}
