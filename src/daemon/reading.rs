//! The history of a home for who only reads it, beside the process that works on the home or without one.

use rusqlite::Connection;

use crate::config::Home;
use crate::trouble::{Kind, Result, Trouble};

use super::lock;

/// The history of a home, for reading; None where there never was one.
///
/// # Errors
/// When there was one and it is gone, or it cannot be read.
pub(crate) fn history_if_any(home: &Home) -> Result<Option<Connection>> {
    lock::refuse_lost_history(home)?;
    crate::history::open_for_reading(&home.database())
}

/// The history of a home, for reading.
///
/// # Errors
/// As [`history_if_any`], and where there never was one.
pub(crate) fn history_of(home: &Home) -> Result<Connection> {
    if let Some(conn) = history_if_any(home)? {
        return Ok(conn);
    }
    Err(match home.is_made()? {
        false => home.not_made(),
        true => Trouble::new(
            Kind::Setup,
            format!("there is no history at {} yet", home.database().display()),
            "run `kycdrop run` there first, or give the right --home",
        ),
    })
}
