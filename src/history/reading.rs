//! Opening a history to read it, while another process may write to it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::clock;
use crate::trouble::{Kind, Result, Trouble};

use super::{BUSY_TIMEOUT, check_sqlite, migrate, payload, refuse_other_files};

/// Opens a history for reading. None where there is none.
///
/// # Errors
/// When it is damaged, or cannot be read.
pub fn open_for_reading(path: &Path) -> Result<Option<Connection>> {
    check_sqlite()?;
    refuse_other_files(path)?;
    if !path.exists() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    let version = migrate::version(&conn)?;
    if version != migrate::NEWEST_VERSION {
        return Err(Trouble::new(
            Kind::Setup,
            format!(
                "{} has version {version}, this kycdrop reads version {}",
                path.display(),
                migrate::NEWEST_VERSION
            ),
            "run `kycdrop once` to bring an older one up to date; for a newer one, use the newer kycdrop",
        ));
    }
    payload::show_text(&conn)?;
    clock::show_sql(&conn)?;
    Ok(Some(conn))
}

/// Whether a database of any version has batches, as far as it can be read.
pub fn has_batches(path: &Path) -> bool {
    let has = || -> rusqlite::Result<bool> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.query_row("SELECT EXISTS (SELECT 1 FROM batch)", [], |r| r.get(0))
    };
    refuse_other_files(path).is_ok() && has().unwrap_or(false)
}
