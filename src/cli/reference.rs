//! `errors` and `fields`: the catalogue, printed. The reference pages in docs are this output.

use std::io::Write;

use clap::ValueEnum;

use crate::catalog::{self, OBJECTS};
use crate::history::{Answer, Cell};
use crate::trouble::Result;

use super::output::{self, Printer};

/// Arguments of `errors` and of `fields`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// A list of objects.
    Json,
    /// With a header.
    Csv,
    /// The page of the documentation.
    Markdown,
}

impl Format {
    /// None for Markdown.
    fn rows(asked: Option<Format>) -> Option<output::Format> {
        let asked = match asked {
            None => None,
            Some(Format::Table) => Some(output::Format::Table),
            Some(Format::Json) => Some(output::Format::Json),
            Some(Format::Csv) => Some(output::Format::Csv),
            Some(Format::Markdown) => return None,
        };
        Some(output::Format::or_default(asked))
    }
}

/// Every rule.
pub(super) fn errors(args: &Args) -> Result<u8> {
    let Some(format) = Format::rows(args.format) else {
        return page(&catalog::errors_page());
    };
    let columns = [
        "no",
        "rule",
        "code",
        "endpoints",
        "when",
        "description",
        "origin",
    ];
    let rows = catalog::rules().iter().map(|r| {
        vec![
            Cell::Integer(r.no.into()),
            Cell::Text(r.key.clone()),
            Cell::Text(r.code.clone()),
            Cell::Text(r.endpoints.to_string()),
            Cell::Text(r.when.clone()),
            Cell::Text(r.text.clone()),
            Cell::Text(r.origin.name().into()),
        ]
    });
    print(format, &columns, rows)
}

/// Every field.
pub(super) fn fields(args: &Args) -> Result<u8> {
    let Some(format) = Format::rows(args.format) else {
        return page(&catalog::fields_page());
    };
    let columns = [
        "object",
        "field",
        "type",
        "mandatory",
        "applies_to",
        "classifier",
        "values",
        "max_chars",
        "note",
    ];
    let rows = OBJECTS.iter().flat_map(|object| {
        object.fields.iter().map(|f| {
            let text = |t: &str| match t {
                "" => Cell::Null,
                t => Cell::Text(t.to_owned()),
            };
            vec![
                text(object.name),
                text(f.name),
                Cell::Text(f.ty.table_name()),
                text(f.mandatory),
                text(f.applies.name()),
                text(f.classifier.map_or("", |c| c.name())),
                text(&f.ty.values().join(", ")),
                f.max_chars.map_or(Cell::Null, |n| Cell::Integer(n.into())),
                text(&f.notes()),
            ]
        })
    });
    print(format, &columns, rows)
}

fn page(text: &str) -> Result<u8> {
    super::stdout_result(std::io::stdout().lock().write_all(text.as_bytes()))?;
    Ok(0)
}

fn print(
    format: output::Format,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<u8> {
    let mut printer = Printer::new(format);
    let names: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
    printer.columns(&names)?;
    for row in rows {
        printer.row(row)?;
    }
    printer.end()?;
    Ok(0)
}
