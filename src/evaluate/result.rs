//! What an evaluation found: typed, and as an account that can be stored, shown or sent.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::catalog::{RiskLevel, words};

use super::form::Show;
use super::matrix::{FieldPath, Matrix, Scale};
use super::screened::Process;

/// The result of one evaluation. It refers to the matrix and to the customer.
#[derive(Debug)]
pub struct Evaluation<'e> {
    pub(super) matrix: &'e Matrix,
    /// The score in thousandths of a point, what is beyond them cut off.
    pub score_thousandths: u32,
    /// The level of the score alone.
    pub by_score: RiskLevel,
    /// The level after floors and thin data: never NONE.
    pub level: RiskLevel,
    /// The percentage of the weight of the groups that had no data, rounded down.
    pub without_data: u32,
    /// Whether that is more than the matrix allows.
    pub thin: bool,
    /// For each factor of the matrix, in the order of their ids.
    pub factors: Vec<FactorResult>,
    /// The values that the factors and floors took; each knows its range.
    pub(super) taken: Vec<Taken<'e>>,
    /// The floors that hold, in the order of their ids.
    pub floors: Vec<FloorResult>,
    /// Who decides, and why.
    pub decision: Decision,
}

/// What one factor came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorResult {
    /// Its points, or why it has none.
    pub state: State,
    /// What it adds to the score, in thousandths of a point. They sum up to the score.
    pub share_thousandths: u32,
    pub(super) taken: Range<usize>,
}

/// A floor that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloorResult {
    pub(super) floor: usize,
    pub(super) taken: Range<usize>,
    /// The factors with so many points.
    pub(super) factors: Vec<usize>,
}

/// Whether a factor counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has points, 0 to 100.
    Points(u8),
    /// It has no data, and counts as so many points.
    Assumed(u8),
    /// It has no data, and does not count.
    Missing,
    /// It is not for this customer.
    NotApplicable,
}

impl State {
    /// The points that count.
    pub fn points(self) -> Option<u8> {
        match self {
            State::Points(n) | State::Assumed(n) => Some(n),
            State::Missing | State::NotApplicable => None,
        }
    }
}

words! {
    /// Why a person has to decide.
    pub enum Reason {
        /// The matrix is an example that nobody approved.
        Example = "example",
        /// The level is one that the matrix leaves to people.
        Level = "level",
        /// A floor that holds asks for a person.
        Floor = "floor",
        /// Too little is known.
        ThinData = "thin_data",
        /// A factor without data asks for a person.
        Missing = "missing",
        /// The classifier does not rate a value, and the matrix has no points for that.
        Unrated = "unrated",
        /// A match of screening waits for a person.
        Waiting = "waiting",
        /// Screening was asked for and could not be done.
        Unscreened = "unscreened",
    }
}

words! {
    /// What follows from an evaluation.
    pub enum Verdict {
        /// A person decides.
        Person = "PERSON",
        /// Accepted by the system.
        Accepted = "ACCEPTED",
        /// Rejected by the system, which only happens where the matrix says so.
        Rejected = "REJECTED",
    }
}

/// Who decides, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What follows.
    pub verdict: Verdict,
    /// Accepted, and to wait for the customer's approval date.
    pub waits_for_approval_date: bool,
    /// Why a person decides, each with the factor or floor that it is about.
    pub reasons: Vec<(Reason, String)>,
}

/// A value that was taken.
#[derive(Clone, Debug)]
pub(super) struct Taken<'e> {
    pub place: Place<'e>,
    pub value: Cow<'e, str>,
    /// For bands, in thousandths.
    pub number: Option<i64>,
    pub points: Option<u8>,
    pub unrated: bool,
}

impl<'e> Taken<'e> {
    pub(super) fn new(place: Place<'e>, value: &'e str, number: Option<i64>) -> Taken<'e> {
        Taken {
            place,
            value: Cow::Borrowed(value),
            number,
            points: None,
            unrated: false,
        }
    }
}

/// Where a value was taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'e> {
    Field(&'e FieldPath, [u32; 2]),
    Count(&'e FieldPath),
    Additional(&'e str),
    Screening(Process, Option<u32>),
    Declared(&'static str, Option<u32>),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Field(path, at) => {
                let mut parts = path.text.split("[]");
                f.write_str(parts.next().unwrap_or_default())?;
                for (part, at) in parts.zip(at) {
                    write!(f, "[{at}]{part}")?;
                }
                Ok(())
            }
            Place::Count(path) => write!(f, "number of {}", path.text),
            Place::Additional(code) => write!(f, "listAdditionalValues {code}"),
            Place::Screening(process, None) => write!(f, "screening {}", process.name()),
            Place::Screening(process, Some(i)) => {
                write!(f, "screening {} of listRelatedEntity[{i}]", process.name())
            }
            Place::Declared(name, None) => f.write_str(name),
            Place::Declared(name, Some(i)) => write!(f, "listRelatedEntity[{i}].{name}"),
        }
    }
}

/// An evaluation with everything that it took: what an officer shows to an auditor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// With one decimal, as the levels are compared.
    pub score: String,
    /// The level of the score alone.
    pub level_of_score: &'static str,
    /// The level after floors and thin data.
    pub level: &'static str,
    /// PERSON, ACCEPTED or REJECTED.
    pub decision: &'static str,
    /// Accepted, and to wait for the approval date.
    pub waits_for_approval_date: bool,
    /// Why a person decides: the reason, and the factor or floor it is about.
    pub reasons: Vec<(&'static str, String)>,
    /// The percentage of weight without data.
    pub without_data: u32,
    /// Whether that is more than the matrix allows.
    pub thin: bool,
    /// The level that it is raised to then.
    pub thin_at_least: &'static str,
    /// The name of the matrix, its file and its hash.
    pub matrix: MatrixName,
    /// Every factor.
    pub factors: Vec<FactorAccount>,
    /// The floors that hold.
    pub floors: Vec<FloorAccount>,
}

/// Which matrix it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixName {
    /// Its name.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// The SHA-256 of its file.
    pub hash: String,
    /// Who answers for it.
    pub owner: String,
    /// The first day on which it may be used.
    pub valid_from: String,
    /// The classifiers whose attributes it used, with their hashes.
    pub classifiers: Vec<(String, String)>,
}

/// One factor of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactorAccount {
    /// Its id.
    pub id: String,
    /// Its group.
    pub group: String,
    /// The weight of the group.
    pub weight: u32,
    /// `points`, `assumed`, `missing` or `not_applicable`.
    pub state: &'static str,
    /// 0 to 100.
    pub points: Option<u8>,
    /// What it adds to the score, in thousandths of a point.
    pub share_thousandths: u32,
    /// What it took.
    pub values: Vec<ValueAccount>,
}

/// One value of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueAccount {
    /// Where it was.
    pub path: String,
    /// As the request gives it.
    pub value: String,
    /// What the bands were asked about, in thousandths.
    pub number_thousandths: Option<i64>,
    /// The rating of the classifier's value.
    pub rating: Option<String>,
    /// The classifier does not rate it.
    pub unrated: bool,
    /// Its points alone.
    pub points: Option<u8>,
}

/// A floor of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FloorAccount {
    /// Its id.
    pub id: String,
    /// The level that it raises to.
    pub at_least: &'static str,
    /// It asks for a person.
    pub human: bool,
    /// What it took.
    pub values: Vec<ValueAccount>,
    /// The factors whose points it is about.
    pub factors: Vec<String>,
}

/// Tenths of a point with one decimal.
pub fn tenths(n: u32) -> String {
    format!("{}.{}", n / 10, n % 10)
}

impl Evaluation<'_> {
    /// The score in tenths of a point, rounded once, half up.
    pub fn score_tenths(&self) -> u32 {
        (self.score_thousandths + 50) / 100
    }

    /// The ids of the floors that hold, in their order.
    pub fn floor_ids(&self) -> impl Iterator<Item = &str> {
        let floors = self
            .floors
            .iter()
            .filter_map(|f| self.matrix.floors.get(f.floor));
        floors.map(|f| &*f.id)
    }

    /// Whether each factor is to be shown, as the matrix says.
    pub fn shown(&self) -> impl Iterator<Item = bool> {
        let all = self.matrix.show == Show::All;
        let has_points = |f: &FactorResult| f.state.points().is_some_and(|n| n > 0);
        self.factors.iter().map(move |f| all || has_points(f))
    }

    /// Each factor of the matrix with its id, in the order of the ids.
    pub fn factors_by_id(&self) -> impl Iterator<Item = (&str, &FactorResult)> {
        self.matrix
            .factors
            .iter()
            .map(|f| &*f.id)
            .zip(&self.factors)
    }

    /// Everything, in words and numbers that need neither the matrix nor the customer.
    pub fn account(&self) -> Account {
        let m = self.matrix;
        let factors = m.factors.iter().zip(&self.factors).map(|(factor, result)| {
            let group = m.groups.get(factor.group);
            let rating = |value: &str| match &factor.scale {
                Scale::Codes(codes) => codes.get(value).map(|(_, rating)| rating.to_string()),
                _ => None,
            };
            FactorAccount {
                id: factor.id.clone(),
                group: group.map(|g| g.name.clone()).unwrap_or_default(),
                weight: group.map_or(0, |g| g.weight),
                state: match result.state {
                    State::Points(_) => "points",
                    State::Assumed(_) => "assumed",
                    State::Missing => "missing",
                    State::NotApplicable => "not_applicable",
                },
                points: result.state.points(),
                share_thousandths: result.share_thousandths,
                values: self.values(&result.taken, &rating),
            }
        });
        let floors = self
            .floors
            .iter()
            .filter_map(|f| Some((f, m.floors.get(f.floor)?)));
        let floors = floors.map(|(result, floor)| FloorAccount {
            id: floor.id.clone(),
            at_least: floor.at_least.name(),
            human: floor.human,
            values: self.values(&result.taken, &|_| None),
            factors: result
                .factors
                .iter()
                .filter_map(|i| Some(m.factors.get(*i)?.id.clone()))
                .collect(),
        });
        Account {
            score: tenths(self.score_tenths()),
            level_of_score: self.by_score.name(),
            level: self.level.name(),
            decision: self.decision.verdict.name(),
            waits_for_approval_date: self.decision.waits_for_approval_date,
            reasons: self
                .decision
                .reasons
                .iter()
                .map(|(r, about)| (r.name(), about.clone()))
                .collect(),
            without_data: self.without_data,
            thin: self.thin,
            thin_at_least: m.decision.thin_at_least.name(),
            matrix: MatrixName {
                name: m.name.clone(),
                file: m.file.clone(),
                hash: m.hash.clone(),
                owner: m.owner.clone(),
                valid_from: m.valid_from.clone(),
                classifiers: m.classifiers.clone(),
            },
            factors: factors.collect(),
            floors: floors.collect(),
        }
    }

    fn values(
        &self,
        range: &Range<usize>,
        rating: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<ValueAccount> {
        let taken = self.taken.get(range.clone()).unwrap_or_default().iter();
        let account = |t: &Taken<'_>| ValueAccount {
            path: t.place.to_string(),
            value: t.value.to_string(),
            number_thousandths: t.number,
            rating: rating(&t.value).filter(|r| !r.is_empty()),
            unrated: t.unrated,
            points: t.points,
        };
        taken.map(account).collect()
    }
}
