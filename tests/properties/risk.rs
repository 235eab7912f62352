//! What holds for the rating of every customer.

use kycdrop::catalog::{CUSTOMER, Endpoint, RiskLevel};
use kycdrop::classifier::shipped_files;
use kycdrop::evaluate::{
    Case, Evaluation, MATRICES, Matrix, Outcome, Process, Screened, Verdict, parse_matrix, tenths,
};
use kycdrop::request::Tree;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

use crate::sound::{self, Dice};
use crate::{SHIPPED, rolls};

static MATRIX: LazyLock<Matrix> = LazyLock::new(|| {
    let files = shipped_files("2026-01-01").expect("the shipped classifiers are valid");
    let text = MATRICES[0].1.replace("example = true\n", "");
    parse_matrix("m.toml", &text, &files).expect("a sound matrix")
});

fn rate(customer: &Value, screened: &[Screened]) -> Evaluation {
    let text = customer.to_string();
    let mut tree = Tree::new();
    assert!(tree.read(&text, &CUSTOMER).expect("JSON"));
    let case = Case::of(tree.root(&text, &CUSTOMER), &SHIPPED, screened);
    MATRIX.evaluate(case)
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().rev().map(reversed).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().rev().map(|(k, v)| (k.clone(), reversed(v)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

fn some_screened() -> impl Strategy<Value = Vec<Screened>> {
    let one =
        (0..4usize, 0..4usize, prop::option::of(0..2u32)).prop_map(|(p, o, related)| Screened {
            related,
            process: Process::ALL[p],
            outcome: Outcome::ALL[o],
        });
    prop::collection::vec(one, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_rating_explains_itself(rolls in rolls(), screened in some_screened()) {
        let customer = sound::customer(&mut Dice::new(&rolls), Endpoint::Customer, "1");
        let account = rate(&customer, &screened);
        prop_assert_eq!(&account, &rate(&customer, &screened));
        let shares: u32 = account.factors.iter().map(|f| f.share_thousandths).sum();
        prop_assert_eq!(tenths((shares + 50) / 100), account.score.clone());
        prop_assert!(account.level >= RiskLevel::Low);
        prop_assert!(account.level >= account.level_of_score);
        for floor in &account.floors {
            prop_assert!(account.level >= floor.at_least);
            prop_assert!(!floor.values.is_empty() || !floor.factors.is_empty(), "{}", floor.id);
        }
        prop_assert_eq!(account.decision == Verdict::Person, !account.reasons.is_empty());
    }

    #[test]
    fn the_order_of_lists_and_fields_changes_no_rating(rolls in rolls()) {
        let customer = sound::customer(&mut Dice::new(&rolls), Endpoint::Customer, "1");
        let (one, other) = (rate(&customer, &[]), rate(&reversed(&customer), &[]));
        let points = |account: &Evaluation| account.factors.iter().map(|f| (f.points, f.share_thousandths)).collect::<Vec<_>>();
        prop_assert_eq!(points(&one), points(&other));
        prop_assert_eq!((one.score, one.level, one.reasons), (other.score, other.level, other.reasons));
    }

    #[test]
    fn one_more_item_never_lowers_a_level(
        rolls in rolls(),
        country in prop::sample::select(vec!["LT", "US", "MM", "IR", "KP"]),
    ) {
        let mut customer = sound::customer(&mut Dice::new(&rolls), Endpoint::Customer, "1");
        let tax = json!({"country": "LV"});
        customer["listCountryOfTaxPayment"] = json!([tax]);
        let before = rate(&customer, &[]);
        customer["listCountryOfTaxPayment"] = json!([tax, {"country": country}]);
        let after = rate(&customer, &[]);
        prop_assert!(after.level >= before.level, "{} {}", before.score, after.score);
    }

    #[test]
    fn a_flag_that_is_true_never_lowers_a_level(rolls in rolls(), process in 0..4usize) {
        let customer = sound::customer(&mut Dice::new(&rolls), Endpoint::Customer, "1");
        let level = |outcome| {
            let screened = Screened { related: None, process: Process::ALL[process], outcome };
            rate(&customer, &[screened]).level
        };
        prop_assert!(level(Outcome::Confirmed) >= level(Outcome::Clear));
        // A match that waits counts as a hit, and has a floor of its own.
        prop_assert_eq!(level(Outcome::Waiting), level(Outcome::Confirmed).max(RiskLevel::Medium));
    }
}
