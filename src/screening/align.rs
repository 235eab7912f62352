//! Which words of two names meet, and what that is worth.

use super::words::{Kind, MOST};

/// A word of a name that is aligned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub kind: Kind,
    pub weight: f32,
}

/// Words that meet: `query.1` words from `query.0` on with `listed.1` from `listed.0` on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub query: (usize, usize),
    pub listed: (usize, usize),
    pub similarity: f32,
    pub weight: f32,
}

/// How near the words of two names are. `usize` counts words.
pub(super) trait Nearness {
    /// A word of the query and one of the list.
    fn words(&mut self, query: usize, listed: usize) -> f32;
    /// A word of the query and its right neighbour, written as one, and a word of the list.
    fn query_join(&mut self, query: usize, listed: usize) -> f32;
    /// A word of the query, and a word of the list and its right neighbour written as one.
    fn listed_join(&mut self, query: usize, listed: usize) -> f32;
}

/// From here on joined words are the same.
const JOINED: f32 = 0.85;

/// From here on a word is evidence.
const STRONG: f32 = 0.7;
const STRONG_WEIGHT: f32 = 0.3;

/// What speaks for and against two names being of the same subject, in natural logarithms of odds.
/// Learned from public lists; the shares are of weights of words.
struct Evidence {
    start: f32,
    /// The weight of the words that met, up to one and a half rare words, and from there on.
    met: f32,
    met_more: f32,
    /// The share by which words that met differ, and its concentration in a lot of weight.
    differing: f32,
    differing_much: f32,
    /// The share of the query that met nothing, and that of the list's name.
    query_alone: f32,
    listed_alone: f32,
    /// The share that both leave alone: other words stand in their place.
    in_place: f32,
    /// One word alone met.
    one_word: f32,
}

const PERSON: Evidence = Evidence {
    start: 4.7,
    met: 1.1,
    met_more: 3.6,
    differing: -57.0,
    differing_much: 17.5,
    query_alone: -11.7,
    listed_alone: -10.0,
    in_place: -3.0,
    one_word: -1.5,
};

const ORGANIZATION: Evidence = Evidence {
    start: -1.9,
    met: 5.2,
    met_more: 3.5,
    differing: -36.0,
    differing_much: -8.0,
    query_alone: -8.6,
    listed_alone: -9.6,
    in_place: -3.0,
    one_word: -0.5,
};

/// The weight up to which words that meet count by `met`.
const MUCH: f32 = 1.5;

/// The odds of names that are the same, word for word.
pub(super) const SAME_NAME: f32 = 30.0;

/// The same but for the legal form.
const OTHER_FORM: f32 = 20.0;

/// Reused from name to name.
#[derive(Default)]
pub(super) struct Aligner {
    near: Vec<(f32, usize, usize)>,
    pub(super) pairs: Vec<Pair>,
    query_taken: [bool; MOST],
    listed_taken: [bool; MOST],
}

impl Aligner {
    /// The logarithm of the odds that two names are the same subject's; none where nothing meets that a
    /// name can be known by. The pairs are in `self.pairs`.
    pub(super) fn score(
        &mut self,
        query: &[Part],
        listed: &[Part],
        organization: bool,
        nearness: &mut impl Nearness,
    ) -> Option<f32> {
        self.pairs.clear();
        self.near.clear();
        self.query_taken = [false; MOST];
        self.listed_taken = [false; MOST];
        for q in 0..query.len() {
            for l in 0..listed.len() {
                let s = nearness.words(q, l);
                if s > 0.0 {
                    self.near.push((s, q, l));
                }
            }
        }
        self.near
            .sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let near = std::mem::take(&mut self.near);
        for &(s, q, l) in near.iter().take_while(|n| n.0 >= 1.0) {
            self.take(query, listed, (q, 1), (l, 1), s);
        }
        self.joins(query, listed, nearness);
        for &(s, q, l) in near.iter().skip_while(|n| n.0 >= 1.0) {
            self.take(query, listed, (q, 1), (l, 1), s);
        }
        self.near = near;
        self.sum(query, listed, organization)
    }

    fn joins(&mut self, query: &[Part], listed: &[Part], nearness: &mut impl Nearness) {
        for q in 0..query.len() {
            for l in 0..listed.len() {
                if self.is_free((q, 2), (l, 1), query.len(), listed.len()) {
                    let s = nearness.query_join(q, l);
                    if s > JOINED {
                        self.take(query, listed, (q, 2), (l, 1), s);
                    }
                }
                if self.is_free((q, 1), (l, 2), query.len(), listed.len()) {
                    let s = nearness.listed_join(q, l);
                    if s > JOINED {
                        self.take(query, listed, (q, 1), (l, 2), s);
                    }
                }
            }
        }
    }

    fn is_free(&self, q: (usize, usize), l: (usize, usize), query: usize, listed: usize) -> bool {
        let free = |taken: &[bool], (at, n): (usize, usize), len: usize| {
            at + n <= len && taken.iter().skip(at).take(n).all(|t| !t)
        };
        free(&self.query_taken, q, query) && free(&self.listed_taken, l, listed)
    }

    fn take(
        &mut self,
        query: &[Part],
        listed: &[Part],
        q: (usize, usize),
        l: (usize, usize),
        similarity: f32,
    ) {
        if !self.is_free(q, l, query.len(), listed.len()) {
            return;
        }
        let sum = |parts: &[Part], (at, n): (usize, usize)| -> f32 {
            let most = if n > 1 { 1.0 } else { f32::MAX };
            parts
                .iter()
                .skip(at)
                .take(n)
                .map(|p| p.weight)
                .sum::<f32>()
                .min(most)
        };
        let initial =
            |parts: &[Part], at: usize| parts.get(at).is_some_and(|p| p.kind == Kind::Initial);
        let weight = match (q.1, l.1) {
            (1, 1) if similarity >= 1.0 || initial(query, q.0) || initial(listed, l.0) => {
                sum(query, q).min(sum(listed, l))
            }
            _ => sum(query, q).max(sum(listed, l)),
        };
        for taken in self.query_taken.iter_mut().skip(q.0).take(q.1) {
            *taken = true;
        }
        for taken in self.listed_taken.iter_mut().skip(l.0).take(l.1) {
            *taken = true;
        }
        self.pairs.push(Pair {
            query: q,
            listed: l,
            similarity,
            weight,
        });
    }

    fn sum(&self, query: &[Part], listed: &[Part], organization: bool) -> Option<f32> {
        let name = |p: &Part| matches!(p.kind, Kind::Word | Kind::Particle);
        let strong = self.pairs.iter().filter(|p| {
            p.similarity >= STRONG
                && query
                    .iter()
                    .skip(p.query.0)
                    .take(p.query.1)
                    .any(|w| w.kind == Kind::Word)
        });
        let strong = strong.filter(|p| p.weight > STRONG_WEIGHT).count();
        let same = self.pairs.iter().all(|p| p.similarity >= 1.0);
        let left = |parts: &[Part], taken: &[bool], what: &dyn Fn(&Part) -> bool| -> f32 {
            parts
                .iter()
                .zip(taken)
                .filter(|(p, t)| !**t && what(p))
                .map(|(p, _)| p.weight)
                .sum()
        };
        let alone = |what: &dyn Fn(&Part) -> bool| {
            (
                left(query, &self.query_taken, what),
                left(listed, &self.listed_taken, what),
            )
        };
        let (query_alone, listed_alone) = alone(&|_| true);
        let some_name = self
            .pairs
            .iter()
            .any(|p| query.iter().skip(p.query.0).take(p.query.1).any(name));
        if same && some_name && alone(&|p| p.kind != Kind::Form) == (0.0, 0.0) {
            return Some(if query_alone + listed_alone > 0.0 {
                OTHER_FORM
            } else {
                SAME_NAME
            });
        }
        if strong == 0 {
            return None;
        }
        let weight: f32 = self.pairs.iter().map(|p| p.weight).sum();
        let differing: f32 = self
            .pairs
            .iter()
            .map(|p| p.weight * (1.0 - p.similarity))
            .sum();
        let in_place = query_alone.min(listed_alone);
        let e = if organization { &ORGANIZATION } else { &PERSON };
        let one_word = strong < 2 && query.iter().chain(listed).filter(|p| name(p)).count() > 2;
        Some(
            e.start
                + e.met * weight.min(MUCH)
                + e.met_more * (weight - MUCH).max(0.0)
                + e.differing * differing / weight
                + e.differing_much * differing * differing / weight
                + e.query_alone * query_alone / (weight + query_alone)
                + e.listed_alone * listed_alone / (weight + listed_alone)
                + e.in_place * in_place / (weight + in_place)
                + if one_word { e.one_word } else { 0.0 },
        )
    }
}
