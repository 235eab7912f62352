//! What a factor takes from a customer: the values at its paths, and the points of each.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};

use crate::catalog::{CategoryKind, EntityType, FieldIndex, customer::customer};
use crate::classifier::ClassifierSet;
use crate::request::value::{self, Moment};
use crate::request::{Kind, Node};

use super::form::{AgeUnit, Band, FlagSource, Missing, Pick, Ratio, Test, Within};
use super::matrix::{Factor, FieldPath, Leaf, Matrix, Measure, Scale, Step};
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
    matrix: &'e Matrix,
    case: Case<'e>,
    entity_type: Option<EntityType>,
}

impl<'e> Taker<'e> {
    pub(super) fn new(matrix: &'e Matrix, case: Case<'e>) -> Taker<'e> {
        let entity_type = case
            .customer
            .choice(ENTITY_TYPE)
            .and_then(EntityType::from_name);
        Taker {
            matrix,
            case,
            entity_type,
        }
    }

    /// What one factor has, but for its share.
    pub(super) fn factor(&self, factor: &Factor) -> FactorAccount {
        let other = factor.applies.is_some() && factor.applies != self.entity_type;
        let (mut values, mut state, mut points) = (Vec::new(), State::NotApplicable, None);
        if !other && !self.any_holds(&factor.unless) {
            (values, points) = self.points(factor);
            (state, points) = match (points, factor.missing) {
                (Some(_), _) => (State::Points, points),
                (None, Missing::Points(Within(n))) => (State::Assumed, Some(n)),
                (None, Missing::Word(_)) => (State::Missing, None),
            };
        }
        let group = self.matrix.groups.get(factor.group);
        FactorAccount {
            id: factor.id.clone(),
            group: group.map(|g| g.name.clone()).unwrap_or_default(),
            weight: group.map_or(0, |g| g.weight),
            state,
            points,
            share_thousandths: 0,
            attribute: factor.attribute.clone(),
            values,
        }
    }

    fn points(&self, factor: &Factor) -> (Vec<ValueAccount>, Option<u32>) {
        if factor.pick == Pick::Count {
            let value = self.count(factor);
            let points = value.points;
            return (vec![value], points);
        }
        let taken = self.take(&factor.paths, &factor.scale);
        let points = taken.values.iter().filter_map(|v| v.points);
        let points = match &factor.scale {
            Scale::Bands(bands, _) => {
                let numbers = taken.values.iter().filter_map(|v| v.number_thousandths);
                picked(factor.pick, numbers).map(|n| band(bands, n))
            }
            _ => picked(factor.pick, points.map(i64::from)).map(|n| n.clamp(0, 100) as u32),
        };
        // A flag that is not known of one subject is not false because it is false of another.
        let points = points
            .or(taken.none.then_some(0))
            .filter(|n| !taken.unknown || *n > 0);
        (taken.values, points)
    }

    fn count(&self, factor: &Factor) -> ValueAccount {
        let mut count = 0;
        for path in &factor.paths {
            self.walk(path, &mut |node, _| match path.leaf {
                Leaf::Field(f) if readable(node, f).is_none() => {}
                _ => count += 1,
            });
        }
        let path = factor.paths.first().map(|p| &*p.text).unwrap_or_default();
        let points = match &factor.scale {
            Scale::Bands(bands, _) => Some(band(bands, count * 1000)),
            _ => None,
        };
        ValueAccount {
            path: format!("number of {path}"),
            value: count.to_string(),
            number_thousandths: Some(count * 1000),
            points,
            ..ValueAccount::default()
        }
    }

    /// The values at some paths, each with its points.
    pub(super) fn take(&self, paths: &[FieldPath], scale: &Scale) -> Taken {
        let mut taken = Taken::default();
        for path in paths {
            if let Leaf::Found(wanted) = path.leaf {
                taken.none |= !self.case.screened.is_empty();
                for s in self.case.screened.iter().filter(|s| s.outcome == wanted) {
                    let item = s.related.map(|i| format!("listRelatedEntity[{i}]"));
                    let path = screening(s.process, item.as_deref());
                    taken.add(
                        path,
                        wanted.name(),
                        self.rate(scale, "true", &self.case.customer),
                    );
                }
            }
            self.walk(path, &mut |node, at| match path.leaf {
                Leaf::Item | Leaf::Found(_) => {}
                Leaf::Field(f) => {
                    if let Some(text) = readable(node, f) {
                        taken.add(placed(&path.text, at), text, self.rate(scale, text, node));
                    }
                }
                Leaf::Flag(process, f) => {
                    let Some((is, outcome)) = self.flag(process, node, f, at.first().copied())
                    else {
                        taken.unknown = true;
                        return;
                    };
                    let text = if is { "true" } else { "false" };
                    let declared = placed(&path.text, at);
                    let (path, value) = match outcome {
                        Some(outcome) => {
                            let item = declared.rsplit_once('.').map(|(item, _)| item);
                            (screening(process, item), outcome.name())
                        }
                        None => (declared, text),
                    };
                    taken.add(path, value, self.rate(scale, text, node));
                }
            });
        }
        taken
    }

    /// Whether a flag of one subject holds, and the outcome of screening if that says so.
    fn flag(
        &self,
        process: Process,
        node: &Node<'_>,
        f: FieldIndex,
        related: Option<u32>,
    ) -> Option<(bool, Option<Outcome>)> {
        let mut screened = self.case.screened.iter();
        let found = screened.find(|s| s.related == related && s.process == process);
        let screening = found.and_then(|s| {
            let is = match s.outcome {
                Outcome::Confirmed => true,
                Outcome::Clear => false,
                Outcome::Waiting => self.matrix.flags.waiting_counts_as,
                Outcome::Unscreened => return None,
            };
            Some((is, Some(s.outcome)))
        });
        let declared = readable(node, f)
            .and_then(value::boolean)
            .map(|is| (is, None));
        match self.matrix.flags.source {
            FlagSource::ScreeningThenDeclared => screening.or(declared),
            FlagSource::DeclaredThenScreening => declared.or(screening),
            FlagSource::Either => match screening {
                Some((true, _)) => screening,
                _ => declared.or(screening),
            },
        }
    }

    /// What the scale makes of a text; None where it asks for a Boolean that is none.
    fn rate(&self, scale: &Scale, text: &str, node: &Node<'_>) -> Option<ValueAccount> {
        let mut value = ValueAccount::default();
        match scale {
            Scale::Is(is, points) => {
                let holds = value::boolean(text)? == *is;
                value.points = Some(if holds { *points } else { 0 });
            }
            Scale::Codes(codes, unknown) => match codes.get(text) {
                Some((points, rating)) => {
                    value.points = Some(*points);
                    value.rating = (!rating.is_empty()).then(|| rating.to_string());
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
        Some(value)
    }

    /// The number, in thousandths, that bands are asked about.
    fn number(&self, measure: &Measure, text: &str, node: &Node<'_>) -> Option<i64> {
        match measure {
            Measure::Number => value::thousandths(text),
            Measure::Per(field, ratios) => {
                let word = readable(node, *field)?;
                let (_, Ratio(over, under)) = ratios.iter().find(|(w, _)| w == word)?;
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
            let mut any = false;
            self.walk(path, &mut |node, _| {
                any |= matches!(path.leaf, Leaf::Field(f) if passes(node, f, test));
            });
            any
        })
    }

    fn walk(&self, path: &FieldPath, found: &mut Found<'_, 'e>) {
        walk(&self.case.customer, &path.steps, &mut Vec::new(), found);
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
    fn add(&mut self, path: String, value: &str, rated: Option<ValueAccount>) {
        self.values.extend(rated.map(|rated| ValueAccount {
            path,
            value: value.to_owned(),
            ..rated
        }));
    }
}

fn picked(pick: Pick, mut all: impl Iterator<Item = i64>) -> Option<i64> {
    match pick {
        Pick::Min | Pick::All => all.min(),
        Pick::Sum => all.next().map(|first| all.fold(first, i64::saturating_add)),
        Pick::Max | Pick::Any | Pick::Count => all.max(),
    }
}

fn band(bands: &[Band], thousandths: i64) -> u32 {
    let holds = |b: &&Band| {
        b.below
            .is_none_or(|below| thousandths < below.saturating_mul(1000))
    };
    bands.iter().find(holds).map_or(0, |b| b.points.0)
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

fn screening(process: Process, item: Option<&str>) -> String {
    match item {
        Some(item) => format!("screening {} of {item}", process.name()),
        None => format!("screening {}", process.name()),
    }
}

/// What is called with the object that a path leads to, and the positions in the lists on the way.
type Found<'f, 'c> = dyn FnMut(&Node<'c>, &[u32]) + 'f;

/// Calls back for each object that the steps lead to and that meets their conditions.
fn walk<'c>(node: &Node<'c>, steps: &[Step], at: &mut Vec<u32>, found: &mut Found<'_, 'c>) {
    let Some((step, rest)) = steps.split_first() else {
        found(node, at);
        return;
    };
    if !step.list {
        if let Some(child) = node.child(step.field) {
            walk(&child, rest, at, found);
        }
        return;
    }
    for (i, item) in (0..).zip(node.items(step.field)) {
        let Some(child) = node.item_node(step.field, item) else {
            continue;
        };
        if step
            .conditions
            .iter()
            .all(|(f, test)| passes(&child, *f, test))
        {
            at.push(i);
            walk(&child, rest, at, found);
            at.pop();
        }
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
