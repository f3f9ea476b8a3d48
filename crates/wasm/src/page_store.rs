//! The engine's store in a page: what is resident, what is known to lie in packs, and what is known to be damaged.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use prollite::chunk::{CachedStore, Chunk, ChunkStore, Partial};
use prollite::{Address, Error, Result};

use super::index::PackIndex;

/// Indexes of packs: the present one, and those that statements from before a gc may still read by.
#[derive(Default)]
pub struct Indexes {
    pub live: PackIndex,
    pub retired: Vec<PackIndex>,
}

impl Indexes {
    pub fn find(&self, address: &Address) -> Option<(u32, super::pack::Slot)> {
        self.live.find(address).or_else(|| self.retired.iter().rev().find_map(|index| index.find(address)))
    }
}

pub struct PageStore {
    cached: CachedStore,
    pub indexes: Rc<RefCell<Indexes>>,
    /// Chunks that could not be fetched, and why: a read answers that instead of a fault without end.
    damaged: RefCell<BTreeMap<Address, Error>>,
    any_damaged: Cell<bool>,
    partial: Partial,
}

impl PageStore {
    pub fn new(budget: usize) -> Self {
        let indexes: Rc<RefCell<Indexes>> = Rc::default();
        let known = indexes.clone();
        PageStore {
            cached: CachedStore::new(budget, move |address| known.borrow().find(address).is_some()),
            indexes,
            damaged: RefCell::default(),
            any_damaged: Cell::new(false),
            partial: Partial::default(),
        }
    }

    pub fn cached(&self) -> &CachedStore {
        &self.cached
    }

    pub fn mark_damaged(&self, address: Address, error: Error) {
        self.any_damaged.set(true);
        self.damaged.borrow_mut().insert(address, error);
    }

    /// What could not be read may be readable by now.
    pub fn forget_damage(&self) {
        if self.any_damaged.replace(false) {
            self.damaged.borrow_mut().clear();
        }
    }

    fn damage(&self, address: &Address) -> Option<Error> {
        if !self.any_damaged.get() {
            return None;
        }
        self.damaged.borrow().get(address).cloned()
    }
}

impl ChunkStore for PageStore {
    fn get(&self, address: &Address) -> Result<Chunk> {
        match self.damage(address) {
            Some(error) => Err(error),
            None => self.cached.get(address),
        }
    }

    fn put(&self, chunk: Chunk) -> Result<Address> {
        self.cached.put(chunk)
    }

    fn contains(&self, address: &Address) -> Result<bool> {
        self.cached.contains(address)
    }

    fn want(&self, addresses: &[Address]) -> Result<bool> {
        if !self.any_damaged.get() {
            return self.cached.want(addresses);
        }
        let sound: Vec<Address> = addresses.iter().filter(|address| self.damage(address).is_none()).copied().collect();
        self.cached.want(&sound)
    }

    fn partial(&self) -> Option<&Partial> {
        Some(&self.partial)
    }
}
