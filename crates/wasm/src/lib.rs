//! The engine in a worker.
//!
//! The engine is synchronous and never waits; IndexedDB is asynchronous. Between them stands this crate: it runs a
//! statement until chunks are missing, fetches them in one IndexedDB transaction, and runs it again; it makes a
//! change durable by one compare-and-swap. What a browser alone can do (locks, channels, messages to the page) is
//! asked of the [`host`], which is TypeScript.

pub mod batch;
pub mod index;
pub mod pack;
pub mod plan;
pub mod records;
pub mod turnstile;
pub mod values;

#[cfg(target_arch = "wasm32")]
mod call;
#[cfg(target_arch = "wasm32")]
mod carry;
#[cfg(target_arch = "wasm32")]
mod client;
#[cfg(target_arch = "wasm32")]
mod collect;
#[cfg(target_arch = "wasm32")]
mod engine;
#[cfg(target_arch = "wasm32")]
mod failure;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod interrupt;
#[cfg(target_arch = "wasm32")]
mod moves;
#[cfg(target_arch = "wasm32")]
mod page_store;
#[cfg(target_arch = "wasm32")]
mod publish;
#[cfg(target_arch = "wasm32")]
mod request;
#[cfg(target_arch = "wasm32")]
mod shared;
#[cfg(target_arch = "wasm32")]
mod storage;
