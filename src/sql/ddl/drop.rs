//! DROP TABLE and TRUNCATE.

use super::define::local;
use super::definition::Name;
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{fold, Table};
use crate::sql::workspace::missing;
use crate::sql::Context;
use crate::tuple::Value;

pub fn tables(cx: &Context, if_exists: bool, names: &[Name]) -> Result<u64> {
    let mut gone = Vec::with_capacity(names.len());
    for name in names {
        let table = local(cx, name)?;
        let workspace = cx.workspace.borrow();
        if workspace.schema(table).is_some() {
            gone.push(fold(table));
        } else if workspace.view(table).is_some() {
            return Err(Error::bad_argument(format!("{table} is a view: DROP VIEW drops it")));
        } else if !if_exists {
            return Err(missing(table));
        }
    }
    for name in &gone {
        refuse_children(cx, name, &gone, "dropped")?;
    }
    let mut workspace = cx.workspace.borrow_mut();
    for name in &gone {
        if let Some(schema) = workspace.schema(name) {
            workspace.drop_mark(schema.id);
        }
        workspace.set_table(name, None);
    }
    drop(workspace);
    gone.iter().try_for_each(|name| super::trigger::follow(cx, name, None))?;
    Ok(0)
}

pub fn truncate(cx: &Context, names: &[Name]) -> Result<u64> {
    let tables = names.iter().map(|name| local(cx, name).map(fold)).collect::<Result<Vec<_>>>()?;
    let mut affected = 0;
    for name in &tables {
        let view = cx.workspace.borrow().table(name).ok_or_else(|| missing(name))?;
        refuse_children(cx, name, &tables, "emptied")?;
        affected += view.rows.count(&*cx.store, &KeyRange::all())?;
        cx.workspace.borrow_mut().set_table(name, Some(Table::empty(view.schema.clone())));
    }
    Ok(affected)
}

fn refuse_children(cx: &Context, name: &str, together: &[String], verb: &str) -> Result<()> {
    if cx.settings.variables.get("foreign_key_checks") == Some(&Value::Int(0)) {
        return Ok(());
    }
    let workspace = cx.workspace.borrow();
    for (child, table) in &workspace.root().tables {
        let key = table.schema.foreign_keys.iter().find(|key| key.parent_table.eq_ignore_ascii_case(name));
        if let (Some(key), false) = (key, together.contains(child)) {
            let message = format!(
                "FOREIGN KEY constraint failed: table {name} cannot be {verb}, {} refers to it by {}",
                table.schema.name, key.name
            );
            return Err(Error::new(Code::Constraint, message));
        }
    }
    Ok(())
}
