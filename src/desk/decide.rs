//! One decision: everything that a person needs for it, and the form that sends it. It becomes a file in
//! `inbox/decisions`, which the process that works on the home answers.

use std::time::Duration;

use axum::body::Bytes;

use crate::catalog::{Classifier, RiskLevel, ScreeningProcess};
use crate::daemon::submit::SubmittedDecision;
use crate::history::ask::{self, EvaluationRow, Hit, ScreeningRow};
use crate::history::{OpenMatch, refusal_of_decision, refusal_of_screening_decision};
use crate::ingest::{DecisionFile, to_check_with};

use super::customer::{address, ratings, search, short};
use super::decisions::waiting;
use super::page::*;
use super::rating::{self, Decided, json, value};

/// How long a decision is waited for. After it, or where nothing works on the home, it stays in the inbox.
const WAIT: Duration = Duration::from_secs(5);

/// The most fields of a customer that are shown.
const FIELDS: usize = 500;

/// What a decision is about.
#[derive(Clone, Default)]
pub(super) struct About {
    /// The communicationNumber.
    pub number: String,
    /// The process of screening; None: an evaluation.
    pub process: Option<ScreeningProcess>,
    /// The number of the related entity, from 1; None: the customer.
    pub related: Option<u32>,
}

impl About {
    /// What an address or a form says; None where it has no number of this name.
    pub(super) fn of(given: &Given, number: &str) -> Result<Option<About>> {
        let t = &EN.decisions;
        let (process, related) = (given.get("process"), given.get("related"));
        let no_process = || Failure::wrong(format!("{} {process}", t.no_process), "");
        let about = About {
            number: given.exact(number).to_owned(),
            process: match process {
                "" => None,
                name => Some(ScreeningProcess::from_name(name).ok_or_else(no_process)?),
            },
            related: match related {
                "" => None,
                text => match text.parse() {
                    Ok(n @ 1..) => Some(n),
                    _ => return Err(Failure::wrong(t.no_related, "")),
                },
            },
        };
        Ok(Some(about).filter(|about| !about.number.is_empty()))
    }

    pub(super) fn of_match(open: &OpenMatch) -> About {
        About {
            number: open.communication_number.clone(),
            process: ScreeningProcess::from_name(&open.process),
            related: open.related.and_then(|n| u32::try_from(n).ok()),
        }
    }

    /// As parameters of an address and fields of a form; the number has this name.
    fn parameters<'a>(&'a self, number: &'a str) -> [(&'a str, String); 3] {
        let process = self.process.map_or("", ScreeningProcess::name);
        let related = self.related.map(|n| n.to_string());
        [
            (number, self.number.clone()),
            ("process", process.to_owned()),
            ("related", related.unwrap_or_default()),
        ]
    }

    /// The address of its page (`number`), or of the queue that says what was recorded (`decided`).
    pub(super) fn address(&self, number: &str) -> String {
        link("/decisions", &self.parameters(number))
    }

    /// The decision on it among those that wait.
    pub(super) fn waits_in<'w>(&self, waiting: &'w [DecisionFile]) -> Option<&'w DecisionFile> {
        waiting.iter().find(|file| {
            let process = file.process.as_deref().unwrap_or_default();
            file.communication_number == self.number
                && file.related_entity == self.related
                && process.trim_start_matches("kyc_scoring")
                    == self.process.map_or("", ScreeningProcess::name)
        })
    }

    fn unknown(&self) -> Failure {
        let what = format!("{} {}", EN.decisions.unknown, self.number);
        Failure::missing(what, EN.decisions.unknown_next)
    }
}

/// What is to be decided.
enum Matter {
    Evaluation(Box<EvaluationRow>),
    Match(Box<ScreeningRow>),
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
    /// The screenings of the request.
    screenings: Vec<ScreeningRow>,
    /// Why nothing can be decided now.
    closed: Option<String>,
}

/// None where nothing has the number.
fn case(conn: &Connection, about: &About) -> Result<Option<Case>> {
    let number = &about.number;
    let Some(hit) = search(conn, None).accepted_number(number)? else {
        return Ok(None);
    };
    let Some(assessment) = ask::assessment_at(conn, hit.batch_id, hit.position)? else {
        return Ok(None);
    };
    let mut screenings = ask::screenings(conn, assessment)?;
    let (matter, closed) = match about.process {
        None => {
            let mut all = ask::evaluations(conn, assessment)?.into_iter();
            let mine = all.rfind(|e| e.communication_number == *number);
            let closed = refusal_of_decision(conn, number)?.map(|why| why.to_string());
            (mine.map(|e| Matter::Evaluation(Box::new(e))), closed)
        }
        Some(process) => {
            let mine = screenings.iter().rposition(|s| {
                s.communication_number == *number
                    && s.process == process.name()
                    && s.related == about.related.map(i64::from)
            });
            let mine = mine.map(|i| screenings.swap_remove(i));
            let related = about.related.map(|n| n.saturating_sub(1));
            let why = refusal_of_screening_decision(conn, number, process, related)?;
            let closed = why.map(|why| why.to_string());
            (mine.map(|s| Matter::Match(Box::new(s))), closed)
        }
    };
    let judged = ask::judged(conn, hit.batch_id, hit.position)?;
    let payload = judged.and_then(|judged| judged.payload).unwrap_or_default();
    let leaves = ask::leaves(&payload).into_iter();
    let fields = leaves.map(|leaf| (leaf.path, leaf.value.to_owned()));
    Ok(matter.map(|matter| Case {
        about: about.clone(),
        hit,
        matter,
        fields: fields.collect(),
        screenings,
        closed,
    }))
}

/// What became of a decision that was sent just now; nothing where nothing has its number.
pub(super) fn outcome(
    conn: &Connection,
    about: &About,
    waiting: &[DecisionFile],
) -> Result<Markup> {
    let t = &EN.decisions;
    let Some(case) = case(conn, about)? else {
        return Ok(html! {});
    };
    let decided = match &case.matter {
        Matter::Evaluation(e) => e.decision.as_ref().map(Decided::on_evaluation),
        Matter::Match(s) => s.decision.as_ref().map(|d| {
            let decided = Decided::on_match(d);
            let what = format!("{}, {}", s.process, decided.what);
            Decided { what, ..decided }
        }),
    };
    let number = html! { a href=(about.address("number")) { (value(&about.number)) } };
    Ok(match decided {
        Some(Decided { what, by, at }) => html! {
            p.state.good role="status" {
                (t.recorded) " " (number) " " (what) ". " (EN.rating.by) " " (visible(by)) ", " (moment(at))
            }
        },
        None => {
            let waits = about.waits_in(waiting).is_some();
            let says = if waits { t.waits_in_inbox } else { t.in_work };
            html! { p.state.idle role="status" { (says) " " (number) } }
        }
    })
}

/// The page of one decision.
pub(super) async fn page(desk: &Arc<Desk>, about: About) -> Result<Markup> {
    let page = move |desk: &Desk, conn: &mut Connection| {
        let case = case(conn, &about)?.ok_or_else(|| about.unknown())?;
        shown(desk, conn, &case, &Given::default(), None)
    };
    desk.read(page).await
}

/// A form was sent: back to the queue, or the form again with what was wrong.
pub(super) async fn submitted(State(desk): Here, body: Bytes) -> Result<Response> {
    let typed = Given::of(&body);
    let about = About::of(&typed, "number")?.unwrap_or_default();
    let answer = move |desk: &Desk, conn: &mut Connection| {
        let first = case(conn, &about)?.ok_or_else(|| about.unknown())?;
        let refused = match send(desk, conn, &first, &typed) {
            Ok(()) => return Ok(Redirect::to(&about.address("decided")).into_response()),
            Err(e) if e.kind == Kind::Input => format!("{} {}", e.what, e.remedy),
            Err(e) => return Err(e.into()),
        };
        // It may have been decided while this one was sent.
        let now = case(conn, &about)?.unwrap_or(first);
        let page = shown(desk, conn, &now, &typed, Some(&refused))?;
        Ok((StatusCode::BAD_REQUEST, page).into_response())
    };
    desk.read(answer).await
}

/// Puts the decision into the inbox, and waits for a while whether it is recorded.
fn send(desk: &Desk, conn: &Connection, case: &Case, typed: &Given) -> Result<(), Trouble> {
    let t = &EN.decisions;
    let refused = |why: &str| Err(Trouble::new(Kind::Input, why, ""));
    let about = &case.about;
    let is_match = about.process.is_some();
    let needed = [
        ("decision", t.no_decision, true),
        ("ground", t.no_ground, !is_match),
        ("comment", t.no_reason, is_match),
        ("by", t.no_name, true),
    ];
    for (name, says, is_needed) in needed {
        if is_needed && typed.get(name).is_empty() {
            return refused(says);
        }
    }
    if case.closed.is_none() && typed.exact("seen") != case.matter.at() {
        return refused(t.done_again);
    }
    let given = |name| Some(typed.exact(name)).filter(|_| !typed.get(name).is_empty());
    let of_evaluation = |name| given(name).filter(|_| !is_match).map(str::to_owned);
    let file = DecisionFile {
        communication_number: about.number.clone(),
        process: about.process.map(|process| process.name().to_owned()),
        related_entity: about.related,
        decision: typed.exact("decision").to_owned(),
        decision_ground_code: of_evaluation("ground"),
        final_risk_level: of_evaluation("level"),
        decided_by: typed.exact("by").to_owned(),
        // A browser sends the line breaks of a text as CR LF.
        comment: given("comment").map(|text| text.replace("\r\n", "\n")),
    };
    let sent = SubmittedDecision::put(&desk.home, &desk.config, conn, file)?;
    // Where it is not recorded by now, the queue says that it waits.
    sent.is_recorded_within(WAIT)?;
    Ok(())
}

/// The page: who it is, what was found, and the form, with what was typed and why it was refused.
fn shown(
    desk: &Desk,
    conn: &Connection,
    case: &Case,
    typed: &Given,
    refused: Option<&str>,
) -> Result<Markup> {
    let t = &EN.decisions;
    let hit = &case.hit;
    let waiting = waiting(&desk.home)?;
    let id = hit.customer_ext_id.as_deref().unwrap_or_default();
    let name = hit.name.as_deref().unwrap_or(id);
    let comment = typed.get("comment");
    let content = html! {
        @if let Some(why) = refused { p.state.bad role="alert" { (t.refused) " " (visible(why)) } }
        p {
            (value(name)) ", " (value(id))
            @if let Some(unit) = &hit.business_unit { ", " (value(unit)) }
            ". " a href=(address(id, hit.business_unit.as_deref())) { (t.to_customer) }
        }
        @if let Some(file) = case.about.waits_in(&waiting) {
            p.state.idle { (t.already) " " (visible(&file.decided_by)) }
        }
        h2 { (EN.rating.title) }
        @match &case.matter {
            Matter::Evaluation(e) => { (rating::evaluation(e)) (ratings(&[], &case.screenings)) }
            Matter::Match(s) => div.sides {
                section.card { h3 { (t.as_it_came) } (subject(case)) }
                (rating::screening(s))
            },
        }
        details { summary { (t.as_it_came) } (fields(&case.fields)) }
        @match &case.closed {
            Some(why) => {
                p.state.idle { (visible(why)) }
                @if !comment.is_empty() { p { (t.you_wrote) ": " (visible(comment)) } }
            }
            None => (form(desk, conn, case, typed)?),
        }
    };
    let title = format!("{}: {}", EN.nav.decisions, visible(&short(name)));
    Ok(desk.page("/decisions", &title, &content))
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
    let heads = html! { th { (EN.word.field) } th { (t.value) } };
    let rows = html! { @for (path, text) in fields.iter().take(FIELDS) {
        tr { td { code { (visible(path)) } } td { (json(text)) } }
    } };
    html! {
        (table(t.as_it_came, &heads, &rows))
        @if let Some(more @ 1..) = fields.len().checked_sub(FIELDS) { p.note { (more) " " (t.more_fields) } }
    }
}

fn form(desk: &Desk, conn: &Connection, case: &Case, typed: &Given) -> Result<Markup> {
    let t = &EN.decisions;
    let (yes, no) = match case.about.process {
        None => (("ACCEPTED", t.accept), ("REJECTED", t.reject)),
        Some(_) => (("CONFIRMED", t.confirm), ("DISMISSED", t.dismiss)),
    };
    let computed = match &case.matter {
        Matter::Evaluation(e) => Some(e.initial_risk_level.as_deref().unwrap_or_default()),
        Matter::Match(_) => None,
    };
    Ok(html! {
        h2 { (t.your_decision) }
        form.decision method="post" action=(desk.action("/decisions")) {
            @for (name, text) in case.about.parameters("number") { input type="hidden" name=(name) value=(text); }
            input type="hidden" name="seen" value=(case.matter.at());
            fieldset {
                legend { (t.what) }
                @for (code, says) in [yes, no] {
                    label { input type="radio" name="decision" value=(code) required checked[typed.get("decision") == code]; (says) }
                }
            }
            @if let Some(computed) = computed {
                label { (EN.word.ground) br; select name="ground" required { (grounds(desk, conn, typed.get("ground"))?) } }
                label { (t.final_level) br; select name="level" { (levels(computed, typed.get("level"))) } }
            }
            label {
                @if computed.is_some() { (t.comment) } @else { (t.reason) } br;
                textarea name="comment" maxlength="4000" required[computed.is_none()] { "\n" (typed.exact("comment")) }
            }
            label {
                (t.your_name) br;
                input name="by" value=(typed.exact("by")) required maxlength="256" size="36" autocomplete="name" data-keep;
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
