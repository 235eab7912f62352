//! *Decisions*: the evaluations and matches of screening that wait for a person.

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
    Router::new().route("/decisions", get(page))
}

async fn page(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let t = &EN.decisions;
    Ok(desk.page(Tab::Decisions, t.title, &html! {}))
}
