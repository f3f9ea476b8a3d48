//! `dolt_conflicts_⟨t⟩`: the rows in conflict, with all three sides. DELETE settles a conflict and keeps our row;
//! UPDATE of `our_⟨col⟩` edits the row that stands in the table.

use std::rc::Rc;

use super::conflict_shape::ConflictShape;
use super::conflicts::merge_state;
use super::scan::{family, rows, stream, wrong_count};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{fold, Conflict, Schema};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::key_ranges;
use crate::sql::write::{Change, Operator, Target};
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct ConflictsTable;

impl SystemTable for ConflictsTable {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = family("dolt_conflicts_", name) else { return Ok(None) };
        if let Some(arguments) = arguments {
            return Err(wrong_count(name, "0", arguments.len()));
        }
        let Some(schema) = cx.workspace.borrow().schema(table) else {
            return Err(Error::new(Code::TableNotFound, format!("table not found: {table}")));
        };
        Ok(Some(Box::new(Bound::new(&schema)?)))
    }
}

struct Bound { shape: Rc<ConflictShape>, table: String, columns: Vec<OutputColumn>, hidden: usize }

impl Bound {
    fn new(schema: &Rc<Schema>) -> Result<Self> {
        let shape = Rc::new(ConflictShape::new(schema)?);
        let mut columns = shape.columns();
        let hidden = shape.hidden();
        let count = hidden.len();
        columns.extend(hidden);
        Ok(Bound { shape, table: fold(&schema.name), columns, hidden: count })
    }

    /// Our row as it stands now, as cells.
    fn ours(&self, row: &[Value]) -> Option<Row> {
        let cells: Row = row.get(self.shape.our())?.to_vec();
        let there = match self.shape.schema.primary_key.first() {
            Some(part) => !cells.get(part.column)?.is_null(),
            None => cells.iter().any(|cell| !cell.is_null()),
        };
        there.then_some(cells)
    }
}

impl BoundTable for Bound {
    fn columns(&self) -> &[OutputColumn] { &self.columns }
    fn hidden(&self) -> usize { self.hidden }

    fn scan(&self, cx: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> {
        let Some(state) = merge_state(cx)? else { return rows(Vec::new()) };
        let Some(map) = state.conflicts.get(&self.table).copied() else { return rows(Vec::new()) };
        let from = Value::from(state.source_commit.to_string());
        let ranges = key_ranges(cx, &self.shape.schema, wanted, &|column| self.shape.positions(column))?;
        let (cx, shape, table) = (cx.clone(), self.shape.clone(), self.table.clone());
        let mut ranges = ranges.into_iter();
        let mut cursor = None;
        stream(move || loop {
            if cursor.is_none() {
                let Some(range) = ranges.next() else { return Ok(None) };
                cursor = Some(map.cursor(&cx.store, range, false));
            }
            let Some((key, value)) = cursor.as_mut().map(|cursor| cursor.next()).transpose()?.flatten() else {
                cursor = None;
                continue;
            };
            let conflict = Conflict::decode(&*cx.store, &value)?;
            let ours = cx.workspace.borrow().row(&*cx.store, &table, &key)?;
            return shape.row(&cx.store, &from, &key, &conflict, ours.as_ref()).map(Some);
        })
    }

    fn delete(&self, cx: &Context, row: &[Value]) -> Result<()> {
        let key = self.shape.key_of(row)?;
        cx.change_branch(|change, branch| change.drop_conflict(branch, &self.table, &key))
    }

    fn update(&self, cx: &Context, old: &[Value], new: &[Value]) -> Result<()> {
        let editable = self.shape.our();
        for (position, (before, after)) in old.iter().zip(new).enumerate() {
            if before != after && !editable.contains(&position) {
                let name = &self.columns[position].name;
                let text = format!("column {name} of dolt_conflicts_{} is read only: only our_ columns can change", self.table);
                return Err(Error::new(Code::ReadOnly, text));
            }
        }
        let target = Target::open(cx, &self.table)?;
        let mut new = self.ours(new);
        if let Some(row) = &mut new {
            target.finish(cx, row)?;
            if !target.schema.is_keyless() && target.codec.key(row)? != self.shape.key_of(old)? {
                let text = format!("the primary key of a conflict in {} cannot change", self.table);
                return Err(Error::new(Code::ReadOnly, text));
            }
        }
        let mut operator = Operator::new(cx);
        operator.run(&target, vec![Change { old: self.ours(old), new }])?;
        operator.finish()
    }
}

/// All of a map of conflicts, for those that are shown without being stored.
pub fn all_rows(
    cx: &Context,
    shape: &ConflictShape,
    map: crate::prolly::Map,
    from: &Value,
) -> Result<Vec<Row>> {
    let mut cursor = map.cursor(&cx.store, KeyRange::all(), false);
    let mut found = Vec::new();
    while let Some((key, value)) = cursor.next()? {
        let conflict = Conflict::decode(&*cx.store, &value)?;
        found.push(shape.row(&cx.store, from, &key, &conflict, conflict.ours.as_ref())?);
    }
    Ok(found)
}
