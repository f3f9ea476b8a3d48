//! Brings the rows of a table into another schema's layout: columns are matched by id, those that are new hold
//! their fill, those that are gone are left out, values of another type are converted as storing them would, and
//! columns that the other schema generates otherwise are generated anew. Free where the bytes stay the same.

use std::borrow::Cow;
use std::rc::Rc;

use bytes::Bytes;

use super::super::batch::Batch;
use super::super::row_codec::{keyless_value, split_keyless, RowCodec};
use super::super::row_diff::is_layout_prefix;
use super::super::{Schema, Table};
use super::RowCheck;
use crate::chunk::Store;
use crate::error::Result;
use crate::prolly::{Cursor, KeyRange, Map};
use crate::tuple::encode_cell;

/// Resumable: [`Rewrite::run`] goes on where a fault stopped it. `TYPE` when a value does not fit the new type.
pub(crate) struct Rewrite {
    store: Store,
    from: RowCodec,
    to: RowCodec,
    /// Of each column of the new layout, its place in the old one, and whether its values need the new type's word.
    source: Vec<Option<(usize, bool)>>,
    schema: Rc<Schema>,
    /// Generates, when the schemas do not agree on what is generated, and fills in `computed`.
    check: Option<Rc<dyn RowCheck>>,
    /// Columns that are new here and whose DEFAULT reads other columns of the row.
    computed: Vec<usize>,
    /// The base's rows, rewritten: a row that was there has drawn such defaults then.
    base: Option<Map>,
    cursor: Cursor,
    batch: Batch,
    pending: Option<(Bytes, Bytes)>,
    same: Option<Map>,
}

impl Rewrite {
    pub fn new(store: &Store, check: &Rc<dyn RowCheck>, table: &Table, to: &Rc<Schema>) -> Result<Self> {
        let source = to.columns.iter().map(|column| {
            let at = table.schema.columns.iter().position(|own| own.id == column.id)?;
            Some((at, !table.schema.columns[at].column_type.widens_to(&column.column_type)))
        });
        let source: Vec<Option<(usize, bool)>> = source.collect();
        let converts = source.iter().flatten().any(|(_, converts)| *converts);
        let own = |id| table.schema.columns.iter().find(|own| own.id == id);
        let generated = to.columns.iter().filter(|column| column.generated.is_some());
        let regenerates = generated.clone().any(|column| own(column.id).is_none_or(|own| own.generated != column.generated))
            || (converts && generated.count() > 0);
        let new = source.iter().zip(&to.columns).enumerate().filter(|(_, (source, column))| source.is_none() && column.default.is_some());
        let new: Vec<usize> = new.map(|(at, _)| at).collect();
        let computed = if new.is_empty() { new } else { check.computed_defaults(to, &new)? };
        let regenerates = regenerates || !computed.is_empty();
        Ok(Rewrite {
            check: regenerates.then(|| check.clone()),
            store: store.clone(),
            from: RowCodec::new(&table.schema)?,
            to: RowCodec::new(to)?,
            source,
            computed,
            base: None,
            schema: to.clone(),
            cursor: table.rows.cursor(store, KeyRange::all(), false),
            batch: Batch::new(Map::EMPTY),
            pending: None,
            same: (is_layout_prefix(&table.schema, to) && !converts && !regenerates).then_some(table.rows),
        })
    }

    pub fn beside(&mut self, base: Map) { self.base = Some(base) }

    pub fn run(&mut self) -> Result<Map> {
        if let Some(map) = self.same {
            return Ok(map);
        }
        loop {
            self.batch.spill(&*self.store)?;
            if self.pending.is_none() {
                self.pending = self.cursor.next()?;
            }
            let Some((key, value)) = &self.pending else { return self.batch.finish(&*self.store) };
            let record = self.from.record(key, value)?;
            let mut cells = Vec::with_capacity(self.source.len());
            for (column, source) in self.source.iter().enumerate() {
                cells.push(match source {
                    Some((source, true)) => {
                        let column_type = &self.schema.columns[column].column_type;
                        let value = column_type.coerce(record.value(&*self.store, *source)?)?;
                        let mut cell = Vec::new();
                        encode_cell(&mut cell, &value, column_type)?;
                        Cow::Owned(cell)
                    }
                    Some((source, false)) => Cow::Borrowed(self.from.cell_slice(record.cells(), *source)?),
                    None => Cow::Borrowed(self.to.fill_slice(column)),
                });
            }
            let mut row = self.to.encode_cells(&*self.store, cells)?;
            if let Some(check) = &self.check {
                let whole = if self.to.is_keyless() { keyless_value(1, &row) } else { row };
                let mut values = self.to.decode(&*self.store, key, &whole)?;
                let before = match self.base.filter(|_| !self.computed.is_empty() && !self.to.is_keyless()) {
                    Some(base) => base.get(&*self.store, key)?,
                    None => None,
                };
                match before {
                    Some(before) => {
                        let before = self.to.decode(&*self.store, key, &before)?;
                        self.computed.iter().for_each(|column| values[*column] = before[*column].clone());
                    }
                    None => check.fill_defaults(&self.schema, &self.computed, &mut values)?,
                }
                check.generate(&self.schema, &mut values)?;
                row = self.to.encode_row(&*self.store, &values)?;
            }
            if self.to.is_keyless() {
                // A dropped column can make two kinds of rows one.
                let probe = keyless_value(1, &row);
                let key = self.to.key(&self.to.decode(&*self.store, &[], &probe)?)?;
                let already = self.batch.get(&*self.store, &key)?;
                let already = already.map_or(Ok(0), |value| split_keyless(&value).map(|(count, _)| count))?;
                self.batch.put(key, keyless_value(already.saturating_add(record.count()), &row));
            } else {
                self.batch.put(key.clone(), row);
            }
            self.pending = None;
        }
    }
}
