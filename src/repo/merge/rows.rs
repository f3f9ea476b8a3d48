//! The three-way merge of rows, all in the merged schema's layout.

use std::borrow::Cow;
use std::rc::Rc;

use bytes::Bytes;

use super::super::batch::Batch;
use super::super::row_codec::RowCodec;
use super::super::Schema;
use super::{Conflict, Driver, RowCheck, TableStats};
use crate::chunk::Store;
use crate::error::{Code, Result};
use crate::prolly::{KeyRange, Map, Merge, Side, ThreeWay};
use crate::tuple::{encode_cell, read_cell, same_cell, Value};

/// Streams what either side changed and edits ours. Resumable.
pub(crate) struct RowMerge {
    store: Store,
    schema: Rc<Schema>,
    codec: RowCodec,
    check: Rc<dyn RowCheck>,
    stream: Merge,
    pending: Option<ThreeWay>,
    rows: Batch,
    conflicts: Batch,
    stats: TableStats,
    generated: Vec<bool>,
    /// By column.
    drivers: Vec<Option<Driver>>,
}

/// What became of one row.
enum Outcome { Keep, Take(Option<Bytes>), Conflict }

impl RowMerge {
    pub fn new(
        store: &Store,
        schema: Rc<Schema>,
        check: Rc<dyn RowCheck>,
        drivers: Vec<Option<Driver>>,
        [base, ours, theirs]: [Map; 3],
    ) -> Result<Self> {
        Ok(RowMerge {
            drivers,
            codec: RowCodec::new(&schema)?,
            generated: schema.columns.iter().map(|column| column.generated.is_some()).collect(),
            store: store.clone(),
            schema,
            check,
            stream: Merge::new(store, base, ours, theirs, KeyRange::all()),
            pending: None,
            rows: Batch::new(ours),
            conflicts: Batch::new(Map::EMPTY),
            stats: TableStats::default(),
        })
    }

    /// Merged rows, conflicts, and what was done.
    pub fn run(&mut self) -> Result<(Map, Map, TableStats)> {
        let store = self.store.clone();
        loop {
            self.rows.spill(&*store)?;
            self.conflicts.spill(&*store)?;
            if self.pending.is_none() {
                self.pending = self.stream.next()?;
            }
            let Some(item) = &self.pending else {
                return Ok((self.rows.finish(&*store)?, self.conflicts.finish(&*store)?, self.stats));
            };
            let outcome = match item.side {
                Side::Ours | Side::Same => Outcome::Keep,
                Side::Theirs => Outcome::Take(item.theirs.clone()),
                Side::Both => self.merge_row(item)?,
            };
            match outcome {
                Outcome::Keep => {}
                Outcome::Take(row) => {
                    let row = row.map(|row| self.regenerate(&item.key, row)).transpose()?;
                    match (&item.ours, &row) {
                        (None, Some(_)) => self.stats.added += 1,
                        (Some(_), None) => self.stats.deleted += 1,
                        _ => self.stats.modified += 1,
                    }
                    match row {
                        Some(row) => self.rows.put(item.key.clone(), row),
                        None => self.rows.delete(item.key.clone()),
                    }
                }
                Outcome::Conflict => {
                    let [base, ours, theirs] = [item.base.clone(), item.ours.clone(), item.theirs.clone()];
                    let keyless = self.codec.is_keyless();
                    let conflict = Conflict { keyless, base, ours, theirs }.encode(&*store)?;
                    self.conflicts.put(item.key.clone(), conflict);
                    self.stats.conflicts += 1;
                }
            }
            self.pending = None;
        }
    }

    /// Both sides changed the row, to different bytes. A row that one side deleted conflicts; otherwise each cell
    /// that one side alone changed is taken, and one that both changed to different values conflicts. The counts of
    /// a row without a key are one cell.
    fn merge_row(&self, item: &ThreeWay) -> Result<Outcome> {
        let (Some(ours), Some(theirs)) = (&item.ours, &item.theirs) else { return Ok(Outcome::Conflict) };
        if self.codec.is_keyless() {
            return Ok(Outcome::Conflict);
        }
        let store = &*self.store;
        let our_record = self.codec.record(&item.key, ours)?;
        let their_record = self.codec.record(&item.key, theirs)?;
        let base_record = item.base.as_ref().map(|base| self.codec.record(&item.key, base)).transpose()?;
        let mut cells: Vec<Cow<'_, [u8]>> = Vec::with_capacity(self.codec.columns());
        for column in 0..self.codec.columns() {
            let our = self.codec.cell_slice(our_record.cells(), column)?;
            let their = self.codec.cell_slice(their_record.cells(), column)?;
            let base = match &base_record {
                Some(base) => Some(self.codec.cell_slice(base.cells(), column)?),
                None => None,
            };
            let unchanged = |side: &[u8]| base.map_or(Ok(false), |base| same_cell(store, base, side));
            if self.generated[column] || same_cell(store, our, their)? || unchanged(their)? {
                cells.push(Cow::Borrowed(our));
            } else if unchanged(our)? {
                cells.push(Cow::Borrowed(their));
            } else {
                match self.drive(column, base, our, their)? {
                    Some(cell) => cells.push(Cow::Owned(cell)),
                    None => return Ok(Outcome::Conflict),
                }
            }
        }
        let row = match self.codec.encode_cells(store, cells) {
            Err(error) if error.code() == Code::RowTooLarge => return Ok(Outcome::Conflict),
            row => row?,
        };
        Ok(if row == *ours { Outcome::Keep } else { Outcome::Take(Some(row)) })
    }

    /// Asks the column's merge driver. Without a base row the base is NULL.
    fn drive(&self, column: usize, base: Option<&[u8]>, ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some(driver) = self.drivers.get(column).copied().flatten() else { return Ok(None) };
        let column_type = &self.schema.columns[column].column_type;
        let value = |cell: &[u8]| read_cell(cell)?.to_value(column_type, &*self.store);
        let base = base.map_or(Ok(Value::Null), value)?;
        let Some(merged) = driver.merge(&base, &value(ours)?, &value(theirs)?) else { return Ok(None) };
        // What one side could hold alone may be too much together.
        let merged = match column_type.coerce(merged) {
            Err(error) if error.code() == Code::Type => return Ok(None),
            merged => merged?,
        };
        let mut cell = Vec::new();
        encode_cell(&mut cell, &merged, column_type)?;
        Ok(Some(cell))
    }

    /// Generated columns follow from the merged cells.
    fn regenerate(&self, key: &[u8], row: Bytes) -> Result<Bytes> {
        if !self.generated.contains(&true) || self.codec.is_keyless() {
            return Ok(row);
        }
        let mut values = self.codec.decode(&*self.store, key, &row)?;
        self.check.generate(&self.schema, &mut values)?;
        self.codec.encode_row(&*self.store, &values)
    }
}
