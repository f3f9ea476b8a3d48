//! Pending edits above a map, in layers: the newest layer that has a key decides.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::KeyRange;

/// One layer of edits; `None` deletes.
pub type Edits = BTreeMap<Bytes, Option<Bytes>>;

/// An entry's share of a B-tree node and of two byte handles.
const ENTRY_OVERHEAD: usize = 80;

/// Edits and the bytes that they hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    edits: Edits,
    bytes: usize,
}

fn weight(key: &Bytes, value: &Option<Bytes>) -> usize {
    ENTRY_OVERHEAD + key.len() + value.as_ref().map_or(0, Bytes::len)
}

impl Layer {
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }
    pub fn len(&self) -> usize {
        self.edits.len()
    }
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Edits in the range; past `most` it no longer counts, unless all are asked for.
    pub fn count(&self, range: &KeyRange, most: usize) -> usize {
        if range.is_all() {
            return self.len();
        }
        // A B-tree panics on a range that ends before it starts.
        if range.is_empty() {
            return 0;
        }
        self.edits.range((range.start.clone(), range.end.clone())).take(most).count()
    }

    pub fn set(&mut self, key: Bytes, value: Option<Bytes>) {
        self.bytes += weight(&key, &value);
        if let Some(old) = self.edits.insert(key.clone(), value) {
            self.bytes -= weight(&key, &old);
        }
    }

    /// Takes the edits of a newer layer. The smaller of both is moved into the larger.
    pub fn absorb(&mut self, newer: Rc<Layer>) {
        if self.is_empty() {
            *self = Rc::unwrap_or_clone(newer);
            return;
        }
        if newer.len() > self.len() {
            let older = std::mem::replace(self, Rc::unwrap_or_clone(newer));
            for (key, value) in older.edits {
                if !self.edits.contains_key(&key) {
                    self.set(key, value);
                }
            }
            return;
        }
        for (key, value) in Rc::unwrap_or_clone(newer).edits {
            self.set(key, value);
        }
    }
}

/// What the newest layer that knows `key` says of it; layers come from the oldest on.
pub(super) fn find<'a>(
    layers: impl DoubleEndedIterator<Item = &'a Rc<Layer>>,
    key: &[u8],
) -> Option<&'a Option<Bytes>> {
    layers.rev().find_map(|layer| layer.edits.get(key))
}

/// Edits of all layers as one, in key order within `range`, the newest layer first at each key.
pub(super) fn merged<'a>(
    layers: impl DoubleEndedIterator<Item = &'a Rc<Layer>>,
    range: &KeyRange,
    reverse: bool,
) -> impl Iterator<Item = (&'a Bytes, &'a Option<Bytes>)> {
    let mut heads = Vec::new();
    // A B-tree panics on a range that ends before it starts.
    if !range.is_empty() {
        heads.extend(layers.rev().map(|layer| {
            let range = layer.edits.range((range.start.clone(), range.end.clone()));
            let edits: Box<dyn Iterator<Item = (&'a Bytes, &'a Option<Bytes>)> + 'a> = if reverse {
                Box::new(range.rev())
            } else {
                Box::new(range)
            };
            edits.peekable()
        }));
    }
    std::iter::from_fn(move || {
        if let [only] = heads.as_mut_slice() {
            return only.next();
        }
        let keys = heads.iter_mut().filter_map(|head| head.peek().map(|(key, _)| *key));
        let next = if reverse { keys.max() } else { keys.min() }?;
        let mut found = None;
        for head in &mut heads {
            if head.peek().is_some_and(|(key, _)| *key == next) {
                let edit = head.next();
                found = found.or(edit);
            }
        }
        found
    })
}
