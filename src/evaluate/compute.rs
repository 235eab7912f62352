//! The computing, in one order: factors, groups, score, level, floors, thin data, decision. Whole
//! numbers throughout, and one rounding.

use std::cmp::Reverse;

use crate::catalog::{FieldIndex, RiskLevel, customer::customer};

use super::form::{Combine, Missing};
use super::matrix::{Holds, Matrix, Scale};
use super::result::{Evaluation, FactorAccount, FloorAccount, Reason, State, Verdict, tenths};
use super::screened::Outcome;
use super::take::{Case, Taker};

const APPROVAL_DATE: FieldIndex = customer("approvalDate");

/// What the factors of a group come to.
#[derive(Clone, Copy, Default)]
struct Sum {
    /// How many count, their points, and the most of one with which it is: of several the first by id.
    count: u32,
    points: u32,
    most: Option<(u32, usize)>,
    /// One is for this customer; one has data.
    applies: bool,
    has_data: bool,
}

impl Sum {
    /// What a factor adds to the points of the group, as a fraction.
    fn fraction(&self, combine: Combine, index: usize, points: u32) -> (u128, u128) {
        let wins = self.most.is_some_and(|(_, winner)| winner == index);
        let (over, under) = match combine {
            Combine::Max => (if wins { points } else { 0 }, 1),
            Combine::Mean => (points, self.count.max(1)),
            Combine::Sum => (points * 100, self.points.max(100)),
        };
        (over.into(), under.into())
    }
}

impl Matrix {
    /// Evaluates one customer. The same matrix and the same case give the same result, whenever and
    /// wherever.
    pub fn evaluate(&self, case: Case<'_>) -> Evaluation {
        let taker = Taker { matrix: self, case };
        let mut factors: Vec<_> = self.factors.iter().map(|f| taker.factor(f)).collect();
        let sums = self.sums(&factors);
        let score = (self.score(&sums, &mut factors) + 50) / 100;
        let floors = self.floors(&taker, &factors);
        let applying = self.groups.iter().zip(&sums).filter(|(_, s)| s.applies);
        let (all, without) = applying.fold((0, 0), |(all, without), ((_, group), sum)| {
            let weight = group.weight.0;
            let unknown = if sum.has_data { 0 } else { weight };
            (all + weight, without + unknown)
        });
        let thin = &self.rules.thin_data;
        let is_thin = without * 100 > thin.over.0 * all || all == without;
        let thin_data = is_thin.then_some(thin.at_least);
        let level_of_score = self.level_of(score).max(RiskLevel::Low);
        let raised = floors.iter().map(|f| f.at_least).chain(thin_data);
        let mut evaluation = Evaluation {
            score: tenths(score),
            level_of_score,
            level: raised.fold(level_of_score, RiskLevel::max),
            decision: Verdict::Accepted,
            waits_for_approval_date: false,
            reasons: Vec::new(),
            without_data: without * 100 / all.max(1),
            thin_data,
            factors,
            floors,
        };
        self.decide(&mut evaluation, &case);
        evaluation
    }

    fn sums(&self, factors: &[FactorAccount]) -> Vec<Sum> {
        let mut sums = vec![Sum::default(); self.groups.len()];
        for (i, (factor, account)) in self.factors.iter().zip(factors).enumerate() {
            let Some(sum) = sums.get_mut(factor.group) else {
                continue;
            };
            sum.applies |= account.state != State::NotApplicable;
            sum.has_data |= account.state == State::Points;
            if let Some(points) = account.points {
                sum.count += 1;
                sum.points += points;
                if sum.most.is_none_or(|(most, _)| most < points) {
                    sum.most = Some((points, i));
                }
            }
        }
        sums
    }

    /// The weighted mean over the groups that count, in thousandths of a point, cut off, which does not
    /// harm the rounding to a tenth; and what each factor adds to it, so that nothing is left over.
    fn score(&self, sums: &[Sum], factors: &mut [FactorAccount]) -> u32 {
        let counting = self.groups.iter().zip(sums).filter(|(_, s)| s.count > 0);
        let (common, weight) = counting.fold((1, 0), |(common, weight), ((_, group), sum)| {
            let (_, under) = sum.fraction(group.combine, 0, 0);
            (common * under, weight + u128::from(group.weight.0))
        });
        let whole = (common * weight).max(1);
        let (mut total, mut rests) = (0, Vec::with_capacity(factors.len()));
        for (i, (factor, account)) in self.factors.iter().zip(&mut *factors).enumerate() {
            let group = self.groups.get(factor.group).zip(sums.get(factor.group));
            if let (Some(points), Some(((_, group), sum))) = (account.points, group) {
                let (over, under) = sum.fraction(group.combine, i, points);
                let exact = over * (common / under) * u128::from(group.weight.0) * 1000;
                account.share_thousandths = (exact / whole) as u32;
                total += exact;
                rests.push((exact % whole, Reverse(i)));
            }
        }
        let score = (total / whole) as u32;
        // The largest rests get what is left, of equal ones the first by id.
        let given: u32 = factors.iter().map(|f| f.share_thousandths).sum();
        rests.sort_by(|a, b| b.cmp(a));
        for (_, Reverse(i)) in rests.iter().take((score - given) as usize) {
            if let Some(account) = factors.get_mut(*i) {
                account.share_thousandths += 1;
            }
        }
        score
    }

    fn floors(&self, taker: &Taker<'_>, factors: &[FactorAccount]) -> Vec<FloorAccount> {
        let mut holding = Vec::new();
        for floor in self.floors.iter().filter(|f| !taker.any_holds(&f.unless)) {
            let (mut values, mut with_points) = (Vec::new(), Vec::new());
            match &floor.holds {
                Holds::Values(paths, is) => {
                    values = taker.take(paths, &Scale::Is(*is, 1)).values;
                    // Only what sets the floor off explains it.
                    values.retain_mut(|v| v.points.take() == Some(1));
                }
                Holds::Factors(indexes, from) => {
                    let among = indexes.iter().filter_map(|i| factors.get(*i));
                    let enough = among.filter(|f| f.points.is_some_and(|n| n >= *from));
                    with_points.extend(enough.map(|f| f.id.clone()));
                }
            }
            if !values.is_empty() || !with_points.is_empty() {
                holding.push(FloorAccount {
                    id: floor.id.clone(),
                    at_least: floor.at_least,
                    human: floor.human,
                    values,
                    factors: with_points,
                });
            }
        }
        holding
    }

    fn decide(&self, evaluation: &mut Evaluation, case: &Case<'_>) {
        let (rules, level) = (&self.rules, evaluation.level);
        let found = |outcome| case.screened.iter().any(|s| s.outcome == outcome);
        let mut reasons: Vec<(Reason, String)> = Vec::new();
        let mut because = |holds: bool, reason, about: &str| {
            if holds {
                reasons.push((reason, about.to_owned()));
            }
            holds
        };
        let mut unsure = because(self.example, Reason::Example, "");
        unsure |= because(found(Outcome::Waiting), Reason::Waiting, "");
        unsure |= because(found(Outcome::Unscreened), Reason::Unscreened, "");
        if !unsure && rules.auto_reject_from.is_some_and(|from| level >= from) {
            evaluation.decision = Verdict::Rejected;
            return;
        }
        let human_from = match &rules.leads {
            Some(leads) if case.lead => leads.human_from,
            _ => rules.human_from,
        };
        let to_people = human_from.is_some_and(|from| level >= from);
        because(to_people, Reason::Level, level.name());
        for floor in &evaluation.floors {
            because(floor.human, Reason::Floor, &floor.id);
        }
        because(
            evaluation.thin_data.is_some() && rules.thin_data.human,
            Reason::ThinData,
            "",
        );
        for (factor, account) in self.factors.iter().zip(&evaluation.factors) {
            let asks = factor.missing == Missing::Human;
            because(
                asks && account.state == State::Missing,
                Reason::Missing,
                &factor.id,
            );
            let unrated = account
                .values
                .iter()
                .any(|v| v.unrated && v.points.is_none());
            because(unrated, Reason::Unrated, &factor.id);
        }
        if !reasons.is_empty() {
            evaluation.decision = Verdict::Person;
        } else if rules.wait_for_approval_date && !case.lead {
            evaluation.waits_for_approval_date = !case.customer.slot(APPROVAL_DATE).is_given();
        }
        evaluation.reasons = reasons;
    }
}
