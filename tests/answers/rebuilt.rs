//! A response is written while its file is judged, and can be built again from the rows: the same
//! bytes, whatever the file was and whatever stood beside it.

use crate::common;

use common::{Office, company, person, with};
use kycdrop::history::History;
use kycdrop::ingest::publish::write_body;
use serde_json::{Value, json};

/// A batch of so many people, of whom every fifth is wrong and every seventh has a number that the
/// one before it has.
fn batch(name: &str, count: usize) -> String {
    let customers: Vec<Value> = (0..count)
        .map(|i| {
            let number = if i % 7 == 6 { i - 1 } else { i };
            let customer = with(
                person(&format!("{name}-{i}")),
                json!({"communicationNumber": format!("{name}/{number}")}),
            );
            match i % 5 {
                4 => with(customer, json!({"riskLevel": "\"low\" \u{1f}\\"})),
                _ => customer,
            }
        })
        .collect();
    json!({ "customers": customers }).to_string()
}

/// Files of every kind, answered in two runs.
fn drop_of_every_kind(office: &Office) {
    let drop = |path: &str, body: String| office.drop(path, body);
    // One that is read in parallel, before, between and after small ones of one transaction.
    drop("batch-customers/a.json", batch("a", 40));
    drop("batch-customers/b.json", batch("b", 3000));
    drop("batch-customers/c.json", batch("c", 40));
    drop("batch-customers/d.json", batch("a", 40));
    let broken = batch("e", 40);
    drop(
        "batch-customers/e.json",
        broken[..broken.len() - 9].to_owned() + "}]}",
    );
    let broken = batch("f", 3000);
    drop(
        "batch-customers/f.json",
        broken[..broken.len() - 9].to_owned() + "}]}",
    );
    drop("batch-customers/g.json", batch("g", 40));
    drop(
        "batch-customers/h.json",
        json!({"customers": []}).to_string(),
    );
    drop("validate-batch-customers/a.json", batch("a", 30));
    drop("validate-batch-customers/i.json", batch("i", 3000));
    drop("customer/a.json", person("single").to_string());
    drop(
        "customer/b.json",
        with(person("x"), json!({"riskLevel": 7})).to_string(),
    );
    drop("simplifiedcustomer/a.json", company("simple").to_string());
    drop("nowhere/a.json", "{}".to_owned());
    office.once();
    // Again: repeated, and rejected for the numbers that are taken now.
    drop("batch-customers/b.json", batch("b", 3000));
    drop("batch-customers/j.json", batch("b", 3001));
    office.once();
}

#[test]
fn every_response_is_what_its_rows_make_of_it() {
    let office = Office::new();
    drop_of_every_kind(&office);
    let rows = office.rows("SELECT claim, response_file, status FROM batch ORDER BY batch_id");
    let history = History::open(&office.at("kycdrop.db"), 16).expect("a history");
    for row in &rows {
        let (claim, file) = (row["claim"].as_str(), row["response_file"].as_str());
        let batch = history.batch_of_claim(claim.expect("a claim"));
        let batch = batch.expect("read").expect("a batch");
        let mut again = Vec::new();
        assert!(write_body(&history, &batch, &mut again).is_ok());
        let file = office.at("watch-dir/outbox").join(file.expect("a name"));
        assert!(
            again == std::fs::read(&file).expect("an answer"),
            "{file:?}"
        );
    }
    let statuses: Vec<_> = rows.iter().map(|r| r["status"].as_i64()).collect();
    assert_eq!(
        statuses.iter().filter(|s| **s == Some(200)).count(),
        10,
        "{rows:?}"
    );
    assert_eq!(rows.len(), 16);
    let answers = office.rows(
        "SELECT sum(accepted) AS accepted, sum(rejected) AS rejected, sum(repeated) AS repeated FROM batch
         WHERE endpoint = 'batch-customers'",
    );
    assert!(answers[0]["repeated"].as_i64() > Some(1000), "{answers:?}");
}
