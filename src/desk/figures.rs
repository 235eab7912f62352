//! *Figures*: the charts and tables of the report for any period. Every figure leads to what was counted.

use chrono::{Datelike, Days, NaiveDate};
use rusqlite::types::Value;

use crate::clock;
use crate::history::Params;
use crate::report::{Letterhead, Of, To, content, day, of_period, period, render};
use crate::text::shortened;

use super::download::to_keep;
use super::page::*;

/// The first and the last day.
type Period = (NaiveDate, NaiveDate);

pub(super) async fn page(State(desk): Here, given: Given) -> Result<Response> {
    let t = &EN.figures;
    let today = clock::utc_now().date_naive();
    let asked = match asked(&given, today) {
        Ok(asked) => asked,
        Err(wrong) => {
            let days = (given.get("from"), given.get("to"));
            let content = html! { (form(days, today)) p.state.bad role="alert" { (wrong) } };
            let page = desk.page("/figures", EN.nav.figures, &content);
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        }
    };
    let figures = desk
        .read(move |_, conn| Ok(of_period(conn, asked, today)?))
        .await?;
    let parts = html! {
        (form((&asked.0.to_string(), &asked.1.to_string()), today))
        @if figures.last_batch.is_none() {
            (empty(t.nothing, &html! { a href="/drop" { (EN.today.drop_one) } }))
        } @else {
            p.note { (t.days) @if asked.1 < today { " " (t.past) } }
            (content(&figures, &|to| leads(asked, today, to)))
            p.actions { a.button href=(address("/figures/report.html", asked)) download { (t.keep) } }
        }
    };
    let page = desk.page("/figures", EN.nav.figures, &parts);
    Ok(page.into_response())
}

/// The report of `kycdrop report`, as a file.
pub(super) async fn report(State(desk): Here, given: Given) -> Result<Response> {
    let today = clock::utc_now().date_naive();
    let Ok(asked) = asked(&given, today) else {
        // The page says what is wrong with the days.
        return page(State(desk), given).await;
    };
    let read = move |desk: &Desk, conn: &mut Connection| {
        let head = Letterhead {
            institution: desk.institution(),
            branch: desk.branch(),
            made: &clock::now(),
        };
        Ok(render(&of_period(conn, asked, today)?, head))
    };
    let text = desk.read(read).await?;
    let name = format!("kycdrop-{}-{}.html", asked.0, asked.1);
    Ok((to_keep("text/html; charset=utf-8", &name), text).into_response())
}

/// The period that was asked for, by default this month; or what is wrong with it.
fn asked(given: &Given, today: NaiveDate) -> Result<Period, String> {
    /// Of what is no day, the beginning is enough to know it again.
    const MAX_CHARS: usize = 40;
    let one = |name| match given.get(name) {
        "" => Ok(None),
        text => day(text)
            .map(Some)
            .map_err(|how| format!("{}: {how}.", visible(&shortened(text, MAX_CHARS)))),
    };
    period(one("from")?, one("to")?, None, today)
        .map_err(|e| format!("{}. {}", e.what, EN.figures.swap))
}

fn address(path: &str, (from, to): Period) -> String {
    format!("{path}?from={from}&to={to}")
}

/// The fields of a period, and links to those that are asked for most.
fn form((from, to): (&str, &str), today: NaiveDate) -> Markup {
    let t = &EN.figures;
    let first = today.with_day(1).unwrap_or(today);
    let before = first.checked_sub_days(Days::new(1)).unwrap_or(first);
    let periods = [
        (t.this_month, (first, today)),
        (t.last_month, (before.with_day(1).unwrap_or(before), before)),
        (t.this_year, (today.with_ordinal(1).unwrap_or(today), today)),
    ];
    html! {
        form.filters method="get" action="/figures" {
            label { (EN.word.from) br; input type="date" name="from" value=(from); }
            label { (t.to) br; input type="date" name="to" value=(to); }
            button { (EN.word.show) }
        }
        p.actions { @for (name, period) in periods { a href=(address("/figures", period)) { (name) } } }
    }
}

/// The rejected customers of a period.
const REJECTED: &str = "\
SELECT substr(b.received_at, 1, 10) AS day, b.batch_id, b.file_name, r.position + 1 AS customer,
       r.customer_ext_id, r.business_unit, r.error_code, r.error_description
FROM v_batch b CROSS JOIN v_rejection r ON r.batch_id = b.batch_id
WHERE b.received_at >= :from AND b.received_at < date(:to, '+1 day')
  AND {which}
ORDER BY b.received_at";

/// Every finding of a reason, as `v_finding` has it, but from the customers to their findings: the other way
/// round each finding would look through all customers of its file.
const FOUND: &str = "\
SELECT substr(b.received_at, 1, 10) AS day, b.batch_id, b.file_name, r.position + 1 AS customer,
       r.customer_ext_id, r.business_unit, f.path, t.code, t.description
FROM v_batch b CROSS JOIN rejection r ON r.batch_id = b.batch_id
CROSS JOIN finding_row f ON f.batch_id = r.batch_id AND f.position = coalesce(r.findings_at, r.position)
CROSS JOIN finding_text t ON t.text_id = f.text_id
WHERE b.received_at >= :from AND b.received_at < date(:to, '+1 day')
  AND t.rule = :rule AND t.code = :code
ORDER BY b.received_at";

const OFFICE: &str = "\
SELECT day, business_unit, sum(accepted) AS accepted, sum(rejected) AS rejected,
       sum(created) AS new_customers
FROM v_volume
WHERE day BETWEEN :from AND :to AND business_unit IS :office
GROUP BY day ORDER BY day";

const FILES: &str = "\
SELECT received_at, batch_id, endpoint, file_name, status, accepted, rejected, error
FROM v_batch
WHERE received_at >= :from AND received_at < date(:to, '+1 day') AND {which}
ORDER BY received_at";

/// The customers as they are now.
const CUSTOMERS: &str = "\
SELECT business_unit, customer_ext_id, name, kind, risk_level, customer_status, country, last_assessed_at
FROM v_customer
WHERE {which}";

/// Those of high risk are found at once.
const HIGH_RISK: &str = "\
SELECT business_unit, customer_ext_id, name, kind, risk_level, customer_status, assessed_at
FROM v_high_risk
WHERE risk_level = :level";

const PENDING: &str = "\
SELECT requested_at, business_unit, customer_ext_id, communication_number, what, process, why
FROM v_pending
WHERE newest = 1 AND {which}";

/// The page with what was counted.
fn leads(asked: Period, today: NaiveDate, to: To<'_>) -> Option<String> {
    let rows = |sql: &str, which: &str, values: &[(&str, Option<&str>)]| {
        Some(rows(&sql.replace("{which}", which), asked, values))
    };
    match to {
        To::Step(step) if step.days == asked => rows(FILES, "true", &[]),
        To::Step(step) => {
            let (first, last) = step.days;
            Some(address("/figures", (first.max(asked.0), last.min(asked.1))))
        }
        To::Answered(reason) => {
            let which = "r.rule = :rule AND r.error_code = :code";
            rows(REJECTED, which, &of_reason(&reason.rule, &reason.code))
        }
        To::Found(reason) => rows(FOUND, "", &of_reason(&reason.rule, &reason.code)),
        To::Office(office) => rows(OFFICE, "", &[("office", office.code.as_deref())]),
        To::Rejected(office) => {
            let office = [("office", office.code.as_deref())];
            rows(REJECTED, "r.business_unit IS :office", &office)
        }
        To::Set(set) => Some(link("/classifiers/compare", &[("after", &set.hash)])),
        To::Bar(breakdown, bar) => {
            let code = bar.code.as_deref();
            match breakdown.of {
                Of::Files => rows(FILES, "status = :status", &[("status", code)]),
                // What was so at the end of a period is still so only where it ends today.
                _ if asked.1 < today => None,
                Of::RiskLevels if matches!(code, Some("HIGH" | "EXTREME")) => {
                    rows(HIGH_RISK, "", &[("level", code)])
                }
                Of::RiskLevels => rows(CUSTOMERS, "risk_level IS :level", &[("level", code)]),
                Of::Countries => rows(CUSTOMERS, "country IS :country", &[("country", code)]),
                Of::Pending if code == Some("evaluation") => {
                    rows(PENDING, "what = 'evaluation'", &[])
                }
                Of::Pending => rows(PENDING, "process IS :process", &[("process", code)]),
            }
        }
    }
}

/// The values that find the customers of a reason.
fn of_reason<'r>(rule: &'r str, code: &'r str) -> [(&'static str, Option<&'r str>); 2] {
    [("rule", Some(rule)), ("code", Some(code))]
}

/// The page that asks this with these values; NULL for none.
fn rows(sql: &str, (from, to): Period, values: &[(&str, Option<&str>)]) -> String {
    let mut sql = sql.to_owned();
    let mut all = Vec::new();
    for (name, day) in [("from", from), ("to", to)] {
        if sql.contains(&format!(":{name}")) {
            all.push((format!("p.{name}"), day.to_string()));
        }
    }
    for (name, value) in values {
        match value {
            Some(value) => all.push((format!("p.{name}"), as_text(name, value))),
            None => sql = sql.replace(&format!(":{name}"), "NULL"),
        }
    }
    all.insert(0, ("sql".to_owned(), sql));
    link("/ask", &all)
}

/// A value that is a text, whatever it looks like. A status is a number.
fn as_text(name: &str, value: &str) -> String {
    match Params::value(value) {
        Value::Text(text) if text == value && !value.is_empty() => text,
        _ if name == "status" => value.to_owned(),
        _ => format!("'{}'", value.replace('\'', "''")),
    }
}
