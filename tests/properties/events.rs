//! What holds for the files of events, whatever the customers, the matrix and the order of decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use kycdrop::catalog::Endpoint;
use kycdrop::config::{Config, Home};
use kycdrop::evaluate::MATRICES;
use kycdrop::history::open_for_reading;
use kycdrop::ingest::{Engine, Silent};
use kycdrop::intake::{Inbox, claim};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::rolls;
use crate::sound::{self, Dice};

const CUSTOMERS: usize = 4;
const LEVELS: [&str; 5] = ["NONE", "LOW", "MEDIUM", "HIGH", "EXTREME"];

fn rank(level: &Value) -> usize {
    let place = LEVELS.iter().position(|l| level == l);
    place.unwrap_or_else(|| panic!("{level} is a level"))
}

/// The shipped matrix, approved, with other verdicts.
fn matrix(dice: &mut Dice<'_>) -> String {
    let levels = ["never", "MEDIUM", "HIGH", "EXTREME"];
    let waits = dice.pick(&["false", "true"]);
    MATRICES[0]
        .1
        .replace("example = true\n", "")
        .replace(
            "human = true",
            &format!("human = {}", dice.pick(&["false", "true"])),
        )
        .replace("missing = \"human\"", "missing = \"neutral\"")
        .replace(
            "\nhuman_from = \"HIGH\"",
            &format!("\nhuman_from = \"{}\"", dice.pick(&levels)),
        )
        .replace(
            "auto_reject_from = \"never\"",
            &format!("auto_reject_from = \"{}\"", dice.pick(&levels)),
        )
        .replace(
            "_approval_date = false",
            &format!("_approval_date = {waits}"),
        )
}

/// What is sent, in order: the folder of the inbox, and the body.
fn sent(of_customers: &mut Dice<'_>, dice: &mut Dice<'_>) -> Vec<(&'static str, Value)> {
    let (mut files, mut later) = (Vec::new(), Vec::new());
    for i in 0..CUSTOMERS {
        let mut customer = sound::customer(of_customers, Endpoint::Customer, &i.to_string());
        let fields = customer.as_object_mut().expect("an object");
        for decided_here in ["riskLevel", "customerStatus", "closingDate"] {
            fields.remove(decided_here);
        }
        if dice.roll(4) == 1 {
            let lead = format!(
                "LEAD_{}",
                if fields["entityType"] == "INDIVIDUAL" {
                    "IND"
                } else {
                    "ORG"
                }
            );
            fields.insert("riskManagementCategory".into(), lead.into());
        }
        let number = format!(
            "{}{i}",
            dice.pick(&["N-", "a/b ", ".Ž", "x.response", "n-"])
        );
        fields.insert("communicationNumber".into(), number.clone().into());
        fields.insert("sourceOfRiskLevel".into(), "EVALUATE".into());
        let mut update = fields.clone();
        files.push(("customer", customer));
        for _ in 0..dice.roll(3) {
            later.push(("decisions", decision(dice, &number)));
        }
        if dice.roll(2) == 1 {
            update.insert("communicationNumber".into(), format!("U-{i}").into());
            update.insert("action".into(), "UPDATE".into());
            update.insert("approvalDate".into(), "2026-03-01".into());
            later.push(("customer", update.into()));
        }
    }
    while !later.is_empty() {
        files.push(later.swap_remove(dice.roll(later.len())));
    }
    files
}

fn decision(dice: &mut Dice<'_>, number: &str) -> Value {
    let mut decision = json!({"communicationNumber": number, "decidedBy": "Ona",
        "decision": dice.pick(&["ACCEPTED", "REJECTED"]), "decisionGroundCode": "OTHER"});
    if dice.roll(2) == 1 {
        decision["finalRiskLevel"] = dice.pick(&LEVELS[1..]).into();
    }
    decision
}

/// Answers the files one after the other. Returns the files of events.
fn answer(root: &Path, matrix: &str, files: &[(&str, Value)]) -> BTreeMap<String, Value> {
    let home = Home::at(root).expect("a home");
    std::fs::create_dir_all(home.risk()).expect("a folder");
    std::fs::write(home.risk().join("example.toml"), matrix).expect("a matrix");
    let mut engine = Engine::open(home.clone(), Config::default()).expect("an engine");
    for (i, (folder, body)) in files.iter().enumerate() {
        let file = home.inbox().join(folder).join(format!("{i}.json"));
        std::fs::write(file, body.to_string()).expect("dropped");
        let mut inbox = Inbox::new(home.inbox(), Duration::ZERO, Duration::ZERO);
        let settled = inbox.scan(Instant::now()).expect("a scan").settled;
        let roots = home.roots();
        let claims = settled.iter().filter_map(|candidate| {
            let taken = claim(&roots.inbox, &roots.work, candidate);
            taken.expect("a claim").claimed()
        });
        let claims = claims.collect();
        assert_eq!(
            engine.process(claims, &mut Silent).expect("answers").len(),
            1
        );
    }
    engine.on_idle().expect("idle");
    let folder = home.roots().outbox.path().join("communications-events");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bodies = entries.map(|entry| {
        let bytes = std::fs::read(entry.path()).expect("a file");
        let name = entry.file_name().into_string().expect("UTF-8");
        (name, serde_json::from_slice(&bytes).expect("JSON"))
    });
    bodies.collect()
}

/// The number that a name of a file stands for.
fn decoded(name: &str) -> String {
    let name = name.strip_suffix(".json").expect("a name of events");
    // Another number has the name, but for the case of its letters.
    let name = name.split('~').next().unwrap_or_default();
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        let mut digit = || {
            rest.next()
                .and_then(|d| char::from(d).to_digit(16))
                .expect("a digit")
        };
        bytes.push(match byte {
            b'%' => (digit() * 16 + digit()) as u8,
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// The members of each state: those that are always there, and those that may be.
fn members(state: &str) -> (&'static [&'static str], &'static [&'static str]) {
    let decided = &["initialRiskLevel", "finalRiskLevel", "decisionType"];
    match state {
        "pending" => (&["initialRiskLevel"], &[]),
        "waiting_for_approval_date" => (decided, &["decisionGroundCode"]),
        "completed" => (decided, &["decisionGroundCode", "approvedAt"]),
        _ => panic!("{state} is no state"),
    }
}

/// The state of an event and its data, once that is what such an event has.
fn told(event: &Value, number: &str) -> (String, Map<String, Value>) {
    assert_eq!(event["source"], number);
    let kind = event["type"].as_str().expect("a type");
    let rest = kind.strip_prefix("app.amlyze.").expect("a published type");
    let (whom, rest) = rest.split_once('.').expect("whom");
    let state = rest
        .strip_prefix("riskmanagement.kyc_scoring.")
        .expect("a state");
    let data = event["data"].as_object().expect("data").clone();
    let (always, sometimes) = members(state);
    for member in always {
        assert!(data.contains_key(*member), "{member}: {event}");
    }
    for (member, value) in &data {
        assert!(
            always.contains(&&**member) || sometimes.contains(&&**member),
            "{event}"
        );
        assert!(value.is_string(), "{event}");
    }
    if whom == "lead" {
        assert!(
            state != "waiting_for_approval_date" && !data.contains_key("approvedAt"),
            "{event}"
        );
    } else {
        assert_eq!(whom, "customer");
    }
    if data.contains_key("approvedAt") {
        assert_eq!(data["decisionType"], "ACCEPTED");
    }
    (state.to_owned(), data)
}

/// The highest floor of each evaluation, by its communicationNumber.
fn floors(root: &Path) -> BTreeMap<String, usize> {
    let conn = open_for_reading(&root.join("kycdrop.db"))
        .expect("a database")
        .expect("a history");
    let sql = "SELECT e.communication_number, f.at_least FROM v_evaluation_factor f
               JOIN v_evaluation e USING (evaluation_id) WHERE f.part = 'floor'";
    let mut select = conn.prepare(sql).expect("a query");
    let rows = select.query_map([], |r| Ok((r.get(0)?, r.get::<_, String>(1)?)));
    let mut highest = BTreeMap::new();
    for row in rows.expect("rows") {
        let (number, level) = row.expect("a row");
        let floor = highest.entry(number).or_default();
        *floor = rank(&level.into()).max(*floor);
    }
    highest
}

fn holds(files: &BTreeMap<String, Value>, floors: &BTreeMap<String, usize>) {
    let mut ids = BTreeSet::new();
    for (name, body) in files {
        let number = decoded(name);
        let events = body["events"].as_array().expect("events");
        assert!(
            events.iter().all(|e| ids.insert(e["id"].to_string())),
            "{body}"
        );
        let told: Vec<_> = events.iter().map(|event| told(event, &number)).collect();
        let states: Vec<&str> = told.iter().map(|(state, _)| &**state).collect();
        let possible: [&[&str]; 7] = [
            &["pending"],
            &["completed"],
            &["waiting_for_approval_date"],
            &["pending", "completed"],
            &["pending", "waiting_for_approval_date"],
            &["waiting_for_approval_date", "completed"],
            &["pending", "waiting_for_approval_date", "completed"],
        ];
        assert!(possible.contains(&&states[..]), "{body}");
        let floor = floors.get(&number).copied().unwrap_or_default();
        for (_, data) in &told {
            assert_eq!(data["initialRiskLevel"], told[0].1["initialRiskLevel"]);
            assert!(rank(&data["initialRiskLevel"]) >= floor.max(1), "{body}");
            // A person decided exactly where one was asked.
            let by_person = states[0] == "pending";
            if let Some(level) = data.get("finalRiskLevel") {
                assert_eq!(data.contains_key("decisionGroundCode"), by_person, "{body}");
                assert!(by_person || *level == data["initialRiskLevel"], "{body}");
            }
        }
    }
}

/// What does not depend on the time.
fn lasting(files: &BTreeMap<String, Value>) -> Vec<String> {
    let events = files.iter().flat_map(|(name, body)| {
        let events = body["events"].as_array().expect("events").iter();
        events.map(move |e| format!("{name} {} {} {}", e["id"], e["type"], e["subject"]))
    });
    events.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, max_shrink_iters: 30, ..Default::default() })]

    #[test]
    fn the_files_of_events_say_what_they_may_say(rolls in rolls(), choices in prop::collection::vec(any::<u16>(), 60)) {
        let matrix = matrix(&mut Dice::new(&choices));
        let files = sent(&mut Dice::new(&rolls), &mut Dice::new(&choices[5..]));
        let homes = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let [first, second] = homes.each_ref().map(|home| answer(home.path(), &matrix, &files));
        prop_assert!(!first.is_empty());
        holds(&first, &floors(homes[0].path()));
        prop_assert_eq!(lasting(&first), lasting(&second));
    }
}
