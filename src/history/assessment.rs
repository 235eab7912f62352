//! The row of an assessment. Most of its columns are in most rows what they were in the row before:
//! those stay bound to the statement, and only what is different is bound anew.

use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection};

use crate::catalog::CategoryKind;
use crate::trouble::Result;
use crate::validate::Judged;

use super::record::At;

/// The column of each parameter, in the order of the parameters.
const COLUMNS: [&str; 21] = [
    "batch_id",
    "position",
    "communication_number",
    "customer_ext_id",
    "business_unit",
    "requester",
    "action",
    "entity_type",
    "name",
    "risk_level",
    "customer_status",
    "risk_management_category",
    "kind",
    "source_of_risk_level",
    "evaluation",
    "application_date",
    "assessed_at",
    "elapsed_ms",
    "payload",
    "assessment_id",
    "country",
];

/// Writes the rows of one file.
pub(super) struct AssessmentRows<'c> {
    insert: CachedStatement<'c>,
    /// The texts that are bound now, by the number of their parameter; None for NULL.
    texts: [Option<String>; COLUMNS.len()],
    elapsed_ms: Option<u32>,
}

impl<'c> AssessmentRows<'c> {
    /// Of this file.
    pub fn prepare(conn: &'c Connection, batch_id: i64) -> Result<AssessmentRows<'c>> {
        let columns = COLUMNS.join(", ");
        let marks = ["?"; COLUMNS.len()].join(", ");
        let sql = format!("INSERT INTO assessment ({columns}) VALUES ({marks})");
        let mut insert = conn.prepare_cached(&sql)?;
        // Nothing else is bound: what comes from the cache of statements has lost what it had.
        insert.raw_bind_parameter(1, batch_id)?;
        Ok(AssessmentRows {
            insert,
            texts: Default::default(),
            elapsed_ms: None,
        })
    }

    /// Writes the row of a customer; `evaluation` is where it stands if it has to be evaluated.
    pub fn write(
        &mut self,
        customer: &Judged,
        at: &At<'_>,
        evaluation: Option<&str>,
    ) -> Result<()> {
        let (s, facts) = (&customer.summary, at.facts);
        self.bind(2, at.position)?;
        self.bind(3, facts.get(s.communication_number))?;
        self.bind(4, facts.get(s.customer_ext_id))?;
        self.keep(5, facts.get(s.business_unit))?;
        self.keep(6, facts.get(s.requester))?;
        self.keep(7, Some(s.action.name()))?;
        self.keep(8, s.entity_type)?;
        self.bind(9, facts.get(s.name))?;
        self.keep(10, s.risk_level)?;
        self.keep(11, s.customer_status)?;
        self.keep(12, facts.get(s.category))?;
        self.keep(13, s.kind.map(CategoryKind::name))?;
        self.keep(14, Some(s.source.name()))?;
        self.keep(15, evaluation)?;
        self.keep(16, facts.get(s.application_date))?;
        self.keep(17, Some(at.now))?;
        if self.elapsed_ms != Some(customer.elapsed_ms) {
            self.elapsed_ms = Some(customer.elapsed_ms);
            self.bind(18, customer.elapsed_ms)?;
        }
        self.bind(19, at.payload)?;
        self.bind(20, at.assessment_id)?;
        self.keep(21, facts.get(s.country))?;
        self.insert.raw_execute()?;
        Ok(())
    }

    fn bind(&mut self, parameter: usize, value: impl ToSql) -> Result<()> {
        Ok(self.insert.raw_bind_parameter(parameter, value)?)
    }

    /// Binds a text, unless it is bound already.
    fn keep(&mut self, parameter: usize, text: Option<&str>) -> Result<()> {
        let bound = &mut self.texts[parameter - 1];
        if bound.as_deref() != text {
            *bound = text.map(str::to_owned);
            self.insert.raw_bind_parameter(parameter, text)?;
        }
        Ok(())
    }
}
