//! *Today*: whether kycdrop runs, what waits, is in work and was answered last.

use crate::daemon::overview::{Health, Overview};
use crate::history::BatchLine;

use super::page::*;

/// Files that are listed.
const LAST: u32 = 15;

/// The page; the script replaces its content by what [`live`] says every few seconds.
pub(super) async fn page(State(desk): Here) -> Result<Markup> {
    let now = live(State(Arc::clone(&desk))).await?;
    let content = html! { div data-live="/today/live" { (now) } };
    Ok(desk.page("/", EN.nav.today, &content))
}

/// The content alone.
pub(super) async fn live(State(desk): Here) -> Result<Markup> {
    let read = |desk: &Desk| Ok(Overview::of(&desk.home, LAST)?);
    let overview = &desk.work(read).await?;
    let t = &EN.today;
    let totals = &overview.totals;
    let files = |n: usize| n as u64;
    Ok(html! {
        (state(overview))
        ul.tiles {
            (tile(files(overview.waiting.files), t.waiting))
            (tile(files(overview.in_work.len()), t.in_work))
            @if overview.held.files > 0 { (tile(files(overview.held.files), t.held)) }
            (tile(totals.batches, t.answered))
            (tile(totals.accepted, t.accepted))
            (tile(totals.rejected, t.rejected))
            (tile(totals.evaluations_pending + totals.matches_pending, t.for_a_person))
        }
        (names(overview))
        h2 { (t.last) }
        (batches(t.last, &overview.last_batches))
    })
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

fn tile(n: u64, label: &str) -> Markup {
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
