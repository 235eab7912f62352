//! `decide`: a person's decision on an evaluation, as a file in `inbox/decisions` that is answered like
//! any other.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::Deserialize;

use crate::answer_name::RESPONSE_ENDING;
use crate::atomic_file::{AtomicFile, Existing, Rules};
use crate::catalog::{DECISIONS, RiskLevel, ScreeningProcess};
use crate::clock;
use crate::config::{Config, Home};
use crate::daemon::{self, lock, unaccounted};
use crate::disk;
use crate::history::{DecisionRefused, nearest_open, recorded_decision, refusal_of_decision};
use crate::ingest::{DecisionFile, to_check_with};
use crate::regular_file;
use crate::talk::say;
use crate::text::visible;
use crate::trouble::{Kind, Result, Trouble};

use super::query::time;

/// How often to look for the answer.
const LOOK: Duration = Duration::from_millis(50);

/// The most bytes of an answer.
const MAX_ANSWER: u64 = 64 << 10;

/// Arguments of `decide`.
#[derive(clap::Args)]
#[command(
    group = clap::ArgGroup::new("decision").required(true),
    after_help = "\
A decision is a file in watch-dir/inbox/decisions, which this command writes;
docs/RISK.md has its form. Where `kycdrop run` is running, it is waited for;
else the file is answered at once, and other files in the inbox stay there.
Files that an earlier kycdrop had taken and not finished are finished first.

An evaluation is decided once. `kycdrop decisions` lists what waits, `kycdrop
classifiers show decisionGround` the codes of grounds.

Examples:
  kycdrop decide A-17 --accept --risk-level MEDIUM \\
    --ground ENHANCED_DUE_DILIGENCE_COMPLETED --by \"Rasa Petraitis\"
  kycdrop decide A-17 --screening PEP --dismiss --by \"Rasa Petraitis\" \\
    --reason \"born in another year\"

Exit codes: 0 recorded, 65 refused, 75 not answered in time: the decision stays
in the inbox."
)]
pub(super) struct Args {
    /// communicationNumber of the evaluation
    #[arg(value_name = "COMMUNICATION_NUMBER")]
    number: String,

    /// Accept the customer
    #[arg(long, group = "decision")]
    accept: bool,

    /// Reject the customer
    #[arg(long, group = "decision")]
    reject: bool,

    /// Confirm a match of screening: the subject is the one on the list
    #[arg(long, group = "decision", requires = "screening")]
    confirm: bool,

    /// Dismiss a match of screening: the subject is somebody else
    #[arg(long, group = "decision", requires = "screening")]
    dismiss: bool,

    /// The process of the match: SANCTIONS, PEP, ADVERSE_MEDIA or INTERNAL_LIST
    #[arg(long, value_name = "PROCESS", value_parser = process, conflicts_with_all = ["accept", "reject"])]
    screening: Option<ScreeningProcess>,

    /// The number of the related entity that matched, from 1 [default: the customer]
    #[arg(long, value_name = "N", requires = "screening")]
    related: Option<u32>,

    /// The final risk level: LOW, MEDIUM, HIGH or EXTREME [default: the computed one]
    #[arg(long, value_name = "LEVEL", value_parser = level, conflicts_with = "screening")]
    risk_level: Option<RiskLevel>,

    /// The ground, a code of the classifier decisionGround
    #[arg(
        long,
        value_name = "CODE",
        required_unless_present = "screening",
        conflicts_with = "screening"
    )]
    ground: Option<String>,

    /// Who decides
    #[arg(long, value_name = "NAME")]
    by: String,

    /// What that person says about it; for a match it must be given
    #[arg(long, value_name = "TEXT", visible_alias = "reason", required_if_eq_any = [("confirm", "true"), ("dismiss", "true")])]
    comment: Option<String>,

    /// How long to wait for a kycdrop that works on the home, such as 5s or 2min
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    timeout: Duration,
}

fn process(text: &str) -> std::result::Result<ScreeningProcess, String> {
    ScreeningProcess::from_name(&text.to_ascii_uppercase())
        .ok_or_else(|| format!("the processes are {}", ScreeningProcess::NAMES.join(", ")))
}

fn level(text: &str) -> std::result::Result<RiskLevel, String> {
    let level = RiskLevel::from_name(&text.to_ascii_uppercase());
    level
        .filter(|level| *level != RiskLevel::None)
        .ok_or_else(|| "the levels are LOW, MEDIUM, HIGH and EXTREME".to_owned())
}

impl Args {
    /// The word for it in the file.
    fn decision(&self) -> &'static str {
        match (self.accept, self.reject, self.confirm) {
            (true, ..) => "ACCEPTED",
            (_, true, _) => "REJECTED",
            (.., true) => "CONFIRMED",
            _ => "DISMISSED",
        }
    }
}

/// Writes the decision, has it answered, and says what was recorded.
pub(super) fn decide(home: &Home, args: &Args) -> Result<u8> {
    let config = super::config_of(home)?;
    let conn = super::history_of(home)?;
    let file = DecisionFile {
        communication_number: args.number.clone(),
        process: args.screening.map(|process| process.name().to_owned()),
        related_entity: args.related,
        decision: args.decision().to_owned(),
        decision_ground_code: args.ground.clone(),
        final_risk_level: args.risk_level.map(|level| level.name().to_owned()),
        decided_by: args.by.clone(),
        comment: args.comment.clone(),
    };
    let content = super::output::json(&file)?;
    let (classifiers, _) = to_check_with(home, &config, Some(&conn))?;
    file.check(&classifiers).map_err(refused)?;
    if args.screening.is_none() {
        refuse_at_once(&conn, &args.number)?;
    }

    let name = file_name();
    let relative = Path::new(DECISIONS).join(&name);
    drop_into_inbox(home, &relative, &content)?;
    let answer = home.outbox().join(DECISIONS).join(answer_name(&name));
    let asked = Asked {
        home,
        relative,
        answer,
    };
    let answer = asked.wait(&config, args.timeout)?;
    judge(&answer)?;
    if let Some(process) = args.screening {
        let by = visible(&args.by);
        let text = format!(
            "{}  {}  {}  by {by}\n",
            visible(&args.number),
            process.name(),
            args.decision()
        );
        super::stdout_result(super::output::write_safely(&text))?;
        return Ok(0);
    }
    let recorded = recorded_decision(&conn, &args.number, &name)?;
    let waits = match recorded.waits_for_approval_date {
        true => "; it waits for the customer's approvalDate",
        false => "",
    };
    let text = format!(
        "{}  {}  {} -> {}  by {} at {}{waits}\n",
        visible(&args.number),
        recorded.decision,
        recorded.initial,
        recorded.level,
        visible(&recorded.by),
        recorded.at
    );
    super::stdout_result(super::output::write_safely(&text))?;
    Ok(0)
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

/// Puts the file into the inbox, whole or not at all.
fn drop_into_inbox(home: &Home, relative: &Path, content: &str) -> Result<()> {
    unaccounted::refuse_empty_watch_dir(home)?;
    home.make_folders()?;
    let rules = Rules {
        home: Some(home),
        into_inbox: true,
        existing: Existing::Refuse,
        refusal: Kind::Input,
    };
    let file = AtomicFile::create(&home.inbox().join(relative), rules)?;
    file.write(content.as_bytes())
}

/// A decision in the inbox.
struct Asked<'h> {
    home: &'h Home,
    /// Its path below the inbox.
    relative: PathBuf,
    /// Where its answer will be.
    answer: PathBuf,
}

impl Asked<'_> {
    /// The answer, which is removed: nobody else waits for it. While no process works on the home, this
    /// one has the file answered.
    fn wait(&self, config: &Config, timeout: Duration) -> Result<Vec<u8>> {
        let begun = Instant::now();
        loop {
            if let Some(answer) = self.fetch()? {
                return Ok(answer);
            }
            if !lock::is_held(self.home) {
                let done = daemon::answer_one(self.home.clone(), config.clone(), &self.relative);
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

/// Whether the answer says that the decision was recorded.
fn judge(answer: &[u8]) -> Result<()> {
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
