//! *Classifiers*: the values of each, which sets were active, what changed between them, and which customers
//! have a value that may not be given any more.

use std::time::{Duration, Instant};

use crate::history::ask::{
    self, ActiveTime, COUNTED_FILES, ClassifierLine, ClassifierValue, Difference, UsedRetired,
};

use super::page::*;

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

pub(super) async fn all(State(desk): Here, given: Given) -> Result<Markup> {
    let t = &EN.classifiers;
    let asked = given.clone();
    let read = move |_: &Desk, conn: &mut Connection| {
        let Some((set, since)) = ask::active_set(conn)? else {
            return Ok(None);
        };
        let (q, after) = (asked.get("q"), (asked.get("in"), asked.get("after")));
        let found = match q.is_empty() {
            true => None,
            false => Some(ask::values_of_set(conn, set, None, q, (after, VALUES + 1))?),
        };
        Ok(Some((since, ask::classifiers_of_set(conn, set)?, found)))
    };
    let read = desk.read(read).await?;
    let content = html! {
        (navigation())
        @match read {
            None => (no_sets()),
            Some((since, lines, found)) => {
                p { (t.since) " " (moment(&since)) "." }
                (search("/classifiers", t.search, &given))
                @match found {
                    Some(found) => (values("/classifiers", found, true, &given)),
                    None => (list(&lines)),
                }
            }
        }
    };
    Ok(desk.page(Tab::Classifiers, EN.nav.classifiers, &content))
}

/// Before the first start.
fn no_sets() -> Markup {
    empty(EN.classifiers.nothing, &html! { code { "kycdrop run" } })
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
    let heads = html! { th { (t.classifier) } th { (EN.word.about) } th.n { (t.values) } th.n { (t.retired) } th { (t.bound) } };
    let rows = html! { @for line in lines { tr {
        td { a href=(href(&line.name, &[])) { (visible(&line.name)) } }
        td { (visible(&line.title)) }
        td.n { (number(line.values)) }
        td.n { (number(line.retired)) }
        td { (visible(&line.bound.join(", "))) }
    } } };
    table(EN.nav.classifiers, &heads, &rows)
}

/// Values as a table with a link to those that follow.
fn values(path: &str, mut found: Vec<ClassifierValue>, of_all: bool, given: &Given) -> Markup {
    let t = &EN.classifiers;
    let next = cut(&mut found, VALUES).map(|last| {
        let within = if of_all { last.classifier.as_str() } else { "" };
        let parameters = [("q", given.get("q")), ("in", within), ("after", &last.code)];
        link(path, &parameters)
    });
    if found.is_empty() {
        return empty(t.no_values, &html! { a href=(path) { (t.every_value) } });
    }
    let heads = html! {
        @if of_all { th { (t.classifier) } }
        th { (EN.word.code) } th { (EN.word.name) } th { (t.attributes) } th { (t.retired) }
    };
    let rows = html! { @for value in &found { tr {
        @if of_all { td { a href=(href(&value.classifier, &[])) { (visible(&value.classifier)) } } }
        td { code { (visible(&value.code)) } }
        td { (visible(&value.name)) }
        td { @if value.attributes != "{}" { code { (visible(&value.attributes)) } } }
        td { @if value.retired { (since(value.retired_at.as_deref())) } }
    } } };
    html! { (table(t.values, &heads, &rows)) (next_page(EN.word.next_page, next.as_deref())) }
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

pub(super) async fn one(
    State(desk): Here,
    Path(name): Path<String>,
    given: Given,
) -> Result<Markup> {
    let t = &EN.classifiers;
    let (asked, of) = (given.clone(), name.clone());
    let read = move |_: &Desk, conn: &mut Connection| {
        let no_page = || Failure::missing(EN.page.not_found, "");
        let (set, _) = ask::active_set(conn)?.ok_or_else(no_page)?;
        let mut lines = ask::classifiers_of_set(conn, set)?.into_iter();
        let line = lines.find(|line| line.name == of).ok_or_else(no_page)?;
        // The key of a value has its classifier in it.
        let step = ((of.as_str(), asked.get("after")), VALUES + 1);
        let values = ask::values_of_set(conn, set, Some(&of), asked.get("q"), step)?;
        Ok((line, values))
    };
    let (line, found) = desk.read(read).await?;
    let path = href(&name, &[]);
    let content = html! {
        (navigation())
        p { (visible(&line.title)) }
        dl.facts {
            dt { (t.values) } dd { (number(line.values)) }
            dt { (t.retired) } dd { (number(line.retired)) }
            (fact(t.bound, &line.bound.join(", ")))
        }
        (search(&path, t.search_one, &given))
        (values(&path, found, false, &given))
    };
    Ok(desk.page(Tab::Classifiers, &visible(&name), &content))
}

pub(super) async fn sets(State(desk): Here, given: Given) -> Result<Markup> {
    let t = &EN.classifiers;
    let before = given.get("before").parse().ok();
    let mut times = desk
        .read(move |_, conn| Ok(ask::active_times(conn, before, TIMES + 1)?))
        .await?;
    let next =
        cut(&mut times, TIMES).map(|last| format!("/classifiers/sets?before={}", last.load_id));
    let heads = html! { th { (EN.word.from) } th { (t.until) } th { (t.set) } th.n { (t.files) } th { (EN.word.what_changed) } };
    let rows = html! { @for time in &times { tr {
        td { (moment(&time.since)) }
        td { @match &time.until { Some(until) => (moment(until)), None => (t.active) } }
        td.whole { code { (short(&time.hash)) } }
        td.n { (number(time.files)) }
        td { @match &time.before {
            Some(before) => {
                a href=(link("/classifiers/compare", &[("before", before), ("after", &time.hash)])) { (t.what_changed) }
            }
            None => (t.first),
        } }
    } } };
    let content = html! {
        (navigation())
        @if times.is_empty() { (no_sets()) } @else {
            p.note { (t.files_note) " " (number(COUNTED_FILES)) "." }
            (table(t.sets, &heads, &rows))
        }
        (next_page(EN.word.next_page, next.as_deref()))
    };
    Ok(desk.page(Tab::Classifiers, t.sets, &content))
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

fn compared(conn: &Connection, given: &Given) -> Result<Compared, Trouble> {
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

pub(super) async fn compare(State(desk): Here, given: Given) -> Result<Markup> {
    let t = &EN.classifiers;
    let read = move |_: &Desk, conn: &mut Connection| {
        // Whoever changed the address by hand needs to know no command.
        compared(conn, &given).map_err(|e| match e.kind {
            Kind::Input => Failure::wrong(e.what, t.choose),
            _ => e.into(),
        })
    };
    let compared = desk.read(read).await?;
    let all = compared.changes.len();
    let content = html! {
        (navigation())
        @match &compared.chosen {
            None => { (empty(t.one_set, &html! { a href="/classifiers" { (t.all) } })) }
            Some((before, after)) => {
                form.filters method="get" action="/classifiers/compare" {
                    (choice("before", EN.word.before, &compared.times, before))
                    (choice("after", EN.word.after, &compared.times, after))
                    button { (t.compare) }
                }
                p role="status" { (number(all as u64)) " " (if all == 1 { t.change } else { t.changes })
                    @if all > CHANGES { ". " (t.first_changes) " " (number(CHANGES as u64)) "." } }
                @if all > 0 { (changes(&compared.changes)) }
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
    let heads = html! { th { (t.classifier) } th { (EN.word.code) } th { (EN.word.what_changed) } th { (EN.word.before) } th { (EN.word.after) } };
    let rows = html! { @for change in changes.iter().take(CHANGES) { tr {
        td { (visible(&change.classifier)) }
        td { code { (visible(&change.code)) } }
        td { (change.change) }
        @for side in [&change.before, &change.after] {
            td { (visible(side.as_deref().unwrap_or_default())) }
        }
    } } };
    table(t.changes, &heads, &rows)
}

/// Uses of retired values, and whether all customers were looked at.
fn uses(conn: &mut Connection) -> Result<(Vec<UsedRetired>, bool), Trouble> {
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

pub(super) async fn retired(State(desk): Here) -> Result<Markup> {
    let t = &EN.classifiers;
    let (found, whole) = desk.read(|_, conn| Ok(uses(conn)?)).await?;
    let content = html! {
        (navigation())
        p { (t.retired_about) }
        @if !whole {
            p.state.idle role="status" { @if found.len() == USES { (t.first_uses) } @else { (t.cut_short) } }
        }
        @if found.is_empty() {
            @if whole { (empty(t.no_uses, &html! { a href="/ask?saved=retired-codes" { (t.retired_codes) } })) }
        } @else {
            (used(&found))
        }
    };
    Ok(desk.page(Tab::Classifiers, t.retired_title, &content))
}

fn used(found: &[UsedRetired]) -> Markup {
    let t = &EN.classifiers;
    let heads = html! {
        th { (EN.word.customer) } th { (EN.word.office) } th { (t.classifier) } th { (EN.word.code) } th { (EN.word.field) }
        th { (t.retired) } th { (t.assessed) }
    };
    let rows = html! { @for u in found { tr {
        @let unit = u.business_unit.as_deref().unwrap_or_default();
        td { a href=(link("/customer", &[("id", &*u.customer_ext_id), ("unit", unit)])) { (visible(&u.customer_ext_id)) } }
        td { (visible(unit)) }
        td { (visible(&u.classifier)) }
        td { code { (visible(&u.code)) } }
        td { code { (visible(&u.path)) } }
        td { (since(Some(&u.retired_at))) }
        td { (moment(&u.assessed_at)) }
    } } };
    table(t.retired_title, &heads, &rows)
}
