//! Cases of the rules about the customer itself: the request, the category, the risk level, the
//! dates, and what each type of customer must and must not have.

use serde_json::{Value, json};

use crate::rules::case::Base::{Company, Lead, Occasional, OccasionalCompany, Person};
use crate::rules::case::{ALL, BATCHES, CUSTOMER, Case, REGULAR, SIMPLIFIED, case};

pub(super) fn cases() -> Vec<Case> {
    [request(), category(), risk_level(), status_and_dates()].concat()
}

#[rustfmt::skip]
fn request() -> Vec<Case> {
    vec![
        case("communication-number", Person)
            .fires(json!({"communicationNumber": null}))
            .says("C001", "CommunicationNumber is mandatory", "communicationNumber")
            .fires(json!({"communicationNumber": " \t\u{a0}"}))
            .says("C001", "CommunicationNumber is mandatory", "communicationNumber")
            .near(json!({"communicationNumber": " $id"})),
        case("requester", Company)
            .fires(json!({"requester": null}))
            .says("C005", "Requester is mandatory", "requester")
            .fires(json!({"requester": ""}))
            .says("C005", "Requester is mandatory", "requester")
            .near(json!({"requester": 0})),
        case("customer-ext-id", Person)
            .fires(json!({"customerExtId": null}))
            .says("C002", "CustomerExtId is mandatory", "customerExtId")
            .fires(json!({"customerExtId": "   "}))
            .says("C002", "CustomerExtId is mandatory", "customerExtId")
            .near(json!({"customerExtId": " X-$id "})),
        case("delete-action", Person)
            .fires(json!({"action": "DELETE"}))
            .says("C003a", "DELETE not yet implemented, contact Amlyze support", "action")
            .near(json!({"action": "CREATE"}))
            .near(json!({"action": " "})),
        case("business-unit-missing", Person).in_branches()
            .fires(json!({}))
            .says("BU01", "BusinessUnit is mandatory", "businessUnit")
            .fires(json!({"businessUnit": " "}))
            .says("BU01", "BusinessUnit is mandatory", "businessUnit")
            .near(json!({"businessUnit": "vilnius"})),
        case("business-unit-missing", Person)
            .near(json!({})),
        case("business-unit-unknown", Company).in_branches()
            .fires(json!({"businessUnit": "Vilnius"}))
            .says("BU02", "BusinessUnit not found in Amlyze", "businessUnit")
            .near(json!({"businessUnit": "kaunas"})),
        case("business-unit-unknown", Company)
            .near(json!({"businessUnit": "whatever, while the classifier has no values"})),
    ]
}

#[rustfmt::skip]
fn category() -> Vec<Case> {
    vec![
        case("category-missing", Person)
            .fires(json!({"riskManagementCategory": null}))
            .says("C007", "RiskManagementCategory is mandatory", "riskManagementCategory")
            .fires(json!({"riskManagementCategory": "  "}))
            .says("C007", "RiskManagementCategory is mandatory", "riskManagementCategory")
            .near(json!({})),
        case("category-unknown", Person)
            .fires(json!({"riskManagementCategory": "ind"}))
            .says("C007", "RiskManagementCategory does not exist in Amlyze", "riskManagementCategory")
            .fires(json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER "}))
            .says("C007", "RiskManagementCategory does not exist in Amlyze", "riskManagementCategory"),
        case("category-unknown", Person).only_at(REGULAR)
            .near(json!({"riskManagementCategory": "IND_PK"})),
        case("category-unknown", Occasional).only_at(SIMPLIFIED)
            .near(json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER"})),
        case("category-not-supported", Person).only_at(REGULAR)
            .fires(json!({"riskManagementCategory": "ORG"}))
            .says("C007", "Given RiskManagementCategory not supported for Customer", "riskManagementCategory")
            .fires(json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER"}))
            .says("C007", "Given RiskManagementCategory not supported for Customer", "riskManagementCategory")
            .near(json!({"riskManagementCategory": "IND_AMLYZE"})),
        case("category-not-supported", Company).only_at(REGULAR)
            .fires(json!({"riskManagementCategory": "IND"}))
            .says("C007", "Given RiskManagementCategory not supported for Customer", "riskManagementCategory")
            .near(json!({"riskManagementCategory": "ORG_AMLYZE"})),
        case("category-not-supported", Lead).only_at(CUSTOMER)
            .fires(json!({"riskManagementCategory": "LEAD_ORG"}))
            .says("C007", "Given RiskManagementCategory not supported for Customer", "riskManagementCategory")
            .near(json!({"riskManagementCategory": "LEAD_AMLYZE"})),
        case("category-not-supported", OccasionalCompany).only_at(SIMPLIFIED)
            .fires(json!({"riskManagementCategory": "ORG"}))
            .says("C007", "Given RiskManagementCategory not supported for Customer", "riskManagementCategory")
            .fires(json!({"riskManagementCategory": "LEAD_AMLYZE"}))
            .says("C007", "Given RiskManagementCategory not supported for Customer", "riskManagementCategory")
            .near(json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER"})),
    ]
}

#[rustfmt::skip]
fn risk_level() -> Vec<Case> {
    vec![
        case("risk-level-source", Person).only_at(CUSTOMER)
            .fires(json!({"sourceOfRiskLevel": null}))
            .says("C008", "SourceOfRiskLevel is mandatory. Values: IMPORT, EVALUATE", "sourceOfRiskLevel")
            .fires(json!({"sourceOfRiskLevel": "import"}))
            .says("C008", "SourceOfRiskLevel is mandatory. Values: IMPORT, EVALUATE", "sourceOfRiskLevel")
            .fires(json!({"sourceOfRiskLevel": ["IMPORT"]}))
            .says("C008", "SourceOfRiskLevel is mandatory. Values: IMPORT, EVALUATE", "sourceOfRiskLevel")
            .near(json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null})),
        case("import-of-lead", Person).only_at(REGULAR)
            .fires(json!({"riskManagementCategory": "LEAD_IND"}))
            .says("C008.I02", "When source of risk level IMPORT. 'Lead' risk management category is forbidden", "riskManagementCategory")
            .near(json!({"riskManagementCategory": "IND_PK"})),
        case("import-of-lead", Lead).only_at(CUSTOMER)
            .near(json!({})),
        case("import-risk-level", Person).only_at(REGULAR)
            .fires(json!({"riskLevel": "MIDDLE"}))
            .says("C008.I01", "When source of risk level IMPORT. RiskLevel is mandatory, values: NONE, LOW, MEDIUM, HIGH, EXTREME", "riskLevel")
            .fires(json!({"riskLevel": 3}))
            .says("C008.I01", "When source of risk level IMPORT. RiskLevel is mandatory, values: NONE, LOW, MEDIUM, HIGH, EXTREME", "riskLevel")
            .near(json!({"riskLevel": "NONE"}))
            .near(json!({"riskLevel": "EXTREME"})),
        case("import-risk-level", Company).only_at(CUSTOMER)
            .fires(json!({"riskLevel": null}))
            .says("C008.I01", "When source of risk level IMPORT. RiskLevel is mandatory, values: NONE, LOW, MEDIUM, HIGH, EXTREME", "riskLevel")
            .fires(json!({"riskLevel": ""}))
            .says("C008.I01", "When source of risk level IMPORT. RiskLevel is mandatory, values: NONE, LOW, MEDIUM, HIGH, EXTREME", "riskLevel"),
        case("import-risk-level", Company).only_at(BATCHES)
            .near(json!({"riskLevel": null})),
        case("import-risk-level", Occasional).only_at(SIMPLIFIED)
            .fires(json!({"riskLevel": "MIDDLE"}))
            .says("C008.I01", "When source of risk level IMPORT. RiskLevel is mandatory, values: NONE, LOW, MEDIUM, HIGH, EXTREME", "riskLevel")
            .fires(json!({"riskLevel": {"level": "LOW"}}))
            .says("C008.I01", "When source of risk level IMPORT. RiskLevel is mandatory, values: NONE, LOW, MEDIUM, HIGH, EXTREME", "riskLevel")
            .near(json!({"riskLevel": null}))
            .near(json!({"riskLevel": "EXTREME"})),
        case("evaluate-risk-level", Person).only_at(CUSTOMER)
            .fires(json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": "LOW"}))
            .says("C008.E01", "When source of risk level EVALUATE. RiskLevel can't be provided", "riskLevel")
            .fires(json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": "none"}))
            .says("C008.E01", "When source of risk level EVALUATE. RiskLevel can't be provided", "riskLevel")
            .near(json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": "NONE"})),
    ]
}

#[rustfmt::skip]
fn status_and_dates() -> Vec<Case> {
    vec![
        case("entity-type", Person)
            .fires(json!({"entityType": null}))
            .says("C010", "EntityType is mandatory", "entityType")
            .fires(json!({"entityType": "Individual", "firstName": null, "title": "both", "legalForm": "no form"}))
            .says("C010", "EntityType is mandatory", "entityType")
            .near(json!({"entityType": "INDIVIDUAL"})),
        case("import-customer-status", Person).only_at(REGULAR)
            .fires(json!({"customerStatus": null}))
            .says("C011", "When importing, CustomerStatus is mandatory", "customerStatus")
            .fires(json!({"customerStatus": "LIVE"}))
            .says("C011", "When importing, CustomerStatus is mandatory", "customerStatus")
            .near(json!({"customerStatus": "SUSPENDED"})),
        case("import-customer-status", Person).only_at(CUSTOMER)
            .near(json!({"customerStatus": null, "sourceOfRiskLevel": "EVALUATE", "riskLevel": null})),
        case("import-customer-status", Person).only_at(SIMPLIFIED)
            .fires(json!({"customerStatus": "active"}))
            .says("C011", "When importing, CustomerStatus is mandatory", "customerStatus")
            .fires(json!({"customerStatus": 1}))
            .says("C011", "When importing, CustomerStatus is mandatory", "customerStatus")
            .near(json!({"customerStatus": "SUSPENDED"}))
            .near(json!({"customerStatus": null, "riskLevel": null})),
        case("application-date", Person).only_at(REGULAR)
            .fires(json!({"applicationDate": null}))
            .says("C012", "ApplicationDate is mandatory", "applicationDate")
            .fires(json!({"applicationDate": " "}))
            .says("C012", "ApplicationDate is mandatory", "applicationDate")
            .near(json!({"applicationDate": " 2024-02-29 "})),
        case("application-date", Occasional).only_at(SIMPLIFIED)
            .near(json!({"applicationDate": null})),
        case("closing-date-missing", Person)
            .fires(json!({"customerStatus": "CLOSED"}))
            .says("C013", "ClosingDate is mandatory for CLOSED CustomerStatus", "closingDate")
            .near(json!({"customerStatus": "CLOSED", "closingDate": "2024-05-01"})),
        case("closing-date-not-allowed", Person)
            .fires(json!({"closingDate": "2024-05-01"}))
            .says("C013a", "ClosingDate can not exist for not CLOSED CustomerStatus", "closingDate")
            .fires(json!({"closingDate": "tomorrow"}))
            .says("C013a", "ClosingDate can not exist for not CLOSED CustomerStatus", "closingDate")
            .and("bad-type", "TYP01", "Bad value for DATE. Field: closingDate", "closingDate")
            .near(json!({"closingDate": " "}))
            .near(json!({"closingDate": "2024-05-01T10:00+0300", "customerStatus": "CLOSED"})),
        case("closing-date-not-allowed", Occasional).only_at(SIMPLIFIED)
            .fires(json!({"closingDate": "2024-05-01"}))
            .says("C013a", "ClosingDate can not exist for not CLOSED CustomerStatus", "closingDate"),
    ]
}

const NOT_INDIVIDUAL: &str = "Field not allowed for INDIVIDUAL. Field: ";
const NOT_ORGANIZATION: &str = "Field not allowed for ORGANIZATION. Field: ";

/// One finding for each forbidden field, in the order of the row.
fn forbidden(mut case: Case, code: &str, text: &str, fields: &[(&str, &str)]) -> Case {
    for (path, name) in fields {
        case = case.says(code, &format!("{text}{name}"), path);
    }
    case
}

fn every_organization_field(value: impl Fn(&str) -> Value) -> Value {
    json!({
        "activityInRestrictedRegionDescription": value("text"), "tradingName": value("text"),
        "lei": value("text"), "organizationalStructureDescription": value("text"),
        "periodsOfAuditsInYears": value("number"), "establishmentDate": value("date"),
        "giin": value("text"), "thirdPartyServicesUsedDescription": value("text"),
        "legalForm": value("form"), "title": value("text"),
        "regionOfActivityDescription": value("text"), "numberOfAudits": value("number"),
        "licenseDescription": value("text"), "numberOfEmployees": value("number"),
        "companyAssetValue": value("number")
    })
}

pub(super) fn by_type() -> Vec<Case> {
    [
        not_allowed(),
        individual(),
        fields_of_activity(),
        organization(),
    ]
    .concat()
}

#[rustfmt::skip]
fn not_allowed() -> Vec<Case> {
    let sound = |kind: &str| match kind {
        "number" => json!(3),
        "date" => json!("2001-02-03"),
        "form" => json!("LTD"),
        _ => json!("some text"),
    };
    let not_for_individual = case("not-for-individual", Person)
        .near(json!({"registrationCountry": "LT", "isAudited": true, "periodsOfFiningInYears": 1, "thirdPartyServicesUsed": true}))
        .near(every_organization_field(|_| json!("  ")))
        .fires(json!({"LEI": "5493001KJTIIGC8Y1R12"}))
        .says("C014", "Field not allowed for INDIVIDUAL. Field: LEI", "lei")
        .fires(json!({"numberOfEmployees": "many"}))
        .says("C014", "Field not allowed for INDIVIDUAL. Field: NumberOfEmployees", "numberOfEmployees")
        .and("bad-type", "TYP01", "Bad value for INTEGER. Field: numberOfEmployees", "numberOfEmployees")
        .fires(json!({"legalForm": "no form"}))
        .says("C014", "Field not allowed for INDIVIDUAL. Field: LegalForm", "legalForm")
        .fires(every_organization_field(sound));
    let not_for_individual = forbidden(not_for_individual, "C014", NOT_INDIVIDUAL, &[
        ("companyAssetValue", "CompanyAssetValue"),
        ("numberOfEmployees", "NumberOfEmployees"),
        ("licenseDescription", "LicenseDescription"),
        ("numberOfAudits", "NumberOfAudits"),
        ("regionOfActivityDescription", "RegionOfActivityDescription"),
        ("title", "Title"),
        ("legalForm", "LegalForm"),
        ("thirdPartyServicesUsedDescription", "ThirdPartyServicesUsedDescription"),
        ("giin", "GIIN"),
        ("establishmentDate", "EstablishmentDate"),
        ("periodsOfAuditsInYears", "PeriodsOfAuditsInYears"),
        ("organizationalStructureDescription", "OrganizationalStructureDescription"),
        ("lei", "LEI"),
        ("tradingName", "TradingName"),
        ("activityInRestrictedRegionDescription", "ActivityInRestrictedRegionDescription"),
    ]);
    let not_for_organization = case("not-for-organization", Company)
        .near(json!({"isLegalResident": true, "amlOfficer": false, "firstName": " "}))
        .fires(json!({"birthDate": {}}))
        .says("C015", "Field not allowed for ORGANIZATION. Field: BirthDate", "birthDate")
        .and("bad-type", "TYP01", "Bad value for DATE. Field: birthDate", "birthDate")
        .fires(json!({"permanentResidenceCountry": "nowhere", "secondCitizenshipCountry": "LV", "citizenshipCountry": "LT",
            "birthCountry": "LT", "birthDate": "1990-01-01", "lastName": "P", "firstName": "O"}));
    let not_for_organization = forbidden(not_for_organization, "C015", NOT_ORGANIZATION, &[
        ("firstName", "FirstName"),
        ("lastName", "LastName"),
        ("birthDate", "BirthDate"),
        ("birthCountry", "BirthCountry"),
        ("citizenshipCountry", "CitizenshipCountry"),
        ("secondCitizenshipCountry", "SecondCitizenshipCountry"),
        ("permanentResidenceCountry", "PermanentResidenceCountry"),
    ]);
    vec![not_for_individual, not_for_organization]
}

#[rustfmt::skip]
fn individual() -> Vec<Case> {
    let citizenship = "Problem with field for INDIVIDUAL type customer. CitizenshipCountry not found in Amlyze";
    vec![
        case("first-name", Person)
            .fires(json!({"firstName": null}))
            .says("C016.I01", "For INDIVIDUAL type customer FirstName is mandatory", "firstName")
            .near(json!({"firstName": "O"})),
        case("last-name", Person)
            .fires(json!({"lastName": " "}))
            .says("C016.I02", "For INDIVIDUAL type customer LastName is mandatory", "lastName")
            .near(json!({"lastName": "-"})),
        case("citizenship-country", Person).only_at(REGULAR)
            .fires(json!({"citizenshipCountry": null}))
            .says("C016.I06", citizenship, "citizenshipCountry"),
        case("citizenship-country", Person).only_at(ALL)
            .fires(json!({"citizenshipCountry": "lt"}))
            .says("C016.I06", citizenship, "citizenshipCountry")
            .near(json!({"citizenshipCountry": "LV"})),
        case("citizenship-country", Occasional).only_at(SIMPLIFIED)
            .near(json!({"citizenshipCountry": null})),
        case("birth-country", Person)
            .fires(json!({"birthCountry": "USSR"}))
            .says("C016.I06", "BirthCountry not defined in Amlyze", "birthCountry")
            .near(json!({"birthCountry": "PL"}))
            .near(json!({"birthCountry": ""})),
        case("second-citizenship-country", Person)
            .fires(json!({"secondCitizenshipCountry": "XX"}))
            .says("C016.I08", "SecondCitizenshipCountry not defined in Amlyze", "secondCitizenshipCountry")
            .near(json!({"secondCitizenshipCountry": "LT"})),
        case("permanent-residence-country", Person)
            .fires(json!({"permanentResidenceCountry": 440}))
            .says("C016.I08", "PermanentResidenceCountry not defined in Amlyze", "permanentResidenceCountry")
            .near(json!({"permanentResidenceCountry": "DE"})),
    ]
}

#[rustfmt::skip]
fn fields_of_activity() -> Vec<Case> {
    vec![
        case("school-country-unknown", Person)
            .fires(json!({"fieldOfActivity": {"student": {"higherSchoolCountry": "LTU"}}}))
            .says("FOA01", "FieldOfActivity.Student.Country is invalid", "fieldOfActivity.student.higherSchoolCountry")
            .near(json!({"fieldOfActivity": {"student": {"higherSchoolCountry": "LT", "isStudent": true}}})),
        case("school-country-unknown", Company)
            .fires(json!({"fieldOfActivity": {"student": {"higherSchoolCountry": "LTU"}}}))
            .says("FOA01", "FieldOfActivity.Student.Country is invalid", "fieldOfActivity.student.higherSchoolCountry"),
        case("pension-country-unknown", Person)
            .fires(json!({"fieldOfActivity": {"pension": {"pensionCountry": "Lietuva"}}}))
            .says("FOA02", "PensionCountry is invalid", "fieldOfActivity.pension.pensionCountry")
            .near(json!({"fieldOfActivity": {"pension": {"pensionCountry": "EE"}}})),
    ]
}

#[rustfmt::skip]
fn organization() -> Vec<Case> {
    vec![
        case("title", Company)
            .fires(json!({"title": null}))
            .says("C017.O01", "For ORGANIZATION type customer Title is mandatory", "title")
            .near(json!({"title": "1"})),
        case("registration-country-missing", Company).only_at(REGULAR)
            .fires(json!({"registrationCountry": " "}))
            .says("C017.O02", "For ORGANIZATION type customer RegistrationCountry is mandatory", "registrationCountry")
            .near(json!({"registrationCountry": "EE"})),
        case("registration-country-missing", OccasionalCompany).only_at(SIMPLIFIED)
            .near(json!({"registrationCountry": null})),
        case("registration-country-unknown", Company)
            .fires(json!({"registrationCountry": "EU"}))
            .says("REG", "RegistrationCountry must exist in Amlyze", "registrationCountry")
            .near(json!({"registrationCountry": "GB"})),
        case("registration-country-unknown", Person)
            .near(json!({"registrationCountry": "EU, but of a person"})),
        case("legal-form-missing", Company).only_at(REGULAR)
            .fires(json!({"legalForm": null}))
            .says("C017.O03", "For ORGANIZATION type customer LegalForm is mandatory", "legalForm")
            .near(json!({"legalForm": "COOPERATIVE"})),
        case("legal-form-missing", OccasionalCompany).only_at(SIMPLIFIED)
            .near(json!({"legalForm": null})),
        case("legal-form-unknown", Company)
            .fires(json!({"legalForm": "Ltd"}))
            .says("C017.O04", "LegalForm must exist in Amlyze", "legalForm")
            .near(json!({"legalForm": "CORPORATION"})),
        case("deposit-currency", Company)
            .fires(json!({"initialDepositCurrency": "LTL"}))
            .says("CUR01", "InitialDepositCurrency not found in amlyze", "initialDepositCurrency")
            .near(json!({"initialDepositCurrency": "EUR"}))
            .near(json!({"initialDepositCurrency": " "})),
    ]
}
