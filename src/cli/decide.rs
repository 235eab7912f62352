//! `decide`: a person's decision on an evaluation, as a file in `inbox/decisions` that is answered like
//! any other.

use std::time::Duration;

use crate::catalog::{RiskLevel, ScreeningProcess};
use crate::config::Home;
use crate::daemon::submit::SubmittedDecision;
use crate::history::recorded_decision;
use crate::ingest::DecisionFile;
use crate::text::visible;
use crate::trouble::Result;

use super::query::time;

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

fn process(text: &str) -> Result<ScreeningProcess, String> {
    ScreeningProcess::from_name(&text.to_ascii_uppercase())
        .ok_or_else(|| format!("the processes are {}", ScreeningProcess::NAMES.join(", ")))
}

fn level(text: &str) -> Result<RiskLevel, String> {
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
    let decision = SubmittedDecision::put(home, &config, &conn, file)?;
    decision.wait(&config, args.timeout)?;
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
    let recorded = recorded_decision(&conn, &args.number, &decision.name)?;
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
