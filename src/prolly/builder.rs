//! A map from entries in key order, level by level at once.

use bytes::Bytes;

use super::node::{child_value, NodeBuilder};
use super::splitter::Splitter;
use super::{Map, MAX_KEY, MAX_VALUE};
use crate::chunk::ChunkStore;
use crate::error::{Code, Error, Result};
use crate::hash::Address;

/// Takes entries in strictly ascending key order and holds one open node a level: an item that closes
/// its node makes an item of the level above. The level that ends with a single node is the root.
pub struct Builder {
    /// Level of `rungs[0]`.
    floor: u8,
    rungs: Vec<Rung>,
    last: Option<Bytes>,
}

struct Rung {
    node: NodeBuilder,
    splitter: Splitter,
    closed: u64,
    newest: Address,
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

impl Builder {
    pub fn new() -> Self {
        Builder {
            floor: 0,
            rungs: Vec::new(),
            last: None,
        }
    }

    /// Takes the items of an inner level instead of entries.
    pub(super) fn above(level: u8) -> Self {
        Builder {
            floor: level + 1,
            rungs: Vec::new(),
            last: None,
        }
    }

    /// The next entry. Full nodes go to `store`.
    pub fn push(&mut self, store: &dyn ChunkStore, key: Bytes, value: &[u8]) -> Result<()> {
        check_entry(&key, Some(value))?;
        if self.last.as_ref().is_some_and(|last| key <= *last) {
            return Err(out_of_order());
        }
        self.item(store, 0, &key, value)?;
        self.last = Some(key);
        Ok(())
    }

    /// Closes what is open; the map.
    pub fn finish(mut self, store: &dyn ChunkStore) -> Result<Map> {
        let mut at = 0;
        while at < self.rungs.len() {
            let closed = self.close(store, at)?;
            // Its item may be in the level above already: where the last entry closed its node.
            if self.rungs[at].closed == 1 {
                return Ok(Map::from_root(self.rungs[at].newest));
            }
            at += 1;
            if let Some((key, value)) = closed {
                self.item(store, at, &key, &value)?;
            }
        }
        Ok(Map::EMPTY)
    }

    /// An item of the level at `rungs[at]`, and what closes above it in turn.
    pub(super) fn item(&mut self, store: &dyn ChunkStore, mut at: usize, key: &[u8], value: &[u8]) -> Result<()> {
        if !self.add(at, key, value) {
            return Ok(());
        }
        while let Some((key, value)) = self.close(store, at)? {
            at += 1;
            if !self.add(at, &key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn add(&mut self, at: usize, key: &[u8], value: &[u8]) -> bool {
        while self.rungs.len() <= at {
            let level = self.floor + self.rungs.len() as u8;
            let (node, splitter) = (NodeBuilder::new(level), Splitter::new(level));
            self.rungs.push(Rung {
                node,
                splitter,
                closed: 0,
                newest: Address::NONE,
            });
        }
        let rung = &mut self.rungs[at];
        rung.node.push(key, value);
        rung.splitter.closes(key, value.len())
    }

    fn close(&mut self, store: &dyn ChunkStore, at: usize) -> Result<Option<(Bytes, Bytes)>> {
        let rung = &mut self.rungs[at];
        rung.splitter.reset();
        if rung.node.is_empty() {
            return Ok(None);
        }
        let (chunk, last_key, total) = rung.node.finish();
        rung.closed += 1;
        let address = store.put(chunk)?;
        self.rungs[at].newest = address;
        Ok(Some((last_key, Bytes::copy_from_slice(&child_value(&address, total)))))
    }
}

/// The address in an inner node's value.
pub(super) fn child_address(value: &[u8]) -> Address {
    value
        .get(..Address::LEN)
        .and_then(Address::from_slice)
        .unwrap_or_default()
}

pub(super) fn out_of_order() -> Error {
    Error::internal("entries of a map must come in strictly ascending key order")
}

pub(super) fn check_entry(key: &[u8], value: Option<&[u8]>) -> Result<()> {
    if key.len() > MAX_KEY {
        let found = key.len();
        return Err(Error::new(
            Code::KeyTooLarge,
            format!("a key takes {found} bytes, at most {MAX_KEY} are allowed"),
        ));
    }
    if let Some(found) = value.map(<[u8]>::len).filter(|len| *len > MAX_VALUE) {
        return Err(Error::new(
            Code::RowTooLarge,
            format!("a value takes {found} bytes, at most {MAX_VALUE} are allowed in a map"),
        ));
    }
    Ok(())
}
