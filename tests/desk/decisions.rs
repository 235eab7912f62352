//! *Decisions*: what waits for a person, and what a person decides.

use serde_json::{Value, json};

use super::asking::evaluated;
use super::client::{Answer, Desk, action, without_fields};
use super::common::daemon::Daemon;
use super::common::{Office, company, person, with};

/// Two customers whom the shipped matrix leaves to a person.
fn office() -> Office {
    let office = Office::new();
    office.answer("customer", "one", &evaluated("1", "IND"));
    office.answer("customer", "two", &evaluated("2", "IND"));
    office
}

/// A customer who may be the one on a list, for two processes.
fn listed(name: &str) -> Office {
    let office = Office::new();
    office.write("lists/own.toml", "title = \"Ours\"\nprocess = [\"SANCTIONS\", \"PEP\"]\nformat = \"csv\"\nfile = \"own.csv\"\n");
    office.write(
        "lists/own.csv",
        format!("id,name,aliases,birth_date,country,reason\n7,Jonas {name},,1970-02-03,,\n"),
    );
    let fields = json!({"initializeScreeningProcesses": ["SANCTIONS", "PEP"], "firstName": "Jonas",
        "lastName": name, "birthDate": "1970-02-03", "sourceOfRiskLevel": "IMPORT"});
    office.answer("customer", "1", &with(person("1"), fields));
    office
}

/// A form of a decision as it is shown, with some of its fields filled in.
struct Form<'d> {
    desk: &'d Desk,
    page: String,
}

impl Form<'_> {
    fn of<'d>(desk: &'d Desk, path: &str) -> Form<'d> {
        let page = desk.page(path);
        Form { desk, page }
    }

    fn hidden(&self, name: &str) -> String {
        let from = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let value = self
            .page
            .split(&from)
            .nth(1)
            .unwrap_or_else(|| panic!("{name} in {}", self.page));
        value.split('"').next().expect("a value").to_owned()
    }

    fn send(&self, typed: &[(&str, &str)]) -> Answer {
        let names = ["number", "process", "related", "seen"];
        let hidden: Vec<_> = names
            .iter()
            .map(|name| (*name, self.hidden(name)))
            .collect();
        let mut fields: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        fields.extend(typed);
        self.desk.send(&action(&self.page, "/decisions"), &fields)
    }
}

const ACCEPT: [(&str, &str); 4] = [
    ("decision", "ACCEPTED"),
    ("ground", "RISK_ACCEPTED"),
    ("level", "HIGH"),
    ("by", "Rasa P."),
];

const DISMISS: [(&str, &str); 3] = [
    ("decision", "DISMISSED"),
    ("comment", "born in another year"),
    ("by", "Rasa P."),
];

/// The queue that a sent decision leads to.
fn queue(desk: &Desk, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let to = answer.header("location").expect("where it leads to");
    assert!(to.starts_with("/decisions?decided="), "{to}");
    desk.page(to)
}

fn decided(office: &Office) -> Vec<Value> {
    let rows = office.rows(
        "SELECT communication_number AS number, decision, final_risk_level AS level, decision_ground AS ground,
                decided_by AS by, comment FROM v_decision WHERE decided_by IS NOT NULL ORDER BY 1",
    );
    rows.into_iter().map(Value::Object).collect()
}

#[test]
fn a_person_accepts_and_rejects_and_the_history_keeps_who() {
    let office = office();
    let daemon = Daemon::start(&office);
    let desk = Desk::open(&office);
    let waiting = desk.page("/decisions");
    for text in [
        "href=\"/decisions?number=N-1\"",
        "href=\"/customer?id=X-1&amp;unit=\"",
        "too little is known",
    ] {
        assert!(waiting.contains(text), "{text} in {waiting}");
    }
    let form = Form::of(&desk, "/decisions?number=N-1");
    for text in [
        "Evaluation: MEDIUM",
        "MEDIUM (computed)",
        "(RISK_ACCEPTED)",
        "<code>firstName</code>",
    ] {
        assert!(form.page.contains(text), "{text} in {}", form.page);
    }
    let comment = [("comment", "Seen\r\nin person")];
    let said = queue(&desk, &form.send(&[&ACCEPT[..], &comment].concat()));
    assert!(
        said.contains("accepted, HIGH. Decided by Rasa P., "),
        "{said}"
    );
    assert!(
        !said.contains("href=\"/customer?id=X-1&amp;unit=\""),
        "{said}"
    );
    let reject = [
        ("decision", "REJECTED"),
        ("ground", "RISK_ACCEPTED"),
        ("by", "Jonas"),
    ];
    let form = Form::of(&desk, "/decisions?number=N-2");
    let said = queue(&desk, &form.send(&reject));
    assert!(
        said.contains("rejected, MEDIUM. Decided by Jonas, "),
        "{said}"
    );
    assert!(said.contains("Nothing waits for a decision."), "{said}");
    daemon.stop();
    assert_eq!(
        decided(&office),
        [
            json!({"number": "N-1", "decision": "ACCEPTED", "level": "HIGH", "ground": "RISK_ACCEPTED",
                "by": "Rasa P.", "comment": "Seen\nin person"}),
            json!({"number": "N-2", "decision": "REJECTED", "level": "MEDIUM", "ground": "RISK_ACCEPTED",
                "by": "Jonas", "comment": null}),
        ]
    );
    assert_eq!(office.files("watch-dir/outbox/decisions"), [""; 0]);
    let life = desk.page("/customer?id=X-1&unit=");
    assert!(
        life.contains("Rasa P.") && life.contains("RISK_ACCEPTED"),
        "{life}"
    );
}

#[test]
fn while_nothing_works_on_the_home_a_decision_waits_in_the_inbox() {
    let office = office();
    let desk = Desk::open(&office);
    let second = Form::of(&desk, "/decisions?number=N-1");
    let said = queue(&desk, &second.send(&ACCEPT));
    assert!(
        said.contains("waits in the inbox until kycdrop runs"),
        "{said}"
    );
    assert!(said.contains("a decision waits in the inbox"), "{said}");
    assert_eq!(decided(&office), [Value::Null; 0]);
    let again = desk.page("/decisions?number=N-1");
    assert!(again.contains("It is by Rasa P."), "{again}");
    // The desk answers no file itself.
    assert_eq!(office.files("watch-dir/inbox/decisions").len(), 1);
    office.once();
    assert_eq!(decided(&office).len(), 1);
    let said = desk.page("/decisions?decided=N-1");
    assert!(
        said.contains("accepted, HIGH. Decided by Rasa P., "),
        "{said}"
    );
}

#[test]
fn matches_are_confirmed_and_dismissed_with_both_sides_in_view() {
    let office = listed("Kalvaitis");
    let daemon = Daemon::start(&office);
    let desk = Desk::open(&office);
    let waiting = desk.page("/decisions");
    assert!(
        waiting.contains("href=\"/decisions?number=N-1&amp;process=PEP\""),
        "{waiting}"
    );
    let form = Form::of(&desk, "/decisions?number=N-1&process=PEP");
    for text in [
        "<dt>birthDate</dt><dd>1970-02-03</dd>",
        "Jonas Kalvaitis",
        "<td>kalvaitis</td>",
        "own of ",
    ] {
        assert!(form.page.contains(text), "{text} in {}", form.page);
    }
    let said = queue(&desk, &form.send(&DISMISS));
    assert!(
        said.contains("PEP, dismissed: somebody else. Decided by Rasa P., "),
        "{said}"
    );
    let form = Form::of(&desk, "/decisions?number=N-1&process=SANCTIONS");
    let confirm = [
        ("decision", "CONFIRMED"),
        ("comment", "the same"),
        ("by", "Jonas"),
    ];
    let said = queue(&desk, &form.send(&confirm));
    assert!(
        said.contains("SANCTIONS, confirmed: the same. Decided by Jonas, "),
        "{said}"
    );
    // Another window, opened before.
    let answer = form.send(&DISMISS);
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("decided by Jonas at "),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("You wrote: born in another year"),
        "{}",
        answer.body
    );
    daemon.stop();
    let rows = office.rows("SELECT process, confirmed, decided_by FROM v_screening ORDER BY 1");
    assert_eq!(
        Value::from(rows),
        json!([
            {"process": "PEP", "confirmed": 0, "decided_by": "Rasa P."},
            {"process": "SANCTIONS", "confirmed": 1, "decided_by": "Jonas"},
        ])
    );
}

#[test]
fn a_match_of_a_related_entity_is_decided_by_its_number() {
    let office = listed("Kalvaitis");
    let related = json!([
        {"entityType": "INDIVIDUAL", "relationType": "DIRECTOR", "firstName": "Ona", "lastName": "Petraitytė"},
        {"entityType": "INDIVIDUAL", "relationType": "OWNER", "extId": "R-2", "firstName": "Jonas",
         "lastName": "Kalvaitis", "birthDate": "1970-02-03"},
    ]);
    let fields = json!({"initializeScreeningProcesses": ["PEP"], "listRelatedEntity": related,
        "sourceOfRiskLevel": "IMPORT"});
    office.answer("customer", "2", &with(company("2"), fields));
    let desk = Desk::open(&office);
    let path = "/decisions?number=N-2&process=PEP&related=2";
    let waiting = desk.page("/decisions");
    assert!(waiting.contains(&path.replace('&', "&amp;")), "{waiting}");
    let form = Form::of(&desk, path);
    assert!(
        form.page.contains("<dt>extId</dt><dd>R-2</dd>"),
        "{}",
        form.page
    );
    let said = queue(&desk, &form.send(&DISMISS));
    assert!(
        said.contains("waits in the inbox until kycdrop runs"),
        "{said}"
    );
    office.once();
    let said = desk.page(&path.replace("number", "decided"));
    assert!(
        said.contains("PEP, dismissed: somebody else. Decided by Rasa P., "),
        "{said}"
    );
}

#[test]
fn what_is_refused_is_said_in_the_form_and_nothing_typed_is_lost() {
    let office = office();
    let desk = Desk::open(&office);
    let form = Form::of(&desk, "/decisions?number=N-1");
    let refused = |name: &str, value: &str, why: &str| {
        let mut typed: Vec<_> = ACCEPT.to_vec();
        typed.push(("comment", "<b>kept</b>"));
        typed.retain(|(n, _)| *n != name);
        typed.push((name, value));
        let answer = form.send(&typed);
        assert_eq!(answer.status, 400, "{}", answer.body);
        let page = answer.body;
        assert!(page.contains(why), "{why} in {page}");
        assert!(
            page.contains("&lt;b&gt;kept&lt;/b&gt;</textarea>"),
            "{page}"
        );
        assert!(
            name == "level" || page.contains("value=\"HIGH\" selected"),
            "{page}"
        );
    };
    refused("by", " ", "Write your name");
    refused("decision", "", "Choose what you decide");
    refused("ground", "", "Choose a ground");
    refused("ground", "RISK_ACEPTED", "did you mean RISK_ACCEPTED?");
    refused("level", "NONE", "finalRiskLevel is not");
    refused(
        "decision",
        "CONFIRMED",
        "decision is not ACCEPTED or REJECTED",
    );
    refused(
        "by",
        &"ą".repeat(257),
        "is not a name of 1 to 256 characters",
    );
    assert_eq!(office.files("watch-dir/inbox"), [""; 0]);
}

#[test]
fn the_second_window_sees_by_whom_it_was_decided() {
    let office = office();
    let desk = Desk::open(&office);
    let (one, other) = (
        Form::of(&desk, "/decisions?number=N-1"),
        Form::of(&desk, "/decisions?number=N-1"),
    );
    assert_eq!(one.send(&ACCEPT).status, 303);
    office.once();
    let answer = other.send(&[&ACCEPT[..3], &[("by", "Jonas")]].concat());
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("Not recorded."), "{}", answer.body);
    assert!(
        answer.body.contains("decided by Rasa P. at "),
        "{}",
        answer.body
    );
    assert!(!answer.body.contains("name=\"ground\""), "{}", answer.body);
    assert_eq!(decided(&office).len(), 1);
}

#[test]
fn an_evaluation_that_was_done_again_is_looked_at_again() {
    let office = office();
    let desk = Desk::open(&office);
    let form = Form::of(&desk, "/decisions?number=N-1");
    let action = action(&form.page, "/decisions");
    let fields = [("number", "N-1"), ("seen", "2020-01-01T00:00:00.000Z")];
    let answer = desk.send(&action, &[&fields[..], &ACCEPT].concat());
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("Look at it once more"),
        "{}",
        answer.body
    );
}

#[test]
fn the_queue_has_pages_the_oldest_first_and_counts_what_waits_for_a_matrix() {
    let office = Office::new();
    office.once();
    let desk = Desk::open(&office);
    assert!(
        desk.page("/decisions")
            .contains("Nothing waits for a decision.")
    );
    for n in 10..40 {
        office.drop(
            format!("customer/{n}.json"),
            evaluated(&n.to_string(), "IND").to_string(),
        );
    }
    office.once();
    office.edit("risk/example.toml", "\"IND_PK\", ", "");
    office.answer("customer", "unrated", &evaluated("99", "IND_PK"));
    let first = desk.page("/decisions");
    let numbers = |page: &str| page.matches("href=\"/decisions?number=N-").count();
    assert_eq!(numbers(&first), 25);
    assert!(
        first.contains("<data value=\"1\">1</data> evaluations wait for a risk matrix"),
        "{first}"
    );
    assert!(!first.contains("N-99"), "{first}");
    let next = first
        .split("/decisions?evaluations=")
        .nth(1)
        .expect("a next page");
    let next = next.split('"').next().expect("an address");
    let second = desk.page(&format!("/decisions?evaluations={next}"));
    assert_eq!(numbers(&second), 5);
    assert!(
        second.contains("First page") && !second.contains("Next page"),
        "{second}"
    );
}

#[test]
fn hostile_names_are_text_and_wrong_parameters_have_a_page() {
    let name = "<script>alert(1)</script>\u{202e}'";
    let office = Office::new();
    let customer = with(
        evaluated("1", "IND"),
        json!({"firstName": name, "communicationNumber": name}),
    );
    office.answer("customer", "one", &customer);
    let daemon = Daemon::start(&office);
    let desk = Desk::open(&office);
    let number: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let form = Form::of(&desk, &format!("/decisions?number={number}"));
    let fields = [("number", name), ("seen", &form.hidden("seen"))];
    let by = [("by", "<i>Rasa</i>")];
    let sent = desk.send(
        &action(&form.page, "/decisions"),
        &[&fields[..], &ACCEPT[..3], &by].concat(),
    );
    let said = queue(&desk, &sent);
    assert!(said.contains("&lt;i&gt;Rasa&lt;/i&gt;"), "{said}");
    for page in [&form.page, &said, &desk.page("/customer?id=X-1&unit=")] {
        assert!(!page.contains("<script>"), "{page}");
        assert!(!without_fields(page).contains('\u{202e}'), "{page}");
    }
    for (path, status) in [
        ("/decisions?number=nothing", 404),
        ("/decisions?number=nothing&process=PEP&related=1", 404),
        ("/decisions?number=N&process=NONE", 400),
        ("/decisions?number=N&process=PEP&related=0", 400),
        ("/decisions?number=N&related=x", 400),
        ("/decisions?evaluations=x", 400),
        ("/decisions?evaluations=-5&matches=9223372036854775807", 200),
        ("/decisions?decided=nothing", 200),
    ] {
        let answer = desk.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.body.contains("</html>"), "{path}");
    }
    let empty = desk.send(&action(&form.page, "/decisions"), &[]);
    assert_eq!(empty.status, 404);
    let log = daemon.log();
    daemon.stop();
    let own = std::fs::read_to_string(office.at("desk.log")).expect("the log");
    for log in [&log, &own] {
        assert!(!log.contains("Rasa") && !log.contains("alert(1)"), "{log}");
    }
}
