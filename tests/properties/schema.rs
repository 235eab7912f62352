//! The schema of an endpoint and the validator agree on customers at random: sound ones, such with a
//! flaw, and such with odd values anywhere, save for what docs/SCHEMA.md lists.

use std::sync::LazyLock;

use kycdrop::catalog::{CUSTOMER, Endpoint, Field, Object, Type};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::flaw;
use crate::schemas::Asked;
use crate::sound::{self, Dice};

/// The schemas of an endpoint, without and with the codes of the shipped classifiers.
fn schemas(endpoint: Endpoint) -> &'static [Asked; 2] {
    static ALL: LazyLock<Vec<[Asked; 2]>> = LazyLock::new(|| {
        let both = |e| [Asked::at(e, None), Asked::at(e, Some(&crate::SHIPPED))];
        Endpoint::ALL.into_iter().map(both).collect()
    });
    &ALL[endpoint as usize]
}

fn agree(text: &str, endpoint: Endpoint) {
    let judged = crate::judge(text, endpoint);
    let found = judged.findings.iter();
    let found = found.map(|f| (f.rule.key.as_str(), f.path.as_str()));
    for schema in schemas(endpoint) {
        schema.compare(text, found.clone());
    }
}

/// Values that a type may or may not take.
fn odd(dice: &mut Dice<'_>) -> Value {
    let texts = [
        "",
        " ",
        "\t\n\u{b}\u{c}\r",
        "\u{85}\u{a0}\u{1680}\u{2003}\u{2028}\u{3000}",
        "\u{feff}",
        "\u{200b}",
        "true",
        " FALSE\u{a0}",
        "tru",
        "0",
        "-0",
        "+7",
        "7.",
        ".5",
        ".",
        "1.0",
        "1.5",
        "1e3",
        "1.25e1",
        "1e",
        "e1",
        "--1",
        "1,5",
        "1_0",
        "0x1",
        "NaN",
        "Infinity",
        "\u{661}",
        " 12 ",
        "1\n",
        "2024-02-29",
        "2023-02-29",
        "1900-02-29",
        "2000-02-29",
        "0000-02-29",
        "2024-04-31",
        "2024-13-01",
        "2024-1-1",
        " 2024-12-31\u{2029}",
        "\u{feff}2024-12-31",
        "2024-12-31T",
        "2024-12-31T23:59Z",
        "2024-12-31T24:00Z",
        "2024-12-31T23:59:60Z",
        "2024-12-31T23:59:59.Z",
        "2024-12-31T23:59:59.1234567890+18:00",
        "2024-12-31T23:59:59+18:01",
        "2024-12-31T23:59:59-1730",
        "2024-12-31T23:59:59+1760",
        "2024-12-31T23:59:59",
        "2024-12-31 23:59:59.000+0200",
        "2024-12-31 23:59:59.000Z",
        "2024-12-31 23:59:59.00Z",
        "2024-12-31 23:59:59.000+02:00",
        "LT",
        "lt",
        "6",
        "INDIVIDUAL",
        "ORGANIZATION",
        "CLOSED",
        "DELETE",
        "IMPORT",
        "EVALUATE",
        "HIGH",
        "NONE",
        "LEAD_IND",
        "OCCASIONAL_CUSTOMER",
        "ORG",
        "IND",
        "INTEGER",
        "TIMESTAMP",
        "DATE",
        "a\u{0}b",
        "a\u{1f}",
        "\u{7f}",
        "a\tb\r\n",
        "\u{80}",
        "😀",
    ];
    match dice.roll(4) {
        0 => dice.pick(&[
            Value::Null,
            json!(true),
            json!(false),
            json!(0),
            json!(-7),
            json!(1.5),
            json!(8.0),
            json!(1e300),
            json!(6),
            json!([]),
            json!({}),
            json!([null]),
            json!([""]),
            json!([{}]),
            json!({"country": "LT"}),
            json!(["PEP", null, " "]),
            json!(["pep"]),
            json!("ž".repeat(101)),
            json!("ž".repeat(257)),
            json!(" ".repeat(300)),
        ]),
        _ => dice.pick(&texts).into(),
    }
}

/// Puts an odd value at a field of the object, or of an object in it.
fn put_odd(dice: &mut Dice<'_>, table: &'static Object, object: &mut Value) {
    let field: &Field = &table.fields[dice.roll(table.fields.len())];
    let key = match field.other_name {
        Some(other) if dice.roll(2) == 1 => other,
        _ => field.name,
    };
    let inside = match (field.ty, object.get_mut(key)) {
        (Type::Object(inner), Some(there)) if there.is_object() => Some((inner, there)),
        (Type::List(inner), Some(Value::Array(items))) if !items.is_empty() => {
            let item = dice.roll(items.len());
            Some((inner, &mut items[item]))
        }
        _ => None,
    };
    match inside {
        Some((inner, there)) if there.is_object() && dice.roll(8) > 0 => {
            put_odd(dice, inner, there)
        }
        _ => object[key] = odd(dice),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn schema_and_validator_agree(
        rolls in crate::rolls(),
        choices in prop::collection::vec(any::<u16>(), 6..40),
        flawed in any::<bool>(),
        endpoint in prop::sample::select(Endpoint::ALL.as_slice()),
    ) {
        let mut customer = sound::customer(&mut Dice::new(&rolls), endpoint, "1");
        agree(&customer.to_string(), endpoint);
        let mut dice = Dice::new(&choices);
        if flawed {
            agree(&flaw::put_in(&mut dice, customer).0, endpoint);
            return Ok(());
        }
        for _ in 0..1 + dice.roll(3) {
            put_odd(&mut dice, &CUSTOMER, &mut customer);
            agree(&customer.to_string(), endpoint);
        }
    }
}
