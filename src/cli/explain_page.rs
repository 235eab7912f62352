//! What `explain` shows to people.

use std::fmt::Write as _;

use crate::explain::{
    ExplainedBatch, ExplainedFinding, ExplainedRule, ExplainedWarning, Placed, shown_name,
};
use crate::position::Position;
use crate::text::{counted, of_them_repeated, visible};

use super::evaluation_page;
use super::screening_page;

/// Text in lines; in what comes from customers nothing stays unseen.
pub(super) struct Page(pub(super) String);

impl Page {
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.0, "{}", text.as_ref().trim_end());
    }

    /// A line with a label, if there is something to say.
    fn labelled(&mut self, label: &str, text: &str) {
        if !text.is_empty() {
            self.line(format!("     {label:<9}{}", visible(text)));
        }
    }
}

fn customer_count(number: u64) -> String {
    counted(number, "customer", "customers")
}

pub(super) fn batch_text(explained: &ExplainedBatch, one: bool) -> String {
    let mut page = Page(String::new());
    let b = &explained.batch;
    page.line(format!(
        "batch {}  {}/{}  taken {}  answered {}",
        b.batch_id,
        visible(&b.endpoint),
        visible(&b.file_name),
        b.received_at,
        b.status
    ));
    if let Some(error) = &b.error {
        page.line(format!("  {}", visible(error)));
    } else {
        page.line(format!(
            "  {}: {} accepted{}, {} rejected",
            customer_count(b.customers),
            b.accepted,
            of_them_repeated(b.repeated),
            b.rejected
        ));
    }
    if let Some(fix) = &explained.fix {
        page.line(format!("  {fix}"));
    }
    if explained.reasons.len() > 1 && !one {
        page.line("");
        for r in &explained.reasons {
            page.line(format!(
                "  {:>6} x {}  {}",
                r.customers,
                r.code,
                visible(&r.description)
            ));
        }
    }
    for w in &explained.warnings {
        let mut line = format!("  warning: {}", w.kind);
        for text in [&w.path, &w.detail].into_iter().filter(|t| !t.is_empty()) {
            let _ = write!(line, "  {}", visible(text));
        }
        if w.count > 1 {
            let _ = write!(line, "  ({})", customer_count(w.count));
        }
        page.line(line);
    }
    for customer in &explained.customers {
        page.line("");
        customer_text(&mut page, customer);
    }
    if explained.more {
        page.line("");
        page.line(format!(
            "There are more; `kycdrop explain {} --limit 0` shows all.",
            b.batch_id
        ));
    }
    page.0
}

fn customer_text(page: &mut Page, placed: &Placed) {
    let Placed {
        explained: customer,
        begins,
        evaluations,
        screenings,
        ..
    } = placed;
    let mut head = format!("customer {}", placed.customer);
    if let Some(name) = &placed.name {
        let _ = write!(head, "  {}", visible(&shown_name(name)));
    }
    for (label, value) in [
        ("customerExtId", &customer.customer_ext_id),
        ("businessUnit", &customer.business_unit),
        ("communicationNumber", &customer.communication_number),
    ] {
        if let Some(value) = value {
            let _ = write!(head, "  {label} {}", visible(&shown_name(value)));
        }
    }
    let state = if customer.findings.is_empty() {
        "accepted"
    } else {
        "rejected"
    };
    page.line(format!("{head}  {state}"));
    for (i, f) in customer.findings.iter().enumerate() {
        finding_text(page, i + 1, f, *begins);
    }
    for w in &customer.warnings {
        warning_text(page, w, *begins);
    }
    if customer.findings.is_empty() && customer.warnings.is_empty() {
        page.line("  nothing to fix");
    }
    for screening in screenings {
        page.line("");
        page.0 += &screening_page::full(screening);
    }
    for evaluation in evaluations {
        page.line("");
        page.0 += &evaluation_page::full(evaluation);
    }
}

/// A place in the file where that is known, else in the customer.
fn place_text(begins: Option<Position>, at: Position) -> String {
    match begins {
        Some(begins) => format!("{} of the file", begins.of_inner(at)),
        None => format!("{at} of the customer"),
    }
}

fn finding_text(page: &mut Page, no: usize, f: &ExplainedFinding, begins: Option<Position>) {
    let answer = if f.answered { "  (the answer)" } else { "" };
    page.line(format!(
        "  {no}. {}  {}{answer}",
        f.code,
        visible(&f.description)
    ));
    let place = match &f.value {
        Some(value) => format!(
            "{} = {value}, at {}",
            f.path,
            place_text(begins, f.position)
        ),
        None => format!(
            "{}, which is absent; its object begins at {}",
            f.path,
            place_text(begins, f.position)
        ),
    };
    page.labelled("where", &place);
    page.labelled("allowed", &f.allowed);
    page.labelled("nearest", &f.nearest_codes());
    page.labelled("fix", &f.fix);
    page.labelled("origin", &f.origin());
}

fn warning_text(page: &mut Page, w: &ExplainedWarning, begins: Option<Position>) {
    let detail = if w.detail.is_empty() {
        String::new()
    } else {
        format!("  {}", w.detail)
    };
    page.line(format!(
        "  warning: {}  {}{}",
        w.kind,
        visible(&w.path),
        visible(&detail)
    ));
    if !w.path.is_empty() {
        page.labelled("where", &place_text(begins, w.position));
    }
    page.labelled("fix", w.fix);
}

pub(super) fn rules_text(rules: &[ExplainedRule], with_counts: bool) -> String {
    let mut page = Page(String::new());
    for (i, r) in rules.iter().enumerate() {
        if i > 0 {
            page.line("");
        }
        page.line(format!("{}  {}", r.code, r.description));
        page.labelled("when", &r.when);
        page.labelled(
            "at",
            if r.endpoints == "all" {
                "every endpoint"
            } else {
                &r.endpoints
            },
        );
        page.labelled("allowed", &r.allowed);
        page.labelled("fix", &r.fix);
        page.labelled("origin", &format!("{}: {}", r.origin, r.origin_means));
        page.labelled("rule", &r.rule);
        if with_counts {
            let last = r
                .last
                .as_ref()
                .map(|day| format!(", last on {day}"))
                .unwrap_or_default();
            page.labelled(
                "here",
                &format!(
                    "answered {}, found {}{last}",
                    counted(r.answers, "time", "times"),
                    counted(r.found, "time", "times")
                ),
            );
        }
    }
    page.0
}
