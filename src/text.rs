//! Text for people: nothing that comes from a file may steer a terminal or break a line of the log,
//! and a name that is not known gets the suggestion of one that is.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::invisible::{as_it_looks, is_invisible};

/// The text with every control character (and every character that turns the direction of writing)
/// replaced by its escape, so that it prints on one line and as what it is.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, steers)
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text as [`printable`] gives it, and what nobody sees as its escape too: for a value that a
/// person is to look at.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| steers(c) || is_invisible(c))
}

fn escaped(text: &str, is: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// JSON that says the same and steers no terminal: what steers stands in strings only, but for the
/// line breaks between them.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    let escaped = |c: char| c != '\n' && steers(c);
    if !json.contains(escaped) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if escaped(c) {
            out += &format!("\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// What a spreadsheet takes for the beginning of a formula. One that is set to an East Asian language
/// takes the full-width signs as well.
const FORMULA_SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Text for a cell of CSV that no spreadsheet takes for a formula: an apostrophe stands before text
/// that begins with a sign of a formula, with or without white space or invisible characters before
/// it, and before text that begins with a tab or a line break, which a spreadsheet may drop. A plain
/// number such as `-5` stays one. The quotes of CSV are for whoever writes the cell.
pub fn spreadsheet_safe(text: &str) -> Cow<'_, str> {
    let visible =
        text.trim_start_matches(|c: char| c.is_whitespace() || steers(c) || is_invisible(c));
    let formula = visible.starts_with(FORMULA_SIGNS) && !is_plain_number(visible);
    match formula || text.starts_with(['\t', '\r', '\n']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// Spreadsheets know by it that a file is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The longest text that a formula of a spreadsheet may hold, in UTF-16 units.
const MAX_FORMULA_TEXT: usize = 255;

/// Text for a cell of CSV that every spreadsheet shows as it is. What one would take for a number, a
/// day or a formula (`007`, `12345678901234567890`, `2026-11-29`, `=A1`) becomes a formula that is that
/// text: `="007"`, or gets an apostrophe if it is too long for one. Whole numbers of at most 15 digits are
/// kept as they are.
pub fn spreadsheet_text(text: &str) -> Cow<'_, str> {
    let safe = spreadsheet_safe(text);
    let is_number = reads_as_number(text);
    let fits = || text.encode_utf16().count() <= MAX_FORMULA_TEXT;
    match safe {
        Cow::Borrowed(_) if !is_number => safe,
        _ if fits() => Cow::Owned(format!("=\"{}\"", text.replace('"', "\"\""))),
        Cow::Borrowed(_) => Cow::Owned(format!("'{text}")),
        Cow::Owned(_) => safe,
    }
}

/// The first letters of months, as spreadsheets know them in any language setting.
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Whether a spreadsheet reads something else than text, and shows it in another form.
fn reads_as_number(text: &str) -> bool {
    /// Of longer numbers a spreadsheet forgets the last digits.
    const MAX_DIGITS: usize = 15;
    /// `29 September 2026` is the longest day.
    const MAX_DAY: usize = 20;
    let text = text.trim();
    let is_word = |c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E');
    if text.len() > MAX_DAY && text.contains(is_word) {
        return false;
    }
    let lower = text.to_lowercase();
    let is_plain = lower.len() <= MAX_DIGITS
        && lower.bytes().all(|b| b.is_ascii_digit())
        && (lower == "0" || !lower.starts_with('0'));
    let letters: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    let has_digits = lower.bytes().any(|b| b.is_ascii_digit());
    let is_number = letters.is_empty() || letters == "e";
    let is_day = lower.len() <= MAX_DAY && MONTHS.iter().any(|m| letters.starts_with(m));
    (has_digits && !is_plain && (is_number || is_day)) || lower == "true" || lower == "false"
}

fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

/// The first `most` characters of a text, with `…` where something was cut off.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", text.get(..at).unwrap_or(text))),
    }
}

/// The text in lower case and without diacritics: `Žąsis` is `zasis`. What is folded so compares as
/// people search.
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|b| b.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let letters = text.nfd().filter(|c| !is_combining_mark(*c));
    Cow::Owned(letters.flat_map(char::to_lowercase).collect())
}

/// A number with its noun: `1 file`, `2 files`.
pub fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// The candidate that is nearest to `given`, whatever the capitals and diacritics, if one is near enough
/// to be what was meant.
pub fn nearest<'c>(given: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // Beyond this no known name can be near, and the distance costs the product of the lengths.
    const LONGEST: usize = 64;
    // A name of so many bytes has half as many characters again, at least.
    const LONGEST_NAME: usize = 6 * LONGEST;
    if given.is_empty() || given.len() > LONGEST {
        return None;
    }
    let given = as_it_looks(given);
    let given = folded(&given);
    candidates
        .filter(|name| name.len() <= LONGEST_NAME)
        .map(|name| (strsim::osa_distance(&given, &folded(name)), name))
        .filter(|(distance, name)| *distance * 3 <= name.chars().count().max(3))
        // Of a name of one character nothing is left then.
        .filter(|(distance, name)| *distance < name.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The suggestion for a name that is not known, such as `did you mean country?`.
pub fn did_you_mean<'c>(given: &str, known: impl Iterator<Item = &'c str>) -> Option<String> {
    nearest(given, known).map(|near| format!("did you mean {near}?"))
}

/// How many repeats there are, to put behind the number of all that were accepted; empty for none.
pub fn of_them_repeated(repeated: u64) -> String {
    match repeated {
        0 => String::new(),
        n => format!(" ({n} repeated)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_spreadsheet_would_calculate_gets_an_apostrophe() {
        let formulas = [
            "=1+1",
            "+1+1",
            "-1-1",
            "@SUM(A1)",
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(A1)",
            "  =1",
            "\u{a0}=1",
            "\u{3000}＝1",
            "\u{feff}=1",
            "\u{200b}=1",
            "\0=1",
            "\t1",
            "\r1",
            "\n1",
            "-5;=1",
            "-",
            "-1.",
            "+-1",
        ];
        for text in formulas {
            assert_eq!(spreadsheet_safe(text), format!("'{text}"));
        }
        for text in [
            "",
            "-5",
            "+370",
            "-0.5",
            " -5",
            "a=1",
            "1+1",
            "'=1",
            "Šiauliai",
        ] {
            assert_eq!(spreadsheet_safe(text), text);
        }
    }

    #[test]
    fn a_cell_reads_as_it_is_in_any_spreadsheet() {
        for same in [
            "",
            "C-17",
            "17",
            "0",
            "123456789012345",
            "Žąsis",
            "12a",
            "May",
            "Marija 1 g. 2025 m. liepa",
        ] {
            assert_eq!(spreadsheet_text(same), same);
        }
        for misread in [
            "007",
            "1234567890123456",
            "12.50",
            "-5",
            "1E5",
            "2025-03-31",
            "3/4",
            "MAR1",
            "1 Sep",
            "=A1",
            "＝A1",
            " @x",
            "TRUE",
            "+370 612 00000",
            "10:30",
        ] {
            assert_eq!(spreadsheet_text(misread), format!("=\"{misread}\""));
        }
        assert_eq!(spreadsheet_text("=\"a\""), "=\"=\"\"a\"\"\"");
        assert_eq!(
            spreadsheet_text(&format!("={}", "x".repeat(255))).get(..2),
            Some("'=")
        );
        let digits = "1".repeat(256);
        assert_eq!(spreadsheet_text(&digits), format!("'{digits}"));
    }

    #[test]
    fn folded_text_has_no_capitals_and_no_diacritics() {
        for (text, folded_text) in [
            ("Žąsinaitė ČĘĮŠŲŪ", "zasinaite ceisuu"),
            ("Bērziņš", "berzins"),
            ("z\u{30c}asis", "zasis"),
            ("ONA", "ona"),
            ("ona 1", "ona 1"),
            ("", ""),
        ] {
            assert_eq!(folded(text), folded_text);
        }
    }
}
