//! What pages share: what each of them imports, the frame around them, moments, numbers, links, tables, and
//! what is shown when something is wrong. Every text from outside is escaped by maud, and shown with nothing
//! in it unseen.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use maud::DOCTYPE;

pub(super) use std::sync::Arc;

pub(super) use axum::extract::{Path, Query, State};
pub(super) use axum::http::StatusCode;
pub(super) use axum::response::{IntoResponse, Redirect, Response};
pub(super) use maud::{Markup, html};
pub(super) use rusqlite::Connection;

pub(super) use crate::text::visible;
pub(super) use crate::trouble::{Kind, Trouble};

pub(super) use super::Desk;
pub(super) use super::texts::EN;

/// What a page is made of, or the page that says what is wrong.
pub(super) type Result<T, E = Failure> = std::result::Result<T, E>;

/// The desk that a page belongs to.
pub(super) type Here = State<Arc<Desk>>;

/// The pages of the navigation.
const PAGES: [(&str, &str); 8] = [
    ("/", EN.nav.today),
    ("/drop", EN.nav.drop),
    ("/batches", EN.nav.batches),
    ("/customer", EN.nav.customers),
    ("/decisions", EN.nav.decisions),
    ("/figures", EN.nav.figures),
    ("/classifiers", EN.nav.classifiers),
    ("/ask", EN.nav.ask),
];

impl Desk {
    /// A page of the desk, and the entry of the navigation that leads to it.
    pub(super) fn page(&self, tab: &str, title: &str, content: &Markup) -> Markup {
        let who: Vec<_> = self
            .institution()
            .into_iter()
            .chain(self.branch())
            .collect();
        frame(tab, title, &who.join(", "), content)
    }

    pub(super) fn institution(&self) -> Option<&str> {
        Some(self.config.institution.trim()).filter(|name| !name.is_empty())
    }

    pub(super) fn branch(&self) -> Option<&str> {
        self.config.branch.as_ref().map(|branch| branch.as_str())
    }

    /// Where a form sends to: the path with the token of forms.
    pub(super) fn action(&self, path: &str) -> String {
        link(path, &[("form", &self.secrets.form)])
    }
}

/// The frame: navigation, heading, content, and which time zone moments are in.
fn frame(tab: &str, title: &str, who: &str, content: &Markup) -> Markup {
    let t = &EN.page;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – " @if !who.is_empty() { (visible(who)) " – " } "kycdrop" }
                link rel="stylesheet" href="/desk.css";
                script src="/desk.js" defer {}
            }
            body data-lost=(t.lost) {
                a.skip href="#content" { (t.skip) }
                header {
                    p.brand { "kycdrop" @if !who.is_empty() { " " span { (visible(who)) } } }
                    nav aria-label=(t.pages) { ul {
                        @for (path, name) in PAGES {
                            li { a href=(path) aria-current=[(path == tab).then_some("page")] { (name) } }
                        }
                    } }
                }
                main #content tabindex="-1" {
                    h1 { (title) }
                    (content)
                }
                footer { p { (t.times_are_in) " " span data-zone { "UTC" } ". kycdrop " (env!("CARGO_PKG_VERSION")) } }
            }
        }
    }
}

pub(super) fn style() -> Response {
    of_type("text/css; charset=utf-8", include_str!("desk.css"))
}

pub(super) fn script() -> Response {
    of_type("text/javascript; charset=utf-8", include_str!("desk.js"))
}

fn of_type(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// The page after `/open/TOKEN`. It leads on by itself: a redirect would still count as coming from
/// elsewhere, and the browser would send no cookie.
pub(super) fn opening() -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content="0; url=/";
                title { "kycdrop" }
            }
            body { p { a href="/" { (EN.page.opening) } } }
        }
    }
}

/// A moment of the history, UTC; the script shows it in the time zone and the words of the browser.
pub(super) fn moment(text: &str) -> Markup {
    let minute = text.get(..16).unwrap_or(text).replace('T', " ");
    html! { time datetime=(text) { (minute) " UTC" } }
}

/// A number, which the script writes as the browser's language has it.
pub(super) fn number(n: u64) -> Markup {
    html! { data value=(n) { (n) } }
}

/// An address with its parameters; empty ones are left out.
pub(super) fn link<N, V>(path: &str, parameters: &[(N, V)]) -> String
where
    N: AsRef<str>,
    V: AsRef<str>,
{
    let given = parameters
        .iter()
        .filter(|(_, value)| !value.as_ref().is_empty());
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(given).finish();
    match query.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{query}"),
    }
}

/// The parameters of an address. Whoever writes one by hand cannot do it wrong: what is not known is left
/// out, and of several with one name the last counts.
#[derive(Clone, Default)]
pub(super) struct Given(pub(super) Vec<(String, String)>);

impl Given {
    /// The fields of a form, or the query of an address.
    pub(super) fn of(encoded: &[u8]) -> Given {
        Given(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of a parameter; empty where there is none.
    pub(super) fn exact(&self, name: &str) -> &str {
        let found = self.0.iter().rev().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }

    /// A number; None where there is none.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>> {
        let not_understood = |_| Failure::wrong(EN.page.not_understood, name);
        match self.get(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(not_understood),
        }
    }

    /// The same without white space around it.
    pub(super) fn get(&self, name: &str) -> &str {
        self.exact(name).trim()
    }
}

impl<S: Sync> FromRequestParts<S> for Given {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Given, Infallible> {
        Ok(Given::of(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

/// Enough of a hash to know it again.
pub(super) fn beginning(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// What is shown where there is nothing: what that means, and what to do next.
pub(super) fn empty(what: &str, next: &Markup) -> Markup {
    html! { p.empty { (what) " " (next) } }
}

/// A list that may be wider than the window: it scrolls by itself, by keyboard too.
pub(super) fn wide(label: &str, table: &Markup) -> Markup {
    html! { div.wide tabindex="0" role="region" aria-label=(label) { (table) } }
}

/// A table that the script can sort, with its heads (`th`) and rows (`tr`).
pub(super) fn table(label: &str, heads: &Markup, rows: &Markup) -> Markup {
    let table = html! { table.sortable { thead { tr { (heads) } } tbody { (rows) } } };
    wide(label, &table)
}

/// A name and what there is to say, if there is anything; a row of `dl.facts`.
pub(super) fn fact(name: &str, text: &str) -> Markup {
    html! { @if !text.is_empty() { dt { (name) } dd { (visible(text)) } } }
}

/// A paragraph for each line.
pub(super) fn lines(text: &str) -> Markup {
    html! { @for line in text.lines() { p { (visible(line.trim())) } } }
}

/// The link to the next page of a list, if there is one.
pub(super) fn next_page(text: &str, href: Option<&str>) -> Markup {
    html! { @if let Some(href) = href { p.pages { a href=(href) rel="next" { (text) } } } }
}

/// Takes what was read beyond `most` off a list; the last that stays, where there was more.
pub(super) fn cut<T>(list: &mut Vec<T>, most: usize) -> Option<&T> {
    let is_longer = list.len() > most;
    list.truncate(most);
    list.last().filter(|_| is_longer)
}

/// What went wrong with a request, as a page.
pub(super) struct Failure {
    pub(super) status: StatusCode,
    what: String,
    remedy: String,
}

impl Failure {
    /// What is wrong, and what to do.
    pub(super) fn new(
        status: StatusCode,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Failure {
        let (what, remedy) = (what.into(), remedy.into());
        Failure {
            status,
            what,
            remedy,
        }
    }

    /// What was asked for is not there.
    pub(super) fn missing(what: impl Into<String>, remedy: impl Into<String>) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, what, remedy)
    }

    /// The request does not say what it should.
    pub(super) fn wrong(what: impl Into<String>, remedy: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, what, remedy)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        let status = match trouble.kind {
            Kind::Input => StatusCode::BAD_REQUEST,
            Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Failure::new(status, trouble.what, trouble.remedy)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let content = html! { (lines(&self.what)) (lines(&self.remedy)) };
        let title = match self.status {
            StatusCode::NOT_FOUND => EN.page.not_found_title,
            StatusCode::FORBIDDEN => EN.page.refused_title,
            _ => EN.page.wrong_title,
        };
        (self.status, frame("", title, "", &content)).into_response()
    }
}
