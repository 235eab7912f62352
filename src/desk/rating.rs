//! An evaluation and a screening of the history, with everything that they took: what the page of a
//! customer, of a customer in a file and of a decision show.

use std::cmp::Reverse;

use maud::{Markup, html};

use crate::evaluate::{Evaluation, FactorAccount, MatrixName, State, ValueAccount};
use crate::explain::plain;
use crate::history::ask::{DecisionRow, EvaluationRow, HitRow, ScreeningRow};
use crate::invisible::invisible_in;
use crate::text::{shortened, visible};

use super::page::{moment, wide};
use super::texts::EN;

/// Of a value no more characters than this are shown.
const SHOWN: usize = 200;

/// Characters of a version or a hash that are shown.
const VERSION: usize = 12;

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

/// The moment in a row of facts.
fn fact(name: &str, value: &Markup) -> Markup {
    html! { dt { (name) } dd { (value) } }
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
                (fact(t.state, &html! { (state) }))
                (fact(t.number, &value(&e.communication_number)))
                (fact(t.at, &moment(&e.evaluated_at)))
                @if let Some(why) = &e.why_not { (fact(t.not_evaluated, &value(why))) }
                @if let Some(d) = &e.decision { (decision(d)) }
                @if let Some(account) = &e.account { (conclusion(account)) }
                @if let Some(matrix) = &e.matrix { (of_matrix(matrix)) }
            }
            @if let Some(account) = &e.account {
                // A page may have several.
                @let label = format!("{}, {} {}", t.factors, e.communication_number, e.evaluated_at);
                details { summary { (t.factors) } (wide(&visible(&label), &factors(&account.factors))) }
            }
        }
    }
}

fn decision(d: &DecisionRow) -> Markup {
    let t = &EN.rating;
    let accepted = d.decision == "ACCEPTED";
    html! {
        (fact(t.decision, &html! { @if accepted { (t.accepted) } @else { (t.rejected) } ", " (d.final_risk_level) }))
        (fact(t.by, &html! { (by(d.decided_by.as_deref(), t.the_matrix)) ", " (moment(&d.decided_at)) }))
        @if let Some(ground) = &d.decision_ground { (fact(t.ground, &value(ground))) }
        @if let Some(comment) = &d.comment { (fact(t.comment, &html! { (visible(comment)) })) }
    }
}

fn by(name: Option<&str>, otherwise: &str) -> Markup {
    html! { @if let Some(name) = name { (visible(name)) } @else { (otherwise) } }
}

/// How the level comes about, but for the factors.
fn conclusion(account: &Evaluation) -> Markup {
    let t = &EN.rating;
    html! {
        (fact(t.score, &html! { (account.score) " " (t.of_100) ", " (account.level_of_score.name()) }))
        @for floor in &account.floors {
            (fact(t.floor, &html! {
                (visible(&floor.id)) ": " (t.at_least) " " (floor.at_least.name())
                @if !floor.factors.is_empty() { ", " (t.points_of) " " (visible(&floor.factors.join(", "))) }
                @for v in &floor.values { br; (taken(v)) }
            }))
        }
        @if let Some(level) = account.thin_data {
            (fact(t.thin_data, &html! {
                (account.without_data) " % " (t.without_data) ", " (t.at_least) " " (level.name())
            }))
        }
        @if !account.reasons.is_empty() {
            (fact(t.a_person_decides, &html! {
                @for (i, (reason, about)) in account.reasons.iter().enumerate() {
                    @if i > 0 { br; }
                    (visible(&reason.in_words(about)))
                }
            }))
        }
    }
}

fn of_matrix(matrix: &MatrixName) -> Markup {
    let t = &EN.rating;
    let hash = matrix.hash.get(..VERSION).unwrap_or(&matrix.hash);
    fact(
        t.matrix,
        &html! {
            (visible(&matrix.name)) " (" (visible(&matrix.file)) "), " (t.valid_from) " " (matrix.valid_from) ", "
            (t.owner) " " (visible(&matrix.owner)) ", SHA-256 " span title=(matrix.hash) { (hash) "…" }
        },
    )
}

/// Every factor with its part of the score, the greatest first.
fn factors(factors: &[FactorAccount]) -> Markup {
    let t = &EN.rating;
    let mut factors: Vec<&FactorAccount> = factors.iter().collect();
    factors.sort_by_key(|f| (Reverse(f.share_thousandths), Reverse(f.points), &f.group));
    html! {
        table.sortable {
            thead { tr { th { (t.factor) } th.n { (t.points) } th.n { (t.adds) } th { (t.taken) } } }
            tbody { @for f in factors { tr {
                td.name { (visible(&f.id)) br;
                    span.note { (t.group) " " (visible(&f.group)) ", " (t.weight) " " (f.weight) } }
                td.n { @if let Some(points) = f.points { (points) } @else { "–" } }
                td.n { @if f.points.is_some() { (thousandths(f.share_thousandths)) } @else { "–" } }
                td.wrap { (what_was_taken(f)) }
            } } }
        }
    }
}

fn what_was_taken(f: &FactorAccount) -> Markup {
    let t = &EN.rating;
    let without = match f.state {
        State::Points => None,
        State::Assumed => Some(t.assumed),
        State::Missing => Some(t.no_data),
        State::NotApplicable => Some(t.not_applicable),
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
                (fact(t.state, &html! { (state) }))
                (fact(t.screened, &html! {
                    (value(&s.name)) @if let Some(n) = s.related { ", " (t.related) " " (n) }
                }))
                (fact(t.number, &value(&s.communication_number)))
                (fact(t.at, &moment(&s.screened_at)))
                @if let Some(why) = &s.why_not { (fact(t.not_screened, &value(why))) }
                @if let Some(d) = &s.decision {
                    (fact(t.decision, &html! { @if d.confirmed { (t.confirmed) } @else { (t.dismissed) } }))
                    (fact(t.by, &html! { (by(d.decided_by.as_deref(), t.as_before)) ", " (moment(&d.decided_at)) }))
                    (fact(t.comment, &html! { (visible(&d.reason)) }))
                }
                @if !s.lists.is_empty() {
                    (fact(t.lists, &html! { @for (i, l) in s.lists.iter().enumerate() {
                        @if i > 0 { br; }
                        (version(&l.list, &l.date, &l.version))
                    } }))
                }
            }
            @for hit in &s.hits { (self::hit(hit)) }
        }
    }
}

fn version(list: &str, date: &str, version: &str) -> Markup {
    let t = &EN.rating;
    let start = version.get(..VERSION).unwrap_or(version);
    html! { (visible(list)) " " (t.of) " " (visible(date)) ", " (t.version) " " (visible(start)) }
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
    let words = html! {
        table.words {
            caption { (t.words) }
            thead { tr { th { (t.word) } th { (t.listed_word) } th.n { (t.alike) } th.n { (t.share) } } }
            tbody { @for (query, listed, alike, share) in &why.met { tr {
                td { (value(query)) } td { (value(listed)) }
                td.n { (thousandths((*alike).into())) } td.n { (share / 10) " %" }
            } } }
        }
    };
    html! {
        dl.facts.hit {
            (fact(t.on_the_list, &html! { strong { (value(&hit.entity_name)) } }))
            (fact(t.entity, &value(&hit.entity_id)))
            (fact(t.list, &version(&hit.list, &hit.date, &hit.version)))
            (fact(t.score, &html! { (format!("{:.3}", hit.score)) " (" (t.names_alone) " " (thousandths(why.names.into())) ")" }))
            @if let Some(born) = born { (fact(t.born, &html! { (born) })) }
            @if why.other_country { (fact(t.countries, &html! { (t.other_countries) })) }
        }
        (words)
    }
}
