//! The row of an assessment. Most of its columns are in most rows what they were in the row before:
//! those stay bound to the statement, and only what is different is bound anew.

use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection};

use crate::catalog::CategoryKind;
use crate::trouble::Result;
use crate::validate::{Judged, Summary, TextPool};

use super::record::At;

/// A column that says again what the payload says.
#[derive(Clone, Copy)]
pub(super) struct PayloadColumn {
    pub name: &'static str,
    pub value: Value,
    /// Hardly two customers have the same.
    varies: bool,
}

type Value = for<'f> fn(&Summary, &'f TextPool) -> Option<&'f str>;

const fn varying(name: &'static str, value: Value) -> PayloadColumn {
    let varies = true;
    PayloadColumn {
        name,
        value,
        varies,
    }
}

const fn steady(name: &'static str, value: Value) -> PayloadColumn {
    let varies = false;
    PayloadColumn {
        name,
        value,
        varies,
    }
}

/// Those columns: the first parameters. A rejection has the first three.
pub(super) const PAYLOAD_COLUMNS: [PayloadColumn; 15] = [
    varying("communication_number", |s, f| f.get(s.communication_number)),
    varying("customer_ext_id", |s, f| f.get(s.customer_ext_id)),
    steady("business_unit", |s, f| f.get(s.business_unit)),
    steady("requester", |s, f| f.get(s.requester)),
    steady("action", |s, _| Some(s.action.name())),
    steady("entity_type", |s, _| s.entity_type),
    varying("name", |s, f| f.get(s.name)),
    steady("risk_level", |s, _| s.risk_level),
    steady("customer_status", |s, _| s.customer_status),
    steady("risk_management_category", |s, f| f.get(s.category)),
    steady("kind", |s, _| s.kind.map(CategoryKind::name)),
    steady("source_of_risk_level", |s, _| Some(s.source.name())),
    steady("evaluation", |s, _| s.is_evaluated().then_some("PENDING")),
    steady("application_date", |s, f| f.get(s.application_date)),
    steady("country", |s, f| f.get(s.country)),
];

/// The columns of the parameters after those.
const OTHER_COLUMNS: [&str; 6] = [
    "batch_id",
    "position",
    "assessed_at",
    "elapsed_ms",
    "payload",
    "assessment_id",
];

/// The number of the first of them.
const OTHER: usize = PAYLOAD_COLUMNS.len() + 1;

/// How many there are.
const ALL: usize = PAYLOAD_COLUMNS.len() + OTHER_COLUMNS.len();

/// Writes the rows of one file.
pub(super) struct AssessmentRows<'c> {
    insert: CachedStatement<'c>,
    /// The texts that are bound now, by the number of their parameter; None for NULL.
    texts: [Option<String>; ALL],
    elapsed_ms: Option<u32>,
}

impl<'c> AssessmentRows<'c> {
    /// Of this file.
    pub(super) fn prepare(conn: &'c Connection, batch_id: i64) -> Result<AssessmentRows<'c>> {
        let columns = PAYLOAD_COLUMNS.map(|column| column.name).join(", ");
        let others = OTHER_COLUMNS.join(", ");
        let marks = ["?"; ALL].join(", ");
        let sql = format!("INSERT INTO assessment ({columns}, {others}) VALUES ({marks})");
        let mut insert = conn.prepare_cached(&sql)?;
        // Nothing else is bound: what comes from the cache of statements has lost what it had.
        insert.raw_bind_parameter(OTHER, batch_id)?;
        Ok(AssessmentRows {
            insert,
            texts: Default::default(),
            elapsed_ms: None,
        })
    }

    /// Writes the row of a customer.
    pub(super) fn write(&mut self, customer: &Judged, at: &At<'_>) -> Result<()> {
        for (i, column) in PAYLOAD_COLUMNS.iter().enumerate() {
            let value = (column.value)(&customer.summary, at.texts);
            match column.varies {
                true => self.bind(i + 1, value)?,
                false => self.keep(i + 1, value)?,
            }
        }
        self.bind(OTHER + 1, at.position)?;
        self.keep(OTHER + 2, Some(at.now))?;
        if self.elapsed_ms != Some(customer.elapsed_ms) {
            self.elapsed_ms = Some(customer.elapsed_ms);
            self.bind(OTHER + 3, customer.elapsed_ms)?;
        }
        self.bind(OTHER + 4, at.payload)?;
        self.bind(OTHER + 5, at.assessment_id)?;
        self.insert.raw_execute()?;
        Ok(())
    }

    fn bind(&mut self, parameter: usize, value: impl ToSql) -> Result<()> {
        Ok(self.insert.raw_bind_parameter(parameter, value)?)
    }

    /// Binds a text, unless it is bound already.
    fn keep(&mut self, parameter: usize, text: Option<&str>) -> Result<()> {
        #[expect(
            clippy::indexing_slicing,
            reason = "callers count the columns that `texts` has a place for"
        )]
        let bound = &mut self.texts[parameter - 1];
        if bound.as_deref() != text {
            *bound = text.map(str::to_owned);
            self.insert.raw_bind_parameter(parameter, text)?;
        }
        Ok(())
    }
}
