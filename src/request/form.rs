//! What a file is that is not a request, in words, with what to do next. The words name characters and
//! bytes, and quote nothing of a customer.

use std::fmt;

use crate::catalog::Endpoint;
use crate::invisible::{is_invisible, name_of};

use super::split::Body;

/// What a file is instead of a request, or what in it is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The file of another program, such as a PDF document.
    Document(&'static str),
    /// It has to be unpacked first.
    Packed(&'static str),
    /// Text in another format, such as CSV.
    Text(&'static str),
    /// The findings of a worklist, or a response: what is taken out of the outbox.
    Answer(&'static str),
    /// Text in another encoding than UTF-8.
    Encoding(&'static str),
    /// This byte is not UTF-8, and the text before it is.
    CodePage(u8),
    /// This character looks like one of JSON, or shows nothing, and stands outside of a text.
    Character(char),
    /// The file ends with this byte, NUL or Ctrl-Z.
    Ending(u8),
    /// JavaScript or Python may have this, and JSON has not.
    NotStrict(&'static str),
    /// JSON that was written as a JSON text once more.
    JsonInText,
    /// JSON values one after another, dropped where such a body is wanted.
    JsonLines(Body),
    /// A list, dropped where such a body is wanted.
    BareList(Body),
    /// One customer, dropped where a list is wanted.
    OneCustomer,
    /// A list of customers, dropped where one is wanted.
    Batch,
}

/// How customers become a batch.
const WRAPPED: &str = "{\"customers\":[{…},…]}";

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (batch, single) = (Endpoint::BatchCustomers, Endpoint::Customer);
        match self {
            Form::Document(what) => write!(
                f,
                "the file is {what}; kycdrop reads JSON only: export the customers as JSON from the system that keeps them"
            ),
            Form::Packed(what) => write!(
                f,
                "the file is {what}: unpack or decrypt it, and drop the JSON file that is in it"
            ),
            Form::Text(what) => write!(
                f,
                "the file is {what}; kycdrop reads JSON only: export or convert the customers to {WRAPPED}"
            ),
            Form::Answer(what) => write!(
                f,
                "the file is {what} of kycdrop: correct the customers in the file that ends with .rejected.json, and drop that"
            ),
            Form::Encoding(what) => write!(f, "the file is {what}: save it as UTF-8"),
            Form::CodePage(byte) => write!(
                f,
                "the byte 0x{byte:02X} is not UTF-8: the text is in another code page, such as Windows-1257 or Windows-1252; save it as UTF-8"
            ),
            Form::Character(c) => f.write_str(&character(*c)),
            Form::Ending(byte) => write!(
                f,
                "{} (0x{byte:02X}) stands at the end of the file, behind the request: have the file written without it",
                if *byte == 0 { "NUL" } else { "Ctrl-Z" }
            ),
            Form::NotStrict(what) => f.write_str(what),
            Form::JsonInText => f.write_str(
                "the file is JSON inside a JSON text, so it was encoded twice: write the object itself",
            ),
            Form::JsonLines(Body::List) => write!(
                f,
                "the file has one JSON value after another (JSON Lines, NDJSON): put the customers into one list, {WRAPPED}"
            ),
            Form::JsonLines(Body::Single) => write!(
                f,
                "the file has one JSON value after another (JSON Lines, NDJSON): drop each customer as a file of its own, or all of them as {WRAPPED} into {batch}"
            ),
            Form::BareList(Body::List) => {
                write!(f, "the file is a bare list: wrap it as {WRAPPED}")
            }
            Form::BareList(Body::Single) => write!(
                f,
                "the file is a bare list: drop each customer as a file of its own, or all of them as {WRAPPED} into {batch}"
            ),
            Form::OneCustomer => write!(
                f,
                "the file is a single customer: drop it into {single}, or wrap it as {WRAPPED}"
            ),
            Form::Batch => write!(
                f,
                "the file is a batch of customers: drop it into {batch}, or each customer by itself here"
            ),
        }
    }
}

/// Of a character between the texts of JSON.
fn character(c: char) -> String {
    let name = name_of(c).unwrap_or_default();
    let fix = match is_invisible(c) {
        true => "remove it; white space in JSON is space, tab and line break",
        false => "write the one of ASCII; word processors replace it",
    };
    format!("a {name} stands here outside of a text: {fix}")
}
