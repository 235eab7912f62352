//! The fields of the customer, in the order of the published table. Its rules stand in
//! `customer_rules`.

use super::customer_rules::STEPS;
use super::field::*;
use super::parts::*;
use super::profile::*;
use super::{Classifier, Endpoint, Endpoints, RELATED_ENTITY};

pub(super) const ENTITY_TYPES: &[&str] = &["INDIVIDUAL", "ORGANIZATION"];

/// Only `customer` tells import from evaluation.
const NOT_CUSTOMER: Endpoints = Endpoints::of(&[
    Endpoint::BatchCustomers,
    Endpoint::ValidateBatchCustomers,
    Endpoint::SimplifiedCustomer,
]);

/// A person or a company, as one element of `customers` or as the body of a single request.
pub static CUSTOMER: Object = Object {
    id: ObjectId(0),
    name: "Customer",
    fields: FIELDS,
    steps: STEPS,
};

/// The index of a customer's field, for constants.
pub const fn customer(name: &str) -> F {
    find(FIELDS, name)
}

#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = &[
    text("communicationNumber").mandatory("always").note("unique; see O001/O005"),
    text("requester").max(100).mandatory("always"),
    choice("action", &["CREATE", "UPDATE"]).note("absent means CREATE; UPDATE replaces all data of the customer"),
    choice("sourceOfRiskLevel", &["IMPORT", "EVALUATE"]).mandatory("customer endpoint").ignored_at(NOT_CUSTOMER, "IMPORT").note("other endpoints: omitted, always IMPORT (another value is ignored with a warning)"),
    choice("riskLevel", &["NONE", "LOW", "MEDIUM", "HIGH", "EXTREME"]).mandatory("see C008 rules").note("default NONE where optional"),
    choice("customerStatus", &["PENDING", "ACTIVE", "REJECTED", "SUSPENDED", "CLOSED"]).mandatory("when IMPORT (not simplifiedcustomer)"),
    Field::new("initializeScreeningProcesses", Type::Choices(&["SANCTIONS", "PEP", "ADVERSE_MEDIA", "INTERNAL_LIST"])).note("batch endpoints: not available there; an unknown process is still SCR01, a known one is a warning"),
    coded("businessUnit", Classifier::BusinessUnit).max(SHORT).mandatory("when multi_organization = true").note("not checked against the classifier while that classifier has no values"),
    coded("riskManagementCategory", Classifier::RiskManagementCategory).max(SHORT).mandatory("always"),
    choice("entityType", ENTITY_TYPES).mandatory("always"),
    text("customerExtId").mandatory("always").note("identifies the customer within its businessUnit"),
    date("applicationDate").mandatory("always (simplifiedcustomer: optional)"),
    text("firstName").mandatory("INDIVIDUAL").individual().note("ORGANIZATION: forbidden, C015"),
    text("lastName").mandatory("INDIVIDUAL").individual().note("ORGANIZATION: forbidden, C015"),
    coded("citizenshipCountry", Classifier::Country).mandatory("INDIVIDUAL (simplifiedcustomer: optional)").individual().note("ORGANIZATION: forbidden, C015"),
    text("title").mandatory("ORGANIZATION").organization().note("INDIVIDUAL: forbidden, C014"),
    coded("registrationCountry", Classifier::Country).mandatory("ORGANIZATION (simplifiedcustomer: optional)").organization(),
    coded("legalForm", Classifier::LegalForm).mandatory("ORGANIZATION (simplifiedcustomer: optional)").organization().note("INDIVIDUAL: forbidden, C014"),
    text("tradingName").organization().note("INDIVIDUAL: forbidden, C014"),
    date("birthDate").individual().note("ORGANIZATION: forbidden, C015"),
    date("approvalDate"),
    date("establishmentDate").organization().note("INDIVIDUAL: forbidden, C014"),
    date("closingDate").mandatory("customerStatus = CLOSED").note("any other status: C013a"),
    coded("birthCountry", Classifier::Country).individual().note("ORGANIZATION: forbidden, C015"),
    text("nationalCode"),
    coded("secondCitizenshipCountry", Classifier::Country).individual().note("ORGANIZATION: forbidden, C015"),
    coded("permanentResidenceCountry", Classifier::Country).individual().note("ORGANIZATION: forbidden, C015"),
    boolean("isLegalResident").individual(),
    boolean("isFamilyPEP").individual(),
    boolean("amlOfficer").individual(),
    boolean("isPEP"),
    boolean("isSanctioned"),
    boolean("isInAdverseMedia"),
    boolean("isInInternalList"),
    boolean("isLitigated"),
    choice("listPurpose", &["BLACK", "WHITE"]),
    object("fieldOfActivity", &FIELD_OF_ACTIVITY).individual(),
    boolean("isActualAddressDeclared"),
    boolean("isCorrespondenceAddressDeclared"),
    long("activityDescription"),
    long("activityInRestrictedRegionDescription").organization().note("INDIVIDUAL: forbidden, C014"),
    long("regionOfActivityDescription").organization().note("INDIVIDUAL: forbidden, C014"),
    text("giin").also("GIIN").organization().note("also spelled GIIN; INDIVIDUAL: forbidden, C014"),
    text("lei").also("LEI").organization().note("also spelled LEI; INDIVIDUAL: forbidden, C014"),
    long("incomeSourceDescription"),
    text("initialDepositSource"),
    text("initialDepositBank"),
    text("initialDepositAccount"),
    decimal("initialDepositAmount"),
    coded("initialDepositCurrency", Classifier::Currency),
    boolean("doesCashDominate"),
    boolean("isAudited").organization(),
    integer("numberOfAudits").organization().note("INDIVIDUAL: forbidden, C014"),
    integer("periodsOfAuditsInYears").organization().note("INDIVIDUAL: forbidden, C014"),
    long("organizationalStructureDescription").organization().note("INDIVIDUAL: forbidden, C014"),
    boolean("hasMultiLayerStructure").organization(),
    boolean("isFinancialInstitution").organization(),
    boolean("isDirectlyManaged").organization(),
    boolean("noMajorShareHolders").organization(),
    integer("numberOfEmployees").organization().note("INDIVIDUAL: forbidden, C014"),
    big("companyAssetValue").organization().note("INDIVIDUAL: forbidden, C014"),
    boolean("isFined").organization(),
    integer("periodsOfFiningInYears").organization(),
    boolean("isListed").organization(),
    boolean("isRegulated").organization(),
    boolean("isLicenseRequired").organization(),
    long("licenseDescription").organization().note("INDIVIDUAL: forbidden, C014"),
    text("thirdPartyServicesUsed").organization().note("published as String, sent as a boolean: both are taken"),
    long("thirdPartyServicesUsedDescription").organization().note("INDIVIDUAL: forbidden, C014"),
    list("listContact", &CONTACT),
    list("listAddress", &ADDRESS),
    list("listBusinessEntityDocument", &DOCUMENT),
    list("listAppealReason", &APPEAL_REASON),
    list("listIntroductionSource", &INTRODUCTION_SOURCE),
    list("listOrderedService", &ORDERED_SERVICE),
    list("listDeclaredTurnover", &DECLARED_TURNOVER),
    list("listIncomeSource", &INCOME_SOURCE),
    list("listPaymentPurpose", &PAYMENT_PURPOSE),
    list("listSourceOfWealth", &SOURCE_OF_WEALTH),
    list("listPaymentCountry", &PAYMENT_COUNTRY),
    list("listActivity", &ACTIVITY),
    list("listRegionOfActivity", &REGION_OF_ACTIVITY),
    list("listCountryOfActivity", &COUNTRY_OF_ACTIVITY),
    list("listCountryOfTaxPayment", &COUNTRY_OF_TAX_PAYMENT),
    list("listAdditionalValues", &ADDITIONAL_VALUE),
    list("listRelatedEntity", &RELATED_ENTITY),
];
