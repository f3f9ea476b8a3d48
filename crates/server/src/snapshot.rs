//! One state of a database: a manifest and its packs, open. What reads it keeps it: a pack that is removed meanwhile
//! stays readable for who has it open.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use prollite::chunk::{Chunk, ChunkStore};
use prollite::{Address, Error, Result};

use crate::manifest::Manifest;
use crate::pack::{Pack, Place};

#[derive(Debug, Default)]
pub struct Snapshot { pub manifest: Manifest, pub packs: Vec<Arc<Pack>> }

impl Snapshot {
    pub fn find(&self, address: &Address) -> Option<(&Arc<Pack>, Place)> {
        // The newest first: what was pushed last is asked for most.
        self.packs.iter().rev().find_map(|pack| Some((pack, pack.find(address)?)))
    }
    pub fn chunks(&self) -> usize { self.packs.iter().map(|pack| pack.len()).sum() }
    pub fn bytes(&self) -> u64 { self.packs.iter().map(|pack| pack.bytes).sum() }
}

/// Blocks that a view keeps: neighbours are read one after the other.
const BLOCKS: usize = 64;

/// A snapshot as the engine reads it, and packs that are not listed yet. One thread's own.
pub struct View { snapshot: Arc<Snapshot>, more: Vec<Arc<Pack>>, blocks: RefCell<VecDeque<((Address, u64), Vec<Bytes>)>> }

impl View {
    pub fn new(snapshot: Arc<Snapshot>) -> View { View::with(snapshot, Vec::new()) }

    pub fn with(snapshot: Arc<Snapshot>, more: Vec<Arc<Pack>>) -> View {
        View { snapshot, more, blocks: RefCell::default() }
    }

    fn find(&self, address: &Address) -> Option<(&Arc<Pack>, Place)> {
        self.snapshot.find(address).or_else(|| self.more.iter().find_map(|pack| Some((pack, pack.find(address)?))))
    }

    fn read(&self, pack: &Pack, place: Place) -> Result<Option<Bytes>> {
        let key = (pack.id, place.at);
        let mut blocks = self.blocks.borrow_mut();
        if let Some((_, block)) = blocks.iter().find(|(known, _)| *known == key) {
            return Ok(block.get(place.which as usize).cloned());
        }
        let block = pack.block(place)?;
        let found = block.get(place.which as usize).cloned();
        if blocks.len() >= BLOCKS {
            blocks.pop_front();
        }
        blocks.push_back((key, block));
        Ok(found)
    }
}

impl ChunkStore for View {
    fn get(&self, address: &Address) -> Result<Chunk> {
        let missing = || Error::corrupt(format!("chunk {address} is in no listed pack"));
        let (pack, place) = self.find(address).ok_or_else(missing)?;
        let chunk = Chunk::new(self.read(pack, place)?.ok_or_else(missing)?);
        if chunk.address() != *address {
            return Err(Error::corrupt(format!("chunk {address} is damaged in pack {}", pack.id.hex())));
        }
        Ok(chunk)
    }
    fn put(&self, _: Chunk) -> Result<Address> { Err(Error::internal("a view of packs is only read")) }
    fn contains(&self, address: &Address) -> Result<bool> { Ok(self.find(address).is_some()) }
}
