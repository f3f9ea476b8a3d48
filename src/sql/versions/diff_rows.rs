//! The rows in which a table differs between two revisions, as a stream: O(changes).

use std::collections::VecDeque;
use std::rc::Rc;

use super::{Fit, Projection};
use crate::chunk::Store;
use crate::error::Result;
use crate::prolly::{Diff, KeyRange, Map};
use crate::repo::{Column, Schema, Table};
use crate::sql::relation::Row;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind { Added, Modified, Removed }

impl ChangeKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Modified => "modified",
            ChangeKind::Removed => "removed",
        }
    }
}

/// One row's change. Of a keyless table only added and removed, once for each copy of the row.
#[derive(Clone, Debug)]
pub struct RowChange { pub kind: ChangeKind, pub from: Option<Row>, pub to: Option<Row> }

/// Tables with the same primary key are walked side by side. Where the key changed no row is the same row:
/// all of the old are removed and all of the new added.
pub struct DiffRows {
    store: Store,
    parts: VecDeque<Diff>,
    from: Option<Projection>,
    to: Option<Projection>,
    /// Only changes of this kind are answered.
    only: Option<ChangeKind>,
    /// Copies of a keyless row still to be answered.
    repeat: Option<(RowChange, u64)>,
}

impl DiffRows {
    /// `from_columns` and `to_columns`: what the rows of either side are seen through. `ranges`: the keys that
    /// matter (only those of tables that share their key); empty: no key.
    pub fn new(
        store: &Store,
        from: Option<&Rc<Table>>,
        to: Option<&Rc<Table>>,
        from_columns: &[Column],
        to_columns: &[Column],
        ranges: &[KeyRange],
        wanted: &dyn Fn(usize, ChangeKind) -> bool,
    ) -> Result<Self> {
        let project = |table: Option<&Rc<Table>>, columns: &[Column], side| {
            let read = |position| wanted(position, side);
            table.map(|table| Projection::new(&table.schema, columns, Fit::Coerce, &read)).transpose()
        };
        let rows = |table: Option<&Rc<Table>>| table.map_or(Map::EMPTY, |table| table.rows);
        let mut parts = VecDeque::new();
        let apart = matches!((from, to), (Some(from), Some(to)) if !same_key(&from.schema, &to.schema));
        if apart {
            parts.push_back(Diff::new(store, rows(from), Map::EMPTY, KeyRange::all()));
            parts.push_back(Diff::new(store, Map::EMPTY, rows(to), KeyRange::all()));
        } else {
            for range in ranges {
                parts.push_back(Diff::new(store, rows(from), rows(to), range.clone()));
            }
        }
        Ok(DiffRows {
            store: store.clone(),
            parts,
            from: project(from, from_columns, ChangeKind::Removed)?,
            to: project(to, to_columns, ChangeKind::Added)?,
            only: None,
            repeat: None,
        })
    }

    pub fn only(mut self, kind: Option<ChangeKind>) -> Self {
        self.only = kind;
        self
    }

    pub fn next(&mut self) -> Result<Option<RowChange>> {
        loop {
            if let Some((change, left)) = &mut self.repeat {
                let change = change.clone();
                *left -= 1;
                if *left == 0 {
                    self.repeat = None;
                }
                return Ok(Some(change));
            }
            let Some(diff) = self.parts.front_mut() else { return Ok(None) };
            let Some(change) = diff.next()? else {
                self.parts.pop_front();
                continue;
            };
            let keyless = [&self.from, &self.to].into_iter().flatten().any(|side| side.codec().is_keyless());
            let kind = match (&change.from, &change.to) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Removed,
                _ => ChangeKind::Modified,
            };
            if !keyless && self.only.is_some_and(|only| only != kind) {
                continue;
            }
            let read = |side: &Option<Projection>, value: &Option<bytes::Bytes>| match (side, value) {
                (Some(side), Some(value)) => side.row(&*self.store, &change.key, value).map(Some),
                _ => Ok(None),
            };
            let (from, to) = (read(&self.from, &change.from)?, read(&self.to, &change.to)?);
            if !keyless {
                let (from, to) = (from.map(|(row, _)| row), to.map(|(row, _)| row));
                return Ok(Some(RowChange { kind, from, to }));
            }
            let count = |side: &Option<(Row, u64)>| side.as_ref().map_or(0, |(_, count)| *count);
            let (before, after) = (count(&from), count(&to));
            let (kind, from, to) = match before.cmp(&after) {
                std::cmp::Ordering::Less => (ChangeKind::Added, None, to.map(|(row, _)| row)),
                std::cmp::Ordering::Greater => (ChangeKind::Removed, from.map(|(row, _)| row), None),
                std::cmp::Ordering::Equal => continue,
            };
            if self.only.is_none_or(|only| only == kind) {
                self.repeat = Some((RowChange { kind, from, to }, before.abs_diff(after)));
            }
        }
    }
}

/// Whether keys of both schemas mean the same rows.
pub fn same_key(a: &Schema, b: &Schema) -> bool {
    a.primary_key.len() == b.primary_key.len() && a.key_orders() == b.key_orders() && {
        let ids = |schema: &Schema| -> Vec<_> {
            schema.primary_key.iter().filter_map(|part| schema.columns.get(part.column)).map(|column| column.id).collect()
        };
        ids(a) == ids(b) || a.id != b.id
    }
}
