//! A desk on an office, and the requests of a browser to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::common::Office;
use super::common::daemon::PATIENCE;

/// A running `kycdrop desk`, and the session of a browser with it.
pub(crate) struct Desk {
    child: Option<Child>,
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    /// The path that lets a browser in.
    pub(crate) opening: String,
    /// The cookie that it got.
    pub(crate) cookie: String,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The head, as it came.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Desk {
    /// Opens the desk of an office, and lets a browser in.
    pub(crate) fn open(office: &Office) -> Desk {
        let mut child = office
            .command(&["desk", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(office.at("desk.log")).expect("a log"))
            .spawn()
            .expect("the desk starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("its stdout");
        BufReader::new(stdout)
            .read_line(&mut address)
            .expect("an address");
        let mut desk = Desk::at(address.trim());
        desk.child = Some(child);
        desk
    }

    /// The desk at an address that was printed.
    pub(crate) fn at(address: &str) -> Desk {
        let rest = address
            .strip_prefix("http://")
            .unwrap_or_else(|| panic!("{address}"));
        let (host, path) = rest.split_once('/').expect("a path");
        let mut desk = Desk {
            child: None,
            host: host.to_owned(),
            opening: format!("/{path}"),
            cookie: String::new(),
        };
        let opened = desk.get(&desk.opening);
        assert_eq!(opened.status, 200, "{}", opened.body);
        let cookie = opened.header("set-cookie").expect("a cookie");
        desk.cookie = cookie.split(';').next().expect("its value").to_owned();
        desk
    }

    /// A request, byte for byte as it is given.
    pub(crate) fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.host).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream.write_all(request).expect("a request");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).expect("a status");
        Answer {
            status: status.parse().expect("a status"),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// A request with these header lines and nothing else.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n", body.len());
        self.raw(&[request.as_bytes(), body].concat())
    }

    /// A page.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(
            "GET",
            path,
            &[("Host", &self.host), ("Cookie", &self.cookie)],
            b"",
        )
    }

    /// A page that must be there.
    pub(crate) fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Sends a form as the desk's own page would.
    pub(crate) fn post(&self, action: &str, kind: &str, body: &[u8]) -> Answer {
        let origin = format!("http://{}", self.host);
        let headers = [
            ("Host", self.host.as_str()),
            ("Cookie", &self.cookie),
            ("Origin", &origin),
            ("Content-Type", kind),
        ];
        self.ask("POST", action, &headers, body)
    }

    /// Sends the fields of a form.
    pub(crate) fn send(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.post(action, "application/x-www-form-urlencoded", body.as_bytes())
    }

    /// Ends it with SIGTERM; its exit code.
    pub(crate) fn close(mut self) -> Option<i32> {
        let mut child = self.child.take().expect("a process of its own");
        let pid = Pid::from_child(&child);
        kill_process(pid, Signal::TERM).expect("a signal is sent");
        child.wait().expect("its end").code()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Answer {
    /// A header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut pairs = lines.filter_map(|line| line.split_once(": "));
        pairs
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Where the form of a page sends to, which begins like this.
pub(crate) fn action(page: &str, beginning: &str) -> String {
    let from = format!("action=\"{beginning}");
    let at = page
        .find(&from)
        .unwrap_or_else(|| panic!("no form to {beginning} in {page}"));
    let rest = &page[at + "action=\"".len()..];
    let end = rest.find('"').expect("an end");
    rest[..end].replace("&amp;", "&")
}
