//! A parsing suite of JSON: what every parser must take (y), must refuse (n) and may do as it likes
//! (i), as our own table of bytes. Each case comes as a whole file, as a customer and as the value of
//! a field that nobody knows; never a panic, always the contract's answer.

use crate::common;

use common::Office;
use serde_json::Value;

/// What must be taken.
const YES: &[&[u8]] = &[
    b"{}",
    b"[]",
    b"[[]]",
    b"[{}]",
    b"[[] ]",
    b"[ ]",
    b" [1]",
    b"[1]\n",
    b"\t[1]\r\n ",
    b"true",
    b"false",
    b"null",
    b"0",
    b"-0",
    b"-1",
    b"42",
    b"123456789012345678901234567890",
    b"1.5",
    b"-1.5",
    b"0.1",
    b"1e1",
    b"1E1",
    b"1e+1",
    b"1e-1",
    b"1E+2",
    b"1E-2",
    b"0e1",
    b"0e+1",
    b"0E0",
    b"1.5e10",
    b"-1.25E-10",
    b"-0.0",
    b"20e1",
    b"123e45",
    b"123.456e78",
    b"0.000000000000000000000000000000000000000000000000000000000000000000000000000001",
    b"\"\"",
    b"\" \"",
    b"\"a\"",
    b"\"a/*b*/c//d#e\"",
    b"\"\\\"\"",
    b"\"\\\\\"",
    b"\"\\/\"",
    b"\"\\b\\f\\n\\r\\t\"",
    b"\"\\u0000\"",
    b"\"\\u0061\\u30af\"",
    b"\"\\u00e9\"",
    b"\"\\uD83D\\uDE00\"",
    b"\"\\ud801\\udc37\"",
    b"\"\\uDBFF\\uDFFE\"",
    b"\"\\uFFFF\"",
    b"\"\\uFDD0\"",
    b"\"\\u2028\\u2029\"",
    b"\"\\u200B\"",
    b"\"\\\\a\"",
    b"\"\\\\n\"",
    b"\"\x7f\"",
    "\"ąčęėįšųūž\"".as_bytes(),
    "\"€\"".as_bytes(),
    "\"𝄞\"".as_bytes(),
    "\"\u{2028}\"".as_bytes(),
    "\"\u{feff}\"".as_bytes(),
    "\"\u{10ffff}\"".as_bytes(),
    "\"\u{fffe}\"".as_bytes(),
    b"[1,2,3]",
    b"[null,1,\"1\",{}]",
    b"[ 1 , 2 ]",
    b"[\"a\",\"b\"]",
    b"[[1],[2]]",
    b"{\"a\":1}",
    b"{\"a\":{}}",
    b"{\"a\":[]}",
    b"{\"\":0}",
    b"{\"a\":1,\"b\":2}",
    b"{ \"a\" : 1 }",
    b"{\"a\":1,\"a\":2}",
    b"{\"a\":1,\"a\":1}",
    b"{\"a\\u0000b\":1}",
    b"{\"\\u0061\":1}",
    b"{\"a\":\"b\",\n\"c\":[1,{\"d\":null}]}",
    b"{\"min\":-1.0e+28,\"max\":1.0e+28}",
    "{\"ключ\":\"значение\"}".as_bytes(),
    b"{\"x\":[{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxx\"}]}",
];

/// What must be refused.
const NO: &[&[u8]] = &[
    b"[1 true]",
    b"[\"\": 1]",
    b"[\"\",]",
    b"[1,]",
    b"[,1]",
    b"[1,,2]",
    b"[,]",
    b"[1,,]",
    b"[\"x\"]]",
    b"[\"\"],",
    b"[3[4]]",
    b"[1:2]",
    b"[x",
    b"[1",
    b"[\"a\"",
    b"[\"a",
    b"[",
    b"]",
    b"[[]",
    b"[}",
    b"[*]",
    b"[-]",
    b"[\"\x0ba\"\\f]",
    b"[\"a\",\n4\n,1,",
    b"[1,\n1\n,1",
    b"[{}",
    b"[\"asd]",
    b"tru",
    b"fals",
    b"nul",
    b"True",
    b"TRUE",
    b"None",
    b"undefined",
    b"nan",
    b"NaN",
    b"-NaN",
    b"Inf",
    b"Infinity",
    b"-Infinity",
    b"+Inf",
    b"truex",
    b"[True]",
    b"[tru]",
    b"[nul]",
    b"[fals]",
    b"[a",
    b"+1",
    b"++1",
    b"--1",
    b"-",
    b"- 1",
    b"-01",
    b"01",
    b"012",
    b"-012",
    b"00",
    b"-2.",
    b"2.",
    b".5",
    b"-.5",
    b".",
    b"1.",
    b"0.e1",
    b"2.e3",
    b"1e",
    b"1e+",
    b"1e-",
    b"1E",
    b"0e",
    b"0e+",
    b"1.0e",
    b"1.0e-",
    b"1eE2",
    b"1.5.2",
    b"0.1.2",
    b"1+2",
    b"0x1",
    b"0x42",
    b"1_000",
    b"1 000",
    b"1a",
    b"-1x",
    b"1.2a-3",
    b"0.3e+",
    "1\u{ff11}".as_bytes(),
    b"9.e+",
    b"-foo",
    b"1\xe5",
    b"1e1\xe5",
    b"0\xe5",
    b"\"",
    b"\"a",
    b"\"\\",
    b"\"\\\"",
    b"\"\\a\"",
    b"\"\\x00\"",
    b"\"\\'\"",
    b"\"\\ \"",
    b"\"\\0\"",
    b"\"\\U0061\"",
    b"\"\\u\"",
    b"\"\\u0\"",
    b"\"\\u00\"",
    b"\"\\u00A\"",
    b"\"\\u00ZZ\"",
    b"\"\\uD800\\u\"",
    b"\"\\uD800\\u1\"",
    b"\"\\u{1}\"",
    b"\"\\\xe5\"",
    b"\"a\nb\"",
    b"\"a\tb\"",
    b"\"a\x00b\"",
    b"\"\x1f\"",
    b"'a'",
    b"abc",
    b"\xe2\x80\x9ca\xe2\x80\x9d",
    b"\"\\uD800\\\"",
    b"\"\\\xf0\x9f\x8c\x80\"",
    b"\\n",
    b"\\u0061",
    // No UTF-8.
    b"\"\xff\"",
    b"\"\x80\"",
    b"\"\xc0\xaf\"",
    b"\"\xe0\x80\xaf\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xf4\xbf\xbf\xbf\"",
    b"\"\xfc\x80\x80\x80\x80\x80\"",
    b"\"\xe9\"",
    b"\"\xe6\x97\"",
    b"\"\xf0\x9f\x98\"",
    b"[\xff]",
    b"{\"\xb9\":1}",
    b"\"a\xc3\"",
    b"{",
    b"}",
    b"{]",
    b"{\"a\"",
    b"{\"a\":",
    b"{\"a\":1",
    b"{\"a\":1,",
    b"{\"a\":1,}",
    b"{,}",
    b"{,\"a\":1}",
    b"{\"a\":1,,\"b\":2}",
    b"{\"a\"::1}",
    b"{\"a\" 1}",
    b"{\"a\",1}",
    b"{:1}",
    b"{1:1}",
    b"{a:1}",
    b"{'a':1}",
    b"{\"a\":1 \"b\":2}",
    b"{\"a\":1}}",
    b"{\"a\":}",
    b"{\"a\":a}",
    b"{null:1}",
    b"{true:false}",
    b"{\"a\":\"b\"}#",
    b"{\"a\":\"b\"}/**/",
    b"{\"a\":/*c*/1}",
    b"{\"a\":1}//",
    b"/*a*/1",
    b"//a",
    b"#",
    b"{\"a\":1;}",
    b"{\"a\"=1}",
    b"{\"a\":\"a\" 123}",
    b"{[:\"x\"}",
    b"{\"x\",null}",
    b"{9999E9999:1}",
    b"{\"a\":[\"b\"}",
    b"[{\"a\":1]",
    b"{\"a\":{\"b\":1]}",
    b"<a>",
    b"<null>",
    b"\x00",
    b"\xc2\xa0[]",
    b"\xe2\x81\xa0[]",
    b"[\x0c]",
    b"[\xc2\xa01]",
    b"\x0b1",
    b"*",
    b"[][]",
    b"{}{}",
    b"1 2",
    b"\"a\" \"b\"",
    b"[1]x",
    b"{} x",
    b"@",
    b"[1}",
    b"{\"x\":true,",
    b"[\"\\{[\"\\{[\"\\{",
];

/// What a parser may take or refuse, and what kycdrop does with it as a value.
const MAYBE: &[(&[u8], bool)] = &[
    // Numbers beyond every float: they keep their text.
    (b"1e400", true),
    (b"-1e99999", true),
    (b"1e-99999", true),
    (b"0.4e00669999999999999999999999999999999999", true),
    (b"-123123123123123123123123123123", true),
    (b"100000000000000000000", true),
    // Lone surrogates are JSON, and no text.
    (b"\"\\uD800\"", true),
    (b"\"\\uDC00\"", true),
    (b"\"\\uD800\\uD800\"", true),
    (b"\"\\uD800abc\"", true),
    (b"\"\\uDd1ea\"", true),
    (b"\"\\uD800\\n\"", true),
    (b"[\"\\uDADA\"]", true),
    (b"{\"\\uDFAA\":0}", true),
    // A byte order mark in the middle is no white space.
    (b"\xef\xbb\xbf{}", false),
    // UTF-16 of any kind.
    (b"\xff\xfe[\x00]\x00", false),
    (b"\xfe\xff\x00[\x00]", false),
    (b"[\x00]\x00", false),
    (b"\x00[\x00]", false),
];

/// The status and the error of each file `c0.json`, `c1.json` …
fn statuses(office: &Office) -> Vec<(u64, Value)> {
    let rows = office.rows(
        "SELECT status, error FROM batch ORDER BY CAST(trim(file_name, 'c.json') AS INTEGER)",
    );
    rows.into_iter()
        .map(|row| {
            let status = row["status"].as_u64().expect("a status");
            (status, row["error"].clone())
        })
        .collect()
}

/// Wraps every case, drops all of them, and checks the status of each.
fn answered(wrap: impl Fn(&[u8]) -> Vec<u8>, expected: impl Fn(&[u8], bool) -> u64) {
    let office = Office::new();
    let mut cases: Vec<(&[u8], bool)> = YES.iter().map(|c| (*c, true)).collect();
    cases.extend(NO.iter().map(|c| (*c, false)));
    cases.extend(MAYBE);
    for (i, (case, _)) in cases.iter().enumerate() {
        office.drop(format!("batch-customers/c{i}.json"), wrap(case));
    }
    office.once();
    let statuses = statuses(&office);
    assert_eq!(statuses.len(), cases.len());
    for (i, ((case, sound), (status, error))) in cases.iter().zip(statuses).enumerate() {
        let shown = String::from_utf8_lossy(case);
        assert_eq!(status, expected(case, *sound), "{shown:?}: {error}");
        let answer = office.response(&format!("batch-customers/c{i}"));
        match status {
            200 => assert!(answer["results"].is_array(), "{shown:?}: {answer}"),
            _ => assert_eq!(answer["status"], status, "{shown:?}: {answer}"),
        }
    }
    let defects = "SELECT count(*) FROM batch WHERE status = 500";
    assert_eq!(office.value(defects), 0);
    assert_eq!(office.value("SELECT count(*) FROM assessment"), 0);
}

fn around(before: &str, case: &[u8], behind: &str) -> Vec<u8> {
    [before.as_bytes(), case, behind.as_bytes()].concat()
}

#[test]
fn as_a_whole_file_none_of_them_is_a_request() {
    answered(<[u8]>::to_vec, |_, _| 400);
}

#[test]
fn as_a_customer_what_is_json_is_answered_for_itself() {
    answered(
        |case| around("{\"customers\":[", case, "]}"),
        |_, sound| if sound { 200 } else { 400 },
    );
}

#[test]
fn beside_a_sound_customer_what_is_no_json_spoils_the_file() {
    answered(
        |case| around("{\"customers\":[{\"requester\":\"a\"},", case, ",{}]}"),
        |_, sound| if sound { 200 } else { 400 },
    );
}

#[test]
fn as_the_value_of_an_unknown_field() {
    answered(
        |case| around("{\"customers\":[{\"x\":", case, "}]}"),
        |_, sound| if sound { 200 } else { 400 },
    );
}

#[test]
fn as_the_value_of_a_known_field() {
    for field in [
        "requester",
        "listAddress",
        "companyAssetValue",
        "isSanctioned",
    ] {
        answered(
            |case| around(&format!("{{\"customers\":[{{\"{field}\":"), case, "}]}"),
            |_, sound| if sound { 200 } else { 400 },
        );
    }
}

#[test]
fn beside_the_customers() {
    answered(
        |case| around("{\"x\":", case, ",\"customers\":[]}"),
        |_, sound| if sound { 200 } else { 400 },
    );
}

#[test]
fn a_byte_order_mark_and_other_encodings_of_a_whole_request() {
    let body = "{\"customers\":[]}";
    let wide =
        |to_bytes: fn(u16) -> [u8; 2]| body.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
    let cases: Vec<(Vec<u8>, u64)> = vec![
        (around("", body.as_bytes(), ""), 200),
        (around("\u{feff}", body.as_bytes(), ""), 200),
        (around("\u{feff}\u{feff}", body.as_bytes(), ""), 400),
        (around(" \u{feff}", body.as_bytes(), ""), 400),
        (around("", body.as_bytes(), "\u{feff}"), 400),
        (around("", body.as_bytes(), "\0"), 400),
        (around("", body.as_bytes(), " \t\r\n"), 200),
        (around("", body.as_bytes(), body), 400),
        (around("", body.as_bytes(), ","), 400),
        (wide(u16::to_le_bytes), 400),
        (wide(u16::to_be_bytes), 400),
        ([b"\xff\xfe".to_vec(), wide(u16::to_le_bytes)].concat(), 400),
        ([b"\xfe\xff".to_vec(), wide(u16::to_be_bytes)].concat(), 400),
    ];
    let office = Office::new();
    for (i, (bytes, _)) in cases.iter().enumerate() {
        office.drop(format!("batch-customers/c{i}.json"), bytes);
    }
    office.once();
    let answered: Vec<u64> = statuses(&office).into_iter().map(|(s, _)| s).collect();
    assert_eq!(answered.len(), cases.len());
    for ((bytes, status), answered) in cases.iter().zip(answered) {
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(answered, *status, "{shown:?}");
    }
}
