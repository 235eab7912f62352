//! Customers that were found by what people know of them: a list, and what else there is to say.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::explain::shown_name;
use crate::history::ask::{Found, Hit, State};
use crate::invisible::invisible_in;
use crate::talk::say;
use crate::text::{counted, visible};
use crate::trouble::{Kind, Result, Trouble};

use super::output::{TextFormat, json};

/// How long customers are looked for unless longer is asked for.
pub(super) const DEFAULT_TIMEOUT: &str = "10s";

/// The end of so much time; None for no limit.
pub(super) fn until(timeout: Duration) -> Option<Instant> {
    match timeout.is_zero() {
        true => None,
        false => Instant::now().checked_add(timeout),
    }
}

/// Customers, with the command that shows each.
pub(super) fn list(
    found: &Found,
    format: TextFormat,
    command: impl Fn(&Hit) -> String,
) -> Result<String> {
    #[derive(Serialize)]
    struct Listed<'f> {
        found: &'f [Hit],
        more: bool,
    }
    if format == TextFormat::Json {
        return json(&Listed {
            found: &found.hits,
            more: found.more,
        });
    }
    let mut out = String::new();
    let count = counted(found.hits.len() as u64, "customer", "customers");
    let more = match found.more {
        true => " and more; a longer text finds fewer",
        false => "",
    };
    let _ = writeln!(out, "{count}{more}");
    for hit in &found.hits {
        let name = hit.name.as_deref().map(shown_name).unwrap_or_default();
        let mut line = format!("  {}", visible(&name));
        for (label, value) in [
            ("customerExtId", &hit.customer_ext_id),
            ("businessUnit", &hit.business_unit),
            ("communicationNumber", &hit.communication_number),
        ] {
            if let Some(value) = value {
                let _ = write!(line, "  {label} {}", visible(&shown_name(value)));
            }
        }
        let state = match hit.state {
            State::Accepted => "accepted",
            State::Rejected => "rejected",
        };
        let _ = writeln!(
            out,
            "\n{line}\n    {state} in batch {}, customer {}: `{}`",
            hit.batch_id,
            hit.customer,
            visible(&command(hit))
        );
    }
    Ok(out)
}

/// Says that a customer has more requests than the one that is shown.
pub(super) fn say_has_others(hit: &Hit) {
    if let Some(id) = hit.customer_ext_id.as_deref().filter(|_| hit.has_others) {
        let id = shlex::try_quote(id).unwrap_or_default();
        say!(
            "the newest request of this customer; `kycdrop history {}` shows all",
            visible(&id)
        );
    }
}

/// Says that not every customer was looked at.
pub(super) fn say_cut_short() {
    say!("time was over before the oldest requests were looked at; --timeout 0 looks at all");
}

/// Refuses a question without a word.
///
/// # Errors
/// When the text is nothing but white space.
pub(super) fn not_empty(text: &str, name: &str) -> Result<()> {
    match text.trim() {
        "" => Err(Trouble::new(
            Kind::Input,
            format!("there is nothing to look for: {name} is empty"),
            "--help says what it may be",
        )),
        _ => Ok(()),
    }
}

/// The beginning of a hint for what was not found: what nobody sees in it, and what is near.
pub(super) fn near_text(asked: &str, near: &[String]) -> String {
    let mut hint = String::new();
    if let Some(hidden) = invisible_in(asked) {
        hint += &format!("it contains {hidden}; ");
    }
    if !near.is_empty() {
        hint += &format!("did you mean {}? ", near.join(" or "));
    }
    hint
}
