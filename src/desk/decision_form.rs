//! The page of one decision, with its form.

use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;

use crate::catalog::{Classifier, RiskLevel};
use crate::ingest::{DecisionFile, to_check_with};
use crate::text::visible;
use crate::trouble::Result;

use super::Desk;
use super::customer;
use super::decide::{About, Case, Matter};
use super::decisions::waiting;
use super::page::{Tab, wide};
use super::rating::{self, json, value};
use super::texts::EN;

/// The most fields of a customer that are shown.
const FIELDS: usize = 500;

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub number: String,
    pub process: String,
    pub related: String,
    /// When what the person saw was evaluated or screened.
    pub seen: String,
    decision: String,
    ground: String,
    level: String,
    comment: String,
    by: String,
}

impl Typed {
    /// What is missing, in the words of the form.
    pub(super) fn missing(&self, about: &About) -> Option<&'static str> {
        let t = &EN.decisions;
        let is_match = about.process.is_some();
        let needed = [
            (&self.decision, t.no_decision, true),
            (&self.ground, t.no_ground, !is_match),
            (&self.comment, t.no_reason, is_match),
            (&self.by, t.no_name, true),
        ];
        let mut missing = needed.into_iter();
        missing
            .find(|(text, _, is_needed)| *is_needed && text.trim().is_empty())
            .map(|(_, says, _)| says)
    }

    /// The file of the decision.
    pub(super) fn file(&self, about: &About) -> DecisionFile {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
        let of_evaluation = about.process.is_none();
        DecisionFile {
            communication_number: about.number.clone(),
            process: about.process.map(|process| process.name().to_owned()),
            related_entity: about.related,
            decision: self.decision.clone(),
            decision_ground_code: given(&self.ground).filter(|_| of_evaluation),
            final_risk_level: given(&self.level).filter(|_| of_evaluation),
            decided_by: self.by.clone(),
            // A browser sends the line breaks of a text as CR LF.
            comment: given(&self.comment.replace("\r\n", "\n")),
        }
    }
}

/// The page: who it is, what was found, and the form, with what was typed and why it was refused.
pub(super) fn shown(
    desk: &Desk,
    conn: &Connection,
    case: &Case,
    typed: &Typed,
    refused: Option<&str>,
) -> Result<Markup> {
    let t = &EN.decisions;
    let hit = &case.hit;
    let waiting = waiting(&desk.home)?;
    let form = match &case.closed {
        Some(_) => html! {},
        None => form(desk, conn, case, typed)?,
    };
    let id = hit.customer_ext_id.as_deref().unwrap_or_default();
    let name = hit.name.as_deref().unwrap_or(id);
    let content = html! {
        @if let Some(why) = refused { p.state.bad role="alert" { (t.refused) " " (visible(why)) } }
        p {
            (value(name)) ", " (value(id))
            @if let Some(unit) = &hit.business_unit { ", " (value(unit)) }
            ". " a href=(customer::address(id, hit.business_unit.as_deref())) { (t.to_customer) }
        }
        @if let Some(file) = case.about.waits_in(&waiting) {
            p.state.idle { (t.already) " " (visible(&file.decided_by)) }
        }
        h2 { (EN.rating.title) }
        @match &case.matter {
            Matter::Evaluation(e) => { (rating::evaluation(e)) (customer::ratings(&[], &case.screenings)) }
            Matter::Match(s) => div.sides {
                section.card { h3 { (t.as_it_came) } (subject(case)) }
                (rating::screening(s))
            },
        }
        details { summary { (t.as_it_came) } (wide(t.as_it_came, &fields(&case.fields))) }
        @if let Some(why) = &case.closed {
            p.state.idle { (visible(why)) }
            @if !typed.comment.trim().is_empty() { p { (t.you_wrote) ": " (visible(&typed.comment)) } }
        }
        (form)
    };
    let title = format!("{}: {}", t.title, visible(&customer::short(name)));
    Ok(desk.page(Tab::Decisions, &title, &content))
}

/// What the request says of whom was screened.
fn subject(case: &Case) -> Markup {
    let prefix = match case.about.related {
        None => String::new(),
        Some(n) => format!("listRelatedEntity[{}].", n.saturating_sub(1)),
    };
    let of_subject = case.fields.iter().filter_map(|(path, text)| {
        let field = path.strip_prefix(&prefix)?;
        (!field.contains(['.', '['])).then_some((field, text))
    });
    html! { dl.facts { @for (field, text) in of_subject.take(FIELDS) {
        dt { (visible(field)) } dd { (json(text)) }
    } } }
}

fn fields(fields: &[(String, String)]) -> Markup {
    let t = &EN.decisions;
    html! {
        table {
            thead { tr { th { (t.field) } th { (t.value) } } }
            tbody { @for (path, text) in fields.iter().take(FIELDS) { tr {
                td { code { (visible(path)) } } td { (json(text)) }
            } } }
        }
        @if let Some(more @ 1..) = fields.len().checked_sub(FIELDS) { p.note { (more) " " (t.more_fields) } }
    }
}

fn form(desk: &Desk, conn: &Connection, case: &Case, typed: &Typed) -> Result<Markup> {
    let t = &EN.decisions;
    let about = &case.about;
    let (yes, no) = match about.process {
        None => (("ACCEPTED", t.accept), ("REJECTED", t.reject)),
        Some(_) => (("CONFIRMED", t.confirm), ("DISMISSED", t.dismiss)),
    };
    let computed = match &case.matter {
        Matter::Evaluation(e) => Some(e.initial_risk_level.as_deref().unwrap_or_default()),
        Matter::Match(_) => None,
    };
    let hidden = [
        ("number", &*about.number),
        ("process", about.process_name()),
        ("related", &about.related_text()),
        ("seen", case.matter.at()),
    ];
    Ok(html! {
        h2 { (t.your_decision) }
        form.decision method="post" action=(desk.action("/decisions")) {
            @for (name, text) in hidden { input type="hidden" name=(name) value=(text); }
            fieldset {
                legend { (t.what) }
                @for (code, says) in [yes, no] {
                    label { input type="radio" name="decision" value=(code) required checked[typed.decision == code]; (says) }
                }
            }
            @if let Some(computed) = computed {
                label { (t.ground) br; select name="ground" required { (grounds(desk, conn, &typed.ground)?) } }
                label { (t.final_level) br; select name="level" { (levels(computed, &typed.level)) } }
            }
            label {
                @if computed.is_some() { (t.comment) } @else { (t.reason) } br;
                textarea name="comment" maxlength="4000" required[computed.is_none()] { "\n" (typed.comment) }
            }
            label {
                (t.your_name) br;
                input name="by" value=(typed.by) required maxlength="256" size="36" autocomplete="name" data-keep;
            }
            p.note { (t.for_good) }
            p { button.main { (t.record) } }
        }
    })
}

/// The codes of the classifier decisionGround, with their names.
fn grounds(desk: &Desk, conn: &Connection, typed: &str) -> Result<Markup> {
    let (set, files) = to_check_with(&desk.home, &desk.config, Some(conn))?;
    let classifier = Classifier::DecisionGround;
    let file = files.iter().find(|file| file.name == classifier.name());
    let values = file.map_or(&[][..], |file| &file.values);
    let values = values.iter().filter(|v| set.holds(classifier, &v.code));
    Ok(html! {
        option value="" { (EN.decisions.choose) }
        @for v in values {
            option value=(v.code) selected[typed == v.code] { (visible(&v.name)) " (" (visible(&v.code)) ")" }
        }
    })
}

fn levels(computed: &str, typed: &str) -> Markup {
    let chosen = if typed.is_empty() { computed } else { typed };
    let levels = RiskLevel::ALL.into_iter().filter(|l| *l != RiskLevel::None);
    html! {
        @for level in levels.map(RiskLevel::name) {
            option value=(level) selected[level == chosen] {
                (level) @if level == computed { " (" (EN.decisions.computed) ")" }
            }
        }
    }
}
