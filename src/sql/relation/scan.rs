//! A table's rows: from its row tree by key ranges, or from an index with its rows fetched in batches. Cells that the
//! filter reads are decoded first, the others only for rows that pass.

use std::collections::VecDeque;

use bytes::Bytes;

use super::bounds::{key_ranges, whole_keys};
use super::{Operator, Row};
use crate::error::{Code, Error, Result};
use crate::prolly::{KeyRange, ViewCursor};
use crate::repo::row_key_of_index;
use crate::sql::eval::Env;
use crate::sql::plan::{Access, Scan, Source};
use crate::sql::{Context, TableView};
use crate::tuple::Value;

/// Rows of an index that are looked up at a time: few at first, for a LIMIT may end the scan.
const FIRST_BATCH: usize = 8;
const LARGEST_BATCH: usize = 256;

impl Source {
    pub fn table(&self, cx: &Context) -> Result<TableView> {
        match self {
            Source::Workspace(name) => cx
                .workspace
                .borrow()
                .table(name)
                .ok_or_else(|| Error::new(Code::TableNotFound, format!("table not found: {name}"))),
            Source::Fixed(table) => Ok((**table).clone()),
        }
    }
}

pub struct Scanner<'p> {
    scan: &'p Scan,
    env: &'p Env,
    table: TableView,
    ranges: std::vec::IntoIter<KeyRange>,
    /// Instead of ranges: whole keys.
    keys: Option<std::vec::IntoIter<Bytes>>,
    cursor: Option<ViewCursor>,
    fetched: VecDeque<(Bytes, Bytes)>,
    batch: usize,
    /// How often the row at hand is still to be answered (equal rows of a keyless table).
    repeat: u64,
}

impl<'p> Scanner<'p> {
    /// `row`: what the bounds may read of the tables to the left.
    pub fn open(scan: &'p Scan, env: &'p Env, row: &[Value]) -> Result<Self> {
        let table = scan.source.table(&env.cx)?;
        let mut keys = match &scan.access {
            Access::Key(bounds) => whole_keys(bounds, &scan.orders, row, env)?,
            _ => None,
        };
        let mut ranges = if keys.is_some() { Vec::new() } else { ranges(scan, env, row)? };
        if scan.reverse {
            ranges.reverse();
            keys.iter_mut().for_each(|keys| keys.reverse());
        }
        let keys = keys.map(Vec::into_iter);
        Ok(Scanner { scan, env, table, ranges: ranges.into_iter(), keys, cursor: None, fetched: VecDeque::new(), batch: FIRST_BATCH, repeat: 0 })
    }

    fn next_entry(&mut self) -> Result<Option<(Bytes, Bytes)>> {
        match &self.scan.access {
            // Whole keys are looked up together, not one after another.
            Access::Key(_) if self.keys.is_some() => {
                while self.fetched.is_empty() && self.keys.as_ref().is_some_and(|keys| keys.len() > 0) {
                    self.fetch_keys()?;
                }
                Ok(self.fetched.pop_front())
            }
            Access::Index { index, .. } => {
                let index = *index;
                if self.fetched.is_empty() {
                    self.fetch(index)?;
                }
                Ok(self.fetched.pop_front())
            }
            _ => self.next_raw(None),
        }
    }

    /// The next entry of the map that is walked, through all ranges.
    fn next_raw(&mut self, index: Option<usize>) -> Result<Option<(Bytes, Bytes)>> {
        loop {
            if let Some(cursor) = &mut self.cursor {
                if let Some(entry) = cursor.next()? {
                    return Ok(Some(entry));
                }
                self.cursor = None;
            }
            let Some(range) = self.ranges.next() else { return Ok(None) };
            let map = match index {
                None => &self.table.rows,
                Some(index) => &self.table.indexes[index],
            };
            self.cursor = Some(map.cursor(&self.env.cx.store, range, self.scan.reverse));
        }
    }

    fn fetch(&mut self, index: usize) -> Result<()> {
        let mut keys = Vec::with_capacity(self.batch);
        while keys.len() < self.batch {
            let Some((entry, _)) = self.next_raw(Some(index))? else { break };
            let row_key = row_key_of_index(&self.scan.schema, &self.scan.schema.indexes[index], &entry)?;
            keys.push(entry.slice_ref(row_key));
        }
        self.batch = (self.batch * 2).min(LARGEST_BATCH);
        self.fetched = self.rows_of(keys, index)?;
        Ok(())
    }

    fn fetch_keys(&mut self) -> Result<()> {
        let keys: Vec<Bytes> = self.keys.iter_mut().flat_map(|keys| keys.by_ref().take(self.batch)).collect();
        self.batch = LARGEST_BATCH;
        let found = self.table.rows.get_many(&*self.env.cx.store, &keys)?;
        self.fetched = keys.into_iter().zip(found).filter_map(|(key, row)| Some((key, row?))).collect();
        Ok(())
    }

    fn rows_of(&self, keys: Vec<Bytes>, index: usize) -> Result<VecDeque<(Bytes, Bytes)>> {
        let found = self.table.rows.get_many(&*self.env.cx.store, &keys)?;
        let mut rows = VecDeque::with_capacity(keys.len());
        for (key, row) in keys.into_iter().zip(found) {
            let row = row.ok_or_else(|| {
                let (index, table) = (&self.scan.schema.indexes[index].name, &self.scan.schema.name);
                Error::corrupt(format!("index {index} of table {table} names a row that is not there"))
            })?;
            rows.push_back((key, row));
        }
        Ok(rows)
    }
}

/// Fills the scan's cells from an entry; `None` when its filter is not true, else how often the row stands.
pub fn fill(scan: &Scan, env: &Env, key: &[u8], value: &[u8], row: &mut Row) -> Result<Option<u64>> {
    let record = scan.codec.record(key, value)?;
    let store = &*env.cx.store;
    if let Some(filter) = &scan.filter {
        for column in &scan.filter_columns {
            row[scan.offset + column] = record.value(store, *column)?;
        }
        if filter.truth(row, env)? != Some(true) {
            return Ok(None);
        }
    }
    for column in &scan.columns {
        row[scan.offset + column] = record.value(store, *column)?;
    }
    Ok(Some(record.count()))
}

/// The ranges that the access walks.
pub fn ranges(scan: &Scan, env: &Env, row: &[Value]) -> Result<Vec<KeyRange>> {
    match &scan.access {
        Access::Full => Ok(vec![KeyRange::all()]),
        Access::Key(bounds) | Access::Index { bounds, .. } => key_ranges(bounds, &scan.orders, row, env),
    }
}

impl Operator for Scanner<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if self.repeat > 0 {
            self.repeat -= 1;
            return Ok(true);
        }
        while let Some((key, value)) = self.next_entry()? {
            if let Some(count) = fill(self.scan, self.env, &key, &value, row)? {
                self.repeat = count - 1;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
