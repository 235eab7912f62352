//! *Decisions*: the evaluations and matches of screening that wait for a person.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::routing::get;
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;

use crate::config::Home;
use crate::daemon::submit::waiting_decisions;
use crate::history::{
    OpenEvaluation, OpenMatch, OpenRating, open_evaluations, open_matches, waiting_for_list,
    waiting_for_matrix,
};
use crate::ingest::DecisionFile;
use crate::text::visible;
use crate::trouble::Result;

use super::Desk;
use super::customer;
use super::decide::{self, About};
use super::page::{Failure, Tab, empty, link, moment, number, wide};
use super::rating::value;
use super::texts::EN;

/// Rows of each list on a page.
const PAGE: usize = 25;

/// Rows that are looked at for a page, and of those that wait for something else.
const LOOKED_AT: u32 = 10_000;

/// Files of the inbox that are looked at.
const FILES: usize = 200;

/// The pages of this file, and the one of a single decision.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/decisions", get(page).post(decide::submitted))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// What one page is about; see [`About`].
    number: String,
    process: String,
    related: String,
    /// The number of what was decided just now.
    decided: String,
    /// Where the page before ended.
    evaluations: i64,
    matches: i64,
}

/// Rows of a list, and the key to go on after.
struct Page<T> {
    rows: Vec<T>,
    next: Option<i64>,
}

struct Queue {
    evaluations: Page<(OpenEvaluation, OpenRating)>,
    matches: Page<OpenMatch>,
    for_matrix: (u64, bool),
    for_list: (u64, bool),
    /// The decisions in the inbox.
    waiting: Vec<DecisionFile>,
    /// What became of the decision that was sent just now.
    decided: Option<Markup>,
}

async fn page(
    State(desk): State<Arc<Desk>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Failure> {
    let Query(asked) = asked.map_err(|e| Failure::wrong(e.body_text()))?;
    if !asked.number.is_empty() {
        let about = About::of(&asked.number, &asked.process, &asked.related)?;
        return decide::page(&desk, about).await;
    }
    let decided = match asked.decided.is_empty() {
        true => None,
        false => Some(About::of(&asked.decided, &asked.process, &asked.related)?),
    };
    let (evaluations, matches) = (asked.evaluations, asked.matches);
    let queue = desk
        .read(move |desk, conn| {
            let waiting = waiting(&desk.home)?;
            Ok(Queue {
                evaluations: evaluations_after(conn, evaluations)?,
                matches: matches_after(conn, matches)?,
                for_matrix: waiting_for_matrix(conn, LOOKED_AT)?,
                for_list: waiting_for_list(conn, LOOKED_AT)?,
                decided: match decided {
                    Some(about) => decide::outcome(conn, &about, &waiting)?,
                    None => None,
                },
                waiting,
            })
        })
        .await?;
    Ok(desk.page(Tab::Decisions, EN.decisions.title, &shown(&queue, &asked)))
}

/// The decisions that wait in the inbox.
pub(super) fn waiting(home: &Home) -> Result<Vec<DecisionFile>> {
    waiting_decisions(home, FILES)
}

impl<T> Page<T> {
    /// The rows, one more of which was looked for than are shown.
    fn of(mut rows: Vec<T>, ended_at: Option<i64>, key: impl Fn(&T) -> i64) -> Page<T> {
        let next = match rows.len() > PAGE {
            true => {
                rows.truncate(PAGE);
                rows.last().map(key)
            }
            false => ended_at,
        };
        Page { rows, next }
    }
}

/// What waits for a matrix is passed over.
fn evaluations_after(conn: &Connection, after: i64) -> Result<Page<(OpenEvaluation, OpenRating)>> {
    let (mut rows, mut looked_at) = (Vec::new(), 0);
    let ended_at = open_evaluations(conn, after, |open| {
        looked_at += 1;
        if let Ok(rating) = &open.rating {
            let rating = rating.clone();
            rows.push((open, rating));
        }
        Ok(rows.len() <= PAGE && looked_at < LOOKED_AT)
    })?;
    Ok(Page::of(rows, ended_at, |(open, _)| open.key))
}

/// What waits for a list is passed over.
fn matches_after(conn: &Connection, after: i64) -> Result<Page<OpenMatch>> {
    let (mut rows, mut looked_at) = (Vec::new(), 0);
    let ended_at = open_matches(conn, after, |open| {
        looked_at += 1;
        rows.extend(open);
        Ok(rows.len() <= PAGE && looked_at < LOOKED_AT)
    })?;
    Ok(Page::of(rows, ended_at, |open| open.key))
}

fn shown(queue: &Queue, asked: &Asked) -> Markup {
    let t = &EN.decisions;
    let (evaluations, matches) = (&queue.evaluations, &queue.matches);
    let is_whole = asked.evaluations == 0 && asked.matches == 0;
    let is_empty = evaluations.rows.is_empty() && matches.rows.is_empty();
    html! {
        @if let Some(decided) = &queue.decided { (decided) }
        @if is_whole && is_empty && evaluations.next.is_none() && matches.next.is_none() {
            (empty(t.none, &html! { (t.none_next) }))
        } @else {
            h2 { (t.evaluations) }
            @if evaluations.rows.is_empty() { p { (t.no_evaluations) } }
            @else { (wide(t.evaluations, &evaluation_rows(queue))) }
            (pages(asked.evaluations > 0, evaluations.next, |n| to_page(n, asked.matches)))
            h2 { (t.matches) }
            @if matches.rows.is_empty() { p { (t.no_matches) } }
            @else { (wide(t.matches, &match_rows(queue))) }
            (pages(asked.matches > 0, matches.next, |n| to_page(asked.evaluations, n)))
        }
        @for ((n, or_more), what) in [(queue.for_matrix, t.for_matrix), (queue.for_list, t.for_list)] {
            @if n > 0 {
                p.note { (number(n)) " " @if or_more { (t.or_more) " " } (what) }
            }
        }
    }
}

fn to_page(evaluations: i64, matches: i64) -> String {
    let after = |key: i64| {
        if key > 0 {
            key.to_string()
        } else {
            String::new()
        }
    };
    let keys = [
        ("evaluations", &*after(evaluations)),
        ("matches", &*after(matches)),
    ];
    link("/decisions", &keys)
}

/// Links to the first page and to the next one.
fn pages(is_later: bool, next: Option<i64>, to: impl Fn(i64) -> String) -> Markup {
    let t = &EN.decisions;
    html! {
        @if is_later || next.is_some() {
            p.pages {
                @if is_later { a href=(to(0)) { (t.first) } }
                @if let Some(next) = next { a href=(to(next)) { (t.next) } }
            }
        }
    }
}

fn evaluation_rows(queue: &Queue) -> Markup {
    let t = &EN.decisions;
    html! {
        table.sortable {
            thead { tr {
                th { (t.number) } th { (t.customer) } th { (t.since) } th.n { (t.score) } th { (t.level) } th { (t.why) }
            } }
            tbody { @for (open, rating) in &queue.evaluations.rows { tr {
                (to_decide(&About::evaluation(&open.communication_number), &queue.waiting))
                td.name {
                    a href=(customer::address(&open.customer_ext_id, open.business_unit.as_deref())) {
                        (value(open.name.as_deref().unwrap_or(&open.customer_ext_id)))
                    }
                    (unit(open.business_unit.as_deref()))
                }
                td { (moment(&open.since)) }
                td.n { (format!("{:.1}", rating.score)) }
                td { (rating.level) }
                td.wrap { @for (i, (reason, about)) in rating.reasons.iter().enumerate() {
                    @if i > 0 { br; }
                    (visible(&reason.in_words(about)))
                } }
            } } }
        }
    }
}

fn match_rows(queue: &Queue) -> Markup {
    let t = &EN.decisions;
    html! {
        table.sortable {
            thead { tr {
                th { (t.number) } th { (t.customer) } th { (t.process) } th { (t.since) } th.n { (t.score) } th { (t.whom) }
            } }
            tbody { @for open in &queue.matches.rows { tr {
                (to_decide(&About::of_match(open), &queue.waiting))
                td.name {
                    a href=(customer::address(&open.customer_ext_id, open.business_unit.as_deref())) { (value(&open.name)) }
                    @if let Some(n) = open.related { " " span.note { (t.related) " " (n) } }
                    (unit(open.business_unit.as_deref()))
                }
                td { (open.process) }
                td { (moment(&open.since)) }
                td.n { (format!("{:.3}", open.score)) }
                td.wrap { (value(&open.why)) }
            } } }
        }
    }
}

fn unit(unit: Option<&str>) -> Markup {
    html! { @if let Some(unit) = unit { " " span.note { (value(unit)) } } }
}

/// The cell with the link to the page of a decision.
fn to_decide(about: &About, waiting: &[DecisionFile]) -> Markup {
    html! {
        td {
            a href=(about.address("number")) { (value(&about.number)) }
            @if about.waits_in(waiting).is_some() { br; span.note { (EN.decisions.in_inbox) } }
        }
    }
}
