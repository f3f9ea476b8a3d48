//! Bytes by address: immutable chunks and the stores that hold them.

mod chunk;
mod store;

pub use chunk::{Chunk, Kind};
pub use store::{ChunkStore, Store};
