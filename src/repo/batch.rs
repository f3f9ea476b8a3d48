//! Edits on their way into a map, in any order of keys, folded into the tree when they become many.

use bytes::Bytes;

use crate::chunk::ChunkStore;
use crate::error::Result;
use crate::prolly::{Map, MutableMap};

/// Bytes of edits held before they are folded in.
const SPILL: usize = 4 << 20;

#[derive(Clone, Debug, Default)]
pub(crate) struct Batch { edits: MutableMap }

impl Batch {
    pub fn new(map: Map) -> Self { Batch { edits: MutableMap::new(map) } }
    pub fn put(&mut self, key: Bytes, value: Bytes) { self.edits.put(key, value) }
    pub fn delete(&mut self, key: Bytes) { self.edits.delete(key) }
    pub fn get(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<Option<Bytes>> { self.edits.get(store, key) }

    /// Call before the step whose edits follow: a fault in here loses nothing.
    pub fn spill(&mut self, store: &dyn ChunkStore) -> Result<()> {
        if self.edits.pending_bytes() > SPILL {
            self.edits = MutableMap::new(self.edits.flush(store)?);
        }
        Ok(())
    }

    pub fn finish(&self, store: &dyn ChunkStore) -> Result<Map> { self.edits.flush(store) }
}
