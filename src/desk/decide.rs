//! One decision: everything that a person needs for it, and the form that sends it. It becomes a file in
//! `inbox/decisions`, which the process that works on the home answers.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;

use crate::catalog::{Classifier, RiskLevel, ScreeningProcess};
use crate::daemon::submit::SubmittedDecision;
use crate::history::ask::{self, EvaluationRow, Hit, ScreeningRow, Search};
use crate::history::{OpenMatch, refusal_of_decision, refusal_of_screening_decision};
use crate::ingest::{DecisionFile, to_check_with};
use crate::text::visible;
use crate::trouble::{Kind, Result, Trouble};

use super::Desk;
use super::customer;
use super::decisions::waiting;
use super::page::{Failure, Tab, link, moment, wide};
use super::rating::{self, json, value};
use super::texts::EN;

/// How long a decision is waited for. After it, or where nothing works on the home, it stays in the inbox.
const WAIT: Duration = Duration::from_secs(5);

/// The most fields of a customer that are shown.
const FIELDS: usize = 500;

/// What a decision is about.
#[derive(Clone)]
pub(super) struct About {
    /// The communicationNumber.
    pub number: String,
    /// The process of screening; None: an evaluation.
    process: Option<ScreeningProcess>,
    /// The number of the related entity, from 1; None: the customer.
    related: Option<u32>,
}

impl About {
    /// What an address or a form says.
    pub(super) fn of(number: &str, process: &str, related: &str) -> Result<About, Failure> {
        let t = &EN.decisions;
        let wrong = || Failure::wrong(format!("{} {process}", t.no_process));
        Ok(About {
            number: number.to_owned(),
            process: match process {
                "" => None,
                name => Some(ScreeningProcess::from_name(name).ok_or_else(wrong)?),
            },
            related: match related {
                "" => None,
                text => {
                    let n = text.parse().ok().filter(|n| *n > 0);
                    Some(n.ok_or_else(|| Failure::wrong(t.no_related.into()))?)
                }
            },
        })
    }

    pub(super) fn evaluation(number: &str) -> About {
        About {
            number: number.to_owned(),
            process: None,
            related: None,
        }
    }

    pub(super) fn of_match(open: &OpenMatch) -> About {
        About {
            number: open.communication_number.clone(),
            process: ScreeningProcess::from_name(&open.process),
            related: open.related.and_then(|n| u32::try_from(n).ok()),
        }
    }

    fn process_name(&self) -> &'static str {
        self.process.map_or("", ScreeningProcess::name)
    }

    fn related_text(&self) -> String {
        self.related.map(|n| n.to_string()).unwrap_or_default()
    }

    /// The address of its page (`number`), or of the queue that says what was recorded (`decided`).
    pub(super) fn address(&self, as_parameter: &str) -> String {
        let (process, related) = (self.process_name(), self.related_text());
        let parameters = [
            (as_parameter, &*self.number),
            ("process", process),
            ("related", &related),
        ];
        link("/decisions", &parameters)
    }

    /// The decision on it among those that wait.
    pub(super) fn waits_in<'w>(&self, waiting: &'w [DecisionFile]) -> Option<&'w DecisionFile> {
        waiting.iter().find(|file| {
            let process = file.process.as_deref().unwrap_or_default();
            file.communication_number == self.number
                && file.related_entity == self.related
                && process.trim_start_matches("kyc_scoring") == self.process_name()
        })
    }
}

/// What is to be decided.
enum Matter {
    Evaluation(EvaluationRow),
    Match(ScreeningRow),
}

impl Matter {
    /// When it was evaluated or screened, UTC.
    fn at(&self) -> &str {
        match self {
            Matter::Evaluation(e) => &e.evaluated_at,
            Matter::Match(s) => &s.screened_at,
        }
    }
}

/// Everything that a person needs.
struct Case {
    about: About,
    /// The request.
    hit: Hit,
    matter: Matter,
    /// Every value of the customer as it came, by its path.
    fields: Vec<(String, String)>,
    /// Why nothing can be decided now.
    closed: Option<String>,
}

/// None where nothing has the number.
fn case(conn: &Connection, about: &About) -> Result<Option<Case>> {
    let search = Search {
        conn,
        until: None,
        business_unit: None,
    };
    let Some(hit) = search.accepted_number(&about.number)? else {
        return Ok(None);
    };
    let Some(assessment) = ask::assessment_at(conn, hit.batch_id, hit.position)? else {
        return Ok(None);
    };
    let number = &about.number;
    let matter = match about.process {
        None => {
            let all = ask::evaluations(conn, assessment)?;
            let mine = all.into_iter().rfind(|e| e.communication_number == *number);
            mine.map(Matter::Evaluation)
        }
        Some(process) => {
            let all = ask::screenings(conn, assessment)?;
            let mine = all.into_iter().rfind(|s| {
                s.communication_number == *number
                    && s.process == process.name()
                    && s.related == about.related.map(i64::from)
            });
            mine.map(Matter::Match)
        }
    };
    let Some(matter) = matter else {
        return Ok(None);
    };
    let closed = match about.process {
        None => refusal_of_decision(conn, number)?.map(|why| why.to_string()),
        Some(process) => {
            let related = about.related.map(|n| n.saturating_sub(1));
            let why = refusal_of_screening_decision(conn, number, process, related)?;
            why.map(|why| why.to_string())
        }
    };
    let judged = ask::judged(conn, hit.batch_id, hit.position)?;
    let payload = judged.and_then(|judged| judged.payload).unwrap_or_default();
    let leaves = ask::leaves(&payload).into_iter();
    Ok(Some(Case {
        about: about.clone(),
        fields: leaves
            .map(|leaf| (leaf.path, leaf.value.to_owned()))
            .collect(),
        hit,
        matter,
        closed,
    }))
}

/// What became of a decision that was sent just now.
pub(super) fn outcome(
    conn: &Connection,
    about: &About,
    waiting: &[DecisionFile],
) -> Result<Option<Markup>> {
    let (t, r) = (&EN.decisions, &EN.rating);
    let Some(case) = case(conn, about)? else {
        return Ok(None);
    };
    let decided = match &case.matter {
        Matter::Evaluation(e) => e.decision.as_ref().map(|d| {
            let what = if d.decision == "ACCEPTED" {
                r.accepted
            } else {
                r.rejected
            };
            let what = format!("{what}, {}", d.final_risk_level);
            (
                what,
                d.decided_by.as_deref().unwrap_or(r.the_matrix),
                &d.decided_at,
            )
        }),
        Matter::Match(s) => s.decision.as_ref().map(|d| {
            let what = if d.confirmed {
                r.confirmed
            } else {
                r.dismissed
            };
            let what = format!("{}, {what}", s.process);
            (
                what,
                d.decided_by.as_deref().unwrap_or(r.as_before),
                &d.decided_at,
            )
        }),
    };
    let number = html! { a href=(about.address("number")) { (value(&about.number)) } };
    Ok(Some(match decided {
        Some((what, by, at)) => html! {
            p.state.good role="status" {
                (t.recorded) " " (number) " " (what) ". " (r.by) " " (visible(by)) ", " (moment(at))
            }
        },
        None => {
            let says = match about.waits_in(waiting) {
                Some(_) => t.waits_in_inbox,
                None => t.in_work,
            };
            html! { p.state.idle role="status" { (says) " " (number) } }
        }
    }))
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    number: String,
    process: String,
    related: String,
    /// When what the person saw was evaluated or screened.
    seen: String,
    decision: String,
    ground: String,
    level: String,
    comment: String,
    by: String,
}

impl Typed {
    /// What is missing, in the words of the form.
    fn missing(&self, about: &About) -> Option<&'static str> {
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

    fn file(&self, about: &About) -> DecisionFile {
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

/// The page of one decision.
pub(super) async fn page(desk: &Arc<Desk>, about: About) -> Result<Markup, Failure> {
    let number = about.number.clone();
    let page = desk
        .read(move |desk, conn| {
            let case = case(conn, &about)?;
            let shown = |case| shown(desk, conn, &case, &Typed::default(), None);
            case.map(shown).transpose()
        })
        .await?;
    page.ok_or_else(|| unknown(&number))
}

fn unknown(number: &str) -> Failure {
    let t = &EN.decisions;
    Failure::missing(format!("{} {number}", t.unknown), t.unknown_next)
}

/// A form was sent: back to the queue, or the form again with what was wrong.
pub(super) async fn submitted(
    State(desk): State<Arc<Desk>>,
    form: Result<Form<Typed>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = form.map_err(|e| Failure::wrong(e.body_text()))?;
    let about = About::of(&typed.number, &typed.process, &typed.related)?;
    let (number, queue) = (about.number.clone(), about.address("decided"));
    let sent = desk
        .read(move |desk, conn| {
            let Some(first) = case(conn, &about)? else {
                return Ok(None);
            };
            let refused = match send(desk, conn, &first, &typed) {
                Ok(()) => return Ok(Some(Ok(()))),
                Err(e) if e.kind == Kind::Input => e,
                Err(e) => return Err(e),
            };
            // It may have been decided while this one was sent.
            let now = case(conn, &about)?.unwrap_or(first);
            let why = format!("{} {}", refused.what, refused.remedy);
            Ok(Some(Err(shown(desk, conn, &now, &typed, Some(&why))?)))
        })
        .await?;
    match sent {
        None => Err(unknown(&number)),
        Some(Ok(())) => Ok(Redirect::to(&queue).into_response()),
        Some(Err(page)) => Ok((StatusCode::BAD_REQUEST, page).into_response()),
    }
}

/// Puts the decision into the inbox, and waits for a while whether it is recorded.
fn send(desk: &Desk, conn: &Connection, case: &Case, typed: &Typed) -> Result<()> {
    let refused = |why: &str| Err(Trouble::new(Kind::Input, why, ""));
    if let Some(missing) = typed.missing(&case.about) {
        return refused(missing);
    }
    if case.closed.is_none() && typed.seen != case.matter.at() {
        return refused(EN.decisions.done_again);
    }
    let file = typed.file(&case.about);
    let sent = SubmittedDecision::put(&desk.home, &desk.config, conn, file)?;
    // Where it is not recorded by now, the queue says that it waits.
    sent.is_recorded_within(WAIT)?;
    Ok(())
}

fn shown(
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
            p.state.idle { (t.already) " " (visible(&file.decided_by)) "." }
        }
        h2 { (EN.rating.title) }
        @match &case.matter {
            Matter::Evaluation(e) => (rating::evaluation(e)),
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
                legend { (t.your_decision) }
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
