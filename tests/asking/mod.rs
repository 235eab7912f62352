//! What the tests of the asking commands share: an office with a history that has everything in it,
//! and output without what differs with each run.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use crate::common::{Office, company, person, with};
use serde_json::{Value, json};

/// When everything happens in an office whose days are shown or asked for: far from any midnight and
/// from the end of a month.
pub(crate) const MOMENT: &str = "2026-11-21T09:30:00Z";

/// The command that makes a small batch, `demo.json`.
pub(crate) const DEMO: [&str; 9] = [
    "demo",
    "--customers",
    "100",
    "--errors",
    "10",
    "--seed",
    "1",
    "--output",
    "demo.json",
];

/// What a command printed, which must succeed, without moments and hashes.
pub(crate) fn printed(office: &Office, args: &[&str]) -> String {
    let output = office.run(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{args:?}: {}\n{stderr}",
        output.status
    );
    masked(&String::from_utf8(output.stdout).expect("text"), office)
}

/// What a command said when it could not, with its exit code.
pub(crate) fn refused(office: &Office, args: &[&str]) -> (Option<i32>, String) {
    let output = office.run(args);
    let said = masked(&String::from_utf8_lossy(&output.stderr), office);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{args:?}");
    (output.status.code(), said)
}

/// Text with another moment, day and hash of the same length for each that differs with every run.
pub(crate) fn masked(text: &str, office: &Office) -> String {
    let text = text.replace(&*office.path().to_string_lossy(), "HOME");
    let today = [0, 1].map(|days| {
        (office.now() - chrono::TimeDelta::days(days))
            .format("%Y-%m-%d")
            .to_string()
    });
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"-:.".contains(c))
            .unwrap_or(rest.len());
        let word = &rest[..end];
        let moment = word.len() == 24 && word.ends_with('Z') && word.get(10..11) == Some("T");
        let hash = word.len() >= 12
            && word
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            && word.bytes().any(|b| b.is_ascii_digit());
        if moment {
            out.push_str("2026-11-21T09:30:00.000Z");
        } else if today.iter().any(|day| day == word) {
            out.push_str("2026-11-21");
        } else if hash {
            out.extend("3f2a9c0b17de".chars().cycle().take(word.len()));
        } else if word.is_empty() {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        } else {
            out.push_str(word);
        }
        rest = &rest[end..];
    }
    out
}

/// A person that is to be evaluated.
pub(crate) fn evaluated(id: &str, category: &str) -> Value {
    with(
        person(id),
        json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null,
        "riskManagementCategory": category}),
    )
}

/// A lead becomes a customer, the risk is raised, the relation is closed; with a wrong request on the
/// way and a customer of the same id in another office.
pub(crate) fn a_life() -> Office {
    let office = Office::on(MOMENT);
    let step = |n: &str, c: Value| {
        with(
            c,
            json!({"customerExtId": "I-4711", "communicationNumber": n}),
        )
    };
    let lead = with(
        step("L-1", evaluated("1", "LEAD_IND")),
        json!({"initializeScreeningProcesses": ["PEP", "SANCTIONS"]}),
    );
    office.answer("customer", "1-lead", &lead);
    let import = |n: &str, more: Value| {
        let fields = json!({"action": "UPDATE", "riskLevel": "LOW",
            "listAddress": [{"addressType": "RESIDENCE", "country": "LT", "city": "Kaunas"}]});
        with(with(step(n, person("1")), fields), more)
    };
    office.batch("2-customer", &[import("L-2", json!({}))]);
    office.batch(
        "3-wrong",
        &[
            import("L-3", json!({"riskLevel": "VERY HIGH"})),
            import("L-2", json!({"requester": "Branch 8"})),
        ],
    );
    office.batch("4-raised", &[import("L-4", json!({"riskLevel": "HIGH", "isPEP": true,
        "listAddress": [{"addressType": "RESIDENCE", "country": "LT", "city": "Vilnius"}, {"country": "EE"}]}))]);
    office.batch(
        "5-closed",
        &[import(
            "L-5",
            json!({"riskLevel": "HIGH", "isPEP": true, "customerStatus": "CLOSED",
        "closingDate": "2026-11-19"}),
        )],
    );
    office.batch(
        "6-other",
        &[with(
            step("L-6", company("9")),
            json!({"businessUnit": "vilnius"}),
        )],
    );
    office
}

/// An office with everything in it, for the pages of the documentation.
pub(crate) fn a_whole_office() -> Office {
    let office = a_life();
    let path = office.at("classifiers/businessUnit.toml");
    let text = std::fs::read_to_string(&path).expect("a classifier");
    let units = "vilnius = \"Vilnius branch\"\nkaunas = \"Kaunas branch\"\nklaipeda = \"Klaipėda branch\"\n";
    std::fs::write(&path, format!("{text}{units}")).expect("written");
    wrong_batch(&office);
    let demo = office.run(&[
        "demo",
        "--customers",
        "400",
        "--errors",
        "15",
        "--seed",
        "1",
        "--output",
        "-",
    ]);
    office.drop("batch-customers/demo.json", demo.stdout);
    office.once();
    let lead = with(
        evaluated("50", "LEAD_IND"),
        json!({"businessUnit": "kaunas", "customerExtId": "I-5000",
        "initializeScreeningProcesses": ["PEP"]}),
    );
    office.answer("customer", "lead", &lead);
    office.answer(
        "customer",
        "asked",
        &with(evaluated("51", "IND"), json!({"businessUnit": "vilnius"})),
    );
    office.drop("batch-customers/broken.json", "{\"customers\":[\n{]");
    office.once();
    office
}

/// One batch with nearly every kind of finding, and warnings.
pub(crate) fn a_wrong_batch() -> Office {
    let office = Office::on(MOMENT);
    wrong_batch(&office);
    office
}

fn wrong_batch(office: &Office) {
    let customers = [
        person("1"),
        with(
            person("2"),
            json!({
                "citizenshipCountry": "Lituania", "riskLevel": "Medium", "lastName": " ", "title": "x",
                "isSanctionned": true, "birthDate": "1980-02-31",
                "listAddress": [{"addressType": "HOME", "country": "LTU"}, {}],
                "listRelatedEntity": [{"entityType": "INDIVIDUAL", "relationType": "HOST", "firstName": "A",
                    "listContact": [{"contactType": "PHONE", "contactDetails": "1"}]}],
                "listAdditionalValues": [{"code": "a", "description": "b", "datatype": "DATE", "value": "tomorrow"}]
            }),
        ),
        with(
            company("3"),
            json!({"legalForm": "GMBH", "communicationNumber": "N-1",
            "listRegionOfActivity": [{"region": "MARS"}]}),
        ),
        with(
            company("4"),
            json!({"communicationNumber": "N-1", "sourceOfRiskLevel": "IMPORT"}),
        ),
        with(person("5"), json!({"action": "UPDATE"})),
        json!(42),
    ];
    office.batch("wrong", &customers);
}

/// Sets every moment of the history to one and the same, so that no line break depends on it. The
/// office's own clock must be on that day: the archive and the outbox have folders by day.
pub(crate) fn still(office: Office) -> Office {
    assert_eq!(office.now().date_naive().to_string(), MOMENT[..10]);
    office
        .database()
        .execute_batch(
            "UPDATE batch SET received_at = '2026-11-21T09:30:00.000Z', elapsed_ms = 1,
               finished_at = '2026-11-21T09:30:00.000Z', published_at = '2026-11-21T09:30:00.000Z';
             UPDATE assessment SET assessed_at = '2026-11-21T09:30:00.000Z', elapsed_ms = 1;
             UPDATE rejection SET rejected_at = '2026-11-21T09:30:00.000Z', elapsed_ms = 1;
             UPDATE screening SET requested_at = '2026-11-21T09:30:00.000Z';
             UPDATE screening_result SET screened_at = '2026-11-21T09:30:00.000Z';
             UPDATE classifier_value SET retired_at = '2026-11-21T09:30:00.000Z'
             WHERE retired_at IS NOT NULL;",
        )
        .expect("changed");
    office
}

/// The number before a word is another with each build.
pub(crate) fn without_numbers(text: &str, before: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let next_is = |i: usize| {
        words
            .get(i + 1)
            .is_some_and(|w| w.trim_end().starts_with(before))
    };
    let words = words.iter().enumerate();
    words
        .map(|(i, w)| if next_is(i) { "N" } else { w })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Responses as if nothing had taken any time.
pub(crate) fn at_once(text: &str) -> String {
    let elapsed = "timeElapsedMs\":";
    let mut parts = text.split(elapsed);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out = out + elapsed + "0" + part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out
}
