//! *Batch*: the files that were answered, the customers of each, what was found and how to fix it.

use std::time::{Duration, Instant};

use crate::explain::fix_of;
use crate::history::ask::{self, Batch, Filter, Filtered, Show};
use crate::history::batches_before;

use super::batch_customer::{card, placed};
use super::page::*;
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

/// The files, the newest first.
pub(super) async fn list(State(desk): Here, given: Given) -> Result<Markup> {
    let t = &EN.batch;
    let asked = given.number("before")?;
    let before = asked.unwrap_or(i64::MAX);
    let mut batches = desk
        .read(move |_, conn| Ok(batches_before(conn, before, FILES as u32 + 1)?))
        .await?;
    let last = cut(&mut batches, FILES).map(|b| b.batch_id);
    let content = html! {
        (today::batches(EN.nav.batches, &batches))
        div.pages {
            @if asked.is_some() { a href="/batches" { (t.newest) } }
            @if let Some(last) = last { a href={ "/batches?before=" (last) } { (t.older) } }
        }
    };
    Ok(desk.page("/batches", EN.nav.batches, &content))
}

/// The batch of a number.
///
/// # Errors
/// When there is none.
pub(super) fn batch_of(conn: &Connection, id: i64) -> Result<Batch> {
    if !ask::has_batch(conn, id)? {
        let what = format!("{} {id}.", EN.batch.no_batch);
        return Err(Failure::missing(what, EN.batch.see_files));
    }
    Ok(ask::batch(conn, id)?)
}

/// A batch: what it is, what customers were answered with, and the customers that the address asks for.
pub(super) async fn page(State(desk): Here, Path(id): Path<i64>, given: Given) -> Result<Markup> {
    let after = given.number("after")?.unwrap_or(0);
    let read = move |desk: &Desk, conn: &mut Connection| {
        let batch = batch_of(conn, id)?;
        let end = Instant::now() + SEARCH;
        let filter = filter(&batch, &given);
        let found = ask::filtered(conn, &batch, &filter, (after, CUSTOMERS), end)?;
        let content = html! {
            (head(conn, &batch)?)
            @if batch.customers > 0 {
                (about(conn, &batch)?)
                h2 #customers { (EN.batch.customers) }
                (filters(&batch, &filter))
                @for placed in placed(desk, conn, &batch, &found.customers)? { (card(id, &placed)) }
                (pages(&batch, &given, after, &found))
            }
        };
        let title = format!("{} {id}", EN.word.batch);
        Ok(desk.page("/batches", &title, &content))
    };
    desk.read(read).await
}

fn path_of(batch: &Batch) -> String {
    format!("/batch/{}", batch.batch_id)
}

/// Only rejected customers have findings.
fn filter<'g>(batch: &Batch, given: &'g Given) -> Filter<'g> {
    let (code, field) = (given.get("code"), given.get("field"));
    Filter {
        show: match given.get("show") {
            _ if !code.is_empty() || !field.is_empty() => Show::Rejected,
            "rejected" => Show::Rejected,
            "warnings" => Show::Warned,
            "all" => Show::All,
            _ if batch.rejected > 0 => Show::Rejected,
            _ => Show::All,
        },
        code,
        answered: !given.get("answered").is_empty(),
        field,
        text: given.get("text"),
    }
}

/// The batch itself: what it is, and what to do about a file that was refused.
fn head(conn: &Connection, b: &Batch) -> Result<Markup> {
    let t = &EN.batch;
    let sql = "SELECT hash FROM classifier_set WHERE set_id = ?1";
    let hash = |set| conn.query_row(sql, [set], |r| r.get(0));
    let set: Option<String> = b.set_id.map(hash).transpose().map_err(Trouble::from)?;
    let to = |what: &str| format!("/batch/{}/{what}", b.batch_id);
    Ok(html! {
        dl.facts {
            (fact(EN.word.file, &b.file_name))
            (fact(t.endpoint, &b.endpoint))
            dt { (EN.word.received) } dd { (moment(&b.received_at)) }
            dt { (EN.word.status) } dd { (b.status) }
            @if b.error.is_none() {
                dt { (t.customers) } dd { (number(b.customers)) ": "
                    (number(b.accepted)) " " (t.accepted)
                    @if b.repeated > 0 { " (" (number(b.repeated)) " " (t.repeated) ")" }
                    ", " (number(b.rejected)) " " (t.rejected) }
            }
            @if let Some(set) = &set {
                dt { (t.set) } dd { a href="/classifiers/sets" { code { (beginning(set)) } } }
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
    })
}

/// What customers were answered with, and what was seen in the file besides.
fn about(conn: &Connection, b: &Batch) -> Result<Markup> {
    let t = &EN.batch;
    let reasons = ask::reasons(conn, b.batch_id, COUNTED)?;
    let warnings = ask::warnings(conn, b.batch_id)?;
    let with = |code: &str| link(&path_of(b), &[("code", code), ("answered", "1")]) + CUSTOMERS_ID;
    let heads = html! { th.n { (t.customers) } th { (EN.word.code) } th { (t.description) } };
    let rows = html! { @for r in &reasons { tr {
        td.n { (number(r.customers)) }
        td { a href=(with(&r.code)) { (r.code) } }
        td.wrap { (visible(&r.description)) }
    } } };
    Ok(html! {
        @if !reasons.is_empty() {
            h2 { (t.reasons) }
            @if b.rejected > COUNTED { p.note { (t.of_the_first) " " (number(COUNTED)) } }
            (table(t.reasons, &heads, &rows))
        }
        @if !warnings.is_empty() {
            h2 { (t.warnings) }
            ul { @for w in warnings.iter().take(WARNINGS) { li {
                (w.kind) " " code { (visible(&w.path)) } " " (visible(&w.detail))
                @if w.count > 1 { " (" (number(w.count)) " " (t.of_customers) ")" }
            } } }
            @if warnings.len() > WARNINGS { p.note { (t.more_warnings) } }
        }
    })
}

fn filters(batch: &Batch, filter: &Filter<'_>) -> Markup {
    let t = &EN.batch;
    let path = path_of(batch);
    let choices = [
        (Show::Rejected, "rejected", t.show_rejected),
        (Show::Warned, "warnings", t.show_warned),
        (Show::All, "all", t.show_all),
    ];
    html! {
        form.filters method="get" action=(path.clone() + CUSTOMERS_ID) {
            label { (EN.word.show) br; select name="show" { @for (this, value, name) in choices {
                option value=(value) selected[this == filter.show] { (name) }
            } } }
            label { (EN.word.code) br; input name="code" value=(filter.code); }
            label { (EN.word.field) br; input name="field" value=(filter.field); }
            label { (t.text) br; input name="text" type="search" value=(filter.text); }
            label { input type="checkbox" name="answered" value="1" checked[filter.answered]; (t.only_answers) }
            button { (t.filter) }
            a href=(path) { (t.no_filter) }
        }
    }
}

/// What there is beside the customers that are shown.
fn pages(batch: &Batch, given: &Given, after: u64, found: &Filtered) -> Markup {
    let t = &EN.batch;
    let from = |position: u64| {
        let mut asked = given.clone();
        asked.0.retain(|(name, _)| name != "after");
        asked.0.push(("after".to_owned(), position.to_string()));
        link(&path_of(batch), &asked.0) + CUSTOMERS_ID
    };
    html! {
        @if found.cut_short { p role="status" { (t.cut_short) } }
        @else if found.customers.is_empty() {
            (empty(t.nobody, &html! { a href={ (path_of(batch)) "?show=all" } { (t.see_all) } }))
        }
        div.pages {
            @if after > 0 { a href=(from(0)) { (EN.word.first_page) } }
            @if let Some(next) = found.next {
                a href=(from(next)) { (if found.cut_short { t.search_on } else { EN.word.next_page }) }
            }
        }
    }
}
