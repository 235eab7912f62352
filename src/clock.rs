//! The forms in which moments are written: those of the history and that of the API.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

/// UTC ISO 8601 with milliseconds, as the history keeps it: `2026-11-20T16:49:50.237Z`.
pub fn text(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Now, as the history keeps it.
pub fn now() -> String {
    text(Utc::now())
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

/// Reads a moment as the history keeps it.
pub fn parse(history: &str) -> Option<DateTime<Utc>> {
    let plain = history.strip_suffix('Z')?;
    NaiveDateTime::parse_from_str(plain, "%Y-%m-%dT%H:%M:%S%.f")
        .ok()
        .map(|t| t.and_utc())
}
