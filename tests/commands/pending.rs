//! `pending` lists what is pending: evaluations and screenings.

use crate::common;

use common::{Office, company, person, with};
use serde_json::json;

fn office() -> Office {
    let office = Office::new();
    let asked = |id: &str, more| {
        let fields =
            json!({"sourceOfRiskLevel": "EVALUATE", "riskLevel": null, "customerStatus": null});
        with(with(person(id), fields), more)
    };
    let one = asked(
        "1",
        json!({"initializeScreeningProcesses": ["SANCTIONS", "PEP"]}),
    );
    office.answer("customer", "1-one", &one);
    let again = json!({"communicationNumber": "N-1b", "action": "UPDATE", "businessUnit": null});
    office.answer("customer", "2-again", &with(asked("1", json!({})), again));
    let other = json!({
        "sourceOfRiskLevel": "IMPORT", "businessUnit": "kaunas",
        "initializeScreeningProcesses": ["ADVERSE_MEDIA"]
    });
    office.answer("customer", "3-other", &with(company("2"), other));
    office
}

fn lines(office: &Office, args: &[&str]) -> Vec<String> {
    let output = office.run(args);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    // The moment differs with each run.
    text.lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            [&cells[..5], &cells[6..]].concat().join(",")
        })
        .collect()
}

#[test]
fn evaluations_and_screenings_in_one_list_the_oldest_first() {
    assert_eq!(
        lines(&office(), &["pending"]),
        [
            "what,process,assessment_id,customer_ext_id,business_unit,newest,communication_number,why,related",
            "screening,PEP,1,X-1,,0,N-1,there is no list for it,",
            "screening,SANCTIONS,1,X-1,,0,N-1,there is no list for it,",
            "evaluation,,2,X-1,,1,N-1b,a person decides,",
            "screening,ADVERSE_MEDIA,3,X-2,kaunas,1,N-2,there is no list for it,",
        ]
    );
}

#[test]
fn what_a_later_assessment_replaced_can_be_left_out() {
    assert_eq!(
        lines(&office(), &["pending", "--newest"])[1..],
        [
            "evaluation,,2,X-1,,1,N-1b,a person decides,",
            "screening,ADVERSE_MEDIA,3,X-2,kaunas,1,N-2,there is no list for it,"
        ]
    );
}

#[test]
fn it_is_a_table_where_asked_and_json_where_asked() {
    let office = office();
    let table = office.run(&["pending", "--format", "table"]);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(table.contains("ADVERSE_MEDIA"), "{table}");
    let json = office.run(&["pending", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(rows.as_array().map(Vec::len), Some(4));
    assert_eq!(rows[0]["newest"], 0);
}

#[test]
fn without_a_history_it_says_what_to_do() {
    let output = Office::new().run(&["pending"]);
    assert_eq!(output.status.code(), Some(78));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("there is no history"), "{text}");
}
