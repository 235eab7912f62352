//! The form of a risk matrix file as the TOML reader takes it: keys, types and words. What a name
//! means is for `parse`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use toml::Spanned;
use toml::value::Datetime;

use crate::catalog::{EntityType, RiskLevel};

/// Tables with their keys; a key that is not there is an error that names the nearest.
macro_rules! tables {
    ($($(#[$about:meta])* $name:ident { $($(#[$how:meta])* $key:ident: $holds:ty),+ $(,)? })+) => {$(
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        $(#[$about])*
        pub(super) struct $name { $($(#[$how])* pub(super) $key: $holds),+ }
    )+};
}

/// Enumerations, written as the names of their values in small letters.
macro_rules! choices {
    ($($(#[$about:meta])* $name:ident { $($(#[$how:meta])* $value:ident),+ })+) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        $(#[$about])*
        pub(super) enum $name { $($(#[$how])* $value),+ }
    )+};
}

choices! {
    /// What is made of the factors of a group: the most points of one, their mean, or their sum up to 100.
    Combine { Max, Mean, Sum }

    /// What is made of several values of one factor: of numbers or of points; whether one or all are as
    /// asked for; or how many there are.
    Pick { Max, Min, Sum, Any, All, Count }

    /// What counts first: the outcome of screening, or what is declared. Of either, one that says yes.
    #[derive(Default)]
    FlagSource { #[default] ScreeningThenDeclared, DeclaredThenScreening, Either }

    /// What an age is counted in; only whole ones count.
    AgeUnit { Days, Months, Years }
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

/// Points for all, or for each rating.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "points are whole numbers from 0 to 100, or a table of them for the ratings"
)]
pub(super) enum PointsForm {
    Fixed(Points),
    Rated(BTreeMap<String, Points>),
}

/// What a missing value counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(
    rename_all = "snake_case",
    expecting = "missing is \"neutral\", \"human\" or whole points from 0 to 100"
)]
pub(super) enum Missing {
    /// Left out of sum and weight.
    #[default]
    Neutral,
    /// Left out, and a person decides.
    Human,
    #[serde(untagged)]
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

tables! {
    MatrixForm {
        format: Spanned<u32>,
        name: Spanned<String>,
        owner: Spanned<String>,
        #[serde(default)] example: bool,
        applies_to: Spanned<Texts>,
        valid_from: Spanned<Datetime>,
        groups: BTreeMap<String, Spanned<GroupForm>>,
        #[serde(default)] missing: MissingForm,
        factor: Vec<FactorForm>,
        #[serde(default)] floor: Vec<FloorForm>,
        #[serde(default)] flags: Flags,
        levels: Vec<LevelForm>,
        decision: Rules,
        #[serde(default)] explain: ExplainForm,
    }

    GroupForm { weight: Within<1, 1000>, combine: Combine }

    #[derive(Default)]
    MissingForm { #[serde(default)] default: Missing }

    #[derive(Default)]
    ExplainForm { #[serde(default)] show: Show }

    FactorForm {
        id: Spanned<String>,
        group: Spanned<String>,
        #[serde(rename = "for")] applies: Option<EntityType>,
        field: Option<Spanned<Texts>>,
        flag: Option<Spanned<Texts>>,
        additional_value: Option<String>,
        #[serde(rename = "where")] conditions: Conditions,
        unless: Conditions,
        attribute: Option<Spanned<String>>,
        is: Option<bool>,
        points: Option<Spanned<PointsForm>>,
        values: Option<Spanned<BTreeMap<String, Points>>>,
        bands: Option<Spanned<Vec<Band>>>,
        age: Option<AgeForm>,
        per: Option<PerForm>,
        pick: Option<Pick>,
        unknown: Option<Points>,
        missing: Option<Missing>,
    }

    /// Points of the numbers below one, or of all others.
    #[derive(Clone, Copy)]
    Band { below: Option<i64>, points: Points }

    AgeForm { until: Spanned<String>, unit: AgeUnit }

    /// `unit` is what the bands are per: a word of the field, for people and to be checked.
    PerForm { field: Spanned<String>, unit: String, factor: BTreeMap<String, Ratio> }

    FloorForm {
        id: Spanned<String>,
        field: Option<Spanned<Texts>>,
        is: Option<bool>,
        flag: Option<Spanned<Texts>>,
        factor: Option<Spanned<Texts>>,
        points_from: Option<Points>,
        #[serde(rename = "where")] conditions: Conditions,
        unless: Conditions,
        #[serde(deserialize_with = "rated")] at_least: RiskLevel,
        #[serde(default)] human: bool,
    }

    /// Numbers from one on, and below another.
    #[derive(Clone)]
    Range { from: Option<i64>, below: Option<i64>, #[serde(default)] or_missing: bool }

    /// Whether a flag holds.
    #[serde(default)]
    Flags { source: FlagSource, waiting_counts_as: bool }

    /// `from` is read from the text of the file, so that it never is a float.
    LevelForm { #[serde(deserialize_with = "rated")] level: RiskLevel, from: Spanned<f64> }

    /// Who decides.
    Rules {
        #[serde(deserialize_with = "or_never")] human_from: Option<RiskLevel>,
        #[serde(default)] thin_data: Thin,
        #[serde(default, deserialize_with = "or_never")] auto_reject_from: Option<RiskLevel>,
        #[serde(default)] wait_for_approval_date: bool,
        leads: Option<Leads>,
    }

    /// What follows if more than so many percent of the weight are without data.
    Thin {
        over: Within<0, 99>,
        #[serde(deserialize_with = "rated")] at_least: RiskLevel,
        #[serde(default)] human: bool,
    }

    Leads { #[serde(deserialize_with = "or_never")] human_from: Option<RiskLevel> }
}

impl Default for Flags {
    fn default() -> Flags {
        Flags {
            source: FlagSource::default(),
            waiting_counts_as: true,
        }
    }
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
