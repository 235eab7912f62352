//! Every finding for people, each with its place in a form that editors and terminals can follow.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use crate::check::{Checked, Customer, Fault, Report};
use crate::text::visible;

use super::super::layout::folded;
use super::document::{Document, say_unreadable};

/// Text, with remedies or without.
pub(super) struct Text {
    explain: bool,
}

impl Text {
    pub(super) fn new(explain: bool) -> Text {
        Text { explain }
    }
}

impl Report for Text {
    fn customer(
        &mut self,
        part: &mut dyn Write,
        file: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()> {
        let mut lines = String::new();
        for f in customer.findings {
            let place = file.place(f.position);
            let head = format!("{place}: {} {}", f.code, f.description);
            let about = format!("{}: {}", customer.label(), f.given());
            let _ = writeln!(lines, "{}\n    {}", visible(&head), visible(&about));
            if !self.explain {
                continue;
            }
            for (label, text) in [
                ("allowed", &f.allowed),
                ("nearest", &f.nearest_codes()),
                ("fix", &f.fix),
            ] {
                if !text.is_empty() {
                    let _ = writeln!(lines, "    {label:<9}{}", visible(text));
                }
            }
        }
        part.write_all(folded(&lines).as_bytes())
    }
}

impl Document for Text {
    fn file(&mut self, out: &mut dyn Write, file: &Checked, part: &mut dyn Read) -> io::Result<()> {
        io::copy(part, out)?;
        match &file.fault {
            Some(Fault::Unreadable(trouble)) => {
                say_unreadable(trouble);
                Ok(())
            }
            Some(fault) => writeln!(out, "{}", visible(&fault.in_file(file))),
            None => Ok(()),
        }
    }
}
