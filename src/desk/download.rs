//! Files for the browser to save, made while they are sent: none is ever in memory as a whole.

use std::io::{self, BufWriter, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;

use crate::trouble::WriteError;

use super::Desk;

/// Bytes that are sent together, and how many such parts wait for a slow reader.
const PART: usize = 64 << 10;
const WAITING: usize = 4;

/// Parts on their way from the thread that makes them.
struct Parts(Receiver<io::Result<Bytes>>);

impl hyper::body::Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = self.0.poll_recv(cx);
        next.map(|part| part.map(|bytes| bytes.map(Frame::data)))
    }
}

/// Where the thread writes. A reader that went away is an error.
struct ToParts(Sender<io::Result<Bytes>>);

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

impl Desk {
    /// A file to save, of this name and media type, which `write` makes in a thread of its own. When that
    /// fails the answer breaks off, and the browser says so. The name is plain ASCII.
    pub(super) async fn download(
        self: &Arc<Desk>,
        name: &str,
        kind: &'static str,
        write: impl FnOnce(&Desk, &mut dyn Write) -> Result<(), WriteError> + Send + 'static,
    ) -> Response {
        let (sender, receiver) = channel(WAITING);
        let permit = Arc::clone(&self.sending).acquire_owned().await;
        let desk = Arc::clone(self);
        spawn_blocking(move || {
            let _permit = permit;
            let mut out = BufWriter::with_capacity(PART, ToParts(sender.clone()));
            let done = write(&desk, &mut out).and_then(|()| Ok(out.flush()?));
            if let Err(e) = done {
                let e = match e {
                    WriteError::Io(e) => e,
                    WriteError::Trouble(e) => io::Error::other(e.what),
                };
                // Where nobody reads any more there is nobody to be told.
                let _ = sender.blocking_send(Err(e));
            }
        });
        let headers = [
            (CONTENT_TYPE, kind.to_owned()),
            (
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
        ];
        (headers, Body::new(Parts(receiver))).into_response()
    }
}
