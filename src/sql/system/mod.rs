//! System tables and table functions: one file each, registered in one list.
//!
//! To add one: copy a small neighbour (`branches.rs`), implement [`SystemTable`], add it to [`list::ALL`].

mod as_of;
mod at;
mod blame;
mod branch_status;
mod branches;
mod column_diff;
mod commit_ancestors;
mod commit_diff;
mod commit_walk;
mod commits;
mod conflict_hunks;
mod conflict_shape;
mod conflicts;
mod conflicts_table;
mod constraint_violations;
mod diff;
mod diff_shape;
mod diff_stat;
mod diff_summary;
mod diff_table;
mod history;
mod information_schema;
mod list;
mod log;
mod merge_status;
mod own_tables;
mod patch;
mod preview_merge_conflicts;
mod query_diff;
mod rebase;
mod reflog;
mod remotes;
mod scan;
mod schema_conflicts;
mod schema_diff;
mod schemas;
mod sqlite_master;
mod stashes;
mod status;
mod table_deltas;
mod tags;
mod text_hunks;
mod workspace;

use super::relation::{Relation, Row};
use super::{Context, OutputColumn};
use crate::error::Result;
use crate::tuple::Value;

pub use as_of::bind_as_of;
pub use list::ALL;

/// A name, or a family of names (`dolt_diff_⟨t⟩`), that can stand in FROM.
pub trait SystemTable {
    /// `Ok(None)`: this name is not mine. `arguments` is `None` without parentheses, as in `FROM dolt_log`.
    /// `name` is folded to lower case.
    fn bind(&self, context: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>>;

    /// The columns of the table function `name` where they are the same for all arguments: such a one can take them
    /// from the tables to its left.
    fn columns_of_call(&self, name: &str) -> Option<Vec<OutputColumn>> {
        let _ = name;
        None
    }
}

/// By folded name.
pub fn columns_of_call(name: &str) -> Option<(&'static dyn SystemTable, Vec<OutputColumn>)> {
    ALL.iter().find_map(|table| table.columns_of_call(name).map(|columns| (*table, columns)))
}

/// A system table with its columns known.
pub trait BoundTable {
    fn columns(&self) -> &[OutputColumn];

    /// The last so many columns answer to their names but `SELECT *` leaves them out.
    fn hidden(&self) -> usize { 0 }

    /// `wanted` narrows the walk; rows that do not match may be answered all the same, the executor checks again.
    fn scan(&self, context: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>>;

    /// `DELETE` of one row that `scan` answered.
    fn delete(&self, context: &Context, row: &[Value]) -> Result<()> {
        let _ = (context, row);
        Err(read_only(self.columns()))
    }
    /// `UPDATE` of one row that `scan` answered.
    fn update(&self, context: &Context, old: &[Value], new: &[Value]) -> Result<()> {
        let _ = (context, old, new);
        Err(read_only(self.columns()))
    }
    /// `UPDATE` of all rows of one statement, old and new.
    fn update_all(&self, context: &Context, rows: &[(Row, Row)]) -> Result<()> {
        rows.iter().try_for_each(|(old, new)| self.update(context, old, new))
    }
    fn insert(&self, context: &Context, row: &[Value]) -> Result<()> {
        let _ = (context, row);
        Err(read_only(self.columns()))
    }
}

fn read_only(columns: &[OutputColumn]) -> crate::Error {
    let first = columns.first().map_or("", |column| &*column.name);
    crate::Error::new(crate::Code::ReadOnly, format!("this system table (first column {first}) is read only"))
}

/// What the executor already knows of the rows it needs.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Conjuncts `column = value` or `column IN (values)`: position in `columns()`, and the values.
    pub equals: Vec<(usize, Vec<Value>)>,
    /// Conjuncts `column < value`, `column >= value` and their like.
    pub sides: Vec<Side>,
    /// No more rows than this are needed. Never set where rows are filtered.
    pub limit: Option<u64>,
    /// Columns that are read; `None`: all.
    pub columns: Option<Vec<usize>>,
}

/// One side of a range of a column's values.
#[derive(Clone, Debug)]
pub struct Side { pub column: usize, pub lower: bool, pub inclusive: bool, pub value: Value }

impl Wanted {
    /// The values that `column` may have, if they are known.
    pub fn values(&self, column: usize) -> Option<&[Value]> {
        let known = self.equals.iter().filter(|(position, _)| *position == column).map(|(_, values)| values.as_slice());
        known.min_by_key(|values| values.len())
    }

    /// What bounds the values of `column` from below, or from above.
    pub fn side(&self, column: usize, lower: bool) -> Option<&Side> {
        self.sides.iter().find(|side| side.column == column && side.lower == lower)
    }

    pub fn reads(&self, column: usize) -> bool { self.columns.as_ref().is_none_or(|columns| columns.contains(&column)) }
}
