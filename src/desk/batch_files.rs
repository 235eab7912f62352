//! What can be saved of a batch: the worklist, the request to fix, the response.

use std::io::{Write, copy};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::answer_name::WorklistFile;
use crate::daemon::reading;
use crate::disk;
use crate::explain::{Explainer, Worklist};
use crate::ingest::thread_pool;
use crate::trouble::{Result, Trouble, WriteError};

use super::Desk;
use super::batch::{batch_of, no_batch};
use super::page::Failure;
use super::texts::EN;

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/batch/{id}/findings.csv", get(findings_csv))
        .route("/batch/{id}/rejected.json", get(rejected_json))
        .route("/batch/{id}/response.json", get(response))
}

async fn findings_csv(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    worklist(
        &desk,
        id,
        WorklistFile::FindingsCsv,
        "text/csv; charset=utf-8",
    )
    .await
}

async fn rejected_json(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    worklist(&desk, id, WorklistFile::RejectedJson, "application/json").await
}

/// A file of the worklist, as it lies beside the response.
async fn worklist(
    desk: &Arc<Desk>,
    id: i64,
    file: WorklistFile,
    kind: &'static str,
) -> Result<Response, Failure> {
    let batch = desk.read(move |_, conn| batch_of(conn, id)).await?;
    let batch = batch.ok_or_else(|| no_batch(id))?;
    if batch.set_id.is_none() || batch.rejected == 0 {
        let t = &EN.batch;
        return Err(Failure::new(
            StatusCode::NOT_FOUND,
            t.no_worklist,
            t.see_batch,
        ));
    }
    let name = format!("batch-{id}.{}", file.name());
    let write = move |desk: &Desk, out: &mut dyn Write| {
        let conn = reading::history_of(&desk.home)?;
        let pool = thread_pool(desk.config.threads)?;
        let worklist = Worklist {
            batch: &batch,
            explainer: &Explainer::new(&conn, batch.set_id)?,
            pool: &pool,
            separator: desk.config.csv_separator.byte(),
            only: None,
        };
        worklist.write(&conn, &mut [(file, out)])
    };
    Ok(desk.download(&name, kind, write).await)
}

/// The response, while it lies in the outbox.
async fn response(State(desk): State<Arc<Desk>>, Path(id): Path<i64>) -> Result<Response, Failure> {
    let t = &EN.batch;
    let batch = desk.read(move |_, conn| batch_of(conn, id)).await?;
    let relative = batch.ok_or_else(|| no_batch(id))?.response_file;
    let file = desk
        .work(move |desk| {
            let Some(relative) = relative else {
                return Ok(None);
            };
            let path = desk.home.outbox().join(relative);
            disk::if_there(disk::open_regular(&path)).map_err(|e| Trouble::io("reading", &path, &e))
        })
        .await?;
    let Some(mut file) = file else {
        return Err(Failure::new(
            StatusCode::NOT_FOUND,
            t.no_response,
            t.see_batch,
        ));
    };
    let write = move |_: &Desk, out: &mut dyn Write| -> Result<(), WriteError> {
        copy(&mut file, out)?;
        Ok(out.flush()?)
    };
    let name = format!("batch-{id}.response.json");
    Ok(desk.download(&name, "application/json", write).await)
}
