//! What a matrix cannot do, whatever customer comes: levels out of reach, factors and floors that
//! change nothing.

use std::collections::BTreeSet;

use crate::catalog::{EntityType, RiskLevel};

use super::form::{Combine, GroupForm, Missing, Within};
use super::matrix::{Factor, Holds, Matrix, Scale};

/// Something that the author of a matrix should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

impl Finding {
    fn new(what: String, fix: &str) -> Finding {
        let fix = fix.to_owned();
        Finding { what, fix }
    }
}

/// Tries a matrix with every combination of points that the groups can have, all having data.
pub fn self_test(matrix: &Matrix) -> Vec<Finding> {
    let mut findings = Vec::new();
    let trials = EntityType::ALL.map(|who| Trial::new(matrix, who));
    let by_score = |wanted| {
        let mut of_all = trials.iter().filter_map(|t| Some((t, t.sums.last()?)));
        of_all.any(|(t, sums)| sums.iter().any(|n| t.level(*n) == wanted))
    };
    let raised = |wanted| {
        let floors = matrix.floors.iter().map(|f| f.at_least);
        floors
            .chain([matrix.rules.thin_data.at_least])
            .any(|level| level == wanted)
    };
    for (_, level) in &matrix.levels {
        if !by_score(*level) && !raised(*level) {
            let what = format!("the level {} is out of reach", level.name());
            let fix =
                "lower its from, or give points or weight to the factors that should lead there";
            findings.push(Finding::new(what, fix));
        }
    }
    for (i, factor) in matrix.factors.iter().enumerate() {
        let in_floor = matrix.floors.iter().any(|f| match &f.holds {
            Holds::Factors(indexes, from) => indexes.contains(&i) && most(factor) >= *from,
            Holds::Values(..) => false,
        });
        let moves = trials.iter().any(|trial| trial.moves(factor));
        if !in_floor && factor.missing != Missing::Human && !moves {
            let what = format!("the factor {} never changes a level", factor.id);
            let fix = "give it more points or its group more weight, or remove it";
            findings.push(Finding::new(what, fix));
        }
    }
    for floor in &matrix.floors {
        if let Holds::Factors(indexes, from) = &floor.holds {
            let mut among = indexes.iter().filter_map(|i| matrix.factors.get(*i));
            if !among.any(|f| most(f) >= *from) {
                let id = &floor.id;
                let what =
                    format!("the floor {id} never holds: none of its factors has {from} points");
                let fix = "lower points_from, or rate a value of the classifier so high";
                findings.push(Finding::new(what, fix));
            }
        }
    }
    findings
}

/// The points that a factor can have.
fn possible(factor: &Factor) -> BTreeSet<u32> {
    let mut points: BTreeSet<u32> = match &factor.scale {
        Scale::Is(_, points) => BTreeSet::from([0, *points]),
        Scale::Codes(codes, unknown) => {
            let rated = codes.values().map(|(n, _)| *n);
            rated.chain(unknown.map(|n| n.0)).collect()
        }
        Scale::Bands(bands, _) => bands.iter().map(|b| b.points.0).collect(),
    };
    if let Missing::Points(Within(n)) = factor.missing {
        points.insert(n);
    }
    points
}

fn most(factor: &Factor) -> u32 {
    possible(factor).last().copied().unwrap_or(0)
}

/// A matrix as it is for one kind of customer.
struct Trial<'m> {
    matrix: &'m Matrix,
    who: EntityType,
    /// For each group the sums of weight times points that the others can have; last those of all.
    sums: Vec<BTreeSet<u32>>,
}

impl<'m> Trial<'m> {
    fn new(matrix: &'m Matrix, who: EntityType) -> Trial<'m> {
        let sums = Vec::new();
        let mut trial = Trial { matrix, who, sums };
        let sums = (0..=matrix.groups.len()).map(|without| trial.sums_without(without));
        trial.sums = sums.collect();
        trial
    }

    fn factors(&self, group: usize) -> impl Iterator<Item = &'m Factor> {
        let who = self.who;
        let factors = self.matrix.factors.iter().filter(move |f| f.group == group);
        factors.filter(move |f| f.applies.is_none_or(|applies| applies == who))
    }

    /// The groups with a factor for this kind.
    fn groups(&self) -> impl Iterator<Item = (usize, &'m GroupForm)> {
        let groups = self
            .matrix
            .groups
            .iter()
            .map(|(_, group)| group)
            .enumerate();
        groups.filter(|(i, _)| self.factors(*i).next().is_some())
    }

    /// The points that a group can have.
    fn of_group(&self, group: usize, combine: Combine) -> BTreeSet<u32> {
        let all: BTreeSet<u32> = self.factors(group).flat_map(possible).collect();
        match (combine, all.first(), all.last()) {
            (Combine::Mean, Some(least), Some(most)) => (*least..=*most).collect(),
            (Combine::Sum, ..) => self
                .factors(group)
                .fold(BTreeSet::from([0]), |sums, factor| {
                    let more = added(&sums, &possible(factor), 1);
                    sums.into_iter().chain(more).map(|n| n.min(100)).collect()
                }),
            _ => all,
        }
    }

    /// The sums of weight times points that the groups can have, but for one.
    fn sums_without(&self, without: usize) -> BTreeSet<u32> {
        let groups = self.groups().filter(|(i, _)| *i != without);
        groups.fold(BTreeSet::from([0]), |sums, (i, group)| {
            added(&sums, &self.of_group(i, group.combine), group.weight.0)
        })
    }

    fn level(&self, sum: u32) -> RiskLevel {
        let weight: u32 = self.groups().map(|(_, g)| g.weight.0).sum();
        let thousandths = u64::from(sum) * 1000 / u64::from(weight.max(1));
        self.matrix.level_of(((thousandths + 50) / 100) as u32)
    }

    /// Whether some customer has another level because of this factor.
    fn moves(&self, factor: &Factor) -> bool {
        let group = self.matrix.groups.get(factor.group);
        let more = group.map_or(0, |(_, g)| g.weight.0) * most(factor);
        let mut others = self.sums.get(factor.group).into_iter().flatten();
        let applies = factor.applies.is_none_or(|who| who == self.who);
        applies && others.any(|sum| self.level(*sum) != self.level(sum + more))
    }
}

/// Every sum of one of the first and one of the second with its weight.
fn added(sums: &BTreeSet<u32>, points: &BTreeSet<u32>, weight: u32) -> BTreeSet<u32> {
    let sums = sums.iter();
    sums.flat_map(|sum| points.iter().map(move |n| sum + n * weight))
        .collect()
}
