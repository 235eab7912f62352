//! The page: HTML with its style and its charts in it, nothing that runs, everything escaped.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::text::visible;

use super::charts;
use super::figures::{About, Bar, Breakdown, Figures, Reason};

const STYLE: &str = include_str!("report.css");

/// A number with its thousands apart.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".into(),
        whole => format!("{:.1} %", 100.0 * part as f64 / whole as f64),
    }
}

/// Whether a file that begins like this is a report of ours.
pub fn is_report(beginning: &[u8]) -> bool {
    let text = String::from_utf8_lossy(beginning);
    text.starts_with("<!DOCTYPE html><html lang=\"en\">") && text.contains("<title>kycdrop: ")
}

/// The whole page. `now` is when it was made, as the history writes moments.
pub fn render(figures: &Figures, now: &str) -> String {
    let title = title(&figures.about);
    let all = figures.accepted + figures.rejected;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { "kycdrop: " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p.made {
                        "kycdrop " (env!("CARGO_PKG_VERSION")) ", made " (now)
                        @if let Some(last) = figures.last_batch { ", history up to batch " (last) }
                    }
                    @if let About::Batch(b) = &figures.about {
                        p { "Endpoint " (visible(&b.endpoint)) ", taken " (b.received_at) ", answered " (b.status) "." }
                        @if let Some(error) = &b.error { p.error { (visible(error)) } }
                    }
                }
                main {
                    section.tiles {
                        (tile("customers validated", &number(all)))
                        (tile("accepted", &percent(figures.accepted, all)))
                        (tile("rejected", &number(figures.rejected)))
                        @if figures.repeated > 0 { (tile("repeated", &number(figures.repeated))) }
                        (tile("assessments saved", &number(figures.assessments)))
                        (tile("new customers", &number(figures.created)))
                    }
                    (volumes(figures))
                    (reasons(&figures.reasons, figures.rejected))
                    (offices(figures))
                    @for breakdown in &figures.breakdowns { (counted(breakdown)) }
                    (sets(figures))
                }
                footer { p { "This page shows offices, codes and field paths, but no value that a customer gave." } }
            }
        }
    };
    page.into_string()
}

fn title(about: &About) -> String {
    match about {
        About::Period { from, to } => format!("{from} to {to}"),
        About::Batch(b) => format!("Batch {}, {}", b.batch_id, visible(&b.file_name)),
    }
}

fn tile(label: &str, value: &str) -> Markup {
    html! { div.tile { span.value { (value) } span.label { (label) } } }
}

fn chart(kind: &str, about: &str, svg: &Markup) -> Markup {
    html! { figure class=(kind) role="img" aria-label=(about) { (svg) } }
}

fn volumes(figures: &Figures) -> Markup {
    html! {
        @if figures.steps.len() > 1 {
            section {
                h2 { "Customers validated" }
                p.legend { span.accepted { "accepted" } " " span.rejected { "rejected" } }
                (chart("time", "Accepted and rejected customers over time", &charts::volumes(&figures.steps)))
                h2 { "Acceptance rate (%)" }
                (chart("time", "Acceptance rate over time", &charts::acceptance(&figures.steps)))
            }
        }
        @if !figures.steps.is_empty() {
            section {
                details open[figures.steps.len() <= 14] {
                    summary { "The figures" }
                    table {
                        thead { tr { th { "when" } th.n { "accepted" } th.n { "rejected" } th.n { "acceptance rate" } } }
                        tbody { @for s in &figures.steps {
                            tr { td.day { (s.label) } td.n { (number(s.accepted)) } td.n { (number(s.rejected)) }
                                td.n { (percent(s.accepted, s.accepted + s.rejected)) } }
                        } }
                    }
                }
            }
        }
    }
}

fn reasons(reasons: &[Reason], rejected: u64) -> Markup {
    let answered: Vec<Bar> = reasons
        .iter()
        .filter(|r| r.answers > 0)
        .take(12)
        .map(|r| Bar {
            label: r.code.clone(),
            count: r.answers,
        })
        .collect();
    html! {
        section {
            h2 { "Why customers were rejected" }
            @if reasons.is_empty() { p { "No customer was rejected." } } @else {
                (chart("bars", "Rejected customers by the code of the answer", &charts::bars(&answered)))
                table.reasons {
                    thead { tr { th { "code" } th { "what" } th { "where" } th.n { "answered" } th.n { "share" } th.n { "found" } } }
                    tbody { @for r in reasons {
                        tr {
                            td { code { (r.code) } }
                            td { (visible(&r.description)) @if !r.origin.is_empty() { br; small { (r.origin) } } }
                            td { @for (i, f) in r.fields.iter().enumerate() { @if i > 0 { br; } code { (visible(f)) } } }
                            td.n data-label="answered" { (number(r.answers)) }
                            td.n data-label="share" { (percent(r.answers, rejected)) }
                            td.n data-label="found" { (number(r.findings)) }
                        }
                    } }
                }
                p.note { "Answered: customers whose response has the code. Found: how often it was found, answered or not. " code { "kycdrop explain CODE" } " shows how to fix each." }
            }
        }
    }
}

fn offices(figures: &Figures) -> Markup {
    html! {
        @if !figures.offices.is_empty() {
            section {
                h2 { "Offices" }
                table {
                    thead { tr { th { "businessUnit" } th.n { "accepted" } th.n { "rejected" } th.n { "acceptance rate" } } }
                    tbody { @for o in &figures.offices {
                        tr { td { (visible(&o.name)) } td.n { (number(o.accepted)) } td.n { (number(o.rejected)) }
                            td.n { (percent(o.accepted, o.accepted + o.rejected)) } }
                    } }
                }
            }
        }
    }
}

fn counted(breakdown: &Breakdown) -> Markup {
    let Breakdown { title, note, bars } = breakdown;
    let all: u64 = bars.iter().map(|b| b.count).sum();
    html! {
        @if !bars.is_empty() {
            section {
                h2 { (title) }
                p.note { (note) }
                (chart("bars", title, &charts::bars(bars)))
                details {
                    summary { "The figures" }
                    table { tbody { @for b in bars {
                        tr { td { (visible(&b.label)) } td.n { (number(b.count)) } td.n { (percent(b.count, all)) } }
                    } } }
                }
            }
        }
    }
}

fn sets(figures: &Figures) -> Markup {
    html! {
        @if !figures.sets.is_empty() {
            section {
                h2 { "Classifiers used" }
                table {
                    thead { tr { th { "set" } th { "first" } th { "last" } th.n { "files" } } }
                    tbody { @for s in &figures.sets {
                        tr { td { code { (s.hash.get(..12).unwrap_or(&s.hash)) } } td { (s.first) } td { (s.last) } td.n { (number(s.files)) } }
                    } }
                }
                p.note { code { "kycdrop classifiers compare SET1 SET2" } " shows what changed between two." }
            }
        }
    }
}
