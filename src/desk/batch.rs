//! *Batch*: the files that were answered, the customers of each, what was found and how to fix it.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};

use super::Desk;
use super::page::{Failure, Tab};
use super::texts::EN;

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/batches", get(page))
}

async fn page(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let t = &EN.batch;
    Ok(desk.page(Tab::Batch, t.title, &html! {}))
}
