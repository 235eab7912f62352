//! The result of an evaluation in the published event format.

use serde::Serialize;

use super::result::{Evaluation, Verdict};

/// An event of kyc_scoring: the four published members of its envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event<'e> {
    /// The type, whose last word says how far it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The communicationNumber of the request.
    pub source: &'e str,
    /// The customer's external id.
    pub subject: &'e str,
    /// What it says.
    pub data: KycScoring<'e>,
}

/// What an event of kyc_scoring says. What is not there is left out, never null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KycScoring<'e> {
    /// The level that was computed.
    pub initial_risk_level: &'static str,
    /// The level after the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_risk_level: Option<&'static str>,
    /// ACCEPTED or REJECTED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_type: Option<&'static str>,
    /// When the customer was approved for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<&'e str>,
}

impl Evaluation<'_> {
    /// The event that follows from the evaluation alone. `approved_at` (RFC 3339) is for the first
    /// approval ever of the customer; it is only told of one that is accepted and does not wait.
    pub fn event<'e>(
        &self,
        (source, subject): (&'e str, &'e str),
        lead: bool,
        approved_at: Option<&'e str>,
    ) -> Event<'e> {
        let decided = self.decision.verdict != Verdict::Person;
        let state = match (decided, self.decision.waits_for_approval_date) {
            (false, _) => "pending",
            (true, true) => "waiting_for_approval_date",
            (true, false) => "completed",
        };
        let accepted = self.decision.verdict == Verdict::Accepted;
        let whom = if lead { "lead" } else { "customer" };
        let approved = accepted && state == "completed" && !lead;
        Event {
            kind: format!("app.amlyze.{whom}.riskmanagement.kyc_scoring.{state}"),
            source,
            subject,
            data: KycScoring {
                initial_risk_level: self.level.name(),
                final_risk_level: decided.then(|| self.level.name()),
                decision_type: decided.then(|| self.decision.verdict.name()),
                approved_at: approved_at.filter(|_| approved),
            },
        }
    }
}
