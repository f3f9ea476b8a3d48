//! Large values as trees of content-defined chunks.

use bytes::Bytes;

use crate::chunk::ChunkStore;
use crate::error::Result;
use crate::hash::Address;

/// A stored value: root of its tree and length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blob { pub root: Address, pub len: u64 }

impl Blob {
    pub fn write(store: &dyn ChunkStore, bytes: &[u8]) -> Result<Blob> { todo!() }
    pub fn read(&self, store: &dyn ChunkStore) -> Result<Bytes> { todo!() }
    /// Bytes `from..to`, clamped; reads only the leaves it needs.
    pub fn read_range(&self, store: &dyn ChunkStore, from: u64, to: u64) -> Result<Bytes> { todo!() }
}
