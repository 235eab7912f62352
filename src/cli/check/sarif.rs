//! SARIF 2.1.0, as code scanning of GitHub, GitLab and others reads it: every finding is a result, every
//! rule of the catalogue a rule.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::path::Path;

use serde::Serialize;

use crate::catalog::{self, RuleRow};
use crate::check::{Checked, Customer, Report};
use crate::explain::ExplainedFinding;
use crate::position::Position;

use super::document::{Document, Items, Totals};
use super::json::line;

/// The rule of a file that is not a request or cannot be read.
const NOT_A_REQUEST: &str = "not-a-request";

/// The document.
#[derive(Default)]
pub(super) struct Sarif {
    results: Items,
    of_file: Items,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'r> {
    rule_id: &'r str,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    start_column: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
}

/// What SARIF has no member of its own for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'r> {
    code: &'r str,
    customer: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_ext_id: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    communication_number: Option<Cow<'r, str>>,
    field: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'r str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    allowed: &'r str,
    #[serde(skip_serializing_if = "String::is_empty")]
    nearest: String,
    fix: &'r str,
}

impl Rule {
    fn of(row: &'static RuleRow) -> Rule {
        let remedy = catalog::remedy(row);
        let mut help = remedy.fix;
        if !remedy.allowed.is_empty() {
            let _ = write!(help, "\nAllowed: {}", remedy.allowed);
        }
        Rule {
            id: &row.key,
            short_description: message(&format!("{}: {}", row.code, row.text)),
            full_description: message(&row.when),
            help: message(&help),
        }
    }
}

/// A message as SARIF takes it: braces are doubled, since they can be placeholders, and nothing is a
/// link.
fn message(text: &str) -> Text {
    let text = text.replace('{', "{{").replace('}', "}}");
    Text {
        text: text.replace("](", "] ("),
    }
}

/// The URI of a file: relative to the current folder where it is below that, as code scanning wants it.
fn uri(path: &str) -> String {
    let path = Path::new(path);
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path).to_string_lossy();
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.strip_prefix("./").unwrap_or(&path).bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            b'\\' if cfg!(windows) => uri.push('/'),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

fn location(file: &Checked, at: Position, name: Option<String>) -> [Location; 1] {
    let logical = name.map(|fully_qualified_name| LogicalLocation {
        fully_qualified_name,
    });
    [Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: uri(&file.name),
            },
            region: Region {
                start_line: at.line,
                start_column: at.column,
            },
        },
        logical_locations: logical.into_iter().collect(),
    }]
}

fn result(file: &Checked, customer: &Customer<'_>, f: &ExplainedFinding) -> io::Result<String> {
    let index = customer.number - 1;
    let name = match f.path.starts_with("customers[") {
        true => f.path.clone(),
        false if file.endpoint.is_batch() => format!("customers[{index}].{}", f.path),
        false => f.path.clone(),
    };
    line(&SarifResult {
        rule_id: &f.rule,
        level: "error",
        message: message(&format!("{}: {}. {}", f.code, f.description, f.fix)),
        locations: location(file, f.position, Some(name)),
        properties: Some(Properties {
            code: &f.code,
            customer: customer.number,
            customer_ext_id: customer.ext_id(),
            communication_number: customer.communication_number(),
            field: &f.path,
            value: f.value.as_deref(),
            allowed: &f.allowed,
            nearest: f.nearest_codes(),
            fix: &f.fix,
        }),
    })
}

impl Report for Sarif {
    fn customer(
        &mut self,
        part: &mut dyn Write,
        file: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()> {
        for finding in customer.findings {
            self.of_file.next(part)?;
            part.write_all(result(file, customer, finding)?.as_bytes())?;
        }
        Ok(())
    }
}

impl Document for Sarif {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let not_a_request = Rule {
            id: NOT_A_REQUEST,
            short_description: message("The file is not a request"),
            full_description: message(
                "The file is not JSON of the form that its endpoint takes, exceeds a limit, or cannot be read. It is answered with status 400 and none of it is saved",
            ),
            help: message("Fix the file at this place."),
        };
        let rules = catalog::rules().iter().map(Rule::of);
        let driver = line(&Driver {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            semantic_version: env!("CARGO_PKG_VERSION"),
            rules: rules.chain([not_a_request]).collect(),
        })?;
        write!(
            out,
            "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\n\
             \"tool\":{{\"driver\":{driver}}},\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":["
        )
    }

    fn file(&mut self, out: &mut dyn Write, file: &Checked, part: &mut dyn Read) -> io::Result<()> {
        self.of_file = Items::default();
        if let Some(fault) = &file.fault {
            self.results.next(out)?;
            let result = SarifResult {
                rule_id: NOT_A_REQUEST,
                level: "error",
                message: message(&fault.message()),
                locations: location(file, fault.position().unwrap_or(Position::START), None),
                properties: None,
            };
            return out.write_all(line(&result)?.as_bytes());
        }
        if file.rejected > 0 {
            self.results.next(out)?;
        }
        io::copy(part, out).map(|_| ())
    }

    fn end(&mut self, out: &mut dyn Write, _: &Totals) -> io::Result<()> {
        out.write_all(b"\n]}]}\n")
    }
}
