//! What an evaluation found, with everything that it took: what an officer shows to an auditor. It is
//! also what the history keeps, as JSON in which nothing empty is written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::{RiskLevel, words};

words! {
    /// Whether a factor counts.
    pub enum State {
        /// It has data.
        Points = "points",
        /// It has no data, and counts as so many points.
        Assumed = "assumed",
        /// It has no data, and does not count.
        Missing = "missing",
        /// It is not for this customer.
        NotApplicable = "not_applicable",
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

impl Reason {
    /// In words; `about` is the factor, the floor or the level that it is about.
    pub fn in_words(self, about: &str) -> String {
        match self {
            Reason::Example => "the matrix is an example that nobody approved".to_owned(),
            Reason::Level => format!("the matrix leaves the level {about} to people"),
            Reason::Floor => format!("the floor {about} asks for it"),
            Reason::ThinData => "too little is known".to_owned(),
            Reason::Missing => format!("there is no data for {about}"),
            Reason::Unrated => format!("the classifier does not rate a value of {about}"),
            Reason::Waiting => "a match of screening has not been judged".to_owned(),
            Reason::Unscreened => "screening could not be done".to_owned(),
        }
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

/// The result of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// With one decimal, rounded once, half up, as the levels are compared.
    pub score: String,
    /// The level of the score alone.
    pub level_of_score: RiskLevel,
    /// The level after floors and thin data: never NONE.
    pub level: RiskLevel,
    /// What follows.
    pub decision: Verdict,
    /// Accepted, and to wait for the customer's approval date.
    #[serde(default, skip_serializing_if = "absent")]
    pub waits_for_approval_date: bool,
    /// Why a person decides, each with the level, factor or floor that it is about.
    #[serde(default, skip_serializing_if = "absent")]
    pub reasons: Vec<(Reason, String)>,
    /// The percentage of the weight of the groups that had no data, rounded down.
    #[serde(default, skip_serializing_if = "absent")]
    pub without_data: u32,
    /// The level that it is raised to because that is more than the matrix allows.
    #[serde(default, skip_serializing_if = "absent")]
    pub thin_data: Option<RiskLevel>,
    /// Every factor of the matrix, by id.
    pub factors: Vec<FactorAccount>,
    /// The floors that hold, by id.
    #[serde(default, skip_serializing_if = "absent")]
    pub floors: Vec<FloorAccount>,
}

/// What one factor came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorAccount {
    /// Its id.
    pub id: Arc<str>,
    /// Its group.
    pub group: Arc<str>,
    /// The weight of the group.
    pub weight: u32,
    /// Whether it counts.
    pub state: State,
    /// 0 to 100, if it counts.
    #[serde(default, skip_serializing_if = "absent")]
    pub points: Option<u32>,
    /// What it adds to the score, in thousandths of a point. They sum up to the score.
    #[serde(default, skip_serializing_if = "absent")]
    pub share_thousandths: u32,
    /// The attribute that rates its values, and the classifier that gives it to them.
    #[serde(default, skip_serializing_if = "absent")]
    pub attribute: Option<Arc<(String, String)>>,
    /// What it took.
    #[serde(default, skip_serializing_if = "absent")]
    pub values: Vec<ValueAccount>,
}

/// A value that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueAccount {
    /// Where it was.
    pub path: String,
    /// As the request gives it.
    pub value: String,
    /// What the bands were asked about, in thousandths.
    #[serde(default, skip_serializing_if = "absent")]
    pub number_thousandths: Option<i64>,
    /// Its rating by the classifier.
    #[serde(default, skip_serializing_if = "absent")]
    pub rating: Option<String>,
    /// Neither the classifier nor the matrix rates it.
    #[serde(default, skip_serializing_if = "absent")]
    pub unrated: bool,
    /// Its points alone.
    #[serde(default, skip_serializing_if = "absent")]
    pub points: Option<u32>,
}

/// A floor that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorAccount {
    /// Its id.
    pub id: String,
    /// The level that it raises to.
    pub at_least: RiskLevel,
    /// It asks for a person.
    #[serde(default, skip_serializing_if = "absent")]
    pub human: bool,
    /// What set it off.
    #[serde(default, skip_serializing_if = "absent")]
    pub values: Vec<ValueAccount>,
    /// The factors that set it off with their points.
    #[serde(default, skip_serializing_if = "absent")]
    pub factors: Vec<String>,
}

fn absent<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Tenths of a point with one decimal.
pub fn tenths(n: u32) -> String {
    format!("{}.{}", n / 10, n % 10)
}
