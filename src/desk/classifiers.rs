//! *Classifiers*: the values of each, which sets were active, what changed between them, and which customers
//! have a value that may not be given any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use maud::{Markup, html};
use rusqlite::Connection;

use crate::history::ask::{
    self, ActiveTime, COUNTED_FILES, ClassifierLine, ClassifierValue, Difference, UsedRetired,
};
use crate::text::visible;
use crate::trouble::{Kind, Result, Trouble};

use super::Desk;
use super::page::{Failure, Given, Tab, empty, link, moment, number, wide};
use super::texts::EN;

/// Values on a page.
const VALUES: usize = 100;

/// Times of sets on a page.
const TIMES: usize = 25;

/// Sets to choose from.
const CHOICES: usize = 200;

/// Changes between two sets that are shown.
const CHANGES: usize = 1000;

/// Uses of retired values that are shown, and how long they are looked for.
const USES: usize = 200;
const LOOKING: Duration = Duration::from_secs(5);

/// Instructions of SQLite between two looks at the clock: each may unpack a customer.
const INSTRUCTIONS_BETWEEN_LOOKS: i32 = 500;

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/classifiers", get(all))
        .route("/classifiers/sets", get(sets))
        .route("/classifiers/compare", get(compare))
        .route("/classifiers/retired", get(retired))
        .route("/classifiers/{name}", get(one))
}

/// The page of a classifier. One that is called as another page of this file is asked for in disguise.
fn href(name: &str, parameters: &[(&str, &str)]) -> String {
    let path = match name {
        "sets" => "%73ets",
        "compare" => "%63ompare",
        "retired" => "%72etired",
        other => other,
    };
    link(&format!("/classifiers/{path}"), parameters)
}

async fn all(State(desk): State<Arc<Desk>>, given: Given) -> Result<Markup, Failure> {
    let t = &EN.classifiers;
    let asked = given.clone();
    let (since, lines, found) = desk
        .read(move |_, conn| {
            let Some((set, since)) = ask::active_set(conn)? else {
                return Ok((None, Vec::new(), None));
            };
            let (q, after) = (asked.get("q"), (asked.get("in"), asked.get("after")));
            let found = match q.is_empty() {
                true => None,
                false => Some(ask::values_of_set(conn, set, None, q, (after, VALUES + 1))?),
            };
            Ok((Some(since), ask::classifiers_of_set(conn, set)?, found))
        })
        .await?;
    let content = html! {
        (navigation())
        @match since {
            None => { (empty(t.nothing, &html! { code { "kycdrop run" } })) }
            Some(since) => {
                p { (t.since) " " (moment(&since)) "." }
                (search("/classifiers", t.search, &given))
                @match found {
                    Some(found) => { (values("/classifiers", found, true, &given)) }
                    None => { (wide(t.title, &list(&lines))) }
                }
            }
        }
    };
    Ok(desk.page(Tab::Classifiers, t.title, &content))
}

fn navigation() -> Markup {
    let t = &EN.classifiers;
    html! {
        p.actions {
            a href="/classifiers" { (t.all) }
            a href="/classifiers/sets" { (t.sets) }
            a href="/classifiers/compare" { (t.compare) }
            a href="/classifiers/retired" { (t.retired_title) }
        }
    }
}

fn search(path: &str, label: &str, given: &Given) -> Markup {
    html! {
        form.filters role="search" method="get" action=(path) {
            label { (label) br; input type="search" name="q" value=(given.get("q")); }
            button { (EN.classifiers.find) }
        }
    }
}

fn list(lines: &[ClassifierLine]) -> Markup {
    let t = &EN.classifiers;
    html! {
        table.sortable {
            thead { tr { th { (t.classifier) } th { (t.about) } th.n { (t.values) } th.n { (t.retired) } th { (t.bound) } } }
            tbody { @for line in lines { tr {
                td { a href=(href(&line.name, &[])) { (visible(&line.name)) } }
                td { (visible(&line.title)) }
                td.n { (number(line.values)) }
                td.n { (number(line.retired)) }
                td { (visible(&line.bound.join(", "))) }
            } } }
        }
    }
}

/// Values as a table with a link to those that follow.
fn values(path: &str, mut found: Vec<ClassifierValue>, of_all: bool, given: &Given) -> Markup {
    let t = &EN.classifiers;
    let more = found.len() > VALUES;
    found.truncate(VALUES);
    let next = found.last().filter(|_| more).map(|last| {
        let within = if of_all { last.classifier.as_str() } else { "" };
        let parameters = [("q", given.get("q")), ("in", within), ("after", &last.code)];
        link(path, &parameters)
    });
    html! {
        @if found.is_empty() {
            (empty(t.no_values, &html! { a href=(path) { (t.every_value) } }))
        } @else {
            (wide(t.values, &html! {
                table.sortable {
                    thead { tr {
                        @if of_all { th { (t.classifier) } }
                        th { (t.code) } th { (t.name) } th { (t.attributes) } th { (t.retired) }
                    } }
                    tbody { @for value in &found { tr {
                        @if of_all { td { a href=(href(&value.classifier, &[])) { (visible(&value.classifier)) } } }
                        td { code { (visible(&value.code)) } }
                        td { (visible(&value.name)) }
                        td { @if value.attributes != "{}" { code { (visible(&value.attributes)) } } }
                        td { @if value.retired { (since(value.retired_at.as_deref())) } }
                    } } }
                }
            }))
        }
        @if let Some(next) = next { p.pages { a href=(next) rel="next" { (t.next) } } }
    }
}

/// Since when a value may not be given: a day or a moment.
fn since(at: Option<&str>) -> Markup {
    let t = &EN.classifiers;
    html! {
        @match at {
            Some(at) if at.len() > 10 => { (t.since_when) " " (moment(at)) }
            Some(day) => { (t.since_when) " " (day) }
            None => { (t.yes) }
        }
    }
}

async fn one(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    given: Given,
) -> Result<Markup, Failure> {
    let t = &EN.classifiers;
    let (asked, of) = (given.clone(), name.clone());
    let found = desk
        .read(move |_, conn| {
            let Some((set, _)) = ask::active_set(conn)? else {
                return Ok(None);
            };
            let mut lines = ask::classifiers_of_set(conn, set)?.into_iter();
            let Some(line) = lines.find(|line| line.name == of) else {
                return Ok(None);
            };
            // The key of a value has its classifier in it.
            let after = (of.as_str(), asked.get("after"));
            let values =
                ask::values_of_set(conn, set, Some(&of), asked.get("q"), (after, VALUES + 1))?;
            Ok(Some((line, values)))
        })
        .await?;
    let Some((line, found)) = found else {
        return Err(Failure::not_found());
    };
    let path = href(&name, &[]);
    let content = html! {
        (navigation())
        p { (visible(&line.title)) }
        dl.facts {
            dt { (t.values) } dd { (number(line.values)) }
            dt { (t.retired) } dd { (number(line.retired)) }
            @if !line.bound.is_empty() { dt { (t.bound) } dd { (visible(&line.bound.join(", "))) } }
        }
        (search(&path, t.search_one, &given))
        (values(&path, found, false, &given))
    };
    Ok(desk.page(Tab::Classifiers, &visible(&name), &content))
}

async fn sets(State(desk): State<Arc<Desk>>, given: Given) -> Result<Markup, Failure> {
    let t = &EN.classifiers;
    let before = given.get("before").parse().ok();
    let mut times = desk
        .read(move |_, conn| ask::active_times(conn, before, TIMES + 1))
        .await?;
    let more = times.len() > TIMES;
    times.truncate(TIMES);
    let next = times.last().filter(|_| more);
    let next = next.map(|last| {
        let before = last.load_id.to_string();
        link("/classifiers/sets", &[("before", &before)])
    });
    let content = html! {
        (navigation())
        @if times.is_empty() { (empty(t.nothing, &html! { code { "kycdrop run" } })) } @else {
            p.note { (t.files_note) " " (number(COUNTED_FILES)) "." }
            (wide(t.sets, &html! {
                table.sortable {
                    thead { tr { th { (t.from) } th { (t.until) } th { (t.set) } th.n { (t.files) } th { (t.changed) } } }
                    tbody { @for time in &times { tr { (time_cells(time)) } } }
                }
            }))
        }
        @if let Some(next) = next { p.pages { a href=(next) rel="next" { (t.next) } } }
    };
    Ok(desk.page(Tab::Classifiers, t.sets, &content))
}

fn time_cells(time: &ActiveTime) -> Markup {
    let t = &EN.classifiers;
    html! {
        td { (moment(&time.since)) }
        td { @match &time.until { Some(until) => { (moment(until)) } None => { (t.active) } } }
        td.whole { code { (short(&time.hash)) } }
        td.n { (number(time.files)) }
        td { @match &time.before {
            Some(before) => {
                a href=(link("/classifiers/compare", &[("before", before), ("after", &time.hash)])) { (t.what_changed) }
            }
            None => { (t.first) }
        } }
    }
}

/// Enough of a hash to know a set by.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// The sets to choose from, and the two that were chosen; what changed between them.
struct Compared {
    times: Vec<ActiveTime>,
    chosen: Option<(String, String)>,
    changes: Vec<Difference>,
}

fn compared(conn: &Connection, given: &Given) -> Result<Compared> {
    let times = ask::active_times(conn, None, CHOICES)?;
    let hash = |name| match given.get(name) {
        "" => Ok(None),
        hash => ask::find_set(conn, hash).map(|(_, hash)| Some(hash)),
    };
    let newest = || times.first().map(|time| time.hash.clone());
    let after = hash("after")?.or_else(newest);
    // By default the one before it; the first one is as it was.
    let its_time = times.iter().find(|time| Some(&time.hash) == after.as_ref());
    let before = hash("before")?
        .or_else(|| its_time.and_then(|time| time.before.clone()))
        .or_else(|| after.clone().filter(|_| times.len() > 1));
    let chosen = before.zip(after);
    let changes = match &chosen {
        Some((before, after)) => ask::compare(conn, before, after)?,
        None => Vec::new(),
    };
    Ok(Compared {
        times,
        chosen,
        changes,
    })
}

async fn compare(State(desk): State<Arc<Desk>>, given: Given) -> Result<Markup, Failure> {
    let t = &EN.classifiers;
    let compared = desk
        .read(move |_, conn| {
            // Whoever changed the address by hand needs to know no command.
            compared(conn, &given).map_err(|e| match e.kind {
                Kind::Input => Trouble::new(Kind::Input, e.what, t.choose),
                _ => e,
            })
        })
        .await?;
    let all = compared.changes.len();
    let content = html! {
        (navigation())
        @match &compared.chosen {
            None => { (empty(t.one_set, &html! { a href="/classifiers" { (t.all) } })) }
            Some((before, after)) => {
                form.filters method="get" action="/classifiers/compare" {
                    (choice("before", t.before, &compared.times, before))
                    (choice("after", t.after, &compared.times, after))
                    button { (t.compare) }
                }
                p role="status" { (number(all as u64)) " " (if all == 1 { t.change } else { t.changes })
                    @if all > CHANGES { ". " (t.first_changes) " " (number(CHANGES as u64)) "." } }
                @if all > 0 { (wide(t.changes, &changes(&compared.changes))) }
            }
        }
    };
    Ok(desk.page(Tab::Classifiers, t.compare, &content))
}

fn choice(name: &str, label: &str, times: &[ActiveTime], chosen: &str) -> Markup {
    // A set that was active twice is chosen once.
    let first = times.iter().position(|time| time.hash == chosen);
    html! {
        label { (label) br; select name=(name) {
            @if first.is_none() { option value=(chosen) selected { (short(chosen)) } }
            @for (i, time) in times.iter().enumerate() {
                option value=(time.hash) selected[Some(i) == first] {
                    (time.since.get(..16).unwrap_or(&time.since).replace('T', " ")) " UTC – " (short(&time.hash))
                }
            }
        } }
    }
}

fn changes(changes: &[Difference]) -> Markup {
    let t = &EN.classifiers;
    html! {
        table.sortable {
            thead { tr { th { (t.classifier) } th { (t.code) } th { (t.changed) } th { (t.before) } th { (t.after) } } }
            tbody { @for change in changes.iter().take(CHANGES) { tr {
                td { (visible(&change.classifier)) }
                td { code { (visible(&change.code)) } }
                td { (change.change) }
                td { (visible(change.before.as_deref().unwrap_or_default())) }
                td { (visible(change.after.as_deref().unwrap_or_default())) }
            } } }
        }
    }
}

/// Uses of retired values, and whether all customers were looked at.
fn uses(conn: &mut Connection) -> Result<(Vec<UsedRetired>, bool)> {
    let end = Instant::now() + LOOKING;
    let is_over = move || Instant::now() > end;
    conn.progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, Some(is_over))?;
    let (mut found, mut enough) = (Vec::new(), false);
    let done = ask::used_retired(conn, |used| {
        if found.len() == USES {
            enough = true;
            return Err(Trouble::new(Kind::Busy, "", ""));
        }
        found.push(used);
        Ok(())
    });
    match done {
        Ok(()) => Ok((found, true)),
        Err(_) if enough || is_over() => Ok((found, false)),
        Err(e) => Err(e),
    }
}

async fn retired(State(desk): State<Arc<Desk>>) -> Result<Markup, Failure> {
    let t = &EN.classifiers;
    let (found, whole) = desk.read(|_, conn| uses(conn)).await?;
    let content = html! {
        (navigation())
        p { (t.retired_about) }
        @if !whole {
            p.state.idle role="status" { @if found.len() == USES { (t.first_uses) } @else { (t.cut_short) } }
        }
        @if found.is_empty() {
            @if whole { (empty(t.no_uses, &html! { a href="/ask?saved=retired-codes" { (t.retired_codes) } })) }
        } @else {
            (wide(t.retired_title, &used(&found)))
        }
    };
    Ok(desk.page(Tab::Classifiers, t.retired_title, &content))
}

fn used(found: &[UsedRetired]) -> Markup {
    let t = &EN.classifiers;
    html! {
        table.sortable {
            thead { tr {
                th { (t.customer) } th { (t.office) } th { (t.classifier) } th { (t.code) } th { (t.place) }
                th { (t.retired) } th { (t.assessed) }
            } }
            tbody { @for u in found {
                @let unit = u.business_unit.as_deref().unwrap_or_default();
                tr {
                    td { a href=(link("/customer", &[("id", &u.customer_ext_id), ("unit", unit)])) { (visible(&u.customer_ext_id)) } }
                    td { (visible(unit)) }
                    td { (visible(&u.classifier)) }
                    td { code { (visible(&u.code)) } }
                    td { code { (visible(&u.path)) } }
                    td { (since(Some(&u.retired_at))) }
                    td { (moment(&u.assessed_at)) }
                }
            } }
        }
    }
}
