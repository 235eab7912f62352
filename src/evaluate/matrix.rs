//! A risk matrix, ready to compute with: every name in it was found in the catalogue, in the
//! classifiers or in the matrix itself.

use hashbrown::HashMap;

use crate::catalog::{EntityType, FieldIndex, RiskLevel};

use super::form::{AgeUnit, Combine, FlagSource, MissingForm, Pick, Show};
use super::screened::Flag;

/// The institution's risk matrix, as one file gives it.
#[derive(Debug)]
pub struct Matrix {
    /// The name of its file.
    pub file: String,
    /// The name for people.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// The first day (`yyyy-MM-dd`, UTC) on which it may be used.
    pub valid_from: String,
    /// It is an example that nobody approved: with it a person decides every time.
    pub example: bool,
    /// The risk management categories that it is for.
    pub categories: Vec<String>,
    /// The file.
    pub text: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub hash: String,
    /// The classifiers whose attributes it uses, by name, each with its hash.
    pub classifiers: Vec<(String, String)>,
    pub(super) groups: Vec<Group>,
    pub(super) factors: Vec<Factor>,
    pub(super) floors: Vec<Floor>,
    /// The lowest score of each level in tenths, rising; the first is 0.
    pub(super) levels: Vec<(u32, RiskLevel)>,
    pub(super) flag_source: FlagSource,
    pub(super) waiting_counts: bool,
    pub(super) decision: Decision,
    pub(super) show: Show,
}

#[derive(Debug)]
pub(super) struct Group {
    pub name: String,
    pub weight: u32,
    pub combine: Combine,
}

#[derive(Debug)]
pub(super) struct Factor {
    pub id: String,
    pub group: usize,
    pub applies: Option<EntityType>,
    pub source: Source,
    pub scale: Scale,
    pub pick: Pick,
    pub unless: Vec<(FieldPath, Test)>,
    pub unknown: Option<u8>,
    pub missing: MissingForm,
}

#[derive(Debug)]
pub(super) enum Source {
    Fields(Vec<FieldPath>),
    /// Any of them; those of related entities only of one that meets the conditions.
    Flags(Vec<Flag>, Vec<Condition>),
    /// The additional value of the customer with this code.
    AdditionalValue(String),
}

/// What makes points of a value.
#[derive(Debug)]
pub(super) enum Scale {
    /// The points if it is so, else none.
    Is(bool, u8),
    /// Points of a code, with its rating where it has one.
    Codes(HashMap<Box<str>, (u8, Box<str>)>),
    /// Points of a number.
    Bands(Vec<Band>, Measure),
}

#[derive(Debug)]
pub(super) struct Band {
    /// The first number in thousandths that is not in it; none for the last.
    pub below: Option<i64>,
    pub points: u8,
}

/// How a value becomes a number.
#[derive(Debug)]
pub(super) enum Measure {
    Number,
    /// Multiplied by what another field of the same object says.
    Per(FieldIndex, Vec<(String, i64, i64)>),
    /// The whole units from the date to that of another field of the customer.
    Age(FieldIndex, AgeUnit),
}

/// A path from the customer to fields, or to the items of a list.
#[derive(Debug)]
pub(super) struct FieldPath {
    /// Without `Customer.`: `listAddress[].country`.
    pub text: String,
    pub steps: Vec<Step>,
    /// None: the path leads to the items themselves.
    pub leaf: Option<FieldIndex>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub field: FieldIndex,
    pub list: bool,
    /// What an item of the list must meet.
    pub conditions: Vec<Condition>,
}

#[derive(Debug)]
pub(super) struct Condition {
    pub field: FieldIndex,
    pub test: Test,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Is(bool),
    OneOf(Vec<String>),
    /// From, and below, in thousandths.
    Range {
        from: Option<i64>,
        below: Option<i64>,
        or_missing: bool,
    },
}

#[derive(Debug)]
pub(super) struct Floor {
    pub id: String,
    pub holds: Holds,
    pub unless: Vec<(FieldPath, Test)>,
    pub at_least: RiskLevel,
    pub human: bool,
}

/// When a floor holds.
#[derive(Debug)]
pub(super) enum Holds {
    Fields(Vec<FieldPath>, bool),
    Flags(Vec<Flag>, Vec<Condition>),
    /// One of these factors has so many points.
    Factors(Vec<usize>, u8),
}

#[derive(Debug)]
pub(super) struct Decision {
    pub human_from: Option<RiskLevel>,
    pub leads_human_from: Option<RiskLevel>,
    pub thin_over: u32,
    pub thin_at_least: RiskLevel,
    pub thin_human: bool,
    pub reject_from: Option<RiskLevel>,
    pub wait_for_approval_date: bool,
}

impl Matrix {
    /// Whether an accepted customer without an approval date waits for one.
    pub fn waits_for_approval_date(&self) -> bool {
        self.decision.wait_for_approval_date
    }

    /// The level of a score in tenths of a point, before any floor.
    pub fn level_of(&self, tenths: u32) -> RiskLevel {
        let reached = self.levels.iter().rev().find(|(from, _)| *from <= tenths);
        reached.map_or(RiskLevel::Low, |(_, level)| *level)
    }

    /// The lowest score of each level in tenths of a point, rising.
    pub fn levels(&self) -> impl Iterator<Item = (u32, RiskLevel)> {
        self.levels.iter().copied()
    }

    /// Whether it may be used on a day (`yyyy-MM-dd`, UTC).
    pub fn is_valid_on(&self, day: &str) -> bool {
        *self.valid_from <= *day
    }
}
