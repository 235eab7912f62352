//! *Batch*: the files that were answered, the customers of each, what was found and how to fix it.

use std::io::{Write, copy};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;

use crate::answer_name::WorklistFile;
use crate::daemon::reading;
use crate::disk;
use crate::explain::{Explainer, Placed, Worklist, begins_of, fix_of, shown_name};
use crate::history::ask::{self, Batch, Filter, Filtered, Reason, Show, WarningRow};
use crate::history::batches_before;
use crate::ingest::thread_pool;
use crate::text::visible;
use crate::trouble::{Result, Trouble, WriteError};

use super::Desk;
use super::customer::evaluations_and_screenings;
use super::findings::{fact, findings, warnings};
use super::page::{Failure, Tab, empty, link, moment, number, wide};
use super::texts::EN;
use super::today;

/// Files of a page, and customers of one.
const FILES: usize = 50;
const CUSTOMERS: usize = 25;

/// So many rejected customers are counted by what they were answered with.
const COUNTED: u64 = 20_000;

/// How long customers are looked through for a text.
const SEARCH: Duration = Duration::from_secs(2);

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/batches", get(list))
        .route("/batch/{id}", get(page))
        .route("/batch/{id}/{customer}", get(customer))
        .route("/batch/{id}/findings.csv", get(findings_csv))
        .route("/batch/{id}/rejected.json", get(rejected_json))
        .route("/batch/{id}/response.json", get(response))
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

fn no_batch(id: i64) -> Failure {
    let what = format!("{} {id}.", EN.batch.no_batch);
    Failure::new(StatusCode::NOT_FOUND, what, EN.batch.see_files)
}

/// The batch of a number, if there is one.
fn batch_of(conn: &Connection, id: i64) -> Result<Option<Batch>> {
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
        link(&format!("/batch/{id}"), &parameters)
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
            customers: placed(desk, conn, &batch, &found)?,
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

/// Customers, explained, with their places in the file where these are quickly found.
fn placed(desk: &Desk, conn: &Connection, batch: &Batch, found: &Filtered) -> Result<Vec<Placed>> {
    let customers = &found.customers;
    let says = |j: &&ask::Judged| !j.findings.is_empty() || !j.warnings.is_empty();
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
            h2 { (EN.batch.customers) }
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
    let with = |code: &str| link(&path, &[("code", code), ("answered", "1")]);
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
            ul { @for w in &view.warnings { li {
                (w.kind) " " code { (visible(&w.path)) } " " (visible(&w.detail))
                @if w.count > 1 { " (" (number(w.count)) " " (t.of_customers) ")" }
            } } }
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
        form.filters method="get" action=(path) {
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
            div.card {
                h3 { a href=(link(&format!("/batch/{id}/{}", placed.customer), &[])) { (name(placed)) } " " (state(placed)) }
                (ids(placed))
                (findings(&placed.explained.findings, Some(placed.begins)))
                (warnings(&placed.explained.warnings, placed.begins))
            }
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

fn ids(placed: &Placed) -> Markup {
    let c = &placed.explained;
    let ids = [
        ("customerExtId", &c.customer_ext_id),
        ("businessUnit", &c.business_unit),
        ("communicationNumber", &c.communication_number),
    ];
    html! {
        p.note { @for (label, id) in ids { @if let Some(id) = id {
            (label) " " strong { (visible(&shown_name(id))) } " "
        } } }
    }
}

/// One customer of a batch, with everything that is known of this request.
async fn customer(
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
        (ids(&placed))
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
    let found = Filtered {
        customers: judged.into_iter().collect(),
        next: None,
        cut_short: false,
    };
    let mut placed = placed(desk, conn, &batch, &found)?.pop();
    if let Some(placed) = &mut placed {
        placed.add_ratings(conn, id)?;
    }
    Ok(Some((batch, placed)))
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
