//! Files that this process puts into the inbox for somebody, and decisions that are put there and waited for.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::Deserialize;

use crate::answer_name::RESPONSE_ENDING;
use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::catalog::DECISIONS;
use crate::clock;
use crate::config::{Config, Home};
use crate::disk;
use crate::history::{
    DecisionRefused, nearest_open, refusal_of_decision, refusal_of_screening_decision,
};
use crate::ingest::{Decision, DecisionFile, to_check_with};
use crate::regular_file;
use crate::talk::say;
use crate::trouble::{Kind, Result, Trouble};

use super::{lock, unaccounted};

/// How often to look for the answer.
const LOOK: Duration = Duration::from_millis(50);

/// The most bytes of an answer.
const MAX_ANSWER: u64 = 64 << 10;

/// Puts a file into the inbox, whole or not at all. `relative` is its path below the inbox: the folder of
/// an endpoint and a name.
///
/// # Errors
/// When a file of this name is there, the path leads out of the inbox, or nothing can be written there.
pub(crate) fn put_into_inbox(home: &Home, relative: &Path, mut content: impl Read) -> Result<()> {
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !relative.components().all(is_name) {
        let what = format!("{} is not a path below the inbox", relative.display());
        return Err(Trouble::new(
            Kind::Input,
            what,
            "give the folder of an endpoint and a name",
        ));
    }
    unaccounted::refuse_empty_watch_dir(home)?;
    home.make_folders()?;
    let rules = Rules {
        home: Some(home),
        into_inbox: true,
        existing: Existing::Refuse,
        refusal: Kind::Input,
    };
    let file = AtomicFile::create(&home.inbox().join(relative), rules)?;
    let mut write = || {
        let mut out = File::options().write(true).open(file.content())?;
        io::copy(&mut content, &mut out)
    };
    write().map_err(|e| file.to_error(&e))?;
    file.finish()
}

/// A decision in the inbox.
pub(crate) struct SubmittedDecision<'h> {
    home: &'h Home,
    /// Its path below the inbox.
    relative: PathBuf,
    /// Where its answer will be.
    answer: PathBuf,
    /// The name of its file, under which the history has it.
    pub(crate) name: String,
}

impl<'h> SubmittedDecision<'h> {
    /// Puts a decision into the inbox, unless it would be refused there. `conn` reads the history of the
    /// home.
    ///
    /// # Errors
    /// Why it is refused ([`Kind::Input`]), or what keeps it from being written.
    pub(crate) fn put(
        home: &'h Home,
        config: &Config,
        conn: &Connection,
        file: DecisionFile,
    ) -> Result<SubmittedDecision<'h>> {
        let content = serde_json::to_string_pretty(&file)
            .map_err(|e| Trouble::new(Kind::Internal, e.to_string(), ""))?;
        let (classifiers, _) = to_check_with(home, config, Some(conn))?;
        match file.check(&classifiers).map_err(refused)? {
            Decision::Evaluation(decision) => refuse_at_once(conn, &decision.communication_number)?,
            Decision::Screening(decision) => {
                let number = &decision.communication_number;
                let (process, related) = (decision.process, decision.related);
                let why = refusal_of_screening_decision(conn, number, process, related)?;
                why.map_or(Ok(()), |why| Err(refused(why.to_string())))?;
            }
        }
        let name = file_name();
        let relative = Path::new(DECISIONS).join(&name);
        put_into_inbox(home, &relative, (content + "\n").as_bytes())?;
        Ok(SubmittedDecision {
            home,
            relative,
            answer: home.outbox().join(DECISIONS).join(answer_name(&name)),
            name,
        })
    }

    /// Waits until it is recorded. While no process works on the home, this one has the file answered.
    ///
    /// # Errors
    /// Why it was refused ([`Kind::Input`]); [`Kind::Busy`] when it was not answered in time and stays in
    /// the inbox; any trouble of answering it.
    pub(crate) fn wait(&self, config: &Config, timeout: Duration) -> Result<()> {
        recorded(&self.answered(config, timeout)?)
    }

    /// Whether it is recorded, after waiting for as long as a process works on the home, up to `timeout`. If
    /// not, it stays in the inbox like any file, or is in work.
    ///
    /// # Errors
    /// Why it was refused ([`Kind::Input`]), and when the answer cannot be read.
    pub(crate) fn is_recorded_within(&self, timeout: Duration) -> Result<bool> {
        let answer = self.answered_by_another(timeout)?;
        Ok(answer
            .map(|answer| recorded(&answer))
            .transpose()?
            .is_some())
    }

    /// The answer of the process that works on the home; None when there is no such process, or not in time.
    fn answered_by_another(&self, timeout: Duration) -> Result<Option<Vec<u8>>> {
        let begun = Instant::now();
        loop {
            // Whoever worked may have answered before it ended.
            let works = lock::is_held(self.home);
            let answer = self.fetch()?;
            if answer.is_some() || !works || begun.elapsed() >= timeout {
                return Ok(answer);
            }
            thread::sleep(LOOK);
        }
    }

    /// The answer, which is removed: nobody else waits for it.
    fn answered(&self, config: &Config, timeout: Duration) -> Result<Vec<u8>> {
        let begun = Instant::now();
        loop {
            let left = timeout.saturating_sub(begun.elapsed());
            if let Some(answer) = self.answered_by_another(left)? {
                return Ok(answer);
            }
            if !lock::is_held(self.home) {
                let done = super::answer_one(self.home.clone(), config.clone(), &self.relative);
                match done {
                    // Another process began meanwhile, or the database is locked.
                    Err(e) if e.kind == Kind::Busy => {}
                    Err(e) => {
                        say!("kycdrop: {}", self.where_it_is());
                        return Err(e);
                    }
                    Ok(()) => return self.fetch()?.ok_or_else(|| self.not_answered("")),
                }
            }
            if begun.elapsed() >= timeout {
                let within = humantime::format_duration(timeout);
                return Err(self.not_answered(&format!(" within {within}")));
            }
            thread::sleep(LOOK);
        }
    }

    fn fetch(&self) -> Result<Option<Vec<u8>>> {
        let read = disk::if_there(regular_file::read(&self.answer, MAX_ANSWER));
        let read = read.map_err(|e| Trouble::io("reading", &self.answer, &e))?;
        if read.is_some()
            && let Err(e) = fs::remove_file(&self.answer)
        {
            say!("kycdrop: {}", Trouble::io("removing", &self.answer, &e));
        }
        Ok(read)
    }

    fn not_answered(&self, within: &str) -> Trouble {
        Trouble::new(
            Kind::Busy,
            format!("the decision was not answered{within}"),
            self.where_it_is(),
        )
    }

    fn where_it_is(&self) -> String {
        let path = self.home.inbox().join(&self.relative);
        let now = match path.exists() {
            true => format!("it stays in the inbox as {}", path.display()),
            false => "it was taken out of the inbox and is being worked on".to_owned(),
        };
        let answer = self.answer.display();
        format!("{now}; `kycdrop run` or `kycdrop once` records it or says why not in {answer}")
    }
}

/// The decisions that wait in the inbox, as far as they can be read; so many files are looked at.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn waiting_decisions(home: &Home, most: usize) -> Result<Vec<DecisionFile>> {
    let folder = home.inbox().join(DECISIONS);
    let entries = disk::if_there(fs::read_dir(&folder));
    let entries = entries.map_err(|e| Trouble::io("reading", &folder, &e))?;
    let read = |path: PathBuf| {
        let bytes = regular_file::read(&path, MAX_ANSWER).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let entries = entries.into_iter().flatten().take(most).flatten();
    Ok(entries.filter_map(|entry| read(entry.path())).collect())
}

fn refused(why: String) -> Trouble {
    Trouble::new(Kind::Input, format!("the decision was refused: {why}"), "")
}

/// What the history refuses now it would refuse of the file too.
fn refuse_at_once(conn: &Connection, number: &str) -> Result<()> {
    let Some(why) = refusal_of_decision(conn, number)? else {
        return Ok(());
    };
    let near = match why {
        DecisionRefused::Unknown => nearest_open(conn, number)?,
        _ => None,
    };
    let hint = near.map(|near| format!("did you mean {near}?"));
    Err(Trouble {
        remedy: hint.unwrap_or_default(),
        ..refused(why.to_string())
    })
}

/// A name that no other decision has, and that says nothing of the customer.
fn file_name() -> String {
    let random = RandomState::new().build_hasher().finish();
    let now = clock::utc_now().format("%Y%m%dT%H%M%S%3fZ");
    format!("decision-{now}-{random:016x}.json")
}

/// The name of the answer to a file of this name, which no other file has.
fn answer_name(name: &str) -> String {
    name.strip_suffix(".json").unwrap_or(name).to_owned() + RESPONSE_ENDING
}

/// Whether the answer says that the decision was recorded.
fn recorded(answer: &[u8]) -> Result<()> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        result_type: Option<String>,
        error_description: Option<String>,
    }
    let body = serde_json::from_slice::<Body>(answer).ok();
    match body {
        Some(body) if body.result_type.as_deref() == Some("REQUEST_ACCEPTED") => Ok(()),
        Some(Body {
            error_description: Some(why),
            ..
        }) => Err(refused(why)),
        _ => Err(Trouble::new(
            Kind::Internal,
            format!(
                "the decision was not recorded: {}",
                String::from_utf8_lossy(answer).trim()
            ),
            "`kycdrop status` shows the last files and what was wrong with them",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_below_the_inbox_once_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home")).unwrap();
        let put = |path: &str| put_into_inbox(&home, Path::new(path), b"{}".as_slice());
        put("customer/a.json").unwrap();
        let file = home.inbox().join("customer/a.json");
        assert!(put("customer/a.json").is_err(), "it is there");
        assert_eq!(fs::read(file).unwrap(), b"{}");
        let outside = folder.path().join("a.json");
        let outside = outside.to_str().unwrap();
        for path in ["../../../a.json", "../outbox/a.json", outside] {
            assert_eq!(put(path).unwrap_err().kind, Kind::Input, "{path}");
        }
        assert!(!Path::new(outside).exists());
    }
}
