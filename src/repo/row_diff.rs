//! The rows that differ between two tables, streamed and not decoded.

use std::rc::Rc;

use bytes::Bytes;

use super::row_codec::{split_keyless, RowCodec};
use super::{Schema, Table};
use crate::chunk::Store;
use crate::error::Result;
use crate::prolly::{Cursor, Diff, KeyRange, Map};
use crate::tuple::same_cell;

/// One row that differs: entries of the two rows maps, each to be read with its own side's codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    pub key: Bytes,
    pub from: Option<Bytes>,
    pub to: Option<Bytes>,
    /// How many rows of a keyless table this stands for; 1 otherwise.
    pub copies: u64,
}

/// Streams row changes in key order. Tables with different primary keys: everything is removed, then everything
/// added. Rows that differ in layout alone are passed over. Retry-safe.
///
/// Trees are compared by their addresses only where equal bytes mean equal rows: where one layout begins with the
/// other. After columns were dropped or moved, one row's bytes can be another row's, so every row is looked at.
pub struct RowDiff {
    store: Store,
    from: Option<Rc<RowCodec>>,
    to: Option<Rc<RowCodec>>,
    sources: Vec<Source>,
    /// Pairs of columns to compare when the layouts differ; empty: bytes decide.
    pairs: Vec<(Option<usize>, Option<usize>)>,
    keyless: bool,
    pending: Option<RowChange>,
}

impl RowDiff {
    pub fn new(store: &Store, from: Option<&Table>, to: Option<&Table>, range: KeyRange) -> Result<Self> {
        let codec = |table: Option<&Table>| table.map(|table| RowCodec::new(&table.schema).map(Rc::new)).transpose();
        let mut diff = RowDiff {
            store: store.clone(),
            from: codec(from)?,
            to: codec(to)?,
            sources: Vec::new(),
            pairs: Vec::new(),
            keyless: false,
            pending: None,
        };
        diff.open(store, from, to, range, true);
        Ok(diff)
    }

    /// Every entry that may differ, as it stands: changes of layout are not passed over, copies not counted.
    pub(crate) fn of_bytes(store: &Store, from: Option<&Table>, to: Option<&Table>, range: KeyRange) -> Result<Self> {
        let mut diff = RowDiff::new(store, None, None, range.clone())?;
        diff.sources.clear();
        diff.from = from.map(|table| RowCodec::new(&table.schema).map(Rc::new)).transpose()?;
        diff.to = to.map(|table| RowCodec::new(&table.schema).map(Rc::new)).transpose()?;
        diff.open(store, from, to, range, false);
        Ok(diff)
    }

    fn open(&mut self, store: &Store, from: Option<&Table>, to: Option<&Table>, range: KeyRange, by_value: bool) {
        let rows = |table: Option<&Table>| table.map_or(Map::EMPTY, |table| table.rows);
        match (from, to) {
            (Some(from), Some(to)) if !same_key_form(&from.schema, &to.schema) => {
                // Reversed: taken from the end.
                self.sources.push(Source::Trees(Box::new(Diff::new(store, Map::EMPTY, to.rows, range.clone()))));
                self.sources.push(Source::Trees(Box::new(Diff::new(store, from.rows, Map::EMPTY, range))));
            }
            _ => {
                if let (Some(from), Some(to)) = (from, to) {
                    if by_value && !same_layout(&from.schema, &to.schema) {
                        self.pairs = pair_columns(&from.schema, &to.schema);
                    }
                }
                self.keyless = by_value && from.or(to).is_some_and(|table| table.schema.is_keyless());
                let comparable = match (from, to) {
                    (Some(from), Some(to)) => {
                        is_layout_prefix(&from.schema, &to.schema) || is_layout_prefix(&to.schema, &from.schema)
                    }
                    _ => true,
                };
                self.sources.push(if comparable {
                    Source::Trees(Box::new(Diff::new(store, rows(from), rows(to), range)))
                } else {
                    Source::Rows(Box::new(Join::new(store, rows(from), rows(to), range)))
                });
            }
        }
    }

    /// Reads `RowChange::from`.
    pub fn from_codec(&self) -> Option<&Rc<RowCodec>> { self.from.as_ref() }
    /// Reads `RowChange::to`.
    pub fn to_codec(&self) -> Option<&Rc<RowCodec>> { self.to.as_ref() }

    pub fn next(&mut self) -> Result<Option<RowChange>> {
        loop {
            if self.pending.is_none() {
                let Some(source) = self.sources.last_mut() else { return Ok(None) };
                let change = match source {
                    Source::Trees(diff) => diff.next()?.map(|change| (change.key, change.from, change.to)),
                    Source::Rows(join) => join.next()?,
                };
                let Some((key, from, to)) = change else {
                    self.sources.pop();
                    continue;
                };
                self.pending = Some(RowChange { key, from, to, copies: 1 });
            }
            let keep = match &self.pending {
                Some(change) => !self.differs_in_layout_only(change)?,
                None => false,
            };
            if let Some(mut change) = self.pending.take().filter(|_| keep) {
                self.count_copies(&mut change)?;
                return Ok(Some(change));
            }
        }
    }

    fn differs_in_layout_only(&self, change: &RowChange) -> Result<bool> {
        let (Some(from), Some(to), Some(old), Some(new)) = (&self.from, &self.to, &change.from, &change.to) else {
            return Ok(false);
        };
        if self.pairs.is_empty() {
            return Ok(false);
        }
        let (old, new) = (from.record(&change.key, old)?, to.record(&change.key, new)?);
        if old.count() != new.count() {
            return Ok(false);
        }
        for (old_column, new_column) in &self.pairs {
            let a = old_column.map(|column| from.cell_slice(old.cells(), column)).transpose()?;
            let b = new_column.map(|column| to.cell_slice(new.cells(), column)).transpose()?;
            let fill = |codec: &'_ RowCodec, column: &Option<usize>| column.map(|column| codec.fill_slice(column).to_vec());
            let same = match (a, b) {
                (Some(a), Some(b)) => same_cell(&*self.store, a, b)?,
                (Some(a), None) => same_cell(&*self.store, a, &fill(from, old_column).unwrap_or_default())?,
                (None, Some(b)) => same_cell(&*self.store, b, &fill(to, new_column).unwrap_or_default())?,
                (None, None) => true,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Rows of one content that became more or fewer: that many were added or removed.
    fn count_copies(&self, change: &mut RowChange) -> Result<()> {
        if !self.keyless {
            return Ok(());
        }
        let count = |value: &Option<Bytes>| value.as_ref().map_or(Ok(0), |value| split_keyless(value).map(|(n, _)| n));
        let (old, new) = (count(&change.from)?, count(&change.to)?);
        change.copies = old.abs_diff(new);
        if new > old {
            change.from = None;
        } else {
            change.to = None;
        }
        Ok(())
    }
}

enum Source { Trees(Box<Diff>), Rows(Box<Join>) }

type Entry = (Bytes, Bytes);
type Pair = (Bytes, Option<Bytes>, Option<Bytes>);

/// Two maps side by side, every key of either. Retry-safe.
struct Join { left: Cursor, right: Cursor, ahead: (Option<Option<Entry>>, Option<Option<Entry>>) }

impl Join {
    fn new(store: &Store, left: Map, right: Map, range: KeyRange) -> Self {
        let (left, right) = (left.cursor(store, range.clone(), false), right.cursor(store, range, false));
        Join { left, right, ahead: (None, None) }
    }

    fn next(&mut self) -> Result<Option<Pair>> {
        if self.ahead.0.is_none() {
            self.ahead.0 = Some(self.left.next()?);
        }
        if self.ahead.1.is_none() {
            self.ahead.1 = Some(self.right.next()?);
        }
        let (left, right) = (self.ahead.0.take().flatten(), self.ahead.1.take().flatten());
        let pair = match (left, right) {
            (None, None) => {
                self.ahead = (Some(None), Some(None));
                return Ok(None);
            }
            (Some((key, a)), Some((other, b))) if key == other => (key, Some(a), Some(b)),
            (Some((key, a)), Some((other, b))) if key < other => {
                self.ahead.1 = Some(Some((other, b)));
                (key, Some(a), None)
            }
            (left, Some((key, b))) => {
                self.ahead.0 = Some(left);
                (key, None, Some(b))
            }
            (Some((key, a)), None) => {
                self.ahead.1 = Some(None);
                (key, Some(a), None)
            }
        };
        Ok(Some(pair))
    }
}

/// Whether both encode keys alike: the same columns in the same order, of types with one key form.
pub fn same_key_form(a: &Schema, b: &Schema) -> bool {
    a.primary_key.len() == b.primary_key.len()
        && a.primary_key.iter().zip(&b.primary_key).all(|(x, y)| {
            let (column_x, column_y) = (&a.columns[x.column], &b.columns[y.column]);
            column_x.id == column_y.id
                && x.descending == y.descending
                && column_x.nocase == column_y.nocase
                && column_x.column_type.key_form() == column_y.column_type.key_form()
        })
}

/// Whether a row of `narrow` is byte for byte the same row of `wide`: its columns come first there, with their fills.
pub fn is_layout_prefix(narrow: &Schema, wide: &Schema) -> bool {
    same_key_form(narrow, wide)
        && narrow.columns.len() <= wide.columns.len()
        && narrow.columns.iter().zip(&wide.columns).all(|(a, b)| a.id == b.id && a.fill == b.fill)
}

fn same_layout(a: &Schema, b: &Schema) -> bool { a.columns.len() == b.columns.len() && is_layout_prefix(a, b) }

fn pair_columns(from: &Schema, to: &Schema) -> Vec<(Option<usize>, Option<usize>)> {
    let position = |schema: &Schema, id| schema.columns.iter().position(|column| column.id == id);
    let mut pairs: Vec<_> = from.columns.iter().enumerate().map(|(at, c)| (Some(at), position(to, c.id))).collect();
    let added = to.columns.iter().enumerate().filter(|(_, column)| position(from, column.id).is_none());
    pairs.extend(added.map(|(at, _)| (None, Some(at))));
    pairs
}
