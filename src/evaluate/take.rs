//! What a factor takes from a customer: the values at its paths, the flags, and the points of each.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

use crate::catalog::{CategoryKind, EntityType, FieldIndex, additional_value, customer::customer};
use crate::classifier::ClassifierSet;
use crate::request::value::{self, Moment};
use crate::request::{Kind, Node};

use super::form::{AgeUnit, FlagSource, Pick};
use super::matrix::{Band, Condition, Factor, FieldPath, Matrix, Measure, Scale, Source, Test};
use super::result::{Place, State, Taken};
use super::screened::{Flag, Outcome, Screened};

const CATEGORY: FieldIndex = customer("riskManagementCategory");
const RELATED: FieldIndex = customer("listRelatedEntity");
const ADDITIONAL: FieldIndex = customer("listAdditionalValues");

/// A customer to be evaluated.
#[derive(Clone, Copy)]
pub struct Case<'c> {
    /// The customer.
    pub customer: Node<'c>,
    /// The category is one of leads.
    pub lead: bool,
    /// What screening found; empty where none was asked for.
    pub screened: &'c [Screened],
}

impl<'c> Case<'c> {
    /// A customer with what screening found. The classifiers say whether the category is one of leads.
    pub fn of(
        customer: Node<'c>,
        classifiers: &ClassifierSet,
        screened: &'c [Screened],
    ) -> Case<'c> {
        let mut case = Case {
            customer,
            lead: false,
            screened,
        };
        let category = classifiers.category(case.category());
        case.lead = category.is_some_and(|c| c.kind == CategoryKind::Lead);
        case
    }

    /// The risk management category; empty where none is given.
    pub fn category(&self) -> &'c str {
        self.customer.sound_text(CATEGORY).unwrap_or_default()
    }
}

/// Takes the values of one matrix from one customer.
pub(super) struct Taker<'e> {
    pub matrix: &'e Matrix,
    pub case: Case<'e>,
    pub taken: Vec<Taken<'e>>,
    pub entity_type: Option<EntityType>,
}

impl<'e> Taker<'e> {
    /// What one factor has. The values that it took are appended to `taken`.
    pub(super) fn factor(&mut self, factor: &'e Factor) -> State {
        let other = factor.applies.is_some() && factor.applies != self.entity_type;
        if other || self.any_holds(&factor.unless) {
            return State::NotApplicable;
        }
        let first = self.taken.len();
        let missing = match (&factor.source, &factor.scale) {
            (Source::Flags(flags, conditions), Scale::Is(_, points)) => {
                return match self.flags(flags, conditions) {
                    Some(holds) => State::Points(if holds { *points } else { 0 }),
                    None => State::Missing,
                };
            }
            (Source::Fields(paths), _) if factor.pick == Pick::Count => self.count(paths),
            (Source::Fields(paths), scale) => {
                for path in paths {
                    let mut found = |node: &Node<'e>, f: Option<FieldIndex>, at: [u32; 2]| {
                        let Some(value) = f.and_then(|f| readable(node, f)) else {
                            return;
                        };
                        let number = number_of(scale, value, node, &self.case.customer);
                        self.taken
                            .push(Taken::new(Place::Field(path, at), value, number));
                    };
                    walk(self.case.customer, path, 0, [0; 2], &mut found);
                }
                false
            }
            (Source::AdditionalValue(code), scale) => {
                self.additional(code, scale);
                false
            }
            (Source::Flags(..), _) => true,
        };
        let taken = self.taken.get_mut(first..).unwrap_or_default();
        match missing {
            true => State::Missing,
            false => points(factor, taken),
        }
    }

    fn count(&mut self, paths: &'e [FieldPath]) -> bool {
        let Some(path) = paths.first() else {
            return true;
        };
        let mut count = 0;
        for path in paths {
            walk(self.case.customer, path, 0, [0; 2], &mut |node, leaf, _| {
                count += i64::from(leaf.is_none_or(|f| readable(node, f).is_some()));
            });
        }
        let value = Cow::Owned(count.to_string());
        self.taken.push(Taken {
            value,
            ..Taken::new(Place::Count(path), "", Some(count * 1000))
        });
        false
    }

    fn additional(&mut self, code: &'e str, scale: &Scale) {
        const CODE: FieldIndex = additional_value("code");
        const VALUE: FieldIndex = additional_value("value");
        let root = self.case.customer;
        for item in root.items(ADDITIONAL) {
            let Some(node) = root.item_node(ADDITIONAL, item) else {
                continue;
            };
            if node.text(CODE) == Some(code)
                && let Some(value) = readable(&node, VALUE)
            {
                let number = number_of(scale, value, &node, &root);
                self.taken
                    .push(Taken::new(Place::Additional(code), value, number));
            }
        }
    }

    /// Whether a condition on the customer holds.
    pub(super) fn any_holds(&self, conditions: &'e [(FieldPath, Test)]) -> bool {
        conditions.iter().any(|(path, test)| {
            let mut any = false;
            walk(self.case.customer, path, 0, [0; 2], &mut |node, leaf, _| {
                any |= leaf.is_some_and(|f| passes(node, f, test));
            });
            any
        })
    }

    /// Whether one of the fields is as asked for.
    pub(super) fn any_is(&mut self, paths: &'e [FieldPath], is: bool) -> bool {
        let mut any = false;
        for path in paths {
            walk(
                self.case.customer,
                path,
                0,
                [0; 2],
                &mut |node, leaf, at| {
                    let Some(value) = leaf.and_then(|f| readable(node, f)) else {
                        return;
                    };
                    if value::boolean(value) == Some(is) {
                        any = true;
                        self.taken
                            .push(Taken::new(Place::Field(path, at), value, None));
                    }
                },
            );
        }
        any
    }

    /// Whether one of the flags holds; None where nothing says so, and something could.
    pub(super) fn flags(&mut self, flags: &[Flag], conditions: &[Condition]) -> Option<bool> {
        let (mut any, mut unknown, mut known) = (false, false, false);
        let mut note = |is: Option<bool>| {
            any |= is == Some(true);
            unknown |= is.is_none();
            known |= is.is_some();
        };
        let root = self.case.customer;
        for flag in flags {
            match flag.about() {
                None => note(self.of_any(*flag)),
                Some((_, false)) => note(self.flag(*flag, &root, None)),
                Some((_, true)) => {
                    for (i, item) in (0..).zip(root.items(RELATED)) {
                        let Some(node) = root.item_node(RELATED, item) else {
                            continue;
                        };
                        if conditions.iter().all(|c| passes(&node, c.field, &c.test)) {
                            note(self.flag(*flag, &node, Some(i)));
                        }
                    }
                }
            }
        }
        match (any, unknown || !known) {
            (true, _) => Some(true),
            (false, false) => Some(false),
            (false, true) => None,
        }
    }

    fn of_any(&mut self, flag: Flag) -> Option<bool> {
        let wanted = match flag {
            Flag::Waiting => Outcome::Waiting,
            _ => Outcome::Unscreened,
        };
        let screened = self.case.screened;
        let mut any = false;
        for s in screened.iter().filter(|s| s.outcome == wanted) {
            let place = Place::Screening(s.process, s.related);
            self.taken.push(Taken::new(place, wanted.name(), None));
            any = true;
        }
        (!screened.is_empty()).then_some(any)
    }

    /// A flag of one subject, from screening and from what was declared.
    fn flag(&mut self, flag: Flag, node: &Node<'e>, related: Option<u32>) -> Option<bool> {
        let (process, _) = flag.about()?;
        let (name, field) = process.declared(related.is_some());
        let declared = readable(node, field).and_then(value::boolean);
        let outcome = self
            .case
            .screened
            .iter()
            .find(|s| s.related == related && s.process == process);
        let outcome = outcome.map(|s| s.outcome);
        let screening = match outcome {
            Some(Outcome::Confirmed) => Some(true),
            Some(Outcome::Clear) => Some(false),
            Some(Outcome::Waiting) => Some(self.matrix.waiting_counts),
            Some(Outcome::Unscreened) | None => None,
        };
        let (is, by_screening) = match self.matrix.flag_source {
            FlagSource::ScreeningThenDeclared => (screening.or(declared), screening.is_some()),
            FlagSource::DeclaredThenScreening => (declared.or(screening), declared.is_none()),
            FlagSource::Either => match screening == Some(true) || declared.is_none() {
                true => (screening, true),
                false => (declared, false),
            },
        };
        if let Some(is) = is {
            let (place, value) = match outcome.filter(|_| by_screening) {
                Some(outcome) => (Place::Screening(process, related), outcome.name()),
                None => (
                    Place::Declared(name, related),
                    if is { "true" } else { "false" },
                ),
            };
            self.taken.push(Taken::new(place, value, None));
        }
        is
    }
}

/// The points of a factor from the values that it took, which get their own.
fn points(factor: &Factor, taken: &mut [Taken<'_>]) -> State {
    let pick = factor.pick;
    match &factor.scale {
        Scale::Is(is, points) => {
            let mut seen = taken
                .iter()
                .filter_map(|t| value::boolean(&t.value))
                .map(|b| b == *is)
                .peekable();
            let holds = match (seen.peek(), pick) {
                (None, _) => return State::Missing,
                (Some(_), Pick::All) => seen.all(|is| is),
                (Some(_), _) => seen.any(|is| is),
            };
            State::Points(if holds { *points } else { 0 })
        }
        Scale::Codes(codes) => {
            for t in &mut *taken {
                t.points = match codes.get(&*t.value) {
                    Some((points, _)) => Some(*points),
                    None => factor.unknown,
                };
                t.unrated = !codes.contains_key(&*t.value);
            }
            let all = taken.iter().filter_map(|t| t.points);
            let picked = match pick {
                Pick::Min => all.min(),
                Pick::Sum => all.reduce(|sum, n| sum.saturating_add(n).min(100)),
                _ => all.max(),
            };
            picked.map_or(State::Missing, State::Points)
        }
        Scale::Bands(bands, _) => {
            for t in &mut *taken {
                t.points = t.number.map(|n| band(bands, n));
            }
            let all = taken.iter().filter_map(|t| t.number);
            let picked = match pick {
                Pick::Min => all.min(),
                Pick::Sum => all.reduce(i64::saturating_add),
                _ => all.max(),
            };
            picked.map_or(State::Missing, |n| State::Points(band(bands, n)))
        }
    }
}

fn band(bands: &[Band], number: i64) -> u8 {
    let holds = |b: &&Band| b.below.is_none_or(|below| number < below);
    bands.iter().find(holds).map_or(0, |b| b.points)
}

/// What is called with the object that a leaf or an item is in, the leaf, and the positions in the lists.
type Found<'f, 'c> = dyn FnMut(&Node<'c>, Option<FieldIndex>, [u32; 2]) + 'f;

/// Calls back for each leaf of a path, or each item, that meets the conditions, with the object that
/// it is in and the positions in the lists on the way.
fn walk<'c>(
    node: Node<'c>,
    path: &FieldPath,
    depth: usize,
    at: [u32; 2],
    found: &mut Found<'_, 'c>,
) {
    let Some(step) = path.steps.get(depth) else {
        found(&node, path.leaf, at);
        return;
    };
    if !step.list {
        if let Some(child) = node.child(step.field) {
            walk(child, path, depth + 1, at, found);
        }
        return;
    }
    let lists_before = path.steps.iter().take(depth).filter(|s| s.list).count();
    for (i, item) in (0..).zip(node.items(step.field)) {
        let Some(child) = node.item_node(step.field, item) else {
            continue;
        };
        if !step
            .conditions
            .iter()
            .all(|c| passes(&child, c.field, &c.test))
        {
            continue;
        }
        let mut at = at;
        if let Some(place) = at.get_mut(lists_before) {
            *place = i;
        }
        walk(child, path, depth + 1, at, found);
    }
}

/// The text of a field that holds something sound.
fn readable<'c>(node: &Node<'c>, f: FieldIndex) -> Option<&'c str> {
    match node.slot(f).kind {
        Kind::Choice => node.choice(f),
        Kind::Text | Kind::True | Kind::False => node.text(f),
        _ => None,
    }
}

fn passes(node: &Node<'_>, f: FieldIndex, test: &Test) -> bool {
    let text = readable(node, f);
    match test {
        Test::Is(is) => text.and_then(value::boolean) == Some(*is),
        Test::OneOf(words) => text.is_some_and(|text| words.iter().any(|w| w == text)),
        Test::Range {
            from,
            below,
            or_missing,
        } => match text.and_then(value::thousandths) {
            Some(n) => from.is_none_or(|from| from <= n) && below.is_none_or(|below| n < below),
            None => *or_missing,
        },
    }
}

/// The number, in thousandths, that bands are asked about.
fn number_of(scale: &Scale, text: &str, node: &Node<'_>, root: &Node<'_>) -> Option<i64> {
    let Scale::Bands(_, measure) = scale else {
        return None;
    };
    match measure {
        Measure::Number => value::thousandths(text),
        Measure::Per(field, ratios) => {
            let word = readable(node, *field)?;
            let (_, over, under) = ratios.iter().find(|(w, ..)| w == word)?;
            let exact = i128::from(value::thousandths(text)?) * i128::from(*over);
            let rounded_down = exact.div_euclid(i128::from(*under));
            Some(i64::try_from(rounded_down).unwrap_or(if rounded_down < 0 {
                i64::MIN
            } else {
                i64::MAX
            }))
        }
        Measure::Age(until, unit) => {
            let age = whole_units(day_of(text)?, day_of(readable(root, *until)?)?, *unit);
            Some(age.max(0).saturating_mul(1000))
        }
    }
}

fn day_of(text: &str) -> Option<NaiveDate> {
    Some(match value::moment(text)? {
        Moment::Day(day) => day,
        Moment::Time(time) => time.date_naive(),
    })
}

fn whole_units(from: NaiveDate, until: NaiveDate, unit: AgeUnit) -> i64 {
    let months = i64::from(until.year() - from.year()) * 12 + i64::from(until.month())
        - i64::from(from.month());
    let months = months - i64::from(until.day() < from.day());
    match unit {
        AgeUnit::Days => (until - from).num_days(),
        AgeUnit::Months => months,
        AgeUnit::Years => months.div_euclid(12),
    }
}
