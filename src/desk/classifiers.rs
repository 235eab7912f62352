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
fn href(name: &str) -> String {
    let path = match name {
        "sets" => "%73ets",
        "compare" => "%63ompare",
        "retired" => "%72etired",
        other => other,
    };
    format!("/classifiers/{path}")
}

pub(super) async fn all(State(desk): Here, given: Given) -> Result<Markup> {
    let t = &EN.classifiers;
    let (q, path) = (given.get("q").to_owned(), "/classifiers");
    let read = move |desk: &Desk, conn: &mut Connection| {
        let content = match ask::active_set(conn)? {
            None => no_sets(),
            Some((set, since)) => html! {
                p { (t.since) " " (moment(&since)) "." }
                (search(path, t.search, &q))
                @if q.is_empty() {
                    (list(&ask::classifiers_of_set(conn, set)?))
                } @else {
                    @let step = ((given.get("in"), given.get("after")), VALUES + 1);
                    (values(path, ask::values_of_set(conn, set, None, &q, step)?, true, &q))
                }
            },
        };
        Ok(desk.of_classifiers(EN.nav.classifiers, &content))
    };
    desk.read(read).await
}

/// Before the first start.
fn no_sets() -> Markup {
    empty(EN.classifiers.nothing, &html! { code { "kycdrop run" } })
}

impl Desk {
    fn of_classifiers(&self, title: &str, content: &Markup) -> Markup {
        let t = &EN.classifiers;
        let content = html! {
            p.actions {
                a href="/classifiers" { (t.all) }
                a href="/classifiers/sets" { (t.sets) }
                a href="/classifiers/compare" { (t.compare) }
                a href="/classifiers/retired" { (t.retired_title) }
            }
            (content)
        };
        self.page("/classifiers", title, &content)
    }
}

fn search(path: &str, label: &str, q: &str) -> Markup {
    html! {
        form.filters role="search" method="get" action=(path) {
            label { (label) br; input type="search" name="q" value=(q); }
            button { (EN.classifiers.find) }
        }
    }
}

fn list(lines: &[ClassifierLine]) -> Markup {
    let t = &EN.classifiers;
    let heads = html! { th { (t.classifier) } th { (EN.word.about) } th.n { (t.values) } th.n { (t.retired) } th { (t.bound) } };
    let rows = html! { @for line in lines { tr {
        td { a href=(href(&line.name)) { (visible(&line.name)) } }
        td { (visible(&line.title)) }
        td.n { (number(line.values)) }
        td.n { (number(line.retired)) }
        td { (visible(&line.bound.join(", "))) }
    } } };
    table(EN.nav.classifiers, &heads, &rows)
}

/// Values as a table with a link to those that follow.
fn values(path: &str, mut found: Vec<ClassifierValue>, of_all: bool, q: &str) -> Markup {
    let t = &EN.classifiers;
    let next = cut(&mut found, VALUES).map(|last| {
        let within = if of_all { last.classifier.as_str() } else { "" };
        let parameters = [("q", q), ("in", within), ("after", &last.code)];
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
        @if of_all { td { a href=(href(&value.classifier)) { (visible(&value.classifier)) } } }
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
    let read = move |desk: &Desk, conn: &mut Connection| {
        let no_page = || Failure::missing(EN.page.not_found, "");
        let (set, _) = ask::active_set(conn)?.ok_or_else(no_page)?;
        let mut lines = ask::classifiers_of_set(conn, set)?.into_iter();
        let line = lines.find(|line| line.name == name).ok_or_else(no_page)?;
        // The key of a value has its classifier in it.
        let step = ((name.as_str(), given.get("after")), VALUES + 1);
        let (path, q) = (href(&name), given.get("q"));
        let content = html! {
            p { (visible(&line.title)) }
            dl.facts {
                dt { (t.values) } dd { (number(line.values)) }
                dt { (t.retired) } dd { (number(line.retired)) }
                (fact(t.bound, &line.bound.join(", ")))
            }
            (search(&path, t.search_one, q))
            (values(&path, ask::values_of_set(conn, set, Some(&name), q, step)?, false, q))
        };
        Ok(desk.of_classifiers(&visible(&name), &content))
    };
    desk.read(read).await
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
        td.whole { code { (beginning(&time.hash)) } }
        td.n { (number(time.files)) }
        td { @match &time.before {
            Some(before) => {
                a href=(link("/classifiers/compare", &[("before", before), ("after", &time.hash)])) { (t.what_changed) }
            }
            None => (t.first),
        } }
    } } };
    let content = html! {
        @if times.is_empty() { (no_sets()) } @else {
            p.note { (t.files_note) " " (number(COUNTED_FILES)) "." }
            (table(t.sets, &heads, &rows))
        }
        (next_page(EN.word.next_page, next.as_deref()))
    };
    Ok(desk.of_classifiers(t.sets, &content))
}

/// The two sets that an address asks for, and by default: the newest, and the one before it. None where there
/// is only one.
fn chosen(
    conn: &Connection,
    times: &[ActiveTime],
    given: &Given,
) -> Result<Option<(String, String)>, Trouble> {
    let hash = |name| match given.get(name) {
        "" => Ok(None),
        hash => ask::find_set(conn, hash).map(|(_, hash)| Some(hash)),
    };
    let newest = || times.first().map(|time| time.hash.clone());
    let after = hash("after")?.or_else(newest);
    // The first one is as it was.
    let its_time = times.iter().find(|time| Some(&time.hash) == after.as_ref());
    let before = hash("before")?
        .or_else(|| its_time.and_then(|time| time.before.clone()))
        .or_else(|| after.clone().filter(|_| times.len() > 1));
    Ok(before.zip(after))
}

pub(super) async fn compare(State(desk): Here, given: Given) -> Result<Markup> {
    let t = &EN.classifiers;
    let read = move |desk: &Desk, conn: &mut Connection| {
        let times = ask::active_times(conn, None, CHOICES)?;
        // Whoever changed the address by hand needs to know no command.
        let chosen = chosen(conn, &times, &given).map_err(|e| match e.kind {
            Kind::Input => Failure::wrong(e.what, t.choose),
            _ => e.into(),
        })?;
        let content = html! {
                @if let Some((before, after)) = &chosen {
                form.filters method="get" action="/classifiers/compare" {
                    (choice("before", EN.word.before, &times, before))
                    (choice("after", EN.word.after, &times, after))
                    button { (t.compare) }
                }
                (changes(&ask::compare(conn, before, after)?))
            } @else {
                (empty(t.one_set, &html! { a href="/classifiers" { (t.all) } }))
            }
        };
        Ok(desk.of_classifiers(t.compare, &content))
    };
    desk.read(read).await
}

fn choice(name: &str, label: &str, times: &[ActiveTime], chosen: &str) -> Markup {
    // A set that was active twice is chosen once.
    let first = times.iter().position(|time| time.hash == chosen);
    html! {
        label { (label) br; select name=(name) {
            @if first.is_none() { option value=(chosen) selected { (beginning(chosen)) } }
            @for (i, time) in times.iter().enumerate() {
                option value=(time.hash) selected[Some(i) == first] {
                    (time.since.get(..16).unwrap_or(&time.since).replace('T', " ")) " UTC – " (beginning(&time.hash))
                }
            }
        } }
    }
}

fn changes(changes: &[Difference]) -> Markup {
    let t = &EN.classifiers;
    let all = changes.len();
    let heads = html! {
        th { (t.classifier) } th { (EN.word.code) } th { (EN.word.what_changed) }
        th { (EN.word.before) } th { (EN.word.after) }
    };
    let rows = html! { @for change in changes.iter().take(CHANGES) { tr {
        td { (visible(&change.classifier)) }
        td { code { (visible(&change.code)) } }
        td { (change.change) }
        @for side in [&change.before, &change.after] {
            td { (visible(side.as_deref().unwrap_or_default())) }
        }
    } } };
    html! {
        p role="status" { (number(all as u64)) " " (if all == 1 { t.change } else { t.changes })
            @if all > CHANGES { ". " (t.first_changes) " " (number(CHANGES as u64)) "." } }
        @if all > 0 { (table(t.changes, &heads, &rows)) }
    }
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
    Ok(desk.of_classifiers(t.retired_title, &content))
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
