//! What moves: branches, tags, working sets, reflogs, marks. Everything else is immutable.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::chunk::Chunk;

/// `heads/main`, `tags/v1`, `work/main`, `reflog/main`, `auto/⟨table id⟩`, `config/user.name`, `state/…`.
pub type RefName = String;

/// All records. Small: an engine holds the whole map in memory.
pub type RefMap = BTreeMap<RefName, Bytes>;

/// What one compare-and-swap makes durable: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// What this transaction started from; `None`: the record did not exist.
    pub expect: BTreeMap<RefName, Option<Bytes>>,
    /// `None` removes.
    pub set: BTreeMap<RefName, Option<Bytes>>,
    /// New chunks, children before parents.
    pub chunks: Vec<Chunk>,
}

impl Publication {
    pub fn is_empty(&self) -> bool { self.set.is_empty() }
}
