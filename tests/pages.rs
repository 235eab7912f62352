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
