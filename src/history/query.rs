//! Anybody's SQL over the history, which cannot change it whatever it says.
//!
//! Three walls: the file is opened for reading, the connection refuses to write, and an authorizer
//! lets nothing through but reading. The last is what stops ATTACH and VACUUM INTO, which on a
//! connection for reading could still make files elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, Statement, limits::Limit};

use crate::text::did_you_mean;

use crate::trouble::{Kind, Result, Trouble};

/// One value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// SQL's NULL.
    Null,
    /// A signed integer of 64 bits.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
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
    /// Memory, in bytes, that all of it may take: SQLite gets a quarter, a single value a sixteenth.
    pub memory: Option<u64>,
}

/// SQLite's own limit for a value, in bytes.
const MAX_VALUE_BYTES: u64 = 1_000_000_000;

impl Bounds {
    /// Takes the memory that these bounds allow from SQLite: for the process, until it ends.
    fn set_memory(self, conn: &Connection) -> Result<()> {
        if let Some(memory) = self.memory {
            conn.pragma_update(None, "hard_heap_limit", i64::try_from(memory / 4).ok())?;
            let value = (memory / 16).min(MAX_VALUE_BYTES);
            let value = i32::try_from(value).unwrap_or(i32::MAX);
            conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, value)?;
        }
        Ok(())
    }
}

/// What takes longer than `--timeout` allows.
pub fn too_slow() -> Trouble {
    Trouble::new(
        Kind::Busy,
        "this takes longer than --timeout allows",
        "ask for less, or of the sums (v_volume, v_reason, v_standing), or lift the limit with --timeout 0",
    )
}

/// What takes more memory than `--memory` allows.
fn too_large() -> Trouble {
    Trouble::new(
        Kind::Busy,
        "this takes more memory than --memory allows, of which SQLite may use a quarter and a single value a sixteenth",
        "ask for less, or for shorter values (substr), or raise the limit with --memory, in MiB",
    )
}

/// The values of the named parameters of a statement, such as `:batch`.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// Values by name, without the colon.
    pub given: BTreeMap<String, Value>,
    /// Parameters that are NULL where they are not given.
    pub optional: Vec<String>,
}

impl Params {
    /// What a person means who writes this for a value: a number where SQL would write it in the same way, so
    /// that `007` stays text, and text between single quotes.
    pub fn value(text: &str) -> Value {
        let quoted = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
        match (quoted, text.parse::<i64>(), text.parse::<f64>()) {
            (Some(text), ..) => Value::Text(text.replace("''", "'")),
            (_, Ok(n), _) if n.to_string() == text => Value::Integer(n),
            (_, Err(_), Ok(x)) if text.contains('.') && x.to_string() == text => Value::Real(x),
            _ => Value::Text(text.to_owned()),
        }
    }

    /// Gives every parameter of the statement its value.
    fn bind(&self, statement: &mut Statement<'_>) -> Result<()> {
        let names = names_of(statement)?;
        let known: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        if let Some(unknown) = self
            .given
            .keys()
            .find(|name| !known.contains(name.as_str()))
        {
            let hint = did_you_mean(unknown, known.iter().copied());
            return Err(Trouble::new(
                Kind::Input,
                format!("this query has no parameter {unknown}"),
                match (hint, known.is_empty()) {
                    (_, true) => "it has none; leave --param out".to_owned(),
                    (Some(hint), _) => format!("{hint} Its parameters: {}", listed(&known)),
                    (None, _) => format!("its parameters: {}", listed(&known)),
                },
            ));
        }
        let mut missing = known.clone();
        missing.retain(|name| {
            !self.given.contains_key(*name) && !self.optional.iter().any(|o| o == name)
        });
        if !missing.is_empty() {
            let values: Vec<String> = missing
                .iter()
                .map(|name| format!("--param {name}=VALUE"))
                .collect();
            return Err(Trouble::new(
                Kind::Input,
                format!("this query needs a value for {}", listed(&missing)),
                format!("give it with {}", values.join(" ")),
            ));
        }
        for (i, name) in names.iter().enumerate() {
            statement.raw_bind_parameter(i + 1, self.given.get(name))?;
        }
        Ok(())
    }
}

fn listed(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

/// The names of the parameters of a statement, in their order, without what marks them as parameters.
fn names_of(statement: &Statement<'_>) -> Result<Vec<String>> {
    let names = (1..=statement.parameter_count()).map(|i| statement.parameter_name(i));
    let names = names.map(|name| match name {
        Some(name) if !name.starts_with('?') => Ok(name.chars().skip(1).collect()),
        _ => Err(Trouble::new(
            Kind::Input,
            "this SQL has a parameter without a name (?)",
            "give it one, such as :batch, and its value with --param batch=VALUE",
        )),
    });
    names.collect()
}

/// The names of the parameters of some SQL, in their order. From then on the connection only reads.
///
/// # Errors
/// When the SQL is wrong, would change anything, or has a parameter without a name.
pub fn parameters(conn: &mut Connection, sql: &str) -> Result<Vec<String>> {
    let bounds = Bounds::default();
    keep_within(conn, &bounds)?;
    let to_error = |e: rusqlite::Error| of_sql(&e, &bounds).unwrap_or_else(|| e.into());
    names_of(&conn.prepare(sql).map_err(to_error)?)
}

thread_local! {
    static READING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread reads a value: a panic then is not a defect, but a lack of memory, which the
/// SQLite library has no other way to report there.
pub fn is_reading() -> bool {
    READING.get()
}

/// Copies a row.
fn cells(row: &Row<'_>, columns: usize) -> Option<rusqlite::Result<Vec<Cell>>> {
    READING.set(true);
    let read = catch_unwind(AssertUnwindSafe(|| {
        (0..columns).map(|i| row.get_ref(i).map(cell)).collect()
    }));
    READING.set(false);
    read.ok()
}

/// Instructions of SQLite between two looks at the clock; some microseconds.
const INSTRUCTIONS_BETWEEN_LOOKS: i32 = 10_000;

/// The hint for a view or column that does not exist.
const LISTS: &str = "`kycdrop tables` lists every view, `kycdrop describe VIEW` its columns";

/// Asks one statement of a history that was opened for reading. Returns whether the answer is whole:
/// there may be more rows than were asked for.
///
/// # Errors
/// When the SQL is wrong, is more than one statement, would change anything, takes too long or too
/// much memory, or when a parameter has no value or a value no parameter.
pub fn ask(
    conn: &mut Connection,
    sql: &str,
    params: &Params,
    bounds: Bounds,
    answer: &mut dyn Answer,
) -> Result<bool> {
    keep_within(conn, &bounds)?;
    let to_error = |e: rusqlite::Error| of_sql(&e, &bounds).unwrap_or_else(|| e.into());
    let mut statement = conn.prepare(sql).map_err(to_error)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    if names.is_empty() {
        // VACUUM asks no authorizer; it would fail later, with half an answer written.
        return Err(match statement.readonly() {
            false => more_than_reading(),
            true => Trouble::new(Kind::Input, "this SQL asks for nothing", LISTS),
        });
    }
    params.bind(&mut statement)?;
    let mut rows = statement.raw_query();
    let mut next = rows.next().map_err(to_error)?;
    // What fails before its first row has said nothing yet.
    answer.columns(&names)?;
    let mut count = 0;
    while let Some(row) = next {
        if bounds.rows.is_some_and(|most| count >= most) {
            return Ok(false);
        }
        count += 1;
        let read = cells(row, names.len()).ok_or_else(too_large)?;
        answer.row(read.map_err(to_error)?)?;
        next = rows.next().map_err(to_error)?;
    }
    Ok(true)
}

/// Lets a connection only read, and no more than this.
fn keep_within(conn: &mut Connection, bounds: &Bounds) -> Result<()> {
    // A time that no clock can show is none.
    if let Some(end) = bounds
        .time
        .and_then(|time| Instant::now().checked_add(time))
    {
        let is_over = move || Instant::now() > end;
        conn.progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, Some(is_over))?;
    }
    // That of a question before would let none of the following through.
    conn.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    bounds.set_memory(conn)?;
    conn.authorizer(Some(read_only))?;
    Ok(())
}

fn more_than_reading() -> Trouble {
    Trouble::new(
        Kind::Input,
        "this SQL would do more than read",
        "only SELECT, WITH, VALUES, EXPLAIN and reading PRAGMAs are answered; the history is never changed from here",
    )
}

/// What is wrong with the SQL, or what bound it met; None where it is trouble with the database.
fn of_sql(e: &rusqlite::Error, bounds: &Bounds) -> Option<Trouble> {
    use rusqlite::ErrorCode::*;
    if matches!(e, rusqlite::Error::MultipleStatement) {
        let what = "this is more than one statement";
        return Some(Trouble::new(Kind::Input, what, "ask one at a time"));
    }
    match e.sqlite_error_code() {
        Some(AuthorizationForStatementDenied) => Some(more_than_reading()),
        Some(OperationInterrupted) => Some(too_slow()),
        Some(TooBig | OutOfMemory) if bounds.memory.is_some() => Some(too_large()),
        Some(DatabaseCorrupt | DatabaseBusy) => None,
        _ => Some(Trouble::new(Kind::Input, format!("the SQL: {e}"), LISTS)),
    }
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
