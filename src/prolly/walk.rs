//! What a chunk points to, and what can be reached from it.

use std::collections::{HashSet, VecDeque};

use super::blob;
use super::node::Node;
use crate::chunk::{Chunk, Kind, Store};
use crate::error::Result;
use crate::hash::Address;

/// Most addresses that one fault announces.
const MAX_AHEAD: usize = 1_024;

/// The child addresses of a map or blob node (leaf *values* may hold addresses as well: those are the
/// business of the layer that wrote them).
pub fn children(chunk: &Chunk) -> Result<Vec<Address>> {
    match chunk.kind()? {
        Kind::Node => {
            let node = Node::open(chunk.clone())?;
            let items = if node.is_leaf() { 0 } else { node.len() };
            Ok((0..items).map(|i| node.child(i)).collect())
        }
        Kind::Blob => blob::children(chunk),
        _ => Ok(Vec::new()),
    }
}

/// The entries of a map's leaf, whose values may hold addresses; none of any other chunk.
pub fn leaf_entries(chunk: &Chunk) -> Result<Vec<(bytes::Bytes, bytes::Bytes)>> {
    if chunk.kind()? != Kind::Node {
        return Ok(Vec::new());
    }
    let node = Node::open(chunk.clone())?;
    let items = if node.is_leaf() { node.len() } else { 0 };
    Ok((0..items).map(|i| (node.key_bytes(i), node.value_bytes(i))).collect())
}

/// A resumable breadth-first walk over everything reachable, each address once.
/// `expand` tells the addresses that a chunk points to (a repository knows more kinds than this layer).
pub struct Reachable {
    store: Store,
    seen: HashSet<Address>,
    frontier: VecDeque<Address>,
}

impl Reachable {
    pub fn new(store: &Store, roots: Vec<Address>) -> Self {
        let mut walk = Reachable {
            store: store.clone(),
            seen: HashSet::new(),
            frontier: VecDeque::new(),
        };
        walk.discover(roots);
        walk
    }

    /// The next chunk not seen before; announces the whole frontier before it faults.
    pub fn next(&mut self, expand: &mut dyn FnMut(&Chunk) -> Result<Vec<Address>>) -> Result<Option<(Address, Chunk)>> {
        let Some(address) = self.frontier.front().copied() else {
            return Ok(None);
        };
        let chunk = match self.store.get(&address) {
            Ok(chunk) => chunk,
            Err(error) => {
                if error.is_fault() {
                    let ahead: Vec<Address> = self.frontier.iter().copied().take(MAX_AHEAD).collect();
                    self.store.want(&ahead)?;
                }
                return Err(error);
            }
        };
        let found = expand(&chunk)?;
        self.frontier.pop_front();
        self.discover(found);
        Ok(Some((address, chunk)))
    }

    /// Every address discovered so far: after the end, all that is reachable.
    pub fn seen(&self) -> &HashSet<Address> {
        &self.seen
    }

    pub fn into_seen(self) -> HashSet<Address> {
        self.seen
    }

    fn discover(&mut self, addresses: Vec<Address>) {
        for address in addresses {
            if !address.is_none() && self.seen.insert(address) {
                self.frontier.push_back(address);
            }
        }
    }
}
