//! *Classifiers*: values with search, sets and what changed, and who still has a retired value.

use serde_json::json;

use super::client::Desk;
use super::common::{Office, person, with};

/// An office whose classifiers changed once: LT is retired, LV has another name.
fn office() -> Office {
    let office = Office::new();
    office.once();
    office.batch(
        "a",
        &[
            person("1"),
            with(person("2"), json!({"businessUnit": "<i>"})),
        ],
    );
    let path = office.at("classifiers/country.toml");
    let text = std::fs::read_to_string(&path).expect("a classifier");
    let edited = text.lines().map(|line| match line.split(' ').next() {
        Some("LT") => "LT = { retired = 2026-01-01, name = \"Lithuania\" }".to_owned(),
        Some("LV") => "LV = \"<b>Łatvia</b>\u{202e}\"".to_owned(),
        _ => line.to_owned(),
    });
    office.write(
        "classifiers/country.toml",
        edited.collect::<Vec<_>>().join("\n"),
    );
    // A classifier of the institution's own that is called as a page is.
    office.write(
        "classifiers/sets.toml",
        "title = \"Own\"\n[values]\nA = \"Alpha\"\n",
    );
    office.batch(
        "b",
        &[with(person("3"), json!({"citizenshipCountry": "EE"}))],
    );
    office
}

#[test]
fn the_active_classifiers_with_their_values() {
    let office = office();
    let desk = Desk::open(&office);
    let page = desk.page("/classifiers");
    assert!(
        page.contains("These classifiers are active since <time"),
        "{page}"
    );
    assert!(page.contains("href=\"/classifiers/country\""));
    let page = desk.page("/classifiers/country");
    assert!(
        page.contains("<code>AD</code>") && page.contains("Andorra"),
        "{page}"
    );
    assert!(!page.contains("<code>ZW</code>"), "a hundred a page");
    let next = page
        .split("href=\"")
        .find(|rest| rest.contains("rel=\"next\""))
        .expect("a link");
    let next = next
        .split_once('"')
        .expect("an end")
        .0
        .replace("&amp;", "&");
    let page = desk.page(&next);
    assert!(!page.contains("<code>AD</code>"), "{page}");
    assert!(
        page.contains("<code>LT</code>") && page.contains("since 2026-01-01"),
        "{page}"
    );
    assert!(
        page.contains("&lt;b&gt;Łatvia&lt;/b&gt;\\u{202e}"),
        "{page}"
    );
    assert!(
        desk.page("/classifiers")
            .contains("href=\"/classifiers/%73ets\"")
    );
    assert!(desk.page("/classifiers/%73ets").contains("Alpha"));
}

#[test]
fn values_are_found_whatever_the_capitals_and_diacritics() {
    let office = office();
    let desk = Desk::open(&office);
    for q in ["cote", "C%C3%94TE"] {
        assert!(
            desk.page(&format!("/classifiers?q={q}"))
                .contains("<code>CI</code>")
        );
        let page = desk.page(&format!("/classifiers/country?q={q}"));
        assert!(
            page.contains("<code>CI</code>") && !page.contains("<code>AD</code>"),
            "{page}"
        );
    }
    let page = desk.page("/classifiers?q=%3Cscript%3E%22");
    assert!(
        page.contains("No value has this in its code or name."),
        "{page}"
    );
    assert!(page.contains("value=\"&lt;script&gt;&quot;\""), "{page}");
    // A list over all classifiers goes on where it ended.
    let first = desk.page("/classifiers?q=a");
    let next = first
        .split("href=\"")
        .find(|rest| rest.contains("rel=\"next\""))
        .expect("a link");
    let next = next
        .split_once('"')
        .expect("an end")
        .0
        .replace("&amp;", "&");
    let second = desk.page(&next);
    assert!(
        second.contains("<code>") && !second.contains("accountType"),
        "{next}"
    );
    for path in [
        "/classifiers/nope",
        "/classifiers/%3Cscript%3E",
        "/classifiers/%ff",
    ] {
        assert!((400..500).contains(&desk.get(path).status), "{path}");
    }
}

#[test]
fn sets_and_what_changed_between_them() {
    let office = office();
    let desk = Desk::open(&office);
    let page = desk.page("/classifiers/sets");
    assert_eq!(page.matches("<tbody><tr>").count(), 1);
    assert_eq!(page.matches("<tr>").count(), 3, "{page}");
    assert_eq!(
        page.matches("<data value=\"1\">1</data>").count(),
        2,
        "a file each: {page}"
    );
    let page = desk.page("/classifiers/compare");
    for told in [
        "3</data> changes",
        "retired",
        "renamed",
        "added",
        "Latvia",
        "&lt;b&gt;Łatvia",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let hash = office.value("SELECT hash FROM classifier_set ORDER BY set_id LIMIT 1");
    let hash = hash.as_str().expect("text");
    let same = desk.page(&format!("/classifiers/compare?before={hash}&after={hash}"));
    assert!(same.contains("0</data> changes"), "{same}");
    assert!(
        desk.page(&format!("/classifiers/compare?after={hash}"))
            .contains("0</data> changes")
    );
    let answer = desk.get("/classifiers/compare?before=%3Cscript%3E");
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .body
            .contains("no set of classifiers begins with &lt;script&gt;")
    );
    assert_eq!(desk.get("/classifiers/sets?before=x").status, 200);
    assert!(
        desk.page("/classifiers/sets?before=1")
            .contains("No classifiers are active yet")
    );
}

#[test]
fn who_has_a_retired_value() {
    let office = office();
    let desk = Desk::open(&office);
    let page = desk.page("/classifiers/retired");
    assert!(page.contains("href=\"/customer?id=X-1\""), "{page}");
    assert!(
        page.contains("href=\"/customer?id=X-2&amp;unit=%3Ci%3E\""),
        "{page}"
    );
    assert!(
        page.contains("citizenshipCountry") && !page.contains("X-3"),
        "{page}"
    );
}

#[test]
fn a_home_without_a_history_says_what_to_do() {
    let office = Office::new();
    office.once();
    for name in ["kycdrop.db", "kycdrop.lock"] {
        std::fs::remove_file(office.at(name)).expect("removed");
    }
    let desk = Desk::open(&office);
    for path in ["/classifiers", "/classifiers/sets"] {
        assert!(
            desk.page(path).contains("No classifiers are active yet"),
            "{path}"
        );
    }
    assert!(
        desk.page("/classifiers/compare")
            .contains("There is only one set")
    );
    assert!(
        desk.page("/classifiers/retired")
            .contains("No customer has a retired value.")
    );
}
