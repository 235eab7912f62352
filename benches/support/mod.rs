//! Customers for the benches: two that are sound, and a generator that makes batches of them. The
//! same seed gives the same bytes, here and anywhere.

#![allow(dead_code, reason = "each bench uses the part of this that it needs")]

use std::io::{self, Write};
use std::time::{Duration, Instant};

use kycdrop::classifier::{ClassifierSet, SHIPPED, load_set, parse_file, store};
use kycdrop::config::Home;
use kycdrop::history::History;
use kycdrop::intake::{Claim, Inbox, claim};

/// A customer with little more than what is mandatory, as a machine writes it.
pub fn minimal() -> String {
    compact(include_str!("../../tests/fixtures/minimal.json"))
}

/// A customer with every field that a person may have, every list, and two related entities.
pub fn full() -> String {
    compact(include_str!("../../tests/fixtures/full.json"))
}

/// The shipped classifiers, as a set to judge by.
pub fn classifiers() -> ClassifierSet {
    let files: Vec<_> = SHIPPED
        .iter()
        .map(|(name, text)| parse_file(name, text).expect("a shipped classifier is sound"))
        .collect();
    let mut history = History::in_memory().expect("a history");
    let conn = history.connection_mut();
    let loaded = store(conn, &files, "2026-01-01T00:00:00.000Z").expect("stored classifiers");
    load_set(conn, loaded.set_id).expect("a set")
}

/// The text without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    json.chars()
        .filter(|c| {
            let keep = inside || !c.is_ascii_whitespace();
            match c {
                '"' if !escaped => inside = !inside,
                '\\' if inside => {
                    escaped = !escaped;
                    return true;
                }
                _ => {}
            }
            escaped = false;
            keep
        })
        .collect()
}

/// Customers that are wrong in one way each, made of the minimal one: what to replace, and by what.
/// Each leads to one finding.
const WRONG: &[(&str, &str)] = &[
    ("\"requester\":\"Branch 7\"", "\"requester\":\" \""),
    (
        "\"riskManagementCategory\":\"IND\"",
        "\"riskManagementCategory\":\"NONE\"",
    ),
    ("\"riskLevel\":\"LOW\"", "\"riskLevel\":\"low\""),
    (
        "\"citizenshipCountry\":\"LT\"",
        "\"citizenshipCountry\":\"XX\"",
    ),
    ("\"1984-02-29\"", "\"1984-02-30\""),
];

/// The minimal customer with ten things wrong.
const TEN_WRONG: &str = r#"{"communicationNumber":"N-0000000001","riskManagementCategory":"NONE","riskLevel":"low","entityType":"INDIVIDUAL","customerExtId":"X-0000000001","closingDate":"2024-04-10","title":"UAB Pavyzdys","legalForm":"LTD","birthDate":"1984-02-29","nationalCode":"48402290001","isPEP":false,"isSanctioned":false,"lastName":"Petraitė","citizenshipCountry":"XX"}"#;

/// What the customers of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Minimal,
    Full,
    /// Minimal ones, each with ten findings.
    TenFindings,
}

/// Makes customers, each with a communicationNumber and a customerExtId of its own.
pub struct Generator {
    state: u64,
    minimal: Template,
    full: Template,
    ten_findings: Template,
    wrong: Vec<Template>,
    /// Of a hundred minimal or full customers, so many are minimal ones with one finding.
    pub percent_wrong: u64,
    /// How many of them came out so far.
    pub wrong_made: u64,
}

impl Generator {
    pub fn new(seed: u64) -> Generator {
        let minimal = minimal();
        let wrong = WRONG.iter().map(|(sound, wrong)| {
            assert!(minimal.contains(sound), "the fixture has no {sound}");
            Template::of(&minimal.replace(sound, wrong))
        });
        Generator {
            state: seed,
            wrong: wrong.collect(),
            minimal: Template::of(&minimal),
            full: Template::of(&full()),
            ten_findings: Template::of(TEN_WRONG),
            percent_wrong: 0,
            wrong_made: 0,
        }
    }

    /// SplitMix64: small, and random enough that an index over its numbers is filled anywhere.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Writes a whole request.
    pub fn batch(&mut self, shape: Shape, customers: u64, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{\"customers\":[")?;
        for i in 0..customers {
            out.write_all(if i > 0 { b",\n" } else { b"\n" })?;
            let (number, id) = (self.next(), self.next());
            let wrong = shape != Shape::TenFindings && self.next() % 100 < self.percent_wrong;
            let template = match shape {
                _ if wrong => {
                    self.wrong_made += 1;
                    let which = self.next() as usize % self.wrong.len();
                    &self.wrong[which]
                }
                Shape::Minimal => &self.minimal,
                Shape::Full => &self.full,
                Shape::TenFindings => &self.ten_findings,
            };
            template.write(number, id, out)?;
        }
        out.write_all(b"\n]}\n")
    }
}

/// A customer's text around its communicationNumber and its customerExtId.
struct Template([String; 3]);

impl Template {
    fn of(customer: &str) -> Template {
        let (before, rest) = customer.split_once("N-0000000001").expect("a number");
        let (between, after) = rest.split_once("X-0000000001").expect("an id");
        Template([before, between, after].map(str::to_owned))
    }

    fn write(&self, number: u64, id: u64, out: &mut impl Write) -> io::Result<()> {
        let [before, between, after] = &self.0;
        write!(out, "{before}N-{number:016x}{between}X-{id:016x}{after}")
    }
}

/// Takes everything that lies in a home's inbox.
pub fn claim_all(home: &Home) -> Vec<Claim> {
    let mut inbox = Inbox::new(home.inbox(), Duration::ZERO, Duration::ZERO);
    let settled = inbox.scan(Instant::now()).expect("a scan").settled;
    settled
        .iter()
        .filter_map(|candidate| claim(&home.inbox(), &home.work(), candidate).expect("a claim"))
        .collect()
}

/// The most memory that this process ever had, where the system tells.
pub fn peak_kib() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
