//! Files that were sent wait here for their answers.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};

use crate::catalog::Endpoint;
use crate::daemon::overview::{Health, Overview};
use crate::history::ask;
use crate::text::visible;

use super::Desk;
use super::checked::MAX_FILES;
use super::page::{Failure, Tab, link};
use super::texts::EN;

/// The script goes there.
const NEXT: HeaderName = HeaderName::from_static("x-next");

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/sent", get(page))
        .route("/sent/live", get(live))
}

/// What is waited for.
struct Sent {
    endpoint: Endpoint,
    /// The newest batch before the sending.
    after: i64,
    names: Vec<String>,
    /// The address of this, as it was asked for.
    query: String,
}

/// How far a file is.
enum Fate {
    Answered(i64),
    InWork,
    Held,
    Waiting,
    Gone,
}

impl Sent {
    fn of(query: Option<String>) -> Result<Sent, Failure> {
        let query = query.unwrap_or_default();
        let (mut endpoint, mut after, mut names) = (None, None, Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "endpoint" => endpoint = Endpoint::from_name(&value),
                "after" => after = value.parse().ok(),
                "name" if names.len() < MAX_FILES => names.push(value.into_owned()),
                _ => {}
            }
        }
        match (endpoint, after) {
            (Some(endpoint), Some(after)) if !names.is_empty() => Ok(Sent {
                endpoint,
                after,
                names,
                query,
            }),
            _ => Err(Failure::new(
                StatusCode::BAD_REQUEST,
                EN.drop.not_sent,
                EN.drop.see_files,
            )),
        }
    }
}

async fn page(
    State(desk): State<Arc<Desk>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let t = &EN.drop;
    let sent = Sent::of(query)?;
    let is_one = sent.names.len() == 1;
    let again = format!("/sent?{}", sent.query);
    let live = format!("/sent/live?{}", sent.query);
    let (is_done, content, batch) = look(&desk, sent).await?;
    if let Some(batch) = batch.filter(|_| is_one) {
        return Ok(Redirect::to(&format!("/batch/{batch}")).into_response());
    }
    let content = html! {
        div data-live=[(!is_done).then_some(live)] { (content) }
        div.actions {
            @if !is_done { a.button href=(again) { (t.look_again) } }
            a.button href="/drop" { (t.drop_others) }
        }
    };
    Ok(desk.page(Tab::Drop, t.sent, &content).into_response())
}

/// The content alone, until it leads on.
async fn live(
    State(desk): State<Arc<Desk>>,
    RawQuery(query): RawQuery,
) -> Result<(HeaderMap, Markup), Failure> {
    let sent = Sent::of(query)?;
    let is_one = sent.names.len() == 1;
    let (_, content, batch) = look(&desk, sent).await?;
    let mut headers = HeaderMap::new();
    let next = batch.map(|batch| format!("/batch/{batch}"));
    if let Some(Ok(next)) = next.filter(|_| is_one).map(HeaderValue::try_from) {
        headers.insert(NEXT, next);
    }
    Ok((headers, content))
}

/// Whether all are answered, what is shown, and the batch of the last one that is.
async fn look(desk: &Arc<Desk>, sent: Sent) -> Result<(bool, Markup, Option<i64>), Failure> {
    let files = desk
        .read(move |desk, conn| {
            // A file goes from the inbox to the history: looked at in this order it is nowhere missed.
            let in_inbox = |name: &String| {
                let path = desk.home.inbox().join(sent.endpoint.name()).join(name);
                path.symlink_metadata().is_ok()
            };
            let waiting: Vec<bool> = sent.names.iter().map(in_inbox).collect();
            let overview = Overview::at_a_glance(&desk.home, 0)?;
            let mut files = Vec::new();
            for (name, waits) in sent.names.into_iter().zip(waiting) {
                let batch =
                    ask::batch_answered_since(conn, sent.after, sent.endpoint.name(), &name)?;
                let path = Path::new(sent.endpoint.name()).join(&name);
                let is_in =
                    |names: &[String]| names.iter().any(|name| Path::new(name).ends_with(&path));
                let fate = match batch {
                    Some(batch) => Fate::Answered(batch),
                    None if is_in(&overview.in_work) => Fate::InWork,
                    None if is_in(&overview.held.first) => Fate::Held,
                    None if waits => Fate::Waiting,
                    None => Fate::Gone,
                };
                files.push((name, fate));
            }
            Ok((files, overview))
        })
        .await?;
    let (files, overview) = files;
    let is_done = (files.iter()).all(|(_, fate)| matches!(fate, Fate::Answered(_)));
    let batch = files.iter().rev().find_map(|(_, fate)| match fate {
        Fate::Answered(batch) => Some(*batch),
        _ => None,
    });
    Ok((is_done, shown(&files, &overview), batch))
}

fn shown(files: &[(String, Fate)], overview: &Overview) -> Markup {
    let t = &EN.drop;
    let waits = match overview.health {
        Health::Healthy => t.waits,
        Health::Paused => t.waits_paused,
        _ => t.waits_stopped,
    };
    html! {
        div role="status" { ul.names { @for (name, fate) in files { li {
            strong { (visible(name)) } " "
            @match fate {
                Fate::Answered(batch) => { a href=(link(&format!("/batch/{batch}"), &[])) { (t.answered) } }
                Fate::InWork => (t.in_work),
                Fate::Held => { (t.held) " " a href="/" { (EN.nav.today) } }
                Fate::Waiting => (waits),
                Fate::Gone => (t.not_there),
            }
        } } } }
        @if let Some(why) = overview.paused_because.as_ref() {
            div.state.bad { @for line in why.lines() { p { (visible(line.trim())) } } }
        }
    }
}
