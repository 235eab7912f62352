//! The generated reference pages are what the catalogue prints today. To bring them up to date:
//! `UPDATE_PAGES=1 cargo test --test pages`.

use std::path::Path;

fn check(page: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(page);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, text).expect("a written page");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "docs/{page} is stale: run `UPDATE_PAGES=1 cargo test --test pages` and commit it"
    );
}

#[test]
fn the_page_of_errors_is_current() {
    check("ERRORS.md", &kycdrop::catalog::errors_page());
}

#[test]
fn the_page_of_fields_is_current() {
    check("FIELDS.md", &kycdrop::catalog::fields_page());
}

#[test]
fn the_page_of_what_a_schema_cannot_say_is_current() {
    check("SCHEMA.md", &kycdrop::schema::page());
}

#[test]
fn what_is_never_answered_is_no_rule() {
    for never in kycdrop::catalog::NEVER_ANSWERED {
        let page = kycdrop::catalog::errors_page();
        let (_, section) = page
            .split_once("## Published, never answered")
            .expect("the section");
        assert!(section.contains(never.text), "{}", never.text);
        for rule in kycdrop::catalog::rules() {
            // A code may be answered, with another text.
            let same_code = never.code.is_empty() || rule.code.replace("{6|7}", "7") == never.code;
            // SecondCitizenshipCountry is another word.
            let text = format!(" {}", rule.text);
            let same_text = text.contains(&format!(" {}", never.text));
            assert!(
                !(same_code && same_text),
                "{} answers {}",
                rule.key,
                never.text
            );
        }
    }
}
