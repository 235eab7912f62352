//! Cases of the rules that need the history. What is accepted before a trial has the number
//! `B-<id>` and the trial's own customerExtId.

use kycdrop::catalog::Endpoint;
use serde_json::json;

use crate::rules::case::Base::{Company, Lead, Occasional, Person};
use crate::rules::case::{BATCHES, CUSTOMER, Case, REGULAR, SIMPLIFIED, SINGLES, case};

pub(super) fn cases() -> Vec<Case> {
    [numbers(), customers(), demotions()].concat()
}

#[rustfmt::skip]
fn numbers() -> Vec<Case> {
    vec![
        case("communication-number-used", Person).only_at(BATCHES)
            .after(Endpoint::Customer, Company, json!({}))
            .fires(json!({"communicationNumber": "B-$id", "customerExtId": "Y-$id"}))
            .says("O005", "CommunicationNumber already used in amlyze", "communicationNumber")
            .near(json!({"communicationNumber": "b-$id", "customerExtId": "Y-$id"}))
            .near(json!({"communicationNumber": "B-$id ", "customerExtId": "Y-$id"})),
        case("communication-number-used-single", Person).only_at(SINGLES)
            .after(Endpoint::BatchCustomers, Company, json!({}))
            .fires(json!({"communicationNumber": "B-$id", "customerExtId": "Y-$id"}))
            .says("O001", "CommunicationNumber already used in amlyze", "communicationNumber")
            .near(json!({"communicationNumber": "b-$id", "customerExtId": "Y-$id"})),
        // What was only validated takes no number.
        case("communication-number-used-single", Person).only_at(SINGLES)
            .after(Endpoint::ValidateBatchCustomers, Company, json!({}))
            .near(json!({"communicationNumber": "B-$id"})),
        case("communication-number-used", Company).only_at(BATCHES)
            .after(Endpoint::ValidateBatchCustomers, Company, json!({}))
            .near(json!({"communicationNumber": "B-$id"})),
    ]
}

#[rustfmt::skip]
fn customers() -> Vec<Case> {
    vec![
        case("customer-exists", Person).only_at(REGULAR)
            .after(Endpoint::BatchCustomers, Person, json!({}))
            .fires(json!({}))
            .says("C003", "Customer already exists", "customerExtId")
            .fires(json!({"action": "CREATE"}))
            .says("C003", "Customer already exists", "customerExtId")
            .near(json!({"action": "UPDATE"}))
            .near(json!({"businessUnit": "another"})),
        case("customer-exists", Occasional).only_at(SIMPLIFIED)
            .after(Endpoint::SimplifiedCustomer, Occasional, json!({}))
            .fires(json!({}))
            .says("C003", "Customer already exists", "customerExtId")
            .near(json!({"action": "UPDATE"})),
        case("customer-exists", Person).only_at(BATCHES)
            .after(Endpoint::Customer, Person, json!({}))
            .fires(json!({"communicationNumber": "B-$id"}))
            .and("communication-number-used", "O005", "CommunicationNumber already used in amlyze", "communicationNumber")
            .says("C003", "Customer already exists", "customerExtId"),
        case("customer-not-found", Person)
            .fires(json!({"action": "UPDATE"}))
            .says("C004", "Cannot update not existing customer, use Action = CREATE", "customerExtId")
            .near(json!({"action": "CREATE"})),
        case("customer-not-found", Person).only_at(REGULAR)
            .after(Endpoint::Customer, Person, json!({"businessUnit": "vilnius"}))
            .fires(json!({"action": "UPDATE"}))
            .says("C004", "Cannot update not existing customer, use Action = CREATE", "customerExtId")
            .fires(json!({"action": "UPDATE", "businessUnit": "kaunas"}))
            .says("C004", "Cannot update not existing customer, use Action = CREATE", "customerExtId")
            .near(json!({"action": "UPDATE", "businessUnit": "vilnius"})),
        // A lead and an occasional customer become regular by an UPDATE.
        case("customer-not-found", Person).only_at(REGULAR)
            .after(Endpoint::Customer, Lead, json!({}))
            .near(json!({"action": "UPDATE"})),
        case("customer-not-found", Person).only_at(REGULAR)
            .after(Endpoint::SimplifiedCustomer, Occasional, json!({}))
            .near(json!({"action": "UPDATE"})),
    ]
}

#[rustfmt::skip]
fn demotions() -> Vec<Case> {
    vec![
        case("demoted-to-lead", Lead).only_at(CUSTOMER)
            .after(Endpoint::BatchCustomers, Person, json!({}))
            .fires(json!({"action": "UPDATE"}))
            .says("C009", "Cannot demote existing customer to Lead riskManagementCategory", "riskManagementCategory")
            .near(json!({"action": "UPDATE", "riskManagementCategory": "IND"})),
        case("demoted-to-lead", Lead).only_at(CUSTOMER)
            .after(Endpoint::Customer, Lead, json!({}))
            .near(json!({"action": "UPDATE", "riskManagementCategory": "LEAD_AMLYZE"})),
        case("demoted-to-simplified", Occasional).only_at(SIMPLIFIED)
            .after(Endpoint::Customer, Person, json!({}))
            .fires(json!({"action": "UPDATE"}))
            .says("SC01", "Given customer exists as regular customer", "customerExtId")
            .fires(json!({"action": "CREATE"}))
            .and("customer-exists", "C003", "Customer already exists", "customerExtId")
            .says("SC01", "Given customer exists as regular customer", "customerExtId")
            .near(json!({"businessUnit": "another"})),
        case("demoted-to-simplified", Occasional).only_at(SIMPLIFIED)
            .after(Endpoint::SimplifiedCustomer, Occasional, json!({}))
            .near(json!({"action": "UPDATE"})),
    ]
}
