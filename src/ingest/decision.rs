//! A decision of a person, as a file in `inbox/decisions`.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::catalog::{Classifier, RiskLevel};
use crate::classifier::ClassifierSet;
use crate::history::NewDecision;
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

/// The file, by the names that the API's events have for the same things.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecisionFile {
    /// The number under which the events of the evaluation are.
    pub communication_number: String,
    /// `kyc_scoring`, which is meant where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// ACCEPTED or REJECTED.
    pub decision: String,
    /// A code of the classifier decisionGround.
    pub decision_ground_code: String,
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
pub(super) fn read(file: &File, classifiers: &ClassifierSet) -> Result<NewDecision, NotADecision> {
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
    pub fn check(self, classifiers: &ClassifierSet) -> Result<NewDecision, String> {
        if self
            .process
            .as_deref()
            .is_some_and(|process| process != "kyc_scoring")
        {
            return Err("process is not kyc_scoring, the only one that is decided here".into());
        }
        let accepted = match self.decision.as_str() {
            "ACCEPTED" => true,
            "REJECTED" => false,
            _ => return Err("decision is not ACCEPTED or REJECTED".into()),
        };
        let level = match self.final_risk_level.as_deref() {
            None => None,
            Some(level) => match RiskLevel::from_name(level) {
                Some(level) if level != RiskLevel::None => Some(level),
                _ => return Err("finalRiskLevel is not LOW, MEDIUM, HIGH or EXTREME".into()),
            },
        };
        let ground = self.decision_ground_code.trim();
        if !classifiers.holds(Classifier::DecisionGround, ground) {
            let codes = classifiers.codes(Classifier::DecisionGround);
            let hint = did_you_mean(ground, codes.iter().copied())
                .unwrap_or_else(|| "`kycdrop classifiers show decisionGround` lists them".into());
            return Err(format!(
                "decisionGroundCode {ground} is not a value of the classifier decisionGround: {hint}"
            ));
        }
        let by = self.decided_by.trim();
        if by.is_empty() || by.chars().count() > MAX_NAME {
            return Err(format!(
                "decidedBy is not a name of 1 to {MAX_NAME} characters"
            ));
        }
        let comment = self
            .comment
            .as_deref()
            .map(str::trim)
            .filter(|c| !c.is_empty());
        if comment.is_some_and(|c| c.chars().count() > MAX_COMMENT) {
            return Err(format!("comment has more than {MAX_COMMENT} characters"));
        }
        Ok(NewDecision {
            communication_number: self.communication_number,
            accepted,
            level,
            ground: ground.to_owned(),
            by: by.to_owned(),
            comment: comment.map(str::to_owned),
        })
    }
}
