//! Findings of a customer, as the check and the pages of a batch show them.

use maud::{Markup, html};

use crate::explain::{ExplainedFinding, ExplainedWarning, shown_name};
use crate::position::Position;
use crate::text::visible;

use super::page::link;
use super::texts::EN;

/// Where the customer's text begins in the file; None in the first place where it is not known.
pub(super) type Begins = Option<Position>;

/// Findings, each with its place, what is allowed there and what to do. `of_customer`: their places are
/// those in the customer, which begins there in the file; None where they are those in the file.
pub(super) fn findings(findings: &[ExplainedFinding], of_customer: Option<Begins>) -> Markup {
    let t = &EN.batch;
    html! {
        ol.findings { @for f in findings { li {
            p { strong { (f.code) } " " (visible(&f.description))
                @if f.answered { " " span.note { (t.the_answer) } } }
            dl.facts {
                dt { (t.at) }
                dd { code { (visible(&f.given())) } br;
                    span.note { @if f.value.is_none() { (t.object_begins) " " }
                        (place(of_customer, f.position)) } }
                (fact(t.allowed, &f.allowed))
                (fact(t.nearest, &f.nearest_codes()))
                dt { (t.fix) } dd { (advice(&f.fix)) }
                (fact(t.origin, &f.origin()))
            }
        } } }
    }
}

/// Warnings: they reject nobody.
pub(super) fn warnings(warnings: &[ExplainedWarning], begins: Begins) -> Markup {
    let t = &EN.batch;
    html! {
        @if !warnings.is_empty() {
            ul.findings { @for w in warnings { li {
                p { strong { (t.warning) ": " (w.kind) } " " code { (visible(&w.path)) } " " (visible(&w.detail)) }
                dl.facts {
                    @if !w.path.is_empty() { (fact(t.at, &place(Some(begins), w.position))) }
                    (fact(t.fix, w.fix))
                }
            } } }
        }
    }
}

/// The ids of a customer, as far as they are given.
pub(super) fn ids(ids: [(&str, Option<&str>); 3]) -> Markup {
    html! {
        p.note { @for (label, id) in ids { @if let Some(id) = id {
            (label) " " strong { (visible(&shown_name(id))) } " "
        } } }
    }
}

/// A name and what there is to say, if there is anything.
pub(super) fn fact(name: &str, text: &str) -> Markup {
    html! { @if !text.is_empty() { dt { (name) } dd { (visible(text)) } } }
}

/// What to do. A command that lists a classifier becomes a link to its page.
fn advice(text: &str) -> Markup {
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    html! { @for (i, part) in text.split('`').enumerate() {
        @let classifier = part.strip_prefix("kycdrop classifiers show ").filter(is_name);
        @match (i % 2, classifier) {
            (1, Some(name)) => a href=(link(&format!("/classifiers/{name}"), &[])) { (name) },
            (1, None) => code { (visible(part)) },
            _ => (visible(part)),
        }
    } }
}

fn place(of_customer: Option<Begins>, at: Position) -> String {
    let t = &EN.batch;
    match of_customer {
        None => format!("{at} {}", t.of_file),
        Some(Some(begins)) => format!("{} {}", begins.of_inner(at), t.of_file),
        Some(None) => format!("{at} {}", t.of_customer),
    }
}
