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
fn a_factor_or_floor_that_is_not_clear_is_refused_with_a_fix() {
    let cash = "field = \"Customer.doesCashDominate\"\nis = true\npoints = 80";
    let month = "age = { until = \"Customer.applicationDate\", unit = \"months\" }";
    let owners = "field = \"Customer.isFamilyPEP\"\nis = true\nat_least";
    for (from, to, said) in [
        ("owner = \"nobody yet\"", "owner = \" \"", "owner is blank"),
        (
            "[groups]",
            "[groups]\nother = { weight = 1, combine = \"max\" }",
            "the group other has no factor",
        ),
        (
            "[groups]",
            "[groups]\nlate = { weight = 1 }",
            "missing field `combine`",
        ),
        ("applies_to = [", "applies_to = []#", "the list is empty"),
        (
            cash,
            "flag = \"pep\"\nfield = \"Customer.doesCashDominate\"\npoints = 80",
            "not clear what the factor takes",
        ),
        (
            cash,
            "field = \"Customer.doesCashDominate\"\npoints = 80",
            "not clear how the factor gets its points",
        ),
        (
            cash,
            "field = \"Customer.doesCashDominate\"\nis = true\npoints = { low = 1 }",
            "not clear how the factor gets its points",
        ),
        (
            cash,
            "field = \"Customer.birthCountry\"\nis = true\npoints = 80",
            "is asks for a Boolean field",
        ),
        (
            cash,
            "field = \"Customer.birthDate\"\nis = true\npoints = 80",
            "is asks for a Boolean field",
        ),
        (
            cash,
            "field = \"Customer.doesCashDominate\"\nis = true\npoints = 80\nunknown = 1",
            "unknown does nothing in this factor",
        ),
        (
            cash,
            "field = \"Customer.doesCashDominate\"\nis = true\npoints = 80\npick = \"sum\"",
            "pick does not go with this factor",
        ),
        (
            cash,
            "field = \"Customer.doesCashDominate\"\nbands = [{ points = 1 }]",
            "a field of this factor is no number",
        ),
        (
            cash,
            "field = \"Customer.doesCashDominate\"\nbands = []",
            "the bands do not follow each other",
        ),
        (
            cash,
            "field = \"Customer.doesCashDominate\"\nis = true\npoints = 80\nwhere = { share = { from = 1 } }",
            "where does nothing here",
        ),
        (
            cash,
            "field = \"Customer.doesCashDominate\"\nis = true\npoints = 80\nunless = { \"Customer.isListed\" = \"yes\" }",
            "isListed cannot be compared",
        ),
        (
            cash,
            "field = [\"Customer.birthCountry\", \"Customer.legalForm\"]\nattribute = \"risk\"\npoints = { low = 1 }",
            "not of one classifier",
        ),
        (
            cash,
            "field = \"Customer.legalForm\"\nattribute = \"risk\"\npoints = { low = 1 }",
            "no value of the classifier legalForm has the attribute risk",
        ),
        (
            month,
            "age = { until = \"Customer.establishmentCountry\", unit = \"months\" }",
            "establishmentCountry",
        ),
        (
            month,
            "age = { until = \"Customer.title\", unit = \"months\" }",
            "until is not a Date",
        ),
        (
            month,
            "age = { until = \"Customer.applicationDate\", unit = \"weeks\" }",
            "unknown variant `weeks`",
        ),
        (
            "MONTHLY = 1,",
            "MONTHLY = 2,",
            "factor does not have MONTHLY = 1",
        ),
        (
            "ANNUAL = \"1/12\"",
            "ANNUAL = \"1/0\"",
            "a fraction such as \"1/12\"",
        ),
        (
            "field = \"turnoverRange\"",
            "field = \"turnoverRnge\"",
            "did you mean turnoverRange?",
        ),
        (
            owners,
            "field = \"Customer.isFamilyPEP\"\nat_least",
            "not clear when the floor holds",
        ),
        (
            owners,
            "field = \"Customer.birthDate\"\nis = true\nat_least",
            "is asks for a Boolean field",
        ),
        (
            "share = { from = 25, or_missing",
            "share = { form = 25, or_missing",
            "a condition is true, false, a text",
        ),
        (
            "human_from = \"HIGH\"",
            "human_from = \"HGH\"",
            "did you mean HIGH?",
        ),
        (
            "over = 40",
            "over = 100",
            "100 is not a whole number from 0 to 99",
        ),
        ("from = 0.0", "from = 1.0", "LOW does not follow"),
        (
            "from = 75.0",
            "from = 100.1",
            "from of EXTREME is not a score",
        ),
    ] {
        let text = MATRICES[0].1.replacen(from, to, 1);
        assert_ne!(text, MATRICES[0].1, "{from}");
        let problems = match parse_matrix("m.toml", &text, &classifiers()) {
            Err(problems) => problems,
            Ok(_) => panic!("{to} is taken"),
        };
        let lines = text.lines().count() as u64;
        let told = |p: &&crate::classifier::Problem| p.to_string().contains(said);
        let problem = problems
            .iter()
            .find(told)
            .unwrap_or_else(|| panic!("{to}: {problems:?}"));
        assert!(
            problem.line.is_some_and(|l| (1..=lines).contains(&l)),
            "{problem}"
        );
        assert!(
            !problem.remedy.is_empty() && !problem.to_string().contains("{}"),
            "{problem}"
        );
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
