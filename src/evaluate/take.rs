//! What a factor takes from a customer: the values at its paths, and the points of each.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};

use crate::catalog::{CategoryKind, FieldIndex, customer::customer};
use crate::classifier::ClassifierSet;
use crate::request::value::{self, Moment};
use crate::request::{Kind, Node};

use super::form::{AgeUnit, Band, FlagSource, Missing, Pick, Ratio, Test, Within};
use super::matrix::{Factor, FieldPath, Leaf, Matrix, Measure, Scale};
use super::result::{FactorAccount, State, ValueAccount};
use super::screened::{Outcome, Process, Screened};

const CATEGORY: FieldIndex = customer("riskManagementCategory");
const ENTITY_TYPE: FieldIndex = customer("entityType");

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
        let category = customer
            .sound_text(CATEGORY)
            .and_then(|c| classifiers.category(c));
        Case {
            customer,
            lead: category.is_some_and(|c| c.kind == CategoryKind::Lead),
            screened,
        }
    }

    /// The risk management category; empty where none is given.
    pub fn category(&self) -> &'c str {
        self.customer.sound_text(CATEGORY).unwrap_or_default()
    }
}

/// Takes what one matrix asks of one customer.
pub(super) struct Taker<'e> {
    pub(super) matrix: &'e Matrix,
    pub(super) case: Case<'e>,
}

impl<'e> Taker<'e> {
    /// What one factor has, but for its share.
    pub(super) fn factor(&self, factor: &Factor) -> FactorAccount {
        let whom = self.case.customer.choice(ENTITY_TYPE);
        let other = factor.applies.is_some_and(|a| Some(a.name()) != whom);
        let (mut values, mut state, mut points) = (Vec::new(), State::NotApplicable, None);
        if !other && !self.any_holds(&factor.unless) {
            (values, points) = self.points(factor);
            (state, points) = match (points, factor.missing) {
                (Some(_), _) => (State::Points, points),
                (None, Missing::Points(Within(n))) => (State::Assumed, Some(n)),
                (None, _) => (State::Missing, None),
            };
        }
        let group = self.matrix.groups.get(factor.group);
        FactorAccount {
            id: factor.id.clone(),
            group: group.map(|(name, _)| name.clone()).unwrap_or_default(),
            weight: group.map_or(0, |(_, g)| g.weight.0),
            state,
            points,
            share_thousandths: 0,
            attribute: factor.attribute.clone(),
            values,
        }
    }

    fn points(&self, factor: &Factor) -> (Vec<ValueAccount>, Option<u32>) {
        let taken = match factor.pick {
            Pick::Count => self.count(factor),
            _ => self.take(&factor.paths, &factor.scale),
        };
        let points = match &factor.scale {
            Scale::Bands(bands, _) => {
                let numbers = taken.values.iter().filter_map(|v| v.number_thousandths);
                picked(factor.pick, numbers).map(|n| band(bands, n))
            }
            _ => {
                let points = taken.values.iter().filter_map(|v| v.points.map(i64::from));
                picked(factor.pick, points).map(|n| n.min(100) as u32)
            }
        };
        // A flag that is not known of one subject is not false because it is false of another.
        let known = |n: &u32| !taken.unknown || *n > 0;
        let points = points.or(taken.none.then_some(0)).filter(known);
        (taken.values, points)
    }

    fn count(&self, factor: &Factor) -> Taken {
        let is_there = |node: &Node<'_>, leaf| match leaf {
            Leaf::Field(f) => readable(node, f).is_some(),
            _ => true,
        };
        let of_path = |path: &FieldPath| {
            let nodes = self.nodes(path).into_iter();
            nodes.filter(|(node, _)| is_there(node, path.leaf)).count()
        };
        let count: usize = factor.paths.iter().map(of_path).sum();
        let text = factor.paths.first().map(|p| &*p.text);
        let path = format!("number of {}", text.unwrap_or_default());
        let mut taken = Taken::default();
        let count = count.to_string();
        let rated = self.rate(&factor.scale, &count, &self.case.customer);
        taken.add(path, &count, rated);
        taken
    }

    /// The values at some paths, each with its points.
    pub(super) fn take(&self, paths: &[FieldPath], scale: &Scale) -> Taken {
        let mut taken = Taken::default();
        for path in paths {
            for (node, at) in self.nodes(path) {
                let place = || placed(&path.text, &at);
                match path.leaf {
                    Leaf::Item => {}
                    Leaf::Field(f) => {
                        if let Some(text) = readable(&node, f) {
                            let rated = self.rate(scale, text, &node);
                            taken.add(place(), text, rated);
                        }
                    }
                    Leaf::Flag(process, f) => {
                        let related = at.first().copied();
                        match self.flag(process, related, readable(&node, f)) {
                            Some((is, Some(outcome))) => {
                                let rated = self.rate(scale, word(is), &node);
                                taken.add(screening(process, related), outcome.name(), rated);
                            }
                            Some((is, None)) => {
                                let rated = self.rate(scale, word(is), &node);
                                taken.add(place(), word(is), rated);
                            }
                            None => taken.unknown = true,
                        }
                    }
                    Leaf::Found(wanted) => {
                        taken.none |= !self.case.screened.is_empty();
                        for s in self.case.screened.iter().filter(|s| s.outcome == wanted) {
                            let rated = self.rate(scale, word(true), &node);
                            taken.add(screening(s.process, s.related), wanted.name(), rated);
                        }
                    }
                }
            }
        }
        taken
    }

    /// Whether a flag of one subject holds, and the outcome of screening if that says so.
    fn flag(
        &self,
        process: Process,
        related: Option<u32>,
        declared: Option<&str>,
    ) -> Option<(bool, Option<Outcome>)> {
        let mut screened = self.case.screened.iter();
        let found = screened.find(|s| s.related == related && s.process == process);
        let outcome = found.map(|s| s.outcome);
        let screening = match outcome {
            Some(Outcome::Confirmed) => Some((true, outcome)),
            Some(Outcome::Clear) => Some((false, outcome)),
            Some(Outcome::Waiting) => Some((self.matrix.flags.waiting_counts_as, outcome)),
            Some(Outcome::Unscreened) | None => None,
        };
        let declared = declared.and_then(value::boolean).map(|is| (is, None));
        match (self.matrix.flags.source, screening) {
            (FlagSource::ScreeningThenDeclared, _) => screening.or(declared),
            (FlagSource::Either, Some((true, _))) => screening,
            (FlagSource::DeclaredThenScreening | FlagSource::Either, _) => declared.or(screening),
        }
    }

    /// What the scale makes of a text that is in an object.
    fn rate(&self, scale: &Scale, text: &str, node: &Node<'_>) -> ValueAccount {
        let mut value = ValueAccount::default();
        match scale {
            Scale::Is(is, points) => {
                let of = |holds| if holds { *points } else { 0 };
                value.points = value::boolean(text).map(|b| of(b == *is));
            }
            Scale::Codes(codes, unknown) => match codes.get(text) {
                Some((points, rating)) => {
                    value.points = Some(*points);
                    value.rating = rating.clone();
                }
                None => {
                    value.points = unknown.map(|n| n.0);
                    value.unrated = true;
                }
            },
            Scale::Bands(bands, measure) => {
                value.number_thousandths = self.number(measure, text, node);
                value.points = value.number_thousandths.map(|n| band(bands, n));
            }
        }
        value
    }

    /// The number, in thousandths, that bands are asked about.
    fn number(&self, measure: &Measure, text: &str, node: &Node<'_>) -> Option<i64> {
        match measure {
            Measure::Number => value::thousandths(text),
            Measure::Per(field, ratios) => {
                let Ratio(over, under) = ratios.get(readable(node, *field)?)?;
                let exact = i128::from(value::thousandths(text)?) * i128::from(*over);
                let down = exact.div_euclid(i128::from(*under));
                Some(down.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
            }
            Measure::Age(until, unit) => {
                let until = day_of(readable(&self.case.customer, *until)?)?;
                let age = whole_units(day_of(text)?, until, *unit);
                Some(age.max(0).saturating_mul(1000))
            }
        }
    }

    /// Whether a condition on the customer holds.
    pub(super) fn any_holds(&self, conditions: &[(FieldPath, Test)]) -> bool {
        conditions.iter().any(|(path, test)| {
            let mut nodes = self.nodes(path).into_iter();
            nodes.any(|(node, _)| matches!(path.leaf, Leaf::Field(f) if passes(&node, f, test)))
        })
    }

    /// The objects that a path leads to, each with its positions in the lists on the way.
    fn nodes(&self, path: &FieldPath) -> Vec<(Node<'e>, Vec<u32>)> {
        let mut nodes = vec![(self.case.customer, Vec::new())];
        for step in &path.steps {
            let meets = |node: &Node<'_>| step.conditions.iter().all(|(f, t)| passes(node, *f, t));
            let mut next = Vec::new();
            for (node, at) in nodes {
                if !step.list {
                    next.extend(node.child(step.field).map(|child| (child, at)));
                    continue;
                }
                for (i, item) in (0..).zip(node.items(step.field)) {
                    let child = node.item_node(step.field, item).filter(meets);
                    next.extend(child.map(|child| (child, [&*at, &[i]].concat())));
                }
            }
            nodes = next;
        }
        nodes
    }
}

/// What was taken at some paths.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) values: Vec<ValueAccount>,
    /// Nobody says of some subject whether the flag holds.
    unknown: bool,
    /// Something was screened, so that no outcome is an answer too.
    none: bool,
}

impl Taken {
    fn add(&mut self, path: String, value: &str, rated: ValueAccount) {
        let value = value.to_owned();
        self.values.push(ValueAccount {
            path,
            value,
            ..rated
        });
    }
}

fn word(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

fn picked(pick: Pick, all: impl Iterator<Item = i64>) -> Option<i64> {
    match pick {
        Pick::Min | Pick::All => all.min(),
        Pick::Sum => all.reduce(i64::saturating_add),
        Pick::Max | Pick::Any | Pick::Count => all.max(),
    }
}

fn band(bands: &[Band], thousandths: i64) -> u32 {
    let above = |below: i64| thousandths >= below.saturating_mul(1000);
    let mut bands = bands.iter();
    let band = bands.find(|b| !b.below.is_some_and(above));
    band.map_or(0, |b| b.points.0)
}

/// A path with the positions of its items: `listAddress[0].country`.
fn placed(text: &str, at: &[u32]) -> String {
    let mut parts = text.split("[]");
    let mut place = parts.next().unwrap_or_default().to_owned();
    for (part, at) in parts.zip(at) {
        let _ = write!(place, "[{at}]{part}");
    }
    place
}

fn screening(process: Process, related: Option<u32>) -> String {
    let item = related.map(|i| format!(" of listRelatedEntity[{i}]"));
    format!("screening {}{}", process.name(), item.unwrap_or_default())
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
        Test::OneOf(words) => text.is_some_and(|text| words.0.iter().any(|w| w == text)),
        Test::Range(range) => text
            .and_then(value::thousandths)
            .map_or(range.or_missing, |n| {
                let at_least = |limit: i64| n >= limit.saturating_mul(1000);
                range.from.is_none_or(at_least) && !range.below.is_some_and(at_least)
            }),
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
