//! The engine in a worker.
//!
//! The engine is synchronous and never waits; IndexedDB is asynchronous. Between them stands this crate: it runs a
//! statement until chunks are missing, fetches them in one IndexedDB transaction, and runs it again; it makes a
//! change durable by one compare-and-swap. What a browser alone can do (locks, channels, messages to the page) is
//! asked of the [`host`], which is TypeScript.

pub mod batch;
pub mod index;
pub mod named;
pub mod pack;
pub mod records;
pub mod values;
