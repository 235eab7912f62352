//! The sqlite3 command, as analysts have it, opens what kycdrop keeps.

use crate::asking;
use crate::common;

use std::path::Path;
use std::process::Command;

use asking::a_life;
use common::{Office, cannot_run, needs};

/// What sqlite3 answers; None where there is none.
fn sqlite3(database: &Path, sql: &str) -> Option<String> {
    let mut command = Command::new("sqlite3");
    let output = command.arg("-readonly").arg(database).arg(sql).output();
    let output = match output {
        Ok(output) => output,
        Err(e) => {
            let reason = format!("{}: the command cannot be run: {e}", needs::SQLITE3);
            cannot_run("sqlite3_command", &reason);
            return None;
        }
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{sql}: {said}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

/// Every view is answered, as kycdrop itself answers it.
fn views_work(office: &Office, database: &Path) {
    for view in office.rows("SELECT view_name v FROM view_description ORDER BY 1") {
        let count = format!(
            "SELECT count(*) FROM {}",
            view["v"].as_str().expect("a name")
        );
        let answer = sqlite3(database, &count).expect("it was there before");
        assert_eq!(answer.trim(), office.value(&count).to_string(), "{count}");
    }
}

#[test]
fn it_opens_a_snapshot_where_payloads_are_text() {
    let office = a_life();
    let snapshot = office.at("snapshot.db");
    let made = office.run(&["snapshot", snapshot.to_str().expect("a path")]);
    assert!(made.status.success(), "{made:?}");
    let Some(checked) = sqlite3(&snapshot, "PRAGMA integrity_check") else {
        return;
    };
    assert_eq!(checked, "ok\n");
    views_work(&office, &snapshot);
    let sql = "SELECT typeof(payload), payload ->> '$.customerExtId', payload FROM v_assessment
               WHERE assessment_id = 1; SELECT DISTINCT typeof(payload) FROM v_rejection";
    let answer = sqlite3(&snapshot, sql).expect("it was there before");
    assert!(answer.starts_with("text|I-4711|{"), "{answer}");
    assert!(answer.ends_with("}\ntext\n"), "{answer}");
}

#[test]
fn it_opens_the_history_itself_where_payloads_are_packed() {
    let office = a_life();
    let history = office.at("kycdrop.db");
    let Some(checked) = sqlite3(&history, "PRAGMA integrity_check") else {
        return;
    };
    assert_eq!(checked, "ok\n");
    views_work(&office, &history);
    let sql = "SELECT DISTINCT typeof(payload) FROM v_assessment";
    assert_eq!(sqlite3(&history, sql).expect("as before"), "blob\n");
    let sql = "SELECT name, risk_level FROM v_customer WHERE business_unit IS NULL";
    assert_eq!(
        sqlite3(&history, sql).expect("as before"),
        "Ona Petraitė|HIGH\n"
    );
    // The command cannot change what the history is made of by opening it.
    office.once();
}
