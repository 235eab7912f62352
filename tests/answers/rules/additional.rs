//! Cases of the rules about the customer's additional values.

use serde_json::{Value, json};

use crate::common::with;
use crate::rules::case::Base::{Company, Person};
use crate::rules::case::{Case, case};

/// One additional value, a sound text that is changed.
pub(super) fn value(change: Value) -> Value {
    let sound = json!({"code": "v1", "description": "a value", "datatype": "STRING", "value": "x"});
    with(sound, change)
}

fn one(change: Value) -> Value {
    json!({"listAdditionalValues": [value(change)]})
}

fn typed(datatype: &str, given: Value) -> Value {
    one(json!({"datatype": datatype, "value": given}))
}

pub(super) fn cases() -> Vec<Case> {
    [members(), datatypes()].concat()
}

#[rustfmt::skip]
fn members() -> Vec<Case> {
    vec![
        case("additional-value-code", Person)
            .fires(one(json!({"code": null})))
            .says("AV01", "AdditionalValue.Code is mandatory", "listAdditionalValues[0].code")
            .near(one(json!({"code": 1}))),
        case("additional-value-description", Company)
            .fires(one(json!({"description": " "})))
            .says("AV02", "AdditionalValue.Description is mandatory", "listAdditionalValues[0].description")
            .near(one(json!({"description": "."}))),
        case("additional-value-value", Person)
            .fires(one(json!({"value": ""})))
            .says("AV03", "AdditionalValue.Value is mandatory", "listAdditionalValues[0].value")
            .near(one(json!({"value": 0})))
            .near(one(json!({"value": false}))),
        case("additional-value-datatype", Person)
            .fires(one(json!({"datatype": null})))
            .says("AV04", "AdditionalValue.Datatype is mandatory", "listAdditionalValues[0].datatype")
            .fires(one(json!({"datatype": " ", "value": "unchecked"})))
            .says("AV04", "AdditionalValue.Datatype is mandatory", "listAdditionalValues[0].datatype")
            .near(one(json!({"datatype": "STRING"}))),
        case("additional-value-twice", Company)
            .fires(json!({"listAdditionalValues": [value(json!({})), value(json!({"code": "v2"})), value(json!({"value": "y"})), value(json!({}))]}))
            .says("AV05", "Duplicate code in additionalValues", "listAdditionalValues[2].code")
            .says("AV05", "Duplicate code in additionalValues", "listAdditionalValues[3].code")
            .near(json!({"listAdditionalValues": [value(json!({})), value(json!({"code": "V1"}))]})),
    ]
}

#[rustfmt::skip]
fn datatypes() -> Vec<Case> {
    vec![
        case("additional-value-bad-datatype", Person)
            .fires(one(json!({"datatype": "Integer"})))
            .says("AV06", "Bad datatype valueCode: v1", "listAdditionalValues[0].datatype")
            .fires(one(json!({"datatype": 1})))
            .says("AV06", "Bad datatype valueCode: v1", "listAdditionalValues[0].datatype")
            .near(typed("STRING", json!("Integer"))),
        case("additional-value-bad-integer", Person)
            .fires(typed("INTEGER", json!("1.0")))
            .says("AV07", "Bad value for INTEGER valueCode: v1", "listAdditionalValues[0].value")
            .fires(typed("INTEGER", json!(true)))
            .says("AV07", "Bad value for INTEGER valueCode: v1", "listAdditionalValues[0].value")
            .fires(typed("INTEGER", json!(7.0)))
            .says("AV07", "Bad value for INTEGER valueCode: v1", "listAdditionalValues[0].value")
            .near(typed("INTEGER", json!("-012345678901234567890")))
            .near(typed("INTEGER", json!(7))),
        case("additional-value-bad-decimal", Company)
            .fires(typed("DECIMAL", json!("1,5")))
            .says("AV07", "Bad value for DECIMAL valueCode: v1", "listAdditionalValues[0].value")
            .near(typed("DECIMAL", json!("1.5e2")))
            .near(typed("DECIMAL", json!(0.5))),
        case("additional-value-bad-date", Person)
            .fires(typed("DATE", json!("2023-02-29")))
            .says("AV07", "Bad value for DATE (format: 'yyyy-MM-dd') valueCode: v1", "listAdditionalValues[0].value")
            .fires(typed("DATE", json!("2024-02-29T00:00Z")))
            .says("AV07", "Bad value for DATE (format: 'yyyy-MM-dd') valueCode: v1", "listAdditionalValues[0].value")
            .near(typed("DATE", json!("2024-02-29"))),
        case("additional-value-bad-timestamp", Company)
            .fires(typed("TIMESTAMP", json!("2024-04-10 09:45:00.000")))
            .says("AV07", "Bad value for TIMESTAMP (format: 'yyyy-MM-dd HH:mm:ss.SSSZ') valueCode: v1", "listAdditionalValues[0].value")
            .fires(typed("TIMESTAMP", json!("2024-04-10T09:45:00.000+0200")))
            .says("AV07", "Bad value for TIMESTAMP (format: 'yyyy-MM-dd HH:mm:ss.SSSZ') valueCode: v1", "listAdditionalValues[0].value")
            .near(typed("TIMESTAMP", json!("2024-04-10 09:45:00.000+0200")))
            .near(typed("TIMESTAMP", json!("2024-04-10 09:45:00.000Z"))),
        case("additional-value-bad-boolean", Person)
            .fires(typed("BOOLEAN", json!("yes")))
            .says("AV07", "Bad value for BOOLEAN (values: true false') valueCode: v1", "listAdditionalValues[0].value")
            .fires(typed("BOOLEAN", json!(1)))
            .says("AV07", "Bad value for BOOLEAN (values: true false') valueCode: v1", "listAdditionalValues[0].value")
            .near(typed("BOOLEAN", json!("TRUE")))
            .near(typed("BOOLEAN", json!(false))),
    ]
}
