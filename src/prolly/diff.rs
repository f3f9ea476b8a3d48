//! The difference of two maps in O(changes): equal addresses are skipped at every level.

use bytes::Bytes;

use super::{KeyRange, Map};
use crate::chunk::Store;
use crate::error::Result;

/// One key whose value differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change { pub key: Bytes, pub from: Option<Bytes>, pub to: Option<Bytes> }

/// Streams changes in key order. Retry-safe. Reads chunks of `from` through one store and of `to`
/// through another (they are often the same).
pub struct Diff {}

impl Diff {
    pub fn new(store: &Store, from: Map, to: Map, range: KeyRange) -> Self { todo!() }
    pub fn next(&mut self) -> Result<Option<Change>> { todo!() }
}
