//! Cases of the rules about the lists of related entities: each with two indexes, that of the
//! entity and that of the item.

use serde_json::{Value, json};

use crate::common::with;
use crate::rules::additional::value;
use crate::rules::case::Base::{Company, Person};
use crate::rules::case::{Case, case};
use crate::rules::related::{company, only, person, second};

/// The second entity's list of one sound item and one that is changed: indexes 1 and 1.
fn second_of_second(list: &str, sound: Value, change: Value) -> Value {
    let changed = with(sound.clone(), change);
    second(person(json!({list: [sound, changed]})))
}

pub(super) fn cases() -> Vec<Case> {
    [
        contacts_and_addresses(),
        documents(),
        income_and_activities(),
    ]
    .concat()
}

#[rustfmt::skip]
fn contacts_and_addresses() -> Vec<Case> {
    let contact = |change| second_of_second("listContact", json!({"contactType": "EMAIL", "contactDetails": "a@b.lt"}), change);
    let address = |change| second_of_second("listAddress", json!({"addressType": "RESIDENCE", "country": "LT"}), change);
    vec![
        case("related-contact-type", Person)
            .fires(contact(json!({"contactType": "email"})))
            .says("C016.C016.RE06.Co1", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with Contact (index: 1 ). ContactType is mandatory. values: MOBILEPHONE, FIXEDPHONE, EMAIL, WEBSITE", "listRelatedEntity[1].listContact[1].contactType")
            .near(contact(json!({"contactType": "FIXEDPHONE"}))),
        case("related-contact-type", Company)
            .fires(only(company(json!({"listContact": [{"contactDetails": "1"}]}))))
            .says("C017.C016.RE06.Co1", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 0 ). Problem with Contact (index: 0 ). ContactType is mandatory. values: MOBILEPHONE, FIXEDPHONE, EMAIL, WEBSITE", "listRelatedEntity[0].listContact[0].contactType"),
        case("related-contact-details", Company)
            .fires(contact(json!({"contactDetails": null})))
            .says("C017.C016.RE06.Co2", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Problem with Contact (index: 1 ). ContactDetails is mandatory", "listRelatedEntity[1].listContact[1].contactDetails")
            .near(contact(json!({"contactDetails": "1"}))),
        case("related-address-type-blank", Person)
            .fires(address(json!({"addressType": ""})))
            .says("C016.C016.RE06.ADR01", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with Address (index: 1 ). AddressType is mandatory", "listRelatedEntity[1].listAddress[1].addressType")
            .near(address(json!({"addressType": null}))),
        case("related-address-type-unknown", Company)
            .fires(address(json!({"addressType": "HOME"})))
            .says("C017.C016.RE06.ADR02", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Problem with Address (index: 1 ). AddressType is not defined in amlyze", "listRelatedEntity[1].listAddress[1].addressType")
            .near(address(json!({"addressType": "HEADQUARTERS"}))),
        case("related-address-country-missing", Person)
            .fires(address(json!({"country": "  "})))
            .says("C016.C016.RE06.ADR02", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with Address (index: 1 ). Country is mandatory and can't be empty", "listRelatedEntity[1].listAddress[1].country")
            .near(address(json!({"zipCode": " "}))),
        case("related-address-country-unknown", Person)
            .fires(address(json!({"country": "Latvia"})))
            .says("C016.C016.RE06.ADR02", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with Address (index: 1 ). Country is mandatory and must exist in Amlyze", "listRelatedEntity[1].listAddress[1].country")
            .near(address(json!({"country": "LV"}))),
    ]
}

#[rustfmt::skip]
fn documents() -> Vec<Case> {
    let sound = || json!({"entityType": "INDIVIDUAL", "identityDocumentType": "PASSPORT", "documentNumber": "LA-1",
        "documentIssueDate": "2020-01-01", "documentIssueCountry": "LT", "documentIssueAuthority": "Migration"});
    let document = |change| second_of_second("listBusinessEntityDocument", sound(), change);
    vec![
        case("related-document-entity-type", Person)
            .fires(document(json!({"entityType": null})))
            .says("C016.C016.RE08.DOC01", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with BusinessEntityDocuments (index: 1 ). EntityType is mandatory. values : INDIVIDUAL, ORGANIZATION", "listRelatedEntity[1].listBusinessEntityDocument[1].entityType")
            .near(document(json!({"entityType": "ORGANIZATION"}))),
        case("related-document-type", Company)
            .fires(document(json!({"identityDocumentType": "ID"})))
            .says("C017.C016.RE08.DOC02", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Problem with BusinessEntityDocuments (index: 1 ). IdentityDocumentType is mandatory. values: PASSPORT, IDENTITYCARD, RESIDENCEPERMIT, DRIVINGLICENSE, REGISTRATIONCERTIFICATE, OTHER", "listRelatedEntity[1].listBusinessEntityDocument[1].identityDocumentType")
            .near(document(json!({"identityDocumentType": "IDENTITYCARD"}))),
        case("related-document-number", Person)
            .fires(document(json!({"documentNumber": " "})))
            .says("C016.C016.RE08.DOC03", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with BusinessEntityDocuments (index: 1 ). DocumentNumber is mandatory", "listRelatedEntity[1].listBusinessEntityDocument[1].documentNumber")
            .near(document(json!({"documentNumber": "0"}))),
        case("related-document-issue-date", Person)
            .fires(document(json!({"documentIssueDate": null})))
            .says("C016.C016.RE08.DOC04", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with BusinessEntityDocuments (index: 1 ). DocumentIssueDate is mandatory", "listRelatedEntity[1].listBusinessEntityDocument[1].documentIssueDate")
            .near(document(json!({"documentExpiryDate": null}))),
        case("related-document-issue-country", Company)
            .fires(document(json!({"documentIssueCountry": null})))
            .says("C017.C016.RE08.DOC06", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Problem with BusinessEntityDocuments (index: 1 ). DocumentIssueCountry is mandatory and must exist in Amlyze", "listRelatedEntity[1].listBusinessEntityDocument[1].documentIssueCountry")
            .fires(document(json!({"documentIssueCountry": "ZZ"})))
            .says("C017.C016.RE08.DOC06", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Problem with BusinessEntityDocuments (index: 1 ). DocumentIssueCountry is mandatory and must exist in Amlyze", "listRelatedEntity[1].listBusinessEntityDocument[1].documentIssueCountry")
            .near(document(json!({"documentIssueCountry": "EE"}))),
        case("related-document-issue-authority", Person)
            .fires(document(json!({"documentIssueAuthority": null})))
            .says("C016.C016.RE08.DOC07", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with BusinessEntityDocuments (index: 1 ). DocumentIssueAuthority is mandatory", "listRelatedEntity[1].listBusinessEntityDocument[1].documentIssueAuthority")
            .near(document(json!({"description": null}))),
    ]
}

#[rustfmt::skip]
fn income_and_activities() -> Vec<Case> {
    let income = |change| second_of_second("listIncomeSource", json!({"incomeSourceType": "SALARY"}), change);
    let activity = |change| second_of_second("listActivity", json!({"activityType": "OTHER"}), change);
    let region = |change| second_of_second("listRegionOfActivity", json!({"region": "EU"}), change);
    let country = |change| second_of_second("listCountryOfActivity", json!({"country": "LT"}), change);
    vec![
        case("related-income-source-type", Person)
            .fires(income(json!({"incomeSourceType": "WAGE"})))
            .says("C016.C016.RE09.IS01", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with IncomeSource (index: 1 ). IncomeSourceType not found in Amlyze", "listRelatedEntity[1].listIncomeSource[1].incomeSourceType")
            .near(income(json!({"from": 1}))),
        case("related-activity-type-missing", Person)
            .fires(activity(json!({"activityType": null})))
            .says("C016.C016.RE10.ACT01", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with activity (index: 1 ). ActivityType is mandatory", "listRelatedEntity[1].listActivity[1].activityType")
            .near(activity(json!({"incomePercentage": 1}))),
        case("related-activity-type-unknown", Company)
            .fires(activity(json!({"activityType": "Other"})))
            .says("C017.C016.RE10.ACT02", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Problem with activity (index: 1 ). ActivityType must be defined in Amlyze", "listRelatedEntity[1].listActivity[1].activityType")
            .near(activity(json!({"activityType": "ACTIVITY_OTHER"}))),
        case("related-region-of-activity", Person)
            .fires(region(json!({"region": "Europe"})))
            .says("C016.C016.RE11.RA01", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Problem with RegionOfActivity (index: 1 ). RegionOfActivity not found in Amlyze", "listRelatedEntity[1].listRegionOfActivity[1].region")
            .near(region(json!({"region": "PL"}))),
        case("related-country-of-activity", Company)
            .fires(country(json!({"country": null})))
            .says("C017.C016.RE12.CA01", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Problem with CountryOfActivity (index: 1 ). CountryOfActivity not found in Amlyze", "listRelatedEntity[1].listCountryOfActivity[1].country")
            .fires(country(json!({"country": "pl"})))
            .says("C017.C016.RE12.CA01", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Problem with CountryOfActivity (index: 1 ). CountryOfActivity not found in Amlyze", "listRelatedEntity[1].listCountryOfActivity[1].country")
            .near(country(json!({"country": "PL"}))),
    ]
}

/// The second entity with these additional values.
fn values(list: Value) -> Value {
    second(person(json!({"listAdditionalValues": list})))
}

#[rustfmt::skip]
pub(super) fn additional_values() -> Vec<Case> {
    let one = |change| values(json!([value(change)]));
    let typed = |datatype: &str, given: &str| values(json!([value(json!({"datatype": datatype, "value": given}))]));
    vec![
        case("related-additional-value-code", Person)
            .fires(one(json!({"code": " "})))
            .says("C016.C016.AV01", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). AdditionalValue.Code is mandatory", "listRelatedEntity[1].listAdditionalValues[0].code")
            .near(one(json!({}))),
        case("related-additional-value-description", Company)
            .fires(one(json!({"description": null})))
            .says("C017.C016.AV02", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). AdditionalValue.Description is mandatory", "listRelatedEntity[1].listAdditionalValues[0].description")
            .near(one(json!({"description": 1}))),
        case("related-additional-value-value", Person)
            .fires(one(json!({"value": null})))
            .says("C016.C016.AV03", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). AdditionalValue.Value is mandatory", "listRelatedEntity[1].listAdditionalValues[0].value")
            .near(one(json!({"value": true}))),
        case("related-additional-value-datatype", Person)
            .fires(one(json!({"datatype": null})))
            .says("C016.C016.AV04", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). AdditionalValue.Datatype is mandatory", "listRelatedEntity[1].listAdditionalValues[0].datatype")
            .near(one(json!({"datatype": "STRING"}))),
        // A code counts in its own list: the customer's does not repeat the entity's.
        case("related-additional-value-twice", Company)
            .fires(values(json!([value(json!({})), value(json!({}))])))
            .says("C017.C016.AV05", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Duplicate code in additionalValues", "listRelatedEntity[1].listAdditionalValues[1].code")
            .near(with(values(json!([value(json!({}))])), json!({"listAdditionalValues": [value(json!({}))]}))),
        case("related-additional-value-bad-datatype", Person)
            .fires(one(json!({"datatype": "TEXT"})))
            .says("C016.C016.AV06", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Bad datatype valueCode: v1", "listRelatedEntity[1].listAdditionalValues[0].datatype")
            .near(typed("STRING", "TEXT")),
        case("related-additional-value-bad-integer", Person)
            .fires(typed("INTEGER", "1e3"))
            .says("C016.C016.AV07", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). bad value for INTEGER valueCode: v1", "listRelatedEntity[1].listAdditionalValues[0].value")
            .fires(one(json!({"datatype": "INTEGER", "value": 7.0})))
            .says("C016.C016.AV07", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). bad value for INTEGER valueCode: v1", "listRelatedEntity[1].listAdditionalValues[0].value")
            .near(typed("INTEGER", "+1000")),
        case("related-additional-value-bad-decimal", Company)
            .fires(typed("DECIMAL", "0x1"))
            .says("C017.C016.AV07", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). bad value for DECIMAL valueCode: v1", "listRelatedEntity[1].listAdditionalValues[0].value")
            .near(typed("DECIMAL", "-0.1")),
        case("related-additional-value-bad-date", Person)
            .fires(typed("DATE", "29.02.2024"))
            .says("C016.C016.AV07", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). bad value for DATE (format: 'yyyy-MM-dd') valueCode: v1", "listRelatedEntity[1].listAdditionalValues[0].value")
            .near(typed("DATE", "2024-02-29")),
        case("related-additional-value-bad-timestamp", Company)
            .fires(typed("TIMESTAMP", "2024-04-10 09:45:00Z"))
            .says("C017.C016.AV07", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). bad value for TIMESTAMP (format: 'yyyy-MM-dd HH:mm:ss.SSSZ') valueCode: v1", "listRelatedEntity[1].listAdditionalValues[0].value")
            .near(typed("TIMESTAMP", "2024-04-10 09:45:00.123-0530")),
        case("related-additional-value-bad-boolean", Person)
            .fires(typed("BOOLEAN", "tru"))
            .says("C016.C016.AV07", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). bad value for BOOLEAN (values: true false') valueCode: v1", "listRelatedEntity[1].listAdditionalValues[0].value")
            .near(typed("BOOLEAN", "False")),
    ]
}
