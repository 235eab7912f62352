//! What can be asked in SQL: the views, as the history itself describes them.

use rusqlite::Connection;

use crate::trouble::Result;

/// A view.
#[derive(Clone, Debug)]
pub struct View {
    /// Its name in SQL.
    pub name: String,
    /// What its rows are.
    pub about: String,
    /// Its columns, in their order: name, type (empty for any) and what it means.
    pub columns: Vec<[String; 3]>,
}

/// The views, by name.
///
/// # Errors
/// When the database cannot be read.
pub fn views(conn: &Connection) -> Result<Vec<View>> {
    let mut select =
        conn.prepare("SELECT view_name, description FROM view_description ORDER BY 1")?;
    let views = select.query_map([], |r| {
        Ok(View {
            name: r.get(0)?,
            about: r.get(1)?,
            columns: Vec::new(),
        })
    })?;
    let mut views = views.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut select = conn.prepare(
        "SELECT p.name, p.type, c.description FROM pragma_table_info(?1) p
         JOIN column_description c ON c.view_name = ?1 AND c.column_name = p.name ORDER BY p.cid",
    )?;
    for view in &mut views {
        let rows = select.query_map([&view.name], |r| Ok([r.get(0)?, r.get(1)?, r.get(2)?]))?;
        view.columns = rows.collect::<rusqlite::Result<_>>()?;
    }
    Ok(views)
}
