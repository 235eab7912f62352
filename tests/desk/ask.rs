//! *Ask*: saved queries and SQL, which can only read; answers as a table and as CSV.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::client::{Desk, action};
use super::common::{Office, person, with};

fn office() -> Office {
    let office = Office::new();
    office.batch(
        "a",
        &[
            with(
                person("1"),
                json!({"businessUnit": "=vilnius", "lastName": "<script>\u{202e}"}),
            ),
            with(person("2"), json!({"lastName": null})),
        ],
    );
    office
}

/// The address that asks this.
fn sql(sql: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("sql", sql)
        .finish();
    format!("/ask?{query}")
}

fn csv(address: &str) -> String {
    address.replacen("/ask?", "/ask.csv?", 1)
}

#[test]
fn an_answer_as_a_table() {
    let office = office();
    let desk = Desk::open(&office);
    let page = desk.page(&sql(
        "SELECT name, batch_id, customer_ext_id, business_unit FROM v_assessment",
    ));
    assert!(page.contains("1 row<"), "{page}");
    assert!(page.contains("Ona &lt;script&gt;\\u{202e}"), "{page}");
    assert!(page.contains("href=\"/batch/1\""), "{page}");
    assert!(
        page.contains("href=\"/customer?id=X-1&amp;unit=%3Dvilnius\""),
        "{page}"
    );
    let page = desk.page(&sql(
        "SELECT NULL AS \"<i>\", 1.5 AS x, x'00ff' AS b, 007 AS n",
    ));
    assert!(page.contains("<th>&lt;i&gt;</th>"), "{page}");
    assert!(
        page.contains("<td></td><td class=\"n\">1.5</td><td>00ff</td><td class=\"n\">7</td>"),
        "{page}"
    );
    let many = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1001) SELECT x FROM c";
    let page = desk.page(&sql(many));
    assert!(
        page.contains("The first 1000 rows") && !page.contains(">1001<"),
        "{page}"
    );
    let file = desk.page(&csv(&sql(many)));
    assert_eq!(file.matches("\n1001\n").count(), 1);
    // A page has room for the beginning of long texts, and for so many of them.
    let page = desk.page(&sql("SELECT printf('%.*c', 100000, 'x') AS long"));
    assert!(page.len() < 60_000 && page.contains("xxx…"));
    assert!(
        desk.page(&sql("SELECT count(*) FROM v_batch WHERE false"))
            .contains(">0<")
    );
}

#[test]
fn nothing_but_reading() {
    let office = office();
    let desk = Desk::open(&office);
    for (asked, told) in [
        ("DELETE FROM batch", "would do more than read"),
        ("VACUUM INTO '/tmp/x'", "would do more than read"),
        ("ATTACH 'x' AS y", "would do more than read"),
        ("PRAGMA journal_mode = DELETE", "would do more than read"),
        ("SELECT load_extension('x')", "the SQL:"),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELEC 1", "near &quot;SELEC&quot;"),
        (
            "SELECT * FROM \"<script>\"",
            "no such table: &lt;script&gt;",
        ),
        ("-- nothing", "asks for nothing"),
        ("SELECT ?", "without a name"),
    ] {
        for path in [sql(asked), csv(&sql(asked))] {
            let answer = desk.get(&path);
            assert_eq!(answer.status, 400, "{path}");
            assert!(answer.body.contains(told), "{path}: {}", answer.body);
            assert!(answer.head.contains("text/html"), "{path}");
        }
    }
    let answer = desk.get(&sql("SELEC <b>1"));
    assert!(
        answer.body.contains("SELEC &lt;b&gt;1</textarea>"),
        "what was typed is kept"
    );
    let large = desk.get(&sql("SELECT zeroblob(500000000)"));
    assert_eq!(large.status, 503, "{}", large.body);
    assert!(large.body.contains("more memory"), "{}", large.body);
    desk.page("/");
}

#[test]
fn saved_queries_ask_for_their_parameters() {
    let office = office();
    let desk = Desk::open(&office);
    let page = desk.page("/ask");
    assert!(
        page.contains("href=\"/ask?saved=top-errors\"") && page.contains("The last files"),
        "{page}"
    );
    assert!(
        page.contains("<code>v_rejection</code>") && page.contains("Place in the file, from 0.")
    );
    let page = desk.page("/ask?saved=rejects");
    assert!(
        page.contains("Fill in: batch.") && page.contains("name=\"p.batch\""),
        "{page}"
    );
    let page = desk.page("/ask?saved=rejects&p.batch=1");
    assert!(
        page.contains("X-2") && page.contains("value=\"1\""),
        "{page}"
    );
    let page = desk.page("/ask?saved=rejects-of-month&p.month=");
    assert!(
        page.contains("(may be empty)") && page.contains("X-2"),
        "{page}"
    );
    let page = desk.page("/ask?saved=rejects-of-month&p.month=2001-01");
    assert!(
        page.contains("0 rows") && page.contains("value=\"2001-01\""),
        "{page}"
    );
    let file = desk.page("/ask.csv?saved=rejects&p.batch=1");
    assert!(
        file.contains("customer,customer_ext_id,") && file.contains("\n2,X-2,"),
        "{file}"
    );
    assert_eq!(desk.get("/ask.csv?saved=rejects").status, 400);
    for path in ["/ask?saved=top-eror", "/ask.csv?saved=top-eror"] {
        let answer = desk.get(path);
        assert_eq!(answer.status, 400);
        assert!(
            answer.body.contains("did you mean top-errors?"),
            "{}",
            answer.body
        );
    }
    // SQL may have parameters too; text that looks like a number is text between quotes.
    let typed =
        sql("SELECT typeof(:a) AS a, :b AS b, :c AS c") + "&p.a='18'&p.b=18&p.c=007&p.other=1";
    let page = desk.page(&typed);
    assert!(
        page.contains("<td>text</td><td class=\"n\">18</td><td>007</td>"),
        "{page}"
    );
}

#[test]
fn csv_is_safe_for_a_spreadsheet() {
    let office = office();
    let desk = Desk::open(&office);
    let asked =
        "SELECT business_unit, NULL AS n, 1.5 AS x, x'00ff' AS b, 'a,\"b\"' AS t FROM v_assessment";
    let answer = desk.get(&csv(&sql(asked)));
    assert_eq!(
        answer.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"kycdrop.csv\"")
    );
    let of_command = office.run(&["query", "--format", "csv", asked]);
    let of_command = String::from_utf8(of_command.stdout).expect("text");
    // Sent in chunks, each with its length before it.
    assert!(
        answer.body.contains(&of_command),
        "{} is not {of_command}",
        answer.body
    );
    assert!(of_command.contains("'=vilnius"), "{of_command}");
}

#[test]
fn a_client_that_goes_away_ends_a_long_file() {
    let office = office();
    let desk = Desk::open(&office);
    let endless = csv(&sql(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, 'padding' FROM c",
    ));
    // More of them than the desk reads for at a time.
    for _ in 0..6 {
        let mut stream = TcpStream::connect(&desk.host).expect("a connection");
        let (host, cookie) = (&desk.host, &desk.cookie);
        let request = format!("GET {endless} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut beginning = [0; 100_000];
        stream.read_exact(&mut beginning).expect("rows");
        assert!(String::from_utf8_lossy(&beginning).contains("\n1,padding\n"));
    }
    assert!(desk.page(&sql("SELECT 7 AS x")).contains(">7<"));
}

#[test]
fn a_query_is_saved_under_a_name() {
    let office = office();
    let desk = Desk::open(&office);
    let asked = "SELECT count(*) AS \"<b>\" FROM v_batch";
    let page = desk.page(&sql(asked));
    let save = action(&page, "/ask/save");
    let answer = desk.send(&save, &[("name", "my-count"), ("sql", asked)]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.header("location"), Some("/ask?saved=my-count"));
    let page = desk.page("/ask?saved=my-count");
    assert!(
        page.contains("<th>&lt;b&gt;</th>") && page.contains(">1<"),
        "{page}"
    );
    let listed = office.run(&["query", "--list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("my-count"));
    for (name, query, told) in [
        ("my-count", asked, "there is a query my-count already"),
        ("top-errors", asked, "there is a query top-errors already"),
        ("My count", asked, "use small letters, digits and hyphens"),
        ("", asked, "use small letters, digits and hyphens"),
        ("<script>", asked, "use small letters, digits and hyphens"),
        ("other", "DELETE FROM batch", "would do more than read"),
    ] {
        let answer = desk.send(&save, &[("name", name), ("sql", query)]);
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.body.contains(told), "{name}: {}", answer.body);
        assert!(!answer.body.contains("<script>"), "{name}");
    }
    assert_eq!(
        desk.send("/ask/save", &[("name", "x"), ("sql", asked)])
            .status,
        403
    );
    // Values stay with the query.
    let fields = [
        ("sql", "SELECT :a AS a"),
        ("p.a", "<7"),
        ("name", "my-count"),
    ];
    let answer = desk.send(&save, &fields);
    assert!(
        answer.body.contains("there is a query my-count already")
            && answer.body.contains("<td>&lt;7</td>")
    );
    let answer = desk.send(
        &save,
        &[("sql", "SELECT :a AS a"), ("p.a", "<7"), ("name", "with-a")],
    );
    assert_eq!(
        answer.header("location"),
        Some("/ask?saved=with-a&p.a=%3C7")
    );
    // A file that somebody broke leaves the others out, and says so.
    office.write("kycdrop.queries.toml", "[x\n");
    let page = desk.page("/ask");
    assert!(
        page.contains("The saved queries of this home are left out:")
            && page.contains("top-errors"),
        "{page}"
    );
}

#[test]
fn a_home_without_a_history_can_be_asked() {
    let office = Office::new();
    office.once();
    for name in ["kycdrop.db", "kycdrop.lock"] {
        std::fs::remove_file(office.at(name)).expect("removed");
    }
    let desk = Desk::open(&office);
    assert!(desk.page(&sql("SELECT * FROM v_batch")).contains("0 rows"));
}

#[test]
fn files_that_nobody_reads_keep_no_page_waiting() {
    let office = office();
    let desk = Desk::open(&office);
    let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, printf('%.*c', 1000, 'x') FROM c";
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
        csv(&sql(endless)),
        desk.host,
        desk.cookie
    );
    let begin = |_| {
        let mut file = TcpStream::connect(&desk.host).expect("a connection");
        file.write_all(request.as_bytes()).expect("a request");
        file.read_exact(&mut [0; 64]).expect("the file begins");
        file
    };
    let unread: Vec<TcpStream> = (0..4).map(begin).collect();
    for path in ["/", "/ask", "/batch/1", "/customer"] {
        desk.page(path);
    }
    drop(unread);
}
