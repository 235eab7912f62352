//! What a case of the table is: a rule, a sound customer, changes to it that set the rule off with
//! what a user is to read then, and changes that are the nearest thing to be accepted.

use kycdrop::catalog::Endpoint;
use serde_json::{Value, json};

use crate::common::{company, person, with};

pub(super) const ALL: &[Endpoint] = &Endpoint::ALL;
pub(super) const BATCHES: &[Endpoint] =
    &[Endpoint::BatchCustomers, Endpoint::ValidateBatchCustomers];
pub(super) const CUSTOMER: &[Endpoint] = &[Endpoint::Customer];
pub(super) const SIMPLIFIED: &[Endpoint] = &[Endpoint::SimplifiedCustomer];
pub(super) const SINGLES: &[Endpoint] = &[Endpoint::Customer, Endpoint::SimplifiedCustomer];
pub(super) const REGULAR: &[Endpoint] = &[
    Endpoint::BatchCustomers,
    Endpoint::ValidateBatchCustomers,
    Endpoint::Customer,
];

/// A sound customer that a case changes. `$id` in any text becomes the trial's own id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base {
    Person,
    Company,
    /// A person who is no customer yet; only at `customer`.
    Lead,
    /// A person with no more than is mandatory at `simplifiedcustomer`.
    Occasional,
    /// The same for a company.
    OccasionalCompany,
}

impl Base {
    /// The customer as this endpoint takes it.
    pub(super) fn at(self, endpoint: Endpoint) -> Value {
        let customer = match self {
            Base::Person | Base::Lead => person("$id"),
            Base::Company => company("$id"),
            Base::Occasional => json!({
                "communicationNumber": "N-$id",
                "requester": "Branch 7",
                "riskManagementCategory": "OCCASIONAL_CUSTOMER",
                "entityType": "INDIVIDUAL",
                "customerExtId": "X-$id",
                "firstName": "Ona",
                "lastName": "Petraitė"
            }),
            Base::OccasionalCompany => json!({
                "communicationNumber": "N-$id",
                "requester": "Branch 7",
                "riskManagementCategory": "OCCASIONAL_CUSTOMER",
                "entityType": "ORGANIZATION",
                "customerExtId": "X-$id",
                "title": "UAB Pavyzdys"
            }),
        };
        match (self, endpoint) {
            (Base::Lead, _) => with(
                customer,
                json!({
                    "riskManagementCategory": "LEAD_IND",
                    "sourceOfRiskLevel": "EVALUATE",
                    "riskLevel": null,
                    "customerStatus": null
                }),
            ),
            (_, Endpoint::Customer) => with(customer, json!({"sourceOfRiskLevel": "IMPORT"})),
            (_, Endpoint::SimplifiedCustomer) => with(
                customer,
                json!({"riskManagementCategory": "OCCASIONAL_CUSTOMER"}),
            ),
            _ => customer,
        }
    }
}

/// A change to a customer.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// Fields to set; null removes one.
    set: Value,
    /// More members of the object as they are written, for what no JSON value can say.
    written: &'static str,
}

impl From<Value> for Change {
    fn from(set: Value) -> Change {
        Change { set, written: "" }
    }
}

impl From<&'static str> for Change {
    fn from(written: &'static str) -> Change {
        Change {
            set: json!({}),
            written,
        }
    }
}

/// A customer of its own that came before, as the last trial's id.
#[derive(Clone, Debug)]
pub(super) struct Before {
    pub endpoint: Endpoint,
    pub base: Base,
    pub change: Value,
}

impl Before {
    /// Its text: communicationNumber `B-$id`, the customerExtId that of the trial.
    pub(super) fn text(&self, id: &str) -> String {
        let numbered = with(
            self.base.at(self.endpoint),
            json!({"communicationNumber": "B-$id"}),
        );
        with(numbered, self.change.clone())
            .to_string()
            .replace("$id", id)
    }
}

/// What is to be found: a row of `v_finding`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub rule: String,
    pub code: String,
    pub description: String,
    pub path: String,
}

/// One changed customer, and what is to be found in it; nothing: it is to be accepted.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub change: Change,
    pub found: Vec<Found>,
}

impl Trial {
    /// The text of the customer.
    pub(super) fn text(&self, base: Base, endpoint: Endpoint, id: &str) -> String {
        let mut text = with(base.at(endpoint), self.change.set.clone()).to_string();
        if !self.change.written.is_empty() {
            text.pop();
            text = format!("{text},{}}}", self.change.written);
        }
        text.replace("$id", id)
    }
}

/// Which home the case is judged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// The shipped classifiers, and one that is bound to `Customer.nationalCode`, to `Address.city`
    /// and to the additional value `tax_office`.
    Plain,
    /// `multi_organization = true`, with the business units vilnius and kaunas.
    Branches,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub rule: &'static str,
    pub base: Base,
    pub endpoints: &'static [Endpoint],
    pub home: Home,
    pub before: Option<Before>,
    pub trials: Vec<Trial>,
}

/// A case of this rule, at every endpoint unless it says otherwise.
pub(super) fn case(rule: &'static str, base: Base) -> Case {
    Case {
        rule,
        base,
        endpoints: ALL,
        home: Home::Plain,
        before: None,
        trials: Vec::new(),
    }
}

impl Case {
    pub(super) fn only_at(mut self, endpoints: &'static [Endpoint]) -> Case {
        self.endpoints = endpoints;
        self
    }

    pub(super) fn in_branches(mut self) -> Case {
        self.home = Home::Branches;
        self
    }

    /// Before each trial this customer is accepted.
    pub(super) fn after(mut self, endpoint: Endpoint, base: Base, change: Value) -> Case {
        self.before = Some(Before {
            endpoint,
            base,
            change,
        });
        self
    }

    /// A change that sets the rule off; what is found follows with `says`.
    pub(super) fn fires(self, change: impl Into<Change>) -> Case {
        self.near(change)
    }

    /// A finding of the rule.
    pub(super) fn says(self, code: &str, description: &str, path: &str) -> Case {
        let rule = self.rule;
        self.and(rule, code, description, path)
    }

    /// A finding of another rule that comes with it.
    pub(super) fn and(mut self, rule: &str, code: &str, description: &str, path: &str) -> Case {
        let trial = self.trials.last_mut().expect("a change");
        trial.found.push(Found {
            rule: rule.into(),
            code: code.into(),
            description: description.into(),
            path: path.into(),
        });
        self
    }

    /// A change that is to be accepted.
    pub(super) fn near(mut self, change: impl Into<Change>) -> Case {
        self.trials.push(Trial {
            change: change.into(),
            found: Vec::new(),
        });
        self
    }

    /// Whether a trial of the case expects a finding of its rule.
    pub(super) fn has_firing(&self) -> bool {
        let fires = |t: &Trial| t.found.iter().any(|f| f.rule == self.rule);
        self.trials.iter().any(fires)
    }

    /// Whether a trial of the case is to be accepted.
    pub(super) fn has_near(&self) -> bool {
        self.trials.iter().any(|t| t.found.is_empty())
    }
}
