//! *Today*: whether kycdrop runs, what waits, is in work and was answered last.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};

use crate::daemon::overview::{GLANCE, Health, Overview};
use crate::history::BatchLine;
use crate::text::visible;

use super::Desk;
use super::page::{Failure, Tab, empty, link, moment, number, wide};
use super::texts::EN;

/// Files that are listed.
const LAST: u32 = 15;

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(page))
        .route("/today/live", get(live))
}

/// The page; the script replaces its content by what [`live`] says every few seconds.
async fn page(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let now = live(State(Arc::clone(&desk))).await?;
    let content = html! {
        div data-live="/today/live" { (now) }
    };
    Ok(desk.page(Tab::Today, EN.today.title, &content))
}

/// The content alone.
async fn live(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let overview = desk
        .work(|desk| Overview::at_a_glance(&desk.home, LAST))
        .await?;
    Ok(shown(&overview))
}

fn shown(overview: &Overview) -> Markup {
    let t = &EN.today;
    let totals = &overview.totals;
    let files = |n: usize| n as u64;
    let decisions = totals.evaluations_pending + totals.matches_pending;
    html! {
        (state(overview))
        ul.tiles {
            (tile(files(overview.waiting.files), t.waiting))
            (tile(files(overview.in_work.len()), t.in_work))
            @if overview.held.files > 0 { (tile(files(overview.held.files), t.held)) }
            (tile(totals.batches, t.answered))
            (tile(totals.accepted, t.accepted))
            (tile(totals.rejected, t.rejected))
            (tile(decisions, if totals.screenings_pending > GLANCE { t.or_more } else { t.for_a_person }))
        }
        (names(overview))
        h2 { (t.last) }
        @if overview.last_batches.is_empty() {
            (empty(t.no_files, &html! { a href="/drop" { (t.drop_one) } }))
        } @else {
            (wide(t.last, &batches(&overview.last_batches)))
        }
    }
}

/// Whether kycdrop runs, and why not.
fn state(overview: &Overview) -> Markup {
    let t = &EN.today;
    let (class, says) = match overview.health {
        Health::Healthy => ("good", t.running),
        Health::Paused => ("bad", t.paused),
        Health::Stopped => ("idle", t.stopped),
        Health::Died => ("bad", t.died),
        Health::Failed => ("bad", t.failed),
        Health::Damaged => ("bad", t.damaged),
    };
    let reasons = [
        &overview.paused_because,
        &overview.ended_because,
        &overview.damage,
    ];
    html! {
        div.state.(class) role="status" {
            p { (says) }
            @for line in reasons.into_iter().flatten().flat_map(|reason| reason.lines()) {
                p { (visible(line.trim())) }
            }
        }
    }
}

fn tile(n: u64, label: &str) -> Markup {
    html! { li { span.value { (number(n)) } " " span.label { (label) } } }
}

/// The first few files that are not answered yet.
fn names(overview: &Overview) -> Markup {
    let t = &EN.today;
    let waiting = overview
        .waiting
        .first
        .iter()
        .map(|name| (name, t.is_waiting));
    let in_work = overview.in_work.iter().map(|name| (name, t.is_in_work));
    let held = overview.held.first.iter().map(|name| (name, t.is_held));
    let mut all = in_work.chain(waiting).chain(held).peekable();
    html! {
        @if all.peek().is_some() {
            h2 { (t.names) }
            ul.names { @for (name, state) in all { li { (visible(name)) " " span.note { (state) } } } }
        }
    }
}

/// Batches, a row each, with a link to the page of each.
pub(super) fn batches(batches: &[BatchLine]) -> Markup {
    let t = &EN.today;
    html! {
        table.sortable {
            thead { tr {
                th.n { (t.batch) } th { (t.file) } th { (t.received) } th.n { (t.status) }
                th.n { (t.accepted) } th.n { (t.rejected) }
            } }
            tbody { @for b in batches { tr {
                td.n { a href=(link(&format!("/batch/{}", b.batch_id), &[])) { (b.batch_id) } }
                td { (visible(&b.endpoint)) "/" (visible(&b.file_name))
                    @if let Some(error) = &b.error { br; span.note { (visible(error)) } } }
                td { (moment(&b.received_at)) }
                td.n { (b.status) }
                td.n { (number(b.accepted)) }
                td.n { (number(b.rejected)) }
            } } }
        }
    }
}
