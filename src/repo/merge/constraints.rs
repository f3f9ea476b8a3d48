//! Constraints of a merged root. Each side kept its own; so only rows that differ from a side are looked at, once
//! against ours and once against theirs.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::super::batch::Batch;
use super::super::row_codec::{row_key_of_index, RowCodec};
use super::super::row_diff::{RowChange, RowDiff};
use super::super::{fold, ForeignKey, Root, Schema, Table};
use super::probe::rows_where;
use super::{RowCheck, Violation, ViolationKind};
use crate::chunk::Store;
use crate::error::Result;
use crate::prolly::{KeyRange, Map};
use crate::tuple::Value;

/// Checks one table against one side. Violations of any table go into `found`. Resumable.
pub(crate) struct ConstraintCheck {
    store: Store,
    check: Rc<dyn RowCheck>,
    table: Option<Rc<Table>>,
    diff: RowDiff,
    pending: Option<RowChange>,
    /// Children: tables of the merged root whose foreign keys name this table.
    children: Vec<(Rc<Table>, ForeignKey)>,
    side: Option<Rc<Table>>,
}

/// A violation and the folded name of its table.
type Found = (String, Violation);

impl ConstraintCheck {
    pub fn new(
        store: &Store,
        check: Rc<dyn RowCheck>,
        merged_root: &Root,
        side: Option<&Rc<Table>>,
        merged: Option<&Rc<Table>>,
    ) -> Result<Self> {
        let name = merged.or(side).map(|table| fold(&table.schema.name)).unwrap_or_default();
        let mut children = Vec::new();
        for child in merged_root.tables.values() {
            let keys = child.schema.foreign_keys.iter().filter(|key| fold(&key.parent_table) == name);
            children.extend(keys.map(|key| (child.clone(), key.clone())));
        }
        Ok(ConstraintCheck {
            store: store.clone(),
            check,
            diff: RowDiff::of_bytes(store, side.map(|t| &**t), merged.map(|t| &**t), KeyRange::all())?,
            table: merged.cloned(),
            side: side.cloned(),
            pending: None,
            children,
        })
    }

    pub fn run(&mut self, root: &Root, violations: &mut Violations) -> Result<()> {
        if !self.is_needed() {
            return Ok(());
        }
        loop {
            violations.spill(&self.store)?;
            if self.pending.is_none() {
                self.pending = self.diff.next()?;
            }
            let Some(change) = &self.pending else { return Ok(()) };
            let mut found = Vec::new();
            if let (Some(table), Some(codec), Some(row)) = (&self.table, self.diff.to_codec(), &change.to) {
                let values = codec.decode(&*self.store, &change.key, row)?;
                self.check_row(root, table, codec, &change.key, &values, &mut found)?;
            }
            if let (Some(side), Some(codec), Some(row)) = (&self.side, self.diff.from_codec(), &change.from) {
                if !self.children.is_empty() {
                    let values = codec.decode(&*self.store, &change.key, row)?;
                    self.check_removed_parent(&side.schema, &values, &mut found)?;
                }
            }
            for (table, violation) in found {
                violations.add(&self.store, table, &violation)?;
            }
            self.pending = None;
        }
    }

    fn is_needed(&self) -> bool {
        let own = self.table.as_ref().is_some_and(|table| {
            let schema = &table.schema;
            let unique = schema.indexes.iter().any(|index| index.unique);
            let not_null = schema.columns.iter().any(|column| !column.nullable);
            unique || not_null || !schema.foreign_keys.is_empty() || !schema.checks.is_empty()
        });
        own || !self.children.is_empty()
    }

    fn check_row(
        &self,
        root: &Root,
        table: &Rc<Table>,
        codec: &RowCodec,
        key: &Bytes,
        values: &[Value],
        found: &mut Vec<Found>,
    ) -> Result<()> {
        let schema = &table.schema;
        let name = fold(&schema.name);
        let mut add = |kind, constraint: &Rc<str>, row_key: &Bytes| {
            let violation = Violation { kind, constraint: constraint.clone(), row_key: row_key.clone() };
            found.push((name.clone(), violation));
        };
        for (column, value) in schema.columns.iter().zip(values) {
            if !column.nullable && value.is_null() {
                add(ViolationKind::NotNull, &column.name, key);
            }
        }
        if !schema.checks.is_empty() {
            if let Some(check) = self.check.broken_check(schema, values)? {
                add(ViolationKind::Check, &check, key);
            }
        }
        for (index, map) in schema.indexes.iter().zip(&table.indexes).filter(|(index, _)| index.unique) {
            let has_null = index.parts.iter().any(|part| values[part.column].is_null());
            if has_null || index.predicate.is_some() && !self.check.is_indexed(schema, index, values)? {
                continue;
            }
            let prefix = codec.index_prefix(schema, index, values)?;
            let mut cursor = map.cursor(&self.store, KeyRange::prefix(&prefix), false);
            let mut equals = Vec::new();
            while let Some((entry, _)) = cursor.next()? {
                equals.push(Bytes::copy_from_slice(row_key_of_index(schema, index, &entry)?));
            }
            if equals.len() > 1 {
                equals.iter().for_each(|row_key| add(ViolationKind::Unique, &index.name, row_key));
            }
        }
        for foreign_key in &schema.foreign_keys {
            let wanted: Vec<Value> = foreign_key.columns.iter().map(|column| values[*column].clone()).collect();
            if !wanted.iter().any(Value::is_null) && !self.has_parent(root, foreign_key, &wanted)? {
                add(ViolationKind::ForeignKey, &foreign_key.name, key);
            }
        }
        Ok(())
    }

    fn has_parent(&self, root: &Root, key: &ForeignKey, values: &[Value]) -> Result<bool> {
        let Some(parent) = root.table(&key.parent_table) else { return Ok(false) };
        let Some(columns) = parent_columns(&parent.schema, key) else { return Ok(false) };
        Ok(!rows_where(&self.store, parent, &columns, values, 1)?.is_empty())
    }

    /// A row is gone, or changed: who referred to it?
    fn check_removed_parent(&self, old_schema: &Schema, old: &[Value], found: &mut Vec<Found>) -> Result<()> {
        for (child, foreign_key) in &self.children {
            let Some(columns) = parent_columns(old_schema, foreign_key) else { continue };
            let values: Vec<Value> = columns.iter().map(|column| old[*column].clone()).collect();
            if values.iter().any(Value::is_null) {
                continue;
            }
            if let Some(table) = &self.table {
                let still = parent_columns(&table.schema, foreign_key);
                let still = still.map_or(Ok(Vec::new()), |columns| rows_where(&self.store, table, &columns, &values, 1))?;
                if !still.is_empty() {
                    continue;
                }
            }
            for row_key in rows_where(&self.store, child, &foreign_key.columns, &values, usize::MAX)? {
                let constraint = foreign_key.name.clone();
                let violation = Violation { kind: ViolationKind::ForeignKey, constraint, row_key };
                found.push((fold(&child.schema.name), violation));
            }
        }
        Ok(())
    }
}

/// The columns that a foreign key refers to; `None` when the parent lacks one.
fn parent_columns(parent: &Schema, key: &ForeignKey) -> Option<Vec<usize>> {
    if key.parent_columns.is_empty() {
        let columns: Vec<usize> = parent.primary_key.iter().map(|part| part.column).collect();
        return (columns.len() == key.columns.len()).then_some(columns);
    }
    key.parent_columns.iter().map(|name| parent.column(name)).collect()
}

/// Violations by folded table name, each once.
#[derive(Default)]
pub(crate) struct Violations { tables: BTreeMap<String, Batch> }

impl Violations {
    /// More of them, beside those that are known.
    pub fn over(known: &BTreeMap<String, Map>) -> Self {
        Violations { tables: known.iter().map(|(table, map)| (table.clone(), Batch::new(*map))).collect() }
    }

    fn add(&mut self, store: &Store, table: String, violation: &Violation) -> Result<()> {
        let value = violation.encode(&**store)?;
        self.tables.entry(table).or_insert_with(|| Batch::new(Map::EMPTY)).put(violation.key(), value);
        Ok(())
    }

    fn spill(&mut self, store: &Store) -> Result<()> { self.tables.values_mut().try_for_each(|batch| batch.spill(&**store)) }

    pub fn finish(&self, store: &Store) -> Result<BTreeMap<String, Map>> {
        let maps = self.tables.iter().map(|(table, batch)| Ok((table.clone(), batch.finish(&**store)?)));
        maps.filter(|entry| entry.as_ref().map_or(true, |(_, map)| !map.is_empty())).collect()
    }
}
