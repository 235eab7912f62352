//! `report` writes one page that needs nothing beside it, escapes everything and has no value of a
//! customer on it.

use crate::asking;
use crate::common;

use asking::{a_life, a_wrong_batch, evaluated, refused};
use common::{Office, company, person, with};
use serde_json::json;

fn page(office: &Office, args: &[&str]) -> String {
    let args = [&["report", "--output", "-"], args].concat();
    let output = office.run(&args);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// What a browser would fetch or run.
fn stands_alone(page: &str) {
    for foreign in [
        "<script",
        "<link",
        "<img",
        "<iframe",
        "@import",
        "url(",
        "javascript:",
        " src=",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let namespaces = page.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(
        page.matches("http:").count() + page.matches("https:").count(),
        namespaces
    );
}

#[test]
fn a_period_with_all_its_figures() {
    let office = a_life();
    office.answer("customer", "asked", &evaluated("77", "IND"));
    office.batch(
        "b",
        &[
            company("1"),
            with(person("2"), json!({"citizenshipCountry": "Lietuva"})),
            person("3"),
        ],
    );
    let page = page(&office, &["--from", "2020-01-01", "--to", "2100-01-01"]);
    stands_alone(&page);
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    for told in [
        "<h1>2020-01-01 to 2100-01-01</h1>",
        "Why customers were rejected",
        "C016.I06",
        "<code>citizenshipCountry</code>",
        "Risk levels",
        "Countries",
        "vilnius",
        "Classifiers used",
        "Pending at the head office",
        "72.7 %",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert!(
        page.matches("<svg").count() >= 4,
        "{}",
        page.matches("<svg").count()
    );
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
}

/// The numbers that an attribute of this element has on the page.
fn attributes(page: &str, element: &str, name: &str) -> Vec<f64> {
    page.split(&format!("<{element} "))
        .skip(1)
        .map(|rest| {
            let tag = rest.split('>').next().expect("an end of the tag");
            let value = tag.split(&format!("{name}=\"")).nth(1).expect(name);
            let value = value.split('"').next().expect("an end of the value");
            value.parse().unwrap_or_else(|e| panic!("{value}: {e}"))
        })
        .collect()
}

#[test]
fn charts_show_one_bar_as_well_as_many() {
    let office = Office::new();
    office.batch("a", &[person("1"), person("2")]);
    let page = page(&office, &["--batch", "1"]);
    // Risk levels, countries and files have one bar each, as long as the chart allows.
    let (widths, heights) = (
        attributes(&page, "rect", "width"),
        attributes(&page, "rect", "height"),
    );
    assert_eq!(widths.len(), 3, "{page}");
    assert!(widths.iter().all(|w| *w > 300.0), "{widths:?}");
    assert!(heights.iter().all(|h| *h > 10.0), "{heights:?}");
}

#[test]
fn a_batch_by_its_name() {
    let page = page(&a_wrong_batch(), &["--batch", "wrong.json"]);
    stands_alone(&page);
    assert!(
        page.contains("<h1>Batch 1, wrong.json</h1>") && page.contains("listAddress[0].country"),
        "{page}"
    );
    for value in ["Lituania", "Petrait", "GMBH", "tomorrow", "N-2"] {
        assert!(!page.contains(value), "a value of a customer: {value}");
    }
}

#[test]
fn a_file_that_was_no_request_has_a_page_too() {
    let office = Office::new();
    office.drop("batch-customers/broken<b>.json", "{");
    office.once();
    let page = page(&office, &["--batch", "1"]);
    stands_alone(&page);
    assert!(
        page.contains("the file ends in the middle") && page.contains("broken&lt;b&gt;.json"),
        "{page}"
    );
}

#[test]
fn whatever_comes_from_outside_is_escaped() {
    let office = Office::new();
    let evil = "\"><script>alert(1)</script>&";
    office.batch(
        "a",
        &[
            with(person("1"), json!({"businessUnit": evil})),
            with(
                person("2"),
                json!({"businessUnit": evil, "entityType": null}),
            ),
        ],
    );
    let page = page(&office, &[]);
    stands_alone(&page);
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
}

#[test]
fn an_empty_history_and_a_period_the_wrong_way_round() {
    let office = Office::new();
    assert_eq!(refused(&office, &["report", "--output", "-"]).0, Some(78));
    office.once();
    assert!(page(&office, &[]).contains("No customer was rejected."));
    let (code, said) = refused(
        &office,
        &[
            "report",
            "--output",
            "-",
            "--from",
            "2026-02-01",
            "--to",
            "2026-01-01",
        ],
    );
    assert_eq!(code, Some(65));
    assert!(said.contains("swap --from and --to"), "{said}");
    assert_eq!(
        refused(
            &office,
            &["report", "--output", "-", "--from", "2026-02-31"]
        )
        .0,
        Some(2)
    );
    assert_eq!(
        refused(&office, &["report", "--output", "-", "--batch", "9"]).0,
        Some(65)
    );
}
