//! *Decisions*: the evaluations and matches of screening that wait for a person.

use crate::config::Home;
use crate::daemon::submit::waiting_decisions;
use crate::history::{
    OpenEvaluation, OpenMatch, OpenRating, open_evaluations, open_matches, waiting_for_list,
    waiting_for_matrix,
};
use crate::ingest::DecisionFile;

use super::customer;
use super::decide::{self, About};
use super::page::*;
use super::rating::{reasons, value};

/// Rows of each list on a page.
const PAGE: usize = 25;

/// Rows that are looked at for a page, and of those that wait for something else.
const LOOKED_AT: u32 = 10_000;

/// Files of the inbox that are looked at.
const FILES: usize = 200;

/// Rows of a list, and the key to go on after.
type Rows<T> = (Vec<T>, Option<i64>);

/// The queue; the page of one decision where the address has its number.
pub(super) async fn page(State(desk): Here, given: Given) -> Result<Markup> {
    if let Some(about) = About::of(&given, "number")? {
        return decide::page(&desk, about).await;
    }
    let t = &EN.decisions;
    let decided = About::of(&given, "decided")?;
    let key = |name| Ok::<_, Failure>(given.number(name)?.unwrap_or(0));
    // Where the page before ended, in each list.
    let (after_evaluation, after_match) = (key("evaluations")?, key("matches")?);
    let read = move |desk: &Desk, conn: &mut Connection| {
        let waiting = waiting(&desk.home)?;
        let (evaluations, next_evaluation) = evaluations_after(conn, after_evaluation)?;
        let (matches, next_match) = matches_after(conn, after_match)?;
        let is_first = after_evaluation == 0 && after_match == 0;
        let is_last = next_evaluation.is_none() && next_match.is_none();
        let is_empty = evaluations.is_empty() && matches.is_empty();
        let of_others = [
            (waiting_for_matrix(conn, LOOKED_AT)?, t.for_matrix),
            (waiting_for_list(conn, LOOKED_AT)?, t.for_list),
        ];
        let content = html! {
            @if let Some(about) = &decided { (decide::outcome(conn, about, &waiting)?) }
            @if is_first && is_last && is_empty {
                (empty(t.none, &html! { (t.none_next) }))
            } @else {
                h2 { (t.evaluations) }
                (evaluation_rows(&evaluations, &waiting))
                (pages(after_evaluation > 0, next_evaluation, |n| to_page(n, after_match)))
                h2 { (t.matches) }
                (match_rows(&matches, &waiting))
                (pages(after_match > 0, next_match, |n| to_page(after_evaluation, n)))
            }
            @for ((n, or_more), what) in of_others { @if n > 0 {
                p.note { (number(n)) " " @if or_more { (t.or_more) " " } (what) }
            } }
        };
        Ok(desk.page("/decisions", EN.nav.decisions, &content))
    };
    desk.read(read).await
}

/// The decisions that wait in the inbox.
pub(super) fn waiting(home: &Home) -> Result<Vec<DecisionFile>> {
    Ok(waiting_decisions(home, FILES)?)
}

/// The rows, one more of which was looked for than are shown.
fn some<T>(mut rows: Vec<T>, ended_at: Option<i64>, key: impl Fn(&T) -> i64) -> Rows<T> {
    let next = cut(&mut rows, PAGE).map(key).or(ended_at);
    (rows, next)
}

/// What waits for a matrix is passed over.
fn evaluations_after(conn: &Connection, after: i64) -> Result<Rows<(OpenEvaluation, OpenRating)>> {
    let (mut rows, mut looked_at) = (Vec::new(), 0);
    let ended_at = open_evaluations(conn, after, |open| {
        looked_at += 1;
        if let Ok(rating) = &open.rating {
            let rating = rating.clone();
            rows.push((open, rating));
        }
        Ok(rows.len() <= PAGE && looked_at < LOOKED_AT)
    })?;
    Ok(some(rows, ended_at, |(open, _)| open.key))
}

/// What waits for a list is passed over.
fn matches_after(conn: &Connection, after: i64) -> Result<Rows<OpenMatch>> {
    let (mut rows, mut looked_at) = (Vec::new(), 0);
    let ended_at = open_matches(conn, after, |open| {
        looked_at += 1;
        rows.extend(open);
        Ok(rows.len() <= PAGE && looked_at < LOOKED_AT)
    })?;
    Ok(some(rows, ended_at, |open| open.key))
}

fn to_page(evaluations: i64, matches: i64) -> String {
    let keys = [("evaluations", evaluations), ("matches", matches)];
    let later = keys.into_iter().filter(|(_, key)| *key > 0);
    let later: Vec<_> = later.map(|(name, key)| (name, key.to_string())).collect();
    link("/decisions", &later)
}

/// Links to the first page and to the next one.
fn pages(is_later: bool, next: Option<i64>, to: impl Fn(i64) -> String) -> Markup {
    html! {
        @if is_later || next.is_some() {
            p.pages {
                @if is_later { a href=(to(0)) { (EN.word.first_page) } }
                @if let Some(next) = next { a href=(to(next)) { (EN.word.next_page) } }
            }
        }
    }
}

fn evaluation_rows(rows: &[(OpenEvaluation, OpenRating)], waiting: &[DecisionFile]) -> Markup {
    let t = &EN.decisions;
    if rows.is_empty() {
        return html! { p { (t.no_evaluations) } };
    }
    let heads = html! {
        th { (t.number) } th { (EN.word.customer) } th { (t.since) } th.n { (EN.word.score) } th { (t.level) } th { (t.why) }
    };
    let rows = html! { @for (open, rating) in rows { tr {
        @let name = open.name.as_deref().unwrap_or(&open.customer_ext_id);
        @let about = About { number: open.communication_number.clone(), ..About::default() };
        (to_decide(&about, waiting))
        td.name {
            a href=(customer::address(&open.customer_ext_id, open.business_unit.as_deref())) { (value(name)) }
            (unit(open.business_unit.as_deref()))
        }
        td { (moment(&open.since)) }
        td.n { (format!("{:.1}", rating.score)) }
        td { (rating.level) }
        td.wrap { (reasons(&rating.reasons)) }
    } } };
    table(t.evaluations, &heads, &rows)
}

fn match_rows(rows: &[OpenMatch], waiting: &[DecisionFile]) -> Markup {
    let t = &EN.decisions;
    if rows.is_empty() {
        return html! { p { (t.no_matches) } };
    }
    let heads = html! {
        th { (t.number) } th { (EN.word.customer) } th { (t.process) } th { (t.since) } th.n { (EN.word.score) } th { (t.whom) }
    };
    let rows = html! { @for open in rows { tr {
        (to_decide(&About::of_match(open), waiting))
        td.name {
            a href=(customer::address(&open.customer_ext_id, open.business_unit.as_deref())) { (value(&open.name)) }
            @if let Some(n) = open.related { " " span.note { (EN.word.related) " " (n) } }
            (unit(open.business_unit.as_deref()))
        }
        td { (open.process) }
        td { (moment(&open.since)) }
        td.n { (format!("{:.3}", open.score)) }
        td.wrap { (value(&open.why)) }
    } } };
    table(t.matches, &heads, &rows)
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
