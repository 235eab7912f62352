//! kycdrop learns to pack an institution's customers from those that it has: whatever they were
//! packed with, everybody reads them as they came.

use crate::common;

use std::time::Instant;

use common::{Office, person, with};
use kycdrop::config::{Config, Home};
use kycdrop::history::open_for_reading;
use kycdrop::ingest::{Engine, Silent};
use kycdrop::intake::{Inbox, claim};
use serde_json::{Value, json};

const LEARNED: &str = "SELECT count(*) FROM payload_dictionary WHERE learned_from IS NOT NULL";

/// A batch of so many people, each with texts of its own, written the way one program writes them.
fn batch(name: &str, count: usize) -> Vec<Value> {
    (0..count)
        .map(|i| {
            let n = i.wrapping_mul(2_654_435_761) % 1_000_000_007;
            with(
                person(&format!("{name}-{i}")),
                json!({
                    "lastName": format!("N{n:x}"),
                    "activityDescription": format!("Keeps the books of firm {n}"),
                    "nationalCode": format!("{:011}", n * 17),
                }),
            )
        })
        .collect()
}

/// The same people as another program writes them: other fields, in another order.
fn of_another_program(name: &str, count: usize) -> Vec<Value> {
    batch(name, count)
        .into_iter()
        .enumerate()
        .map(|(i, customer)| {
            with(
                customer,
                json!({
                    "incomeSourceDescription": format!("Pension fund of the harbour, share {i}"),
                    "initialDepositSource": format!("Sale of the boat with number {i}"),
                    "listAddress": [{
                        "addressType": "RESIDENCE", "country": "LT", "city": "Klaipėda",
                        "streetAddress": format!("Tiltų g. {i}"), "zipCode": format!("{:05}", i),
                        "region": "Klaipėdos apskritis", "useForCorrespondence": true,
                    }],
                }),
            )
        })
        .collect()
}

fn drop_batch(office: &Office, name: &str, customers: &[Value]) {
    let body = json!({ "customers": customers }).to_string();
    office.drop(format!("batch-customers/{name}.json"), body);
}

/// Everything reads as it came, in the order in which it came.
fn assert_kept(office: &Office, customers: &[Value]) {
    let rows = office.rows("SELECT payload FROM v_assessment ORDER BY assessment_id");
    assert_eq!(rows.len(), customers.len());
    for (row, customer) in rows.iter().zip(customers) {
        assert_eq!(row["payload"], json!(customer.to_string()));
    }
}

/// How large the payloads with these numbers are in the database.
fn bytes(office: &Office, first: u32, last: u32) -> u64 {
    let sql = format!(
        "SELECT sum(octet_length(payload)) AS bytes FROM assessment
         WHERE assessment_id BETWEEN {first} AND {last}"
    );
    office.value(&sql).as_u64().unwrap()
}

#[test]
fn what_comes_after_the_first_thousand_is_packed_better_and_reads_the_same() {
    let office = Office::new();
    let mut customers = batch("a", 4000);
    drop_batch(&office, "a", &customers);
    office.once();
    assert_eq!(office.value(LEARNED), json!(1));
    assert_kept(&office, &customers);

    // The next process goes on with it. (How many of the first file are packed with it as well
    // depends on who is ahead: those who judge or who writes.)
    let more = batch("b", 100);
    drop_batch(&office, "b", &more);
    office.once();
    assert_eq!(office.value(LEARNED), json!(1));
    let (before, after) = (bytes(&office, 1, 100), bytes(&office, 4001, 4100));
    assert!(after * 4 < before * 3, "{after} bytes, before {before}");
    customers.extend(more);
    assert_kept(&office, &customers);
    // A snapshot has text, whatever it was packed with.
    let copy = office.at("copy.db");
    assert!(
        office
            .run(&["snapshot", copy.to_str().unwrap()])
            .status
            .success()
    );
    let copy = rusqlite::Connection::open(copy).unwrap();
    let sql = "SELECT payload FROM v_assessment WHERE assessment_id = ?1";
    for (id, customer) in (1..).zip(&customers).step_by(100) {
        let payload: String = copy.query_row(sql, [id], |r| r.get(0)).unwrap();
        assert_eq!(payload, customer.to_string());
    }
}

#[test]
fn small_files_teach_as_well_as_a_large_one_and_nine_hundred_are_too_few() {
    let office = Office::new();
    let customers = batch("a", 1200);
    for (i, some) in customers.chunks(100).enumerate() {
        drop_batch(&office, &format!("{i:02}"), some);
        if i == 8 {
            office.once();
            assert_eq!(office.value(LEARNED), json!(0));
        }
    }
    office.once();
    assert_eq!(office.value(LEARNED), json!(1));
    assert_kept(&office, &customers);
}

#[test]
fn a_dictionary_gives_way_to_another_only_where_that_is_better() {
    let office = Office::new();
    let mut customers = batch("a", 2000);
    drop_batch(&office, "a", &customers);
    office.once();
    let weighed = "SELECT value FROM setting WHERE name = 'dictionary_weighed_at'";
    assert!(office.value(weighed).as_u64() < Some(2000));
    // The same again: it is weighed, and nothing better found.
    let more = batch("b", 7000);
    drop_batch(&office, "b", &more);
    customers.extend(more);
    office.once();
    assert!(office.value(weighed).as_u64() > Some(4000));
    assert_eq!(office.value(LEARNED), json!(1));
    // Another program has come to the bank.
    let more = of_another_program("c", 20_000);
    drop_batch(&office, "c", &more);
    customers.extend(more);
    office.once();
    assert_eq!(office.value(LEARNED), json!(2));
    assert_kept(&office, &customers);
}

#[test]
fn what_was_learned_from_a_file_that_is_taken_back_is_still_there_for_those_packed_with_it() {
    let home = tempfile::tempdir().unwrap();
    let home = Home::at(home.path()).unwrap();
    let mut engine = Engine::open(home.clone(), Config::default()).unwrap();
    let reader = open_for_reading(&home.database()).unwrap().unwrap();
    let count = |sql: &str| -> u64 { reader.query_row(sql, [], |r| r.get(0)).unwrap() };
    let mut process = |name: &str, body: &str| {
        let path = home.inbox().join(format!("batch-customers/{name}.json"));
        std::fs::write(&path, body).unwrap();
        let mut inbox = Inbox::new(home.inbox(), Default::default(), Default::default());
        let settled = inbox.scan(Instant::now()).unwrap().settled;
        let roots = home.roots();
        let claims = settled
            .iter()
            .filter_map(|c| claim(&roots.inbox, &roots.work, c).unwrap().claimed());
        let answered = engine.process(claims.collect(), &mut Silent).unwrap();
        answered[0].status
    };
    let broken = json!({ "customers": batch("a", 4000) }).to_string();
    let broken = broken.replace("\"X-a-3999\"", "\"X-a-3999");
    assert_eq!(process("a", &broken), 400);
    assert_eq!(count("SELECT count(*) FROM assessment"), 0);
    assert_eq!(count(LEARNED), 0);

    // It knows what it learned, and writes it down with the first rows that need it. Who began to
    // read before that reads them too.
    let customers = batch("b", 10);
    let body = json!({ "customers": customers }).to_string();
    assert_eq!(process("b", &body), 200);
    assert_eq!(count(LEARNED), 1);
    let mut select = reader
        .prepare("SELECT payload FROM v_assessment ORDER BY assessment_id")
        .unwrap();
    let payloads = select.query_map([], |r| r.get::<_, String>(0)).unwrap();
    let payloads: Vec<String> = payloads.collect::<Result<_, _>>().unwrap();
    let sent: Vec<String> = customers.iter().map(Value::to_string).collect();
    assert_eq!(payloads, sent);
}
