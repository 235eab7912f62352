//! A terminal for a test: a pseudo-terminal of a given width that a command believes to be a person's,
//! and everything that came to it.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::io::{Read, Write};
use std::process::{Child, ExitStatus};

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};

use crate::common::Office;

/// What a command showed, and how it ended.
pub(crate) struct Shown {
    pub text: String,
    pub status: ExitStatus,
}

/// A command on a terminal that goes on.
pub(crate) struct Session {
    pty: Pty,
    child: Child,
    seen: Vec<u8>,
}

/// Starts a command of the office on a terminal of so many columns, with these variables.
pub(crate) fn start(
    office: &Office,
    columns: u16,
    args: &[&str],
    variables: &[(&str, &str)],
) -> Session {
    let (pty, pts) = open().expect("a terminal");
    pty.resize(Size::new(24, columns)).expect("a size");
    let plain = office.command(args);
    let mut command = Command::new(plain.get_program())
        .args(plain.get_args())
        .current_dir(office.path())
        .env("TERM", "xterm-256color")
        .env("PAGER", "cat");
    for name in [
        "KYCDROP_HOME",
        "KYCDROP_LOG",
        "KYCDROP_PAGER",
        "LESS",
        "NO_COLOR",
        "COLUMNS",
    ] {
        command = command.env_remove(name);
    }
    for (name, value) in plain.get_envs() {
        command = match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    for (name, value) in variables {
        command = command.env(name, value);
    }
    let child = command.spawn(pts).expect("it starts");
    Session {
        pty,
        child,
        seen: Vec::new(),
    }
}

impl Session {
    /// Waits until this was shown.
    pub(crate) fn wait_for(&mut self, what: &str) {
        while !String::from_utf8_lossy(&self.seen).contains(what) {
            assert!(self.more(), "{what} was not shown: {}", self.text());
        }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("pressed");
    }

    /// Everything that is shown until the end.
    pub(crate) fn end(mut self) -> Shown {
        while self.more() {}
        Shown {
            text: self.text(),
            status: self.child.wait().expect("it ends"),
        }
    }

    /// False once nobody has the terminal any more, which Linux calls an error.
    fn more(&mut self) -> bool {
        let mut part = [0; 4096];
        match self.pty.read(&mut part) {
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.seen.extend_from_slice(&part[..n]);
                true
            }
        }
    }

    /// With the escapes that steer the terminal made visible.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen)
            .replace("\r\n", "\n")
            .replace('\u{1b}', "␛")
            .replace('\r', "␍")
    }
}

/// What a command shows on a terminal of so many columns.
pub(crate) fn shown(office: &Office, columns: u16, args: &[&str]) -> Shown {
    start(office, columns, args, &[]).end()
}

/// The characters of the widest line, without what gives it its colour.
pub(crate) fn width(text: &str) -> usize {
    let plain = |line: &str| {
        let mut parts = line.split('␛');
        let begin = parts.next().unwrap_or_default().chars().count();
        let rest = parts.map(|p| {
            p.split_once('m')
                .map_or(p, |(_, text)| text)
                .chars()
                .count()
        });
        begin + rest.sum::<usize>()
    };
    text.lines().map(plain).max().unwrap_or_default()
}
