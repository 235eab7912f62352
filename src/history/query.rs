//! Anybody's SQL over the history, which cannot change it whatever it says.
//!
//! Three walls: the file is opened for reading, the connection refuses to write, and an authorizer
//! lets nothing through but reading. The last is what stops ATTACH and VACUUM INTO, which on a
//! connection for reading could still make files elsewhere.

use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, limits::Limit};

use crate::trouble::{Kind, Result, Trouble};

/// One value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// The columns of an answer, and what each row is handed to.
pub trait Answer {
    /// Called once, before the rows.
    ///
    /// # Errors
    /// When the answer cannot be written; asking ends then.
    fn columns(&mut self, names: &[String]) -> Result<()>;

    /// Called for each row.
    ///
    /// # Errors
    /// When the answer cannot be written; asking ends then.
    fn row(&mut self, cells: Vec<Cell>) -> Result<()>;
}

/// How much of an answer is waited for. Nothing is limited by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// Rows that are handed out.
    pub rows: Option<u64>,
    /// Time until it is given up.
    pub time: Option<Duration>,
}

/// Asks one statement of a history that was opened for reading. Returns whether the answer is whole:
/// there may be more rows than were asked for.
///
/// # Errors
/// When the SQL is wrong, is more than one statement, would change anything, or takes too long.
pub fn ask(
    conn: &mut Connection,
    sql: &str,
    bounds: Bounds,
    answer: &mut dyn Answer,
) -> Result<bool> {
    /// Instructions of SQLite between two looks at the clock; some microseconds.
    const OFTEN: i32 = 10_000;
    if let Some(time) = bounds.time {
        let end = Instant::now() + time;
        conn.progress_handler(OFTEN, Some(move || Instant::now() > end))?;
    }
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    conn.authorizer(Some(read_only))?;
    let more_than_reading = || {
        Trouble::new(
            Kind::Input,
            "this SQL would do more than read",
            "only SELECT, WITH, VALUES, EXPLAIN and reading PRAGMAs are answered; the history is never changed from here",
        )
    };
    let wrong = |e: rusqlite::Error| match e.sqlite_error_code() {
        Some(rusqlite::ErrorCode::AuthorizationForStatementDenied) => more_than_reading(),
        Some(rusqlite::ErrorCode::OperationInterrupted) => Trouble::new(
            Kind::Busy,
            "this takes longer than --timeout allows",
            "ask for less, or of the sums (v_volume, v_reason, v_standing), or lift the limit with --timeout 0",
        ),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::DatabaseBusy) => e.into(),
        _ => Trouble::new(
            Kind::Input,
            format!("the SQL: {e}"),
            "`kycdrop tables` lists every view, `kycdrop describe VIEW` its columns",
        ),
    };
    let mut statement = match conn.prepare(sql) {
        Err(rusqlite::Error::MultipleStatement) => {
            return Err(Trouble::new(
                Kind::Input,
                "this is more than one statement",
                "ask one at a time",
            ));
        }
        other => other.map_err(wrong)?,
    };
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    if names.is_empty() {
        // VACUUM asks no authorizer; it would fail later, with half an answer written.
        return Err(match statement.readonly() {
            false => more_than_reading(),
            true => Trouble::new(
                Kind::Input,
                "this SQL asks for nothing",
                "`kycdrop tables` lists every view, `kycdrop describe VIEW` its columns",
            ),
        });
    }
    let mut rows = statement.raw_query();
    let mut next = rows.next().map_err(wrong)?;
    // What fails before its first row has said nothing yet.
    answer.columns(&names)?;
    let mut count = 0;
    while let Some(row) = next {
        if bounds.rows.is_some_and(|most| count >= most) {
            return Ok(false);
        }
        count += 1;
        let cells = (0..names.len())
            .map(|i| row.get_ref(i).map(cell))
            .collect::<std::result::Result<_, _>>()
            .map_err(wrong)?;
        answer.row(cells)?;
        next = rows.next().map_err(wrong)?;
    }
    Ok(true)
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(n) => Cell::Integer(n),
        ValueRef::Real(x) => Cell::Real(x),
        ValueRef::Text(t) => Cell::Text(String::from_utf8_lossy(t).into_owned()),
        ValueRef::Blob(b) => Cell::Blob(b.to_vec()),
    }
}

fn read_only(context: AuthContext<'_>) -> Authorization {
    const PRAGMAS: &[&str] = &[
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "foreign_key_check",
        "integrity_check",
        "quick_check",
        "compile_options",
        "user_version",
        "application_id",
        "page_count",
        "page_size",
        "freelist_count",
        "journal_mode",
        "database_list",
        "function_list",
        "collation_list",
        "encoding",
    ];
    const SETTERS: &[&str] = &[
        "user_version",
        "application_id",
        "page_size",
        "journal_mode",
        "encoding",
    ];
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Function { function_name } if function_name != "load_extension" => {
            Authorization::Allow
        }
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } if PRAGMAS.contains(&pragma_name)
            && (pragma_value.is_none() || !SETTERS.contains(&pragma_name)) =>
        {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}
