//! An evaluation of the history in words: in short for a customer's life, in full for one request.

use std::fmt::Write as _;

use crate::evaluate::Show;
use crate::history::ask::{DecisionRow, EvaluationRow};
use crate::text::visible;

use super::risk_page;

/// How it came to its level, and what was decided, in a few lines.
pub(super) fn short(e: &EvaluationRow) -> String {
    let mut out = String::new();
    head(&mut out, e);
    if let Some(account) = &e.account {
        let floors: Vec<&str> = account.floors.iter().map(|f| &*f.id).collect();
        let mut why = format!("score {}", account.score);
        if !floors.is_empty() {
            let _ = write!(why, ", floors {}", floors.join(", "));
        }
        if account.thin_data.is_some() {
            why += ", too little is known";
        }
        let _ = writeln!(
            out,
            "  {}; `kycdrop explain {}` shows all of it",
            visible(&why),
            shlex::try_quote(&e.communication_number).unwrap_or_default()
        );
    }
    decision(&mut out, e);
    out
}

/// Everything, as an officer says it to an auditor.
pub(super) fn full(e: &EvaluationRow) -> String {
    let mut out = String::new();
    head(&mut out, e);
    decision(&mut out, e);
    if let (Some(account), Some(matrix)) = (&e.account, &e.matrix) {
        out.push('\n');
        out += &risk_page::text(account, matrix, Show::All);
    }
    out
}

fn head(out: &mut String, e: &EvaluationRow) {
    let number = visible(&e.communication_number);
    let state = match e.state.as_str() {
        "PENDING" => "waits for a decision",
        "WAITING_FOR_APPROVAL_DATE" => "waits for the approval date",
        "SUPERSEDED" => "was replaced before it was decided",
        _ => "is completed",
    };
    let _ = match (&e.initial_risk_level, &e.why_not) {
        (Some(level), _) => writeln!(
            out,
            "evaluated {} as {level}; {number} {state}",
            e.evaluated_at
        ),
        (None, why) => writeln!(
            out,
            "not evaluated: {}",
            visible(why.as_deref().unwrap_or_default())
        ),
    };
}

fn decision(out: &mut String, e: &EvaluationRow) {
    let Some(d) = &e.decision else { return };
    let DecisionRow {
        decision,
        final_risk_level,
        decided_at,
        ..
    } = d;
    let by = d.decided_by.as_deref().unwrap_or("the risk matrix");
    let ground = d.decision_ground.as_deref();
    let ground = ground.map(|g| format!(", ground {g}")).unwrap_or_default();
    let _ = writeln!(
        out,
        "  {decision} with {final_risk_level} by {} at {decided_at}{}",
        visible(by),
        visible(&ground)
    );
    if let Some(comment) = &d.comment {
        let _ = writeln!(out, "  \"{}\"", visible(comment));
    }
}
