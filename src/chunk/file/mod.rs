//! A store in one append-only file: chunks, and refs in atomic batches. Native only.

mod disk;
mod record;
mod scan;
mod store;

pub use store::FileStore;

#[cfg(test)]
mod crash_tests;
