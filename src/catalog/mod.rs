//! The published contract as data: endpoints, classifiers, objects with their fields, and every rule
//! with its code, text, origin and fix.
//!
//! Nothing goes in. Out: the rows that `request` reads by, `validate` interprets and `history` asks,
//! the remedy of each rule, and the reference pages. A rule that more than one field decides has its
//! function in its row, and asks a customer through [`Fields`] alone: this room may not know how a
//! customer, a classifier's values or the history are stored. CONTRIBUTING.md says what an addition
//! costs.

mod classifiers;
mod cross_field;
pub mod customer;
mod customer_rules;
mod endpoint;
mod field;
mod lookup;
mod markdown;
mod never_answered;
mod parts;
mod profile;
mod related;
mod remedy;
mod rule;
mod rule_list;
mod words;

pub use classifiers::Classifier;
pub(crate) use classifiers::contract_classifiers;
pub use cross_field::{
    Allowed, Category, CrossField, CustomerFacts, Fields, HistoryFacts, HistoryRule,
};
pub use customer::CUSTOMER;
pub use endpoint::{CustomerKind, DECISIONS, Endpoint, Endpoints, ReplyKind, inbox_folders};
pub use field::{Applies, Field, FieldIndex, Object, ObjectId, Type};
pub use lookup::{KeyTable, field_at, ignored_fields, keys, text_field};
pub use markdown::{errors_page, fields_page};
pub use never_answered::{NEVER_ANSWERED, NeverAnswered};
pub use parts::{
    ADDITIONAL_VALUE, ADDRESS, CONTACT, DOCUMENT, EMPLOYMENT, FIELD_OF_ACTIVITY, OTHER_STATUS,
    PENSION, STUDENT, additional_value,
};
pub use profile::{
    ACTIVITY, APPEAL_REASON, COUNTRY_OF_ACTIVITY, COUNTRY_OF_TAX_PAYMENT, DECLARED_TURNOVER,
    INCOME_SOURCE, INTRODUCTION_SOURCE, ORDERED_SERVICE, PAYMENT_COUNTRY, PAYMENT_PURPOSE,
    REGION_OF_ACTIVITY, SOURCE_OF_WEALTH,
};
pub use related::{RELATED_ENTITY, related_entity};
pub use remedy::{Remedy, field_of_path, remedy, rules_below_code, rules_of_code, takes};
pub use rule::{Check, CodeSet, ListStep, Origin, Rule, Scope, Step, Walk, argument, expand};
pub use rule_list::{RuleRow, hash_of, history_rules, rules, rules_hash, walk_rule};
pub(crate) use words::words;
pub use words::{
    Action, CategoryKind, Datatype, EntityType, RiskLevel, RiskLevelSource, ScreeningProcess,
};

/// Every object of a request, the customer first, in the order of the published field table.
/// An object's place in this list is its [`ObjectId`].
pub static OBJECTS: [&Object; 23] = [
    &CUSTOMER,
    &FIELD_OF_ACTIVITY,
    &EMPLOYMENT,
    &OTHER_STATUS,
    &PENSION,
    &STUDENT,
    &CONTACT,
    &ADDRESS,
    &DOCUMENT,
    &APPEAL_REASON,
    &INTRODUCTION_SOURCE,
    &ORDERED_SERVICE,
    &DECLARED_TURNOVER,
    &INCOME_SOURCE,
    &PAYMENT_PURPOSE,
    &SOURCE_OF_WEALTH,
    &PAYMENT_COUNTRY,
    &ACTIVITY,
    &REGION_OF_ACTIVITY,
    &COUNTRY_OF_ACTIVITY,
    &COUNTRY_OF_TAX_PAYMENT,
    &ADDITIONAL_VALUE,
    &RELATED_ENTITY,
];
