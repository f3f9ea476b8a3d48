//! CREATE TRIGGER and DROP TRIGGER. A trigger is kept as typed, beside the views: `dolt_schemas` shows both.

use super::define::local;
use super::definition::{CreateTrigger, Name};
use crate::error::{Code, Error, Result};
use crate::repo::View;
use crate::sql::workspace::missing;
use crate::sql::write::{Target, Trigger};
use crate::sql::Context;

pub fn create(cx: &Context, definition: &CreateTrigger) -> Result<u64> {
    let (name, table) = (local(cx, &definition.name)?, local(cx, &definition.table)?);
    if cx.workspace.borrow().trigger(name).is_some() {
        if definition.if_not_exists {
            return Ok(0);
        }
        return Err(Error::new(Code::Exists, format!("trigger {name} already exists")));
    }
    if definition.temporary || cx.workspace.borrow().is_temporary(table) {
        return Err(Error::unsupported("a temporary trigger, or one on a temporary table, is not supported").at(definition.name.at));
    }
    if cx.workspace.borrow().view(table).is_some() {
        return Err(Error::unsupported(format!("a trigger on view {table} is not supported")).at(definition.table.at));
    }
    let schema = cx.workspace.borrow().schema(table).ok_or_else(|| missing(table).at(definition.table.at))?;
    let view = View { name: name.into(), columns: vec![schema.name.clone()], sql: definition.sql.as_str().into() };
    // What does not compile is refused now, not when a row comes.
    Trigger::compile(cx, &schema, &view)?;
    cx.workspace.borrow_mut().set_trigger(name, Some(view));
    Target::open(cx, table).map(|_| 0)
}

pub fn drop(cx: &Context, if_exists: bool, name: &Name) -> Result<u64> {
    let name = local(cx, name)?;
    if cx.workspace.borrow().trigger(name).is_some() {
        cx.workspace.borrow_mut().set_trigger(name, None);
    } else if !if_exists {
        return Err(Error::new(Code::TableNotFound, format!("no such trigger: {name}")));
    }
    Ok(0)
}

/// The triggers of a table go with it, or get its new name.
pub fn follow(cx: &Context, table: &str, renamed: Option<&str>) -> Result<()> {
    let triggers = cx.workspace.borrow().triggers_of(table);
    for trigger in triggers {
        let changed = match renamed {
            None => None,
            Some(new) => {
                let at = super::parse::trigger(&trigger.sql)?.table;
                let end = at.at + super::lexer::tokens(&trigger.sql, at.at, 1)?.first().map_or(0, |token| token.end - token.start);
                let sql = format!("{}{}{}", &trigger.sql[..at.at], crate::sql::versions::quoted(new), &trigger.sql[end..]);
                Some(View { columns: vec![new.into()], sql: sql.into(), ..(*trigger).clone() })
            }
        };
        cx.workspace.borrow_mut().set_trigger(&trigger.name, changed);
    }
    Ok(())
}
