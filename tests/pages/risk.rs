//! The explanations in docs/RISK.md are what `risk explain` prints of the published requests. To update
//! them: `UPDATE_PAGES=1 cargo test --test pages risk`.

use std::path::Path;

use kycdrop::evaluate::MATRICES;

use crate::asking::printed;
use crate::common::Office;

#[test]
fn the_explanations_of_published_requests_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("docs/RISK.md");
    let mut text = std::fs::read_to_string(&page).expect("the page");
    let before = text.clone();
    let office = Office::new();
    office.write("risk/example.toml", MATRICES[0].1);
    for request in [
        "individual/evaluateMinPayload",
        "organization/evaluateMinPayload",
        "organization/fullPayloadExample",
    ] {
        let file = root.join(format!("tests/fixtures/requests/customer/{request}.json"));
        let file = office.write("request.json", std::fs::read(file).expect("a request"));
        let said = printed(&office, &["risk", "explain", &file.display().to_string()]);
        // What follows are hashes.
        let (said, _) = said.split_once("\nBy the matrix").expect("the matrix");
        let opening = format!("`{request}.json`:\n\n```\n");
        let (head, rest) = text.split_once(&opening).expect(request);
        let (_, tail) = rest.split_once("```\n").expect("an end");
        text = format!("{head}{opening}{said}```\n{tail}");
    }
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&page, text).expect("a written page");
    } else {
        assert!(
            before == text,
            "docs/RISK.md is stale: run `UPDATE_PAGES=1 cargo test --test pages risk`"
        );
    }
}
