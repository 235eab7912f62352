//! What is exported: the views whose rows are added with each batch, and their columns as the history
//! itself describes them.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::trouble::Result;

/// An exported view, and the folder that its rows go to.
#[derive(Debug, PartialEq)]
pub struct ExportTable {
    /// The name of the folder: that of the view without `v_`.
    pub name: &'static str,
    /// The name of the view in the history.
    pub view: &'static str,
    /// Columns that change after their row was written, and so cannot be in a file that never changes.
    left_out: &'static [&'static str],
    /// The rest of the SELECT after the columns. `v` is the view, `?1` the first batch, `?2` the last.
    /// It follows the order of an index, so that no more than the findings of a customer are sorted.
    rows: &'static str,
}

/// The rows of a view for the assessments of the batches from ?1 to ?2. They are found by the numbers
/// of the assessments, which rise with batch and position, since there is no index by batch.
macro_rules! in_order_of_assessments {
    ($view:literal, $order:literal) => {
        concat!(
            "FROM ",
            $view,
            " v WHERE v.assessment_id BETWEEN \
             (SELECT min(first_assessment_id) FROM batch WHERE batch_id BETWEEN ?1 AND ?2) AND \
             (SELECT max(last_assessment_id) FROM batch WHERE batch_id BETWEEN ?1 AND ?2) \
             ORDER BY ",
            $order
        )
    };
}

/// Every view that is exported.
pub const TABLES: &[ExportTable] = &[
    ExportTable {
        name: "batch",
        view: "v_batch",
        left_out: &[],
        rows: "FROM v_batch v WHERE v.batch_id BETWEEN ?1 AND ?2 ORDER BY v.batch_id",
    },
    ExportTable {
        name: "assessment",
        view: "v_assessment",
        left_out: &["next_assessment_id"],
        rows: in_order_of_assessments!("v_assessment", "v.assessment_id"),
    },
    ExportTable {
        name: "rejection",
        view: "v_rejection",
        left_out: &[],
        rows: "FROM v_rejection v WHERE v.batch_id BETWEEN ?1 AND ?2 ORDER BY v.batch_id, v.position",
    },
    ExportTable {
        name: "finding",
        view: "v_finding",
        left_out: &[],
        rows: "FROM v_finding v WHERE v.batch_id BETWEEN ?1 AND ?2 ORDER BY v.batch_id, v.position, v.no",
    },
    ExportTable {
        name: "warning",
        view: "v_warning",
        left_out: &[],
        rows: "FROM v_warning v WHERE v.batch_id BETWEEN ?1 AND ?2 ORDER BY v.batch_id, v.position",
    },
    ExportTable {
        name: "screening",
        view: "v_screening",
        left_out: &["lists", "confirmed", "decided_by", "reason", "decided_at"],
        rows: in_order_of_assessments!("v_screening", "v.assessment_id, v.process"),
    },
];

/// The column with the customer as it was received.
pub(super) const PAYLOAD: &str = "payload";

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ColumnType {
    /// A signed integer of 64 bits.
    Integer,
    /// A UTF-8 string.
    Text,
}

/// A column of a file. Any value may be null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportColumn {
    /// The name of the column in the view.
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub holds: ColumnType,
}

impl ExportTable {
    /// The table with this folder name, if there is one.
    pub fn named(name: &str) -> Option<&'static ExportTable> {
        TABLES.iter().find(|t| t.name == name)
    }

    /// The columns of the view, in its order, without those that are left out; `payload` says whether
    /// the payload is among them.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn columns(&self, conn: &Connection, payload: bool) -> Result<Vec<ExportColumn>> {
        let mut select =
            conn.prepare("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid")?;
        let all = select.query_map([self.view], |r| {
            // Computed columns of the views have no declared type: all of them are text.
            let integer = r.get_ref(1)?.as_str()? == "INTEGER";
            Ok(ExportColumn {
                name: r.get(0)?,
                holds: if integer {
                    ColumnType::Integer
                } else {
                    ColumnType::Text
                },
            })
        })?;
        let mut columns: Vec<ExportColumn> = all.collect::<Result<_, rusqlite::Error>>()?;
        columns.retain(|c| !self.left_out.contains(&c.name.as_str()));
        columns.retain(|c| payload || c.name != PAYLOAD);
        Ok(columns)
    }

    /// The SELECT of these columns for the batches from `?1` to `?2`.
    pub fn select(&self, columns: &[ExportColumn]) -> String {
        let list: Vec<String> = columns
            .iter()
            .map(|c| format!("v.\"{}\"", c.name.replace('"', "\"\"")))
            .collect();
        format!("SELECT {} {}", list.join(", "), self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;

    #[test]
    fn every_select_reads_no_more_than_its_batches_and_sorts_little() {
        let history = History::in_memory().expect("a history");
        let conn = history.connection();
        for table in TABLES {
            let columns = table.columns(conn, true).expect("columns");
            assert!(columns.len() >= 5, "{table:?}");
            let sql = format!("EXPLAIN QUERY PLAN {}", table.select(&columns));
            let plan: Vec<String> = conn
                .prepare(&sql)
                .and_then(|mut s| s.query_map([1, 2], |r| r.get(3))?.collect())
                .expect("a plan");
            let bad = |l: &String| {
                l.contains("TEMP B-TREE") && !l.contains("LAST TERM") || l.starts_with("SCAN")
            };
            assert!(!plan.iter().any(bad), "{}: {plan:#?}", table.name);
        }
    }

    #[test]
    fn payload_and_what_changes_later_are_left_out() {
        let history = History::in_memory().expect("a history");
        let names = |payload| -> Vec<String> {
            let columns = TABLES[1].columns(history.connection(), payload);
            columns
                .expect("columns")
                .into_iter()
                .map(|c| c.name)
                .collect()
        };
        let (with, without) = (names(true), names(false));
        assert!(!with.iter().any(|c| c == "next_assessment_id"), "{with:?}");
        assert!(with.iter().any(|c| c == PAYLOAD), "{with:?}");
        assert_eq!(without.len() + 1, with.len());
    }
}
