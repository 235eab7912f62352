//! *Customer*: search, and the whole history of one.

use serde_json::json;

use super::asking::a_life;
use super::client::{Answer, Desk, without_fields};
use super::common::{MATRIX, Office, asked, person, with};

/// A request that shows what escapes.
const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").expect("where it leads to")
}

#[test]
fn one_customer_is_found_by_name_id_or_number_and_led_to() {
    let office = a_life();
    office.batch(
        "7-other",
        &[with(
            person("30"),
            json!({"firstName": "Žygimantas", "lastName": "Žąsis"}),
        )],
    );
    let desk = Desk::open(&office);
    for q in ["zasis", "N-30", "X-30", "+zygim+Zasis+"] {
        let answer = desk.get(&format!("/customer?q={q}"));
        assert_eq!(leads_to(&answer), "/customer?id=X-30&unit=", "{q}");
    }
    let shown = desk.page("/customer?id=X-30&unit=");
    assert!(shown.contains("<h1>Žygimantas Žąsis</h1>"), "{shown}");
    // One id in two offices: which is meant is asked.
    let several = desk.page("/customer?q=I-4711");
    for address in [
        "/customer?id=I-4711&amp;unit=\"",
        "/customer?id=I-4711&amp;unit=vilnius\"",
    ] {
        assert!(several.contains(address), "{several}");
        let several = desk.page("/customer?id=I-4711");
        assert!(several.contains(address), "{several}");
    }
    let other = desk.page("/customer?id=I-4711&unit=vilnius");
    assert!(
        other.contains("<h1>UAB Pavyzdys</h1>") && !other.contains("L-5"),
        "{other}"
    );
}

#[test]
fn the_whole_life_is_shown_the_newest_first() {
    let office = a_life();
    let desk = Desk::open(&office);
    let shown = desk.page("/customer?id=I-4711&unit=");
    let order: Vec<usize> = ["L-5", "L-4", "RiskLevel", "L-2", "L-1"]
        .iter()
        .map(|text| {
            shown
                .find(text)
                .unwrap_or_else(|| panic!("{text} in {shown}"))
        })
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    for text in [
        "<code>listAddress[0].city</code>",
        ">Kaunas</td><td class=\"name\">Vilnius</td>",
        "href=\"/batch/3/1\"",
    ] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
}

#[test]
fn what_was_only_rejected_or_validated_is_found_too() {
    let office = Office::new();
    office.batch(
        "one",
        &[with(
            person("1"),
            json!({"riskLevel": "NO SUCH", "firstName": "Viena"}),
        )],
    );
    office.answer(
        "validate-batch-customers",
        "two",
        &json!({"customers": [person("2")]}),
    );
    let desk = Desk::open(&office);
    let answer = desk.get("/customer?q=viena");
    assert_eq!(leads_to(&answer), "/customer?id=X-1&unit=");
    let shown = desk.page("/customer?id=X-1&unit=");
    assert!(
        shown.contains("Rejected") && shown.contains("/batch/1/1"),
        "{shown}"
    );
    let answer = desk.get("/customer?q=X-2");
    assert_eq!(leads_to(&answer), "/batch/2/1");
}

#[test]
fn the_newest_customers_are_listed_by_pages() {
    let office = Office::new();
    office.once();
    let desk = Desk::open(&office);
    assert!(
        desk.page("/customer")
            .contains("No customer was saved yet.")
    );
    let customers: Vec<_> = (0..30).map(|n| person(&n.to_string())).collect();
    office.batch("many", &customers);
    let first = desk.page("/customer");
    assert!(
        first.contains("X-29") && first.contains("X-5<") && !first.contains("X-4<"),
        "{first}"
    );
    let next = first.split("/customer?older=").nth(1).expect("a next page");
    let next = next.split('"').next().expect("an address");
    let second = desk.page(&format!("/customer?older={next}"));
    assert!(
        second.contains("X-4<") && second.contains("X-0<") && !second.contains("X-5<"),
        "{second}"
    );
    assert!(!second.contains("older="), "{second}");
}

#[test]
fn a_long_life_has_pages() {
    let office = Office::new();
    let update = |n: u32| {
        let action = if n == 0 { "CREATE" } else { "UPDATE" };
        let fields =
            json!({"customerExtId": "X", "action": action, "lastName": format!("Name{n}.")});
        with(person(&n.to_string()), fields)
    };
    office.batch("many", &(0..30).map(update).collect::<Vec<_>>());
    let desk = Desk::open(&office);
    let first = desk.page("/customer?id=X&unit=");
    assert!(first.contains("<h1>Ona Name29.</h1>"), "{first}");
    assert!(
        first.contains("N-29<") && first.contains("N-5<") && !first.contains("N-4<"),
        "{first}"
    );
    let next = "/customer?id=X&unit=&before=5";
    assert!(first.contains(&next.replace('&', "&amp;")), "{first}");
    let second = desk.page(next);
    assert!(
        second.contains("N-4<") && second.contains("N-0<") && !second.contains("N-5<"),
        "{second}"
    );
    assert!(!second.contains("before="), "{second}");
}

#[test]
fn evaluations_are_shown_with_each_factor() {
    let office = Office::on("2026-11-21T09:30:00Z");
    office.write("risk/test.toml", MATRIX);
    office.answer("customer", "one", &asked("1", "EE"));
    let desk = Desk::open(&office);
    let shown = desk.page("/customer?id=X-1&unit=");
    for text in [
        "Evaluation: HIGH",
        "60.0 of 100",
        "the matrix leaves the level HIGH to people",
        "<code>citizenshipCountry</code> EE: 60",
        "60.000",
        "Of the tests",
        "href=\"/decisions?number=N-1\"",
    ] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
}

#[test]
fn hostile_values_are_text_and_wrong_parameters_have_a_page() {
    let office = Office::new();
    let long = "ą".repeat(200);
    let names = json!({"customerExtId": HOSTILE, "firstName": HOSTILE, "lastName": long, "businessUnit": HOSTILE});
    office.batch("one", &[with(person("1"), names)]);
    let desk = Desk::open(&office);
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let hostile = encode(HOSTILE);
    let answer = desk.get(&format!("/customer?q={hostile}"));
    let shown = desk.page(leads_to(&answer));
    for page in [
        shown,
        desk.page("/customer"),
        desk.get(&format!("/customer?id={hostile}x")).body,
    ] {
        assert!(!page.contains("<script>"), "{page}");
        assert!(!without_fields(&page).contains('\u{202e}'), "{page}");
        assert!(
            page.contains("&lt;script&gt;") && page.contains("\\u{202e}"),
            "{page}"
        );
    }
    let none = desk.page(&format!("/customer?q={hostile}x"));
    assert!(!none.contains("<script>"), "{none}");
    for (path, status) in [
        ("/customer?id=nobody".to_owned(), 404),
        ("/customer?id=X-1&unit=elsewhere".to_owned(), 404),
        ("/customer?older=x".to_owned(), 400),
        ("/customer?id=a&before=-1".to_owned(), 400),
        ("/customer?q=a&q=b".to_owned(), 400),
        (format!("/customer?q={}", "a".repeat(5000)), 200),
        ("/customer?q=%00%ff".to_owned(), 200),
    ] {
        let answer = desk.get(&path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains("</html>"), "{path}");
    }
    let log = std::fs::read_to_string(office.at("desk.log")).expect("the log");
    assert!(!log.contains("X-1") && !log.contains("alert"), "{log}");
}
