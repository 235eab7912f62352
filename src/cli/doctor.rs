//! `doctor`: looks at everything that kycdrop needs, and says what to do about what is not well.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};
use serde::Serialize;

use crate::atomic_file;
use crate::catalog::inbox_folders;
use crate::config::{Config, Home, refuse_other_file_system};
use crate::disk;
use crate::history::check;
use crate::intake::{Inbox, Scan};
use crate::left_alone;
use crate::regular_file;
use crate::text::printable;
use crate::trouble::{Kind, Result, Trouble};

use super::doctor_tables;
use super::lists;
use super::output::{self, TextFormat};
use super::sizes::{self, Size};
use crate::daemon::held;
use crate::daemon::lock;
use crate::daemon::metrics;
use crate::daemon::state::State as DaemonState;
use crate::daemon::unaccounted;
use crate::talk::note;

/// Less free room than this is worth a warning.
const LITTLE_ROOM: u64 = 2 << 30;

/// With less than this, files will soon be left in the inbox.
const NO_ROOM: u64 = 64 << 20;

/// Reading a database of this size takes a while.
const SLOW_CHECK_BYTES: u64 = 64 << 20;

/// How long an event of the file system may take.
const EVENT: Duration = Duration::from_secs(2);

/// Arguments of `doctor`.
#[derive(clap::Args)]
#[command(after_help = "\
Each line is ok, warn or fail. Nothing is changed; a file whose name starts
with a dot is created for a moment to test that a folder is writable. Exit
codes: 0 nothing failed, 78 something did.")]
pub(super) struct Args {
    /// The output format
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: TextFormat,

    /// Do not read the whole database
    #[arg(long)]
    quick: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }
}

#[derive(Serialize)]
pub(super) struct Line {
    what: &'static str,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
}

/// Looks at everything.
pub(super) fn doctor(home: &Home, args: &Args) -> Result<u8> {
    let scan = Inbox::new(home.inbox(), Duration::ZERO, Duration::ZERO)
        .scan(Instant::now())
        .unwrap_or_default();
    let mut lines = vec![
        home_folder(home),
        configuration(home),
        folders(home),
        permissions(home),
        events(home),
        held(home, &scan),
        doctor_tables::classifiers(home),
        doctor_tables::matrices(home),
        left_alone_names(home, &scan),
        database(home, args.quick),
        accounted(home),
        ok("failed", size_of(&home.failed())),
        ok("outbox", size_of(&home.outbox())),
        room(home),
    ];
    lines.extend(lists::line_of_doctor(home));
    lines.extend(leftovers(home));
    // Without a home the rest only repeats that there is none.
    if !home.is_made().unwrap_or(true) {
        lines.truncate(1);
    }
    let text = match args.format {
        TextFormat::Json => output::json(&lines)?,
        TextFormat::Text => text(&lines),
    };
    super::stdout_result(output::write_safely(&text))?;
    let failed = lines.iter().any(|l| l.state == State::Fail);
    Ok(if failed { Kind::Setup as u8 } else { 0 })
}

fn text(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines {
        out += &format!(
            "{:<5} {:<14} {}\n",
            line.state.name(),
            line.what,
            printable(&line.found)
        );
        if !line.remedy.is_empty() {
            out += &format!("      {:<14} {}\n", "", printable(&line.remedy));
        }
    }
    out
}

pub(super) fn ok(what: &'static str, found: impl Into<String>) -> Line {
    line(what, State::Ok, found, "")
}

pub(super) fn line(
    what: &'static str,
    state: State,
    found: impl Into<String>,
    remedy: impl Into<String>,
) -> Line {
    Line {
        what,
        state,
        found: found.into(),
        remedy: remedy.into(),
    }
}

pub(super) fn failed(what: &'static str, e: Trouble) -> Line {
    line(what, State::Fail, e.what.replace('\n', " "), e.remedy)
}

fn home_folder(home: &Home) -> Line {
    let checked = home.is_made().and_then(|made| match made {
        false => Err(home.not_made()),
        true => {
            let own = [home.lock_file(), home.state_file(), home.queries()];
            own.iter()
                .try_for_each(|f| regular_file::refuse_others(f).map(|_| ()))
        }
    });
    match checked {
        Ok(()) => ok("home", home.root.display().to_string()),
        Err(e) => failed("home", e),
    }
}

fn configuration(home: &Home) -> Line {
    let checked = Config::of(home).and_then(|config| metrics::check(home, &config));
    match checked {
        Ok(()) if home.config_file().exists() => ok("configuration", "kycdrop.toml is valid"),
        Ok(()) => ok("configuration", "none; all settings have their defaults"),
        Err(e) => failed("configuration", e),
    }
}

/// Every folder that files move through.
fn moving(home: &Home) -> Vec<PathBuf> {
    let inbox = home.inbox();
    let mut folders = vec![
        home.work(),
        home.outbox(),
        home.archive(),
        home.failed(),
        inbox.clone(),
    ];
    folders.extend(inbox_folders().map(|name| inbox.join(name)));
    folders
}

fn folders(home: &Home) -> Line {
    let folders = moving(home);
    let missing: Vec<String> = folders
        .iter()
        .filter(|f| !f.exists())
        .map(|f| f.display().to_string())
        .collect();
    if let Err(e) = unaccounted::refuse_empty_watch_dir(home) {
        return failed("folders", e);
    }
    if !missing.is_empty() {
        return line(
            "folders",
            State::Warn,
            format!("missing: {}", missing.join(", ")),
            "`kycdrop run` creates them; if they existed before, find out who removed them",
        );
    }
    for folder in &folders {
        if let Err(e) = try_to_write(folder) {
            return line(
                "folders",
                State::Fail,
                format!("{} cannot be written: {e}", folder.display()),
                "let the user that runs kycdrop write there",
            );
        }
        if let Err(e) = refuse_other_file_system(&home.inbox(), folder) {
            return failed("folders", e);
        }
    }
    ok("folders", "present, writable, on one file system")
}

/// What is in the inbox and is not taken, with a few names.
fn held(home: &Home, scan: &Scan) -> Line {
    let held = held::of(
        home,
        scan,
        lock::is_held(home),
        DaemonState::of(home).as_ref(),
    );
    if held.files == 0 {
        return ok("held", "none; every file in the inbox can be taken");
    }
    let few = held.first.iter().take(5).cloned().collect::<Vec<_>>();
    let more = if held.files > few.len() { ", ..." } else { "" };
    line(
        "held",
        State::Warn,
        format!("{} not taken: {}{more}", held.files, few.join(", ")),
        "the log of `kycdrop run` or `kycdrop once` says why; remove what does not belong there, and let the user that runs kycdrop read and move the rest",
    )
}

/// What lies in the inbox and beside the classifiers and is left alone, with a few names.
fn left_alone_names(home: &Home, scan: &Scan) -> Line {
    let inbox = home.inbox();
    let in_classifiers = left_alone::names_in(&home.classifiers());
    let count = scan.left_alone + in_classifiers.len();
    if count == 0 {
        return ok("left alone", "nothing");
    }
    let in_inbox = scan.left_alone_first.iter().map(|path| {
        let relative = path.strip_prefix(&inbox).unwrap_or(path);
        format!("inbox/{}", relative.display())
    });
    let in_classifiers = in_classifiers.iter().map(|n| format!("classifiers/{n}"));
    let few: Vec<String> = in_inbox.chain(in_classifiers).take(5).collect();
    let more = if count > few.len() { ", ..." } else { "" };
    ok("left alone", format!("{count}: {}{more}", few.join(", ")))
}

/// A name that intake leaves alone.
fn trial_file(folder: &Path) -> PathBuf {
    folder.join(format!(".kycdrop-doctor-{}", std::process::id()))
}

fn try_to_write(folder: &Path) -> std::io::Result<()> {
    let path = trial_file(folder);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)?;
    fs::remove_file(path)
}

fn permissions(home: &Home) -> Line {
    use std::os::unix::fs::PermissionsExt;
    let open = |path: &Path| fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o007 != 0);
    let secret = [
        home.database(),
        home.outbox(),
        home.archive(),
        home.failed(),
        home.work(),
    ];
    let found: Vec<String> = secret
        .iter()
        .filter(|p| open(p))
        .map(|p| p.display().to_string())
        .collect();
    if !found.is_empty() {
        return line(
            "permissions",
            State::Warn,
            format!("every user of this machine can read {}", found.join(", ")),
            "it holds customers' data: remove the permission with chmod -R o-rwx",
        );
    }
    let _ = home;
    ok("permissions", "other users cannot read customers' data")
}

fn events(home: &Home) -> Line {
    let none = |why: String| {
        line(
            "events",
            State::Warn,
            format!(
                "no events of the file system at {}: {why}",
                home.inbox().display()
            ),
            "kycdrop scans the inbox every scan_interval instead; on Linux, fs.inotify.max_user_watches allows more watches",
        )
    };
    if !home.inbox().exists() {
        return none("the inbox does not exist".into());
    }
    let (sender, events) = std::sync::mpsc::sync_channel(1);
    let watcher = notify::recommended_watcher(move |_| {
        let _ = sender.try_send(());
    });
    let watching = watcher.and_then(|mut watcher| {
        watcher.watch(&home.inbox(), RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    match watching {
        Err(e) => none(e.to_string()),
        Ok(_watcher) => match try_to_write(&home.inbox()).map(|()| events.recv_timeout(EVENT)) {
            Ok(Ok(())) => ok("events", "a new file in the inbox is noticed at once"),
            Ok(Err(_)) => none("a new file was not noticed; network shares send no events".into()),
            Err(e) => none(e.to_string()),
        },
    }
}

/// What lies in a folder of answered files or responses.
fn size_of(folder: &Path) -> String {
    Size::of(folder, Instant::now() + sizes::MOMENT).to_string()
}

/// Whether the history knows every answered file in the archive.
fn accounted(home: &Home) -> Line {
    let files = super::history_if_any(home)
        .and_then(|conn| conn.map_or(Ok(0), |conn| unaccounted::files(home, &conn, u64::MAX)));
    let size = size_of(&home.archive());
    match files {
        Ok(files) => match unaccounted::warning(files) {
            Some(warning) => line("archive", State::Warn, format!("{size}; {warning}"), ""),
            None => ok(
                "archive",
                format!("{size}; every answered file in it is in the history"),
            ),
        },
        Err(_) => line(
            "archive",
            State::Warn,
            format!("{size}; not compared with the history, which cannot be read"),
            "",
        ),
    }
}

fn database(home: &Home, quick: bool) -> Line {
    let path = home.database();
    let conn = match super::history_if_any(home) {
        Ok(Some(conn)) => conn,
        Ok(None) => return ok("database", "none yet; `kycdrop run` creates it"),
        Err(e) => return failed("database", e),
    };
    let bytes = fs::metadata(&path).map_or(0, |m| m.len());
    let wal = disk::with_ending(&path, "-wal");
    let size = indicatif::HumanBytes(bytes);
    let wal = indicatif::HumanBytes(fs::metadata(wal).map_or(0, |m| m.len()));
    if !quick && bytes >= SLOW_CHECK_BYTES {
        note!("reading the whole database ({size}); --quick reads part of it");
    }
    let (checked, how) = match quick {
        true => (
            check::for_a_start(&conn),
            "checked as at a start, sound (--quick)",
        ),
        false => (check::everything(&conn), "read completely, sound"),
    };
    match checked {
        Ok(()) => ok("database", format!("{size} and a WAL of {wal}, {how}")),
        Err(e) => failed("database", e),
    }
}

/// What killed commands left half done; no line where there is nothing.
fn leftovers(home: &Home) -> Option<Line> {
    let mut folders = moving(home);
    folders.push(home.root.clone());
    folders.extend(std::env::current_dir().ok());
    if let Ok(config) = Config::of(home)
        && let Some(file) = config.metrics_file
    {
        folders.extend(home.root.join(file).parent().map(Path::to_owned));
    }
    let found = atomic_file::remains(home, &folders);
    if found.is_empty() {
        return None;
    }
    let found: Vec<String> = found.iter().map(|f| f.display().to_string()).collect();
    Some(line(
        "leftovers",
        State::Warn,
        format!("left behind by killed commands: {}", found.join(", ")),
        "remove them, or write the next backup, snapshot, report or demo batch there: that removes them",
    ))
}

fn room(home: &Home) -> Line {
    let look = rustix::fs::statvfs(&home.root);
    let Ok(stat) = look else {
        return line("disk", State::Warn, "the free space is unknown", "");
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let found = format!("{} free", indicatif::HumanBytes(free));
    let remedy = "free some space: kycdrop never deletes dropped files; old folders of archive/ may be moved elsewhere";
    match free {
        free if free < NO_ROOM => line("disk", State::Fail, found, remedy),
        free if free < LITTLE_ROOM => line("disk", State::Warn, found, remedy),
        _ => ok("disk", found),
    }
}
