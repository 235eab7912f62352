//! Values that are not given, not rated, or not of this kind of customer, and what else a matrix says of them.

use super::*;

#[test]
fn ten_harmless_countries_do_not_thin_out_a_prohibited_one() {
    let matrix = read(&approved());
    let mut countries = vec![json!({"country": "KP"})];
    let alone = rate(
        &matrix,
        &with(known(person()), json!({"listCountryOfActivity": countries})),
        &[],
    );
    countries.extend((0..10).map(|_| json!({"country": "LV"})));
    let among = rate(
        &matrix,
        &with(known(person()), json!({"listCountryOfActivity": countries})),
        &[],
    );
    assert_eq!(
        (&alone.score, alone.level.name()),
        (&among.score, "EXTREME")
    );
    let values = &factor(&among, "country.business").values;
    assert_eq!(
        (values.len(), &*values[0].path, &*values[10].path),
        (
            11,
            "listCountryOfActivity[0].country",
            "listCountryOfActivity[10].country"
        )
    );
}

#[test]
fn what_the_classifier_does_not_rate_is_never_nothing() {
    let matrix = read(&approved());
    let account = rate(&matrix, &known(person()), &[]);
    let value = &factor(&account, "country.citizenship").values[0];
    assert_eq!((value.unrated, value.points), (true, Some(15)));
    let without = read(&approved().replacen(
        "unknown = 15          # a country that the classifier does not rate\n",
        "",
        1,
    ));
    let account = rate(&without, &known(person()), &[]);
    assert_eq!(state(&account, "country.citizenship"), ("missing", None));
    assert_eq!(
        (account.decision.name(), reasons(&account)),
        ("PERSON", vec!["missing", "unrated"])
    );
    // A value that was retired meanwhile is one that nobody rates any more.
    let mut files = classifiers();
    files.retain(|f| f.name != "country");
    let country = "title = \"C\"\n[values]\nLT = { name = \"L\", retired = true, attributes = { risk = \"high\" } }\nLV = { name = \"V\", attributes = { risk = \"low\" } }\n";
    files.push(parse_file("country.toml", country, "2026-01-01").expect("a classifier"));
    let matrix = parse_matrix("m.toml", &approved(), &files).expect("a matrix");
    assert_eq!(
        state(&rate(&matrix, &person(), &[]), "country.citizenship"),
        ("points", Some(15))
    );
}

#[test]
fn a_factor_of_the_other_kind_is_not_missing() {
    let matrix = read(&approved());
    let account = rate(&matrix, &company(), &[]);
    assert_eq!(
        state(&account, "country.citizenship"),
        ("not_applicable", None)
    );
    assert_eq!(
        state(&account, "customer.pep_family"),
        ("not_applicable", None)
    );
    assert_eq!(
        state(&rate(&matrix, &person(), &[]), "customer.owner_unknown").0,
        "not_applicable"
    );
    assert_eq!(
        state(&account, "customer.owner_unknown"),
        ("points", Some(70))
    );
    let listed = rate(&matrix, &with(company(), json!({"isListed": "true"})), &[]);
    assert_eq!(state(&listed, "customer.owner_unknown").0, "not_applicable");
    assert_eq!(
        state(
            &rate(&matrix, &known(company()), &[]),
            "customer.owner_unknown"
        ),
        ("points", Some(0))
    );
}

#[test]
fn what_is_missing_counts_as_the_matrix_says() {
    let text = approved().replace("[groups]", "[missing]\ndefault = 30\n\n[groups]");
    let account = rate(&read(&text), &person(), &[]);
    assert_eq!(state(&account, "activity.cash"), ("assumed", Some(30)));
    assert_eq!(state(&account, "country.citizenship"), ("points", Some(15)));
    assert!(account.thin_data.is_some(), "what is assumed is not data");
}

#[test]
fn leads_and_approval_dates_have_their_rules() {
    let text = approved().replace(
        "wait_for_approval_date = false",
        "wait_for_approval_date = true",
    );
    let matrix = read(&text.replace("human = true", "human = false"));
    let pep = with(known(person()), json!({"isPEP": true}));
    assert_eq!(rate(&matrix, &pep, &[]).decision.name(), "PERSON");
    let lead = rate(
        &matrix,
        &with(pep, json!({"riskManagementCategory": "LEAD_IND"})),
        &[],
    );
    assert_eq!(
        (
            lead.level.name(),
            lead.decision.name(),
            lead.waits_for_approval_date
        ),
        ("HIGH", "ACCEPTED", false)
    );
    assert!(rate(&matrix, &known(person()), &[]).waits_for_approval_date);
    let approved = with(known(person()), json!({"approvalDate": "2026-03-02"}));
    assert!(!rate(&matrix, &approved, &[]).waits_for_approval_date);
}

#[test]
fn the_order_of_the_file_changes_nothing_but_the_hash() {
    let text = approved();
    let (head, rest) = text.split_once("[[factor]]").expect("factors");
    let (tables, tail) = rest.split_once("[flags]").expect("flags");
    let mut tables: Vec<&str> = tables.split("\n[[").collect();
    tables.rotate_left(1);
    let (last, others) = tables.split_last().expect("tables");
    let mut others: Vec<String> = others.iter().rev().map(|t| format!("[[{t}")).collect();
    others.push(format!("[[factor]]{last}"));
    let shuffled = read(&format!("{head}{}\n[flags]{tail}", others.join("\n")));
    let matrix = read(&text);
    assert_ne!(matrix.name().hash, shuffled.name().hash);
    for customer in [
        known(person()),
        company(),
        with(person(), json!({"isPEP": true, "citizenshipCountry": "KP"})),
    ] {
        let account = rate(&shuffled, &customer, &[]);
        assert_eq!(account, rate(&matrix, &customer, &[]));
    }
}
