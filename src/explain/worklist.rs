//! The worklist of a batch: what is to be fixed, as a table for people (`findings.csv`), for programs
//! (`findings.json`), and as a request with the rejected customers alone (`rejected.json`). It is
//! streamed from the committed rows: the same rows give the same bytes.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, sync_channel};

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rusqlite::Connection;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::answer_name::WorklistFile;
use crate::catalog::Endpoint;
use crate::history::ask::{Batch, Code, FindingRow, Judged, Places, rejected};
use crate::text::{BYTE_ORDER_MARK, shortened, spreadsheet_text, visible};
use crate::trouble::WriteError;

use super::advice::{Explainer, in_one_line, plain, shown_name, shown_value};

/// Customers, and bytes of them, that one thread explains at a time.
const CHUNK_CUSTOMERS: usize = 256;
const CHUNK_BYTES: usize = 1 << 20;

/// What a row of CSV ends with, and the room for a usual part of one, in bytes.
const LINE_END: &[u8] = b"\r\n";
const CELLS_BYTES: usize = 512;

/// A longer text is shortened in a cell to so many characters. Excel takes 32,767.
const MAX_CELL_CHARS: usize = 2000;

/// The columns of `findings.csv`, and the members of a finding in `findings.json`.
pub(crate) const COLUMNS: [&str; 11] = [
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
];

/// Writes the worklist of one batch.
pub(crate) struct Worklist<'w> {
    /// The batch.
    pub batch: &'w Batch,
    /// Explains with the classifiers of the validation.
    pub explainer: &'w Explainer,
    /// The threads that explain a large batch.
    pub pool: &'w rayon::ThreadPool,
    /// What is between the columns of CSV.
    pub separator: u8,
    /// Only the customer at this position; None for all.
    pub only: Option<u64>,
}

/// Whose finding it is: what each row of a customer begins with.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whose<'r> {
    /// The customer's place in the file, from 1.
    customer: u64,
    name: Option<Cow<'r, str>>,
    customer_ext_id: Option<Cow<'r, str>>,
    communication_number: Option<Cow<'r, str>>,
}

/// What a finding is: what its row ends with.
#[derive(Serialize)]
struct What<'r> {
    code: &'r str,
    description: &'r str,
    field: &'r str,
    /// As it was given, but shortened where it is long; none where nothing was. A list or an object
    /// that is cut off is text.
    value: Option<&'r RawValue>,
    allowed: &'r str,
    nearest: &'r [Code],
    fix: &'r str,
}

/// A part of a row in both forms.
struct Part {
    csv: Vec<u8>,
    json: Vec<u8>,
}

/// The batch, at the head of `findings.json`.
#[derive(Serialize)]
struct Head<'h> {
    batch: i64,
    endpoint: &'h str,
    file: &'h str,
    customers: u64,
    rejected: u64,
}

type Chunk = Vec<Judged>;

/// The ends of the rows of a chunk. Mistakes repeat: most rows end like one before.
type Ends<'c> = HashMap<(&'c FindingRow, Option<&'c str>), Part>;

impl Worklist<'_> {
    /// Writes these files, each to its place, from a connection that sees the rows of the batch.
    ///
    /// # Errors
    /// When the history cannot be read, or a place not written.
    pub(crate) fn write<W: Write>(
        &self,
        conn: &Connection,
        files: &mut [(WorklistFile, W)],
    ) -> Result<(), WriteError> {
        for (file, out) in files.iter_mut() {
            self.head(*file, out)?;
        }
        let kinds: Vec<WorklistFile> = files.iter().map(|(file, _)| *file).collect();
        let mut first = true;
        self.pool
            .in_place_scope(|scope| -> Result<(), WriteError> {
                let (mut chunk, mut bytes) = (Chunk::new(), 0);
                let mut explained = VecDeque::new();
                let explain = |chunk: Chunk| {
                    let (done, texts) = sync_channel(1);
                    let kinds = &kinds;
                    // Nobody waits for it where an earlier chunk could not be written.
                    scope.spawn(move |_| drop(done.send(self.texts(kinds, &chunk))));
                    texts
                };
                rejected(
                    conn,
                    self.batch.batch_id,
                    self.only,
                    |judged| -> Result<(), WriteError> {
                        bytes += judged.payload.as_deref().map_or(0, str::len);
                        chunk.push(judged);
                        if chunk.len() >= CHUNK_CUSTOMERS || bytes >= CHUNK_BYTES {
                            bytes = 0;
                            explained.push_back(explain(std::mem::take(&mut chunk)));
                        }
                        match explained.len() > 2 * self.pool.current_num_threads() {
                            true => write_next(&mut explained, files, &mut first),
                            false => Ok(()),
                        }
                    },
                )?;
                while !explained.is_empty() {
                    write_next(&mut explained, files, &mut first)?;
                }
                Ok(write_texts(self.texts(&kinds, &chunk)?, files, &mut first)?)
            })?;
        for (file, out) in files.iter_mut() {
            self.tail(*file, out)?;
        }
        Ok(())
    }

    /// What these customers are in each kind of file.
    fn texts(&self, kinds: &[WorklistFile], chunk: &[Judged]) -> io::Result<Vec<Vec<u8>>> {
        let (mut csv, mut json, mut to_fix) = (Vec::new(), Vec::new(), Vec::new());
        let mut ends = Ends::new();
        let before: &[u8] = if self.is_batch() { b",\n" } else { b"\n" };
        let explains = kinds.iter().any(|file| *file != WorklistFile::RejectedJson);
        for judged in chunk {
            let payload = judged.payload.as_deref().unwrap_or("null");
            if kinds.contains(&WorklistFile::RejectedJson) {
                to_fix.extend_from_slice(before);
                indent(payload, &mut to_fix);
            }
            if !explains {
                continue;
            }
            let mut customer = Places::of(payload);
            let begin = self.whose(judged, customer.name().as_deref())?;
            for f in judged.findings.iter() {
                let value = customer.spot(&f.path).value;
                let end = match ends.entry((f, value)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(self.what(f, value)?),
                };
                csv.extend_from_slice(&begin.csv);
                csv.extend_from_slice(&end.csv);
                json.extend_from_slice(&begin.json);
                json.extend_from_slice(&end.json);
            }
        }
        let text = |file: &WorklistFile| match file {
            WorklistFile::FindingsCsv => std::mem::take(&mut csv),
            WorklistFile::FindingsJson => std::mem::take(&mut json),
            WorklistFile::RejectedJson => std::mem::take(&mut to_fix),
        };
        Ok(kinds.iter().map(text).collect())
    }

    /// The beginning of each row of a customer.
    fn whose<'r>(&self, judged: &'r Judged, name: Option<&'r str>) -> io::Result<Part> {
        let short = |text: Option<&'r str>| text.map(shown_name);
        let whose = Whose {
            customer: judged.position + 1,
            name: short(name),
            customer_ext_id: short(judged.customer_ext_id.as_deref()),
            communication_number: short(judged.communication_number.as_deref()),
        };
        let mut json = b",\n".to_vec();
        serde_json::to_writer(&mut json, &whose)?;
        // The members of the end follow.
        json.pop();
        json.push(b',');
        let mut csv = csv_row(
            self.separator,
            [
                whose.customer.to_string().as_str(),
                whose.name.as_deref().unwrap_or_default(),
                whose.customer_ext_id.as_deref().unwrap_or_default(),
                whose.communication_number.as_deref().unwrap_or_default(),
            ],
        )?;
        csv.truncate(csv.len() - LINE_END.len());
        csv.push(self.separator);
        Ok(Part { csv, json })
    }

    /// The end of the row of a finding.
    fn what(&self, f: &FindingRow, value: Option<&str>) -> io::Result<Part> {
        let advice = self.explainer.advice(f, value);
        let short = value.map(shown_value);
        let raw = match short.clone().map(Cow::into_owned) {
            Some(short) => Some(match RawValue::from_string(short.clone()) {
                Ok(json) => json,
                Err(_) => serde_json::value::to_raw_value(&short)?,
            }),
            None => None,
        };
        let what = What {
            code: &f.code,
            description: &f.description,
            field: &f.path,
            value: raw.as_deref(),
            allowed: &advice.allowed,
            nearest: &advice.nearest,
            fix: &advice.fix,
        };
        let json = serde_json::to_vec(&what)?.split_off(1);
        let value = short.map(|short| plain(&short)).unwrap_or_default();
        let csv = csv_row(
            self.separator,
            [
                f.code.as_str(),
                &f.description,
                &f.path,
                &value,
                &advice.allowed,
                &in_one_line(&advice.nearest),
                &advice.fix,
            ],
        )?;
        Ok(Part { csv, json })
    }

    fn is_batch(&self) -> bool {
        Endpoint::from_name(&self.batch.endpoint).is_none_or(Endpoint::is_batch)
    }

    fn head(&self, file: WorklistFile, out: &mut impl Write) -> io::Result<()> {
        match file {
            WorklistFile::FindingsCsv => {
                out.write_all(BYTE_ORDER_MARK.as_bytes())?;
                out.write_all(&csv_row(self.separator, COLUMNS)?)
            }
            WorklistFile::FindingsJson => {
                let head = serde_json::to_string(&Head {
                    batch: self.batch.batch_id,
                    endpoint: &self.batch.endpoint,
                    file: &self.batch.file_name,
                    customers: self.batch.customers,
                    rejected: self.batch.rejected,
                })?;
                write!(out, "{},\"findings\":[", head.trim_end_matches('}'))
            }
            WorklistFile::RejectedJson if self.is_batch() => out.write_all(b"{\"customers\":["),
            WorklistFile::RejectedJson => Ok(()),
        }
    }

    fn tail(&self, file: WorklistFile, out: &mut impl Write) -> io::Result<()> {
        match file {
            WorklistFile::FindingsCsv => Ok(()),
            WorklistFile::RejectedJson if !self.is_batch() => out.write_all(b"\n"),
            WorklistFile::FindingsJson | WorklistFile::RejectedJson => out.write_all(b"\n]}\n"),
        }
    }
}

/// A row of CSV with these texts, for spreadsheets: each reads as it is, whatever a spreadsheet would
/// make of it.
pub(crate) fn csv_row<'t>(
    separator: u8,
    texts: impl IntoIterator<Item = &'t str>,
) -> io::Result<Vec<u8>> {
    let mut out = csv::WriterBuilder::new()
        .delimiter(separator)
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(CELLS_BYTES)
        .from_writer(Vec::with_capacity(CELLS_BYTES));
    for text in texts {
        let text = shortened(text, MAX_CELL_CHARS);
        out.write_field(spreadsheet_text(&visible(&text)).as_bytes())
            .map_err(io::Error::other)?;
    }
    out.write_record(None::<&[u8]>).map_err(io::Error::other)?;
    out.into_inner().map_err(|e| e.into_error())
}

/// Some customers in each kind of file, once they are explained.
type Explained = Receiver<io::Result<Vec<Vec<u8>>>>;

/// Waits for the oldest chunk and writes it.
fn write_next<W: Write>(
    explained: &mut VecDeque<Explained>,
    files: &mut [(WorklistFile, W)],
    first: &mut bool,
) -> Result<(), WriteError> {
    let Some(texts) = explained.pop_front() else {
        return Ok(());
    };
    let texts = texts.recv().map_err(io::Error::other)??;
    Ok(write_texts(texts, files, first)?)
}

fn write_texts<W: Write>(
    texts: Vec<Vec<u8>>,
    files: &mut [(WorklistFile, W)],
    first: &mut bool,
) -> io::Result<()> {
    for ((file, out), text) in files.iter_mut().zip(texts) {
        // Each member of a list brings what is between it and the one before.
        let begin = usize::from(*first && file.is_json() && !text.is_empty());
        out.write_all(text.get(begin..).unwrap_or_default())?;
    }
    *first = false;
    Ok(())
}

/// Adds JSON with a line for each member, for whoever edits it. Names and values stay as they are
/// written, so that it is the same request.
fn indent(json: &str, out: &mut Vec<u8>) {
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    let line = |depth: usize, out: &mut Vec<u8>| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    };
    let mut bytes = json.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if in_text {
            out.push(byte);
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'{' | b'[' => {
                out.push(byte);
                while bytes.next_if(u8::is_ascii_whitespace).is_some() {}
                if let Some(end) = bytes.next_if(|b| matches!(b, b'}' | b']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(depth, out);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(depth, out);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(depth, out);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                in_text = byte == b'"';
                out.push(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_json_is_the_same_request() {
        let json = "{ \"a\" :[1e400,{},[ ], {\"b\":\"\\\"}{,: \\\\\"}],\r\n\"a\":null}";
        let mut out = Vec::new();
        indent(json, &mut out);
        let lines = [
            "{",
            "  \"a\": [",
            "    1e400,",
            "    {},",
            "    [],",
            "    {",
            "      \"b\": \"\\\"}{,: \\\\\"",
            "    }",
            "  ],",
            "  \"a\": null",
            "}",
        ];
        assert_eq!(String::from_utf8_lossy(&out), lines.join("\n"));
    }
}
