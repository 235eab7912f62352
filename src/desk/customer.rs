//! *Customer*: search, and the whole history of one.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};

use crate::history::ask::{EvaluationRow, ScreeningRow};

use super::Desk;
use super::page::{Failure, Tab};
use super::texts::EN;

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/customer", get(page))
}

/// How a request was evaluated and screened.
pub(super) fn evaluations_and_screenings(_: &[EvaluationRow], _: &[ScreeningRow]) -> Markup {
    html! {}
}

async fn page(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let t = &EN.customer;
    Ok(desk.page(Tab::Customer, t.title, &html! {}))
}
