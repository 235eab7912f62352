//! *Today*: whether kycdrop runs, what waits, is in work and was answered last.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};

use crate::daemon::overview::{GLANCE, Health, Overview};
use crate::history::BatchLine;
use crate::text::visible;
use crate::trouble::Result as Done;

use super::Desk;
use super::page::{Failure, Tab, empty, link, moment, number, wide};
use super::texts::EN;

/// Files that are listed.
const LAST: u32 = 15;

/// So many files that wait are looked at each time. Of more, each keeps the next look away for a while, a
/// hundred times as long as it costs: several open pages do not take the daemon's processor.
const FEW: usize = 1000;
const REST_OF_EACH: Duration = Duration::from_micros(500);
const LONGEST_REST: Duration = Duration::from_secs(30);

/// What was seen last, and when.
pub(super) type LastLook = Mutex<Option<(Instant, Arc<Overview>)>>;

/// How long a look counts at which so many files waited.
fn rest(files: usize) -> Duration {
    match u32::try_from(files) {
        _ if files <= FEW => Duration::ZERO,
        Ok(files) => REST_OF_EACH.saturating_mul(files).min(LONGEST_REST),
        Err(_) => LONGEST_REST,
    }
}

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
    let overview = desk.work(Desk::overview).await?;
    Ok(shown(&overview))
}

impl Desk {
    /// What the home is doing, or was when it was looked at last.
    fn overview(&self) -> Done<Arc<Overview>> {
        let mut last = (self.last_look.lock()).unwrap_or_else(PoisonError::into_inner);
        if let Some((at, overview)) = &*last
            && at.elapsed() < rest(overview.waiting.files)
        {
            return Ok(Arc::clone(overview));
        }
        let overview = Arc::new(Overview::at_a_glance(&self.home, LAST)?);
        *last = Some((Instant::now(), Arc::clone(&overview)));
        Ok(overview)
    }
}

fn shown(overview: &Overview) -> Markup {
    let t = &EN.today;
    let totals = &overview.totals;
    let files = |n: usize| n as u64;
    let decisions = totals.evaluations_pending + totals.matches_pending;
    html! {
        (state(overview))
        ul.tiles {
            (tile(files(overview.waiting.files), t.waiting, None))
            (tile(files(overview.in_work.len()), t.in_work, None))
            @if overview.held.files > 0 { (tile(files(overview.held.files), t.held, None)) }
            (tile(totals.batches, t.answered, Some("/batches")))
            (tile(totals.accepted, t.accepted, Some("/customer")))
            (tile(totals.rejected, t.rejected, Some("/figures")))
            (tile(decisions, if totals.screenings_pending > GLANCE { t.or_more } else { t.open }, Some("/decisions")))
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

/// A count, which leads to what it counts if there is a page with that.
fn tile(n: u64, label: &str, page: Option<&str>) -> Markup {
    let label = match page {
        Some(page) => html! { a href=(page) { (label) } },
        None => html! { (label) },
    };
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
                th.n { (t.accepted_column) } th.n { (t.rejected_column) }
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
