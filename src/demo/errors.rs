//! The errors in a demo batch. Each makes a valid customer wrong in one way, which is answered with one
//! code.

use serde_json::{Value, json};

use super::Customer;

/// One way in which a customer can be wrong.
pub struct DemoError {
    /// The code that such a customer is rejected with.
    pub code: &'static str,
    /// Whether this customer can be wrong in this way.
    pub(super) fits: fn(&Customer) -> bool,
    pub(super) make: fn(&mut Customer),
}

fn always(_: &Customer) -> bool {
    true
}

fn is(customer: &Customer, entity_type: &str) -> bool {
    customer.get("entityType").and_then(Value::as_str) == Some(entity_type)
}

fn person(customer: &Customer) -> bool {
    is(customer, "INDIVIDUAL")
}

fn company(customer: &Customer) -> bool {
    is(customer, "ORGANIZATION")
}

fn has(customer: &Customer, list: &str) -> bool {
    customer
        .get(list)
        .and_then(Value::as_array)
        .is_some_and(|l| !l.is_empty())
}

fn put(customer: &mut Customer, field: &str, value: Value) {
    customer.insert(field.to_owned(), value);
}

fn put_in_first(customer: &mut Customer, list: &str, field: &str, value: Value) {
    if let Some(item) = customer.get_mut(list).and_then(|l| l.get_mut(0)) {
        item[field] = value;
    }
}

macro_rules! errors {
    ($($code:literal, $fits:expr, $make:expr;)*) => {
        /// Every way in which a demo customer can be wrong.
        pub const ERRORS: &[DemoError] = &[$(DemoError { code: $code, fits: $fits, make: $make }),*];
    };
}

errors! {
    "C001", always, |c| { c.remove("communicationNumber"); };
    "C005", always, |c| put(c, "requester", json!("  "));
    "C002", always, |c| put(c, "customerExtId", Value::Null);
    "C007", always, |c| put(c, "riskManagementCategory", json!("RETAIL"));
    "C008.I01", always, |c| put(c, "riskLevel", json!("Medium"));
    "C010", always, |c| put(c, "entityType", json!("PERSON"));
    "C011", always, |c| { c.remove("customerStatus"); };
    "C012", always, |c| { c.remove("applicationDate"); };
    "C013a", always, |c| put(c, "closingDate", json!("2025-12-31"));
    "C014", person, |c| put(c, "title", json!("UAB Asmuo"));
    "C015", company, |c| put(c, "firstName", json!("Jonas"));
    "C016.I02", person, |c| { c.remove("lastName"); };
    "C016.I06", person, |c| put(c, "citizenshipCountry", json!("LTU"));
    "C017.O01", company, |c| put(c, "title", json!(""));
    "REG", company, |c| put(c, "registrationCountry", json!("Lithuania"));
    "C017.O04", company, |c| put(c, "legalForm", json!("UAB"));
    "Q001.Co1", |c| has(c, "listContact"), |c| put_in_first(c, "listContact", "contactType", json!("PHONE"));
    "Q001.Co2", |c| has(c, "listContact"), |c| put_in_first(c, "listContact", "contactDetails", json!(" "));
    "Q002.DOC04", |c| has(c, "listBusinessEntityDocument"),
        |c| put_in_first(c, "listBusinessEntityDocument", "documentIssueDate", Value::Null);
    "Q004.ADR02", |c| has(c, "listAddress"), |c| put_in_first(c, "listAddress", "country", json!("Lietuva"));
    "Q011.DT03", |c| has(c, "listDeclaredTurnover"), |c| {
        put_in_first(c, "listDeclaredTurnover", "from", Value::Null);
        put_in_first(c, "listDeclaredTurnover", "to", Value::Null);
    };
    "TYP01", person, |c| put(c, "birthDate", json!("1985-02-30"));
    "TYP02", always, |c| put(c, "initialDepositBank", json!("x".repeat(300)));
    "TYP04", always, |c| put(c, "initialDepositSource", json!("wages\u{0007}"));
    "C004", always, |c| put(c, "action", json!("UPDATE"));
}
