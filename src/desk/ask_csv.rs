//! An answer as a file of CSV, which goes out row by row while it is read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::body::Frame;
use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, timeout_at};

use crate::history::ask::saved_queries;
use crate::history::{self, Answer, Bounds, Cell, ask_sql};
use crate::sheet::{Dialect, csv_error};
use crate::trouble::{Kind, Result, Trouble};

use super::Desk;
use super::ask::{Asked, MEMORY, in_words};
use super::page::{Failure, Given, to_keep};
use super::texts::EN;

/// How long a file may take, until its last row is with the browser.
const TIME: Duration = Duration::from_secs(300);

/// Bytes that are sent together.
const CHUNK: usize = 64 << 10;

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/ask.csv", get(csv))
}

type Chunk = Result<Bytes, Failure>;

/// The answer from its first bytes on. What is wrong before these is a page; after them the file breaks
/// off, and the browser says that it is not whole.
async fn csv(State(desk): State<Arc<Desk>>, given: Given) -> Result<Response, Failure> {
    let (sender, mut chunks) = channel::<Chunk>(4);
    let to = Chunks {
        sender: sender.clone(),
        runtime: Handle::current(),
        end: Instant::now() + TIME,
    };
    tokio::spawn(async move {
        let write = move |desk: &Desk, conn: &mut Connection| write(desk, conn, &given, to);
        let done = desk.read_among(&desk.sending, write);
        if let Err(failure) = done.await {
            // Whoever went away needs no answer.
            let _ = sender.send(Err(failure)).await;
        }
    });
    let first = chunks.recv().await.transpose()?;
    let body = Body::new(Rows { first, chunks });
    Ok((to_keep("text/csv; charset=utf-8", "kycdrop.csv"), body).into_response())
}

fn write(desk: &Desk, conn: &mut Connection, given: &Given, to: Chunks) -> Result<()> {
    let (queries, _) = saved_queries(&desk.home.queries())?;
    let asked = Asked::of(given, &queries)?;
    let parameters = history::parameters(conn, &asked.sql).map_err(|e| in_words(e, false))?;
    let params = asked.values(&parameters).map_err(|missing| {
        Trouble::new(Kind::Input, format!("{} {missing}.", EN.ask.fill_in), "")
    })?;
    let bounds = Bounds {
        rows: None,
        time: Some(TIME),
        memory: Some(MEMORY),
    };
    let end = to.end;
    let to = io::BufWriter::with_capacity(CHUNK, to);
    let mut lines = Lines(Dialect::default().writer(to));
    ask_sql(conn, &asked.sql, &params, bounds, &mut lines)
        .map_err(|e| in_words(e, Instant::now() >= end))?;
    lines.0.flush().map_err(cut_off)
}

fn cut_off(e: io::Error) -> Trouble {
    Trouble::new(Kind::Io, format!("the file was cut off: {e}"), "")
}

/// The lines of the file.
struct Lines(csv::Writer<io::BufWriter<Chunks>>);

impl Answer for Lines {
    fn columns(&mut self, names: &[String]) -> Result<()> {
        let dialect = Dialect::default();
        let record = names.iter().map(|name| dialect.text(name).into_owned());
        let done = self.0.write_record(record).map_err(csv_error);
        done.map_err(cut_off)
    }

    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        let dialect = Dialect::default();
        let record = cells.iter().map(|cell| dialect.cell(cell).into_owned());
        let done = self.0.write_record(record).map_err(csv_error);
        done.map_err(cut_off)
    }
}

/// Where a thread hands its bytes to the connection, and waits while that is slow.
struct Chunks {
    sender: Sender<Chunk>,
    runtime: Handle,
    end: Instant,
}

impl io::Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.sender.send(Ok(Bytes::copy_from_slice(bytes)));
        match self.runtime.block_on(timeout_at(self.end, sent)) {
            Ok(Ok(())) => Ok(bytes.len()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes as the connection takes them.
struct Rows {
    first: Option<Bytes>,
    chunks: Receiver<Chunk>,
}

impl hyper::body::Body for Rows {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.chunks.poll_recv(context).map(|chunk| {
            let cut_off = |_| io::Error::other("the file was cut off");
            Some(chunk?.map(Frame::data).map_err(cut_off))
        })
    }
}
