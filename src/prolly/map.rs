//! An ordered map, named by the address of its root node, and the reads that go to one place.

use std::ops::{Bound, Range};

use bytes::Bytes;

use super::node::Node;
use super::path::{announce, read_child, read_root};
use super::{apply, Cursor, KeyRange};
use crate::chunk::{ChunkStore, Store};
use crate::error::Result;
use crate::hash::Address;

/// An ordered map, named by the address of its root node. Copying one copies 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Map {
    root: Address,
}

/// Nodes of one level on the way of `get_many`, with the sorted keys that each must answer.
struct Group {
    node: Node,
    low: Option<Bytes>,
    keys: Range<usize>,
}

impl Map {
    /// The empty map has no chunk: its root is `Address::NONE`.
    pub const EMPTY: Map = Map { root: Address::NONE };

    pub fn from_root(root: Address) -> Self {
        Map { root }
    }
    pub fn root(&self) -> Address {
        self.root
    }
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    pub fn get(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<Option<Bytes>> {
        let Some(mut node) = read_root(store, *self)? else {
            return Ok(None);
        };
        let mut low: Option<(Node, usize)> = None;
        while !node.is_leaf() {
            let i = node.lower_bound(key);
            if i == node.len() {
                return Ok(None);
            }
            let child = read_child(store, &node, i, low.as_ref().map(|(node, i)| node.key(*i)))?;
            if i > 0 {
                low = Some((node, i - 1));
            }
            node = child;
        }
        Ok(node.find(key).ok().map(|i| node.value_bytes(i)))
    }

    pub fn contains_key(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<bool> {
        Ok(self.get(store, key)?.is_some())
    }

    /// Answers in the order of `keys` (which need not be sorted); looks all of them up level by
    /// level, announcing every missing child of a level before it faults.
    pub fn get_many(&self, store: &dyn ChunkStore, keys: &[Bytes]) -> Result<Vec<Option<Bytes>>> {
        if let [key] = keys {
            return Ok(vec![self.get(store, key)?]);
        }
        let mut answers = vec![None; keys.len()];
        if keys.is_empty() {
            return Ok(answers);
        }
        let Some(root) = read_root(store, *self)? else {
            return Ok(answers);
        };
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_unstable_by(|a, b| keys[*a].cmp(&keys[*b]));
        let mut groups = vec![Group {
            node: root,
            low: None,
            keys: 0..keys.len(),
        }];
        while groups.first().is_some_and(|group| !group.node.is_leaf()) {
            let mut steps: Vec<(usize, usize, Range<usize>)> = Vec::new();
            for (g, group) in groups.iter().enumerate() {
                let mut at = group.keys.start;
                while at < group.keys.end {
                    let child = group.node.lower_bound(&keys[order[at]]);
                    if child == group.node.len() {
                        break;
                    }
                    let last = group.node.key(child);
                    let len = order[at..group.keys.end].partition_point(|i| &keys[*i][..] <= last);
                    steps.push((g, child, at..at + len));
                    at += len;
                }
            }
            let addresses: Vec<Address> = steps
                .iter()
                .map(|(g, child, _)| groups[*g].node.child(*child))
                .collect();
            announce(store, &addresses)?;
            let mut next = Vec::with_capacity(steps.len());
            for (g, child, keys) in steps {
                let Group { node, low, .. } = &groups[g];
                let low = if child > 0 {
                    Some(node.key_bytes(child - 1))
                } else {
                    low.clone()
                };
                next.push(Group {
                    node: read_child(store, node, child, low.as_deref())?,
                    low,
                    keys,
                });
            }
            groups = next;
        }
        for Group { node, keys: range, .. } in groups {
            for i in &order[range] {
                answers[*i] = node.find(&keys[*i]).ok().map(|at| node.value_bytes(at));
            }
        }
        Ok(answers)
    }

    /// From the subtree counts of the root, O(1).
    pub fn len(&self, store: &dyn ChunkStore) -> Result<u64> {
        Ok(read_root(store, *self)?.map_or(0, |node| node.total()))
    }

    /// Levels of nodes; 0 for the empty map.
    pub fn height(&self, store: &dyn ChunkStore) -> Result<u8> {
        Ok(read_root(store, *self)?.map_or(0, |node| node.level() + 1))
    }

    /// Entries in the range, O(log n).
    pub fn count(&self, store: &dyn ChunkStore, range: &KeyRange) -> Result<u64> {
        if range.is_all() {
            return self.len(store);
        }
        if range.is_empty() {
            return Ok(0);
        }
        let start = match &range.start {
            Bound::Unbounded => Ok(0),
            Bound::Included(key) => self.rank(store, key, false),
            Bound::Excluded(key) => self.rank(store, key, true),
        };
        let end = match &range.end {
            Bound::Unbounded => self.len(store),
            Bound::Included(key) => self.rank(store, key, true),
            Bound::Excluded(key) => self.rank(store, key, false),
        };
        // Both ways down were tried before either fault unwinds.
        Ok(end?.saturating_sub(start?))
    }

    /// Entries whose key is less than `key`, or with `inclusive` not greater.
    fn rank(&self, store: &dyn ChunkStore, key: &[u8], inclusive: bool) -> Result<u64> {
        let Some(mut node) = read_root(store, *self)? else {
            return Ok(0);
        };
        let mut rank = 0;
        while !node.is_leaf() {
            let i = node.lower_bound(key);
            rank += (0..i).map(|i| node.child_count(i)).sum::<u64>();
            if i == node.len() {
                return Ok(rank);
            }
            node = read_child(store, &node, i, None)?;
        }
        let i = if inclusive {
            node.upper_bound(key)
        } else {
            node.lower_bound(key)
        };
        Ok(rank + i as u64)
    }

    /// The `index`-th entry, O(log n).
    pub fn nth(&self, store: &dyn ChunkStore, mut index: u64) -> Result<Option<(Bytes, Bytes)>> {
        let Some(mut node) = read_root(store, *self)? else {
            return Ok(None);
        };
        if index >= node.total() {
            return Ok(None);
        }
        while !node.is_leaf() {
            let mut i = 0;
            while i + 1 < node.len() && index >= node.child_count(i) {
                index -= node.child_count(i);
                i += 1;
            }
            node = read_child(store, &node, i, None)?;
        }
        let i = index as usize;
        Ok((i < node.len()).then(|| (node.key_bytes(i), node.value_bytes(i))))
    }

    pub fn cursor(&self, store: &Store, range: KeyRange, reverse: bool) -> Cursor {
        Cursor::new(store.clone(), *self, range, reverse)
    }

    /// Edits in strictly ascending key order; `None` deletes. O(edits x log n). Writes new nodes into
    /// `store`. After a fault, call it again with the same edits from their start.
    pub fn apply(
        &self,
        store: &dyn ChunkStore,
        edits: &mut dyn Iterator<Item = (Bytes, Option<Bytes>)>,
    ) -> Result<Map> {
        apply::apply(store, *self, edits)
    }
}
