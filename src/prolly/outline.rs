//! What a tree's node says of itself and of its children: what replication compares and checks without a cursor.

use bytes::Bytes;

use super::blob;
use super::node::Node;
use crate::chunk::Chunk;
use crate::error::Result;
use crate::hash::Address;

/// A node of a map or of a blob.
#[derive(Clone, Debug)]
pub struct Outline {
    /// 0 is a leaf.
    pub level: u8,
    /// Least and greatest key; empty in a blob.
    pub first_key: Bytes,
    pub last_key: Bytes,
    /// Entries of a map, bytes of a blob.
    pub total: u64,
    /// None in a leaf.
    pub children: Vec<Child>,
}

#[derive(Clone, Debug)]
pub struct Child {
    pub address: Address,
    /// The child's greatest key; empty in a blob.
    pub last_key: Bytes,
    /// Entries, or bytes, below it.
    pub count: u64,
}

impl Outline {
    pub fn of_map(chunk: &Chunk) -> Result<Outline> {
        let node = Node::open(chunk.clone())?;
        let child = |i: usize| Child { address: node.child(i), last_key: node.key_bytes(i), count: node.child_count(i) };
        Ok(Outline {
            level: node.level(),
            first_key: node.key_bytes(0),
            last_key: node.key_bytes(node.len() - 1),
            total: node.total(),
            children: if node.is_leaf() { Vec::new() } else { (0..node.len()).map(child).collect() },
        })
    }

    pub fn of_blob(chunk: &Chunk) -> Result<Outline> {
        let (level, total, children) = blob::outline(chunk)?;
        let children = children.into_iter().map(|(address, count)| Child { address, last_key: Bytes::new(), count });
        Ok(Outline {
            level,
            first_key: Bytes::new(),
            last_key: Bytes::new(),
            total,
            children: children.collect(),
        })
    }
}
