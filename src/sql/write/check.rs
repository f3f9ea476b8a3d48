//! CHECK: what is unknown passes, as everywhere in SQL.

use super::target::shown;
use super::Target;
use crate::error::{Code, Error, Result};
use crate::repo::Schema;
use crate::sql::eval::{compile_text, Compiled, Scope};
use crate::sql::Context;
use crate::tuple::Value;

pub fn compile(cx: &Context, schema: &Schema, scope: &Scope) -> Result<Vec<Compiled>> {
    schema.checks.iter().map(|check| compile_text(cx, &check.expression, scope)).collect()
}

pub fn check(target: &Target, cx: &Context, row: &[Value]) -> Result<()> {
    for (check, compiled) in target.schema.checks.iter().zip(&target.checks) {
        if compiled.truth(row, cx)? == Some(false) {
            let values: Vec<String> = compiled
                .columns()
                .into_iter()
                .map(|column| format!("{} = {}", target.schema.columns[column].name, shown(&row[column])))
                .collect();
            let message = format!(
                "CHECK constraint failed: {} of {}: {}, where {}",
                check.name,
                target.schema.name,
                check.expression,
                values.join(", ")
            );
            return Err(Error::new(Code::Constraint, message));
        }
    }
    Ok(())
}
