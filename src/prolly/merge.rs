//! Three-way: two diffs from one base, streamed side by side.

use bytes::Bytes;

use super::{KeyRange, Map};
use crate::chunk::Store;
use crate::error::Result;

/// A key that at least one side changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreeWay { pub key: Bytes, pub base: Option<Bytes>, pub ours: Option<Bytes>, pub theirs: Option<Bytes>, pub side: Side }

/// Who changed the key. `Same`: both, to one value. `Both`: both, to different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side { Ours, Theirs, Same, Both }

/// Streams every key that differs from the base on either side, in key order, O(changes). Retry-safe.
pub struct Merge {}

impl Merge {
    pub fn new(store: &Store, base: Map, ours: Map, theirs: Map, range: KeyRange) -> Self { todo!() }
    pub fn next(&mut self) -> Result<Option<ThreeWay>> { todo!() }
}
