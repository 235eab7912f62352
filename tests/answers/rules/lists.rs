//! Cases of the rules about the customer's lists, from contacts to taxes.

use serde_json::{Value, json};

use crate::common::with;
use crate::rules::case::Base::{Company, Person};
use crate::rules::case::{Case, case};

/// A list of one sound item and one that is changed, so that the index is 1.
fn second(list: &str, sound: &Value, change: Value) -> Value {
    json!({list: [sound, with(sound.clone(), change)]})
}

pub(super) fn cases() -> Vec<Case> {
    [
        contacts_and_documents(),
        addresses(),
        reasons_and_activities(),
    ]
    .concat()
}

#[rustfmt::skip]
fn contacts_and_documents() -> Vec<Case> {
    let contact = |change| second("listContact", &json!({"contactType": "EMAIL", "contactDetails": "a@b.lt"}), change);
    let sound = json!({"entityType": "INDIVIDUAL", "identityDocumentType": "PASSPORT", "documentNumber": "LA-1",
        "documentIssueDate": "2020-01-01", "documentIssueCountry": "LT", "documentIssueAuthority": "Migration"});
    let document = |change| second("listBusinessEntityDocument", &sound, change);
    vec![
        case("contact-type", Person)
            .fires(contact(json!({"contactType": null})))
            .says("Q001.Co1", "Problem with Customer Contact index = 1 . ContactType is mandatory. values: MOBILEPHONE, FIXEDPHONE, EMAIL, WEBSITE", "listContact[1].contactType")
            .fires(contact(json!({"contactType": "FAX"})))
            .says("Q001.Co1", "Problem with Customer Contact index = 1 . ContactType is mandatory. values: MOBILEPHONE, FIXEDPHONE, EMAIL, WEBSITE", "listContact[1].contactType")
            .near(contact(json!({"contactType": "WEBSITE"}))),
        case("contact-details", Company)
            .fires(contact(json!({"contactDetails": " "})))
            .says("Q001.Co2", "Problem with Customer Contact index = 1 . ContactDetails is mandatory", "listContact[1].contactDetails")
            .near(contact(json!({"contactDetails": 37060000000u64}))),
        case("document-entity-type", Person)
            .fires(document(json!({"entityType": "PERSON"})))
            .says("Q002.DOC01", "Problem with Customer BusinessEntityDocument index = 1 . EntityType is mandatory. values : INDIVIDUAL, ORGANIZATION", "listBusinessEntityDocument[1].entityType")
            .near(document(json!({"entityType": "ORGANIZATION"}))),
        case("document-type", Person)
            .fires(document(json!({"identityDocumentType": null})))
            .says("Q002.DOC02", "Problem with Customer BusinessEntityDocument index = 1 . IdentityDocumentType is mandatory. values: PASSPORT, IDENTITYCARD, RESIDENCEPERMIT, DRIVINGLICENSE, REGISTRATIONCERTIFICATE, OTHER", "listBusinessEntityDocument[1].identityDocumentType")
            .near(document(json!({"identityDocumentType": "OTHER"}))),
        case("document-number", Company)
            .fires(document(json!({"documentNumber": null})))
            .says("Q002.DOC03", "Problem with Customer BusinessEntityDocument index = 1 . DocumentNumber is mandatory", "listBusinessEntityDocument[1].documentNumber")
            .near(document(json!({"documentNumber": 1}))),
        case("document-issue-date", Person)
            .fires(document(json!({"documentIssueDate": null})))
            .says("Q002.DOC04", "Problem with Customer BusinessEntityDocument index = 1 . DocumentIssueDate is mandatory", "listBusinessEntityDocument[1].documentIssueDate")
            .near(document(json!({"documentIssueDate": "2020-01-01T00:00Z"}))),
        case("document-issue-country", Person)
            .fires(document(json!({"documentIssueCountry": ""})))
            .says("Q002.DOC06", "Problem with Customer BusinessEntityDocument index = 1 . DocumentIssueCountry is mandatory and must exist in Amlyze", "listBusinessEntityDocument[1].documentIssueCountry")
            .fires(document(json!({"documentIssueCountry": "EU"})))
            .says("Q002.DOC06", "Problem with Customer BusinessEntityDocument index = 1 . DocumentIssueCountry is mandatory and must exist in Amlyze", "listBusinessEntityDocument[1].documentIssueCountry")
            .near(document(json!({"documentIssueCountry": "LV"}))),
        case("document-issue-authority", Company)
            .fires(document(json!({"documentIssueAuthority": "\n"})))
            .says("Q002.DOC07", "Problem with Customer BusinessEntityDocument index = 1 . DocumentIssueAuthority is mandatory", "listBusinessEntityDocument[1].documentIssueAuthority")
            .near(document(json!({"documentIssueAuthority": "RC", "documentExpiryDate": "", "description": ""}))),
    ]
}

#[rustfmt::skip]
fn addresses() -> Vec<Case> {
    let address = |change| second("listAddress", &json!({"addressType": "RESIDENCE", "country": "LT"}), change);
    vec![
        case("address-type-blank", Person)
            .fires(address(json!({"addressType": "  "})))
            .says("Q004.ADR01", "Problem with Address (index: 1 ). AddressType is mandatory", "listAddress[1].addressType")
            .near(address(json!({"addressType": null}))),
        case("address-type-unknown", Person)
            .fires(address(json!({"addressType": "Residence"})))
            .says("Q004.ADR02", "Problem with Address (index: 1 ). AddressType is not defined in amlyze", "listAddress[1].addressType")
            .near(address(json!({"addressType": "HEADQUARTERS"}))),
        case("address-country-missing", Company)
            .fires(address(json!({"country": null})))
            .says("Q004.ADR02", "Problem with Address (index: 1 ). Country is mandatory and can't be empty", "listAddress[1].country")
            .near(address(json!({"country": "LV"}))),
        case("address-country-unknown", Person)
            .fires(address(json!({"country": "LT "})))
            .says("Q004.ADR02", "Problem with Address (index: 1 ). Country is mandatory and must exist in Amlyze", "listAddress[1].country")
            .near(address(json!({"country": "AX"}))),
    ]
}

#[rustfmt::skip]
fn reasons_and_activities() -> Vec<Case> {
    let reason = |change| second("listAppealReason", &json!({"appealReasonType": "RECOMMENDATIONS"}), change);
    let introduction = |change| second("listIntroductionSource", &json!({"introductionSource": "Internet"}), change);
    let activity = |change| second("listActivity", &json!({"activityType": "OTHER"}), change);
    let region = |change| second("listRegionOfActivity", &json!({"region": "EU"}), change);
    let country = |change| second("listCountryOfActivity", &json!({"country": "LT"}), change);
    vec![
        case("appeal-reason-missing", Person)
            .fires(reason(json!({"appealReasonType": null})))
            .says("Q005.AR01", "Problem with ListAppealReason (index: 1 ). AppealReasonType is mandatory and can't be empty", "listAppealReason[1].appealReasonType")
            .near(reason(json!({}))),
        case("appeal-reason-unknown", Person)
            .fires(reason(json!({"appealReasonType": "RECOMMENDATION"})))
            .says("Q005.AR02", "Problem with ListAppealReason (index: 1 ). AppealReasonType is mandatory and must be defined in Amlyze", "listAppealReason[1].appealReasonType")
            .near(reason(json!({"appealReasonType": "PURPOSE_GET_LOAN"}))),
        case("introduction-source", Company)
            .fires(introduction(json!({"introductionSource": "internet"})))
            .says("Q006.INS01", "Problem with IntroductionSource (index: 1 ). IntroductionSource not found in amlyze", "listIntroductionSource[1].introductionSource")
            .fires(introduction(json!({"introductionSource": null})))
            .says("Q006.INS01", "Problem with IntroductionSource (index: 1 ). IntroductionSource not found in amlyze", "listIntroductionSource[1].introductionSource")
            .near(introduction(json!({"introductionSource": "PRESS"}))),
        case("activity-type-missing", Person)
            .fires(activity(json!({"activityType": " "})))
            .says("Q007.ACT01", "Problem with activity (index: 1 ). ActivityType is mandatory", "listActivity[1].activityType")
            .near(activity(json!({"incomePercentage": null}))),
        case("activity-type-unknown", Person)
            .fires(activity(json!({"activityType": "ACTIVITY"})))
            .says("Q007.ACT02", "Problem with activity (index: 1 ). ActivityType must be defined in Amlyze", "listActivity[1].activityType")
            .near(activity(json!({"activityType": "ACTIVITY_OTHER"}))),
        case("region-of-activity", Company)
            .fires(region(json!({"region": null})))
            .says("Q008.RA01", "Problem with RegionOfActivity (index: 1 ). RegionOfActivity not found in Amlyze", "listRegionOfActivity[1].region")
            .fires(region(json!({"region": "ATLANTIS"})))
            .says("Q008.RA01", "Problem with RegionOfActivity (index: 1 ). RegionOfActivity not found in Amlyze", "listRegionOfActivity[1].region")
            .near(region(json!({"region": "LT"}))),
        case("country-of-activity", Company)
            .fires(country(json!({"country": "EU"})))
            .says("Q009.CA01", "Problem with CountryOfActivity (index: 1 ). CountryOfActivity not found in Amlyze", "listCountryOfActivity[1].country")
            .fires(country(json!({"country": ""})))
            .says("Q009.CA01", "Problem with CountryOfActivity (index: 1 ). CountryOfActivity not found in Amlyze", "listCountryOfActivity[1].country")
            .near(country(json!({"country": "UA"}))),
    ]
}

pub(super) fn about_payments() -> Vec<Case> {
    [services_and_income(), payments_and_taxes()].concat()
}

#[rustfmt::skip]
fn services_and_income() -> Vec<Case> {
    let service = |change| second("listOrderedService", &json!({"serviceType": "LOANS"}), change);
    let turnover = |change| second("listDeclaredTurnover", &json!({"turnoverType": "FORMER_TURNOVER", "turnoverRange": "ANNUAL", "from": 0, "to": 1000}), change);
    let income = |change| second("listIncomeSource", &json!({"incomeSourceType": "SALARY"}), change);
    vec![
        case("service-type", Person)
            .fires(service(json!({"serviceType": null})))
            .says("Q010.OS01", "Problem with OrderedService (index: 1 ). ServiceType not found in Amlyze", "listOrderedService[1].serviceType")
            .fires(service(json!({"serviceType": "LOAN"})))
            .says("Q010.OS01", "Problem with OrderedService (index: 1 ). ServiceType not found in Amlyze", "listOrderedService[1].serviceType")
            .near(service(json!({"serviceType": "OUT_INTERNATIONAL_PAYMENT"}))),
        case("turnover-type-missing", Person)
            .fires(turnover(json!({"turnoverType": null})))
            .says("Q011.DT01", "Problem with DeclaredTurnover (index: 1 ). TurnoverType is mandatory", "listDeclaredTurnover[1].turnoverType")
            .near(turnover(json!({}))),
        case("turnover-type-unknown", Person)
            .fires(turnover(json!({"turnoverType": "TURNOVER"})))
            .says("Q011.DT02", "Problem with DeclaredTurnover (index: 1 ). TurnoverType must exist in amlyze", "listDeclaredTurnover[1].turnoverType")
            .near(turnover(json!({"turnoverType": "TURNOVER_PER_MONTH"}))),
        case("turnover-bounds", Company)
            .fires(turnover(json!({"from": null, "to": " "})))
            .says("Q011.DT03", "Problem with DeclaredTurnover (index: 1 ). At least one value must be specified (FROM, TO)", "listDeclaredTurnover[1].from")
            .near(turnover(json!({"to": null})))
            .near(turnover(json!({"from": null}))),
        case("turnover-range", Person)
            .fires(turnover(json!({"turnoverRange": "WEEKLY"})))
            .says("Q011.DT04", "Problem with DeclaredTurnover (index: 1 ). TurnoverRange is mandatory. values: SINGLE, DAILY, MONTHLY, ANNUAL", "listDeclaredTurnover[1].turnoverRange")
            .near(turnover(json!({"turnoverRange": "SINGLE"}))),
        case("income-source-type", Person)
            .fires(income(json!({"incomeSourceType": null})))
            .says("Q012.IS01", "Problem with IncomeSource (index: 1 ). IncomeSourceType not found in Amlyze", "listIncomeSource[1].incomeSourceType")
            .fires(income(json!({"incomeSourceType": "Salary"})))
            .says("Q012.IS01", "Problem with IncomeSource (index: 1 ). IncomeSourceType not found in Amlyze", "listIncomeSource[1].incomeSourceType")
            .near(income(json!({"incomeSourceType": "BUSINESS_REVENUE_OR_ASSET_SALE", "from": "1", "incomePercentage": 100.0}))),
    ]
}

#[rustfmt::skip]
fn payments_and_taxes() -> Vec<Case> {
    let purpose = |change| second("listPaymentPurpose", &json!({"paymentPurposeType": "TAXES", "turnoverDirection": "OUT"}), change);
    let payment = |change| second("listPaymentCountry", &json!({"country": "LT", "turnoverDirection": "IN"}), change);
    let wealth = |change| second("listSourceOfWealth", &json!({"code": "INHERITANCE"}), change);
    let tax = |change| second("listCountryOfTaxPayment", &json!({"country": "LT"}), change);
    vec![
        case("payment-purpose-type", Person)
            .fires(purpose(json!({"paymentPurposeType": ""})))
            .says("Q013.PP01", "Problem with PaymentPurpose (index: 1 ). PaymentPurposeType does not exist in Amlyze", "listPaymentPurpose[1].paymentPurposeType")
            .fires(purpose(json!({"paymentPurposeType": "TAX"})))
            .says("Q013.PP01", "Problem with PaymentPurpose (index: 1 ). PaymentPurposeType does not exist in Amlyze", "listPaymentPurpose[1].paymentPurposeType")
            .near(purpose(json!({"paymentPurposeType": "RENT_AND_UTILITIES"}))),
        case("payment-purpose-direction", Company)
            .fires(purpose(json!({"turnoverDirection": "INOUT"})))
            .says("Q013.PP02", "Problem with PaymentPurpose (index: 1 ). TurnoverDirection is invalid", "listPaymentPurpose[1].turnoverDirection")
            .near(purpose(json!({"turnoverDirection": "IN"}))),
        case("payment-country-missing", Person)
            .fires(payment(json!({"country": null})))
            .says("Q014.RC01", "Problem with PaymentCountry (index: 1 ). PaymentCountry can't be empty", "listPaymentCountry[1].country")
            .near(payment(json!({}))),
        case("payment-country-unknown", Person)
            .fires(payment(json!({"country": "0"})))
            .says("Q014.RC01", "Problem with PaymentCountry (index: 1 ). PaymentCountry not found in Amlyze", "listPaymentCountry[1].country")
            .near(payment(json!({"country": "NO"}))),
        case("payment-country-direction", Company)
            .fires(payment(json!({"turnoverDirection": null})))
            .says("Q014.RC02", "Problem with PaymentCountry (index: 1 ). TurnoverDirection is invalid", "listPaymentCountry[1].turnoverDirection")
            .near(payment(json!({"turnoverDirection": "OUT"}))),
        case("source-of-wealth", Person)
            .fires(wealth(json!({"code": null})))
            .says("Q015.SW01", "Problem with SourceOfWealth (index: 1 ). SourceOfWealth not found in Amlyze", "listSourceOfWealth[1].code")
            .fires(wealth(json!({"code": 7})))
            .says("Q015.SW01", "Problem with SourceOfWealth (index: 1 ). SourceOfWealth not found in Amlyze", "listSourceOfWealth[1].code")
            .near(wealth(json!({"code": 6, "amount": "1.5", "comment": "a farm"}))),
        case("tax-country-missing", Person)
            .fires(tax(json!({"country": " "})))
            .says("Q017.COTP01", "CountryOfTaxPayment (index: 1 ). CountryOfTaxPayment can't be empty", "listCountryOfTaxPayment[1].country")
            .near(tax(json!({"taxpayerNumber": "1"}))),
        case("tax-country-unknown", Company)
            .fires(tax(json!({"country": "LIT"})))
            .says("Q017.COTP01", "CountryOfTaxPayment (index: 1 ). CountryOfTaxPayment not found in Amlyze", "listCountryOfTaxPayment[1].country")
            .near(tax(json!({"country": "US"}))),
    ]
}
