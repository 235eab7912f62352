//! `history`: a customer's life, from the first request to the last.

use std::fmt::Write as _;

use crate::config::Home;
use crate::history::ask::{self, Assessment, Event, Life, Rejection};
use crate::text::{shortened, visible};
use crate::trouble::{Kind, Result, Trouble};

use super::output::{self, TextFormat};

/// Of a changed value no more characters than this are shown as text.
const SHOWN: usize = 80;

/// Arguments of `history`.
#[derive(clap::Args)]
#[command(after_help = "\
A customer is found by customerExtId within a businessUnit. Without --business-unit every office is
searched, and each customer with this id is shown separately.

Example:
  kycdrop history I-4711 --business-unit vilnius")]
pub(super) struct Args {
    /// customerExtId, exactly as it is given in requests
    customer_ext_id: String,

    /// Only the customer of this office
    #[arg(long, value_name = "UNIT")]
    business_unit: Option<String>,

    /// The output format
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: TextFormat,
}

/// Shows a customer's history.
pub(super) fn history(home: &Home, args: &Args) -> Result<u8> {
    let conn = super::history_of(home)?;
    let lives = ask::lives(&conn, &args.customer_ext_id, args.business_unit.as_deref())?;
    if lives.is_empty() {
        return Err(Trouble::new(
            Kind::Input,
            format!(
                "no customer with this customerExtId: {}",
                args.customer_ext_id
            ),
            "ids are compared exactly, in upper and lower case; `kycdrop query \"SELECT * FROM v_customer\"` lists customers",
        ));
    }
    let text = match args.format {
        TextFormat::Json => {
            serde_json::to_string_pretty(&lives)
                .map_err(|e| Trouble::new(Kind::Internal, e.to_string(), ""))?
                + "\n"
        }
        TextFormat::Text => text(&lives),
    };
    output::print(&text, args.format)?;
    Ok(0)
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
        "{}  {done} as {}, {}  ({}/{}, batch {}, position {})",
        a.at,
        a.kind,
        visible(&a.name),
        visible(&a.endpoint),
        visible(&a.file_name),
        a.batch_id,
        a.position
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
    for s in &a.screenings {
        let _ = writeln!(out, "    screening {} {}", s.process, s.status);
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
    json.map_or_else(
        || "none".into(),
        |text| visible(&shortened(text, SHOWN)).into_owned(),
    )
}

fn rejection(out: &mut String, r: &Rejection) {
    let _ = writeln!(
        out,
        "{}  rejected, {}  {}  ({}/{}, batch {}, position {})",
        r.at,
        r.code,
        visible(&r.description),
        visible(&r.endpoint),
        visible(&r.file_name),
        r.batch_id,
        r.position
    );
    let all = match r.findings {
        1 => String::new(),
        n => format!("{n} findings; "),
    };
    let _ = writeln!(
        out,
        "    {all}`kycdrop explain {} --customer {}` shows how to fix it",
        r.batch_id, r.position
    );
}
