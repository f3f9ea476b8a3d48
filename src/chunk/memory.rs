//! Chunks in memory.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Chunk, ChunkStore};
use crate::error::{Error, Result};
use crate::hash::Address;

/// Takes an address's own first eight bytes for its hash.
#[derive(Clone, Copy, Default)]
pub struct AddressHasher(u64);

impl Hasher for AddressHasher {
    // What an address gives.
    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// A map by address. Its order is arbitrary: nothing that is hashed or returned may follow it.
pub type AddressMap<V> = HashMap<Address, V, BuildHasherDefault<AddressHasher>>;

/// Keeps every chunk in memory. What was put is there; nothing else is.
#[derive(Default)]
pub struct MemoryStore {
    chunks: RefCell<AddressMap<Chunk>>,
    bytes: Cell<usize>,
}

impl MemoryStore {
    pub fn new() -> Self {
        MemoryStore::default()
    }

    /// Number of chunks.
    pub fn len(&self) -> usize {
        self.chunks.borrow().len()
    }
    pub fn is_empty(&self) -> bool {
        self.chunks.borrow().is_empty()
    }
    /// Bytes of all chunks.
    pub fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// All addresses, ascending.
    pub fn addresses(&self) -> Vec<Address> {
        let mut addresses: Vec<Address> = self.chunks.borrow().keys().copied().collect();
        addresses.sort_unstable();
        addresses
    }

    /// Drops a chunk: for gc, and for tests that lose one.
    pub fn remove(&self, address: &Address) -> Option<Chunk> {
        let chunk = self.chunks.borrow_mut().remove(address)?;
        self.bytes.set(self.bytes.get() - chunk.len());
        Some(chunk)
    }
}

impl ChunkStore for MemoryStore {
    fn get(&self, address: &Address) -> Result<Chunk> {
        let chunk = self.chunks.borrow().get(address).cloned();
        chunk.ok_or_else(|| Error::corrupt(format!("chunk {address} is not in the store")))
    }

    fn put(&self, chunk: Chunk) -> Result<Address> {
        let address = chunk.address();
        let len = chunk.len();
        if let std::collections::hash_map::Entry::Vacant(entry) = self.chunks.borrow_mut().entry(address) {
            entry.insert(chunk);
            self.bytes.set(self.bytes.get() + len);
        }
        Ok(address)
    }

    fn contains(&self, address: &Address) -> Result<bool> {
        Ok(self.chunks.borrow().contains_key(address))
    }
}
