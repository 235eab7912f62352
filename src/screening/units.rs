//! The words of a query, and how near words of the lists are to them.

use super::Subject;
use super::compare::{Form, Sets, similarity};
use super::index::Index;
use super::keys;
use super::screen::Query;
use super::words::{Kind, MOST, Words};

/// The words of the query, then the joins of its neighbours.
#[derive(Default)]
pub(super) struct Units {
    pub(super) words: Words,
    letters: Vec<u8>,
    pub(super) units: Vec<Unit>,
    pub(super) parts: Vec<Part>,
    pub(super) joins: [Option<usize>; MOST],
}

/// What a word of the query is and weighs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub kind: Kind,
    pub weight: f32,
}

#[derive(Clone, Copy)]
pub(super) struct Unit {
    at: usize,
    text: usize,
    sound: usize,
    stem: usize,
    ending: f32,
    sets: Sets,
    kind: Kind,
    pub(super) weight: f32,
}

impl Units {
    pub(super) fn form(&self, unit: Unit) -> Form<'_> {
        let bytes =
            |from: usize, len: usize| self.letters.get(from..from + len).unwrap_or_default();
        Form {
            text: bytes(unit.at, unit.text),
            sound: bytes(unit.at + unit.text, unit.sound),
            stem: unit.stem,
            ending: unit.ending,
            sets: unit.sets,
        }
    }

    pub(super) fn read(&mut self, query: &Query<'_>, index: &Index) {
        self.words
            .read(query.name, query.subject != Subject::Person, &index.folds);
        self.letters.clear();
        self.units.clear();
        self.parts.clear();
        self.joins = [None; MOST];
        let words = std::mem::take(&mut self.words);
        for (text, kind) in words.iter() {
            let unit = self.add(text, kind, index);
            self.parts.push(Part {
                kind,
                weight: unit.weight,
            });
        }
        let mut join = String::new();
        let pairs = words.iter().zip(words.iter().skip(1));
        for (at, ((a, a_kind), (b, b_kind))) in pairs.enumerate() {
            if keys::can_join(a_kind, b_kind) {
                keys::joined(&mut join, a, b);
                let unit = self.units.len();
                self.add(&join, Kind::Word, index);
                if let Some(j) = self.joins.get_mut(at) {
                    *j = Some(unit);
                }
            }
        }
        self.words = words;
    }

    fn add(&mut self, text: &str, kind: Kind, index: &Index) -> Unit {
        let (mut sound, mut key) = (Vec::new(), Vec::new());
        let (stem, ending) = keys::sounds(text, kind, &index.folds, &mut sound);
        let own = keys::whole_key(
            text,
            kind,
            sound.get(..stem).unwrap_or(&sound),
            &index.folds,
            &mut key,
        );
        let unit = Unit {
            at: self.letters.len(),
            text: text.len(),
            sound: sound.len(),
            stem,
            ending,
            sets: Sets::of(text.as_bytes(), &sound, stem),
            kind,
            weight: index.weight(kind, own),
        };
        self.letters.extend_from_slice(text.as_bytes());
        self.letters.extend_from_slice(&sound);
        self.units.push(unit);
        unit
    }
}

/// Similarities that a query has computed, by unit and word of the lists.
#[derive(Default)]
pub(super) struct Memo {
    /// By word of the lists: its row, from 1 on.
    row: Vec<u32>,
    words: Vec<u32>,
    known: Vec<f32>,
    units: usize,
}

impl Memo {
    /// For an index with this many words.
    pub(super) fn new(words: usize) -> Memo {
        Memo {
            row: vec![0; words],
            ..Memo::default()
        }
    }

    pub(super) fn start(&mut self, units: usize) {
        for word in self.words.drain(..) {
            if let Some(row) = self.row.get_mut(word as usize) {
                *row = 0;
            }
        }
        self.known.clear();
        self.units = units;
    }

    pub(super) fn of(&mut self, units: &Units, unit: usize, word: u32, index: &Index) -> f32 {
        self.look(units, unit, word, index).0
    }

    /// The similarity, and whether it is asked for the first time.
    pub(super) fn look(
        &mut self,
        units: &Units,
        unit: usize,
        word: u32,
        index: &Index,
    ) -> (f32, bool) {
        let Some(row) = self.row.get_mut(word as usize) else {
            return (0.0, false);
        };
        if *row == 0 {
            self.words.push(word);
            *row = self.words.len() as u32;
            self.known.resize(self.words.len() * self.units, f32::NAN);
        }
        let at = (*row as usize - 1) * self.units + unit;
        let Some(known) = self.known.get_mut(at) else {
            return (0.0, false);
        };
        let first = known.is_nan();
        if first {
            *known = compare(units, unit, word, index);
        }
        (*known, first)
    }
}

/// An initial against the word that it may begin.
const INITIAL: f32 = 0.9;

fn compare(units: &Units, unit: usize, word: u32, index: &Index) -> f32 {
    let joined = unit >= units.words.len();
    let (Some(unit), Some(word)) = (units.units.get(unit), index.word(word)) else {
        return 0.0;
    };
    let (a, b) = (units.form(*unit), index.form(word));
    match (unit.kind, word.kind) {
        (Kind::Form, Kind::Form) | (Kind::Number, _) | (_, Kind::Number) if a.text == b.text => 1.0,
        (Kind::Form | Kind::Number, _) | (_, Kind::Form | Kind::Number) => 0.0,
        (Kind::Initial, Kind::Initial) => f32::from(a.text == b.text),
        (Kind::Initial, _) | (_, Kind::Initial) => {
            match !joined && a.text.first() == b.text.first() {
                true => INITIAL,
                false => 0.0,
            }
        }
        _ => similarity(a, b, &index.folds),
    }
}
