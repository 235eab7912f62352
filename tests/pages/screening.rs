//! The events in docs/SCREENING.md are those of a run. To update them:
//! `UPDATE_PAGES=1 cargo test --test pages screening`.

use std::path::Path;

use serde_json::json;

use crate::asking::{MOMENT, masked};
use crate::common::{Office, company, with};

const OPENING: &str = "The whole life of one:\n\n```json\n";

#[test]
fn the_events_of_a_life_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("docs/SCREENING.md");
    let text = std::fs::read_to_string(&page).expect("the page");
    let office = Office::on(MOMENT);
    for name in ["sanctions.toml", "sanctions.csv"] {
        let list = std::fs::read(root.join("examples/lists").join(name)).expect("a list");
        office.write(format!("lists/{name}"), list);
    }
    let owner = json!({
        "entityType": "INDIVIDUAL", "relationType": "OWNER", "extId": "R-2", "firstName": "Zinaida",
        "lastName": "Rudmetova", "birthDate": "1987-08-06", "country": "LT",
    });
    let fields = json!({
        "communicationNumber": "S-1", "customerExtId": "I-40", "sourceOfRiskLevel": "IMPORT",
        "initializeScreeningProcesses": ["SANCTIONS"], "listRelatedEntity": [owner],
    });
    office.answer("customer", "s", &with(company("1"), fields));
    let decision = json!({
        "communicationNumber": "S-1", "process": "SANCTIONS", "relatedEntity": 1,
        "decision": "DISMISSED", "decidedBy": "Rasa Petraitė", "comment": "Born in Kaunas: passport seen",
    });
    let answer = office.answer("decisions", "d", &decision);
    assert_eq!(answer["resultType"], "REQUEST_ACCEPTED", "{answer}");
    let events = office.at("watch-dir/outbox/communications-events/S-1.json");
    let events = std::fs::read_to_string(events).expect("events");
    let events = masked(&events, &office);
    // The queries of the page are those of this life.
    for sql in text.split("```sql\n").skip(1) {
        let (sql, _) = sql.split_once("```").expect("an end");
        office.rows(sql);
    }
    let (head, rest) = text.split_once(OPENING).expect("the place");
    let (_, tail) = rest.split_once("```\n").expect("an end");
    let new = format!("{head}{OPENING}{}\n```\n{tail}", events.trim_end());
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&page, new).expect("a written page");
    } else {
        assert!(
            text == new,
            "docs/SCREENING.md is stale: run `UPDATE_PAGES=1 cargo test --test pages screening`"
        );
    }
}
