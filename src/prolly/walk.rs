//! What a chunk points to, and what can be reached from it.

use crate::chunk::{Chunk, Store};
use crate::error::Result;
use crate::hash::Address;

/// The child addresses of a map or blob node (leaf *values* may hold addresses as well: those are the
/// business of the layer that wrote them).
pub fn children(chunk: &Chunk) -> Result<Vec<Address>> { todo!() }

/// A resumable breadth-first walk over everything reachable, each address once.
/// `expand` tells the addresses that a chunk points to (a repository knows more kinds than this layer).
pub struct Reachable {}

impl Reachable {
    pub fn new(store: &Store, roots: Vec<Address>) -> Self { todo!() }
    /// The next chunk not seen before; announces the whole frontier before it faults.
    pub fn next(&mut self, expand: &mut dyn FnMut(&Chunk) -> Result<Vec<Address>>) -> Result<Option<(Address, Chunk)>> { todo!() }
}
