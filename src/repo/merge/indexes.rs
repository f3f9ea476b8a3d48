//! Secondary indexes of a merged table, edited from the rows that differ from a side that has the index already;
//! built from all rows only where neither side has it.

use std::rc::Rc;

use bytes::Bytes;

use super::super::batch::Batch;
use super::super::row_codec::RowCodec;
use super::super::row_diff::{same_key_form, RowChange, RowDiff};
use super::super::{Index, Schema, Table};
use super::RowCheck;
use crate::chunk::Store;
use crate::error::Result;
use crate::prolly::{KeyRange, Map};
use crate::tuple::Value;

/// Derives the indexes of `merged` (whose rows are final) that one side can start. Resumable.
pub(crate) struct IndexMerge {
    store: Store,
    check: Rc<dyn RowCheck>,
    side: Option<Rc<Schema>>,
    merged: Rc<Schema>,
    diff: RowDiff,
    pending: Option<RowChange>,
    /// Position in the side's schema, position in the merged schema, edits.
    indexes: Vec<(Option<usize>, usize, Batch)>,
}

impl IndexMerge {
    /// `wanted`: positions in the merged schema. `side` is `None` for indexes that neither side has.
    pub fn new(
        store: &Store,
        check: Rc<dyn RowCheck>,
        side: Option<&Table>,
        schema: &Rc<Schema>,
        rows: Map,
        wanted: &[usize],
    ) -> Result<Self> {
        let merged = Table { schema: schema.clone(), rows, indexes: Vec::new() };
        let indexes = wanted.iter().map(|position| {
            let id = schema.indexes[*position].id;
            let at = side.and_then(|side| side.schema.indexes.iter().position(|index| index.id == id));
            let start = side.zip(at).and_then(|(side, at)| side.indexes.get(at).copied()).unwrap_or(Map::EMPTY);
            (at, *position, Batch::new(start))
        });
        Ok(IndexMerge {
            store: store.clone(),
            check,
            side: side.map(|side| side.schema.clone()),
            merged: schema.clone(),
            indexes: indexes.collect(),
            diff: RowDiff::of_bytes(store, side, Some(&merged), KeyRange::all())?,
            pending: None,
        })
    }

    /// Maps by position in the merged schema.
    pub fn run(&mut self) -> Result<Vec<(usize, Map)>> {
        let store = self.store.clone();
        while !self.indexes.is_empty() {
            for (_, _, batch) in &mut self.indexes {
                batch.spill(&*store)?;
            }
            if self.pending.is_none() {
                self.pending = self.diff.next()?;
            }
            let Some(change) = &self.pending else { break };
            let old = decode(&store, self.diff.from_codec(), &change.key, &change.from)?;
            let new = decode(&store, self.diff.to_codec(), &change.key, &change.to)?;
            let mut edits = Vec::with_capacity(self.indexes.len());
            for (at, position, _) in &self.indexes {
                let before = match (&old, &self.side, at, self.diff.from_codec()) {
                    (Some(values), Some(schema), Some(at), Some(codec)) => {
                        self.entry(codec, schema, &schema.indexes[*at], values, &change.key)?
                    }
                    _ => None,
                };
                let after = match (&new, self.diff.to_codec()) {
                    (Some(values), Some(codec)) => {
                        self.entry(codec, &self.merged, &self.merged.indexes[*position], values, &change.key)?
                    }
                    _ => None,
                };
                edits.push((before, after));
            }
            for ((_, _, batch), (before, after)) in self.indexes.iter_mut().zip(edits) {
                if before == after {
                    continue;
                }
                if let Some(key) = before {
                    batch.delete(key);
                }
                if let Some(key) = after {
                    batch.put(key, Bytes::new());
                }
            }
            self.pending = None;
        }
        self.indexes.iter().map(|(_, position, batch)| Ok((*position, batch.finish(&*store)?))).collect()
    }

    fn entry(&self, codec: &RowCodec, schema: &Schema, index: &Index, values: &[Value], key: &[u8]) -> Result<Option<Bytes>> {
        if index.predicate.is_some() && !self.check.is_indexed(schema, index, values)? {
            return Ok(None);
        }
        codec.index_key(schema, index, values, key).map(Some)
    }
}

fn decode(store: &Store, codec: Option<&Rc<RowCodec>>, key: &[u8], row: &Option<Bytes>) -> Result<Option<Vec<Value>>> {
    match (codec, row) {
        (Some(codec), Some(row)) => codec.decode(&**store, key, row).map(Some),
        _ => Ok(None),
    }
}

/// Whether a side's tree of this index holds the same entries for the same rows as the merged schema's would.
pub(crate) fn same_index(side: &Schema, merged: &Schema, position: usize) -> bool {
    let index = &merged.indexes[position];
    let Some(own) = side.indexes.iter().find(|own| own.id == index.id) else { return false };
    same_key_form(side, merged)
        && own.predicate == index.predicate
        && own.parts.len() == index.parts.len()
        && own.parts.iter().zip(&index.parts).all(|(a, b)| {
            let (x, y) = (&side.columns[a.column], &merged.columns[b.column]);
            x.id == y.id
                && a.descending == b.descending
                && x.nocase == y.nocase
                && x.column_type.key_form() == y.column_type.key_form()
        })
}
