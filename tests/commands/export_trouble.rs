//! Trouble with an export: killed at any step, damaged, lost, given the name of another. Nothing is
//! ever half there or twice.

use crate::common;
use crate::exporting;

use std::fs::File;
use std::path::Path;

use common::person;
use exporting::{
    assert_all_exported, assert_sound, begin_anew, export, office, parquet_files, queried, refused,
    verify,
};
#[cfg(debug_assertions)]
use exporting::{killed_at, run};
use kycdrop::export::TABLES;

#[test]
#[cfg(debug_assertions)]
fn a_run_that_was_killed_at_any_step_is_finished_by_the_next() {
    let office = office();
    export(&office, &[]);
    let whole = parquet_files(&office, "out");
    let mut killed = 0;
    for step in kycdrop::fault::EXPORT_STEPS {
        for step in [
            format!("{step}@1"),
            format!("{step}@2"),
            format!("{step}@5"),
        ] {
            begin_anew(&office);
            if !killed_at(&office, &step) {
                continue;
            }
            killed += 1;
            // Whoever reads meanwhile sees no file that is not yet what it will be.
            for (path, bytes) in parquet_files(&office, "out") {
                assert!(whole[&path] == bytes, "{step}: {path}");
            }
            let (printed, _) = export(&office, &[]);
            let counted = printed.len();
            assert!(
                counted == whole.len() + 1 || step == "export.done@1",
                "{step}: {printed:?}"
            );
            assert!(parquet_files(&office, "out") == whole, "{step}");
            assert_sound(&office);
        }
    }
    assert!(killed >= 10, "{killed}");
}

#[test]
#[cfg(debug_assertions)]
fn what_came_after_a_kill_is_exported_after_it() {
    let office = office();
    for step in kycdrop::fault::EXPORT_STEPS {
        assert!(killed_at(&office, step), "{step}");
        office.batch(&format!("after-{step}"), &[person(step)]);
        export(&office, &[]);
        assert_all_exported(&office);
        begin_anew(&office);
    }
}

#[test]
#[cfg(debug_assertions)]
fn what_was_written_aside_and_got_lost_is_written_again() {
    let office = office();
    export(&office, &[]);
    let whole = parquet_files(&office, "out");
    for step in ["export.counts", "export.put@3"] {
        begin_anew(&office);
        assert!(killed_at(&office, step));
        let (code, lines, said) = verify(&office, &[]);
        assert_eq!((code, &*lines), (Some(0), &[][..]), "{said}");
        assert!(said.contains("interrupted: its next run"), "{said}");
        std::fs::remove_dir_all(office.at("out/_manifest/branch=vilnius/.parts")).expect("removed");
        export(&office, &[]);
        assert!(parquet_files(&office, "out") == whole, "{step}");
        assert_sound(&office);
    }
}

#[test]
#[cfg(debug_assertions)]
fn a_full_disk_or_a_missing_right_leaves_nothing_half_done() {
    let office = office();
    export(&office, &[]);
    let whole = parquet_files(&office, "out");
    for step in kycdrop::fault::EXPORT_STEPS {
        for (error, code) in [("ENOSPC", 75), ("EACCES", 77)] {
            begin_anew(&office);
            let output = run(&office, &[], &format!("{step}={error}"));
            assert_eq!(output.status.code(), Some(code), "{step}: {output:?}");
            for (path, bytes) in parquet_files(&office, "out") {
                assert!(whole[&path] == bytes, "{step}: {path}");
            }
            export(&office, &[]);
            assert!(parquet_files(&office, "out") == whole, "{step}");
            assert_sound(&office);
        }
    }
}

#[test]
#[cfg(debug_assertions)]
fn an_export_to_a_share_that_cannot_sync_folders_is_made() {
    let office = office();
    for (error, code) in [("EINVAL", 0), ("ENOTSUP", 0), ("EIO", 74)] {
        let output = run(&office, &[], &format!("folder.sync={error}"));
        assert_eq!(output.status.code(), Some(code), "{error}: {output:?}");
        export(&office, &[]);
        assert_all_exported(&office);
        begin_anew(&office);
    }
}

#[test]
fn files_of_a_lost_manifest_are_not_doubled() {
    let office = office();
    export(&office, &[]);
    let whole = parquet_files(&office, "out");
    let lost = office.at("out/_manifest/branch=vilnius/batches-000001-000003.json");
    let text = std::fs::read(&lost).expect("a manifest");
    std::fs::remove_file(&lost).expect("removed");
    // A file that is not what it should be has the name of one that will be written.
    let changed = office.at("out").join(whole.keys().next().expect("a file"));
    std::fs::write(&changed, "PAR1").expect("written");
    export(&office, &[]);
    assert!(parquet_files(&office, "out") == whole);
    assert_sound(&office);
    // With more batches the names would be others, and every row there twice.
    std::fs::remove_file(&lost).expect("removed");
    office.batch("more", &[person("21")]);
    let (code, said) = refused(&office, &[]);
    assert_eq!(code, Some(65), "{said}");
    assert!(
        said.contains("batches-000001-000003.parquet") && said.contains("from a copy"),
        "{said}"
    );
    assert!(parquet_files(&office, "out") == whole);
    std::fs::write(&lost, text).expect("put back");
    export(&office, &[]);
    assert_all_exported(&office);
}

#[test]
fn what_was_delivered_may_be_removed_where_the_manifests_stay() {
    let office = office();
    export(&office, &[]);
    for table in TABLES {
        std::fs::remove_dir_all(office.at("out").join(table.name)).expect("removed");
    }
    office.batch("more", &[person("21")]);
    let (printed, said) = export(&office, &[]);
    assert!(said.contains("batches 4 to 4"), "{said}");
    assert_eq!(printed.len(), 3, "{printed:?}");
    // Where they do not, the head office has both, and finds it out.
    let kept = office.at("out/_manifest/branch=vilnius/batches-000004-000004.json");
    let text = std::fs::read(&kept).expect("a manifest");
    begin_anew(&office);
    export(&office, &[]);
    std::fs::write(&kept, text).expect("written");
    let (code, lines, _) = verify(&office, &[]);
    assert_eq!(code, Some(65));
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("doubled   _manifest/branch=vilnius/batches-000004")),
        "{lines:#?}"
    );
}

#[test]
fn verify_finds_what_is_missing_changed_or_beside() {
    let office = office();
    export(&office, &[]);
    office.batch("more", &[person("21")]);
    export(&office, &[]);
    office.batch("still-more", &[person("22")]);
    export(&office, &[]);
    assert_sound(&office);
    let moment = queried(&office, "v_batch")[0]["received_at"].to_string();
    let day = &moment[1..11];
    let of = |table: &str, batches: &str| {
        format!("{table}/branch=vilnius/date={day}/batches-{batches}.parquet")
    };
    let (assessments, findings) = (
        of("assessment", "000001-000003"),
        of("finding", "000001-000003"),
    );
    let path = office.at("out").join(&assessments);
    let sound = std::fs::read(&path).expect("a file");
    let mut bytes = sound.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    std::fs::remove_file(office.at("out").join(&findings)).expect("removed");
    office.write(Path::new("out").join(of("batch", "000009-000009")), "PAR1");
    office.write(
        "out/warning/branch=kaunas/date=2026-01-01/x.parquet",
        "PAR1",
    );
    office.write("out/batch/branch=vilnius/_temporary", "");
    std::fs::remove_file(office.at("out/_manifest/branch=vilnius/batches-000004-000004.json"))
        .expect("removed");
    let before = office.files("out");
    let (code, lines, said) = verify(&office, &[]);
    assert_eq!(code, Some(65), "{said}");
    assert_eq!(
        lines,
        [
            "unlisted  warning/branch=kaunas  (no manifest of this branch)".to_owned(),
            "missing   _manifest/branch=vilnius/batches-000004-000004.json  (one or more manifests of these batches)".into(),
            format!("changed   {assessments}"),
            format!("missing   {findings}"),
            format!("unlisted  {}  (no manifest lists this file)", of("batch", "000004-000004")),
            format!("unlisted  {}  (no manifest lists this file)", of("batch", "000009-000009")),
            format!("unlisted  {}  (no manifest lists this file)", of("assessment", "000004-000004")),
        ]
    );
    assert!(said.contains("7 differences in"), "{said}");
    assert_eq!(office.files("out"), before, "nothing was touched");
}

#[test]
fn verify_finds_a_manifest_that_says_nothing_and_a_branch_that_has_none() {
    let office = office();
    export(&office, &[]);
    office.write(
        "out/_manifest/branch=vilnius/batches-000001-000003.json",
        "{\"format\": 1}",
    );
    let (code, lines, _) = verify(&office, &[]);
    assert_eq!(code, Some(65));
    assert!(
        lines
            .iter()
            .any(|l| l
                .starts_with("changed   _manifest/branch=vilnius/batches-000001-000003.json  (")),
        "{lines:#?}"
    );
    let (code, said) = refused(&office, &["--verify", "--branch", "klaipeda"]);
    assert_eq!(code, Some(65), "{said}");
    assert!(
        said.contains("no manifest of the branch klaipeda"),
        "{said}"
    );
}

#[test]
fn a_manifest_leads_to_nothing_outside_of_the_export() {
    let office = office();
    export(&office, &[]);
    let manifest = "out/_manifest/branch=vilnius/batches-000001-000003.json";
    let text = std::fs::read_to_string(office.at(manifest)).expect("a manifest");
    for (from, to) in [
        ("\"path\": \"batch/", "\"path\": \"../batch/"),
        ("\"view\": \"v_batch\"", "\"view\": \"v_../batch\""),
        ("\"format\": 1", "\"format\": 2"),
    ] {
        assert!(text.contains(from), "{from}");
        office.write(manifest, text.replacen(from, to, 1));
        let (code, said) = refused(&office, &[]);
        let expected = if to.contains('2') { 78 } else { 65 };
        assert_eq!(code, Some(expected), "{to}: {said}");
    }
}

#[test]
fn a_branch_of_another_history_is_refused() {
    let (ours, other) = (office(), office());
    export(&ours, &[]);
    let before = ours.files("out");
    let out = ours.at("out");
    let args = ["export", out.to_str().expect("text"), "--branch", "vilnius"];
    let output = other.run(&args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(
        said.contains("branch vilnius of another history") && said.contains("another name"),
        "{said}"
    );
    assert_eq!(ours.files("out"), before);
}

#[test]
fn a_history_that_was_put_back_from_a_backup_is_refused() {
    let office = office();
    let backup = office.at("backup.db");
    assert!(
        office
            .run(&["backup", backup.to_str().expect("text")])
            .status
            .success()
    );
    office.batch("lost", &[person("31")]);
    export(&office, &[]);
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(office.at(format!("kycdrop.db{ending}")));
    }
    std::fs::rename(&backup, office.at("kycdrop.db")).expect("put back");
    for again in [
        "fewer batches than were exported",
        "another batch of that number",
    ] {
        let (code, said) = refused(&office, &[]);
        assert_eq!(code, Some(78), "{again}: {said}");
        assert!(
            said.contains("batch 4 of vilnius") && said.contains("backup"),
            "{again}: {said}"
        );
        office.batch("again", &[person("31")]);
    }
    // As it says what to do:
    std::fs::rename(office.at("out"), office.at("away")).expect("moved");
    export(&office, &[]);
    assert_all_exported(&office);
}

#[test]
fn a_second_writer_of_a_branch_is_kept_out() {
    let office = office();
    export(&office, &[]);
    let lock = File::open(office.at("out/_manifest/branch=vilnius/.lock")).expect("a lock");
    lock.lock().expect("locked");
    office.batch("more", &[person("21")]);
    let (code, said) = refused(&office, &[]);
    assert_eq!(code, Some(75), "{said}");
    assert!(
        said.contains("another process is exporting the branch vilnius"),
        "{said}"
    );
    export(&office, &["--branch", "kaunas"]);
    drop(lock);
    export(&office, &[]);
    assert_eq!(verify(&office, &[]).0, Some(0));
}
