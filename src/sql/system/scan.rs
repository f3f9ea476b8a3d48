//! What most system tables are made of: columns, and a function that opens a stream of rows.

use crate::error::{Error, Result};
use crate::repo::fold;
use crate::sql::relation::{Relation, Row, Rows};
use crate::sql::{Context, OutputColumn};
use crate::tuple::{ColumnType, Value};

use super::{BoundTable, Wanted};

type Open = Box<dyn Fn(&Context, &Wanted) -> Result<Box<dyn Relation>>>;

/// A bound table that is read only.
pub struct Scan { columns: Vec<OutputColumn>, hidden: usize, open: Open }

impl Scan {
    pub fn new(
        columns: Vec<OutputColumn>,
        open: impl Fn(&Context, &Wanted) -> Result<Box<dyn Relation>> + 'static,
    ) -> Self {
        Scan { columns, hidden: 0, open: Box::new(open) }
    }

    /// Columns that follow and that `SELECT *` leaves out.
    pub fn hiding(mut self, columns: Vec<OutputColumn>) -> Self {
        self.hidden += columns.len();
        self.columns.extend(columns);
        self
    }

    pub fn bound(self) -> Result<Option<Box<dyn BoundTable>>> { Ok(Some(Box::new(self))) }
}

impl BoundTable for Scan {
    fn columns(&self) -> &[OutputColumn] { &self.columns }
    fn hidden(&self) -> usize { self.hidden }
    fn scan(&self, context: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> { (self.open)(context, wanted) }
}

/// A stream from a closure.
pub struct Stream<F>(pub F);

impl<F: FnMut() -> Result<Option<Row>>> Relation for Stream<F> {
    fn next(&mut self) -> Result<Option<Row>> { (self.0)() }
}

pub fn stream(next: impl FnMut() -> Result<Option<Row>> + 'static) -> Result<Box<dyn Relation>> {
    Ok(Box::new(Stream(next)))
}

pub fn rows(rows: Vec<Row>) -> Result<Box<dyn Relation>> { Ok(Box::new(Rows::new(rows))) }

pub fn text(name: &str) -> OutputColumn { OutputColumn::new(name, ColumnType::TEXT) }
pub fn integer(name: &str) -> OutputColumn { OutputColumn::new(name, ColumnType::INTEGER) }
pub fn boolean(name: &str) -> OutputColumn { OutputColumn::new(name, ColumnType::Bool) }
pub fn datetime(name: &str) -> OutputColumn { OutputColumn::new(name, ColumnType::DateTime) }

/// Whether `name` is this table, which takes no arguments.
pub fn plain(table: &str, name: &str, arguments: Option<&[Value]>) -> Result<bool> {
    if name != table {
        return Ok(false);
    }
    match arguments {
        None | Some([]) => Ok(true),
        Some(given) => Err(Error::bad_argument(format!("{table} takes no arguments, found {}", given.len()))),
    }
}

/// The table's name in `dolt_history_⟨t⟩`.
pub fn family<'a>(prefix: &str, name: &'a str) -> Option<&'a str> {
    name.strip_prefix(prefix).filter(|table| !table.is_empty())
}

/// An argument that must be text.
pub fn text_argument(function: &str, value: &Value) -> Result<String> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        Value::Null => Err(Error::bad_argument(format!("Invalid argument to {function}: NULL"))),
        other => {
            let shown = crate::sql::procedure::flags::word(other)?;
            Err(Error::bad_argument(format!("Invalid argument to {function}: {shown}")))
        }
    }
}

pub fn wrong_count(function: &str, expected: &str, found: usize) -> Error {
    Error::bad_argument(format!("function '{function}' expected {expected} arguments, {found} received"))
}

/// Whether a text is among the wanted values of a column; `true` where nothing is known.
pub fn may_be(wanted: &Wanted, column: usize, text: &str) -> bool {
    wanted.values(column).is_none_or(|values| values.iter().any(|value| matches!(value, Value::Text(own) if **own == *text)))
}

/// As [`may_be`], names of tables: without ASCII case.
pub fn may_be_table(wanted: &Wanted, column: usize, name: &str) -> bool {
    wanted
        .values(column)
        .is_none_or(|values| values.iter().any(|value| matches!(value, Value::Text(own) if fold(own) == fold(name))))
}
