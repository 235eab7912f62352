//! What a value may look like: for each type of field what a lenient reader takes and what it does
//! not, given as it is written in the file.

use serde_json::json;

use crate::common::{company, with};
use crate::rules::additional::value;
use crate::rules::bench::{Judged, batch, written};

/// A company for each text, with the field set to it.
fn with_each(field: &str, texts: &[&str]) -> Vec<Judged> {
    let customer = |(i, text): (usize, &&str)| {
        let base = with(company(&format!("{i}")), json!({field: null}));
        written(base, &format!("\"{field}\":{text}"))
    };
    let customers: Vec<_> = texts.iter().enumerate().map(customer).collect();
    batch(&customers)
}

fn taken(field: &str, texts: &[&str]) {
    for (judged, text) in with_each(field, texts).iter().zip(texts) {
        assert_eq!(judged.codes(), [""; 0], "{field}: {text}");
        assert_eq!(judged.warnings, [""; 0], "{field}: {text}");
    }
}

fn refused(field: &str, name: &str, texts: &[&str]) {
    for (judged, text) in with_each(field, texts).iter().zip(texts) {
        assert_eq!(judged.codes(), [format!("TYP01 {field}")], "{text}");
        let says = format!("Bad value for {name}. Field: {field}");
        assert_eq!(judged.found[0].description, says, "{text}");
    }
}

#[test]
fn booleans() {
    taken(
        "isListed",
        &[
            "true",
            "false",
            r#""true""#,
            r#""FALSE""#,
            r#"" tRuE\n""#,
            r#""\u0074rue""#,
            "null",
            r#""""#,
            r#"" \t ""#,
        ],
    );
    refused(
        "isListed",
        "BOOLEAN",
        &[
            "1",
            "0",
            r#""1""#,
            r#""yes""#,
            r#""null""#,
            r#""true false""#,
            "[]",
            "{}",
            "[true]",
            "1e999",
        ],
    );
}

#[test]
fn whole_numbers_of_any_size() {
    let digits = "9".repeat(400);
    let quoted = format!("\"{digits}\"");
    let zeros = format!("0.{}", "0".repeat(400));
    for field in ["numberOfAudits", "companyAssetValue"] {
        taken(
            field,
            &[
                "0",
                "-0",
                "-7",
                "10.0",
                r#""10.0""#,
                r#"" 12 ""#,
                r#""+3""#,
                r#""1e3""#,
                "1e3",
                "1.5e1",
                "1E+2",
                "1e999",
                "1e99999999999999999999",
                &digits,
                &quoted,
                &zeros,
                "null",
                r#""  ""#,
            ],
        );
        refused(
            field,
            "INTEGER",
            &[
                "1.5",
                r#""1.5""#,
                "1e-1",
                "1e-999",
                r#""ten""#,
                r#""1 000""#,
                r#""1,0""#,
                r#""0x10""#,
                r#""NaN""#,
                "true",
                "[1]",
                "{}",
            ],
        );
    }
}

#[test]
fn decimals() {
    let long = format!("0.{}", "1".repeat(400));
    taken(
        "initialDepositAmount",
        &[
            "0",
            "1.50",
            "-12.5e-3",
            "1e999",
            "1e-999",
            &long,
            r#"" 0.1 ""#,
            r#""1e5""#,
            r#""-.5""#,
            "null",
            r#""""#,
        ],
    );
    refused(
        "initialDepositAmount",
        "DECIMAL",
        &[
            r#""1,5""#,
            r#""EUR 5""#,
            r#""Infinity""#,
            r#""1e""#,
            r#""--1""#,
            "true",
            "[]",
            r#"{"amount":1}"#,
        ],
    );
}

#[test]
fn dates() {
    taken(
        "approvalDate",
        &[
            r#""2024-02-29""#,
            r#"" 2024-02-29 ""#,
            r#""2024-04-10T09:45:00.000+02:00""#,
            r#""2024-04-10T09:45:00.000+0200""#,
            r#""2024-04-10T09:45Z""#,
            r#""2024-04-10T09:45:59Z""#,
            r#"" 2024-04-10T23:59:59.123456789-11:00 ""#,
            "null",
            r#""\t""#,
        ],
    );
    refused(
        "approvalDate",
        "DATE",
        &[
            r#""2023-02-29""#,
            r#""2024-13-01""#,
            r#""2024-00-10""#,
            r#""24-01-01""#,
            r#""2024-1-1""#,
            r#""2024/01/01""#,
            r#""01.02.2024""#,
            r#""2024-04-10T09:45:00""#,
            r#""2024-04-10 09:45:00Z""#,
            r#""2024-04-10T25:00Z""#,
            r#""2024-04-10T09:45+2:00""#,
            r#""2024-01-01\u0000""#,
            r#""žžžžžžžžžž""#,
            r#""2024-04-1ž""#,
            "20240101",
            "1704067200000",
            "1e999",
            "true",
            "[]",
            "{}",
        ],
    );
}

#[test]
fn texts_from_numbers_and_booleans() {
    let most = "7".repeat(256);
    taken(
        "tradingName",
        &[
            r#""x""#,
            "7",
            "-1.50e3",
            "1e999",
            "true",
            "false",
            &most,
            "null",
            r#"" ""#,
            r#""\ud83d\ude00""#,
        ],
    );
    refused(
        "tradingName",
        "STRING",
        &[
            "[]",
            "{}",
            r#"["x"]"#,
            r#""\ud800""#,
            r#""a\udfffb""#,
            r#""\ud800\ud800""#,
        ],
    );
    let longer = "7".repeat(400);
    let judged = with_each("tradingName", &[&longer]);
    assert_eq!(judged[0].codes(), ["TYP02 tradingName"]);
}

#[test]
fn enumerations_take_exact_values() {
    taken(
        "listPurpose",
        &[r#""BLACK""#, r#""\u0057HITE""#, "null", r#""""#, r#""  ""#],
    );
    refused(
        "listPurpose",
        "ENUM",
        &[
            r#""black""#,
            r#"" BLACK""#,
            r#""BLACK ""#,
            r#""\ud800""#,
            "1",
            "1e999",
            "true",
            r#"["BLACK"]"#,
            "{}",
        ],
    );
}

#[test]
fn lists_and_objects_take_only_themselves() {
    taken("listContact", &["[]", "null", r#""""#, r#"" ""#]);
    let long = "1".repeat(400);
    let others = [
        "{}",
        r#""x""#,
        "7",
        "true",
        "1e999",
        &long,
        r#""\ud800""#,
        r#"{"\ud800":1e999}"#,
    ];
    refused("listContact", "LIST", &others);
    refused("initializeScreeningProcesses", "LIST", &others);
    taken("fieldOfActivity", &["{}", "null", r#""""#]);
    let others = [
        "[]",
        "[{}]",
        r#""x""#,
        "7",
        "false",
        "1e999",
        "-1e999",
        &long,
        r#""\ud800""#,
        r#"["\ud800",1e999]"#,
    ];
    refused("fieldOfActivity", "OBJECT", &others);
}

#[test]
fn an_item_of_a_list_of_objects_is_an_object() {
    let long = "1".repeat(400);
    let items = [
        "null", r#""""#, r#""x""#, "7", "true", "[]", "[{}]", "1e999", &long,
    ];
    let sound = r#"{"contactType":"EMAIL","contactDetails":"1"}"#;
    let lists = items.map(|item| format!("[{sound},{item},{sound}]"));
    let texts: Vec<_> = lists.iter().map(|l| &**l).collect();
    for (judged, text) in with_each("listContact", &texts).iter().zip(texts) {
        assert_eq!(judged.codes(), ["TYP01 listContact[1]"], "{text}");
        let says = "Bad value for OBJECT. Field: listContact[1]";
        assert_eq!(judged.found[0].description, says, "{text}");
    }
    let judged = with_each(
        "listRelatedEntity",
        &[
            r#"[{"entityType":"INDIVIDUAL","relationType":"OWNER","firstName":"J","lastName":"J",
            "listAddress":[null]}, null]"#,
        ],
    );
    assert_eq!(
        judged[0].codes(),
        [
            "TYP01 listRelatedEntity[0].listAddress[0]",
            "TYP01 listRelatedEntity[1]"
        ]
    );
}

/// Additional values as JSON, by their datatype, and whether they read as one.
const BY_DATATYPE: &[(&str, &[&str], bool)] = &[
    (
        "INTEGER",
        &["7", r#""-7""#, r#""+7""#, r#""007""#, r#"" 7 ""#],
        true,
    ),
    (
        "INTEGER",
        &[
            "10.0", "1e3", "1e999", r#""1.5""#, r#""+""#, r#""x""#, "true",
        ],
        false,
    ),
    ("DECIMAL", &["1.5", "1e999", r#""1e3""#, r#""-.5""#], true),
    (
        "DECIMAL",
        &[r#""1,5""#, r#""e5""#, "false", r#""NaN""#],
        false,
    ),
    ("DATE", &[r#""2024-02-29""#], true),
    (
        "DATE",
        &[
            r#""2023-02-29""#,
            r#""2024-02-29T00:00Z""#,
            "20240229",
            r#""today""#,
        ],
        false,
    ),
    (
        "TIMESTAMP",
        &[
            r#""2024-04-10 09:45:00.000+0200""#,
            r#""2024-04-10 09:45:00.999Z""#,
        ],
        true,
    ),
    (
        "TIMESTAMP",
        &[
            r#""2024-04-10 09:45:00.000+02:00""#,
            r#""2024-04-10T09:45:00.000Z""#,
            r#""2024-04-10 09:45:00Z""#,
            r#""2024-04-10 09:45:00.0000Z""#,
            r#""2024-04-10""#,
            "1712742300000",
        ],
        false,
    ),
    (
        "BOOLEAN",
        &["true", "false", r#""TRUE""#, r#""False""#],
        true,
    ),
    ("BOOLEAN", &["1", "0", r#""yes""#, r#""t""#], false),
    (
        "STRING",
        &[r#""x""#, "1", "1e999", "true", r#"" x ""#],
        true,
    ),
];

#[test]
fn additional_values_are_read_by_their_datatype() {
    let digits = "9".repeat(400);
    let mut texts = vec![("INTEGER", &*digits, true), ("DECIMAL", &*digits, true)];
    for (datatype, more, sound) in BY_DATATYPE {
        texts.extend(more.iter().map(|text| (*datatype, *text, *sound)));
    }
    let customers: Vec<_> = (texts.iter().enumerate())
        .map(|(i, (datatype, text, _))| {
            let members = format!(
                r#""listAdditionalValues":[{{"code":"v","description":"d","datatype":"{datatype}","value":{text}}}]"#
            );
            written(company(&i.to_string()), &members)
        })
        .collect();
    for ((datatype, text, sound), judged) in texts.iter().zip(batch(&customers)) {
        let wrong: &[&str] = &["AV07 listAdditionalValues[0].value"];
        let codes = if *sound { &[] } else { wrong };
        assert_eq!(judged.codes(), codes, "{datatype} {text}");
    }
}

#[test]
fn many_additional_values_are_looked_through_for_repeated_codes() {
    let mut values: Vec<_> = (0..40)
        .map(|i| value(json!({"code": format!("v{i}")})))
        .collect();
    values[30]["code"] = json!("v3");
    values[39]["code"] = json!("v3");
    let wrong = with(company("1"), json!({"listAdditionalValues": values}));
    assert_eq!(
        batch(&[wrong.to_string()])[0].codes(),
        [
            "AV05 listAdditionalValues[30].code",
            "AV05 listAdditionalValues[39].code"
        ]
    );
}
