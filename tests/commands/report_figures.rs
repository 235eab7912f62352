//! The figures of a report: what is counted, for which days, under which names, and how charts show it.

use crate::asking::{MOMENT, evaluated};
use crate::common::{Office, person, with};
use crate::report::{page, stands_alone};
use serde_json::json;

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
        "made \n2026-11-21 09:3",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert!(!page.contains(" of 1</small>"), "{page}");
    // What is scaled has no text in it, so that text keeps its size on a phone.
    let scaled = page.split("<svg ").filter(|svg| svg.contains("viewBox"));
    assert!(scaled.clone().count() >= 3, "{page}");
    for svg in scaled {
        let svg = svg.split("</svg>").next().expect("its end");
        assert!(!svg.contains("<text"), "{svg}");
    }
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
    let pending = below(&october, "Pending evaluations and screenings");
    assert!(pending.contains("Risk evaluation: 1, "), "{pending}");
    assert!(
        pending.contains("Screening for politically exposed persons: 1, "),
        "{pending}"
    );
    let november = page(&office, &["--month", "2026-11"]);
    assert!(
        !november.contains("Pending evaluations and screenings"),
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
fn a_period_may_end_on_the_last_day_that_there_is() {
    let office = Office::on(MOMENT);
    office.batch(
        "a",
        &[
            person("1"),
            person("2"),
            with(person("3"), json!({"citizenshipCountry": "Lietuva"})),
        ],
    );
    let ends = |last: &str| page(&office, &["--from", "2026-11-01", "--to", last]);
    let today = ends("2026-11-21");
    let ever = ends("9999-12-31");
    for heading in [
        "Risk levels",
        "Classifiers used",
        "Why customers were rejected",
    ] {
        let same = below(&today, heading).replace("2026-11-21.", "9999-12-31.");
        assert_eq!(below(&ever, heading), same, "{heading}");
    }
    let year = office.run(&["report", "--output", "-", "--to", "+12345-01-01"]);
    assert_eq!(year.status.code(), Some(2), "{year:?}");
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
            with(person("5"), json!({ "birthDate": "long ago" })),
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
        // "ours" on a page with the name of a bank would be the bank's.
        assert!(
            reasons.contains("code and text are kycdrop's") && !reasons.contains("ours"),
            "{reasons}"
        );
        assert!(
            !page.contains("SHOE_SIZE") && !reasons.contains('{'),
            "{reasons}"
        );
    }
}
