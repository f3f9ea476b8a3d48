//! The store trait. Every implementation passes the suite in `crates/testkit`.

use std::rc::Rc;

use super::{Chunk, Partial};
use crate::error::Result;
use crate::hash::Address;

pub type Store = Rc<dyn ChunkStore>;

/// Chunks by address. Synchronous: a chunk that is not at hand is answered with
/// [`crate::Error::fault`] after its address was logged for whoever can wait.
pub trait ChunkStore {
    fn get(&self, address: &Address) -> Result<Chunk>;

    /// Idempotent. The chunk need not be durable before whoever owns the store publishes a ref to it.
    fn put(&self, chunk: Chunk) -> Result<Address>;

    /// Whether the store has it, resident or not.
    fn contains(&self, address: &Address) -> Result<bool>;

    /// Announces reads to come. `true` when all are resident; otherwise those that are not were
    /// logged, so that one round fetches them all, and the caller gives up with a fault.
    fn want(&self, addresses: &[Address]) -> Result<bool> {
        let _ = addresses;
        Ok(true)
    }

    /// What is left out on purpose; `None`: nothing ever is.
    fn partial(&self) -> Option<&Partial> {
        None
    }
}
