//! The one write operator: rows out, rows in.
//!
//! A change is an old row, a new row, or both. A batch of changes of one table is checked as a whole before
//! any of it is written: keys against the table and against each other, so that rows may swap keys. Then
//! rows and indexes are edited, and what foreign keys make of it is queued: cascades are batches
//! of their own, on the child table, until none is left; what must hold at the end (a parent for each child,
//! no child without its parent) is looked at last. Nothing here undoes anything: the statement's layer is dropped.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::foreign_key::ForeignKeys;
use super::{trigger, unique, Target};
use crate::error::Result;
use crate::repo::{keyless_value, split_keyless};
use crate::sql::ddl::Timing;
use crate::sql::relation::Row;
use crate::sql::temporary;
use crate::sql::workspace::missing;
use crate::sql::Context;
use crate::tuple::Value;

/// Rows in a batch. Tuning: enough to look keys up together, few enough to hold.
pub const BATCH: usize = 4096;

pub struct Change { pub old: Option<Row>, pub new: Option<Row> }

/// A change with its keys.
pub struct Edit {
    pub change: Change,
    /// Key of the old row.
    pub old: Option<Bytes>,
    /// Key and bytes of the new row.
    pub new: Option<(Bytes, Bytes)>,
}

impl Edit {
    pub fn new_row(&self) -> &[Value] { self.change.new.as_deref().unwrap_or_default() }
}

/// An index entry that goes or comes: number of the index, key.
type Entry = (usize, Bytes);

pub struct Operator<'a> {
    cx: &'a Context,
    foreign_keys: ForeignKeys,
    /// The columns that the statement sets, for UPDATE OF. `None`: those that differ.
    assigned: Option<Vec<usize>>,
    /// Rows that only go are replaced by the one that comes: as in SQLite that sets no trigger off.
    replaces: bool,
    /// Rows that RAISE(IGNORE) kept from being changed.
    skipped: u64,
}

impl<'a> Operator<'a> {
    pub fn new(cx: &'a Context) -> Self { Operator { cx, foreign_keys: ForeignKeys::new(cx), assigned: None, replaces: false, skipped: 0 } }

    pub fn assign(&mut self, columns: Vec<usize>) { self.assigned = Some(columns); }

    pub fn replace(&mut self) { self.replaces = true; }

    pub fn skipped(&self) -> u64 { self.skipped }

    /// One change; `false`: a trigger kept it from happening.
    pub fn one(&mut self, target: &Rc<Target>, change: Change) -> Result<bool> {
        let before = self.skipped;
        self.run(target, vec![change])?;
        Ok(self.skipped == before)
    }

    /// One batch of a statement. New rows went through [`Target::finish`].
    pub fn run(&mut self, target: &Rc<Target>, changes: Vec<Change>) -> Result<()> {
        let assigned = self.assigned.take();
        let replaces = std::mem::take(&mut self.replaces);
        let done = self.change(target, changes, assigned.as_deref(), replaces);
        self.assigned = assigned;
        done?;
        while let Some((child, changes)) = self.foreign_keys.next_cascade(self.cx)? {
            self.change(&child, changes, None, false)?;
        }
        self.foreign_keys.check_batch(self.cx, &target.name)
    }

    /// After the last batch.
    pub fn finish(mut self) -> Result<()> { self.foreign_keys.check_all(self.cx) }

    /// Row by row where there are triggers, which may change what is still to be changed.
    fn change(&mut self, target: &Rc<Target>, changes: Vec<Change>, assigned: Option<&[usize]>, replaces: bool) -> Result<()> {
        if target.triggers.is_empty() {
            return self.process(target, changes);
        }
        for change in changes {
            let Some(change) = self.current(target, change)? else { continue };
            let differing = match (&change.old, &change.new, assigned) {
                (Some(old), Some(new), None) => Some(trigger::differing(old, new)),
                _ => None,
            };
            let assigned = assigned.or(differing.as_deref());
            if replaces && change.new.is_none() {
                self.process(target, vec![change])?;
                continue;
            }
            if !trigger::fire(self.cx, &target.triggers, Timing::Before, &change, assigned)? {
                self.skipped += 1;
                continue;
            }
            let Some(change) = self.current(target, change)? else { continue };
            let done = Change { old: change.old.clone(), new: change.new.clone() };
            self.process(target, vec![change])?;
            trigger::fire(self.cx, &target.triggers, Timing::After, &done, assigned)?;
        }
        Ok(())
    }

    /// The change with the old row as a trigger may have left it: what the statement does not set stays as it is now.
    /// `None`: the row is gone.
    fn current(&mut self, target: &Target, mut change: Change) -> Result<Option<Change>> {
        let Some(old) = &change.old else { return Ok(Some(change)) };
        let key = target.codec.key(old)?;
        let Some(value) = self.cx.workspace.borrow().row(&*self.cx.store, &target.name, &key)? else {
            self.skipped += 1;
            return Ok(None);
        };
        let now = target.codec.decode(&*self.cx.store, &key, &value)?;
        if now != *old {
            if let Some(new) = &mut change.new {
                for at in trigger::differing(old, &now) {
                    if new[at] == old[at] {
                        new[at] = now[at].clone();
                    }
                }
                target.finish(self.cx, new)?;
            }
            change.old = Some(now);
        }
        Ok(Some(change))
    }

    fn process(&mut self, target: &Rc<Target>, changes: Vec<Change>) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let edits = self.keyed(target, changes)?;
        let (gone, come) = {
            let view = self.cx.workspace.borrow().table(&target.name).ok_or_else(|| missing(&target.name))?;
            if !target.codec.is_keyless() {
                unique::check_primary_key(target, self.cx, &view, &edits)?;
            }
            unique::check_indexes(target, self.cx, &view, &edits)?;
            self.entries(target, &edits)?
        };
        if target.codec.is_keyless() {
            self.apply_keyless(target, &edits, gone, come)?;
        } else {
            self.apply(target, &edits, gone, come)?;
        }
        self.foreign_keys.note(self.cx, target, &edits)
    }

    fn keyed(&self, target: &Target, changes: Vec<Change>) -> Result<Vec<Edit>> {
        let is_temporary = self.cx.workspace.borrow().is_temporary(&target.name);
        let mut edits = Vec::with_capacity(changes.len());
        for change in changes {
            let old = change.old.as_ref().map(|row| target.codec.key(row)).transpose()?;
            let new = match &change.new {
                Some(row) if is_temporary => {
                    temporary::check_row(&target.schema, row)?;
                    Some((target.codec.key(row)?, target.codec.encode_row(&*self.cx.store, row)?))
                }
                Some(row) => Some((target.codec.key(row)?, target.codec.encode_row(&*self.cx.store, row)?)),
                None => None,
            };
            edits.push(Edit { change, old, new });
        }
        Ok(edits)
    }

    /// Index entries that go and that come; an entry that stays is in neither list.
    fn entries(&self, target: &Target, edits: &[Edit]) -> Result<(Vec<Entry>, Vec<Entry>)> {
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        let key_of = |number: usize, row: &Option<Row>, key: Option<&Bytes>| -> Result<Option<Bytes>> {
            let (Some(row), Some(key)) = (row, key) else { return Ok(None) };
            if !target.indexed(self.cx, number, row)? {
                return Ok(None);
            }
            target.codec.index_key(&target.schema, &target.schema.indexes[number], row, key).map(Some)
        };
        for number in 0..target.schema.indexes.len() {
            for edit in edits {
                let old = key_of(number, &edit.change.old, edit.old.as_ref())?;
                let new = key_of(number, &edit.change.new, edit.new.as_ref().map(|(key, _)| key))?;
                if old != new {
                    gone.extend(old.map(|key| (number, key)));
                    come.extend(new.map(|key| (number, key)));
                }
            }
        }
        Ok((gone, come))
    }

    /// All that goes before all that comes, so that what two rows swap is there in the end.
    fn apply(&self, target: &Target, edits: &[Edit], gone: Vec<Entry>, come: Vec<Entry>) -> Result<()> {
        let mut workspace = self.cx.workspace.borrow_mut();
        let mut writer = workspace.writer(&target.name)?;
        for edit in edits {
            match (&edit.old, &edit.new) {
                (Some(old), Some((new, _))) if old == new => {}
                (Some(old), _) => writer.delete_row(old.clone()),
                (None, _) => {}
            }
        }
        gone.into_iter().for_each(|(number, key)| writer.delete_index(number, key));
        for edit in edits {
            if let Some((key, row)) = &edit.new {
                writer.put_row(key.clone(), row.clone());
            }
        }
        come.into_iter().for_each(|(number, key)| writer.put_index(number, key));
        Ok(())
    }

    /// A keyless row is its own key, with a count: changes of one row add up, and its index entries
    /// come with the first and go with the last.
    fn apply_keyless(&self, target: &Target, edits: &[Edit], gone: Vec<Entry>, come: Vec<Entry>) -> Result<()> {
        let mut sums: BTreeMap<Bytes, (i64, Option<Bytes>)> = BTreeMap::new();
        for edit in edits {
            if let Some(old) = &edit.old {
                sums.entry(old.clone()).or_default().0 -= 1;
            }
            if let Some((key, row)) = &edit.new {
                let sum = sums.entry(key.clone()).or_default();
                sum.0 += 1;
                sum.1 = Some(row.clone());
            }
        }
        let keys: Vec<Bytes> = sums.keys().cloned().collect();
        let view = self.cx.workspace.borrow().table(&target.name).ok_or_else(|| missing(&target.name))?;
        let found = view.rows.get_many(&*self.cx.store, &keys)?;
        drop(view);
        let mut present: BTreeMap<Bytes, bool> = BTreeMap::new();
        let mut workspace = self.cx.workspace.borrow_mut();
        let mut writer = workspace.writer(&target.name)?;
        for ((key, (sum, row)), found) in sums.into_iter().zip(found) {
            let (count, row) = match (&found, row) {
                (Some(value), _) => {
                    let (count, row) = split_keyless(value)?;
                    (count, Bytes::copy_from_slice(row))
                }
                (None, row) => (0, row.unwrap_or_default()),
            };
            let count = count.saturating_add_signed(sum);
            present.insert(key.clone(), count > 0);
            if count == 0 {
                writer.delete_row(key);
            } else {
                writer.put_row(key, keyless_value(count, &row));
            }
        }
        let is_there = |entry: &Bytes| {
            // The row's own key closes the entry.
            let start = entry.len().saturating_sub(crate::repo::ROW_HASH);
            present.get(&entry[start..]).copied().unwrap_or(false)
        };
        for (number, entry) in gone {
            if !is_there(&entry) {
                writer.delete_index(number, entry);
            }
        }
        for (number, entry) in come {
            if is_there(&entry) {
                writer.put_index(number, entry);
            }
        }
        Ok(())
    }
}
