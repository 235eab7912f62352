//! Files that were answered, and the customers of each.

use serde_json::{Value, json};

use super::client::Desk;
use super::common::{Office, person, with};

fn bad(id: &str) -> Value {
    with(person(id), json!({"citizenshipCountry": "LTU"}))
}

/// An office with a batch of these customers.
fn office(customers: &[Value]) -> (Office, Desk) {
    let office = Office::new();
    office.batch("x", customers);
    let desk = Desk::open(&office);
    (office, desk)
}

/// The numbers of the customers that a page lists.
fn listed(page: &str) -> Vec<u64> {
    let links = page.split("<h3><a href=\"/batch/1/").skip(1);
    let number = |rest: &str| rest.split('"').next().and_then(|n| n.parse().ok());
    links.map(|rest| number(rest).expect("a number")).collect()
}

/// Where the link of this text leads to.
fn link(page: &str, text: &str) -> Option<String> {
    let before = page.split(&format!(">{text}</a>")).next()?;
    let href = before.rsplit("href=\"").next()?;
    let found = page.contains(&format!(">{text}</a>"));
    let href = href.trim_end_matches('"').split('#').next()?;
    found.then(|| href.replace("&amp;", "&"))
}

#[test]
fn an_empty_history_says_what_to_do() {
    let office = Office::new();
    office.once();
    let desk = Desk::open(&office);
    assert!(desk.page("/batches").contains("href=\"/drop\""));
    for path in [
        "/batch/1",
        "/batch/1/1",
        "/batch/1/findings.csv",
        "/batch/1/response.json",
    ] {
        let answer = desk.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.body.contains("There is no batch 1."),
            "{}",
            answer.body
        );
    }
    for path in [
        "/batch/x",
        "/batch/1?after=x",
        "/batches?before=x",
        "/batch/1/x",
    ] {
        assert_eq!(desk.get(path).status, 400, "{path}");
    }
}

#[test]
fn files_are_listed_by_pages() {
    let office = Office::new();
    for i in 0..60 {
        office.drop(
            format!("customer/{i:02}.json"),
            person(&i.to_string()).to_string(),
        );
    }
    office.once();
    let desk = Desk::open(&office);
    let first = desk.page("/batches");
    let older = link(&first, "Older files").expect("another page");
    assert_eq!(older, "/batches?before=11");
    let second = desk.page(&older);
    assert!(
        second.contains("/batch/10\"") && !second.contains("/batch/11\""),
        "{second}"
    );
    assert_eq!(link(&second, "Older files"), None);
    assert_eq!(link(&second, "Newest files").as_deref(), Some("/batches"));
}

#[test]
fn a_batch_shows_its_findings_with_their_fix() {
    let (_office, desk) = office(&[
        person("1"),
        bad("2"),
        with(bad("3"), json!({"riskLevel": "LOUD"})),
    ]);
    let page = desk.page("/batch/1");
    for said in [
        "x.json",
        "batch-customers",
        "citizenshipCountry = &quot;LTU&quot;",
        "LT (Lithuania)",
        "of the file",
        "customerExtId <strong>X-2</strong>",
        "How to fix it",
        "(the answer)",
        "code and text are in",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(listed(&page), [2, 3]);
    assert_eq!(listed(&desk.page("/batch/1?show=all")), [1, 2, 3]);
    assert_eq!(listed(&desk.page("/batch/1?show=warnings")), [0; 0]);
    let one = desk.page("/batch/1/3");
    assert!(
        one.contains("LOUD") && one.contains("/customer?id=X-3"),
        "{one}"
    );
    assert_eq!(
        link(&one, "Previous customer").as_deref(),
        Some("/batch/1/2")
    );
    assert_eq!(link(&one, "Next customer"), None);
    assert!(desk.page("/batch/1/1").contains("There is nothing to fix."));
    for none in ["/batch/1/0", "/batch/1/4", "/batch/1/99999999999"] {
        assert_eq!(desk.get(none).status, 404, "{none}");
    }
}

#[test]
fn customers_are_filtered_by_code_field_and_text() {
    let other = with(
        person("4"),
        json!({"riskLevel": "LOUD", "lastName": "Žąsis"}),
    );
    let (office, desk) = office(&[
        person("1"),
        bad("2"),
        with(bad("3"), json!({"riskLevel": "LOUD"})),
        other,
    ]);
    let answered = |customer: usize| {
        office.response("batch-customers/x")["results"][customer]["errorCode"]
            .as_str()
            .expect("a code")
            .to_owned()
    };
    let (country, level) = (answered(1), answered(3));
    let page = desk.page("/batch/1");
    let to = link(&page, &level).expect("a reason");
    let both = answered(2);
    assert_eq!(to, format!("/batch/1?code={level}&answered=1"));
    let expected: &[u64] = if both == level { &[3, 4] } else { &[4] };
    assert_eq!(listed(&desk.page(&to)), expected);
    assert_eq!(
        listed(&desk.page(&format!("/batch/1?code={}", country.to_lowercase()))),
        [2, 3]
    );
    assert_eq!(
        listed(&desk.page(&format!("/batch/1?code={level}"))),
        [3, 4]
    );
    assert_eq!(listed(&desk.page("/batch/1?field=CITIZENSHIP")), [2, 3]);
    assert_eq!(
        listed(&desk.page(&format!("/batch/1?field=riskLevel&code={country}"))),
        [0; 0]
    );
    for (text, found) in [
        ("zasis", vec![4]),
        ("n-2", vec![2]),
        ("x-", vec![2, 3, 4]),
        ("'\"<", vec![]),
    ] {
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let page = desk.page(&format!("/batch/1?text={text}"));
        assert_eq!(listed(&page), found, "{text}");
        assert!(!page.contains("value=\"'\"<"), "{page}");
    }
    assert_eq!(
        listed(&desk.page("/batch/1?show=all&text=petraite")),
        [1, 2, 3]
    );
    assert!(
        desk.page("/batch/1?text=nobody")
            .contains("There is no such customer")
    );
}

#[test]
fn customers_come_by_pages_whatever_the_filter() {
    let customers: Vec<_> = (1..=60)
        .map(|i| match i % 2 {
            0 => bad(&i.to_string()),
            _ => person(&i.to_string()),
        })
        .collect();
    let (_office, desk) = office(&customers);
    for (query, found) in [
        ("", 30),
        ("?show=all", 60),
        ("?field=country", 30),
        ("?text=petr", 30),
        ("?show=all&text=petr", 60),
    ] {
        let (mut at, mut seen, mut pages) = (format!("/batch/1{query}"), Vec::new(), 0);
        loop {
            let page = desk.page(&at);
            seen.extend(listed(&page));
            pages += 1;
            match link(&page, "Next page") {
                Some(next) => at = next,
                None => break,
            }
        }
        assert_eq!(
            (seen.len(), pages),
            (found, usize::div_ceil(found, 25)),
            "{query}"
        );
        assert!(seen.is_sorted(), "{query}");
    }
    assert_eq!(
        listed(&desk.page("/batch/1?after=18446744073709551615")),
        [0; 0]
    );
}

#[test]
fn a_search_through_a_large_batch_says_where_it_ended_and_goes_on() {
    let mut customers = vec![json!({}); 20_010];
    customers.push(bad("last"));
    let (_office, desk) = office(&customers);
    let page = desk.page("/batch/1?field=citizenshipCountry");
    assert_eq!(listed(&page), [0; 0]);
    assert!(page.contains("The search ended before the end"), "{page}");
    let on = link(&page, "Search on from here").expect("a link");
    assert_eq!(listed(&desk.page(&on)), [20_011]);
    let page = desk.page("/batch/1?text=X-last");
    assert!(page.contains("The search ended before the end"), "{page}");
    let page = desk.page("/batch/1");
    assert!(
        page.contains("the first rejected customers, up to"),
        "{page}"
    );
    let first = "<td class=\"n\"><data value=\"20000\">20000</data></td>";
    assert!(page.contains(first), "{page}");
}

#[test]
fn warnings_are_shown_with_their_customers() {
    let strange = with(person("2"), json!({"favouriteColour": "blue"}));
    let (_office, desk) = office(&[person("1"), strange, person("3")]);
    let page = desk.page("/batch/1?show=warnings");
    assert_eq!(listed(&page), [2]);
    assert!(
        page.contains("unknown-field") && page.contains("favouriteColour"),
        "{page}"
    );
    // Nothing was rejected: all are shown, and there is no worklist.
    assert_eq!(listed(&desk.page("/batch/1")), [1, 2, 3]);
    assert_eq!(link(&page, "Worklist for a spreadsheet (CSV)"), None);
    assert_eq!(desk.get("/batch/1/findings.csv").status, 404);
}

#[test]
fn the_worklist_the_request_to_fix_and_the_response_can_be_saved() {
    let (office, desk) = office(&[person("1"), bad("2")]);
    for (name, kind) in [
        ("findings.csv", "text/csv; charset=utf-8"),
        ("rejected.json", "application/json"),
        ("response.json", "application/json"),
    ] {
        let answer = desk.get(&format!("/batch/1/{name}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some(kind));
        let saved = format!("attachment; filename=\"batch-1.{name}\"");
        assert_eq!(answer.header("content-disposition"), Some(saved.as_str()));
        let beside = std::fs::read(office.at(format!("watch-dir/outbox/batch-customers/x.{name}")))
            .expect("a file");
        let body = unchunked(&answer.body);
        assert_eq!(body, String::from_utf8_lossy(&beside), "{name}");
    }
    std::fs::remove_file(office.at("watch-dir/outbox/batch-customers/x.response.json"))
        .expect("removed");
    let answer = desk.get("/batch/1/response.json");
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("not in the outbox"), "{}", answer.body);
}

/// A body that came in parts.
fn unchunked(body: &str) -> String {
    let (mut rest, mut whole) = (body.as_bytes(), Vec::new());
    while let Some(at) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&rest[..at]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a size");
        whole.extend_from_slice(&rest[at + 2..at + 2 + size]);
        rest = &rest[at + 2 + size + 2..];
    }
    String::from_utf8(whole).expect("text")
}

#[test]
fn a_file_that_was_refused_says_why_and_what_to_do() {
    let office = Office::new();
    office.drop("batch-customers/<b>bad.json", "{\"customers\": [}");
    office.run(&["once"]);
    let desk = Desk::open(&office);
    let page = desk.page("/batch/1");
    assert!(
        page.contains("&lt;b&gt;bad.json") && !page.contains("<b>"),
        "{page}"
    );
    assert!(
        page.contains("Fix it at this place and drop it again"),
        "{page}"
    );
    assert!(!page.contains("<form class=\"filters\""), "{page}");
    assert!(desk.page("/batches").contains("&lt;b&gt;bad.json"));
}

#[test]
fn values_of_customers_do_nothing_and_are_seen() {
    let hostile = with(
        bad("1"),
        json!({
        "firstName": "<script>alert(1)</script>", "lastName": "\"'\u{202e}x", "customerExtId": "<img src=x onerror=alert(1)>&",
        "citizenshipCountry": "<b>\u{200b}"}),
    );
    let (_office, desk) = office(&[
        hostile,
        with(bad("2"), json!({"firstName": "x".repeat(100_000)})),
    ]);
    for path in ["/batch/1", "/batch/1?show=all", "/batch/1/1", "/batch/1/2"] {
        let page = desk.page(path);
        for forbidden in ["<script>", "<img", "<b>", "\u{202e}", "\u{200b}"] {
            assert!(!page.contains(forbidden), "{path}: {forbidden}");
        }
        assert!(page.len() < 60_000, "{path}: {}", page.len());
    }
    assert!(desk.page("/batch/1/1").contains("zero width space"));
}
