//! The responses that the files would get, as the outbox has them.

use std::io::{self, Read, Write};

use crate::check::{Checked, Customer, Fault, Report};
use crate::clock;
use crate::ingest::outcome;
use crate::response::{self, Body};
use crate::talk::say;
use crate::text::visible;

use super::super::output::terminal_safe;
use super::document::{Document, say_unreadable};

/// A body ends when its file does, and is kept in memory until then.
#[derive(Default)]
pub(super) struct Responses {
    body: Option<Body<Vec<u8>>>,
}

impl Responses {
    fn body(&mut self, file: &Checked) -> io::Result<Body<Vec<u8>>> {
        match self.body.take() {
            Some(body) => Ok(body),
            None => Body::begin(file.endpoint, Vec::new()),
        }
    }
}

impl Report for Responses {
    fn shows_findings(&self) -> bool {
        false
    }

    fn customer(
        &mut self,
        _part: &mut dyn Write,
        file: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()> {
        let mut body = self.body(file)?;
        let descriptions = || {
            let findings = customer.judged.findings.iter();
            io::Result::Ok(findings.map(|f| f.description.clone()).collect())
        };
        body.customer(&outcome(customer.judged, customer.texts), descriptions)?;
        self.body = Some(body);
        Ok(())
    }
}

impl Document for Responses {
    fn file(&mut self, out: &mut dyn Write, file: &Checked, _: &mut dyn Read) -> io::Result<()> {
        let body = self.body(file)?;
        let text = match &file.fault {
            None => body.end(file.elapsed_ms)?,
            Some(Fault::Unreadable(trouble)) => {
                say_unreadable(trouble);
                return Ok(());
            }
            Some(fault) => {
                let said = match fault {
                    Fault::NotARequest {
                        what,
                        position: Some(at),
                        ..
                    } => {
                        format!("{}: not a request: {at}: {what}", file.name)
                    }
                    _ => fault.in_file(file),
                };
                say!("{}", visible(&said));
                let now = clock::api_form(&clock::now());
                response::refusal(400, file.endpoint.name(), &now, 0).into_bytes()
            }
        };
        out.write_all(terminal_safe(&String::from_utf8_lossy(&text)).as_bytes())
    }
}
