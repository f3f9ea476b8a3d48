//! Rows that stream: what our own operators, table functions and system tables answer.

use crate::error::Result;
use crate::tuple::Value;

pub type Row = Vec<Value>;

/// A pull stream of rows. A fault or an error ends it for good: the statement is run again.
pub trait Relation {
    fn next(&mut self) -> Result<Option<Row>>;
}

/// Rows that are there already.
pub struct Rows(pub std::vec::IntoIter<Row>);

impl Rows {
    pub fn new(rows: Vec<Row>) -> Self { Rows(rows.into_iter()) }
}

impl Relation for Rows {
    fn next(&mut self) -> Result<Option<Row>> { Ok(self.0.next()) }
}
