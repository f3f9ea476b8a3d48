//! One state of a database: a manifest and its packs, open. What reads it keeps it: a pack that is removed meanwhile
//! stays readable for who has it open.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Blocks of packs as they were read last, by pack and place. One for the process: what many readers ask for is inflated
/// once, and memory does not grow with their number.
struct Blocks { kept: BTreeMap<Key, Vec<Bytes>>, order: VecDeque<Key>, bytes: usize }

type Key = (Address, u64);

/// Bytes of blocks that are kept; the one that has been here longest goes first.
const KEPT: usize = 64 << 20;

static BLOCKS: Mutex<Blocks> = Mutex::new(Blocks { kept: BTreeMap::new(), order: VecDeque::new(), bytes: 0 });

fn size(block: &[Bytes]) -> usize { block.iter().map(Bytes::len).sum() }

impl Blocks {
    fn keep(&mut self, key: Key, block: Vec<Bytes>) {
        self.bytes += size(&block);
        match self.kept.insert(key, block) {
            Some(same) => self.bytes -= size(&same),
            None => self.order.push_back(key),
        }
        while self.bytes > KEPT {
            let Some(gone) = self.order.pop_front().and_then(|oldest| self.kept.remove(&oldest)) else { break };
            self.bytes -= size(&gone);
        }
    }
}

fn blocks() -> MutexGuard<'static, Blocks> { BLOCKS.lock().unwrap_or_else(PoisonError::into_inner) }

/// A snapshot as the engine reads it, and packs that are not listed yet.
pub struct View { snapshot: Arc<Snapshot>, more: Vec<Arc<Pack>> }

impl View {
    pub fn new(snapshot: Arc<Snapshot>) -> View { View::with(snapshot, Vec::new()) }

    pub fn with(snapshot: Arc<Snapshot>, more: Vec<Arc<Pack>>) -> View { View { snapshot, more } }

    fn find(&self, address: &Address) -> Option<(&Arc<Pack>, Place)> {
        self.snapshot.find(address).or_else(|| self.more.iter().find_map(|pack| Some((pack, pack.find(address)?))))
    }

    fn read(&self, pack: &Pack, place: Place) -> Result<Option<Bytes>> {
        let key = (pack.id, place.at);
        if let Some(block) = blocks().kept.get(&key) {
            return Ok(block.get(place.which as usize).cloned());
        }
        // Nobody waits for the disk but who asks.
        let block = pack.block(place)?;
        let found = block.get(place.which as usize).cloned();
        blocks().keep(key, block);
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
