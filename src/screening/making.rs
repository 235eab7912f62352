//! An index in the making.

use hashbrown::{HashMap, HashSet};

use super::birth::Birth;
use super::compare::Sets;
use super::folds::Folds;
use super::index::{Groups, Index, Listed, NONE, Name, Word, weight};
use super::keys::{can_join, joined, keys_of, sounds, whole_key};
use super::words::{Kind, Words};
use super::{Entity, Subject};

/// A list is taken for at least this long, so that words of a short one do not seem common.
const LEAST_ENTITIES: f32 = 20_000.0;

/// Entities and words so far.
pub(super) struct Making<'f> {
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
    pub(super) fn new(folds: &'f Folds, entities: usize) -> Making<'f> {
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

    pub(super) fn entity(&mut self, at: u32, entity: &Entity) {
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
            met: [0.0; 3],
        };
        self.words.push(word);
        let stem = sound.get(..stem).unwrap_or(sound);
        let own = whole_key(text, kind, stem, self.folds, key);
        self.word_keys.push(own);
        if kind.is_word() || kind == Kind::Particle {
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

    pub(super) fn end(mut self, entities: Vec<Entity>) -> Index {
        self.order();
        let mut key_at = HashMap::with_capacity(self.keys.len() / 2);
        let grouped = self.keys.iter().map(|(key, word)| {
            let next = key_at.len() as u32;
            (*key_at.entry(*key).or_insert(next), *word)
        });
        let keys = Groups::of(grouped.collect(), key_at.len());
        let postings = Groups::of(std::mem::take(&mut self.postings), self.words.len());
        let ln_entities = (1.0 + (entities.len() as f32).max(LEAST_ENTITIES)).ln();
        self.weigh(&postings, &keys, &key_at, ln_entities);
        let listed = entities.into_iter().zip(self.listed);
        Index {
            folds: self.folds.clone(),
            entities: listed
                .map(|(entity, births)| Listed { entity, births })
                .collect(),
            names: self.names,
            name_words: self.name_words,
            postings,
            keys,
            key_at,
            words: self.words,
            letters: self.letters,
            common: self.common,
            ln_entities,
        }
    }

    /// Weighs words and names by rarity.
    fn weigh(&mut self, postings: &Groups, keys: &Groups, key_at: &HashMap<u64, u32>, ln: f32) {
        // The names of an entity stand together.
        let entities_with = |word: usize| {
            let names = postings.get(word as u32).iter();
            let entities = names.filter_map(|n| self.names.get(*n as usize).map(|n| n.entity));
            let mut last = NONE;
            entities
                .filter(|e| std::mem::replace(&mut last, *e) != *e)
                .count() as u32
        };
        let with: Vec<u32> = (0..self.words.len()).map(entities_with).collect();
        let count = |word: &u32| with.get(*word as usize).copied().unwrap_or_default();
        let total = |group: u32| keys.get(group).iter().map(count).sum::<u32>();
        let totals: Vec<u32> = (0..key_at.len() as u32).map(total).collect();
        let own = |key: &u64| {
            key_at
                .get(key)
                .and_then(|g| totals.get(*g as usize))
                .copied()
        };
        let mut near: Vec<u32> = self
            .word_keys
            .iter()
            .map(|k| own(k).unwrap_or_default())
            .collect();
        let owns = near.clone();
        for (group, total) in totals.iter().enumerate() {
            for word in keys.get(group as u32).iter().map(|w| *w as usize) {
                if let (Some(near), Some(own)) = (near.get_mut(word), owns.get(word)) {
                    *near += total.saturating_sub(*own);
                }
            }
        }
        let known = self.word_keys.iter().zip(&with).zip(&near);
        for (word, ((key, same), near)) in self.words.iter_mut().zip(known) {
            let sounding = self.common.get(key).copied().unwrap_or_default();
            word.met = [*same, sounding, *near].map(|common| weight(word.kind, common, ln));
            word.weight = weight(word.kind, sounding, ln);
        }
        for name in &mut self.names {
            let first = name.first as usize;
            let words = self.name_words.get(first..first + usize::from(name.len));
            let words = words.unwrap_or_default().iter();
            name.weight = words
                .filter_map(|w| self.words.get(*w as usize))
                .map(|w| w.weight)
                .sum();
        }
    }
}
