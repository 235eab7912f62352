//! Every finding for programs: one JSON document, with a line for each finding.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use serde::Serialize;

use crate::check::{Checked, Customer, Report};
use crate::explain::ExplainedFinding;
use crate::text::printable_json;

use super::document::{Document, Items, Totals};

/// The document.
#[derive(Default)]
pub(super) struct Json {
    files: Items,
    findings: Items,
}

/// A finding with its customer. The names are those of `explain --format json`.
#[derive(Serialize)]
struct Found<'f> {
    customer: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'f, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_ext_id: Option<Cow<'f, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_unit: Option<Cow<'f, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    communication_number: Option<Cow<'f, str>>,
    #[serde(flatten)]
    finding: &'f ExplainedFinding,
}

/// What is wrong with a file as a whole.
#[derive(Serialize)]
struct FileError {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
}

#[derive(Serialize)]
struct Head<'f> {
    file: &'f str,
    endpoint: &'static str,
    accepted: u64,
    repeated: u64,
    rejected: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FileError>,
}

/// Text that can be JSON steers no terminal.
pub(super) fn line(value: &impl Serialize) -> io::Result<String> {
    let text = serde_json::to_string(value)?;
    Ok(printable_json(&text).into_owned())
}

impl Report for Json {
    fn customer(
        &mut self,
        part: &mut dyn Write,
        _: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()> {
        for finding in customer.findings {
            self.findings.next(part)?;
            let found = Found {
                customer: customer.number,
                name: customer.name(),
                customer_ext_id: customer.ext_id(),
                business_unit: customer.business_unit(),
                communication_number: customer.communication_number(),
                finding,
            };
            part.write_all(line(&found)?.as_bytes())?;
        }
        Ok(())
    }
}

impl Document for Json {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{\"files\":[")
    }

    fn file(&mut self, out: &mut dyn Write, file: &Checked, part: &mut dyn Read) -> io::Result<()> {
        self.files.next(out)?;
        self.findings = Items::default();
        let head = Head {
            file: &file.name,
            endpoint: file.endpoint.name(),
            accepted: file.accepted,
            repeated: file.repeated,
            rejected: file.rejected,
            error: file.fault.as_ref().map(|fault| FileError {
                message: fault.message(),
                line: fault.position().map(|at| at.line),
                column: fault.position().map(|at| at.column),
            }),
        };
        let head = line(&head)?;
        // The findings go between the last member and the closing brace.
        write!(
            out,
            "{},\"findings\":[",
            head.strip_suffix('}').unwrap_or(&head)
        )?;
        io::copy(part, out)?;
        out.write_all(b"]}")
    }

    fn end(&mut self, out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
        let sums = line(totals)?;
        writeln!(out, "\n],\"totals\":{sums}}}")
    }
}
