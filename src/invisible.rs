//! Characters that nobody sees, and characters that look like others: named with their place, so that
//! a person finds what no eye does.

use std::borrow::Cow;

/// Invisible characters that people meet, by name. The other invisible ones have no name here.
const INVISIBLE: &[(char, &str)] = &[
    ('\u{a0}', "no-break space"),
    ('\u{ad}', "soft hyphen"),
    ('\u{200b}', "zero width space"),
    ('\u{200c}', "zero width non-joiner"),
    ('\u{200d}', "zero width joiner"),
    ('\u{200e}', "left-to-right mark"),
    ('\u{200f}', "right-to-left mark"),
    ('\u{2007}', "figure space"),
    ('\u{2009}', "thin space"),
    ('\u{200a}', "hair space"),
    ('\u{2028}', "line separator"),
    ('\u{2029}', "paragraph separator"),
    ('\u{202f}', "narrow no-break space"),
    ('\u{2060}', "word joiner"),
    ('\u{3000}', "ideographic space"),
    ('\u{feff}', "zero width no-break space"),
];

/// Marks that look like one of ASCII: the mark, its name, and the one that it looks like.
const MARKS: &[(char, &str, char)] = &[
    ('\u{2010}', "hyphen", '-'),
    ('\u{2011}', "no-break hyphen", '-'),
    ('\u{2012}', "figure dash", '-'),
    ('\u{2013}', "en dash", '-'),
    ('\u{2014}', "em dash", '-'),
    ('\u{2015}', "horizontal bar", '-'),
    ('\u{2212}', "minus sign", '-'),
    ('\u{2018}', "typographic apostrophe", '\''),
    ('\u{2019}', "typographic apostrophe", '\''),
    ('\u{201a}', "typographic apostrophe", '\''),
    ('\u{201c}', "typographic quotation mark", '"'),
    ('\u{201d}', "typographic quotation mark", '"'),
    ('\u{201e}', "typographic quotation mark", '"'),
    ('\u{201f}', "typographic quotation mark", '"'),
    ('\u{ab}', "typographic quotation mark", '"'),
    ('\u{bb}', "typographic quotation mark", '"'),
    ('\u{2044}', "fraction slash", '/'),
    ('\u{2215}', "division slash", '/'),
];

/// Letters of other scripts, and the Latin ones that they look like, in the same order.
const LETTERS: &[(&str, &str, &str)] = &[
    (
        "Cyrillic",
        "АВЕЅІЈКМНОРСТУХаеорсухѕіјԁһԛԝ",
        "ABESIJKMHOPCTYXaeopcyxsijdhqw",
    ),
    ("Greek", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονι", "ABEZHIKMNOPTYXovi"),
];

/// So many characters of a value are named.
const MOST_NAMED: usize = 3;

/// Whether a character shows as nothing or as a blank, and is no white space of ASCII. Control
/// characters are not meant.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3000}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text is given and shows nothing: it has invisible characters, and nothing else but white
/// space. Text that is only white space is blank, which is another matter.
pub fn shows_nothing(text: &str) -> bool {
    match text.as_bytes().first() {
        None => false,
        Some(first) if first.is_ascii_graphic() => false,
        Some(_) => {
            text.chars().all(|c| is_invisible(c) || c.is_whitespace()) && !text.trim().is_empty()
        }
    }
}

/// The name of an invisible character, or of one that looks like another: `zero width space
/// (U+200B)`.
pub fn name_of(c: char) -> Option<String> {
    let code = u32::from(c);
    if is_invisible(c) {
        let named = INVISIBLE.iter().find(|(known, _)| *known == c);
        let name = match (named, c) {
            (Some((_, name)), _) => name,
            (None, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                "character that turns the direction of writing"
            }
            _ => "character that shows nothing",
        };
        return Some(format!("{name} (U+{code:04X})"));
    }
    if let Some((_, name, like)) = MARKS.iter().find(|(known, ..)| *known == c) {
        return Some(format!("{name} (U+{code:04X}, looks like {like})"));
    }
    let (script, latin) = latin_of(c)?;
    Some(format!(
        "{script} letter (U+{code:04X}, looks like the Latin {latin})"
    ))
}

/// The script of a letter that looks like a Latin one, and the Latin one.
fn latin_of(c: char) -> Option<(&'static str, char)> {
    // A form that is as wide as an ideograph.
    if let '\u{ff01}'..='\u{ff5e}' = c {
        return Some(("full-width", char::from_u32(u32::from(c) - 0xfee0)?));
    }
    LETTERS.iter().find_map(|(script, letters, latin)| {
        let at = letters.chars().position(|known| known == c)?;
        Some((*script, latin.chars().nth(at)?))
    })
}

/// What a person cannot see in a text, with its place: `a zero width space (U+200B) as character 3`.
/// Letters that look Latin count where all letters do, and other marks in a code alone, which has no
/// spaces.
pub fn invisible_in(text: &str) -> Option<String> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if text.is_ascii() && !text.contains(is_control) {
        return None;
    }
    // The letters of Greek and Cyrillic.
    let is_foreign = |c: char| matches!(c, '\u{370}'..='\u{52f}') && latin_of(c).is_none();
    let looks_latin = !text.contains(is_foreign);
    let is_code = !text.trim().contains(' ');
    let counts = |c: char| match latin_of(c) {
        Some(_) => looks_latin,
        None => is_code,
    };
    let name = |c: char| match c {
        c if is_control(c) => Some(format!("control character (U+{:04X})", u32::from(c))),
        c if is_invisible(c) || counts(c) => name_of(c),
        _ => None,
    };
    let found = text.chars().enumerate();
    let mut named: Vec<String> = found
        .filter_map(|(at, c)| Some(format!("a {} as character {}", name(c)?, at + 1)))
        .collect();
    if named.len() > MOST_NAMED {
        let more = named.len() - MOST_NAMED;
        named.truncate(MOST_NAMED);
        named.push(format!("{more} more such characters"));
    }
    let last = named.pop()?;
    Some(match named.is_empty() {
        true => last,
        false => format!("{} and {last}", named.join(", ")),
    })
}

/// The text as it looks: nothing in the place of what is invisible, and what looks like ASCII as such.
pub fn as_it_looks(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let like = |c: char| {
        let mark = MARKS.iter().find(|(known, ..)| *known == c);
        let mark = mark.map(|(.., like)| *like);
        mark.or_else(|| latin_of(c).map(|(_, like)| like))
            .unwrap_or(c)
    };
    text.chars()
        .filter(|c| !is_invisible(*c))
        .map(like)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_look_alike_has_its_letter() {
        for (script, letters, latin) in LETTERS {
            assert_eq!(letters.chars().count(), latin.chars().count(), "{script}");
            assert!(latin.is_ascii() && !letters.chars().any(|c| c.is_ascii()));
        }
    }

    #[test]
    fn what_is_not_seen_is_named_with_its_place() {
        for (text, expected) in [
            ("LT", None),
            ("Žygintas", None),
            ("Москва", None),
            ("Ona – Marija", None),
            ("Сергей", None),
            (
                "Žem\u{430}itis ir Ko",
                Some("a Cyrillic letter (U+0430, looks like the Latin a) as character 4"),
            ),
            ("one\r\n\ttwo", None),
            (
                "L\u{1b}T",
                Some("a control character (U+001B) as character 2"),
            ),
            (
                "LT\u{200b}",
                Some("a zero width space (U+200B) as character 3"),
            ),
            (
                "Ona\u{a0}Marija",
                Some("a no-break space (U+00A0) as character 4"),
            ),
            (
                "L\u{422}",
                Some("a Cyrillic letter (U+0422, looks like the Latin T) as character 2"),
            ),
            (
                "2026\u{2011}01\u{ad}-\u{180e}\u{180e}\u{180e}",
                Some(
                    "a no-break hyphen (U+2011, looks like -) as character 5, a soft hyphen (U+00AD) as character 8, \
                     a character that shows nothing (U+180E) as character 10 and 2 more such characters",
                ),
            ),
        ] {
            assert_eq!(invisible_in(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(as_it_looks("\u{feff}L\u{422}\u{2011}1ž"), "LT-1ž");
        for (text, nothing) in [
            ("", false),
            (" ", false),
            ("\u{200b} ", true),
            ("\u{a0}x", false),
        ] {
            assert_eq!(shows_nothing(text), nothing, "{text:?}");
        }
    }
}
