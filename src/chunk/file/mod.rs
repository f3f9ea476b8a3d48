//! A store in one append-only file: chunks, and refs in atomic batches. Native only.

mod record;
mod scan;
mod store;

pub use store::FileStore;
