//! *Today*: whether kycdrop runs, what waits, is in work and was answered last.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::daemon::overview::{GLANCE, Health, Overview};
use crate::history::BatchLine;

use super::page::*;

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

/// The page; the script replaces its content by what [`live`] says every few seconds.
pub(super) async fn page(State(desk): Here) -> Result<Markup> {
    let now = live(State(Arc::clone(&desk))).await?;
    let content = html! { div data-live="/today/live" { (now) } };
    Ok(desk.page("/", EN.nav.today, &content))
}

/// The content alone.
pub(super) async fn live(State(desk): Here) -> Result<Markup> {
    let overview = &desk.work(|desk| Ok(desk.overview()?)).await?;
    let t = &EN.today;
    let totals = &overview.totals;
    let files = |n: usize| n as u64;
    let decisions = totals.evaluations_pending + totals.matches_pending;
    Ok(html! {
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
        (batches(t.last, &overview.last_batches))
    })
}

impl Desk {
    /// What the home is doing, or was when it was looked at last.
    fn overview(&self) -> Result<Arc<Overview>, Trouble> {
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
            @for reason in reasons.into_iter().flatten() { (lines(reason)) }
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
    let all = [
        (&overview.in_work, t.is_in_work),
        (&overview.waiting.first, t.is_waiting),
        (&overview.held.first, t.is_held),
    ];
    html! {
        @if all.iter().any(|(names, _)| !names.is_empty()) {
            h2 { (t.names) }
            ul.names { @for (names, state) in all { @for name in names {
                li { (visible(name)) " " span.note { (state) } }
            } } }
        }
    }
}

/// Batches, a row each, with a link to the page of each.
pub(super) fn batches(label: &str, batches: &[BatchLine]) -> Markup {
    let t = &EN.today;
    if batches.is_empty() {
        return empty(t.no_files, &html! { a href="/drop" { (t.drop_one) } });
    }
    let heads = html! {
        th.n { (EN.word.batch) } th { (EN.word.file) } th { (EN.word.received) } th.n { (EN.word.status) }
        th.n { (t.accepted_column) } th.n { (t.rejected_column) }
    };
    let rows = html! { @for b in batches { tr {
        td.n { a href={ "/batch/" (b.batch_id) } { (b.batch_id) } }
        td { (visible(&b.endpoint)) "/" (visible(&b.file_name))
            @if let Some(error) = &b.error { br; span.note { (visible(error)) } } }
        td { (moment(&b.received_at)) }
        td.n { (b.status) }
        td.n { (number(b.accepted)) }
        td.n { (number(b.rejected)) }
    } } };
    table(label, &heads, &rows)
}
