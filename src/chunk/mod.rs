//! Bytes by address: immutable chunks and the stores that hold them.

mod chunk;
mod memory;
mod store;

pub use chunk::{Chunk, Kind};
pub use memory::{AddressHasher, AddressMap, MemoryStore};
pub use store::{ChunkStore, Store};
