//! The figures of a report.

use rusqlite::{Connection, Params, params};

use crate::history::OF_BATCH;
use crate::history::ask::{self, Batch};
use crate::trouble::Result;

/// Beyond this many days a period is told by months.
const DAYS: usize = 92;

/// Of offices, countries and reasons no more than these are told.
const MOST: usize = 20;

/// What a report is about.
#[derive(Clone, Debug)]
pub enum About {
    /// Both days are in it.
    Period {
        from: String,
        to: String,
    },
    Batch(Box<Batch>),
}

/// A day or a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub label: String,
    pub accepted: u64,
    pub rejected: u64,
}

/// Something counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub label: String,
    pub count: u64,
}

/// Why customers were rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub code: String,
    pub description: String,
    pub origin: String,
    /// Paths where it was found, the most frequent first.
    pub fields: Vec<String>,
    pub answers: u64,
    pub findings: u64,
}

/// A set of classifiers that judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub hash: String,
    pub first: String,
    pub last: String,
    pub files: u64,
}

/// An office and its customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    pub name: String,
    pub accepted: u64,
    pub rejected: u64,
}

/// Everything that stands in a report.
#[derive(Clone, Debug)]
pub struct Figures {
    pub about: About,
    pub files: Vec<Bar>,
    pub accepted: u64,
    pub rejected: u64,
    pub assessments: u64,
    pub created: u64,
    pub steps: Vec<Step>,
    pub reasons: Vec<Reason>,
    pub offices: Vec<Office>,
    pub risk: Vec<Bar>,
    pub countries: Vec<Bar>,
    pub pending: Vec<Bar>,
    pub sets: Vec<Set>,
    /// The newest version of the history that this was read from.
    pub last_batch: Option<i64>,
}

fn rows<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut select = conn.prepare(sql)?;
    let rows = select.query_map(params, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn bar(r: &rusqlite::Row<'_>) -> rusqlite::Result<Bar> {
    Ok(Bar {
        label: r
            .get::<_, Option<String>>(0)?
            .unwrap_or_else(|| "none".into()),
        count: r.get(1)?,
    })
}

fn office(r: &rusqlite::Row<'_>) -> rusqlite::Result<Office> {
    Ok(Office {
        name: r
            .get::<_, Option<String>>(0)?
            .unwrap_or_else(|| "none given".into()),
        accepted: r.get(1)?,
        rejected: r.get(2)?,
    })
}

/// What is pending, and the newest batch: as they are now, whatever the report is about.
fn now(conn: &Connection) -> Result<(Vec<Bar>, Option<i64>)> {
    let pending = rows(
        conn,
        "SELECT coalesce(process, what), count(*) FROM v_pending WHERE newest = 1
         GROUP BY 1 ORDER BY what, 2 DESC",
        [],
        bar,
    )?;
    let last = conn.query_row("SELECT max(batch_id) FROM batch", [], |r| r.get(0))?;
    Ok((pending, last))
}

/// The figures of a period; risk, countries and what is pending are those of today.
///
/// # Errors
/// When the database cannot be read.
pub fn of_period(conn: &Connection, from: &str, to: &str) -> Result<Figures> {
    let (pending, last_batch) = now(conn)?;
    let period = params![from, to];
    let steps = rows(
        conn,
        "SELECT day, sum(accepted), sum(rejected) FROM v_volume WHERE day BETWEEN ?1 AND ?2
         GROUP BY day ORDER BY day",
        period,
        |r| {
            Ok(Step {
                label: r.get(0)?,
                accepted: r.get(1)?,
                rejected: r.get(2)?,
            })
        },
    )?;
    let (assessments, created) = conn.query_row(
        "SELECT coalesce(sum(assessments), 0), coalesce(sum(created), 0) FROM v_volume
         WHERE day BETWEEN ?1 AND ?2",
        period,
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    Ok(Figures {
        files: rows(
            conn,
            "SELECT 'answered ' || status, sum(files) FROM v_file_volume
             WHERE day BETWEEN ?1 AND ?2 GROUP BY status ORDER BY status",
            period,
            bar,
        )?,
        accepted: steps.iter().map(|s| s.accepted).sum(),
        rejected: steps.iter().map(|s| s.rejected).sum(),
        assessments,
        created,
        steps: by_months(steps),
        reasons: reasons(rows(
            conn,
            "SELECT code, max(coalesce(description, '')), max(coalesce(origin, '')), field,
                        sum(answers), sum(findings), rule
                 FROM v_reason WHERE day BETWEEN ?1 AND ?2
                 GROUP BY rule, code, field",
            period,
            reason,
        )?),
        offices: rows(
            conn,
            "SELECT business_unit, sum(accepted), sum(rejected) FROM v_volume
             WHERE day BETWEEN ?1 AND ?2
             GROUP BY 1 ORDER BY sum(accepted + rejected) DESC, 1 LIMIT 20",
            period,
            office,
        )?,
        risk: rows(
            conn,
            "SELECT coalesce(risk_level, 'evaluation pending'), sum(customers) FROM v_standing
             GROUP BY 1",
            [],
            bar,
        )
        .map(in_order_of_risk)?,
        countries: rows(
            conn,
            "SELECT country, sum(customers) FROM v_standing GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20",
            [],
            bar,
        )?,
        sets: rows(
            conn,
            "SELECT s.hash, b.first, b.last, b.files
             FROM (SELECT set_id, min(received_at) AS first, max(received_at) AS last,
                          count(*) AS files
                   FROM batch
                   WHERE set_id IS NOT NULL AND received_at >= ?1
                     AND received_at < date(?2, '+1 day')
                   GROUP BY set_id) b
             JOIN classifier_set s USING (set_id) ORDER BY 2",
            period,
            set,
        )?,
        pending,
        last_batch,
        about: About::Period {
            from: from.to_owned(),
            to: to.to_owned(),
        },
    })
}

/// The figures of one batch.
///
/// # Errors
/// When the database cannot be read.
pub fn of_batch(conn: &Connection, batch_id: i64) -> Result<Figures> {
    let batch = ask::batch(conn, batch_id)?;
    let (pending, last_batch) = now(conn)?;
    let one = [batch_id];
    let (assessments, created) = conn.query_row(
        &format!("SELECT count(*), coalesce(sum(action = 'CREATE'), 0) FROM {OF_BATCH}"),
        one,
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    Ok(Figures {
        files: vec![Bar {
            label: format!("answered {}", batch.status),
            count: 1,
        }],
        accepted: batch.accepted,
        rejected: batch.rejected,
        assessments,
        created,
        steps: Vec::new(),
        reasons: reasons(rows(
            conn,
            "SELECT f.code, coalesce(r.description, max(f.description)), coalesce(r.origin, ''),
                    f.path, sum(f.no = 1), count(*), f.rule
             FROM v_finding f LEFT JOIN v_rule r ON r.rule = f.rule
             WHERE f.batch_id = ?1 GROUP BY f.rule, f.code, f.path",
            one,
            reason,
        )?),
        offices: rows(
            conn,
            &format!(
                "SELECT business_unit, sum(accepted), sum(1 - accepted) FROM (
                   SELECT business_unit, 1 AS accepted FROM {OF_BATCH}
                   UNION ALL SELECT business_unit, 1 FROM acknowledgement WHERE batch_id = ?1
                   UNION ALL SELECT business_unit, 0 FROM rejection WHERE batch_id = ?1)
                 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20"
            ),
            one,
            office,
        )?,
        risk: rows(
            conn,
            &format!(
                "SELECT coalesce(risk_level, 'evaluation pending'), count(*) FROM {OF_BATCH}
                 GROUP BY 1"
            ),
            one,
            bar,
        )
        .map(in_order_of_risk)?,
        countries: rows(
            conn,
            // What a history of an earlier version replaced has its country in the payload only.
            &format!(
                "SELECT coalesce(country, json_extract(payload_text(payload),
                          iif(entity_type = 'ORGANIZATION', '$.registrationCountry',
                          '$.citizenshipCountry'))), count(*)
                 FROM {OF_BATCH} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
            ),
            one,
            bar,
        )?,
        sets: rows(
            conn,
            "SELECT classifier_set, received_at, received_at, 1 FROM v_batch
             WHERE classifier_set IS NOT NULL AND batch_id = ?1",
            one,
            set,
        )?,
        pending,
        last_batch,
        about: About::Batch(Box::new(batch)),
    })
}

fn set(r: &rusqlite::Row<'_>) -> rusqlite::Result<Set> {
    Ok(Set {
        hash: r.get(0)?,
        first: r.get(1)?,
        last: r.get(2)?,
        files: r.get(3)?,
    })
}

fn in_order_of_risk(mut bars: Vec<Bar>) -> Vec<Bar> {
    const ORDER: &[&str] = &["NONE", "LOW", "MEDIUM", "HIGH", "EXTREME"];
    bars.sort_by_key(|b| {
        ORDER
            .iter()
            .position(|l| *l == b.label)
            .unwrap_or(ORDER.len())
    });
    bars
}

/// A reason at one field, with the name of its rule.
fn reason(r: &rusqlite::Row<'_>) -> rusqlite::Result<(String, Reason)> {
    let reason = Reason {
        code: r.get(0)?,
        description: r.get(1)?,
        origin: r.get(2)?,
        fields: vec![r.get(3)?],
        answers: r.get(4)?,
        findings: r.get(5)?,
    };
    Ok((r.get(6)?, reason))
}

/// One reason for each code and rule, with its fields; the most frequent answers first.
fn reasons(mut at_fields: Vec<(String, Reason)>) -> Vec<Reason> {
    const FIELDS: usize = 5;
    at_fields.sort_by(|(a, x), (b, y)| {
        (a, &x.code)
            .cmp(&(b, &y.code))
            .then(y.findings.cmp(&x.findings))
            .then(x.fields.cmp(&y.fields))
    });
    let mut found: Vec<(String, Reason)> = Vec::new();
    for (rule, reason) in at_fields {
        match found.last_mut() {
            Some((last, whole)) if *last == rule && whole.code == reason.code => {
                whole.answers += reason.answers;
                whole.findings += reason.findings;
                if whole.fields.len() < FIELDS {
                    whole.fields.extend(reason.fields);
                }
            }
            _ => found.push((rule, reason)),
        }
    }
    let mut reasons: Vec<Reason> = found.into_iter().map(|(_, reason)| reason).collect();
    reasons.sort_by(|a, b| {
        (b.answers, b.findings)
            .cmp(&(a.answers, a.findings))
            .then_with(|| a.code.cmp(&b.code))
    });
    reasons.truncate(MOST);
    reasons
}

fn by_months(days: Vec<Step>) -> Vec<Step> {
    if days.len() <= DAYS {
        return days;
    }
    let mut months: Vec<Step> = Vec::new();
    for day in days {
        let month = day.label.get(..7).unwrap_or(&day.label);
        match months.last_mut() {
            Some(last) if last.label == month => {
                last.accepted += day.accepted;
                last.rejected += day.rejected;
            }
            _ => months.push(Step {
                label: month.to_owned(),
                ..day
            }),
        }
    }
    months
}
