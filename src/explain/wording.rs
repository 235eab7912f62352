//! Finding the rules whose description somebody read: with its placeholders filled in, whole or a part
//! of it, whatever the capitals and the punctuation.

use crate::catalog::{self, RuleRow};
use crate::text::folded;

/// A part of so many words is not by chance a part of a customer's name.
const DISTINCTIVE: usize = 3;

/// With fewer letters, the beginning or end of a word says nothing.
const MIN_LETTERS: usize = 3;

/// More words than any description has.
const MAX_WORDS: usize = 200;

/// The rules of a text.
#[derive(Debug, Default)]
pub(super) struct OfText {
    pub rules: Vec<&'static RuleRow>,
    /// The text is a whole description, or so much of it that nothing else can be meant.
    pub is_distinctive: bool,
}

/// The rules with this description; without one, those in whose description the text stands.
pub(super) fn rules_of_text(text: &str) -> OfText {
    let words = words_of(text);
    if words.is_empty() || words.len() > MAX_WORDS {
        return OfText::default();
    }
    for part in [false, true] {
        let rules: Vec<&RuleRow> = catalog::rules()
            .iter()
            .filter(|row| fits(&pieces_of(&row.text), &words, part))
            .collect();
        if !rules.is_empty() {
            return OfText {
                rules,
                is_distinctive: !part || words.len() >= DISTINCTIVE,
            };
        }
    }
    OfText::default()
}

enum Piece {
    Word(String),
    /// A placeholder, for any number of words.
    Any,
}

fn words_of(text: &str) -> Vec<String> {
    let folded = folded(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

fn pieces_of(template: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        pieces.extend(words_of(before).into_iter().map(Piece::Word));
        pieces.push(Piece::Any);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pieces.extend(words_of(rest).into_iter().map(Piece::Word));
    pieces
}

/// Whether the words are those of the template, or a part of them. At least half of them must stand in
/// the template itself: a placeholder takes everything.
fn fits(template: &[Piece], words: &[String], part: bool) -> bool {
    // For each place in the template: how many words were found there on the best way to it.
    let mut ways: Vec<Option<usize>> = vec![part.then_some(0); template.len() + 1];
    if let Some(first) = ways.first_mut() {
        *first = Some(0);
    }
    for (i, word) in words.iter().enumerate() {
        let same = |own: &String| {
            let cut = part && word.len() >= MIN_LETTERS;
            own == word
                || (cut && i == 0 && own.ends_with(word.as_str()))
                || (cut && i + 1 == words.len() && own.starts_with(word.as_str()))
        };
        skip_placeholders(template, &mut ways);
        let mut next: Vec<Option<usize>> = Vec::with_capacity(ways.len());
        next.push(None);
        for (piece, way) in template.iter().zip(&ways) {
            let (stay, go) = match piece {
                Piece::Any => (*way, *way),
                Piece::Word(own) if same(own) => (None, way.map(|found| found + 1)),
                Piece::Word(_) => (None, None),
            };
            if let Some(last) = next.last_mut() {
                *last = (*last).max(stay);
            }
            next.push(go);
        }
        ways = next;
    }
    skip_placeholders(template, &mut ways);
    let found = match part {
        true => ways.iter().flatten().max(),
        false => ways.last().and_then(Option::as_ref),
    };
    found.is_some_and(|found| *found > 0 && found * 2 >= words.len())
}

/// A placeholder may stand for nothing.
fn skip_placeholders(template: &[Piece], ways: &mut [Option<usize>]) {
    let mut before = None;
    for (i, way) in ways.iter_mut().enumerate() {
        *way = (*way).max(before);
        before = match template.get(i) {
            Some(Piece::Any) => *way,
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> (Vec<&'static str>, bool) {
        let found = rules_of_text(text);
        let mut codes: Vec<&str> = found.rules.iter().map(|r| r.code.as_str()).collect();
        codes.dedup();
        (codes, found.is_distinctive)
    }

    #[test]
    fn a_description_is_found_whole_and_in_part_with_its_placeholders_filled_in() {
        let taken = "CommunicationNumber already used in amlyze";
        assert_eq!(codes(taken), (vec!["O005", "O001"], true));
        assert_eq!(
            codes("communicationnumber ALREADY used"),
            (vec!["O005", "O001"], true)
        );
        assert_eq!(
            codes("Number already used in aml"),
            (vec!["O005", "O001"], true)
        );
        let address = "Problem with Address (index: 12 ). Country is mandatory and can't be empty";
        assert_eq!(codes(address), (vec!["Q004.ADR02"], true));
        assert!(
            codes("(index: 12). Country is mandatory and can't")
                .0
                .contains(&"Q004.ADR02")
        );
        assert_eq!(codes("Bad value for DATE. Field: birthDate").0, ["TYP01"]);
        let (found, is_distinctive) = codes("already used");
        assert!(found.contains(&"O005") && !is_distinctive);
    }

    #[test]
    fn what_is_no_description_is_found_nowhere() {
        for text in [
            "",
            "  ",
            "Ona Petraitė",
            "0",
            "Field: Ona Ona Petraitė",
            "n-1",
        ] {
            assert_eq!(codes(text).0, [""; 0], "{text}");
        }
    }

    #[test]
    fn every_rule_is_found_by_its_own_description() {
        for row in catalog::rules() {
            let mut filled = String::new();
            crate::catalog::expand(&row.text, &mut filled, |_, out| {
                out.push('7');
                true
            });
            let found = rules_of_text(&filled);
            assert!(found.rules.iter().any(|r| r.key == row.key), "{filled}");
            assert!(found.is_distinctive, "{filled}");
        }
    }
}
