//! The process ends with documented codes alone: README.md, docs/OPERATIONS.md and `--help` name the
//! same, and the source has no others.

use crate::common::Office;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Codes that are not kinds of trouble: done, rejected by `check`, wrong arguments.
const OTHERS: [u8; 3] = [0, 1, 2];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The numbers of a sentence that begins so.
fn numbers_of(text: &str) -> BTreeSet<u8> {
    let from = text.find("Exit codes: 0").expect("the sentence");
    let sentence = text[from..].split('.').next().expect("its end");
    sentence
        .split(|c: char| !c.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().expect("a code"))
        .collect()
}

/// The codes of `Kind`, with those of no trouble.
fn codes_of_source() -> BTreeSet<u8> {
    let source = read("src/trouble.rs");
    let kinds = source.split("pub enum Kind {").nth(1).expect("the kinds");
    let kinds = kinds.split("\n}").next().expect("their end");
    let codes = kinds.lines().filter_map(|line| line.split_once(" = "));
    let codes = codes.map(|(_, code)| code.trim_end_matches(',').parse().expect("a code"));
    codes.chain(OTHERS).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
}

#[test]
fn every_code_is_documented_and_every_documented_code_is_there() {
    let codes = codes_of_source();
    assert!(codes.len() > 6, "{codes:?}");
    assert_eq!(numbers_of(&read("README.md")), codes, "README.md");
    let help = Office::new().run(&["--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert_eq!(numbers_of(&help), codes, "--help");
    let page = read("docs/OPERATIONS.md");
    let table = page.split("## Exit codes").nth(1).expect("the table");
    let table = table.split("\n## ").next().expect("its end");
    let rows = table.lines().filter_map(|l| l.strip_prefix("| "));
    let rows: BTreeSet<u8> = rows
        .filter_map(|row| row.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(rows, codes, "docs/OPERATIONS.md");
}

/// Codes are made of `Kind` in `cli`, and nowhere else does the process end.
#[test]
fn no_code_is_made_in_passing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 50, "src was read");
    for path in files {
        let source = std::fs::read_to_string(&path).expect("source");
        for (n, line) in source.lines().enumerate() {
            let at = format!("{}:{}: {line}", path.display(), n + 1);
            let code = line.trim().trim_start_matches("Ok(");
            let literal = line.trim().starts_with("Ok(")
                && code
                    .trim_end_matches(')')
                    .parse::<u8>()
                    .is_ok_and(|c| c > 1);
            assert!(!literal || !path.starts_with(root.join("cli")), "{at}");
            let documented = ["process::exit(0)", "trouble.exit_code()"];
            let documented = documented.iter().any(|code| line.contains(code));
            let ends = line.contains("process::exit(") && !documented;
            assert!(!ends, "{at}");
            // At a fault point it is what a test wants.
            let aborts = line.contains("process::abort(") && !path.ends_with("src/fault.rs");
            assert!(!aborts, "{at}");
        }
    }
}
