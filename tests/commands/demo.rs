//! A demo batch is the same for the same seed, and is answered as it says.

use crate::common;

use std::collections::BTreeMap;

use common::Office;
use kycdrop::classifier::shipped_files;
use kycdrop::demo::{DemoOptions, ERRORS, write_batch};

fn made(wanted: DemoOptions) -> (Vec<u8>, kycdrop::demo::DemoSummary) {
    let files = shipped_files("2026-01-01").expect("the shipped classifiers are valid");
    let mut out = Vec::new();
    let made = write_batch(wanted, &files, &mut out).expect("written");
    (out, made)
}

#[test]
fn the_answer_is_the_one_that_was_announced() {
    let office = Office::new();
    let wanted = DemoOptions {
        customers: 3000,
        errors: 40.0,
        seed: 7,
    };
    let (bytes, made) = made(wanted);
    office.drop("batch-customers/demo.json", bytes);
    office.once();
    let answered: BTreeMap<String, u64> = office
        .rows("SELECT error_code c, count(*) n FROM v_rejection GROUP BY 1")
        .into_iter()
        .map(|r| {
            (
                r["c"].as_str().expect("code").to_owned(),
                r["n"].as_u64().expect("count"),
            )
        })
        .collect();
    let announced: BTreeMap<String, u64> = made
        .wrong
        .iter()
        .map(|(c, n)| ((*c).to_owned(), *n))
        .collect();
    assert_eq!(answered, announced);
    assert_eq!(answered.len(), ERRORS.len(), "every error comes up");
    let wrong: u64 = announced.values().sum();
    assert!(
        (1050..1350).contains(&wrong),
        "{wrong} of 3000 are 40 percent"
    );
    assert_eq!(
        office.value("SELECT count(*) FROM v_assessment"),
        made.sound
    );
    assert_eq!(office.value("SELECT count(*) FROM v_warning"), 0);
}

#[test]
fn the_same_seed_makes_the_same_file() {
    let wanted = DemoOptions {
        customers: 50,
        errors: 10.0,
        seed: 3,
    };
    assert_eq!(made(wanted), made(wanted));
    assert_ne!(made(wanted).0, made(DemoOptions { seed: 4, ..wanted }).0);
    // What another version or machine would have to make as well.
    use sha2::Digest;
    let hash: String = sha2::Sha256::digest(made(wanted).0)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    insta::assert_snapshot!(hash);
}

#[test]
fn the_command_writes_it_and_overwrites_nothing() {
    let office = Office::new();
    let file = office.at("demo.json");
    let demo = |output: &str| {
        let sized = ["demo", "--customers", "20", "--errors", "50", "--seed", "2"];
        office.run(&[&sized[..], &["--output", output]].concat())
    };
    let path = file.to_str().expect("a path");
    let output = demo(path);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("20 customers: "), "{said}");
    let again = demo(path);
    assert_eq!(again.status.code(), Some(74));
    let piped = demo("-");
    assert_eq!(piped.stdout, std::fs::read(&file).expect("a file"));
    assert_eq!(
        office
            .run(&["check", file.to_str().expect("a path")])
            .status
            .code(),
        Some(1)
    );
    let none = office.run(&[
        "demo",
        "--customers",
        "0",
        "--errors",
        "100",
        "--output",
        "-",
    ]);
    assert_eq!(
        String::from_utf8_lossy(&none.stdout),
        "{\"customers\":[\n]}\n"
    );
    assert_eq!(
        office
            .run(&["demo", "--errors", "101", "--output", "-"])
            .status
            .code(),
        Some(2)
    );
}
