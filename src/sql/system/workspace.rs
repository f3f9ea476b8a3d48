//! `dolt_workspace_⟨t⟩`: what is staged and what is not, row by row. `UPDATE … SET staged = 1` stages a row, 0 takes it
//! back from the stage; DELETE of a row that is not staged discards the change.

use std::rc::Rc;

use bytes::Bytes;

use super::diff_shape::DiffShape;
use super::scan::{boolean, family, integer, rows, text, wrong_count};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Code, Error, Result};
use crate::repo::{fold, Index, Root, RowCheck, RowCodec, Schema, Table};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::{DiffRows, RowChange, Snapshot};
use crate::sql::write::{Change, MergeCheck, Operator, Target};
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct Workspace;

impl SystemTable for Workspace {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = family("dolt_workspace_", name) else { return Ok(None) };
        if let Some(arguments) = arguments {
            return Err(wrong_count(name, "0", arguments.len()));
        }
        cx.branch()?;
        let schema = super::diff_table::current_schema(cx, table)?;
        let shape = DiffShape::of(&schema);
        let mut columns = vec![integer("id"), boolean("staged"), text("diff_type")];
        let sides = shape.columns();
        let (to, from) = (shape.to.len(), shape.to_commit() + 2);
        columns.extend(sides[..to].iter().cloned());
        columns.extend(sides[from..from + shape.from.len()].iter().cloned());
        Ok(Some(Box::new(Bound { table: fold(table), shape, columns })))
    }
}

struct Bound { table: String, shape: DiffShape, columns: Vec<OutputColumn> }

const FIXED: usize = 3;

impl BoundTable for Bound {
    fn columns(&self) -> &[OutputColumn] { &self.columns }

    fn scan(&self, cx: &Context, _: &Wanted) -> Result<Box<dyn Relation>> {
        let head = Snapshot::of_commit(cx, cx.head_commit()?)?;
        let (staged, working) = (Snapshot::staged(cx)?, Snapshot::working(cx)?);
        let mut found: Vec<Row> = Vec::new();
        for (is_staged, from, to) in [(true, &head, &staged), (false, &staged, &working)] {
            let (old, new) = Snapshot::pair(&*cx.store, from, to, &self.table)?;
            let mut changes: DiffRows = self.shape.open(cx, old.as_ref(), new.as_ref(), &Wanted::default())?;
            while let Some(change) = changes.next()? {
                found.push(self.row(found.len() as i64, is_staged, change));
            }
        }
        rows(found)
    }

    fn update(&self, cx: &Context, old: &[Value], new: &[Value]) -> Result<()> {
        self.update_all(cx, &[(old.to_vec(), new.to_vec())])
    }

    fn update_all(&self, cx: &Context, changed: &[(Row, Row)]) -> Result<()> {
        // To be staged, and to be taken back.
        let (mut stage, mut unstage) = (Vec::new(), Vec::new());
        for (old, new) in changed {
            if old.iter().zip(new).enumerate().any(|(position, (old, new))| position != 1 && old != new) {
                return Err(Error::new(Code::ReadOnly, "only update of column 'staged' is allowed"));
            }
            let (to, from) = self.sides(old);
            match (is_true(&old[1]), is_true(&new[1])) {
                (false, true) => stage.push(Change { old: from, new: to }),
                (true, false) => unstage.push(Change { old: to, new: from }),
                _ => {}
            }
        }
        self.move_rows(cx, &unstage, false)?;
        self.move_rows(cx, &stage, true)
    }

    fn delete(&self, cx: &Context, row: &[Value]) -> Result<()> {
        if is_true(&row[1]) {
            return Err(Error::new(Code::ReadOnly, "cannot delete staged rows from workspace"));
        }
        let (to, from) = self.sides(row);
        let target = Target::open(cx, &self.table)?;
        let mut operator = Operator::new(cx);
        operator.run(&target, vec![Change { old: to, new: from }])?;
        operator.finish()
    }
}

fn is_true(value: &Value) -> bool { matches!(value, Value::Int(int) if *int != 0) }

impl Bound {
    /// Staging makes the staged rows what the working ones are; taking them back makes them what HEAD's are.
    fn move_rows(&self, cx: &Context, changes: &[Change], stage: bool) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let check = MergeCheck::new(cx);
        cx.change_branch(|change_set, branch| {
            let mut roots = change_set.roots(branch)?;
            let staged = roots.staged.table(&self.table).cloned();
            let source = if stage { roots.working.table(&self.table) } else { roots.head.table(&self.table) };
            let staged = match (staged, source) {
                (Some(staged), _) => staged,
                (None, Some(source)) => Rc::new(Table::empty(source.schema.clone())),
                (None, None) => return Err(Error::new(Code::TableNotFound, format!("table not found: {}", self.table))),
            };
            if source.is_some_and(|source| source.schema != staged.schema) {
                return Err(Error::unsupported(format!(
                    "the definition of table {} changed: stage the whole table with dolt_add('{}')",
                    self.table, self.table
                )));
            }
            let edited = edit(cx, &staged, changes, &*check)?;
            let gone = edited.rows.is_empty() && !stage && roots.head.table(&self.table).is_none();
            match gone {
                true => roots.staged.tables.remove(&self.table),
                false => roots.staged.tables.insert(self.table.clone(), Rc::new(edited)),
            };
            roots.working_set.staged = Root::write(&roots.staged, &*cx.store)?;
            change_set.set_working_set(branch, &roots.working_set)
        })
    }

    fn row(&self, id: i64, staged: bool, change: RowChange) -> Row {
        let nulls = |count: usize| vec![Value::Null; count];
        let mut row = vec![Value::Int(id), Value::bool(staged), Value::from(change.kind.as_str())];
        row.extend(change.to.unwrap_or_else(|| nulls(self.shape.to.len())));
        row.extend(change.from.unwrap_or_else(|| nulls(self.shape.from.len())));
        row
    }

    /// Both sides of a change, as its kind tells.
    fn sides(&self, row: &[Value]) -> (Option<Row>, Option<Row>) {
        let (to, from) = row[FIXED..].split_at(self.shape.to.len());
        let kind = match &row[2] {
            Value::Text(kind) => &**kind,
            _ => "",
        };
        ((kind != "removed").then(|| to.to_vec()), (kind != "added").then(|| from.to_vec()))
    }
}

/// Rows out, then rows in, indexes with them. A unique index that a new row would break is an error.
fn edit(cx: &Context, table: &Table, changes: &[Change], check: &dyn RowCheck) -> Result<Table> {
    let schema = &table.schema;
    let codec = RowCodec::new(schema)?;
    let mut edited = table.clone();
    let store = &*cx.store;
    let mut put = |row: Option<&Row>, sign: i64| -> Result<()> {
        let Some(row) = row else { return Ok(()) };
        let (key, mut entry) = codec.encode(store, row)?;
        let mut present = sign > 0;
        if schema.is_keyless() {
            let stood = match edited.rows.get(store, &key)? {
                Some(value) => crate::repo::split_keyless(&value)?.0 as i64,
                None => 0,
            };
            present = stood + sign > 0;
            entry = crate::repo::keyless_value((stood + sign).max(1) as u64, &codec.encode_row(store, row)?);
        }
        let value = present.then_some(entry);
        edited.rows = edited.rows.apply(store, &mut std::iter::once((key.clone(), value)))?;
        for (index, map) in schema.indexes.iter().zip(&mut edited.indexes) {
            if check.is_indexed(schema, index, row)? {
                if sign > 0 {
                    refuse_duplicate(cx, schema, &codec, index, map, row, &key)?;
                }
                let entry = codec.index_key(schema, index, row, &key)?;
                *map = map.apply(store, &mut std::iter::once((entry, present.then(Bytes::new))))?;
            }
        }
        Ok(())
    };
    changes.iter().try_for_each(|change| put(change.old.as_ref(), -1))?;
    changes.iter().try_for_each(|change| put(change.new.as_ref(), 1))?;
    Ok(edited)
}

fn refuse_duplicate(
    cx: &Context,
    schema: &Schema,
    codec: &RowCodec,
    index: &Index,
    map: &crate::prolly::Map,
    row: &Row,
    key: &[u8],
) -> Result<()> {
    if !index.unique || index.parts.iter().any(|part| row[part.column].is_null()) {
        return Ok(());
    }
    let prefix = codec.index_prefix(schema, index, row)?;
    let mut cursor = map.cursor(&cx.store, crate::prolly::KeyRange::prefix(&prefix), false);
    while let Some((entry, _)) = cursor.next()? {
        if crate::repo::row_key_of_index(schema, index, &entry)? != key {
            let text = format!("duplicate unique key given: unique index {} of table {}", index.name, schema.name);
            return Err(Error::new(Code::Constraint, text));
        }
    }
    Ok(())
}
