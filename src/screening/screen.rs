//! One query against an index.

use super::align::{Aligner, Pair, Sides};
use super::birth::{self, Birth, Born};
use super::index::{Index, NONE, Name};
use super::keys;
use super::units::{Memo, Part, Units};
use super::words::Kind;
use super::{Quality, Subject};

/// Whom to look for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// The whole name, in any order and script.
    pub name: &'a str,
    /// A person is compared with people, an organization with organizations, and both with the unknown.
    pub subject: Subject,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; anything else is none.
    pub birth_date: Option<&'a str>,
    /// ISO 3166 alpha-2 codes in capitals.
    pub countries: &'a [&'a str],
}

/// What is a hit.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The least score, 0 to 1.
    pub threshold: f32,
    /// Hits of a query, the best ones.
    pub best: usize,
}

/// An entity that a query may be, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The entity's place among those that the index was built of.
    pub entity: usize,
    /// The place of the name that met, among the entity's names.
    pub name: usize,
    /// 0 to 1000.
    pub score: u16,
    /// The score of the names alone, 0 to 1000.
    pub names: u16,
    /// The words that met, the weightiest first.
    pub met: Vec<Met>,
    /// What the dates of birth say.
    pub born: Born,
    /// Both sides name countries, and none is the same.
    pub other_country: bool,
}

/// Words of the query that met words of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Met {
    /// As compared: Latin letters without marks.
    pub query: String,
    /// As compared.
    pub listed: String,
    /// 0 to 1000.
    pub similarity: u16,
    /// Share of the weight of all words, 0 to 1000.
    pub weight: u16,
}

/// Names that are aligned, of each query, and of each entity: many aliases push nobody out.
const CANDIDATES: usize = 64;
const OF_ENTITY: usize = 4;

/// The share of the query's weight that a candidate must meet.
const LEAST_VOTES: f32 = 0.33;

/// Words of at least this weight are found with a sound left out, too; of common ones there are many.
const RARE: f32 = 0.7;

/// Names with votes whose words are looked at; those of more cost more than they spare.
const REACHED: usize = 2_000;

/// Screens one query after another; each thread has its own.
pub struct Screener<'i> {
    index: &'i Index,
    units: Units,
    aligner: Aligner,
    /// By name: votes, and the last word that voted. Zero between queries.
    votes: Vec<(f32, u8)>,
    touched: Vec<u32>,
    /// By word of the lists: the last query that touched a name with it.
    reached: Vec<u32>,
    queries: u32,
    memo: Memo,
    found: Vec<(f32, u32)>,
    candidates: Vec<(f32, u32)>,
    key: Vec<u8>,
}

impl Index {
    /// Screens one query. [`Index::screener`] is faster for many.
    pub fn screen(&self, query: &Query<'_>, options: &Options) -> Vec<Hit> {
        self.screener().screen(query, options)
    }

    /// What a thread screens with.
    pub fn screener(&self) -> Screener<'_> {
        Screener {
            index: self,
            units: Units::default(),
            aligner: Aligner::default(),
            votes: vec![(0.0, 0); self.names.len()],
            touched: Vec::new(),
            reached: vec![0; self.word_count()],
            queries: 0,
            memo: Memo::new(self.word_count()),
            found: Vec::new(),
            candidates: Vec::new(),
            key: Vec::new(),
        }
    }
}

impl Screener<'_> {
    /// The hits of a query, the best first.
    pub fn screen(&mut self, query: &Query<'_>, options: &Options) -> Vec<Hit> {
        self.units.read(query, self.index);
        if self.units.words.is_nobody() {
            return Vec::new();
        }
        self.memo.start(self.units.units.len());
        self.vote();
        self.choose(query);
        let birth = query.birth_date.and_then(Birth::of);
        let mut best: hashbrown::HashMap<u32, Scored> = hashbrown::HashMap::new();
        for (_, name) in std::mem::take(&mut self.candidates) {
            let Some(scored) = self.scored(query, birth, name) else {
                continue;
            };
            if f32::from(scored.score) < options.threshold * 1000.0 {
                continue;
            }
            let of_entity = best.entry(scored.entity).or_insert(scored);
            if (scored.score, std::cmp::Reverse(scored.name))
                > (of_entity.score, std::cmp::Reverse(of_entity.name))
            {
                *of_entity = scored;
            }
        }
        let mut best: Vec<_> = best.into_values().collect();
        best.sort_by_key(|s| (std::cmp::Reverse(s.score), s.entity));
        best.truncate(options.best);
        best.into_iter().map(|s| self.hit(query, s)).collect()
    }

    /// Lets each word of the query vote for the names with words like it, once each.
    fn vote(&mut self) {
        for name in self.touched.drain(..) {
            if let Some(v) = self.votes.get_mut(name as usize) {
                *v = (0.0, 0);
            }
        }
        let parts = &self.units.parts;
        let has_words = parts.iter().any(|p| p.kind.is_word());
        let searched = |p: &Part| p.kind.is_word() || (!has_words && p.kind == Kind::Particle);
        let mut order: Vec<usize> = (0..parts.len())
            .filter(|i| parts.get(*i).is_some_and(searched))
            .collect();
        let weights: Vec<f32> = parts.iter().map(|p| p.weight).collect();
        let weight = |i: usize| weights.get(i).copied().unwrap_or_default();
        order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)).then(a.cmp(b)));
        let all: f32 = order.iter().map(|i| weight(*i)).sum();
        let (mut rest, mut closed) = (all, false);
        for (nth, &i) in order.iter().enumerate() {
            let w = weight(i);
            let admits = rest >= LEAST_VOTES * all;
            rest -= w;
            if !admits && !closed && self.touched.len() <= REACHED {
                closed = true;
                self.reach();
            }
            self.found.clear();
            self.find(i, closed);
            if let Some(join) = self.units.joins.get(i).copied().flatten() {
                let before = self.found.len();
                self.find(join, closed);
                // It stands for both words.
                let both = 1.0 + weight(i + 1) / w;
                self.found.iter_mut().skip(before).for_each(|f| f.0 *= both);
            }
            self.found
                .sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let voter = (nth + 1).min(255) as u8;
            for &(similarity, word) in &self.found {
                for &name in self.index.names_with(word) {
                    let Some(v) = self.votes.get_mut(name as usize) else {
                        continue;
                    };
                    if v.1 == voter || (v.1 == 0 && !admits) {
                        continue;
                    }
                    if v.1 == 0 {
                        self.touched.push(name);
                    }
                    *v = (v.0 + w * similarity, voter);
                }
            }
        }
    }

    /// Marks the words of the names that have votes: where no more names are admitted, no others count.
    fn reach(&mut self) {
        self.queries += 1;
        for name in &self.touched {
            let Some(name) = self.index.names.get(*name as usize) else {
                continue;
            };
            for &word in self.index.all_words_of(*name) {
                if let Some(reached) = self.reached.get_mut(word as usize) {
                    *reached = self.queries;
                }
            }
        }
    }

    /// The words of the lists that are like a unit, by their keys; only those that are reached if `closed`.
    fn find(&mut self, unit: usize, closed: bool) {
        let Some(&u) = self.units.units.get(unit) else {
            return;
        };
        let form = self.units.form(u);
        let mut keys: Vec<u64> = Vec::with_capacity(24);
        let folds = &self.index.folds;
        let stem = form.sound.get(..form.stem).unwrap_or(form.sound);
        for sound in [stem, form.sound] {
            keys::keys_of(sound, u.weight >= RARE, folds, &mut self.key, |k| {
                keys.push(k)
            });
            if stem.len() == form.sound.len() {
                break;
            }
        }
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            for &word in self.index.words_with(key) {
                if closed && self.reached.get(word as usize) != Some(&self.queries) {
                    continue;
                }
                let (s, first) = self.memo.look(&self.units, unit, word, self.index);
                if first && s > 0.0 {
                    self.found.push((s, word));
                }
            }
        }
    }

    /// The names with the most votes, with what they may score.
    fn choose(&mut self, query: &Query<'_>) {
        let searched: f32 = self
            .units
            .parts
            .iter()
            .filter(|p| p.kind.is_word())
            .map(|p| p.weight)
            .sum();
        self.candidates.clear();
        for &name in &self.touched {
            let (Some(&(votes, _)), Some(n)) = (
                self.votes.get(name as usize),
                self.index.names.get(name as usize),
            ) else {
                continue;
            };
            if votes < LEAST_VOTES * searched || !self.comparable(query, n) {
                continue;
            }
            let alone = (n.weight - votes).max(0.0);
            let estimate = votes / (votes + 0.9 * (searched - votes).max(0.0) + 0.3 * alone);
            self.candidates.push((estimate, name));
        }
        self.candidates
            .sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut entities: Vec<u32> = Vec::with_capacity(CANDIDATES);
        let names = &self.index.names;
        self.candidates.retain(|(_, name)| {
            let entity = names.get(*name as usize).map_or(NONE, |n| n.entity);
            let kept = entities.len() < CANDIDATES
                && entities.iter().filter(|e| **e == entity).count() < OF_ENTITY;
            if kept {
                entities.push(entity);
            }
            kept
        });
    }

    fn comparable(&self, query: &Query<'_>, name: &Name) -> bool {
        let listed = self
            .index
            .entities
            .get(name.entity as usize)
            .map(|l| l.entity.subject);
        !matches!(
            (query.subject, listed),
            (Subject::Person, Some(Subject::Organization))
                | (Subject::Organization, Some(Subject::Person))
        )
    }

    fn odds(&mut self, query: &Query<'_>, name: Name) -> Option<f32> {
        let mut sides = Sides {
            memo: &mut self.memo,
            units: &self.units,
            index: self.index,
            words: self.index.words_of(name),
            joins: self.index.joins_of(name),
        };
        let organization = query.subject != Subject::Person;
        self.aligner.score(&mut sides, organization)
    }

    fn scored(&mut self, query: &Query<'_>, birth: Option<Birth>, nth: u32) -> Option<Scored> {
        let name = *self.index.names.get(nth as usize)?;
        let names = self.odds(query, name)?;
        let listed = self.index.entities.get(name.entity as usize)?;
        let born = birth::compare(birth, listed.births.iter().copied());
        let theirs = &listed.entity.countries;
        let known = !query.countries.is_empty() && !theirs.is_empty();
        let other_country = known && !theirs.iter().any(|c| query.countries.contains(&&**c));
        let by_birth = match born {
            Born::Apart => APART,
            Born::Near => NEAR,
            Born::Same if names >= CONFIRMED => SAME,
            Born::Same | Born::Unknown => 0.0,
        };
        let confirmed = matches!(born, Born::Near | Born::Same);
        let weak = name.quality == Quality::Weak && !confirmed;
        let odds = names + by_birth + if other_country { OTHER_COUNTRY } else { 0.0 };
        let score = part_of(odds) * if weak { WEAK } else { 1.0 };
        let names = part_of(names);
        Some(Scored {
            entity: name.entity,
            name: nth,
            score: thousandths(score),
            names: thousandths(names),
            born,
            other_country,
        })
    }

    fn hit(&mut self, query: &Query<'_>, scored: Scored) -> Hit {
        let name = self.index.names.get(scored.name as usize).copied();
        let mut met = Vec::new();
        if let Some(name) = name {
            self.odds(query, name);
            let all: f32 = self.aligner.pairs.iter().map(|p| p.weight).sum();
            met = self
                .aligner
                .pairs
                .iter()
                .map(|p| self.met(*p, name, all))
                .collect();
            met.sort_by_key(|m| std::cmp::Reverse(m.weight));
        }
        Hit {
            entity: scored.entity as usize,
            name: name.map_or(0, |n| n.nth as usize),
            score: scored.score,
            names: scored.names,
            met,
            born: scored.born,
            other_country: scored.other_country,
        }
    }

    fn met(&self, pair: Pair, name: Name, all: f32) -> Met {
        let listed = self
            .index
            .words_of(name)
            .iter()
            .skip(pair.listed.0)
            .take(pair.listed.1);
        let listed = listed
            .filter_map(|w| self.index.word(*w))
            .map(|w| self.index.form(w).text);
        let query = self
            .units
            .words
            .iter()
            .skip(pair.query.0)
            .take(pair.query.1)
            .map(|(text, _)| text.as_bytes());
        Met {
            query: readable(query),
            listed: readable(listed),
            similarity: thousandths(pair.similarity),
            weight: thousandths(pair.weight / all.max(f32::MIN_POSITIVE)),
        }
    }
}

#[derive(Clone, Copy)]
struct Scored {
    entity: u32,
    name: u32,
    score: u16,
    names: u16,
    born: Born,
    other_country: bool,
}

/// What is left of the score of a weak name that no date of birth confirms.
const WEAK: f32 = 0.6;

/// What dates of birth and countries add to the odds of the names. The same date counts where the names
/// are near already.
const APART: f32 = -5.0;
const NEAR: f32 = 0.5;
const SAME: f32 = 4.0;
const CONFIRMED: f32 = -4.0;
const OTHER_COUNTRY: f32 = -0.5;

/// Odds to a score between 0 and 1 that uses the whole scale: even odds are 0.7.
fn part_of(odds: f32) -> f32 {
    1.0 / (1.0 + (-(odds / 4.0 + 0.85)).exp())
}

fn thousandths(part: f32) -> u16 {
    (part.clamp(0.0, 1.0) * 1000.0).round() as u16
}

fn readable<'w>(words: impl Iterator<Item = &'w [u8]>) -> String {
    let words: Vec<_> = words
        .map(|w| String::from_utf8_lossy(w).replace(['~', '='], ""))
        .collect();
    words.join(" ")
}
