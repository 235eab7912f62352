//! Who somebody is and how to reach them: the objects that say it, each with its fields and, beside
//! them, its rules. Code and text are those of the object alone: the list that leads into it puts its
//! prefix in front.

use super::Origin::*;
use super::field::*;
use super::rule::*;
use super::{Check::*, Classifier, Datatype, EntityType, Step};

contract_object! {
    /// What an individual does for a living.
    FIELD_OF_ACTIVITY(1, "FieldOfActivity")
    fields fo: [
        object("employment", &EMPLOYMENT),
        object("other", &OTHER_STATUS),
        object("pension", &PENSION),
        object("student", &STUDENT),
    ]
    steps: [
        Step::Object(fo("student")),
        Step::Object(fo("pension")),
    ]
}

contract_object! {
    /// Employment of an individual.
    EMPLOYMENT(2, "Employment")
    fields _f: [
        text("employerTitle"),
        long("employmentPositionDescription"),
        boolean("isEmployee"),
        boolean("isSelfEmployed"),
        boolean("isUnemployed"),
    ]
    steps: []
}

contract_object! {
    /// A status that is none of the others.
    OTHER_STATUS(3, "OtherStatus")
    fields _f: [
        boolean("isOtherStatus"),
        long("otherStatusDescription"),
    ]
    steps: []
}

contract_object! {
    /// Pension of an individual.
    PENSION(4, "Pension")
    fields pe: [
        boolean("isPensioner"),
        coded("pensionCountry", Classifier::Country).note("FOA02"),
    ]
    steps: [
        Step::Rule(rule("pension-country-unknown", "FOA02", Published,
            "fieldOfActivity.pension.pensionCountry not in country",
            "PensionCountry is invalid",
            known(&[pe("pensionCountry")]))),
    ]
}

contract_object! {
    /// Studies of an individual.
    STUDENT(5, "Student")
    fields st: [
        boolean("isStudent"),
        coded("higherSchoolCountry", Classifier::Country).note("FOA01"),
        text("higherSchoolTitle"),
    ]
    steps: [
        Step::Rule(rule("school-country-unknown", "FOA01", Published,
            "fieldOfActivity.student.higherSchoolCountry not in country",
            "FieldOfActivity.Student.Country is invalid",
            known(&[st("higherSchoolCountry")]))),
    ]
}

contract_object! {
    /// A telephone number, an address of mail or a site.
    CONTACT(6, "Contact")
    fields co: [
        choice("contactType", &["MOBILEPHONE", "FIXEDPHONE", "EMAIL", "WEBSITE"]).mandatory("always").note("Co1"),
        text("contactDetails").mandatory("always").note("Co2"),
        boolean("useForCommunication"),
    ]
    steps: [
        Step::Rule(rule("contact-type", "Co1", TextPublished,
            "contactType absent or not one of its values",
            "ContactType is mandatory. values: MOBILEPHONE, FIXEDPHONE, EMAIL, WEBSITE",
            required_and_known(&[co("contactType")])).related(Published)),
        Step::Rule(rule("contact-details", "Co2", TextPublished,
            "contactDetails absent or blank",
            "ContactDetails is mandatory",
            required(&[co("contactDetails")])).related(Published)),
    ]
}

contract_object! {
    /// A postal address.
    ADDRESS(7, "Address")
    fields ad: [
        coded("addressType", Classifier::AddressType).note("absent is fine; blank ADR01; unknown ADR02"),
        coded("country", Classifier::Country).mandatory("always").note("ADR02"),
        long("addressDetails"),
        text("region"),
        text("city"),
        text("streetAddress"),
        text("zipCode"),
        boolean("useForCorrespondence"),
    ]
    steps: [
        Step::Rule(rule("address-type-blank", "ADR01", TextPublished,
            "addressType given but blank",
            "AddressType is mandatory",
            Blank(ad("addressType"))).related(TextPublished)),
        Step::Rule(rule("address-type-unknown", "ADR02", TextPublished,
            "addressType not in addressType",
            "AddressType is not defined in amlyze",
            known(&[ad("addressType")])).related(Published)),
        Step::Rule(rule("address-country-missing", "ADR02", TextPublished,
            "country absent or blank",
            "Country is mandatory and can't be empty",
            required(&[ad("country")])).related(TextPublished)),
        Step::Rule(rule("address-country-unknown", "ADR02", Published,
            "country not in country",
            "Country is mandatory and must exist in Amlyze",
            known(&[ad("country")])).related(TextPublished)),
    ]
}

contract_object! {
    /// A document that proves who somebody is.
    DOCUMENT(8, "BusinessEntityDocument")
    fields dc: [
        choice("entityType", EntityType::NAMES).mandatory("always").note("DOC01"),
        choice("identityDocumentType", &["PASSPORT", "IDENTITYCARD", "RESIDENCEPERMIT", "DRIVINGLICENSE", "REGISTRATIONCERTIFICATE", "OTHER"]).mandatory("always").note("DOC02"),
        text("documentNumber").mandatory("always").note("DOC03"),
        date("documentIssueDate").mandatory("always").note("DOC04"),
        date("documentExpiryDate"),
        coded("documentIssueCountry", Classifier::Country).mandatory("always").note("DOC06"),
        text("documentIssueAuthority").mandatory("always").note("DOC07"),
        long("description"),
    ]
    steps: [
        Step::Rule(rule("document-entity-type", "DOC01", TextPublished,
            "entityType absent or not one of its values",
            "EntityType is mandatory. values : INDIVIDUAL, ORGANIZATION",
            required_and_known(&[dc("entityType")])).related(Published)),
        Step::Rule(rule("document-type", "DOC02", Ours,
            "identityDocumentType absent or not one of its values",
            "IdentityDocumentType is mandatory. values: PASSPORT, IDENTITYCARD, RESIDENCEPERMIT, DRIVINGLICENSE, REGISTRATIONCERTIFICATE, OTHER",
            required_and_known(&[dc("identityDocumentType")])).related(Ours)),
        Step::Rule(rule("document-number", "DOC03", TextPublished,
            "documentNumber absent or blank",
            "DocumentNumber is mandatory",
            required(&[dc("documentNumber")])).related(TextPublished)),
        Step::Rule(rule("document-issue-date", "DOC04", TextPublished,
            "documentIssueDate absent",
            "DocumentIssueDate is mandatory",
            required(&[dc("documentIssueDate")])).related(TextPublished)),
        Step::Rule(rule("document-issue-country", "DOC06", Published,
            "documentIssueCountry absent, blank or not in country",
            "DocumentIssueCountry is mandatory and must exist in Amlyze",
            required_and_known(&[dc("documentIssueCountry")])).related(TextPublished)),
        Step::Rule(rule("document-issue-authority", "DOC07", TextPublished,
            "documentIssueAuthority absent or blank",
            "DocumentIssueAuthority is mandatory",
            required(&[dc("documentIssueAuthority")])).related(TextPublished)),
    ]
}

/// The index of an additional value's field, for constants.
pub const fn additional_value(name: &str) -> FieldIndex {
    find(ADDITIONAL_VALUE.fields, name)
}

contract_object! {
    /// A value of the institution's own, with its datatype.
    ADDITIONAL_VALUE(21, "AdditionalValue")
    fields av: [
        text("code").mandatory("always").note("unique in its list, AV05"),
        long("description").mandatory("always"),
        choice("datatype", Datatype::NAMES).mandatory("always"),
        Field::new("value", Type::Scalar).max(LONG).mandatory("always").note("checked against datatype, AV07; arrives as a string, a boolean or a number"),
    ]
    steps: [
        Step::Rule(rule("additional-value-code", "AV01", TextPublished,
            "listAdditionalValues: code absent or blank",
            "AdditionalValue.Code is mandatory",
            required(&[av("code")]))),
        Step::Rule(rule("additional-value-description", "AV02", TextPublished,
            "listAdditionalValues: description absent or blank",
            "AdditionalValue.Description is mandatory",
            required(&[av("description")]))),
        Step::Rule(rule("additional-value-value", "AV03", TextPublished,
            "listAdditionalValues: value absent or blank",
            "AdditionalValue.Value is mandatory",
            required(&[av("value")]))),
        Step::Rule(rule("additional-value-datatype", "AV04", TextPublished,
            "listAdditionalValues: datatype absent or blank",
            "AdditionalValue.Datatype is mandatory",
            required(&[av("datatype")]))),
        Step::Rule(rule("additional-value-twice", "AV05", TextPublished,
            "listAdditionalValues: the same code twice in one list",
            "Duplicate code in additionalValues",
            Repeated(av("code")))),
        Step::Rule(rule("additional-value-bad-datatype", "AV06", TextPublished,
            "listAdditionalValues: datatype not one of its values",
            "Bad datatype valueCode: {code}",
            known(&[av("datatype")]))),
        Step::Rule(rule("additional-value-bad-integer", "AV07", Published,
            "listAdditionalValues: datatype INTEGER, value is not an integer",
            "Bad value for INTEGER valueCode: {code}",
            BadDatatypeValue(Datatype::Integer)).related(TextPublished)
            .related_text("bad value for INTEGER valueCode: {code}")),
        Step::Rule(rule("additional-value-bad-decimal", "AV07", TextPublished,
            "listAdditionalValues: datatype DECIMAL, value is not a decimal number",
            "Bad value for DECIMAL valueCode: {code}",
            BadDatatypeValue(Datatype::Decimal)).related(Ours)
            .related_text("bad value for DECIMAL valueCode: {code}")),
        Step::Rule(rule("additional-value-bad-date", "AV07", TextPublished,
            "listAdditionalValues: datatype DATE, value is not a yyyy-MM-dd date",
            "Bad value for DATE (format: 'yyyy-MM-dd') valueCode: {code}",
            BadDatatypeValue(Datatype::Date)).related(Ours)
            .related_text("bad value for DATE (format: 'yyyy-MM-dd') valueCode: {code}")),
        Step::Rule(rule("additional-value-bad-timestamp", "AV07", Published,
            "listAdditionalValues: datatype TIMESTAMP, value is not yyyy-MM-dd HH:mm:ss.SSSZ",
            "Bad value for TIMESTAMP (format: 'yyyy-MM-dd HH:mm:ss.SSSZ') valueCode: {code}",
            BadDatatypeValue(Datatype::Timestamp)).related(TextPublished)
            .related_text("bad value for TIMESTAMP (format: 'yyyy-MM-dd HH:mm:ss.SSSZ') valueCode: {code}")),
        Step::Rule(rule("additional-value-bad-boolean", "AV07", Published,
            "listAdditionalValues: datatype BOOLEAN, value is neither true nor false",
            "Bad value for BOOLEAN (values: true false') valueCode: {code}",
            BadDatatypeValue(Datatype::Boolean)).related(Published)
            .related_text("bad value for BOOLEAN (values: true false') valueCode: {code}")),
    ]
}
