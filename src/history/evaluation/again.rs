//! Standing customers whose risk level was asked for: their newest requests, to be evaluated again.

use rusqlite::{Connection, Row, params};

use crate::clock;
use crate::trouble::Result;

use super::decide::{level_of, stands_anew};
use super::{Evaluated, Evaluations, Whose, count_open};
use crate::history::rules::assessment_of_number;

/// The newest request of a customer.
#[derive(Debug)]
pub struct Standing {
    /// Its row.
    pub assessment_id: i64,
    /// The customer as it came.
    pub text: String,
    /// The matrix of its newest evaluation; None: no matrix rated it.
    pub matrix_id: Option<i64>,
    number: String,
    ext_id: String,
    business_unit: Option<String>,
}

/// The next so many after this row that asked for an evaluation and have not been replaced; customers who
/// are rejected or closed are left out.
///
/// # Errors
/// When the database cannot be read.
pub fn standing_after(conn: &Connection, after: i64, most: u32) -> Result<Vec<Standing>> {
    let mut select = conn.prepare_cached(
        "SELECT a.assessment_id, payload_text(a.payload), a.communication_number,
                a.customer_ext_id, a.business_unit,
                (SELECT e.matrix_id FROM evaluation e WHERE e.assessment_id = a.assessment_id
                 ORDER BY e.evaluation_id DESC LIMIT 1)
         FROM assessment a
         WHERE a.evaluation = 'PENDING' AND a.assessment_id > ?1
           AND coalesce(a.customer_status, '') NOT IN ('REJECTED', 'CLOSED')
           AND 'REJECTED' IS NOT
             (SELECT d.decision FROM evaluation e JOIN decision d USING (evaluation_id)
              WHERE e.assessment_id = a.assessment_id ORDER BY e.evaluation_id DESC LIMIT 1)
           AND NOT EXISTS (SELECT 1 FROM succession s WHERE s.assessment_id = a.assessment_id)
         ORDER BY a.assessment_id LIMIT ?2",
    )?;
    let rows = select.query_map(params![after, most], Standing::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes evaluations that were done again. Returns how many the matrix decided.
pub(in crate::history) fn record_again(
    conn: &Connection,
    all: &[(Standing, Evaluated)],
) -> Result<u64> {
    let mut evaluations = Evaluations::begin(conn)?;
    let mut decided = 0;
    for (standing, evaluated) in all {
        decided += u64::from(evaluations.record_again(standing, evaluated)?);
    }
    count_open(conn, evaluations.opened)?;
    Ok(decided)
}

/// The request of an assessment that has an open evaluation.
pub(in crate::history) fn open_request(
    conn: &Connection,
    assessment_id: i64,
) -> Result<Option<Standing>> {
    let mut select = conn.prepare_cached(
        "SELECT a.assessment_id, payload_text(a.payload), e.communication_number,
                a.customer_ext_id, a.business_unit, e.matrix_id
         FROM evaluation e JOIN open_evaluation o USING (evaluation_id)
         JOIN assessment a USING (assessment_id) WHERE e.assessment_id = ?1",
    )?;
    let mut rows = select.query_map([assessment_id], Standing::from_row)?;
    Ok(rows.next().transpose()?)
}

impl Standing {
    fn from_row(r: &Row<'_>) -> rusqlite::Result<Standing> {
        Ok(Standing {
            assessment_id: r.get(0)?,
            text: r.get(1)?,
            number: r.get(2)?,
            ext_id: r.get(3)?,
            business_unit: r.get(4)?,
            matrix_id: r.get(5)?,
        })
    }
}

impl Evaluations<'_> {
    /// Writes an evaluation in the place of the open one, under the same number.
    pub(in crate::history) fn record_anew(
        &mut self,
        standing: &Standing,
        evaluated: &Evaluated,
    ) -> Result<()> {
        self.write_again(standing, &standing.number, evaluated)?;
        Ok(())
    }

    /// Writes an evaluation that was done again. It takes the place of one that is open. Its events are
    /// under the number of the request while that has none, else under a number of its own. Returns
    /// whether the matrix decided.
    fn record_again(&mut self, standing: &Standing, evaluated: &Evaluated) -> Result<bool> {
        let number = match self.has_events(&standing.number)? {
            false => standing.number.clone(),
            true => self.number_again()?,
        };
        self.write_again(standing, &number, evaluated)
    }

    fn write_again(
        &mut self,
        standing: &Standing,
        number: &str,
        evaluated: &Evaluated,
    ) -> Result<bool> {
        let id = standing.assessment_id;
        let before = level_of(self.conn, id)?;
        self.supersede(id, i64::MAX)?;
        let whose = Whose {
            assessment_id: id,
            number,
            ext_id: &standing.ext_id,
            business_unit: standing.business_unit.as_deref(),
        };
        match self.record(&whose, evaluated, &clock::now())? {
            Some(level) => {
                stands_anew(self.conn, id, before.as_deref(), level)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn has_events(&self, number: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM event_file WHERE communication_number = ?1)";
        Ok(self.statement(sql)?.query_row([number], |r| r.get(0))?)
    }

    /// A number that no request has had.
    fn number_again(&self) -> Result<String> {
        let sql = "SELECT coalesce(max(evaluation_id), 0) + 1 FROM evaluation";
        let next: i64 = self.statement(sql)?.query_row([], |r| r.get(0))?;
        let mut number = format!("reevaluation-{next}");
        while assessment_of_number(self.conn, &number)?.is_some() || self.has_events(&number)? {
            number.push('~');
        }
        Ok(number)
    }
}
