//! The form of a risk matrix file as the TOML reader takes it: keys, types and words. What a name
//! means is for `parse`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use toml::Spanned;
use toml::value::Datetime;

use crate::catalog::{RiskLevel, words};

macro_rules! read_as_word {
    ($($word:ty),+) => {$(
        impl<'de> Deserialize<'de> for $word {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                <$word>::from_name(&text).ok_or_else(|| D::Error::unknown_variant(&text, <$word>::NAMES))
            }
        }
    )+};
}
read_as_word!(RiskLevel, Combine, Pick, FlagSource, AgeUnit, For, Show);

words! {
    /// What is made of the factors of a group.
    pub enum Combine {
        /// The most points of one.
        Max = "max",
        /// The mean of those that have points.
        Mean = "mean",
        /// Their sum, 100 at most.
        Sum = "sum",
    }
}

words! {
    /// What is made of several values of one factor.
    pub enum Pick {
        /// The largest number, or the most points.
        Max = "max",
        /// The smallest number, or the fewest points.
        Min = "min",
        /// The sum of the numbers, or of the points.
        Sum = "sum",
        /// Whether one of them is as asked for.
        Any = "any",
        /// Whether all of them are as asked for.
        All = "all",
        /// How many there are.
        Count = "count",
    }
}

words! {
    /// Which says whether a flag holds: the outcome of screening or the declared field.
    pub enum FlagSource {
        /// The outcome where there is one.
        ScreeningThenDeclared = "screening_then_declared",
        /// The declared field where it is given.
        DeclaredThenScreening = "declared_then_screening",
        /// Both: one that says yes is enough.
        Either = "either",
    }
}

words! {
    /// What an age is counted in; only whole ones count.
    pub enum AgeUnit {
        /// Days.
        Days = "days",
        /// Months.
        Months = "months",
        /// Years.
        Years = "years",
    }
}

words! {
    /// Whom a factor is for.
    pub enum For {
        /// Persons.
        Individual = "INDIVIDUAL",
        /// Companies and other legal entities.
        Organization = "ORGANIZATION",
    }
}

words! {
    /// Which factors an explanation shows.
    #[derive(Default)]
    pub enum Show {
        /// Every one.
        #[default]
        All = "all",
        /// Those with points.
        Applied = "applied",
    }
}

/// A word, or a list of words.
#[derive(Clone, Debug)]
pub(super) struct OneOrMore(pub Vec<String>);

/// What a condition asks of a field.
#[derive(Clone, Debug)]
pub(super) enum TestForm {
    Is(bool),
    OneOf(Vec<String>),
    Range(RangeForm),
}

/// Points for all, or for each rating.
#[derive(Clone, Debug)]
pub(super) enum PointsForm {
    Fixed(u8),
    Rated(BTreeMap<String, u8>),
}

/// What a missing value counts as.
#[derive(Clone, Copy, Debug)]
pub(super) enum MissingForm {
    /// Left out of sum and weight.
    Neutral,
    /// So many points.
    Points(u8),
    /// Left out, and a person decides.
    Human,
}

/// A number by which another is multiplied: `30` or `"1/12"`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratio(pub i64, pub i64);

/// A level, or never.
#[derive(Clone, Copy, Debug)]
pub(super) struct LevelOrNever(pub Option<RiskLevel>);

fn points<E: Error>(n: i64) -> Result<u8, E> {
    let most_100 = || {
        E::custom(format!(
            "{n} points: points are whole numbers from 0 to 100"
        ))
    };
    u8::try_from(n)
        .ok()
        .filter(|n| *n <= 100)
        .ok_or_else(most_100)
}

macro_rules! read_with {
    ($what:ty, $expecting:literal, { $($methods:item)+ }) => {
        impl<'de> Deserialize<'de> for $what {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Reader;
                impl<'de> Visitor<'de> for Reader {
                    type Value = $what;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    $($methods)+
                }
                from.deserialize_any(Reader)
            }
        }
    };
}

fn strings<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Vec<String>, A::Error> {
    let mut all = Vec::new();
    while let Some(text) = list.next_element()? {
        all.push(text);
    }
    match all.is_empty() {
        true => Err(A::Error::custom(
            "the list is empty: write what it is to hold",
        )),
        false => Ok(all),
    }
}

read_with!(OneOrMore, "a text or a list of texts", {
    fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMore, E> {
        Ok(OneOrMore(vec![text.to_owned()]))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMore, A::Error> {
        strings(list).map(OneOrMore)
    }
});
read_with!(
    TestForm,
    "true, false, a text, a list of texts or { from, below, or_missing }",
    {
        fn visit_bool<E: Error>(self, is: bool) -> Result<TestForm, E> {
            Ok(TestForm::Is(is))
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<TestForm, E> {
            Ok(TestForm::OneOf(vec![text.to_owned()]))
        }
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<TestForm, A::Error> {
            strings(list).map(TestForm::OneOf)
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TestForm, A::Error> {
            RangeForm::deserialize(MapAccessDeserializer::new(map)).map(TestForm::Range)
        }
    }
);
read_with!(PointsForm, "whole points, or points for each rating", {
    fn visit_i64<E: Error>(self, n: i64) -> Result<PointsForm, E> {
        points(n).map(PointsForm::Fixed)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PointsForm, A::Error> {
        let mut rated = BTreeMap::new();
        while let Some((rating, n)) = map.next_entry()? {
            rated.insert(rating, points(n)?);
        }
        Ok(PointsForm::Rated(rated))
    }
});
read_with!(MissingForm, "\"neutral\", \"human\" or whole points", {
    fn visit_i64<E: Error>(self, n: i64) -> Result<MissingForm, E> {
        points(n).map(MissingForm::Points)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<MissingForm, E> {
        match text {
            "neutral" => Ok(MissingForm::Neutral),
            "human" => Ok(MissingForm::Human),
            _ => Err(E::unknown_variant(text, &["neutral", "human"])),
        }
    }
});
read_with!(Ratio, "a whole number, or a fraction such as \"1/12\"", {
    fn visit_i64<E: Error>(self, n: i64) -> Result<Ratio, E> {
        self.visit_str(&format!("{n}/1"))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Ratio, E> {
        let whole = |t: &str| {
            t.trim()
                .parse::<i64>()
                .ok()
                .filter(|n| (1..=1_000_000).contains(n))
        };
        let (over, under) = text.split_once('/').unwrap_or((text, "1"));
        match (whole(over), whole(under)) {
            (Some(over), Some(under)) => Ok(Ratio(over, under)),
            _ => Err(E::custom(
                "a factor is a whole number above 0 or a fraction such as \"1/12\"",
            )),
        }
    }
});
read_with!(LevelOrNever, "a level or \"never\"", {
    fn visit_str<E: Error>(self, text: &str) -> Result<LevelOrNever, E> {
        let unknown = || E::unknown_variant(text, &["never", "LOW", "MEDIUM", "HIGH", "EXTREME"]);
        match text {
            "never" => Ok(LevelOrNever(None)),
            _ => RiskLevel::from_name(text)
                .map(|l| LevelOrNever(Some(l)))
                .ok_or_else(unknown),
        }
    }
});

fn points_of<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    points(i64::deserialize(from)?)
}

fn some_points<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    points_of(from).map(Some)
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RangeForm {
    pub from: Option<i64>,
    pub below: Option<i64>,
    #[serde(default)]
    pub or_missing: bool,
}

pub(super) type Conditions = Option<Spanned<BTreeMap<String, TestForm>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatrixForm {
    pub format: Spanned<u32>,
    pub name: String,
    #[serde(default)]
    pub example: bool,
    pub applies_to: Spanned<OneOrMore>,
    pub valid_from: Spanned<Datetime>,
    pub owner: String,
    pub groups: BTreeMap<String, GroupForm>,
    #[serde(default)]
    pub missing: MissingTable,
    pub factor: Vec<FactorForm>,
    #[serde(default)]
    pub floor: Vec<FloorForm>,
    #[serde(default)]
    pub flags: FlagsForm,
    pub levels: Vec<LevelForm>,
    pub decision: DecisionForm,
    #[serde(default)]
    pub explain: ExplainForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupForm {
    pub weight: Spanned<u32>,
    pub combine: Combine,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MissingTable {
    pub default: Option<MissingForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorForm {
    pub id: Spanned<String>,
    pub group: Spanned<String>,
    #[serde(rename = "for")]
    pub applies: Option<For>,
    pub field: Option<Spanned<OneOrMore>>,
    pub flag: Option<Spanned<OneOrMore>>,
    pub additional_value: Option<String>,
    #[serde(rename = "where")]
    pub conditions: Conditions,
    pub unless: Conditions,
    pub attribute: Option<Spanned<String>>,
    pub is: Option<bool>,
    pub points: Option<Spanned<PointsForm>>,
    pub values: Option<Spanned<PointsForm>>,
    pub bands: Option<Spanned<Vec<BandForm>>>,
    pub age: Option<AgeForm>,
    pub per: Option<PerForm>,
    pub pick: Option<Spanned<Pick>>,
    #[serde(default, deserialize_with = "some_points")]
    pub unknown: Option<u8>,
    pub missing: Option<MissingForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BandForm {
    pub below: Option<i64>,
    #[serde(deserialize_with = "points_of")]
    pub points: u8,
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
    pub field: Option<Spanned<OneOrMore>>,
    pub is: Option<bool>,
    pub flag: Option<Spanned<OneOrMore>>,
    pub factor: Option<Spanned<OneOrMore>>,
    #[serde(default, deserialize_with = "some_points")]
    pub points_from: Option<u8>,
    #[serde(rename = "where")]
    pub conditions: Conditions,
    pub unless: Conditions,
    pub at_least: Spanned<RiskLevel>,
    #[serde(default)]
    pub human: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlagsForm {
    pub source: Option<FlagSource>,
    pub waiting_counts_as: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelForm {
    pub level: Spanned<RiskLevel>,
    /// Read from the text of the file, so that it never is a float.
    pub from: Spanned<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionForm {
    pub human_from: LevelOrNever,
    pub thin_data: Option<ThinForm>,
    pub auto_reject_from: Option<LevelOrNever>,
    #[serde(default)]
    pub wait_for_approval_date: bool,
    pub leads: Option<LeadsForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThinForm {
    pub over: Spanned<u32>,
    pub at_least: Spanned<RiskLevel>,
    #[serde(default)]
    pub human: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeadsForm {
    pub human_from: LevelOrNever,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainForm {
    #[serde(default)]
    pub show: Show,
}
