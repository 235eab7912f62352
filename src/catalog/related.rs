//! The related entity: an owner, a director, a parent company of the customer.

use super::Origin::*;
use super::cross_field::cross_field;
use super::field::*;
use super::parts::*;
use super::profile::*;
use super::rule::*;
use super::{Allowed, Classifier, EntityType, FieldIndex, Step};

/// The index of a related entity's field, for constants.
pub const fn related_entity(name: &str) -> FieldIndex {
    find(RELATED_ENTITY.fields, name)
}

contract_object! {
    /// A person or company that the customer is related to.
    RELATED_ENTITY(22, "RelatedEntity")
    fields re: [
        choice("entityType", EntityType::NAMES).mandatory("always").note("RE02"),
        coded("relationType", Classifier::RelationType).mandatory("always").note("RE01"),
        long("relationDescription"),
        text("extId"),
        big("share"),
        big("votePercentage"),
        text("nationalCode"),
        long("activityDescription"),
        long("regionOfActivityDescription"),
        coded("country", Classifier::Country).note("RE03"),
        coded("birthCountry", Classifier::Country).individual().note("RE04"),
        coded("registrationCountry", Classifier::Country).organization().note("RE04"),
        text("firstName").mandatory("INDIVIDUAL").individual().note("RE07"),
        text("lastName").mandatory("INDIVIDUAL").individual().note("RE07"),
        date("birthDate").individual(),
        text("title").mandatory("ORGANIZATION").organization().note("RE07"),
        coded("legalForm", Classifier::LegalForm).organization().note("RE05"),
        date("establishmentDate").organization(),
        boolean("isPEP"),
        boolean("isSanctioned"),
        boolean("isInAdverseMedia"),
        boolean("isInInternalList"),
        list("listContact", &CONTACT),
        list("listAddress", &ADDRESS),
        list("listBusinessEntityDocument", &DOCUMENT),
        list("listIncomeSource", &INCOME_SOURCE),
        list("listActivity", &ACTIVITY),
        list("listRegionOfActivity", &REGION_OF_ACTIVITY),
        list("listCountryOfActivity", &COUNTRY_OF_ACTIVITY),
        list("listAdditionalValues", &ADDITIONAL_VALUE),
    ]
    steps: [
        Step::Rule(rule("relation-type-missing", "RE01", Published,
            "relationType absent or blank",
            "Relation type is mandatory",
            required(&[re("relationType")]))),
        Step::Rule(rule("relation-type-unknown", "RE01", Published,
            "relationType not in relationType",
            "Relation type is not defined in Amlyze",
            known(&[re("relationType")]))),
        Step::Rule(rule("entity-type", "RE02", Published,
            "entityType absent or not one of its values",
            "EntityType is mandatory",
            required_and_known(&[re("entityType")]))),
        Step::Rule(rule("country-unknown", "RE03", Published,
            "country not in country",
            "Country not defined in Amlyze",
            known(&[re("country")]))),
        Step::Rule(rule("birth-or-registration-country", "RE04", Ours,
            "birthCountry or registrationCountry not in country",
            "{BirthCountry|RegistrationCountry} not defined in Amlyze",
            known(&[re("birthCountry"), re("registrationCountry")]))),
        Step::Rule(rule("legal-form-unknown", "RE05", Published,
            "legalForm not in legalForm",
            "LegalForm not found in Amlyze",
            known(&[re("legalForm")]))),
        Step::Rule(rule("name", "RE07", Ours,
            "INDIVIDUAL without firstName or lastName, ORGANIZATION without title",
            "{FirstName|LastName|Title} is mandatory",
            cross_field(|_, fields| match fields.choice(const { re("entityType") }).and_then(EntityType::from_name) {
                    Some(EntityType::Individual) => [fields.missing(const { re("firstName") }), fields.missing(const { re("lastName") })],
                    Some(EntityType::Organization) => [fields.missing(const { re("title") }), None],
                    None => [None, None],
                },
                Allowed::Text("firstName and lastName of an INDIVIDUAL, title of an ORGANIZATION"),
                "Give the name of the related entity, or correct its entityType."))),
        list_step(re("listContact"), "", "RE06.", "Problem with Contact (index: {j} ). "),
        list_step(re("listAddress"), "", "RE06.", "Problem with Address (index: {j} ). "),
        list_step(re("listBusinessEntityDocument"), "", "RE08.", "Problem with BusinessEntityDocuments (index: {j} ). "),
        list_step(re("listIncomeSource"), "", "RE09.", "Problem with IncomeSource (index: {j} ). "),
        list_step(re("listActivity"), "", "RE10.", "Problem with activity (index: {j} ). "),
        list_step(re("listRegionOfActivity"), "", "RE11.", "Problem with RegionOfActivity (index: {j} ). "),
        list_step(re("listCountryOfActivity"), "", "RE12.", "Problem with CountryOfActivity (index: {j} ). "),
        list_step(re("listAdditionalValues"), "", "", ""),
    ]
}
