//! What pages share: the frame around them, moments, numbers, links, and what is shown when something is
//! wrong. Every text from outside is escaped by maud, and shown with nothing in it unseen.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::text::visible;
use crate::trouble::{Kind, Trouble};

use super::Desk;
use super::texts::EN;

/// The pages of the navigation, with their addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Today,
    Drop,
    Batch,
    Customer,
    Decisions,
    Figures,
    Classifiers,
    Ask,
    /// A page that no entry of the navigation leads to.
    None,
}

impl Tab {
    const ALL: [(Tab, &'static str, &'static str); 8] = [
        (Tab::Today, "/", EN.nav.today),
        (Tab::Drop, "/drop", EN.nav.drop),
        (Tab::Batch, "/batches", EN.nav.batches),
        (Tab::Customer, "/customer", EN.nav.customers),
        (Tab::Decisions, "/decisions", EN.nav.decisions),
        (Tab::Figures, "/figures", EN.nav.figures),
        (Tab::Classifiers, "/classifiers", EN.nav.classifiers),
        (Tab::Ask, "/ask", EN.nav.ask),
    ];
}

impl Desk {
    /// A page of the desk.
    pub(super) fn page(&self, tab: Tab, title: &str, content: &Markup) -> Markup {
        let branch = self.config.branch.as_ref().map(|branch| branch.as_str());
        let institution = Some(self.config.institution.trim()).filter(|name| !name.is_empty());
        let who: Vec<_> = institution.into_iter().chain(branch).collect();
        frame(tab, title, &who.join(", "), content)
    }

    /// Where a form sends to: the path with the token of forms.
    pub(super) fn action(&self, path: &str) -> String {
        link(path, &[("form", &self.secrets.form)])
    }
}

/// The frame: navigation, heading, content, and which time zone moments are in.
fn frame(tab: Tab, title: &str, who: &str, content: &Markup) -> Markup {
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
                        @for (of, path, name) in Tab::ALL {
                            li { a href=(path) aria-current=[(of == tab).then_some("page")] { (name) } }
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
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
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
pub(super) fn link(path: &str, parameters: &[(&str, &str)]) -> String {
    let given = parameters.iter().filter(|(_, value)| !value.is_empty());
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

    /// The value of a parameter without white space around it; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().rev().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value.trim())
    }
}

impl<S: Sync> FromRequestParts<S> for Given {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Given, Infallible> {
        Ok(Given::of(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

/// The headers of a file that the browser is to keep. The name is ASCII without quotes.
pub(super) fn to_keep(kind: &'static str, name: &str) -> [(HeaderName, HeaderValue); 2] {
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            CONTENT_DISPOSITION,
            name.unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ]
}

/// What is shown where there is nothing: what that means, and what to do next.
pub(super) fn empty(what: &str, next: &Markup) -> Markup {
    html! { p.empty { (what) " " (next) } }
}

/// A list that may be wider than the window: it scrolls by itself, by keyboard too.
pub(super) fn wide(label: &str, table: &Markup) -> Markup {
    html! { div.wide tabindex="0" role="region" aria-label=(label) { (table) } }
}

/// What went wrong with a request, as a page.
pub(super) struct Failure {
    status: StatusCode,
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
        Failure {
            status,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// There is no such page.
    pub(super) fn not_found() -> Failure {
        Failure {
            status: StatusCode::NOT_FOUND,
            what: EN.page.not_found.into(),
            remedy: String::new(),
        }
    }

    /// A request that no page understands, with the status that axum gave it.
    pub(super) fn not_understood(status: StatusCode) -> Failure {
        Failure {
            status,
            what: EN.page.not_understood.into(),
            remedy: status.to_string(),
        }
    }

    /// What was asked for is not there.
    pub(super) fn missing(what: String, remedy: &str) -> Failure {
        Failure {
            status: StatusCode::NOT_FOUND,
            what,
            remedy: remedy.into(),
        }
    }

    /// The request does not say what it should.
    pub(super) fn wrong(what: String) -> Failure {
        Failure {
            status: StatusCode::BAD_REQUEST,
            what,
            remedy: String::new(),
        }
    }

    /// The guard lets nobody through.
    pub(super) fn refused(why: &str) -> Failure {
        Failure {
            status: StatusCode::FORBIDDEN,
            what: why.into(),
            remedy: EN.guard.what_to_do.into(),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        let status = match trouble.kind {
            Kind::Input => StatusCode::BAD_REQUEST,
            Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Failure {
            status,
            what: trouble.what,
            remedy: trouble.remedy,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let lines = |text: &str| html! { @for line in text.lines() { p { (visible(line)) } } };
        let content = html! { (lines(&self.what)) (lines(&self.remedy)) };
        let title = match self.status {
            StatusCode::NOT_FOUND => EN.page.not_found_title,
            StatusCode::FORBIDDEN => EN.page.refused_title,
            _ => EN.page.wrong_title,
        };
        (self.status, frame(Tab::None, title, "", &content)).into_response()
    }
}
