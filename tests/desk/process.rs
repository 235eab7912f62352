//! The desk as a process: alone, beside a daemon, and as a part of `run`.

use std::os::unix::fs::PermissionsExt;

use super::client::Desk;
use super::common::Office;
use super::common::daemon::{Daemon, eventually};

#[test]
fn it_ends_with_0_and_leaves_no_address() {
    let office = Office::new();
    office.once();
    let desk = Desk::open(&office);
    desk.page("/");
    let secret = desk.opening.clone();
    assert!(office.at("kycdrop.desk/address").exists());
    for name in ["", "address", "session"] {
        let mode = office
            .at("kycdrop.desk")
            .join(name)
            .metadata()
            .expect("a file");
        assert_eq!(mode.permissions().mode() & 0o077, 0, "{name}");
    }
    assert_eq!(desk.close(), Some(0));
    assert!(!office.at("kycdrop.desk/address").exists());
    let log = std::fs::read_to_string(office.at("desk.log")).expect("the log");
    assert!(!log.contains(&secret[6..]), "the log has the token");
}

#[test]
fn a_second_one_prints_the_address_of_the_first() {
    let office = Office::new();
    office.once();
    let desk = Desk::open(&office);
    let second = office.run(&["desk"]);
    assert_eq!(second.status.code(), Some(0));
    let address = String::from_utf8(second.stdout).expect("text");
    assert_eq!(
        address.trim(),
        format!("http://{}{}", desk.host, desk.opening)
    );
}

#[test]
fn an_open_page_survives_a_restart() {
    let office = Office::new();
    office.once();
    let desk = Desk::open(&office);
    let cookie = desk.cookie.split_once('=').expect("a value").1.to_owned();
    let opening = desk.opening.clone();
    assert_eq!(desk.close(), Some(0));
    let desk = Desk::open(&office);
    let port = desk.host.rsplit(':').next().expect("a port");
    let old = format!("kycdrop-{port}={cookie}");
    let headers = [("Host", desk.host.as_str()), ("Cookie", &old)];
    assert_eq!(desk.ask("GET", "/", &headers, b"").status, 200);
    assert_eq!(desk.get(&opening).status, 403, "the old token");
}

#[test]
fn without_its_session_file_every_browser_is_locked_out() {
    let office = Office::new();
    office.once();
    let desk = Desk::open(&office);
    let cookie = desk.cookie.split_once('=').expect("a value").1.to_owned();
    assert_eq!(desk.close(), Some(0));
    std::fs::remove_file(office.at("kycdrop.desk/session")).expect("the session");
    let desk = Desk::open(&office);
    let port = desk.host.rsplit(':').next().expect("a port");
    let old = format!("kycdrop-{port}={cookie}");
    let headers = [("Host", desk.host.as_str()), ("Cookie", &old)];
    assert_eq!(desk.ask("GET", "/", &headers, b"").status, 403);
    desk.page("/");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let office = Office::new();
    office.once();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let output = office.run(&["desk", "--port", &port]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(
        said.contains(&format!("port {port} on 127.0.0.1 is in use")),
        "{said}"
    );
    assert!(said.contains("desk_port"), "{said}");
}

#[test]
fn run_opens_it_and_it_ends_with_run_however_that_ends() {
    for kill in [false, true] {
        let office = Office::configured("desk = true\ndesk_port = 0\n");
        let daemon = Daemon::start(&office);
        let address = eventually("the address", || {
            let text = std::fs::read_to_string(office.at("kycdrop.desk/address")).ok()?;
            (!text.is_empty()).then_some(text)
        });
        let desk = Desk::at(&address);
        assert!(desk.page("/").contains("kycdrop is running."));
        if kill {
            daemon.signal(rustix::process::Signal::KILL);
            daemon.end();
        } else {
            let log = daemon.log();
            let printed = office.run(&["desk"]).stdout;
            assert_eq!(String::from_utf8_lossy(&printed).trim(), address.trim());
            daemon.stop();
            assert!(!log.contains("/open/"), "{log}");
        }
        eventually("the end of the desk", || {
            std::net::TcpStream::connect(&desk.host)
                .is_err()
                .then_some(())
        });
    }
}

#[test]
fn the_browser_is_started_without_the_token() {
    let office = Office::new();
    office.once();
    // A browser that notes what it was started with.
    let seen = office.at("seen");
    let browser = office.write(
        "bin/xdg-open",
        format!("#!/bin/sh\necho \"$@\" > {}\n", seen.display()),
    );
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let desk = Desk::open(&office);
    let path = format!("{}:/usr/bin:/bin", office.at("bin").display());
    let output = office
        .command(&["desk", "--open"])
        .env("PATH", path)
        .output();
    assert!(output.expect("it ends").status.success());
    let started_with = eventually("the browser", || {
        let text = std::fs::read_to_string(&seen).ok()?;
        (!text.is_empty()).then_some(text)
    });
    let page = std::fs::read_to_string(started_with.trim()).expect("the page");
    assert!(
        page.contains(&format!("http://{}{}", desk.host, desk.opening)),
        "{page}"
    );
}

#[test]
fn run_prints_the_address_but_not_into_a_journal() {
    use std::process::Stdio;
    for journal in [false, true] {
        let office = Office::configured("desk = true\ndesk_port = 0\n");
        let mut command = office.command(&["run"]);
        if journal {
            command.env("JOURNAL_STREAM", "8:1");
        }
        let printed = office.at("stdout");
        let stdout = std::fs::File::create(&printed).expect("a file");
        let mut run = command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let address = eventually("the address", || {
            let text = std::fs::read_to_string(office.at("kycdrop.desk/address")).ok()?;
            (!text.is_empty()).then_some(text)
        });
        // Whoever is let in was let in after the line was printed.
        Desk::at(&address);
        let text = std::fs::read_to_string(&printed).expect("what it printed");
        let expected = if journal {
            String::new()
        } else {
            address + "\n"
        };
        let pid = rustix::process::Pid::from_child(&run);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        assert_eq!(run.wait().expect("its end").code(), Some(0));
        assert_eq!(text, expected);
    }
}

#[test]
fn many_files_that_wait_are_counted_and_counted_again() {
    let office = Office::new();
    office.once();
    let drop = |n: u32| {
        office.write(format!("watch-dir/inbox/customer/{n}.json"), "{}");
    };
    (0..1500).for_each(drop);
    let desk = Desk::open(&office);
    assert!(desk.page("/").contains("value=\"1500\""));
    drop(1500);
    eventually("the new file", || {
        let now = desk.page("/today/live");
        now.contains("value=\"1501\"").then_some(())
    });
}
