//! *Figures*: the charts of the report for any period.

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
    Router::new().route("/figures", get(page))
}

async fn page(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let t = &EN.figures;
    Ok(desk.page(Tab::Figures, t.title, &html! {}))
}
