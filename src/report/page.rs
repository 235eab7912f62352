//! The page: HTML with its style and its charts in it, nothing that runs, everything escaped.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::text::{counted as several, visible};

use super::charts;
use super::figures::{About, Bar, Breakdown, Figures, Office, Reason, Set, Step, Timeline, Top};

const STYLE: &str = include_str!("report.css");

/// What a page says of who made it.
#[derive(Clone, Copy, Debug)]
pub struct Letterhead<'a> {
    /// The name of the institution.
    pub institution: Option<&'a str>,
    /// The name of the branch.
    pub branch: Option<&'a str>,
    /// When the page was made, as the history writes moments.
    pub made: &'a str,
}

impl Letterhead<'_> {
    /// Institution and branch; empty where neither is set.
    fn who(&self) -> String {
        let branch = self.branch.map(|name| format!("branch {name}"));
        let parts = [self.institution, branch.as_deref()];
        let parts: Vec<_> = parts.into_iter().flatten().map(visible).collect();
        parts.join(", ")
    }
}

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

/// A figure that can lead to what was counted.
#[derive(Clone, Copy)]
pub(crate) enum To<'f> {
    /// A day or a longer span of the time axis.
    Step(&'f Step),
    /// The customers that were answered with a reason.
    Answered(&'f Reason),
    /// Every finding of a reason.
    Found(&'f Reason),
    /// An office.
    Office(&'f Office),
    /// The rejected customers of an office.
    Rejected(&'f Office),
    /// A row of a breakdown.
    Bar(&'f Breakdown, &'f Bar),
    /// A set of classifiers.
    Set(&'f Set),
}

/// The address that a figure leads to, if any.
pub(crate) type Links<'l> = &'l dyn Fn(To<'_>) -> Option<String>;

fn linked(href: Option<String>, content: &Markup) -> Markup {
    html! {
        @match href {
            Some(href) => { a href=(href) { (content) } }
            None => { (content) }
        }
    }
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

/// The whole page.
pub fn render(figures: &Figures, head: Letterhead<'_>) -> String {
    let title = title(&figures.about);
    let who = head.who();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { "kycdrop: " @if !who.is_empty() { (who) ": " } (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { @if !who.is_empty() { span.who { (who) } " " } (title) }
                    p.made {
                        "kycdrop " (env!("CARGO_PKG_VERSION")) ", made " (moment(head.made))
                        @if let Some(last) = figures.last_batch { ", history up to batch " (last) }
                    }
                    @if let About::Batch(b) = &figures.about {
                        p { "Endpoint " (visible(&b.endpoint)) ", taken " (moment(&b.received_at)) ", answered " (b.status) "." }
                        @if let Some(error) = &b.error { p.error { (visible(error)) } }
                    }
                    @if figures.last_batch.is_none() { p { "Nothing is recorded yet." } }
                }
                main { (content(figures, &|_| None)) }
                footer { p { "This page shows offices, codes and field paths, but no value that a customer gave. Days and times are in UTC." } }
            }
        }
    };
    page.into_string()
}

/// The figures without a page around them: tiles, charts and tables below headings of the second level.
pub(crate) fn content(figures: &Figures, links: Links<'_>) -> Markup {
    html! {
        (tiles(figures))
        @if let Some(timeline) = &figures.timeline { (over_time(timeline, links)) }
        (reasons(&figures.reasons, figures.rejected, links))
        div.pair {
            (offices(&figures.offices, links))
            @for breakdown in &figures.breakdowns { (counted(breakdown, links)) }
        }
        (sets(figures, links))
    }
}

/// A moment of the history for people: to the minute.
fn moment(text: &str) -> Markup {
    let minute = text.get(..16).unwrap_or(text).replace('T', " ");
    html! { span.moment { (minute) } }
}

fn title(about: &About) -> String {
    match about {
        About::Period { from, to } => format!("{from} to {to}"),
        About::Batch(b) => format!("Batch {}, {}", b.batch_id, visible(&b.file_name)),
    }
}

fn tiles(figures: &Figures) -> Markup {
    let Figures {
        accepted, rejected, ..
    } = *figures;
    let all = accepted + rejected;
    let counts =
        |n: u64, one: &str, several: &str| tile(if n == 1 { one } else { several }, &number(n));
    html! {
        section.tiles {
            (counts(all, "customer validated", "customers validated"))
            (tile("accepted", &percent(accepted, all)))
            (tile("rejected", &number(rejected)))
            @if figures.repeated > 0 { (tile("repeated", &number(figures.repeated))) }
            (counts(figures.assessments, "assessment saved", "assessments saved"))
            (counts(figures.created, "new customer", "new customers"))
        }
    }
}

fn tile(label: &str, value: &str) -> Markup {
    html! { div.tile { span.value { (value) } span.label { (label) } } }
}

/// A heading over a list, with how much of it is shown if that is not all.
fn heading<T>(title: &str, top: &Top<T>) -> Markup {
    html! {
        h2 { (title) @if top.rows.len() < top.all { " " small { (top.rows.len()) " of " (number(top.all as u64)) } } }
    }
}

fn over_time(timeline: &Timeline, links: Links<'_>) -> Markup {
    let Timeline { axis, steps } = timeline;
    let slot = axis.name;
    let shown: Vec<&Step> = steps.iter().filter(|s| s.customers() > 0).collect();
    // An image has nothing in it that leads on.
    let leads_on = shown.iter().any(|s| links(To::Step(s)).is_some());
    let role = (!leads_on).then_some("img");
    html! {
        section {
            @if shown.is_empty() {
                h2 { "Customers validated by " (slot) }
                p { "No customer was validated." }
            } @else {
                div.charts {
                    div.chart {
                        h2 { "Customers validated by " (slot) }
                        p.legend { span.accepted { "accepted" } " " span.rejected { "rejected" } }
                        figure role=[role] aria-label=(volumes_in_words(slot, &shown)) { (charts::volumes(timeline, links)) }
                    }
                    div.chart {
                        h2 { "Acceptance rate by " (slot) " (%)" }
                        figure role=[role] aria-label=(acceptance_in_words(slot, &shown)) { (charts::acceptance(timeline)) }
                    }
                }
                div.figures tabindex="0" role="region" aria-label={ "The figures by " (slot) } {
                    table {
                        thead { tr { th { (slot) @if slot == "week" { " from" } } th.n { "accepted" } th.n { "rejected" } th.n { "rate" } } }
                        tbody { @for s in shown {
                            tr { td.day { (linked(links(To::Step(s)), &html! { (s.label) })) } td.n { (number(s.accepted)) } td.n { (number(s.rejected)) }
                                td.n { (percent(s.accepted, s.customers())) } }
                        } }
                    }
                }
            }
        }
    }
}

fn volumes_in_words(slot: &str, steps: &[&Step]) -> String {
    let sum = |count: fn(&Step) -> u64| steps.iter().map(|s| count(s)).sum();
    let most = steps.iter().rev().max_by_key(|s| s.customers());
    let most = most.map(|s| format!("; most: {} ({})", number(s.customers()), s.label));
    format!(
        "Customers validated by {slot}: {} accepted, {} rejected, in {}{}",
        number(sum(|s| s.accepted)),
        number(sum(|s| s.rejected)),
        several(steps.len() as u64, slot, &format!("{slot}s")),
        most.unwrap_or_default(),
    )
}

fn acceptance_in_words(slot: &str, steps: &[&Step]) -> String {
    let accepted: u64 = steps.iter().map(|s| s.accepted).sum();
    let rate = |s: &Step| format!("{} ({})", percent(s.accepted, s.customers()), s.label);
    let by_rate = |a: &&&Step, b: &&&Step| {
        // Without division, so that no rounding decides.
        (a.accepted * b.customers()).cmp(&(b.accepted * a.customers()))
    };
    let lowest = steps.iter().min_by(by_rate).map(|s| rate(s));
    let highest = steps.iter().rev().max_by(by_rate).map(|s| rate(s));
    format!(
        "Acceptance rate by {slot}: {} in all; lowest {}, highest {}",
        percent(accepted, steps.iter().map(|s| s.customers()).sum()),
        lowest.unwrap_or_default(),
        highest.unwrap_or_default(),
    )
}

fn reasons(reasons: &Top<Reason>, rejected: u64, links: Links<'_>) -> Markup {
    let most = reasons.rows.iter().map(|r| r.answers).max().unwrap_or(0);
    let leads_on = reasons.rows.iter().any(|r| links(To::Found(r)).is_some());
    html! {
        section {
            (heading("Why customers were rejected", reasons))
            @if reasons.rows.is_empty() { p { "No customer was rejected." } } @else {
                table.reasons {
                    thead { tr { th { "code" } th { "what" } th { "where" } th.n { "answered" } th.n { "share" } th.n { "found" } } }
                    tbody { @for r in &reasons.rows { (reason(r, most, rejected, links)) } }
                }
                p.note { "Answered: customers whose response has the code. Found: how often it was found, answered or not."
                    @if !leads_on { " " code { "kycdrop explain CODE" } " shows how to fix each." } }
            }
        }
    }
}

fn reason(r: &Reason, most: u64, rejected: u64, links: Links<'_>) -> Markup {
    let share = percent(r.answers, rejected);
    let says = format!("{}: {} answered, {share}", r.code, number(r.answers));
    html! {
        tr {
            td { (linked(links(To::Answered(r)), &html! { code { (r.code) } (charts::bar(r.answers, most, &says)) })) }
            td { (visible(&r.description)) @if !r.origin.is_empty() { " " br; small { (r.origin) } } }
            td {
                @for (i, f) in r.fields.iter().enumerate() { @if i > 0 { br; } code { (visible(f)) } }
                @if r.fields.len() < r.all_fields { br; small { (r.fields.len()) " of " (r.all_fields) } }
            }
            td.n data-label="answered" { (number(r.answers)) }
            td.n data-label="share" { (share) }
            td.n data-label="found" { (linked(links(To::Found(r)), &html! { (number(r.findings)) })) }
        }
    }
}

fn offices(offices: &Top<Office>, links: Links<'_>) -> Markup {
    html! {
        @if !offices.rows.is_empty() {
            section {
                (heading("Offices", offices))
                table {
                    thead { tr { th { "office" } th.n { "accepted" } th.n { "rejected" } th.n { "rate" } } }
                    tbody { @for o in &offices.rows {
                        tr { td { (linked(links(To::Office(o)), &html! { (visible(&o.name)) })) } td.n { (number(o.accepted)) }
                            td.n { (linked(links(To::Rejected(o)), &html! { (number(o.rejected)) })) }
                            td.n { (percent(o.accepted, o.accepted + o.rejected)) } }
                    } }
                }
            }
        }
    }
}

fn counted(breakdown: &Breakdown, links: Links<'_>) -> Markup {
    let Breakdown {
        title,
        note,
        bars,
        total,
        ..
    } = breakdown;
    let most = bars.rows.iter().map(|b| b.count).max().unwrap_or(0);
    html! {
        @if !bars.rows.is_empty() {
            section {
                (heading(title, bars))
                p.note { (note) }
                table.counted { tbody { @for b in &bars.rows {
                    @let label = visible(&b.label);
                    @let (count, share) = (number(b.count), percent(b.count, *total));
                    tr { td { (linked(links(To::Bar(breakdown, b)), &html! { (label) })) } td.n { (count) } td.n { (share) }
                        td { (charts::bar(b.count, most, &format!("{label}: {count}, {share}"))) } }
                } } }
            }
        }
    }
}

fn sets(figures: &Figures, links: Links<'_>) -> Markup {
    let leads_on = figures
        .sets
        .rows
        .iter()
        .any(|s| links(To::Set(s)).is_some());
    html! {
        @if !figures.sets.rows.is_empty() {
            section {
                (heading("Classifiers used", &figures.sets))
                table {
                    thead { tr { th { "set" } th { "first" } th { "last" } th.n { "files" } } }
                    tbody { @for s in &figures.sets.rows {
                        tr { td { (linked(links(To::Set(s)), &html! { code { (s.hash.get(..12).unwrap_or(&s.hash)) } })) } td { (moment(&s.first)) } td { (moment(&s.last)) } td.n { (number(s.files)) } }
                    } }
                }
                @if !leads_on { p.note { code { "kycdrop classifiers compare SET1 SET2" } " shows what changed between two." } }
            }
        }
    }
}
