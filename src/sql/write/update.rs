//! UPDATE: the query answers each old row with the assigned values behind it.
//!
//! A statement that may move a key is checked as one batch, so that rows can swap keys; any other
//! goes in batches as the rows come.

use std::rc::Rc;

use gluesql::core::sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, Ident, Query, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins,
};

use super::conflict::{self, Done, Policy};
use super::insert::{column_named, is_default, system_table};
use super::operator::{Change, Operator, BATCH};
use super::returning::Returning;
use super::{defaults, generated, names, Target};
use crate::error::{Error, Result};
use crate::repo::Schema;
use crate::sql::eval::{Compiled, Scope};
use crate::sql::parser::{parse_expression, Parsed, Update};
use crate::sql::query::{self, TableTarget};
use crate::sql::relation::Row;
use crate::sql::{Context, Outcome};
use crate::tuple::Value;

/// What a column is set to.
pub enum Assigned { Default, Source(Expr), Value(Compiled) }

impl Assigned {
    pub fn eval(&self, cx: &Context, target: &Target, column: usize, row: &[Value]) -> Result<Value> {
        match self {
            Assigned::Default => defaults::value(target, cx, column, row),
            Assigned::Value(value) => value.eval(row, cx),
            Assigned::Source(_) => Err(Error::internal("an assignment was not compiled")),
        }
    }
}

/// SET's list: columns and what they are set to.
pub fn assigned(schema: &Schema, assignments: &[Assignment]) -> Result<Vec<(usize, Assigned)>> {
    let mut all: Vec<(usize, Assigned)> = Vec::with_capacity(assignments.len());
    let mut push = |name: &str, expr: &Expr| -> Result<()> {
        let column = column_named(schema, name)?;
        let value = if is_default(expr) {
            Assigned::Default
        } else {
            generated::refuse(schema, column)?;
            Assigned::Source(expr.clone())
        };
        // The last one counts, as in SQLite and MySQL.
        all.retain(|(assigned, _)| *assigned != column);
        all.push((column, value));
        Ok(())
    };
    for assignment in assignments {
        match (&assignment.target, &assignment.value) {
            (AssignmentTarget::ColumnName(name), value) => push(last(name), value)?,
            (AssignmentTarget::Tuple(names), Expr::Tuple(values)) if names.len() == values.len() => {
                for (name, value) in names.iter().zip(values) {
                    push(last(name), value)?;
                }
            }
            (AssignmentTarget::Tuple(names), Expr::Subquery(query)) => {
                for (at, name) in names.iter().enumerate() {
                    push(last(name), &column_of(query, at, names.len())?)?;
                }
            }
            (AssignmentTarget::Tuple(_), _) => {
                return Err(Error::unsupported("SET of several columns takes a list of as many values, or a query"));
            }
        }
    }
    Ok(all)
}

/// `(SELECT c FROM (query) AS r (…, c, …))`: column `at` of a query that has `width` columns.
fn column_of(query: &Query, at: usize, width: usize) -> Result<Expr> {
    if let SetExpr::Select(select) = &*query.body {
        let is_plain = |item: &SelectItem| !matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        if select.projection.iter().all(is_plain) && select.projection.len() != width {
            let message = format!("SET of {width} columns from a query of {}", select.projection.len());
            return Err(Error::new(crate::Code::Type, message));
        }
    }
    let name = |at: usize| Ident::new(format!("c{at}"));
    let mut expr = (*parse_expression("(SELECT c FROM t)")?).clone();
    let Expr::Subquery(outer) = &mut expr else { return Err(Error::internal("a query became something else")) };
    let SetExpr::Select(select) = &mut *outer.body else { return Err(Error::internal("a query became something else")) };
    select.projection = vec![SelectItem::UnnamedExpr(Expr::Identifier(name(at)))];
    let alias = Some(TableAlias { name: Ident::new("r"), columns: (0..width).map(name).collect() });
    select.from[0].relation = TableFactor::Derived { lateral: false, subquery: Box::new(query.clone()), alias };
    Ok(expr)
}

fn last(name: &gluesql::core::sqlparser::ast::ObjectName) -> &str { name.0.last().map_or("", |ident| &ident.value) }

/// The one table of UPDATE or DELETE.
pub fn table_target(table: &TableWithJoins, verb: &str) -> Result<TableTarget> {
    if !table.joins.is_empty() {
        return Err(Error::unsupported(format!("a join in {verb} is not supported; use FROM or USING")));
    }
    match &table.relation {
        TableFactor::Table { name, alias, args: None, version: None, .. } => {
            Ok(TableTarget { name: name.clone(), alias: alias.as_ref().map(|alias| alias.name.clone()) })
        }
        _ => Err(Error::unsupported(format!("{verb} takes the name of a table"))),
    }
}

pub fn update(cx: &Context, parsed: &Parsed, update: &Update) -> Result<Outcome> {
    let named = table_target(&update.table, "UPDATE")?;
    let name = names::table_name(cx, &named.name)?;
    refuse_others(&named, &update.assignments)?;
    let from: Vec<TableWithJoins> = update.from.iter().cloned().collect();
    if cx.workspace.borrow().schema(&name).is_none() {
        return update_system_table(cx, parsed, &name, &named, update, &from);
    }
    let target = Target::open(cx, &name)?;
    let alias = named.alias.as_ref().map(|alias| alias.value.as_str());
    let mut returning = Returning::of(cx, update.returning.as_deref(), || Scope::table(&target.schema, alias))?;
    let policy = Policy::or(update.or)?;

    let (columns, sources): (Vec<(usize, bool)>, Vec<Expr>) = {
        let mut columns = Vec::new();
        let mut sources = Vec::new();
        for (column, value) in assigned(&target.schema, &update.assignments)? {
            match value {
                Assigned::Source(expr) => {
                    columns.push((column, false));
                    sources.push(expr);
                }
                _ => columns.push((column, true)),
            }
        }
        (columns, sources)
    };
    let mut relation = query::changes(
        cx,
        parsed,
        &named,
        &from,
        update.selection.as_ref(),
        &sources,
        &update.order_by,
        update.limit.as_ref(),
    )?;

    let width = target.schema.columns.len();
    let whole = moves_keys(&target, columns.iter().map(|(column, _)| *column));
    let mut operator = Operator::new(cx);
    operator.assign(columns.iter().map(|(column, _)| *column).collect());
    let mut affected = 0;
    let mut batch: Vec<Change> = Vec::new();
    while let Some(mut row) = relation.next()? {
        let values = row.split_off(width);
        let mut values = values.into_iter();
        let mut new = row.clone();
        for (column, default) in &columns {
            new[*column] = if *default {
                defaults::value(&target, cx, *column, &row)?
            } else {
                values.next().unwrap_or_default()
            };
        }
        touch(cx, &target, &row, &mut new, |column| columns.iter().any(|(assigned, _)| *assigned == column))?;
        if let Policy::Abort = policy {
            target.finish(cx, &mut new)?;
            if !target.triggers.is_empty() {
                if operator.one(&target, Change { old: Some(row), new: Some(new.clone()) })? {
                    affected += 1;
                    returning.note(cx, &new)?;
                }
                continue;
            }
            affected += 1;
            returning.note(cx, &new)?;
            batch.push(Change { old: Some(row), new: Some(new) });
            if batch.len() >= BATCH && !whole {
                operator.run(&target, std::mem::take(&mut batch))?;
                cx.workspace.borrow_mut().spill(&*cx.store)?;
            }
        } else if let Done::Wrote(row) = conflict::update(cx, &mut operator, &target, &policy, row, new)? {
            affected += 1;
            returning.note(cx, &row)?;
        }
    }
    operator.run(&target, batch)?;
    operator.finish()?;
    Ok(returning.outcome(affected))
}

/// `UPDATE t JOIN u … SET u.x = 1` changes another table.
fn refuse_others(target: &TableTarget, assignments: &[Assignment]) -> Result<()> {
    let own = target.alias.as_ref().or(target.name.0.last()).map_or("", |name| &name.value);
    let names = assignments.iter().flat_map(|assignment| match &assignment.target {
        AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
        AssignmentTarget::Tuple(names) => names,
    });
    for name in names {
        if let [.., table, _] = &name.0[..] {
            if !table.value.eq_ignore_ascii_case(own) {
                return Err(Error::unsupported(format!("UPDATE {own} changes {own} only, SET {name} is of another table")));
            }
        }
    }
    Ok(())
}

/// `ON UPDATE CURRENT_TIMESTAMP`: when something changes and the column is not set itself.
pub fn touch(cx: &Context, target: &Target, old: &Row, new: &mut Row, is_set: impl Fn(usize) -> bool) -> Result<()> {
    if target.on_update.is_empty() || old == new {
        return Ok(());
    }
    for (column, value) in &target.on_update {
        if !is_set(*column) {
            new[*column] = value.eval(&[], cx)?;
        }
    }
    Ok(())
}

/// Whether setting `columns` can move a row to another key, or to another place in a unique index.
fn moves_keys(target: &Target, columns: impl Iterator<Item = usize>) -> bool {
    let schema: &Rc<Schema> = &target.schema;
    let mut set: Vec<usize> = columns.collect();
    set.extend(target.generated.iter().map(|(column, _)| *column));
    set.extend(target.on_update.iter().map(|(column, _)| *column));
    let mut keys = schema.primary_key.iter().chain(schema.indexes.iter().filter(|index| index.unique).flat_map(|index| &index.parts));
    let partial = schema.indexes.iter().any(|index| index.unique && index.predicate.is_some());
    schema.is_keyless() || partial || keys.any(|part| set.contains(&part.column))
}

fn update_system_table(
    cx: &Context,
    parsed: &Parsed,
    name: &str,
    named: &TableTarget,
    update: &Update,
    from: &[TableWithJoins],
) -> Result<Outcome> {
    let table = system_table(cx, name)?;
    let mut places = Vec::new();
    let mut sources = Vec::new();
    for assignment in &update.assignments {
        let AssignmentTarget::ColumnName(column) = &assignment.target else {
            return Err(Error::unsupported("SET of several columns at once in a system table"));
        };
        let column = last(column);
        let place = table.columns().iter().position(|output| output.name.eq_ignore_ascii_case(column));
        let missing = || Error::new(crate::Code::ColumnNotFound, format!("table {name} has no column {column}"));
        places.push(place.ok_or_else(missing)?);
        sources.push(assignment.value.clone());
    }
    let mut relation = query::changes(
        cx,
        parsed,
        named,
        from,
        update.selection.as_ref(),
        &sources,
        &update.order_by,
        update.limit.as_ref(),
    )?;
    let width = table.columns().len();
    let mut rows = Vec::new();
    while let Some(mut row) = relation.next()? {
        let values = row.split_off(width.min(row.len()));
        let mut new = row.clone();
        for (place, value) in places.iter().zip(values) {
            new[*place] = value;
        }
        rows.push((row, new));
    }
    drop(relation);
    table.update_all(cx, &rows)?;
    Ok(Outcome { affected: rows.len() as u64, ..Outcome::default() })
}
