//! DELETE: the query answers each row that goes.

use gluesql::core::sqlparser::ast::{Delete, FromTable};

use super::insert::system_table;
use super::operator::{Change, Operator, BATCH};
use super::returning::Returning;
use super::update::table_target;
use super::{names, Target};
use crate::error::{Error, Result};
use crate::prolly::KeyRange;
use crate::repo::Table;
use crate::sql::eval::Scope;
use crate::sql::parser::Parsed;
use crate::sql::query;
use crate::sql::{Context, Outcome};

pub fn delete(cx: &Context, parsed: &Parsed, delete: &Delete) -> Result<Outcome> {
    if !delete.tables.is_empty() {
        return Err(Error::unsupported("DELETE from several tables is not supported"));
    }
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let [table] = &from[..] else {
        return Err(Error::unsupported("DELETE from several tables is not supported"));
    };
    let named = table_target(table, "DELETE")?;
    let name = names::table_name(cx, &named.name)?;
    let using = delete.using.as_deref().unwrap_or_default();
    let rows = || {
        query::changes(cx, parsed, &named, using, delete.selection.as_ref(), &[], &delete.order_by, delete.limit.as_ref())
    };
    if cx.workspace.borrow().schema(&name).is_none() {
        let table = system_table(cx, &name)?;
        let mut relation = rows()?;
        let mut gone = Vec::new();
        while let Some(row) = relation.next()? {
            gone.push(row);
        }
        drop(relation);
        gone.iter().try_for_each(|row| table.delete(cx, row))?;
        return Ok(Outcome { affected: gone.len() as u64, ..Outcome::default() });
    }
    let target = Target::open(cx, &name)?;
    let alias = named.alias.as_ref().map(|alias| alias.value.as_str());
    let mut returning = Returning::of(cx, delete.returning.as_deref(), || Scope::table(&target.schema, alias))?;
    let everything = delete.selection.is_none() && delete.limit.is_none() && using.is_empty();
    if everything && !returning.is_wanted() && target.children.is_empty() && target.triggers.is_empty() && !target.codec.is_keyless() {
        return empty(cx, &target);
    }
    let mut relation = rows()?;
    let mut operator = Operator::new(cx);
    let mut affected = 0;
    let mut batch = Vec::new();
    while let Some(row) = relation.next()? {
        if !target.triggers.is_empty() {
            if operator.one(&target, Change { old: Some(row.clone()), new: None })? {
                affected += 1;
                returning.note(cx, &row)?;
            }
            continue;
        }
        affected += 1;
        returning.note(cx, &row)?;
        batch.push(Change { old: Some(row), new: None });
        if batch.len() >= BATCH {
            operator.run(&target, std::mem::take(&mut batch))?;
            cx.workspace.borrow_mut().spill(&*cx.store)?;
        }
    }
    operator.run(&target, batch)?;
    operator.finish()?;
    Ok(returning.outcome(affected))
}

/// All rows at once: nothing looks at them one by one.
fn empty(cx: &Context, target: &Target) -> Result<Outcome> {
    let view = cx.workspace.borrow().table(&target.name).ok_or_else(|| crate::sql::workspace::missing(&target.name))?;
    let affected = view.rows.count(&*cx.store, &KeyRange::all())?;
    drop(view);
    if affected > 0 {
        cx.workspace.borrow_mut().set_table(&target.name, Some(Table::empty(target.schema.clone())));
    }
    Ok(Outcome { affected, ..Outcome::default() })
}
