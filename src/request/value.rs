//! How a value is read: the lenient forms that the contract takes for numbers, booleans and dates.
//! Pure functions over text; nothing passes through a float.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// true or false in any case, white space around it ignored.
pub fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A number taken apart: `-12.50e3`.
struct Parts<'t> {
    whole: &'t str,
    fraction: &'t str,
    /// None when it does not fit: the exponent is then larger than any text of digits.
    exponent: Option<i64>,
    negative_exponent: bool,
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let mut negative_exponent = false;
    let exponent = match exponent {
        None => Some(0),
        Some(e) => {
            let power = e.strip_prefix(['+', '-']).unwrap_or(e);
            negative_exponent = e.starts_with('-');
            if power.is_empty() || !digits(power) {
                return None;
            }
            power.parse::<i64>().ok()
        }
    };
    Some(Parts {
        whole,
        fraction,
        exponent,
        negative_exponent,
    })
}

/// A number: digits with an optional sign, decimal point and exponent.
pub fn is_decimal(text: &str) -> bool {
    parts(text).is_some()
}

/// A whole number of any size, however it is written: `10`, `10.0`, `1e3`.
pub fn is_whole(text: &str) -> bool {
    let Some(p) = parts(text) else { return false };
    let zeros = |t: &str| t.bytes().all(|b| b == b'0');
    if zeros(p.whole) && zeros(p.fraction) {
        return true;
    }
    match (p.exponent, p.negative_exponent) {
        // An exponent beyond i64 outweighs every digit there is.
        (None, negative) => !negative,
        (Some(e), false) => {
            let kept = usize::try_from(e).unwrap_or(usize::MAX);
            zeros(p.fraction.get(kept..).unwrap_or_default())
        }
        (Some(e), true) => {
            let cut = usize::try_from(e).unwrap_or(usize::MAX);
            // Digits that the exponent shifts behind the point must be zeros; shifting past the
            // first digit leaves a fraction, unless all is zero, which was looked at above.
            let start = p.whole.len().checked_sub(cut);
            let shifted = start.and_then(|start| p.whole.get(start..));
            shifted.is_some_and(zeros) && zeros(p.fraction)
        }
    }
}

/// Whether two numbers are equal, digit by digit. What is not a number equals nothing.
pub fn same_number(one: &str, other: &str) -> bool {
    match (Normal::of(one), Normal::of(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// A number as its digits without zeros at either end, and the power of ten of the last of them.
#[derive(PartialEq, Eq)]
struct Normal {
    negative: bool,
    digits: String,
    /// As text where it does not fit.
    exponent: Result<i64, String>,
}

impl Normal {
    fn of(text: &str) -> Option<Normal> {
        let p = parts(text)?;
        let all = format!("{}{}", p.whole, p.fraction);
        let digits = all.trim_start_matches('0').trim_end_matches('0');
        if digits.is_empty() {
            return Some(Normal {
                negative: false,
                digits: String::new(),
                exponent: Ok(0),
            });
        }
        let zeros = all.len() - all.trim_end_matches('0').len();
        let exponent = match p.exponent {
            Some(e) if p.negative_exponent => Ok(-e),
            Some(e) => Ok(e),
            None => Err(text.trim().to_owned()),
        };
        let shift = zeros as i64 - p.fraction.len() as i64;
        Some(Normal {
            negative: text.trim().starts_with('-'),
            digits: digits.to_owned(),
            exponent: exponent.map(|e: i64| e.saturating_add(shift)),
        })
    }
}

/// A number in whole thousandths, what is beyond them cut off. One whose digits do not fit is the
/// largest or the smallest that does: a limit is exceeded by it all the same.
pub fn thousandths(text: &str) -> Option<i64> {
    let p = parts(text)?;
    let point = p.exponent.unwrap_or(i64::MAX);
    let point = if p.negative_exponent { -point } else { point };
    // How many digits stand before the point of the thousandths.
    let kept = point.saturating_add(p.whole.len() as i64).saturating_add(3);
    let mut digits = p.whole.bytes().chain(p.fraction.bytes());
    let mut value = 0i64;
    let mut more = kept;
    while more > 0 {
        let digit = digits.next().map(|b| i64::from(b - b'0'));
        // Nothing but zeros follow: they keep 0, and make anything else as large as it can be.
        if digit.is_none() && (value == 0 || more > 18) {
            value = if value == 0 { 0 } else { i64::MAX };
            break;
        }
        value = value.saturating_mul(10).saturating_add(digit.unwrap_or(0));
        more -= 1;
    }
    Some(match text.trim().starts_with('-') {
        true => -value,
        false => value,
    })
}

/// Digits with an optional sign: what an additional value of the datatype INTEGER holds.
pub fn is_plain_integer(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A calendar day, `yyyy-MM-dd`.
pub fn day(text: &str) -> Option<NaiveDate> {
    let b: &[u8; 10] = text.as_bytes().try_into().ok()?;
    if b[4] != b'-' || b[7] != b'-' {
        return None;
    }
    let year = digits(&b[0..4])?;
    NaiveDate::from_ymd_opt(year as i32, digits(&b[5..7])?, digits(&b[8..10])?)
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0u32, |n, b| {
        b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0'))
    })
}

/// A moment as a date field gives it: a day, or a date-time with an offset (`Z`, `+02:00`,
/// `+0200`), of which seconds and fractions may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A day without a time.
    Day(NaiveDate),
    /// A date-time, converted to UTC.
    Time(DateTime<Utc>),
}

impl Moment {
    /// When it begins: a day at midnight UTC.
    pub fn start(self) -> DateTime<Utc> {
        match self {
            Moment::Day(day) => day.and_time(NaiveTime::MIN).and_utc(),
            Moment::Time(time) => time,
        }
    }

    /// Writes the text that the history keeps: the day, or the moment in UTC.
    pub fn write_to(self, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Moment::Day(day) => day.format("%Y-%m-%d").write_to(out),
            // Without its offset, which chrono would make a text of first.
            Moment::Time(time) => time
                .naive_utc()
                .format("%Y-%m-%dT%H:%M:%S%.3fZ")
                .write_to(out),
        };
    }
}

/// Reads the value of a date field; white space around it is ignored.
pub fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    if !text.is_char_boundary(10) || text.len() < 10 {
        return None;
    }
    let (date, rest) = text.split_at(10);
    let date = day(date)?;
    if rest.is_empty() {
        return Some(Moment::Day(date));
    }
    time_after(date, rest.strip_prefix('T')?, false).map(Moment::Time)
}

/// `yyyy-MM-dd HH:mm:ss.SSS` and an offset (`+0200` or `Z`): an additional value's TIMESTAMP.
pub fn is_timestamp(text: &str) -> bool {
    let text = text.trim();
    if !text.is_char_boundary(10) || text.len() < 10 {
        return false;
    }
    let (date, rest) = text.split_at(10);
    match (day(date), rest.strip_prefix(' ')) {
        (Some(date), Some(time)) => time_after(date, time, true).is_some(),
        _ => false,
    }
}

/// `HH:mm[:ss[.fraction]]offset`. Exact means: seconds and three digits, offset `+0200` or Z.
fn time_after(date: NaiveDate, text: &str, exact: bool) -> Option<DateTime<Utc>> {
    let (b, mut rest) = text.as_bytes().split_first_chunk::<5>()?;
    if b[2] != b':' {
        return None;
    }
    let (hour, minute) = (digits(&b[0..2])?, digits(&b[3..5])?);
    let (mut second, mut nanos) = (0, 0);
    let mut fraction_digits = None;
    if rest.first() == Some(&b':') {
        second = digits(rest.get(1..3)?)?;
        rest = rest.get(3..)?;
        if let Some(fraction) = rest.strip_prefix(b".") {
            let count = fraction.iter().take_while(|d| d.is_ascii_digit()).count();
            if count == 0 {
                return None;
            }
            // Digits beyond nanoseconds are read and dropped.
            let kept = count.min(9);
            nanos = digits(fraction.get(..kept)?)? * 10u32.pow(9 - kept as u32);
            fraction_digits = Some(count);
            rest = fraction.get(count..)?;
        }
    }
    if exact && fraction_digits != Some(3) {
        return None;
    }
    let offset = offset_seconds(rest, exact)?;
    let local = NaiveDateTime::new(
        date,
        chrono::NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?,
    );
    let utc = local.checked_sub_signed(TimeDelta::seconds(offset))?;
    Some(utc.and_utc())
}

fn offset_seconds(text: &[u8], exact: bool) -> Option<i64> {
    let (sign, hours, minutes) = match text {
        [b'Z'] => return Some(0),
        [sign, h1, h2, b':', m1, m2] if !exact => (sign, [*h1, *h2], [*m1, *m2]),
        [sign, h1, h2, m1, m2] => (sign, [*h1, *h2], [*m1, *m2]),
        _ => return None,
    };
    let (hours, minutes) = (digits(&hours)?, digits(&minutes)?);
    let seconds = i64::from(hours * 3600 + minutes * 60);
    // No offset on earth, and none of ISO 8601's users, is beyond 18 hours.
    if minutes > 59 || seconds > 18 * 3600 {
        return None;
    }
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// A character that no text may hold: U+0000 to U+001F other than tab, line feed and carriage
/// return, or U+007F.
pub fn has_control(text: &str) -> bool {
    text.bytes()
        .any(|b| (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || b == 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_any_size_and_spelling() {
        for good in [
            "0",
            "-0",
            "10",
            "10.0",
            "10.000",
            "1e3",
            "1E+3",
            "1.50e2",
            "150e-1",
            "0.0e-9",
            " 7 ",
            "+7",
            "123456789012345678901234567890",
            "1e99999999999999999999",
            "0e-99999999999999999999",
            "5.",
            ".0",
        ] {
            assert!(is_whole(good), "{good}");
        }
        for bad in [
            "",
            " ",
            "1.5",
            "1e-1",
            "15e-1",
            "1.25e1",
            "abc",
            "1,0",
            "0x1",
            "1e",
            "e1",
            ".",
            "--1",
            "1e-99999999999999999999",
            "١",
            "1 0",
            "NaN",
            "Infinity",
        ] {
            assert!(!is_whole(bad), "{bad}");
        }
    }

    #[test]
    fn thousandths_are_exact_and_never_overflow() {
        for (text, wanted) in [
            ("0", 0),
            ("1", 1_000),
            ("-2.5", -2_500),
            ("1999.9999", 1_999_999),
            ("1e3", 1_000_000),
            ("15e-1", 1_500),
            ("1e-9", 0),
            ("0e99999999999999999999", 0),
            ("1e99999999999999999999", i64::MAX),
            ("1e-99999999999999999999", 0),
            ("123456789012345678901234567890", i64::MAX),
            ("-123456789012345678901234567890", -i64::MAX),
            ("000000000000000000000000000007", 7_000),
        ] {
            assert_eq!(thousandths(text), Some(wanted), "{text}");
        }
        assert_eq!(thousandths("ten"), None);
    }

    #[test]
    fn decimals_keep_their_text_and_take_no_words() {
        for good in ["0.1", "-12.50e3", "10000", ".5", "5."] {
            assert!(is_decimal(good), "{good}");
        }
        for bad in ["1.2.3", "1e1.5", "ten", "€5", "1_000"] {
            assert!(!is_decimal(bad), "{bad}");
        }
    }

    #[test]
    fn days_are_real_ones() {
        for good in ["2024-02-29", "1900-01-31", " 2023-10-01 "] {
            assert!(moment(good).is_some(), "{good}");
        }
        for bad in [
            "2023-02-29",
            "2023-13-01",
            "2023-1-1",
            "20231001",
            "01.10.2023",
            "2023-10-01x",
            "",
            "2023-10-0١",
        ] {
            assert!(moment(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn date_times_need_an_offset() {
        for good in [
            "2024-04-10T09:45:00.000+02:00",
            "2024-04-10T09:45+0200",
            "2024-04-10T09:45Z",
            "2024-04-10T09:45:59Z",
            "2024-04-10T09:45:59.1-05:30",
            "2024-04-10T09:45:59.1234567890123Z",
        ] {
            assert!(moment(good).is_some(), "{good}");
        }
        for bad in [
            "2024-04-10T09:45:00",
            "2024-04-10 09:45:00Z",
            "2024-04-10T9:45Z",
            "2024-04-10T24:00Z",
            "2024-04-10T09:60Z",
            "2024-04-10T09:45:60Z",
            "2024-04-10T09:45:00.Z",
            "2024-04-10T09:45+02",
            "2024-04-10T09:45+19:00",
            "2024-04-10T09:45+02:60",
            "2024-04-10t09:45z",
            "2024-04-10T",
        ] {
            assert!(moment(bad).is_none(), "{bad}");
        }
        let kept = |text| {
            let mut out = String::new();
            moment(text).unwrap().write_to(&mut out);
            out
        };
        assert_eq!(
            kept("2024-04-10T00:30:00.000+02:00"),
            "2024-04-09T22:30:00.000Z"
        );
        assert_eq!(
            kept("9999-12-31T23:59:59.9999-01:00"),
            "+10000-01-01T00:59:59.999Z"
        );
        assert_eq!(kept(" 0000-01-01 "), "0000-01-01");
        assert_eq!(kept("0000-01-01T00:00+01:00"), "-0001-12-31T23:00:00.000Z");
    }

    #[test]
    fn timestamps_are_exact() {
        for good in ["2024-04-10 09:45:00.000+0200", "2024-04-10 09:45:00.123Z"] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in [
            "2024-04-10 09:45:00.000+02:00",
            "2024-04-10 09:45:00Z",
            "2024-04-10T09:45:00.000Z",
            "2024-04-10 09:45:00.000",
            "2024-04-10 09:45:00.1Z",
        ] {
            assert!(!is_timestamp(bad), "{bad}");
        }
    }
}
