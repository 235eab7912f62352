//! The names of lists, found by their words.

use hashbrown::HashMap;

use super::birth::Birth;
use super::compare::{Form, Sets};
use super::folds::Folds;
use super::making::Making;
use super::words::Kind;
use super::{Entity, Quality};

/// No word.
pub(super) const NONE: u32 = u32::MAX;

/// The least weight of a word, however common.
const COMMON: f32 = 0.25;
/// Lists, ready to be screened against. Immutable; threads share it.
pub struct Index {
    pub(super) folds: Folds,
    pub(super) entities: Vec<Listed>,
    pub(super) names: Vec<Name>,
    /// The words of all names: those of a name, then the joins of its neighbours.
    pub(super) name_words: Vec<u32>,
    pub(super) words: Vec<Word>,
    /// Texts and sounds of the words.
    pub(super) letters: Vec<u8>,
    /// The names of each word.
    pub(super) postings: Groups,
    /// The words of each key.
    pub(super) keys: Groups,
    pub(super) key_at: HashMap<u64, u32>,
    /// Entities that a key stands in.
    pub(super) common: HashMap<u64, u32>,
    pub(super) ln_entities: f32,
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
    pub first: u32,
    pub len: u8,
    pub quality: Quality,
    /// The weight of its words.
    pub weight: f32,
}

/// A word of the lists, or two that stand together.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub at: u32,
    pub text: u8,
    pub sound: u8,
    pub stem: u8,
    pub ending: f32,
    pub sets: Sets,
    pub kind: Kind,
    /// Its weight where it stands alone.
    pub weight: f32,
    /// Its weight where it meets the same word, one that sounds the same, or one that is near.
    pub met: [f32; 3],
}

/// Lists of numbers, one after another.
#[derive(Default)]
pub(super) struct Groups {
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Groups {
    /// Pairs of group and member, in any order, to groups with their members in order and once.
    pub(super) fn of(mut pairs: Vec<(u32, u32)>, groups: usize) -> Groups {
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

    pub(super) fn get(&self, group: u32) -> &[u32] {
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

/// The weight of a word that is in `common` of the entities. `ln_entities` is the logarithm of their number.
pub(super) fn weight(kind: Kind, common: u32, ln_entities: f32) -> f32 {
    let rarity = 1.0 - (1.0 + common as f32).ln() / ln_entities;
    rarity.clamp(COMMON, 1.0) * share(kind)
}

/// The share of a word's weight that its kind leaves.
pub(super) fn share(kind: Kind) -> f32 {
    match kind {
        Kind::Word | Kind::Number => 1.0,
        Kind::Common => 0.6,
        Kind::Particle => 0.35,
        Kind::Initial => 0.3,
        Kind::Title => 0.15,
        Kind::Form => 0.06,
    }
}
