//! `kycdrop.toml`: sizes and durations with units, and errors that say what was meant.

use crate::common::Office;

/// What a command says about settings that are wrong: 78, with the line.
fn refused(settings: &str) -> String {
    let office = Office::new();
    office.write("kycdrop.toml", settings);
    let output = office.run(&["once"]);
    assert_eq!(output.status.code(), Some(78), "{settings}: {output:?}");
    assert!(!office.at("kycdrop.db").exists(), "{settings}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_unknown_key_or_value_comes_with_the_one_that_was_meant() {
    for (settings, meant) in [
        (
            "\nsettel = \"1s\"",
            "line 2, column 1: unknown field `settel`: did you mean settle?",
        ),
        ("max-file-bytes = 1", "did you mean max_file_bytes?"),
        ("ThreadS = 1", "did you mean threads?"),
        ("repeated_request = \"acept\"", "did you mean accept?"),
        ("log = \"inof\"", "did you mean info?"),
        ("quite_another_thing = 1", "expected one of `log`"),
    ] {
        let said = refused(settings);
        assert!(said.contains(meant), "{settings}: {said}");
    }
}

#[test]
fn a_value_of_the_wrong_type_says_what_is_expected() {
    for (settings, expected) in [
        ("settle = 5", "write \"5s\" for seconds"),
        ("retry = \"5\"", "time unit needed"),
        ("retry = true", "expected a duration such as \"1s\""),
        ("threads = \"two\"", "expected a whole number from 0 on"),
        ("share_with_group = \"yes\"", "expected a boolean"),
        ("max_file_bytes = \"16 lots\"", "a unit such as \"16 MiB\""),
        ("max_file_bytes = -1", "-1 is not a size"),
        ("max_customer_bytes = 1.5", "float is not a size"),
        ("max_customer_bytes = \"1 GiB\"", "from 1 KiB to 256 MiB"),
        ("cache_mib = false", "a number of MiB"),
        ("log = 3", "expected a string"),
        ("worklist = \"findings.csv\"", "expected a list"),
        ("worklist = [1]", "expected a string"),
        ("csv_separator = 1", "expected a string"),
        ("csv_separator = \"|\"", "expected one of `,`, `;`"),
        ("max_list_items = 5000000000", "from 0 to 4294967295"),
        (
            "max_file_bytes = 99999999999999999999",
            "this is not a size",
        ),
    ] {
        let said = refused(settings);
        assert!(said.contains(expected), "{settings}: {said}");
    }
}

#[test]
fn sizes_take_units_and_numbers() {
    use kycdrop::config::Config;
    let read = |settings: &str| toml::from_str::<Config>(settings).expect(settings);
    for (text, bytes) in [
        ("\"16 GiB\"", 16 << 30),
        ("\"1.5 GiB\"", 3 << 29),
        ("\"2GB\"", 2_000_000_000),
        ("\"4096\"", 4096),
        ("17179869184", 16 << 30),
    ] {
        let read = read(&format!("max_file_bytes = {text}"));
        assert_eq!(read.max_file_bytes, bytes, "{text}");
    }
    assert_eq!(
        read("max_customer_bytes = \"1 MiB\"").max_customer_bytes,
        1 << 20
    );
    for text in ["512", "\"512 MiB\"", "\"0.5GiB\""] {
        assert_eq!(
            read(&format!("cache_mib = {text}")).cache_mib,
            512,
            "{text}"
        );
    }
    let office = Office::configured("max_customer_bytes = \"1 KiB\"\n");
    let large = format!(r#"{{"customers": [{{"title": "{}"}}]}}"#, "x".repeat(1024));
    office.drop("batch-customers/x.json", large);
    office.once();
    assert_eq!(office.value("SELECT status FROM v_batch"), 400);
}
