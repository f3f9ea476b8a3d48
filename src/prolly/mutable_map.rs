//! A map with pending edits, in layers (transaction, savepoint, statement).

use std::rc::Rc;

use bytes::Bytes;

use super::layers::{find, merged, Layer};
use super::{KeyRange, Map, MapView};
use crate::chunk::ChunkStore;
use crate::error::Result;

/// The writer's side: the top layer takes edits. Clone is cheap enough for a savepoint of a root.
///
/// Below the layers that are opened lies one that is always there; depth does not count it.
#[derive(Clone, Debug, Default)]
pub struct MutableMap {
    base: Map,
    layers: Vec<Rc<Layer>>,
}

impl MutableMap {
    pub fn new(base: Map) -> Self {
        MutableMap {
            base,
            layers: Vec::new(),
        }
    }

    pub fn base(&self) -> Map {
        self.base
    }

    /// A snapshot: edits made after this call are not seen through it. An edit of a layer that a
    /// snapshot shares copies the layer, so open a layer for edits that run beside a view.
    pub fn view(&self) -> MapView {
        MapView::with_layers(
            self.base,
            self.layers.iter().filter(|layer| !layer.is_empty()).cloned().collect(),
        )
    }

    pub fn get(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<Option<Bytes>> {
        match find(&self.layers, key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(store, key),
        }
    }

    pub fn put(&mut self, key: Bytes, value: Bytes) {
        self.top().set(key, Some(value));
    }
    pub fn delete(&mut self, key: Bytes) {
        self.top().set(key, None);
    }

    fn top(&mut self) -> &mut Layer {
        if self.layers.is_empty() {
            self.layers.push(Rc::default());
        }
        let top = self.layers.len() - 1;
        Rc::make_mut(&mut self.layers[top])
    }

    /// Opens a layer above; `depth` is the number of open layers.
    pub fn push_layer(&mut self) {
        if self.layers.is_empty() {
            self.layers.push(Rc::default());
        }
        self.layers.push(Rc::default());
    }

    pub fn depth(&self) -> usize {
        self.layers.len().saturating_sub(1)
    }

    /// Folds layers above `depth` into the one below.
    pub fn fold_to(&mut self, depth: usize) {
        while self.depth() > depth {
            let Some(newer) = self.layers.pop() else { return };
            if newer.is_empty() {
                continue;
            }
            match self.layers.last_mut() {
                Some(below) if below.is_empty() => *below = newer,
                Some(below) => Rc::make_mut(below).absorb(newer),
                None => return,
            }
        }
    }

    /// Drops layers above `depth`.
    pub fn drop_to(&mut self, depth: usize) {
        self.layers.truncate(depth + 1);
    }

    /// Bytes held in layers, for the spill threshold.
    pub fn pending_bytes(&self) -> usize {
        self.layers.iter().map(|layer| layer.bytes()).sum()
    }

    pub fn has_edits(&self) -> bool {
        self.layers.iter().any(|layer| !layer.is_empty())
    }

    /// The map with every layer applied; `self` is unchanged (so that a fault costs nothing).
    pub fn flush(&self, store: &dyn ChunkStore) -> Result<Map> {
        let mut edits = merged(&self.layers, &KeyRange::all(), false).map(|(key, value)| (key.clone(), value.clone()));
        self.base.apply(store, &mut edits)
    }
}
