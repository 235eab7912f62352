//! A customer of a batch: in a list, and alone with everything that is known of this request.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use maud::{Markup, html};
use rusqlite::Connection;

use crate::explain::{Explainer, Placed, begins_of, shown_name};
use crate::history::ask::{self, Batch, Judged};
use crate::text::visible;
use crate::trouble::Result;

use super::Desk;
use super::batch::{batch_of, no_batch};
use super::customer::evaluations_and_screenings;
use super::findings::{findings, ids, warnings};
use super::page::{Failure, Tab, link, moment};
use super::texts::EN;

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/batch/{id}/{customer}", get(page))
}

/// Customers, explained, with their places in the file where these are quickly found.
pub(super) fn placed(
    desk: &Desk,
    conn: &Connection,
    batch: &Batch,
    customers: &[Judged],
) -> Result<Vec<Placed>> {
    let says = |j: &&Judged| !j.findings.is_empty() || !j.warnings.is_empty();
    let positions: Vec<u64> = customers.iter().filter(says).map(|j| j.position).collect();
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let explainer = Explainer::new(conn, batch.set_id)?;
    let begins = match positions.is_empty() {
        true => Vec::new(),
        false => begins_of(&desk.home, conn, batch, &positions)?,
    };
    let place = |judged| {
        let mut placed = Placed::of(&explainer, judged);
        let of = |(position, _): &&(u64, _)| *position == placed.explained.position;
        placed.begins = begins.iter().find(of).map(|(_, begins)| *begins);
        placed
    };
    Ok(customers.iter().map(place).collect())
}

/// A customer with what was found in it.
pub(super) fn card(batch_id: i64, placed: &Placed) -> Markup {
    let path = format!("/batch/{batch_id}/{}", placed.customer);
    html! {
        div.card {
            h3 { a href=(path) { (name(placed)) } " " (state(placed)) }
            (ids_of(placed))
            (findings(&placed.explained.findings, Some(placed.begins)))
            (warnings(&placed.explained.warnings, placed.begins))
        }
    }
}

/// `Customer 3: Ona Petraitė`.
fn name(placed: &Placed) -> String {
    let number = format!("{} {}", EN.batch.customer, placed.customer);
    match &placed.name {
        Some(name) => format!("{number}: {}", visible(&shown_name(name))),
        None => number,
    }
}

fn state(placed: &Placed) -> Markup {
    let t = &EN.batch;
    match placed.explained.state {
        ask::State::Accepted => html! { span.good { (t.accepted) } },
        ask::State::Rejected => html! { span.bad { (t.rejected) } },
    }
}

fn ids_of(placed: &Placed) -> Markup {
    let c = &placed.explained;
    ids([
        ("customerExtId", c.customer_ext_id.as_deref()),
        ("businessUnit", c.business_unit.as_deref()),
        ("communicationNumber", c.communication_number.as_deref()),
    ])
}

/// One customer of a batch, with everything that is known of this request.
async fn page(
    State(desk): State<Arc<Desk>>,
    Path((id, customer)): Path<(i64, u64)>,
) -> Result<Markup, Failure> {
    let t = &EN.batch;
    let read = desk
        .read(move |desk, conn| one(desk, conn, id, customer))
        .await?;
    let (batch, placed) = read.ok_or_else(|| no_batch(id))?;
    let Some(placed) = placed else {
        let what = format!("{} {customer}.", t.no_customer);
        let remedy = format!("{} {}", t.so_many, batch.customers);
        return Err(Failure::new(StatusCode::NOT_FOUND, what, remedy));
    };
    let c = &placed.explained;
    let beside = |n: u64| link(&format!("/batch/{id}/{n}"), &[]);
    let unit = c.business_unit.as_deref().unwrap_or_default();
    let content = html! {
        p { (state(&placed)) " " (t.in_batch) " "
            a href=(link(&format!("/batch/{id}"), &[])) { (batch.batch_id) } ", "
            (visible(&batch.endpoint)) "/" (visible(&batch.file_name)) ", " (moment(&batch.received_at)) }
        (ids_of(&placed))
        @if let Some(ext_id) = &c.customer_ext_id {
            p { a href=(link("/customer", &[("id", ext_id), ("unit", unit)])) { (t.whole_history) } }
        }
        @if c.findings.is_empty() && c.warnings.is_empty() { p { (t.nothing_to_fix) } }
        @if !c.findings.is_empty() { h2 { (t.found) } (findings(&c.findings, Some(placed.begins))) }
        @if !c.warnings.is_empty() { h2 { (t.warnings) } (warnings(&c.warnings, placed.begins)) }
        (evaluations_and_screenings(&placed.evaluations, &placed.screenings))
        div.pages {
            @if customer > 1 { a href=(beside(customer - 1)) { (t.previous) } }
            @if customer < batch.customers { a href=(beside(customer + 1)) { (t.next) } }
        }
    };
    Ok(desk.page(Tab::Batch, &name(&placed), &content))
}

/// A batch, and its customer of this number.
fn one(
    desk: &Desk,
    conn: &Connection,
    id: i64,
    customer: u64,
) -> Result<Option<(Batch, Option<Placed>)>> {
    let Some(batch) = batch_of(conn, id)? else {
        return Ok(None);
    };
    let position = customer.checked_sub(1).filter(|p| *p < batch.customers);
    let judged = match position {
        Some(position) => ask::judged(conn, id, position)?,
        None => None,
    };
    let mut placed = placed(desk, conn, &batch, judged.as_slice())?.pop();
    if let Some(placed) = &mut placed {
        placed.add_ratings(conn, id)?;
    }
    Ok(Some((batch, placed)))
}
