//! Rows that procedures answer.

use super::{Answer, Call};
use crate::error::{Error, Result};
use crate::sql::OutputColumn;
use crate::tuple::{ColumnType, Value};

use super::flags::{Flag, Flags};

impl Answer {
    /// `status` 0: what most procedures answer.
    pub fn ok() -> Self { Answer { row: vec![Value::Int(0)], value: Value::Int(0) } }

    /// A row of one value, which is the value of SELECT as well.
    pub fn one(value: impl Into<Value>) -> Self {
        let value = value.into();
        Answer { row: vec![value.clone()], value }
    }

    pub fn new(row: Vec<Value>, value: impl Into<Value>) -> Self { Answer { row, value: value.into() } }
}

impl Call<'_> {
    pub fn flags(&self, known: &[Flag]) -> Result<Flags> { Flags::parse(known, self.arguments) }
}

pub fn integer(name: &str) -> OutputColumn { OutputColumn::new(name, ColumnType::INTEGER) }
pub fn text(name: &str) -> OutputColumn { OutputColumn::new(name, ColumnType::TEXT) }

pub fn invalid_usage() -> Error { Error::bad_argument("error: invalid usage") }
