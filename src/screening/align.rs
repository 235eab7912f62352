//! Which words of two names meet, and what that is worth.

use super::index::{Index, NONE, Word, share};
use super::units::{Memo, Units};
use super::words::{Kind, MOST};

/// A query and one name of the lists.
pub(super) struct Sides<'s> {
    pub memo: &'s mut Memo,
    pub units: &'s Units,
    pub index: &'s Index,
    pub words: &'s [u32],
    /// Neighbours written as one: of the first two words, of the next two, and so on.
    pub joins: &'s [u32],
}

/// Words of a name that stand together: the place of the first, and how many.
type Span = (usize, usize);

/// Words that meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub query: Span,
    pub listed: Span,
    pub similarity: f32,
    pub weight: f32,
}

/// From here on joined words are the same.
const JOINED: f32 = 0.85;

/// From here on words sound the same.
const SOUNDING: f32 = 0.9;

/// From here on a word is evidence.
const STRONG: f32 = 0.7;

/// What speaks for and against two names being of the same subject, in natural logarithms of odds.
/// Learned from public lists.
struct Evidence {
    start: f32,
    /// The weight of the words that met.
    met: f32,
    /// Each meeting.
    meeting: f32,
    /// The share of the weight by which words that met differ.
    differing: f32,
    /// The roots of the weights that met nothing.
    query_alone: f32,
    listed_alone: f32,
    /// The weight of the whole query, and the number of its words.
    query: f32,
    words: f32,
}

const PERSON: Evidence = Evidence {
    start: -5.7,
    met: 3.3,
    meeting: 1.2,
    differing: -40.0,
    query_alone: -6.8,
    listed_alone: -4.4,
    query: -0.4,
    words: 2.0,
};

const ORGANIZATION: Evidence = Evidence {
    start: -7.1,
    met: 6.9,
    meeting: 1.9,
    differing: -24.8,
    query_alone: -5.0,
    listed_alone: -3.0,
    query: 5.4,
    words: -2.2,
};

/// The odds that a name which shares much is not a relative's, and what other words in the place of
/// the query's do to them.
const RELATIVE: f32 = 7.0;
const IN_PLACE: f32 = -10.0;

/// The odds of names that are the same, word for word.
const SAME_NAME: f32 = 30.0;

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

impl Sides<'_> {
    /// How near words of the query and of the list are, written as one.
    fn nearness(&mut self, query: Span, listed: Span) -> f32 {
        match (self.unit(query), self.word(listed)) {
            (Some(unit), Some(word)) => self.memo.of(self.units, unit, word, self.index),
            _ => 0.0,
        }
    }

    fn unit(&self, (at, n): Span) -> Option<usize> {
        match n {
            1 => Some(at),
            _ => self.units.joins.get(at).copied().flatten(),
        }
    }

    fn word(&self, (at, n): Span) -> Option<u32> {
        let words = if n == 1 { self.words } else { self.joins };
        words.get(at).copied().filter(|w| *w != NONE)
    }

    /// The weight of a meeting: how rare what the words have in common is.
    fn weight(&self, query: Span, listed: Span, similarity: f32) -> f32 {
        let listed = self.word(listed).and_then(|w| self.index.word(w));
        let [same, sounding, near] = listed.map_or([0.0; 3], |w| w.met);
        let weight = match similarity {
            1.0.. => same,
            SOUNDING.. => sounding,
            _ => near,
        };
        let kind = match query {
            (at, 1) => self.units.parts.get(at).map(|p| p.kind),
            _ => None,
        };
        weight.min(kind.map_or(1.0, share))
    }

    fn listed(&self) -> impl Iterator<Item = Word> {
        self.words.iter().filter_map(|w| self.index.word(*w))
    }
}

impl Aligner {
    /// The logarithm of the odds that two names are the same subject's; none where nothing meets that a
    /// name can be known by. The pairs are in `self.pairs`.
    pub(super) fn score(&mut self, sides: &mut Sides<'_>, organization: bool) -> Option<f32> {
        self.pairs.clear();
        self.near.clear();
        self.query_taken = [false; MOST];
        self.listed_taken = [false; MOST];
        for q in 0..sides.units.parts.len() {
            for l in 0..sides.words.len() {
                let s = sides.nearness((q, 1), (l, 1));
                if s > 0.0 {
                    self.near.push((s, q, l));
                }
            }
        }
        self.near
            .sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let near = std::mem::take(&mut self.near);
        for &(s, q, l) in near.iter().take_while(|n| n.0 >= 1.0) {
            self.take(sides, (q, 1), (l, 1), s);
        }
        self.joins(sides);
        for &(s, q, l) in near.iter().skip_while(|n| n.0 >= 1.0) {
            self.take(sides, (q, 1), (l, 1), s);
        }
        self.near = near;
        self.sum(sides, organization)
    }

    fn joins(&mut self, sides: &mut Sides<'_>) {
        for q in 0..sides.units.parts.len() {
            for l in 0..sides.words.len() {
                for (q, l) in [((q, 2), (l, 1)), ((q, 1), (l, 2))] {
                    if self.is_free(q, l) {
                        let s = sides.nearness(q, l);
                        if s > JOINED {
                            self.take(sides, q, l, s);
                        }
                    }
                }
            }
        }
    }

    fn is_free(&self, q: Span, l: Span) -> bool {
        let free = |taken: &[bool], (at, n): Span| taken.iter().skip(at).take(n).all(|t| !t);
        free(&self.query_taken, q) && free(&self.listed_taken, l)
    }

    fn take(&mut self, sides: &Sides<'_>, query: Span, listed: Span, similarity: f32) {
        if !self.is_free(query, listed) {
            return;
        }
        let mark = |taken: &mut [bool], (at, n): Span| {
            taken.iter_mut().skip(at).take(n).for_each(|t| *t = true);
        };
        mark(&mut self.query_taken, query);
        mark(&mut self.listed_taken, listed);
        self.pairs.push(Pair {
            query,
            listed,
            similarity,
            weight: sides.weight(query, listed, similarity),
        });
    }

    fn sum(&self, sides: &Sides<'_>, organization: bool) -> Option<f32> {
        let query = || sides.units.parts.iter().map(|p| (p.kind, p.weight));
        let query_alone = alone(query(), &self.query_taken);
        let listed_alone = alone(
            sides.listed().map(|w| (w.kind, w.weight)),
            &self.listed_taken,
        );
        let met = |p: &Pair, what: fn(Kind) -> bool| {
            query()
                .skip(p.query.0)
                .take(p.query.1)
                .any(|(kind, _)| what(kind))
        };
        let mut pairs = self.pairs.iter();
        if pairs.all(|p| p.similarity >= 1.0) && query_alone.1 + listed_alone.1 == 0.0 {
            let some_name = self
                .pairs
                .iter()
                .any(|p| met(p, |k| k.is_word() || k == Kind::Particle));
            return match query_alone.0 + listed_alone.0 > 0.0 {
                _ if !some_name => None,
                true => Some(OTHER_FORM),
                false => Some(SAME_NAME),
            };
        }
        if !self
            .pairs
            .iter()
            .any(|p| p.similarity >= STRONG && met(p, Kind::is_word))
        {
            return None;
        }
        let weight: f32 = self.pairs.iter().map(|p| p.weight).sum();
        let differing = self.pairs.iter().map(|p| p.weight * (1.0 - p.similarity));
        let e = if organization { &ORGANIZATION } else { &PERSON };
        let odds = e.start
            + e.met * weight
            + e.meeting * self.pairs.len() as f32
            + e.differing * differing.sum::<f32>() / weight
            + e.query_alone * query_alone.0.sqrt()
            + e.listed_alone * listed_alone.0.sqrt()
            + e.query * query().map(|(_, weight)| weight).sum::<f32>()
            + e.words * query().count() as f32;
        // It may be a coincidence, and it may be a relative, however rare what they share.
        let relative = RELATIVE + IN_PLACE * query_alone.0.min(listed_alone.0);
        Some(-((-odds).exp() + (-relative).exp()).ln())
    }
}

/// The weight of the words that met nothing, with legal forms and without.
fn alone(words: impl Iterator<Item = (Kind, f32)>, taken: &[bool]) -> (f32, f32) {
    let left = words.zip(taken).filter(|(_, taken)| !**taken);
    left.fold((0.0, 0.0), |(all, name), ((kind, weight), _)| {
        (
            all + weight,
            if kind == Kind::Form {
                name
            } else {
                name + weight
            },
        )
    })
}
