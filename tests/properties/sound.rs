//! Sound customers at random, written from the tables of the catalogue: everything mandatory is
//! there, everything else may be.

use kycdrop::catalog::{Applies, CUSTOMER, Classifier, Endpoint, Field, Object, Type};
use serde_json::{Map, Value, json};

/// Random choices, taken one after the other from what proptest made, so that it can shrink them.
/// Once they are used up every choice is the first, which is the plainest.
pub(crate) struct Dice<'d> {
    rolls: &'d [u16],
}

impl<'d> Dice<'d> {
    pub(crate) fn new(rolls: &'d [u16]) -> Dice<'d> {
        Dice { rolls }
    }

    /// One of `sides`, from 0.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        match self.rolls.split_first() {
            Some((first, rest)) => {
                self.rolls = rest;
                *first as usize % sides
            }
            None => 0,
        }
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())].clone()
    }
}

/// Codes of the shipped classifiers.
pub(crate) fn codes(classifier: Classifier) -> &'static [&'static str] {
    match classifier {
        Classifier::RelationType => &["HOST", "DIRECTOR", "OWNER"],
        Classifier::ActivityType => &["OTHER", "ACTIVITY_OTHER"],
        Classifier::AppealReasonType => &["RECOMMENDATIONS", "PURPOSE_GET_LOAN"],
        // Empty as shipped: anything is taken.
        Classifier::BusinessUnit => &["vilnius", "Kauno g. 1"],
        Classifier::ServiceType => &["LOANS", "OUT_INTERNATIONAL_PAYMENT"],
        Classifier::LegalForm => &["LTD", "COOPERATIVE"],
        Classifier::IncomeSourceType => &["SALARY", "BUSINESS_REVENUE_OR_ASSET_SALE"],
        Classifier::SourceOfWealth => &["6", "INHERITANCE"],
        Classifier::Currency => &["EUR", "USD", "JPY"],
        Classifier::Country => &["LT", "LV", "EE", "UA"],
        Classifier::IntroductionSourceType => &["Internet"],
        Classifier::PaymentPurposeType => &["TAXES", "RENT_AND_UTILITIES"],
        Classifier::TurnoverType => &["PLANNED_FUTURE_INCOME", "TURNOVER_PER_MONTH"],
        Classifier::AddressType => &["RESIDENCE", "HEADQUARTERS"],
        Classifier::Region => &["EU", "LT"],
        _ => unreachable!("no field has this classifier"),
    }
}

/// A customer that is sound at this endpoint of regular customers.
pub(crate) fn customer(dice: &mut Dice<'_>, endpoint: Endpoint, id: &str) -> Value {
    let mut made = object(dice, &CUSTOMER);
    let person = made["entityType"] == "INDIVIDUAL";
    let categories = match person {
        true => ["IND", "IND_AMLYZE", "IND_PK"],
        false => ["ORG", "ORG_AMLYZE", "ORG_PK"],
    };
    made.insert(
        "riskManagementCategory".into(),
        dice.pick(&categories).into(),
    );
    made.insert("communicationNumber".into(), format!("N-{id}").into());
    made.insert("customerExtId".into(), format!("X-{id}").into());
    if made["customerStatus"] == "CLOSED" {
        made.insert("closingDate".into(), date(dice));
    }
    if endpoint == Endpoint::Customer {
        made.insert("sourceOfRiskLevel".into(), "IMPORT".into());
        made.entry("riskLevel").or_insert("NONE".into());
    }
    made.into()
}

fn object(dice: &mut Dice<'_>, table: &'static Object) -> Map<String, Value> {
    let mut made = Map::new();
    let is_customer = table.name == CUSTOMER.name;
    let typed = is_customer || table.name == "RelatedEntity";
    let person = dice.roll(2) == 0;
    for field in table.fields {
        let other = match field.applies {
            Applies::Both => false,
            Applies::Individual => typed && !person,
            Applies::Organization => typed && person,
        };
        // Decided by the customer as a whole.
        let elsewhere = is_customer
            && matches!(
                field.name,
                "action" | "sourceOfRiskLevel" | "closingDate" | "riskManagementCategory"
            );
        let mandatory = !matches!(
            field.mandatory,
            "" | "when multi_organization = true" | "see C008 rules"
        );
        if other || elsewhere || (!mandatory && dice.roll(3) == 0) {
            continue;
        }
        let given = match field.name {
            "entityType" if typed && person => "INDIVIDUAL".into(),
            "entityType" if typed => "ORGANIZATION".into(),
            _ => value(dice, field),
        };
        let name = match field.other_name {
            Some(other) if dice.roll(2) == 1 => other,
            _ => field.name,
        };
        made.insert(name.into(), given);
    }
    made
}

fn value(dice: &mut Dice<'_>, field: &Field) -> Value {
    if let Some(classifier) = field.classifier {
        return dice.pick(codes(classifier)).into();
    }
    match field.ty {
        Type::Text | Type::Scalar => text(dice, field.max_chars.unwrap_or(256) as usize),
        Type::Boolean => dice.pick(&[json!(true), json!(false), json!("TRUE"), json!(" false ")]),
        Type::Integer | Type::BigInteger => dice.pick(&[
            json!(0),
            json!(-7),
            json!(10.0),
            json!("1e3"),
            json!(" 123456789012345678901234567890 "),
            json!(1e300),
        ]),
        Type::Decimal => dice.pick(&[json!(0), json!(-0.5), json!("1.50"), json!("1e999")]),
        Type::Date => date(dice),
        Type::Choice(values) => dice.pick(values).into(),
        Type::Choices(values) => {
            let count = dice.roll(3);
            (0..count).map(|_| dice.pick(values)).collect()
        }
        Type::Object(table) => object(dice, table).into(),
        Type::List(table) if table.name == "AdditionalValue" => {
            let count = dice.roll(4);
            (0..count).map(|i| additional(dice, i)).collect()
        }
        Type::List(table) => {
            let count = dice.roll(3);
            (0..count).map(|_| object(dice, table)).collect()
        }
    }
}

fn text(dice: &mut Dice<'_>, most: usize) -> Value {
    match dice.roll(7) {
        0 => "x".into(),
        // The longest descriptions now and then only: they take their time.
        1 if most > 256 && dice.roll(32) > 0 => "ž".repeat(257).into(),
        1 => "ž".repeat(most).into(),
        2 => "\" \\ / \t\r\n 😀 \u{85} end".into(),
        3 => 7.into(),
        4 => true.into(),
        5 => " Ąžuolyno g. 1-2 ".into(),
        _ => (0..1 + dice.roll(most.min(40)))
            .map(|_| dice.pick(&['a', 'Z', '0', 'ė', '中', '-', '}', '[']))
            .collect::<String>()
            .into(),
    }
}

fn date(dice: &mut Dice<'_>) -> Value {
    dice.pick(&[
        json!("2024-02-29"),
        json!(" 1999-12-31 "),
        json!("2024-04-10T09:45:00.000+02:00"),
        json!("2024-04-10T09:45Z"),
    ])
}

fn additional(dice: &mut Dice<'_>, index: usize) -> Value {
    let (datatype, value) = dice.pick(&[
        ("STRING", json!("x")),
        ("STRING", json!(1.5)),
        ("INTEGER", json!("-7")),
        ("INTEGER", json!(7)),
        ("DECIMAL", json!("1.5e3")),
        ("DATE", json!("2024-02-29")),
        ("TIMESTAMP", json!("2024-04-10 09:45:00.000+0200")),
        ("BOOLEAN", json!(false)),
        ("BOOLEAN", json!("True")),
    ]);
    json!({"code": format!("v{index}"), "description": text(dice, 32_768), "datatype": datatype, "value": value})
}
