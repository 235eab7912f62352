//! `history`: a customer's life, from the first request to the last.

use std::fmt::Write as _;
use std::time::Duration;

use rusqlite::Connection;

use crate::config::Home;
use crate::explain;
use crate::history::ask::{self, Assessment, Event, Hit, Life, Part, Rejection, Search};
use crate::invisible::invisible_in;
use crate::text::{shortened, visible};
use crate::trouble::{Kind, Result, Trouble};

use super::evaluation_page;
use super::found::{self, DEFAULT_TIMEOUT};
use super::output::{self, TextFormat, json};
use super::query;
use super::screening_page;

/// Of a changed value no more characters than this are shown as text.
const SHOWN: usize = 80;

/// Arguments of `history`.
#[derive(clap::Args)]
#[command(after_help = "\
A customer is found by customerExtId within a businessUnit, exactly as it is
given in requests. Without --business-unit every office is searched, and each
customer with this id is shown separately. Without such an id, customers are
looked for by name: every word must be part of it, in any order, without
capitals or diacritics. Several customers are listed.

Examples:
  kycdrop history I-4711 --business-unit vilnius
  kycdrop history petraite ona")]
pub(super) struct Args {
    /// A customerExtId, or part of a customer's name
    #[arg(value_name = "CUSTOMER", required = true)]
    customer: Vec<String>,

    /// Only customers of this office
    #[arg(long, value_name = "UNIT")]
    business_unit: Option<String>,

    /// How long to look for a name, such as 5s or 2min; 0: no limit
    #[arg(long, value_name = "TIME", default_value = DEFAULT_TIMEOUT, value_parser = query::time)]
    timeout: Duration,

    /// The output format
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: TextFormat,
}

/// Shows a customer's history.
pub(super) fn history(home: &Home, args: &Args) -> Result<u8> {
    let conn = super::history_of(home)?;
    let asked = args.customer.join(" ");
    found::not_empty(&asked, "CUSTOMER")?;
    let unit = args.business_unit.as_deref();
    let shown = |lives: &[Life]| match args.format {
        TextFormat::Json => json(&lives),
        TextFormat::Text => Ok(text(lives)),
    };
    let lives = ask::lives(&conn, &asked, unit, Part::ALL)?;
    if !lives.is_empty() {
        output::print(&shown(&lives)?, args.format)?;
        return Ok(0);
    }
    let search = Search {
        conn: &conn,
        until: found::until(args.timeout),
        business_unit: unit,
    };
    let found = search.name(asked.trim())?;
    if found.cut_short {
        found::say_cut_short();
    }
    let text = match found.hits.as_slice() {
        [] => return Err(nobody(&conn, &asked)?),
        [one] if let Some(id) = &one.customer_ext_id => {
            let mut lives = ask::lives(&conn, id, one.business_unit.as_deref(), Part::ALL)?;
            lives.retain(|life| life.business_unit == one.business_unit);
            shown(&lives)?
        }
        _ => found::list(&found, args.format, command)?,
    };
    output::print(&text, args.format)?;
    Ok(0)
}

/// What shows the history of a customer; without an id, the request that was found.
fn command(hit: &Hit) -> String {
    let quoted = |text| shlex::try_quote(text).unwrap_or_default();
    match (&hit.customer_ext_id, &hit.business_unit) {
        (Some(id), Some(unit)) => {
            format!(
                "kycdrop history {} --business-unit {}",
                quoted(id),
                quoted(unit)
            )
        }
        (Some(id), None) => format!("kycdrop history {}", quoted(id)),
        (None, _) => format!(
            "kycdrop explain {} --customer {}",
            hit.batch_id, hit.customer
        ),
    }
}

fn nobody(conn: &Connection, asked: &str) -> Result<Trouble> {
    let near = found::near_text(asked, &explain::near(conn, asked, false)?);
    Ok(Trouble::new(
        Kind::Input,
        format!("no customer has the customerExtId {asked}, or a name with it"),
        format!(
            "{near}ids are compared exactly, in upper and lower case; `kycdrop query \"SELECT * FROM v_customer\"` lists customers"
        ),
    ))
}

fn text(lives: &[Life]) -> String {
    let mut out = String::new();
    for (i, life) in lives.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let unit = life
            .business_unit
            .as_ref()
            .map_or_else(String::new, |unit| {
                format!("  businessUnit {}", visible(unit))
            });
        let kind = life.kind.as_deref().unwrap_or("no customer");
        let _ = writeln!(out, "{}{unit}  {kind}", visible(&life.customer_ext_id));
        for event in &life.events {
            out.push('\n');
            match event {
                Event::Assessment(a) => assessment(&mut out, a),
                Event::Rejection(r) => rejection(&mut out, r),
            }
        }
    }
    out
}

fn assessment(out: &mut String, a: &Assessment) {
    let done = match a.action.as_str() {
        "UPDATE" => "updated",
        _ => "created",
    };
    let _ = writeln!(
        out,
        "{}  {done} as {}, {}  ({}/{}, batch {}, customer {})",
        a.at,
        a.kind,
        visible(&a.name),
        visible(&a.endpoint),
        visible(&a.file_name),
        a.batch_id,
        a.customer
    );
    let _ = writeln!(
        out,
        "    assessment {}, communicationNumber {}, requester {}",
        a.assessment_id,
        visible(&a.communication_number),
        visible(&a.requester)
    );
    let risk = match (&a.risk_level, &a.evaluation) {
        (Some(level), _) => format!("risk {level}"),
        (None, Some(state)) => format!("evaluation {state}"),
        (None, None) => "no risk level".into(),
    };
    let _ = writeln!(
        out,
        "    {risk} ({}), status {}, category {}",
        a.source_of_risk_level,
        a.customer_status.as_deref().unwrap_or("none"),
        visible(&a.risk_management_category)
    );
    for evaluation in &a.evaluations {
        for line in evaluation_page::short(evaluation).lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    for s in &a.screenings {
        for line in screening_page::short(s).lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    for change in &a.changes {
        let _ = writeln!(
            out,
            "    {}: {} -> {}",
            visible(&change.path),
            value(change.before.as_deref()),
            value(change.after.as_deref())
        );
    }
}

fn value(json: Option<&str>) -> String {
    let Some(json) = json else {
        return "none".into();
    };
    let hidden = invisible_in(&explain::plain(json)).map(|hidden| format!(" (with {hidden})"));
    let shown = shortened(json, SHOWN);
    format!("{}{}", visible(&shown), hidden.unwrap_or_default())
}

fn rejection(out: &mut String, r: &Rejection) {
    let _ = writeln!(
        out,
        "{}  rejected, {}  {}  ({}/{}, batch {}, customer {})",
        r.at,
        r.code,
        visible(&r.description),
        visible(&r.endpoint),
        visible(&r.file_name),
        r.batch_id,
        r.customer
    );
    let all = match r.findings {
        1 => String::new(),
        n => format!("{n} findings; "),
    };
    let _ = writeln!(
        out,
        "    {all}`kycdrop explain {} --customer {}` shows how to fix it",
        r.batch_id, r.customer
    );
}
