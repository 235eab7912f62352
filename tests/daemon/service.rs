//! Running it: what a service manager gets to know, health, figures for Prometheus.

use crate::common;
use crate::faults;

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use common::{Office, cannot_run, needs, person, with};
use faults::{Daemon, PATIENCE, batch_of, drop_whole, wait_for};
use serde_json::{Value, json};

/// What a service manager hears.
struct Manager(UnixDatagram);

impl Manager {
    fn new(office: &Office) -> (Manager, String) {
        let path = office.at("notify.socket");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        (Manager(socket), path.to_string_lossy().into_owned())
    }

    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let n = self.0.recv(&mut bytes).expect("a message in time");
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    }

    fn until(&self, wanted: &str) -> Vec<String> {
        let mut heard = Vec::new();
        loop {
            let message = self.next();
            let done = message.starts_with(wanted);
            heard.push(message);
            if done {
                return heard;
            }
        }
    }
}

#[test]
fn systemd_is_notified_ready_alive_and_stopping() {
    let office = Office::new();
    let (manager, path) = Manager::new(&office);
    let env = [("NOTIFY_SOCKET", path.as_str()), ("WATCHDOG_USEC", "90000")];
    let mut daemon = Daemon::start(&office, &env);
    assert_eq!(
        manager.until("READY=1"),
        ["READY=1"],
        "nothing is reported before"
    );
    // Alive with nothing to do, although the scan would wait for two seconds.
    for _ in 0..5 {
        manager.until("WATCHDOG=1");
    }
    assert!(daemon.stop().success());
    manager.until("STOPPING=1");
}

#[test]
#[cfg(target_os = "linux")]
fn an_abstract_socket_will_do() {
    use std::os::linux::net::SocketAddrExt;
    let office = Office::new();
    let name = format!("kycdrop-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).expect("a name");
    let manager = Manager(UnixDatagram::bind_addr(&address).expect("a socket"));
    manager
        .0
        .set_read_timeout(Some(PATIENCE))
        .expect("a timeout");
    let _daemon = Daemon::start(&office, &[("NOTIFY_SOCKET", &format!("@{name}"))]);
    manager.until("READY=1");
}

#[test]
fn a_manager_that_does_not_listen_stops_nothing() {
    let office = Office::new();
    let env = [
        ("NOTIFY_SOCKET", "/nowhere/at/all"),
        ("WATCHDOG_USEC", "1000"),
    ];
    let mut daemon = Daemon::start(&office, &env);
    daemon.wait_for_log("kycdrop watches");
    drop_whole(&office, "batch-customers/x.json", batch_of("x", 2));
    wait_for("the answer", || {
        office.files("watch-dir/archive").len() == 1
    });
    assert!(daemon.stop().success());
}

#[test]
#[cfg(debug_assertions)]
fn a_pause_is_reported_and_the_watchdog_still_hears() {
    let office = Office::configured("retry = \"20ms\"\n");
    let full = office.write("full", "");
    let (manager, path) = Manager::new(&office);
    let env = [
        ("NOTIFY_SOCKET", path.as_str()),
        ("WATCHDOG_USEC", "90000"),
        ("KYCDROP_FAULT", "publish.before=ENOSPC"),
        ("KYCDROP_FAULT_WHILE", full.to_str().expect("text")),
    ];
    let mut daemon = Daemon::start(&office, &env);
    manager.until("READY=1");
    drop_whole(&office, "batch-customers/x.json", batch_of("x", 2));
    let heard = manager.until("STATUS=paused");
    assert!(
        heard
            .last()
            .is_some_and(|m| m.contains("No space left") && !m.contains('\n'))
    );
    manager.until("WATCHDOG=1");
    std::fs::remove_file(&full).expect("room again");
    manager.until("STATUS=watching");
    assert!(daemon.stop().success());
}

fn health(office: &Office) -> (Value, Option<i32>) {
    let output = office.run(&["status", "--format", "json"]);
    let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    (status, output.status.code())
}

#[test]
fn health_is_reported_with_its_exit_code() {
    let office = Office::new();
    assert_eq!(health(&office).0["health"], "stopped");
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    drop_whole(&office, "batch-customers/x.json", batch_of("x", 2));
    wait_for("a success", || {
        health(&office).0["last_success"].is_string()
    });
    let (status, code) = health(&office);
    assert_eq!(
        (&status["health"], code),
        (&Value::from("healthy"), Some(0))
    );
    daemon.kill();
    let (status, code) = health(&office);
    assert_eq!((&status["health"], code), (&Value::from("died"), Some(75)));
    assert!(status["last_success"].is_string(), "{status}");
    office.once();
    let (status, code) = health(&office);
    assert_eq!(
        (&status["health"], code),
        (&Value::from("stopped"), Some(0))
    );
}

fn figure(text: &str, name: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn figures_for_prometheus_are_written_whole() {
    let office =
        Office::configured("metrics_file = \"metrics/kycdrop.prom\"\nscan_interval = \"20ms\"\n");
    std::fs::create_dir(office.at("metrics")).expect("a folder");
    let file = office.at("metrics/kycdrop.prom");
    office.write(
        "lists/own.toml",
        "title = \"Ours\"\nprocess = \"PEP\"\nformat = \"csv\"\nfile = \"own.csv\"\ndate = 2026-01-31\n",
    );
    office.write(
        "lists/own.csv",
        "id,name\n1,Somebody Else\n2,Jonas Kalvaitis\n",
    );
    let on_list = json!({
        "firstName": "Jonas", "lastName": "Kalvaitis", "sourceOfRiskLevel": "IMPORT",
        "initializeScreeningProcesses": ["PEP"],
    });
    office.answer("customer", "match", &with(person("m"), on_list));
    let mut daemon = Daemon::start(&office, &[]);
    daemon.wait_for_log("kycdrop watches");
    drop_whole(&office, "batch-customers/.waiting", "left alone");
    for i in 0..3 {
        drop_whole(
            &office,
            &format!("batch-customers/f{i}.json"),
            batch_of(&format!("f{i}"), 4),
        );
    }
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    wait_for("three files", || {
        figure(&read(), "kycdrop_files_total") == Some(3.0)
    });
    let text = read();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs_f64();
    assert_eq!(
        figure(&text, "kycdrop_customers_accepted_total"),
        Some(9.0),
        "{text}"
    );
    assert_eq!(figure(&text, "kycdrop_backlog_files"), Some(0.0), "{text}");
    assert_eq!(
        figure(&text, "kycdrop_backlog_oldest_seconds"),
        Some(0.0),
        "{text}"
    );
    assert_eq!(figure(&text, "kycdrop_paused"), Some(0.0), "{text}");
    let age = figure(&text, "kycdrop_list_age_days{list=\"own\"}");
    assert!(age > Some(0.0), "{text}");
    let entries = figure(&text, "kycdrop_list_entries{list=\"own\"}");
    assert_eq!(entries, Some(2.0), "{text}");
    assert_eq!(
        figure(&text, "kycdrop_matches_waiting"),
        Some(1.0),
        "{text}"
    );
    assert!(figure(&text, "kycdrop_wal_bytes").is_some(), "{text}");
    assert!(figure(&text, "kycdrop_free_bytes") > Some(0.0), "{text}");
    let success = figure(&text, "kycdrop_last_success_timestamp_seconds").expect("a time");
    assert!((now - success).abs() < 120.0, "{text}");
    let code = &office.rows("SELECT error_code FROM v_rejection LIMIT 1")[0]["error_code"];
    let code = code.as_str().expect("a code");
    let rejected = format!("kycdrop_customers_rejected_total{{code=\"{code}\"}}");
    assert_eq!(figure(&text, &rejected), Some(3.0), "{text}");
    // Each figure is explained and typed, and nothing half written lies beside it.
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let name = line.split(['{', ' ']).next().expect("a name");
        assert!(text.contains(&format!("# HELP {name} ")), "{line}");
        assert!(text.contains(&format!("# TYPE {name} ")), "{line}");
    }
    assert!(daemon.stop().success());
    assert_eq!(office.files("metrics"), ["kycdrop.prom"]);
    // The node exporter is another user, and there is nothing of a customer in them.
    let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata().expect("figures"));
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn the_units_are_such_that_systemd_takes_them() {
    let service = [
        "Type=notify",
        "WatchdogSec=",
        "PrivateNetwork=yes",
        "ProtectSystem=strict",
        "ReadWritePaths=/var/lib/kycdrop",
    ];
    let desk = [
        // The address with the secret is printed there.
        "StandardOutput=null",
        "IPAddressDeny=any",
        "ProtectSystem=strict",
        "ReadWritePaths=/var/lib/kycdrop",
    ];
    for (name, lines) in [
        ("kycdrop.service", &service[..]),
        ("kycdrop-desk.service", &desk),
    ] {
        let unit = format!("{}/contrib/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&unit).expect("the unit");
        for line in lines {
            assert!(text.contains(line), "{line}");
        }
        match Command::new("systemd-analyze")
            .arg("verify")
            .arg(&unit)
            .output()
        {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                // The binary and the user are not there on a machine that only builds it.
                let complaints: Vec<_> = said
                    .lines()
                    .filter(|l| l.contains(name) && !l.contains("is not executable"))
                    .collect();
                assert!(complaints.is_empty(), "{said}");
            }
            Err(e) => {
                let need = needs::SYSTEMD_ANALYZE;
                let reason = format!("{need}: the command cannot be run: {e}");
                cannot_run(
                    "service::the_units_are_such_that_systemd_takes_them",
                    &reason,
                );
            }
        }
    }
}
