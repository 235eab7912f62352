//! What a customer declares about business, income and payments: the objects of its lists, each
//! with its fields and, beside them, its rules.

use super::Origin::*;
use super::field::*;
use super::rule::*;
use super::{Check::*, Classifier, Step};

const DIRECTIONS: &[&str] = &["IN", "OUT"];

contract_object! {
    /// Why the customer came.
    APPEAL_REASON(9, "AppealReason")
    fields ap: [
        coded("appealReasonType", Classifier::AppealReasonType).mandatory("always"),
    ]
    steps: [
        Step::Rule(rule("appeal-reason-missing", "AR01", TextPublished,
            "appealReasonType absent or blank",
            "AppealReasonType is mandatory and can't be empty",
            required(&[ap("appealReasonType")]))),
        Step::Rule(rule("appeal-reason-unknown", "AR02", TextPublished,
            "appealReasonType not in appealReasonType",
            "AppealReasonType is mandatory and must be defined in Amlyze",
            known(&[ap("appealReasonType")]))),
    ]
}

contract_object! {
    /// How the customer came to know the institution.
    INTRODUCTION_SOURCE(10, "IntroductionSource")
    fields ins: [
        coded("introductionSource", Classifier::IntroductionSourceType).mandatory("always"),
    ]
    steps: [
        Step::Rule(rule("introduction-source", "INS01", TextPublished,
            "introductionSource absent, blank or not in introductionSourceType",
            "IntroductionSource not found in amlyze",
            required_and_known(&[ins("introductionSource")]))),
    ]
}

contract_object! {
    /// A service that the customer ordered.
    ORDERED_SERVICE(11, "OrderedService")
    fields os: [
        coded("serviceType", Classifier::ServiceType).mandatory("always"),
    ]
    steps: [
        Step::Rule(rule("service-type", "OS01", TextPublished,
            "serviceType absent, blank or not in serviceType",
            "ServiceType not found in Amlyze",
            required_and_known(&[os("serviceType")]))),
    ]
}

contract_object! {
    /// A turnover that the customer declares.
    DECLARED_TURNOVER(12, "DeclaredTurnover")
    fields tu: [
        coded("turnoverType", Classifier::TurnoverType).mandatory("always"),
        choice("turnoverRange", &["SINGLE", "DAILY", "MONTHLY", "ANNUAL"]).mandatory("always"),
        big("from").mandatory("from or to"),
        big("to").mandatory("from or to"),
    ]
    steps: [
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
    ]
}

contract_object! {
    /// Where income comes from.
    INCOME_SOURCE(13, "IncomeSource")
    fields inc: [
        coded("incomeSourceType", Classifier::IncomeSourceType).mandatory("always"),
        big("incomePercentage"),
        big("from"),
        big("to"),
    ]
    steps: [
        Step::Rule(rule("income-source-type", "IS01", Ours,
            "incomeSourceType absent, blank or not in incomeSourceType",
            "IncomeSourceType not found in Amlyze",
            required_and_known(&[inc("incomeSourceType")])).related(Ours)),
    ]
}

contract_object! {
    /// What payments are for.
    PAYMENT_PURPOSE(14, "PaymentPurpose")
    fields pp: [
        coded("paymentPurposeType", Classifier::PaymentPurposeType).mandatory("always"),
        choice("turnoverDirection", DIRECTIONS).mandatory("always"),
    ]
    steps: [
        Step::Rule(rule("payment-purpose-type", "PP01", TextPublished,
            "paymentPurposeType absent, blank or not in paymentPurposeType",
            "PaymentPurposeType does not exist in Amlyze",
            required_and_known(&[pp("paymentPurposeType")]))),
        Step::Rule(rule("payment-purpose-direction", "PP02", TextPublished,
            "turnoverDirection absent or not one of its values",
            "TurnoverDirection is invalid",
            required_and_known(&[pp("turnoverDirection")]))),
    ]
}

contract_object! {
    /// Where wealth comes from.
    SOURCE_OF_WEALTH(15, "SourceOfWealth")
    fields sw: [
        coded("code", Classifier::SourceOfWealth).mandatory("always"),
        decimal("amount"),
        long("comment"),
    ]
    steps: [
        Step::Rule(rule("source-of-wealth", "SW01", Ours,
            "code absent, blank or not in sourceOfWealth",
            "SourceOfWealth not found in Amlyze",
            required_and_known(&[sw("code")]))),
    ]
}

contract_object! {
    /// A country that money goes to or comes from.
    PAYMENT_COUNTRY(16, "PaymentCountry")
    fields pc: [
        coded("country", Classifier::Country).mandatory("always"),
        choice("turnoverDirection", DIRECTIONS).mandatory("always"),
    ]
    steps: [
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
    ]
}

contract_object! {
    /// An economic activity.
    ACTIVITY(17, "Activity")
    fields ac: [
        coded("activityType", Classifier::ActivityType).mandatory("always"),
        big("incomePercentage"),
    ]
    steps: [
        Step::Rule(rule("activity-type-missing", "ACT01", TextPublished,
            "activityType absent or blank",
            "ActivityType is mandatory",
            required(&[ac("activityType")]))),
        Step::Rule(rule("activity-type-unknown", "ACT02", TextPublished,
            "activityType not in activityType",
            "ActivityType must be defined in Amlyze",
            known(&[ac("activityType")]))),
    ]
}

contract_object! {
    /// A region of the world where the customer is active.
    REGION_OF_ACTIVITY(18, "RegionOfActivity")
    fields re: [
        coded("region", Classifier::Region).mandatory("always").note("published as the country classifier, yet every sample sends EU: a region classifier that also takes every country code"),
    ]
    steps: [
        Step::Rule(rule("region-of-activity", "RA01", Ours,
            "region absent, blank or in neither region nor country",
            "RegionOfActivity not found in Amlyze",
            required_and_known_or(&[re("region")], Classifier::Country)).related(Ours)),
    ]
}

contract_object! {
    /// A country where the customer is active.
    COUNTRY_OF_ACTIVITY(19, "CountryOfActivity")
    fields ca: [
        coded("country", Classifier::Country).mandatory("always"),
    ]
    steps: [
        Step::Rule(rule("country-of-activity", "CA01", Published,
            "country absent, blank or not in country",
            "CountryOfActivity not found in Amlyze",
            required_and_known(&[ca("country")])).related(TextPublished)),
    ]
}

contract_object! {
    /// A country where the customer pays taxes.
    COUNTRY_OF_TAX_PAYMENT(20, "CountryOfTaxPayment")
    fields tx: [
        coded("country", Classifier::Country).mandatory("always"),
        text("taxpayerNumber"),
    ]
    steps: [
        Step::Rule(rule("tax-country-missing", "COTP01", TextPublished,
            "country absent or blank",
            "CountryOfTaxPayment can't be empty",
            required(&[tx("country")]))),
        Step::Rule(rule("tax-country-unknown", "COTP01", Published,
            "country not in country",
            "CountryOfTaxPayment not found in Amlyze",
            known(&[tx("country")]))),
    ]
}
