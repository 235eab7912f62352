//! What is exported: the views of which rows are added with batches, and the columns of each as the
//! history itself tells them.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::trouble::Result;

/// A view and the folder that its rows go to.
#[derive(Debug, PartialEq)]
pub struct Table {
    /// Name of the folder: that of the view without `v_`.
    pub name: &'static str,
    pub view: &'static str,
    /// Columns that change after their row was written: a file that never changes cannot have them.
    left_out: &'static [&'static str],
    /// What follows the columns in the SELECT. `v` is the view, `?1` the first batch, `?2` the last.
    /// The order is that of indexes, so that nothing has to be sorted.
    rows: &'static str,
}

/// The rows of a view that belong to the assessments of the batches from ?1 to ?2: by their numbers,
/// which rise with batch and position, for no index is kept over the batches.
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
pub const TABLES: &[Table] = &[
    Table {
        name: "batch",
        view: "v_batch",
        left_out: &[],
        rows: "FROM v_batch v WHERE v.batch_id BETWEEN ?1 AND ?2 ORDER BY v.batch_id",
    },
    Table {
        name: "assessment",
        view: "v_assessment",
        left_out: &["next_assessment_id"],
        rows: in_order_of_assessments!("v_assessment", "v.assessment_id"),
    },
    Table {
        name: "rejection",
        view: "v_rejection",
        left_out: &[],
        rows: "FROM v_rejection v WHERE v.batch_id BETWEEN ?1 AND ?2 ORDER BY v.batch_id, v.position",
    },
    Table {
        name: "finding",
        view: "v_finding",
        left_out: &[],
        rows: "FROM v_finding v WHERE v.batch_id BETWEEN ?1 AND ?2 ORDER BY v.batch_id, v.position, v.no",
    },
    Table {
        name: "warning",
        view: "v_warning",
        left_out: &[],
        rows: "FROM v_warning v WHERE v.batch_id BETWEEN ?1 AND ?2 ORDER BY v.batch_id, v.position",
    },
    Table {
        name: "screening",
        view: "v_screening",
        left_out: &[],
        rows: in_order_of_assessments!("v_screening", "v.assessment_id, v.process"),
    },
];

/// The column with the customer as it came.
pub const PAYLOAD: &str = "payload";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Type {
    /// A whole number of 64 bits.
    Integer,
    /// UTF-8.
    Text,
}

/// A column of a file. Any of its values may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub holds: Type,
}

impl Table {
    /// The table whose folder has this name.
    pub fn named(name: &str) -> Option<&'static Table> {
        TABLES.iter().find(|t| t.name == name)
    }

    /// The columns of the view, in its order, but for those that are left out.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn columns(&self, conn: &Connection, payload: bool) -> Result<Vec<Column>> {
        let mut select =
            conn.prepare("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid")?;
        let all = select.query_map([self.view], |r| {
            // What a view computes has no type of its own: all of that is text.
            let integer = r.get_ref(1)?.as_str()? == "INTEGER";
            Ok(Column {
                name: r.get(0)?,
                holds: if integer { Type::Integer } else { Type::Text },
            })
        })?;
        let mut columns: Vec<Column> = all.collect::<Result<_, rusqlite::Error>>()?;
        columns.retain(|c| !self.left_out.contains(&c.name.as_str()));
        columns.retain(|c| payload || c.name != PAYLOAD);
        Ok(columns)
    }

    /// The SELECT of these columns for the batches from `?1` to `?2`.
    pub fn select(&self, columns: &[Column]) -> String {
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
    fn every_select_reads_no_more_than_its_batches_and_sorts_nothing() {
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
            let bad = |l: &String| l.contains("TEMP B-TREE") || l.starts_with("SCAN");
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
