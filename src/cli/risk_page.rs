//! An evaluation in words that an officer can say to an auditor.

use crate::evaluate::{
    Evaluation, FactorAccount, MatrixName, Reason, Show, State, ValueAccount, Verdict,
};
use crate::text::visible;

use super::explain_page::Page;

/// The whole evaluation by a matrix. `shown` says which factors are shown.
pub(super) fn text(evaluation: &Evaluation, matrix: &MatrixName, shown: Show) -> String {
    let mut page = Page(String::new());
    conclusion(&mut page, evaluation);
    page.line("");
    page.line("How the score comes about:");
    let applies = |f: &&FactorAccount| shown == Show::All || f.points.is_some_and(|n| n > 0);
    let factors = || evaluation.factors.iter().filter(applies);
    let mut groups: Vec<&FactorAccount> = evaluation.factors.iter().collect();
    groups.sort_by_key(|f| &f.group);
    for group in groups.chunk_by(|a, b| a.group == b.group) {
        let Some(FactorAccount {
            group: name,
            weight,
            ..
        }) = group.first()
        else {
            continue;
        };
        let counts = group.iter().any(|f| f.points.is_some());
        let without = if counts { "" } else { ": no data, left out" };
        page.line(format!("  {} (weight {weight}){without}", visible(name)));
        for factor in group
            .iter()
            .copied()
            .filter(applies)
            .filter(|f| f.points.is_some())
        {
            page.line(format!("    {}", points(factor)));
            values(&mut page, &factor.values);
        }
    }
    for (state, label) in [
        (State::Missing, "No data for"),
        (State::NotApplicable, "Not for this customer"),
    ] {
        let ids = factors().filter(|f| f.state == state).map(|f| &*f.id);
        let ids = ids.collect::<Vec<_>>().join(", ");
        if !ids.is_empty() {
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
        let about = visible(about);
        page.line(match reason {
            Reason::Example => "  - the matrix is an example that nobody approved".to_owned(),
            Reason::Level => format!("  - the matrix leaves the level {about} to people"),
            Reason::Floor => format!("  - the floor {about} asks for it"),
            Reason::ThinData => "  - too little is known".to_owned(),
            Reason::Missing => format!("  - there is no data for {about}"),
            Reason::Unrated => format!("  - the classifier does not rate a value of {about}"),
            Reason::Waiting => "  - a match of screening has not been judged".to_owned(),
            Reason::Unscreened => "  - screening could not be done".to_owned(),
        });
    }
}

fn points(factor: &FactorAccount) -> String {
    let n = factor.points.unwrap_or_default();
    let adds = match factor.share_thousandths {
        0 if n > 0 => ", not more than another of its group".to_owned(),
        0 => String::new(),
        share => format!(", adds {}.{:03} to the score", share / 1000, share % 1000),
    };
    let assumed = match factor.state {
        State::Assumed => " for want of data",
        _ => "",
    };
    format!("{}: {n} points{assumed}{adds}", visible(&factor.id))
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
