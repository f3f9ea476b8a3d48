//! Table functions: functions that answer rows, one file each, registered in one list.
//!
//! Their arguments are any expressions, also over tables to the left in FROM: `FROM t, json_each(t.doc)`.
//! To add one: copy `generate_series.rs`, and add it to [`list::ALL`].

mod generate_series;
mod json_each;
mod list;

use std::ops::RangeInclusive;

use super::relation::Relation;
use crate::error::Result;
use crate::tuple::{ColumnType, Value};

pub trait TableFunction {
    /// Folded.
    fn name(&self) -> &'static str;
    /// How many arguments it takes.
    fn arguments(&self) -> RangeInclusive<usize>;
    fn columns(&self) -> Vec<(&'static str, ColumnType)>;
    /// The last so many columns answer to their names but `SELECT *` leaves them out.
    fn hidden(&self) -> usize { 0 }
    /// Rows come when they are asked for.
    fn rows(&self, arguments: &[Value]) -> Result<Box<dyn Relation>>;
}

/// By folded name.
pub fn find(name: &str) -> Option<&'static dyn TableFunction> {
    list::ALL.iter().find(|function| function.name() == name).copied()
}
