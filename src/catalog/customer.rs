//! The fields of the customer, in the order of the published table. Its rules stand in
//! `customer_rules`.

use super::customer_rules::STEPS;
use super::field::*;
use super::parts::*;
use super::profile::*;
use super::{
    Action, Classifier, Endpoints, EntityType, RELATED_ENTITY, RiskLevel, RiskLevelSource,
    ScreeningProcess,
};

/// A person or a company, as one element of `customers` or as the body of a single request.
pub static CUSTOMER: Object = contract_object!(0, "Customer", FIELDS, STEPS);

/// The index of a customer's field, for constants.
pub const fn customer(name: &str) -> FieldIndex {
    find(FIELDS, name)
}

#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = &[
    text("communicationNumber").mandatory("always").note("unique; see O001/O005"),
    text("requester").max(100).mandatory("always"),
    choice("action", Action::NAMES).note("absent means CREATE; UPDATE replaces all data of the customer"),
    choice("sourceOfRiskLevel", RiskLevelSource::NAMES).mandatory("customer endpoint").ignored_at(Endpoints::NOT_EVALUATING, "IMPORT").note("other endpoints: omitted, always IMPORT (another value is ignored with a warning)"),
    choice("riskLevel", RiskLevel::NAMES).mandatory("see C008 rules").note("default NONE where optional"),
    choice("customerStatus", &["PENDING", "ACTIVE", "REJECTED", "SUSPENDED", "CLOSED"]).mandatory("when IMPORT (not simplifiedcustomer)"),
    Field::new("initializeScreeningProcesses", Type::Choices(ScreeningProcess::NAMES)).note("batch endpoints: not available there; an unknown process is still SCR01, a known one is a warning"),
    coded("businessUnit", Classifier::BusinessUnit).max(SHORT).mandatory("when multi_organization = true").note("not checked against the classifier while that classifier has no values"),
    coded("riskManagementCategory", Classifier::RiskManagementCategory).max(SHORT).mandatory("always"),
    choice("entityType", EntityType::NAMES).mandatory("always"),
    text("customerExtId").mandatory("always").note("identifies the customer within its businessUnit"),
    date("applicationDate").mandatory("always (simplifiedcustomer: optional)"),
    text("firstName").mandatory("INDIVIDUAL").individual().forbidden_else(1),
    text("lastName").mandatory("INDIVIDUAL").individual().forbidden_else(2),
    coded("citizenshipCountry", Classifier::Country).mandatory("INDIVIDUAL (simplifiedcustomer: optional)").individual().forbidden_else(5),
    text("title").mandatory("ORGANIZATION").organization().forbidden_else(6),
    coded("registrationCountry", Classifier::Country).mandatory("ORGANIZATION (simplifiedcustomer: optional)").organization(),
    coded("legalForm", Classifier::LegalForm).mandatory("ORGANIZATION (simplifiedcustomer: optional)").organization().forbidden_else(7),
    text("tradingName").organization().forbidden_else(14),
    date("birthDate").individual().forbidden_else(3),
    date("approvalDate"),
    date("establishmentDate").organization().forbidden_else(10),
    date("closingDate").mandatory("customerStatus = CLOSED").note("any other status: C013a"),
    coded("birthCountry", Classifier::Country).individual().forbidden_else(4),
    text("nationalCode"),
    coded("secondCitizenshipCountry", Classifier::Country).individual().forbidden_else(6),
    coded("permanentResidenceCountry", Classifier::Country).individual().forbidden_else(7),
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
    long("activityInRestrictedRegionDescription").organization().forbidden_else(15),
    long("regionOfActivityDescription").organization().forbidden_else(5),
    text("giin").also("GIIN").organization().forbidden_else(9),
    text("lei").also("LEI").organization().forbidden_else(13),
    long("incomeSourceDescription"),
    text("initialDepositSource"),
    text("initialDepositBank"),
    text("initialDepositAccount"),
    decimal("initialDepositAmount"),
    coded("initialDepositCurrency", Classifier::Currency),
    boolean("doesCashDominate"),
    boolean("isAudited").organization(),
    integer("numberOfAudits").organization().forbidden_else(4),
    integer("periodsOfAuditsInYears").organization().forbidden_else(11),
    long("organizationalStructureDescription").organization().forbidden_else(12),
    boolean("hasMultiLayerStructure").organization(),
    boolean("isFinancialInstitution").organization(),
    boolean("isDirectlyManaged").organization(),
    boolean("noMajorShareHolders").organization(),
    integer("numberOfEmployees").organization().forbidden_else(2),
    big("companyAssetValue").organization().forbidden_else(1),
    boolean("isFined").organization(),
    integer("periodsOfFiningInYears").organization(),
    boolean("isListed").organization(),
    boolean("isRegulated").organization(),
    boolean("isLicenseRequired").organization(),
    long("licenseDescription").organization().forbidden_else(3),
    text("thirdPartyServicesUsed").organization().note("published as String, sent as a boolean: both are taken"),
    long("thirdPartyServicesUsedDescription").organization().forbidden_else(8),
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
