//! `explain`: the errors of a batch or of a customer, or what an error code means, and how to fix
//! them.

use std::fmt::Write as _;

use serde::Serialize;

use crate::catalog::rules_of_code;
use crate::config::Home;
use crate::explain::{
    self, ExplainedCustomer, ExplainedFinding, ExplainedRule, ExplainedWarning, Explainer,
};
use crate::history::ask::{self, Batch, Reason};
use crate::position::Position;
use crate::text::{counted, of_them_repeated, printable};
use crate::trouble::{Kind, Result, Trouble};

use super::output::{self, TextFormat};

/// Arguments of `explain`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kycdrop explain batch.json                 the newest batch of this name
  kycdrop explain batch.response.json        that batch, by its response
  kycdrop explain 17 --customer 3            the fourth customer of batch 17
  kycdrop explain C016.I06                   what a code means, and how often it was answered here

Lines and columns count from 1 in the customer as it came; positions count from 0, as in the results.")]
pub(super) struct Args {
    /// A batch (its number, file name or response name), an error code, or the name of a rule
    #[arg(value_name = "BATCH|CODE")]
    what: String,

    /// Only the customer at this position of the batch, from 0
    #[arg(long, value_name = "POSITION")]
    customer: Option<u64>,

    /// How many customers of a batch to show; 0: all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u64,

    /// The output format
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: TextFormat,
}

/// A batch, explained.
#[derive(Serialize)]
struct ExplainedBatch {
    batch: Batch,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
    reasons: Vec<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<ask::WarningRow>,
    customers: Vec<Placed>,
    /// There are more customers than were asked for.
    more: bool,
}

/// A customer, and where its text begins in the file while that lies in the archive.
#[derive(Serialize)]
struct Placed {
    #[serde(flatten)]
    customer: ExplainedCustomer,
    #[serde(skip_serializing_if = "Option::is_none")]
    begins: Option<Position>,
}

/// Explains.
pub(super) fn explain(home: &Home, args: &Args) -> Result<u8> {
    let conn = super::history_if_any(home)?;
    let is_code = rules_of_code(&args.what).next().is_some();
    let text = if is_code && args.customer.is_none() {
        let rules = explain::explain_rules(conn.as_ref(), &args.what)?;
        match args.format {
            TextFormat::Json => json(&rules)?,
            TextFormat::Text => rules_text(&rules, conn.is_some()),
        }
    } else {
        let conn = match conn {
            Some(conn) => conn,
            None => super::history_of(home)?,
        };
        let explained = batch(home, &conn, args)?;
        match args.format {
            TextFormat::Json => json(&explained)?,
            TextFormat::Text => batch_text(&explained, args.customer.is_some()),
        }
    };
    output::print(&text, args.format)?;
    Ok(0)
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|e| Trouble::new(Kind::Internal, e.to_string(), ""))
}

fn batch(home: &Home, conn: &rusqlite::Connection, args: &Args) -> Result<ExplainedBatch> {
    let Some(id) = ask::find_batch(conn, &args.what)? else {
        return Err(Trouble::new(
            Kind::Input,
            format!("there is no batch and no error code {}", args.what),
            "`kycdrop status` lists the last batches, `kycdrop errors` every code",
        ));
    };
    let batch = ask::batch(conn, id)?;
    let (positions, more) = match args.customer {
        Some(position) => (vec![position], false),
        None => speaking(conn, id, args.limit)?,
    };
    // The archive is read from end to end for this.
    let file = match positions.is_empty() {
        true => None,
        false => explain::file_of(home, conn, id)?,
    };
    let places = match &file {
        Some(file) => explain::places(file, &batch.endpoint, &positions),
        None => Vec::new(),
    };
    let mut explainer = Explainer::new(conn, batch.set_id)?;
    let mut customers = Vec::new();
    for position in positions {
        let Some(judged) = ask::judged(conn, id, position)? else {
            return Err(Trouble::new(
                Kind::Input,
                format!("batch {id} has no customer at position {position}"),
                format!(
                    "it has {}; the first is at position 0",
                    customer_count(batch.customers)
                ),
            ));
        };
        let begins = places.iter().find(|(p, _)| *p == position).map(|(_, p)| *p);
        customers.push(Placed {
            begins,
            customer: explainer.customer(&judged)?,
        });
    }
    Ok(ExplainedBatch {
        fix: fix_of(&batch),
        reasons: ask::reasons(conn, id)?,
        warnings: ask::warnings(conn, id)?,
        customers,
        more,
        batch,
    })
}

/// The customers of a batch of which there is something to say, `limit` at most (0: all), and whether
/// there are more.
fn speaking(conn: &rusqlite::Connection, batch: i64, limit: u64) -> Result<(Vec<u64>, bool)> {
    let most = if limit == 0 { i64::MAX as u64 } else { limit };
    let mut positions = ask::speaking(conn, batch, most.saturating_add(1).min(i64::MAX as u64))?;
    let more = positions.len() as u64 > most;
    positions.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok((positions, more))
}

/// How to fix a file that was not validated.
fn fix_of(batch: &Batch) -> Option<String> {
    if batch.set_id.is_some() {
        return None;
    }
    let fix = match batch.status {
        404 => {
            let names: Vec<&str> = crate::catalog::Endpoint::ALL.iter().map(|e| e.name()).collect();
            format!("Drop the file into a folder of the inbox that is an endpoint: {}.", names.join(", "))
        }
        500 => "Nothing of the file was saved. Drop it again; if it fails again, report it.".into(),
        _ => "Nothing of the file was saved. Fix it at this place and drop it again; the original is below failed/.".into(),
    };
    Some(fix)
}

/// Text in lines, everything from customers printable.
struct Page(String);

impl Page {
    fn line(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.0, "{}", text.as_ref().trim_end());
    }

    /// A line with a label, if there is something to say.
    fn labelled(&mut self, label: &str, text: &str) {
        if !text.is_empty() {
            self.line(format!("     {label:<9}{}", printable(text)));
        }
    }
}

fn customer_count(number: u64) -> String {
    counted(number, "customer", "customers")
}

fn batch_text(explained: &ExplainedBatch, one: bool) -> String {
    let mut page = Page(String::new());
    let b = &explained.batch;
    page.line(format!(
        "batch {}  {}/{}  taken {}  answered {}",
        b.batch_id,
        printable(&b.endpoint),
        printable(&b.file_name),
        b.received_at,
        b.status
    ));
    if let Some(error) = &b.error {
        page.line(format!("  {}", printable(error)));
    } else {
        page.line(format!(
            "  {}: {} accepted{}, {} rejected",
            customer_count(b.customers),
            b.accepted,
            of_them_repeated(b.repeated),
            b.rejected
        ));
    }
    if let Some(fix) = &explained.fix {
        page.line(format!("  {fix}"));
    }
    if explained.reasons.len() > 1 && !one {
        page.line("");
        for r in &explained.reasons {
            page.line(format!(
                "  {:>6} x {}  {}",
                r.customers,
                r.code,
                printable(&r.description)
            ));
        }
    }
    for w in &explained.warnings {
        let mut line = format!("  warning: {}", w.kind);
        for text in [&w.path, &w.detail].into_iter().filter(|t| !t.is_empty()) {
            let _ = write!(line, "  {}", printable(text));
        }
        if w.count > 1 {
            let _ = write!(line, "  ({})", customer_count(w.count));
        }
        page.line(line);
    }
    for customer in &explained.customers {
        page.line("");
        customer_text(&mut page, customer);
    }
    if explained.more {
        page.line("");
        page.line(format!(
            "There are more; `kycdrop explain {} --limit 0` shows all.",
            b.batch_id
        ));
    }
    page.0
}

fn customer_text(page: &mut Page, placed: &Placed) {
    let Placed { customer, begins } = placed;
    let mut head = format!("customer {}", customer.position);
    for (label, value) in [
        ("customerExtId", &customer.customer_ext_id),
        ("businessUnit", &customer.business_unit),
        ("communicationNumber", &customer.communication_number),
    ] {
        if let Some(value) = value {
            let _ = write!(head, "  {label} {}", printable(value));
        }
    }
    let state = if customer.findings.is_empty() {
        "accepted"
    } else {
        "rejected"
    };
    page.line(format!("{head}  {state}"));
    for (i, f) in customer.findings.iter().enumerate() {
        finding_text(page, i + 1, f, *begins);
    }
    for w in &customer.warnings {
        warning_text(page, w, *begins);
    }
    if customer.findings.is_empty() && customer.warnings.is_empty() {
        page.line("  nothing to fix");
    }
}

/// A place in the file where that is known, else in the customer.
fn place_text(begins: Option<Position>, at: Position) -> String {
    match begins {
        Some(begins) => format!("{} of the file", begins.of_inner(at)),
        None => format!("{at} of the customer"),
    }
}

fn finding_text(page: &mut Page, no: usize, f: &ExplainedFinding, begins: Option<Position>) {
    let answer = if f.answered { "  (the answer)" } else { "" };
    page.line(format!(
        "  {no}. {}  {}{answer}",
        f.code,
        printable(&f.description)
    ));
    let place = match &f.value {
        Some(value) => format!(
            "{} = {value}, at {}",
            f.path,
            place_text(begins, f.position)
        ),
        None => format!(
            "{}, which is absent; its object begins at {}",
            f.path,
            place_text(begins, f.position)
        ),
    };
    page.labelled("where", &place);
    page.labelled("allowed", &f.allowed);
    page.labelled("nearest", &f.nearest_codes());
    page.labelled("fix", &f.fix);
    let meaning = match f.origin {
        "" => "",
        origin => origin_meaning(origin),
    };
    page.labelled("origin", &format!("{}: {meaning}", f.origin));
}

fn origin_meaning(name: &str) -> &'static str {
    use crate::catalog::Origin::*;
    [Published, TextPublished, Ours]
        .into_iter()
        .find(|o| o.name() == name)
        .map_or("", |o| o.meaning())
}

fn warning_text(page: &mut Page, w: &ExplainedWarning, begins: Option<Position>) {
    let detail = if w.detail.is_empty() {
        String::new()
    } else {
        format!("  {}", w.detail)
    };
    page.line(format!(
        "  warning: {}  {}{}",
        w.kind,
        printable(&w.path),
        printable(&detail)
    ));
    if !w.path.is_empty() {
        page.labelled("where", &place_text(begins, w.position));
    }
    page.labelled("fix", w.fix);
}

fn rules_text(rules: &[ExplainedRule], with_counts: bool) -> String {
    let mut page = Page(String::new());
    for (i, r) in rules.iter().enumerate() {
        if i > 0 {
            page.line("");
        }
        page.line(format!("{}  {}", r.code, r.description));
        page.labelled("when", &r.when);
        page.labelled(
            "at",
            if r.endpoints == "all" {
                "every endpoint"
            } else {
                &r.endpoints
            },
        );
        page.labelled("allowed", &r.allowed);
        page.labelled("fix", &r.fix);
        page.labelled("origin", &format!("{}: {}", r.origin, r.origin_means));
        page.labelled("rule", &r.rule);
        if with_counts {
            let last = r
                .last
                .as_ref()
                .map(|day| format!(", last on {day}"))
                .unwrap_or_default();
            page.labelled(
                "here",
                &format!(
                    "answered {}, found {}{last}",
                    counted(r.answers, "time", "times"),
                    counted(r.found, "time", "times")
                ),
            );
        }
    }
    page.0
}
