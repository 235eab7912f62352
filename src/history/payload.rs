//! How the history keeps the customers as they came: packed with Zstandard and a dictionary of what
//! customers have in common, which makes them several times smaller, or as text where that is no
//! larger. What judges in parallel packs them too, so that the writer has less to write.
//!
//! A packed payload names its dictionary, and the database keeps every dictionary that it was ever
//! written with; see `dictionary.rs`.

use std::cell::RefCell;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use hashbrown::HashMap;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use zstd::zstd_safe::{self, DCtx, DDict};

use crate::trouble::Result;
use crate::validate::{Judged, JudgedChunk};

use super::dictionary::{Dictionary, Packing};
use super::evaluation::Evaluated;
use super::screening::Screening;

/// A payload as the history keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'p> {
    /// Compressed with one of the history's dictionaries.
    Packed(&'p [u8]),
    /// As it came.
    Text(&'p str),
}

impl ToSql for Payload<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Payload::Packed(bytes) => ValueRef::Blob(bytes),
            Payload::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Packs a customer's text into `out`, whose former content goes. What does not become smaller stays
/// text.
pub fn pack<'p>(dictionary: &Arc<Dictionary>, text: &'p str, out: &'p mut Vec<u8>) -> Payload<'p> {
    match dictionary.pack(text, out) {
        Some(_) => Payload::Packed(out),
        None => Payload::Text(text),
    }
}

/// Gives a connection the function `payload_text`, and views of its own that show payloads as text:
/// they stand before those of the database, which any tool can read, but where packed payloads are
/// bytes.
///
/// # Errors
/// When the dictionaries cannot be read.
pub(super) fn show_text(conn: &Connection) -> Result<()> {
    let unpacker = RefCell::new(Unpacker::of(conn)?);
    // A panic in it ends the query; the next call begins a frame of its own.
    let unpacker = AssertUnwindSafe(unpacker);
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("payload_text", 1, flags, move |context| {
        unpacker.borrow_mut().text(context.get_raw(0))
    })?;
    for view in ["v_assessment", "v_rejection"] {
        let sql: String = conn.query_row(
            "SELECT sql FROM main.sqlite_schema WHERE type = 'view' AND name = ?1",
            [view],
            |r| r.get(0),
        )?;
        let shown = sql
            .replacen("CREATE VIEW", "CREATE TEMP VIEW IF NOT EXISTS", 1)
            .replacen("a.payload", "payload_text(a.payload) AS payload", 1)
            .replacen("r.payload", "payload_text(r.payload) AS payload", 1);
        conn.execute_batch(&shown)?;
    }
    Ok(())
}

/// Makes text of every packed payload of a database that is a copy.
///
/// # Errors
/// When the database cannot be read or written.
pub(super) fn unpack_all(conn: &Connection) -> Result<()> {
    show_text(conn)?;
    for table in ["assessment", "rejection"] {
        let sql = format!(
            "UPDATE {table} SET payload = payload_text(payload) WHERE typeof(payload) = 'blob'"
        );
        conn.execute(&sql, [])?;
    }
    Ok(())
}

/// What makes text of packed payloads again.
pub(super) struct Unpacker {
    context: DCtx<'static>,
    dictionaries: HashMap<u32, DDict<'static>>,
    /// Where to look for dictionaries that came after this was made.
    database: Option<PathBuf>,
}

impl Unpacker {
    /// With every dictionary that a database was written with.
    pub(super) fn of(conn: &Connection) -> Result<Unpacker> {
        let mut new = Unpacker {
            context: DCtx::create(),
            dictionaries: HashMap::new(),
            database: conn.path().filter(|p| !p.is_empty()).map(PathBuf::from),
        };
        new.learn(conn)?;
        Ok(new)
    }

    fn learn(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut select =
            conn.prepare("SELECT dictionary_id, dictionary FROM payload_dictionary")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(1)?.as_blob()?;
            let dictionary = DDict::try_create(bytes)
                .ok_or_else(|| wrong("a dictionary of payloads is damaged"))?;
            self.dictionaries.insert(row.get(0)?, dictionary);
        }
        Ok(())
    }

    /// Takes up the dictionaries of the database as it is by now: a program that reads for long meets
    /// rows that came after it began. The connection itself is in the middle of a query then.
    fn learn_again(&mut self) -> rusqlite::Result<()> {
        match &self.database {
            None => Ok(()),
            Some(path) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let conn = Connection::open_with_flags(path, flags)?;
                self.learn(&conn)
            }
        }
    }

    /// The text of a payload as the history keeps it; None for what is no payload.
    pub(super) fn text(&mut self, payload: ValueRef<'_>) -> rusqlite::Result<Option<String>> {
        match payload {
            ValueRef::Blob(packed) => self.unpack(packed).map(Some),
            ValueRef::Text(text) => Ok(Some(String::from_utf8_lossy(text).into_owned())),
            _ => Ok(None),
        }
    }

    /// The text of a payload of this connection, whose transaction may have brought its dictionary.
    ///
    /// # Errors
    /// When the payload or a dictionary is damaged.
    pub(super) fn text_within(
        &mut self,
        conn: &Connection,
        payload: ValueRef<'_>,
    ) -> rusqlite::Result<Option<String>> {
        if let ValueRef::Blob(packed) = payload
            && let Some(id) = zstd_safe::get_dict_id_from_frame(packed)
            && !self.dictionaries.contains_key(&id.get())
        {
            self.learn(conn)?;
        }
        self.text(payload)
    }

    fn unpack(&mut self, packed: &[u8]) -> rusqlite::Result<String> {
        let id = zstd_safe::get_dict_id_from_frame(packed).map(u32::from);
        if id.is_some_and(|id| !self.dictionaries.contains_key(&id)) {
            self.learn_again()?;
        }
        let dictionary = id
            .and_then(|id| self.dictionaries.get(&id))
            .ok_or_else(|| wrong("a payload is packed with a dictionary that is not there"))?;
        let size = zstd_safe::get_frame_content_size(packed)
            .ok()
            .flatten()
            .and_then(|size| usize::try_from(size).ok())
            .ok_or_else(|| wrong("a packed payload does not give its size"))?;
        let mut bytes = Vec::new();
        // A damaged one may give any size.
        bytes
            .try_reserve_exact(size)
            .map_err(|_| wrong("a packed payload gives too large a size"))?;
        self.context
            .decompress_using_ddict(&mut bytes, packed, dictionary)
            .map_err(|code| {
                let why = zstd_safe::get_error_name(code);
                wrong(&format!("a packed payload is damaged: {why}"))
            })?;
        String::from_utf8(bytes).map_err(|_| wrong("a packed payload is no text"))
    }
}

fn wrong(what: &str) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(what.to_owned().into())
}

/// A judged chunk, and the payloads of its customers as the history keeps them.
#[derive(Debug)]
pub struct PackedChunk {
    /// The chunk that they belong to.
    pub judged: JudgedChunk,
    /// The evaluation of its only customer, at an endpoint that evaluates.
    pub evaluated: Option<Evaluated>,
    /// The screenings of its only customer, at an endpoint that screens.
    pub screenings: Vec<Screening>,
    packed: Vec<u8>,
    /// What they are packed with.
    pub(super) dictionary: Arc<Dictionary>,
    /// Where in `packed` each customer's payload is; empty for one that stays text.
    places: Vec<Range<usize>>,
}

impl PackedChunk {
    /// Packs what will be kept: the customers with findings, and where the endpoint saves, all.
    pub fn of(judged: JudgedChunk, saves: bool, packing: &Packing) -> PackedChunk {
        let dictionary = packing.in_use();
        let mut packed = Vec::with_capacity(judged.data.len() / 4);
        let mut places = Vec::with_capacity(judged.customers.len());
        let mut one = Vec::new();
        for customer in &judged.customers {
            let begin = packed.len();
            if (saves || !customer.findings.is_empty())
                && let Payload::Packed(bytes) =
                    pack(&dictionary, judged.payload(customer), &mut one)
            {
                packed.extend_from_slice(bytes);
            }
            places.push(begin..packed.len());
        }
        PackedChunk {
            evaluated: None,
            screenings: Vec::new(),
            judged,
            packed,
            dictionary,
            places,
        }
    }

    /// The payload of the customer with this number in the chunk.
    pub(super) fn payload(&self, i: usize, customer: &Judged) -> Payload<'_> {
        match self.places.get(i).and_then(|p| self.packed.get(p.clone())) {
            Some(bytes) if !bytes.is_empty() => Payload::Packed(bytes),
            _ => Payload::Text(self.judged.payload(customer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::History;
    use super::*;

    const CUSTOMER: &str = r#"{"communicationNumber":"N-1","requester":"Branch 7","riskLevel":"LOW",
        "entityType":"INDIVIDUAL","customerExtId":"X-1","firstName":"Ona","lastName":"Petraitė"}"#;

    fn text_of(conn: &Connection, payload: Payload<'_>) -> rusqlite::Result<Option<String>> {
        conn.query_row("SELECT payload_text(?1)", [payload], |r| r.get(0))
    }

    #[test]
    fn what_was_packed_comes_back_as_it_was() {
        let history = History::in_memory().unwrap();
        let long = CUSTOMER.repeat(20_000);
        for text in [CUSTOMER, "{}", "", "\u{0}ė\u{10ffff}", &long] {
            let mut out = b"what was there before".to_vec();
            let payload = pack(&Dictionary::shipped(), text, &mut out);
            if text.len() > 100 {
                assert!(matches!(payload, Payload::Packed(p) if p.len() * 3 < text.len() * 2));
            } else {
                assert_eq!(payload, Payload::Text(text));
            }
            let back = text_of(history.connection(), payload).unwrap();
            assert_eq!(back.as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_damaged_or_of_no_known_dictionary_is_an_error_and_no_wrong_text() {
        let history = History::in_memory().unwrap();
        let mut out = Vec::new();
        let Payload::Packed(packed) = pack(&Dictionary::shipped(), CUSTOMER, &mut out) else {
            panic!("it is large enough");
        };
        let asked = |bytes: &[u8]| text_of(history.connection(), Payload::Packed(bytes));
        for cut in [0, 3, 5, packed.len() - 1] {
            assert!(asked(&packed[..cut]).is_err(), "{cut}");
        }
        // The dictionary's number comes after the magic number and one byte.
        let mut other = packed.to_vec();
        other[5] ^= 1;
        let wrong = asked(&other).unwrap_err().to_string();
        assert!(wrong.contains("dictionary that is not there"), "{wrong}");
    }
}
