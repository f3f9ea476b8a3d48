//! A map with pending edits, in layers (transaction, savepoint, statement).

use std::rc::Rc;

use bytes::Bytes;

use super::layers::{find, merged, Layer};
use super::{KeyRange, Map, MapView};
use crate::chunk::ChunkStore;
use crate::error::Result;

/// A shared part of no more edits is copied rather than left below a new one.
const SMALL: usize = 32;

/// The writer's side: the top layer takes edits. Clone is cheap enough for a savepoint of a root.
///
/// Below the layers that are opened lies one that is always there; depth does not count it. A layer may
/// be in several parts: edits beside a snapshot go to a new part instead of copying the one that the
/// snapshot shares, and parts that are no longer shared are put together, the smaller into the larger.
#[derive(Clone, Debug, Default)]
pub struct MutableMap {
    base: Map,
    /// From the oldest on; none is deeper than `depth`.
    parts: Vec<Part>,
    depth: usize,
}

#[derive(Clone, Debug)]
struct Part {
    depth: usize,
    layer: Rc<Layer>,
}

impl MutableMap {
    pub fn new(base: Map) -> Self {
        MutableMap {
            base,
            parts: Vec::new(),
            depth: 0,
        }
    }

    pub fn base(&self) -> Map {
        self.base
    }

    /// A snapshot: edits made after this call are not seen through it.
    pub fn view(&self) -> MapView {
        MapView::with_layers(self.base, self.layers().cloned().collect())
    }

    fn layers(&self) -> impl DoubleEndedIterator<Item = &Rc<Layer>> {
        self.parts
            .iter()
            .map(|part| &part.layer)
            .filter(|layer| !layer.is_empty())
    }

    pub fn get(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<Option<Bytes>> {
        match find(self.layers(), key) {
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
        let depth = self.depth;
        let usable = self.parts.last_mut().is_some_and(|part| {
            part.depth == depth && (part.layer.len() <= SMALL || Rc::get_mut(&mut part.layer).is_some())
        });
        if !usable {
            self.join();
            self.parts.push(Part {
                depth,
                layer: Rc::default(),
            });
        }
        let top = self.parts.len() - 1;
        Rc::make_mut(&mut self.parts[top].layer)
    }

    /// Puts the newest parts of one depth together: where nobody shares them, and otherwise where the
    /// older is not much larger, so that each edit is copied a logarithmic number of times.
    fn join(&mut self) {
        while let [.., below, newest] = self.parts.as_mut_slice() {
            if below.depth != newest.depth {
                return;
            }
            let owned = Rc::get_mut(&mut newest.layer).is_some() && Rc::get_mut(&mut below.layer).is_some();
            if !owned && below.layer.len() > 2 * newest.layer.len() {
                return;
            }
            let (Some(newest), Some(below)) = (self.parts.pop(), self.parts.last_mut()) else {
                return;
            };
            Rc::make_mut(&mut below.layer).absorb(newest.layer);
        }
    }

    /// Opens a layer above; `depth` is the number of open layers.
    pub fn push_layer(&mut self) {
        self.depth += 1;
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Folds layers above `depth` into the one below.
    pub fn fold_to(&mut self, depth: usize) {
        if self.depth <= depth {
            return;
        }
        self.depth = depth;
        let from = self.parts.partition_point(|part| part.depth <= depth);
        // A statement leaves one part, mostly.
        if let [part] = &mut self.parts[from..] {
            if !part.layer.is_empty() {
                part.depth = depth;
                return self.join();
            }
        }
        let folded = self.parts.split_off(from);
        for part in folded.into_iter().filter(|part| !part.layer.is_empty()) {
            self.parts.push(Part { depth, ..part });
            self.join();
        }
    }

    /// Drops layers above `depth`.
    pub fn drop_to(&mut self, depth: usize) {
        self.depth = self.depth.min(depth);
        self.parts
            .truncate(self.parts.partition_point(|part| part.depth <= depth));
    }

    /// Bytes held in layers, for the spill threshold.
    pub fn pending_bytes(&self) -> usize {
        self.layers().map(|layer| layer.bytes()).sum()
    }

    pub fn has_edits(&self) -> bool {
        self.layers().next().is_some()
    }

    /// The map with every layer applied; `self` is unchanged (so that a fault costs nothing).
    pub fn flush(&self, store: &dyn ChunkStore) -> Result<Map> {
        if !self.has_edits() {
            return Ok(self.base);
        }
        let edits = merged(self.layers(), &KeyRange::all(), false);
        self.base
            .apply(store, &mut edits.map(|(key, value)| (key.clone(), value.clone())))
    }
}
