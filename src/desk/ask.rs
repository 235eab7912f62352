//! *Ask*: saved queries and SQL.

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
    Router::new().route("/ask", get(page))
}

async fn page(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let t = &EN.ask;
    Ok(desk.page(Tab::Ask, t.title, &html! {}))
}
