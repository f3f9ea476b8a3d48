//! A change of records that is being put together: what versioning verbs are methods of. It reads through what it
//! already set, remembers what it started from, and does no I/O: whoever owns the publication makes it durable.

use bytes::Bytes;

use super::refs::{AUTO, CONFIG, HEADS, WORK};
use super::{Publication, RefMap, RefName, Refs, Repository, TableId, WorkingSet};
use crate::chunk::{ChunkStore, Store};
use crate::error::{Error, Result};
use crate::hash::Address;

pub struct Change<'a> {
    pub repository: &'a Repository,
    /// Where chunks are read and written: the transaction's overlay.
    pub store: &'a Store,
    pub publication: &'a mut Publication,
    pub now_ms: i64,
}

impl Refs for Change<'_> {
    fn record(&self, name: &str) -> Option<Bytes> {
        match self.publication.set.get(name) {
            Some(value) => value.clone(),
            None => self.repository.record(name),
        }
    }
    fn records(&self, prefix: &str) -> Vec<(RefName, Bytes)> {
        let mut records: RefMap = self.repository.records(prefix).into_iter().collect();
        for (name, value) in self.publication.set.iter().filter(|(name, _)| name.starts_with(prefix)) {
            match value {
                Some(value) => records.insert(name.clone(), value.clone()),
                None => records.remove(name),
            };
        }
        records.into_iter().collect()
    }
}

impl<'a> Change<'a> {
    pub fn new(repository: &'a Repository, store: &'a Store, publication: &'a mut Publication, now_ms: i64) -> Self {
        Change { repository, store, publication, now_ms }
    }

    /// The publication fails unless the record still holds what this transaction started from.
    pub fn expect(&mut self, name: &str) {
        if !self.publication.expect.contains_key(name) {
            self.publication.expect.insert(name.to_owned(), self.repository.record(name));
        }
    }

    /// Seen through this change only; the repository learns it when the publication has landed.
    pub fn set(&mut self, name: &str, value: Option<Bytes>) {
        self.expect(name);
        self.publication.set.insert(name.to_owned(), value);
    }

    /// Moves a branch and notes it in the branch's reflog.
    pub fn set_head(&mut self, branch: &str, commit: Address, action: &str) -> Result<()> {
        let old = self.branch(branch)?;
        if old != Some(commit) {
            self.set(&format!("{HEADS}{branch}"), Some(Bytes::copy_from_slice(commit.as_bytes())));
            self.log_move(branch, old, Some(commit), action)?;
        }
        Ok(())
    }

    /// A clean working set of the head's root has no record.
    pub fn set_working_set(&mut self, branch: &str, working_set: &WorkingSet) -> Result<()> {
        self.expect(&format!("{HEADS}{branch}"));
        let head = super::Commit::read(&**self.store, &self.head(branch)?)?;
        let clean = *working_set == WorkingSet::clean(head.root);
        self.set(&format!("{WORK}{branch}"), if clean { None } else { Some(working_set.encode()) });
        Ok(())
    }

    pub fn set_config(&mut self, key: &str, value: Option<&str>) {
        self.set(&format!("{CONFIG}{key}"), value.map(|value| Bytes::copy_from_slice(value.as_bytes())));
    }

    /// The highest AUTO_INCREMENT value that was ever handed out for a table, on any branch.
    pub fn auto_increment(&self, table: TableId) -> Result<u64> { auto_increment(self, table) }

    /// Moves the mark up to `value`; it never moves down.
    pub fn raise_auto_increment(&mut self, table: TableId, value: u64) -> Result<()> {
        if value > self.auto_increment(table)? {
            self.set(&auto_name(table), Some(Bytes::copy_from_slice(&value.to_le_bytes())));
        }
        Ok(())
    }

    pub(crate) fn chunks(&self) -> &dyn ChunkStore { &**self.store }
}

pub fn auto_name(table: TableId) -> String { format!("{AUTO}{:016x}", table.0) }

/// The mark of a table; 0 before the first.
pub fn auto_increment(refs: &dyn Refs, table: TableId) -> Result<u64> {
    let Some(record) = refs.record(&auto_name(table)) else { return Ok(0) };
    let bytes = <[u8; 8]>::try_from(&record[..]);
    let wrong = |_| Error::corrupt(format!("record {}: expected 8 bytes, found {}", auto_name(table), record.len()));
    bytes.map(u64::from_le_bytes).map_err(wrong)
}
