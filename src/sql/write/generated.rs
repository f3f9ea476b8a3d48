//! Generated columns, STORED and VIRTUAL alike: computed when the row is written, and stored.

use super::Target;
use crate::error::{Error, Result};
use crate::repo::Schema;
use crate::sql::eval::{compile_text, Compiled, Scope};
use crate::sql::relation::Row;
use crate::sql::Context;

/// All generated columns in an order in which each finds those that it reads computed.
pub fn compile(cx: &Context, schema: &Schema, scope: &Scope) -> Result<Vec<(usize, Compiled)>> {
    let mut waiting = Vec::new();
    for (position, column) in schema.columns.iter().enumerate() {
        if let Some(generated) = &column.generated {
            waiting.push((position, compile_text(cx, &generated.expression, scope)?));
        }
    }
    let mut ordered: Vec<(usize, Compiled)> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let unknown: Vec<usize> = waiting.iter().map(|(position, _)| *position).collect();
        let ready = waiting.iter().position(|(_, compiled)| !compiled.columns().iter().any(|read| unknown.contains(read)));
        let Some(ready) = ready else {
            let name = &schema.columns[waiting[0].0].name;
            return Err(Error::bad_argument(format!("generated column {}.{name} depends on itself", schema.name)));
        };
        ordered.push(waiting.remove(ready));
    }
    Ok(ordered)
}

pub fn fill(target: &Target, cx: &Context, row: &mut Row) -> Result<()> {
    for (position, compiled) in &target.generated {
        row[*position] = compiled.eval(row, cx)?;
        target.coerce(*position, &mut row[*position])?;
    }
    Ok(())
}

/// A generated column takes no value but DEFAULT.
pub fn refuse(schema: &Schema, position: usize) -> Result<()> {
    let column = &schema.columns[position];
    match column.generated {
        Some(_) => {
            Err(Error::bad_argument(format!("column {}.{} is generated: it takes no value", schema.name, column.name)))
        }
        None => Ok(()),
    }
}
