//! CREATE INDEX and DROP INDEX.

use std::rc::Rc;

use super::define::local;
use super::definition::{CreateIndex, Name};
use super::schema_of::{add_index, key_parts};
use super::rebuild;
use crate::error::{Code, Error, Result};
use crate::repo::{fold, Schema, Table};
use crate::sql::workspace::missing;
use crate::sql::write::Target;
use crate::sql::Context;

pub fn create(cx: &Context, definition: &CreateIndex) -> Result<u64> {
    let name = local(cx, &definition.table)?;
    let table = open(cx, name)?;
    let has = |index: &str| table.schema.indexes.iter().any(|known| known.name.eq_ignore_ascii_case(index));
    if definition.if_not_exists && definition.name.as_deref().is_some_and(has) {
        return Ok(0);
    }
    let mut schema = (*table.schema).clone();
    let parts = key_parts(&schema, &definition.columns, definition.unique)?;
    let predicate: Option<Rc<str>> = definition.predicate.as_ref().map(|text| text.sql.as_str().into());
    let number = add_index(&mut schema, definition.name.as_deref(), parts, definition.unique, predicate, false)?;
    let schema = Rc::new(schema);
    let target = Target::new(cx, schema.clone())?;
    let map = rebuild::index(cx, table.rows, &target, number)?;
    let mut indexes = table.indexes.clone();
    indexes.push(map);
    cx.workspace.borrow_mut().set_table(name, Some(Table { schema, rows: table.rows, indexes }));
    Ok(0)
}

/// The table with its pending edits in trees.
pub fn open(cx: &Context, name: &str) -> Result<Rc<Table>> {
    let table = cx.workspace.borrow_mut().flush_table(&*cx.store, name)?;
    match table {
        Some(table) => Ok(table),
        None if cx.workspace.borrow().view(name).is_some() => {
            Err(Error::new(Code::ReadOnly, format!("{name} is a view, not a table")))
        }
        None => Err(missing(name)),
    }
}

pub fn drop(cx: &Context, if_exists: bool, index: &Name, table: Option<&Name>) -> Result<u64> {
    let name = local(cx, index)?;
    let holders: Vec<Rc<str>> = match table {
        Some(table) => {
            let table = local(cx, table)?;
            vec![cx.workspace.borrow().schema(table).ok_or_else(|| missing(table))?.name.clone()]
        }
        None => {
            let workspace = cx.workspace.borrow();
            let has = |schema: &Schema| schema.indexes.iter().any(|index| index.name.eq_ignore_ascii_case(name));
            let tables = workspace.root().tables.values();
            tables.filter(|table| has(&table.schema)).map(|table| table.schema.name.clone()).collect()
        }
    };
    let absent = || Error::new(Code::TableNotFound, format!("no such index: {name}"));
    let holder = match &holders[..] {
        [] if if_exists => return Ok(0),
        [] => return Err(absent()),
        [one] => one.clone(),
        many => {
            let message = format!("index {name} stands on several tables ({}); say ON which", many.join(", "));
            return Err(Error::bad_argument(message));
        }
    };
    let table = open(cx, &holder)?;
    let number = table.schema.indexes.iter().position(|index| index.name.eq_ignore_ascii_case(name));
    let Some(number) = number else { return if if_exists { Ok(0) } else { Err(absent()) } };
    let changed = without(cx, &table, number)?;
    cx.workspace.borrow_mut().set_table(&fold(&holder), Some(changed));
    Ok(0)
}

/// The table without index number `number`. One that foreign keys of other tables find their parent by stays.
pub fn without(cx: &Context, table: &Table, number: usize) -> Result<Table> {
    let mut schema = (*table.schema).clone();
    let index = schema.indexes.remove(number);
    refuse_orphans(cx, &table.schema, &schema, &format!("index {}", index.name))?;
    let mut indexes = table.indexes.clone();
    indexes.remove(number);
    Ok(Table { schema: Rc::new(schema), rows: table.rows, indexes })
}

/// Refuses a change after which a foreign key finds its parent's key no more.
pub fn refuse_orphans(cx: &Context, before: &Schema, after: &Schema, what: &str) -> Result<()> {
    let workspace = cx.workspace.borrow();
    for table in workspace.root().tables.values() {
        let child = if fold(&table.schema.name) == fold(&before.name) { after } else { &table.schema };
        for (number, key) in child.foreign_keys.iter().enumerate() {
            let points_here = key.parent_table.eq_ignore_ascii_case(&before.name);
            if points_here && crate::sql::write::resolve_foreign_key(child, number, after).is_err() {
                let message = format!("{what} of {} is needed by foreign key {} of {}", before.name, key.name, child.name);
                return Err(Error::new(Code::Constraint, message));
            }
        }
    }
    Ok(())
}
