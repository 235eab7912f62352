//! Rows for people and for programs: a table on a terminal, CSV or JSON elsewhere.

use std::borrow::Cow;
use std::io::{BufWriter, IsTerminal, Stdout, Write};

use clap::ValueEnum;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;
use serde_json::Value;

use crate::history::{Answer, Cell};
use crate::sheet::{Dialect, csv_error, plain};
use crate::text::{BYTE_ORDER_MARK, printable_json, visible};
use crate::trouble::{Kind, Result, Trouble};

use super::deadline::Deadline;
use super::{layout, pager};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people; the default on a terminal.
    Table,
    /// A list of objects.
    Json,
    /// With a header; the default elsewhere.
    Csv,
}

/// How an account for people is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TextFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Format {
    /// The format asked for, or the one that fits where stdout goes.
    pub(super) fn or_default(asked: Option<Format>) -> Format {
        asked.unwrap_or(if std::io::stdout().is_terminal() {
            Format::Table
        } else {
            Format::Csv
        })
    }
}

/// An account on stdout: for people through the pager, for programs as it is.
pub(super) fn print(text: &str, format: TextFormat) -> Result<()> {
    super::stdout_result(match format {
        TextFormat::Text => pager::show(&layout::folded(text), pager::Kind::Account),
        TextFormat::Json => write_safely(text),
    })
}

/// A value in JSON for people and programs, with a line break at its end.
pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|e| Trouble::new(Kind::Internal, e.to_string(), ""))
}

/// Text that is printable already, or JSON, on stdout; what would steer a terminal is escaped on one.
pub(super) fn write_safely(json: &str) -> std::io::Result<()> {
    std::io::stdout().write_all(terminal_safe(json).as_bytes())
}

/// JSON for stdout: what would steer a terminal is escaped on one.
pub(super) fn terminal_safe(json: &str) -> Cow<'_, str> {
    match std::io::stdout().is_terminal() {
        true => printable_json(json),
        false => Cow::Borrowed(json),
    }
}

/// Writes rows to stdout as they come; a table when all are there, through the pager.
pub(super) struct Printer {
    columns: Vec<String>,
    rows: u64,
    to: To,
    dialect: Dialect,
    /// Memory that a table takes so far, and that it may take, in bytes.
    table_bytes: u64,
    most_bytes: u64,
    /// When the answer must be out.
    deadline: Option<Deadline>,
}

/// What a cell of a table takes beside its text, in bytes; and how often it has the text until it is
/// laid out.
const CELL_BYTES: u64 = 350;
const TEXT_COPIES: u64 = 8;

enum To {
    Table(Box<Table>),
    Json(BufWriter<Stdout>),
    Csv(Box<csv::Writer<Stdout>>),
}

impl Printer {
    /// A printer in this format.
    pub(super) fn new(format: Format) -> Printer {
        Printer::of(format, Dialect::default())
    }

    /// A printer in this format, and in this dialect of CSV.
    pub(super) fn of(format: Format, dialect: Dialect) -> Printer {
        let to = match format {
            Format::Table => To::Table(Box::new(layout::empty())),
            Format::Json => To::Json(BufWriter::new(std::io::stdout())),
            Format::Csv => To::Csv(Box::new(dialect.writer(std::io::stdout()))),
        };
        Printer {
            columns: Vec::new(),
            rows: 0,
            to,
            dialect,
            table_bytes: 0,
            most_bytes: u64::MAX,
            deadline: None,
        }
    }

    /// Limits the memory of a table, in bytes, and the time until all is written.
    pub(super) fn within(mut self, memory: Option<u64>, deadline: Option<Deadline>) -> Printer {
        self.most_bytes = memory.unwrap_or(u64::MAX);
        self.deadline = deadline;
        self
    }

    /// Writes what is still to be written.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(super) fn end(self) -> Result<()> {
        let done = match self.to {
            To::Table(table) => {
                let text = layout::text(*table);
                // Whoever reads on a terminal takes as long as it takes.
                if std::io::stdout().is_terminal() {
                    drop(self.deadline);
                }
                pager::show(&text, pager::Kind::Table)
            }
            To::Json(mut out) => {
                let tail = if self.rows == 0 { "[]\n" } else { "\n]\n" };
                out.write_all(tail.as_bytes()).and_then(|()| out.flush())
            }
            To::Csv(mut out) => out.flush(),
        };
        super::stdout_result(done)
    }
}

/// A reader that went away ends the answer, and is no failure.
fn written(done: std::io::Result<()>) -> Result<()> {
    match done {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(e) => Err(super::stdout_trouble(&e)),
    }
}

impl Answer for Printer {
    fn columns(&mut self, names: &[String]) -> Result<()> {
        self.columns = names.to_vec();
        match &mut self.to {
            To::Table(table) => {
                table.set_header(names.iter().map(|n| visible(n).into_owned()));
                Ok(())
            }
            To::Json(_) => Ok(()),
            To::Csv(out) => {
                if self.dialect.excel.is_some() {
                    written(std::io::stdout().write_all(BYTE_ORDER_MARK.as_bytes()))?;
                }
                let record = names.iter().map(|n| self.dialect.text(n).into_owned());
                written(out.write_record(record).map_err(csv_error))
            }
        }
    }

    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        self.rows += 1;
        match &mut self.to {
            To::Table(table) => {
                let texts = cells.iter().map(|cell| match cell {
                    Cell::Text(t) => t.len() as u64,
                    Cell::Blob(b) => 2 * b.len() as u64,
                    _ => 0,
                });
                let row = texts.map(|bytes| CELL_BYTES + TEXT_COPIES * bytes);
                self.table_bytes += row.sum::<u64>();
                if self.table_bytes > self.most_bytes {
                    return Err(Trouble::new(
                        Kind::Busy,
                        "this table takes more memory than --memory allows",
                        "ask for fewer rows (--limit) or shorter values (substr), take --format csv, or raise the limit with --memory, in MiB",
                    ));
                }
                let cells = cells.iter().map(|cell| {
                    let shown = comfy_table::Cell::new(visible(&plain(cell)));
                    match cell {
                        Cell::Integer(_) | Cell::Real(_) => {
                            shown.set_alignment(CellAlignment::Right)
                        }
                        _ => shown,
                    }
                });
                table.add_row(cells);
                Ok(())
            }
            To::Json(out) => {
                let before = if self.rows == 1 { "[\n{" } else { ",\n{" };
                written(out.write_all(before.as_bytes()))?;
                // Written by hand, so that the columns keep their order.
                for (i, (name, cell)) in self.columns.iter().zip(cells).enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    let name = Value::from(name.as_str());
                    let member = format!("{comma}{name}:{}", json_of(cell));
                    written(out.write_all(terminal_safe(&member).as_bytes()))?;
                }
                written(out.write_all(b"}"))
            }
            To::Csv(out) => {
                let dialect = self.dialect;
                // For a program as it is; for a terminal so that it is not steered.
                let terminal = std::io::stdout().is_terminal();
                let record = cells.iter().map(|cell| match cell {
                    Cell::Text(t) if terminal => visible(&dialect.text(t)).into_owned(),
                    other => dialect.cell(other).into_owned(),
                });
                written(out.write_record(record).map_err(csv_error))
            }
        }
    }
}

fn json_of(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(n) => n.into(),
        Cell::Real(x) => x.into(),
        Cell::Text(t) => t.into(),
        Cell::Blob(b) => crate::hex(&b).into(),
    }
}
