//! *Figures*: the report of any period, whose figures lead to what was counted.

use serde_json::json;

use super::client::Desk;
use super::common::{Office, person, with};

/// An office with rejections of two offices, one of a name that would be markup.
fn office() -> Office {
    let office = Office::on("2026-11-21T09:30:00Z");
    let of =
        |id: &str, unit: &str| with(person(id), json!({"businessUnit": unit, "lastName": null}));
    office.batch(
        "a",
        &[
            person("1"),
            of("2", "<b>'007'</b>"),
            of("3", "007"),
            with(person("4"), json!({"riskLevel": "HIGH"})),
        ],
    );
    office
}

/// The addresses of a page that lead to `/ask` or elsewhere and have this in them.
fn links(page: &str, having: &str) -> Vec<String> {
    let found = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'));
    let found: Vec<String> = found
        .map(|(href, _)| href.replace("&amp;", "&"))
        .filter(|href| href.contains(having))
        .collect();
    assert!(!found.is_empty(), "no link with {having} in {page}");
    found
}

#[test]
fn each_figure_leads_to_what_was_counted() {
    let office = office();
    let desk = Desk::open(&office);
    let page = desk.page("/figures");
    assert!(page.contains("value=\"2026-11-01\"") && page.contains("value=\"2026-11-21\""));
    assert!(page.contains("Why customers were rejected"), "{page}");
    assert!(!page.contains("<b>"), "{page}");
    let code = &links(&page, "p.code=C016.I02")[0];
    let rows = desk.page(code);
    assert!(
        rows.contains("2 rows") && rows.contains("X-2") && rows.contains("X-3"),
        "{rows}"
    );
    assert!(rows.contains("href=\"/batch/1\""), "{rows}");
    let found = &links(&page, "finding_row")[0];
    assert!(desk.page(found).contains("2 rows"), "{found}");
    // An office that is written like a number, and one that is markup.
    let offices = links(&page, "r.business_unit+IS+%3Aoffice");
    assert_eq!(offices.len(), 2, "{offices:?}");
    for href in &offices {
        assert!(desk.page(href).contains("1 row<"), "{href}");
    }
    let none = &links(&page, "business_unit+IS+NULL")[0];
    assert!(desk.page(none).contains("1 row<"), "{none}");
    let high = &links(&page, "v_high_risk")[0];
    let rows = desk.page(high);
    assert!(rows.contains("1 row<") && rows.contains("X-4"), "{rows}");
    let low = &links(&page, "p.level=LOW")[0];
    assert!(desk.page(low).contains("X-1"));
    let country = &links(&page, "p.country=LT")[0];
    assert!(desk.page(country).contains("2 rows<"));
    let files = &links(&page, "p.status=200")[0];
    assert!(desk.page(files).contains("a.json"));
    let day = &links(&page, "/figures?from=2026-11-21&to=2026-11-21")[0];
    let page = desk.page(day);
    let files = &links(&page, "true")[0];
    assert!(desk.page(files).contains("a.json"));
}

#[test]
fn a_period_that_ended_counts_as_it_was_then() {
    let mut office = office();
    office.move_to("2026-12-24T09:30:00Z");
    let desk = Desk::open(&office);
    let page = desk.page("/figures");
    let last = &links(&page, "from=2026-11-01&to=2026-11-30")[0];
    let page = desk.page(last);
    assert!(page.contains("At the end of 2026-11-30"), "{page}");
    assert!(!page.contains("v_high_risk"), "these are of today");
    links(&page, "p.code=C016.I02");
    let year = links(&page, "from=2026-01-01&to=2026-12-24");
    assert!(desk.page(&year[0]).contains("by week"));
}

#[test]
fn days_that_are_none_are_said_above_the_form() {
    let office = office();
    let desk = Desk::open(&office);
    let long = format!("/figures?from={}", "9".repeat(3000));
    for (path, told) in [
        (
            "/figures?from=2026-12-01&to=2026-11-01",
            "Swap the two days.",
        ),
        ("/figures?from=21.11.2026", "a day is written as 2026-10-31"),
        ("/figures?to=2026-02-30", "2026-02-30: a day is written"),
        (
            "/figures?from=%3Cscript%3E%E2%80%AE",
            "&lt;script&gt;\\u{202e}: a day",
        ),
        (&long, "…: a day is written"),
        ("/figures/report.html?from=x", "x: a day is written"),
    ] {
        let answer = desk.get(path);
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body.contains(told), "{path}: {}", answer.body);
        assert!(answer.body.contains("action=\"/figures\""), "{path}");
    }
    // What is not known, and twice the same, is no reason to refuse.
    desk.page("/figures?from=2026-11-01&from=2026-11-02&x=%ff");
}

#[test]
fn the_report_is_a_page_to_keep() {
    let office = office();
    let desk = Desk::open(&office);
    let page = desk.page("/figures?from=2026-11-01&to=2026-11-21");
    let answer = desk.get(&links(&page, "/figures/report.html")[0]);
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"kycdrop-2026-11-01-2026-11-21.html\"")
    );
    let of_command = office.run(&["report", "--output", "-", "--from", "2026-11-01"]);
    let of_command = String::from_utf8(of_command.stdout).expect("text");
    let after_the_moment = |page: &str| {
        page.split_once(", history up to")
            .map(|(_, rest)| rest.to_owned())
    };
    assert_eq!(
        after_the_moment(&answer.body),
        after_the_moment(&of_command)
    );
    assert!(answer.body.starts_with("<!DOCTYPE html>"));
}

#[test]
fn nothing_recorded_says_what_to_do() {
    let office = Office::new();
    office.once();
    let desk = Desk::open(&office);
    let page = desk.page("/figures");
    assert!(page.contains("Nothing was recorded yet."), "{page}");
    assert!(page.contains("href=\"/drop\""));
}
