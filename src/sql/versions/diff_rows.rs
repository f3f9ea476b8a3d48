//! The rows in which a table differs between two revisions, as a stream: O(changes).

use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;

use super::{Fit, Projection};
use crate::chunk::Store;
use crate::error::Result;
use crate::prolly::KeyRange;
use crate::repo::{same_key_form, Column, RowDiff, Table};
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

/// Where the primary key changed no row is the same row: all of the old are removed and all of the new added.
pub struct DiffRows {
    store: Store,
    parts: VecDeque<RowDiff>,
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
        let apart = matches!((from, to), (Some(from), Some(to)) if !same_key_form(&from.schema, &to.schema));
        let open = |range| RowDiff::new(store, from.map(|table| &**table), to.map(|table| &**table), range);
        let parts = match apart {
            true => VecDeque::from([open(KeyRange::all())?]),
            false => ranges.iter().cloned().map(open).collect::<Result<_>>()?,
        };
        Ok(DiffRows {
            store: store.clone(),
            parts,
            from: project(from, from_columns, ChangeKind::Removed)?,
            to: project(to, to_columns, ChangeKind::Added)?,
            only: None,
            repeat: None,
        })
    }

    /// Changes of this kind. Where a side is missing there may be none, and nothing is read.
    pub fn only(mut self, kind: Option<ChangeKind>) -> Self {
        let possible = match kind {
            None => true,
            Some(ChangeKind::Added) => self.to.is_some(),
            Some(ChangeKind::Removed) => self.from.is_some(),
            Some(ChangeKind::Modified) => self.from.is_some() && self.to.is_some(),
        };
        if !possible {
            self.parts.clear();
        }
        self.only = kind;
        self
    }

    pub fn next(&mut self) -> Result<Option<RowChange>> {
        loop {
            if let Some((change, left)) = &mut self.repeat {
                if *left > 1 {
                    *left -= 1;
                    return Ok(Some(change.clone()));
                }
                return Ok(self.repeat.take().map(|(change, _)| change));
            }
            let Some(diff) = self.parts.front_mut() else { return Ok(None) };
            let Some(change) = diff.next()? else {
                self.parts.pop_front();
                continue;
            };
            let kind = match (&change.from, &change.to) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Removed,
                _ => ChangeKind::Modified,
            };
            if self.only.is_some_and(|only| only != kind) {
                continue;
            }
            let read = |side: &Option<Projection>, value: &Option<Bytes>| match (side, value) {
                (Some(side), Some(value)) => side.row(&*self.store, &change.key, value).map(|(row, _)| Some(row)),
                _ => Ok(None),
            };
            let (from, to) = (read(&self.from, &change.from)?, read(&self.to, &change.to)?);
            self.repeat = Some((RowChange { kind, from, to }, change.copies));
        }
    }
}
