//! The classifiers of the contract, a row each: the value of [`Classifier`] and its name, from which
//! its file has its own (`country` is read from `country.toml`). A new one is a row here and its
//! file in `classifiers/`.

use super::words::words;

/// Calls a macro with the rows of all classifiers of the contract, in the order of the contract.
macro_rules! contract_classifiers {
    ($callback:ident) => {
        $callback! {
            RelationType = "relationType",
            AccountType = "accountType",
            ActivityType = "activityType",
            AppealReasonType = "appealReasonType",
            BusinessUnit = "businessUnit",
            ServiceType = "serviceType",
            LegalForm = "legalForm",
            IncomeSourceType = "incomeSourceType",
            SourceOfWealth = "sourceOfWealth",
            Currency = "currency",
            Country = "country",
            DecisionGround = "decisionGround",
            OperationType = "operationType",
            IntroductionSourceType = "introductionSourceType",
            PaymentPurposeType = "paymentPurposeType",
            RiskManagementCategory = "riskManagementCategory",
            TurnoverType = "turnoverType",
            AddressType = "addressType",
            Region = "region",
        }
    };
}
pub(crate) use contract_classifiers;

macro_rules! define_classifier {
    ($($value:ident = $name:literal,)+) => {
        words! {
            /// A classifier of the contract: a table of codes that an institution keeps in a file of
            /// its own.
            pub enum Classifier {
                $(#[doc = concat!("The classifier `", $name, "`.")] $value = $name),+
            }
        }
    };
}

contract_classifiers!(define_classifier);
