//! Who is let in, and from where.

use super::client::Desk;
use super::common::Office;

/// A path of each page.
const PAGES: [&str; 8] = [
    "/",
    "/drop",
    "/batches",
    "/customer",
    "/decisions",
    "/figures",
    "/classifiers",
    "/ask",
];

fn office() -> Office {
    let office = Office::new();
    office.once();
    office
}

#[test]
fn every_page_needs_the_cookie() {
    let office = office();
    let desk = Desk::open(&office);
    for path in PAGES {
        desk.page(path);
        let answer = desk.ask("GET", path, &[("Host", &desk.host)], b"");
        assert_eq!(answer.status, 403, "{path}");
        let other = desk.cookie.clone() + "0";
        let with = [("Host", desk.host.as_str()), ("Cookie", &other)];
        assert_eq!(desk.ask("GET", path, &with, b"").status, 403, "{path}");
    }
}

#[test]
fn only_the_token_of_the_address_lets_a_browser_in() {
    let office = office();
    let desk = Desk::open(&office);
    for path in [
        "/open/",
        "/open/0",
        &format!("{}0", desk.opening),
        &desk.opening[..20],
    ] {
        let answer = desk.ask("GET", path, &[("Host", &desk.host)], b"");
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.header("set-cookie"), None, "{path}");
    }
    let cookie = desk.get(&desk.opening);
    let cookie = cookie.header("set-cookie").expect("a cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
}

#[test]
fn a_name_that_was_bound_to_loopback_is_refused() {
    let office = office();
    let desk = Desk::open(&office);
    let port = desk.host.rsplit(':').next().expect("a port");
    let local = format!("localhost:{port}");
    let with = |host| desk.ask("GET", "/", &[("Host", host), ("Cookie", &desk.cookie)], b"");
    assert_eq!(with(&local).status, 200);
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        "127.0.0.1",
        "",
    ] {
        assert_eq!(with(host).status, 403, "{host}");
    }
    assert_eq!(
        desk.ask("GET", "/", &[("Cookie", &desk.cookie)], b"")
            .status,
        403
    );
}

#[test]
fn a_form_must_come_from_a_page_of_the_desk() {
    let office = office();
    let desk = Desk::open(&office);
    let own = format!("http://{}", desk.host);
    let with = |origin: &[(&'static str, &str)], path: &str| {
        let mut headers = vec![("Host", desk.host.as_str()), ("Cookie", &desk.cookie)];
        headers.extend(origin);
        desk.ask("POST", path, &headers, b"").status
    };
    // No form at all, a wrong one, and no Origin, another one, one that a sandbox has.
    assert_eq!(with(&[("Origin", &own)], "/drop"), 403);
    assert_eq!(with(&[("Origin", &own)], "/drop?form=0"), 403);
    let form = super::client::action(&desk.page("/drop"), "/drop");
    assert_eq!(with(&[], &form), 403);
    for other in [
        "http://evil.example",
        "null",
        "https://127.0.0.1",
        "http://127.0.0.1:1",
    ] {
        assert_eq!(with(&[("Origin", other)], &form), 403, "{other}");
    }
    assert_ne!(with(&[("Origin", &own)], &form), 403);
}

#[test]
fn no_answer_is_kept_framed_or_guessed_at() {
    let office = office();
    let desk = Desk::open(&office);
    let refused = desk.ask("GET", "/", &[("Host", &desk.host)], b"");
    for answer in [
        desk.get("/"),
        desk.get("/none"),
        desk.get("/desk.js"),
        refused,
    ] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    for path in PAGES {
        let page = desk.page(path);
        for forbidden in [
            " style=",
            " onclick=",
            " onload=",
            "javascript:",
            "<script>",
        ] {
            assert!(!page.contains(forbidden), "{path} has {forbidden}");
        }
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "{path}"
        );
    }
}

#[test]
fn what_no_page_understands_is_answered_as_a_page() {
    let office = office();
    let desk = Desk::open(&office);
    let method = [("Host", desk.host.as_str()), ("Cookie", &desk.cookie)];
    let answers = [
        desk.get("/none"),
        desk.get("/../../etc/passwd"),
        desk.get("/batch/%FF"),
        desk.get("/customer?q=%FF%FE&q=twice"),
        desk.ask("HEAD", "/none", &method, b""),
        desk.send(
            &super::client::action(&desk.page("/drop"), "/drop").replace("/drop", "/"),
            &[],
        ),
    ];
    for answer in answers {
        assert!(
            (400..500).contains(&answer.status) || answer.status == 200,
            "{}",
            answer.head
        );
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{}",
            answer.head
        );
    }
}
