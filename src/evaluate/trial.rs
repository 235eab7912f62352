//! What a matrix cannot do, whatever customer comes: levels out of reach, factors and floors that
//! change nothing.

use std::collections::BTreeSet;

use crate::catalog::{EntityType, RiskLevel};

use super::form::{Combine, Missing, MissingWord, Within};
use super::matrix::{Factor, Group, Holds, Matrix, Scale};

/// Something that the author of a matrix should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

/// Tries a matrix with every combination of points that the groups can have, all having data.
pub fn self_test(matrix: &Matrix) -> Vec<Finding> {
    let mut findings = Vec::new();
    let trials = EntityType::ALL.map(|who| Trial { matrix, who });
    let mut by_score = BTreeSet::new();
    let mut moving = BTreeSet::new();
    for trial in &trials {
        by_score.extend(trial.sums(None).into_iter().map(|sum| trial.level(sum)));
        moving.extend(
            matrix
                .factors
                .iter()
                .filter(|f| trial.moves(f))
                .map(|f| &f.id),
        );
    }
    let raised = matrix.floors.iter().map(|f| f.at_least);
    let raised: BTreeSet<RiskLevel> = raised.chain([matrix.rules.thin_data.at_least]).collect();
    for (_, level) in &matrix.levels {
        if !by_score.contains(level) && !raised.contains(level) {
            findings.push(Finding {
                what: format!("the level {} is out of reach", level.name()),
                fix:
                    "lower its from, or give points or weight to the factors that should lead there"
                        .into(),
            });
        }
    }
    for (i, factor) in matrix.factors.iter().enumerate() {
        let in_floor = matrix.floors.iter().any(|f| match &f.holds {
            Holds::Factors(indexes, from) => indexes.contains(&i) && most(factor) >= *from,
            _ => false,
        });
        if !moving.contains(&factor.id)
            && !in_floor
            && !matches!(factor.missing, Missing::Word(MissingWord::Human))
        {
            findings.push(Finding {
                what: format!("the factor {} never changes a level", factor.id),
                fix: "give it more points or its group more weight, or remove it".into(),
            });
        }
    }
    for floor in &matrix.floors {
        if let Holds::Factors(indexes, from) = &floor.holds
            && !indexes
                .iter()
                .filter_map(|i| matrix.factors.get(*i))
                .any(|f| most(f) >= *from)
        {
            findings.push(Finding {
                what: format!(
                    "the floor {} never holds: none of its factors has {from} points",
                    floor.id
                ),
                fix: "lower points_from, or rate a value of the classifier so high".into(),
            });
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
}

impl<'m> Trial<'m> {
    fn factors(&self, group: usize) -> impl Iterator<Item = &'m Factor> {
        let applies = self.who;
        self.matrix
            .factors
            .iter()
            .filter(move |f| f.group == group && f.applies.is_none_or(|who| who == applies))
    }

    /// The groups with a factor for this kind.
    fn groups(&self) -> impl Iterator<Item = (usize, &'m Group)> {
        let groups = self.matrix.groups.iter().enumerate();
        groups.filter(|(i, _)| self.factors(*i).next().is_some())
    }

    /// The points that a group can have.
    fn of_group(&self, group: usize, combine: Combine) -> BTreeSet<u32> {
        let all: BTreeSet<u32> = self.factors(group).flat_map(possible).collect();
        match combine {
            Combine::Max => all,
            Combine::Mean => match (all.first(), all.last()) {
                (Some(least), Some(most)) => (*least..=*most).collect(),
                _ => all,
            },
            Combine::Sum => {
                let mut sums = BTreeSet::from([0]);
                for factor in self.factors(group) {
                    let more = possible(factor);
                    let add =
                        |sum: &u32| more.iter().map(|n| (sum + n).min(100)).collect::<Vec<_>>();
                    let added: Vec<u32> = sums.iter().flat_map(add).collect();
                    sums.extend(added);
                }
                sums
            }
        }
    }

    /// The sums of weight times points that the groups can have, but for one.
    fn sums(&self, without: Option<usize>) -> BTreeSet<u32> {
        let mut sums = BTreeSet::from([0]);
        for (i, group) in self.groups().filter(|(i, _)| Some(*i) != without) {
            let points = self.of_group(i, group.combine);
            let add = |sum: &u32| {
                points
                    .iter()
                    .map(|n| sum + n * group.weight)
                    .collect::<Vec<_>>()
            };
            sums = sums.iter().flat_map(add).collect();
        }
        sums
    }

    fn level(&self, sum: u32) -> RiskLevel {
        let weight: u32 = self.groups().map(|(_, g)| g.weight).sum();
        let thousandths = u64::from(sum) * 1000 / u64::from(weight.max(1));
        self.matrix
            .level_of(u32::try_from((thousandths + 50) / 100).unwrap_or(u32::MAX))
    }

    /// Whether some customer has another level because of this factor.
    fn moves(&self, factor: &Factor) -> bool {
        let Some((_, group)) = self.groups().find(|(i, _)| *i == factor.group) else {
            return false;
        };
        let applies = factor.applies.is_none_or(|who| who == self.who);
        let with = most(factor) * group.weight;
        applies
            && self
                .sums(Some(factor.group))
                .iter()
                .any(|sum| self.level(*sum) != self.level(sum + with))
    }
}
