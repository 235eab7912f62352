//! What a customer declares about business, income and payments: the objects of its lists, each
//! with its fields and, beside them, its rules.

use super::Origin::*;
use super::field::*;
use super::rule::*;
use super::{Check::*, Classifier, Step};

const DIRECTIONS: &[&str] = &["IN", "OUT"];

const fn ap(name: &str) -> FieldIndex {
    find(APPEAL_REASON_FIELDS, name)
}

/// Why the customer came.
pub static APPEAL_REASON: Object =
    contract_object!(9, "AppealReason", APPEAL_REASON_FIELDS, APPEAL_REASON_STEPS);

#[rustfmt::skip]
const APPEAL_REASON_FIELDS: &[Field] = &[
    coded("appealReasonType", Classifier::AppealReasonType).mandatory("always"),
];

#[rustfmt::skip]
const APPEAL_REASON_STEPS: &[Step] = &[
    Step::Rule(rule("appeal-reason-missing", "AR01", TextPublished,
        "appealReasonType absent or blank",
        "AppealReasonType is mandatory and can't be empty",
        required(&[ap("appealReasonType")]))),
    Step::Rule(rule("appeal-reason-unknown", "AR02", TextPublished,
        "appealReasonType not in appealReasonType",
        "AppealReasonType is mandatory and must be defined in Amlyze",
        known(&[ap("appealReasonType")]))),
];

const fn ins(name: &str) -> FieldIndex {
    find(INTRODUCTION_SOURCE_FIELDS, name)
}

/// How the customer came to know the institution.
pub static INTRODUCTION_SOURCE: Object = contract_object!(
    10,
    "IntroductionSource",
    INTRODUCTION_SOURCE_FIELDS,
    INTRODUCTION_SOURCE_STEPS,
);

#[rustfmt::skip]
const INTRODUCTION_SOURCE_FIELDS: &[Field] = &[
    coded("introductionSource", Classifier::IntroductionSourceType).mandatory("always"),
];

#[rustfmt::skip]
const INTRODUCTION_SOURCE_STEPS: &[Step] = &[
    Step::Rule(rule("introduction-source", "INS01", TextPublished,
        "introductionSource absent, blank or not in introductionSourceType",
        "IntroductionSource not found in amlyze",
        required_and_known(&[ins("introductionSource")]))),
];

const fn os(name: &str) -> FieldIndex {
    find(ORDERED_SERVICE_FIELDS, name)
}

/// A service that the customer ordered.
pub static ORDERED_SERVICE: Object = contract_object!(
    11,
    "OrderedService",
    ORDERED_SERVICE_FIELDS,
    ORDERED_SERVICE_STEPS,
);

#[rustfmt::skip]
const ORDERED_SERVICE_FIELDS: &[Field] = &[
    coded("serviceType", Classifier::ServiceType).mandatory("always"),
];

#[rustfmt::skip]
const ORDERED_SERVICE_STEPS: &[Step] = &[
    Step::Rule(rule("service-type", "OS01", TextPublished,
        "serviceType absent, blank or not in serviceType",
        "ServiceType not found in Amlyze",
        required_and_known(&[os("serviceType")]))),
];

const fn tu(name: &str) -> FieldIndex {
    find(DECLARED_TURNOVER_FIELDS, name)
}

/// A turnover that the customer declares.
pub static DECLARED_TURNOVER: Object = contract_object!(
    12,
    "DeclaredTurnover",
    DECLARED_TURNOVER_FIELDS,
    DECLARED_TURNOVER_STEPS,
);

#[rustfmt::skip]
const DECLARED_TURNOVER_FIELDS: &[Field] = &[
    coded("turnoverType", Classifier::TurnoverType).mandatory("always"),
    choice("turnoverRange", &["SINGLE", "DAILY", "MONTHLY", "ANNUAL"]).mandatory("always"),
    big("from").mandatory("from or to"),
    big("to").mandatory("from or to"),
];

#[rustfmt::skip]
const DECLARED_TURNOVER_STEPS: &[Step] = &[
    Step::Rule(rule("turnover-type-missing", "DT01", TextPublished,
        "turnoverType absent or blank",
        "TurnoverType is mandatory",
        required(&[tu("turnoverType")]))),
    Step::Rule(rule("turnover-type-unknown", "DT02", TextPublished,
        "turnoverType not in turnoverType",
        "TurnoverType must exist in amlyze",
        known(&[tu("turnoverType")]))),
    Step::Rule(rule("turnover-bounds", "DT03", TextPublished,
        "neither from nor to",
        "At least one value must be specified (FROM, TO)",
        NoneOf(&[tu("from"), tu("to")]))),
    Step::Rule(rule("turnover-range", "DT04", Ours,
        "turnoverRange absent or not one of its values",
        "TurnoverRange is mandatory. values: SINGLE, DAILY, MONTHLY, ANNUAL",
        required_and_known(&[tu("turnoverRange")]))),
];

const fn inc(name: &str) -> FieldIndex {
    find(INCOME_SOURCE_FIELDS, name)
}

/// Where income comes from.
pub static INCOME_SOURCE: Object = contract_object!(
    13,
    "IncomeSource",
    INCOME_SOURCE_FIELDS,
    INCOME_SOURCE_STEPS,
);

#[rustfmt::skip]
const INCOME_SOURCE_FIELDS: &[Field] = &[
    coded("incomeSourceType", Classifier::IncomeSourceType).mandatory("always"),
    big("incomePercentage"),
    big("from"),
    big("to"),
];

#[rustfmt::skip]
const INCOME_SOURCE_STEPS: &[Step] = &[
    Step::Rule(rule("income-source-type", "IS01", Ours,
        "incomeSourceType absent, blank or not in incomeSourceType",
        "IncomeSourceType not found in Amlyze",
        required_and_known(&[inc("incomeSourceType")])).related(Ours)),
];

const fn pp(name: &str) -> FieldIndex {
    find(PAYMENT_PURPOSE_FIELDS, name)
}

/// What payments are for.
pub static PAYMENT_PURPOSE: Object = contract_object!(
    14,
    "PaymentPurpose",
    PAYMENT_PURPOSE_FIELDS,
    PAYMENT_PURPOSE_STEPS,
);

#[rustfmt::skip]
const PAYMENT_PURPOSE_FIELDS: &[Field] = &[
    coded("paymentPurposeType", Classifier::PaymentPurposeType).mandatory("always"),
    choice("turnoverDirection", DIRECTIONS).mandatory("always"),
];

#[rustfmt::skip]
const PAYMENT_PURPOSE_STEPS: &[Step] = &[
    Step::Rule(rule("payment-purpose-type", "PP01", TextPublished,
        "paymentPurposeType absent, blank or not in paymentPurposeType",
        "PaymentPurposeType does not exist in Amlyze",
        required_and_known(&[pp("paymentPurposeType")]))),
    Step::Rule(rule("payment-purpose-direction", "PP02", TextPublished,
        "turnoverDirection absent or not one of its values",
        "TurnoverDirection is invalid",
        required_and_known(&[pp("turnoverDirection")]))),
];

const fn sw(name: &str) -> FieldIndex {
    find(SOURCE_OF_WEALTH_FIELDS, name)
}

/// Where wealth comes from.
pub static SOURCE_OF_WEALTH: Object = contract_object!(
    15,
    "SourceOfWealth",
    SOURCE_OF_WEALTH_FIELDS,
    SOURCE_OF_WEALTH_STEPS,
);

#[rustfmt::skip]
const SOURCE_OF_WEALTH_FIELDS: &[Field] = &[
    coded("code", Classifier::SourceOfWealth).mandatory("always"),
    decimal("amount"),
    long("comment"),
];

#[rustfmt::skip]
const SOURCE_OF_WEALTH_STEPS: &[Step] = &[
    Step::Rule(rule("source-of-wealth", "SW01", Ours,
        "code absent, blank or not in sourceOfWealth",
        "SourceOfWealth not found in Amlyze",
        required_and_known(&[sw("code")]))),
];

const fn pc(name: &str) -> FieldIndex {
    find(PAYMENT_COUNTRY_FIELDS, name)
}

/// A country that money goes to or comes from.
pub static PAYMENT_COUNTRY: Object = contract_object!(
    16,
    "PaymentCountry",
    PAYMENT_COUNTRY_FIELDS,
    PAYMENT_COUNTRY_STEPS,
);

#[rustfmt::skip]
const PAYMENT_COUNTRY_FIELDS: &[Field] = &[
    coded("country", Classifier::Country).mandatory("always"),
    choice("turnoverDirection", DIRECTIONS).mandatory("always"),
];

#[rustfmt::skip]
const PAYMENT_COUNTRY_STEPS: &[Step] = &[
    Step::Rule(rule("payment-country-missing", "RC01", TextPublished,
        "country absent or blank",
        "PaymentCountry can't be empty",
        required(&[pc("country")]))),
    Step::Rule(rule("payment-country-unknown", "RC01", Published,
        "country not in country",
        "PaymentCountry not found in Amlyze",
        known(&[pc("country")]))),
    Step::Rule(rule("payment-country-direction", "RC02", TextPublished,
        "turnoverDirection absent or not one of its values",
        "TurnoverDirection is invalid",
        required_and_known(&[pc("turnoverDirection")]))),
];

const fn ac(name: &str) -> FieldIndex {
    find(ACTIVITY_FIELDS, name)
}

/// An economic activity.
pub static ACTIVITY: Object = contract_object!(17, "Activity", ACTIVITY_FIELDS, ACTIVITY_STEPS);

#[rustfmt::skip]
const ACTIVITY_FIELDS: &[Field] = &[
    coded("activityType", Classifier::ActivityType).mandatory("always"),
    big("incomePercentage"),
];

#[rustfmt::skip]
const ACTIVITY_STEPS: &[Step] = &[
    Step::Rule(rule("activity-type-missing", "ACT01", TextPublished,
        "activityType absent or blank",
        "ActivityType is mandatory",
        required(&[ac("activityType")]))),
    Step::Rule(rule("activity-type-unknown", "ACT02", TextPublished,
        "activityType not in activityType",
        "ActivityType must be defined in Amlyze",
        known(&[ac("activityType")]))),
];

const fn re(name: &str) -> FieldIndex {
    find(REGION_OF_ACTIVITY_FIELDS, name)
}

/// A region of the world where the customer is active.
pub static REGION_OF_ACTIVITY: Object = contract_object!(
    18,
    "RegionOfActivity",
    REGION_OF_ACTIVITY_FIELDS,
    REGION_OF_ACTIVITY_STEPS,
);

#[rustfmt::skip]
const REGION_OF_ACTIVITY_FIELDS: &[Field] = &[
    coded("region", Classifier::Region).mandatory("always").note("published as the country classifier, yet every sample sends EU: a region classifier that also takes every country code"),
];

#[rustfmt::skip]
const REGION_OF_ACTIVITY_STEPS: &[Step] = &[
    Step::Rule(rule("region-of-activity", "RA01", Ours,
        "region absent, blank or in neither region nor country",
        "RegionOfActivity not found in Amlyze",
        required_and_known_or(&[re("region")], Classifier::Country)).related(Ours)),
];

const fn ca(name: &str) -> FieldIndex {
    find(COUNTRY_OF_ACTIVITY_FIELDS, name)
}

/// A country where the customer is active.
pub static COUNTRY_OF_ACTIVITY: Object = contract_object!(
    19,
    "CountryOfActivity",
    COUNTRY_OF_ACTIVITY_FIELDS,
    COUNTRY_OF_ACTIVITY_STEPS,
);

#[rustfmt::skip]
const COUNTRY_OF_ACTIVITY_FIELDS: &[Field] = &[
    coded("country", Classifier::Country).mandatory("always"),
];

#[rustfmt::skip]
const COUNTRY_OF_ACTIVITY_STEPS: &[Step] = &[
    Step::Rule(rule("country-of-activity", "CA01", Published,
        "country absent, blank or not in country",
        "CountryOfActivity not found in Amlyze",
        required_and_known(&[ca("country")])).related(TextPublished)),
];

const fn tx(name: &str) -> FieldIndex {
    find(COUNTRY_OF_TAX_PAYMENT_FIELDS, name)
}

/// A country where the customer pays taxes.
pub static COUNTRY_OF_TAX_PAYMENT: Object = contract_object!(
    20,
    "CountryOfTaxPayment",
    COUNTRY_OF_TAX_PAYMENT_FIELDS,
    COUNTRY_OF_TAX_PAYMENT_STEPS,
);

#[rustfmt::skip]
const COUNTRY_OF_TAX_PAYMENT_FIELDS: &[Field] = &[
    coded("country", Classifier::Country).mandatory("always"),
    text("taxpayerNumber"),
];

#[rustfmt::skip]
const COUNTRY_OF_TAX_PAYMENT_STEPS: &[Step] = &[
    Step::Rule(rule("tax-country-missing", "COTP01", TextPublished,
        "country absent or blank",
        "CountryOfTaxPayment can't be empty",
        required(&[tx("country")]))),
    Step::Rule(rule("tax-country-unknown", "COTP01", Published,
        "country not in country",
        "CountryOfTaxPayment not found in Amlyze",
        known(&[tx("country")]))),
];
