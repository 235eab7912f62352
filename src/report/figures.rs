//! The figures of a report.

use rusqlite::{Connection, Row, ToSql, params_from_iter};

use crate::history::OF_BATCH;
use crate::history::ask::{self, Batch};
use crate::trouble::Result;

/// A period of more days is shown by months.
const MAX_DAYS: usize = 92;

/// The most reasons that are shown.
const MAX_REASONS: usize = 20;

/// What a report is about.
#[derive(Clone, Debug)]
pub enum About {
    /// Both days are in it.
    Period {
        /// The first day, `yyyy-MM-dd`.
        from: String,
        /// The last day, `yyyy-MM-dd`.
        to: String,
    },
    /// One batch.
    Batch(Box<Batch>),
}

/// A day or a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The day (`yyyy-MM-dd`) or the month (`yyyy-MM`).
    pub label: String,
    /// Customers that were accepted.
    pub accepted: u64,
    /// Customers that were rejected.
    pub rejected: u64,
}

/// Something counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What was counted, for people.
    pub label: String,
    /// How many there are.
    pub count: u64,
}

/// Why customers were rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The code that was answered.
    pub code: String,
    /// The description of the code.
    pub description: String,
    /// Where the code and its text come from.
    pub origin: String,
    /// Paths where it was found, the most frequent first.
    pub fields: Vec<String>,
    /// Customers that were answered with it: it was their first finding.
    pub answers: u64,
    /// How often it was found, in all findings.
    pub findings: u64,
}

/// A set of classifiers that customers were validated against.
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

/// Something counted by a property, with its bars.
#[derive(Clone, Debug)]
pub struct Breakdown {
    pub title: &'static str,
    pub note: String,
    pub bars: Vec<Bar>,
}

/// Everything in a report.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What the report is about.
    pub about: About,
    /// Customers that were accepted.
    pub accepted: u64,
    /// Customers that were rejected.
    pub rejected: u64,
    /// Of the accepted: repeats, of which nothing was saved.
    pub repeated: u64,
    /// Accepted requests that were saved.
    pub assessments: u64,
    /// Assessments that created a customer.
    pub created: u64,
    /// Empty for a batch.
    pub steps: Vec<Step>,
    /// The reasons for rejections, the most frequent first.
    pub reasons: Vec<Reason>,
    /// The offices.
    pub offices: Vec<Office>,
    /// Assessments by country, risk level and so on.
    pub breakdowns: Vec<Breakdown>,
    /// The classifier sets that were used.
    pub sets: Vec<Set>,
    /// The newest batch of the history that this was read from.
    pub last_batch: Option<i64>,
}

/// A query of a report: for a period with its first and last day as ?1 and ?2, and for a batch with
/// its number as ?1. A query that uses none of them answers for today, whatever the report is about.
struct Query {
    period: &'static str,
    batch: &'static str,
}

/// The row that a breakdown takes; this table is all that there is to add to for another one.
struct BreakdownRow {
    title: &'static str,
    /// `{scope}` is replaced by what is counted.
    note: &'static str,
    /// Columns: label (NULL for none), count.
    query: Query,
    order: fn(&mut [Bar]),
}

const BREAKDOWNS: &[BreakdownRow] = &[
    BreakdownRow {
        title: "Risk levels",
        note: "{scope}.",
        query: Query {
            period: "SELECT coalesce(risk_level, 'evaluation pending'), sum(customers)
                     FROM v_standing GROUP BY 1",
            batch: "SELECT coalesce(risk_level, 'evaluation pending'), count(*)
                    FROM {of_batch} GROUP BY 1",
        },
        order: by_risk,
    },
    BreakdownRow {
        title: "Countries",
        note: "{scope}: citizenship of persons, registration of companies. The twenty most frequent.",
        query: Query {
            period: "SELECT country, sum(customers) FROM v_standing
                     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20",
            // An assessment that a history of an earlier version replaced has its country in the
            // payload only.
            batch: "SELECT coalesce(country, json_extract(payload_text(payload),
                             iif(entity_type = 'ORGANIZATION', '$.registrationCountry',
                             '$.citizenshipCountry'))), count(*)
                    FROM {of_batch} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20",
        },
        order: as_read,
    },
    BreakdownRow {
        title: "Pending at the head office",
        note: "Evaluations and screenings that were requested and are still pending.",
        query: Query {
            period: PENDING,
            batch: PENDING,
        },
        order: as_read,
    },
    BreakdownRow {
        title: "Files",
        note: "By the status of their answer.",
        query: Query {
            period: "SELECT 'answered ' || status, sum(files) FROM v_file_volume
                     WHERE day BETWEEN ?1 AND ?2 GROUP BY status ORDER BY status",
            batch: "SELECT 'answered ' || status, 1 FROM batch WHERE batch_id = ?1",
        },
        order: as_read,
    },
];

const PENDING: &str = "SELECT coalesce(process, what), count(*) FROM v_pending WHERE newest = 1
                       GROUP BY 1 ORDER BY what, 2 DESC";

const REASONS: Query = Query {
    period: "SELECT code, max(coalesce(description, '')), max(coalesce(origin, '')), field,
                    sum(answers), sum(findings), rule
             FROM v_reason WHERE day BETWEEN ?1 AND ?2 GROUP BY rule, code, field",
    batch: "SELECT f.code, coalesce(r.description, max(f.description)), coalesce(r.origin, ''),
                   f.path, sum(f.no = 1), count(*), f.rule
            FROM v_finding f LEFT JOIN v_rule r ON r.rule = f.rule
            WHERE f.batch_id = ?1 GROUP BY f.rule, f.code, f.path",
};

const OFFICES: Query = Query {
    period: "SELECT business_unit, sum(accepted), sum(rejected) FROM v_volume
             WHERE day BETWEEN ?1 AND ?2
             GROUP BY 1 ORDER BY sum(accepted + rejected) DESC, 1 LIMIT 20",
    batch: "SELECT business_unit, sum(accepted), sum(1 - accepted) FROM (
              SELECT business_unit, 1 AS accepted FROM {of_batch}
              UNION ALL SELECT business_unit, 1 FROM acknowledgement WHERE batch_id = ?1
              UNION ALL SELECT business_unit, 0 FROM rejection WHERE batch_id = ?1)
            GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20",
};

const SETS: Query = Query {
    period: "SELECT s.hash, b.first, b.last, b.files
             FROM (SELECT set_id, min(received_at) AS first, max(received_at) AS last,
                          count(*) AS files, min(batch_id) AS first_batch
                   FROM batch
                   WHERE set_id IS NOT NULL AND received_at >= ?1
                     AND received_at < date(?2, '+1 day')
                   GROUP BY set_id) b
             JOIN classifier_set s USING (set_id) ORDER BY b.first_batch",
    batch: "SELECT classifier_set, received_at, received_at, 1 FROM v_batch
            WHERE classifier_set IS NOT NULL AND batch_id = ?1",
};

const SAVED: Query = Query {
    period: "SELECT coalesce(sum(assessments), 0), coalesce(sum(created), 0) FROM v_volume
             WHERE day BETWEEN ?1 AND ?2",
    batch: "SELECT count(*), coalesce(sum(action = 'CREATE'), 0) FROM {of_batch}",
};

/// A history, and what is asked of it.
struct Source<'c> {
    conn: &'c Connection,
    about: About,
}

impl Source<'_> {
    fn answer<T>(
        &self,
        query: &Query,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let sql = match &self.about {
            About::Period { .. } => query.period,
            About::Batch(_) => query.batch,
        };
        self.rows(sql, read)
    }

    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let values: &[&dyn ToSql] = match &self.about {
            About::Period { from, to } => &[from, to],
            About::Batch(batch) => &[&batch.batch_id],
        };
        let mut select = self.conn.prepare(&sql.replace("{of_batch}", OF_BATCH))?;
        let used = select.parameter_count();
        let rows = select.query_map(params_from_iter(values.iter().take(used)), read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn breakdown(&self, row: &BreakdownRow) -> Result<Breakdown> {
        let mut bars = self.answer(&row.query, bar)?;
        (row.order)(&mut bars);
        let scope = match self.about {
            About::Period { .. } => "Customers as they are now",
            About::Batch(_) => "Assessments of the batch",
        };
        Ok(Breakdown {
            title: row.title,
            note: row.note.replace("{scope}", scope),
            bars,
        })
    }

    fn figures(
        self,
        steps: Vec<Step>,
        (accepted, repeated, rejected): (u64, u64, u64),
    ) -> Result<Figures> {
        let saved = self.answer(&SAVED, |r| Ok((r.get(0)?, r.get(1)?)))?;
        let (assessments, created) = saved.first().copied().unwrap_or_default();
        let breakdowns = BREAKDOWNS.iter().map(|row| self.breakdown(row));
        Ok(Figures {
            accepted,
            repeated,
            rejected,
            assessments,
            created,
            steps,
            reasons: reasons(self.answer(&REASONS, reason)?),
            offices: self.answer(&OFFICES, office)?,
            breakdowns: breakdowns.collect::<Result<_>>()?,
            sets: self.answer(&SETS, set)?,
            last_batch: self
                .conn
                .query_row("SELECT max(batch_id) FROM batch", [], |r| r.get(0))?,
            about: self.about,
        })
    }
}

/// The figures of a period; risk levels, countries and what is pending are those of today.
///
/// # Errors
/// When the database cannot be read.
pub fn of_period(conn: &Connection, from: &str, to: &str) -> Result<Figures> {
    let source = Source {
        conn,
        about: About::Period {
            from: from.to_owned(),
            to: to.to_owned(),
        },
    };
    let days = source.rows(
        "SELECT day, sum(accepted), sum(rejected) FROM v_volume
         WHERE day BETWEEN ?1 AND ?2 GROUP BY day ORDER BY day",
        |r| {
            Ok(Step {
                label: r.get(0)?,
                accepted: r.get(1)?,
                rejected: r.get(2)?,
            })
        },
    )?;
    let accepted = days.iter().map(|s| s.accepted).sum();
    let rejected = days.iter().map(|s| s.rejected).sum();
    let repeated = source.rows(
        "SELECT coalesce(sum(repeated), 0) FROM v_batch
         WHERE received_at BETWEEN ?1 AND ?2 || 'T99'",
        |r| r.get(0),
    )?;
    let repeated = repeated.first().copied().unwrap_or_default();
    source.figures(by_months(days), (accepted, repeated, rejected))
}

/// The figures of one batch.
///
/// # Errors
/// When the database cannot be read.
pub fn of_batch(conn: &Connection, batch_id: i64) -> Result<Figures> {
    let batch = ask::batch(conn, batch_id)?;
    let counts = (batch.accepted, batch.repeated, batch.rejected);
    let source = Source {
        conn,
        about: About::Batch(Box::new(batch)),
    };
    source.figures(Vec::new(), counts)
}

fn bar(r: &Row<'_>) -> rusqlite::Result<Bar> {
    Ok(Bar {
        label: r
            .get::<_, Option<String>>(0)?
            .unwrap_or_else(|| "none".into()),
        count: r.get(1)?,
    })
}

fn office(r: &Row<'_>) -> rusqlite::Result<Office> {
    Ok(Office {
        name: r
            .get::<_, Option<String>>(0)?
            .unwrap_or_else(|| "none given".into()),
        accepted: r.get(1)?,
        rejected: r.get(2)?,
    })
}

fn set(r: &Row<'_>) -> rusqlite::Result<Set> {
    Ok(Set {
        hash: r.get(0)?,
        first: r.get(1)?,
        last: r.get(2)?,
        files: r.get(3)?,
    })
}

fn as_read(_: &mut [Bar]) {}

fn by_risk(bars: &mut [Bar]) {
    const ORDER: &[&str] = &["NONE", "LOW", "MEDIUM", "HIGH", "EXTREME"];
    bars.sort_by_key(|b| {
        let place = ORDER.iter().position(|level| *level == b.label);
        place.unwrap_or(ORDER.len())
    });
}

/// A reason at one field, with the name of its rule.
fn reason(r: &Row<'_>) -> rusqlite::Result<(String, Reason)> {
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
    reasons.truncate(MAX_REASONS);
    reasons
}

fn by_months(days: Vec<Step>) -> Vec<Step> {
    if days.len() <= MAX_DAYS {
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
