//! JUnit XML, as CI systems read it: a suite for each file, a case for each customer.
//!
//! There is no one schema. This is the part that the XSD of Apache Ant's format and that of the Jenkins
//! plugin both take.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use maud::html;

use crate::check::{Checked, Customer, Report};
use crate::clock;
use crate::text::visible;

use super::document::{Document, Totals};

/// The suites so far.
#[derive(Default)]
pub(super) struct Suites {
    files: u64,
}

/// Text of which every character is one that XML 1.0 allows; markup is escaped by the template.
fn xml(text: &str) -> String {
    visible(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

impl Report for Suites {
    fn customer(
        &mut self,
        part: &mut dyn Write,
        file: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()> {
        let mut text = String::new();
        for f in customer.findings {
            let head = format!("{}: {} {}", file.place(f.position), f.code, f.description);
            let _ = writeln!(text, "{}", xml(&head));
            for line in [f.given(), f.fix.clone()] {
                let _ = writeln!(text, "    {}", xml(&line));
            }
        }
        let time = seconds(customer.judged.elapsed_ms.into());
        let case = html! {
            testcase name=(xml(&customer.label())) classname=(xml(&file.name)) time=(time) {
                @if let Some(first) = customer.findings.first() {
                    failure message=(xml(&format!("{} {}", first.code, first.description))) type=(xml(&first.code)) {
                        (text)
                    }
                }
            }
        };
        writeln!(part, "{}", case.into_string())
    }
}

impl Document for Suites {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")
    }

    fn file(&mut self, out: &mut dyn Write, file: &Checked, part: &mut dyn Read) -> io::Result<()> {
        let errors = u64::from(file.fault.is_some());
        let tests = file.accepted + file.rejected + errors;
        let now = clock::now();
        let suite = html! {
            testsuite id=(self.files) name=(xml(&file.name)) package=(file.endpoint) hostname="localhost"
                timestamp=(now.get(..19).unwrap_or(&now)) tests=(tests) failures=(file.rejected)
                errors=(errors) skipped="0" time=(seconds(file.elapsed_ms)) {
                properties {}
            }
        };
        self.files += 1;
        let suite = suite.into_string();
        writeln!(
            out,
            "{}",
            suite.strip_suffix("</testsuite>").unwrap_or(&suite)
        )?;
        io::copy(part, out)?;
        if let Some(fault) = &file.fault {
            let message = fault.message();
            let case = html! {
                testcase name="the file" classname=(xml(&file.name)) time="0.000" {
                    error message=(xml(&message)) type="not-a-request" { (xml(&fault.in_file(file))) }
                }
            };
            writeln!(out, "{}", case.into_string())?;
        }
        writeln!(
            out,
            "<system-out></system-out><system-err></system-err></testsuite>"
        )
    }

    fn end(&mut self, out: &mut dyn Write, _: &Totals) -> io::Result<()> {
        out.write_all(b"</testsuites>\n")
    }
}
