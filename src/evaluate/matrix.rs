//! A risk matrix, ready to compute with: every name in it was found in the catalogue, in the
//! classifiers or in the matrix itself.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::catalog::{EntityType, Field, FieldIndex, Object, RiskLevel};

use super::form::{
    AgeUnit, Band, Flags, GroupForm, Missing, Pick, Points, Ratio, Rules, Show, Test,
};
use super::screened::{Outcome, Process};

/// Which matrix it is: what an evaluation by it is to be told with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixName {
    /// The name for people.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub hash: String,
    /// Who answers for it.
    pub owner: String,
    /// The first day (`yyyy-MM-dd`, UTC) on which it may be used.
    pub valid_from: String,
    /// The classifiers whose attributes it uses, by name, each with its hash.
    pub classifiers: Vec<(String, String)>,
}

/// The institution's risk matrix, as one file gives it.
#[derive(Debug)]
pub struct Matrix {
    pub(super) name: MatrixName,
    /// It is an example that nobody approved: with it a person decides every time.
    pub example: bool,
    /// The risk management categories that it is for.
    pub categories: Vec<String>,
    /// The file.
    pub text: String,
    /// Which factors an explanation shows.
    pub show: Show,
    /// By name.
    pub(super) groups: Vec<(String, GroupForm)>,
    /// By id, as the floors are.
    pub(super) factors: Vec<Factor>,
    pub(super) floors: Vec<Floor>,
    /// The lowest score of each level in tenths, rising; the first is 0.
    pub(super) levels: Vec<(u32, RiskLevel)>,
    pub(super) flags: Flags,
    pub(super) rules: Rules,
}

#[derive(Debug)]
pub(super) struct Factor {
    pub id: String,
    pub group: usize,
    pub applies: Option<EntityType>,
    pub paths: Vec<FieldPath>,
    /// The attribute that rates the values, and the classifier that gives it to them.
    pub attribute: Option<(String, String)>,
    pub scale: Scale,
    pub pick: Pick,
    pub unless: Vec<(FieldPath, Test)>,
    pub missing: Missing,
}

/// What makes points of a value.
#[derive(Debug)]
pub(super) enum Scale {
    /// The points if it is so, else none.
    Is(bool, u32),
    /// Points of a code, with its rating where it has one; and points of any other code.
    Codes(HashMap<String, (u32, Option<String>)>, Option<Points>),
    /// Points of a number.
    Bands(Vec<Band>, Measure),
}

/// How a value becomes a number.
#[derive(Debug)]
pub(super) enum Measure {
    Number,
    /// Multiplied by what another field of the same object says.
    Per(FieldIndex, BTreeMap<String, Ratio>),
    /// The whole units from the date to that of another field of the customer.
    Age(FieldIndex, AgeUnit),
}

/// A path from the customer to values.
#[derive(Clone, Debug)]
pub(super) struct FieldPath {
    /// Without `Customer.`: `listAddress[].country`.
    pub text: String,
    pub steps: Vec<Step>,
    /// What the steps lead to.
    pub object: &'static Object,
    pub leaf: Leaf,
}

/// What of the object at the end of a path is meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf {
    /// The item itself.
    Item,
    Field(FieldIndex),
    /// A declared field that screening also decides.
    Flag(Process, FieldIndex),
    /// Whether screening has such an outcome.
    Found(Outcome),
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub field: FieldIndex,
    pub list: bool,
    /// What the step leads to.
    pub object: &'static Object,
    /// What an item of the list must meet.
    pub conditions: Vec<(FieldIndex, Test)>,
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
    /// One of these is so.
    Values(Vec<FieldPath>, bool),
    /// One of these factors has so many points.
    Factors(Vec<usize>, u32),
}

impl FieldPath {
    /// The single field that it leads to.
    pub(super) fn field(&self) -> Option<&'static Field> {
        match self.leaf {
            Leaf::Field(f) | Leaf::Flag(_, f) => Some(self.object.field(f)),
            Leaf::Item | Leaf::Found(_) => None,
        }
    }
}

impl Matrix {
    /// Whether an accepted customer without an approval date waits for one.
    pub fn waits_for_approval_date(&self) -> bool {
        self.rules.wait_for_approval_date
    }

    /// Which matrix it is.
    pub fn name(&self) -> &MatrixName {
        &self.name
    }

    /// The level of a score in tenths of a point, before any floor.
    pub fn level_of(&self, tenths: u32) -> RiskLevel {
        let reached = self.levels.iter().rev().find(|(from, _)| *from <= tenths);
        reached.map_or(RiskLevel::Low, |(_, level)| *level)
    }

    /// The lowest score of each level in tenths of a point, rising.
    pub fn levels(&self) -> &[(u32, RiskLevel)] {
        &self.levels
    }

    /// Whether it may be used on a day (`yyyy-MM-dd`, UTC).
    pub fn is_valid_on(&self, day: &str) -> bool {
        *self.name.valid_from <= *day
    }
}
