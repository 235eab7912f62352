//! The rules that need the history: whose communicationNumber is taken, which customer exists and
//! as what. The one writer evaluates them in the order of the batch.
//!
//! Both questions go to a table of hashes (see `keys`), because a random text index costs more with
//! every row. The hash only finds the row; its text decides, and two texts with one hash lie in
//! neighbouring keys.

use std::sync::LazyLock;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::catalog::{
    CUSTOMER, CategoryKind, Endpoint, HistoryFacts, HistoryRule, RuleRow, history_rules,
};
use crate::request::same_value;
use crate::trouble::Result;
use crate::validate::{Finding, Judged, Summary, TextPool};

use super::evaluation::DECIDED_LEVEL;
use super::keys::Keys;
use super::payload::Unpacker;
use super::trial::{self, Tried};

/// What a customer comes to.
#[derive(Debug)]
pub enum Verdict {
    /// Accepted, as a new assessment.
    New(NewKeys),
    /// Accepted as the same request again; this assessment has it already. None where nothing is saved.
    Duplicate(Option<i64>),
    /// Rejected, by the findings that the customer has now.
    Rejected,
}

/// The keys that a new assessment takes.
#[derive(Clone, Copy, Debug)]
pub struct NewKeys {
    number_key: i64,
    customer_key: i64,
    /// Whether there is a row for the customer already.
    known: bool,
}

/// How a customer stood before its newest assessment, for the sums.
pub(super) struct Former {
    pub assessment_id: i64,
    pub kind: String,
    pub entity_type: String,
    pub risk_level: Option<String>,
    pub customer_status: Option<String>,
    pub country: Option<String>,
}

/// The first and the newest assessment of a customer of this office; None where there is no such
/// customer.
pub(super) fn customer_of(
    conn: &Connection,
    business_unit: Option<&str>,
    ext_id: &str,
) -> Result<Option<(i64, i64)>> {
    let mut key = Keys::of(conn)?.customer(business_unit, ext_id);
    let mut by_key = conn.prepare_cached(
        "SELECT a.customer_ext_id = ?2 AND a.business_unit IS ?3, 
                coalesce(r.first_assessment_id, c.assessment_id), c.assessment_id
         FROM customer c
         JOIN assessment a ON a.assessment_id = c.assessment_id
         LEFT JOIN returning_customer r ON r.key = c.key
         WHERE c.key = ?1",
    )?;
    loop {
        let found = by_key
            .query_row(params![key, ext_id, business_unit], |r| {
                Ok((r.get::<_, bool>(0)?, (r.get(1)?, r.get(2)?)))
            })
            .optional()?;
        match found {
            Some((true, both)) => return Ok(Some(both)),
            Some((false, _)) => key = key.wrapping_add(1),
            None => return Ok(None),
        }
    }
}

/// The assessment that has a communicationNumber; None where none has.
pub(super) fn assessment_of_number(conn: &Connection, number: &str) -> Result<Option<i64>> {
    let mut key = Keys::of(conn)?.number(number);
    let mut by_key = conn.prepare_cached(
        "SELECT a.communication_number = ?2, a.assessment_id
         FROM communication_number n JOIN assessment a ON a.assessment_id = n.assessment_id
         WHERE n.key = ?1",
    )?;
    loop {
        let found = by_key
            .query_row(params![key, number], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        match found {
            Some((true, id)) => return Ok(Some(id)),
            Some((false, _)) => key = key.wrapping_add(1),
            None => return Ok(None),
        }
    }
}

/// The taken numbers and the existing customers, as they are at this point of the batch.
pub struct HistoryRules<'c> {
    conn: &'c Connection,
    keys: Keys,
    endpoint: Endpoint,
    /// Those that apply at the endpoint.
    rules: Vec<(&'static RuleRow, &'static HistoryRule)>,
    /// Nothing is to be saved: what is accepted here counts in temporary tables only.
    trial: bool,
    /// Whether a request that comes again is accepted again; else its number is used.
    accepts_repeats: bool,
    /// Made when a number comes again.
    unpacker: Option<Unpacker>,
    statements: Statements<'c>,
}

/// What nearly every customer needs, prepared once.
pub(super) struct Statements<'c> {
    number: CachedStatement<'c>,
    number_text: CachedStatement<'c>,
    customer: CachedStatement<'c>,
    customer_text: CachedStatement<'c>,
    pub(super) new_number: CachedStatement<'c>,
    pub(super) new_customer: CachedStatement<'c>,
    newer_customer: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(conn: &'c Connection) -> Result<Statements<'c>> {
        Ok(Statements {
            number: conn
                .prepare_cached("SELECT assessment_id FROM communication_number WHERE key = ?1")?,
            number_text: conn.prepare_cached(
                "SELECT communication_number = ?2 FROM assessment WHERE assessment_id = ?1",
            )?,
            customer: conn.prepare_cached("SELECT assessment_id FROM customer WHERE key = ?1")?,
            customer_text: conn.prepare_cached(
                "SELECT customer_ext_id = ?2 AND business_unit IS ?3, kind
                 FROM assessment WHERE assessment_id = ?1",
            )?,
            new_number: conn.prepare_cached(
                "INSERT OR IGNORE INTO communication_number (key, assessment_id) VALUES (?1, ?2)",
            )?,
            new_customer: conn.prepare_cached(
                "INSERT OR IGNORE INTO customer (key, assessment_id) VALUES (?1, ?2)",
            )?,
            newer_customer: conn
                .prepare_cached("UPDATE customer SET assessment_id = ?2 WHERE key = ?1")?,
        })
    }
}

/// communicationNumber, businessUnit and customerExtId.
pub(super) fn names<'f>(
    summary: &Summary,
    texts: &'f TextPool,
) -> (&'f str, Option<&'f str>, &'f str) {
    (
        texts.get(summary.communication_number).unwrap_or_default(),
        texts.get(summary.business_unit),
        texts.get(summary.customer_ext_id).unwrap_or_default(),
    )
}

/// The accepted request that has a number.
enum Earlier {
    None,
    /// This assessment.
    Saved(i64),
    /// Nothing is saved.
    InTrial(Tried),
}

struct Existing {
    key: i64,
    kind: Option<CategoryKind>,
}

impl<'c> HistoryRules<'c> {
    pub(super) fn new(conn: &'c Connection, keys: Keys, endpoint: Endpoint) -> Result<Self> {
        let trial = !endpoint.saves();
        if trial {
            trial::begin(conn)?;
        }
        HistoryRules::over(conn, keys, endpoint, trial)
    }

    /// For a trial that has begun.
    pub(super) fn trial(conn: &'c Connection, keys: Keys, endpoint: Endpoint) -> Result<Self> {
        HistoryRules::over(conn, keys, endpoint, true)
    }

    fn over(conn: &'c Connection, keys: Keys, endpoint: Endpoint, trial: bool) -> Result<Self> {
        let at_endpoint = |(row, _): &(&RuleRow, _)| row.endpoints.has(endpoint);
        Ok(HistoryRules {
            conn,
            keys,
            endpoint,
            rules: history_rules().filter(at_endpoint).collect(),
            trial,
            accepts_repeats: true,
            unpacker: None,
            statements: Statements::prepare(conn)?,
        })
    }

    /// With repeats accepted, as they are unless this is called, or not.
    #[must_use]
    pub fn accepting_repeats(mut self, accepts: bool) -> Self {
        self.accepts_repeats = accepts;
        self
    }

    pub(super) fn is_trial(&self) -> bool {
        self.trial
    }

    pub(super) fn keys(&self) -> Keys {
        self.keys
    }

    pub(super) fn statements(&mut self) -> &mut Statements<'c> {
        &mut self.statements
    }

    /// Takes a number back out that was taken for an assessment that is not written yet.
    pub(super) fn free_number(&self, key: i64) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM communication_number WHERE key = ?1")?
            .execute([key])?;
        Ok(())
    }

    /// Decides on a customer that was validated, whose text this is. Afterwards its findings are those
    /// of its answer: one without any gets those of the rules here, and a repeat has none. It was
    /// accepted before, and stays so whatever the rules say of it by now: a classifier may have changed
    /// since.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn decide(
        &mut self,
        customer: &mut Judged,
        texts: &TextPool,
        text: &str,
    ) -> Result<Verdict> {
        let summary = &customer.summary;
        let (number, unit, ext_id) = names(summary, texts);
        let (number_key, holder) = self.holder(number)?;
        let earlier = match holder {
            Some(holder) => Earlier::Saved(holder),
            None if self.trial => {
                trial::earlier(self.conn, number)?.map_or(Earlier::None, Earlier::InTrial)
            }
            None => Earlier::None,
        };
        if self.accepts_repeats && self.is_repeat(&earlier, text)? {
            customer.findings.clear();
            return Ok(Verdict::Duplicate(holder));
        }
        if !customer.findings.is_empty() {
            return Ok(Verdict::Rejected);
        }
        let existing = self.existing(unit, ext_id)?;
        let history = HistoryFacts {
            number_used: !matches!(earlier, Earlier::None),
            existing: existing.kind,
            action: summary.action,
            kind: summary.kind,
        };
        for (row, rule) in &self.rules {
            if (rule.holds)(&history) {
                let field = CUSTOMER.field(rule.field);
                customer.findings.push(Finding::of_history(row, field.name));
            }
        }
        if !customer.findings.is_empty() {
            return Ok(Verdict::Rejected);
        }
        if self.trial {
            let tried = Tried {
                endpoint: self.endpoint.saving().name().into(),
                text: text.into(),
            };
            trial::take(self.conn, (number, unit, ext_id), summary.kind, &tried)?;
        }
        Ok(Verdict::New(NewKeys {
            number_key,
            customer_key: existing.key,
            known: existing.kind.is_some(),
        }))
    }

    /// The assessment that holds a number, and the key where it is or would be.
    fn holder(&mut self, number: &str) -> Result<(i64, Option<i64>)> {
        let sql = &mut self.statements;
        let mut key = self.keys.number(number);
        loop {
            let id: Option<i64> = sql.number.query_row([key], |r| r.get(0)).optional()?;
            let Some(id) = id else {
                return Ok((key, None));
            };
            // Whose row is not there yet came in the same chunk, and has another text: see `entry`.
            let same = sql
                .number_text
                .query_row(params![id, number], |r| r.get::<_, bool>(0))
                .optional()?;
            if same == Some(true) {
                return Ok((key, Some(id)));
            }
            key = key.wrapping_add(1);
        }
    }

    /// The kind of an existing customer, and the key where it is or would be.
    fn existing(&mut self, unit: Option<&str>, ext_id: &str) -> Result<Existing> {
        let mut key = self.keys.customer(unit, ext_id);
        loop {
            let sql = &mut self.statements;
            let id: Option<i64> = sql.customer.query_row([key], |r| r.get(0)).optional()?;
            let Some(id) = id else {
                let kind = self.kind_in_trial(unit, ext_id)?;
                return Ok(Existing { key, kind });
            };
            let found: Option<(bool, String)> = sql
                .customer_text
                .query_row(params![id, ext_id, unit], |r| Ok((r.get(0)?, r.get(1)?)))
                .optional()?;
            if let Some((true, kind)) = found {
                let here = self.kind_in_trial(unit, ext_id)?;
                return Ok(Existing {
                    key,
                    kind: here.or_else(|| CategoryKind::from_name(&kind)),
                });
            }
            key = key.wrapping_add(1);
        }
    }

    /// Whether a request is the one that has its number, sent again: the same content at the same
    /// endpoint, or at the one that validates for it.
    fn is_repeat(&mut self, earlier: &Earlier, text: &str) -> Result<bool> {
        let holder = match earlier {
            Earlier::None => return Ok(false),
            Earlier::InTrial(tried) => {
                let same_endpoint = tried.endpoint == self.endpoint.saving().name();
                return Ok(same_endpoint && same_value(&tried.text, text));
            }
            Earlier::Saved(holder) => holder,
        };
        // The batch of the file at hand is written at its end.
        let mut select = self.conn.prepare_cached(
            "SELECT b.endpoint, a.payload FROM assessment a LEFT JOIN batch b USING (batch_id)
             WHERE a.assessment_id = ?1",
        )?;
        let (endpoint, payload): (Option<String>, Value) =
            select.query_row([holder], |r| Ok((r.get(0)?, r.get(1)?)))?;
        if endpoint.is_some_and(|endpoint| endpoint != self.endpoint.saving().name()) {
            return Ok(false);
        }
        let unpacker = match &mut self.unpacker {
            Some(unpacker) => unpacker,
            none => none.insert(Unpacker::of(self.conn)?),
        };
        let earlier = unpacker.text_within(self.conn, ValueRef::from(&payload))?;
        Ok(earlier.is_some_and(|earlier| same_value(&earlier, text)))
    }

    /// Takes the number and puts the customer's newest assessment in place. Returns how the customer
    /// stood before, if there was one.
    pub(super) fn enter(&mut self, keys: NewKeys, assessment_id: i64) -> Result<Option<Former>> {
        let sql = &mut self.statements;
        sql.new_number.execute([keys.number_key, assessment_id])?;
        if !keys.known {
            sql.new_customer
                .execute([keys.customer_key, assessment_id])?;
            return Ok(None);
        }
        let former = self.former(keys.customer_key)?;
        let replaced = former.assessment_id;
        self.conn
            .prepare_cached(
                "INSERT INTO succession (assessment_id, next_assessment_id) VALUES (?1, ?2)",
            )?
            .execute([replaced, assessment_id])?;
        self.conn
            .prepare_cached(
                "INSERT INTO returning_customer (key, first_assessment_id, assessments)
                 VALUES (?1, ?2, 2)
                 ON CONFLICT DO UPDATE SET assessments = assessments + 1",
            )?
            .execute([keys.customer_key, replaced])?;
        self.statements
            .newer_customer
            .execute([keys.customer_key, assessment_id])?;
        Ok(Some(former))
    }

    /// What a customer is by its newest assessment.
    fn former(&self, customer_key: i64) -> Result<Former> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            format!(
                "SELECT a.assessment_id, a.kind, a.entity_type,
                        coalesce(a.risk_level, {DECIDED_LEVEL}), a.customer_status, a.country
                 FROM customer c JOIN assessment a ON a.assessment_id = c.assessment_id
                 WHERE c.key = ?1"
            )
        });
        let found = self
            .conn
            .prepare_cached(&SQL)?
            .query_row([customer_key], |r| {
                let former = Former {
                    assessment_id: r.get(0)?,
                    kind: r.get(1)?,
                    entity_type: r.get(2)?,
                    risk_level: r.get(3)?,
                    customer_status: r.get(4)?,
                    country: r.get(5)?,
                };
                Ok(former)
            })?;
        Ok(found)
    }

    fn kind_in_trial(&self, unit: Option<&str>, ext_id: &str) -> Result<Option<CategoryKind>> {
        match self.trial {
            true => trial::kind(self.conn, unit, ext_id),
            false => Ok(None),
        }
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
