//! What time it is, and the forms in which moments are written: those of the history and that of the
//! API.
//!
//! Everything that decides a day or is stored asks [`utc_now`]. In debug builds alone a test moves
//! this clock with `KYCDROP_CLOCK`: a moment (`2028-02-29T23:59:59Z`) from which the process starts,
//! or the milliseconds (`+86400000`) by which it differs from the machine's clock, which several
//! processes can share. The clock runs on either way. Ages of files compare with what the file
//! system says, and durations are measured with `Instant`; neither is moved.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

/// Now, as kycdrop believes it to be.
#[inline]
pub fn utc_now() -> DateTime<Utc> {
    #[cfg(debug_assertions)]
    return Utc::now() + moved::by();
    #[cfg(not(debug_assertions))]
    Utc::now()
}

/// Lets SQL ask this clock for `date('now', ...)`, where a test moved it. A release build leaves
/// SQLite's own function in place.
///
/// # Errors
/// When SQLite takes no function.
#[inline]
pub fn show_sql(conn: &rusqlite::Connection) -> rusqlite::Result<()> {
    #[cfg(debug_assertions)]
    return moved::show_sql(conn);
    #[cfg(not(debug_assertions))]
    {
        let _ = conn;
        Ok(())
    }
}

#[cfg(debug_assertions)]
mod moved {
    use std::sync::LazyLock;

    use chrono::{TimeDelta, Utc};
    use rusqlite::functions::FunctionFlags;
    use rusqlite::types::Value;
    use rusqlite::{Connection, params_from_iter};

    #[expect(
        clippy::panic,
        reason = "only a test sets it, and a wrong value is a wrong test"
    )]
    static BY: LazyLock<TimeDelta> = LazyLock::new(|| match std::env::var("KYCDROP_CLOCK") {
        Ok(text) => super::difference(&text, Utc::now()).unwrap_or_else(|| {
            panic!("KYCDROP_CLOCK is neither a moment nor milliseconds: {text}")
        }),
        Err(_) => TimeDelta::zero(),
    });

    pub(super) fn by() -> TimeDelta {
        *BY
    }

    /// SQLite's `date` cannot be moved, so it is put in front of itself: the arguments go to a second
    /// connection, with the moved moment in place of 'now'.
    pub(super) fn show_sql(conn: &Connection) -> rusqlite::Result<()> {
        if BY.is_zero() {
            return Ok(());
        }
        let plain = Connection::open_in_memory()?;
        conn.create_scalar_function("date", -1, FunctionFlags::SQLITE_UTF8, move |context| {
            let mut arguments = (0..context.len())
                .map(|i| context.get::<Value>(i))
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let now = || Value::Text(super::now());
            match arguments.first_mut() {
                None => arguments.push(now()),
                Some(first) => {
                    if matches!(first, Value::Text(word) if word.eq_ignore_ascii_case("now")) {
                        *first = now();
                    }
                }
            }
            let places = vec!["?"; arguments.len()].join(",");
            let sql = format!("SELECT date({places})");
            plain.query_row(&sql, params_from_iter(arguments), |r| r.get::<_, Value>(0))
        })
    }
}

/// By how much a clock that `KYCDROP_CLOCK` describes differs from one that shows `now`: it starts at
/// a moment, or is ahead (`+`) or behind (`-`) by milliseconds. None when the text is neither.
pub fn difference(text: &str, now: DateTime<Utc>) -> Option<chrono::TimeDelta> {
    if text.starts_with(['+', '-']) {
        return text
            .parse()
            .ok()
            .and_then(chrono::TimeDelta::try_milliseconds);
    }
    let start = DateTime::parse_from_rfc3339(text).ok()?;
    Some(start.with_timezone(&Utc) - now)
}

/// UTC ISO 8601 with milliseconds, as the history keeps it: `2026-11-20T16:49:50.237Z`.
pub fn text(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Now, as the history keeps it.
pub fn now() -> String {
    text(utc_now())
}

/// Today in UTC, as `yyyy-MM-dd`.
pub fn today() -> String {
    day(&now()).to_owned()
}

/// The form of the API's error bodies, from that of the history:
/// `2026-11-20T16:49:50.237+00:00`.
pub fn api_form(history: &str) -> String {
    match history.strip_suffix('Z') {
        Some(rest) => format!("{rest}+00:00"),
        None => history.to_owned(),
    }
}

/// The day of a moment as the history keeps it.
pub fn day(history: &str) -> &str {
    history.get(..10).unwrap_or(history)
}

/// Whether a text is a day (`yyyy-MM-dd`), as folders are named by one.
pub fn is_day(text: &str) -> bool {
    let form = |(i, b): (usize, u8)| match i {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(form)
}

/// Reads a moment as the history keeps it.
pub fn parse(history: &str) -> Option<DateTime<Utc>> {
    let plain = history.strip_suffix('Z')?;
    NaiveDateTime::parse_from_str(plain, "%Y-%m-%dT%H:%M:%S%.f")
        .ok()
        .map(|t| t.and_utc())
}
