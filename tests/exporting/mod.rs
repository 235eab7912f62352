//! What the tests of `export` share: an office with something to export, the command, and what came out
//! of it beside what `query` answers.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use crate::asking;
use crate::common::{Office, with};
use kycdrop::export::TABLES;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value};

pub(crate) type Rows = Vec<Map<String, Value>>;

/// Three batches: customers of every kind, some rejected, some to be screened.
pub(crate) fn office() -> Office {
    let office = asking::a_wrong_batch();
    let asked = asking::evaluated("9", "LEAD_IND");
    let asked = with(
        asked,
        serde_json::json!({"initializeScreeningProcesses": ["PEP", "SANCTIONS"]}),
    );
    office.answer("customer", "lead", &asked);
    office.drop("batch-customers/broken.json", "{\"customers\":[\n{]");
    office.once();
    office
}

/// Runs an export of the branch into a folder beside the home's own, and tells what was printed.
pub(crate) fn export(office: &Office, more: &[&str]) -> (Vec<String>, String) {
    let output = run(office, more, "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let printed = String::from_utf8(output.stdout).expect("text");
    (printed.lines().map(str::to_owned).collect(), said)
}

pub(crate) fn run(office: &Office, more: &[&str], fault: &str) -> std::process::Output {
    let out = office.at("out");
    let mut args = vec!["export", out.to_str().expect("text")];
    args.extend(more);
    if !more.contains(&"--branch") && !more.contains(&"--verify") {
        args.extend(["--branch", "vilnius"]);
    }
    let mut command = office.command(&args);
    command.env("KYCDROP_FAULT", fault);
    command.output().expect("it runs")
}

/// What a run that must fail said, with its exit code.
pub(crate) fn refused(office: &Office, more: &[&str]) -> (Option<i32>, String) {
    let output = run(office, more, "");
    assert!(output.stdout.is_empty(), "{output:?}");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

pub(crate) fn verify(office: &Office, more: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let output = run(office, &[&["--verify"], more].concat(), "");
    let lines = String::from_utf8_lossy(&output.stdout);
    (
        output.status.code(),
        lines.lines().map(str::to_owned).collect(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

pub(crate) fn assert_sound(office: &Office) {
    let (code, lines, said) = verify(office, &[]);
    assert_eq!((code, &*lines), (Some(0), &[][..]), "{said}");
    let left: Vec<_> = office
        .files("out")
        .into_iter()
        .filter(|f| f.contains(".part") || f.contains(".pending"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The rows of a file, and its columns with their types in the manner of SQLite.
pub(crate) fn read(path: &Path) -> (Vec<(String, String)>, Rows) {
    let reader = SerializedFileReader::new(File::open(path).expect("a file")).expect("Parquet");
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let columns = schema.columns().iter().map(|c| {
        assert!(c.self_type().is_optional(), "{c:?}");
        (c.name().to_owned(), c.physical_type().to_string())
    });
    let rows = reader.get_row_iter(None).expect("rows").map(|row| {
        let row = row.expect("a row");
        let cells = row.get_column_iter().map(|(name, field)| {
            let value = match field {
                Field::Null => Value::Null,
                Field::Long(n) => Value::from(*n),
                Field::Str(text) => Value::from(text.as_str()),
                other => panic!("{name} is {other:?}"),
            };
            (name.clone(), value)
        });
        cells.collect()
    });
    (columns.collect(), rows.collect())
}

/// Every row of a table of the export, in the order of its files, with branch and date as a reader
/// takes them from the path.
pub(crate) fn exported(office: &Office, table: &str) -> Rows {
    let mut all = Rows::new();
    for file in office.files(&format!("out/{table}")) {
        let parts: Vec<&str> = file.split('/').collect();
        assert_eq!(parts.len(), 3, "{file}");
        for mut row in read(&office.at(format!("out/{table}/{file}"))).1 {
            for part in &parts[..2] {
                let (key, value) = part.split_once('=').expect(part);
                row.insert(key.into(), value.into());
            }
            all.push(row);
        }
    }
    all
}

/// The columns of a view that a later request or a decision changes: no file has them.
pub(crate) fn changing(view: &str) -> &'static [&'static str] {
    match view {
        "v_screening" => &["lists", "confirmed", "decided_by", "reason", "decided_at"],
        _ => &["next_assessment_id"],
    }
}

/// Every row of a view as `query` answers it, without what no file has.
pub(crate) fn queried(office: &Office, view: &str) -> Rows {
    let sql = format!("SELECT * FROM {view}");
    let output = office.run(&["query", "--format", "json", &sql]);
    let mut rows: Rows = serde_json::from_slice(&output.stdout).expect("rows");
    for row in &mut rows {
        for column in changing(view) {
            row.remove(*column);
        }
    }
    rows
}

pub(crate) fn sorted(mut rows: Rows) -> Vec<String> {
    for row in &mut rows {
        row.remove("branch");
        row.remove("date");
    }
    let mut lines: Vec<String> = rows
        .iter()
        .map(|r| Value::from(r.clone()).to_string())
        .collect();
    lines.sort();
    lines
}

/// All of the history is there, and nothing twice.
pub(crate) fn assert_all_exported(office: &Office) {
    for table in TABLES {
        let (is, should) = (exported(office, table.name), queried(office, table.view));
        assert!(!should.is_empty(), "{}", table.view);
        assert_eq!(sorted(is), sorted(should), "{}", table.view);
    }
    assert_sound(office);
}

/// Every Parquet file below a folder of the home with its bytes.
pub(crate) fn parquet_files(office: &Office, below: &str) -> BTreeMap<String, Vec<u8>> {
    let files = office.files(below).into_iter();
    files
        .filter(|f| f.ends_with(".parquet"))
        .map(|f| {
            let bytes = std::fs::read(office.at(below).join(&f)).expect("a file");
            (f, bytes)
        })
        .collect()
}

pub(crate) fn manifests(office: &Office) -> Vec<String> {
    let mut files = office.files("out/_manifest");
    files.retain(|f| f.ends_with(".json"));
    files
}

/// Removes the export, as if there had been none.
pub(crate) fn begin_anew(office: &Office) {
    std::fs::remove_dir_all(office.at("out")).expect("removed");
}

/// Runs an export that is killed at a step, if it gets there.
pub(crate) fn killed_at(office: &Office, step: &str) -> bool {
    !run(office, &[], &format!("{step}=kill")).status.success()
}
