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

use crate::catalog::ScreeningProcess;
use crate::daemon::submit::SubmittedDecision;
use crate::history::ask::{self, EvaluationRow, Hit, ScreeningRow, Search};
use crate::history::{OpenMatch, refusal_of_decision, refusal_of_screening_decision};
use crate::ingest::DecisionFile;
use crate::text::visible;
use crate::trouble::{Kind, Result, Trouble};

use super::Desk;
use super::decision_form::{Typed, shown};
use super::page::{Failure, link, moment};
use super::rating::value;
use super::texts::EN;

/// How long a decision is waited for. After it, or where nothing works on the home, it stays in the inbox.
const WAIT: Duration = Duration::from_secs(5);

/// What a decision is about.
#[derive(Clone)]
pub(super) struct About {
    /// The communicationNumber.
    pub number: String,
    /// The process of screening; None: an evaluation.
    pub process: Option<ScreeningProcess>,
    /// The number of the related entity, from 1; None: the customer.
    pub related: Option<u32>,
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

    pub(super) fn process_name(&self) -> &'static str {
        self.process.map_or("", ScreeningProcess::name)
    }

    pub(super) fn related_text(&self) -> String {
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
pub(super) enum Matter {
    Evaluation(Box<EvaluationRow>),
    Match(Box<ScreeningRow>),
}

impl Matter {
    /// When it was evaluated or screened, UTC.
    pub(super) fn at(&self) -> &str {
        match self {
            Matter::Evaluation(e) => &e.evaluated_at,
            Matter::Match(s) => &s.screened_at,
        }
    }
}

/// Everything that a person needs.
pub(super) struct Case {
    pub about: About,
    /// The request.
    pub hit: Hit,
    pub matter: Matter,
    /// Every value of the customer as it came, by its path.
    pub fields: Vec<(String, String)>,
    /// The screenings of the request, where its evaluation is to be decided.
    pub screenings: Vec<ScreeningRow>,
    /// Why nothing can be decided now.
    pub closed: Option<String>,
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
            mine.map(|e| Matter::Evaluation(Box::new(e)))
        }
        Some(process) => {
            let all = ask::screenings(conn, assessment)?;
            let mine = all.into_iter().rfind(|s| {
                s.communication_number == *number
                    && s.process == process.name()
                    && s.related == about.related.map(i64::from)
            });
            mine.map(|s| Matter::Match(Box::new(s)))
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
        screenings: match about.process {
            None => ask::screenings(conn, assessment)?,
            Some(_) => Vec::new(),
        },
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
