//! A table's rows: from its row tree by key ranges, or from an index with its rows fetched in batches. Cells that the
//! filter reads are decoded first, the others only for rows that pass.

use std::collections::VecDeque;

use bytes::Bytes;

use super::bounds::{key_ranges, whole_keys};
use super::{parked, Operator, Parked, Row};
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
    at: At,
}

/// Where a scan is: all of it that changes. A fault leaves it such that the scan goes on.
struct At {
    table: TableView,
    ranges: std::vec::IntoIter<KeyRange>,
    /// Instead of ranges: whole keys.
    keys: Option<std::vec::IntoIter<Bytes>>,
    cursor: Option<ViewCursor>,
    /// Keys of rows that are to be looked up together.
    asked: Vec<Bytes>,
    /// The entry whose cells are being read.
    entry: Option<(Bytes, Bytes)>,
    fetched: VecDeque<(Bytes, Bytes)>,
    batch: usize,
    /// An entry was read since the scan was opened or went on.
    moved: bool,
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
        let at = At {
            table,
            ranges: ranges.into_iter(),
            keys,
            cursor: None,
            asked: Vec::new(),
            entry: None,
            fetched: VecDeque::new(),
            batch: FIRST_BATCH,
            moved: false,
            repeat: 0,
        };
        Ok(Scanner { scan, env, at })
    }

    fn next_entry(&mut self) -> Result<Option<(Bytes, Bytes)>> {
        match &self.scan.access {
            // Whole keys are looked up together, not one after another.
            Access::Key(_) if self.at.keys.is_some() => {
                while self.at.fetched.is_empty() && self.fetch_keys()? {}
                Ok(self.at.fetched.pop_front())
            }
            Access::Index { index, .. } => {
                let index = *index;
                if self.at.fetched.is_empty() {
                    self.fetch(index)?;
                }
                Ok(self.at.fetched.pop_front())
            }
            _ => self.next_raw(None),
        }
    }

    /// The next entry of the map that is walked, through all ranges.
    fn next_raw(&mut self, index: Option<usize>) -> Result<Option<(Bytes, Bytes)>> {
        let at = &mut self.at;
        loop {
            if let Some(cursor) = &mut at.cursor {
                if let Some(entry) = cursor.next()? {
                    at.moved = true;
                    return Ok(Some(entry));
                }
                at.cursor = None;
            }
            let Some(range) = at.ranges.next() else { return Ok(None) };
            let map = match index {
                None => &at.table.rows,
                Some(index) => &at.table.indexes[index],
            };
            at.cursor = Some(map.cursor(&self.env.cx.store, range, self.scan.reverse));
        }
    }

    fn fetch(&mut self, index: usize) -> Result<()> {
        while self.at.asked.len() < self.at.batch {
            let Some((entry, _)) = self.next_raw(Some(index))? else { break };
            let row_key = row_key_of_index(&self.scan.schema, &self.scan.schema.indexes[index], &entry)?;
            self.at.asked.push(entry.slice_ref(row_key));
        }
        let found = self.at.table.rows.get_many(&*self.env.cx.store, &self.at.asked)?;
        self.at.batch = (self.at.batch * 2).min(LARGEST_BATCH);
        for (key, row) in self.at.asked.drain(..).zip(found) {
            let row = row.ok_or_else(|| {
                let (index, table) = (&self.scan.schema.indexes[index].name, &self.scan.schema.name);
                Error::corrupt(format!("index {index} of table {table} names a row that is not there"))
            })?;
            self.at.fetched.push_back((key, row));
        }
        Ok(())
    }

    /// `false`: there are no more keys.
    fn fetch_keys(&mut self) -> Result<bool> {
        let at = &mut self.at;
        if at.asked.is_empty() {
            at.asked.extend(at.keys.iter_mut().flat_map(|keys| keys.by_ref().take(at.batch)));
        }
        let found = at.table.rows.get_many(&*self.env.cx.store, &at.asked)?;
        (at.batch, at.moved) = (LARGEST_BATCH, true);
        let any = !at.asked.is_empty();
        at.fetched.extend(at.asked.drain(..).zip(found).filter_map(|(key, row)| Some((key, row?))));
        Ok(any)
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
        if self.at.repeat > 0 {
            self.at.repeat -= 1;
            return Ok(true);
        }
        loop {
            let entry = match self.at.entry.take() {
                Some(entry) => entry,
                None => match self.next_entry()? {
                    Some(entry) => entry,
                    None => return Ok(false),
                },
            };
            match fill(self.scan, self.env, &entry.0, &entry.1, row) {
                Ok(Some(count)) => {
                    self.at.repeat = count - 1;
                    return Ok(true);
                }
                Ok(None) => {}
                Err(error) => {
                    self.at.entry = Some(entry);
                    return Err(error);
                }
            }
        }
    }

    fn park(&mut self) -> Option<Parked> {
        if std::mem::take(&mut self.at.moved) {
            self.env.cx.suspension.moved();
        }
        // The operator is at its end; what it stood on goes on.
        let rest = At {
            table: TableView::clone(&self.at.table),
            ranges: Vec::new().into_iter(),
            keys: None,
            cursor: None,
            asked: Vec::new(),
            entry: None,
            fetched: VecDeque::new(),
            batch: FIRST_BATCH,
            moved: false,
            repeat: 0,
        };
        Some(Box::new(std::mem::replace(&mut self.at, rest)))
    }

    fn resume(&mut self, state: Parked) -> Result<()> {
        self.at = parked(state)?;
        Ok(())
    }
}
