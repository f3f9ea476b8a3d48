//! Prollite: a versioned SQL database that lives inside a web page.
//!
//! Layers, each of which imports only those before it:
//! `sort < hash < error < chunk < prolly < tuple < repo < sync < sql < session`.
//! All of it is synchronous and does no I/O but through [`chunk::ChunkStore`];
//! a chunk that is not at hand is a *fault*, see [`error::Error::is_fault`].

pub mod error;
pub mod hash;
mod sort;

pub mod chunk;
pub mod prolly;
pub mod repo;
pub mod sync;
pub mod tuple;

#[cfg(feature = "sql")]
pub mod session;
#[cfg(feature = "sql")]
pub mod sql;

pub use error::{Code, Error, Result};
pub use hash::Address;
