//! Text for people: nothing that comes from a file may steer a terminal or break a line of the log,
//! and a name that is not known gets the suggestion of one that is.

use std::borrow::Cow;

/// The text with every control character (and every character that turns the direction of writing)
/// replaced by its escape, so that it prints on one line and as what it is.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
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
        text.trim_start_matches(|c: char| c.is_whitespace() || steers(c) || c == ZERO_WIDTH);
    let formula = visible.starts_with(FORMULA_SIGNS) && !is_plain_number(visible);
    match formula || text.starts_with(['\t', '\r', '\n']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// A space that nobody sees.
const ZERO_WIDTH: char = '\u{200b}';

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

/// A number with its noun: `1 file`, `2 files`.
pub fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// The candidate that is nearest to `given`, whatever the capitals, if one is near enough to be what
/// was meant.
pub fn nearest<'c>(given: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // Beyond this no known name can be near, and the distance costs the product of the lengths.
    const LONGEST: usize = 64;
    if given.is_empty() || given.len() > LONGEST {
        return None;
    }
    let lower = given.to_lowercase();
    candidates
        .map(|name| (strsim::osa_distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance * 3 <= name.chars().count().max(3))
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
    use super::spreadsheet_safe;

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
}
