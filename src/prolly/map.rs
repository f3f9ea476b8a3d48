//! An ordered map, named by the address of its root node. Copying one copies 32 bytes.

use std::ops::Bound;

use bytes::Bytes;

use crate::chunk::{ChunkStore, Store};
use crate::error::Result;
use crate::hash::Address;

/// Bounds over encoded keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    pub start: Bound<Bytes>,
    pub end: Bound<Bytes>,
}

impl KeyRange {
    pub fn all() -> Self { KeyRange { start: Bound::Unbounded, end: Bound::Unbounded } }
    /// All keys that start with `prefix`.
    pub fn prefix(prefix: &[u8]) -> Self { todo!() }
    pub fn contains(&self, key: &[u8]) -> bool { todo!() }
    pub fn is_all(&self) -> bool { todo!() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Map {
    root: Address,
}

impl Map {
    /// The empty map has no chunk: its root is `Address::NONE`.
    pub const EMPTY: Map = Map { root: Address::NONE };

    pub fn from_root(root: Address) -> Self { Map { root } }
    pub fn root(&self) -> Address { self.root }
    pub fn is_empty(&self) -> bool { self.root.is_none() }

    pub fn get(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<Option<Bytes>> { todo!() }
    /// Answers in the order of `keys` (which need not be sorted); looks all of them up level by
    /// level, announcing every missing child of a level before it faults.
    pub fn get_many(&self, store: &dyn ChunkStore, keys: &[Bytes]) -> Result<Vec<Option<Bytes>>> { todo!() }
    /// From the subtree counts of the root, O(1).
    pub fn len(&self, store: &dyn ChunkStore) -> Result<u64> { todo!() }
    /// Entries in the range, O(log n).
    pub fn count(&self, store: &dyn ChunkStore, range: &KeyRange) -> Result<u64> { todo!() }
    /// The `index`-th entry, O(log n).
    pub fn nth(&self, store: &dyn ChunkStore, index: u64) -> Result<Option<(Bytes, Bytes)>> { todo!() }
    pub fn height(&self, store: &dyn ChunkStore) -> Result<u8> { todo!() }
    pub fn cursor(&self, store: &Store, range: KeyRange, reverse: bool) -> Cursor { todo!() }
    /// Edits in strictly ascending key order; `None` deletes. O(edits x log n). Writes new nodes into `store`.
    pub fn apply(&self, store: &dyn ChunkStore, edits: &mut dyn Iterator<Item = (Bytes, Option<Bytes>)>) -> Result<Map> { todo!() }
}

/// A pull iterator over a range, in either direction. Retry-safe.
pub struct Cursor {}

impl Cursor {
    pub fn next(&mut self) -> Result<Option<(Bytes, Bytes)>> { todo!() }
    /// Skips `n` entries by subtree counts, O(log n).
    pub fn skip(&mut self, n: u64) -> Result<()> { todo!() }
}
