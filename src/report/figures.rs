//! The figures of a report.

use std::collections::HashMap;

use chrono::NaiveDate;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use crate::history::ask::{self, Batch};
use crate::trouble::Result;

use super::names::{Names, described};
use super::queries::{
    BREAKDOWNS, BreakdownRow, DAYS, DESCRIPTIONS, OFFICES, Of, Query, REASONS, REPEATED, SAVED,
    SETS, WORDS,
};
use super::time::Axis;

/// The most rows of a list.
const MAX_ROWS: usize = 20;

/// What a report is about.
#[derive(Clone, Debug)]
pub enum About {
    /// Both days are in it.
    Period {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
    /// One batch.
    Batch(Box<Batch>),
}

/// The first rows of a list, and how many there are.
#[derive(Clone, Debug)]
pub struct Top<T> {
    /// At most twenty.
    pub rows: Vec<T>,
    /// How many the whole list has.
    pub all: usize,
}

impl<T> Top<T> {
    fn of(mut rows: Vec<T>) -> Top<T> {
        let all = rows.len();
        rows.truncate(MAX_ROWS);
        Top { rows, all }
    }
}

/// A slot of the time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The day, the first day of the week, the month, the year or the decade: `2026-10-05`, `2026-10`,
    /// `2026`, `2020s`.
    pub label: String,
    /// Its first and its last day.
    pub days: (NaiveDate, NaiveDate),
    /// Customers that were accepted.
    pub accepted: u64,
    /// Customers that were rejected.
    pub rejected: u64,
}

impl Step {
    /// All customers.
    pub fn customers(&self) -> u64 {
        self.accepted + self.rejected
    }

    /// The acceptance rate in percent; None without customers.
    pub(super) fn acceptance(&self) -> Option<f64> {
        let customers = self.customers();
        (customers > 0).then(|| 100.0 * self.accepted as f64 / customers as f64)
    }
}

/// Something counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What was counted, as the history has it; None where there was none.
    pub code: Option<String>,
    /// What was counted, for people.
    pub label: String,
    /// How many there are.
    pub count: u64,
}

/// Why customers were rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The unique key of the rule.
    pub rule: String,
    /// The code that was answered.
    pub code: String,
    /// The description as it was answered most often; a general one where that shows what a customer
    /// said.
    pub description: String,
    /// Which of code and text are not the API's own; empty where both are.
    pub origin: &'static str,
    /// Paths where it was found, the most frequent first.
    pub fields: Vec<String>,
    /// At how many paths it was found.
    pub all_fields: usize,
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
    /// None for customers that gave none.
    pub code: Option<String>,
    pub name: String,
    pub accepted: u64,
    pub rejected: u64,
}

/// Something counted by a property, with its bars.
#[derive(Clone, Debug)]
pub struct Breakdown {
    pub of: Of,
    pub title: &'static str,
    pub note: String,
    pub bars: Top<Bar>,
    /// The sum of the whole list.
    pub total: u64,
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
    /// None for a batch.
    pub timeline: Option<Timeline>,
    /// The reasons for rejections, the most frequent first.
    pub reasons: Top<Reason>,
    /// The offices, the one with the most customers first.
    pub offices: Top<Office>,
    /// Assessments by country, risk level and so on.
    pub breakdowns: Vec<Breakdown>,
    /// The classifier sets that were used last, in the order of use.
    pub sets: Top<Set>,
    /// The newest batch of the history that this was read from; None where nothing is recorded.
    pub last_batch: Option<i64>,
}

impl Figures {
    /// The figures where nothing was recorded yet.
    pub fn none(about: About) -> Figures {
        Figures {
            about,
            accepted: 0,
            rejected: 0,
            repeated: 0,
            assessments: 0,
            created: 0,
            timeline: None,
            reasons: Top::of(Vec::new()),
            offices: Top::of(Vec::new()),
            breakdowns: Vec::new(),
            sets: Top::of(Vec::new()),
            last_batch: None,
        }
    }
}

/// The customers of a period, slot by slot.
#[derive(Clone, Debug)]
pub struct Timeline {
    pub(super) axis: Axis,
    /// A step for each slot, with zeros where there were no customers.
    pub steps: Vec<Step>,
}

/// A history, and what is asked of it.
struct Source<'c> {
    conn: &'c Connection,
    about: About,
    values: Vec<Value>,
    names: Names,
}

impl Source<'_> {
    fn answer<T>(
        &self,
        query: &Query,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.rows(
            match &self.about {
                About::Period { .. } => query.period,
                About::Batch(_) => query.batch,
            },
            read,
        )
    }

    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut sql = sql.to_owned();
        for (word, stands_for) in WORDS {
            sql = sql.replace(word, stands_for);
        }
        let mut select = self.conn.prepare(&sql)?;
        let used = select.parameter_count();
        let rows = select.query_map(params_from_iter(self.values.iter().take(used)), read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn breakdown(&self, row: &BreakdownRow) -> Result<Breakdown> {
        let bars = self.answer(&row.query, |r| {
            let code: Option<String> = r.get(0)?;
            Ok(Bar {
                label: match &code {
                    Some(code) => (row.name)(&self.names, code),
                    None => row.none.to_owned(),
                },
                code,
                count: r.get(1)?,
            })
        })?;
        let scope = match &self.about {
            About::Period { to, .. } => format!("At the end of {to}"),
            About::Batch(_) => "Of the customers that the batch saved".to_owned(),
        };
        Ok(Breakdown {
            of: row.of,
            title: row.title,
            note: row.note.replace("{scope}", &scope),
            total: bars.iter().map(|bar| bar.count).sum(),
            bars: Top::of(bars),
        })
    }

    fn reasons(&self) -> Result<Top<Reason>> {
        let mut reasons = Top::of(reasons(self.answer(&REASONS, reason)?));
        let answered = self.answer(&DESCRIPTIONS, |r| {
            Ok(((r.get(0)?, r.get(1)?), r.get::<_, String>(2)?))
        })?;
        let answered: HashMap<(String, String), String> = answered.into_iter().collect();
        let name = |reason: Reason| {
            let answered = answered.get(&(reason.rule.clone(), reason.code.clone()));
            Reason {
                description: described(&reason.description, answered.map(String::as_str)),
                ..reason
            }
        };
        Ok(Top {
            rows: reasons.rows.drain(..).map(name).collect(),
            all: reasons.all,
        })
    }

    fn offices(&self) -> Result<Top<Office>> {
        let offices = self.answer(&OFFICES, |r| {
            let code: Option<String> = r.get(0)?;
            Ok(Office {
                name: match &code {
                    Some(code) => self.names.office(code),
                    None => "None given".to_owned(),
                },
                code,
                accepted: r.get(1)?,
                rejected: r.get(2)?,
            })
        })?;
        Ok(Top::of(offices))
    }

    fn figures(
        self,
        timeline: Option<Timeline>,
        (accepted, repeated, rejected): (u64, u64, u64),
    ) -> Result<Figures> {
        let saved = self.answer(&SAVED, |r| Ok((r.get(0)?, r.get(1)?)))?;
        let (assessments, created) = saved.first().copied().unwrap_or_default();
        let breakdowns = BREAKDOWNS.iter().map(|row| self.breakdown(row));
        let mut sets = Top::of(self.answer(&SETS, set)?);
        sets.rows.reverse();
        Ok(Figures {
            accepted,
            repeated,
            rejected,
            assessments,
            created,
            timeline,
            reasons: self.reasons()?,
            offices: self.offices()?,
            breakdowns: breakdowns.collect::<Result<_>>()?,
            sets,
            last_batch: self
                .conn
                .query_row("SELECT max(batch_id) FROM batch", [], |r| r.get(0))?,
            about: self.about,
        })
    }
}

/// The figures of a period: what happened in it, and what was so at its end. The time axis ends
/// today, where the period does not end before.
///
/// # Errors
/// When the database cannot be read.
pub fn of_period(
    conn: &Connection,
    (from, to): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Result<Figures> {
    // As `{end}` of the other queries.
    let (last, set_id): (i64, Option<i64>) = conn.query_row(
        "SELECT coalesce(max(last_assessment_id), 0),
                (SELECT set_id FROM batch WHERE set_id IS NOT NULL
                   AND received_at < ?1 || '~' ORDER BY batch_id DESC LIMIT 1)
         FROM batch WHERE received_at < ?1 || '~'",
        [to.to_string()],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    let source = Source {
        conn,
        about: About::Period { from, to },
        values: vec![from.to_string().into(), to.to_string().into(), last.into()],
        names: Names::of_set(conn, set_id)?,
    };
    let days = source.rows(DAYS, |r| {
        let day = r.get::<_, String>(0)?.parse().unwrap_or(from);
        Ok((day, r.get(1)?, r.get(2)?))
    })?;
    let accepted = days.iter().map(|(_, accepted, _)| accepted).sum();
    let rejected = days.iter().map(|(_, _, rejected)| rejected).sum();
    let repeated = source.rows(REPEATED, |r| r.get(0))?;
    let repeated = repeated.first().copied().unwrap_or_default();
    let axis = Axis::of(from, if from > today { to } else { to.min(today) });
    let timeline = Timeline {
        steps: axis.steps(&days),
        axis,
    };
    source.figures(Some(timeline), (accepted, repeated, rejected))
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
        values: vec![batch_id.into()],
        names: Names::of_set(conn, batch.set_id)?,
        about: About::Batch(Box::new(batch)),
    };
    source.figures(None, counts)
}

fn set(r: &Row<'_>) -> rusqlite::Result<Set> {
    Ok(Set {
        hash: r.get(0)?,
        first: r.get(1)?,
        last: r.get(2)?,
        files: r.get(3)?,
    })
}

/// A reason at one field.
fn reason(r: &Row<'_>) -> rusqlite::Result<Reason> {
    Ok(Reason {
        code: r.get(0)?,
        description: r.get(1)?,
        origin: Names::origin(&r.get::<_, String>(2)?),
        fields: vec![r.get(3)?],
        all_fields: 1,
        answers: r.get(4)?,
        findings: r.get(5)?,
        rule: r.get(6)?,
    })
}

/// One reason for each code and rule, with its fields; the most frequent answers first.
fn reasons(mut at_fields: Vec<Reason>) -> Vec<Reason> {
    const FIELDS: usize = 3;
    at_fields.sort_by(|x, y| {
        (&x.rule, &x.code)
            .cmp(&(&y.rule, &y.code))
            .then(y.findings.cmp(&x.findings))
            .then(x.fields.cmp(&y.fields))
    });
    let mut found: Vec<Reason> = Vec::new();
    for reason in at_fields {
        match found.last_mut() {
            Some(whole) if whole.rule == reason.rule && whole.code == reason.code => {
                whole.answers += reason.answers;
                whole.findings += reason.findings;
                whole.all_fields += 1;
                if whole.fields.len() < FIELDS {
                    whole.fields.extend(reason.fields);
                }
            }
            _ => found.push(reason),
        }
    }
    found.sort_by(|a, b| {
        (b.answers, b.findings)
            .cmp(&(a.answers, a.findings))
            .then_with(|| a.code.cmp(&b.code))
    });
    found
}
