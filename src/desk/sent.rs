//! Files that were sent wait here for their answers.

use std::path;

use axum::http::HeaderName;

use crate::catalog::Endpoint;
use crate::daemon::overview::{Health, Overview};
use crate::history::ask;

use super::checked::MAX_FILES;
use super::page::*;

/// The script goes there.
const NEXT: HeaderName = HeaderName::from_static("x-next");

/// How far a file is.
enum Fate {
    Answered(i64),
    InWork,
    Held,
    Waiting,
    Gone,
}

/// The files that are waited for, as they are now.
struct Sent {
    files: Vec<(String, Fate)>,
    overview: Overview,
}

pub(super) async fn page(State(desk): Here, given: Given) -> Result<Response> {
    let t = &EN.drop;
    let sent = look(&desk, given.clone()).await?;
    if let Some(next) = sent.next() {
        return Ok(Redirect::to(&next).into_response());
    }
    let live = (!sent.is_done()).then(|| link("/sent/live", &given.0));
    let content = html! {
        div data-live=[live] { (sent.shown()) }
        div.actions {
            @if !sent.is_done() { a.button href=(link("/sent", &given.0)) { (t.look_again) } }
            a.button href="/drop" { (t.drop_others) }
        }
    };
    Ok(desk.page("/drop", t.sent, &content).into_response())
}

/// The content alone, until it leads on.
pub(super) async fn live(State(desk): Here, given: Given) -> Result<Response> {
    let sent = look(&desk, given).await?;
    Ok(match sent.next() {
        Some(next) => ([(NEXT, next)], sent.shown()).into_response(),
        None => sent.shown().into_response(),
    })
}

async fn look(desk: &Arc<Desk>, given: Given) -> Result<Sent> {
    let read = move |desk: &Desk, conn: &mut Connection| {
        let names = given.0.iter().filter(|(name, _)| name == "name");
        let names: Vec<&String> = names.map(|(_, value)| value).take(MAX_FILES).collect();
        let endpoint = Endpoint::from_name(given.get("endpoint")).map(Endpoint::name);
        // The newest batch before the sending.
        let after = given.get("after").parse().ok();
        let (Some(endpoint), Some(after), false) = (endpoint, after, names.is_empty()) else {
            return Err(Failure::wrong(EN.drop.not_sent, EN.drop.see_files));
        };
        // A file goes from the inbox to the history: looked at in this order it is nowhere missed.
        let inbox = desk.home.inbox().join(endpoint);
        let waits = |name: &&String| inbox.join(name).symlink_metadata().is_ok();
        let waiting: Vec<bool> = names.iter().map(waits).collect();
        let overview = Overview::at_a_glance(&desk.home, 0)?;
        let mut files = Vec::new();
        for (name, waits) in names.into_iter().zip(waiting) {
            let path = path::Path::new(endpoint).join(name);
            let is_in = |all: &[String]| all.iter().any(|of| path::Path::new(of).ends_with(&path));
            let fate = match ask::batch_answered_since(conn, after, endpoint, name)? {
                Some(batch) => Fate::Answered(batch),
                None if is_in(&overview.in_work) => Fate::InWork,
                None if is_in(&overview.held.first) => Fate::Held,
                None if waits => Fate::Waiting,
                None => Fate::Gone,
            };
            files.push((name.clone(), fate));
        }
        Ok(Sent { files, overview })
    };
    desk.read(read).await
}

impl Sent {
    fn is_done(&self) -> bool {
        let mut files = self.files.iter();
        files.all(|(_, fate)| matches!(fate, Fate::Answered(_)))
    }

    /// Where a single file leads to that is answered.
    fn next(&self) -> Option<String> {
        match self.files.as_slice() {
            [(_, Fate::Answered(batch))] => Some(format!("/batch/{batch}")),
            _ => None,
        }
    }

    fn shown(&self) -> Markup {
        let t = &EN.drop;
        let waits = match self.overview.health {
            Health::Healthy => t.waits,
            Health::Paused => t.waits_paused,
            _ => t.waits_stopped,
        };
        html! {
            div role="status" { ul.names { @for (name, fate) in &self.files { li {
                strong { (visible(name)) } " "
                @match fate {
                    Fate::Answered(batch) => { a href={ "/batch/" (batch) } { (t.answered) } }
                    Fate::InWork => (t.in_work),
                    Fate::Held => { (t.held) " " a href="/" { (EN.nav.today) } }
                    Fate::Waiting => (waits),
                    Fate::Gone => (t.not_there),
                }
            } } } }
            @if let Some(why) = &self.overview.paused_because { div.state.bad { (lines(why)) } }
        }
    }
}
