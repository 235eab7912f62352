//! Files for the browser to save, made while they are sent: none is ever in memory as a whole.

use std::io::{self, BufWriter, Write};
use std::pin::Pin;
use std::task;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::HeaderName;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use hyper::body::Frame;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;

use crate::answer_name::WorklistFile;
use crate::disk;
use crate::explain::{Explainer, Worklist};
use crate::history::ask::saved_queries;
use crate::history::{self, Answer, Bounds, Cell, ask_sql};
use crate::ingest::thread_pool;
use crate::sheet::{Dialect, csv_error};
use crate::trouble;

use super::ask::{Asked, MEMORY, in_words};
use super::batch::batch_of;
use super::page::*;

const CSV: &str = "text/csv; charset=utf-8";
const JSON: &str = "application/json";

/// Bytes that are sent together, and how many such parts wait for a slow reader.
const PART: usize = 64 << 10;
const WAITING: usize = 4;

/// How long an answer may take.
const TIME: Duration = Duration::from_secs(300);

/// Parts on their way from the thread that makes them.
struct Parts {
    first: Option<Bytes>,
    others: Receiver<Result<Bytes>>,
}

impl hyper::body::Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> task::Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(first) = self.first.take() {
            return task::Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.others.poll_recv(context).map(|part| {
            let cut_off = |_| io::Error::other("the file was cut off");
            Some(part?.map(Frame::data).map_err(cut_off))
        })
    }
}

/// Where the thread writes. A reader that went away is an error.
struct ToParts(Sender<Result<Bytes>>);

impl Write for ToParts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The headers of a file that the browser is to keep. The name is ASCII without quotes.
pub(super) fn to_keep(kind: &str, name: &str) -> [(HeaderName, String); 2] {
    let name = format!("attachment; filename=\"{name}\"");
    [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)]
}

impl Desk {
    /// A file to save, which `write` makes from the history in a thread of its own. What is wrong before its
    /// first bytes is a page; after them the file breaks off, and the browser says that it is not whole.
    async fn download(
        self: &Arc<Desk>,
        name: &str,
        kind: &str,
        write: impl FnOnce(&Desk, &mut Connection, &mut dyn Write) -> Result<()> + Send + 'static,
    ) -> Result<Response> {
        let (sender, mut others) = channel(WAITING);
        let permit = Arc::clone(&self.sending).acquire_owned().await;
        let desk = Arc::clone(self);
        spawn_blocking(move || {
            let _permit = permit;
            let mut out = BufWriter::with_capacity(PART, ToParts(sender.clone()));
            let make = || -> Result<()> {
                write(&desk, &mut desk.history()?, &mut out)?;
                Ok(out.flush().map_err(cut_off)?)
            };
            if let Err(failure) = make() {
                // Where nobody reads any more there is nobody to be told.
                let _ = sender.blocking_send(Err(failure));
            }
        });
        let first = others.recv().await.transpose()?;
        let body = Body::new(Parts { first, others });
        Ok((to_keep(kind, name), body).into_response())
    }

    /// A file of the worklist of a batch, as it lies beside the response.
    async fn worklist(
        self: &Arc<Desk>,
        id: i64,
        file: WorklistFile,
        kind: &str,
    ) -> Result<Response> {
        let name = format!("batch-{id}.{}", file.name());
        self.download(&name, kind, move |desk, conn, out| {
            let batch = batch_of(conn, id)?;
            if batch.set_id.is_none() || batch.rejected == 0 {
                return Err(Failure::missing(EN.batch.no_worklist, EN.batch.see_batch));
            }
            let worklist = Worklist {
                batch: &batch,
                explainer: &Explainer::new(conn, batch.set_id)?,
                pool: &thread_pool(desk.config.threads)?,
                separator: desk.config.csv_separator.byte(),
                only: None,
            };
            let written = worklist.write(conn, &mut [(file, out)]);
            Ok(written.map_err(|e| e.at(file.name().as_ref()))?)
        })
        .await
    }
}

fn cut_off(e: io::Error) -> Trouble {
    Trouble::new(Kind::Io, format!("the file was cut off: {e}"), "")
}

pub(super) async fn findings_csv(State(desk): Here, Path(id): Path<i64>) -> Result<Response> {
    desk.worklist(id, WorklistFile::FindingsCsv, CSV).await
}

pub(super) async fn rejected_json(State(desk): Here, Path(id): Path<i64>) -> Result<Response> {
    desk.worklist(id, WorklistFile::RejectedJson, JSON).await
}

/// The response, while it lies in the outbox.
pub(super) async fn response(State(desk): Here, Path(id): Path<i64>) -> Result<Response> {
    let name = format!("batch-{id}.response.json");
    desk.download(&name, JSON, move |desk, conn, out| {
        let gone = || Failure::missing(EN.batch.no_response, EN.batch.see_batch);
        let relative = batch_of(conn, id)?.response_file.ok_or_else(gone)?;
        let path = desk.home.outbox().join(relative);
        let file = disk::if_there(disk::open_regular(&path));
        let file = file.map_err(|e| Trouble::io("reading", &path, &e))?;
        io::copy(&mut file.ok_or_else(gone)?, out).map_err(cut_off)?;
        Ok(())
    })
    .await
}

/// The answer to a question of the page *Ask*.
pub(super) async fn answer(State(desk): Here, given: Given) -> Result<Response> {
    desk.download("kycdrop.csv", CSV, move |desk, conn, out| {
        let (queries, _) = saved_queries(&desk.home.queries())?;
        let asked = Asked::of(&given, &queries)?;
        let parameters = history::parameters(conn, &asked.sql).map_err(|e| in_words(e, false))?;
        let to_failure = |missing| Failure::wrong(format!("{} {missing}.", EN.ask.fill_in), "");
        let params = asked.values(&parameters).map_err(to_failure)?;
        let bounds = Bounds {
            rows: None,
            time: Some(TIME),
            memory: Some(MEMORY),
        };
        let end = Instant::now() + TIME;
        let mut lines = Lines(Dialect::default().writer(out));
        ask_sql(conn, &asked.sql, &params, bounds, &mut lines)
            .map_err(|e| in_words(e, Instant::now() >= end))?;
        Ok(lines.0.flush().map_err(cut_off)?)
    })
    .await
}

/// The lines of an answer.
struct Lines<'o>(csv::Writer<&'o mut dyn Write>);

impl Lines<'_> {
    fn write(&mut self, record: Vec<String>) -> trouble::Result<()> {
        let done = self.0.write_record(record).map_err(csv_error);
        done.map_err(cut_off)
    }
}

impl Answer for Lines<'_> {
    fn columns(&mut self, names: &[String]) -> trouble::Result<()> {
        let text = |name: &String| Dialect::default().text(name).into_owned();
        self.write(names.iter().map(text).collect())
    }

    fn row(&mut self, cells: Vec<Cell>) -> trouble::Result<()> {
        let text = |cell: &Cell| Dialect::default().cell(cell).into_owned();
        self.write(cells.iter().map(text).collect())
    }
}
