//! Outcomes to the bodies of the API: the only place that decides which body a file gets.
//!
//! In: the outcomes of customers in their order, or what is wrong with a file as a whole. Out: a body
//! in the API's own format; the same outcomes give the same bytes. It uses the catalogue alone, and
//! knows nothing of files, databases or rules.

mod event;

use std::io::{self, Write};

use serde::Serialize;

use crate::catalog::{Endpoint, ReplyKind};

pub use event::{
    EVENTS_FOLDER, Event, KycScoring, KycState, ScreeningState, event_id, events_body, events_file,
    screening_event,
};

/// Where the API lives; the error bodies name it.
pub const API_ROOT: &str = "/amlyze-ws-rest";

/// The result of one customer of a batch. Absent values are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchResult<'r> {
    result_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    communication_number: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_ext_id: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_unit: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'r str>,
    time_elapsed_ms: u64,
}

/// What one customer came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome<'r> {
    /// The communicationNumber; None where it is absent or no text.
    pub communication_number: Option<&'r str>,
    /// The customerExtId; None where it is absent or no text.
    pub customer_ext_id: Option<&'r str>,
    /// The businessUnit; None where it is absent or no text.
    pub business_unit: Option<&'r str>,
    /// Code and description, where it was rejected.
    pub error: Option<(&'r str, &'r str)>,
    /// Milliseconds from the claim of the file to the end of judging this customer.
    pub elapsed_ms: u64,
}

fn result_type(rejected: bool) -> &'static str {
    if rejected {
        "REQUEST_REJECTED"
    } else {
        "REQUEST_ACCEPTED"
    }
}

/// Adds the JSON of one customer's result.
pub fn batch_result(out: &mut Vec<u8>, outcome: &Outcome<'_>) {
    let (error_code, error_description) = outcome.error.unzip();
    let result = BatchResult {
        result_type: result_type(outcome.error.is_some()),
        communication_number: outcome.communication_number,
        customer_ext_id: outcome.customer_ext_id,
        business_unit: outcome.business_unit,
        error_code,
        error_description,
        time_elapsed_ms: outcome.elapsed_ms,
    };
    // Texts and a number: nothing here can fail to be JSON, and memory takes it all.
    let _ = serde_json::to_writer(out, &result);
}

/// The body of a file whose customers were judged, written one customer at a time. The endpoint
/// decides its form.
pub struct Body<W: Write> {
    endpoint: Endpoint,
    out: W,
    any: bool,
}

impl<W: Write> Body<W> {
    /// Begins the body.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(endpoint: Endpoint, mut out: W) -> io::Result<Body<W>> {
        if endpoint.is_batch() {
            out.write_all(b"{\"results\":[")?;
        }
        Ok(Body {
            endpoint,
            out,
            any: false,
        })
    }

    /// Writes what the next customer came to. `descriptions` returns those of all its errors, for an
    /// endpoint that replies with them.
    ///
    /// # Errors
    /// When it cannot be written, or `descriptions` fails.
    pub fn customer<E: From<io::Error>>(
        &mut self,
        outcome: &Outcome<'_>,
        descriptions: impl FnOnce() -> Result<Vec<String>, E>,
    ) -> Result<(), E> {
        let body = match (self.endpoint.reply_kind(), outcome.error) {
            (ReplyKind::Results, _) => {
                let mut json = Vec::new();
                batch_result(&mut json, outcome);
                return Ok(self.result(&json)?);
            }
            (ReplyKind::AllErrors, Some(_)) => all_errors(&descriptions()?),
            (_, error) => single(error),
        };
        Ok(self.out.write_all(body.as_bytes())?)
    }

    /// Writes the result of the next customer of a batch, which [`batch_result`] has made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn result(&mut self, json: &[u8]) -> io::Result<()> {
        self.out.write_all(if self.any { b",\n" } else { b"\n" })?;
        self.any = true;
        self.out.write_all(json)
    }

    /// Ends the body.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(mut self, elapsed_ms: u64) -> io::Result<W> {
        if self.endpoint.is_batch() {
            if self.any {
                self.out.write_all(b"\n")?;
            }
            writeln!(self.out, "],\"timeElapsedMs\":{elapsed_ms}}}")?;
        }
        Ok(self.out)
    }
}

/// The body of a file of which no customer was judged: it is not a request (400), its path is not
/// an endpoint (404), or it met a defect of ours (500). The timestamp is in the form of the API.
pub fn refusal(status: u16, path: &str, timestamp: &str, elapsed_ms: u64) -> String {
    match status {
        500 if Endpoint::from_name(path).is_none_or(Endpoint::is_batch) => {
            batch_failure(elapsed_ms)
        }
        500 => single_failure(),
        _ => error(status, path, timestamp),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SingleBody<'r> {
    result_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'r str>,
}

/// The body for a single customer, accepted or rejected with its first error.
fn single(error: Option<(&str, &str)>) -> String {
    let (error_code, error_description) = error.unzip();
    line(&SingleBody {
        result_type: result_type(error.is_some()),
        error_code,
        error_description,
    })
}

/// The body for a decision of a person: recorded, or refused for this reason. The API has no such request,
/// so the form is that of a single customer and the code is ours.
pub fn decision_answer(refused: Option<&str>) -> String {
    single(refused.map(|why| ("DECISION", why)))
}

#[derive(Serialize)]
struct AllErrors<'r> {
    errors: &'r [String],
}

/// The body for a rejected simplified customer: every error, in order.
fn all_errors(errors: &[String]) -> String {
    line(&AllErrors { errors })
}

#[derive(Serialize)]
struct ErrorBody<'r> {
    timestamp: &'r str,
    status: u16,
    error: &'r str,
    path: String,
}

/// The body for what is not a request (400), or for a path that is not an endpoint (404).
fn error(status: u16, path: &str, timestamp: &str) -> String {
    line(&ErrorBody {
        timestamp,
        status,
        error: match status {
            404 => "Not Found",
            _ => "Bad Request",
        },
        path: format!("{API_ROOT}/{path}"),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchFailure {
    error_code: &'static str,
    error_description: &'static str,
    time_elapsed_ms: u64,
}

/// The body for a batch that could not be processed, by our own fault.
fn batch_failure(elapsed_ms: u64) -> String {
    line(&BatchFailure {
        error_code: "500",
        error_description: "Processing failed",
        time_elapsed_ms: elapsed_ms,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SingleFailure {
    result_type: &'static str,
    status: u16,
    error: &'static str,
}

/// The body of an internal error, for a single customer.
fn single_failure() -> String {
    line(&SingleFailure {
        result_type: result_type(true),
        status: 500,
        error: "Internal Server Error",
    })
}

/// A body of one line. None of the types here can fail to be written as JSON.
fn line<T: Serialize>(body: &T) -> String {
    let mut text = serde_json::to_string(body).unwrap_or_default();
    text.push('\n');
    text
}
