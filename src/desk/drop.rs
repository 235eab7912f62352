//! *Drop*: files are checked here, and put into the inbox when they are good.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, Form, Multipart, Path as InPath, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use crate::catalog::Endpoint;
use crate::daemon::overview::Overview;
use crate::daemon::reading;
use crate::daemon::submit::put_into_inbox;
use crate::history::ask;
use crate::text::visible;
use crate::trouble::{Kind, Result, Trouble};

use super::checked::{CheckedFile, KEPT, MAX_FILES, Upload};
use super::page::{Failure, Tab, link, number};
use super::texts::EN;
use super::{Desk, MAX_RECEIVING};

/// The most bytes of a drop.
const MAX_BYTES: u64 = 512 << 20;

/// Of files of one name that wait together, the last number that is tried.
const MAX_NUMBER: u32 = 999;

/// Uploads at the same time; others wait.
static UPLOADS: Semaphore = Semaphore::const_new(MAX_RECEIVING);

/// The pages of this file.
pub(super) fn routes() -> Router<Arc<Desk>> {
    // `upload` counts for itself: a browser reads no answer before it has sent everything.
    let form = get(page).post(upload).layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/drop", form)
        .route("/drop/{id}", get(result))
        .route("/drop/{id}/send", post(send))
        .route("/drop/{id}/remove", post(remove))
}

/// What an endpoint is for.
fn meaning(endpoint: Endpoint) -> &'static str {
    let t = &EN.drop;
    match endpoint {
        Endpoint::BatchCustomers => t.batch_customers,
        Endpoint::ValidateBatchCustomers => t.validate_batch_customers,
        Endpoint::Customer => t.customer,
        Endpoint::SimplifiedCustomer => t.simplified_customer,
    }
}

async fn page(State(desk): State<Arc<Desk>>) -> Markup {
    let t = &EN.drop;
    let waiting = desk.checks.waiting();
    let content = html! {
        p { (t.about) }
        form method="post" enctype="multipart/form-data" action=(desk.action("/drop")) {
            fieldset {
                legend { (t.what_for) }
                @for endpoint in Endpoint::ALL {
                    label { input type="radio" name="endpoint" value=(endpoint.name()) checked[endpoint == Endpoint::BatchCustomers];
                        (meaning(endpoint)) " " span.note { "(" (endpoint.name()) ")" } }
                }
            }
            div.drop {
                label for="files" { (t.files) }
                input type="file" id="files" name="files" multiple required;
                p.note { (t.or_drag) }
            }
            div.actions { button.main { (t.check) } }
        }
        @if !waiting.is_empty() {
            h2 { (t.not_sent_yet) }
            ul.names { @for (id, names) in waiting { li {
                a href=(link(&format!("/drop/{id}"), &[])) { (visible(&names.join(", "))) }
            } } }
        }
    };
    desk.page(Tab::Drop, t.title, &content)
}

/// Takes the files, checks them, and leads to what was found.
async fn upload(State(desk): State<Arc<Desk>>, parts: Multipart) -> Result<Redirect, Failure> {
    let (endpoint, uploads) = receive(&desk, parts).await?;
    let id = desk.work(move |desk| desk.check(endpoint, uploads)).await?;
    let to = Redirect::to(&format!("/drop/{id}"));
    tokio::spawn(async move {
        tokio::time::sleep(KEPT).await;
        drop(desk.checks.take(&id, None));
    });
    Ok(to)
}

/// Reads the form to its end, whatever is wrong with it: only then does a browser show the answer.
async fn receive(desk: &Desk, mut parts: Multipart) -> Result<(Endpoint, Vec<Upload>), Failure> {
    let t = &EN.drop;
    let _permit = UPLOADS.acquire().await;
    let (mut endpoint, mut uploads) = (None, Vec::new());
    let most = desk.config.max_file_bytes.min(MAX_BYTES);
    let (mut left, mut files, mut too_large) = (MAX_BYTES, 0, false);
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        match field.name() {
            Some("endpoint") => endpoint = Endpoint::from_name(&word(&mut field).await?),
            Some("files") if field.file_name().is_some_and(|name| !name.is_empty()) => {
                files += 1;
                if files > MAX_FILES {
                    continue;
                }
                let upload = Upload::new(desk, field.file_name().unwrap_or_default())?;
                let bytes = save(&mut field, &upload, most.min(left)).await?;
                too_large |= bytes > most.min(left);
                left = left.saturating_sub(bytes);
                uploads.push(upload);
            }
            _ => {}
        }
    }
    let wrong = |what| Failure::new(StatusCode::BAD_REQUEST, what, t.go_back);
    let too_much = |what| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, what, t.elsewhere);
    if too_large {
        let most = bytesize::ByteSize(most);
        return Err(too_much(format!("{} {most}.", t.too_large)));
    }
    if files > MAX_FILES {
        return Err(too_much(format!("{} {MAX_FILES}.", t.too_many)));
    }
    match endpoint {
        None => Err(wrong(t.no_endpoint)),
        Some(_) if uploads.is_empty() => Err(wrong(t.no_files_given)),
        Some(endpoint) => Ok((endpoint, uploads)),
    }
}

/// Writes a file of at most so many bytes; what is beyond is read and forgotten. Returns how many it has.
async fn save(field: &mut Field<'_>, upload: &Upload, most: u64) -> Result<u64, Failure> {
    let to_error = |e| Failure::from(Trouble::io("writing", &upload.path, &e));
    let mut options = File::options();
    let created = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&upload.path);
    let mut file = tokio::fs::File::from_std(created.map_err(to_error)?);
    let mut bytes = 0;
    while let Some(part) = field.chunk().await.map_err(broken)? {
        bytes += part.len() as u64;
        if bytes <= most {
            file.write_all(&part).await.map_err(to_error)?;
        }
    }
    file.flush().await.map_err(to_error)?;
    Ok(bytes)
}

/// A short text of the form.
async fn word(field: &mut Field<'_>) -> Result<String, Failure> {
    let mut text = Vec::new();
    while let Some(part) = field.chunk().await.map_err(broken)? {
        if text.len() + part.len() <= 64 {
            text.extend_from_slice(&part);
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn broken(e: MultipartError) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, EN.drop.broken, e.body_text())
}

fn gone() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, EN.drop.gone, EN.drop.drop_again)
}

/// What was found in the files.
async fn result(
    State(desk): State<Arc<Desk>>,
    InPath(id): InPath<String>,
) -> Result<Markup, Failure> {
    let t = &EN.drop;
    let shown = desk.checks.show(&id, |check| {
        html! {
            p { (meaning(check.endpoint)) " " span.note { "(" (check.endpoint.name()) ")" } }
            @if check.files.len() > 1 {
                form.actions method="post" action=(desk.action(&format!("/drop/{id}/send"))) {
                    button.main { (t.send_all) }
                }
            }
            @for file in &check.files { (one(&desk, &id, file)) }
        }
    });
    Ok(desk.page(Tab::Drop, t.checked, &shown.ok_or_else(gone)?))
}

/// A file with its findings, and what can be done with it.
fn one(desk: &Desk, id: &str, file: &CheckedFile) -> Markup {
    let t = &EN.drop;
    let (checked, upload) = (&file.checked, &file.upload);
    let good = checked.fault.is_none() && checked.rejected == 0;
    let more = file.findings - file.shown;
    html! {
        h2 { (visible(&upload.given)) }
        @if upload.name != upload.given {
            p { (t.renamed) " " strong { (visible(&upload.name)) } }
        }
        div.state.good[good].bad[!good] {
            @match &checked.fault {
                Some(fault) => {
                    p { (visible(&fault.message())) }
                    @if let Some(at) = fault.position() { p { (at) } }
                    p { (t.if_fault) }
                }
                None => {
                    p { (number(checked.accepted)) " " (t.accepted) ", " (number(checked.rejected)) " " (t.rejected) }
                    @if checked.repeated > 0 { p { (number(checked.repeated)) " " (t.repeated) } }
                    @if checked.is_batch { p { (t.is_batch) } }
                    @if checked.rejected > 0 { p { (t.if_rejected) } }
                    @if !checked.endpoint.saves() { p { (t.saves_nothing) } }
                }
            }
        }
        div.actions {
            (button(desk, id, "send", file, t.send))
            (button(desk, id, "remove", file, t.do_not_send))
        }
        @for customer in &file.customers { (customer) }
        @if more > 0 { p { (t.more_findings) " " (number(more as u64)) ". " (t.more_after) } }
    }
}

fn button(desk: &Desk, id: &str, verb: &str, file: &CheckedFile, text: &str) -> Markup {
    let action = desk.action(&format!("/drop/{id}/{verb}"));
    html! {
        form method="post" action=(action) {
            input type="hidden" name="file" value=(file.upload.key);
            button class=[(verb == "send").then_some("main")] aria-label={ (text) ": " (visible(&file.upload.given)) } { (text) }
        }
    }
}

/// Which file of a drop; all of them where none is named.
#[derive(Deserialize)]
struct Which {
    file: Option<String>,
}

/// Puts files into the inbox, and leads to where their answer is waited for.
async fn send(
    State(desk): State<Arc<Desk>>,
    InPath(id): InPath<String>,
    Form(which): Form<Which>,
) -> Result<Redirect, Failure> {
    let (endpoint, files) = (desk.checks.take(&id, which.file.as_deref())).ok_or_else(gone)?;
    let address = desk
        .work(move |desk| {
            let mut to_send = files.into_iter();
            let mut address = None;
            while let Some(file) = to_send.next() {
                match send_one(desk, endpoint, &file.upload) {
                    Ok(sent) => address.get_or_insert(sent.0).append_pair("name", &sent.1),
                    Err(e) => {
                        desk.checks.put_back(
                            &id,
                            endpoint,
                            [file].into_iter().chain(to_send).collect(),
                        );
                        return Err(e);
                    }
                };
            }
            Ok(address.map(|mut address| address.finish()))
        })
        .await?;
    Ok(Redirect::to(&format!(
        "/sent?{}",
        address.unwrap_or_default()
    )))
}

/// The beginning of the address where answers are waited for, and the name that a file got.
type Sent = (form_urlencoded::Serializer<'static, String>, String);

/// Puts a file into the inbox under its name, with a number where that is in use.
fn send_one(desk: &Desk, endpoint: Endpoint, upload: &Upload) -> Result<Sent> {
    let newest = match reading::history_if_any(&desk.home)? {
        Some(conn) => ask::newest_batch(&conn)?,
        None => None,
    };
    let in_work = Overview::at_a_glance(&desk.home, 0)?.in_work;
    let folder = PathBuf::from(endpoint.name());
    for n in 1..=MAX_NUMBER {
        let name = numbered(&upload.name, n);
        let relative = folder.join(&name);
        let is_there = || desk.home.inbox().join(&relative).symlink_metadata().is_ok();
        if in_work.iter().any(|work| Path::new(work) == relative) || is_there() {
            continue;
        }
        let content =
            File::open(&upload.path).map_err(|e| Trouble::io("reading", &upload.path, &e))?;
        match put_into_inbox(&desk.home, &relative, content) {
            Err(_) if is_there() => {}
            Err(e) => return Err(e),
            Ok(()) => {
                let mut address = form_urlencoded::Serializer::new(String::new());
                address.append_pair("endpoint", endpoint.name());
                address.append_pair("after", &newest.unwrap_or(0).to_string());
                return Ok((address, name));
            }
        }
    }
    Err(Trouble::new(
        Kind::Busy,
        EN.drop.name_in_use,
        EN.drop.rename,
    ))
}

/// `x.json` and 2 are `x.2.json`, as in the archive.
fn numbered(name: &str, n: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if n > 1 => format!("{stem}.{n}.{ending}"),
        _ => name.to_owned(),
    }
}

/// Removes a file that is not to be sent.
async fn remove(
    State(desk): State<Arc<Desk>>,
    InPath(id): InPath<String>,
    Form(which): Form<Which>,
) -> Result<Redirect, Failure> {
    let taken = desk.checks.take(&id, which.file.as_deref());
    drop(taken.ok_or_else(gone)?);
    let to = match desk.checks.show(&id, |_| ()) {
        Some(()) => format!("/drop/{id}"),
        None => "/drop".to_owned(),
    };
    Ok(Redirect::to(&to))
}
