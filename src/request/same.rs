//! Whether two texts are the same JSON value: white space, the order of keys, escapes and the way a
//! number is written make no difference.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::value;

/// Whether two texts are the same JSON value. Of a key that is given twice the last counts. Numbers are
/// compared digit by digit, however large: `10`, `10.0` and `1e1` are the same. A text that is not JSON
/// is the same as its own bytes alone.
pub fn same_value(one: &str, other: &str) -> bool {
    one == other || same_parts(one.trim(), other.trim()) == Some(true)
}

/// None for what is not JSON, or does not go into text of Rust, such as half of a pair of surrogates.
fn same_parts(one: &str, other: &str) -> Option<bool> {
    if one == other {
        return Some(true);
    }
    let (first, of_other) = (one.bytes().next()?, other.bytes().next()?);
    Some(match (first, of_other) {
        (b'{', b'{') => {
            type Members<'t> = BTreeMap<Key<'t>, &'t RawValue>;
            let (one, other): (Members<'_>, Members<'_>) = (parsed(one)?, parsed(other)?);
            one.len() == other.len()
                && one
                    .iter()
                    .zip(&other)
                    .all(|((key, one), (of_other, other))| {
                        key == of_other && same_value(one.get(), other.get())
                    })
        }
        (b'[', b'[') => {
            let (one, other): (Vec<&RawValue>, Vec<&RawValue>) = (parsed(one)?, parsed(other)?);
            one.len() == other.len()
                && (one.iter().zip(&other)).all(|(one, other)| same_value(one.get(), other.get()))
        }
        (b'"', b'"') => parsed::<Key<'_>>(one)? == parsed::<Key<'_>>(other)?,
        (b'-' | b'0'..=b'9', b'-' | b'0'..=b'9') => value::same_number(one, other),
        _ => false,
    })
}

/// Text that is borrowed where it has no escapes.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(transparent)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

fn parsed<'t, T: Deserialize<'t>>(text: &'t str) -> Option<T> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_counts() {
        for (one, other) in [
            (
                r#"{"a":1,"b":[true,null]}"#,
                "{ \"b\" : [true ,null]\n,\"a\":1}",
            ),
            (r#"{"a":"ė\/"}"#, r#"{"\u0061":"\u0117/"}"#),
            ("[10,-0.50,1e2,0,-0]", "[1e1,-5e-1,100.0,0.0,0]"),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (
                r#"{"a":{"b":{"c":[{"d":1.0}]}}}"#,
                r#"{"a":{"b":{"c":[{"d":1}]}}}"#,
            ),
            (r#""\ud800""#, r#""\ud800""#),
        ] {
            assert!(
                same_value(one, other) && same_value(other, one),
                "{one} {other}"
            );
        }
        for (one, other) in [
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            (r#"{"a":"1"}"#, r#"{"a":1}"#),
            (r#"{"a":"x"}"#, r#"{"a":"x "}"#),
            ("[1,2]", "[2,1]"),
            ("[1]", "[1,1]"),
            ("true", "false"),
            ("0", "null"),
            ("12345678901234567890123", "12345678901234567890124"),
            ("1e400", "1e401"),
            ("1e99999999999999999999", "1"),
            ("0.1", "0.10000000000000001"),
            ("1", "-1"),
            (r#""\ud800""#, r#""\ud801""#),
            ("{", "{}"),
        ] {
            assert!(
                !same_value(one, other) && !same_value(other, one),
                "{one} {other}"
            );
        }
    }
}
