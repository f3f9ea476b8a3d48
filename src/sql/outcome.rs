//! What a statement answers.

use std::rc::Rc;

use crate::tuple::{ColumnType, Value};

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Empty for a statement that answers no rows.
    pub columns: Vec<OutputColumn>,
    pub rows: Vec<Vec<Value>>,
    /// Rows inserted, changed or deleted.
    pub affected: u64,
}

/// `column_type` is the declared type where the output is a plain column, and `Any` where it is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn { pub name: Rc<str>, pub column_type: ColumnType }

impl OutputColumn {
    pub fn new(name: impl Into<Rc<str>>, column_type: ColumnType) -> Self { OutputColumn { name: name.into(), column_type } }
}
