//! Every rule of the catalogue at every endpoint where it applies: what sets it off and what a user
//! reads then, and the nearest thing that is accepted. A rule without its cases fails here.

mod additional;
mod bench;
mod case;
mod history;
mod lists;
mod order;
mod reading;
mod related;
mod related_parts;
mod schema;
mod values;
mod who;
mod whole;

use std::collections::HashSet;

use case::{Case, Home};
use kycdrop::catalog::{Endpoint, rules};

fn cases() -> Vec<Case> {
    [
        who::cases(),
        who::by_type(),
        lists::cases(),
        lists::about_payments(),
        additional::cases(),
        related::cases(),
        related_parts::cases(),
        related_parts::additional_values(),
        whole::cases(),
        history::cases(),
    ]
    .concat()
}

/// The field is not mandatory there, so that its absence is no error: the near misses show it.
const CANNOT_FIRE: &[(&str, Endpoint)] = &[
    ("registration-country-missing", Endpoint::SimplifiedCustomer),
    ("legal-form-missing", Endpoint::SimplifiedCustomer),
];

#[test]
fn every_rule_has_a_case_that_fires_and_a_near_miss_at_every_endpoint() {
    let cases = cases();
    let mut fires = HashSet::new();
    let mut near = HashSet::new();
    for case in &cases {
        for endpoint in case.endpoints {
            if case.has_firing() {
                fires.insert((case.rule, *endpoint));
            }
            if case.has_near() {
                near.insert((case.rule, *endpoint));
            }
        }
    }
    let mut missing = Vec::new();
    for rule in rules() {
        for endpoint in rule.endpoints.iter() {
            let at = (&*rule.key, endpoint);
            if !fires.contains(&at) && !CANNOT_FIRE.contains(&at) {
                missing.push(format!("{} has no firing case at {endpoint}", rule.key));
            }
            if !near.contains(&at) {
                missing.push(format!("{} has no near miss at {endpoint}", rule.key));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_case_is_of_a_rule_that_there_is_and_where_it_applies() {
    for case in cases() {
        let of = |key: &str| rules().iter().find(|r| r.key == key);
        let rule = of(case.rule).unwrap_or_else(|| panic!("there is no rule {}", case.rule));
        assert!(!case.trials.is_empty(), "{} tries nothing", case.rule);
        for trial in &case.trials {
            let own = trial.found.iter().any(|f| f.rule == case.rule);
            assert!(
                own || trial.found.is_empty(),
                "{} does not fire: {trial:?}",
                case.rule
            );
            for found in &trial.found {
                assert!(of(&found.rule).is_some(), "there is no {}", found.rule);
            }
            for endpoint in case.endpoints.iter().filter(|_| own) {
                let applies = rule.endpoints.has(*endpoint);
                assert!(applies, "{} does not apply at {endpoint}", case.rule);
            }
        }
    }
}

#[test]
fn at_batch_customers() {
    bench::run(&cases(), Home::Plain, Endpoint::BatchCustomers);
}

#[test]
fn at_validate_batch_customers() {
    bench::run(&cases(), Home::Plain, Endpoint::ValidateBatchCustomers);
}

#[test]
fn at_customer() {
    bench::run(&cases(), Home::Plain, Endpoint::Customer);
}

#[test]
fn at_simplifiedcustomer() {
    bench::run(&cases(), Home::Plain, Endpoint::SimplifiedCustomer);
}

#[test]
fn in_an_institution_of_several_organizations() {
    for endpoint in Endpoint::ALL {
        bench::run(&cases(), Home::Branches, endpoint);
    }
}
