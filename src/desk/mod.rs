//! The desk: a page in the browser, on loopback, for the people who do not use a terminal.
//!
//! In: a home, and requests of a browser that knows the address with its token. Out: pages, made from the
//! same values that the commands show; files put into the inbox; decisions put into `inbox/decisions`. It
//! reads the history on connections of its own, opened for reading. It may not write to the history, nor
//! answer a file: that is the daemon's, in a process of its own.
//!
//! A request passes `server` (connections and their limits), `guard` (who asks, and from where) and then a
//! page, a file each. `page` has what pages share, `texts` every sentence that a person reads.

mod ask;
mod batch;
mod batch_customer;
mod checked;
mod classifiers;
mod customer;
mod decide;
mod decisions;
mod download;
mod drop;
mod figures;
mod guard;
mod page;
mod place;
mod rating;
mod sent;
mod server;
mod texts;
mod today;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use rusqlite::Connection;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::config::{Config, Home};
use crate::daemon::{reading, signals};
use crate::history::History;
use crate::trouble::{Kind, Result, Trouble};

use page::Failure;
use place::Place;
pub(crate) use place::{address_of, opening_page};
use texts::EN;

/// Requests that read the history or check a file at the same time; others wait for their turn.
const MAX_AT_WORK: usize = 4;

/// Files on their way to browsers at the same time. One that reads slowly keeps another file waiting, but no
/// page.
const MAX_SENDING: usize = 4;

/// Files that arrive are written by threads of the same pool.
const MAX_RECEIVING: usize = 2;

/// How long a page may take to be read from the history.
const MAX_READING: Duration = Duration::from_secs(20);

/// Instructions of SQLite between two looks at the clock.
const INSTRUCTIONS_BETWEEN_LOOKS: i32 = 10_000;

/// What every page needs.
struct Desk {
    home: Home,
    config: Config,
    /// `127.0.0.1:PORT`.
    host: String,
    /// What the browser keeps, and what the address has.
    secrets: place::Secrets,
    at_work: Arc<Semaphore>,
    sending: Arc<Semaphore>,
    /// Files that were checked and are not sent yet.
    checks: checked::Checks,
    last_look: today::LastLook,
}

/// How the desk is opened.
pub(crate) struct Options {
    /// The port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// A daemon started it: it ends when its stdin does.
    pub of_daemon: bool,
}

/// Serves the pages until a signal ends it. `announce` gets the address, once the port is open.
///
/// # Errors
/// When there is no home, another desk is open, or the port cannot be had.
pub(crate) fn serve(
    home: Home,
    config: Config,
    options: &Options,
    announce: impl FnOnce(&str) -> Result<()>,
) -> Result<u8> {
    if !home.is_made()? {
        return Err(home.not_made());
    }
    let mut place = Place::take(&home)?;
    let listener = listen(options.port)?;
    let to_error = |e: std::io::Error| Trouble::new(Kind::Io, format!("the desk's port: {e}"), "");
    listener.set_nonblocking(true).map_err(to_error)?;
    let host = listener.local_addr().map_err(to_error)?.to_string();
    let desk = Arc::new(Desk {
        secrets: place.secrets()?,
        home,
        config,
        host,
        at_work: Arc::new(Semaphore::new(MAX_AT_WORK)),
        sending: Arc::new(Semaphore::new(MAX_SENDING)),
        checks: checked::Checks::default(),
        last_look: today::LastLook::default(),
    });
    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let ending = Arc::clone(&stop);
    signals::on_end(move || {
        let _ = ending.send(true);
    })?;
    if options.of_daemon {
        end_with_stdin(stop)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAX_AT_WORK + MAX_SENDING + MAX_RECEIVING)
        .build()
        .map_err(|e| Trouble::limit("starting the desk", &e))?;
    let address = format!("http://{}/open/{}", desk.host, desk.secrets.token);
    place.announce(&address)?;
    announce(&address)?;
    tracing::info!(host = desk.host, "the desk is open");
    let router = routes(&desk);
    runtime
        .block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            server::answer(listener, router, stopped).await;
            Ok(())
        })
        .map_err(to_error)?;
    // A thread that still reads is not waited for.
    runtime.shutdown_background();
    tracing::info!("the desk is closed");
    Ok(0)
}

/// A port on loopback, and nowhere else.
fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => Trouble::new(
            Kind::Busy,
            format!("port {port} on 127.0.0.1 is in use by another program"),
            "give another one with --port or the setting desk_port; 0 takes any that is free",
        ),
        _ => Trouble::new(
            Kind::Io,
            format!("opening port {port} on 127.0.0.1: {e}"),
            "give another one with --port or the setting desk_port",
        ),
    })
}

/// The daemon holds the other end of stdin: when it is gone, however it ended, so is the desk.
fn end_with_stdin(stop: Arc<watch::Sender<bool>>) -> Result<()> {
    let waiting = move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = stop.send(true);
    };
    let started = std::thread::Builder::new().spawn(waiting);
    started.map_err(|e| Trouble::limit("starting the desk", &e))?;
    Ok(())
}

/// Every page, with its address. All but the style and the script pass the guard.
fn routes(desk: &Arc<Desk>) -> Router {
    // `upload` counts for itself: a browser reads no answer before it has sent everything.
    let drop = get(drop::page).post(drop::upload);
    let pages = Router::new()
        .route("/", get(today::page))
        .route("/today/live", get(today::live))
        .route("/drop", drop.layer(DefaultBodyLimit::disable()))
        .route("/drop/{id}", get(drop::result))
        .route("/drop/{id}/send", post(drop::send))
        .route("/drop/{id}/remove", post(drop::remove))
        .route("/sent", get(sent::page))
        .route("/sent/live", get(sent::live))
        .route("/batches", get(batch::list))
        .route("/batch/{id}", get(batch::page))
        .route("/batch/{id}/{customer}", get(batch_customer::page))
        .route("/batch/{id}/findings.csv", get(download::findings_csv))
        .route("/batch/{id}/rejected.json", get(download::rejected_json))
        .route("/batch/{id}/response.json", get(download::response))
        .route("/customer", get(customer::page))
        .route("/decisions", get(decisions::page).post(decide::submitted))
        .route("/figures", get(figures::page))
        .route("/figures/report.html", get(figures::report))
        .route("/classifiers", get(classifiers::all))
        .route("/classifiers/sets", get(classifiers::sets))
        .route("/classifiers/compare", get(classifiers::compare))
        .route("/classifiers/retired", get(classifiers::retired))
        .route("/classifiers/{name}", get(classifiers::one))
        .route("/ask", get(ask::page))
        .route("/ask/save", post(ask::save))
        .route("/ask.csv", get(download::answer));
    let guarded = axum::middleware::from_fn_with_state(Arc::clone(desk), guard::check);
    pages
        .fallback(|| async { Failure::missing(EN.page.not_found, "") })
        .with_state(Arc::clone(desk))
        .layer(guarded)
}

impl Desk {
    /// A connection that reads the history; an empty one where there is none yet.
    fn history(&self) -> Result<Connection> {
        match reading::history_if_any(&self.home)? {
            Some(conn) => Ok(conn),
            None => Ok(History::in_memory()?.into_connection()),
        }
    }

    /// Reads the history on a connection of its own.
    ///
    /// # Errors
    /// Whatever `ask` says, and when the history cannot be opened.
    async fn read<T: Send + 'static>(
        self: &Arc<Desk>,
        ask: impl FnOnce(&Desk, &mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.work(move |desk| {
            let mut conn = desk.history()?;
            let end = Instant::now() + MAX_READING;
            let is_late = Some(move || Instant::now() > end);
            conn.progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, is_late)
                .map_err(Trouble::from)?;
            ask(desk, &mut conn).map_err(|e| match Instant::now() > end {
                true => Trouble::new(Kind::Busy, EN.page.too_slow, EN.page.ask_less).into(),
                false => e,
            })
        })
        .await
    }

    /// Does work that takes its time, in a thread of its own.
    ///
    /// # Errors
    /// Whatever `work` says.
    async fn work<T: Send + 'static>(
        self: &Arc<Desk>,
        work: impl FnOnce(&Desk) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = Arc::clone(&self.at_work).acquire_owned().await;
        let desk = Arc::clone(self);
        let done = spawn_blocking(move || {
            let _permit = permit;
            work(&desk)
        });
        done.await.map_err(Trouble::defect)?
    }
}
