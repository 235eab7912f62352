//! *Ask*: saved queries and anybody's SQL, with the walls of `kycdrop query`; the answer as a table, or as a
//! file of CSV.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::body::Bytes;

use crate::history::ask::{Saved, View, save_query, saved_queries, views};
use crate::history::{self, Answer, Bounds, Cell, Params, ask_sql};
use crate::sheet::plain;
use crate::text::{counted, did_you_mean, shortened};
use crate::trouble::Result;

use super::page::*;

/// Rows on a page, and the most text of all of them, in bytes.
const ROWS: u64 = 1000;
const MAX_BYTES: usize = 4 << 20;

/// Characters of a cell on a page; the file has all.
const CELL_CHARS: usize = 500;

/// How long an answer is waited for.
const TIME: Duration = Duration::from_secs(10);

/// As much as `kycdrop query` takes. The first answer sets it for the whole process.
pub(super) const MEMORY: u64 = 1 << 30;

/// What is asked: SQL, or the query with this name, and values for its parameters.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) sql: String,
    saved: Option<(String, Saved)>,
    given: Given,
}

/// The values of parameters as they were typed.
fn typed(given: &Given) -> impl Iterator<Item = &(String, String)> {
    let all = given.0.iter();
    all.filter(|(name, _)| name.starts_with("p."))
}

impl Asked {
    /// What an address asks; some empty SQL for nothing.
    ///
    /// # Errors
    /// When no query has the name.
    pub(super) fn of(given: &Given, queries: &BTreeMap<String, Saved>) -> Result<Asked> {
        let name = given.get("saved");
        let saved = match queries.get(name) {
            Some(saved) => Some((name.to_owned(), saved.clone())),
            None if name.is_empty() => None,
            None => {
                let hint = did_you_mean(name, queries.keys().map(String::as_str));
                let what = format!("{} {}.", EN.ask.no_query, visible(&shortened(name, 60)));
                return Err(Trouble::new(Kind::Input, what, hint.unwrap_or_default()));
            }
        };
        let sql = saved.as_ref().map(|(_, saved)| saved.sql.as_str());
        Ok(Asked {
            sql: sql.unwrap_or(given.get("sql")).to_owned(),
            saved,
            given: given.clone(),
        })
    }

    fn is_optional(&self, parameter: &str) -> bool {
        let optional = self.saved.iter().flat_map(|(_, saved)| &saved.optional);
        optional.into_iter().any(|name| name == parameter)
    }

    fn typed(&self, parameter: &str) -> &str {
        self.given.exact(&format!("p.{parameter}"))
    }

    /// The values of these parameters; the names of those that lack one as the error.
    pub(super) fn values(&self, parameters: &[String]) -> Result<Params, String> {
        let is_given = |name: &&String| !self.typed(name).is_empty();
        let missing = parameters
            .iter()
            .filter(|name| !is_given(name) && !self.is_optional(name));
        let missing: Vec<&str> = missing.map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(missing.join(", "));
        }
        let given = parameters.iter().filter(is_given);
        Ok(Params {
            given: given
                .map(|name| (name.clone(), Params::value(self.typed(name))))
                .collect(),
            optional: parameters.to_vec(),
        })
    }

    /// The same as an address, below this path.
    fn address(&self, path: &str) -> String {
        let mut all = vec![match &self.saved {
            Some((name, _)) => ("saved".to_owned(), name.clone()),
            None => ("sql".to_owned(), self.sql.clone()),
        }];
        all.extend(typed(&self.given).cloned());
        link(path, &all)
    }
}

/// The rows of an answer that are shown.
#[derive(Default)]
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    bytes: usize,
    /// Whether these are all.
    whole: bool,
}

impl Answer for Table {
    fn columns(&mut self, names: &[String]) -> Result<()> {
        self.columns = names.to_vec();
        Ok(())
    }

    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        let cells: Vec<Cell> = cells.into_iter().map(for_a_page).collect();
        let bytes = cells.iter().map(|cell| match cell {
            Cell::Text(text) => text.len(),
            _ => 8,
        });
        self.bytes += bytes.sum::<usize>();
        if self.bytes > MAX_BYTES {
            return Err(Trouble::new(Kind::Busy, "", ""));
        }
        self.rows.push(cells);
        Ok(())
    }
}

/// A cell with no more text than a page shows. A number stays one.
fn for_a_page(cell: Cell) -> Cell {
    match cell {
        Cell::Blob(mut bytes) => {
            bytes.truncate(CELL_CHARS);
            let text = plain(&Cell::Blob(bytes));
            Cell::Text(shortened(&text, CELL_CHARS).into_owned())
        }
        Cell::Text(text) => Cell::Text(shortened(&text, CELL_CHARS).into_owned()),
        other => other,
    }
}

/// All that the page shows.
#[derive(Default)]
struct Shown {
    queries: BTreeMap<String, Saved>,
    /// What is wrong with those of this home.
    damage: Option<Trouble>,
    views: Vec<View>,
    asked: Asked,
    parameters: Vec<String>,
    /// The parameters that need a value first.
    missing: String,
    answer: Option<Table>,
    /// What is wrong with the question.
    wrong: Option<Trouble>,
}

impl Shown {
    /// Reads and asks. What whoever asked can change is a part of the page.
    fn of(desk: &Desk, conn: &mut Connection, given: &Given) -> Result<Shown> {
        let (queries, damage) = saved_queries(&desk.home.queries())?;
        let mut shown = Shown {
            queries,
            damage,
            views: views(conn)?,
            ..Shown::default()
        };
        match shown.ask(conn, given) {
            Err(e) if !matches!(e.kind, Kind::Input | Kind::Busy) => return Err(e),
            asked => shown.wrong = asked.err(),
        }
        Ok(shown)
    }

    fn ask(&mut self, conn: &mut Connection, given: &Given) -> Result<()> {
        self.asked = Asked::of(given, &self.queries)?;
        let sql = &self.asked.sql;
        if sql.is_empty() {
            return Ok(());
        }
        self.parameters = history::parameters(conn, sql).map_err(|e| in_words(e, false))?;
        let params = match self.asked.values(&self.parameters) {
            Ok(params) => params,
            Err(missing) => {
                self.missing = missing;
                return Ok(());
            }
        };
        let bounds = Bounds {
            rows: Some(ROWS),
            time: Some(TIME),
            memory: Some(MEMORY),
        };
        let mut table = Table::default();
        let begun = Instant::now();
        match ask_sql(conn, sql, &params, bounds, &mut table) {
            Ok(whole) => table.whole = whole,
            // There was no room for more.
            Err(_) if table.bytes > MAX_BYTES => {}
            Err(e) => return Err(in_words(e, begun.elapsed() >= TIME)),
        }
        self.answer = Some(table);
        Ok(())
    }
}

/// What went wrong, for whoever knows no option of a command.
pub(super) fn in_words(e: Trouble, took_too_long: bool) -> Trouble {
    let t = &EN.ask;
    match e.kind {
        Kind::Input => Trouble::new(Kind::Input, e.what, t.views_below),
        Kind::Busy if took_too_long => Trouble::new(Kind::Busy, t.too_slow, t.ask_less),
        Kind::Busy => Trouble::new(Kind::Busy, t.too_large, t.ask_shorter),
        _ => e,
    }
}

pub(super) async fn page(State(desk): Here, given: Given) -> Result<Response, Failure> {
    let read = move |desk: &Desk, conn: &mut Connection| Ok(Shown::of(desk, conn, &given)?);
    let shown = desk.read(read).await?;
    let page = desk.shown(&shown, "", None);
    let wrong = shown.wrong.map(|e| Failure::from(e).status);
    Ok((wrong.unwrap_or_default(), page).into_response())
}

/// Saves a query under a name, and leads to it; a name that cannot be taken is said above what was typed.
pub(super) async fn save(State(desk): Here, body: Bytes) -> Result<Response, Failure> {
    let given = Given::of(&body);
    let saved = move |desk: &Desk, conn: &mut Connection| {
        let (name, sql) = (given.get("name"), given.get("sql"));
        let saved = history::parameters(conn, sql)
            .and_then(|_| save_query(&desk.home.queries(), name, sql));
        match saved {
            Ok(()) => {
                let mut all = vec![("saved".to_owned(), name.to_owned())];
                all.extend(typed(&given).cloned());
                Ok(Redirect::to(&link("/ask", &all)).into_response())
            }
            Err(e) if e.kind == Kind::Input => {
                let refused = format!("{}. {}.", e.what, e.remedy);
                let shown = Shown::of(desk, conn, &given)?;
                let page = desk.shown(&shown, name, Some(&refused));
                Ok((StatusCode::BAD_REQUEST, page).into_response())
            }
            Err(e) => Err(e.into()),
        }
    };
    desk.read(saved).await
}

impl Desk {
    fn shown(&self, shown: &Shown, name: &str, refused: Option<&str>) -> Markup {
        let t = &EN.ask;
        let content = html! {
            @if let Some(refused) = refused { p.state.bad role="alert" { (visible(refused)) } }
            @if let Some(e) = &shown.wrong {
                div.state.bad role="alert" { (lines(&e.what)) (lines(&e.remedy)) }
            }
            @if !shown.missing.is_empty() {
                p.state.idle role="status" { (t.fill_in) " " (visible(&shown.missing)) "." }
            }
            (form(shown))
            @if let Some(table) = &shown.answer {
                (answered(table, &shown.asked))
                @if shown.asked.saved.is_none() { (self.saving(&shown.asked, name)) }
            }
            @if let Some(damage) = &shown.damage {
                div.state.bad { p { (t.damage) } (lines(&damage.to_string())) }
            }
            (queries(&shown.queries, shown.answer.is_some()))
            (described(&shown.views))
        };
        self.page("/ask", EN.nav.ask, &content)
    }

    /// The form that saves what was asked, with its values: the answer is still there when the name is refused.
    fn saving(&self, asked: &Asked, name: &str) -> Markup {
        let t = &EN.ask;
        html! {
            form.filters method="post" action=(self.action("/ask/save")) {
                input type="hidden" name="sql" value=(asked.sql);
                @for (name, value) in typed(&asked.given) { input type="hidden" name=(name) value=(value); }
                label { (t.name) br; input name="name" value=(name) required pattern="[a-z0-9\\-]+" aria-describedby="name-rule"; }
                button { (t.save) }
                span.note #name-rule { (t.name_rule) }
            }
        }
    }
}

/// The fields: the values of the query that was chosen, or SQL with those that it asks for.
fn form(shown: &Shown) -> Markup {
    let t = &EN.ask;
    let asked = &shown.asked;
    let fields = html! {
        @if !shown.parameters.is_empty() { div.filters {
            @for name in &shown.parameters {
                label { (visible(name)) @if asked.is_optional(name) { " (" (t.optional) ")" } br;
                    input name={ "p." (name) } value=(asked.typed(name)); }
            }
        } }
    };
    html! {
        @if let Some((name, saved)) = &asked.saved {
            h2 { @if saved.title.is_empty() { (visible(name)) } @else { (visible(&saved.title)) } }
            @if !shown.parameters.is_empty() {
                form method="get" action="/ask" {
                    input type="hidden" name="saved" value=(name);
                    (fields)
                    button { (EN.nav.ask) }
                }
            }
        }
        details.sql open[asked.saved.is_none()] {
            summary { @if asked.saved.is_some() { (t.its_sql) } @else { (t.sql_title) } }
            form method="get" action="/ask" {
                label { (t.sql) textarea.code name="sql" rows="8" spellcheck="false" { (asked.sql) } }
                @if asked.saved.is_none() { (fields) }
                button { (EN.nav.ask) }
            }
        }
    }
}

fn answered(table: &Table, asked: &Asked) -> Markup {
    let t = &EN.ask;
    let rows = table.rows.len() as u64;
    html! {
        h2 { (t.answer) }
        p role="status" {
            @if table.whole { (counted(rows, t.row, t.rows)) } @else { (t.first) " " (counted(rows, t.row, t.rows)) ". " (t.more) }
        }
        @if rows > 0 { (wide(t.answer, &html! {
            table.sortable.answer {
                thead { tr { @for name in &table.columns { th { (visible(name)) } } } }
                tbody { @for row in &table.rows { tr {
                    @for (name, cell) in table.columns.iter().zip(row) { (shown_cell(name, cell, table, row)) }
                } } }
            }
        })) }
        p.actions { a.button href=(asked.address("/ask.csv")) download { (t.csv) } }
    }
}

/// A cell; the number of a batch and the id of a customer lead to their pages.
fn shown_cell(name: &str, cell: &Cell, table: &Table, row: &[Cell]) -> Markup {
    let text = plain(cell);
    let unit = || {
        let columns = table.columns.iter().zip(row);
        let mut units = columns.filter(|(name, _)| *name == "business_unit");
        units.next().map(|(_, cell)| plain(cell))
    };
    let href = match (name, cell) {
        ("batch_id", Cell::Integer(n)) => Some(format!("/batch/{n}")),
        ("customer_ext_id", Cell::Text(id)) => Some(match unit() {
            Some(unit) => link("/customer", &[("id", id), ("unit", &unit)]),
            None => link("/customer", &[("q", id)]),
        }),
        _ => None,
    };
    let is_number = matches!(cell, Cell::Integer(_) | Cell::Real(_));
    html! {
        td class=[is_number.then_some("n")] {
            @match href { Some(href) => { a href=(href) { (visible(&text)) } } None => { (visible(&text)) } }
        }
    }
}

fn queries(queries: &BTreeMap<String, Saved>, is_answered: bool) -> Markup {
    let t = &EN.ask;
    html! {
        details open[!is_answered] {
            summary { (t.saved) }
            ul { @for (name, query) in queries {
                li { a href=(link("/ask", &[("saved", name)])) { (visible(name)) }
                    @if let Some(title) = query.title.lines().next() { " – " (visible(title)) } }
            } }
        }
    }
}

fn described(views: &[View]) -> Markup {
    let t = &EN.ask;
    let heads = html! { th { (t.column) } th { (t.kind) } th { (EN.word.about) } };
    html! {
        details {
            summary { (t.views) }
            p { (t.parameters) }
            @for view in views {
                h3 { code { (view.name) } }
                p { (view.about) }
                (table(&view.name, &heads, &html! { @for [name, kind, about] in &view.columns {
                    tr { td { code { (name) } } td { (kind) } td { (about) } }
                } }))
            }
        }
    }
}
