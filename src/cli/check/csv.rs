//! A row for each finding, for spreadsheets.

use std::io::{self, Read, Write};

use crate::explain::{cell, plain};

use super::super::output::csv_error;
use super::report::{Checked, Customer, Report};

const COLUMNS: [&str; 14] = [
    "file",
    "customer",
    "name",
    "customerExtId",
    "communicationNumber",
    "code",
    "description",
    "field",
    "value",
    "allowed",
    "nearest",
    "fix",
    "line",
    "column",
];

/// The rows. One of a file that is no request has no customer, and the status as its code.
pub(super) struct Rows;

fn row(out: &mut dyn Write, cells: [&str; COLUMNS.len()]) -> io::Result<()> {
    let mut out = csv::WriterBuilder::new()
        .buffer_capacity(1 << 10)
        .from_writer(out);
    let cells = cells.map(|text| cell(text).into_owned());
    out.write_record(cells).map_err(csv_error)?;
    out.flush()
}

impl Report for Rows {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        row(out, COLUMNS)
    }

    fn customer(
        &mut self,
        part: &mut dyn Write,
        file: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()> {
        let number = customer.number.to_string();
        for f in customer.findings {
            let cells = [
                &file.name,
                &number,
                customer.name().unwrap_or_default(),
                customer.ext_id().unwrap_or_default(),
                customer.communication_number().unwrap_or_default(),
                &f.code,
                &f.description,
                &f.path,
                &f.value.as_deref().map(plain).unwrap_or_default(),
                &f.allowed,
                &f.nearest_codes(),
                &f.fix,
                &f.position.line.to_string(),
                &f.position.column.to_string(),
            ];
            row(part, cells)?;
        }
        Ok(())
    }

    fn file(&mut self, out: &mut dyn Write, file: &Checked, part: &mut dyn Read) -> io::Result<()> {
        io::copy(part, out)?;
        let Some(fault) = &file.fault else {
            return Ok(());
        };
        let at = fault.position();
        let line = at.map(|at| at.line.to_string()).unwrap_or_default();
        let column = at.map(|at| at.column.to_string()).unwrap_or_default();
        let message = fault.message();
        let mut cells = [""; COLUMNS.len()];
        let [name, _, _, _, _, code, description, .., last_but_one, last] = &mut cells;
        (*name, *code, *description) = (&file.name, fault.status(), &message);
        (*last_but_one, *last) = (&line, &column);
        row(out, cells)
    }
}
