//! Connections and their limits: how many, how long a request may take to arrive, how long anything may
//! take.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

/// Connections at the same time. A browser opens six for a window at most.
const MAX_CONNECTIONS: usize = 64;

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(15);

/// How long a connection may stay, whatever it does.
const CONNECTION: Duration = Duration::from_secs(600);

/// How long answers that are on their way are waited for at the end.
const LAST: Duration = Duration::from_secs(2);

/// Answers until `stop` says so.
pub(super) async fn answer(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            _ = stop.changed() => break,
        };
        let Ok((stream, _)) = accepted else {
            // Too many open files, for instance.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(router.clone()),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _permit = permit;
            // Whoever went away needs no answer.
            let _ = timeout(CONNECTION, connection).await;
        });
    }
    let _ = timeout(LAST, graceful.shutdown()).await;
}
