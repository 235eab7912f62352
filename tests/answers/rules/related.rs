//! Cases of the rules about related entities themselves.

use serde_json::{Value, json};

use crate::common::with;
use crate::rules::case::Base::{Company, Person};
use crate::rules::case::{Case, case};

/// A sound related person, changed.
pub(super) fn person(change: Value) -> Value {
    let sound = json!({"entityType": "INDIVIDUAL", "relationType": "OWNER", "firstName": "Jonas", "lastName": "Jonaitis"});
    with(sound, change)
}

/// A sound related company, changed.
pub(super) fn company(change: Value) -> Value {
    let sound = json!({"entityType": "ORGANIZATION", "relationType": "HOST", "title": "UAB Dukra"});
    with(sound, change)
}

/// A customer's list of this one entity.
pub(super) fn only(entity: Value) -> Value {
    json!({"listRelatedEntity": [entity]})
}

/// The same behind a sound one, so that the index is 1.
pub(super) fn second(entity: Value) -> Value {
    json!({"listRelatedEntity": [company(json!({})), entity]})
}

#[rustfmt::skip]
pub(super) fn cases() -> Vec<Case> {
    vec![
        case("related-relation-type-missing", Person)
            .fires(only(person(json!({"relationType": null}))))
            .says("C016.C016.RE01", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 0 ). Relation type is mandatory", "listRelatedEntity[0].relationType")
            .near(only(person(json!({})))),
        case("related-relation-type-missing", Company)
            .fires(second(person(json!({"relationType": " "}))))
            .says("C017.C016.RE01", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Relation type is mandatory", "listRelatedEntity[1].relationType"),
        case("related-relation-type-unknown", Company)
            .fires(second(person(json!({"relationType": "BOSS"}))))
            .says("C017.C016.RE01", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 1 ). Relation type is not defined in Amlyze", "listRelatedEntity[1].relationType")
            .near(second(person(json!({"relationType": "DIRECTOR"})))),
        case("related-relation-type-unknown", Person)
            .fires(only(person(json!({"relationType": 1}))))
            .says("C016.C016.RE01", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 0 ). Relation type is not defined in Amlyze", "listRelatedEntity[0].relationType"),
        case("related-entity-type", Company)
            .fires(only(person(json!({"entityType": null, "firstName": null}))))
            .says("C017.C016.RE02", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 0 ). EntityType is mandatory", "listRelatedEntity[0].entityType")
            .fires(only(person(json!({"entityType": "PERSON"}))))
            .says("C017.C016.RE02", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 0 ). EntityType is mandatory", "listRelatedEntity[0].entityType")
            .near(only(company(json!({"firstName": "allowed here", "birthDate": "1990-01-01"})))),
        // Without a valid entityType of the customer, codes and texts read as for a person.
        case("related-entity-type", Company)
            .fires(json!({"entityType": "COMPANY", "listRelatedEntity": [person(json!({"entityType": "COMPANY"}))]}))
            .and("entity-type", "C010", "EntityType is mandatory", "entityType")
            .says("C016.C016.RE02", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 0 ). EntityType is mandatory", "listRelatedEntity[0].entityType"),
        case("related-country-unknown", Person)
            .fires(second(company(json!({"country": "EU"}))))
            .says("C016.C016.RE03", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 1 ). Country not defined in Amlyze", "listRelatedEntity[1].country")
            .near(second(company(json!({"country": "LT"}))))
            .near(second(company(json!({"country": " "})))),
        case("related-birth-or-registration-country", Person)
            .fires(only(person(json!({"registrationCountry": "?", "birthCountry": "?"}))))
            .says("C016.C016.RE04", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 0 ). BirthCountry not defined in Amlyze", "listRelatedEntity[0].birthCountry")
            .says("C016.C016.RE04", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 0 ). RegistrationCountry not defined in Amlyze", "listRelatedEntity[0].registrationCountry")
            .near(only(person(json!({"birthCountry": "LV", "registrationCountry": "EE"})))),
        case("related-birth-or-registration-country", Company)
            .fires(only(company(json!({"registrationCountry": "lt"}))))
            .says("C017.C016.RE04", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 0 ). RegistrationCountry not defined in Amlyze", "listRelatedEntity[0].registrationCountry"),
        case("related-legal-form-unknown", Company)
            .fires(only(company(json!({"legalForm": "UAB"}))))
            .says("C017.C016.RE05", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 0 ). LegalForm not found in Amlyze", "listRelatedEntity[0].legalForm")
            .near(only(company(json!({"legalForm": "LTD"}))))
            .near(only(company(json!({"legalForm": null})))),
        case("related-name", Person)
            .fires(only(person(json!({"lastName": null, "firstName": " ", "title": "no help"}))))
            .says("C016.C016.RE07", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 0 ). FirstName is mandatory", "listRelatedEntity[0].firstName")
            .says("C016.C016.RE07", "Problem with field for INDIVIDUAL type customer. Problem with relatedEntity (index: 0 ). LastName is mandatory", "listRelatedEntity[0].lastName")
            .near(only(person(json!({"title": null})))),
        case("related-name", Company)
            .fires(only(company(json!({"title": null}))))
            .says("C017.C016.RE07", "Problem with field for ORGANIZATION type customer. Problem with relatedEntity (index: 0 ). Title is mandatory", "listRelatedEntity[0].title")
            .near(only(company(json!({"firstName": null})))),
    ]
}
