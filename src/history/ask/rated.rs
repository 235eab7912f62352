//! Standing customers with their levels, for trying a risk matrix on them.

use rusqlite::{Connection, params};

use crate::trouble::Result;

/// A standing customer, by its newest assessment.
#[derive(Debug)]
pub struct Rated {
    /// The row of that assessment.
    pub assessment_id: i64,
    /// The customer as it came.
    pub text: String,
    /// Its riskManagementCategory.
    pub category: String,
    /// Citizenship of a person, registration of a company.
    pub country: Option<String>,
    /// The level that was computed last, else the imported one; None where there is none.
    pub level: Option<String>,
}

/// The next so many after this row; customers who are rejected or closed, and occasional ones, are left
/// out.
///
/// # Errors
/// When the database cannot be read.
pub fn rated_after(conn: &Connection, after: i64, most: u32) -> Result<Vec<Rated>> {
    let mut select = conn.prepare_cached(
        "SELECT a.assessment_id, payload_text(a.payload), a.risk_management_category, a.country,
                coalesce(a.risk_level,
                  (SELECT e.level FROM evaluation e
                   WHERE e.assessment_id = a.assessment_id AND e.level IS NOT NULL
                   ORDER BY e.evaluation_id DESC LIMIT 1))
         FROM assessment a
         WHERE a.assessment_id > ?1 AND a.kind <> 'simplified'
           AND coalesce(a.customer_status, '') NOT IN ('REJECTED', 'CLOSED')
           AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id)
         ORDER BY a.assessment_id LIMIT ?2",
    )?;
    let rows = select.query_map(params![after, most], |r| {
        Ok(Rated {
            assessment_id: r.get(0)?,
            text: r.get(1)?,
            category: r.get(2)?,
            country: r.get(3)?,
            level: r.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
