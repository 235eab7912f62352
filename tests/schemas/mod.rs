//! What the schema of an endpoint says of a customer, asked with a validator that is not kycdrop's.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use jsonschema::Validator;
use kycdrop::catalog::{Endpoint, Type, field_of_path, rules};
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

    /// Compares the schema's verdict with what the validator found, as rules and paths: it rejects the
    /// customer unless all of it is left over. Returns whether it accepts it.
    pub(crate) fn compare<'f>(
        &self,
        customer: &str,
        found: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> bool {
        let value: Value = serde_json::from_str(customer).expect("JSON");
        let said: Vec<_> = found
            .into_iter()
            .filter(|(rule, path)| !self.leaves_over(&value, rule, path))
            .collect();
        let rejects = self.rejects(customer);
        let at = self.endpoint;
        assert_eq!(
            rejects.is_some(),
            !said.is_empty(),
            "{at}: {rejects:?}, {said:?}: {customer}"
        );
        rejects.is_none()
    }

    /// Whether the schema is to let a finding through, as docs/SCHEMA.md says.
    fn leaves_over(&self, customer: &Value, rule: &str, path: &str) -> bool {
        let row = rules().iter().find(|row| row.key == rule);
        let row = row.unwrap_or_else(|| panic!("there is no rule {rule}"));
        let value = at(customer, path);
        let text = value.as_str().unwrap_or_default();
        match (said(row), row.rule.key) {
            (Said::Whole, _) => false,
            (Said::Nothing(_), _) => true,
            // That a code is missing is said anyway.
            (Said::WithCodes, _) => {
                let is_blank = value.is_string() && text.trim().is_empty();
                !self.has_codes && !value.is_null() && !is_blank
            }
            (Said::InPart(_), "bad-type") => {
                let field = field_of_path(path).map(|(object, f)| object.field(f).ty);
                matches!(field, Some(Type::Integer | Type::BigInteger))
                    && text.contains(['e', 'E'])
                    && text.trim().parse::<f64>().is_ok()
            }
            (Said::InPart(_), "too-long" | "additional-value-bad-integer") => value.is_number(),
            // Both spellings of a field are said.
            (Said::InPart(_), "given-twice") => {
                let is_there = |key: &str| customer.get(key).is_some();
                !is_there(path) || !is_there(&path.to_uppercase())
            }
            (Said::InPart(_), other) => panic!("what is left over of {other}?"),
        }
    }
}

/// The value at the path of a finding; null where there is none.
fn at<'v>(customer: &'v Value, path: &str) -> &'v Value {
    let names = path.split(['.', '[', ']']).filter(|name| !name.is_empty());
    names.fold(customer, |value, name| match name.parse::<usize>() {
        Ok(index) => &value[index],
        Err(_) => &value[name],
    })
}
