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

/// What an unmatched word of the query weighs, and one of the list.
const QUERY_ALONE: f32 = 0.9;
const LISTED_ALONE: f32 = 0.3;
const LISTED_ALONE_ORGANIZATION: f32 = 0.5;

/// From here on joined words are the same.
const JOINED: f32 = 0.85;

/// From here on a word is evidence.
const STRONG: f32 = 0.7;
const STRONG_WEIGHT: f32 = 0.3;

/// What is left of the score where one word alone meets.
const ONE_WORD: f32 = 0.8;

/// Reused from name to name.
#[derive(Default)]
pub(super) struct Aligner {
    near: Vec<(f32, usize, usize)>,
    pub(super) pairs: Vec<Pair>,
    query_taken: [bool; MOST],
    listed_taken: [bool; MOST],
}

impl Aligner {
    /// The score of two names, 0 to 1. The pairs are in `self.pairs`.
    pub(super) fn score(
        &mut self,
        query: &[Part],
        listed: &[Part],
        organization: bool,
        nearness: &mut impl Nearness,
    ) -> f32 {
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
        let weight = match (q.1, l.1) {
            (1, 1) if similarity >= 1.0 => sum(query, q),
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

    fn sum(&self, query: &[Part], listed: &[Part], organization: bool) -> f32 {
        let alone = |parts: &[Part], taken: &[bool]| -> f32 {
            parts
                .iter()
                .zip(taken)
                .filter(|(_, t)| !**t)
                .map(|(p, _)| p.weight)
                .sum()
        };
        let query_alone = alone(query, &self.query_taken);
        let listed_alone = alone(listed, &self.listed_taken);
        let met: f32 = self.pairs.iter().map(|p| p.weight * p.similarity).sum();
        let weight: f32 = self.pairs.iter().map(|p| p.weight).sum();
        let share = if organization {
            LISTED_ALONE_ORGANIZATION
        } else {
            LISTED_ALONE
        };
        let all = weight + QUERY_ALONE * query_alone + share * listed_alone;
        if all <= 0.0 {
            return 0.0;
        }
        let mut score = met / all;
        let name = |p: &Part| matches!(p.kind, Kind::Word | Kind::Particle);
        let strong = self.pairs.iter().filter(|p| {
            p.similarity >= STRONG
                && p.weight > STRONG_WEIGHT
                && query.iter().skip(p.query.0).take(p.query.1).any(name)
        });
        let strong = strong.count();
        let names = |parts: &[Part]| parts.iter().filter(|p| name(p)).count();
        if strong == 0 {
            return 0.0;
        }
        let all_met = query_alone + listed_alone <= 0.0;
        if strong < 2 && !all_met && names(query) + names(listed) > 2 {
            score *= ONE_WORD;
        }
        score
    }
}
