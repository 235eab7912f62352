//! A row for each finding, for spreadsheets: the columns of `findings.csv` with the file in front of
//! them and the place behind them.

use std::io::{self, Read, Write};

use crate::check::{Checked, Customer, Report};
use crate::explain::{COLUMNS, csv_row, plain};
use crate::text::BYTE_ORDER_MARK;

use super::document::Document;

/// The rows. One of a file that is not a request has no customer, and the status as its code.
pub(super) struct Rows {
    separator: u8,
}

/// What the reports of a file and of a customer's finding have in common.
struct Row<'r> {
    file: &'r str,
    /// The cells of [`COLUMNS`].
    cells: [&'r str; COLUMNS.len()],
    line: String,
    column: String,
}

impl Rows {
    pub(super) fn new(separator: u8) -> Rows {
        Rows { separator }
    }

    fn write(&self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        let Row {
            file,
            cells,
            line,
            column,
        } = row;
        let place: [&str; 2] = [line, column];
        let cells = [*file].into_iter().chain(*cells).chain(place);
        out.write_all(&csv_row(self.separator, cells)?)
    }
}

impl Report for Rows {
    fn customer(
        &mut self,
        part: &mut dyn Write,
        file: &Checked,
        customer: &Customer<'_>,
    ) -> io::Result<()> {
        let number = customer.number.to_string();
        for f in customer.findings {
            let row = Row {
                file: &file.name,
                cells: [
                    &number,
                    &customer.name().unwrap_or_default(),
                    &customer.ext_id().unwrap_or_default(),
                    &customer.communication_number().unwrap_or_default(),
                    &f.code,
                    &f.description,
                    &f.path,
                    &f.value.as_deref().map(plain).unwrap_or_default(),
                    &f.allowed,
                    &f.nearest_codes(),
                    &f.fix,
                ],
                line: f.position.line.to_string(),
                column: f.position.column.to_string(),
            };
            self.write(part, &row)?;
        }
        Ok(())
    }
}

impl Document for Rows {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let head = Row {
            file: "file",
            cells: COLUMNS,
            line: "line".into(),
            column: "column".into(),
        };
        self.write(out, &head)
    }

    fn file(&mut self, out: &mut dyn Write, file: &Checked, part: &mut dyn Read) -> io::Result<()> {
        io::copy(part, out)?;
        let Some(fault) = &file.fault else {
            return Ok(());
        };
        let message = fault.message();
        let mut cells = [""; COLUMNS.len()];
        let [_, _, _, _, code, description, ..] = &mut cells;
        (*code, *description) = (fault.status(), &message);
        let at = fault.position();
        let row = Row {
            file: &file.name,
            cells,
            line: at.map(|at| at.line.to_string()).unwrap_or_default(),
            column: at.map(|at| at.column.to_string()).unwrap_or_default(),
        };
        self.write(out, &row)
    }
}
