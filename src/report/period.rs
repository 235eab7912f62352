//! Which days a report is on.

use chrono::{Datelike, Months, NaiveDate};

use crate::trouble::{Kind, Result, Trouble};

/// A day with a year of four digits, as the history writes days: `2026-10-31`.
///
/// # Errors
/// How a day is written.
pub(crate) fn day(text: &str) -> Result<NaiveDate, String> {
    let day = (text.len() == 10).then(|| text.parse().ok());
    day.flatten()
        .ok_or_else(|| "a day is written as 2026-10-31".to_owned())
}

/// The first day of a month that is written as `2026-10`.
///
/// # Errors
/// How a month is written.
pub(crate) fn month(text: &str) -> Result<NaiveDate, String> {
    let day = (text.len() == 7).then(|| format!("{text}-01").parse().ok());
    day.flatten()
        .ok_or_else(|| "a month is written as 2026-10".to_owned())
}

/// The first and the last day that were asked for: those of a month, which ends today at the latest, or
/// from one day to another. By default the last is today, and the first that of its month.
///
/// # Errors
/// When the month has not begun, or the period ends before it starts.
pub(crate) fn period(
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    month: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(NaiveDate, NaiveDate)> {
    if let Some(first) = month {
        if first > today {
            return Err(Trouble::new(
                Kind::Input,
                format!("the month {} has not begun", first.format("%Y-%m")),
                "give --month a month that has",
            ));
        }
        let last = first.checked_add_months(Months::new(1)).unwrap_or(first);
        return Ok((first, last.pred_opt().unwrap_or(last).min(today)));
    }
    let to = to.unwrap_or(today);
    let from = from.unwrap_or_else(|| to.with_day(1).unwrap_or(to));
    if from > to {
        return Err(Trouble::new(
            Kind::Input,
            format!("the period ends on {to}, before it starts on {from}"),
            "swap --from and --to",
        ));
    }
    Ok((from, to))
}
