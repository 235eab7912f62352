//! Values of settings that have a unit or a syntax of their own: durations, sizes, the filter of the
//! log. Each error says how to write one.

use std::time::Duration;

use bytesize::ByteSize;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::text::did_you_mean;

/// A duration with its unit: `"1s"`, `"50ms"`.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => humantime::parse_duration(&text)
            .map_err(|e| D::Error::custom(format!("{e}; write a duration as \"1s\" or \"50ms\""))),
        Value::Integer(n) => Err(D::Error::custom(format!(
            "a duration needs a unit: write \"{n}s\" for seconds"
        ))),
        other => Err(D::Error::custom(format!(
            "invalid type: {}, expected a duration such as \"1s\" or \"50ms\"",
            other.type_str()
        ))),
    }
}

/// A size in bytes: a number, or a text with a unit such as `"16 MiB"`.
pub(super) fn size<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    // TOML knows no larger numbers.
    let value = Value::deserialize(from)
        .map_err(|_| D::Error::custom(format!("this is not a size: {SIZES}")))?;
    let bytes = match value {
        Value::String(text) => parse_size(&text).map_err(D::Error::custom)?,
        Value::Integer(n) if n >= 0 => n.unsigned_abs(),
        other => {
            let found = match other {
                Value::Integer(n) => n.to_string(),
                other => other.type_str().to_owned(),
            };
            return Err(D::Error::custom(format!("{found} is not a size: {SIZES}")));
        }
    };
    T::try_from(bytes).map_err(|_| D::Error::custom(format!("{bytes} bytes are too many")))
}

/// A size in MiB: a number of them, or a text with a unit.
pub(super) fn mib<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => {
            let mib = parse_size(&text).map_err(D::Error::custom)? >> 20;
            Ok(u32::try_from(mib).unwrap_or(u32::MAX))
        }
        number => u32::deserialize(number).map_err(|_| {
            D::Error::custom("write a number of MiB, or a size with its unit such as \"192 MiB\"")
        }),
    }
}

const SIZES: &str = "write a number of bytes, or a text with a unit such as \"16 MiB\" (1024²) or \"16 MB\" (1000²)";

/// The bytes of a size with its unit; of a bare number, itself.
///
/// # Errors
/// When it is not a size: how to write one.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let size: Result<ByteSize, String> = text.parse();
    size.map(|size| size.as_u64())
        .map_err(|_| format!("{text:?} is not a size: {SIZES}"))
}

/// A filter of the log, as [`log_filter`] takes it.
pub(super) fn log<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    log_filter(&text).map_err(D::Error::custom)?;
    Ok(text)
}

/// The filter that a text asks for: a level, or levels of modules such as
/// `info,kycdrop::intake=debug`. What watches the file system says errors only, unless it is named.
///
/// # Errors
/// When the text is no filter.
pub(crate) fn log_filter(text: &str) -> Result<EnvFilter, String> {
    // A single word that is no level would be taken for the name of a module, and turn off the others.
    let words = text.split(',').map(str::trim);
    for word in words.filter(|word| !word.contains(['=', '['])) {
        if word.parse::<LevelFilter>().is_err() || word.is_empty() {
            let levels = ["off", "error", "warn", "info", "debug", "trace"];
            let hint = did_you_mean(word, levels.into_iter());
            return Err(format!(
                "{word:?} is not a level of the log: {}",
                hint.unwrap_or_else(|| format!("write one of {}", levels.join(", ")))
            ));
        }
    }
    EnvFilter::builder()
        .parse(format!("notify=error,{text}"))
        .map_err(|e| e.to_string())
}
