//! *Customer*: search, and the whole history of one.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::explain;
use crate::history::ask::{
    self, Assessment, EvaluationRow, Event, Found, Hit, Life, Part, Rejection, ScreeningRow, Search,
};
use crate::text::shortened;

use super::page::*;
use super::rating::{self, json, value};

/// How long customers are looked for by what has no key, in all, and before names are looked at.
const LOOK: Duration = Duration::from_secs(4);
const LOOK_FOR_NUMBERS: Duration = Duration::from_secs(1);

/// Customers, and events of one, on a page.
const PAGE: usize = 25;

/// The most characters of a name in a heading.
const NAME: usize = 120;

/// What is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// What somebody knows of the customer.
    q: String,
    /// customerExtId of the one to be shown.
    id: String,
    /// Its office; empty: none. Without it the customers of any.
    unit: Option<String>,
    /// Where the page before ended.
    before: Option<u32>,
    /// Likewise, of the newest customers.
    older: Option<i64>,
}

/// The address of a customer. One without an office is asked for as such.
pub(super) fn address(id: &str, unit: Option<&str>) -> String {
    let unit = unit.unwrap_or_default().as_bytes();
    let unit: String = form_urlencoded::byte_serialize(unit).collect();
    format!("{}&unit={unit}", link("/customer", &[("id", id)]))
}

/// Where a request that was found leads to. Of a customer who only was validated nothing is saved but that.
fn address_of(hit: &Hit) -> String {
    let is_saved = hit.kind.is_some() || hit.state == ask::State::Rejected;
    match &hit.customer_ext_id {
        Some(id) if is_saved => address(id, hit.business_unit.as_deref()),
        _ => request(hit.batch_id, hit.customer),
    }
}

/// The address of a request: a customer in a batch.
fn request(batch: i64, customer: u64) -> String {
    format!("/batch/{batch}/{customer}")
}

/// A name as a heading has it.
pub(super) fn short(name: &str) -> Cow<'_, str> {
    shortened(name, NAME)
}

pub(super) async fn page(State(desk): Here, Query(asked): Query<Asked>) -> Result<Response> {
    if !asked.id.is_empty() {
        return one(&desk, asked).await.map(IntoResponse::into_response);
    }
    let q = asked.q.trim().to_owned();
    if q.is_empty() {
        return Ok(newest(&desk, asked.older).await?.into_response());
    }
    let t = &EN.customer;
    let read = move |desk: &Desk, conn: &mut Connection| {
        let found = look_for(conn, &q)?;
        if let ([only], false) = (found.hits.as_slice(), found.cut_short) {
            return Ok(Redirect::to(&address_of(only)).into_response());
        }
        let content = html! {
            (search_form(&q))
            @if found.cut_short { p.state.idle role="status" { (t.cut_short) } }
            @if found.hits.is_empty() {
                (empty(t.nobody, &html! { (t.nobody_next) @for word in explain::near(conn, &q, false)? {
                    " " (t.did_you_mean) " " a href=(link("/customer", &[("q", &word)])) { (value(&word)) } "?"
                } }))
            } @else {
                h2 { (t.found) }
                (hits(&found.hits))
                @if found.more { p { (t.more) } }
            }
        };
        let page = desk.page("/customer", EN.nav.customers, &content);
        Ok(page.into_response())
    };
    desk.read(read).await
}

/// A search among all customers, for so long.
pub(super) fn search(conn: &Connection, time: Option<Duration>) -> Search<'_> {
    Search {
        conn,
        until: time.and_then(|time| Instant::now().checked_add(time)),
        business_unit: None,
    }
}

/// What is found by a key comes first; names are looked through for as long as there is time.
fn look_for(conn: &Connection, q: &str) -> Result<Found> {
    let keyed = search(conn, Some(LOOK_FOR_NUMBERS));
    let mut found = keyed.ext_id(q)?;
    if let Some(hit) = keyed.accepted_number(q)? {
        let same = |known: &Hit| {
            known.customer_ext_id == hit.customer_ext_id && known.business_unit == hit.business_unit
        };
        if !found.hits.iter().any(same) {
            found.hits.push(hit);
        }
    }
    let mut cut_short = false;
    for slow in [Search::number, Search::unsaved_ext_id] {
        if found.hits.is_empty() {
            found = slow(&keyed, q)?;
            cut_short |= found.cut_short;
        }
    }
    if found.hits.is_empty() {
        found = search(conn, Some(LOOK)).name(q)?;
        found.cut_short |= cut_short;
    }
    Ok(found)
}

async fn newest(desk: &Arc<Desk>, older: Option<i64>) -> Result<Markup> {
    let read = move |_: &Desk, conn: &mut Connection| Ok(search(conn, None).newest(older, PAGE)?);
    let (newest, next) = desk.read(read).await?;
    let t = &EN.customer;
    let next = next.map(|next| format!("/customer?older={next}"));
    let content = html! {
        (search_form(""))
        h2 { (t.newest) }
        @if newest.is_empty() {
            (empty(t.none, &html! { a href="/drop" { (t.drop_one) } }))
        } @else {
            (hits(&newest))
        }
        (next_page(t.next, next.as_deref()))
    };
    Ok(desk.page("/customer", EN.nav.customers, &content))
}

fn search_form(q: &str) -> Markup {
    let t = &EN.customer;
    html! {
        form.filters role="search" action="/customer" {
            label { (t.search) br; input type="search" name="q" value=(q) size="36"; }
            button.main { (t.look) }
        }
        p.note { (t.how) }
    }
}

fn hits(hits: &[Hit]) -> Markup {
    let t = &EN.customer;
    let heads = html! { th { (EN.word.name) } th { (t.id) } th { (EN.word.office) } th { (t.kind) } th { (t.last) } };
    let rows = html! { @for hit in hits { tr {
        td.name { a href=(address_of(hit)) { (value(hit.name.as_deref().unwrap_or(t.no_name))) } }
        @for key in [&hit.customer_ext_id, &hit.business_unit] {
            td { @if let Some(key) = key { (value(key)) } }
        }
        td { @if let Some(kind) = &hit.kind { (kind) } @else { (unsaved(hit)) } }
        td {
            @if let Some(at) = &hit.at { (moment(at)) ", " }
            a href=(request(hit.batch_id, hit.customer)) { (t.file) " " (hit.batch_id) }
        }
    } } };
    table(EN.nav.customers, &heads, &rows)
}

fn unsaved(hit: &Hit) -> &'static str {
    match hit.state {
        ask::State::Rejected => EN.batch.rejected,
        ask::State::Accepted => EN.customer.validated,
    }
}

/// One customer, or a list of those who have this id in some office.
async fn one(desk: &Arc<Desk>, asked: Asked) -> Result<Markup> {
    let Asked {
        id, unit, before, ..
    } = asked;
    let lives = desk
        .read({
            let id = id.clone();
            move |_, conn| {
                let given = unit.as_deref().filter(|unit| !unit.is_empty());
                let part = Part {
                    end: before.map_or(usize::MAX, |n| n as usize),
                    most: PAGE,
                };
                let mut lives = ask::lives(conn, &id, given, part)?;
                lives.retain(|life| unit.is_none() || life.business_unit.as_deref() == given);
                Ok(lives)
            }
        })
        .await?;
    let t = &EN.customer;
    match lives.as_slice() {
        [] => Err(Failure::missing(
            format!("{} {}", t.unknown, short(&id)),
            t.unknown_next,
        )),
        [life] => {
            let content = html! { (search_form("")) (whole(life)) };
            let title = visible(&short(name_of(life))).into_owned();
            Ok(desk.page("/customer", &title, &content))
        }
        several => {
            let content = html! {
                (search_form(""))
                h2 { (t.several) }
                ul { @for life in several {
                    li { a href=(address(&id, life.business_unit.as_deref())) {
                        (value(name_of(life))) ", " (office(life))
                    } " " (kind(life)) }
                } }
            };
            let title = visible(&short(&id)).into_owned();
            Ok(desk.page("/customer", &title, &content))
        }
    }
}

fn name_of(life: &Life) -> &str {
    let name = life.newest.as_ref().map(|a| a.name.as_str());
    name.unwrap_or(&life.customer_ext_id)
}

fn office(life: &Life) -> Markup {
    let t = &EN.customer;
    html! { @if let Some(unit) = &life.business_unit { (EN.word.office) " " (value(unit)) } @else { (t.no_office) } }
}

fn kind(life: &Life) -> &str {
    life.kind.as_deref().unwrap_or(EN.batch.rejected)
}

/// The events that were read, the newest first, and what the customer is now.
fn whole(life: &Life) -> Markup {
    let t = &EN.customer;
    let unit = life.business_unit.as_deref();
    let next = |n: usize| format!("{}&before={n}", address(&life.customer_ext_id, unit));
    html! {
        dl.facts {
            dt { (t.id) } dd { (value(&life.customer_ext_id)) }
            dt { (EN.word.office) } dd { @if let Some(unit) = unit { (value(unit)) } @else { (t.no_office) } }
            dt { (t.kind) } dd { (kind(life)) }
            @if let Some(a) = &life.newest { (state(a)) }
        }
        @for event in life.events.iter().rev() {
            @match event {
                Event::Assessment(a) => (assessment(a)),
                Event::Rejection(r) => (rejection(r)),
            }
        }
        @if life.earlier > 0 { p.pages { a href=(next(life.earlier)) { (t.older) } } }
    }
}

/// What an assessment says of the customer's risk and status.
fn state(a: &Assessment) -> Markup {
    let t = &EN.customer;
    html! {
        dt { (t.risk) } dd {
            @match (&a.risk_level, &a.evaluation) {
                (Some(level), _) => (level),
                (None, Some(_)) => (t.is_evaluated),
                (None, None) => (t.no_level),
            }
            " " span.note { (a.source_of_risk_level) }
        }
        @if let Some(status) = &a.customer_status { dt { (EN.word.status) } dd { (status) } }
        dt { (t.category) } dd { (value(&a.risk_management_category)) }
    }
}

fn assessment(a: &Assessment) -> Markup {
    let t = &EN.customer;
    let done = match a.action.as_str() {
        "UPDATE" => t.updated,
        _ => t.created,
    };
    html! {
        section.card {
            h2 { (done) " " (moment(&a.at)) }
            dl.facts {
                dt { (t.request) } dd { a href=(request(a.batch_id, a.customer)) {
                    (visible(&a.endpoint)) "/" (visible(&a.file_name)) ", " (t.customer) " " (a.customer)
                } }
                dt { (EN.word.number) } dd { (value(&a.communication_number)) }
                dt { (t.requester) } dd { (value(&a.requester)) }
                dt { (EN.word.name) } dd { (value(&a.name)) }
                (state(a))
            }
            @if !a.changes.is_empty() {
                h3 { (EN.word.what_changed) }
                (table(
                    &format!("{} {}", EN.word.what_changed, a.at),
                    &html! { th { (EN.word.field) } th { (EN.word.before) } th { (EN.word.after) } },
                    &html! { @for c in &a.changes { tr {
                        td.name { code { (visible(&c.path)) } }
                        @for side in [&c.before, &c.after] {
                            td.name { @if let Some(text) = side { (json(text)) } @else { span.note { (t.nothing) } } }
                        }
                    } } },
                ))
            }
            (ratings(&a.evaluations, &a.screenings))
        }
    }
}

fn rejection(r: &Rejection) -> Markup {
    let t = &EN.customer;
    html! {
        section.card {
            h2 { (t.was_rejected) " " (moment(&r.at)) }
            p { strong { (r.code) } " " (visible(&r.description))
                @if r.findings > 1 { " " span.note { "(" (r.findings) " " (t.findings) ")" } } }
            p { a href=(request(r.batch_id, r.customer)) {
                (EN.word.how_to_fix) ": " (visible(&r.endpoint)) "/" (visible(&r.file_name)) ", " (t.customer) " " (r.customer)
            } }
        }
    }
}

/// Evaluations and screenings, with links to decide what waits for a person.
pub(super) fn ratings(evaluations: &[EvaluationRow], screenings: &[ScreeningRow]) -> Markup {
    html! {
        @for e in evaluations {
            (rating::evaluation(e))
            @if e.state == "PENDING" && e.initial_risk_level.is_some() {
                (to_decide(&[("number", &e.communication_number)]))
            }
        }
        @for s in screenings {
            (rating::screening(s))
            @if s.status == "PENDING" && s.why_not.is_none() {
                @let related = s.related.map(|n| n.to_string()).unwrap_or_default();
                (to_decide(&[("number", &s.communication_number), ("process", &s.process), ("related", &related)]))
            }
        }
    }
}

fn to_decide(about: &[(&str, &str)]) -> Markup {
    html! { p { a.button href=(link("/decisions", about)) { (EN.customer.decide) } } }
}
