//! A customer of a batch: in a list, and alone with everything that is known of this request.

use crate::explain::{
    ExplainedFinding, ExplainedWarning, Explainer, Placed, begins_of, shown_name,
};
use crate::history::ask::{self, Batch, Judged};
use crate::position::Position;

use super::batch::batch_of;
use super::customer::ratings;
use super::page::*;

/// Where the customer's text begins in the file; None where it is not known.
type Begins = Option<Position>;

/// Customers, explained, with their places in the file where these are quickly found.
pub(super) fn placed(
    desk: &Desk,
    conn: &Connection,
    batch: &Batch,
    customers: &[Judged],
) -> Result<Vec<Placed>> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let says = |j: &&Judged| !j.findings.is_empty() || !j.warnings.is_empty();
    let positions: Vec<u64> = customers.iter().filter(says).map(|j| j.position).collect();
    let explainer = Explainer::new(conn, batch.set_id)?;
    let begins = match positions.is_empty() {
        true => Vec::new(),
        false => begins_of(&desk.home, conn, batch, &positions)?,
    };
    let place = |judged| {
        let mut placed = Placed::of(&explainer, judged);
        let of = |(position, _): &&(u64, _)| *position == placed.explained.position;
        placed.begins = begins.iter().find(of).map(|(_, begins)| *begins);
        placed
    };
    Ok(customers.iter().map(place).collect())
}

/// A customer with what was found in it.
pub(super) fn card(batch_id: i64, placed: &Placed) -> Markup {
    let path = format!("/batch/{batch_id}/{}", placed.customer);
    html! {
        div.card {
            h3 { a href=(path) { (name(placed)) } " " (state(placed)) }
            (ids_of(placed))
            (findings(&placed.explained.findings, Some(placed.begins)))
            (warnings(&placed.explained.warnings, placed.begins))
        }
    }
}

/// `Customer 3: Ona Petraitė`.
fn name(placed: &Placed) -> String {
    let number = format!("{} {}", EN.word.customer, placed.customer);
    match &placed.name {
        Some(name) => format!("{number}: {}", visible(&shown_name(name))),
        None => number,
    }
}

fn state(placed: &Placed) -> Markup {
    match placed.explained.state {
        ask::State::Accepted => html! { span.good { (EN.batch.accepted) } },
        ask::State::Rejected => html! { span.bad { (EN.batch.rejected) } },
    }
}

fn ids_of(placed: &Placed) -> Markup {
    let c = &placed.explained;
    let given = [
        &c.customer_ext_id,
        &c.business_unit,
        &c.communication_number,
    ];
    ids(given.map(|id| id.as_deref()))
}

/// The customerExtId, the businessUnit and the communicationNumber, as far as they are given.
pub(super) fn ids(ids: [Option<&str>; 3]) -> Markup {
    let names = ["customerExtId", "businessUnit", "communicationNumber"];
    html! {
        p.note { @for (name, id) in names.into_iter().zip(ids) { @if let Some(id) = id {
            (name) " " strong { (visible(&shown_name(id))) } " "
        } } }
    }
}

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
                dt { (EN.word.how_to_fix) } dd { (advice(&f.fix)) }
                (fact(t.origin, &f.origin()))
            }
        } } }
    }
}

/// Warnings: they reject nobody.
fn warnings(warnings: &[ExplainedWarning], begins: Begins) -> Markup {
    let t = &EN.batch;
    html! {
        @if !warnings.is_empty() {
            ul.findings { @for w in warnings { li {
                p { strong { (t.warning) ": " (w.kind) } " " code { (visible(&w.path)) } " " (visible(&w.detail)) }
                dl.facts {
                    @if !w.path.is_empty() { (fact(t.at, &place(Some(begins), w.position))) }
                    (fact(EN.word.how_to_fix, w.fix))
                }
            } } }
        }
    }
}

/// What to do. A command that lists a classifier becomes a link to its page.
fn advice(text: &str) -> Markup {
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    html! { @for (i, part) in text.split('`').enumerate() {
        @let classifier = part.strip_prefix("kycdrop classifiers show ").filter(is_name);
        @match (i % 2, classifier) {
            (1, Some(name)) => a href={ "/classifiers/" (name) } { (name) },
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

/// One customer of a batch, with everything that is known of this request.
pub(super) async fn page(
    State(desk): Here,
    Path((id, customer)): Path<(i64, u64)>,
) -> Result<Markup> {
    let t = &EN.batch;
    let read = move |desk: &Desk, conn: &mut Connection| one(desk, conn, id, customer);
    let (batch, placed) = desk.read(read).await?;
    let c = &placed.explained;
    let beside = |n: u64| format!("/batch/{id}/{n}");
    let unit = c.business_unit.as_deref().unwrap_or_default();
    let content = html! {
        p { (state(&placed)) " " (t.in_batch) " " a href={ "/batch/" (id) } { (id) } ", "
            (visible(&batch.endpoint)) "/" (visible(&batch.file_name)) ", " (moment(&batch.received_at)) }
        (ids_of(&placed))
        @if let Some(ext_id) = &c.customer_ext_id {
            p { a href=(link("/customer", &[("id", ext_id.as_str()), ("unit", unit)])) { (t.whole_history) } }
        }
        @if c.findings.is_empty() && c.warnings.is_empty() { p { (t.nothing_to_fix) } }
        @if !c.findings.is_empty() { h2 { (t.found) } (findings(&c.findings, Some(placed.begins))) }
        @if !c.warnings.is_empty() { h2 { (t.warnings) } (warnings(&c.warnings, placed.begins)) }
        @if !placed.evaluations.is_empty() || !placed.screenings.is_empty() {
            h2 { (EN.rating.title) }
            (ratings(&placed.evaluations, &placed.screenings))
        }
        div.pages {
            @if customer > 1 { a href=(beside(customer - 1)) { (t.previous) } }
            @if customer < batch.customers { a href=(beside(customer + 1)) { (t.next) } }
        }
    };
    Ok(desk.page("/batches", &name(&placed), &content))
}

/// A batch, and its customer of this number.
fn one(desk: &Desk, conn: &Connection, id: i64, customer: u64) -> Result<(Batch, Placed)> {
    let batch = batch_of(conn, id)?;
    let position = customer.checked_sub(1).filter(|p| *p < batch.customers);
    let judged = match position {
        Some(position) => ask::judged(conn, id, position)?,
        None => None,
    };
    let placed = placed(desk, conn, &batch, judged.as_slice())?.pop();
    let mut placed = placed.ok_or_else(|| {
        let remedy = format!("{} {}", EN.batch.so_many, batch.customers);
        Failure::missing(format!("{} {customer}.", EN.batch.no_customer), remedy)
    })?;
    placed.add_ratings(conn, id)?;
    Ok((batch, placed))
}
