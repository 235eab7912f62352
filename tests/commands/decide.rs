//! `decisions` and `decide`: what waits for a person, and what a person decides.

use crate::asking;
use crate::common;
use crate::terminal;

use asking::{evaluated, printed, refused};
use common::daemon::{Daemon, eventually};
use common::{Office, with};
use serde_json::{Value, json};

/// Two customers whom the shipped matrix leaves to a person.
fn office() -> Office {
    let office = Office::new();
    office.answer("customer", "one", &evaluated("1", "IND"));
    office.answer("customer", "two", &evaluated("2", "IND"));
    office
}

/// The arguments of a decision on an evaluation.
fn on<'a>(number: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let ground = [
        "decide",
        number,
        "--ground",
        "RISK_ACCEPTED",
        "--by",
        "Rasa P.",
    ];
    [&ground[..], more].concat()
}

fn decided(office: &Office) -> Vec<Value> {
    let rows = office.rows(
        "SELECT communication_number, decision, initial_risk_level, final_risk_level, decision_ground,
                decided_by, comment FROM v_decision ORDER BY evaluation_id",
    );
    rows.into_iter().map(Value::Object).collect()
}

fn last_event(office: &Office, number: &str) -> Value {
    let path = office.at(format!(
        "watch-dir/outbox/communications-events/{number}.json"
    ));
    let file: Value = serde_json::from_slice(&std::fs::read(path).expect("events")).expect("JSON");
    file["events"]
        .as_array()
        .expect("a list")
        .last()
        .expect("one")
        .clone()
}

#[test]
fn a_decision_is_recorded_at_once_and_other_files_stay_in_the_inbox() {
    let office = office();
    office.drop("customer/three.json", evaluated("3", "IND").to_string());
    let more = [
        "--accept",
        "--risk-level",
        "high",
        "--comment",
        "Seen in person",
    ];
    let said = printed(&office, &on("N-1", &more));
    assert!(
        said.starts_with("N-1  ACCEPTED  MEDIUM -> HIGH  by Rasa P. at "),
        "{said}"
    );
    assert_eq!(
        decided(&office),
        [json!({
            "communication_number": "N-1", "decision": "ACCEPTED", "initial_risk_level": "MEDIUM",
            "final_risk_level": "HIGH", "decision_ground": "RISK_ACCEPTED", "decided_by": "Rasa P.",
            "comment": "Seen in person",
        })]
    );
    let event = last_event(&office, "N-1");
    assert_eq!(event["data"]["finalRiskLevel"], "HIGH");
    assert_eq!(event["data"]["decisionType"], "ACCEPTED");
    assert_eq!(office.files("watch-dir/inbox"), ["customer/three.json"]);
    // The answer was for this command alone; the file is kept like any other.
    assert_eq!(office.files("watch-dir/outbox/decisions"), [""; 0]);
    let archived = office.files("watch-dir/archive");
    let decisions = archived.iter().filter(|f| f.contains("/decisions/"));
    assert_eq!(decisions.count(), 1, "{archived:?}");
    assert_eq!(office.files("watch-dir/work"), [""; 0]);
}

#[test]
fn without_a_level_the_computed_one_is_final() {
    let office = office();
    let said = printed(&office, &on("N-2", &["--reject"]));
    assert!(
        said.starts_with("N-2  REJECTED  MEDIUM -> MEDIUM  by"),
        "{said}"
    );
    assert_eq!(
        last_event(&office, "N-2")["data"]["decisionType"],
        "REJECTED"
    );
}

#[test]
fn a_running_daemon_records_it() {
    let office = office();
    let daemon = Daemon::start(&office);
    let said = printed(&office, &on("N-1", &["--accept", "--timeout", "2min"]));
    assert!(said.starts_with("N-1  ACCEPTED"), "{said}");
    assert_eq!(office.files("watch-dir/outbox/decisions"), [""; 0]);
    daemon.stop();
    assert_eq!(decided(&office).len(), 1);
}

#[test]
fn what_was_decided_is_never_decided_again() {
    let office = office();
    printed(&office, &on("N-1", &["--accept"]));
    let (code, said) = refused(&office, &on("N-1", &["--reject"]));
    assert_eq!(code, Some(65));
    assert!(said.contains("decided by Rasa P. at 2"), "{said}");
    assert_eq!(decided(&office).len(), 1);
}

#[test]
fn a_match_that_waits_for_nobody_is_refused_before_anything_is_written() {
    let office = Office::new();
    office.write(
        "lists/own.toml",
        "title = \"Ours\"\nprocess = \"PEP\"\nformat = \"csv\"\nfile = \"own.csv\"\n",
    );
    office.write("lists/own.csv", "id,name\n7,Jonas Kalvaitis\n");
    let fields = json!({"initializeScreeningProcesses": ["PEP"], "firstName": "Jonas",
        "lastName": "Kalvaitis", "sourceOfRiskLevel": "IMPORT"});
    office.answer("customer", "one", &with(common::person("1"), fields));
    let dismiss = |number| {
        [
            "decide",
            number,
            "--screening",
            "PEP",
            "--dismiss",
            "--by",
            "Rasa",
            "--reason",
            "another",
        ]
    };
    printed(&office, &dismiss("N-1"));
    let files = office.files("watch-dir");
    for (number, why) in [
        ("N-1", "decided by Rasa at 2"),
        ("N-2", "no screening is of"),
    ] {
        let (code, said) = refused(&office, &dismiss(number));
        assert_eq!(code, Some(65), "{said}");
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(office.files("watch-dir"), files);
}

#[test]
fn what_is_wrong_is_said_before_anything_is_written() {
    let office = office();
    office.answer("customer", "three", &evaluated("3", "IND_PK"));
    let files = office.files("watch-dir");
    let wrong = |args: &[&str], why: &str| {
        let (code, said) = refused(&office, args);
        assert_eq!(code, Some(65), "{said}");
        assert!(said.contains(why), "{said}");
    };
    let ground = "RISK_ACEPTED";
    let args = [
        "decide", "N-1", "--accept", "--by", "Rasa", "--ground", ground,
    ];
    wrong(&args, "did you mean RISK_ACCEPTED?");
    let args = [
        "decide",
        "N-1",
        "--accept",
        "--by",
        " ",
        "--ground",
        "RISK_ACCEPTED",
    ];
    wrong(&args, "decidedBy is not a name");
    office.answer(
        "customer",
        "long",
        &with(
            evaluated("4", "IND"),
            json!({"communicationNumber": "Branch-7-0004"}),
        ),
    );
    wrong(
        &on("Branch-7-0005", &["--accept"]),
        "did you mean Branch-7-0004?",
    );
    wrong(
        &on("nothing like it", &["--accept"]),
        "`kycdrop decisions` lists what waits",
    );
    let now = office.files("watch-dir");
    assert!(
        !now.iter()
            .any(|f| f.contains("/decisions/") || f.starts_with("inbox/")),
        "{now:?}"
    );
    assert!(now.len() >= files.len());
    for args in [
        on("N-1", &[]),
        on("N-1", &["--accept", "--reject"]),
        on("N-1", &["--accept", "--risk-level", "NONE"]),
    ] {
        assert_eq!(refused(&office, &args).0, Some(2), "{args:?}");
    }
}

#[test]
fn a_decision_that_is_not_answered_in_time_stays_and_is_recorded_later() {
    let office = office();
    let daemon = Daemon::start(&office);
    daemon.signal(rustix::process::Signal::STOP);
    let (code, said) = refused(&office, &on("N-1", &["--accept", "--timeout", "1ms"]));
    assert_eq!(code, Some(75));
    assert!(said.contains("was not answered within 1ms"), "{said}");
    assert!(
        said.contains("it stays in the inbox as HOME/watch-dir/inbox/decisions/"),
        "{said}"
    );
    daemon.signal(rustix::process::Signal::CONT);
    eventually("the answer", || {
        (office.files("watch-dir/outbox/decisions").len() == 1).then_some(())
    });
    daemon.stop();
    assert_eq!(decided(&office).len(), 1);
}

#[test]
fn what_waits_is_listed_with_the_reasons_the_oldest_first() {
    let office = office();
    office.edit("risk/example.toml", "\"IND_PK\", ", "");
    office.answer("customer", "three", &evaluated("3", "IND_PK"));
    printed(&office, &on("N-1", &["--accept"]));
    let listed = printed(&office, &["decisions", "--format", "json"]);
    let mut rows: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    for row in &mut rows {
        assert!(row["since"].is_string(), "{row}");
        row.as_object_mut().expect("an object").remove("since");
    }
    let none = json!(null);
    assert_eq!(
        rows,
        [
            json!({
                "communication_number": "N-2", "customer_ext_id": "X-2", "business_unit": none,
                "name": "Ona Petraitė", "process": "kyc_scoring", "related": none, "score": 15.0, "level": "MEDIUM",
                "why": "the matrix is an example that nobody approved; too little is known",
            }),
            json!({
                "communication_number": "N-3", "customer_ext_id": "X-3", "business_unit": none,
                "name": "Ona Petraitė", "process": "kyc_scoring", "related": none, "score": none, "level": none,
                "why": "no risk matrix is for the category IND_PK",
            }),
        ]
    );
    let output = office.run(&["decisions"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("1 evaluation waits for a person, 1 for a risk matrix"),
        "{said}"
    );
    assert!(said.contains("kycdrop decide NUMBER"), "{said}");
    // What no matrix has rated cannot be decided.
    let (code, said) = refused(&office, &on("N-3", &["--accept"]));
    assert_eq!(code, Some(65));
    assert!(said.contains("no risk matrix has rated it"), "{said}");
}

#[test]
fn it_is_readable_on_a_narrow_terminal() {
    let shown = terminal::shown(&office(), 80, &["decisions"]);
    assert!(shown.status.success());
    let too_long = shown.text.lines().find(|line| terminal::width(line) > 80);
    assert_eq!(too_long, None, "{}", shown.text);
    assert!(
        shown.text.contains("nobody approved; too"),
        "{}",
        shown.text
    );
}

#[test]
fn without_a_history_there_is_nothing_to_decide() {
    let office = Office::new();
    assert_eq!(refused(&office, &["decisions"]).0, Some(78));
    assert_eq!(refused(&office, &on("N-1", &["--accept"])).0, Some(78));
}

#[test]
fn of_two_people_at_once_one_decides() {
    let office = office();
    let decide = |how| {
        let args = on("N-1", &[how, "--timeout", "2min"]);
        office.run(&args).status.code()
    };
    let mut codes = std::thread::scope(|scope| {
        let one = scope.spawn(|| decide("--accept"));
        let other = scope.spawn(|| decide("--reject"));
        [one, other].map(|person| person.join().expect("it ends"))
    });
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(65)]);
    assert_eq!(decided(&office).len(), 1);
}

#[test]
fn what_the_page_of_the_officer_shows_works() {
    let page = include_str!("../../docs/RISK.md");
    let blocks = |language: &str| {
        let fence = format!("```{language}\n");
        let parts = page.split(&fence).skip(1);
        let blocks = parts.filter_map(|part| part.split("```").next());
        blocks.map(str::to_owned).collect::<Vec<_>>()
    };
    let office = Office::new();
    let fields = json!({"communicationNumber": "E-2", "customerExtId": "I-22", "isPEP": true});
    office.answer("customer", "one", &with(evaluated("1", "IND"), fields));
    let file = blocks("json")
        .into_iter()
        .find(|json| json.contains("decidedBy"));
    let file = serde_json::from_str(&file.expect("the form")).expect("JSON");
    let answer = office.answer("decisions", "any-name", &file);
    assert_eq!(answer["resultType"], "REQUEST_ACCEPTED", "{answer}");
    let queries = blocks("sql");
    assert_eq!(queries.len(), 3);
    for sql in queries {
        let rows = printed(&office, &["query", &sql]);
        assert!(rows.lines().count() > 1, "{sql}\n{rows}");
    }
}
