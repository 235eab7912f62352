//! A decision of a person, as a file in `inbox/decisions`.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::catalog::{Classifier, RiskLevel, ScreeningProcess};
use crate::classifier::ClassifierSet;
use crate::history::{NewDecision, NewScreeningDecision};
use crate::text::did_you_mean;

/// The most bytes of such a file.
const MAX_BYTES: u64 = 64 << 10;

/// The most characters of a name, as of the requester of a request.
const MAX_NAME: usize = 256;

/// The most characters of a comment.
const MAX_COMMENT: usize = 4000;

/// Why a file is not a decision that can be recorded.
pub(super) enum NotADecision {
    /// It ends too early, and may be written further.
    Incomplete,
    /// What is wrong with it, and what to do.
    Wrong(String),
}

impl fmt::Display for NotADecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotADecision::Incomplete => f.write_str("the file ends too early"),
            NotADecision::Wrong(what) => f.write_str(what),
        }
    }
}

/// What a file decides.
pub enum Decision {
    /// An evaluation.
    Evaluation(NewDecision),
    /// A match of screening.
    Screening(NewScreeningDecision),
}

/// The file, by the names that the API's events have for the same things.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecisionFile {
    /// The number under which the events of the evaluation are.
    pub communication_number: String,
    /// `kyc_scoring`, which is meant where it is missing, or a process of screening.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// The number of the related entity in its list, from 1; the customer where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_entity: Option<u32>,
    /// ACCEPTED or REJECTED; of a match CONFIRMED or DISMISSED.
    pub decision: String,
    /// A code of the classifier decisionGround, for an evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_ground_code: Option<String>,
    /// LOW, MEDIUM, HIGH or EXTREME; the computed level where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_risk_level: Option<String>,
    /// The name of who decided.
    pub decided_by: String,
    /// What that person says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Reads a decision; codes are those of the active classifiers.
///
/// # Errors
/// Why it is none, with the place in the file where it is not of the form.
pub(super) fn read(file: &File, classifiers: &ClassifierSet) -> Result<Decision, NotADecision> {
    let wrong = |what: String| NotADecision::Wrong(what);
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|e: io::Error| wrong(format!("the file cannot be read: {e}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(wrong(format!("a decision has at most {MAX_BYTES} bytes")));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let given: DecisionFile = serde_json::from_slice(text).map_err(|e| match e.is_eof() {
        true => NotADecision::Incomplete,
        false => wrong(format!("{e}; docs/RISK.md has the form of a decision")),
    })?;
    given.check(classifiers).map_err(wrong)
}

impl DecisionFile {
    /// The decision, if it is one with the codes of these classifiers.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn check(self, classifiers: &ClassifierSet) -> Result<Decision, String> {
        match self.process.as_deref() {
            None | Some("kyc_scoring") => {
                of_evaluation(self, classifiers).map(Decision::Evaluation)
            }
            Some(process) => match ScreeningProcess::from_name(process) {
                Some(process) => of_screening(self, process).map(Decision::Screening),
                None => Err(format!(
                    "process is not kyc_scoring, {}",
                    ScreeningProcess::NAMES.join(", ")
                )),
            },
        }
    }
}

fn of_evaluation(given: DecisionFile, classifiers: &ClassifierSet) -> Result<NewDecision, String> {
    if given.related_entity.is_some() {
        return Err("relatedEntity is for screening".into());
    }
    let accepted = match given.decision.as_str() {
        "ACCEPTED" => true,
        "REJECTED" => false,
        _ => return Err("decision is not ACCEPTED or REJECTED".into()),
    };
    let level = match given.final_risk_level.as_deref() {
        None => None,
        Some(level) => match RiskLevel::from_name(level) {
            Some(level) if level != RiskLevel::None => Some(level),
            _ => return Err("finalRiskLevel is not LOW, MEDIUM, HIGH or EXTREME".into()),
        },
    };
    let ground = given
        .decision_ground_code
        .as_deref()
        .unwrap_or_default()
        .trim();
    if !classifiers.holds(Classifier::DecisionGround, ground) {
        let codes = classifiers.codes(Classifier::DecisionGround);
        let hint = did_you_mean(ground, codes.iter().copied())
            .unwrap_or_else(|| "`kycdrop classifiers show decisionGround` lists them".into());
        return Err(format!(
            "decisionGroundCode {ground} is not a value of the classifier decisionGround: {hint}"
        ));
    }
    Ok(NewDecision {
        accepted,
        level,
        ground: ground.to_owned(),
        by: name_of(&given)?,
        comment: comment_of(&given)?,
        communication_number: given.communication_number,
    })
}

fn of_screening(
    given: DecisionFile,
    process: ScreeningProcess,
) -> Result<NewScreeningDecision, String> {
    let confirmed = match given.decision.as_str() {
        "CONFIRMED" => true,
        "DISMISSED" => false,
        _ => return Err("decision is not CONFIRMED or DISMISSED".into()),
    };
    if given.decision_ground_code.is_some() || given.final_risk_level.is_some() {
        return Err("decisionGroundCode and finalRiskLevel are for kyc_scoring".into());
    }
    let related = match given.related_entity {
        Some(0) => return Err("relatedEntity counts from 1".into()),
        related => related.map(|n| n - 1),
    };
    Ok(NewScreeningDecision {
        process,
        related,
        confirmed,
        by: name_of(&given)?,
        reason: comment_of(&given)?.ok_or("comment is not given: say why")?,
        communication_number: given.communication_number,
    })
}

fn name_of(given: &DecisionFile) -> Result<String, String> {
    let by = given.decided_by.trim();
    match by.is_empty() || by.chars().count() > MAX_NAME {
        true => Err(format!(
            "decidedBy is not a name of 1 to {MAX_NAME} characters"
        )),
        false => Ok(by.to_owned()),
    }
}

fn comment_of(given: &DecisionFile) -> Result<Option<String>, String> {
    let comment = given
        .comment
        .as_deref()
        .map(str::trim)
        .filter(|c| !c.is_empty());
    match comment.is_some_and(|c| c.chars().count() > MAX_COMMENT) {
        true => Err(format!("comment has more than {MAX_COMMENT} characters")),
        false => Ok(comment.map(str::to_owned)),
    }
}
