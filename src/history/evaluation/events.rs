//! The events of a communicationNumber, and the file that they are to be in.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::value::RawValue;

use crate::response::{Event, event_id, events_body, events_file};
use crate::trouble::Result;

use super::Whose;

/// A file of events that does not have all of them.
#[derive(Debug, PartialEq, Eq)]
pub struct EventFile {
    /// Its row.
    pub file_id: i64,
    /// The communicationNumber.
    pub number: String,
    /// Its name below the folder of events.
    pub name: String,
    /// How many events it is to have.
    pub events: u64,
}

pub(in crate::history) struct Events<'c> {
    pub conn: &'c Connection,
}

impl Events<'_> {
    /// Adds an event, its type and its data, to those of its communicationNumber.
    pub(in crate::history) fn add(
        &self,
        whose: &Whose<'_>,
        (kind, data): (&str, &str),
        now: &str,
    ) -> Result<()> {
        let (file_id, no) = self.next(whose.number)?;
        let id = event_id(whose.number, whose.ext_id, kind, no);
        self.conn
            .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                file_id,
                no,
                whose.assessment_id,
                kind,
                whose.ext_id,
                data,
                id,
                now
            ])?;
        if no > 1 {
            self.conn
                .prepare_cached("UPDATE event_file SET events = ?2 WHERE file_id = ?1")?
                .execute(params![file_id, no])?;
        }
        Ok(())
    }

    /// The file of a communicationNumber, made if it is not there, and the number of its next event.
    fn next(&self, number: &str) -> Result<(i64, u64)> {
        let found: Option<(i64, u64)> = self
            .conn
            .prepare_cached(
                "SELECT file_id, events FROM event_file WHERE communication_number = ?1",
            )?
            .query_row([number], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        if let Some((file_id, events)) = found {
            return Ok((file_id, events + 1));
        }
        let name = events_file(number, |name| {
            self.conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM event_file WHERE name = ?1)")?
                .query_row([name], |r| r.get(0))
        })?;
        self.conn
            .prepare_cached(
                "INSERT INTO event_file (communication_number, name, events, published)
                 VALUES (?1, ?2, 1, 0)",
            )?
            .execute(params![number, name])?;
        Ok((self.conn.last_insert_rowid(), 1))
    }
}

/// The files after this one that do not have all their events, up to so many.
pub(in crate::history) fn unpublished(
    conn: &Connection,
    after: i64,
    most: u32,
) -> Result<Vec<EventFile>> {
    let mut select = conn.prepare_cached(
        "SELECT file_id, communication_number, name, events FROM event_file
         WHERE published < events AND file_id > ?1 ORDER BY file_id LIMIT ?2",
    )?;
    let files = select.query_map([after, most.into()], |r| {
        Ok(EventFile {
            file_id: r.get(0)?,
            number: r.get(1)?,
            name: r.get(2)?,
            events: r.get(3)?,
        })
    })?;
    Ok(files.collect::<rusqlite::Result<_>>()?)
}

/// The body of a file with all its events.
pub(in crate::history) fn body(conn: &Connection, file: &EventFile) -> Result<String> {
    struct Row {
        kind: String,
        subject: String,
        data: Box<RawValue>,
        id: String,
        time: String,
    }
    let mut select = conn.prepare_cached(
        "SELECT type, subject, data, id, time FROM event WHERE file_id = ?1 ORDER BY no",
    )?;
    let rows = select
        .query_map([file.file_id], |r| {
            let data: String = r.get(2)?;
            Ok(Row {
                kind: r.get(0)?,
                subject: r.get(1)?,
                data: RawValue::from_string(data).unwrap_or_default(),
                id: r.get(3)?,
                time: r.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<Row>>>()?;
    Ok(events_body(rows.iter().map(|row| Event {
        kind: &row.kind,
        source: &file.number,
        subject: &row.subject,
        data: &row.data,
        specversion: "1.0",
        id: &row.id,
        time: &row.time,
        datacontenttype: "application/json",
    })))
}

/// Notes how many events files have.
pub(in crate::history) fn mark(conn: &Connection, files: &[EventFile]) -> Result<()> {
    for file in files {
        conn.prepare_cached("UPDATE event_file SET published = ?2 WHERE file_id = ?1")?
            .execute(params![file.file_id, file.events])?;
    }
    Ok(())
}
