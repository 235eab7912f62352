//! The computing, in one order: factors, groups, score, level, floors, thin data, decision. Whole
//! numbers throughout, and one rounding.

use std::ops::Range;

use crate::catalog::{EntityType, FieldIndex, RiskLevel, customer::customer};

use super::form::{Combine, MissingForm};
use super::matrix::{Group, Holds, Matrix};
use super::result::{
    Decision, Evaluation, FactorResult, FloorResult, Reason, State, Taken, Verdict,
};
use super::screened::Outcome;
use super::take::{Case, Taker};

const ENTITY_TYPE: FieldIndex = customer("entityType");
const APPROVAL_DATE: FieldIndex = customer("approvalDate");

/// A group's points as what each factor adds to them, over one denominator.
#[derive(Clone, Copy, Default)]
struct Share {
    /// How many of the factors count, their sum, and the one with the most points.
    count: u32,
    sum: u32,
    most: Option<(u8, usize)>,
    /// A factor is for this customer; one of them has data.
    applies: bool,
    has_data: bool,
}

impl Share {
    fn add(&mut self, index: usize, state: State) {
        self.applies |= state != State::NotApplicable;
        self.has_data |= matches!(state, State::Points(_));
        if let Some(points) = state.points() {
            self.count += 1;
            self.sum += u32::from(points);
            // Of several the first by id.
            if self.most.is_none_or(|(most, _)| most < points) {
                self.most = Some((points, index));
            }
        }
    }

    fn denominator(&self, combine: Combine) -> u128 {
        match combine {
            Combine::Max => 1,
            Combine::Mean => u128::from(self.count.max(1)),
            Combine::Sum if self.sum > 100 => u128::from(self.sum),
            Combine::Sum => 1,
        }
    }

    /// What a factor adds to the group, over that denominator.
    fn numerator(&self, combine: Combine, index: usize, points: u8) -> u128 {
        let points = u128::from(points);
        match combine {
            Combine::Max => match self.most {
                Some((_, winner)) if winner == index => points,
                _ => 0,
            },
            Combine::Sum if self.sum > 100 => points * 100,
            Combine::Mean | Combine::Sum => points,
        }
    }
}

impl Matrix {
    /// Evaluates one customer. The same matrix and the same case give the same result, whenever and
    /// wherever.
    pub fn evaluate<'e>(&'e self, case: Case<'e>) -> Evaluation<'e> {
        let mut taker = Taker {
            matrix: self,
            case,
            taken: Vec::with_capacity(64),
            entity_type: case
                .customer
                .choice(ENTITY_TYPE)
                .and_then(EntityType::from_name),
        };
        let mut shares = vec![Share::default(); self.groups.len()];
        let mut factors = Vec::with_capacity(self.factors.len());
        for (i, factor) in self.factors.iter().enumerate() {
            let first = taker.taken.len();
            let state = match (taker.factor(factor), factor.missing) {
                (State::Missing, MissingForm::Points(n)) => State::Assumed(n),
                (state, _) => state,
            };
            if let Some(share) = shares.get_mut(factor.group) {
                share.add(i, state);
            }
            let taken = first..taker.taken.len();
            factors.push(FactorResult {
                state,
                share_thousandths: 0,
                taken,
            });
        }
        let score = self.score(&shares, &mut factors);
        let floors = self.floors(&mut taker, &factors);
        let (all, without) = weights(&self.groups, &shares);
        let thin = without * 100 > self.decision.thin_over * all || all == without;
        let by_score = self.level_of((score + 50) / 100);
        let mut level = by_score.max(RiskLevel::Low);
        for floor in &floors {
            level = self
                .floors
                .get(floor.floor)
                .map_or(level, |f| level.max(f.at_least));
        }
        if thin {
            level = level.max(self.decision.thin_at_least);
        }
        let mut evaluation = Evaluation {
            matrix: self,
            score_thousandths: score,
            by_score,
            level,
            without_data: without * 100 / all.max(1),
            thin,
            factors,
            taken: taker.taken,
            floors,
            decision: Decision {
                verdict: Verdict::Accepted,
                waits_for_approval_date: false,
                reasons: Vec::new(),
            },
        };
        evaluation.decide(&case);
        evaluation
    }

    /// The weighted mean over the groups that count, in thousandths of a point, cut off; and what each
    /// factor adds to it, so that nothing is left over. Rounding to a tenth is not harmed by the cut.
    fn score(&self, shares: &[Share], factors: &mut [FactorResult]) -> u32 {
        let counting = || self.groups.iter().zip(shares).filter(|(_, s)| s.count > 0);
        let common = counting().fold(1, |all, (g, s)| lcm(all, s.denominator(g.combine)));
        let weight: u128 = counting().map(|(g, _)| u128::from(g.weight)).sum();
        let whole = common * weight;
        if whole == 0 {
            return 0;
        }
        let (mut total, mut given) = (0, 0);
        let mut rests: Vec<(u128, usize)> = Vec::with_capacity(factors.len());
        for (i, (factor, result)) in self.factors.iter().zip(factors.iter_mut()).enumerate() {
            let (Some(points), Some(group), Some(share)) = (
                result.state.points(),
                self.groups.get(factor.group),
                shares.get(factor.group),
            ) else {
                continue;
            };
            let scale = common / share.denominator(group.combine) * u128::from(group.weight);
            let exact = share.numerator(group.combine, i, points) * scale * 1000;
            let cut = (exact / whole) as u32;
            result.share_thousandths = cut;
            given += cut;
            total += exact;
            rests.push((exact % whole, i));
        }
        let score = (total / whole) as u32;
        // The largest rests get what is left, of equal ones the first by id.
        rests.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, i) in rests.iter().take((score - given) as usize) {
            if let Some(result) = factors.get_mut(*i) {
                result.share_thousandths += 1;
            }
        }
        score
    }

    fn floors<'e>(&'e self, taker: &mut Taker<'e>, factors: &[FactorResult]) -> Vec<FloorResult> {
        let mut holding = Vec::new();
        for (i, floor) in self.floors.iter().enumerate() {
            if taker.any_holds(&floor.unless) {
                continue;
            }
            let first = taker.taken.len();
            let mut with_points = Vec::new();
            let holds = match &floor.holds {
                Holds::Fields(paths, is) => taker.any_is(paths, *is),
                Holds::Flags(flags, conditions) => {
                    let holds = taker.flags(flags, conditions) == Some(true);
                    // Only what sets the floor off explains it.
                    let taken = taker.taken.split_off(first);
                    let sets_off = |t: &Taken<'_>| !matches!(&*t.value, "false" | "CLEAR");
                    taker.taken.extend(taken.into_iter().filter(sets_off));
                    holds
                }
                Holds::Factors(indexes, from) => {
                    let points = |i: &usize| factors.get(*i).and_then(|f| f.state.points());
                    let enough = |i: &&usize| points(i).is_some_and(|n| n >= *from);
                    with_points.extend(indexes.iter().filter(enough).copied());
                    !with_points.is_empty()
                }
            };
            if holds {
                let taken: Range<usize> = first..taker.taken.len();
                holding.push(FloorResult {
                    floor: i,
                    taken,
                    factors: with_points,
                });
            } else {
                taker.taken.truncate(first);
            }
        }
        holding
    }
}

/// The weight of the groups that are for this customer, and of those of them without data.
fn weights(groups: &[Group], shares: &[Share]) -> (u32, u32) {
    let applying = groups.iter().zip(shares).filter(|(_, s)| s.applies);
    applying.fold((0, 0), |(all, without), (g, s)| {
        (
            all + g.weight,
            without + if s.has_data { 0 } else { g.weight },
        )
    })
}

impl Evaluation<'_> {
    fn decide(&mut self, case: &Case<'_>) {
        let matrix = self.matrix;
        let rules = &matrix.decision;
        let mut reasons: Vec<(Reason, String)> = Vec::new();
        let found = |outcome| case.screened.iter().any(|s| s.outcome == outcome);
        if matrix.example {
            reasons.push((Reason::Example, String::new()));
        }
        if found(Outcome::Waiting) {
            reasons.push((Reason::Waiting, String::new()));
        }
        if found(Outcome::Unscreened) {
            reasons.push((Reason::Unscreened, String::new()));
        }
        let rejects = rules.reject_from.is_some_and(|from| self.level >= from);
        if rejects && reasons.is_empty() {
            self.decision.verdict = Verdict::Rejected;
            return;
        }
        let from = if case.lead {
            rules.leads_human_from
        } else {
            rules.human_from
        };
        if from.is_some_and(|from| self.level >= from) {
            reasons.push((Reason::Level, self.level.name().into()));
        }
        let floors = self
            .floors
            .iter()
            .filter_map(|f| matrix.floors.get(f.floor));
        reasons.extend(
            floors
                .filter(|f| f.human)
                .map(|f| (Reason::Floor, f.id.clone())),
        );
        if self.thin && rules.thin_human {
            reasons.push((Reason::ThinData, String::new()));
        }
        for (factor, result) in matrix.factors.iter().zip(&self.factors) {
            if result.state == State::Missing && matches!(factor.missing, MissingForm::Human) {
                reasons.push((Reason::Missing, factor.id.clone()));
            }
            let taken = self.taken.get(result.taken.clone()).unwrap_or_default();
            if taken.iter().any(|t| t.unrated && t.points.is_none()) {
                reasons.push((Reason::Unrated, factor.id.clone()));
            }
        }
        if !reasons.is_empty() {
            self.decision.verdict = Verdict::Person;
        } else if rules.wait_for_approval_date && !case.lead {
            self.decision.waits_for_approval_date = !case.customer.slot(APPROVAL_DATE).is_given();
        }
        self.decision.reasons = reasons;
    }
}

fn lcm(a: u128, b: u128) -> u128 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x.max(1) * b
}
