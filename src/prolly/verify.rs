//! Whether a map is what its content says it must be.

use bytes::Bytes;

use super::builder::Builder;
use super::{Cursor, KeyRange, Map};
use crate::chunk::{Chunk, ChunkStore, Store};
use crate::error::{Error, Result};
use crate::hash::Address;

/// Reads a map from end to end, which checks each node and how it fits its parent, and builds it again
/// beside, which checks that one content has one root. Resumable: a fault leaves it where it was.
pub struct Verify {
    map: Map,
    cursor: Cursor,
    builder: Option<Builder>,
    entries: u64,
}

impl Verify {
    pub fn new(store: &Store, map: Map) -> Self {
        Verify {
            map,
            cursor: map.cursor(store, KeyRange::all(), false),
            builder: Some(Builder::new()),
            entries: 0,
        }
    }

    /// Entries verified so far.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Verifies up to `entries` more; `true` when the whole map is.
    pub fn step(&mut self, entries: u64) -> Result<bool> {
        let Some(builder) = &mut self.builder else {
            return Ok(true);
        };
        for _ in 0..entries {
            if !self.cursor.advance()? {
                let rebuilt = self.builder.take().unwrap_or_default().finish(&Nowhere)?;
                if rebuilt != self.map {
                    return Err(Error::corrupt(format!(
                        "map {} holds content that belongs under {}",
                        self.map.root(),
                        rebuilt.root()
                    )));
                }
                return Ok(true);
            }
            builder.push(&Nowhere, Bytes::copy_from_slice(self.cursor.key()), self.cursor.value())?;
            self.entries += 1;
        }
        Ok(false)
    }
}

/// Hashes what is put, and keeps nothing.
struct Nowhere;

impl ChunkStore for Nowhere {
    fn get(&self, address: &Address) -> Result<Chunk> {
        Err(Error::internal(format!(
            "chunk {address} was asked of a store that keeps nothing"
        )))
    }

    fn put(&self, chunk: Chunk) -> Result<Address> {
        Ok(chunk.address())
    }
    fn contains(&self, _: &Address) -> Result<bool> {
        Ok(false)
    }
}
