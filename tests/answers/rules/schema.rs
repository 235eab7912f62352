//! The schemas on every case of the table: they accept what kycdrop accepts, reject what it rejects,
//! and leave over exactly what docs/SCHEMA.md lists.

use std::collections::BTreeSet;

use kycdrop::catalog::{Endpoint, rules};
use kycdrop::classifier::{ClassifierSet, read_folder};
use kycdrop::schema::{Basis, said};

use super::bench::office;
use super::case::{Case, Home};
use crate::schemas::Asked;

/// The rules that the schemas of a home leave over in a case of the table.
fn left_over(cases: &[Case], home: Home, with_codes: bool) -> BTreeSet<&str> {
    let office = office(home);
    let today = office.now().format("%F").to_string();
    let files = read_folder(&office.at("classifiers"), &today).expect("classifiers");
    let set = ClassifierSet::from_files(&files).expect("a set");
    let mut left_over = BTreeSet::new();
    for endpoint in Endpoint::ALL {
        let asked = Asked::new(Basis {
            endpoint,
            multi_organization: home == Home::Branches,
            classifiers: with_codes.then_some(&set),
        });
        let here = |case: &&Case| case.home == home && case.endpoints.contains(&endpoint);
        for case in cases.iter().filter(here) {
            for trial in &case.trials {
                let found = trial.found.iter();
                let found = found.map(|f| (f.rule.as_str(), f.path.as_str()));
                let text = trial.text(case.base, endpoint, "1");
                if asked.compare(&text, found.clone()) {
                    left_over.extend(found.map(|(rule, _)| rule));
                }
            }
        }
    }
    left_over
}

#[test]
fn the_schema_leaves_over_exactly_what_its_list_says() {
    let cases = super::cases();
    for with_codes in [false, true] {
        let mut found = left_over(&cases, Home::Plain, with_codes);
        found.append(&mut left_over(&cases, Home::Branches, with_codes));
        let listed = rules()
            .iter()
            .filter(|row| said(row).why_not(with_codes).is_some())
            .map(|row| row.key.as_str())
            .collect();
        assert_eq!(found, listed, "with codes: {with_codes}");
    }
}
