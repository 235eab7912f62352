//! The history as Parquet files in a Hive layout, for a head office that reads many branches at once.
//!
//! A run exports the batches that no run before it exported, and changes nothing that is there. Its
//! files are written aside first. Then a pending manifest names them all; from there on the run
//! counts, and whoever comes next finishes it: the files are renamed into their places, then the
//! pending manifest becomes the manifest.

mod branch;
mod file;
mod manifest;
mod place;
mod table;
mod verify;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use crate::fault;
use crate::history;
use crate::trouble::{Kind, Result, Trouble};

pub use branch::Branch;
pub use manifest::{Entry, Manifest};
pub use table::{Column, TABLES, Table, Type};
pub use verify::{Problem, Verified, What, verify};

use file::TableFile;
use manifest::LastBatch;
use place::Place;

/// What is to be exported, and where to.
pub struct Wanted<'w> {
    /// The folder of the export, shared by the branches.
    pub dir: &'w Path,
    pub branch: Branch,
    /// Whether the customers as they came are exported as well.
    pub payload: bool,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Done {
    /// What is new: that of an interrupted run first, if there was one.
    pub runs: Vec<Manifest>,
    /// The last batch that is exported by now; 0: none.
    pub last_batch: i64,
    /// The first batch that was left out since its answer is not published yet.
    pub unpublished: Option<i64>,
}

/// Batches of one day: ranges of numbers, each with its first and last.
type Ranges = Vec<(i64, i64)>;

/// Exports what is new in a history that [`history::open_for_reading`] opened.
///
/// # Errors
/// When another export writes there, what is there is not of this history, or something cannot be
/// read or written. What was begun is finished by the next run.
pub fn export(conn: &Connection, wanted: &Wanted<'_>) -> Result<Done> {
    let identity = history::identity(conn)?;
    let place = Place::take(wanted.dir, &wanted.branch)?;
    let mut done = Done::default();
    if let Some(mut pending) = place.pending()? {
        check(conn, &place, &pending, &identity)?;
        finish(conn, &place, &mut pending)?;
        done.last_batch = pending.last_batch;
        done.runs.push(pending);
    } else if let Some(newest) = place.newest()? {
        check(conn, &place, &newest, &identity)?;
        done.last_batch = newest.last_batch;
    }
    place.clear_parts()?;
    let unpublished = "SELECT min(batch_id) FROM v_batch WHERE published_at IS NULL";
    done.unpublished = conn.query_row(unpublished, [], |r| r.get(0))?;
    let newest: Option<i64> =
        conn.query_row("SELECT max(batch_id) FROM v_batch", [], |r| r.get(0))?;
    // What is left out is exported later, and every batch before it is exported: so that one number
    // says what is there, and nobody has to look for gaps.
    let last = done.unpublished.map(|b| b - 1).or(newest).unwrap_or(0);
    if last <= done.last_batch {
        return Ok(done);
    }
    let Some(last) = last_batch(conn, last)? else {
        return Err(changed(&place, last));
    };
    let mut run = Manifest::new(identity, wanted.branch.clone(), wanted.payload, last);
    run.first_batch = done.last_batch + 1;
    write(conn, &place, &mut run)?;
    finish(conn, &place, &mut run)?;
    place.clear_parts()?;
    done.last_batch = run.last_batch;
    done.runs.push(run);
    Ok(done)
}

/// Looks whether a manifest tells of this history, as it is.
fn check(conn: &Connection, place: &Place, manifest: &Manifest, identity: &str) -> Result<()> {
    if manifest.history != identity || manifest.branch != *place.branch() {
        return Err(Trouble::new(
            Kind::Setup,
            format!(
                "{} has the branch {} of another history",
                place.dir().display(),
                manifest.branch
            ),
            "give this one another name (--branch, or branch in kycdrop.toml), or export it into another folder",
        ));
    }
    let exported = LastBatch {
        batch_id: manifest.last_batch,
        sha256: manifest.last_batch_sha256.clone(),
        received_at: manifest.last_batch_received_at.clone(),
    };
    match last_batch(conn, manifest.last_batch)? {
        Some(batch) if batch == exported => Ok(()),
        _ => Err(changed(place, manifest.last_batch)),
    }
}

fn changed(place: &Place, batch_id: i64) -> Trouble {
    Trouble::new(
        Kind::Setup,
        format!(
            "batch {batch_id} of {} was exported to {} and is another one, or none, in this history now",
            place.branch(),
            place.dir().display()
        ),
        format!(
            "was the history put back from a backup? Move every folder {} there away, and export again from the beginning",
            place.branch().folder()
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

/// The batches of a run by the UTC day on which they were taken. Numbers of one day follow each
/// other, but for a clock that was set back.
fn days(conn: &Connection, first: i64, last: i64) -> Result<BTreeMap<String, Ranges>> {
    let sql = "SELECT batch_id, substr(received_at, 1, 10) FROM v_batch
               WHERE batch_id BETWEEN ?1 AND ?2 ORDER BY batch_id";
    let mut select = conn.prepare(sql)?;
    let mut rows = select.query([first, last])?;
    let mut days: BTreeMap<String, Ranges> = BTreeMap::new();
    let mut before = None;
    while let Some(row) = rows.next()? {
        let (batch, day): (i64, String) = (row.get(0)?, row.get(1)?);
        if !manifest::is_day(&day) {
            return Err(Trouble::new(
                Kind::Setup,
                format!("batch {batch} has no moment at which it was taken"),
                "somebody changed the history: put a backup in its place",
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

/// Writes the files of a run aside, then the pending manifest that names them.
fn write(conn: &Connection, place: &Place, run: &mut Manifest) -> Result<()> {
    for (day, ranges) in days(conn, run.first_batch, run.last_batch)? {
        for table in TABLES {
            if let Some(range) = place::whole(&ranges) {
                place.no_strangers(table, &day, range, run.first_batch - 1)?;
            }
            run.files
                .extend(write_table(conn, place, table, &day, &ranges, run.payload)?);
        }
    }
    place.write_pending(run)
}

/// Writes the rows of a day aside. None where there are none: there is no file then.
fn write_table(
    conn: &Connection,
    place: &Place,
    table: &'static Table,
    day: &str,
    ranges: &Ranges,
    payload: bool,
) -> Result<Option<Entry>> {
    let columns = table.columns(conn, payload)?;
    let part = place.part(table, day)?;
    let mut select = conn.prepare(&table.select(&columns))?;
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
    let (Some(file), Some(range)) = (file, place::whole(ranges)) else {
        return Ok(None);
    };
    let written = file.finish()?;
    fault::point("export.part").map_err(|e| Trouble::io("writing", &part, &e))?;
    Ok(Some(Entry {
        path: manifest::file_path(table, place.branch(), day, range),
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

/// Puts the files of a pending run into their places and makes its manifest one that counts.
fn finish(conn: &Connection, place: &Place, run: &mut Manifest) -> Result<()> {
    let mut anew = false;
    for i in 0..run.files.len() {
        let Some(entry) = run.files.get(i) else { break };
        let Some(table) = entry.table() else { continue };
        if place.is_there(entry)? || place.part_is_whole(table, entry)? {
            continue;
        }
        // Somebody removed what was written aside. The rows are still in the history.
        let days = days(conn, entry.first_batch, entry.last_batch)?;
        let ranges = days.get(&entry.date).cloned().unwrap_or_default();
        let day = entry.date.clone();
        let made = write_table(conn, place, table, &day, &ranges, run.payload)?
            .ok_or_else(|| changed(place, run.last_batch))?;
        anew |= run.files.get(i).is_some_and(|e| e.sha256 != made.sha256);
        if let Some(entry) = run.files.get_mut(i) {
            *entry = made;
        }
    }
    if anew {
        place.write_pending(run)?;
    }
    for entry in &run.files {
        if let Some(table) = entry.table() {
            place.put(table, entry)?;
        }
    }
    place.commit(run)
}

/// The paths of everything that a run made, below the folder of the export; its manifest last.
pub fn paths(run: &Manifest) -> impl Iterator<Item = PathBuf> + '_ {
    let manifest = Path::new(manifest::FOLDER)
        .join(run.branch.folder())
        .join(run.name());
    run.files
        .iter()
        .map(|f| PathBuf::from(&f.path))
        .chain(std::iter::once(manifest))
}
