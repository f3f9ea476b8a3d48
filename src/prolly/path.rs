//! Descending from a root, with what a child must match in its parent.

use bytes::Bytes;

use super::node::Node;
use super::Map;
use crate::chunk::ChunkStore;
use crate::error::{Error, Result};
use crate::hash::Address;

/// A node and a place in it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub node: Node,
    pub index: usize,
}

/// Frames from the root down. When the top is an inner node, its index names the child to read
/// next: a path is a resumable state even where a read faulted.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub frames: Vec<Frame>,
}

pub(super) fn read_root(store: &dyn ChunkStore, map: Map) -> Result<Option<Node>> {
    if map.is_empty() {
        return Ok(None);
    }
    Node::open(store.get(&map.root())?).map(Some)
}

/// The `i`-th child of `parent`; its keys must lie above `low` and end at the parent's key.
pub(super) fn read_child(store: &dyn ChunkStore, parent: &Node, i: usize, low: Option<&[u8]>) -> Result<Node> {
    let address = parent.child(i);
    let node = Node::open(store.get(&address)?)?;
    let low = if i > 0 { Some(parent.key(i - 1)) } else { low };
    let what = if node.level() + 1 != parent.level() {
        "level"
    } else if node.last_key() != parent.key(i) {
        "greatest key"
    } else if node.total() != parent.child_count(i) {
        "count"
    } else if low.is_some_and(|low| node.first_key() <= low) {
        "least key"
    } else {
        return Ok(node);
    };
    Err(Error::corrupt(format!(
        "map node {address} has another {what} than its parent says"
    )))
}

/// Announces reads to come, and faults on the first that is not resident.
pub(super) fn announce(store: &dyn ChunkStore, addresses: &[Address]) -> Result<()> {
    if !store.want(addresses)? {
        for address in addresses {
            store.get(address)?;
        }
    }
    Ok(())
}

impl Path {
    pub fn top(&self) -> Option<&Frame> {
        self.frames.last()
    }

    /// Every key below the child that the top points to is greater than this one.
    pub fn low(&self) -> Option<&[u8]> {
        self.frames
            .iter()
            .rev()
            .find(|frame| frame.index > 0)
            .map(|frame| frame.node.key(frame.index - 1))
    }

    /// Reads the child that the top points to.
    pub fn child(&self, store: &dyn ChunkStore) -> Result<Node> {
        let frame = self
            .top()
            .ok_or_else(|| Error::internal("a path without a node has no child"))?;
        read_child(store, &frame.node, frame.index, self.low())
    }

    pub fn push(&mut self, node: Node, index: usize) {
        self.frames.push(Frame { node, index });
    }

    /// Whether no node of the top's level comes after it.
    pub fn is_last(&self) -> bool {
        self.frames
            .iter()
            .rev()
            .skip(1)
            .all(|frame| frame.index + 1 == frame.node.len())
    }

    /// What the parent says of the node on top: address and count; nothing of the root.
    pub fn value(&self) -> Bytes {
        self.frames
            .iter()
            .rev()
            .nth(1)
            .map(|parent| parent.node.value_bytes(parent.index))
            .unwrap_or_default()
    }
}
