//! *Batch*: the files that were answered, the customers of each, what was found and how to fix it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;

use crate::explain::{Placed, fix_of};
use crate::history::ask::{self, Batch, Filter, Reason, Show, WarningRow};
use crate::history::batches_before;
use crate::text::visible;
use crate::trouble::Result;

use super::Desk;
use super::batch_customer::{card, placed};
use super::findings::fact;
use super::page::{Failure, Tab, empty, link, moment, number, wide};
use super::texts::EN;
use super::today;

/// Files of a page, and customers of one.
const FILES: usize = 50;
const CUSTOMERS: usize = 25;

/// The place of the customers in the page.
const CUSTOMERS_ID: &str = "#customers";

/// So many rejected customers are counted by what they were answered with.
const COUNTED: u64 = 20_000;

/// Warnings about the file that are listed.
const WARNINGS: usize = 50;

/// How long customers are looked through for a text.
const SEARCH: Duration = Duration::from_secs(2);

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/batches", get(list))
        .route("/batch/{id}", get(page))
}

#[derive(Deserialize)]
struct Before {
    before: Option<i64>,
}

/// The files, the newest first.
async fn list(
    State(desk): State<Arc<Desk>>,
    Query(Before { before }): Query<Before>,
) -> Result<Markup, Failure> {
    let t = &EN.batch;
    let before = before.unwrap_or(i64::MAX);
    let mut batches = desk
        .read(move |_, conn| batches_before(conn, before, FILES as u32 + 1))
        .await?;
    let more = batches.len() > FILES;
    batches.truncate(FILES);
    let last = batches.last().map(|b| b.batch_id.to_string());
    let content = html! {
        @if batches.is_empty() {
            (empty(EN.today.no_files, &html! { a href="/drop" { (EN.today.drop_one) } }))
        } @else {
            (wide(t.title, &today::batches(&batches)))
        }
        div.pages {
            @if before != i64::MAX { a href="/batches" { (t.newest) } }
            @if let Some(last) = last.filter(|_| more) {
                a href=(link("/batches", &[("before", &last)])) { (t.older) }
            }
        }
    };
    Ok(desk.page(Tab::Batch, t.title, &content))
}

/// The page for a number that no batch has.
pub(super) fn no_batch(id: i64) -> Failure {
    let what = format!("{} {id}.", EN.batch.no_batch);
    Failure::new(StatusCode::NOT_FOUND, what, EN.batch.see_files)
}

/// The batch of a number, if there is one.
pub(super) fn batch_of(conn: &Connection, id: i64) -> Result<Option<Batch>> {
    ask::has_batch(conn, id)?
        .then(|| ask::batch(conn, id))
        .transpose()
}

/// What the address asks for.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
    code: String,
    answered: String,
    field: String,
    text: String,
    /// Customers up to this number were shown.
    after: u64,
}

impl Asked {
    /// Only rejected customers have findings.
    fn show(&self, batch: &Batch) -> Show {
        match self.show.as_str() {
            _ if !self.code.trim().is_empty() || !self.field.trim().is_empty() => Show::Rejected,
            "rejected" => Show::Rejected,
            "warnings" => Show::Warned,
            "all" => Show::All,
            _ if batch.rejected > 0 => Show::Rejected,
            _ => Show::All,
        }
    }

    fn filter(&self, show: Show) -> Filter<'_> {
        Filter {
            show,
            code: &self.code,
            answered: !self.answered.is_empty(),
            field: &self.field,
            text: &self.text,
        }
    }

    /// The address of the customers from this position on.
    fn from(&self, id: i64, position: u64) -> String {
        let parameters = [
            ("show", self.show.as_str()),
            ("code", &self.code),
            ("answered", &self.answered),
            ("field", &self.field),
            ("text", &self.text),
            ("after", &position.to_string()),
        ];
        link(&format!("/batch/{id}"), &parameters) + CUSTOMERS_ID
    }
}

/// A page of a batch, read.
struct View {
    batch: Batch,
    set: Option<String>,
    reasons: Vec<Reason>,
    warnings: Vec<WarningRow>,
    customers: Vec<Placed>,
    next: Option<u64>,
    cut_short: bool,
}

impl View {
    fn read(desk: &Desk, conn: &Connection, id: i64, asked: &Asked) -> Result<Option<View>> {
        let Some(batch) = batch_of(conn, id)? else {
            return Ok(None);
        };
        let filter = asked.filter(asked.show(&batch));
        let step = (asked.after, CUSTOMERS);
        let found = ask::filtered(conn, &batch, &filter, step, Instant::now() + SEARCH)?;
        Ok(Some(View {
            set: set_hash(conn, &batch)?,
            reasons: ask::reasons(conn, id, COUNTED)?,
            warnings: ask::warnings(conn, id)?,
            customers: placed(desk, conn, &batch, &found.customers)?,
            next: found.next,
            cut_short: found.cut_short,
            batch,
        }))
    }
}

/// The hash of the set that a batch was validated with.
fn set_hash(conn: &Connection, batch: &Batch) -> Result<Option<String>> {
    let Some(set) = batch.set_id else {
        return Ok(None);
    };
    let sql = "SELECT hash FROM classifier_set WHERE set_id = ?1";
    Ok(Some(conn.query_row(sql, [set], |r| r.get(0))?))
}

async fn page(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    let wanted = asked.clone();
    let view = desk
        .read(move |desk, conn| View::read(desk, conn, id, &wanted))
        .await?;
    let view = view.ok_or_else(|| no_batch(id))?;
    let content = html! {
        (head(&view))
        @if view.batch.customers > 0 {
            (about(&view))
            h2 #customers { (EN.batch.customers) }
            (filters(&view.batch, &asked))
            (customers(&view, &asked))
        }
    };
    let title = format!("{} {id}", EN.batch.batch);
    Ok(desk.page(Tab::Batch, &title, &content))
}

/// The batch itself: what it is, and what to do about a file that was refused.
fn head(view: &View) -> Markup {
    let t = &EN.batch;
    let b = &view.batch;
    let to = |what: &str| format!("/batch/{}/{what}", b.batch_id);
    html! {
        dl.facts {
            (fact(t.file, &b.file_name))
            (fact(t.endpoint, &b.endpoint))
            dt { (t.received) } dd { (moment(&b.received_at)) }
            dt { (t.status) } dd { (b.status) }
            @if b.error.is_none() {
                dt { (t.customers) } dd { (number(b.customers)) ": "
                    (number(b.accepted)) " " (t.accepted)
                    @if b.repeated > 0 { " (" (number(b.repeated)) " " (t.repeated) ")" }
                    ", " (number(b.rejected)) " " (t.rejected) }
            }
            @if let Some(set) = &view.set {
                dt { (t.set) } dd { a href="/classifiers/sets" { code { (set.get(..12).unwrap_or(set)) } } }
            }
        }
        @if let Some(error) = &b.error {
            div.state.bad { p { (visible(error)) } @if let Some(fix) = fix_of(b) { p { (fix) } } }
        }
        div.actions {
            @if b.rejected > 0 && b.set_id.is_some() {
                a.button href=(to("findings.csv")) { (t.worklist) }
                a.button href=(to("rejected.json")) { (t.to_fix) }
            }
            @if b.response_file.is_some() { a.button href=(to("response.json")) { (t.response) } }
        }
    }
}

/// What customers were answered with, and what was seen in the file besides.
fn about(view: &View) -> Markup {
    let t = &EN.batch;
    let b = &view.batch;
    let path = format!("/batch/{}", b.batch_id);
    let with = |code: &str| link(&path, &[("code", code), ("answered", "1")]) + CUSTOMERS_ID;
    let reasons = html! {
        table.sortable {
            thead { tr { th.n { (t.customers) } th { (t.code) } th { (t.description) } } }
            tbody { @for r in &view.reasons { tr {
                td.n { (number(r.customers)) }
                td { a href=(with(&r.code)) { (r.code) } }
                td.wrap { (visible(&r.description)) }
            } } }
        }
    };
    html! {
        @if !view.reasons.is_empty() {
            h2 { (t.reasons) }
            @if b.rejected > COUNTED { p.note { (t.of_the_first) " " (number(COUNTED)) } }
            (wide(t.reasons, &reasons))
        }
        @if !view.warnings.is_empty() {
            h2 { (t.warnings) }
            ul { @for w in view.warnings.iter().take(WARNINGS) { li {
                (w.kind) " " code { (visible(&w.path)) } " " (visible(&w.detail))
                @if w.count > 1 { " (" (number(w.count)) " " (t.of_customers) ")" }
            } } }
            @if view.warnings.len() > WARNINGS { p.note { (t.more_warnings) } }
        }
    }
}

fn filters(batch: &Batch, asked: &Asked) -> Markup {
    let t = &EN.batch;
    let path = format!("/batch/{}", batch.batch_id);
    let show = asked.show(batch);
    let choices = [
        (Show::Rejected, "rejected", t.show_rejected),
        (Show::Warned, "warnings", t.show_warned),
        (Show::All, "all", t.show_all),
    ];
    html! {
        form.filters method="get" action=(path.clone() + CUSTOMERS_ID) {
            label { (t.show) br; select name="show" { @for (this, value, name) in choices {
                option value=(value) selected[this == show] { (name) }
            } } }
            label { (t.code) br; input name="code" value=(asked.code); }
            label { (t.field) br; input name="field" value=(asked.field); }
            label { (t.text) br; input name="text" type="search" value=(asked.text); }
            label { input type="checkbox" name="answered" value="1" checked[!asked.answered.is_empty()]; (t.only_answers) }
            button { (t.filter) }
            a href=(path) { (t.no_filter) }
        }
    }
}

fn customers(view: &View, asked: &Asked) -> Markup {
    let t = &EN.batch;
    let id = view.batch.batch_id;
    html! {
        @for placed in &view.customers {
            (card(id, placed))
        }
        @if view.cut_short { p role="status" { (t.cut_short) } }
        @else if view.customers.is_empty() {
            (empty(t.nobody, &html! { a href=(link(&format!("/batch/{id}"), &[("show", "all")])) { (t.see_all) } }))
        }
        div.pages {
            @if asked.after > 0 { a href=(asked.from(id, 0)) { (t.first_page) } }
            @if let Some(next) = view.next {
                a href=(asked.from(id, next)) { (if view.cut_short { t.search_on } else { t.next_page }) }
            }
        }
    }
}
