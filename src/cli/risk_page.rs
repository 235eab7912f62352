//! An evaluation in words that an officer can say to an auditor.

use crate::evaluate::{Evaluation, FactorAccount, MatrixName, Show, State, ValueAccount, Verdict};
use crate::text::visible;

use super::explain_page::Page;

/// The whole evaluation by a matrix. `shown` says which factors are shown.
pub(super) fn text(evaluation: &Evaluation, matrix: &MatrixName, shown: Show) -> String {
    let mut page = Page(String::new());
    conclusion(&mut page, evaluation);
    page.line("");
    page.line("How the score comes about:");
    let told = |f: &&FactorAccount| match f.points {
        Some(points) => points > 0 || shown == Show::All,
        // Values without points are what nobody rates.
        None => !f.values.is_empty(),
    };
    let mut factors: Vec<&FactorAccount> = evaluation.factors.iter().collect();
    factors.sort_by_key(|f| &f.group);
    for group in factors.chunk_by(|a, b| a.group == b.group) {
        let counts = group.iter().any(|f| f.points.is_some());
        let without = if counts { "" } else { ": no data, left out" };
        if let Some(FactorAccount { group, weight, .. }) = group.first() {
            page.line(format!("  {} (weight {weight}){without}", visible(group)));
        }
        for factor in group.iter().copied().filter(told) {
            page.line(format!("    {}", points(factor)));
            values(&mut page, &factor.values);
        }
    }
    let of = |state| {
        let factors = evaluation
            .factors
            .iter()
            .filter(move |f| f.state == state && !told(f));
        factors.map(|f| &*f.id).collect::<Vec<_>>().join(", ")
    };
    for (label, ids, always) in [
        ("No data for", of(State::Missing), true),
        ("Not for this customer", of(State::NotApplicable), false),
    ] {
        if !ids.is_empty() && (always || shown == Show::All) {
            page.line(format!("{label}: {}", visible(&ids)));
        }
    }
    page.line("");
    page.line(format!(
        "By the matrix {} ({}), valid from {}, answered for by: {}",
        visible(&matrix.name),
        visible(&matrix.file),
        matrix.valid_from,
        visible(&matrix.owner)
    ));
    page.line(format!("  SHA-256 {}", matrix.hash));
    for (name, hash) in &matrix.classifiers {
        page.line(format!("  ratings of {} {hash}", visible(name)));
    }
    page.0
}

fn conclusion(page: &mut Page, evaluation: &Evaluation) {
    let level = evaluation.level.name();
    page.line(format!("The level is {level}."));
    let (score, of_score) = (&evaluation.score, evaluation.level_of_score.name());
    page.line(format!(
        "  The score is {score} of 100, which is {of_score}."
    ));
    for floor in &evaluation.floors {
        let about = match floor.factors.is_empty() {
            true => String::new(),
            false => format!(" by the points of {}", floor.factors.join(", ")),
        };
        let (id, about, at_least) = (visible(&floor.id), visible(&about), floor.at_least.name());
        page.line(format!(
            "  The floor {id} makes it at least {at_least}{about}."
        ));
        values(page, &floor.values);
    }
    if let Some(level) = evaluation.thin_data {
        page.line(format!(
            "  {} % of the weight has no data, more than the matrix allows: at least {}.",
            evaluation.without_data,
            level.name()
        ));
    }
    page.line(match evaluation.decision {
        Verdict::Accepted if evaluation.waits_for_approval_date => {
            "The customer is accepted, and waits for its approval date."
        }
        Verdict::Accepted => "The customer is accepted; no person needs to decide.",
        Verdict::Rejected => "The customer is rejected, as the matrix says of this level.",
        Verdict::Person => "A person decides:",
    });
    for (reason, about) in &evaluation.reasons {
        page.line(format!("  - {}", reason.in_words(&visible(about))));
    }
}

fn points(factor: &FactorAccount) -> String {
    let id = visible(&factor.id);
    let Some(n) = factor.points else {
        return format!("{id}: no points");
    };
    let adds = match factor.share_thousandths {
        0 if n > 0 => ", not more than another of its group".to_owned(),
        0 => String::new(),
        share => format!(", adds {}.{:03} to the score", share / 1000, share % 1000),
    };
    let assumed = match factor.state {
        State::Assumed => " for want of data",
        _ => "",
    };
    format!("{id}: {n} points{assumed}{adds}")
}

fn values(page: &mut Page, values: &[ValueAccount]) {
    for v in values {
        let mut text = format!("      {} = {}", visible(&v.path), visible(&v.value));
        let number = v.number_thousandths.map(|n| (n / 1000).to_string());
        if let Some(number) = number.filter(|n| *n != v.value) {
            text += &format!(", counts as {number}");
        }
        match &v.rating {
            Some(rating) => text += &format!(", rated {}", visible(rating)),
            None if v.unrated => text += ", not rated",
            None => {}
        }
        if let Some(points) = v.points {
            text += &format!(": {points}");
        }
        page.line(text);
    }
}
