//! A person's decision on an evaluation, as a file.

use crate::common;
use crate::evaluations::{
    decide, event_files, events, imported, office_with, send, update, waiting,
};

use common::{MATRIX, Office, asked, decision, person, with};
use serde_json::{Value, json};

/// The last word of each event's type.
fn states(office: &Office, number: &str) -> Vec<String> {
    let kinds = events(office, number).into_iter();
    let last = kinds.map(|(kind, _)| kind.rsplit('.').next().unwrap_or_default().to_owned());
    last.collect()
}

#[test]
fn a_person_decides() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    send(&office, &asked("2", "EE"));
    let row = "SELECT risk_level, evaluation FROM v_customer WHERE customer_ext_id = 'X-1'";
    let standing = "SELECT sum(customers) FROM v_standing WHERE risk_level IN ('MEDIUM', 'HIGH')";
    let before = json!([{"risk_level": null, "evaluation": "PENDING"}]);
    assert_eq!(Value::from(office.rows(row)), before);
    assert_eq!(office.value("SELECT evaluations FROM total"), 2);
    assert_eq!(office.value(standing), Value::Null);
    let more =
        json!({"finalRiskLevel": "MEDIUM", "comment": "Known for years", "process": "kyc_scoring"});
    let first = with(decision("N-1", "ACCEPTED"), more);
    assert_eq!(decide(&office, "one", &first), None);
    assert_eq!(decide(&office, "two", &decision("N-2", "REJECTED")), None);
    let at = office.value("SELECT decided_at FROM v_decision WHERE communication_number = 'N-1'");
    assert_eq!(
        events(&office, "N-1")[1].1,
        json!({"initialRiskLevel": "HIGH", "finalRiskLevel": "MEDIUM", "decisionType": "ACCEPTED",
            "decisionGroundCode": "RISK_ACCEPTED", "approvedAt": at})
    );
    assert_eq!(
        events(&office, "N-2")[1].1,
        json!({"initialRiskLevel": "HIGH", "finalRiskLevel": "HIGH", "decisionType": "REJECTED",
            "decisionGroundCode": "RISK_ACCEPTED"})
    );
    let after = json!([{"risk_level": "MEDIUM", "evaluation": "COMPLETED"}]);
    assert_eq!(Value::from(office.rows(row)), after);
    assert_eq!(office.value(standing), 2);
    assert_eq!(
        office.value("SELECT customer_ext_id FROM v_high_risk"),
        "X-2"
    );
    assert_eq!(office.value("SELECT evaluations FROM total"), 0);
    let kept = office.rows(
        "SELECT decided_by, comment, decision_ground FROM v_decision WHERE comment IS NOT NULL",
    );
    assert_eq!(
        Value::from(kept),
        json!([{"decided_by": "Jonas Jonaitis", "comment": "Known for years", "decision_ground": "RISK_ACCEPTED"}])
    );
    let doctor = office.run(&["doctor"]);
    assert!(doctor.status.success(), "{doctor:?}");
}

#[test]
fn it_is_decided_once() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    send(&office, &asked("2", "LT"));
    assert_eq!(decide(&office, "one", &decision("N-1", "ACCEPTED")), None);
    let written = events(&office, "N-1");
    let at = office.value("SELECT decided_at FROM v_decision WHERE communication_number = 'N-1'");
    let again = decide(&office, "again", &decision("N-1", "REJECTED")).expect("refused");
    let at = at.as_str().expect("a moment");
    assert!(
        again.contains(&format!("decided by Jonas Jonaitis at {at}")),
        "{again}"
    );
    let by_matrix = decide(&office, "matrix", &decision("N-2", "REJECTED")).expect("refused");
    assert!(
        by_matrix.contains("decided by the risk matrix at "),
        "{by_matrix}"
    );
    let unknown = decide(&office, "no", &decision("N-3", "REJECTED")).expect("refused");
    assert!(
        unknown.contains("no evaluation has this communicationNumber"),
        "{unknown}"
    );
    assert_eq!(events(&office, "N-1"), written);
    assert_eq!(office.value("SELECT count(*) FROM v_decision"), 2);
    // Not even by somebody who opens the database.
    for sql in ["UPDATE decision SET level = 'LOW'", "DELETE FROM decision"] {
        let refused = office
            .database()
            .execute(sql, [])
            .expect_err(sql)
            .to_string();
        assert!(refused.contains("a decision is never changed"), "{refused}");
    }
}

#[test]
fn a_later_request_takes_its_place() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    send(&office, &update("N-2", asked("1", "EE")));
    let refused = decide(&office, "d", &decision("N-1", "ACCEPTED")).expect("refused");
    assert!(refused.contains("the later request N-2 "), "{refused}");
    assert_eq!(states(&office, "N-1"), ["pending"]);
    let rows = office.rows("SELECT communication_number AS n, state FROM v_evaluation ORDER BY 1");
    let wanted = json!([{"n": "N-1", "state": "SUPERSEDED"}, {"n": "N-2", "state": "PENDING"}]);
    assert_eq!(Value::from(rows), wanted);
    assert_eq!(
        office.value("SELECT communication_number FROM v_pending"),
        "N-2"
    );
    assert_eq!(office.value("SELECT evaluations FROM total"), 1);
    assert_eq!(decide(&office, "e", &decision("N-2", "ACCEPTED")), None);
    // An import as well.
    send(&office, &asked("3", "EE"));
    office.batch("imported", &[update("N-4", person("3"))]);
    let refused = decide(&office, "f", &decision("N-3", "ACCEPTED")).expect("refused");
    assert!(refused.contains("the later request N-4 "), "{refused}");
    assert_eq!(office.value("SELECT evaluations FROM total"), 0);
    let doctor = office.run(&["doctor"]);
    assert!(doctor.status.success(), "{doctor:?}");
}

#[test]
fn what_a_person_accepts_waits_for_its_date_too() {
    let office = office_with(&waiting());
    send(&office, &asked("1", "EE"));
    assert_eq!(decide(&office, "d", &decision("N-1", "ACCEPTED")), None);
    assert_eq!(
        states(&office, "N-1"),
        ["pending", "waiting_for_approval_date"]
    );
    let again = decide(&office, "e", &decision("N-1", "REJECTED")).expect("refused");
    assert!(again.contains("decided by Jonas Jonaitis"), "{again}");
    let date = json!({"approvalDate": "2026-03-01T10:00:00+02:00"});
    send(&office, &update("N-2", with(imported("1"), date)));
    assert_eq!(states(&office, "N-1")[2..], ["completed"]);
    assert_eq!(
        events(&office, "N-1")[2].1["approvedAt"],
        "2026-03-01T08:00:00.000Z"
    );
    assert_eq!(event_files(&office), ["N-1.json"]);
}

#[test]
fn a_file_that_is_no_decision_is_refused() {
    let office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    let sound = decision("N-1", "ACCEPTED");
    let wrong = |fields| with(sound.clone(), fields).to_string();
    for (i, (text, says)) in [
        (
            wrong(json!({"decision": "MAYBE"})),
            "decision is not ACCEPTED or REJECTED",
        ),
        (wrong(json!({"decision": null})), "missing field `decision`"),
        (
            wrong(json!({"finalRiskLevel": "NONE"})),
            "finalRiskLevel is not LOW",
        ),
        (
            wrong(json!({"decisionGroundCode": "RISK_ACEPTED"})),
            "did you mean RISK_ACCEPTED?",
        ),
        (wrong(json!({"decidedBy": "  "})), "decidedBy is not a name"),
        (
            wrong(json!({"process": "PEPP"})),
            "process is not kyc_scoring",
        ),
        (
            wrong(json!({"communicationNumbr": "N-1"})),
            "communicationNumbr",
        ),
        (
            wrong(json!({"comment": "x".repeat(4001)})),
            "comment has more than 4000",
        ),
        (format!("{sound}{sound}"), "trailing characters"),
        (" ".repeat(70_000), "at most 65536 bytes"),
        ("{\"communicationNumber\"".into(), "ends too early"),
        ("[]".into(), "RISK.md"),
        (String::new(), "ends too early"),
    ]
    .into_iter()
    .enumerate()
    {
        office.drop(format!("decisions/{i}.json"), &text);
        office.once();
        let answer = office.response(&format!("decisions/{i}"));
        assert_eq!(answer["resultType"], "REQUEST_REJECTED", "{text}: {answer}");
        let why = answer["errorDescription"].as_str().expect("why");
        assert!(why.contains(says), "{says}: {why}");
    }
    assert_eq!(states(&office, "N-1"), ["pending"]);
    assert_eq!(office.value("SELECT count(*) FROM v_decision"), 0);
    // In another case of the folder's letters, and below a folder of it, with a BOM.
    office.drop("Decisions/of today/d.json", format!("\u{feff}{sound}"));
    office.once();
    let answer = office.response("decisions/of today/d");
    assert_eq!(answer["resultType"], "REQUEST_ACCEPTED", "{answer}");
    assert_eq!(states(&office, "N-1"), ["pending", "completed"]);
}

#[test]
fn the_report_of_a_day_has_each_customer_once_whenever_it_is_decided() {
    let mut office = office_with(MATRIX);
    send(&office, &asked("1", "EE"));
    office.move_to("2026-11-22T09:30:00Z");
    assert_eq!(decide(&office, "d", &decision("N-1", "ACCEPTED")), None);
    send(&office, &asked("2", "LT"));
    office.move_to("2026-11-23T09:30:00Z");
    send(&office, &update("N-3", asked("1", "EE")));
    for (day, customers) in [("2026-11-21", 1), ("2026-11-22", 2), ("2026-11-23", 2)] {
        let output = office.run(&["report", "--output", "-", "--from", day, "--to", day]);
        assert!(output.status.success(), "{output:?}");
        let page = String::from_utf8(output.stdout).expect("text");
        assert!(!page.contains(": -"), "{day}: {page}");
        let start = page.find("<h2>Risk level").expect("risk levels");
        let part = &page[start..];
        let part = &part[..part.find("</section>").expect("its end")];
        let each = part.matches("aria-label=\"").count();
        assert!(each > 0 && each <= customers, "{day}: {part}");
    }
    let sums = office.rows("SELECT customers FROM v_standing WHERE customers < 0");
    assert!(sums.is_empty(), "{sums:?}");
}
