//! A matrix and a customer in, an account out: every pitfall of rating customers has its case.

mod missing;
mod numbers;
mod refused;

use serde_json::{Value, json};

use super::*;
use crate::catalog::{CUSTOMER, RiskLevel};
use crate::classifier::{ClassifierFile, ClassifierSet, parse_file, shipped_files};
use crate::request::Tree;

fn classifiers() -> Vec<ClassifierFile> {
    shipped_files("2026-01-01").expect("the shipped classifiers are valid")
}

fn read(text: &str) -> Matrix {
    parse_matrix("m.toml", text, &classifiers()).expect("a sound matrix")
}

/// The shipped matrix as if it were approved.
fn approved() -> String {
    MATRICES[0].1.replace("example = true\n", "")
}

fn rate(matrix: &Matrix, customer: &Value, screened: &[Screened]) -> Evaluation {
    let set = ClassifierSet::from_files(&classifiers()).expect("a set");
    let text = customer.to_string();
    let mut tree = Tree::new();
    assert!(tree.read(&text, &CUSTOMER).expect("JSON"));
    let case = Case::of(tree.root(&text, &CUSTOMER), &set, screened);
    let account = matrix.evaluate(case);
    let stored = serde_json::to_string(&account).expect("JSON");
    let read: Evaluation = serde_json::from_str(&stored).expect("an evaluation");
    assert_eq!(read, account, "{stored}");
    let thousandths: u32 = account.factors.iter().map(|f| f.share_thousandths).sum();
    assert_eq!(
        tenths((thousandths + 50) / 100),
        account.score,
        "the shares are the score"
    );
    account
}

fn person() -> Value {
    json!({
        "communicationNumber": "N", "requester": "r", "sourceOfRiskLevel": "EVALUATE",
        "riskManagementCategory": "IND", "entityType": "INDIVIDUAL", "customerExtId": "I",
        "applicationDate": "2026-03-01", "firstName": "A", "lastName": "B", "citizenshipCountry": "LT",
    })
}

fn company() -> Value {
    json!({
        "communicationNumber": "N", "requester": "r", "sourceOfRiskLevel": "EVALUATE",
        "riskManagementCategory": "ORG", "entityType": "ORGANIZATION", "customerExtId": "O",
        "applicationDate": "2026-03-01", "title": "T", "registrationCountry": "LT", "legalForm": "LTD",
    })
}

/// A customer of whom enough is known to be LOW without any person.
fn known(mut customer: Value) -> Value {
    let more = json!({
        "isPEP": false, "isSanctioned": false, "isInAdverseMedia": false, "isInInternalList": false,
        "listActivity": [{"activityType": "EDUCATION"}],
        "listOrderedService": [{"serviceType": "PAYMENT_ACCOUNT"}],
        "listRelatedEntity": [{"relationType": "OWNER", "entityType": "INDIVIDUAL", "isPEP": false}],
    });
    merge(&mut customer, more);
    customer
}

fn merge(customer: &mut Value, more: Value) {
    let (Some(customer), Value::Object(more)) = (customer.as_object_mut(), more) else {
        panic!("not objects")
    };
    customer.extend(more);
}

fn with(mut customer: Value, more: Value) -> Value {
    merge(&mut customer, more);
    customer
}

fn factor<'a>(account: &'a Evaluation, id: &str) -> &'a FactorAccount {
    account
        .factors
        .iter()
        .find(|f| &*f.id == id)
        .expect("a factor of the matrix")
}

fn state(account: &Evaluation, id: &str) -> (&'static str, Option<u32>) {
    let factor = factor(account, id);
    (factor.state.name(), factor.points)
}

fn screened(process: Process, outcome: Outcome) -> [Screened; 1] {
    [Screened {
        related: None,
        process,
        outcome,
    }]
}

fn reasons(account: &Evaluation) -> Vec<&'static str> {
    account
        .reasons
        .iter()
        .map(|(reason, _)| reason.name())
        .collect()
}

#[test]
fn the_shipped_matrix_leaves_every_customer_to_a_person() {
    let shipped = read(MATRICES[0].1);
    assert_eq!(self_test(&shipped), []);
    for customer in [person(), company(), known(person()), known(company())] {
        let account = rate(&shipped, &customer, &[]);
        assert_eq!(
            (account.decision.name(), reasons(&account)[0]),
            ("PERSON", "example")
        );
    }
    let account = rate(&read(&approved()), &known(person()), &[]);
    assert_eq!(
        (account.level.name(), account.decision.name()),
        ("LOW", "ACCEPTED")
    );
}

#[test]
fn little_known_is_not_little_risk() {
    let matrix = read(
        &approved()
            .replace("{ low = 0, standard = 15", "{ low = 0, standard = 0")
            .replace("unknown = 15", "unknown = 0"),
    );
    let account = rate(&matrix, &person(), &[]);
    assert_eq!(
        (
            &*account.score,
            account.level_of_score.name(),
            account.level.name()
        ),
        ("0.0", "LOW", "MEDIUM")
    );
    assert_eq!(
        (account.decision.name(), reasons(&account)),
        ("PERSON", vec!["thin_data"])
    );
    let account = rate(&matrix, &json!({"entityType": "INDIVIDUAL"}), &[]);
    assert_eq!(
        (account.without_data, account.level.name()),
        (100, "MEDIUM")
    );
    assert_eq!(reasons(&account), ["thin_data", "missing"]);
}

#[test]
fn absent_is_not_false() {
    let matrix = read(&approved());
    let of = |customer: &Value| state(&rate(&matrix, customer, &[]), "customer.litigated");
    assert_eq!(of(&person()), ("missing", None));
    assert_eq!(
        of(&with(person(), json!({"isLitigated": null}))),
        ("missing", None)
    );
    assert_eq!(
        of(&with(person(), json!({"isLitigated": false}))),
        ("points", Some(0))
    );
    assert_eq!(
        of(&with(person(), json!({"isLitigated": " TRUE "}))),
        ("points", Some(45))
    );
}

#[test]
fn screening_and_declaration_are_one_flag() {
    let matrix = read(&approved());
    let customer = with(known(person()), json!({"isPEP": true}));
    let declared = rate(&matrix, &customer, &[]);
    let both = rate(
        &matrix,
        &customer,
        &screened(Process::Pep, Outcome::Confirmed),
    );
    assert_eq!(
        (declared.score, declared.level.name()),
        (both.score, both.level.name())
    );
    // The outcome of screening counts before what was declared.
    let cleared = rate(&matrix, &customer, &screened(Process::Pep, Outcome::Clear));
    assert_eq!(
        (state(&cleared, "customer.pep").1, cleared.level.name()),
        (Some(0), "LOW")
    );
    let turned = read(&approved().replace("screening_then_declared", "declared_then_screening"));
    let account = rate(&turned, &customer, &screened(Process::Pep, Outcome::Clear));
    assert_eq!(account.level.name(), "HIGH");
    let either = read(&approved().replace("screening_then_declared", "either"));
    let honest = known(person());
    assert_eq!(
        rate(
            &either,
            &honest,
            &screened(Process::Pep, Outcome::Confirmed)
        )
        .level
        .name(),
        "HIGH"
    );
    assert_eq!(
        rate(&either, &customer, &screened(Process::Pep, Outcome::Clear))
            .level
            .name(),
        "HIGH"
    );
}

#[test]
fn a_match_that_waits_and_a_process_that_could_not_run_need_a_person() {
    let matrix = read(&approved());
    let waits = rate(
        &matrix,
        &known(person()),
        &screened(Process::Pep, Outcome::Waiting),
    );
    assert_eq!(waits.level.name(), "HIGH", "as if it were confirmed");
    assert!(reasons(&waits).contains(&"waiting"));
    // What is harmless once it is confirmed still waits for somebody to look at it.
    let white = with(known(person()), json!({"listPurpose": "WHITE"}));
    for (outcome, level) in [(Outcome::Confirmed, "LOW"), (Outcome::Waiting, "MEDIUM")] {
        let account = rate(&matrix, &white, &screened(Process::InternalList, outcome));
        assert_eq!(account.level.name(), level);
    }
    let unscreened = rate(
        &matrix,
        &known(person()),
        &screened(Process::Pep, Outcome::Unscreened),
    );
    assert_eq!(
        (unscreened.level.name(), unscreened.decision.name()),
        ("LOW", "PERSON")
    );
    assert_eq!(reasons(&unscreened), ["unscreened"]);
    let rejects = read(&approved().replace(
        "auto_reject_from = \"never\"",
        "auto_reject_from = \"HIGH\"",
    ));
    let waits = rate(
        &rejects,
        &known(person()),
        &screened(Process::Pep, Outcome::Waiting),
    );
    assert_eq!(
        waits.decision.name(),
        "PERSON",
        "nothing is rejected for a match that nobody looked at"
    );
    let confirmed = rate(
        &rejects,
        &known(person()),
        &screened(Process::Pep, Outcome::Confirmed),
    );
    assert_eq!(
        (confirmed.decision.name(), confirmed.reasons.len()),
        ("REJECTED", 0)
    );
}

#[test]
fn each_floor_alone_raises() {
    let matrix = read(&approved());
    let owner = |more: Value| {
        let owner = json!({"relationType": "OWNER", "entityType": "INDIVIDUAL", "isPEP": false});
        json!({"listRelatedEntity": [with(owner, more)]})
    };
    for (floor, more, level) in [
        ("sanctioned", json!({"isSanctioned": true}), "EXTREME"),
        (
            "sanctioned_owner",
            owner(json!({"isSanctioned": true, "share": 50})),
            "EXTREME",
        ),
        (
            "sanctioned_owner",
            owner(json!({"isSanctioned": true})),
            "EXTREME",
        ),
        (
            "",
            owner(json!({"isSanctioned": true, "share": "49"})),
            "LOW",
        ),
        ("internal_list", json!({"isInInternalList": true}), "HIGH"),
        (
            "",
            json!({"isInInternalList": true, "listPurpose": "WHITE"}),
            "LOW",
        ),
        ("pep", json!({"isPEP": true}), "HIGH"),
        ("pep", owner(json!({"isPEP": true})), "HIGH"),
        ("pep_family", json!({"isFamilyPEP": true}), "HIGH"),
        (
            "high_risk_country",
            json!({"citizenshipCountry": "IR"}),
            "HIGH",
        ),
        (
            "high_risk_country",
            json!({"secondCitizenshipCountry": "IR"}),
            "HIGH",
        ),
    ] {
        let account = rate(&matrix, &with(known(person()), more), &[]);
        let floors: Vec<&str> = account.floors.iter().map(|f| &*f.id).collect();
        assert_eq!(floors.join(" "), floor);
        assert_eq!(account.level.name(), level, "{floor}");
        assert_eq!(
            account.decision.name(),
            if floor.is_empty() {
                "ACCEPTED"
            } else {
                "PERSON"
            }
        );
    }
    let white = with(known(person()), json!({"listPurpose": "WHITE"}));
    let waits = screened(Process::InternalList, Outcome::Waiting);
    let account = rate(&matrix, &white, &waits);
    let floors: Vec<&str> = account.floors.iter().map(|f| &*f.id).collect();
    assert_eq!(
        (floors, account.level),
        (vec!["match_waits"], RiskLevel::Medium)
    );
    let home = json!({"permanentResidenceCountry": "KP"});
    let account = rate(&matrix, &with(known(person()), home), &[]);
    let floors: Vec<&str> = account.floors.iter().map(|f| &*f.id).collect();
    assert_eq!(
        (floors, account.level.name()),
        (vec!["high_risk_country", "prohibited_country"], "EXTREME")
    );
    // Every floor of the matrix was there.
    assert_eq!(matrix.floors.len(), 8);
}

#[test]
fn one_country_and_one_flag_count_once() {
    let matrix = read(&approved());
    let once = rate(
        &matrix,
        &with(known(person()), json!({"citizenshipCountry": "MM"})),
        &[],
    );
    let thrice = json!({
        "citizenshipCountry": "MM", "secondCitizenshipCountry": "MM", "birthCountry": "MM",
        "permanentResidenceCountry": "MM", "listAddress": [{"country": "MM"}],
    });
    let thrice = rate(&matrix, &with(known(person()), thrice), &[]);
    assert_eq!((&once.score, once.level), (&thrice.score, thrice.level));
    // A flag that is a factor and a floor: the floor does not add to the score.
    let pep = with(known(person()), json!({"isPEP": true}));
    let with_floor = rate(&matrix, &pep, &[]);
    let (head, tail) = approved()
        .split_once("[[floor]]\nid = \"pep\"")
        .map(|(h, t)| (h.to_owned(), t.to_owned()))
        .expect("the floor");
    let (_, tail) = tail.split_once("[[floor]]").expect("another");
    let without = rate(&read(&format!("{head}[[floor]]{tail}")), &pep, &[]);
    assert_eq!(with_floor.score, without.score);
    assert!(with_floor.level > without.level);
}

#[test]
fn more_data_can_lower_a_score_and_no_floor() {
    let matrix = read(&approved());
    let risky = json!({"citizenshipCountry": "IR", "isLitigated": true});
    let before = rate(&matrix, &with(person(), risky.clone()), &[]);
    let after = rate(&matrix, &with(known(person()), risky), &[]);
    let tenths = |e: &Evaluation| e.score.replace('.', "").parse::<u32>().expect("a score");
    assert!(
        tenths(&after) < tenths(&before),
        "{} {}",
        after.score,
        before.score
    );
    assert_eq!(after.floors, before.floors);
    assert!(after.level >= RiskLevel::High);
}

#[test]
fn owners_count_from_the_share_on_that_the_matrix_says() {
    let matrix = read(&approved());
    for (more, points) in [
        (json!({"share": 24}), None),
        (json!({"share": 25}), Some(90)),
        (json!({}), Some(90)),
        (
            json!({"share": 100, "relationType": "REPRESENTATIVE"}),
            None,
        ),
    ] {
        let owner = json!({"relationType": "OWNER", "entityType": "INDIVIDUAL", "country": "IR"});
        let owners = json!({"listRelatedEntity": [with(owner, more)]});
        let account = rate(&matrix, &with(company(), owners), &[]);
        assert_eq!(factor(&account, "country.owners").points, points);
    }
    let harmless = json!({"relationType": "OWNER", "share": 5, "country": "LV"});
    let owners = json!({"listRelatedEntity": [harmless, {"relationType": "OWNER", "share": 60, "country": "IR"}]});
    let account = rate(&matrix, &with(company(), owners), &[]);
    let owners = factor(&account, "country.owners");
    let attribute = Some(("risk".to_owned(), "country".to_owned()));
    assert_eq!(owners.attribute.as_deref(), attribute.as_ref());
    let value = &owners.values[0];
    assert_eq!(
        (&*value.path, value.rating.as_deref()),
        ("listRelatedEntity[1].country", Some("high"))
    );
}

#[test]
fn a_matrix_is_used_from_its_day_on() {
    let matrices = [read(&approved().replace("2026-01-01", "2026-12-01"))];
    let on = |category, day| matrix_for(&matrices, category, day).map(|m| m.name().file.clone());
    assert_eq!(on("IND", "2026-12-01"), Ok("m.toml".into()));
    let until = NoMatrix::Until("m.toml".into(), "2026-12-01".into());
    assert_eq!(on("IND", "2026-11-30"), Err(until));
    assert_eq!(
        on("NONE", "2026-12-01"),
        Err(NoMatrix::OfCategory("NONE".into()))
    );
}
