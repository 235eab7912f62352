//! The form of a risk matrix file as the TOML reader takes it: keys, types and words. What a name
//! means is for `parse`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use toml::Spanned;
use toml::value::Datetime;

use crate::catalog::{EntityType, RiskLevel};

/// What is made of the factors of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Combine {
    /// The most points of one.
    Max,
    /// The mean of those that have points.
    Mean,
    /// Their sum, 100 at most.
    Sum,
}

/// What is made of several values of one factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Pick {
    /// The largest number, or the most points.
    Max,
    /// The smallest number, or the fewest points.
    Min,
    /// The sum of the numbers, or of the points.
    Sum,
    /// Whether one of them is as asked for.
    Any,
    /// Whether all of them are as asked for.
    All,
    /// How many there are.
    Count,
}

/// Which says whether a flag holds: the outcome of screening or the declared field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FlagSource {
    /// The outcome where there is one.
    #[default]
    ScreeningThenDeclared,
    /// The declared field where it is given.
    DeclaredThenScreening,
    /// Both: one that says yes is enough.
    Either,
}

/// What an age is counted in; only whole ones count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AgeUnit {
    /// Days.
    Days,
    /// Months.
    Months,
    /// Years.
    Years,
}

/// Which factors an explanation shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// Every one.
    #[default]
    All,
    /// Those with points.
    Applied,
}

/// A whole number of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct Within<const LEAST: u32, const MOST: u32>(pub u32);

impl<const LEAST: u32, const MOST: u32> TryFrom<i64> for Within<LEAST, MOST> {
    type Error = String;

    fn try_from(n: i64) -> Result<Self, String> {
        let fits = u32::try_from(n).ok().filter(|n| (LEAST..=MOST).contains(n));
        fits.map(Within)
            .ok_or_else(|| format!("{n} is not a whole number from {LEAST} to {MOST}"))
    }
}

pub(super) type Points = Within<0, 100>;

#[derive(Deserialize)]
#[serde(untagged, expecting = "write a text or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// A text, or a list of texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "OneOrMore")]
pub(super) struct Texts(pub Vec<String>);

impl TryFrom<OneOrMore> for Texts {
    type Error = &'static str;

    fn try_from(texts: OneOrMore) -> Result<Texts, &'static str> {
        match texts {
            OneOrMore::One(text) => Ok(Texts(vec![text])),
            OneOrMore::More(texts) if texts.is_empty() => {
                Err("the list is empty: write what it is to hold")
            }
            OneOrMore::More(texts) => Ok(Texts(texts)),
        }
    }
}

/// What a condition asks of a field.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a condition is true, false, a text, a list of texts or { from, below, or_missing }"
)]
pub(super) enum Test {
    Is(bool),
    OneOf(Texts),
    Range(Range),
}

/// Numbers from one on, and below another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    pub from: Option<i64>,
    pub below: Option<i64>,
    #[serde(default)]
    pub or_missing: bool,
}

/// Points for all, or for each rating.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "points are whole numbers from 0 to 100, or a table of them for the ratings"
)]
pub(super) enum PointsForm {
    Fixed(Points),
    Rated(BTreeMap<String, Points>),
}

/// What a missing value counts as, but for points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MissingWord {
    /// Left out of sum and weight.
    Neutral,
    /// Left out, and a person decides.
    Human,
}

/// What a missing value counts as.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "missing is \"neutral\", \"human\" or whole points from 0 to 100"
)]
pub(super) enum Missing {
    Word(MissingWord),
    Points(Points),
}

/// A number by which another is multiplied: `30` or `"1/12"`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(super) struct Ratio(pub i64, pub i64);

impl TryFrom<toml::Value> for Ratio {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Ratio, &'static str> {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let (over, under) = text.split_once('/').unwrap_or((&text, "1"));
        let whole = |t: &str| {
            t.trim()
                .parse()
                .ok()
                .filter(|n| (1..=1_000_000).contains(n))
        };
        match (whole(over), whole(under)) {
            (Some(over), Some(under)) => Ok(Ratio(over, under)),
            _ => Err("a factor is a whole number above 0 or a fraction such as \"1/12\""),
        }
    }
}

/// A level that an evaluation can have.
fn rated<'de, D: Deserializer<'de>>(from: D) -> Result<RiskLevel, D::Error> {
    match RiskLevel::deserialize(from)? {
        RiskLevel::None => Err(D::Error::custom(
            "NONE is no level of an evaluation: it is left for customers that nobody rated",
        )),
        level => Ok(level),
    }
}

/// A level, or never.
fn or_never<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RiskLevel>, D::Error> {
    const WORDS: &[&str] = &["never", "LOW", "MEDIUM", "HIGH", "EXTREME"];
    let word = String::deserialize(from)?;
    match WORDS.contains(&&*word) {
        true => Ok(RiskLevel::from_name(&word)),
        false => Err(D::Error::unknown_variant(&word, WORDS)),
    }
}

pub(super) type Conditions = Option<Spanned<BTreeMap<String, Test>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatrixForm {
    pub format: Spanned<u32>,
    pub name: Spanned<String>,
    #[serde(default)]
    pub example: bool,
    pub applies_to: Spanned<Texts>,
    pub valid_from: Spanned<Datetime>,
    pub owner: Spanned<String>,
    pub groups: BTreeMap<String, Spanned<GroupForm>>,
    #[serde(default)]
    pub missing: MissingTable,
    pub factor: Vec<FactorForm>,
    #[serde(default)]
    pub floor: Vec<FloorForm>,
    #[serde(default)]
    pub flags: Flags,
    pub levels: Vec<LevelForm>,
    pub decision: Rules,
    #[serde(default)]
    pub explain: ExplainForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupForm {
    pub weight: Within<1, 1000>,
    pub combine: Combine,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MissingTable {
    pub default: Option<Missing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorForm {
    pub id: Spanned<String>,
    pub group: Spanned<String>,
    #[serde(rename = "for")]
    pub applies: Option<EntityType>,
    pub field: Option<Spanned<Texts>>,
    pub flag: Option<Spanned<Texts>>,
    pub additional_value: Option<String>,
    #[serde(rename = "where")]
    pub conditions: Conditions,
    pub unless: Conditions,
    pub attribute: Option<Spanned<String>>,
    pub is: Option<bool>,
    pub points: Option<Spanned<PointsForm>>,
    pub values: Option<Spanned<BTreeMap<String, Points>>>,
    pub bands: Option<Spanned<Vec<Band>>>,
    pub age: Option<AgeForm>,
    pub per: Option<PerForm>,
    pub pick: Option<Pick>,
    pub unknown: Option<Points>,
    pub missing: Option<Missing>,
}

/// Points of the numbers below one, or of all others.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Band {
    pub below: Option<i64>,
    pub points: Points,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgeForm {
    pub until: Spanned<String>,
    pub unit: AgeUnit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PerForm {
    pub field: Spanned<String>,
    /// What the bands are per: a word of the field, for people and to be checked.
    pub unit: String,
    pub factor: BTreeMap<String, Ratio>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FloorForm {
    pub id: Spanned<String>,
    pub field: Option<Spanned<Texts>>,
    pub is: Option<bool>,
    pub flag: Option<Spanned<Texts>>,
    pub factor: Option<Spanned<Texts>>,
    pub points_from: Option<Points>,
    #[serde(rename = "where")]
    pub conditions: Conditions,
    pub unless: Conditions,
    #[serde(deserialize_with = "rated")]
    pub at_least: RiskLevel,
    #[serde(default)]
    pub human: bool,
}

/// Whether a flag holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Flags {
    pub source: FlagSource,
    pub waiting_counts_as: bool,
}

impl Default for Flags {
    fn default() -> Flags {
        Flags {
            source: FlagSource::default(),
            waiting_counts_as: true,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelForm {
    #[serde(deserialize_with = "rated")]
    pub level: RiskLevel,
    /// Read from the text of the file, so that it never is a float.
    pub from: Spanned<f64>,
}

/// Who decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    #[serde(deserialize_with = "or_never")]
    pub human_from: Option<RiskLevel>,
    #[serde(default)]
    pub thin_data: Thin,
    #[serde(default, deserialize_with = "or_never")]
    pub auto_reject_from: Option<RiskLevel>,
    #[serde(default)]
    pub wait_for_approval_date: bool,
    pub leads: Option<Leads>,
}

/// What follows if more than so many percent of the weight are without data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thin {
    pub over: Within<0, 99>,
    #[serde(deserialize_with = "rated")]
    pub at_least: RiskLevel,
    #[serde(default)]
    pub human: bool,
}

impl Default for Thin {
    fn default() -> Thin {
        Thin {
            over: Within(40),
            at_least: RiskLevel::Medium,
            human: true,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leads {
    #[serde(deserialize_with = "or_never")]
    pub human_from: Option<RiskLevel>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainForm {
    #[serde(default)]
    pub show: Show,
}
