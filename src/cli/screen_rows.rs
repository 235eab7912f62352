//! Hits of `screen` on stdout: with their reasons for people, as rows for programs.

use std::fmt::Write as _;
use std::io::Write;

use clap::ValueEnum;
use serde_json::json;

use crate::screening::{Born, Entity, Hit};
use crate::sheet::csv_error;
use crate::text::{spreadsheet_safe, visible};
use crate::trouble::Result;

use super::screen::{Asked, Loaded, UsedList};
use super::screening_page::{decimal, reasons};

/// How hits are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Each hit with its reasons, for people.
    Text,
    /// With a header; the default elsewhere.
    Csv,
    /// With a header, and tabs.
    Tsv,
    /// A list of objects.
    Json,
}

/// Hits on stdout, as they come.
pub(super) struct Output<'l> {
    loaded: &'l Loaded,
    to: To,
    written: u64,
}

enum To {
    Text,
    Json,
    Csv(
        Box<csv::Writer<std::io::BufWriter<std::io::Stdout>>>,
        Format,
    ),
}

const COLUMNS: [&str; 11] = [
    "query_id",
    "entity_id",
    "score",
    "list",
    "name",
    "names_score",
    "born",
    "countries",
    "words",
    "list_date",
    "list_version",
];

impl<'l> Output<'l> {
    pub(super) fn new(format: Format, loaded: &'l Loaded) -> Output<'l> {
        let delimiter = if format == Format::Tsv { b'\t' } else { b',' };
        let to = match format {
            Format::Text => To::Text,
            Format::Json => To::Json,
            Format::Csv | Format::Tsv => {
                let out = std::io::BufWriter::new(std::io::stdout());
                To::Csv(
                    Box::new(
                        csv::WriterBuilder::new()
                            .delimiter(delimiter)
                            .from_writer(out),
                    ),
                    format,
                )
            }
        };
        Output {
            loaded,
            to,
            written: 0,
        }
    }

    pub(super) fn begin(&mut self) -> Result<()> {
        match &mut self.to {
            To::Text => Ok(()),
            To::Json => super::stdout_result(std::io::stdout().write_all(b"[")),
            To::Csv(out, _) => super::stdout_result(out.write_record(COLUMNS).map_err(csv_error)),
        }
    }

    pub(super) fn hits(&mut self, asked: &Asked, hits: &[Hit]) -> Result<()> {
        for hit in hits {
            let Some(entity) = self.loaded.index.entity(hit.entity) else {
                continue;
            };
            let lists = &self.loaded.lists;
            let after = lists.partition_point(|(_, first)| *first <= hit.entity);
            let Some((list, _)) = lists.get(after.wrapping_sub(1)) else {
                continue;
            };
            let row = Row {
                asked,
                hit,
                entity,
                list,
            };
            let done = match &mut self.to {
                To::Text => std::io::stdout().write_all(row.text().as_bytes()),
                To::Json => {
                    let before = if self.written == 0 { "\n" } else { ",\n" };
                    let object = super::output::terminal_safe(&row.json().to_string()).into_owned();
                    std::io::stdout().write_all(format!("{before}{object}").as_bytes())
                }
                To::Csv(out, format) => out.write_record(row.cells(*format)).map_err(csv_error),
            };
            self.written += 1;
            super::stdout_result(done)?;
        }
        Ok(())
    }

    pub(super) fn end(self) -> Result<()> {
        let done = match self.to {
            To::Text => Ok(()),
            To::Json => {
                std::io::stdout().write_all(if self.written == 0 { b"]\n" } else { b"\n]\n" })
            }
            To::Csv(mut out, _) => out.flush(),
        };
        super::stdout_result(done)
    }
}

/// A hit with whom it is about.
struct Row<'h> {
    asked: &'h Asked,
    hit: &'h Hit,
    entity: &'h Entity,
    list: &'h UsedList,
}

impl Row<'_> {
    fn name(&self) -> &str {
        self.entity.names.get(self.hit.name).map_or("", |n| &n.text)
    }

    /// The words that met, in a line.
    fn words(&self) -> String {
        let mut words = String::new();
        for met in &self.hit.met {
            let between = if words.is_empty() { "" } else { "; " };
            let _ = write!(words, "{between}{} = {} ", met.query, met.listed);
            let _ = write!(
                words,
                "({}, weight {})",
                decimal(met.similarity),
                decimal(met.weight)
            );
        }
        words
    }

    fn country(&self) -> &'static str {
        if self.hit.other_country { "others" } else { "" }
    }

    fn cells(&self, format: Format) -> [String; COLUMNS.len()] {
        let safe = |text: &str| match format {
            Format::Csv => spreadsheet_safe(text).into_owned(),
            _ => text.replace(['\t', '\n', '\r'], " "),
        };
        [
            safe(&self.asked.id),
            safe(&self.entity.id),
            decimal(self.hit.score),
            safe(&self.list.name),
            safe(self.name()),
            decimal(self.hit.names),
            born(self.hit.born).to_owned(),
            self.country().to_owned(),
            safe(&self.words()),
            self.list.date.clone(),
            self.list.version.clone(),
        ]
    }

    fn json(&self) -> serde_json::Value {
        let met = self.hit.met.iter().map(|m| {
            json!({"query": m.query, "listed": m.listed,
                "similarity": f64::from(m.similarity) / 1000.0, "weight": f64::from(m.weight) / 1000.0})
        });
        json!({
            "query_id": self.asked.id,
            "entity_id": &*self.entity.id,
            "score": f64::from(self.hit.score) / 1000.0,
            "list": self.list.name,
            "name": self.name(),
            "names_score": f64::from(self.hit.names) / 1000.0,
            "born": born(self.hit.born),
            "countries": self.country(),
            "words": met.collect::<Vec<_>>(),
            "list_date": self.list.date,
            "list_version": self.list.version,
        })
    }

    /// For people: what met, and why the score is what it is.
    fn text(&self) -> String {
        let mut text = format!(
            "{}  {}  {}",
            decimal(self.hit.score),
            visible(&self.entity.id),
            visible(self.name())
        );
        let _ = writeln!(text, "  (list {})", self.list.says());
        let met = self.hit.met.iter();
        let met = met.map(|m| (&*m.query, &*m.listed, m.similarity, m.weight));
        let hit = self.hit;
        reasons(&mut text, met, hit.names, born(hit.born), hit.other_country);
        for remark in &self.entity.remarks {
            let _ = writeln!(text, "       {}", visible(remark));
        }
        text
    }
}

fn born(born: Born) -> &'static str {
    match born {
        Born::Same => "same",
        Born::Near => "near",
        Born::Apart => "apart",
        Born::Unknown => "",
    }
}
