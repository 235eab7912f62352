//! `backup` and `snapshot`: the history in another file, while the daemon works on.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::config::Home;
use crate::history;
use crate::trouble::{Kind, Result};

use crate::talk::note;
use crate::text::counted;

/// Arguments of `backup` and `snapshot`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The file to write; it must not exist
    file: PathBuf,
}

/// Makes a copy that can take the place of the original.
pub(super) fn backup(home: &Home, args: &Args) -> Result<u8> {
    copy(home, args, history::backup, "backup, checked")
}

/// Makes a plain file for analysts.
pub(super) fn snapshot(home: &Home, args: &Args) -> Result<u8> {
    copy(home, args, history::snapshot, "snapshot")
}

fn copy(
    home: &Home,
    args: &Args,
    how: fn(&Connection, AtomicFile) -> Result<u64>,
    what: &str,
) -> Result<u8> {
    super::config_of(home)?;
    let conn = super::history_of(home)?;
    let rules = Rules {
        home: Some(home),
        into_inbox: false,
        existing: Existing::Refuse,
        refusal: Kind::Input,
    };
    let bytes = how(&conn, AtomicFile::create(&args.file, rules)?)?;
    let bytes = counted(bytes, "byte", "bytes");
    note!("{what}: {}, {bytes}", args.file.display());
    Ok(0)
}
