//! What a column holds when a statement names no value for it. As in MySQL a default may read other columns of its
//! row: those are brought to their types first.

use super::Target;
use crate::error::{Code, Result};
use crate::repo::Schema;
use crate::sql::eval::{compile_text, Compiled, Scope};
use crate::sql::Context;
use crate::tuple::Value;

pub struct Default {
    pub value: Compiled,
    /// Columns of its row that it reads.
    reads: Vec<usize>,
}

/// By column. A name in a default is a column where it can be nothing else.
pub fn compile(cx: &Context, schema: &Schema, scope: &Scope) -> Result<Vec<Option<Default>>> {
    let mut compiled = Vec::with_capacity(schema.columns.len());
    for column in &schema.columns {
        let Some(text) = &column.default else {
            compiled.push(None);
            continue;
        };
        let value = match compile_text(cx, text, &Scope::empty()) {
            Err(error) if error.code() == Code::ColumnNotFound => compile_text(cx, text, scope)?,
            plain => plain?,
        };
        compiled.push(Some(Default { reads: value.columns(), value }));
    }
    Ok(compiled)
}

/// NULL without a DEFAULT; NOT NULL complains later, when AUTO_INCREMENT had its turn.
pub fn value(target: &Target, cx: &Context, position: usize, row: &[Value]) -> Result<Value> {
    let Some(default) = &target.defaults[position] else { return Ok(Value::Null) };
    if default.reads.is_empty() {
        return default.value.eval(&[], cx);
    }
    let mut row = row.to_vec();
    for column in &default.reads {
        target.coerce(*column, &mut row[*column])?;
    }
    default.value.eval(&row, cx)
}

/// Whether the column's default reads other columns: it is drawn when they are there.
pub fn reads_row(target: &Target, position: usize) -> bool {
    target.defaults[position].as_ref().is_some_and(|default| !default.reads.is_empty())
}
