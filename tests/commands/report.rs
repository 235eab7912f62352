//! `report` writes one page that needs nothing beside it, escapes everything and has no value of a
//! customer on it.

use crate::asking;
use crate::common;

use asking::{MOMENT, a_life, a_wrong_batch, evaluated, refused};
use common::{Office, company, person, with};
use serde_json::json;

pub(crate) fn page(office: &Office, args: &[&str]) -> String {
    let args = [&["report", "--output", "-"], args].concat();
    let output = office.run(&args);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// What a browser would fetch or run.
pub(crate) fn stands_alone(page: &str) {
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
        "Pending evaluations and screenings",
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
    let office = a_wrong_batch();
    let archived = office.files("watch-dir/archive").remove(0);
    let copy = office.at("copy.json");
    std::fs::copy(office.at("watch-dir/archive").join(archived), &copy).expect("a copy");
    for same in ["LAST", &*copy.to_string_lossy()] {
        let other = page(&office, &["--batch", same]);
        assert!(other.contains("<h1>Batch 1, wrong.json</h1>"), "{same}");
    }
    let page = page(&office, &["--batch", "wrong.json"]);
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
fn a_month_by_its_name() {
    let office = Office::on(MOMENT);
    office.once();
    for (month, title) in [
        ("2026-10", "<h1>2026-10-01 to 2026-10-31</h1>"),
        ("2024-02", "<h1>2024-02-01 to 2024-02-29</h1>"),
        ("2026-11", "<h1>2026-11-01 to 2026-11-21</h1>"),
    ] {
        let page = page(&office, &["--month", month]);
        assert!(page.contains(title), "{month}: {page}");
    }
    for (wrong, code) in [
        (&["--month", "2026-12"][..], 65),
        (&["--month", "2026-13"], 2),
        (&["--month", "2026-1"], 2),
        (&["--month", "2026-10-01"], 2),
        (&["--month", "october"], 2),
        (&["--month", "2026-10", "--from", "2026-10-01"], 2),
        (&["--month", "2026-10", "--to", "2026-10-01"], 2),
        (&["--month", "2026-10", "--batch", "1"], 2),
    ] {
        let args = [&["report", "--output", "-"], wrong].concat();
        assert_eq!(refused(&office, &args).0, Some(code), "{wrong:?}");
    }
}

#[test]
fn the_title_names_institution_and_branch() {
    for (settings, title, head) in [
        (
            "institution = \"Bank <& Sons>\"\nbranch = \"vilnius-3\"\n",
            "<title>kycdrop: Bank &lt;&amp; Sons&gt;, branch vilnius-3: 20",
            "<h1><span class=\"who\">Bank &lt;&amp; Sons&gt;, branch vilnius-3</span> 20",
        ),
        (
            "branch = \"vilnius-3\"\n",
            "<title>kycdrop: branch vilnius-3: 20",
            "<h1><span class=\"who\">branch vilnius-3</span> 20",
        ),
        ("institution = \" \"\n", "<title>kycdrop: 20", "<h1>20"),
    ] {
        let office = Office::configured(settings);
        office.once();
        let page = page(&office, &[]);
        assert!(
            page.contains(title) && page.contains(head),
            "{title}: {page}"
        );
        // A page with a name is known as a report, and replaced.
        for _ in 0..2 {
            let file = office.at("page.html");
            let output = office.run(&["report", "--output", &file.to_string_lossy()]);
            assert!(output.status.success(), "{output:?}");
        }
    }
    let office = Office::configured(&format!("institution = \"{}\"\n", "x".repeat(201)));
    let (code, said) = refused(&office, &["report", "--output", "-"]);
    assert_eq!(code, Some(78));
    assert!(
        said.contains("institution must have 200 characters or less"),
        "{said}"
    );
}

/// The colours of a block of the style, by name: their relative luminance, from 0 (black) to 1.
fn colours(block: &str) -> impl Fn(&str) -> f64 + '_ {
    move |name| {
        let hex = block.split(&format!("--{name}: #")).nth(1).expect(name);
        let part = |at: usize| {
            let c = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect(name)) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    }
}

#[test]
fn colours_have_the_contrast_that_wcag_asks_for() {
    let office = Office::new();
    office.once();
    let page = page(&office, &[]);
    let blocks: Vec<&str> = page.split(":root { color-scheme").skip(1).collect();
    assert_eq!(blocks.len(), 2, "light and dark");
    assert!(
        page.contains("@media screen and (prefers-color-scheme: dark)"),
        "print is light"
    );
    for block in blocks {
        let of = colours(block);
        for (one, other, least) in [
            ("ink", "paper", 4.5),
            ("soft", "paper", 4.5),
            ("accepted", "paper", 3.0),
            ("rejected", "paper", 3.0),
            // What holds in grey: the two differ in luminance.
            ("accepted", "rejected", 3.0),
        ] {
            let (a, b) = (of(one), of(other));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= least, "{one} on {other}: {contrast:.2}");
        }
    }
}

#[test]
fn nothing_is_recorded_yet() {
    let office = Office::on(MOMENT);
    let output = office.run(&["report", "--output", "-"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && said.contains("there is no history at"),
        "{said}"
    );
    let before = String::from_utf8(output.stdout).expect("text");
    assert!(
        !office.at("kycdrop.db").exists(),
        "a report makes no history"
    );
    office.once();
    for page in [before, page(&office, &[])] {
        stands_alone(&page);
        for told in [
            "<h1>2026-11-01 to 2026-11-21</h1>",
            "Nothing is recorded yet.",
            "No customer was rejected.",
        ] {
            assert!(page.contains(told), "{told}: {page}");
        }
    }
    assert_eq!(
        refused(&office, &["report", "--output", "-", "--batch", "9"]).0,
        Some(65)
    );
}

#[test]
fn a_period_the_wrong_way_round() {
    let office = Office::new();
    office.once();
    let period = [
        "report",
        "--output",
        "-",
        "--from",
        "2026-02-01",
        "--to",
        "2026-01-01",
    ];
    let (code, said) = refused(&office, &period);
    assert_eq!(code, Some(65));
    assert!(said.contains("swap --from and --to"), "{said}");
    let no_day = ["report", "--output", "-", "--from", "2026-02-31"];
    assert_eq!(refused(&office, &no_day).0, Some(2));
}
