//! Text to words: transliterated, without marks, each with its kind.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::folds::Folds;

/// What a word is in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Word,
    /// A word of many companies, rare as it may be on a list: `global`, `solutions`.
    Common,
    /// `al`, `bin`, `von`, `of`.
    Particle,
    Title,
    /// A single letter.
    Initial,
    /// Digits, or a letter of an organization: the same or another one.
    Number,
    /// A legal form, as its class.
    Form,
}

impl Kind {
    /// A name can be known by it.
    pub(super) fn is_word(self) -> bool {
        matches!(self, Kind::Word | Kind::Common)
    }
}

/// Bytes of a word that are compared; nobody has a longer name.
const LONGEST: usize = 48;

/// Words of a name that are compared.
pub(super) const MOST: usize = 24;

/// A name as words. Reused from name to name.
#[derive(Debug, Default, Clone)]
pub(super) struct Words {
    plain: String,
    text: String,
    words: Vec<(Range<usize>, Kind)>,
}

impl Words {
    /// Takes a name apart. Legal forms are looked for where it may be an organization's.
    pub(super) fn read(&mut self, name: &str, organization: bool, folds: &Folds) {
        self.plain.clear();
        self.text.clear();
        self.words.clear();
        transliterate(name, folds, &mut self.plain);
        let mut ends: Vec<Range<usize>> = Vec::with_capacity(MOST);
        let mut at = 0;
        for word in self.plain.split(' ') {
            if !word.is_empty() && ends.len() < 2 * MOST {
                ends.push(at..at + word.len());
            }
            at += word.len() + 1;
        }
        let mut rest = &ends[..];
        let mut run = false;
        while let Some(first) = rest.first() {
            if organization && let Some((form, len)) = longest_form(&self.plain, rest, run, folds) {
                push(&mut self.text, &mut self.words, form, Kind::Form);
                rest = rest.get(len..).unwrap_or_default();
                run = false;
                continue;
            }
            let word = self.plain.get(first.clone()).unwrap_or_default();
            rest = rest.get(1..).unwrap_or_default();
            // A run of single letters is one word: A-B-C Company.
            let single =
                organization && word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
            if single && run {
                self.text.push_str(word);
                if let Some((range, kind)) = self.words.last_mut() {
                    range.end = self.text.len();
                    *kind = Kind::Word;
                }
                continue;
            }
            run = single;
            let kind = kind_of(word, organization, folds);
            let word = if organization { folds.same(word) } else { word };
            let cut = word.get(..LONGEST.min(word.len())).unwrap_or_default();
            push(&mut self.text, &mut self.words, cut, kind);
        }
        self.words.truncate(MOST);
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Kind)> + Clone {
        let text = |r: &Range<usize>| self.text.get(r.clone()).unwrap_or_default();
        self.words
            .iter()
            .map(move |(range, kind)| (text(range), *kind))
    }

    /// Nothing is left that a name can be known by.
    pub(super) fn is_nobody(&self) -> bool {
        self.words
            .iter()
            .all(|(_, kind)| !kind.is_word() && *kind != Kind::Particle)
    }
}

fn push(text: &mut String, words: &mut Vec<(Range<usize>, Kind)>, word: &str, kind: Kind) {
    let start = text.len();
    text.push_str(word);
    words.push((start..text.len(), kind));
}

fn kind_of(word: &str, organization: bool, folds: &Folds) -> Kind {
    if word.bytes().all(|b| b.is_ascii_digit()) {
        Kind::Number
    } else if folds.is_particle(word) {
        Kind::Particle
    } else if !organization && folds.is_title(word) {
        Kind::Title
    } else if organization && folds.is_common(folds.same(word)) {
        Kind::Common
    } else if word.len() == 1 {
        // A letter in the name of an organization begins no other word.
        match organization {
            true => Kind::Number,
            false => Kind::Initial,
        }
    } else {
        Kind::Word
    }
}

/// The longest legal form that begins here, as its class, with the number of its words. Single letters
/// are a form only if there are no more of them: A.B. is one, A-B-C is not.
fn longest_form<'f>(
    plain: &str,
    words: &[Range<usize>],
    after_single: bool,
    folds: &'f Folds,
) -> Option<(&'f str, usize)> {
    let start = words.first()?.start;
    let most = folds.longest_form().min(words.len());
    let single = |word: Option<&Range<usize>>| word.is_some_and(|w| w.len() == 1);
    (1..=most).rev().find_map(|n| {
        let last = words.get(n - 1)?;
        let form = folds.form(plain.get(start..last.end)?)?;
        let cut =
            single(words.first()) && after_single || single(Some(last)) && single(words.get(n));
        (!cut).then_some((form, n))
    })
}

/// Small letters a to z, digits and spaces. A word of a script without vowels ends with `~`.
fn transliterate(name: &str, folds: &Folds, plain: &mut String) {
    let mut bare = false;
    for c in name.nfkc() {
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
            continue;
        }
        if is_apostrophe(c) || unicode_normalization::char::is_combining_mark(c) {
            continue;
        }
        if c.is_ascii() || !c.is_alphanumeric() {
            end_word(plain, &mut bare);
            continue;
        }
        bare |= matches!(c, '\u{590}'..='\u{8ff}');
        let lower = c.to_lowercase().next().unwrap_or(c);
        let letters = folds
            .letter(lower)
            .unwrap_or_else(|| any_ascii::any_ascii_char(c));
        let syllable = is_syllable(c);
        if syllable {
            end_word(plain, &mut bare);
        }
        let kept = letters.chars().filter(char::is_ascii_alphanumeric);
        plain.extend(kept.map(|l| l.to_ascii_lowercase()));
        if syllable {
            end_word(plain, &mut bare);
        }
    }
    end_word(plain, &mut bare);
}

fn end_word(plain: &mut String, bare: &mut bool) {
    if plain.ends_with(' ') || plain.is_empty() {
        return;
    }
    if std::mem::take(bare) {
        // The Arabic article is written as a part of its word.
        let start = plain.rfind(' ').map_or(0, |at| at + 1);
        if plain
            .get(start..)
            .is_some_and(|w| w.starts_with("al") && w.len() > 4)
        {
            plain.insert(start + 2, ' ');
        }
        plain.push('~');
    }
    plain.push(' ');
}

/// Left out of a name without a break: O'Neil, Mish'an.
fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '´' | '\u{2b0}'..='\u{2ff}' | '‘' | '’' | '‛' | '′' | '＇' | '\u{640}'
    )
}

/// A character that is a syllable of its own: Han and Hangul.
fn is_syllable(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{3ffff}')
}
