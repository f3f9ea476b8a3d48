//! What merge asks of the layer that can evaluate expressions.

use std::rc::Rc;

use super::super::{Index, Schema};
use crate::error::{Error, Result};
use crate::tuple::Value;

/// Expressions of a schema, evaluated over a whole row. Every answer must depend on its arguments alone.
pub trait RowCheck {
    /// Fills in generated columns.
    fn generate(&self, schema: &Schema, values: &mut [Value]) -> Result<()>;

    /// Of these columns, those whose DEFAULT reads other columns of the row.
    fn computed_defaults(&self, schema: &Schema, columns: &[usize]) -> Result<Vec<usize>> {
        let _ = (schema, columns);
        Ok(Vec::new())
    }

    /// Fills in such defaults.
    fn fill_defaults(&self, schema: &Schema, columns: &[usize], values: &mut [Value]) -> Result<()> {
        let _ = (schema, columns, values);
        Ok(())
    }

    /// Name of the first CHECK that the row breaks.
    fn broken_check(&self, schema: &Schema, values: &[Value]) -> Result<Option<Rc<str>>>;

    /// Whether a partial index holds the row.
    fn is_indexed(&self, schema: &Schema, index: &Index, values: &[Value]) -> Result<bool>;

    /// Why expressions of a merged schema cannot be evaluated: one side wrote them, the other changed what they name.
    fn broken_expression(&self, schema: &Schema) -> Result<Option<String>> {
        let _ = schema;
        Ok(None)
    }
}

/// For schemas without expressions; refuses those that have some.
pub struct NoExpressions;

impl RowCheck for NoExpressions {
    fn generate(&self, schema: &Schema, _: &mut [Value]) -> Result<()> { refuse("a generated column", schema) }
    fn broken_check(&self, schema: &Schema, _: &[Value]) -> Result<Option<Rc<str>>> {
        refuse("a CHECK constraint", schema).map(|()| None)
    }
    fn is_indexed(&self, schema: &Schema, _: &Index, _: &[Value]) -> Result<bool> {
        refuse("a partial index", schema).map(|()| false)
    }
}

fn refuse(what: &str, schema: &Schema) -> Result<()> {
    Err(Error::unsupported(format!("table {} has {what}, which needs the SQL layer to merge", schema.name)))
}
