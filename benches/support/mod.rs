//! Customers for the benches: two that are sound, and a generator that makes batches of them. The
//! same seed gives the same bytes, here and anywhere.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each bench uses the part of this that it needs"
)]

use std::io::{self, Write};
use std::time::{Duration, Instant};

use kycdrop::classifier::{ClassifierSet, shipped_files};
use kycdrop::config::Home;
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
    let files = shipped_files("2026-01-01").expect("the shipped classifiers are valid");
    ClassifierSet::from_files(&files).expect("a set")
}

/// The full customer with these texts replaced.
fn for_customer(replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(full(), |text, (from, to)| {
        assert!(text.contains(from), "the fixture has no {from}");
        text.replacen(from, to, 1)
    })
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
    /// Minimal ones that say what holds anyway: `sourceOfRiskLevel` is IMPORT.
    Importing,
    /// Minimal ones with five fields that nobody knows.
    UnknownFields,
    /// Full ones for the endpoint `customer`, with a risk level.
    Rated,
    /// The same, but for a risk level that they ask for.
    Evaluated,
}

impl Shape {
    /// The endpoint for which it is.
    pub fn endpoint(self) -> &'static str {
        match self {
            Shape::Rated | Shape::Evaluated => "customer",
            _ => "batch-customers",
        }
    }
}

/// Makes customers, each with numbers, names, days and free texts of its own; field names, their
/// order and the codes are those of one program, as in a bank.
pub struct Generator {
    random: Random,
    minimal: Template,
    full: Template,
    ten_findings: Template,
    importing: Template,
    unknown_fields: Template,
    rated: Template,
    evaluated: Template,
    wrong: Vec<Template>,
    /// Of a hundred minimal or full customers, so many are minimal ones with one finding.
    pub percent_wrong: u64,
    /// How many of them came out so far.
    pub wrong_made: u64,
    /// The number of the last customer, where a bank counts its customers.
    pub last_customer: Option<u64>,
}

impl Generator {
    pub fn new(seed: u64) -> Generator {
        let minimal = minimal();
        let wrong = WRONG.iter().map(|(sound, wrong)| {
            assert!(minimal.contains(sound), "the fixture has no {sound}");
            Template::of(&minimal.replace(sound, wrong))
        });
        Generator {
            random: Random(seed),
            wrong: wrong.collect(),
            minimal: Template::of(&minimal),
            full: Template::of(&full()),
            ten_findings: Template::of(TEN_WRONG),
            importing: Template::of(&minimal.replacen('{', "{\"sourceOfRiskLevel\":\"IMPORT\",", 1)),
            unknown_fields: Template::of(&minimal.replacen(
                '{',
                "{\"shoeSize\":43,\"branchCode\":7,\"isSanctionned\":false,\"importedBy\":1,\"lisContact\":[],",
                1,
            )),
            rated: Template::of(&for_customer(&[("\"riskLevel\"", "\"sourceOfRiskLevel\":\"IMPORT\",\"riskLevel\"")])),
            evaluated: Template::of(&for_customer(&[
                ("\"riskLevel\":\"LOW\"", "\"sourceOfRiskLevel\":\"EVALUATE\""),
                ("\"customerStatus\":\"CLOSED\",", ""),
                ("\"closingDate\":\"2025-12-31\",", ""),
            ])),
            percent_wrong: 0,
            wrong_made: 0,
            last_customer: None,
        }
    }

    /// Writes a whole request.
    pub fn batch(&mut self, shape: Shape, customers: u64, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{\"customers\":[")?;
        for i in 0..customers {
            out.write_all(if i > 0 { b",\n" } else { b"\n" })?;
            let random = &mut self.random;
            let wrong = shape != Shape::TenFindings && random.below(100) < self.percent_wrong;
            let template = match shape {
                _ if wrong => {
                    self.wrong_made += 1;
                    &self.wrong[random.below(self.wrong.len() as u64) as usize]
                }
                Shape::Minimal => &self.minimal,
                Shape::Full => &self.full,
                Shape::TenFindings => &self.ten_findings,
                Shape::Importing => &self.importing,
                Shape::UnknownFields => &self.unknown_fields,
                Shape::Rated => &self.rated,
                Shape::Evaluated => &self.evaluated,
            };
            template.write(random, &mut self.last_customer, out)?;
        }
        out.write_all(b"\n]}\n")
    }

    /// Writes a request of a single customer.
    pub fn single(&mut self, shape: Shape, out: &mut impl Write) -> io::Result<()> {
        let template = match shape {
            Shape::Evaluated => &self.evaluated,
            _ => &self.rated,
        };
        template.write(&mut self.random, &mut self.last_customer, out)
    }
}

/// A customer's text, and what is different in each that is made of it.
struct Template(Vec<Part>);

/// A piece of a template.
enum Part {
    /// As it stands.
    Text(String),
    /// The communicationNumber and the customerExtId.
    Number,
    Id,
    /// Text in which letters are other letters, and digits other digits.
    Other(String),
    /// A day.
    Day,
}

/// The fields whose values people write as they like: no two customers have the same.
const WRITTEN: &[&str] = &[
    "activityDescription",
    "addressDetails",
    "city",
    "comment",
    "contactDetails",
    "description",
    "documentNumber",
    "employerTitle",
    "employmentPositionDescription",
    "extId",
    "firstName",
    "higherSchoolTitle",
    "incomeSourceDescription",
    "initialDepositAccount",
    "initialDepositBank",
    "initialDepositSource",
    "lastName",
    "nationalCode",
    "otherStatusDescription",
    "regionOfActivityDescription",
    "relationDescription",
    "streetAddress",
    "taxpayerNumber",
    "title",
    "zipCode",
];

/// A day in February 1984 that exists.
const BIRTHDAY: &str = "1984-02-29";

impl Template {
    /// The text must be without white space between its tokens.
    fn of(customer: &str) -> Template {
        let mut parts = Vec::new();
        let mut rest = customer;
        // A key and the text that is its value, again and again.
        while let Some((before, after)) = rest.split_once("\":\"") {
            let key = before.rsplit('"').next().unwrap_or_default();
            let (value, behind) = after.split_once('"').expect("the end of a text");
            parts.push(Part::Text(format!("{before}\":\"")));
            parts.push(match (key, value) {
                ("communicationNumber", _) => Part::Number,
                ("customerExtId", _) => Part::Id,
                ("birthDate", BIRTHDAY) => Part::Day,
                _ if WRITTEN.contains(&key) => Part::Other(value.to_owned()),
                _ => Part::Text(value.to_owned()),
            });
            rest = behind;
            parts.push(Part::Text("\"".to_owned()));
        }
        parts.push(Part::Text(rest.to_owned()));
        Template(parts)
    }

    fn write(
        &self,
        random: &mut Random,
        last_customer: &mut Option<u64>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.write_all(text.as_bytes())?,
                Part::Number => write!(out, "N-{:016x}", random.next())?,
                Part::Id => match last_customer {
                    None => write!(out, "X-{:016x}", random.next())?,
                    Some(last) => {
                        *last += 1;
                        write!(out, "X-{last:010}")?;
                    }
                },
                Part::Other(text) => random.other(text, out)?,
                Part::Day => {
                    let (year, month) = (1940 + random.below(60), 1 + random.below(12));
                    write!(out, "{year}-{month:02}-{:02}", 1 + random.below(28))?;
                }
            }
        }
        Ok(())
    }
}

/// SplitMix64: small, and random enough that an index over its numbers is filled anywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Writes a text of the same shape: consonants and vowels in turn for its letters, whatever is
    /// no letter of English and no digit as it is.
    fn other(&mut self, text: &str, out: &mut impl Write) -> io::Result<()> {
        const CONSONANTS: &[u8] = b"bdfgjklmnprstvz";
        const VOWELS: &[u8] = b"aeiou";
        let mut after_consonant = false;
        for c in text.chars() {
            if c.is_ascii_digit() {
                write!(out, "{}", self.below(10))?;
            } else if c.is_ascii_alphabetic() {
                let letters = if after_consonant { VOWELS } else { CONSONANTS };
                let letter = letters[self.below(letters.len() as u64) as usize];
                let letter = match c.is_ascii_uppercase() {
                    true => letter.to_ascii_uppercase(),
                    false => letter,
                };
                out.write_all(&[letter])?;
                after_consonant = !after_consonant;
            } else {
                write!(out, "{c}")?;
            }
        }
        Ok(())
    }
}

/// Takes everything that lies in a home's inbox.
pub fn claim_all(home: &Home) -> Vec<Claim> {
    let mut inbox = Inbox::new(home.inbox(), Duration::ZERO, Duration::ZERO);
    let settled = inbox.scan(Instant::now()).expect("a scan").settled;
    let roots = home.roots();
    settled
        .iter()
        .filter_map(|candidate| {
            let taken = claim(&roots.inbox, &roots.work, candidate);
            taken.expect("a claim").claimed()
        })
        .collect()
}

/// The most memory that this process ever had, where the system shows it.
pub fn peak_kib() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
