//! Follows docs/GUIDE.md: every block of commands runs, in order, and prints the block below it.
//! `UPDATE_PAGES=1 cargo test --test pages guide` writes the current output into the page.

use crate::asking;
use crate::common;

use std::path::Path;
use std::process::Command;

use common::Office;

/// Runs one block of commands in the folder; what was exported before holds.
fn run(office: &Office, commands: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_kycdrop"))
        .parent()
        .expect("a folder");
    let path = format!(
        "{}:{}",
        binary.display(),
        std::env::var("PATH").expect("a path")
    );
    let script = format!("[ -f .exports ] && . ./.exports\n{commands}\nexport -p > .exports\n");
    let mut bash = Command::new("bash");
    office.set_clock(&mut bash);
    let output = bash
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(office.path())
        .env("PATH", path)
        .env_remove("KYCDROP_HOME")
        .output()
        .expect("bash");
    assert!(
        output.status.success(),
        "{commands}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    asking::masked(&String::from_utf8(output.stdout).expect("text"), office)
}

#[test]
fn the_first_day_goes_as_it_is_written() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/GUIDE.md");
    let text = std::fs::read_to_string(&page).expect("the guide");
    let office = Office::on(asking::MOMENT);
    std::fs::remove_file(office.at("kycdrop.toml")).expect("an empty folder");
    let mut made = String::new();
    let mut printed = String::new();
    let mut blocks = text.split("```");
    made.push_str(blocks.next().unwrap_or_default());
    while let (Some(block), Some(after)) = (blocks.next(), blocks.next()) {
        match block.split_once('\n') {
            Some(("sh", commands)) => {
                printed = run(&office, commands);
                made.push_str(&format!("```{block}```"));
            }
            Some(("text", _)) => {
                assert!(!printed.is_empty(), "nothing was printed before {after}");
                made.push_str(&format!("```text\n{}\n```", printed.trim_end()));
            }
            _ => panic!("what is this block? {block}"),
        }
        made.push_str(after);
    }
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&page, &made).expect("a written page");
    } else {
        for (line, (is, should)) in text.lines().zip(made.lines()).enumerate() {
            assert_eq!(
                is,
                should,
                "docs/GUIDE.md:{} is stale: UPDATE_PAGES=1 cargo test --test pages guide",
                line + 1
            );
        }
        assert!(
            text == made,
            "docs/GUIDE.md is stale: UPDATE_PAGES=1 cargo test --test pages guide"
        );
    }
}
