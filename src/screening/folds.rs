//! What is known of spellings, words and legal forms: data, read from TOML.

use std::collections::BTreeMap;
use std::fmt;

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;

/// The table that ships with kycdrop.
const SHIPPED: &str = include_str!("folds.toml");

/// A cost in hundredths of a different letter.
pub(super) type Cost = u16;

/// The cost of a letter that is another, or is not there.
pub(super) const LETTER: Cost = 100;

/// What a vowel costs that is missing in a script that writes none.
const UNWRITTEN: Cost = 15;

/// Sounds that an ending leaves.
const SHORTEST_STEM: usize = 4;

/// Sounds are ASCII.
pub(super) const SOUNDS: usize = 128;

/// Tables of spellings, words and legal forms.
#[derive(Debug, Clone)]
pub struct Folds {
    letters: HashMap<char, Box<str>>,
    /// By first byte, the longest first.
    spellings: Vec<Vec<Spelling>>,
    replace: Vec<[Cost; SOUNDS]>,
    leave_out: [Cost; SOUNDS],
    leave_out_bare: [Cost; SOUNDS],
    /// By the bit of a sound: the least that it costs to leave it out or take it for another.
    least_loss: [Cost; 32],
    key: [u8; SOUNDS],
    /// The longest first.
    endings: Vec<(Box<[u8]>, f32)>,
    particles: HashSet<Box<str>>,
    titles: HashSet<Box<str>>,
    common: HashSet<Box<str>>,
    forms: HashMap<Box<str>, Box<str>>,
    /// Words of the longest legal form.
    longest_form: usize,
    same: HashMap<Box<str>, Box<str>>,
}

/// A spelling and its sounds.
type Spelling = (Box<[u8]>, Box<[u8]>);

/// Why a table of folds cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldsError(String);

impl fmt::Display for FoldsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FoldsError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    letters: BTreeMap<char, String>,
    #[serde(default)]
    spelling: BTreeMap<String, String>,
    #[serde(default)]
    alike: Vec<Alike>,
    #[serde(default)]
    silent: BTreeMap<char, f32>,
    #[serde(default)]
    key: BTreeMap<char, char>,
    #[serde(default)]
    endings: BTreeMap<String, f32>,
    #[serde(default)]
    words: Words,
    #[serde(default)]
    forms: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    same: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alike {
    letters: String,
    cost: f32,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Words {
    particles: Vec<String>,
    titles: Vec<String>,
    common: Vec<String>,
}

impl Folds {
    /// The shipped tables.
    pub fn shipped() -> Folds {
        let mut folds = Folds {
            letters: HashMap::new(),
            spellings: vec![Vec::new(); SOUNDS],
            replace: (0..SOUNDS)
                .map(|s| std::array::from_fn(|t| if s == t { 0 } else { LETTER }))
                .collect(),
            leave_out: [LETTER; SOUNDS],
            leave_out_bare: [LETTER; SOUNDS],
            least_loss: [LETTER; 32],
            key: [0; SOUNDS],
            endings: Vec::new(),
            particles: HashSet::new(),
            titles: HashSet::new(),
            common: HashSet::new(),
            forms: HashMap::new(),
            longest_form: 0,
            same: HashMap::new(),
        };
        let added = folds.add(SHIPPED);
        debug_assert!(added.is_ok(), "{added:?}");
        folds
    }

    /// The shipped tables with the rows of `text` added, or changed where they have the same key.
    ///
    /// # Errors
    /// When the text is no table of folds.
    pub fn of_toml(text: &str) -> Result<Folds, FoldsError> {
        let mut folds = Folds::shipped();
        folds.add(text)?;
        Ok(folds)
    }

    fn add(&mut self, text: &str) -> Result<(), FoldsError> {
        let file: File = toml::from_str(text).map_err(|e| FoldsError(e.to_string()))?;
        for (letter, written) in file.letters {
            self.letters.insert(letter, ascii(&written)?.into());
        }
        for (spelling, sound) in file.spelling {
            self.add_spelling(ascii(&spelling)?, ascii(&sound)?)?;
        }
        for alike in file.alike {
            let cost = hundredths(alike.cost)?;
            for a in ascii(&alike.letters)?.bytes() {
                for b in alike.letters.bytes().filter(|b| *b != a) {
                    if let Some(c) = cell(&mut self.replace, a).and_then(|row| cell(row, b)) {
                        *c = cost;
                    }
                }
            }
        }
        for (letter, cost) in file.silent {
            if let Some(c) = u8::try_from(letter)
                .ok()
                .and_then(|b| cell(&mut self.leave_out, b))
            {
                *c = hundredths(cost)?;
            }
        }
        for (sound, key) in file.key {
            let (sound, key) = (u8::try_from(sound), u8::try_from(key));
            if let (Ok(sound), Ok(key)) = (sound, key)
                && let Some(k) = cell(&mut self.key, sound)
            {
                *k = key;
            }
        }
        self.sum_up_costs();
        for (ending, cost) in file.endings {
            hundredths(cost)?;
            let mut sound = Vec::new();
            self.sound(&ending, &mut sound);
            self.endings.retain(|(e, _)| **e != *sound);
            self.endings.push((sound.into(), cost));
        }
        self.endings
            .sort_by_key(|(e, _)| std::cmp::Reverse(e.len()));
        extend(&mut self.particles, file.words.particles);
        extend(&mut self.titles, file.words.titles);
        extend(&mut self.common, file.words.common);
        for (form, written) in file.forms {
            for text in written {
                self.add_form(&form, &text);
            }
        }
        for (word, others) in file.same {
            for other in others {
                self.same.insert(other.into(), word.as_str().into());
            }
        }
        Ok(())
    }

    /// Learns from the costs of sounds what follows of them.
    fn sum_up_costs(&mut self) {
        let unwritten = |cost: Cost| if cost < LETTER { UNWRITTEN } else { LETTER };
        self.leave_out_bare = self.leave_out.map(unwritten);
        self.least_loss = [LETTER; 32];
        for (sound, (replace, leave)) in self.replace.iter().zip(&self.leave_out).enumerate() {
            let others = replace
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != sound);
            let least = others
                .map(|(_, cost)| *cost)
                .min()
                .unwrap_or(LETTER)
                .min(*leave);
            if let Some(cell) = self.least_loss.get_mut(sound & 31) {
                *cell = least.min(*cell);
            }
        }
    }

    fn add_spelling(&mut self, spelling: &str, sound: &str) -> Result<(), FoldsError> {
        let first = spelling.bytes().next();
        let Some(rows) = first.and_then(|b| cell(&mut self.spellings, b)) else {
            return Err(FoldsError("an empty spelling".to_owned()));
        };
        rows.retain(|(s, _)| **s != *spelling.as_bytes());
        rows.push((spelling.as_bytes().into(), sound.as_bytes().into()));
        rows.sort_by_key(|(s, _)| std::cmp::Reverse(s.len()));
        Ok(())
    }

    /// A short form is also written letter by letter.
    fn add_form(&mut self, form: &str, written: &str) {
        let class: Box<str> = format!("={form}").into();
        let words = written.split(' ').count();
        self.longest_form = self.longest_form.max(words);
        if words == 1 && written.len() <= 5 {
            let mut spaced = String::new();
            for c in written.chars() {
                if !spaced.is_empty() {
                    spaced.push(' ');
                }
                spaced.push(c);
            }
            self.longest_form = self.longest_form.max(written.len());
            self.forms.insert(spaced.into(), class.clone());
        }
        self.forms.insert(written.into(), class);
    }

    pub(super) fn letter(&self, c: char) -> Option<&str> {
        self.letters.get(&c).map(|l| &**l)
    }

    pub(super) fn form(&self, words: &str) -> Option<&str> {
        self.forms.get(words).map(|f| &**f)
    }

    pub(super) fn longest_form(&self) -> usize {
        self.longest_form
    }

    pub(super) fn is_particle(&self, word: &str) -> bool {
        self.particles.contains(word)
    }

    pub(super) fn is_title(&self, word: &str) -> bool {
        self.titles.contains(word)
    }

    pub(super) fn is_common(&self, word: &str) -> bool {
        self.common.contains(word)
    }

    /// The word under which words of the same meaning are compared.
    pub(super) fn same<'a>(&'a self, word: &'a str) -> &'a str {
        self.same.get(word).map_or(word, |w| &**w)
    }

    /// How many sounds are left without the ending that a language may have added, and what that
    /// costs; all of a short word.
    pub(super) fn stem(&self, sound: &[u8]) -> (usize, f32) {
        let without = |(e, cost): &(Box<[u8]>, f32)| {
            let stem = sound.strip_suffix(&**e)?.len();
            (stem >= SHORTEST_STEM).then_some((stem, *cost))
        };
        self.endings
            .iter()
            .find_map(without)
            .unwrap_or((sound.len(), 0.0))
    }

    /// Appends the sounds of a word: one letter a sound, doubled ones once.
    pub(super) fn sound(&self, word: &str, sounds: &mut Vec<u8>) {
        let start = sounds.len();
        let bytes = word.as_bytes();
        let mut at = 0;
        while let Some(&b) = bytes.get(at) {
            let rest = bytes.get(at..).unwrap_or_default();
            let rows = self.spellings.get(usize::from(b)).map_or(&[][..], |r| r);
            let row = rows.iter().find(|(s, _)| match s.strip_suffix(b"$") {
                Some(last) => rest == last,
                None => rest.starts_with(s),
            });
            let (len, sound) = match row {
                Some((spelling, sound)) => (
                    spelling.strip_suffix(b"$").unwrap_or(spelling).len(),
                    &**sound,
                ),
                None => (1, rest.get(..1).unwrap_or_default()),
            };
            for s in sound {
                if sounds.len() == start || sounds.last() != Some(s) {
                    sounds.push(*s);
                }
            }
            at += len.max(1);
        }
    }

    /// Writes the key of sounds: the consonants that different transliterations share.
    pub(super) fn key(&self, sounds: &[u8], key: &mut Vec<u8>) {
        key.clear();
        for s in sounds {
            match self.key.get(usize::from(*s)) {
                Some(0) | None if key.is_empty() => key.push(b'A'),
                Some(0) | None => {}
                Some(k) if key.last() != Some(k) => key.push(*k),
                Some(_) => {}
            }
        }
    }

    /// What it costs to take the sound for each other one.
    pub(super) fn replacing(&self, sound: u8) -> &[Cost; SOUNDS] {
        self.replace.get(usize::from(sound)).unwrap_or(&DIFFERENT)
    }

    /// The least that it costs to do without the sounds of a set (by `compare::bit`).
    pub(super) fn losing(&self, mut set: u32) -> Cost {
        let mut cost = 0;
        while set != 0 {
            let least = self.least_loss.get(set.trailing_zeros() as usize);
            cost += least.copied().unwrap_or_default();
            set &= set - 1;
        }
        cost
    }

    /// What it costs to leave each sound out; in a word of a script without vowels they cost less.
    pub(super) fn leaving_out(&self, bare: bool) -> &[Cost; SOUNDS] {
        if bare {
            &self.leave_out_bare
        } else {
            &self.leave_out
        }
    }
}

fn extend(set: &mut HashSet<Box<str>>, words: Vec<String>) {
    set.extend(words.into_iter().map(Into::into));
}

static DIFFERENT: [Cost; SOUNDS] = [LETTER; SOUNDS];

fn cell<T>(row: &mut [T], at: u8) -> Option<&mut T> {
    row.get_mut(usize::from(at))
}

fn ascii(text: &str) -> Result<&str, FoldsError> {
    match text.is_ascii() {
        true => Ok(text),
        false => Err(FoldsError(format!(
            "{text:?} has letters other than a to z"
        ))),
    }
}

fn hundredths(cost: f32) -> Result<Cost, FoldsError> {
    match (0.0..=1.0).contains(&cost) {
        true => Ok((cost * f32::from(LETTER)).round() as Cost),
        false => Err(FoldsError(format!("a cost is between 0 and 1, not {cost}"))),
    }
}
