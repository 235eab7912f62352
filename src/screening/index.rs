//! The names of lists, found by their words.

use hashbrown::{HashMap, HashSet};

use super::birth::Birth;
use super::compare::{Form, Sets};
use super::folds::Folds;
use super::words::{Kind, Words};
use super::{Entity, Quality, Subject};

/// No word.
pub(super) const NONE: u32 = u32::MAX;

/// The share of a word's weight that its kind leaves.
const PARTICLE: f32 = 0.35;
const TITLE: f32 = 0.15;
const INITIAL: f32 = 0.3;
/// The weight of a legal form.
const FORM: f32 = 0.06;
/// The least weight of a word, however common.
const COMMON: f32 = 0.25;
/// A list is taken for at least this long, so that words of a short one do not seem common.
const LEAST_ENTITIES: f32 = 20_000.0;

/// Lists, ready to be screened against. Immutable; threads share it.
pub struct Index {
    pub(super) folds: Folds,
    pub(super) entities: Vec<Listed>,
    pub(super) names: Vec<Name>,
    /// The words of all names: those of a name, then the joins of its neighbours.
    name_words: Vec<u32>,
    words: Vec<Word>,
    /// Texts and sounds of the words.
    letters: Vec<u8>,
    /// The names of each word.
    postings: Groups,
    /// The words of each key.
    keys: Groups,
    key_at: HashMap<u64, u32>,
    /// Entities that a key stands in.
    common: HashMap<u64, u32>,
    ln_entities: f32,
}

/// An entity with what qualifies its names.
pub(super) struct Listed {
    pub entity: Entity,
    pub births: Vec<Birth>,
}

/// A name of an entity.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub entity: u32,
    /// Its place among the names of the entity.
    pub nth: u32,
    first: u32,
    pub len: u8,
    pub quality: Quality,
    /// The weight of its words.
    pub weight: f32,
}

/// A word of the lists, or two that stand together.
#[derive(Clone, Copy)]
pub(super) struct Word {
    at: u32,
    text: u8,
    sound: u8,
    stem: u8,
    ending: f32,
    sets: Sets,
    pub kind: Kind,
    pub weight: f32,
}

/// Lists of numbers, one after another.
#[derive(Default)]
struct Groups {
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Groups {
    /// Pairs of group and member, in any order, to groups with their members in order and once.
    fn of(mut pairs: Vec<(u32, u32)>, groups: usize) -> Groups {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = Vec::with_capacity(groups + 1);
        for (at, (group, _)) in pairs.iter().enumerate() {
            while starts.len() <= *group as usize {
                starts.push(at as u32);
            }
        }
        starts.resize(groups + 1, pairs.len() as u32);
        Groups {
            starts,
            all: pairs.into_iter().map(|(_, member)| member).collect(),
        }
    }

    fn get(&self, group: u32) -> &[u32] {
        let start = self.starts.get(group as usize).copied().unwrap_or_default();
        let end = self
            .starts
            .get(group as usize + 1)
            .copied()
            .unwrap_or_default();
        self.all
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }
}

impl Index {
    /// An index of all names of the entities.
    pub fn build(entities: Vec<Entity>, folds: &Folds) -> Index {
        let mut making = Making::new(folds, entities.len());
        for (at, entity) in entities.iter().enumerate() {
            making.entity(at as u32, entity);
        }
        making.end(entities)
    }

    /// The number of entities.
    pub fn entities(&self) -> usize {
        self.entities.len()
    }

    /// The number of names.
    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// An entity by its place among those that the index was built of.
    pub fn entity(&self, at: usize) -> Option<&Entity> {
        self.entities.get(at).map(|l| &l.entity)
    }

    pub(super) fn words_of(&self, name: Name) -> &[u32] {
        let first = name.first as usize;
        self.name_words
            .get(first..first + usize::from(name.len))
            .unwrap_or_default()
    }

    /// The words of a name and the joins of its neighbours.
    pub(super) fn all_words_of(&self, name: Name) -> &[u32] {
        let first = name.first as usize;
        let len = (2 * usize::from(name.len)).saturating_sub(1);
        self.name_words.get(first..first + len).unwrap_or_default()
    }

    /// The joins of neighbours of a name: of its first two words, of the next two, and so on.
    pub(super) fn joins_of(&self, name: Name) -> &[u32] {
        let first = name.first as usize + usize::from(name.len);
        let joins = usize::from(name.len).saturating_sub(1);
        self.name_words
            .get(first..first + joins)
            .unwrap_or_default()
    }

    pub(super) fn word_count(&self) -> usize {
        self.words.len()
    }

    pub(super) fn word(&self, word: u32) -> Option<Word> {
        self.words.get(word as usize).copied()
    }

    pub(super) fn form(&self, word: Word) -> Form<'_> {
        let bytes = |from: usize, len: u8| {
            self.letters
                .get(from..from + usize::from(len))
                .unwrap_or_default()
        };
        let (at, text) = (word.at as usize, usize::from(word.text));
        Form {
            text: bytes(at, word.text),
            sound: bytes(at + text, word.sound),
            stem: usize::from(word.stem),
            ending: word.ending,
            sets: word.sets,
        }
    }

    pub(super) fn names_with(&self, word: u32) -> &[u32] {
        self.postings.get(word)
    }

    pub(super) fn words_with(&self, key: u64) -> &[u32] {
        self.key_at
            .get(&key)
            .map_or(&[], |group| self.keys.get(*group))
    }

    /// The weight of a word by its rarity and kind.
    pub(super) fn weight(&self, kind: Kind, key: u64) -> f32 {
        let common = self.common.get(&key).copied().unwrap_or(0);
        weight(kind, common, self.ln_entities)
    }
}

fn weight(kind: Kind, common: u32, ln_entities: f32) -> f32 {
    let rarity = 1.0 - (1.0 + common as f32).ln() / ln_entities;
    rarity.clamp(COMMON, 1.0)
        * match kind {
            Kind::Word | Kind::Number => 1.0,
            Kind::Particle => PARTICLE,
            Kind::Title => TITLE,
            Kind::Initial => INITIAL,
            Kind::Form => return FORM,
        }
}

/// An index in the making.
struct Making<'f> {
    folds: &'f Folds,
    listed: Vec<Vec<Birth>>,
    names: Vec<Name>,
    name_words: Vec<u32>,
    words: Vec<Word>,
    /// The key of each word's stem; 0 for what is never looked for.
    word_keys: Vec<u64>,
    letters: Vec<u8>,
    /// By kind: `general` is a title in one name and a word in another.
    known: HashMap<Kind, HashMap<Box<str>, u32>>,
    postings: Vec<(u32, u32)>,
    keys: Vec<(u64, u32)>,
    common: HashMap<u64, u32>,
    buffers: Buffers,
}

#[derive(Default)]
struct Buffers {
    words: Words,
    join: String,
    sound: Vec<u8>,
    key: Vec<u8>,
    seen: HashSet<u64>,
}

impl<'f> Making<'f> {
    fn new(folds: &'f Folds, entities: usize) -> Making<'f> {
        Making {
            folds,
            listed: Vec::with_capacity(entities),
            names: Vec::new(),
            name_words: Vec::new(),
            words: Vec::new(),
            word_keys: Vec::new(),
            letters: Vec::new(),
            known: HashMap::new(),
            postings: Vec::new(),
            keys: Vec::new(),
            common: HashMap::new(),
            buffers: Buffers::default(),
        }
    }

    fn entity(&mut self, at: u32, entity: &Entity) {
        self.listed.push(
            entity
                .birth_dates
                .iter()
                .filter_map(|b| Birth::of(b))
                .collect(),
        );
        let organization = entity.subject != Subject::Person;
        let mut seen = std::mem::take(&mut self.buffers.seen);
        seen.clear();
        for (nth, listed) in entity.names.iter().enumerate() {
            let mut words = std::mem::take(&mut self.buffers.words);
            words.read(&listed.text, organization, self.folds);
            if !words.is_nobody() {
                let name = Name {
                    entity: at,
                    nth: nth as u32,
                    first: self.name_words.len() as u32,
                    len: words.len() as u8,
                    quality: listed.quality,
                    weight: 0.0,
                };
                self.name(name, &words, &mut seen);
            }
            self.buffers.words = words;
        }
        for key in &seen {
            *self.common.entry(*key).or_default() += 1;
        }
        self.buffers.seen = seen;
    }

    fn name(&mut self, name: Name, words: &Words, seen: &mut HashSet<u64>) {
        let nth = self.names.len() as u32;
        self.names.push(name);
        for (text, kind) in words.iter() {
            let word = self.word(text, kind, true);
            self.name_words.push(word);
            self.postings.push((word, nth));
            seen.insert(
                self.word_keys
                    .get(word as usize)
                    .copied()
                    .unwrap_or_default(),
            );
        }
        let mut join = std::mem::take(&mut self.buffers.join);
        for ((a, a_kind), (b, b_kind)) in words.iter().zip(words.iter().skip(1)) {
            let word = match can_join(a_kind, b_kind) {
                true => {
                    joined(&mut join, a, b);
                    self.word(&join, Kind::Word, false)
                }
                false => NONE,
            };
            self.name_words.push(word);
            if word != NONE {
                self.postings.push((word, nth));
            }
        }
        self.buffers.join = join;
    }

    /// The number of a word. A join is found by its whole key alone.
    fn word(&mut self, text: &str, kind: Kind, widely: bool) -> u32 {
        let known = self.known.entry(kind).or_default();
        if let Some(word) = known.get(text) {
            return *word;
        }
        let number = self.words.len() as u32;
        known.insert(text.into(), number);
        let Buffers { sound, key, .. } = &mut self.buffers;
        let (stem, ending) = sounds(text, kind, self.folds, sound);
        let at = self.letters.len() as u32;
        self.letters.extend_from_slice(text.as_bytes());
        self.letters.extend_from_slice(sound);
        let (text_len, sound_len) = (text.len() as u8, sound.len() as u8);
        let word = Word {
            at,
            text: text_len,
            sound: sound_len,
            stem: stem as u8,
            ending,
            sets: Sets::of(text.as_bytes(), sound, stem),
            kind,
            weight: 0.0,
        };
        self.words.push(word);
        let stem = sound.get(..stem).unwrap_or(sound);
        let own = whole_key(text, kind, stem, self.folds, key);
        self.word_keys.push(own);
        if matches!(kind, Kind::Word | Kind::Particle) {
            let keys = &mut self.keys;
            keys_of(stem, widely, self.folds, key, |k| keys.push((k, number)));
            if sound.len() != stem.len() {
                keys_of(sound, widely, self.folds, key, |k| keys.push((k, number)));
            }
        }
        number
    }

    /// Numbers the words by their keys: words that are compared with one another lie side by side.
    fn order(&mut self) {
        let key = |word: &u32| self.word_keys.get(*word as usize);
        let mut order: Vec<u32> = (0..self.words.len() as u32).collect();
        order.sort_by_cached_key(|word| key(word).copied());
        let mut numbers = vec![NONE; order.len()];
        let mut letters = Vec::with_capacity(self.letters.len());
        let (mut words, mut word_keys) = (Vec::new(), Vec::new());
        for old in order.iter().map(|word| *word as usize) {
            let (Some(word), Some(key)) = (self.words.get(old), self.word_keys.get(old)) else {
                continue;
            };
            if let Some(number) = numbers.get_mut(old) {
                *number = words.len() as u32;
            }
            let (from, at) = (word.at as usize, letters.len() as u32);
            let to = from + usize::from(word.text) + usize::from(word.sound);
            letters.extend_from_slice(self.letters.get(from..to).unwrap_or_default());
            words.push(Word { at, ..*word });
            word_keys.push(*key);
        }
        (self.letters, self.words, self.word_keys) = (letters, words, word_keys);
        let named = self.name_words.iter_mut();
        let posted = self.postings.iter_mut().map(|(word, _)| word);
        let keyed = self.keys.iter_mut().map(|(_, word)| word);
        for word in named.chain(posted).chain(keyed) {
            *word = numbers.get(*word as usize).copied().unwrap_or(NONE);
        }
    }

    fn end(mut self, entities: Vec<Entity>) -> Index {
        self.order();
        let ln_entities = (1.0 + (entities.len() as f32).max(LEAST_ENTITIES)).ln();
        for (word, key) in self.words.iter_mut().zip(&self.word_keys) {
            word.weight = weight(
                word.kind,
                self.common.get(key).copied().unwrap_or(0),
                ln_entities,
            );
        }
        for name in &mut self.names {
            let first = name.first as usize;
            let words = self
                .name_words
                .get(first..first + usize::from(name.len))
                .unwrap_or_default();
            name.weight = words
                .iter()
                .filter_map(|w| self.words.get(*w as usize))
                .map(|w| w.weight)
                .sum();
        }
        let mut key_at = HashMap::with_capacity(self.keys.len() / 2);
        let grouped = self.keys.iter().map(|(key, word)| {
            let next = key_at.len() as u32;
            (*key_at.entry(*key).or_insert(next), *word)
        });
        let grouped: Vec<_> = grouped.collect();
        let listed = entities.into_iter().zip(self.listed);
        Index {
            folds: self.folds.clone(),
            entities: listed
                .map(|(entity, births)| Listed { entity, births })
                .collect(),
            names: self.names,
            name_words: self.name_words,
            postings: Groups::of(self.postings, self.words.len()),
            keys: Groups::of(grouped, key_at.len()),
            key_at,
            words: self.words,
            letters: self.letters,
            common: self.common,
            ln_entities,
        }
    }
}

/// Two neighbours may be one word that somebody wrote in two.
pub(super) fn can_join(a: Kind, b: Kind) -> bool {
    let part = |k| !matches!(k, Kind::Form | Kind::Number);
    part(a) && part(b)
}

/// Writes two words as one.
pub(super) fn joined(join: &mut String, a: &str, b: &str) {
    join.clear();
    join.push_str(a.trim_end_matches('~'));
    join.push_str(b);
    join.truncate(48);
}

/// Writes how a word sounds; says how much of it is its stem, and what the ending costs.
pub(super) fn sounds(text: &str, kind: Kind, folds: &Folds, sound: &mut Vec<u8>) -> (usize, f32) {
    sound.clear();
    if matches!(kind, Kind::Form | Kind::Number) {
        return (0, 0.0);
    }
    folds.sound(text, sound);
    folds.stem(sound)
}

/// The key by which the rarity of a word is known.
pub(super) fn whole_key(
    text: &str,
    kind: Kind,
    stem: &[u8],
    folds: &Folds,
    key: &mut Vec<u8>,
) -> u64 {
    match kind {
        Kind::Form | Kind::Number | Kind::Initial => hash(0, text.as_bytes()),
        _ => {
            folds.key(stem, key);
            hash(1, key)
        }
    }
}

/// The keys under which a word is found: its own, and those with a sound left out.
pub(super) fn keys_of(
    sound: &[u8],
    widely: bool,
    folds: &Folds,
    key: &mut Vec<u8>,
    mut found: impl FnMut(u64),
) {
    folds.key(sound, key);
    found(fnv(1, &*key));
    if !widely || key.len() < 4 {
        return;
    }
    for out in 0..key.len() {
        let kept = key
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != out)
            .map(|(_, k)| k);
        found(fnv(1, kept));
    }
}

fn hash(kind: u8, bytes: &[u8]) -> u64 {
    fnv(kind, bytes)
}

/// FNV-1a: the same on every machine and day.
fn fnv<'b>(kind: u8, bytes: impl IntoIterator<Item = &'b u8>) -> u64 {
    let step = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes
        .into_iter()
        .fold(step(0xcbf2_9ce4_8422_2325, kind), |h, b| step(h, *b))
}
