//! A map with pending edits, in layers (transaction, savepoint, statement).

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::{KeyRange, Map};
use crate::chunk::{ChunkStore, Store};
use crate::error::Result;

/// One layer of edits; `None` deletes.
pub type Edits = BTreeMap<Bytes, Option<Bytes>>;

/// What a reader sees: a map below layers that no longer change. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct MapView { base: Map, layers: Vec<Rc<Edits>> }

impl MapView {
    pub fn of(base: Map) -> Self { MapView { base, layers: Vec::new() } }
    pub fn base(&self) -> Map { self.base }
    /// Whether no edit lies above the base.
    pub fn is_clean(&self) -> bool { todo!() }
    pub fn get(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<Option<Bytes>> { todo!() }
    pub fn get_many(&self, store: &dyn ChunkStore, keys: &[Bytes]) -> Result<Vec<Option<Bytes>>> { todo!() }
    pub fn count(&self, store: &dyn ChunkStore, range: &KeyRange) -> Result<u64> { todo!() }
    pub fn cursor(&self, store: &Store, range: KeyRange, reverse: bool) -> ViewCursor { todo!() }
}

/// Merges the base's cursor with the layers. Retry-safe.
pub struct ViewCursor {}
impl ViewCursor {
    pub fn next(&mut self) -> Result<Option<(Bytes, Bytes)>> { todo!() }
    pub fn skip(&mut self, n: u64) -> Result<()> { todo!() }
}

/// The writer's side: the top layer takes edits. Clone is cheap enough for a savepoint of a root.
#[derive(Clone, Debug, Default)]
pub struct MutableMap { base: Map, layers: Vec<Rc<Edits>> }

impl MutableMap {
    pub fn new(base: Map) -> Self { todo!() }
    /// A snapshot: edits made after this call are not seen through it.
    pub fn view(&self) -> MapView { todo!() }
    pub fn get(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<Option<Bytes>> { todo!() }
    pub fn put(&mut self, key: Bytes, value: Bytes) { todo!() }
    pub fn delete(&mut self, key: Bytes) { todo!() }
    /// Opens a layer above; `depth` is the number of open layers.
    pub fn push_layer(&mut self) { todo!() }
    pub fn depth(&self) -> usize { todo!() }
    /// Folds layers above `depth` into the one below.
    pub fn fold_to(&mut self, depth: usize) { todo!() }
    /// Drops layers above `depth`.
    pub fn drop_to(&mut self, depth: usize) { todo!() }
    /// Bytes held in layers, for the spill threshold.
    pub fn pending_bytes(&self) -> usize { todo!() }
    pub fn has_edits(&self) -> bool { todo!() }
    /// The map with every layer applied; `self` is unchanged (so that a fault costs nothing).
    pub fn flush(&self, store: &dyn ChunkStore) -> Result<Map> { todo!() }
}
