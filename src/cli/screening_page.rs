//! A screening of the history in words: in short for a customer's life, in full for one request.

use std::fmt::Write as _;

use crate::history::ask::{HitRow, ScreeningRow};
use crate::text::visible;

/// Characters of a list's version that are shown.
const VERSION: usize = 12;

/// What came of it, and what was decided, in a few lines.
pub(super) fn short(s: &ScreeningRow) -> String {
    let mut out = String::new();
    head(&mut out, s);
    for hit in &s.hits {
        entity(&mut out, hit);
    }
    decision(&mut out, s);
    out
}

/// Everything, as an officer says it to an auditor.
pub(super) fn full(s: &ScreeningRow) -> String {
    let mut out = String::new();
    head(&mut out, s);
    for hit in &s.hits {
        entity(&mut out, hit);
        let why = &hit.reasons;
        let met = why.met.iter().map(|(q, l, s, w)| (&**q, &**l, *s, *w));
        reasons(&mut out, met, why.names, &why.born, why.other_country);
    }
    decision(&mut out, s);
    out
}

/// Why an entry is a hit: each pair of words with similarity and weight, the names alone, the date of birth
/// (`same`, `near`, `apart`) and countries. Figures are thousandths.
pub(super) fn reasons<'m>(
    out: &mut String,
    met: impl Iterator<Item = (&'m str, &'m str, u16, u16)>,
    names: u16,
    born: &str,
    other_country: bool,
) {
    for (query, listed, similarity, weight) in met {
        let _ = writeln!(
            out,
            "       {} = {}: similarity {}, {} % of the weight",
            visible(query),
            visible(listed),
            decimal(similarity),
            weight / 10
        );
    }
    let _ = writeln!(out, "       the names alone: {}", decimal(names));
    out.push_str(match born {
        "same" | "Same" => "       the same date of birth\n",
        "near" | "Near" => "       the date of birth may be the same\n",
        "apart" | "Apart" => "       another date of birth\n",
        _ => "",
    });
    if other_country {
        out.push_str("       other countries\n");
    }
}

/// Thousandths as a decimal fraction.
pub(super) fn decimal(thousandths: u16) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// Enough of a list's version to tell it from others.
pub(super) fn short_version(version: &str) -> &str {
    version.get(..VERSION).unwrap_or(version)
}

fn head(out: &mut String, s: &ScreeningRow) {
    let state = match (&s.why_not, s.status.as_str()) {
        (_, "SUPERSEDED") => "was replaced before it was decided".to_owned(),
        (Some(why), _) => format!("PENDING, not screened: {}", visible(why)),
        (None, "PENDING") => "PENDING, a match waits for a decision".to_owned(),
        (None, _) if s.hits.is_empty() => "COMPLETED, no match".to_owned(),
        (None, _) => "COMPLETED, a match".to_owned(),
    };
    let whom = match s.related {
        Some(n) => format!("related entity {n}, {}", s.name),
        None => s.name.clone(),
    };
    let _ = writeln!(
        out,
        "screening {} of {} at {}, {}: {state}",
        s.process,
        visible(&whom),
        s.screened_at,
        visible(&s.communication_number)
    );
    for list in &s.lists {
        let _ = writeln!(
            out,
            "  compared with {} of {}, version {}",
            visible(&list.list),
            list.date,
            short_version(&list.version)
        );
    }
}

fn entity(out: &mut String, hit: &HitRow) {
    let _ = writeln!(
        out,
        "  {:.3}  {}  {}  (list {} of {}, version {})",
        hit.score,
        visible(&hit.entity_id),
        visible(&hit.entity_name),
        visible(&hit.list),
        hit.date,
        short_version(&hit.version)
    );
}

fn decision(out: &mut String, s: &ScreeningRow) {
    let Some(d) = &s.decision else { return };
    let what = if d.confirmed {
        "confirmed"
    } else {
        "dismissed"
    };
    let by = d.decided_by.as_deref().map(|by| format!(" by {by}"));
    let _ = writeln!(
        out,
        "  {what}{} at {}",
        visible(&by.unwrap_or_default()),
        d.decided_at,
    );
    let _ = writeln!(out, "  \"{}\"", visible(&d.reason));
}
