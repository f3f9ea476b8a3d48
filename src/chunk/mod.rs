//! Bytes by address: immutable chunks and the stores that hold them.

mod cached;
mod chunk;
mod fault_log;
#[cfg(not(target_arch = "wasm32"))]
mod file;
pub mod interrupt;
mod lazy;
mod memory;
mod overlay;
mod partial;
pub mod readahead;
mod residency;
mod store;

pub use cached::CachedStore;
pub use chunk::{Chunk, Kind};
pub use fault_log::FaultLog;
#[cfg(not(target_arch = "wasm32"))]
pub use file::FileStore;
pub use lazy::LazyStore;
pub use memory::{AddressHasher, AddressMap, MemoryStore};
pub use overlay::Overlay;
pub use partial::Partial;
pub use store::{ChunkStore, Store};
