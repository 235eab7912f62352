//! An evaluation in words that an officer can say to an auditor.

use crate::evaluate::{Account, FactorAccount, ValueAccount};
use crate::text::visible;

use super::explain_page::Page;

/// The whole account. `shown` says of each factor whether it is shown.
pub(super) fn text(account: &Account, shown: &[bool]) -> String {
    let mut page = Page(String::new());
    conclusion(&mut page, account);
    page.line("");
    page.line("How the score comes about:");
    let factors = || {
        account
            .factors
            .iter()
            .zip(shown)
            .filter(|(_, shown)| **shown)
            .map(|(f, _)| f)
    };
    let mut groups: Vec<&FactorAccount> = account.factors.iter().collect();
    groups.sort_by(|a, b| a.group.cmp(&b.group));
    groups.dedup_by(|a, b| a.group == b.group);
    for group in groups {
        let with_points: Vec<_> = factors()
            .filter(|f| f.group == group.group && f.points.is_some())
            .collect();
        let has_data = account
            .factors
            .iter()
            .any(|f| f.group == group.group && f.points.is_some());
        let without = if has_data { "" } else { ": no data, left out" };
        page.line(format!(
            "  {} (weight {}){without}",
            visible(&group.group),
            group.weight
        ));
        for factor in with_points {
            page.line(format!("    {}", points(factor)));
            values(&mut page, &factor.values);
        }
    }
    for (state, label) in [
        ("missing", "No data for"),
        ("not_applicable", "Not for this customer"),
    ] {
        let ids: Vec<&str> = factors()
            .filter(|f| f.state == state)
            .map(|f| &*f.id)
            .collect();
        if !ids.is_empty() {
            page.line(format!("{label}: {}", visible(&ids.join(", "))));
        }
    }
    let m = &account.matrix;
    page.line("");
    page.line(format!(
        "By the matrix {} ({}), valid from {}, answered for by: {}",
        visible(&m.name),
        visible(&m.file),
        m.valid_from,
        visible(&m.owner)
    ));
    page.line(format!("  SHA-256 {}", m.hash));
    for (name, hash) in &m.classifiers {
        page.line(format!("  ratings of {} {hash}", visible(name)));
    }
    page.0
}

fn conclusion(page: &mut Page, account: &Account) {
    page.line(format!("The level is {}.", account.level));
    page.line(format!(
        "  The score is {} of 100, which is {}.",
        account.score, account.level_of_score
    ));
    for floor in &account.floors {
        let about = match floor.factors.is_empty() {
            true => String::new(),
            false => format!(" by the points of {}", floor.factors.join(", ")),
        };
        let id = visible(&floor.id).into_owned();
        page.line(format!(
            "  The floor {id} makes it at least {}{}.",
            floor.at_least,
            visible(&about)
        ));
        values(page, &floor.values);
    }
    if account.thin {
        page.line(format!(
            "  {} % of the weight has no data, more than the matrix allows: at least {}.",
            account.without_data, account.thin_at_least
        ));
    }
    match account.decision {
        "ACCEPTED" if account.waits_for_approval_date => {
            page.line("The customer is accepted, and waits for its approval date.");
        }
        "ACCEPTED" => page.line("The customer is accepted; no person needs to decide."),
        "REJECTED" => page.line("The customer is rejected, as the matrix says of this level."),
        _ => page.line("A person decides:"),
    }
    for (reason, about) in &account.reasons {
        page.line(format!("  - {}", reason_text(reason, &visible(about))));
    }
}

/// Why a person decides; `about` is the factor, the floor or the level that the reason is about.
pub(super) fn reason_text(reason: &str, about: &str) -> String {
    match reason {
        "example" => "the matrix is an example that nobody approved".to_owned(),
        "level" => format!("the matrix leaves the level {about} to people"),
        "floor" => format!("the floor {about} asks for it"),
        "thin_data" => "too little is known".to_owned(),
        "missing" => format!("there is no data for {about}"),
        "unrated" => format!("the classifier does not rate a value of {about}"),
        "waiting" => "a match of screening has not been judged".to_owned(),
        _ => "screening could not be done".to_owned(),
    }
}

fn points(factor: &FactorAccount) -> String {
    let n = factor.points.unwrap_or_default();
    let share = factor.share_thousandths;
    let adds = match share {
        0 if n > 0 => ", not more than another of its group".to_owned(),
        0 => String::new(),
        _ => format!(", adds {}.{:03} to the score", share / 1000, share % 1000),
    };
    let assumed = if factor.state == "assumed" {
        " for want of data"
    } else {
        ""
    };
    format!("{}: {n} points{assumed}{adds}", visible(&factor.id))
}

fn values(page: &mut Page, values: &[ValueAccount]) {
    for v in values {
        let rated = match (&v.rating, v.unrated) {
            (Some(rating), _) => format!(", rated {rating}"),
            (None, true) => ", not rated".to_owned(),
            (None, false) => String::new(),
        };
        let number = v.number_thousandths.map(|n| (n / 1000).to_string());
        let number = number
            .filter(|n| *n != v.value)
            .map(|n| format!(", counts as {n}"));
        let points = v.points.map(|n| format!(": {n}")).unwrap_or_default();
        page.line(format!(
            "      {} = {}{}{}{points}",
            visible(&v.path),
            visible(&v.value),
            number.unwrap_or_default(),
            visible(&rated)
        ));
    }
}
