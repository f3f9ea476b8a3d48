//! The bytes of a map's node, read in place.
//!
//! ```text
//! byte  0      kind (1)                       2      level, 0 is a leaf
//!       1      format version                 3..5   number of items n, at least 1
//! inner 5..13  entries below
//! then  n x u16   end of each key, from the start of the keys
//! leaf  n x u16   end of each value, from the start of the values
//! then  keys, ascending; in an inner node the greatest key of each child
//! then  values; in an inner node n x 40 bytes: child address, u64 entries below the child
//! ```
//!
//! All numbers are little-endian. A node is validated once in a residency ([`Chunk::is_checked`]);
//! what depends on its parent is validated on descent ([`super::path`]).

use bytes::Bytes;

use super::{MAX_KEY, MAX_VALUE};
use crate::chunk::{Chunk, Kind};
use crate::error::{Error, Result};
use crate::hash::Address;

/// Bytes of an inner node's value: child address and count.
pub(super) const CHILD_LEN: usize = Address::LEN + 8;
/// No tree is higher: with two children a node this is more than 2^48 leaves.
const MAX_LEVEL: u8 = 48;
const LEVEL_AT: usize = 2;
const COUNT_AT: usize = 3;
const TOTAL_AT: usize = 5;

#[derive(Clone, Debug)]
pub(super) struct Node {
    chunk: Chunk,
    level: u8,
    count: usize,
    ends_at: usize,
    keys_at: usize,
    values_at: usize,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

impl Node {
    /// The node in `chunk`, validated if this residency was not yet.
    pub fn open(chunk: Chunk) -> Result<Node> {
        let known = chunk.is_checked() && chunk.bytes().first() == Some(&(Kind::Node as u8));
        if !known {
            chunk.body(Kind::Node)?;
        }
        let Some(node) = Node::layout(&chunk) else {
            return Err(bad(&chunk, "ends inside its header"));
        };
        if !known {
            node.validate().map_err(|what| bad(&chunk, what))?;
            chunk.set_checked();
        }
        Ok(node)
    }

    fn layout(chunk: &Chunk) -> Option<Node> {
        let bytes = chunk.bytes();
        let level = *bytes.get(LEVEL_AT)?;
        let count = u16_at(bytes, COUNT_AT)?;
        let (ends_at, tables) = if level == 0 { (TOTAL_AT, 2) } else { (TOTAL_AT + 8, 1) };
        let keys_at = ends_at + tables * 2 * count;
        let keys_len = u16_at(bytes, (ends_at + 2 * count).checked_sub(2)?)?;
        Some(Node {
            chunk: chunk.clone(),
            level,
            count,
            ends_at,
            keys_at,
            values_at: keys_at + keys_len,
        })
    }

    #[inline]
    fn bytes(&self) -> &Bytes {
        self.chunk.bytes()
    }

    /// Every check that needs nothing but the node. After it no accessor can leave the bytes.
    fn validate(&self) -> std::result::Result<(), &'static str> {
        if self.bytes().len() > Chunk::MAX {
            return Err("is longer than 64 KiB");
        }
        if self.level > MAX_LEVEL {
            return Err("has a level above 48");
        }
        if self.count == 0 {
            return Err("has no item");
        }
        if self.values_at > self.bytes().len() {
            return Err("has keys beyond its end");
        }
        let mut start = 0;
        for i in 0..self.count {
            let end = u16_at(self.bytes(), self.ends_at + 2 * i).ok_or("ends inside its offsets")?;
            if end < start || self.keys_at + end > self.values_at {
                return Err("has key offsets out of order");
            }
            if end - start > MAX_KEY {
                return Err("has a key that is too long");
            }
            start = end;
        }
        for i in 1..self.count {
            if self.key(i - 1) >= self.key(i) {
                return Err("has keys out of order");
            }
        }
        if self.is_leaf() {
            let values = self.bytes().len() - self.values_at;
            let mut start = 0;
            for i in 0..self.count {
                let end = u16_at(self.bytes(), self.ends_at + 2 * (self.count + i)).ok_or("ends inside its offsets")?;
                if end < start || end > values {
                    return Err("has value offsets out of order");
                }
                if end - start > MAX_VALUE {
                    return Err("has a value that is too long");
                }
                start = end;
            }
            if start != values {
                return Err("has bytes behind its last value");
            }
            return Ok(());
        }
        if self.bytes().len() != self.values_at + self.count * CHILD_LEN {
            return Err("has a child table of another size than its count");
        }
        let mut total = 0u64;
        for i in 0..self.count {
            if self.child_count(i) == 0 || self.child(i).is_none() {
                return Err("has an empty child");
            }
            total = total.checked_add(self.child_count(i)).ok_or("counts past 2^64")?;
        }
        if total != self.total() {
            return Err("has a count that is not the sum of its children");
        }
        Ok(())
    }

    pub fn level(&self) -> u8 {
        self.level
    }
    pub fn is_leaf(&self) -> bool {
        self.level == 0
    }
    pub fn len(&self) -> usize {
        self.count
    }

    /// Entries in the leaves below.
    pub fn total(&self) -> u64 {
        if self.is_leaf() {
            self.count as u64
        } else {
            u64_at(self.bytes(), TOTAL_AT).unwrap_or_default()
        }
    }

    #[inline]
    fn end(&self, table: usize, i: usize) -> usize {
        let at = self.ends_at + 2 * (table * self.count + i);
        let bytes = self.bytes();
        usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
    }

    #[inline]
    fn key_span(&self, i: usize) -> (usize, usize) {
        let start = if i == 0 { 0 } else { self.end(0, i - 1) };
        (self.keys_at + start, self.keys_at + self.end(0, i))
    }

    #[inline]
    fn value_span(&self, i: usize) -> (usize, usize) {
        if self.level > 0 {
            let at = self.values_at + i * CHILD_LEN;
            return (at, at + CHILD_LEN);
        }
        let start = if i == 0 { 0 } else { self.end(1, i - 1) };
        (self.values_at + start, self.values_at + self.end(1, i))
    }

    #[inline]
    pub fn key(&self, i: usize) -> &[u8] {
        let (start, end) = self.key_span(i);
        &self.bytes()[start..end]
    }

    #[inline]
    pub fn value(&self, i: usize) -> &[u8] {
        let (start, end) = self.value_span(i);
        &self.bytes()[start..end]
    }

    #[inline]
    pub fn key_bytes(&self, i: usize) -> Bytes {
        let (start, end) = self.key_span(i);
        self.bytes().slice(start..end)
    }

    #[inline]
    pub fn value_bytes(&self, i: usize) -> Bytes {
        let (start, end) = self.value_span(i);
        self.bytes().slice(start..end)
    }

    pub fn first_key(&self) -> &[u8] {
        self.key(0)
    }
    pub fn last_key(&self) -> &[u8] {
        self.key(self.count - 1)
    }

    /// The child address; only of an inner node.
    pub fn child(&self, i: usize) -> Address {
        let at = self.values_at + i * CHILD_LEN;
        self.bytes()
            .get(at..at + Address::LEN)
            .and_then(Address::from_slice)
            .unwrap_or_default()
    }

    /// Entries below the child; only of an inner node.
    pub fn child_count(&self, i: usize) -> u64 {
        u64_at(self.bytes(), self.values_at + i * CHILD_LEN + Address::LEN).unwrap_or_default()
    }

    /// Where `key` is, or where it would be.
    pub fn find(&self, key: &[u8]) -> std::result::Result<usize, usize> {
        let at = self.lower_bound(key);
        if at < self.count && self.key(at) == key {
            Ok(at)
        } else {
            Err(at)
        }
    }

    /// The first item whose key is at least `key`.
    pub fn lower_bound(&self, key: &[u8]) -> usize {
        let (mut base, mut size) = (0, self.count);
        while size > 0 {
            let half = size / 2;
            // Both arms are cheap, so that this needs no branch.
            base = if self.key(base + half) < key {
                base + size - half
            } else {
                base
            };
            size = half;
        }
        base
    }

    /// The first item whose key is greater than `key`.
    pub fn upper_bound(&self, key: &[u8]) -> usize {
        self.find(key).map_or_else(|at| at, |at| at + 1)
    }
}

fn bad(chunk: &Chunk, what: &str) -> Error {
    Error::corrupt(format!("map node {} {what}", chunk.address()))
}

/// An inner node's value.
pub(super) fn child_value(address: &Address, count: u64) -> [u8; CHILD_LEN] {
    let mut value = [0; CHILD_LEN];
    value[..Address::LEN].copy_from_slice(address.as_bytes());
    value[Address::LEN..].copy_from_slice(&count.to_le_bytes());
    value
}

/// A node in the making.
pub(super) struct NodeBuilder {
    level: u8,
    total: u64,
    key_ends: Vec<u8>,
    value_ends: Vec<u8>,
    keys: Vec<u8>,
    values: Vec<u8>,
    last_key_at: usize,
    items: usize,
}

impl NodeBuilder {
    pub fn new(level: u8) -> Self {
        NodeBuilder {
            level,
            total: 0,
            key_ends: Vec::new(),
            value_ends: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
            last_key_at: 0,
            items: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Appends an item. The splitter keeps nodes far below 64 KiB, so that offsets fit 16 bits.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        self.last_key_at = self.keys.len();
        self.keys.extend_from_slice(key);
        self.values.extend_from_slice(value);
        self.key_ends.extend_from_slice(&(self.keys.len() as u16).to_le_bytes());
        if self.level == 0 {
            self.value_ends
                .extend_from_slice(&(self.values.len() as u16).to_le_bytes());
            self.total += 1;
        } else {
            self.total = self
                .total
                .saturating_add(u64_at(value, Address::LEN).unwrap_or_default());
        }
        self.items += 1;
    }

    pub fn clear(&mut self) {
        self.total = 0;
        self.key_ends.clear();
        self.value_ends.clear();
        self.keys.clear();
        self.values.clear();
        self.items = 0;
    }

    /// The chunk, its greatest key and its entries; the builder is empty afterwards.
    pub fn finish(&mut self) -> (Chunk, Bytes, u64) {
        let size = TOTAL_AT + 8 + self.key_ends.len() + self.value_ends.len() + self.keys.len() + self.values.len();
        let mut bytes = Vec::with_capacity(if self.level == 0 { size - 8 } else { size });
        bytes.extend_from_slice(&[Kind::Node as u8, Chunk::VERSION, self.level]);
        bytes.extend_from_slice(&(self.items as u16).to_le_bytes());
        if self.level > 0 {
            bytes.extend_from_slice(&self.total.to_le_bytes());
        }
        bytes.extend_from_slice(&self.key_ends);
        bytes.extend_from_slice(&self.value_ends);
        bytes.extend_from_slice(&self.keys);
        bytes.extend_from_slice(&self.values);
        let chunk = Chunk::new(bytes);
        chunk.set_checked();
        let last_key = Bytes::copy_from_slice(&self.keys[self.last_key_at..]);
        let total = self.total;
        self.clear();
        (chunk, last_key, total)
    }
}
