//! Index nested loop join: the right side is a scan whose bounds read the left row. Left rows come in batches, so that
//! the rows of a batch are looked up together, level by level.

use std::collections::VecDeque;

use bytes::Bytes;

use super::saved::{clear, Saved};
use super::bounds::whole_keys;
use super::scan::{fill, ranges};
use super::{open, Operator, Row};
use crate::error::{Error, Result};
use crate::prolly::KeyRange;
use crate::repo::row_key_of_index;
use crate::sql::eval::Env;
use crate::sql::plan::{Access, Join, JoinKind, Node, Scan};
use crate::sql::TableView;

/// Few left rows at first, for a LIMIT may end the join.
const FIRST_BATCH: usize = 8;
const GROWTH: usize = 4;
const LARGEST_BATCH: usize = 1_024;

pub struct LookupJoin<'p> {
    join: &'p Join,
    scan: &'p Scan,
    env: &'p Env,
    left: Box<dyn Operator + 'p>,
    ended: bool,
    table: TableView,
    batch: usize,
    saved: Saved<'p>,
    /// For each saved left row the entries that it found.
    found: VecDeque<VecDeque<(Bytes, Bytes)>>,
    at: usize,
    /// The left row stands in the register row.
    restored: bool,
    matched: bool,
    repeat: u64,
}

impl<'p> LookupJoin<'p> {
    pub fn open(join: &'p Join, env: &'p Env) -> Result<Self> {
        let Node::Scan(scan) = &join.right else { return Err(Error::internal("a lookup join needs a table to its right")) };
        Ok(LookupJoin {
            join,
            scan,
            env,
            left: open(&join.left, env)?,
            ended: false,
            table: scan.source.table(&env.cx)?,
            batch: FIRST_BATCH,
            saved: Saved::new(&join.left_cells),
            found: VecDeque::new(),
            at: 0,
            restored: false,
            matched: false,
            repeat: 0,
        })
    }

    /// The keys of the rows that an index holds in a range.
    fn walk_index(&self, index: usize, range: KeyRange, take: &mut dyn FnMut(Bytes)) -> Result<()> {
        let mut cursor = self.table.indexes[index].cursor(&self.env.cx.store, range, false);
        while let Some((entry, _)) = cursor.next()? {
            let key = row_key_of_index(&self.scan.schema, &self.scan.schema.indexes[index], &entry)?;
            take(entry.slice_ref(key));
        }
        Ok(())
    }

    fn walk_rows(&self, range: KeyRange, entries: &mut VecDeque<(Bytes, Bytes)>) -> Result<()> {
        let mut cursor = self.table.rows.cursor(&self.env.cx.store, range, false);
        while let Some(entry) = cursor.next()? {
            entries.push_back(entry);
        }
        Ok(())
    }

    /// Takes left rows and looks up what they ask for.
    fn fill_batch(&mut self, row: &mut Row) -> Result<()> {
        self.saved = Saved::new(&self.join.left_cells);
        self.at = 0;
        let store = &self.env.cx.store;
        // Keys of rows, with the left row that asks for each.
        let (mut keys, mut askers): (Vec<Bytes>, Vec<usize>) = Default::default();
        let mut found: VecDeque<VecDeque<(Bytes, Bytes)>> = VecDeque::new();
        let mut fault = None;
        while self.saved.len() < self.batch {
            if !self.left.next(row)? {
                self.ended = true;
                break;
            }
            let asker = self.saved.len();
            self.saved.push(row);
            let mut entries = VecDeque::new();
            if let Access::Key(bounds) = &self.scan.access {
                if let Some(whole) = whole_keys(bounds, &self.scan.orders, row, self.env)? {
                    askers.extend(std::iter::repeat_n(asker, whole.len()));
                    keys.extend(whole);
                    found.push_back(entries);
                    continue;
                }
            }
            for range in ranges(self.scan, self.env, row)? {
                let walked = match &self.scan.access {
                    Access::Index { index, .. } => self.walk_index(*index, range, &mut |key| {
                        keys.push(key);
                        askers.push(asker);
                    }),
                    _ => self.walk_rows(range, &mut entries),
                };
                // A missing chunk is in the fault log now; the other rows of the batch log theirs before it is reported,
                // so that one round fetches all of a level.
                match walked {
                    Err(error) if error.is_fault() => fault = Some(error),
                    walked => walked?,
                }
            }
            found.push_back(entries);
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        self.batch = (self.batch * GROWTH).min(LARGEST_BATCH);
        let rows = self.table.rows.get_many(&**store, &keys)?;
        for ((key, row), asker) in keys.into_iter().zip(rows).zip(askers) {
            match row {
                Some(row) => found[asker].push_back((key, row)),
                None if matches!(self.scan.access, Access::Index { .. }) => {
                    let table = &self.scan.schema.name;
                    return Err(Error::corrupt(format!("an index of table {table} names a row that is not there")));
                }
                None => {}
            }
        }
        self.found = found;
        Ok(())
    }
}

impl Operator for LookupJoin<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if self.repeat > 0 {
            self.repeat -= 1;
            return Ok(true);
        }
        loop {
            if self.found.is_empty() {
                if self.ended {
                    return Ok(false);
                }
                self.fill_batch(row)?;
                continue;
            }
            if !self.restored {
                self.saved.restore(self.at, row);
                self.restored = true;
                self.matched = false;
            }
            while let Some((key, value)) = self.found.front_mut().and_then(VecDeque::pop_front) {
                let Some(count) = fill(self.scan, self.env, &key, &value, row)? else { continue };
                let fits = match &self.join.on {
                    Some(on) => on.truth(row, self.env)? == Some(true),
                    None => true,
                };
                if fits {
                    self.matched = true;
                    self.repeat = count - 1;
                    return Ok(true);
                }
            }
            self.found.pop_front();
            self.at += 1;
            self.restored = false;
            if !self.matched && self.join.kind == JoinKind::Left {
                clear(&self.join.right_cells, row);
                return Ok(true);
            }
        }
    }
}
