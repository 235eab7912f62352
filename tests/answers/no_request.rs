//! Files that are no request: the body to the byte, where the fault is, and that nothing is saved.

use crate::common;

use common::{Office, person};
use serde_json::{Value, json};

fn batch(inside: &str) -> String {
    format!("{{\"customers\":[{inside}]}}")
}

/// A customer with so many lists in an unknown field that the innermost lies at this depth, the
/// outermost object of the file being 1.
fn nested(own_depth: usize, deepest: usize) -> String {
    let lists = deepest - own_depth;
    let mut text = person("deep").to_string();
    text.pop();
    format!(
        "{text},\"extra\":{}{}}}",
        "[".repeat(lists),
        "]".repeat(lists)
    )
}

/// Drops a file that must be answered with status 400 or 404 and the path, and returns what the
/// history says is wrong with it.
fn refused(office: &Office, folder: &str, status: u16, path: &str, bytes: &[u8]) -> Option<String> {
    office.drop(format!("{folder}/x.json"), bytes);
    office.once();
    was_refused(office, "x.json", status, path, bytes)
}

/// The same of a file that was answered already: the newest of this name and path.
fn was_refused(
    office: &Office,
    file: &str,
    status: u16,
    path: &str,
    bytes: &[u8],
) -> Option<String> {
    let batch = office.rows(&format!(
        "SELECT status, customers, accepted, rejected, repeated, bytes, received_at, error,
                response_file, classifier_set, rule_set
         FROM v_batch WHERE file_name = '{file}' AND endpoint = '{path}'
         ORDER BY batch_id DESC LIMIT 1"
    ));
    let batch = &batch[0];
    let name = batch["response_file"].as_str().unwrap();
    let outbox = office.at("watch-dir/outbox").join(name);
    let body = std::fs::read_to_string(&outbox).unwrap();
    let received = batch["received_at"].as_str().unwrap();
    let timestamp = received.replace('Z', "+00:00");
    assert_eq!(
        timestamp.len(),
        "2026-11-20T16:49:50.237+00:00".len(),
        "{timestamp}"
    );
    let words = if status == 404 {
        "Not Found"
    } else {
        "Bad Request"
    };
    assert_eq!(
        body,
        format!(
            "{{\"timestamp\":\"{timestamp}\",\"status\":{status},\"error\":\"{words}\",\"path\":\"/amlyze-ws-rest/{path}\"}}\n"
        )
    );
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]);
    assert_eq!(batch["status"], status, "{shown}");
    assert_eq!(batch["bytes"], bytes.len(), "{shown}");
    for none in ["customers", "accepted", "rejected", "repeated"] {
        assert_eq!(batch[none], 0, "{shown}");
    }
    assert_eq!(
        (&batch["classifier_set"], &batch["rule_set"]),
        (&Value::Null, &Value::Null)
    );
    nothing_saved(office);
    std::fs::remove_file(outbox).unwrap();
    batch["error"].as_str().map(str::to_owned)
}

/// Nothing but batch rows.
fn nothing_saved(office: &Office) {
    let tables = "assessment communication_number customer screening rejection finding_row \
                  acknowledgement warning";
    let counts: Vec<_> = tables
        .split(' ')
        .map(|table| format!("(SELECT count(*) FROM {table}) AS {table}"))
        .collect();
    let counts = office.rows(&format!("SELECT {}", counts.join(", ")));
    assert!(counts[0].values().all(|n| *n == 0), "{counts:?}");
    let totals = office.rows("SELECT accepted, rejected, assessments, customers FROM total");
    assert!(totals[0].values().all(|n| *n == 0), "{totals:?}");
}

/// Files that are not requests: a name, and the content.
type Broken = Vec<(&'static str, Vec<u8>)>;

/// JSON or nothing at all, and no list of customers.
fn other_shapes(one: &str, whole: &str) -> Broken {
    vec![
        ("nothing at all", b"".to_vec()),
        ("white space only", b" \r\n\t".to_vec()),
        ("a mark and nothing", b"\xef\xbb\xbf".to_vec()),
        ("no JSON", b"Dear Sir or Madam".to_vec()),
        ("a number", b"17".to_vec()),
        ("null", b"null".to_vec()),
        ("a list", format!("[{one}]").into_bytes()),
        ("a text", b"\"customers\"".to_vec()),
        ("customers absent", b"{}".to_vec()),
        (
            "customers misspelt",
            whole.replacen("customers", "Customers", 1).into_bytes(),
        ),
        ("one customer", one.as_bytes().to_vec()),
        ("customers null", b"{\"customers\":null}".to_vec()),
        (
            "customers an object",
            format!("{{\"customers\":{one}}}").into_bytes(),
        ),
        ("customers a text", b"{\"customers\":\"[]\"}".to_vec()),
        (
            "two customers",
            format!("{{\"customers\":[{one}],\"customers\":[]}}").into_bytes(),
        ),
    ]
}

fn broken_json(one: &str, whole: &str) -> Broken {
    vec![
        ("truncated in a customer", whole.as_bytes()[..60].to_vec()),
        ("truncated in a text", whole.as_bytes()[..40].to_vec()),
        (
            "truncated behind a customer",
            format!("{{\"customers\":[{one}").into_bytes(),
        ),
        (
            "truncated behind the list",
            format!("{{\"customers\":[{one}]").into_bytes(),
        ),
        ("the opening brace alone", b"{".to_vec()),
        ("a comma too many", batch(&format!("{one},")).into_bytes()),
        (
            "a comma too few",
            batch(&format!("{one} {one}")).into_bytes(),
        ),
        (
            "a comma at the end",
            format!("{{\"customers\":[{one}],}}").into_bytes(),
        ),
        ("single quotes", b"{'customers':[]}".to_vec()),
        ("a remark", b"{\"customers\":[]} // all".to_vec()),
        (
            "another request behind it",
            format!("{whole}{whole}").into_bytes(),
        ),
        ("a bracket behind it", format!("{whole}]").into_bytes()),
        ("NUL behind it", format!("{whole}\0").into_bytes()),
        ("NaN", batch(&one.replace("\"LT\"", "NaN")).into_bytes()),
        (
            "a leading zero",
            batch("{\"numberOfAudits\":007}").into_bytes(),
        ),
        ("a bare word", batch("customer").into_bytes()),
        ("brackets that cross", batch("{\"a\":[}]").into_bytes()),
        (
            "a line break in a text",
            batch("{\"a\":\"b\nc\"}").into_bytes(),
        ),
        ("an unknown escape", batch("{\"a\":\"\\q\"}").into_bytes()),
        (
            "broken beside customers",
            b"{\"a\":tru,\"customers\":[]}".to_vec(),
        ),
    ]
}

fn too_deep() -> Broken {
    vec![
        ("depth 65", batch(&nested(3, 65)).into_bytes()),
        (
            "depth 65 beside customers",
            format!(
                "{{\"a\":{}{},\"customers\":[]}}",
                "[".repeat(64),
                "]".repeat(64)
            )
            .into_bytes(),
        ),
        (
            "100 000 brackets",
            [b"{\"customers\":".to_vec(), vec![b'['; 100_000]].concat(),
        ),
    ]
}

fn other_encodings(whole: &str) -> Broken {
    let utf16 = |big: bool, mark: bool| {
        let text = if mark {
            format!("\u{feff}{whole}")
        } else {
            whole.to_owned()
        };
        let units = text.encode_utf16();
        let bytes = units.flat_map(|u| {
            if big {
                u.to_be_bytes()
            } else {
                u.to_le_bytes()
            }
        });
        bytes.collect::<Vec<u8>>()
    };
    let latin = whole.replace("Petrait\u{117}", "Petrait\u{1}").into_bytes();
    let latin = latin
        .iter()
        .map(|b| if *b == 1 { 0xeb } else { *b })
        .collect();
    vec![
        ("UTF-16 little endian with a mark", utf16(false, true)),
        ("UTF-16 big endian with a mark", utf16(true, true)),
        ("UTF-16 without a mark", utf16(false, false)),
        ("Latin-1 in a text", latin),
        (
            "a surrogate in UTF-8",
            [b"{\"customers\":[{\"a\":\"", &b"\xed\xa0\x80"[..], b"\"}]}"].concat(),
        ),
        (
            "an overlong slash",
            [b"{\"customers\":[{\"a\":\"", &b"\xc0\xaf"[..], b"\"}]}"].concat(),
        ),
        (
            "bad UTF-8 in a key",
            b"{\"a\xff\":1,\"customers\":[]}".to_vec(),
        ),
        (
            "bad UTF-8 beside customers",
            b"{\"a\":\"\xff\",\"customers\":[]}".to_vec(),
        ),
        ("two marks", format!("\u{feff}\u{feff}{whole}").into_bytes()),
        (
            "a mark in the middle",
            whole.replacen('[', "[\u{feff}", 1).into_bytes(),
        ),
    ]
}

#[test]
fn a_file_that_is_no_request_is_answered_400_and_nothing_of_it_is_saved() {
    let office = Office::new();
    let one = person("1").to_string();
    let whole = batch(&one);
    let cases = [
        other_shapes(&one, &whole),
        broken_json(&one, &whole),
        too_deep(),
        other_encodings(&whole),
    ]
    .concat();
    let endpoints = ["batch-customers", "validate-batch-customers"];
    for (i, (_, bytes)) in cases.iter().enumerate() {
        for endpoint in endpoints {
            office.drop(format!("{endpoint}/{i}.json"), bytes);
        }
    }
    office.once();
    for (i, (what, bytes)) in cases.iter().enumerate() {
        for endpoint in endpoints {
            let error = was_refused(&office, &format!("{i}.json"), 400, endpoint, bytes);
            let error = error.expect(what);
            let place = ["line ", ", column ", " (byte "].map(|part| error.contains(part));
            assert_eq!(place, [true; 3], "{what}: {error}");
            assert!(
                !error.contains("Petrait"),
                "{what}: no value of a customer: {error}"
            );
        }
    }
    // One mark, and the deepest nesting that is allowed, are fine.
    for text in [format!("\u{feff}{whole}"), batch(&nested(3, 64))] {
        office.drop("validate-batch-customers/good.json", text);
        office.once();
        let last =
            office.rows("SELECT status, accepted FROM v_batch ORDER BY batch_id DESC LIMIT 1");
        assert_eq!(
            (&last[0]["status"], &last[0]["accepted"]),
            (&json!(200), &json!(1))
        );
    }
}

#[test]
fn a_single_body_that_is_no_object_is_answered_400_without_a_result() {
    let office = Office::new();
    let one = person("1").to_string();
    for (folder, path) in [
        ("customer", "customer"),
        ("simplifiedcustomer", "simplifiedcustomer"),
        ("simplified-customer", "simplifiedcustomer"),
    ] {
        for bytes in [
            b"".to_vec(),
            b"[]".to_vec(),
            one.as_bytes()[..one.len() - 1].to_vec(),
            format!("{one},").into_bytes(),
            nested(1, 65).into_bytes(),
            one.replacen("Ona", "O\u{1}", 1)
                .replace('\u{1}', "\n")
                .into_bytes(),
        ] {
            refused(&office, folder, 400, path, &bytes).expect("an error");
        }
    }
    office.drop("customer/good.json", nested(1, 64));
    office.once();
    // It is a customer, though one without sourceOfRiskLevel.
    assert_eq!(office.response("customer/good")["errorCode"], "C008");
}

#[test]
fn a_folder_that_is_no_endpoint_is_answered_404_by_its_path() {
    let office = Office::new();
    let good = batch(&person("1").to_string());
    for folder in ["customers", "2026/batch-customers", "a/b/c", "ačiū labai"] {
        for bytes in [good.as_bytes(), b"no JSON"] {
            let error = refused(&office, folder, 404, folder, bytes).expect("an error");
            assert!(error.contains("not an endpoint"), "{error}");
        }
    }
}

/// Six thousand customers, a line each; of the 5000th what `broken` makes of it.
fn six_thousand(broken: &dyn Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = b"{\"customers\":[\n".to_vec();
    for i in 1..=6000 {
        let line = person(&i.to_string()).to_string();
        match i {
            5000 => bytes.extend(broken(&line)),
            _ => bytes.extend(line.as_bytes()),
        }
        bytes.extend(if i < 6000 { ",\n" } else { "\n]}" }.as_bytes());
    }
    bytes
}

#[test]
fn broken_json_in_customer_5000_of_a_large_file_leaves_nothing_but_the_batch_row() {
    let office = Office::new();
    // The first customer stands in line 2.
    let text = person("5000").to_string();
    let before = text.find("\"requester\":").unwrap() + "\"requester\":".len();
    let column = text[..before].chars().count() + 1;
    let error = |broken: &dyn Fn(&str) -> Vec<u8>| {
        refused(
            &office,
            "batch-customers",
            400,
            "batch-customers",
            &six_thousand(broken),
        )
        .unwrap()
    };
    let bare = error(&|t| t.replacen("\"Branch 7\"", "Branch", 1).into_bytes());
    assert!(
        bare.starts_with(&format!("line 5001, column {column} (byte ")),
        "{bare}"
    );
    let latin = error(&|t| {
        let at = t.find("Branch").unwrap();
        let mut bytes = t.as_bytes().to_vec();
        bytes[at] = 0xe9;
        bytes
    });
    assert!(
        latin.starts_with(&format!("line 5001, column {} (byte ", column + 1)),
        "{latin}"
    );
    assert!(latin.contains("UTF-8"), "{latin}");
    let whole = six_thousand(&|t| t.as_bytes().to_vec());
    let truncated = &whole[..whole.len() - 1];
    let error = refused(
        &office,
        "batch-customers",
        400,
        "batch-customers",
        truncated,
    )
    .unwrap();
    assert!(error.starts_with("line 6002, column 2 (byte "), "{error}");
    // And whole, it is taken as if it had never been there.
    office.drop("batch-customers/x.json", &whole);
    office.once();
    assert_eq!(
        office.value("SELECT accepted FROM v_batch ORDER BY batch_id DESC LIMIT 1"),
        6000
    );
}

#[test]
fn a_mark_too_few_is_reported_where_it_shows_first_and_not_at_the_end_of_the_file() {
    let office = Office::new();
    let error = |broken: &str| {
        let lines: Vec<_> = (1..=9)
            .map(|i| match i {
                5 => broken.to_owned(),
                _ => person(&i.to_string()).to_string(),
            })
            .collect();
        let text = format!("{{\"customers\":[\n{}\n]}}", lines.join(",\n"));
        let (folder, path) = ("batch-customers", "batch-customers");
        refused(&office, folder, 400, path, text.as_bytes()).unwrap()
    };
    let line = person("5").to_string();
    let unclosed = error(&line[..line.len() - 1]);
    assert!(unclosed.starts_with("line 7, column 1 "), "{unclosed}");
    for (from, to) in [
        ("\"Branch 7\"", "\"Branch 7"),
        ("\"Branch 7\"", "[\"Branch 7\""),
        ("\"Branch 7\"", "{\"Branch 7\""),
        (":\"Branch 7\"", "\"Branch 7\""),
        ("\"Branch 7\"", "\"Branch 7\"]"),
    ] {
        let told = error(&line.replacen(from, to, 1));
        assert!(told.starts_with("line 6, "), "{to}: {told}");
    }
}

#[test]
fn columns_count_characters_in_a_400_and_in_a_check() {
    let office = Office::new();
    let bytes = "\u{feff}{\"customers\":[\n {\"firstName\": \"Žyginta 東\", nothing: 1}]}";
    let error = refused(
        &office,
        "batch-customers",
        400,
        "batch-customers",
        bytes.as_bytes(),
    );
    // The 29th character of the second line; bytes count the three of the mark too.
    let offset = bytes.find("nothing").expect("the place");
    let expected = format!("line 2, column 29 (byte {offset}): ");
    assert!(
        error.as_deref().is_some_and(|e| e.starts_with(&expected)),
        "{error:?}"
    );
    let path = office.write("x.json", bytes);
    let output = office.run(&["check", path.to_str().expect("a path")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(65));
    assert!(said.contains("line 2, column 29: "), "{said}");
}

#[test]
fn columns_count_characters_in_the_configuration_and_in_saved_queries() {
    let said = |office: &Office, args: &[&str]| {
        let output = office.run(args);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let office = Office::configured("metrics_file = \"ąžuolas\" žodis\n");
    let text = said(&office, &["once"]);
    assert!(text.contains(", column 26: "), "{text}");
    assert!(text.contains("žodis"), "the line: {text}");
    let office = Office::new();
    office.once();
    office.write("kycdrop.queries.toml", "[x]\ntitle = \"ąą\" ž\n");
    let text = said(&office, &["query", "--saved", "x"]);
    assert!(text.contains("line 2, column 14: "), "{text}");
}
