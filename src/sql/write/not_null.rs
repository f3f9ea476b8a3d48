//! NOT NULL, and the columns of a primary key, which are never NULL.

use super::Target;
use crate::error::{Code, Error, Result};
use crate::tuple::Value;

pub fn check(target: &Target, row: &[Value]) -> Result<()> {
    for (position, column) in target.schema.columns.iter().enumerate() {
        if !column.nullable && row[position].is_null() {
            let name = target.column_name(position);
            return Err(Error::new(Code::Constraint, format!("NOT NULL constraint failed: {name}")));
        }
    }
    Ok(())
}
