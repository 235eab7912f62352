//! `tables` and `describe`: what can be asked in SQL, from the descriptions that the history keeps.

use rusqlite::Connection;

use crate::config::Home;
use crate::history::{Bounds, History, Params, ask_sql};
use crate::trouble::Result;

use super::output::{Format, Printer};

/// Arguments of `tables`.
#[derive(clap::Args)]
pub(super) struct TablesArgs {
    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

/// Arguments of `describe`.
#[derive(clap::Args)]
pub(super) struct DescribeArgs {
    /// Name of the view; `kycdrop tables` lists them
    view: String,

    /// The output format [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

/// Lists the views.
pub(super) fn tables(home: &Home, args: &TablesArgs) -> Result<u8> {
    let sql = "SELECT d.view_name AS view,
                      (SELECT count(*) FROM column_description c WHERE c.view_name = d.view_name)
                        AS columns, d.description
               FROM view_description d ORDER BY 1";
    on_history(home, |conn| print(conn, sql, args.format))
}

/// Describes the columns of a view.
pub(super) fn describe(home: &Home, args: &DescribeArgs) -> Result<u8> {
    on_history(home, |conn| {
        let names: Vec<String> = conn
            .prepare("SELECT view_name FROM view_description")?
            .query_map([], |r| r.get(0))?
            .collect::<Result<_, _>>()?;
        // The v_ may be left out.
        let wanted = args.view.to_lowercase();
        let Some(view) = names
            .iter()
            .find(|n| **n == wanted || n.strip_prefix("v_") == Some(&wanted))
        else {
            let known = names.iter().map(String::as_str);
            return Err(super::not_known("view", &args.view, known, "tables"));
        };
        // The name is one of ours, from the history itself.
        let sql = format!(
            "SELECT p.name AS \"column\", p.type, c.description
             FROM pragma_table_info('{view}') p
             JOIN column_description c ON c.view_name = '{view}' AND c.column_name = p.name
             ORDER BY p.cid"
        );
        print(conn, &sql, args.format)
    })
}

/// Over the history of the home; where there is none yet, over an empty one: the views are the same.
fn on_history(home: &Home, go: impl FnOnce(&mut Connection) -> Result<()>) -> Result<u8> {
    match super::history_if_any(home)? {
        Some(mut conn) => go(&mut conn)?,
        None => go(&mut History::in_memory()?.into_connection())?,
    }
    Ok(0)
}

fn print(conn: &mut Connection, sql: &str, format: Option<Format>) -> Result<()> {
    let mut printer = Printer::new(Format::or_default(format));
    ask_sql(
        conn,
        sql,
        &Params::default(),
        Bounds::default(),
        &mut printer,
    )?;
    printer.end()
}
