//! Files that cannot leave the work folder, or the folder that they are in: they stay there, are named
//! once, counted and tried again, and the others are answered.

#![cfg(all(target_os = "linux", debug_assertions))]

use crate::common;
use crate::faults;
use crate::one_file;

use std::os::unix::fs::symlink;
use std::process::Stdio;

use common::Office;
use faults::{batch_of, bound_by_permissions, give_to, go_on, set_mode, stopped, wait_for};
use one_file::{Bound, CUSTOMERS, drop_good, said, status, user_of};

/// A file that was taken and is not whole cannot go back: its folder may not be written any more.
#[test]
fn a_file_that_cannot_go_back_waits_in_work_and_stops_nobody() {
    let office = Office::configured("settle_timeout = \"1h\"\nretry = \"20ms\"\n");
    office.once();
    let folder = office.at("watch-dir/inbox/customer");
    office.drop("customer/cut.json", "{\"a\":");
    let Some(mut command) = bound_by_permissions(
        &office,
        "stuck::a_file_that_cannot_go_back_waits_in_work_and_stops_nobody",
        &["once"],
    ) else {
        return;
    };
    command.env("KYCDROP_FAULT", "claim.renamed@1=stop");
    command.stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    assert!(stopped(&mut child), "the step is reached");
    set_mode(&folder, 0o555);
    drop_good(&office, "good");
    let good = office.at("watch-dir/inbox/batch-customers/good.json");
    give_to(&good, user_of(&command));
    go_on(&child);
    let output = child.wait_with_output().expect("it ends");
    let text = said(&output);
    assert_eq!(output.status.code(), Some(77), "{text}");
    assert_eq!(
        text.matches("could not be put back into the inbox").count(),
        1,
        "{text}"
    );
    assert_eq!(office.answers().len(), 1, "{text}");
    assert_eq!(office.files("watch-dir/work").len(), 1, "{text}");
    assert_eq!(status(&office)["in_work"][0], "customer/cut.json");

    // The next one puts it back, where its sender completes it.
    set_mode(&folder, 0o755);
    let (mut command, taken) = (office.command(&["run"]), folder.join("cut.json"));
    let log = std::fs::File::create(office.at("log")).expect("a log");
    let mut daemon = command.stderr(log).spawn().expect("it starts");
    wait_for("it goes back", || taken.exists());
    let begun = std::fs::read(&taken).expect("read");
    assert_eq!(begun, b"{\"a\":");
    daemon.kill().expect("our own child");
    daemon.wait().expect("it ends");
}

#[test]
fn a_file_that_cannot_go_back_for_long_is_answered_as_it_is() {
    let settings = "settle_timeout = \"200ms\"\nretry = \"20ms\"\nscan_interval = \"20ms\"\n";
    let office = Office::configured(settings);
    office.once();
    let folder = office.at("watch-dir/inbox/customer");
    let Some(mut command) = bound_by_permissions(
        &office,
        "stuck::a_file_that_cannot_go_back_for_long_is_answered_as_it_is",
        &["run"],
    ) else {
        return;
    };
    command.env("KYCDROP_FAULT", "claim.renamed@1=stop");
    command.stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    office.drop("customer/cut.json", "{\"a\":");
    give_to(&folder, user_of(&command));
    assert!(stopped(&mut child), "the step is reached");
    set_mode(&folder, 0o555);
    go_on(&child);
    wait_for("an answer", || {
        office.files("watch-dir/failed").len() == 1 && office.files("watch-dir/work").is_empty()
    });
    assert_eq!(office.response("customer/cut")["status"], 400);
    child.kill().expect("our own child");
    child.wait().expect("it ends");
}

#[test]
fn a_name_that_is_taken_in_the_archive_or_the_outbox_gets_a_number() {
    let office = Office::new();
    // A file `sub` that is put away, then a folder `sub`; and the other way round.
    office.drop("batch-customers/sub", "no JSON");
    office.once();
    std::fs::remove_file(office.at("watch-dir/inbox/batch-customers/sub")).ok();
    office.drop("batch-customers/sub/x.json", "{}");
    office.drop("batch-customers/bus/x.json", "{}");
    office.once();
    std::fs::remove_dir(office.at("watch-dir/inbox/batch-customers/bus")).expect("removed");
    office.drop("batch-customers/bus", "no JSON");
    office.once();
    let failed: Vec<String> = office
        .files("watch-dir/failed")
        .iter()
        .map(|f| f.split_once('/').expect("a day").1.to_owned())
        .collect();
    assert_eq!(
        failed,
        [
            "batch-customers/bus.2",
            "batch-customers/bus/x.json",
            "batch-customers/sub",
            "batch-customers/sub.2/x.json",
        ]
    );
    // Something of somebody's in the outbox.
    office.write("watch-dir/outbox/odd", "a file");
    symlink(office.path(), office.at("watch-dir/outbox/link")).expect("a link");
    office.drop("odd/x.json", "{}");
    office.drop("link/x.json", "{}");
    office.once();
    assert!(office.at("watch-dir/outbox/odd.2/x.response.json").exists());
    assert!(
        office
            .at("watch-dir/outbox/link.2/x.response.json")
            .exists()
    );
    assert!(!office.at("x.response.json").exists());
    let told = "SELECT count(*) FROM batch WHERE response_file IN ('odd.2/x.response.json', 'link.2/x.response.json')";
    assert_eq!(office.value(told), 2);
    assert_eq!(office.files("watch-dir/work").len(), 0);
}

/// A file at `validate-batch-customers` cannot be ended because of the rights of a folder: another one
/// is answered meanwhile, it is named once and counted. Then the right is given, and it is ended too.
fn goes_on_beside(case: &str, folder: &str, says: &str) {
    let office = Office::on("2026-03-02T12:00:00Z");
    let settings =
        "settle = \"0s\"\nretry = \"20ms\"\nscan_interval = \"20ms\"\nmetrics_file = \"figures\"\n";
    office.write("kycdrop.toml", settings);
    for folder in [
        "outbox/validate-batch-customers",
        "archive/2026-03-02/validate-batch-customers",
    ] {
        std::fs::create_dir_all(office.at("watch-dir").join(folder)).expect("folders");
    }
    office.once();
    office.drop("validate-batch-customers/x.json", batch_of("x", CUSTOMERS));
    let Some(command) = bound_by_permissions(&office, case, &["run"]) else {
        return;
    };
    let (user, folder) = (user_of(&command), office.at("watch-dir").join(folder));
    set_mode(&folder, 0o500);
    let daemon = Bound::start(&office, command);
    drop_good(&office, "good");
    give_to(&office.at("watch-dir/inbox/batch-customers"), user);
    let good = office.at("watch-dir/outbox/batch-customers/good.response.json");
    wait_for("an answer", || good.exists());
    wait_for("its name", || daemon.log().contains(says));
    wait_for("it is counted", || status(&office)["held"]["files"] == 1);
    assert_eq!(status(&office)["health"], "healthy");
    assert_eq!(status(&office)["waiting"]["files"], 0);
    let doctor = office.run(&["doctor", "--quick"]).stdout;
    assert!(String::from_utf8_lossy(&doctor).contains("1 not taken: "));
    let figures = || std::fs::read_to_string(office.at("figures")).unwrap_or_default();
    wait_for("the figure", || {
        figures().contains("kycdrop_held_files 1\n")
    });
    set_mode(&folder, 0o700);
    wait_for("everything is ended", || {
        office.files("watch-dir/archive").len() == 2
            && office.files("watch-dir/work").is_empty()
            && status(&office)["held"]["files"] == 0
    });
    assert_eq!(office.answers().len(), 2);
    assert_eq!(office.value("SELECT count(*) FROM batch"), 2);
    let log = daemon.log();
    assert_eq!(log.matches(says).count(), 1, "{log}");
    assert_eq!(log.matches(" answered ").count(), 2, "{log}");
    assert!(!log.contains("paused: "), "{log}");
}

#[test]
fn a_folder_of_the_inbox_that_may_not_be_written_stops_no_other() {
    goes_on_beside(
        "stuck::a_folder_of_the_inbox_that_may_not_be_written_stops_no_other",
        "inbox/validate-batch-customers",
        "may not be moved out of its folder",
    );
}

#[test]
fn a_folder_of_the_outbox_that_may_not_be_written_stops_no_other() {
    goes_on_beside(
        "stuck::a_folder_of_the_outbox_that_may_not_be_written_stops_no_other",
        "outbox/validate-batch-customers",
        "its answer could not be put into its folder of the outbox",
    );
}

#[test]
fn a_folder_of_the_archive_that_may_not_be_written_stops_no_other() {
    goes_on_beside(
        "stuck::a_folder_of_the_archive_that_may_not_be_written_stops_no_other",
        "archive/2026-03-02/validate-batch-customers",
        "could not be put away",
    );
}
