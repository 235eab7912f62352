//! What the schema of an endpoint says of a customer, asked with a validator that is not kycdrop's.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use jsonschema::Validator;
use kycdrop::catalog::{Endpoint, rules};
use kycdrop::classifier::ClassifierSet;
use kycdrop::schema::{Basis, Said, said, schema};
use serde_json::{Value, json};

/// The schema of an endpoint.
pub(crate) struct Asked {
    endpoint: Endpoint,
    has_codes: bool,
    validator: Validator,
}

impl Asked {
    pub(crate) fn new(basis: Basis<'_>) -> Asked {
        let schema = serde_json::to_value(schema(basis)).expect("JSON");
        assert!(jsonschema::meta::is_valid(&schema), "{schema}");
        Asked {
            endpoint: basis.endpoint,
            has_codes: basis.classifiers.is_some(),
            validator: jsonschema::draft202012::new(&schema).expect("a schema"),
        }
    }

    /// For an institution that is one organization.
    pub(crate) fn at(endpoint: Endpoint, classifiers: Option<&ClassifierSet>) -> Asked {
        Asked::new(Basis {
            endpoint,
            multi_organization: false,
            classifiers,
        })
    }

    /// Why the schema rejects a request with this customer alone; None if it accepts it.
    pub(crate) fn rejects(&self, customer: &str) -> Option<String> {
        let customer: Value = serde_json::from_str(customer).expect("JSON");
        let request = match self.endpoint.is_batch() {
            true => json!({ "customers": [customer] }),
            false => customer,
        };
        let error = self.validator.validate(&request).err()?;
        Some(format!("{error} at {}", error.instance_path()))
    }

    /// Compares the schema's verdict with the rules that the validator says are broken. Returns the
    /// verdict.
    pub(crate) fn compare(&self, customer: &str, broken: &[&str]) -> bool {
        let rejects = self.rejects(customer);
        let how_much: Vec<_> = broken.iter().map(|key| self.said(key)).collect();
        if how_much.iter().all(|s| matches!(s, Said::Nothing(_))) {
            assert_eq!(rejects, None, "rejected by the schema alone: {customer}");
        }
        if how_much.iter().any(|s| s.why_not(self.has_codes).is_none()) {
            let at = self.endpoint;
            assert!(rejects.is_some(), "{broken:?} at {at} accepted: {customer}");
        }
        rejects.is_none()
    }

    fn said(&self, key: &str) -> Said {
        let row = rules().iter().find(|row| row.key == key);
        said(row.unwrap_or_else(|| panic!("there is no rule {key}")))
    }
}
