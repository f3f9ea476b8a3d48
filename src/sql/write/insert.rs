//! INSERT and REPLACE: rows from VALUES or a query, filled up, in batches.

use std::rc::Rc;

use gluesql::core::sqlparser::ast::{Expr, Ident, Insert, InsertAliases, Query, SetExpr};

use super::conflict::{self, Done, Policy};
use super::operator::{Change, Operator, BATCH};
use super::returning::Returning;
use super::{auto_increment, defaults, generated, names, Target};
use crate::error::{Code, Error, Result};
use crate::repo::Schema;
use crate::sql::eval::{compile, Compiled, Scope};
use crate::sql::parser::{Parsed, ALL_DEFAULTS};
use crate::sql::relation::{Relation, Row};
use crate::sql::{query, system, Context, Outcome};
use crate::tuple::Value;

/// An INSERT compiled for the schemas as they stand.
pub struct InsertPlan {
    target: Rc<Target>,
    policy: Policy,
    /// Where each value of a source row goes.
    columns: Vec<usize>,
    /// Columns that the source does not name: they take their defaults.
    absent: Vec<usize>,
    /// VALUES. `None`: the rows come from a query.
    rows: Option<Vec<Vec<Cell>>>,
}

enum Cell { Default, Value(Compiled) }

pub fn insert(cx: &Context, parsed: &Parsed, insert: &Insert) -> Result<Outcome> {
    let kept = cx.workspace.borrow().plans().insert(&parsed.text, parsed.span.start);
    if let Some(plan) = kept {
        return run(cx, &plan, insert);
    }
    let name = names::table_name(cx, &insert.table_name)?;
    if cx.workspace.borrow().schema(&name).is_none() {
        return into_system_table(cx, &name, insert);
    }
    let plan = Rc::new(plan(cx, Target::open(cx, &name)?, insert)?);
    cx.workspace.borrow_mut().plans_mut().keep_insert(&parsed.text, parsed.span.start, plan.clone());
    run(cx, &plan, insert)
}

fn plan(cx: &Context, target: Rc<Target>, insert: &Insert) -> Result<InsertPlan> {
    if insert.partitioned.is_some() || insert.overwrite {
        return Err(Error::unsupported("PARTITION and OVERWRITE in INSERT are not supported"));
    }
    let has_column_aliases = |alias: &InsertAliases| alias.col_aliases.as_ref().is_some_and(|columns| !columns.is_empty());
    if insert.insert_alias.as_ref().is_some_and(has_column_aliases) {
        return Err(Error::unsupported("aliases of the new row's columns in INSERT are not supported; use AS new and new.column"));
    }
    let columns = named_columns(&target.schema, &insert.columns)?;
    let rows = match insert.source.as_deref().and_then(values_of) {
        Some(rows) => {
            let mut compiled = Vec::with_capacity(rows.len());
            for row in rows {
                let is_mark = |expr: &Expr| matches!(expr, Expr::Identifier(name) if name.value == ALL_DEFAULTS);
                if insert.columns.is_empty() && row.iter().all(is_mark) {
                    compiled.push(columns.iter().map(|_| Cell::Default).collect());
                    continue;
                }
                check_width(&target.schema, columns.len(), row.len())?;
                let mut cells = Vec::with_capacity(row.len());
                for (expr, column) in row.iter().zip(&columns) {
                    if is_default(expr) {
                        cells.push(Cell::Default);
                    } else {
                        generated::refuse(&target.schema, *column)?;
                        cells.push(Cell::Value(compile(cx, expr, &Scope::empty())?));
                    }
                }
                compiled.push(cells);
            }
            Some(compiled)
        }
        // DEFAULT VALUES
        None if insert.source.is_none() => Some(vec![columns.iter().map(|_| Cell::Default).collect()]),
        None => {
            columns.iter().try_for_each(|column| generated::refuse(&target.schema, *column))?;
            None
        }
    };
    let absent = (0..target.schema.columns.len()).filter(|column| !columns.contains(column)).collect();
    let policy = Policy::of(cx, &target, insert)?;
    Ok(InsertPlan { target, policy, columns, absent, rows })
}

/// The listed columns, each once; without a list, all that are not generated.
fn named_columns(schema: &Schema, names: &[Ident]) -> Result<Vec<usize>> {
    if names.is_empty() {
        return Ok((0..schema.columns.len()).filter(|column| schema.columns[*column].generated.is_none()).collect());
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let column = column_named(schema, &name.value)?;
        if columns.contains(&column) {
            return Err(Error::bad_argument(format!("column {} is named twice in INSERT", name.value)));
        }
        columns.push(column);
    }
    Ok(columns)
}

pub fn column_named(schema: &Schema, name: &str) -> Result<usize> {
    let missing = || Error::new(Code::ColumnNotFound, format!("table {} has no column {name}", schema.name));
    schema.column(name).ok_or_else(missing)
}

fn check_width(schema: &Schema, columns: usize, values: usize) -> Result<()> {
    if columns == values {
        return Ok(());
    }
    let message = format!("table {}: {columns} columns are to be filled, {values} values are given", schema.name);
    Err(Error::bad_argument(message))
}

/// The rows of a plain VALUES.
fn values_of(query: &Query) -> Option<&Vec<Vec<Expr>>> {
    let plain = query.with.is_none() && query.order_by.is_none() && query.limit.is_none() && query.offset.is_none();
    match &*query.body {
        SetExpr::Values(values) if plain => Some(&values.rows),
        _ => None,
    }
}

/// The bare word DEFAULT.
pub fn is_default(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("default"))
}

fn run(cx: &Context, plan: &InsertPlan, insert: &Insert) -> Result<Outcome> {
    let target = &plan.target;
    let mut running = Running {
        cx,
        plan,
        operator: Operator::new(cx),
        returning: Returning::of(cx, insert.returning.as_deref(), || target.scope.clone())?,
        affected: 0,
    };
    match &plan.rows {
        Some(rows) => {
            for chunk in rows.chunks(BATCH) {
                let mut batch = Vec::with_capacity(chunk.len());
                for cells in chunk {
                    let mut row = vec![Value::Null; target.schema.columns.len()];
                    for (cell, column) in cells.iter().zip(&plan.columns) {
                        row[*column] = match cell {
                            Cell::Default if defaults::reads_row(target, *column) => continue,
                            Cell::Default => defaults::value(target, cx, *column, &row)?,
                            Cell::Value(value) => value.eval(&[], cx)?,
                        };
                    }
                    for (cell, column) in cells.iter().zip(&plan.columns) {
                        if matches!(cell, Cell::Default) && defaults::reads_row(target, *column) {
                            row[*column] = defaults::value(target, cx, *column, &row)?;
                        }
                    }
                    batch.push(row);
                }
                running.batch(batch)?;
            }
        }
        None => {
            let source = insert.source.as_deref().ok_or_else(|| Error::internal("INSERT without a source"))?;
            let (columns, mut relation) = query::relation(cx, source)?;
            check_width(&target.schema, plan.columns.len(), columns.len())?;
            loop {
                let batch = take(&mut *relation, plan, target.schema.columns.len())?;
                let last = batch.len() < BATCH;
                running.batch(batch)?;
                if last {
                    break;
                }
            }
        }
    }
    running.operator.finish()?;
    Ok(running.returning.outcome(running.affected))
}

/// Up to a batch of rows, values in their columns.
fn take(relation: &mut dyn Relation, plan: &InsertPlan, width: usize) -> Result<Vec<Row>> {
    let mut batch = Vec::new();
    while batch.len() < BATCH {
        let Some(values) = relation.next()? else { break };
        let mut row = vec![Value::Null; width];
        for (value, column) in values.into_iter().zip(&plan.columns) {
            row[*column] = value;
        }
        batch.push(row);
    }
    Ok(batch)
}

struct Running<'a> { cx: &'a Context, plan: &'a InsertPlan, operator: Operator<'a>, returning: Returning, affected: u64 }

impl Running<'_> {
    fn batch(&mut self, mut rows: Vec<Row>) -> Result<()> {
        let (cx, target) = (self.cx, &self.plan.target);
        let absent = self.plan.absent.iter().filter(|column| target.defaults[**column].is_some());
        let (last, first): (Vec<usize>, Vec<usize>) = absent.partition(|column| defaults::reads_row(target, **column));
        for column in first.into_iter().chain(last) {
            for row in &mut rows {
                row[column] = defaults::value(target, cx, column, row)?;
            }
        }
        if let Some(first) = auto_increment::fill(target, cx, &mut rows)? {
            cx.workspace.borrow_mut().set_last_insert_id(first);
        }
        match &self.plan.policy {
            Policy::Abort if !target.triggers.is_empty() => {
                for mut row in rows {
                    target.finish(cx, &mut row)?;
                    if self.operator.one(target, Change { old: None, new: Some(row.clone()) })? {
                        self.affected += 1;
                        self.returning.note(cx, &row)?;
                    }
                }
            }
            Policy::Abort => {
                for row in &mut rows {
                    target.finish(cx, row)?;
                }
                self.affected += rows.len() as u64;
                if self.returning.is_wanted() {
                    rows.iter().try_for_each(|row| self.returning.note(cx, row))?;
                }
                let changes = rows.into_iter().map(|row| Change { old: None, new: Some(row) }).collect();
                self.operator.run(target, changes)?;
            }
            policy => {
                for row in rows {
                    if let Done::Wrote(row) = conflict::insert(cx, &mut self.operator, target, policy, row)? {
                        self.affected += 1;
                        self.returning.note(cx, &row)?;
                    }
                }
            }
        }
        cx.workspace.borrow_mut().spill(&*cx.store)?;
        Ok(())
    }
}

/// A system table takes whole rows, one by one.
fn into_system_table(cx: &Context, name: &str, insert: &Insert) -> Result<Outcome> {
    let table = system_table(cx, name)?;
    let columns = table.columns();
    let mut places = Vec::with_capacity(columns.len());
    for ident in &insert.columns {
        let place = columns.iter().position(|column| column.name.eq_ignore_ascii_case(&ident.value));
        let missing = || Error::new(Code::ColumnNotFound, format!("table {name} has no column {}", ident.value));
        places.push(place.ok_or_else(missing)?);
    }
    if insert.columns.is_empty() {
        places = (0..columns.len()).collect();
    }
    let source = insert.source.as_deref().ok_or_else(|| Error::unsupported("DEFAULT VALUES into a system table"))?;
    let (_, mut relation) = query::relation(cx, source)?;
    let mut affected = 0;
    while let Some(values) = relation.next()? {
        if values.len() != places.len() {
            let message = format!("table {name}: {} columns are to be filled, {} values are given", places.len(), values.len());
            return Err(Error::bad_argument(message));
        }
        let mut row = vec![Value::Null; columns.len()];
        for (value, place) in values.into_iter().zip(&places) {
            row[*place] = value;
        }
        table.insert(cx, &row)?;
        affected += 1;
    }
    Ok(Outcome { affected, ..Outcome::default() })
}

/// The system table `name`, or that there is no such table.
pub fn system_table(cx: &Context, name: &str) -> Result<Box<dyn system::BoundTable>> {
    let folded = crate::repo::fold(name);
    for table in system::ALL {
        if let Some(bound) = table.bind(cx, &folded, None)? {
            return Ok(bound);
        }
    }
    if cx.workspace.borrow().view(name).is_some() {
        return Err(Error::new(Code::ReadOnly, format!("cannot modify {name}: it is a view")));
    }
    Err(crate::sql::workspace::missing(name))
}
