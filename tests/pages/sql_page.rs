//! docs/SQL.md: every view and column from the descriptions in the history, and questions with their
//! SQL and real output. To update it: `UPDATE_PAGES=1 cargo test --test pages sql_page`.

use crate::asking;
use crate::common;

use std::fmt::Write;
use std::path::Path;

use asking::{a_whole_office, printed};
use common::Office;

const BEGIN: &str = "\
# Asking the history in SQL

<!-- Generated: the views from the descriptions in the history, the answers from a history that
`cargo test --test pages sql_page` makes; the test fails when this page is stale. Do not edit: change
tests/pages/sql_page.rs or the migrations, then UPDATE_PAGES=1 cargo test --test pages sql_page. -->

The history is one SQLite file, `kycdrop.db` in the home. Query it with `kycdrop query \"SQL\"`, which is
read-only, or with any tool that opens SQLite (for tools that stay open, use a copy from
`kycdrop snapshot`). Query the views below, not the tables: tables change between versions, views only
gain columns.

- Moments are text in UTC, `2026-11-21T09:30:00.000Z`; the first ten characters are the day.
- `payload` is the customer as received, in JSON: `payload ->> '$.listAddress[0].city'` reads from it.
- `v_volume`, `v_reason`, `v_standing` and `v_file_volume` are precomputed sums, and count millions of
  customers at once. A condition on a text column of `v_customer` or `v_assessment` reads every row;
  `kycdrop history CUSTOMER_EXT_ID` finds a customer at once.
- `WHERE batch_id = 7` finds the assessments of a file at once. To choose files by another condition, use
  `WHERE batch_id IN (SELECT batch_id FROM v_batch WHERE …)`. A join of `v_assessment` to `v_batch` reads
  every assessment, which takes a second for five million.
- `:name` in the SQL is a parameter, with its value in `--param name=value`. A plain number is a number,
  anything else is text; single quotes make a number text (`--param \"id='18'\"`). A parameter without a value
  and a value without a parameter are errors. A saved query (`kycdrop.queries.toml`) may list parameters in
  `optional`: those are NULL if not given. An example: `kycdrop query --saved rejects --param batch=18`.
- `--excel` writes CSV that Excel opens with all letters and digits: with a byte order mark and CRLF, and text
  that Excel would change (`007`, `12E5`, `1-2`, more than 15 digits) as `=\"007\"`; days stay days. Where
  Windows has a decimal comma, as in Lithuania or Germany, Excel expects `--excel=semicolon`, which writes
  decimal commas too; the setting `csv_separator` changes the default.
- `kycdrop query --list` shows saved queries; `kycdrop tables` and `kycdrop describe VIEW` show the
  views below.

## Other tools

Payloads in `kycdrop.db` are compressed: other tools see bytes (`typeof(payload)` is `blob`). Everything else
reads as below. `kycdrop snapshot history.db` makes a copy with payloads as text that can be read without
write access: `sqlite3 -readonly history.db \"SELECT * FROM v_standing\"`. A copy can stay open for any time;
an open query on `kycdrop.db` keeps its WAL from being emptied.

[Datasette](https://datasette.io) shows a snapshot in a browser. docs/datasette.json adds titles, the meaning
of every column and saved queries; it requires the file name `kycdrop.db`:

```sh
mkdir analysts && kycdrop snapshot analysts/kycdrop.db
datasette serve --immutable analysts/kycdrop.db --metadata docs/datasette.json
```

[DuckDB](https://duckdb.org) reads a snapshot with its sqlite extension, which it downloads once. Query through
`sqlite_query`, so that SQLite runs the query: if DuckDB expands a view itself (`FROM k.v_reason`), it fails
on columns of several types and tables without row numbers. Without a network, read the files of
`kycdrop export` (docs/EXPORT.md), which need no extension.

```sql
INSTALL sqlite; LOAD sqlite;
ATTACH 'history.db' AS k (TYPE sqlite, READ_ONLY);
SELECT * FROM sqlite_query('k', 'SELECT code, sum(answers) AS customers FROM v_reason GROUP BY code');
```
";

/// Title, what to know, SQL.
const QUESTIONS: &[(&str, &str, &str)] = &[
    (
        "What happened to the last files?",
        "",
        "SELECT batch_id, endpoint, file_name, status, accepted, rejected\nFROM v_batch\nORDER BY batch_id DESC LIMIT 5",
    ),
    (
        "Which files were not valid requests?",
        "`error` says what is wrong, and where in the file.",
        "SELECT batch_id, file_name, status, error\nFROM v_batch\nWHERE error IS NOT NULL",
    ),
    (
        "Who was rejected in this file, and why?",
        "Positions count from 0.",
        "SELECT position, customer_ext_id, error_code, error_description\nFROM v_rejection\nWHERE batch_id = 7\nORDER BY position",
    ),
    (
        "What else was wrong with one of them?",
        "The answer is the first finding; all are kept. `kycdrop explain 7 --customer 1` shows how to fix each.",
        "SELECT no, code, path\nFROM v_finding\nWHERE batch_id = 7 AND position = 1\nORDER BY no",
    ),
    (
        "Which errors are most frequent this month?",
        "`answers` counts customers; `findings` counts everything that was found.",
        "SELECT code, field, sum(answers) AS customers\nFROM v_reason\nWHERE day >= date('now', 'start of month')\nGROUP BY code, field\nORDER BY customers DESC, code, field LIMIT 8",
    ),
    (
        "Which fields are wrong most often?",
        "Paths have no list positions, so that all addresses count as one.",
        "SELECT field, sum(findings) AS findings, group_concat(DISTINCT code) AS codes\nFROM v_reason\nGROUP BY field\nORDER BY findings DESC, field LIMIT 8",
    ),
    (
        "Which errors does one office make, day by day?",
        "",
        "SELECT day, code, sum(answers) AS customers\nFROM v_reason\nWHERE business_unit = 'kaunas' AND answers > 0\nGROUP BY day, code\nORDER BY day DESC, customers DESC, code LIMIT 6",
    ),
    (
        "Which answers are not the API's own words?",
        "`published`: code and text are in the API's documents; `text published`: the code is kycdrop's; `ours`: both are.",
        "SELECT origin, count(DISTINCT rule) AS rules, sum(answers) AS customers\nFROM v_reason\nGROUP BY origin\nORDER BY origin",
    ),
    (
        "How many customers came each day, and how many were accepted?",
        "",
        "SELECT day, sum(accepted) AS accepted, sum(rejected) AS rejected,\n       round(100.0 * sum(accepted) / sum(accepted + rejected), 1) AS accepted_percent\nFROM v_volume\nGROUP BY day\nORDER BY day DESC LIMIT 7",
    ),
    (
        "Which office sends what?",
        "",
        "SELECT business_unit, sum(accepted) AS accepted, sum(rejected) AS rejected, sum(created) AS new_customers\nFROM v_volume\nGROUP BY business_unit\nORDER BY accepted DESC",
    ),
    (
        "How many files were there, by status?",
        "As in the API, a rejected single customer is answered 400, a batch with rejected customers 200.",
        "SELECT endpoint, status, sum(files) AS files, sum(customers) AS customers\nFROM v_file_volume\nGROUP BY endpoint, status\nORDER BY endpoint, status",
    ),
    (
        "How many customers are there by risk level?",
        "A lead and a customer with a pending evaluation have none yet.",
        "SELECT risk_level, sum(customers) AS customers\nFROM v_standing\nGROUP BY risk_level\nORDER BY customers DESC",
    ),
    (
        "Who is high risk, and from where?",
        "",
        "SELECT country, sum(customers) AS customers\nFROM v_standing\nWHERE risk_level IN ('HIGH', 'EXTREME') AND customer_status <> 'CLOSED'\nGROUP BY country\nORDER BY customers DESC, country LIMIT 5",
    ),
    (
        "Which of them were assessed last?",
        "",
        "SELECT risk_level, business_unit, customer_ext_id, entity_type\nFROM v_high_risk\nWHERE risk_level = 'EXTREME'\nORDER BY assessment_id DESC LIMIT 5",
    ),
    (
        "Who is still a lead?",
        "",
        "SELECT business_unit, customer_ext_id, name, customer_status, evaluation\nFROM v_customer\nWHERE kind = 'lead'",
    ),
    (
        "What is still pending?",
        "`newest = 0` marks screenings of data that a later assessment replaced. `kycdrop pending` lists all of it.",
        "SELECT business_unit, what, process, count(*) AS pending\nFROM v_pending\nWHERE newest = 1\nGROUP BY business_unit, what, process\nORDER BY business_unit, what, process",
    ),
    (
        "Which screenings were requested?",
        "",
        "SELECT assessment_id, business_unit, customer_ext_id, process, status\nFROM v_screening\nORDER BY assessment_id, process",
    ),
    (
        "Against which values was a file validated?",
        "The set is that of the file, even if the classifiers have changed since.",
        "SELECT c.code, c.name, c.retired\nFROM v_batch b\nJOIN v_classifier_set c ON c.classifier_set = b.classifier_set\nWHERE b.batch_id = 7 AND c.classifier = 'businessUnit'\nORDER BY c.code",
    ),
    (
        "Which codes have a certain attribute?",
        "",
        "SELECT code, name, attributes ->> '$.entity_type' AS entity_type\nFROM v_classifier_value\nWHERE classifier = 'riskManagementCategory' AND retired_at IS NULL\n  AND attributes ->> '$.kind' = 'lead'\nORDER BY code",
    ),
    (
        "Which unknown fields are sent?",
        "They have no effect, which is rarely what the sender intends.",
        "SELECT kind, path, sum(count) AS customers, max(detail) AS detail\nFROM v_warning\nGROUP BY kind, path\nORDER BY customers DESC, path",
    ),
    (
        "Which rules are used, and since when?",
        "",
        "SELECT version, min(loaded_at) AS since, count(*) AS rules, sum(origin = 'published') AS published\nFROM v_rule_set\nGROUP BY rule_set, version",
    ),
    (
        "How many files contain a customer twice?",
        "Files with the same customerExtId more than once among their saved customers.",
        "SELECT count(*) AS files\nFROM (SELECT batch_id FROM v_assessment\n      GROUP BY batch_id, business_unit, customer_ext_id HAVING count(*) > 1)",
    ),
];

const LIFE: &[(&str, &str, &str)] = &[
    (
        "Every step",
        "A lead is created for evaluation; it becomes a customer; the risk is raised; the relationship is closed.",
        "SELECT assessment_id, action, kind, risk_level, customer_status, evaluation, next_assessment_id AS replaced_by\nFROM v_assessment\nWHERE customer_ext_id = 'I-4711' AND business_unit IS NULL\nORDER BY assessment_id",
    ),
    (
        "What was rejected",
        "",
        "SELECT batch_id, position, error_code, error_description\nFROM v_rejection\nWHERE customer_ext_id = 'I-4711'\nORDER BY batch_id, position",
    ),
    (
        "What is still pending, and is it still needed?",
        "The screenings were requested with the lead, whose data have been replaced since.",
        "SELECT what, process, newest\nFROM v_pending\nWHERE customer_ext_id = 'I-4711'\nORDER BY what, process",
    ),
    (
        "What changed when the risk was raised",
        "`json_tree` returns every value of a customer with its path.",
        "SELECT n.fullkey AS path, o.value AS before, n.value AS after\nFROM (SELECT payload FROM v_assessment WHERE assessment_id = 3) a, json_tree(a.payload) n\nLEFT JOIN (SELECT t.fullkey, t.value\n           FROM (SELECT payload FROM v_assessment WHERE assessment_id = 2) b, json_tree(b.payload) t) o\n  ON o.fullkey = n.fullkey\nWHERE n.atom IS NOT NULL AND o.value IS NOT n.value\nORDER BY path",
    ),
    (
        "The customer now",
        "Another office has a customer with the same customerExtId: it is a different customer.",
        "SELECT business_unit, kind, name, risk_level, customer_status, assessments, country\nFROM v_customer\nWHERE customer_ext_id = 'I-4711'\nORDER BY business_unit",
    ),
];

fn views(page: &mut String, office: &Office) {
    page.push_str("\n## The views\n");
    for view in office.rows("SELECT view_name v, description d FROM view_description ORDER BY 1") {
        let (name, description) = (
            view["v"].as_str().expect("name"),
            view["d"].as_str().expect("text"),
        );
        let _ = write!(
            page,
            "\n### {name}\n\n{description}\n\n| column | meaning |\n| --- | --- |\n"
        );
        let columns = office.rows(&format!(
            "SELECT c.name n, d.description d FROM pragma_table_info('{name}') c
             JOIN column_description d ON d.view_name = '{name}' AND d.column_name = c.name ORDER BY c.cid"
        ));
        for column in columns {
            let text = |key: &str| column[key].as_str().expect("text").replace('|', "\\|");
            let _ = writeln!(page, "| `{}` | {} |", text("n"), text("d"));
        }
    }
}

fn question(page: &mut String, office: &Office, (title, note, sql): &(&str, &str, &str)) {
    let answer = printed(office, &["query", "--format", "table", sql]);
    assert!(
        answer.lines().count() > 2,
        "{title}: nothing to show\n{answer}"
    );
    let note = if note.is_empty() {
        String::new()
    } else {
        format!("{note}\n\n")
    };
    let answer = answer.trim_end();
    let _ = write!(
        page,
        "\n### {title}\n\n{note}```sql\n{sql}\n```\n\n```text\n{answer}\n```\n"
    );
}

#[test]
fn the_page_is_what_the_history_answers() {
    let office = a_whole_office();
    let mut page = BEGIN.to_owned();
    let _ = write!(page, "\n## {} questions\n", QUESTIONS.len());
    for q in QUESTIONS {
        question(&mut page, &office, q);
    }
    page.push_str(
        "\n## The history of a customer\n\n`kycdrop history I-4711` shows it without SQL:\n\n```text\n",
    );
    page.push_str(&printed(&office, &["history", "I-4711"]));
    page.push_str("```\n\nIn SQL:\n");
    for q in LIFE {
        question(&mut page, &office, q);
    }
    views(&mut page, &office);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SQL.md");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &page).expect("a written page");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (is, should)) in there.lines().zip(page.lines()).enumerate() {
        assert_eq!(
            is,
            should,
            "docs/SQL.md:{} is stale: UPDATE_PAGES=1 cargo test --test pages sql_page",
            line + 1
        );
    }
    assert!(
        there == page,
        "docs/SQL.md is stale: UPDATE_PAGES=1 cargo test --test pages sql_page"
    );
}

/// docs/datasette.json: titles, descriptions and saved queries, for a copy of the history that is opened
/// with `datasette kycdrop.db --metadata datasette.json`.
#[test]
fn the_metadata_for_datasette_is_current() {
    let office = Office::new();
    office.once();
    let mut tables = serde_json::Map::new();
    for view in office.rows("SELECT view_name v, description d FROM view_description ORDER BY 1") {
        let name = view["v"].as_str().expect("name");
        let columns = office.rows(&format!(
            "SELECT column_name n, description d FROM column_description WHERE view_name = '{name}' ORDER BY 1"
        ));
        let columns: serde_json::Map<_, _> = columns
            .into_iter()
            .map(|c| (c["n"].as_str().expect("name").to_owned(), c["d"].clone()))
            .collect();
        tables.insert(
            name.to_owned(),
            serde_json::json!({"description": view["d"], "columns": columns}),
        );
    }
    let hidden = office.rows("SELECT name n FROM sqlite_schema WHERE type = 'table' ORDER BY 1");
    for table in hidden {
        let name = table["n"].as_str().expect("name").to_owned();
        tables.insert(name, serde_json::json!({"hidden": true}));
    }
    let queries: serde_json::Map<_, _> = kycdrop::history::ask::shipped_queries()
        .expect("queries")
        .into_iter()
        .map(|(name, q)| {
            (
                name,
                serde_json::json!({"title": q.title, "sql": q.sql.trim()}),
            )
        })
        .collect();
    let metadata = serde_json::json!({
        "title": "kycdrop: the history of an office",
        "description": "Validated customers, findings and current customers. Query the views; tables change between versions.",
        "databases": {"kycdrop": {"tables": tables, "queries": queries}}
    });
    let text = serde_json::to_string_pretty(&metadata).expect("JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/datasette.json");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &text).expect("a written file");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "docs/datasette.json is stale: UPDATE_PAGES=1 cargo test --test pages sql_page"
    );
}
