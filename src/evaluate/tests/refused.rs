//! Matrices that are wrong are refused with line and fix; what can change nothing is found.

use super::numbers::of_two;
use super::*;

#[test]
fn a_wrong_matrix_is_refused_with_line_and_fix() {
    for (from, to, said) in [
        ("format = 1", "format = 2", "the format is not known"),
        ("owner = ", "ownr = ", "did you mean owner?"),
        ("\"IND\", ", "\"INDD\", ", "did you mean IND?"),
        ("\"IND\", ", "\"ORG\", ", "the category ORG is there twice"),
        (
            "valid_from = 2026-01-01",
            "valid_from = 2026-01-01T10:00:00Z",
            "not a day",
        ),
        (
            "country = { weight = 30",
            "country = { weight = 0",
            "from 1 to 1000",
        ),
        (
            "country = { weight = 30, combine = \"max\"",
            "country = { weight = 30, combine = \"maxx\"",
            "did you mean max?",
        ),
        (
            "group = \"country\"",
            "group = \"contry\"",
            "did you mean country?",
        ),
        (
            "citizenshipCountry\", \"C",
            "citizenshipCuntry\", \"C",
            "did you mean citizenshipCountry?",
        ),
        (
            "\"Customer.citiz",
            "\"Custmer.citiz",
            "no path of a customer",
        ),
        (
            "attribute = \"risk\"",
            "attribute = \"riks\"",
            "did you mean risk?",
        ),
        (
            "elevated = 50, high = 90, prohibited",
            "elevated = 50, hihg = 90, prohibited",
            "has no points here",
        ),
        ("high = 90", "high = 101", "from 0 to 100"),
        (
            "missing = \"human\"",
            "missing = \"humn\"",
            "missing is \"neutral\", \"human\" or",
        ),
        (
            "id = \"country.home\"",
            "id = \"country.birth\"",
            "is there twice",
        ),
        (
            "listAddress[].country",
            "listAddress.country",
            "leads to no value",
        ),
        (
            "\"BENEFICIAL_OWNER\", \"PARENT",
            "\"BENEFICIAL_OWNR\", \"PARENT",
            "did you mean BENEFICIAL_OWNER?",
        ),
        ("flag = \"pep\"", "flag = \"pepp\"", "did you mean pep?"),
        ("DAILY = 30", "DAYLY = 30", "did you mean DAILY?"),
        (
            "below = 15_000",
            "below = 1_000",
            "do not follow each other",
        ),
        (
            "\"country.home\", \"country.business\"]\npoints",
            "\"country.hme\", \"country.business\"]\npoints",
            "did you mean country.home?",
        ),
        (
            "at_least = \"EXTREME\"",
            "at_least = \"EXTREM\"",
            "did you mean EXTREME?",
        ),
        (
            "at_least = \"EXTREME\"",
            "at_least = \"NONE\"",
            "NONE is no level of an evaluation",
        ),
        ("level = \"LOW\"", "level = \"NONE\"", "NONE is no level"),
        ("from = 25.0", "from = 25.05", "one decimal"),
        ("from = 50.0", "from = 20.0", "does not follow"),
    ] {
        let text = MATRICES[0].1.replacen(from, to, 1);
        assert_ne!(text, MATRICES[0].1, "{from}");
        let mut lines = text.lines().zip(MATRICES[0].1.lines());
        let line = 1 + lines
            .position(|(one, other)| one != other)
            .expect("a change");
        // Of what is there twice, the second is named.
        let line = if said == "is there twice" {
            line + 26
        } else {
            line
        };
        let problems = parse_matrix("m.toml", &text, &classifiers()).expect_err(to);
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(all.iter().any(|p| p.contains(said)), "{to}: {all:?}");
        let at = |p: &String| p.contains(said) && p.starts_with(&format!("m.toml:{line}:"));
        assert!(all.iter().any(at), "{to}, line {line}: {all:?}");
    }
}

#[test]
fn what_can_change_nothing_is_found() {
    let found = |from: &str, to: &str| {
        let text = approved().replace(from, to);
        assert_ne!(text, approved(), "{from}");
        self_test(&read(&text))
            .into_iter()
            .map(|f| f.what)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(
            "flag = \"adverse_media\"\npoints = 75",
            "flag = \"adverse_media\"\npoints = 0"
        ),
        ["the factor customer.adverse_media never changes a level"]
    );
    assert_eq!(
        found("points_from = 85", "points_from = 100").len(),
        0,
        "KP has as many"
    );
    let unreachable = of_two("max")
        .replace("100 = 100", "100 = 60")
        .replace("from = 75.0", "from = 99.9");
    let found = self_test(&read(&unreachable))
        .into_iter()
        .map(|f| f.what)
        .collect::<Vec<_>>();
    assert_eq!(found, ["the level EXTREME is out of reach"]);
}
