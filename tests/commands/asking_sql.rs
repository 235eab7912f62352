//! `query`, `tables` and `describe`: names for queries, files that a spreadsheet can open, limits that
//! can be lifted.

use crate::asking;
use crate::common;

use asking::{a_life, a_wrong_batch, printed, refused};
use common::{Office, person, with};
use serde_json::{Value, json};

#[test]
fn the_views_and_their_columns() {
    let office = Office::new();
    insta::assert_snapshot!(printed(&office, &["tables", "--format", "table"]));
    insta::assert_snapshot!(printed(
        &office,
        &["describe", "v_pending", "--format", "table"]
    ));
    let short = printed(&a_life(), &["describe", "Customer"]);
    assert!(
        short.starts_with("column,type,description\nbusiness_unit,TEXT,"),
        "{short}"
    );
    let (code, said) = refused(&office, &["describe", "v_costumer"]);
    assert_eq!(code, Some(65));
    assert!(said.contains("did you mean v_customer?"), "{said}");
}

#[test]
fn every_shipped_query_is_answered() {
    let office = a_wrong_batch();
    let listed = printed(&office, &["query", "--list", "--format", "json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    assert!(listed.len() >= 12, "{}", listed.len());
    for query in &listed {
        let name = query["name"].as_str().expect("a name");
        assert!(
            query["answers"].as_str().is_some_and(|t| t.len() > 10),
            "{name}"
        );
        let rows = printed(&office, &["query", "--saved", name, "--format", "json"]);
        let rows: Value = serde_json::from_str(&rows).expect("JSON");
        assert!(rows.is_array(), "{name}");
    }
    insta::assert_snapshot!(printed(&office, &["query", "--saved", "top-errors"]));
    insta::assert_snapshot!(printed(
        &office,
        &["query", "--saved", "risk-levels", "--format", "table"]
    ));
}

#[test]
fn none_of_the_shipped_queries_reads_all_customers() {
    let office = a_life();
    let conn = office.database();
    for (name, query) in kycdrop::history::ask::shipped_queries().expect("queries") {
        let plan: Vec<String> = conn
            .prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql))
            .and_then(|mut s| s.query_map([], |r| r.get(3))?.collect())
            .expect(&name);
        // The large tables, and the names that the views give them.
        const LARGE: &[&str] = &[
            "assessment",
            "a",
            "n",
            "o",
            "customer",
            "c",
            "finding",
            "warning",
        ];
        for step in plan {
            let whole = LARGE.iter().any(|t| step == format!("SCAN {t}"));
            assert!(!whole, "{name}: {step}");
        }
    }
}

#[test]
fn a_query_is_saved_and_asked_again() {
    let office = a_life();
    let sql = "SELECT kind, count(*) AS n FROM v_customer\nGROUP BY kind -- \"both\" 'quotes'";
    let first = printed(&office, &["query", "--save", "my-kinds", sql]);
    assert_eq!(first, "kind,n\nregular,2\n");
    office
        .command(&["query", "--save", "other", "SELECT 1"])
        .output()
        .expect("runs");
    assert_eq!(printed(&office, &["query", "--saved", "my-kinds"]), first);
    let listed = printed(&office, &["query", "--list"]);
    assert!(listed.contains("\nmy-kinds,,this home,"), "{listed}");

    for (args, what) in [
        (
            ["query", "--save", "my-kinds", "SELECT 1"],
            "there is a query my-kinds already",
        ),
        (
            ["query", "--save", "risk-levels", "SELECT 1"],
            "there is a query risk-levels already",
        ),
        (
            ["query", "--save", "My Kinds", "SELECT 1"],
            "cannot be the name",
        ),
    ] {
        let output = office.run(&args);
        assert_eq!(output.status.code(), Some(65), "{what}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(what),
            "{output:?}"
        );
    }
    let (code, _) = refused(&office, &["query", "--save", "wrong", "SELECT nothing"]);
    assert_eq!(code, Some(65));
    assert!(
        !printed(&office, &["query", "--list"]).contains("\nwrong,"),
        "what fails is not saved"
    );
    let (_, said) = refused(&office, &["query", "--saved", "risk-level"]);
    assert!(said.contains("did you mean risk-levels?"), "{said}");
}

#[test]
fn the_file_of_queries_is_peoples_own() {
    let office = a_life();
    office.write(
        "kycdrop.queries.toml",
        "# mine\n[mine]\ntitle = \"Mine\"\nsql = \"SELECT 1 AS one\"\n",
    );
    printed(&office, &["query", "--save", "more", "SELECT 2"]);
    let text = std::fs::read_to_string(office.at("kycdrop.queries.toml")).expect("text");
    assert!(text.starts_with("# mine\n[mine]\n"), "{text}");
    assert_eq!(printed(&office, &["query", "--saved", "mine"]), "one\n1\n");
    office.write("kycdrop.queries.toml", "[mine]\nsq = 1\n");
    let (code, said) = refused(&office, &["query", "--saved", "mine"]);
    assert_eq!(code, Some(78));
    assert!(said.contains("line 2"), "{said}");
}

#[test]
fn a_spreadsheet_takes_nothing_for_a_formula() {
    let office = Office::new();
    let hostile = with(
        person("1"),
        json!({"firstName": "=cmd|' /C calc'!A0", "lastName": "x", "requester": "@SUM(1)"}),
    );
    office.batch("a", &[hostile]);
    let sql = "SELECT name, requester, -5 AS n, '-5.50' AS text_number, '+1-2' AS sum, '-' AS dash,
               char(9) || '=1' AS tab, char(13) || 'x' AS cr, 1.5 AS real, NULL AS none,
               'a=b' AS inside, '+370 600' AS phone FROM v_assessment";
    let safe = printed(&office, &["query", sql]);
    let lines: Vec<&str> = safe.splitn(2, '\n').collect();
    assert_eq!(
        lines[1],
        "'=cmd|' /C calc'!A0 x,'@SUM(1),-5,-5.50,'+1-2,'-,'\t=1,\"'\rx\",1.5,,a=b,'+370 600\n"
    );
    let raw = printed(&office, &["query", "--raw", sql]);
    assert!(raw.contains("\n=cmd|"), "{raw}");
    let header = printed(&office, &["query", "SELECT 1 AS \"=evil\""]);
    assert_eq!(header, "'=evil\n1\n");
    let json = printed(
        &office,
        &[
            "query",
            "--format",
            "json",
            "SELECT requester FROM v_assessment",
        ],
    );
    assert!(json.contains("\"@SUM(1)\""), "{json}");
}

#[test]
fn rows_and_time_are_limited_where_asked() {
    let office = a_life();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n";
    assert_eq!(
        printed(&office, &["query", many]).lines().count(),
        5001,
        "no limit in a pipe"
    );
    let some = office.run(&["query", "--limit", "10", many]);
    assert_eq!(String::from_utf8_lossy(&some.stdout).lines().count(), 11);
    assert!(
        String::from_utf8_lossy(&some.stderr)
            .contains("only the first 10 rows; --limit 0 shows all")
    );
    let exact = office.run(&["query", "--limit", "5000", many]);
    assert_eq!(String::from_utf8_lossy(&exact.stderr), "", "all of them");

    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    // Without the limit it would never end.
    let output = office.run(&["query", "--timeout", "200ms", endless]);
    assert_eq!(output.status.code(), Some(75));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("--timeout 0"),
        "{output:?}"
    );
}

#[test]
fn nothing_is_changed_from_here() {
    let office = a_life();
    for sql in [
        "DELETE FROM assessment",
        "ATTACH 'x' AS y",
        "VACUUM INTO 'x'",
        "PRAGMA user_version = 9",
    ] {
        assert_eq!(refused(&office, &["query", sql]).0, Some(65), "{sql}");
    }
    assert_eq!(
        refused(&office, &["query", "--saved", "x", "SELECT 1"]).0,
        Some(2)
    );
    assert_eq!(refused(&office, &["query"]).0, Some(2));
}
