//! What each command shows to a person: snapshots of a terminal of 80 columns, and of one of 40 for
//! the tables. What steers a terminal is made visible: ␛ is the escape, ␍ the return without a line.

use crate::asking;
use crate::common;
use crate::terminal;

use asking::{DEMO, MOMENT, a_life, a_wrong_batch, at_once, masked, still, without_numbers};
use common::daemon::eventually;
use common::{Office, person, with};
use serde_json::json;
use terminal::{Shown, shown, start, width};

/// Output without what differs with each run: moments of the log, and how long something took.
fn steady(text: &str, office: &Office) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("T") {
        // 2026-11-21T09:30:00.000000Z
        let day = before.get(before.len().saturating_sub(10)..).unwrap_or("");
        let time = after.get(..16).unwrap_or("");
        let moment = day.len() == 10
            && day.bytes().all(|b| b.is_ascii_digit() || b == b'-')
            && time.ends_with('Z')
            && time.as_bytes()[8] == b'.';
        if moment {
            out += &before[..before.len() - 10];
            out += "2026-11-21T09:30:00.000000Z";
            rest = &after[16..];
        } else {
            out += before;
            out.push('T');
            rest = after;
        }
    }
    out += rest;
    let ms = "␛[3mms␛[0m␛[2m=␛[0m";
    let mut parts = out.split(ms);
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        steady = steady + ms + "1" + part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    // Where the folder of temporary files lies on a share, the log says that too.
    let lines = steady.split_inclusive('\n');
    let steady: String = lines
        .filter(|line| !line.contains("lies on a network share"))
        .collect();
    masked(&steady, office)
}

/// What an account shows.
fn printed(office: &Office, args: &[&str]) -> String {
    let Shown { text, status } = shown(office, 80, args);
    assert!(status.success(), "{args:?}: {status}\n{text}");
    steady(&text, office)
}

/// What a table shows at 80 and at 40 columns. Nothing of it is cut off.
fn table(office: &Office, args: &[&str]) -> String {
    let [wide, narrow] = [80u16, 40].map(|columns| {
        let Shown { text, status } = shown(office, columns, args);
        assert!(status.success(), "{args:?}: {status}\n{text}");
        let text = masked(&text, office);
        // Sentences before and after it are folded by the terminal.
        let talk =
            |line: &&str| !line.starts_with("only the first") && !line.ends_with(": no problems");
        let rows: Vec<&str> = text.lines().filter(talk).collect();
        assert!(
            width(&rows.join("\n")) <= usize::from(columns),
            "{args:?} at {columns}:\n{text}"
        );
        text
    });
    format!("{wide}\n40 columns:\n\n{narrow}")
}

/// A customer whose every text tries to steer the terminal.
fn hostile() -> Office {
    let office = Office::on(MOMENT);
    let evil = "a\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J\u{202e}right\r\nline\tb";
    let customers = [
        with(
            person("1"),
            json!({"lastName": evil, "customerExtId": evil, "requester": evil}),
        ),
        with(
            person("2"),
            json!({"citizenshipCountry": evil, "customerExtId": evil, evil: 1}),
        ),
    ];
    office.batch("steers", &customers);
    office.write("steers.json", json!({"customers": customers}).to_string());
    still(office)
}

#[test]
fn run_from_its_start_to_ctrl_c() {
    let office = Office::new();
    let mut session = start(&office, 80, &["run"], &[]);
    session.wait_for("watch-dir/outbox");
    session.press("\u{3}");
    let Shown { text, status } = session.end();
    assert!(status.success(), "{status}\n{text}");
    // The terminal's echo of the key stands wherever the line before it has come to.
    insta::assert_snapshot!(steady(&text.replace("^C", ""), &office));
}

#[test]
fn once_with_files_and_without() {
    let office = Office::new();
    printed(&office, &["once"]);
    office.drop(
        "batch-customers/a.json",
        json!({"customers": [person("1"), {}]}).to_string(),
    );
    office.drop("nowhere/b.json", "{}");
    insta::assert_snapshot!(printed(&office, &["once"]));
}

#[test]
#[cfg(debug_assertions)]
fn a_large_file_has_a_bar_that_goes_away() {
    let office = Office::new();
    let mut one = String::from("{\"customers\":[");
    for i in 0..5_000 {
        let comma = if i == 0 { "" } else { "," };
        one += &format!("{comma}{}", person(&i.to_string()));
    }
    office.drop("batch-customers/large.json", one + "]}");
    // As if it had taken a second already, however fast the machine is.
    let Shown { text, status } =
        start(&office, 80, &["once"], &[("KYCDROP_FAULT", "bar=on")]).end();
    assert!(status.success(), "{text}");
    let (_, bar) = text.split_once("validated, ").expect("a bar");
    assert!(bar.contains("left"), "{bar}");
    let (_, end) = text.rsplit_once("␛[2K").expect("the bar is wiped away");
    assert!(!end.contains("judged, "), "{end}");
    assert!(
        text.ends_with("1 file answered: 5000 customers accepted, 0 rejected\n"),
        "{text}"
    );
}

#[test]
fn check_shows_the_answer_and_the_sum() {
    let office = Office::new();
    office.write(
        "x.json",
        json!({"customers": [person("1"), {"requester": "\u{1b}[31m"}]}).to_string(),
    );
    let Shown { text, status } = shown(&office, 80, &["check", "x.json"]);
    assert_eq!(status.code(), Some(1));
    // How long it took is another with each run.
    insta::assert_snapshot!(masked(&at_once(&text), &office));
}

#[test]
fn status_after_work() {
    let office = still(a_life());
    office.drop("batch-customers/wai\u{1b}[31mts.json", "{");
    let text = printed(&office, &["status"]);
    // How long the oldest waits is another with each run.
    let text: Vec<&str> = text
        .lines()
        .map(|l| l.split(", the oldest").next().unwrap_or(l))
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn explain_shows_a_batch_a_customer_and_a_code() {
    let office = still(a_wrong_batch());
    insta::assert_snapshot!(printed(&office, &["explain", "wrong.json"]));
    insta::assert_snapshot!(printed(&office, &["explain", "1", "--customer", "3"]));
    insta::assert_snapshot!(printed(&office, &["explain", "O005"]));
}

#[test]
fn history_shows_a_life() {
    insta::assert_snapshot!(printed(&still(a_life()), &["history", "I-4711"]));
}

#[test]
fn what_customers_say_steers_no_terminal() {
    let office = hostile();
    let sql = "SELECT position, customer_ext_id, payload ->> '$.requester' AS requester
               FROM v_rejection ORDER BY position";
    for args in [
        &["explain", "1"][..],
        &["query", sql],
        &["query", "--format", "csv", sql],
        &["query", "--format", "json", sql],
        &["query", "SELECT payload FROM v_rejection"],
        &["query", "--format", "csv", "SELECT path FROM v_warning"],
        &[
            "history",
            "a\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J\u{202e}right\r\nline\tb",
        ],
        &["status"],
        &["status", "--format", "json"],
        &["explain", "1", "--format", "json"],
        &["explain", "1", "--format", "csv"],
        &["explain", "1", "--rejected"],
        &["check", "steers.json"],
    ] {
        let Shown { text, .. } = shown(&office, 80, args);
        for steers in ['␛', '␍', '\u{7}', '\u{9b}', '\u{202e}'] {
            assert!(!text.contains(steers), "{args:?}: {steers:?} in\n{text}");
        }
    }
    insta::assert_snapshot!(printed(&office, &["explain", "1"]));
    insta::assert_snapshot!(table(&office, &["query", sql]));
}

#[test]
fn pending_as_a_table() {
    insta::assert_snapshot!(table(&still(a_life()), &["pending"]));
}

#[test]
fn query_in_every_format() {
    let office = still(a_life());
    let sql = "SELECT batch_id, file_name, accepted, rejected FROM v_batch ORDER BY batch_id";
    insta::assert_snapshot!(table(&office, &["query", sql]));
    insta::assert_snapshot!(printed(&office, &["query", "--format", "csv", sql]));
    insta::assert_snapshot!(printed(&office, &["query", "--format", "json", sql]));
    insta::assert_snapshot!(table(&office, &["query", "--saved", "last-rejections"]));
    insta::assert_snapshot!(table(&office, &["query", "--limit", "2", sql]));
    insta::assert_snapshot!(printed(&office, &["query", "--save", "files", sql]));
    insta::assert_snapshot!(table(&office, &["query", "--list"]));
}

#[test]
fn a_person_gets_a_thousand_rows_unless_more_are_asked_for() {
    let office = a_life();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1500) SELECT i FROM n";
    let first = shown(&office, 80, &["query", many]).text;
    assert_eq!(
        first.lines().count(),
        1003,
        "a header, a line, and a sentence"
    );
    assert!(
        first.ends_with("only the first 1000 rows; --limit 0 shows all\n"),
        "{first}"
    );
    let all = shown(&office, 80, &["query", "--limit", "0", many]).text;
    assert_eq!(all.lines().count(), 1502);
}

#[test]
fn tables_and_describe() {
    let office = Office::new();
    insta::assert_snapshot!(table(&office, &["tables"]));
    insta::assert_snapshot!(table(&office, &["describe", "v_customer"]));
}

#[test]
fn classifiers_in_every_way() {
    let office = a_life();
    office.edit(
        "classifiers/addressType.toml",
        "\nRESIDENCE = \"Residence\"\n",
        "\nSTORE = \"Store\"\nRESIDENCE = { name = \"Residence\", retired = true }\n",
    );
    office.once();
    let office = still(office);
    let first = office.value("SELECT classifier_set FROM v_batch WHERE batch_id = 1");
    let first = &first.as_str().expect("a hash")[..12];
    insta::assert_snapshot!(table(&office, &["classifiers"]));
    insta::assert_snapshot!(table(&office, &["classifiers", "show", "addressType"]));
    insta::assert_snapshot!(table(&office, &["classifiers", "check"]));
    insta::assert_snapshot!(table(&office, &["classifiers", "compare", first]));
    office.batch(
        "7-used",
        &[with(
            person("7"),
            json!({"listAddress": [{"addressType": "STORE", "country": "LT"}]}),
        )],
    );
    office.edit("classifiers/addressType.toml", "STORE = \"Store\"\n", "");
    office.once();
    let office = still(office);
    insta::assert_snapshot!(table(&office, &["classifiers", "used-retired"]));
}

#[test]
fn the_catalogue_as_tables() {
    let office = Office::new();
    // A dozen lines of each are enough to see how it looks.
    let begin = |args: &[&str]| {
        let both = table(&office, args);
        let halves: Vec<String> = both
            .split("\n40 columns:\n\n")
            .map(|half| half.lines().take(24).collect::<Vec<_>>().join("\n"))
            .collect();
        halves.join("\n\n40 columns:\n\n")
    };
    insta::assert_snapshot!(begin(&["errors"]));
    insta::assert_snapshot!(begin(&["fields"]));
}

#[test]
fn what_is_written_to_files_is_reported() {
    let office = still(a_life());
    insta::assert_snapshot!(printed(&office, &["report", "--output", "page.html"]));
    let text = printed(&office, &["export", "out", "--branch", "vilnius"]);
    insta::assert_snapshot!(without_numbers(&text, "bytes"));
    for command in ["backup", "snapshot"] {
        let text = printed(&office, &[command, &format!("{command}.db")]);
        insta::assert_snapshot!(without_numbers(&text, "bytes"));
    }
    insta::assert_snapshot!(printed(&office, &DEMO));
    insta::assert_snapshot!(printed(&office, &["man", "man"]));
    let page = std::fs::read_to_string(office.at("man/kycdrop.1")).expect("a page");
    insta::assert_snapshot!(
        page.lines()
            .find(|l| l.starts_with(".TH"))
            .expect("a title")
    );
    let completions = printed(&office, &["completions", "bash"]);
    insta::assert_snapshot!(completions.lines().next().expect("a line"));
}

#[test]
fn init_and_doctor() {
    let office = Office::new();
    std::fs::remove_file(office.at("kycdrop.toml")).expect("removed");
    insta::assert_snapshot!(printed(&office, &["init"]));
    printed(&office, &["once"]);
    let text = printed(&office, &["doctor"]);
    // What the machine has is another on each.
    let lines: Vec<&str> = text
        .lines()
        .filter(|l| !l.contains(" disk ") && !l.contains(" events ") && !l.starts_with(' '))
        .collect();
    insta::assert_snapshot!(without_numbers(&lines.join("\n"), "KiB"));
}

#[test]
fn what_goes_wrong() {
    let office = still(a_life());
    for args in [
        &["explain", "no-such.json"][..],
        &["history", "nobody"],
        &["query", "SELECT nothing"],
        &["query", "DELETE FROM batch"],
        &["query", "--saved", "top-error"],
        &["describe", "v_costumer"],
        &["classifiers", "show", "Country"],
        &["walk"],
    ] {
        let Shown { text, status } = shown(&office, 80, args);
        assert!(!status.success(), "{args:?}");
        insta::assert_snapshot!(masked(&text, &office));
    }
}

#[test]
fn wide_characters_take_two_columns() {
    let office = still(a_life());
    // Eighteen wide characters are 36 columns: the two values do not fit beside each other in 60.
    let wide = "東".repeat(18);
    let sql = format!("SELECT '{wide}' AS one, '{wide}' AS other");
    let Shown { text, .. } = shown(&office, 60, &["query", &sql]);
    let whole = text.lines().filter(|line| line.contains(&wide)).count();
    assert_eq!(whole, 2, "a word is broken or shares a line:\n{text}");
}

/// Ctrl-S holds the terminal, and not the work.
#[test]
fn a_held_terminal_holds_up_no_file() {
    let office = Office::configured("scan_interval = \"50ms\"\n");
    let mut session = start(&office, 80, &["run"], &[]);
    session.wait_for("answers appear in");
    session.press("\u{13}");
    for (n, name) in ["a", "b", "c"].iter().enumerate() {
        let body = json!({"customers": [person(name)]}).to_string();
        let hidden = office.write(format!("watch-dir/inbox/.{name}"), body);
        let whole = format!("watch-dir/inbox/batch-customers/{name}.json");
        std::fs::rename(hidden, office.at(whole)).expect("renamed");
        eventually("an answer", || {
            (office.files("watch-dir/archive").len() > n).then_some(())
        });
    }
    session.press("\u{11}\u{3}");
    assert_eq!(session.end().status.code(), Some(0));
}

#[test]
fn csv_on_a_terminal_is_without_what_spreadsheets_need() {
    let office = a_wrong_batch();
    let args = ["explain", "1", "--format", "csv"];
    let elsewhere = String::from_utf8(office.run(&args).stdout).expect("text");
    let Shown { text, .. } = shown(&office, 80, &args);
    let elsewhere = elsewhere.trim_start_matches('\u{feff}');
    assert_eq!(text, elsewhere.replace('\r', ""));
}

#[test]
fn findings_are_folded_at_the_width_and_nothing_of_them_is_lost() {
    let office = Office::new();
    let wrong = with(person("1"), json!({"citizenshipCountry": "LTU"}));
    let body = json!({"customers": [wrong]});
    office.write("x.json", body.to_string());
    let mut elsewhere = office.command(&["check", "--explain", "x.json"]);
    let elsewhere = elsewhere.current_dir(office.path()).output();
    let elsewhere = String::from_utf8(elsewhere.expect("an output").stdout).expect("text");
    assert!(width(&elsewhere) > 200, "{elsewhere}");
    let Shown { text, .. } = shown(&office, 60, &["-q", "check", "--explain", "x.json"]);
    assert!(width(&text) <= 60, "{text}");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&text).starts_with(&words(&elsewhere)), "{text}");
}
