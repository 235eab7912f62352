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
    let listed = printed(&office, &["query", "--list", "--long", "--format", "json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    assert!(listed.len() >= 12, "{}", listed.len());
    for query in &listed {
        let name = query["name"].as_str().expect("a name");
        assert!(
            query["answers"].as_str().is_some_and(|t| t.len() > 10),
            "{name}"
        );
        let mut args = vec!["query", "--saved", name, "--format", "json"];
        match query["parameters"].as_str() {
            None | Some("[month]") => {}
            Some("batch") => args.extend(["--param", "batch=1"]),
            other => panic!("{name}: {other:?}"),
        }
        let rows = printed(&office, &args);
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
            .and_then(|mut s| s.raw_query().mapped(|r| r.get(3)).collect())
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
    let listed = printed(&office, &["query", "--list", "--long"]);
    assert!(listed.contains("\nmy-kinds,,this home,"), "{listed}");

    for (args, what) in [
        (
            ["query", "--save", "my-kinds", "SELECT 1"],
            "there is a query my-kinds already",
        ),
        (
            ["query", "--save", "risk-levels", "SELECT 1"],
            "this query ships with kycdrop",
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

/// What a query with these arguments prints, with moments as they are.
fn asked(office: &Office, args: &[&str]) -> String {
    let output = office.run(&[&["query"], args].concat());
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_list_of_saved_queries_is_short() {
    let office = a_life();
    office.write(
        "kycdrop.queries.toml",
        "[mine]\ntitle = \"\"\"First\nsecond\"\"\"\noptional = [\"b\"]\nsql = \"SELECT :a, :b\"\n",
    );
    let listed = asked(&office, &["--list"]);
    assert!(listed.starts_with("name,parameters,answers\n"), "{listed}");
    assert!(listed.contains("\nmine,a [b],First\n"), "{listed}");
    assert!(listed.contains("\nrejects,batch,"), "{listed}");
    assert!(!listed.contains("SELECT"), "{listed}");
    let long = asked(&office, &["--list", "--long"]);
    assert!(
        long.starts_with("name,answers,from,sql,parameters\n"),
        "{long}"
    );
    assert!(
        long.contains(",this home,\"SELECT :a, :b\",a [b]\n"),
        "{long}"
    );
}

#[test]
fn parameters_of_a_query_have_values() {
    let office = a_wrong_batch();
    let rejects = asked(&office, &["--saved", "rejects", "--param", "batch=1"]);
    let rejected = office.value("SELECT rejected FROM v_batch WHERE batch_id = 1");
    assert_eq!(
        rejects.lines().count() as i64,
        1 + rejected.as_i64().expect("a number")
    );
    assert!(
        rejects.starts_with("customer,customer_ext_id,"),
        "{rejects}"
    );
    let first = office.value("SELECT min(position) + 1 FROM v_rejection WHERE batch_id = 1");
    let line = rejects.lines().nth(1).expect("a row");
    assert!(line.starts_with(&format!("{first},")), "{rejects}");

    let typed = |value: &str| {
        let value = format!("x={value}");
        let told = asked(
            &office,
            &["--param", &value, "SELECT typeof(:x) || ' ' || :x AS t"],
        );
        told.lines().nth(1).expect("a row").to_owned()
    };
    assert_eq!(typed("18"), "integer 18");
    assert_eq!(typed("-5"), "integer -5");
    assert_eq!(typed("1.5"), "real 1.5");
    assert_eq!(typed("007"), "text 007");
    assert_eq!(typed("12345678901234567890"), "text 12345678901234567890");
    assert_eq!(typed("'18'"), "text 18");
    assert_eq!(typed("'it''s'"), "text it's");
    assert_eq!(typed("a=b"), "text a=b");
    assert_eq!(typed("2026-10"), "text 2026-10");
    assert_eq!(typed("1' OR '1'='1"), "text 1' OR '1'='1");
    let both = [
        "--param",
        ":a=1",
        "--param",
        "b=2",
        "SELECT :a + $b + @a AS s",
    ];
    assert_eq!(asked(&office, &both), "s\n4\n");

    for (args, said) in [
        (&["--saved", "rejects"][..], "needs a value for batch"),
        (
            &["--saved", "rejects", "--param", "bacth=1"],
            "did you mean batch?",
        ),
        (
            &["--saved", "rejects", "--param", "x=1"],
            "its parameters: batch",
        ),
        (
            &[
                "--saved", "rejects", "--param", "batch=1", "--param", "batch=2",
            ],
            "two values",
        ),
        (&["SELECT :a, :b, :a"], "needs a value for a, b"),
        (&["--param", "a=1", "SELECT 1"], "it has none"),
        (&["SELECT ?"], "without a name"),
    ] {
        let (code, told) = refused(&office, &[&["query"], args].concat());
        assert_eq!(code, Some(65), "{args:?}: {told}");
        assert!(told.contains(said), "{args:?}: {told}");
    }
    assert_eq!(
        refused(&office, &["query", "--param", "batch", "SELECT 1"]).0,
        Some(2)
    );
}

#[test]
fn a_query_with_parameters_is_saved() {
    let office = a_life();
    let sql = "SELECT count(*) AS n FROM v_customer WHERE kind = :kind";
    let kind = ["--param", "kind=regular"];
    let first = asked(&office, &[&kind[..], &["--save", "of-kind", sql]].concat());
    assert_eq!(
        asked(&office, &["--saved", "of-kind", "--param", "kind=regular"]),
        first
    );
    assert_eq!(
        asked(&office, &["--saved", "of-kind", "--param", "kind=lead"]),
        "n\n0\n"
    );
}

#[test]
fn the_rejected_customers_of_a_month_are_listed() {
    let office = Office::on("2026-10-15T12:00:00Z");
    office.batch(
        "october",
        &[with(person("1"), json!({"requester": null})), person("2")],
    );
    let october = asked(&office, &["--saved", "rejects-of-month"]);
    assert_eq!(
        october.lines().nth(1).expect("a row"),
        "2026-10-15,1,october.json,1,X-1,N-1,,C005,Requester is mandatory"
    );
    assert_eq!(october.lines().count(), 2);
    let of = |month: &str| {
        let month = format!("month={month}");
        asked(&office, &["--saved", "rejects-of-month", "--param", &month])
    };
    assert_eq!(of("2026-10"), october);
    for other in ["2026-09", "2026-11", "2025-10"] {
        assert_eq!(of(other).lines().count(), 1, "{other}");
    }
}

#[test]
fn excel_gets_csv_that_it_reads() {
    let office = Office::new();
    office.once();
    let sql = "SELECT 'Šiauliai, LT' AS city, 1.5 AS rate, '＝1+1' AS wide, 'a;b' AS both, 7 AS n";
    let excel = |option: &str| {
        let output = office.run(&["query", option, sql]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(
        excel("--excel"),
        "\u{feff}city,rate,wide,both,n\r\n\"Šiauliai, LT\",1.5,'＝1+1,a;b,7\r\n"
    );
    assert_eq!(
        excel("--excel=semicolon"),
        "\u{feff}city;rate;wide;both;n\r\nŠiauliai, LT;1,5;'＝1+1;\"a;b\";7\r\n"
    );
    let digits = "SELECT '12345678901234567890' AS id, '007' AS code, '12' AS n";
    let output = office.run(&["query", "--excel", digits]);
    let csv = String::from_utf8(output.stdout).expect("UTF-8");
    let expected = "\"=\"\"12345678901234567890\"\"\",\"=\"\"007\"\"\",12\r\n";
    assert_eq!(csv.lines().nth(1), expected.lines().next(), "{csv}");
    let texts =
        "SELECT '12E5', '1-2', '+370600', '2026-10', '2026-10-05', '2026-10-05T09:30:00.000Z', -5";
    let output = office.run(&["query", "--excel", texts]);
    let csv = String::from_utf8(output.stdout).expect("UTF-8");
    let text = |t: &str| format!("\"=\"\"{t}\"\"\"");
    let expected = ["12E5", "1-2", "+370600", "2026-10"].map(text).join(",");
    let expected = expected + ",2026-10-05,2026-10-05T09:30:00.000Z,-5";
    assert_eq!(csv.lines().nth(1), Some(expected.as_str()), "{csv}");
    office.write("kycdrop.toml", "csv_separator = \";\"\n");
    assert!(
        excel("--excel").contains("city;rate"),
        "the setting is the default"
    );
    assert!(!asked(&office, &[sql]).contains('\u{feff}'));
    let (code, told) = refused(&office, &["query", "--excel", "--format", "json", sql]);
    assert_eq!((code, told.contains("--format")), (Some(65), true));
}
