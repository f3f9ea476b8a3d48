//! Brings the rows of a table into another schema's layout: columns are matched by id, those that are new hold
//! their fill, those that are gone are left out. Free where the bytes stay the same.

use std::borrow::Cow;

use bytes::Bytes;

use super::super::batch::Batch;
use super::super::row_codec::{keyless_value, split_keyless, RowCodec};
use super::super::row_diff::is_layout_prefix;
use super::super::{Schema, Table};
use crate::chunk::Store;
use crate::error::Result;
use crate::prolly::{Cursor, KeyRange, Map};

/// Resumable: [`Rewrite::run`] goes on where a fault stopped it.
pub(crate) struct Rewrite {
    store: Store,
    from: RowCodec,
    to: RowCodec,
    /// Of each column of the new layout, its place in the old one.
    source: Vec<Option<usize>>,
    cursor: Cursor,
    batch: Batch,
    pending: Option<(Bytes, Bytes)>,
    same: Option<Map>,
}

impl Rewrite {
    pub fn new(store: &Store, table: &Table, to: &Schema) -> Result<Self> {
        let position = |id| table.schema.columns.iter().position(|column| column.id == id);
        Ok(Rewrite {
            store: store.clone(),
            from: RowCodec::new(&table.schema)?,
            to: RowCodec::new(to)?,
            source: to.columns.iter().map(|column| position(column.id)).collect(),
            cursor: table.rows.cursor(store, KeyRange::all(), false),
            batch: Batch::new(Map::EMPTY),
            pending: None,
            same: is_layout_prefix(&table.schema, to).then_some(table.rows),
        })
    }

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
                cells.push(Cow::Borrowed(match source {
                    Some(source) => self.from.cell_slice(record.cells(), *source)?,
                    None => self.to.fill_slice(column),
                }));
            }
            let row = self.to.encode_cells(&*self.store, cells)?;
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
