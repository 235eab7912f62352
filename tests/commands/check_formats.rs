//! What `check` writes of its findings in each format.

use std::process::Output;

use crate::common;

use common::{Office, person, with};
use serde_json::{Value, json};

/// A file with findings of two customers and everything that is special in some format.
const NAME: &str = "in/ą b#1.json";

fn office() -> Office {
    let office = Office::new();
    let odd = json!({
        "customerExtId": "=cmd|' /C calc'!A0",
        "firstName": " ]]> <Ona> & \"\u{1}\u{9b}\u{ffff}\u{202e}\\",
        "citizenshipCountry": "Lithuania",
        "listContact": [{"contactType": "EMAIL"}],
    });
    let lines = [
        "{\"customers\": [".to_owned(),
        format!("  {},", person("1")),
        format!("  {},", with(person("2"), odd)),
        "  42]}".to_owned(),
    ];
    office.write(NAME, lines.join("\n"));
    office
}

fn check(office: &Office, args: &[&str]) -> Output {
    let mut command = office.command(&["check"]);
    command.args(args).current_dir(office.path());
    command.output().expect("the command runs")
}

/// What a format writes of that file and of one that is not a request.
fn written(format: &str) -> String {
    let office = office();
    office.write("in/broken.json", "{\"customers\":[\n {]");
    let output = check(&office, &["in", "--format", format]);
    assert_eq!(output.status.code(), Some(65));
    String::from_utf8(output.stdout).expect("text")
}

/// The column of a text in the line of the second customer, from 1.
fn column_of(what: &str) -> u64 {
    let text = std::fs::read_to_string(office().at(NAME)).expect("the file");
    let line = text.lines().nth(2).expect("a line");
    let at = line.find(what).expect(what) + what.len();
    line[..at].chars().count() as u64 + 1
}

#[test]
fn text_has_a_line_with_the_place_for_every_finding_and_remedies_when_asked() {
    let office = office();
    let output = check(&office, &["--format", "text", NAME]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("text");
    let place = format!("{NAME}:3:{}: ", column_of("\"citizenshipCountry\":"));
    assert!(text.contains(&place), "{place}: {text}");
    assert!(
        text.contains("citizenshipCountry = \"Lithuania\""),
        "{text}"
    );
    assert!(text.contains(&format!("{NAME}:4:3: TYP01 ")), "{text}");
    assert!(text.contains("customer 3"), "{text}");
    assert!(
        !text.contains("nearest") && !text.contains('\u{1}'),
        "{text}"
    );

    let output = check(&office, &["--explain", NAME]);
    let explained = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(1));
    for line in text.lines() {
        assert!(explained.contains(line), "{line}: {explained}");
    }
    assert!(explained.contains("nearest  LT (Lithuania)"), "{explained}");
    assert!(explained.contains("    fix      "), "{explained}");
    assert!(explained.contains("    allowed  "), "{explained}");
}

#[test]
fn json_has_every_finding_with_its_customer_its_place_and_its_fix() {
    let report: Value = serde_json::from_str(&written("json")).expect("JSON");
    assert_eq!(
        report["totals"],
        json!({"files": 2, "accepted": 1, "repeated": 0, "rejected": 2, "not_requests": 1})
    );
    let broken = &report["files"][0];
    assert_eq!(broken["file"], "in/broken.json");
    assert_eq!(
        (&broken["error"]["line"], &broken["findings"]),
        (&json!(2), &json!([]))
    );
    let file = &report["files"][1];
    assert_eq!(
        (&file["accepted"], &file["rejected"]),
        (&json!(1), &json!(2))
    );
    let findings = file["findings"].as_array().expect("findings");
    let country = findings.iter().find(|f| f["path"] == "citizenshipCountry");
    let country = country.expect("a finding");
    assert_eq!(country["customer"], 2);
    assert_eq!(country["communication_number"], "N-2");
    assert_eq!(country["value"], "\"Lithuania\"");
    assert_eq!(country["line"], 3);
    assert_eq!(country["column"], column_of("\"citizenshipCountry\":"));
    assert_eq!(country["nearest"][0]["code"], "LT");
    assert!(country["fix"].as_str().is_some_and(|fix| !fix.is_empty()));
    assert!(findings.len() > 3, "every finding, not the first alone");
    assert_eq!(findings.last().expect("one")["customer"], 3);
}

#[test]
fn csv_has_a_row_for_every_finding_and_no_formula() {
    let text = written("csv");
    let text = text.strip_prefix('\u{feff}').expect("the mark of UTF-8");
    assert!(text.contains(",fix,line,column\r\n"), "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<_> = reader.headers().expect("a header").iter().collect();
    assert_eq!(
        header.join(","),
        "file,customer,name,customerExtId,communicationNumber,code,description,field,value,allowed,nearest,fix,line,column"
    );
    let rows: Vec<_> = reader.records().map(|r| r.expect("a row")).collect();
    assert_eq!(
        [0, 1, 5].map(|i| &rows[0][i]),
        ["in/broken.json", "", "400"]
    );
    let country = rows.iter().find(|row| &row[7] == "citizenshipCountry");
    let country = country.expect("a row");
    assert_eq!(&country[1], "2");
    assert_eq!(
        &country[3], "=\"=cmd|' /C calc'!A0\"",
        "a formula that is its text"
    );
    assert_eq!(
        &country[2],
        "]]> <Ona> & \"\\u{1}\\u{9b}\u{ffff}\\u{202e}\\ Petraitė"
    );
    assert_eq!(&country[8], "Lithuania");
    assert_eq!(&country[10], "LT (Lithuania)");
    assert_eq!(&country[12], "3");
}

#[test]
fn csv_has_the_separator_of_the_setting() {
    let office = Office::configured("csv_separator = \";\"");
    office.write("in.json", "{\"customers\": [42]}");
    let output = check(&office, &["in.json", "--format", "csv"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.starts_with("\u{feff}file;customer;name;"), "{text}");
}

#[test]
fn text_names_what_is_not_seen_in_a_value() {
    let office = Office::new();
    let wrong = with(person("1"), json!({"citizenshipCountry": "L\u{422}"}));
    office.write("in.json", json!({"customers": [wrong]}).to_string());
    let named = "Cyrillic letter (U+0422, looks like the Latin T) as character 2";
    for args in [&["--format", "text"][..], &["--explain"]] {
        let output = check(&office, &[args, &["in.json"]].concat());
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(
            text.contains(&format!("= \"L\u{422}\", with a {named}")),
            "{text}"
        );
    }
}

#[test]
fn sarif_has_the_members_that_code_scanning_needs() {
    let log: Value = serde_json::from_str(&written("sarif")).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "kycdrop");
    let rules = driver["rules"].as_array().expect("rules");
    let ids: std::collections::BTreeSet<&str> = rules
        .iter()
        .map(|r| r["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids.len(), rules.len(), "each rule once");
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            let text = rule[text]["text"].as_str();
            assert!(text.is_some_and(|t| !t.is_empty()), "{rule}");
        }
    }
    let results = run["results"].as_array().expect("results");
    for result in results {
        assert!(
            ids.contains(result["ruleId"].as_str().expect("a rule")),
            "{result}"
        );
        assert_eq!(result["level"], "error");
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(
            ["in/broken.json", "in/%C4%85%20b%231.json"].contains(&uri),
            "{uri}"
        );
        for member in ["startLine", "startColumn"] {
            assert!(place["region"][member].as_u64().expect("a number") > 0);
        }
    }
    assert_eq!(results[0]["ruleId"], "not-a-request");
    let country = results
        .iter()
        .find(|r| r["properties"]["field"] == "citizenshipCountry");
    let country = country.expect("a result");
    assert_eq!(
        country["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
        "customers[1].citizenshipCountry"
    );
    let region = &country["locations"][0]["physicalLocation"]["region"];
    let column = column_of("\"citizenshipCountry\":");
    assert_eq!(region, &json!({"startLine": 3, "startColumn": column}));
}

#[test]
fn sarif_names_a_file_below_the_current_folder_by_a_relative_uri() {
    let office = office();
    let absolute = office.at(NAME).canonicalize().expect("a path");
    let output = check(
        &office,
        &["--format", "sarif", absolute.to_str().expect("text")],
    );
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "in/%C4%85%20b%231.json");
}

#[test]
fn junit_has_a_suite_for_each_file_and_a_case_for_each_customer() {
    let text = written("junit");
    let document = roxmltree::Document::parse(&text).expect("well-formed XML");
    let root = document.root_element();
    let named = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.children().filter(|n| n.has_tag_name(name)).count()
    };
    assert_eq!(
        (root.tag_name().name(), named(root, "testsuite")),
        ("testsuites", 2)
    );
    let suites: Vec<_> = root.children().filter(|n| n.is_element()).collect();
    for suite in &suites {
        let number = |name: &str| {
            suite
                .attribute(name)
                .expect(name)
                .parse::<usize>()
                .expect(name)
        };
        let cases: Vec<_> = suite
            .children()
            .filter(|n| n.has_tag_name("testcase"))
            .collect();
        assert_eq!(number("tests"), cases.len());
        for (attribute, element) in [("failures", "failure"), ("errors", "error")] {
            let count: usize = cases.iter().map(|case| named(*case, element)).sum();
            assert_eq!(number(attribute), count, "{text}");
        }
        for case in cases {
            assert_eq!(case.attribute("classname"), suite.attribute("name"));
        }
    }
    assert_eq!(suites[0].attribute("errors"), Some("1"));
    assert_eq!(suites[1].attribute("tests"), Some("3"));
    let failure = document
        .descendants()
        .find(|n| n.has_tag_name("failure"))
        .expect("one");
    let said = failure.text().expect("its text");
    assert!(
        said.contains("citizenshipCountry = \"Lithuania\""),
        "{said}"
    );
    assert!(said.contains(":3:"), "{said}");
}

#[test]
fn a_report_of_nothing_wrong_is_whole() {
    let office = Office::new();
    office.write("x.json", "{\"customers\":[]}");
    let written = |format: &str| {
        let output = check(&office, &["x.json", "--format", format]);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(written("text"), "");
    assert_eq!(written("csv").lines().count(), 1);
    for format in ["json", "sarif"] {
        serde_json::from_str::<Value>(&written(format)).expect(format);
    }
    roxmltree::Document::parse(&written("junit")).expect("XML");
}
