//! `report` writes one page that needs nothing beside it, escapes everything and has no value of a
//! customer on it.

use crate::asking;
use crate::common;

use asking::{MOMENT, a_life, a_wrong_batch, evaluated, refused};
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

/// What the page says, without its tags: each piece of text on a line.
fn text(page: &str) -> String {
    let body = page.split("<body>").nth(1).expect("a body");
    let pieces = body.split(['<', '>']).step_by(2);
    let pieces: Vec<&str> = pieces.filter(|t| !t.trim().is_empty()).collect();
    pieces.join("\n")
}

/// The part of the page below a heading.
fn below<'p>(page: &'p str, heading: &str) -> &'p str {
    let start = page.find(&format!("<h2>{heading}"));
    let rest = &page[start.unwrap_or_else(|| panic!("{heading}: {page}"))..];
    &rest[..rest.find("</section>").expect("the end of a section")]
}

#[test]
fn one_customer_of_one_day() {
    let office = Office::on(MOMENT);
    office.batch("a", &[person("1")]);
    let page = page(&office, &["--from", "2026-11-21"]);
    stands_alone(&page);
    for told in [
        "<h1>2026-11-21 to 2026-11-21</h1>",
        "aria-label=\"Customers validated by day: 1 accepted, 0 rejected, in 1 day; most: 1 (2026-11-21)\"",
        "aria-label=\"Acceptance rate by day: 100.0 % in all; lowest 100.0 % (2026-11-21), highest 100.0 % (2026-11-21)\"",
        "aria-label=\"Lithuania (LT): 1, 100.0 %\"",
        "<rect class=\"accepted\" x=\"46.00%\" width=\"8.00%\" y=\"100.00\" height=\"100.00\">",
    ] {
        assert!(page.contains(told), "{told}\n{page}");
    }
    let text = text(&page);
    for told in [
        "1\ncustomer validated",
        "1\nassessment saved",
        "1\nnew customer",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert!(!page.contains(" of 1</small>"), "{page}");
}

#[test]
fn a_list_that_is_cut_says_of_how_many() {
    let office = Office::on(MOMENT);
    let file = std::fs::read_to_string(office.at("classifiers/country.toml"));
    let file = file.unwrap_or_else(|_| include_str!("../../classifiers/country.toml").to_owned());
    let codes = |line: &str| line.split_once(" = ").map(|(code, _)| code.to_owned());
    let countries: Vec<_> = file
        .lines()
        .filter(|l| !l.starts_with("title"))
        .filter_map(codes)
        .collect();
    let customers: Vec<_> = (0..40)
        .map(|i| {
            let fields = json!({"businessUnit": format!("office-{i}"),
                "citizenshipCountry": countries[i]});
            with(person(&i.to_string()), fields)
        })
        .collect();
    office.batch("a", &customers);
    let page = page(&office, &[]);
    for heading in ["Countries", "Offices"] {
        let part = below(&page, heading);
        assert!(part.contains("<small>20 of 40</small>"), "{part}");
        assert_eq!(
            part.matches("<tr>").count() - part.matches("<thead>").count(),
            20
        );
    }
    // The share is one of all, not of those that are shown.
    assert!(below(&page, "Countries").contains("2.5 %"), "{page}");
    assert!(!below(&page, "Risk levels").contains("<small>"), "{page}");
}

#[test]
fn figures_are_those_of_the_end_of_the_period() {
    let mut office = Office::on("2026-10-05T09:30:00Z");
    let screened = json!({"initializeScreeningProcesses": ["PEP"]});
    office.answer("customer", "a", &with(evaluated("1", "IND"), screened));
    office.batch("b", &[person("2"), person("3")]);
    office.move_to("2026-11-21T09:30:00Z");
    let moved = json!({"customerExtId": "X-2", "action": "UPDATE", "riskLevel": "HIGH",
        "citizenshipCountry": "EE"});
    let evaluated_since = json!({"customerExtId": "X-1", "action": "UPDATE"});
    let since = [
        with(person("4"), moved),
        with(person("5"), evaluated_since),
        with(person("6"), json!({"citizenshipCountry": "LV"})),
    ];
    office.batch("c", &since);
    let of = |args: &[&str]| {
        let page = page(&office, args);
        ["Risk levels", "Countries"]
            .map(|heading| text(&format!("<body>{}", below(&page, heading))))
    };
    let [risk, countries] = of(&["--month", "2026-10"]);
    assert!(
        risk.ends_with("At the end of 2026-10-31.\nLow\n2\n66.7 %\nEvaluation pending\n1\n33.3 %"),
        "{risk}"
    );
    assert!(
        countries.ends_with("companies.\nLithuania (LT)\n3\n100.0 %"),
        "{countries}"
    );
    let [risk, countries] = of(&["--month", "2026-11"]);
    assert!(
        risk.ends_with("At the end of 2026-11-21.\nLow\n3\n75.0 %\nHigh\n1\n25.0 %"),
        "{risk}"
    );
    assert!(
        countries.contains("Lithuania (LT)\n2\n50.0 %\nEstonia (EE)\n1\n25.0 %\nLatvia (LV)"),
        "{countries}"
    );

    let october = page(&office, &["--month", "2026-10"]);
    let pending = below(&october, "Pending at the head office");
    assert!(pending.contains("Risk evaluation: 1, "), "{pending}");
    assert!(
        pending.contains("Screening for politically exposed persons: 1, "),
        "{pending}"
    );
    let november = page(&office, &["--month", "2026-11"]);
    assert!(
        !november.contains("Pending at the head office"),
        "{november}"
    );
    assert!(
        text(&october).contains("3\ncustomers validated"),
        "{october}"
    );
    // Nothing was there yet.
    let september = page(&office, &["--month", "2026-09"]);
    assert!(!september.contains("Risk levels"), "{september}");
    assert!(
        september.contains("No customer was validated."),
        "{september}"
    );
}

#[test]
fn names_are_those_of_the_end_of_the_period() {
    let mut office = Office::on("2026-10-05T09:30:00Z");
    office.once();
    let unit = "classifiers/businessUnit.toml";
    office.edit(
        unit,
        "# vilnius = \"Vilnius branch\"",
        "vilnius = \"Old town\"",
    );
    office.batch(
        "a",
        &[with(person("1"), json!({"businessUnit": "vilnius"}))],
    );
    office.move_to("2026-11-21T09:30:00Z");
    office.edit(unit, "Old town", "New town");
    office.batch(
        "b",
        &[with(person("2"), json!({"businessUnit": "vilnius"}))],
    );
    for (args, name) in [
        (["--month", "2026-10"], "Old town (vilnius)"),
        (["--month", "2026-11"], "New town (vilnius)"),
        (["--batch", "1"], "Old town (vilnius)"),
    ] {
        let page = page(&office, &args);
        assert!(below(&page, "Offices").contains(name), "{name}: {page}");
    }
}

#[test]
fn the_time_axis_has_a_slot_for_every_day() {
    let mut office = Office::on("2026-10-01T09:30:00Z");
    office.batch("a", &[person("1"), person("2"), person("3")]);
    office.move_to("2026-10-02T09:30:00Z");
    office.batch("b", &[with(person("4"), json!({"riskLevel": "BAD"}))]);
    office.move_to("2026-10-10T09:30:00Z");
    office.batch("c", &[person("5")]);
    let page = page(&office, &["--from", "2026-10-01", "--to", "2026-10-10"]);
    let plot = below(&page, "Customers validated by day");
    let bars: Vec<&str> = plot
        .split("<rect class=")
        .skip(1)
        .map(|bar| bar.split(" y=").next().expect("a bar"))
        .collect();
    assert_eq!(
        bars,
        [
            "\"accepted\" x=\"1.00%\" width=\"8.00%\"",
            "\"rejected\" x=\"11.00%\" width=\"8.00%\"",
            "\"accepted\" x=\"91.00%\" width=\"8.00%\"",
        ]
    );
    // A line with its value is above the highest bar, and no line leads over the days without files.
    assert!(
        plot.contains(">4</text>") && !plot.contains(">5</text>"),
        "{plot}"
    );
    let rate = plot
        .split("<h2>Acceptance rate")
        .nth(1)
        .expect("a second chart");
    assert_eq!(
        rate.matches("<line class=\"accepted\"").count(),
        1,
        "{rate}"
    );
    assert_eq!(rate.matches("<circle").count(), 3, "{rate}");
    for label in ["2 Oct", "4 Oct", "6 Oct", "8 Oct", "10 Oct"] {
        assert!(
            plot.contains(&format!(">{label}</text>")),
            "{label}: {plot}"
        );
    }
}

#[test]
fn a_long_period_is_shown_in_longer_slots() {
    let office = Office::on(MOMENT);
    office.batch("a", &[person("1")]);
    for (from, slot, label) in [
        ("2026-08-22", "day", "2026-11-21"),
        ("2026-08-21", "week", "2026-11-16"),
        ("2025-10-18", "week", "2026-11-16"),
        ("2024-01-01", "month", "2026-11"),
        ("1999-01-01", "year", "2026"),
        ("1900-01-01", "decade", "2020s"),
    ] {
        let page = page(&office, &["--from", from]);
        let part = below(&page, &format!("Customers validated by {slot}<"));
        let row = format!("<td class=\"day\">{label}</td>");
        assert!(part.contains(&row), "{from}: {part}");
        let ticks = part.matches("text-anchor=\"middle\"").count() / 2;
        assert!((2..=8).contains(&ticks), "{from}: {ticks} labels");
    }
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
fn descriptions_are_those_that_were_answered() {
    let office = Office::on(MOMENT);
    let address = |country: &str| json!({"addressType": "RESIDENCE", "country": country});
    let wrong = |i: &str, at: usize| {
        let mut list = vec![address("LT"), address("LT"), address("LT")];
        list[at] = address("Lithuania");
        with(person(i), json!({ "listAddress": list }))
    };
    let value = json!([{"code": "SHOE_SIZE", "description": "size", "datatype": "INTEGER", "value": "big"}]);
    office.batch(
        "a",
        &[
            wrong("1", 0),
            wrong("2", 2),
            wrong("3", 2),
            with(person("4"), json!({ "listAdditionalValues": value })),
        ],
    );
    for args in [&[][..], &["--batch", "1"]] {
        let page = page(&office, args);
        let reasons = below(&page, "Why customers were rejected");
        let most =
            "Problem with Address (index: 2 ). Country is mandatory and must exist in Amlyze";
        assert!(reasons.contains(most), "{reasons}");
        // The code of an additional value is the customer's.
        assert!(
            reasons.contains("Bad value for INTEGER valueCode: …"),
            "{reasons}"
        );
        assert!(
            !page.contains("SHOE_SIZE") && !reasons.contains('{'),
            "{reasons}"
        );
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
        ("", "<title>kycdrop: 20", "<h1>20"),
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
    let office = Office::configured("institution = \"  \"\n");
    let (code, said) = refused(&office, &["report", "--output", "-"]);
    assert_eq!(code, Some(78));
    assert!(
        said.contains("institution must have 1 to 200 characters"),
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
    let blocks: Vec<&str> = page.split(":root {").skip(1).collect();
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
    // Text is never smaller than 11 pixels: the smallest is that of code in a table on a phone.
    assert!(
        page.contains("svg text { fill: var(--soft); font-size: 12px; }"),
        "{page}"
    );
    assert!(
        !page.contains("viewBox=\"0 0 8"),
        "a scaled chart has scaled text"
    );
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
