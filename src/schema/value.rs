//! The values of the catalogue's types as schemas. The patterns use only what every dialect of regular
//! expressions has, and take the same white space as `request::value` trims.

use serde_json::{Map, Value, json};

use crate::catalog::{Classifier, Field, OBJECTS, Type};
use crate::classifier::ClassifierSet;

/// White space as Unicode has it, inside brackets.
const WHITE: &str = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// Text without a character that no text may hold.
const NO_CONTROL: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$";
const NUMBER: &str = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)";
const EXPONENT: &str = r"[eE][+-]?[0-9]+";
const WHOLE: &str = r"[+-]?([0-9]+(\.0*)?|\.0+)";
const DAY: &str = r"([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
const MINUTE: &str = "([01][0-9]|2[0-3]):[0-5][0-9]";

/// What counts as not given: null or blank text.
pub(super) const ABSENT: &str = "absent";

/// A part of the schema by its name.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// Anything that counts as given.
pub(super) fn given() -> Value {
    json!({"not": reference(ABSENT)})
}

/// Text of this form, with white space around it.
fn trimmed(form: &str) -> Value {
    json!({"type": "string", "pattern": format!("^[{WHITE}]*({form})[{WHITE}]*$")})
}

/// Text of nothing but white space.
pub(super) fn blank() -> Value {
    json!({"type": "string", "pattern": format!("^[{WHITE}]*$")})
}

fn or_absent(schemas: &[Value]) -> Value {
    let mut any = vec![reference(ABSENT)];
    any.extend_from_slice(schemas);
    json!({ "anyOf": any })
}

/// What a field takes, whether it is mandatory or not.
pub(super) fn of_field(field: &Field) -> Value {
    match field.ty {
        Type::Choice(values) => or_absent(&[json!({"enum": values})]),
        Type::Choices(values) => or_absent(&[json!({
            "type": "array",
            "items": or_absent(&[json!({"enum": values})])
        })]),
        Type::Object(object) => or_absent(&[reference(object.name)]),
        Type::List(object) => or_absent(&[json!({
            "type": "array",
            "items": reference(object.name)
        })]),
        _ => reference(&type_name(field)),
    }
}

/// The name of the part that holds a scalar type.
fn type_name(field: &Field) -> String {
    match field.ty {
        Type::Boolean => "boolean".into(),
        Type::Integer | Type::BigInteger => "integer".into(),
        Type::Decimal => "decimal".into(),
        Type::Date => "date".into(),
        _ => match field.max_chars {
            Some(max) => format!("text{max}"),
            None => "text".into(),
        },
    }
}

/// Adds a part for each scalar type that a field has.
pub(super) fn add_types(parts: &mut Map<String, Value>) {
    let absent = json!({"anyOf": [{"type": "null"}, blank()]});
    parts.insert(ABSENT.into(), absent);
    for field in OBJECTS.iter().flat_map(|object| object.fields) {
        let mut values = match field.ty {
            Type::Boolean => or_absent(&[json!({"type": "boolean"}), boolean()]),
            Type::Integer | Type::BigInteger => {
                let form = format!("{WHOLE}|{NUMBER}{EXPONENT}");
                or_absent(&[json!({"type": "integer"}), trimmed(&form)])
            }
            Type::Decimal => or_absent(&[json!({"type": "number"}), decimal()]),
            Type::Date => or_absent(&[trimmed(&moment())]),
            Type::Text | Type::Scalar => or_absent(&[text(field.max_chars)]),
            _ => continue,
        };
        if let (Type::Text | Type::Scalar, Some(values)) = (field.ty, values.as_object_mut()) {
            values.insert("x-errorCode".into(), "TYP01, TYP02 or TYP04".into());
        } else if let Some(values) = values.as_object_mut() {
            values.insert("x-errorCode".into(), "TYP01".into());
        }
        parts.insert(type_name(field), values);
    }
}

fn text(max_chars: Option<u32>) -> Value {
    let mut text = json!({"type": ["string", "number", "boolean"], "pattern": NO_CONTROL});
    if let (Some(max), Some(text)) = (max_chars, text.as_object_mut()) {
        text.insert("maxLength".into(), max.into());
    }
    text
}

/// true or false as text.
pub(super) fn boolean() -> Value {
    trimmed("[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]")
}

/// A number as text.
pub(super) fn decimal() -> Value {
    trimmed(&format!("{NUMBER}({EXPONENT})?"))
}

/// Digits with an optional sign, as text.
pub(super) fn plain_integer() -> Value {
    trimmed("[+-]?[0-9]+")
}

/// A calendar day as text.
pub(super) fn day() -> Value {
    trimmed(DAY)
}

/// The TIMESTAMP of an additional value.
pub(super) fn timestamp() -> Value {
    let offset = r"Z|[+-](0[0-9]|1[0-7])[0-5][0-9]|[+-]1800";
    trimmed(&format!(r"{DAY} {MINUTE}:[0-5][0-9]\.[0-9]{{3}}({offset})"))
}

fn moment() -> String {
    let offset = "Z|[+-](0[0-9]|1[0-7]):?[0-5][0-9]|[+-]18:?00";
    format!(r"{DAY}(T{MINUTE}(:[0-5][0-9](\.[0-9]+)?)?({offset}))?")
}

/// Adds a part with the codes of each classifier.
pub(super) fn add_codes(parts: &mut Map<String, Value>, set: &ClassifierSet) {
    for classifier in Classifier::ALL {
        parts.insert(codes_name(classifier), any_of_codes(&set.codes(classifier)));
    }
}

/// The codes of a classifier, by the name of their part.
pub(super) fn codes(classifier: Classifier) -> Value {
    reference(&codes_name(classifier))
}

fn codes_name(classifier: Classifier) -> String {
    format!("codes-{}", classifier.name())
}

/// Exactly these codes. A number or a boolean is taken as its text.
pub(super) fn any_of_codes(codes: &[&str]) -> Value {
    let texts = codes.iter().map(|code| Value::from(*code));
    let bare = codes.iter().filter_map(|code| {
        let value = serde_json::from_str::<Value>(code).ok()?;
        (value.is_number() || value.is_boolean()).then_some(value)
    });
    match texts.chain(bare).collect::<Vec<_>>() {
        none if none.is_empty() => false.into(),
        values => json!({ "enum": values }),
    }
}
