//! Which batch a person means: its number, the name of its file, of its response or of a file beside
//! that, or the bytes of the file.

use rusqlite::{Connection, params};

use crate::answer_name::{RESPONSE_ENDING, WorklistFile};
use crate::trouble::Result;

/// The word for the newest batch.
pub const LAST: &str = "last";

/// The newest batch; None where there is none.
///
/// # Errors
/// When the database cannot be read.
pub fn newest_batch(conn: &Connection) -> Result<Option<i64>> {
    Ok(conn.query_row("SELECT max(batch_id) FROM batch", [], |r| r.get(0))?)
}

/// Whether there is a batch of this number.
///
/// # Errors
/// When the database cannot be read.
pub fn has_batch(conn: &Connection, batch_id: i64) -> Result<bool> {
    let mut select = conn.prepare_cached("SELECT 1 FROM batch WHERE batch_id = ?1")?;
    Ok(select.exists([batch_id])?)
}

/// Batches after a sending among which its own is looked for.
const SINCE: i64 = 100_000;

/// The first batch after this one (0: of all) of a file of exactly this name at an endpoint, if there is one.
///
/// # Errors
/// When the database cannot be read.
pub fn batch_answered_since(
    conn: &Connection,
    after: i64,
    endpoint: &str,
    name: &str,
) -> Result<Option<i64>> {
    let mut select = conn.prepare_cached(
        "SELECT min(batch_id) FROM batch
         WHERE batch_id > ?1 AND batch_id <= ?2 AND endpoint = ?3 AND file_name = ?4",
    )?;
    let to = after.saturating_add(SINCE);
    Ok(select.query_row(params![after, to, endpoint, name], |r| r.get(0))?)
}

/// The batches, the newest first, whose file had these bytes.
///
/// # Errors
/// When the database cannot be read.
pub fn batches_of_bytes(conn: &Connection, sha256: &str) -> Result<Vec<i64>> {
    let mut select =
        conn.prepare("SELECT batch_id FROM batch WHERE sha256 = ?1 ORDER BY batch_id DESC")?;
    let rows = select.query_map([sha256], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a batch had a file of this size, in bytes.
///
/// # Errors
/// When the database cannot be read.
pub fn has_size(conn: &Connection, bytes: u64) -> Result<bool> {
    let mut select = conn.prepare("SELECT 1 FROM batch WHERE bytes = ?1")?;
    Ok(select.exists([i64::try_from(bytes).unwrap_or(i64::MAX)])?)
}

/// The folder of the responses, as paths to them have it.
const OUTBOX: &str = "outbox";

/// The batches, the newest first, of a file name or the name of a response or of a file beside it: with
/// or without `.json`, with or without folders. The last folder is the endpoint or one below it, if there
/// is such a batch. What lies in an outbox is not a request, even if a request has the same name.
///
/// # Errors
/// When the database cannot be read.
pub fn batches_named(conn: &Connection, path: &str) -> Result<Vec<i64>> {
    let (folders, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    let mut folders = folders.rsplit(['/', '\\']);
    let folder = folders.next().unwrap_or_default();
    let is_answer = folder == OUTBOX || folders.any(|f| f == OUTBOX);
    let stem = WorklistFile::ALL
        .iter()
        .find_map(|file| name.strip_suffix(file.name())?.strip_suffix('.'));
    let response = stem.map(|stem| format!("{stem}{RESPONSE_ENDING}"));
    let mut spellings = Vec::new();
    if is_answer {
        spellings.push((response.clone().unwrap_or_else(|| name.into()), true));
    }
    spellings.push((name.to_owned(), false));
    spellings.extend(response.map(|name| (name, false)));
    spellings.extend([".json", RESPONSE_ENDING].map(|end| (format!("{name}{end}"), false)));
    spellings.extend(without_number(name).map(|name| (name, false)));
    for (spelling, is_response) in spellings {
        for endpoint in [folder, ""] {
            let found = named(conn, &spelling, endpoint, is_response)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }
    stem.map_or(Ok(Vec::new()), |stem| of_number(conn, stem))
}

/// Beside `x.response.json`, `x~17.findings.csv` is of batch 17 where the name without it was taken.
fn of_number(conn: &Connection, stem: &str) -> Result<Vec<i64>> {
    let Some((stem, number)) = stem.rsplit_once('~') else {
        return Ok(Vec::new());
    };
    let named = named(conn, &format!("{stem}{RESPONSE_ENDING}"), "", true)?;
    let is_meant = |id: &i64| number.parse() == Ok(*id);
    Ok(named.into_iter().filter(is_meant).collect())
}

/// `x.2.json`, as a second file of this name is called in the archive, is `x.json`.
fn without_number(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let (stem, number) = stem.rsplit_once('.')?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("{stem}.{ending}"))
}

/// The batches of exactly this name; `is_response`: it is not that of a request.
fn named(conn: &Connection, name: &str, endpoint: &str, is_response: bool) -> Result<Vec<i64>> {
    let mut select = conn.prepare_cached(
        "SELECT batch_id FROM batch
         WHERE (file_name = ?1 AND NOT ?3 OR response_file = ?1 OR substr(response_file, -length(?1) - 1) = '/' || ?1)
           AND (?2 = '' OR endpoint = ?2 OR instr('/' || response_file, '/' || ?2 || '/') > 0)
         ORDER BY batch_id DESC",
    )?;
    let rows = select.query_map(params![name, endpoint, is_response], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
