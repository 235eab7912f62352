//! docs/OPERATIONS.md names a test for each of its rows; each of them must be there.

use std::path::Path;

#[test]
fn every_row_names_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/OPERATIONS.md")).expect("the page");
    let mut checked = 0;
    let rows = page
        .lines()
        .filter(|l| l.starts_with("| ") && !l.starts_with("| what") && !l.starts_with("| ---"));
    for row in rows {
        let tests: Vec<&str> = row
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|text| text.contains("::"))
            .collect();
        assert!(!tests.is_empty(), "no test in this row: {row}");
        for test in tests {
            let (file, name) = test.split_once("::").expect("file::test");
            let groups = ["answers", "commands", "daemon", "desk"].iter();
            let mut paths = groups.map(|group| root.join(format!("tests/{group}/{file}.rs")));
            let path = paths.find(|path| path.exists()).expect(test);
            let source = std::fs::read_to_string(&path).expect(test);
            let there = source.contains(&format!("\nfn {name}() {{"));
            assert!(there, "{test} is not in {}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 40, "the table was read");
}
