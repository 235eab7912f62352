//! Files that are dropped onto the desk: checked, sent or not, and waited for.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::client::{Answer, Desk, action};
use super::common::daemon::{Daemon, eventually};
use super::common::{Office, person, with};

const BOUNDARY: &str = "----of-the-test";

/// The form of the page, as a browser sends it.
fn form(endpoint: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"endpoint\"\r\n\r\n{endpoint}\r\n"
    )
    .into_bytes();
    for (name, content) in files {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 Content-Type: application/json\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn drop_files(desk: &Desk, endpoint: &str, files: &[(&str, &[u8])]) -> Answer {
    let to = action(&desk.page("/drop"), "/drop");
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    desk.post(&to, &kind, &form(endpoint, files))
}

/// Drops a batch; the address of what was found.
fn check(desk: &Desk, name: &str, customers: &[Value]) -> String {
    let body = json!({ "customers": customers }).to_string();
    let answer = drop_files(desk, "batch-customers", &[(name, body.as_bytes())]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").expect("an address").to_owned()
}

/// Presses a button of a file, or of all; where that leads to.
fn press(desk: &Desk, at: &str, verb: &str) -> String {
    let page = desk.page(at);
    let to = action(&page, &format!("{at}/{verb}"));
    let key = page.split("name=\"file\" value=\"").nth(1);
    let key = key.and_then(|rest| rest.split('"').next()).expect("a key");
    let answer = desk.send(&to, &[("file", key)]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").expect("an address").to_owned()
}

fn office() -> Office {
    let office = Office::new();
    office.once();
    office
}

fn bad(id: &str) -> Value {
    with(person(id), json!({"citizenshipCountry": "LTU"}))
}

#[test]
fn a_file_is_checked_fixed_checked_again_sent_and_answered() {
    let office = office();
    let desk = Desk::open(&office);
    let at = check(&desk, "spring.json", &[person("1"), bad("2")]);
    let page = desk.page(&at);
    for said in [
        "spring.json",
        "citizenshipCountry = &quot;LTU&quot;",
        "LT (Lithuania)",
        "line 1, column",
        "of the file",
        "Ona Petraitė",
        "Sent as it is, the rejected customers are not saved.",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(office.value("SELECT count(*) FROM v_batch"), 0);
    assert!(office.files("watch-dir/inbox").is_empty());
    assert_eq!(press(&desk, &at, "remove"), "/drop");
    assert_eq!(desk.get(&at).status, 404);

    let at = check(&desk, "spring.json", &[person("1"), person("2")]);
    let sent = press(&desk, &at, "send");
    assert_eq!(
        sent,
        "/sent?endpoint=batch-customers&after=0&name=spring.json"
    );
    assert_eq!(
        office.files("watch-dir/inbox"),
        ["batch-customers/spring.json"]
    );
    let page = desk.page(&sent);
    assert!(page.contains("it is not running now"), "{page}");
    let live = sent.replace("/sent?", "/sent/live?");
    assert_eq!(desk.get(&live).header("x-next"), None);
    office.once();
    let answer = desk.get(&live);
    assert_eq!(answer.header("x-next"), Some("/batch/1"));
    // Whoever looks again without a script is led on, too.
    assert_eq!(desk.get(&sent).header("location"), Some("/batch/1"));
    assert_eq!(
        office.response("batch-customers/spring")["results"][1]["resultType"],
        "REQUEST_ACCEPTED"
    );
    // Sent once: the check is gone.
    assert_eq!(desk.get(&at).status, 404);
}

#[test]
fn a_running_daemon_answers_what_was_sent() {
    let office = Office::new();
    let daemon = Daemon::start(&office);
    let desk = Desk::open(&office);
    let at = check(&desk, "x.json", &[person("1")]);
    let live = press(&desk, &at, "send").replace("/sent?", "/sent/live?");
    let next = eventually("the batch", || {
        desk.get(&live).header("x-next").map(str::to_owned)
    });
    assert!(desk.page(&next).contains("x.json"));
    let log = daemon.log() + &std::fs::read_to_string(office.at("desk.log")).expect("a log");
    assert!(!log.contains("Petrait"), "{log}");
    daemon.stop();
}

#[test]
fn names_that_the_inbox_would_not_take_or_has_are_changed_and_said() {
    let office = office();
    let desk = Desk::open(&office);
    for (given, name) in [
        ("../../../x", "x.json"),
        (".x.json", "x.2.json"),
        ("a\u{202e}b.json", "ab.json"),
        ("<script>alert(1)<%22'.json", "<script>alert(1)<%22'.json"),
    ] {
        let at = check(&desk, given, &[person(name)]);
        let page = desk.page(&at);
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(!page.contains('\u{202e}'), "{page}");
        let sent = press(&desk, &at, "send");
        let inbox = office.files("watch-dir/inbox");
        let path = format!("batch-customers/{name}");
        assert!(inbox.contains(&path), "{path}: {inbox:?}");
        let page = desk.page(&sent);
        assert!(!page.contains("<script>alert"), "{page}");
    }
    let page = desk.page(&check(&desk, ".x.json", &[person("9")]));
    assert!(
        page.contains("It will be called <strong>x.json</strong>"),
        "{page}"
    );
}

#[test]
fn what_is_no_request_is_said_and_nothing_is_left_of_it() {
    let office = office();
    let desk = Desk::open(&office);
    let files: [(&str, &[u8]); 2] = [("broken.json", b"{\"customers\": [}"), ("empty.json", b"")];
    let answer = drop_files(&desk, "batch-customers", &files);
    let at = answer.header("location").expect("an address").to_owned();
    let page = desk.page(&at);
    assert_eq!(page.matches("<p>not a request").count(), 2, "{page}");
    assert!(page.contains("Send all"), "{page}");
    let kept = || {
        let mut files = office.files("kycdrop.desk");
        files.retain(|name| name.starts_with("dropped-"));
        files
    };
    assert_eq!(kept().len(), 2);
    for name in kept() {
        let mode = office
            .at("kycdrop.desk")
            .join(name)
            .metadata()
            .expect("a file");
        assert_eq!(mode.permissions().mode() & 0o077, 0);
    }
    assert_eq!(press(&desk, &at, "remove"), at);
    assert_eq!(kept().len(), 1);
    let form = desk.page("/drop");
    assert!(
        form.contains(&format!("<a href=\"{at}\">empty.json</a>")),
        "{form}"
    );
    // Only so many are kept.
    for i in 0..12 {
        check(&desk, &format!("{i}.json"), &[person("1")]);
    }
    assert_eq!(kept().len(), 8);
    assert_eq!(desk.close(), Some(0));
    assert_eq!(kept().len(), 0);
}

#[test]
fn a_file_that_is_not_taken_is_said() {
    let office = office();
    let desk = Desk::open(&office);
    let place = office.at("watch-dir/inbox/customer");
    std::fs::create_dir_all(&place).expect("a folder");
    std::os::unix::fs::symlink("elsewhere", place.join("x.json")).expect("a link");
    let page = desk.page("/sent?endpoint=customer&after=0&name=x.json");
    assert!(page.contains("kycdrop does not take it"), "{page}");
}

#[test]
fn several_files_are_sent_together() {
    let office = office();
    let desk = Desk::open(&office);
    let body = |id: &str| person(id).to_string();
    let (a, b) = (body("1"), body("2"));
    let files: [(&str, &[u8]); 2] = [("a.json", a.as_bytes()), ("b.json", b.as_bytes())];
    let answer = drop_files(&desk, "customer", &files);
    let at = answer.header("location").expect("an address").to_owned();
    let to = action(&desk.page(&at), &format!("{at}/send"));
    let answer = desk.send(&to, &[]);
    let sent = answer.header("location").expect("an address").to_owned();
    assert_eq!(
        sent,
        "/sent?endpoint=customer&after=0&name=a.json&name=b.json"
    );
    office.once();
    let page = desk.page(&sent);
    assert!(
        page.contains("/batch/1") && page.contains("/batch/2"),
        "{page}"
    );
    assert!(!page.contains("data-live"), "{page}");
}

#[test]
fn many_findings_are_counted_and_some_are_shown() {
    let office = office();
    let desk = Desk::open(&office);
    let customers: Vec<_> = (0..250).map(|i| bad(&i.to_string())).collect();
    let page = desk.page(&check(&desk, "many.json", &customers));
    assert_eq!(page.matches("citizenshipCountry = ").count(), 200);
    assert!(
        page.contains("More findings: <data value=\"50\">50</data>"),
        "{page}"
    );
}

#[test]
fn what_is_wrong_with_the_form_is_said() {
    let office = Office::configured("max_file_bytes = \"100kB\"\n");
    office.once();
    let desk = Desk::open(&office);
    let large = vec![b' '; 3 << 20];
    let files: [(&str, &[u8]); 2] = [("large.json", &large), ("x.json", b"{}")];
    let answer = drop_files(&desk, "batch-customers", &files);
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("too large"), "{}", answer.body);
    // Each file is small enough.
    let half = vec![b' '; 60_000];
    let files: [(&str, &[u8]); 2] = [("a.json", &half), ("b.json", &half)];
    let answer = drop_files(&desk, "batch-customers", &files);
    let at = answer.header("location").expect("an address").to_owned();
    press(&desk, &at, "remove");
    press(&desk, &at, "remove");
    let many = [("x.json", b"{}".as_slice()); 21];
    assert_eq!(drop_files(&desk, "customer", &many).status, 413);
    assert_eq!(drop_files(&desk, "customer", &[]).status, 400);
    assert_eq!(drop_files(&desk, "customer", &[("", b"")]).status, 400);
    assert_eq!(
        drop_files(&desk, "decisions", &[("x.json", b"{}")]).status,
        400
    );
    let to = action(&desk.page("/drop"), "/drop");
    assert_eq!(desk.send(&to, &[("endpoint", "customer")]).status, 400);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    assert_eq!(desk.post(&to, &kind, b"--nothing").status, 400);
    assert!(
        !office
            .files("kycdrop.desk")
            .iter()
            .any(|name| name.starts_with("dropped-"))
    );
    for path in [
        "/sent",
        "/sent?endpoint=customer&after=0",
        "/sent?endpoint=none&after=0&name=x",
        "/sent?endpoint=customer&after=x&name=x",
        "/sent/live",
    ] {
        assert_eq!(desk.get(path).status, 400, "{path}");
    }
    assert_eq!(desk.get("/drop/none").status, 404);
    let to = to.replace("/drop?", "/drop/none/send?");
    assert_eq!(desk.send(&to, &[]).status, 404);
    let gone = desk.page("/sent?endpoint=customer&after=0&name=x.json");
    assert!(gone.contains("is not in the inbox"), "{gone}");
}
