//! *Drop*: files are checked here, and put into the inbox when they are good.

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
    Router::new().route("/drop", get(page).post(page))
}

async fn page(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let t = &EN.drop;
    Ok(desk.page(
        Tab::Drop,
        t.title,
        &html! { form method="post" action=(desk.action("/drop")) {} },
    ))
}
