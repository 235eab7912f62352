//! Text for people: nothing that comes from a file may steer a terminal or break a line of the log,
//! and a name that is not known gets the suggestion of one that is.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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
