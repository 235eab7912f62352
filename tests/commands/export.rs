//! `export` as a head office sees it: files in at the branch, Parquet out.

use crate::asking;
use crate::common;
use crate::exporting;
use crate::faults;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{Office, person};
use exporting::{
    assert_all_exported, assert_sound, begin_anew, changing, export, exported, manifests, office,
    parquet_files, queried, read, refused, sorted, verify,
};
use faults::batch_of;
use kycdrop::export::TABLES;
use serde_json::Value;

#[test]
fn every_row_of_every_view_comes_back_with_its_type() {
    let office = asking::a_whole_office();
    let (printed, said) = export(&office, &[]);
    assert!(said.contains("batches 1 to 11 of vilnius"), "{said}");
    assert_all_exported(&office);
    let days: BTreeMap<i64, String> = queried(&office, "v_batch")
        .iter()
        .map(|b| {
            let day = &b["received_at"].as_str().expect("a moment")[..10];
            (b["batch_id"].as_i64().expect("a number"), day.to_owned())
        })
        .collect();
    for table in TABLES {
        for row in exported(&office, table.name) {
            assert_eq!(row["branch"], "vilnius");
            if let Some(batch) = row.get("batch_id").and_then(Value::as_i64) {
                assert_eq!(row["date"], days[&batch], "{}", table.name);
            }
        }
        let described = format!(
            "SELECT name, iif(type = 'INTEGER', 'INT64', 'BYTE_ARRAY') AS type
             FROM pragma_table_info('{}') ORDER BY cid",
            table.view
        );
        let columns: Vec<(String, String)> = office
            .rows(&described)
            .iter()
            .map(|c| {
                let text = |key: &str| c[key].as_str().expect("text").to_owned();
                (text("name"), text("type"))
            })
            .filter(|(name, _)| !changing(table.view).contains(&name.as_str()))
            .collect();
        let file = &office.files(&format!("out/{}", table.name))[0];
        let file = office.at(format!("out/{}/{file}", table.name));
        assert_eq!(read(&file).0, columns, "{}", table.name);
    }
    let mut files = office.files("out");
    files.retain(|f| !f.ends_with(".lock"));
    let mut told = printed.clone();
    told.sort();
    assert_eq!(told, files, "the paths of everything new are printed");
    let last = printed.last().expect("a manifest");
    assert_eq!(last, "_manifest/branch=vilnius/batches-000001-000011.json");
}

#[test]
fn a_run_writes_only_what_no_run_before_it_wrote() {
    let office = office();
    export(&office, &[]);
    let first = parquet_files(&office, "out");
    let (printed, said) = export(&office, &[]);
    assert!(printed.is_empty(), "{printed:?}");
    assert!(said.contains("everything up to batch 3"), "{said}");
    assert_eq!(parquet_files(&office, "out"), first);
    assert_eq!(manifests(&office).len(), 1);
    office.batch("more", &[person("21"), person("22")]);
    let (printed, _) = export(&office, &[]);
    assert_eq!(printed.len(), 3, "batch, assessment, manifest: {printed:?}");
    let second = parquet_files(&office, "out");
    assert_eq!(second.len(), first.len() + 2);
    for (path, bytes) in &first {
        assert!(second[path] == *bytes, "{path} was changed");
    }
    for path in second.keys().filter(|p| !first.contains_key(*p)) {
        assert!(path.ends_with("/batches-000004-000004.parquet"), "{path}");
    }
    assert_all_exported(&office);
}

#[test]
fn branches_share_a_folder_and_know_nothing_of_each_other() {
    let vilnius = office();
    let kaunas = Office::configured("branch = \"007\"\n");
    kaunas.batch("one", &[person("1"), person("2")]);
    let out = vilnius.at("out");
    let args = ["export", out.to_str().expect("text")];
    export(&vilnius, &[]);
    assert!(kaunas.run(&args).status.success());
    assert!(!vilnius.files("out/assessment/branch=007").is_empty());
    assert_eq!(
        manifests(&vilnius),
        [
            "branch=007/batches-000001-000001.json",
            "branch=vilnius/batches-000001-000003.json"
        ]
    );
    assert_sound(&vilnius);
    let damaged = vilnius.files("out/assessment/branch=007").remove(0);
    std::fs::write(out.join("assessment/branch=007").join(damaged), "").expect("written");
    assert_eq!(verify(&vilnius, &[]).0, Some(65));
    assert_eq!(verify(&vilnius, &["--branch", "vilnius"]).0, Some(0));
    assert_eq!(verify(&vilnius, &["--branch", "007"]).0, Some(65));
}

#[test]
fn a_branch_has_a_name_that_is_a_sound_piece_of_a_path() {
    let office = office();
    let out = office.at("out");
    let args = ["export", out.to_str().expect("text")];
    let output = office.run(&args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(
        said.contains("kycdrop.toml, or give --branch NAME"),
        "{said}"
    );
    for name in [
        "",
        "..",
        "a/b",
        "../../x",
        "Šiauliai",
        "a b",
        "a=b",
        "null",
        "%2e",
    ] {
        let (code, said) = refused(&office, &["--branch", name]);
        assert_eq!(code, Some(2), "{name}: {said}");
        assert!(said.contains("such as vilnius-3"), "{name}: {said}");
    }
    office.edit(
        "kycdrop.toml",
        "settle = ",
        "branch = \"Vilnius 3\"\nsettle = ",
    );
    let output = office.run(&args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(
        said.contains("line 1") && said.contains("such as vilnius-3"),
        "{said}"
    );
    assert!(!out.exists(), "nothing was made");
    office.edit("kycdrop.toml", "Vilnius 3", "vilnius-3");
    assert!(office.run(&args).status.success());
    assert!(office.at("out/batch/branch=vilnius-3").is_dir());
}

#[test]
fn a_batch_waits_until_its_answer_is_published() {
    let office = office();
    let conn = office.database();
    let publish = |at: &str| {
        let sql = format!("UPDATE batch SET published_at = {at} WHERE batch_id = 2");
        conn.execute_batch(&sql).expect("changed");
    };
    publish("NULL");
    let (_, said) = export(&office, &[]);
    assert!(said.contains("batches 1 to 1 of vilnius"), "{said}");
    assert!(said.contains("left for the next export: batch 2"), "{said}");
    assert_eq!(exported(&office, "batch").len(), 1);
    let (printed, said) = export(&office, &[]);
    assert!(printed.is_empty() && said.contains("nothing new"), "{said}");
    publish("received_at");
    let (_, said) = export(&office, &[]);
    assert!(said.contains("batches 2 to 3 of vilnius"), "{said}");
    assert_all_exported(&office);
}

#[test]
fn days_are_those_of_the_batches_even_if_the_clock_was_set_back() {
    let office = office();
    let days = [
        "2026-03-01T23:59:59.999Z",
        "2026-03-02T00:00:00.000Z",
        "2026-03-01T23:00:00.000Z",
    ];
    for (i, day) in days.iter().enumerate() {
        let sql = "UPDATE batch SET received_at = ?2 WHERE batch_id = ?1";
        let changed = office.database().execute(sql, (i + 1, day));
        assert_eq!(changed, Ok(1));
    }
    export(&office, &[]);
    assert_eq!(
        office.files("out/batch"),
        [
            "branch=vilnius/date=2026-03-01/batches-000001-000003.parquet",
            "branch=vilnius/date=2026-03-02/batches-000002-000002.parquet"
        ]
    );
    assert_all_exported(&office);
}

#[test]
fn payloads_may_stay_at_the_branch() {
    let office = office();
    export(&office, &["--without-payload"]);
    for table in ["assessment", "rejection"] {
        let mut should = queried(&office, &format!("v_{table}"));
        for row in &mut should {
            assert!(row.remove("payload").is_some());
        }
        assert_eq!(sorted(exported(&office, table)), sorted(should));
    }
    assert_sound(&office);
    let all: Vec<u8> = parquet_files(&office, "out")
        .into_values()
        .flatten()
        .collect();
    assert!(!all.windows(7).any(|w| w == b"payload"));
}

#[test]
fn an_export_is_as_private_as_the_home() {
    use std::os::unix::fs::PermissionsExt;
    fn check(folder: &Path, file_mode: u32, folder_mode: u32) {
        let mode = |path: &Path| path.metadata().expect("it").permissions().mode() & 0o777;
        assert_eq!(mode(folder), folder_mode, "{}", folder.display());
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                check(&path, file_mode, folder_mode);
            } else {
                assert_eq!(mode(&path), file_mode, "{}", path.display());
            }
        }
    }
    let office = office();
    export(&office, &[]);
    check(&office.at("out"), 0o600, 0o700);
    begin_anew(&office);
    office.edit(
        "kycdrop.toml",
        "settle = ",
        "share_with_group = true\nsettle = ",
    );
    export(&office, &[]);
    check(&office.at("out"), 0o660, 0o770);
}

#[test]
fn it_goes_on_while_the_daemon_works() {
    let office = office();
    let mut daemon = faults::Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    for i in 0..8 {
        let name = format!("d{i}");
        faults::drop_whole(
            &office,
            &format!("batch-customers/{name}.json"),
            batch_of(&name, 40),
        );
        export(&office, &[]);
    }
    faults::wait_for("the answers", || {
        office.files("watch-dir/archive").len() >= 10
    });
    assert!(daemon.stop().success());
    export(&office, &[]);
    assert_all_exported(&office);
}

#[test]
fn where_there_is_nothing_there_is_nothing_to_export() {
    let office = Office::new();
    let (code, said) = refused(&office, &[]);
    assert_eq!(code, Some(78), "{said}");
    office.once();
    let (printed, said) = export(&office, &[]);
    assert!(
        printed.is_empty() && said.contains("no answered batch"),
        "{said}"
    );
    let (code, said) = refused(&office, &["--verify"]);
    assert_eq!(code, Some(0), "{said}");
    let nowhere = office.run(&["export", "/nowhere/at/all", "--verify"]);
    assert_eq!(nowhere.status.code(), Some(65), "{nowhere:?}");
}
