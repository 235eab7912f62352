//! Exports the history as Parquet files in a Hive layout, for a head office that reads many branches.
//!
//! In: a connection that [`history::open_for_reading`] opened, and a folder. Out: the files of all
//! batches that no earlier run exported, with a manifest that lists them; or, with [`verify()`], every
//! difference between an export and its manifests. It may read the history only through its views,
//! never writes to it, and never changes an exported file.
//!
//! A run first writes its files to a temporary folder. Then it writes a pending manifest that names
//! them all: that is the commit. Whoever runs next finishes it: the files are renamed into their
//! places, then the pending manifest becomes the manifest.

mod export_dir;
mod file;
mod manifest;
mod table;
mod verify;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use crate::branch::Branch;
use crate::fault;
use crate::history;
use crate::trouble::{Kind, Result, Trouble};

pub use manifest::{FileEntry, Manifest};
pub use table::{ColumnType, ExportColumn, ExportTable, TABLES};
pub use verify::{Discrepancy, DiscrepancyKind, Verified, verify};

use export_dir::ExportDir;
use file::TableFile;
use manifest::LastBatch;

/// What to export, and where to.
pub struct ExportOptions<'w> {
    /// The folder of the export, shared by the branches.
    pub dir: &'w Path,
    /// The branch whose history it is.
    pub branch: Branch,
    /// Whether to export the column `payload`: the customers as they were received.
    pub payload: bool,
}

/// What a call of [`export`] wrote.
#[derive(Debug, Default)]
pub struct Exported {
    /// The manifests of the runs that it completed: at most an interrupted one, then a new one.
    pub runs: Vec<Manifest>,
    /// The last batch that is exported now; 0 if there is none.
    pub last_batch: i64,
    /// The first batch that was left out because its response is not published yet.
    pub unpublished: Option<i64>,
}

/// The batches of one day: ranges of numbers, each with its first and last.
type Ranges = Vec<(i64, i64)>;

/// Exports the batches that were not exported before, on a connection that
/// [`history::open_for_reading`] opened. First completes an interrupted run, if there is one.
///
/// # Errors
/// When another process is exporting this branch to the folder, when the folder holds the export of
/// another history, or when something cannot be read or written. The next run completes this one.
pub fn export(conn: &Connection, wanted: &ExportOptions<'_>) -> Result<Exported> {
    let identity = history::identity(conn)?;
    let export_dir = ExportDir::lock(wanted.dir, &wanted.branch)?;
    let mut done = Exported::default();
    if let Some(mut pending) = export_dir.pending()? {
        check(conn, &export_dir, &pending, &identity)?;
        finish(conn, &export_dir, &mut pending)?;
        done.last_batch = pending.last_batch;
        done.runs.push(pending);
    } else if let Some(newest) = export_dir.newest()? {
        check(conn, &export_dir, &newest, &identity)?;
        done.last_batch = newest.last_batch;
    }
    export_dir.clear_parts()?;
    // In one statement: a batch that comes between two would be the newest, and not known as
    // unpublished.
    let bounds = "SELECT (SELECT min(batch_id) FROM v_batch WHERE published_at IS NULL),
                         (SELECT max(batch_id) FROM v_batch)";
    let newest: Option<i64>;
    (done.unpublished, newest) = conn.query_row(bounds, [], |r| Ok((r.get(0)?, r.get(1)?)))?;
    // Nothing after the first unpublished batch is exported: then there are no gaps, and one number
    // says how far the export has come.
    let last = done.unpublished.map(|b| b - 1).or(newest).unwrap_or(0);
    if last <= done.last_batch {
        return Ok(done);
    }
    let Some(last) = last_batch(conn, last)? else {
        return Err(changed(&export_dir, last));
    };
    let mut run = Manifest::new(identity, wanted.branch.clone(), wanted.payload, last);
    run.first_batch = done.last_batch + 1;
    write(conn, &export_dir, &mut run)?;
    finish(conn, &export_dir, &mut run)?;
    export_dir.clear_parts()?;
    done.last_batch = run.last_batch;
    done.runs.push(run);
    Ok(done)
}

/// Checks that a manifest describes this history, as it is now.
fn check(
    conn: &Connection,
    export_dir: &ExportDir,
    manifest: &Manifest,
    identity: &str,
) -> Result<()> {
    if manifest.history != identity || manifest.branch != *export_dir.branch() {
        return Err(Trouble::new(
            Kind::Setup,
            format!(
                "{} holds the branch {} of another history",
                export_dir.dir().display(),
                manifest.branch
            ),
            "give this branch another name (--branch, or branch in kycdrop.toml), or export to another folder",
        ));
    }
    let exported = LastBatch {
        batch_id: manifest.last_batch,
        sha256: manifest.last_batch_sha256.clone(),
        received_at: manifest.last_batch_received_at.clone(),
    };
    match last_batch(conn, manifest.last_batch)? {
        Some(batch) if batch == exported => Ok(()),
        _ => Err(changed(export_dir, manifest.last_batch)),
    }
}

fn changed(export_dir: &ExportDir, batch_id: i64) -> Trouble {
    Trouble::new(
        Kind::Setup,
        format!(
            "batch {batch_id} of {} was exported to {}, but it is missing from this history or differs",
            export_dir.branch(),
            export_dir.dir().display()
        ),
        format!(
            "was the history restored from a backup? Move every folder {} away, and export again from the start",
            export_dir.branch().folder()
        ),
    )
}

fn last_batch(conn: &Connection, batch_id: i64) -> Result<Option<LastBatch>> {
    let sql = "SELECT batch_id, sha256, received_at FROM v_batch WHERE batch_id = ?1";
    let batch = conn.query_row(sql, [batch_id], |r| {
        Ok(LastBatch {
            batch_id: r.get(0)?,
            sha256: r.get(1)?,
            received_at: r.get(2)?,
        })
    });
    Ok(batch.optional()?)
}

/// The batches of a run by the UTC day on which they were received. A day has one range of numbers,
/// or several if the clock was set back.
fn days(conn: &Connection, first: i64, last: i64) -> Result<BTreeMap<String, Ranges>> {
    let sql = "SELECT batch_id, substr(received_at, 1, 10) FROM v_batch
               WHERE batch_id BETWEEN ?1 AND ?2 ORDER BY batch_id";
    let mut select = conn.prepare(sql)?;
    let mut rows = select.query([first, last])?;
    let mut days: BTreeMap<String, Ranges> = BTreeMap::new();
    let mut before = None;
    while let Some(row) = rows.next()? {
        let (batch, day): (i64, String) = (row.get(0)?, row.get(1)?);
        if !crate::clock::is_day(&day) {
            return Err(Trouble::new(
                Kind::Setup,
                format!("batch {batch} has no valid received_at"),
                "the history was changed from outside: restore it from a backup",
            ));
        }
        let same_day = before.as_ref() == Some(&day);
        let ranges = days.entry(day.clone()).or_default();
        match ranges.last_mut() {
            Some(range) if same_day => range.1 = batch,
            _ => ranges.push((batch, batch)),
        }
        before = Some(day);
    }
    Ok(days)
}

/// Writes the files of a run to the temporary folder, then the pending manifest that names them.
fn write(conn: &Connection, export_dir: &ExportDir, run: &mut Manifest) -> Result<()> {
    let days = days(conn, run.first_batch, run.last_batch)?;
    let tables = Tables {
        conn,
        export_dir,
        payload: run.payload,
    };
    for (day, ranges) in days {
        for table in TABLES {
            if let Some(range) = export_dir::span(&ranges) {
                export_dir.refuse_unlisted(table, &day, range, run.first_batch - 1)?;
            }
            run.files.extend(tables.write(table, &day, &ranges)?);
        }
    }
    export_dir.write_pending(run)
}

/// The tables of a history, on their way to an export.
struct Tables<'e> {
    conn: &'e Connection,
    export_dir: &'e ExportDir,
    /// Whether what the customers said is exported too.
    payload: bool,
}

impl Tables<'_> {
    /// Writes the rows of a day to a temporary file. Without rows there is no file, and the result is None.
    fn write(
        &self,
        table: &'static ExportTable,
        day: &str,
        ranges: &Ranges,
    ) -> Result<Option<FileEntry>> {
        let columns = table.columns(self.conn, self.payload)?;
        let part = self.export_dir.part_for(table, day)?;
        let mut select = self.conn.prepare(&table.select(&columns))?;
        let mut file = None;
        for (first, last) in ranges {
            let mut rows = select.query([first, last])?;
            while let Some(row) = rows.next()? {
                let file = match &mut file {
                    Some(file) => file,
                    none => none.insert(TableFile::create(&part, table, &columns)?),
                };
                file.row(row)?;
            }
        }
        let (Some(file), Some(range)) = (file, export_dir::span(ranges)) else {
            return Ok(None);
        };
        let written = file.finish()?;
        fault::point("export.part").map_err(|e| Trouble::io("writing", &part, &e))?;
        Ok(Some(FileEntry {
            path: manifest::file_path(table, self.export_dir.branch(), day, range),
            view: table.view.to_owned(),
            date: day.to_owned(),
            first_batch: range.0,
            last_batch: range.1,
            rows: written.rows,
            bytes: written.bytes,
            sha256: written.sha256,
            columns,
        }))
    }
}

/// Moves the files of a pending run into their places and turns the pending manifest into its manifest.
fn finish(conn: &Connection, export_dir: &ExportDir, run: &mut Manifest) -> Result<()> {
    let mut rewritten = false;
    let tables = Tables {
        conn,
        export_dir,
        payload: run.payload,
    };
    for i in 0..run.files.len() {
        let Some(entry) = run.files.get(i) else { break };
        let Some(table) = entry.table() else { continue };
        if export_dir.is_in_place(entry)? || export_dir.part_is_intact(table, entry)? {
            continue;
        }
        // The temporary file was removed. The rows are still in the history.
        let days = days(conn, entry.first_batch, entry.last_batch)?;
        let ranges = days.get(&entry.date).cloned().unwrap_or_default();
        let day = entry.date.clone();
        let made = tables
            .write(table, &day, &ranges)?
            .ok_or_else(|| changed(export_dir, run.last_batch))?;
        rewritten |= run.files.get(i).is_some_and(|e| e.sha256 != made.sha256);
        if let Some(entry) = run.files.get_mut(i) {
            *entry = made;
        }
    }
    if rewritten {
        export_dir.write_pending(run)?;
    }
    for entry in &run.files {
        if let Some(table) = entry.table() {
            export_dir.move_into_place(table, entry)?;
        }
    }
    export_dir.commit(run)
}

/// The paths of everything that a run wrote, relative to the folder of the export; the manifest last.
pub fn paths(run: &Manifest) -> impl Iterator<Item = PathBuf> + '_ {
    let manifest = Path::new(manifest::FOLDER)
        .join(run.branch.folder())
        .join(run.name());
    run.files
        .iter()
        .map(|f| PathBuf::from(&f.path))
        .chain(std::iter::once(manifest))
}
