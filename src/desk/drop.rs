//! *Drop*: files are checked here, and put into the inbox when they are good.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{self, PathBuf};

use axum::extract::Form;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use crate::catalog::Endpoint;
use crate::daemon::overview::Overview;
use crate::daemon::submit::put_into_inbox;
use crate::history::ask;

use super::MAX_RECEIVING;
use super::checked::{CheckedFile, KEPT, MAX_FILES, Upload};
use super::page::*;

/// The most bytes of a drop.
const MAX_BYTES: u64 = 512 << 20;

/// Of files of one name that wait together, the last number that is tried.
const MAX_NUMBER: u32 = 999;

/// Uploads at the same time; others wait.
static UPLOADS: Semaphore = Semaphore::const_new(MAX_RECEIVING);

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

pub(super) async fn page(State(desk): Here) -> Markup {
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
                a href={ "/drop/" (id) } { (visible(&names.join(", "))) }
            } } }
        }
    };
    desk.page("/drop", EN.nav.drop, &content)
}

/// Takes the files, checks them, and leads to what was found.
pub(super) async fn upload(State(desk): Here, parts: Multipart) -> Result<Redirect> {
    let (endpoint, uploads) = receive(&desk, parts).await?;
    let check = move |desk: &Desk| desk.check(endpoint, uploads);
    let id = desk.work(check).await?;
    let to = Redirect::to(&format!("/drop/{id}"));
    tokio::spawn(async move {
        tokio::time::sleep(KEPT).await;
        drop(desk.checks.take(&id, None));
    });
    Ok(to)
}

/// Reads the form to its end, whatever is wrong with it: only then does a browser show the answer.
async fn receive(desk: &Desk, mut parts: Multipart) -> Result<(Endpoint, Vec<Upload>)> {
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
    let too_much = |what| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, what, t.elsewhere);
    if too_large {
        let most = bytesize::ByteSize(most);
        return Err(too_much(format!("{} {most}.", t.too_large)));
    }
    if files > MAX_FILES {
        return Err(too_much(format!("{} {MAX_FILES}.", t.too_many)));
    }
    match endpoint {
        None => Err(Failure::wrong(t.no_endpoint, t.go_back)),
        Some(_) if uploads.is_empty() => Err(Failure::wrong(t.no_files_given, t.go_back)),
        Some(endpoint) => Ok((endpoint, uploads)),
    }
}

/// Writes a file of at most so many bytes; what is beyond is read and forgotten. Returns how many it has.
async fn save(field: &mut Field<'_>, upload: &Upload, most: u64) -> Result<u64> {
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
async fn word(field: &mut Field<'_>) -> Result<String> {
    let mut text = Vec::new();
    while let Some(part) = field.chunk().await.map_err(broken)? {
        if text.len() + part.len() <= 64 {
            text.extend_from_slice(&part);
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn broken(e: MultipartError) -> Failure {
    Failure::wrong(EN.drop.broken, e.body_text())
}

fn gone() -> Failure {
    Failure::missing(EN.drop.gone, EN.drop.drop_again)
}

/// What was found in the files.
pub(super) async fn result(State(desk): Here, Path(id): Path<String>) -> Result<Markup> {
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
    Ok(desk.page("/drop", t.checked, &shown.ok_or_else(gone)?))
}

/// A file with its findings, and what can be done with it.
fn one(desk: &Desk, id: &str, file: &CheckedFile) -> Markup {
    let t = &EN.drop;
    let (checked, upload) = (&file.checked, &file.upload);
    let good = checked.fault.is_none() && checked.rejected == 0;
    let more = file.found.findings - file.found.shown;
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
        @for customer in &file.found.customers { (customer) }
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
pub(super) struct Which {
    file: Option<String>,
}

/// Puts files into the inbox, and leads to where their answer is waited for.
pub(super) async fn send(
    State(desk): Here,
    Path(id): Path<String>,
    Form(which): Form<Which>,
) -> Result<Redirect> {
    let send = move |desk: &Desk| {
        let newest = ask::newest_batch(&desk.history()?)?;
        let after = newest.unwrap_or(0).to_string();
        let taken = desk.checks.take(&id, which.file.as_deref());
        let mut check = taken.ok_or_else(gone)?;
        let endpoint = check.endpoint;
        let mut address = vec![("endpoint", endpoint.name().to_owned()), ("after", after)];
        while let Some(file) = check.files.first() {
            match put(desk, endpoint, &file.upload) {
                Ok(name) => address.push(("name", name)),
                Err(e) => {
                    desk.checks.keep(check);
                    return Err(e.into());
                }
            }
            check.files.remove(0);
        }
        Ok(link("/sent", &address))
    };
    Ok(Redirect::to(&desk.work(send).await?))
}

/// Puts a file into the inbox under its name, with a number where that is in use. Returns the name.
fn put(desk: &Desk, endpoint: Endpoint, upload: &Upload) -> Result<String, Trouble> {
    let in_work = Overview::at_a_glance(&desk.home, 0)?.in_work;
    let folder = PathBuf::from(endpoint.name());
    for n in 1..=MAX_NUMBER {
        let name = numbered(&upload.name, n);
        let relative = folder.join(&name);
        let is_there = || desk.home.inbox().join(&relative).symlink_metadata().is_ok();
        if in_work.iter().any(|work| path::Path::new(work) == relative) || is_there() {
            continue;
        }
        let content =
            File::open(&upload.path).map_err(|e| Trouble::io("reading", &upload.path, &e))?;
        match put_into_inbox(&desk.home, &relative, content) {
            Err(_) if is_there() => {}
            Err(e) => return Err(e),
            Ok(()) => return Ok(name),
        }
    }
    let t = &EN.drop;
    Err(Trouble::new(Kind::Busy, t.name_in_use, t.rename))
}

/// `x.json` and 2 are `x.2.json`, as in the archive.
fn numbered(name: &str, n: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if n > 1 => format!("{stem}.{n}.{ending}"),
        _ => name.to_owned(),
    }
}

/// Removes a file that is not to be sent.
pub(super) async fn remove(
    State(desk): Here,
    Path(id): Path<String>,
    Form(which): Form<Which>,
) -> Result<Redirect> {
    let taken = desk.checks.take(&id, which.file.as_deref());
    drop(taken.ok_or_else(gone)?);
    let to = match desk.checks.show(&id, |_| ()) {
        Some(()) => format!("/drop/{id}"),
        None => "/drop".to_owned(),
    };
    Ok(Redirect::to(&to))
}
