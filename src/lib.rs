//! kycdrop: the AMLYZE customer API as files. A batch of customers is dropped into a folder; every
//! customer is validated against the catalogue of rules and the institution's classifiers, recorded
//! in one SQLite file, and answered in the API's own format.
//!
//! Data goes once through the rooms, left to right: `intake` claims a file, `request` cuts it into
//! customers, `validate` checks each one, `history` records them in one transaction, `response`
//! writes the answer. `ingest` is the one place that sees every stage.

#![forbid(unsafe_code)]
// They panic when they cannot: `talk::say` for people, a result for data.
#![deny(clippy::print_stderr, clippy::print_stdout)]
// No input may end the process.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unwrap_used
    )
)]

pub mod answer_name;
pub mod atomic_file;
pub mod branch;
pub mod catalog;
mod check;
pub mod classifier;
pub mod cli;
pub mod clock;
pub mod config;
mod daemon;
pub mod demo;
mod desk;
pub mod disk;
pub mod evaluate;
mod explain;
pub mod export;
pub mod fault;
pub mod folder;
pub mod hashing;
pub mod history;
pub mod ingest;
pub mod intake;
pub mod invisible;
mod left_alone;
pub mod lists;
pub mod position;
mod regular_file;
pub mod report;
pub mod request;
pub mod response;
pub mod schema;
pub mod screening;
mod sheet;
mod talk;
pub mod text;
pub mod trouble;
pub mod validate;

/// Lower-case hexadecimal text of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
            let _ = write!(s, "{b:02x}");
            s
        })
}
