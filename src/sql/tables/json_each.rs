//! `json_each(json, path)`: the children of an array or object. `json_tree`: it, and all that is below.

use std::ops::RangeInclusive;

use super::TableFunction;
use crate::error::Result;
use crate::sql::json::each;
use crate::sql::relation::{Relation, Rows};
use crate::tuple::{ColumnType, Value};

pub struct JsonEach;
pub struct JsonTree;

fn columns() -> Vec<(&'static str, ColumnType)> { each::COLUMNS.iter().map(|name| (*name, ColumnType::Any)).collect() }

impl TableFunction for JsonEach {
    fn name(&self) -> &'static str { "json_each" }
    fn arguments(&self) -> RangeInclusive<usize> { 1..=2 }
    fn columns(&self) -> Vec<(&'static str, ColumnType)> { columns() }
    fn hidden(&self) -> usize { each::HIDDEN }
    fn rows(&self, arguments: &[Value]) -> Result<Box<dyn Relation>> {
        Ok(Box::new(Rows::new(each::rows(&arguments[0], arguments.get(1), false)?)))
    }
}

impl TableFunction for JsonTree {
    fn name(&self) -> &'static str { "json_tree" }
    fn arguments(&self) -> RangeInclusive<usize> { 1..=2 }
    fn columns(&self) -> Vec<(&'static str, ColumnType)> { columns() }
    fn hidden(&self) -> usize { each::HIDDEN }
    fn rows(&self, arguments: &[Value]) -> Result<Box<dyn Relation>> {
        Ok(Box::new(Rows::new(each::rows(&arguments[0], arguments.get(1), true)?)))
    }
}
