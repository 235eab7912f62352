//! What is known of a file: when work on it begins, at its end, and as it stands in the history.

use rusqlite::Row;

use crate::catalog::Endpoint;

/// What is known of a file when work on it begins.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// The name of its claim in the work folder, unique for ever.
    pub claim: String,
    /// None when the folder is no endpoint.
    pub endpoint: Option<Endpoint>,
    /// The endpoint's name, or the path that was asked for.
    pub path: String,
    /// The name that it had in the inbox.
    pub file_name: String,
    /// UTC.
    pub received_at: String,
}

/// What is known of a file at its end.
#[derive(Clone, Debug, Default)]
pub struct Finish {
    /// The HTTP status that the API would have answered.
    pub status: u16,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Milliseconds since it was claimed.
    pub elapsed_ms: u64,
    /// The row of the classifier set that judged it; None if it was not judged.
    pub set_id: Option<i64>,
    /// Why the file as a whole was not accepted.
    pub error: Option<String>,
    /// The name that its response is to have, below the outbox.
    pub response_file: Option<String>,
}

/// A batch as it stands in the history.
#[derive(Clone, Debug)]
pub struct Written {
    /// The key of its row in `batch`.
    pub batch_id: i64,
    /// The endpoint's name, or the path that was asked for.
    pub path: String,
    /// The name that it had in the inbox.
    pub file_name: String,
    /// The HTTP status that the API would have answered.
    pub status: u16,
    /// How many customers it has.
    pub customers: u64,
    /// How many of them were accepted.
    pub accepted: u64,
    /// How many of them were rejected.
    pub rejected: u64,
    /// How many of the accepted ones had been accepted before, by the same request.
    pub repeated: u64,
    /// When it was claimed, UTC.
    pub received_at: String,
    /// Milliseconds from the claim to the end of judging.
    pub elapsed_ms: u64,
    /// Why the file as a whole was not accepted.
    pub error: Option<String>,
    /// The path of its response below the outbox.
    pub response_file: Option<String>,
}

/// Where the assessments of the batch with the number ?1 are: no index is kept over the batches.
pub(crate) const OF_BATCH: &str = "assessment
     WHERE assessment_id BETWEEN (SELECT first_assessment_id FROM batch WHERE batch_id = ?1)
                             AND (SELECT last_assessment_id FROM batch WHERE batch_id = ?1)";

pub(super) const SELECT_WRITTEN: &str =
    "SELECT batch_id, claim, endpoint, file_name, status, customers, accepted, rejected, repeated,
     received_at, elapsed_ms, error, response_file FROM batch";

impl Written {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Written> {
        Ok(Written {
            batch_id: row.get("batch_id")?,
            path: row.get("endpoint")?,
            file_name: row.get("file_name")?,
            status: row.get("status")?,
            customers: row.get("customers")?,
            accepted: row.get("accepted")?,
            rejected: row.get("rejected")?,
            repeated: row.get("repeated")?,
            received_at: row.get("received_at")?,
            elapsed_ms: row.get("elapsed_ms")?,
            error: row.get("error")?,
            response_file: row.get("response_file")?,
        })
    }
}
