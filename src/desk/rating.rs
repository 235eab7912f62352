//! An evaluation and a screening of the history, with everything that they took: what the page of a
//! customer, of a customer in a file and of a decision show.

use std::cmp::Reverse;

use crate::evaluate::{
    Evaluation, FactorAccount, MatrixName, Reason, State as Taken, ValueAccount,
};
use crate::explain::plain;
use crate::history::ask::{DecisionRow, EvaluationRow, HitRow, MatchDecision, ScreeningRow};
use crate::invisible::invisible_in;
use crate::text::shortened;

use super::page::*;

/// Of a value no more characters than this are shown.
const SHOWN: usize = 200;

/// A value from outside, with what nobody sees in it.
pub(super) fn value(text: &str) -> Markup {
    let hidden = invisible_in(text);
    html! {
        (visible(&shortened(text, SHOWN)))
        @if let Some(hidden) = hidden { " " span.note { "(" (EN.rating.with) " " (hidden) ")" } }
    }
}

/// A value as it stands in a customer's JSON.
pub(super) fn json(text: &str) -> Markup {
    value(&plain(text))
}

/// An evaluation: what it came to and by what, what was decided by whom, and each factor with its part.
pub(super) fn evaluation(e: &EvaluationRow) -> Markup {
    let t = &EN.rating;
    let state = match e.state.as_str() {
        "PENDING" if e.initial_risk_level.is_none() => t.waits_for_matrix,
        "PENDING" => t.waits,
        "WAITING_FOR_APPROVAL_DATE" => t.waits_for_date,
        "SUPERSEDED" => t.superseded,
        _ => t.completed,
    };
    html! {
        section.card {
            h3 { (t.evaluation) @if let Some(level) = &e.initial_risk_level { ": " (level) } }
            dl.facts {
                dt { (t.state) } dd { (state) }
                dt { (EN.word.number) } dd { (value(&e.communication_number)) }
                dt { (t.at) } dd { (moment(&e.evaluated_at)) }
                @if let Some(why) = &e.why_not { dt { (t.not_evaluated) } dd { (value(why)) } }
                @if let Some(d) = &e.decision {
                    (Decided::on_evaluation(d).facts())
                    @if let Some(ground) = &d.decision_ground { dt { (EN.word.ground) } dd { (value(ground)) } }
                    (fact(t.comment, d.comment.as_deref().unwrap_or_default()))
                }
                @if let Some(account) = &e.account { (conclusion(account)) }
                @if let Some(matrix) = &e.matrix { (of_matrix(matrix)) }
            }
            @if let Some(account) = &e.account {
                // A page may have several.
                @let label = format!("{}, {} {}", t.factors, e.communication_number, e.evaluated_at);
                details { summary { (t.factors) } (factors(&visible(&label), &account.factors)) }
            }
        }
    }
}

/// A decision in words: what, by whom and when.
pub(super) struct Decided<'d> {
    pub what: String,
    pub by: &'d str,
    pub at: &'d str,
}

impl Decided<'_> {
    pub(super) fn on_evaluation(d: &DecisionRow) -> Decided<'_> {
        let t = &EN.rating;
        let what = match d.decision.as_str() {
            "ACCEPTED" => EN.batch.accepted,
            _ => EN.batch.rejected,
        };
        Decided {
            what: format!("{what}, {}", d.final_risk_level),
            by: d.decided_by.as_deref().unwrap_or(t.the_matrix),
            at: &d.decided_at,
        }
    }

    pub(super) fn on_match(d: &MatchDecision) -> Decided<'_> {
        let t = &EN.rating;
        let what = if d.confirmed {
            t.confirmed
        } else {
            t.dismissed
        };
        Decided {
            what: what.to_owned(),
            by: d.decided_by.as_deref().unwrap_or(t.as_before),
            at: &d.decided_at,
        }
    }

    fn facts(&self) -> Markup {
        html! {
            dt { (EN.rating.decision) } dd { (self.what) }
            dt { (EN.rating.by) } dd { (visible(self.by)) ", " (moment(self.at)) }
        }
    }
}

/// Why a person decides.
pub(super) fn reasons(reasons: &[(Reason, String)]) -> Markup {
    html! { @for (i, (reason, about)) in reasons.iter().enumerate() {
        @if i > 0 { br; }
        (visible(&reason.in_words(about)))
    } }
}

/// How the level comes about, but for the factors.
fn conclusion(account: &Evaluation) -> Markup {
    let t = &EN.rating;
    html! {
        dt { (EN.word.score) } dd { (account.score) " " (t.of_100) ", " (account.level_of_score.name()) }
        @for floor in &account.floors {
            dt { (t.floor) } dd {
                (visible(&floor.id)) ": " (t.at_least) " " (floor.at_least.name())
                @if !floor.factors.is_empty() { ", " (t.points_of) " " (visible(&floor.factors.join(", "))) }
                @for v in &floor.values { br; (taken(v)) }
            }
        }
        @if let Some(level) = account.thin_data {
            dt { (t.thin_data) } dd {
                (account.without_data) " % " (t.without_data) ", " (t.at_least) " " (level.name())
            }
        }
        @if !account.reasons.is_empty() {
            dt { (t.a_person_decides) } dd { (reasons(&account.reasons)) }
        }
    }
}

fn of_matrix(matrix: &MatrixName) -> Markup {
    let t = &EN.rating;
    html! {
        dt { (t.matrix) }
        dd {
            (visible(&matrix.name)) " (" (visible(&matrix.file)) "), " (t.valid_from) " " (matrix.valid_from) ", "
            (t.owner) " " (visible(&matrix.owner)) ", SHA-256 " span title=(matrix.hash) { (beginning(&matrix.hash)) "…" }
        }
    }
}

/// Every factor with its part of the score, the greatest first.
fn factors(label: &str, factors: &[FactorAccount]) -> Markup {
    let t = &EN.rating;
    let mut factors: Vec<&FactorAccount> = factors.iter().collect();
    factors.sort_by_key(|f| (Reverse(f.share_thousandths), Reverse(f.points), &f.group));
    let heads = html! { th { (t.factor) } th.n { (t.points) } th.n { (t.adds) } th { (t.taken) } };
    let rows = html! { @for f in factors { tr {
        td.name { (visible(&f.id)) br;
            span.note { (t.group) " " (visible(&f.group)) ", " (t.weight) " " (f.weight) } }
        @match f.points {
            Some(points) => { td.n { (points) } td.n { (thousandths(f.share_thousandths)) } }
            None => { td.n { "–" } td.n { "–" } }
        }
        td.wrap { (what_was_taken(f)) }
    } } };
    table(label, &heads, &rows)
}

fn what_was_taken(f: &FactorAccount) -> Markup {
    let t = &EN.rating;
    let without = match f.state {
        Taken::Points => None,
        Taken::Assumed => Some(t.assumed),
        Taken::Missing => Some(t.no_data),
        Taken::NotApplicable => Some(t.not_applicable),
    };
    html! {
        @if let Some(without) = without { span.note { (without) } " " }
        @for (i, v) in f.values.iter().enumerate() { @if i > 0 { br; } (taken(v)) }
    }
}

/// A value, and what it counts as.
fn taken(v: &ValueAccount) -> Markup {
    let t = &EN.rating;
    let number = v.number_thousandths.map(|n| (n / 1000).to_string());
    html! {
        code { (visible(&v.path)) } " " (value(&v.value))
        @if let Some(number) = number.filter(|n| *n != v.value) { ", " (t.counts_as) " " (number) }
        @if let Some(rating) = &v.rating { ", " (t.rated) " " (visible(rating)) }
        @if v.unrated { ", " (t.not_rated) }
        @if let Some(points) = v.points { ": " (points) }
    }
}

/// Thousandths as a decimal fraction.
fn thousandths(n: u32) -> String {
    format!("{}.{:03}", n / 1000, n % 1000)
}

/// A screening: the lists, whom it may be and why, and what was decided by whom.
pub(super) fn screening(s: &ScreeningRow) -> Markup {
    let t = &EN.rating;
    let state = match (s.status.as_str(), &s.why_not) {
        ("SUPERSEDED", _) => t.superseded,
        ("PENDING", Some(_)) => t.waits_for_list,
        ("PENDING", None) => t.match_waits,
        _ if s.hits.is_empty() => t.no_match,
        _ => t.completed,
    };
    html! {
        section.card {
            h3 { (t.screening) ": " (s.process) }
            dl.facts {
                dt { (t.state) } dd { (state) }
                dt { (t.screened) } dd {
                    (value(&s.name)) @if let Some(n) = s.related { ", " (EN.word.related) " " (n) }
                }
                dt { (EN.word.number) } dd { (value(&s.communication_number)) }
                dt { (t.at) } dd { (moment(&s.screened_at)) }
                @if let Some(why) = &s.why_not { dt { (t.not_screened) } dd { (value(why)) } }
                @if let Some(d) = &s.decision {
                    (Decided::on_match(d).facts())
                    (fact(t.comment, &d.reason))
                }
                @if !s.lists.is_empty() {
                    dt { (t.lists) } dd { @for (i, l) in s.lists.iter().enumerate() {
                        @if i > 0 { br; }
                        (version(&l.list, &l.date, &l.version))
                    } }
                }
            }
            @for hit in &s.hits { (self::hit(hit)) }
        }
    }
}

fn version(list: &str, date: &str, version: &str) -> Markup {
    let t = &EN.rating;
    html! { (visible(list)) " " (t.of) " " (visible(date)) ", " (t.version) " " (visible(beginning(version))) }
}

/// Whom it may be, and which words met.
pub(super) fn hit(hit: &HitRow) -> Markup {
    let t = &EN.rating;
    let why = &hit.reasons;
    let born = match why.born.as_str() {
        "Same" => Some(t.same_birth),
        "Near" => Some(t.near_birth),
        "Apart" => Some(t.other_birth),
        _ => None,
    };
    html! {
        dl.facts.hit {
            dt { (t.on_the_list) } dd { strong { (value(&hit.entity_name)) } }
            dt { (t.entity) } dd { (value(&hit.entity_id)) }
            dt { (t.list) } dd { (version(&hit.list, &hit.date, &hit.version)) }
            dt { (EN.word.score) } dd { (format!("{:.3}", hit.score)) " (" (t.names_alone) " " (thousandths(why.names.into())) ")" }
            @if let Some(born) = born { dt { (t.born) } dd { (born) } }
            @if why.other_country { dt { (t.countries) } dd { (t.other_countries) } }
        }
        table.words {
            caption { (t.words) }
            thead { tr { th { (t.word) } th { (t.listed_word) } th.n { (t.alike) } th.n { (t.share) } } }
            tbody { @for (query, listed, alike, share) in &why.met { tr {
                td { (value(query)) } td { (value(listed)) }
                td.n { (thousandths((*alike).into())) } td.n { (share / 10) " %" }
            } } }
        }
    }
}
