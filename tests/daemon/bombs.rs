//! Files that would like to exhaust memory or the stack: answered within bounds, and with the limit that
//! they exceed.

use crate::common;

use std::process::Command;

use common::{Office, person, with};
use serde_json::{Value, json};

/// Runs `once` with little memory, and returns the batch row of the one file that was dropped.
fn judged_with_little_memory(office: &Office, what: &str) -> serde_json::Map<String, Value> {
    let command = office.command(&["once"]);
    let mut limited = Command::new("sh");
    // Address space in KiB, so a good deal more than what is used.
    limited.args(["-c", "ulimit -v 400000; exec \"$@\"", "sh"]);
    limited.arg(command.get_program()).args(command.get_args());
    let output = limited.output().expect("it runs");
    assert!(output.status.success(), "{what}: {output:?}");
    let mut rows = office.rows("SELECT * FROM batch ORDER BY batch_id DESC LIMIT 1");
    rows.remove(0)
}

/// What may exhaust memory or the stack: its name, the body, the status of its answer, and what the
/// error says.
type Bombs = Vec<(&'static str, String, u16, &'static str)>;

fn one_customer(inner: &str) -> String {
    format!("{{\"customers\":[{{{inner}}}]}}")
}

fn many(unit: impl Fn(usize) -> String, n: usize) -> String {
    (0..n).map(unit).collect::<Vec<_>>().join(",")
}

fn deep_and_long() -> Bombs {
    let digits = "9".repeat(750_000);
    vec![
        (
            "lists in lists",
            format!("{{\"customers\":[{}", "[".repeat(750_000)),
            400,
            "nested deeper",
        ),
        (
            "objects in objects",
            one_customer(&format!("\"x\":{}", "{\"x\":".repeat(125_000))),
            400,
            "nested deeper",
        ),
        (
            "65 levels",
            one_customer(&format!("\"x\":{}{}", "[".repeat(62), "]".repeat(62))),
            400,
            "nested deeper",
        ),
        (
            "64 levels",
            one_customer(&format!("\"x\":{}{}", "[".repeat(61), "]".repeat(61))),
            200,
            "",
        ),
        (
            "a string without end",
            format!("{{\"customers\":[{{\"title\":\"{}", "a".repeat(2_250_000)),
            400,
            "max_customer_bytes",
        ),
        (
            "white space without end",
            format!("{{\"customers\":[{}", " ".repeat(2_250_000)),
            400,
            "max_customer_bytes",
        ),
        (
            "a number of countless digits",
            one_customer(&format!("\"companyAssetValue\":{digits}")),
            200,
            "",
        ),
        (
            "an exponent beyond everything",
            one_customer("\"companyAssetValue\":1e999999999999999999,\"x\":-1E-99999999999"),
            200,
            "",
        ),
    ]
}

fn numerous() -> Bombs {
    vec![
        (
            "countless keys",
            one_customer(&many(|i| format!("\"k{i}\":1"), 125_000)),
            200,
            "",
        ),
        (
            "countless keys outside",
            format!(
                "{{{},\"customers\":[]}}",
                many(|i| format!("\"k{i}\":1"), 250_000)
            ),
            200,
            "",
        ),
        (
            "one key again and again",
            one_customer(&many(|_| "\"title\":\"a\"".into(), 125_000)),
            200,
            "",
        ),
        (
            "one list again and again",
            one_customer(&many(|_| "\"listAddress\":[{}]".into(), 75_000)),
            400,
            "max_list_items",
        ),
        (
            "countless items",
            one_customer(&format!(
                "\"listAddress\":[{}]",
                many(|_| "{}".into(), 250_000)
            )),
            400,
            "max_list_items",
        ),
        (
            "as many items as may be",
            one_customer(&format!(
                "\"listRelatedEntity\":[{}]",
                many(|_| "{}".into(), 25_000)
            )),
            200,
            "",
        ),
        (
            "countless customers that are none",
            format!("{{\"customers\":[{}]}}", many(|_| "1".into(), 25_001)),
            400,
            "max_customers",
        ),
    ]
}

#[test]
fn bombs_are_answered_within_bounds() {
    for (what, body, status, error) in [deep_and_long(), numerous()].concat() {
        let office = Office::configured(
            "max_customer_bytes = 2000000\nmax_customers = 25000\nmax_list_items = 25000\n",
        );
        office.drop("batch-customers/x.json", &body);
        let begun = std::time::Instant::now();
        let row = judged_with_little_memory(&office, what);
        println!("{what}: {} bytes in {:?}", body.len(), begun.elapsed());
        assert_eq!(row["status"], status, "{what}: {row:?}");
        assert!(
            row["error"].as_str().unwrap_or_default().contains(error),
            "{what}: {row:?}"
        );
        assert_eq!(office.value("SELECT count(*) FROM assessment"), 0, "{what}");
        let expected = if status == 400 {
            json!(0)
        } else {
            row["customers"].clone()
        };
        assert_eq!(
            office.value("SELECT count(*) FROM rejection"),
            expected,
            "{what}"
        );
        assert!(
            office.value("SELECT count(*) FROM warning").as_u64() <= Some(110),
            "{what}"
        );
    }
}

/// Lists of customers at the limits of the test below: the name, the list, the status of the answer, and
/// what the error says.
fn around_limits() -> [(&'static str, String, u16, &'static str); 6] {
    let address = |n: usize| json!({ "listAddress": vec![json!({"addressType": "RESIDENCE", "country": "LT", "city": "V"}); n] });
    [
        (
            "fits",
            json!([person("1"), person("2")]).to_string(),
            200,
            "",
        ),
        (
            "too-many",
            json!([1, 2, 3]).to_string(),
            400,
            "more than 2 customers (max_customers)",
        ),
        (
            "too-large",
            format!("[{}]", " ".repeat(3000)),
            400,
            "more than 3000 (max_file_bytes)",
        ),
        (
            "large-customer",
            json!([with(person("3"), json!({"x": "y".repeat(1500)}))]).to_string(),
            400,
            "max_customer_bytes",
        ),
        (
            "items",
            json!([with(person("4"), address(4))]).to_string(),
            400,
            "more than 3 list items (max_list_items)",
        ),
        (
            "items-fit",
            json!([with(person("5"), address(3))]).to_string(),
            200,
            "",
        ),
    ]
}

#[test]
fn what_exceeds_a_limit_is_a_400_that_says_so() {
    let office = Office::configured(
        "max_file_bytes = 3000\nmax_customers = 2\nmax_list_items = 3\nmax_customer_bytes = 1500\n",
    );
    for (name, list, status, error) in &around_limits() {
        let body = format!("{{\"customers\":{list}}}");
        office.drop(format!("batch-customers/{name}.json"), &body);
        // The same by hand.
        let file = office.write(format!("{name}.json"), &body);
        let output = office.run(&["check", file.to_str().expect("text")]);
        assert_eq!(
            output.status.code() == Some(65),
            *status == 400,
            "{name}: {output:?}"
        );
        office.once();
        let sql = format!("SELECT status, error FROM batch WHERE file_name = '{name}.json'");
        let row = &office.rows(&sql)[0];
        assert_eq!(row["status"], *status, "{name}: {row:?}");
        assert!(
            row["error"].as_str().unwrap_or_default().contains(error),
            "{name}: {row:?}"
        );
    }
}
