//! The entries of a list as they are read: rows of the same id are one entry, nothing is there twice,
//! and what is held is bounded.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::screening::{Entity, ListedName, Quality, Subject};
use crate::text::shortened;

use super::dates::birth_dates;
use super::refusal::Fault;

/// The most entries of a list.
const MAX_ENTRIES: usize = 8_000_000;

/// The most names of an entry.
const MAX_NAMES: usize = 10_000;

/// The longest name, id or date, in bytes.
const MAX_TEXT: usize = 4096;

/// Of remarks, which are for people, so many with so many characters each are kept.
const MAX_REMARKS: usize = 8;
const MAX_REMARK: usize = 300;

/// Things that are on lists and are nobody's customers.
const THINGS: &[&str] = &[
    "address",
    "aircraft",
    "airplane",
    "asset",
    "bankaccount",
    "cryptowallet",
    "event",
    "position",
    "project",
    "realestate",
    "security",
    "vehicle",
    "vessel",
];

/// What an entry is, by the word of its list; None for a thing.
pub(super) fn subject(word: &str) -> Option<Subject> {
    let word = word.trim().to_ascii_lowercase();
    match word.as_str() {
        "person" | "individual" | "p" => Some(Subject::Person),
        "organization" | "organisation" | "company" | "publicbody" | "enterprise" | "e" => {
            Some(Subject::Organization)
        }
        word if THINGS.contains(&word) => None,
        _ => Some(Subject::Unknown),
    }
}

/// What was read of a list so far.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) entities: Vec<Entity>,
    by_id: HashMap<Box<str>, usize>,
    /// Entries that are neither people nor organisations, or not of the topics asked for.
    pub(super) left_out: u64,
    /// The newest day that the files themselves give.
    pub(super) date: Option<NaiveDate>,
}

impl Entries {
    /// The entry with this id, a new one if need be.
    pub(super) fn entry(
        &mut self,
        line: u64,
        id: &str,
        subject: Subject,
    ) -> Result<Draft<'_>, Fault> {
        let id = id.trim();
        if id.is_empty() {
            return Err(Fault::at(line, "an entry has no id"));
        }
        let at = match self.by_id.get(id) {
            Some(at) => *at,
            None => {
                if self.entities.len() == MAX_ENTRIES {
                    return Err(Fault::at(line, format!("more than {MAX_ENTRIES} entries")));
                }
                let id: Box<str> = bounded(line, id)?.into();
                self.by_id.insert(id.clone(), self.entities.len());
                self.entities.push(Entity {
                    id,
                    subject,
                    names: Vec::new(),
                    birth_dates: Vec::new(),
                    countries: Vec::new(),
                    remarks: Vec::new(),
                });
                self.entities.len() - 1
            }
        };
        match self.entities.get_mut(at) {
            Some(entity) => Ok(Draft { entity, line }),
            None => Err(Fault::at(line, "an entry is lost")),
        }
    }

    /// The entry that has this id already.
    pub(super) fn known(&mut self, line: u64, id: &str) -> Option<Draft<'_>> {
        let entity = self.entities.get_mut(*self.by_id.get(id.trim())?)?;
        Some(Draft { entity, line })
    }

    /// A day on which the list was made, `2026-01-31` or `31/01/2026`, or a moment of one.
    pub(super) fn dated(&mut self, text: &str) {
        let day = text.get(..10).unwrap_or_default();
        let forms = ["%Y-%m-%d", "%d/%m/%Y"];
        let read = forms
            .iter()
            .find_map(|form| NaiveDate::parse_from_str(day, form).ok());
        self.date = self.date.max(read);
    }

    /// The entries that have a name; nothing can be compared with the others.
    pub(super) fn named(mut self) -> Entries {
        let all = self.entities.len();
        self.by_id = HashMap::new();
        self.entities.retain_mut(|entity| {
            entity.names.shrink_to_fit();
            !entity.names.is_empty()
        });
        self.entities.shrink_to_fit();
        self.left_out += (all - self.entities.len()) as u64;
        self
    }
}

/// One entry, to be filled.
pub(super) struct Draft<'e> {
    pub(super) entity: &'e mut Entity,
    line: u64,
}

impl Draft<'_> {
    /// Adds a name, and apart from it what stands in brackets in another script.
    pub(super) fn name(&mut self, text: &str, quality: Quality) -> Result<(), Fault> {
        match original_in_brackets(text) {
            Some((latin, original)) => {
                self.one_name(&latin, quality)?;
                self.one_name(original, quality)
            }
            None => self.one_name(text, quality),
        }
    }

    /// Adds the names of a list that `;` separates.
    pub(super) fn names(&mut self, text: &str, quality: Quality) -> Result<(), Fault> {
        text.split(';')
            .try_for_each(|name| self.name(name, quality))
    }

    fn one_name(&mut self, text: &str, quality: Quality) -> Result<(), Fault> {
        let words = bounded(self.line, text)?.split_whitespace();
        let text: Box<str> = words.collect::<Vec<_>>().join(" ").into();
        let names = &mut self.entity.names;
        if !text.chars().any(char::is_alphanumeric) {
            return Ok(());
        }
        if let Some(same) = names.iter_mut().find(|name| name.text == text) {
            // Of a name that is given as a good one elsewhere a weak mention takes nothing away.
            if same.quality == Quality::Weak {
                same.quality = quality;
            }
            return Ok(());
        }
        if names.len() == MAX_NAMES {
            let what = format!("an entry has more than {MAX_NAMES} names");
            return Err(Fault::at(self.line, what));
        }
        names.push(ListedName { text, quality });
        Ok(())
    }

    /// Adds the days of birth in a text.
    pub(super) fn born(&mut self, text: &str) -> Result<(), Fault> {
        for date in birth_dates(bounded(self.line, text)?) {
            add(&mut self.entity.birth_dates, &date);
        }
        Ok(())
    }

    /// Adds the codes of countries in a text; names of countries are no codes.
    pub(super) fn countries(&mut self, text: &str) {
        let codes = text.split([';', ',', ' ']).map(str::trim);
        for code in codes.filter(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_alphabetic())) {
            add(&mut self.entity.countries, &code.to_ascii_uppercase());
        }
    }

    /// Adds a remark for people.
    pub(super) fn remark(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() && self.entity.remarks.len() < MAX_REMARKS {
            add(&mut self.entity.remarks, &shortened(text, MAX_REMARK));
        }
    }
}

fn add(to: &mut Vec<Box<str>>, text: &str) {
    if !to.iter().any(|there| **there == *text) {
        to.push(text.into());
    }
}

fn bounded(line: u64, text: &str) -> Result<&str, Fault> {
    match text.len() {
        0..=MAX_TEXT => Ok(text),
        n => Err(Fault::at(
            line,
            format!("a text of {n} bytes where a name, an id or a date belongs"),
        )),
    }
}

/// A name in Latin letters and, if there is one in brackets, the same name in another script.
fn original_in_brackets(text: &str) -> Option<(String, &str)> {
    let (before, rest) = text.split_once(['(', '（'])?;
    let (inside, after) = rest.split_once([')', '）'])?;
    let is_latin = |c: char| c.is_alphabetic() && c < '\u{250}';
    let other = inside.chars().any(char::is_alphabetic) && !inside.contains(is_latin);
    (other && before.contains(is_latin)).then(|| (format!("{before} {after}"), inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_in_brackets_is_a_name_of_its_own() {
        for (text, split) in [
            (
                "Ivan Testov (Иван Тестов)",
                Some(("Ivan Testov  ", "Иван Тестов")),
            ),
            ("Testbank (TB)", None),
            ("Иван (Ваня)", None),
            ("Ivan (Иван", None),
            ("Ivan (12)", None),
        ] {
            let found = original_in_brackets(text);
            let found = found.as_ref().map(|(a, b)| (a.as_str(), *b));
            assert_eq!(found, split, "{text}");
        }
    }
}
